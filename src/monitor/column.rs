//! The measured columns of the monitor's file: one row each, from which the enum, the names and the digits are made.

macro_rules! columns {
    ($($column:ident, $name:literal, $decimals:literal, $meaning:literal;)*) => {
        /// A measured column. The first nine, after the timestamp, are those of the shell script that came before this
        /// harness, in its order and with its names; an MB has 2²⁰ bytes there, and so here. What is counted is counted
        /// since the monitor began. `host_…` is of the whole machine: of that some is other people's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Column {
            $(#[doc = $meaning] $column,)*
        }

        impl Column {
            /// All of them, in the order of the file.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$column),*];

            /// The name in the file; it carries the unit.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$column => $name,)*
                }
            }

            /// What it measures, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$column => $meaning,)*
                }
            }

            /// How many digits after the point are worth writing.
            pub(super) fn decimals(self) -> usize {
                match self {
                    $(Self::$column => $decimals,)*
                }
            }
        }
    };
}

columns! {
    CpuPercent, "cpu_percent", 1, "CPU time of the server since the last row, percent of one core (as `top` says it)";
    RssMb, "rss_mb", 2, "resident memory of the server";
    VmsMb, "vms_mb", 2, "address space of the server";
    MemoryPercent, "memory_percent", 2, "resident memory as a share of the machine's";
    OpenFds, "open_fds", 0, "file descriptors that the server has open";
    ConnectionsTotal, "connections_total", 0, "connections on the server's port in any state but listening and `TIME_WAIT`";
    ConnectionsEstablished, "connections_established", 0, "those of them that are established";
    BytesSent, "bytes_sent", 0, "bytes the server sent on its port, acknowledged by the clients";
    BytesRecv, "bytes_recv", 0, "bytes that arrived on the server's port";

    Threads, "threads", 0, "threads of the server";
    AcceptQueue, "accept_queue", 0, "connections that wait to be accepted";
    UnreadBytes, "unread_bytes", 0, "bytes that arrived and that the server has not read";
    OwnCpuPercent, "own_cpu_percent", 1, "CPU time of the harness since the last row, percent of one core";
    HostCpuPercent, "host_cpu_percent", 1, "busy time of the machine since the last row, percent of all cores";
    StealPercent, "steal_percent", 1, "time that the hypervisor gave to others since the last row, percent of all cores";
    BusiestThreadPercent, "busiest_thread_percent", 1, "CPU time of the server's busiest thread since the last row, percent of one core";
    ContextSwitches, "context_switches", 0, "how often the server's threads were given a core";
    IoReadBytes, "io_read_bytes", 0, "bytes that the server read from disks";
    IoWriteBytes, "io_write_bytes", 0, "bytes that the server wrote to disks";
    AcceptQueueMax, "accept_queue_max", 0, "connections that may wait to be accepted";
    UnackedBytes, "unacked_bytes", 0, "bytes that the server wrote and the clients have not acknowledged";
    ConnectionsSynReceived, "connections_syn_received", 0, "connections asked for, and not yet confirmed by the client";
    ConnectionsCloseWait, "connections_close_wait", 0, "connections that the client has closed and the server has not";
    ConnectionsClosing, "connections_closing", 0, "connections that the server has closed, and whose end the client has not confirmed";
    ConnectionsTimeWait, "connections_time_wait", 0, "ended connections whose ports the kernel still keeps";
    HostListenOverflows, "host_listen_overflows", 0, "connections that found a full accept queue, over all ports of the machine";
    HostListenDrops, "host_listen_drops", 0, "connections that listeners dropped, over all ports of the machine";
    HostRetransmits, "host_retransmits", 0, "TCP segments that were sent once more, over all ports of the machine";
    HostLoad1m, "host_load_1m", 2, "load average of the machine over the last minute";
    HostMemoryAvailableMb, "host_memory_available_mb", 1, "memory of the machine that is free for use";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_is_stored_where_its_name_stands() {
        for (index, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(column as usize, index, "{}", column.name());
        }
    }

    #[test]
    fn the_documentation_tells_every_column() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/monitor.md");
        let text = std::fs::read_to_string(path).unwrap();
        for column in Column::ALL {
            let row = format!("\n| `{}` | {} |\n", column.name(), column.meaning());
            assert!(text.contains(&row), "{row}");
        }
    }
}
