//! Sends again what was sent to a server before it died or hung, and finds the least of it that is enough.

mod ddmin;
mod player;
mod shorten;

pub use player::{Played, play};
pub use shorten::{Shortened, shorten};
