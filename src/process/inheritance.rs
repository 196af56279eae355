//! Signals that this process ignores, which its children must not.

use std::{fs, io};

use tokio::signal::unix::{SignalKind, signal};

/// Makes sure that a child starts with its signals at their defaults.
///
/// A background job of a script ignores SIGINT and SIGQUIT, one under `nohup` SIGHUP, and whoever is started inherits
/// that: a server could then not be stopped by the signal that stops it everywhere else. A signal with a handler goes back
/// to its default in a new program (POSIX, `execve`), so those that are ignored here get a handler that does nothing; for
/// this process that is the same. To be called where tokio's runtime is.
pub(super) fn handle_what_is_ignored() -> io::Result<()> {
    let status = fs::read_to_string("/proc/self/status")?;
    let ignored = ignored_signals(&status);
    let kinds = [
        SignalKind::hangup(),
        SignalKind::interrupt(),
        SignalKind::quit(),
        SignalKind::terminate(),
    ];
    for kind in kinds {
        if ignored & (1 << (kind.as_raw_value() - 1)) != 0 {
            // The handler stays when this is dropped.
            drop(signal(kind)?);
        }
    }
    Ok(())
}

/// The set of ignored signals, from the text of `/proc/PID/status`: bit n − 1 for signal n.
fn ignored_signals(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_kernels_text() {
        // SIGINT (2) and SIGQUIT (3), as in a background job of a script.
        assert_eq!(ignored_signals("Name:\tsh\nSigIgn:\t0000000000000006\nSigCgt:\t0\n"), 0b110);
        assert_eq!(ignored_signals("Name:\tsh\n"), 0);
    }
}
