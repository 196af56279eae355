//! A process group: its members, its signals, and the rule by which it is stopped.

use std::{fmt, fs, str::FromStr, time::Duration};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// The signals a server may be asked to stop with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StopSignal {
    /// SIGINT, as Ctrl-C sends it: what the servers of the family handle.
    #[default]
    Int,
    /// SIGTERM.
    Term,
    /// SIGQUIT.
    Quit,
    /// SIGHUP.
    Hup,
    /// SIGUSR1.
    Usr1,
    /// SIGUSR2.
    Usr2,
    /// SIGKILL: no chance to clean up.
    Kill,
}

impl StopSignal {
    const ALL: [(Self, &'static str, Signal); 7] = [
        (Self::Int, "INT", Signal::INT),
        (Self::Term, "TERM", Signal::TERM),
        (Self::Quit, "QUIT", Signal::QUIT),
        (Self::Hup, "HUP", Signal::HUP),
        (Self::Usr1, "USR1", Signal::USR1),
        (Self::Usr2, "USR2", Signal::USR2),
        (Self::Kill, "KILL", Signal::KILL),
    ];

    /// The name without `SIG`, as `kill` takes it.
    pub(super) fn short_name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    fn number(self) -> Signal {
        Self::ALL[self as usize].2
    }
}

impl fmt::Display for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIG{}", self.short_name())
    }
}

/// Takes `SIGINT`, `INT` or `int`; the error names those that are taken.
impl FromStr for StopSignal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let upper = text.trim().to_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        Self::ALL.iter().find(|entry| entry.1 == name).map(|entry| entry.0).ok_or_else(|| {
            let known: Vec<String> =
                Self::ALL.iter().map(|entry| format!("SIG{}", entry.1)).collect();
            format!("`{text}` is not a signal to stop with: write one of {}", known.join(", "))
        })
    }
}

/// How a child is stopped: a signal to its group, time to end, then SIGKILL to the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopRule {
    /// The signal.
    pub signal: StopSignal,
    /// How long it may take; its output is still read meanwhile.
    pub grace: Duration,
}

impl Default for StopRule {
    fn default() -> Self {
        Self { signal: StopSignal::Int, grace: Duration::from_secs(5) }
    }
}

/// Sends `signal` to every member. A group that is gone already is no error: that was the purpose.
pub(super) fn signal_group(group: u32, signal: StopSignal) {
    if let Some(group) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        // ESRCH: nobody left. EPERM: a member changed its user; nothing more can be done.
        if let Err(error) = kill_process_group(group, signal.number()) {
            tracing::debug!(%signal, %error, "signalling a process group");
        }
    }
}

/// Sends `signal` to each living member but the guard; tells whether there was one.
pub(super) fn signal_members(group: u32, guard: u32, signal: StopSignal) -> bool {
    let members = members(group, guard);
    for pid in &members {
        if let Some(pid) = i32::try_from(*pid).ok().and_then(Pid::from_raw) {
            // One that ended meanwhile needs none.
            let _ = kill_process(pid, signal.number());
        }
    }
    !members.is_empty()
}

/// The living members of a group (zombies are not), the guard left out.
pub(super) fn members(group: u32, guard: u32) -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| *pid != guard && living_in(*pid) == Some(group))
        .collect()
}

/// The group of a process that is not a zombie.
pub(super) fn living_in(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    let state = fields.next()?;
    let group = fields.nth(1)?.parse().ok()?;
    (state != "Z" && state != "X").then_some(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_read_as_people_write_them() {
        for text in ["SIGTERM", "TERM", "term"] {
            assert_eq!(text.parse(), Ok(StopSignal::Term));
        }
        assert!("SIGSEGV".parse::<StopSignal>().unwrap_err().contains("SIGINT, SIGTERM"));
        for (signal, name, _) in StopSignal::ALL {
            assert_eq!(signal.short_name(), name);
        }
    }

    #[test]
    fn this_process_is_a_member_of_its_group() {
        let own = std::process::id();
        let group = living_in(own).unwrap();
        assert!(members(group, 0).contains(&own));
        assert!(!members(group, own).contains(&own));
    }
}
