//! Where the server's program came from, and how it and the harness were built.

use serde::{Deserialize, Serialize};

/// What one must know to repeat a run; `None` where it could not be found out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The git revision of the directory that holds the server's program. The program may be older.
    pub server_revision: Option<String>,
    /// Whether files that git knows there were changed and not committed.
    pub server_dirty: Option<bool>,
    /// How the server was built: the build type of `CMake`, or the profile of the reference server.
    pub server_profile: Option<String>,
    /// How the harness was built: `release` or `debug`.
    pub harness_profile: Option<String>,
    /// The plan of the campaign, as its file has it.
    pub plan: Option<String>,
}
