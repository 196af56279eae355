//! How far the users of a stage came.

use serde::{Deserialize, Serialize};

/// Users by how far they came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserCounts {
    /// Users that were wanted.
    pub asked: u64,
    /// Users registered for this stage.
    pub registered: u64,
    /// Registrations that the server refused.
    pub register_refused: u64,
    /// Connections that were established.
    pub connected: u64,
    /// Connections that were refused or timed out.
    pub connect_failed: u64,
    /// Users logged in at the first attempt.
    pub logged_in_first_attempt: u64,
    /// Users logged in only after a retry.
    pub logged_in_after_retry: u64,
    /// Users whose login was refused for good.
    pub login_refused: u64,
    /// Users whose login got no answer within its deadline.
    pub login_unanswered: u64,
    /// Users whose connection the server closed unasked.
    pub closed_by_server: u64,
    /// Departures while the others sent, as planned.
    #[serde(default)]
    pub left: u64,
    /// Logins of users who had left, or lost their connection, while the others sent.
    #[serde(default)]
    pub came_back: u64,
}

impl UserCounts {
    /// The counts of two parts of a stage together.
    #[cfg(feature = "load")]
    #[must_use]
    pub(crate) fn and(self, other: &Self) -> Self {
        Self {
            asked: self.asked + other.asked,
            registered: self.registered + other.registered,
            register_refused: self.register_refused + other.register_refused,
            connected: self.connected + other.connected,
            connect_failed: self.connect_failed + other.connect_failed,
            logged_in_first_attempt: self.logged_in_first_attempt + other.logged_in_first_attempt,
            logged_in_after_retry: self.logged_in_after_retry + other.logged_in_after_retry,
            login_refused: self.login_refused + other.login_refused,
            login_unanswered: self.login_unanswered + other.login_unanswered,
            closed_by_server: self.closed_by_server + other.closed_by_server,
            left: self.left + other.left,
            came_back: self.came_back + other.came_back,
        }
    }

    /// Users that were logged in in the end.
    pub fn logged_in(&self) -> u64 {
        self.logged_in_first_attempt + self.logged_in_after_retry
    }
}
