//! The one place that reads the environment.

use std::{ffi::OsString, path::PathBuf};

/// A variable of this process; set but empty counts as unset, as CI systems mean it.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(super) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The user's home directory, for paths that begin with `~/`.
pub(super) fn home() -> Option<PathBuf> {
    variable("HOME").map(PathBuf::from)
}

/// The language that the environment asks for (`LC_ALL`, `LC_MESSAGES`, `LANG`), as it stands there: `zh_CN.UTF-8`.
pub fn language() -> Option<String> {
    ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(variable)?.into_string().ok()
}

/// Whether this process runs in a pipeline (`CI` is set): then progress is told in plain lines.
pub fn in_pipeline() -> bool {
    variable("CI").is_some_and(|value| value != "false" && value != "0")
}

/// The file to which a pipeline wants a summary in Markdown appended (`GITHUB_STEP_SUMMARY`).
pub fn step_summary() -> Option<PathBuf> {
    variable("GITHUB_STEP_SUMMARY").map(PathBuf::from)
}
