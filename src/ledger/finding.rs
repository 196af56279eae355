//! What is wrong, kind by kind: how often, and the first few times in detail.

use super::User;

/// So many examples are kept of each kind.
pub(super) const EXAMPLES_MAX: usize = 5;
/// So much is kept of an example's frame.
const FRAME_MAX_BYTES: usize = 4096;

/// The kinds of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A message reached somebody who must not hear it.
    Misdelivered,
    /// A message never reached its receiver.
    Lost,
    /// A message reached its receiver again.
    Duplicated,
    /// A message arrived changed, or under a wrong sender's name.
    Corrupted,
    /// An arrival that nothing sent explains.
    Unexpected,
    /// A message arrived after one that was sent later.
    OutOfOrder,
    /// A receiver could not log in again to collect a message.
    Uncollected,
    /// Nobody can know what became of a message.
    Indeterminate,
    /// The server refused to deliver a message.
    Refused,
    /// A message of another run arrived.
    Foreign,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Misdelivered,
        Self::Lost,
        Self::Duplicated,
        Self::Corrupted,
        Self::Unexpected,
        Self::OutOfOrder,
        Self::Uncollected,
        Self::Indeterminate,
        Self::Refused,
        Self::Foreign,
    ];

    /// What a finding of this kind says about the server, for somebody who sees it for the first time.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Misdelivered => {
                "the server handed messages to users they were not addressed to: look at how a receiver's \
                 connection is looked up, and whether a closed connection's entry is reused"
            }
            Self::Lost => {
                "the server took messages and never delivered them, although their receivers were there to the \
                 end: look for writes to a connection without its lock, reads that drop what follows the first \
                 document, and failed inserts of offline messages"
            }
            Self::Duplicated => {
                "the server delivered messages more than once: look for a message that is both sent directly and \
                 published to the bus that the same node listens to, or both sent and stored"
            }
            Self::Corrupted => {
                "messages arrived changed, or under another sender's name: look at fixed-size buffers, escaping \
                 and character sets"
            }
            Self::Unexpected => {
                "messages arrived that nobody had sent at that time: look for buffers that are reused before they \
                 were written"
            }
            Self::OutOfOrder => {
                "messages of one sender overtook each other on the way to one receiver: look for work that is \
                 spread over threads without an order per connection"
            }
            Self::Uncollected => {
                "receivers could not log in again, so nobody knows whether the server kept their messages"
            }
            Self::Indeterminate => {
                "a connection broke while messages were on their way: they may or may not have been delivered"
            }
            Self::Refused => {
                "the server answered messages with an error instead of delivering them"
            }
            Self::Foreign => {
                "messages of another run arrived: another harness, or another node's users, share the store or \
                 the bus behind this server"
            }
        }
    }
}

/// One of the first occurrences of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Who sent it, where that is known.
    pub from: Option<User>,
    /// Who was to receive it, or did.
    pub to: Option<User>,
    /// Its number in its stream.
    pub sequence: Option<u32>,
    /// When it arrived; for what never did, about when it was scheduled. Nanoseconds since the run began.
    pub at_ns: u64,
    /// The frame that arrived, at most its first 4096 bytes.
    pub frame: Vec<u8>,
}

/// How often a kind was seen, with the first few times in detail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occurrences {
    /// How often.
    pub count: u64,
    /// The first few.
    pub examples: Vec<Example>,
}

/// All findings of a ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    kinds: [Occurrences; Kind::ALL.len()],
}

impl Findings {
    /// What was found of one kind.
    pub fn of(&self, kind: Kind) -> &Occurrences {
        &self.kinds[kind as usize]
    }

    /// The kinds that were found, the worst first.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, &Occurrences)> {
        Kind::ALL.into_iter().zip(&self.kinds).filter(|(_, found)| found.count > 0)
    }

    /// Counts one; the example is only made while there is room for it.
    #[cold]
    pub(super) fn add(&mut self, kind: Kind, example: impl FnOnce() -> Example) {
        let found = &mut self.kinds[kind as usize];
        found.count += 1;
        if found.examples.len() < EXAMPLES_MAX {
            let mut example = example();
            example.frame.truncate(FRAME_MAX_BYTES);
            found.examples.push(example);
        }
    }
}
