//! Troubles recognised in the facts of a run: from what was seen to what is known to cause it.
//!
//! Only kinds and evidence are here; the words, cause and cure in two languages, are the report's.

mod diagnosis;
mod signs;

pub use diagnosis::troubles;
pub use signs::recognise;

/// What is wrong, as far as it can be told from outside. The order is the order of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TroubleKind {
    /// The server died of an exception of its JSON library.
    JsonException,
    /// The server touched memory that it must not.
    MemoryFault,
    /// The server ended itself: a failed assertion or an exception that nobody caught.
    Aborted,
    /// The server was killed from outside.
    Killed,
    /// The server ended by itself with an exit code.
    Exited,
    /// Memory ran out.
    OutOfMemory,
    /// A limit on open files was reached.
    TooManyFiles,
    /// No port was left for another connection.
    OutOfPorts,
    /// Nobody listens where the server should.
    Refused,
    /// The server closed or reset connections.
    Reset,
    /// The server answered too late or not at all.
    NoAnswer,
    /// Users are taken to be online who are not.
    StuckOnline,
    /// What the server sent is no message of the dialect.
    BrokenJson,
    /// A disk is full.
    DiskFull,
    /// The harness itself got no time.
    Starved,
}

/// All kinds, in the order of a report.
pub const TROUBLE_KINDS: [TroubleKind; 15] = [
    TroubleKind::JsonException,
    TroubleKind::MemoryFault,
    TroubleKind::Aborted,
    TroubleKind::Killed,
    TroubleKind::Exited,
    TroubleKind::OutOfMemory,
    TroubleKind::TooManyFiles,
    TroubleKind::OutOfPorts,
    TroubleKind::Refused,
    TroubleKind::Reset,
    TroubleKind::NoAnswer,
    TroubleKind::StuckOnline,
    TroubleKind::BrokenJson,
    TroubleKind::DiskFull,
    TroubleKind::Starved,
];

/// A trouble with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What it is.
    pub kind: TroubleKind,
    /// Stages and cases in which it showed.
    pub places: Vec<String>,
    /// What was seen, as it was recorded: text from a server may be in it, unescaped. The first few.
    pub evidence: Vec<String>,
}
