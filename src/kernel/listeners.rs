//! Which process listens at an address: from the socket's inode to `/proc/PID/fd`.

use std::{collections::HashSet, fmt, fs, io, net::SocketAddr, path::Path};

use serde::{Deserialize, Serialize};

use super::{Listener, SockDiag};

/// A process that holds a socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// Its program's name, as `ps` shows it.
    pub program: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {})", self.program, self.pid)
    }
}

/// The listener that answers at `addr`, if one does: on that address, or on all addresses.
pub fn listener_at(addr: SocketAddr) -> io::Result<Option<Listener>> {
    let wanted = addr.ip().to_canonical();
    let listeners = SockDiag::open()?.listeners(Some(addr.port()))?;
    Ok(listeners.into_iter().find(|listener| {
        let theirs = listener.addr.ip();
        theirs == wanted
            || wanted.is_unspecified()
            || (theirs.is_unspecified() && (theirs.is_ipv6() || wanted.is_ipv4()))
    }))
}

/// The process that listens at `addr`; `None` when nobody does, or when it is another user's process.
pub fn holder_of(addr: SocketAddr) -> io::Result<Option<Holder>> {
    let Some(listener) = listener_at(addr)? else { return Ok(None) };
    Ok(process_with_socket(listener.inode)
        .map(|pid| Holder { pid, program: program_of(pid).unwrap_or_else(|| "?".to_owned()) }))
}

/// What a process listens on, by port; nothing of another user's process.
pub fn listeners_of(pid: u32) -> io::Result<Vec<Listener>> {
    let mut listeners = SockDiag::open()?.listeners(None)?;
    let held: HashSet<String> = fs::read_dir(format!("/proc/{pid}/fd"))?
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok()?.into_os_string().into_string().ok())
        .collect();
    listeners.retain(|listener| held.contains(&format!("socket:[{}]", listener.inode)));
    listeners.sort_by_key(|listener| listener.addr.port());
    Ok(listeners)
}

/// The name of a process's program; `None` when there is no such process.
pub fn program_of(pid: u32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// The lowest process id with an open descriptor of this socket (a server that forks shares its listener).
fn process_with_socket(inode: u32) -> Option<u32> {
    let wanted = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?;
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| holds(*pid, &wanted))
        .min()
}

fn holds(pid: u32, wanted: &str) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    descriptors
        .flatten()
        .any(|entry| fs::read_link(entry.path()).is_ok_and(|link| link == Path::new(wanted)))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_listener_is_traced_to_its_process() {
        for (listen, reach) in
            [("127.0.0.1:0", "127.0.0.1"), ("0.0.0.0:0", "127.0.0.1"), ("[::]:0", "127.0.0.1")]
        {
            let listener = TcpListener::bind(listen).unwrap();
            let addr =
                SocketAddr::new(reach.parse().unwrap(), listener.local_addr().unwrap().port());
            let holder = holder_of(addr).unwrap().unwrap();
            assert_eq!(holder.pid, std::process::id(), "{listen}");
            assert!(!holder.program.is_empty());
            let own = listeners_of(std::process::id()).unwrap();
            assert!(own.iter().any(|it| it.addr.port() == addr.port()), "{own:?}");
        }
    }

    #[test]
    fn a_listener_on_another_address_is_not_the_one() {
        let listener = TcpListener::bind("127.0.0.2:0").unwrap();
        let addr = SocketAddr::from(([127, 0, 0, 1], listener.local_addr().unwrap().port()));
        assert_eq!(listener_at(addr).unwrap(), None);
    }
}
