//! A peer of the server: a well-behaved user, and a raw one that misbehaves.

mod contact;
mod error;
mod journal;
mod link;
mod mail;
mod name;
mod raw;
mod session;
mod spacing;
mod tape;
mod user;

pub use contact::Contact;
pub use error::{ClientError, Heard};
pub use journal::{Direction, Journal};
pub use name::{NamePrefix, fresh_name};
pub use raw::{Came, RawPeer};
pub use session::Session;
pub use spacing::Spacing;
pub use tape::Tape;
pub use user::{Account, UntilFence, User};
