//! Which process the monitor watches: by its id, by the address it listens on, by its name.

use std::{fs, net::SocketAddr, path::Path};

use procfs::process::Process;

use super::process::is_alive;
use crate::kernel::{holder_of, program_of};

/// The kernel keeps so many bytes of a program's name in `/proc/PID/comm`.
const COMM_BYTES: usize = 15;

/// The process to watch. Of what is known, the first that leads to a living process counts: its id, then who listens
/// at its address, then its name; so that a server that is restarted is found again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonitorTarget {
    pid: Option<u32>,
    addr: Option<SocketAddr>,
    name: Option<String>,
}

impl MonitorTarget {
    /// The process with this id.
    pub fn pid(pid: u32) -> Self {
        Self { pid: Some(pid), ..Self::default() }
    }

    /// Whoever listens there; the address's connections and bytes are counted too.
    pub fn addr(addr: SocketAddr) -> Self {
        Self { addr: Some(addr), ..Self::default() }
    }

    /// The process whose program has this name; of several the one with the lowest id, never ourselves.
    pub fn name(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    /// The same process, which listens there.
    #[must_use]
    pub fn listening_at(self, addr: SocketAddr) -> Self {
        Self { addr: Some(addr), ..self }
    }

    /// The living process this leads to; `None` when there is none, or when it is not ours to see.
    pub fn resolve(&self) -> Option<u32> {
        self.pid
            .filter(|pid| is_alive(*pid))
            .or_else(|| holder_of(self.addr?).ok()?.map(|holder| holder.pid))
            .or_else(|| named(self.name.as_deref()?))
    }

    /// Whether it is known on which port the server listens.
    pub fn has_port(&self) -> bool {
        self.addr.is_some()
    }

    /// The port whose sockets are the server's.
    pub(super) fn port(&self) -> Option<u16> {
        self.addr.map(|addr| addr.port())
    }
}

fn named(name: &str) -> Option<u32> {
    let processes = fs::read_dir("/proc").ok()?;
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| *pid != std::process::id() && has_name(*pid, name) && is_alive(*pid))
        .min()
}

/// By the program's file name; the shorter `comm` (which a program may change, and which is cut) decides only for
/// other users' processes, whose file cannot be seen.
fn has_name(pid: u32, name: &str) -> bool {
    let Some(comm) = program_of(pid) else { return false };
    let cut = &name.as_bytes()[..name.len().min(COMM_BYTES)];
    if comm.as_bytes() == cut && name.len() <= COMM_BYTES {
        return true;
    }
    let program = i32::try_from(pid).ok().and_then(|pid| Process::new(pid).ok()?.exe().ok());
    match program {
        Some(program) => program.file_name() == Path::new(name).file_name(),
        None => comm.as_bytes() == cut,
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_process_is_found_by_its_address() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        assert_eq!(MonitorTarget::addr(addr).resolve(), Some(std::process::id()));
        let dead = MonitorTarget::pid(u32::MAX >> 1);
        assert_eq!(dead.resolve(), None);
        assert_eq!(dead.listening_at(addr).resolve(), Some(std::process::id()));
    }

    #[test]
    fn a_name_is_the_programs_file_name_and_never_ourselves() {
        let own = std::env::current_exe().unwrap();
        let own = own.file_name().unwrap().to_str().unwrap();
        assert!(own.len() > COMM_BYTES && has_name(std::process::id(), own));
        assert!(!has_name(std::process::id(), &own[..=COMM_BYTES]));
        assert_ne!(MonitorTarget::name(own).resolve(), Some(std::process::id()));
        assert_eq!(MonitorTarget::name("no program has this name").resolve(), None);
    }
}
