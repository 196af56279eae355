//! Limits of this machine: open files, ephemeral ports, the length of a listener's backlog.

use std::{fs, io, net::TcpListener, ops::RangeInclusive};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many ports are tried before the kernel is asked for any.
const PORT_TRIES: u32 = 64;
/// How many ports below the ephemeral range are used for servers.
const PORT_SPAN: u16 = 12_000;

/// The limit on open files of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLimit {
    /// What holds now.
    pub soft: u64,
    /// How far this process may raise it.
    pub hard: u64,
}

/// Reads the limit on open files; without a limit, `u64::MAX`.
pub fn file_limit() -> FileLimit {
    let limit = getrlimit(Resource::Nofile);
    FileLimit { soft: limit.current.unwrap_or(u64::MAX), hard: limit.maximum.unwrap_or(u64::MAX) }
}

/// Raises the soft limit on open files to the hard one, and returns what holds then.
pub fn raise_file_limit() -> io::Result<FileLimit> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    }
    Ok(file_limit())
}

/// The ports the kernel gives to outgoing connections: one client address can have this many to one server.
pub fn ephemeral_ports() -> io::Result<RangeInclusive<u16>> {
    let path = "/proc/sys/net/ipv4/ip_local_port_range";
    let text = fs::read_to_string(path)?;
    let mut bounds = text.split_whitespace().map(str::parse);
    match (bounds.next(), bounds.next()) {
        (Some(Ok(low)), Some(Ok(high))) => Ok(low..=high),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, format!("{path} holds `{text}`"))),
    }
}

/// The longest backlog a listener can have, whatever it asks for (`net.core.somaxconn`).
pub fn connection_backlog_max() -> io::Result<u32> {
    let path = "/proc/sys/net/core/somaxconn";
    let text = fs::read_to_string(path)?;
    text.trim()
        .parse()
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, format!("{path} holds `{text}`")))
}

/// A port of 127.0.0.1 on which nothing listens just now. Another process may take it first: the caller must retry.
///
/// Ports below the ephemeral range come first: there, no outgoing connection of a load run can sit on the port of a
/// server that is being restarted.
pub fn free_port() -> io::Result<u16> {
    let low = ephemeral_ports().map_or(32_768, |ports| *ports.start());
    let first = low.saturating_sub(PORT_SPAN).max(1_024);
    for _ in 0..PORT_TRIES {
        let port = fastrand::u16(first..low.max(first + 1));
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        let raised = raise_file_limit().unwrap();
        assert_eq!(raised.soft, raised.hard);
    }

    #[test]
    fn the_kernel_states_its_ranges() {
        let ports = ephemeral_ports().unwrap();
        assert!(ports.start() < ports.end());
        assert!(connection_backlog_max().unwrap() > 0);
    }

    #[test]
    fn a_free_port_can_be_bound() {
        // Another test may take it in between, not three times in a row.
        let bound = (0..3).any(|_| TcpListener::bind(("127.0.0.1", free_port().unwrap())).is_ok());
        assert!(bound);
    }
}
