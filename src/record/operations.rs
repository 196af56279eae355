//! Requests that are no messages, asked for between them.

use serde::{Deserialize, Serialize};

use super::LatencySummary;

/// What became of the requests of one kind that are no messages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OperationCounts {
    /// The request: `join_group`, `custom heartbeat`.
    pub name: String,
    /// Slots of the schedule.
    pub due: u64,
    /// Requests written.
    pub sent: u64,
    /// Slots that were not sent: the user was away or held up, or there was nothing left to ask for.
    pub unsent: u64,
    /// Those that the server granted, where the dialect has an answer.
    pub succeeded: u64,
    /// Those that it refused.
    pub refused: u64,
    /// Those that it never answered, of users who left in good order, where the dialect has an answer.
    pub unanswered: u64,
    /// From the write to the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<LatencySummary>,
}
