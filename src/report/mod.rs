//! One record rendered for people and machines: pure functions, one small file a format.
//!
//! Nothing here touches a file or a terminal. Whatever came from a server passes through [`escape`] before it
//! reaches a terminal.

mod all;
pub mod cases;
pub mod csv;
pub mod errors;
pub mod escape;
pub mod hdr_log;
pub mod html;
pub mod json;
pub mod junit;
mod lang;
pub mod markdown;
#[cfg(feature = "monitor")]
pub mod monitor;
mod number;
mod page;
mod paths;
mod phrases;
mod stage;
mod summary;
mod table;
pub mod text;
pub mod titles;
pub mod told;
pub mod troubles;
mod words;

pub use all::{RenderError, Rendered, all};
pub use lang::Lang;
pub use table::{Align, Table};
