//! What is left of a server that died or hangs: everything that helps to find out why, in one text.

use std::{fmt, sync::Arc};

use super::{Death, Replay};

/// How many of the last steps of each connection are shown.
const STEPS_SHOWN: usize = 24;
/// So many connections are shown, the last ones.
const CONNECTIONS_SHOWN: usize = 40;

/// What was found at the end of a server, or while it hung.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// During what: the id of a case.
    pub during: String,
    /// What was seen.
    pub seen: String,
    /// Its death, if it died.
    pub death: Option<Arc<Death>>,
    /// Where it was in its own code.
    pub backtrace: Backtrace,
    /// Its process while it hung: memory, files, threads, by the kernel's names; empty for a dead one.
    pub process: Vec<String>,
    /// Its threads while it hung; empty for a dead one.
    pub threads: Vec<ThreadState>,
    /// What was sent and heard before.
    pub replay: Replay,
}

/// Where a server was in its own code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backtrace {
    /// A debugger's words; escaped and bounded.
    Taken {
        /// From what: a core file, the living process.
        from: &'static str,
        /// The lines.
        lines: Vec<String>,
    },
    /// There is none.
    Missing {
        /// Why, and what would help.
        reason: String,
    },
}

/// A thread, as the kernel sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadState {
    /// Its number.
    pub tid: u32,
    /// Its name.
    pub name: String,
    /// Its state: `R` runs, `S` sleeps, `D` waits for a device, `T` is stopped, `Z` has ended.
    pub state: char,
    /// The function of the kernel it waits in, where the kernel tells.
    pub waits_in: Option<String>,
    /// Its stack inside the kernel; empty where only root may see it.
    pub kernel_stack: Vec<String>,
}

impl Backtrace {
    /// Where the fatal signal was raised: the innermost functions that are the server's own, and where they stand.
    pub fn place(&self) -> Option<String> {
        let Self::Taken { lines, .. } = self else { return None };
        // A debugger shows the innermost frame once alone before it is asked for all of them.
        let begins = |pair: &[String]| pair[0].starts_with("#0 ") && pair[1].starts_with("#1 ");
        let start = lines.windows(2).position(begins)?;
        let own: Vec<&str> = lines[start..]
            .iter()
            .take_while(|line| line.starts_with('#'))
            .filter_map(|line| own_function(line))
            .take(2)
            .collect();
        (!own.is_empty()).then(|| format!("in {}", own.join(", called by ")))
    }
}

/// `function (file:line)` of a frame that is neither the C library's nor the runtime's of C++.
fn own_function(frame: &str) -> Option<&str> {
    let library =
        [" from /lib", " from /usr/lib", " ./nptl/", " ../sysdeps", " ./stdlib/", "/rustc/"];
    if library.iter().any(|place| frame.contains(place)) {
        return None;
    }
    let after_number = frame.split_once(' ')?.1.trim_start();
    let name = match after_number.strip_prefix("0x") {
        Some(address) => address.split_once(" in ")?.1,
        None => after_number,
    };
    let name = name.split(" (").next()?.trim();
    let runtime = ["nlohmann::", "std::", "__", "raise", "abort", "<signal handler", "??"];
    (!name.is_empty() && !runtime.iter().any(|start| name.starts_with(start))).then_some(name)
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "during {}: {}", self.during, self.seen)?;
        if let Some(death) = &self.death {
            writeln!(f, "\nend: {} at {}, after {} ms", death.how, death.at, death.uptime_ms)?;
            for (stream, tail) in [("output", &death.stdout_tail), ("error", &death.stderr_tail)] {
                section(f, &format!("its last lines of standard {stream}"), tail)?;
            }
            if let Some(log) = &death.log {
                writeln!(f, "all of it: {}", log.display())?;
            }
        }
        match &self.backtrace {
            Backtrace::Taken { from, lines } => {
                section(f, &format!("backtrace, from {from}"), lines)?;
            }
            Backtrace::Missing { reason } => writeln!(f, "\nno backtrace: {reason}")?,
        }
        if !self.process.is_empty() {
            section(f, "its process", &self.process)?;
        }
        if !self.threads.is_empty() {
            section(f, "its threads", &self.threads)?;
        }
        self.conversations(f)
    }
}

impl Evidence {
    /// The last steps of the last connections.
    fn conversations(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = &self.replay.steps;
        let mut connections: Vec<u32> = steps.iter().map(|step| step.connection).collect();
        connections.sort_unstable();
        connections.dedup();
        let older = connections.len().saturating_sub(CONNECTIONS_SHOWN);
        if older > 0 {
            writeln!(f, "\n({older} older connections are only in the replay)")?;
        }
        for connection in &connections[older..] {
            let own: Vec<_> = steps.iter().filter(|step| step.connection == *connection).collect();
            let last = &own[own.len().saturating_sub(STEPS_SHOWN)..];
            let what =
                format!("connection {connection}, the last {} of {} steps", last.len(), own.len());
            section(f, &what, last)?;
        }
        Ok(())
    }
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, lines: &[impl fmt::Display]) -> fmt::Result {
    writeln!(f, "\n{title}:")?;
    if lines.is_empty() {
        writeln!(f, "  (nothing)")?;
    }
    lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
}

impl fmt::Display for ThreadState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waits = match &self.waits_in {
            Some(function) => format!("waits in {function}"),
            None => "where it waits is not told".to_owned(),
        };
        write!(f, "{} {:16} {} {waits}", self.tid, self.name, self.state)?;
        self.kernel_stack.iter().try_for_each(|frame| write!(f, "\n      {frame}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_the_servers_own_code_and_not_the_runtimes() {
        let lines = [
            "#0  0x00007f in __pthread_kill_implementation () from /lib/x86_64-linux-gnu/libc.so.6",
            "[Current thread is 1]",
            "#0  __pthread_kill_implementation (threadid=1) at ./nptl/pthread_kill.c:44",
            "#1  0x00007f in abort () from /lib/x86_64-linux-gnu/libc.so.6",
            "#2  0x00007f in __cxa_throw () from /usr/lib/libstdc++.so.6",
            "#3  0x000055 in nlohmann::json::parse () ",
            "#4  0x000055 in ChatServer::onMessage(TcpConnection const&, Buffer*) (this=0x1) at s.cpp:55",
            "#5  0x000055 in muduo::net::TcpConnection::handleRead(muduo::Timestamp) ()",
            "",
            "#0  other_thread () at b.cpp:1",
        ];
        let lines = lines.map(str::to_owned).to_vec();
        let place = Backtrace::Taken { from: "a core file", lines }.place().unwrap();
        assert!(place.starts_with("in ChatServer::onMessage"), "{place}");
        assert!(place.contains("called by muduo::net::TcpConnection::handleRead"), "{place}");
        assert_eq!(Backtrace::Missing { reason: "x".into() }.place(), None);
    }
}
