//! Whether a process is on its way out.

use std::fs;

/// `PF_EXITING` of linux/sched.h.
const EXITING: u32 = 0x4;

/// Whether a process dumps core, exits, has exited, or is no more: its connections end some time before it can be waited
/// for. (proc(5): `CoreDumping` of status, the state and the flags of stat.)
pub(crate) fn is_ending(pid: u32) -> bool {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}"));
    let (Ok(status), Ok(stat)) = (read("status"), read("stat")) else { return true };
    let dumps = status.lines().any(|line| line.split_whitespace().eq(["CoreDumping:", "1"]));
    dumps || has_exited(&stat).unwrap_or(false)
}

/// From a line of stat, in which the name, in parentheses, may hold anything.
fn has_exited(stat: &str) -> Option<bool> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    let state = fields.next()?;
    let flags: u32 = fields.nth(5)?.parse().ok()?;
    Some(matches!(state, "Z" | "X") || flags & EXITING != 0)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::process::{Child, Invocation, Launch};

    #[tokio::test]
    async fn a_process_that_ends_is_ending_and_one_that_lives_is_not() {
        assert!(!is_ending(std::process::id()));
        let launch = Launch::new(Invocation::shell("exec true".to_owned()));
        let child = Child::start(launch, |_| ()).unwrap();
        let deadline = Instant::now() + Duration::from_mins(1);
        while !is_ending(child.pid()) && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(is_ending(child.pid()));
    }

    #[test]
    fn state_and_flags_are_those_of_proc() {
        let line = |state: &str, flags: u32| format!("7 (a) b) {state} 1 7 7 0 -1 {flags} 0 0");
        assert_eq!(has_exited(&line("S", 0x40_0000)), Some(false));
        assert_eq!(has_exited(&line("R", 0x40_0004)), Some(true));
        assert_eq!(has_exited(&line("Z", 0)), Some(true));
        assert_eq!(has_exited("7"), None);
    }
}
