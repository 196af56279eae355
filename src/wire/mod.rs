//! Bytes to messages and back: framing, dialect, message, template, header.
//!
//! The only room that knows message numbers and JSON keys. It does no I/O: bytes come in, values go out.

pub mod dialect;
pub mod framing;
pub mod header;
mod message;
mod reply;
mod scan;
mod template;

pub use dialect::encode_custom;
pub use message::{
    Acknowledgement, Carried, Delivery, GroupId, Incoming, Request, Undecodable, UserId, decode,
    encode, fields,
};
pub use reply::{Entry, Friend, Group, LoginReply, Member};
pub use scan::{Scanned, Scanner};
pub use template::{ChatTemplate, escape};
