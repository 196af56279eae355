//! What the kernel knows: TCP sockets and counters, listeners and their processes, what a process holds, limits.

mod counters;
mod holdings;
mod limits;
mod listeners;
mod netlink;
mod proc_file;
mod sock_diag;

pub use counters::{TcpCounters, TcpMeter};
pub use holdings::{Holdings, holdings_of};
pub use limits::{
    FileLimit, connection_backlog_max, ephemeral_ports, file_limit, free_port, raise_file_limit,
};
pub use listeners::{Holder, holder_of, listener_at, listeners_of, program_of};
pub use netlink::Families;
pub use proc_file::ProcFile;
pub use sock_diag::{Intake, Listener, SockDiag, TcpSocket, TcpState, Traffic};
