//! TCP counters of this network namespace: they belong to every server in it, not to one.

use super::ProcFile;

/// What the kernel has counted since it was started, over all ports of this network namespace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TcpCounters {
    /// Connections that were made and found the accept queue of their listener full.
    pub listen_overflows: u64,
    /// Connections that a listener dropped for whatever reason, those included.
    pub listen_drops: u64,
    /// Segments that were sent once more.
    pub retransmitted_segments: u64,
}

/// Reads them as often as one likes.
#[derive(Debug)]
pub struct TcpMeter {
    extended: ProcFile,
    basic: ProcFile,
}

impl TcpMeter {
    /// A meter of the network namespace of this thread; `None` where the kernel does not tell.
    pub fn open() -> Option<Self> {
        let extended = ProcFile::open("/proc/thread-self/net/netstat").ok()?;
        let basic = ProcFile::open("/proc/thread-self/net/snmp").ok()?;
        Some(Self { extended, basic })
    }

    /// The counters now.
    pub fn read(&mut self) -> Option<TcpCounters> {
        let extended = self.extended.text()?;
        let basic = self.basic.text()?;
        Some(TcpCounters {
            listen_overflows: value(extended, "TcpExt:", "ListenOverflows")?,
            listen_drops: value(extended, "TcpExt:", "ListenDrops")?,
            retransmitted_segments: value(basic, "Tcp:", "RetransSegs")?,
        })
    }
}

impl TcpCounters {
    /// What came since an earlier reading.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            listen_overflows: self.listen_overflows.saturating_sub(earlier.listen_overflows),
            listen_drops: self.listen_drops.saturating_sub(earlier.listen_drops),
            retransmitted_segments: self
                .retransmitted_segments
                .saturating_sub(earlier.retransmitted_segments),
        }
    }
}

/// A counter by its name: a line of names, and below it a line of numbers, both with the same prefix.
fn value(text: &str, prefix: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(prefix));
    let (names, numbers) = (lines.next()?, lines.next()?);
    let at = names.split_whitespace().position(|word| word == name)?;
    numbers.split_whitespace().nth(at)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_stands_below_its_name() {
        let text = "TcpExt: A ListenDrops B\nTcpExt: 1 22 3\nIpExt: ListenDrops\nIpExt: 9\n";
        assert_eq!(value(text, "TcpExt:", "ListenDrops"), Some(22));
        assert_eq!(value(text, "TcpExt:", "C"), None);
        assert_eq!(value("TcpExt: A\n", "TcpExt:", "A"), None);
    }

    #[test]
    fn this_kernel_counts() {
        let mut meter = TcpMeter::open().unwrap();
        let before = meter.read().unwrap();
        assert!(meter.read().unwrap().listen_drops >= before.listen_drops);
    }
}
