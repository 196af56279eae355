//! The numbers of a ledger, and the two sums that must close.

/// What became of messages and of arrivals. *Pairs* are message × receiver.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// Messages sent.
    pub sent: u64,
    /// Messages that the server refused to deliver.
    pub refused: u64,
    /// Pairs that must be delivered; those refused are not among them.
    pub entitled: u64,
    /// Entitled pairs whose first copy arrived while the receiver was online.
    pub delivered_live: u64,
    /// Entitled pairs whose first copy came with the receiver's login.
    pub delivered_offline: u64,
    /// Entitled pairs that were in doubt and arrived after all.
    pub recovered: u64,
    /// Entitled pairs whose first copy was not what had been sent.
    pub corrupted: u64,
    /// Entitled pairs that somebody else got instead. Known when the ledger is closed.
    pub astray: u64,
    /// Entitled pairs that never arrived. Known when the ledger is closed.
    pub lost: u64,
    /// Entitled pairs whose receiver could not log in again to collect them. Known when the ledger is closed.
    pub uncollected: u64,
    /// Entitled pairs whose fate nobody can know. Known when the ledger is closed.
    pub indeterminate: u64,
    /// Pairs that may be delivered and need not.
    pub may: u64,
    /// Those of them that were.
    pub may_heard: u64,
    /// Arrivals of a message at a receiver who had it already.
    pub duplicated: u64,
    /// Arrivals at somebody who must not hear the message.
    pub misdelivered: u64,
    /// Arrivals of something that was a message of ours once.
    pub mangled: u64,
    /// Arrivals that nothing sent so far explains.
    pub unexpected: u64,
    /// Arrivals from another run.
    pub foreign: u64,
    /// First copies that came after one that was sent later. They are also among the delivered.
    pub out_of_order: u64,
}

impl Balance {
    /// The numbers of two ledgers together, of which neither knows the other's messages.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            refused: self.refused + other.refused,
            entitled: self.entitled + other.entitled,
            delivered_live: self.delivered_live + other.delivered_live,
            delivered_offline: self.delivered_offline + other.delivered_offline,
            recovered: self.recovered + other.recovered,
            corrupted: self.corrupted + other.corrupted,
            astray: self.astray + other.astray,
            lost: self.lost + other.lost,
            uncollected: self.uncollected + other.uncollected,
            indeterminate: self.indeterminate + other.indeterminate,
            may: self.may + other.may,
            may_heard: self.may_heard + other.may_heard,
            duplicated: self.duplicated + other.duplicated,
            misdelivered: self.misdelivered + other.misdelivered,
            mangled: self.mangled + other.mangled,
            unexpected: self.unexpected + other.unexpected,
            foreign: self.foreign + other.foreign,
            out_of_order: self.out_of_order + other.out_of_order,
        }
    }

    /// The pairs that are not in a part of them, with their fates and copies; what is no pair's stays 0.
    #[must_use]
    pub fn without(&self, part: &Self) -> Self {
        Self {
            entitled: self.entitled - part.entitled,
            delivered_live: self.delivered_live - part.delivered_live,
            delivered_offline: self.delivered_offline - part.delivered_offline,
            recovered: self.recovered - part.recovered,
            corrupted: self.corrupted - part.corrupted,
            astray: self.astray - part.astray,
            lost: self.lost - part.lost,
            uncollected: self.uncollected - part.uncollected,
            indeterminate: self.indeterminate - part.indeterminate,
            duplicated: self.duplicated - part.duplicated,
            ..Self::default()
        }
    }

    /// Entitled pairs that arrived, unchanged.
    pub fn delivered(&self) -> u64 {
        self.delivered_live + self.delivered_offline + self.recovered
    }

    /// Entitled pairs that have neither arrived nor been written off.
    pub fn outstanding(&self) -> u64 {
        let settled = self.entitled_sum();
        debug_assert!(settled <= self.entitled, "more pairs settled than there are: {self:?}");
        self.entitled.saturating_sub(settled)
    }

    /// All fates of entitled pairs together; in a closed ledger this is `entitled`.
    pub fn entitled_sum(&self) -> u64 {
        self.delivered()
            + self.corrupted
            + self.astray
            + self.lost
            + self.uncollected
            + self.indeterminate
    }

    /// All arrivals, each under the one word that explains it. Corrupted copies of what was only allowed count as
    /// mangled.
    pub fn arrivals(&self) -> u64 {
        self.delivered()
            + self.corrupted
            + self.may_heard
            + self.duplicated
            + self.misdelivered
            + self.mangled
            + self.unexpected
            + self.foreign
    }
}
