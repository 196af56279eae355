//! What was sent to whom, what arrived, and what that means.
//!
//! The ledger counts identities, never totals: every message × every entitled receiver ends as exactly one of
//! *delivered live*, *delivered offline*, *recovered*, *corrupted*, *astray*, *lost*, *uncollected* or *indeterminate*
//! ([`Balance::entitled_sum`]), and every arrival is explained by exactly one word ([`Balance::arrivals`]).
//!
//! A pure core: no I/O, no clock. Its memory follows what is outstanding, not what was sent; an event costs some tens
//! of nanoseconds and no hash.

mod arrival;
mod balance;
#[cfg(test)]
mod bug;
mod closing;
mod finding;
mod hex;
#[cfg(test)]
mod history;
mod mark;
mod members;
#[cfg(test)]
mod model;
mod parties;
#[cfg(test)]
mod planted;
mod ranges;
mod window;

pub use arrival::{Arrival, Claim, Seen, Way};
pub use balance::Balance;
pub use closing::Closed;
pub use finding::{Example, Findings, Kind, Occurrences};
pub use mark::{MARK_BYTES, Mark, PAYLOAD_MAX_BYTES, Payload, PayloadTooLong, Sighting};
pub use parties::{Ending, Group, Ledger, Stream, Target, User};
pub use window::Standing;
