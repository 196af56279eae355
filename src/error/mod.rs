//! The vocabulary of failure: the exit code an error deserves, and messages that point at a line.
//!
//! Each room has its own error enum with the facts as fields. A message says what was seen, why it matters and
//! what to do; it is a fragment that fits after "error: ".

mod pointed;

pub use pointed::{Pointed, read_toml};

use crate::verdict::Exit;

/// An error that knows the exit code it deserves.
pub trait Classified: std::error::Error + Send + Sync + 'static {
    /// The exit code of a command that ends with this error.
    fn exit(&self) -> Exit;
}
