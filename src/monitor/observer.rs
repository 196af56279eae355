//! Puts what is read of the process, its sockets and the machine together into one row.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::{
    Column, MonitorTarget, Sample,
    host::{self, HostMeter, HostReading},
    process::{ProcessMeter, ProcessReading},
    sockets::PortMeter,
    threads::ThreadMeter,
};
use crate::{kernel::TcpCounters, record::ThreadSummary};

/// A port with more connections than this is not looked at in every row.
const MANY_CONNECTIONS: u64 = 2_000;
/// Looking at so many takes this part of a core at most: a look that took long is not soon followed by another. The rows
/// between say nothing of the port, rather than take from the server what they are to measure.
const LOOKS_SHARE: u32 = 70;
/// Over a shorter time, CPU counted in steps of 10 ms says nothing.
const MIN_CPU_SPAN: Duration = Duration::from_millis(50);
const MEBIBYTE: f64 = (1_u64 << 20) as f64;

/// What must be remembered from one row to the next.
#[derive(Debug)]
pub(super) struct Observer {
    target: MonitorTarget,
    memory_bytes: u64,
    ports: Option<PortMeter>,
    /// When the sockets may be looked at again.
    next_look: Option<Instant>,
    remarks: BTreeSet<String>,
    pids: Vec<u32>,
    current: Option<ProcessMeter>,
    process: Option<(Instant, ProcessReading)>,
    threads: ThreadMeter,
    disk_read: Count,
    disk_written: Count,
    meter: HostMeter,
    host: Option<HostReading>,
    host_tcp: Option<TcpCounters>,
    own: Option<(Instant, Duration)>,
}

/// A counter of something that may begin anew, added up from when it was first seen.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    last: Option<u64>,
    total: u64,
}

impl Count {
    fn advance(&mut self, now: u64) -> f64 {
        self.total += now.saturating_sub(self.last.unwrap_or(now));
        self.last = Some(now);
        self.total as f64
    }

    /// What is counted next began at nothing, if anything was counted before.
    fn restart(&mut self) {
        self.last = self.last.map(|_| 0);
    }
}

impl Observer {
    pub(super) fn new(target: MonitorTarget) -> Self {
        let mut remarks = BTreeSet::new();
        let ports = match target.port().map(PortMeter::new) {
            Some(Ok(meter)) => Some(meter),
            Some(Err(error)) => {
                remarks.insert(format!("connections were not counted: sock_diag: {error}"));
                None
            }
            None => {
                remarks.insert("connections were not counted: no address was given".into());
                None
            }
        };
        let memory_bytes = super::machine().memory_bytes;
        let mut meter = HostMeter::new();
        let host_tcp = meter.tcp();
        Self {
            target,
            memory_bytes,
            ports,
            next_look: None,
            remarks,
            pids: Vec::new(),
            current: None,
            process: None,
            threads: ThreadMeter::default(),
            disk_read: Count::default(),
            disk_written: Count::default(),
            meter,
            host: None,
            host_tcp,
            own: None,
        }
    }

    /// Takes one row.
    pub(super) fn sample(&mut self) -> Sample {
        let mut sample = Sample::new(Timestamp::now());
        self.read_process(&mut sample);
        self.read_sockets(&mut sample);
        self.read_shared(&mut sample);
        self.read_host(&mut sample);
        sample
    }

    /// The process ids seen, in order.
    pub(super) fn pids(&self) -> &[u32] {
        &self.pids
    }

    /// The busiest threads of the server.
    pub(super) fn threads(&self) -> Vec<ThreadSummary> {
        self.threads.summaries()
    }

    /// What could not be read.
    pub(super) fn remarks(&self) -> Vec<String> {
        self.remarks.iter().cloned().collect()
    }

    fn read_process(&mut self, sample: &mut Sample) {
        let Some((pid, reading)) = self.find_process() else {
            self.process = None;
            return;
        };
        let now = Instant::now();
        sample.pid = Some(pid);
        sample.set(Column::RssMb, reading.rss_bytes as f64 / MEBIBYTE);
        sample.set(Column::VmsMb, reading.vms_bytes as f64 / MEBIBYTE);
        sample.set(Column::Threads, reading.threads as f64);
        if self.memory_bytes > 0 {
            let share = reading.rss_bytes as f64 / self.memory_bytes as f64;
            sample.set(Column::MemoryPercent, share * 100.0);
        }
        if let Some(count) = reading.open_fds {
            sample.set(Column::OpenFds, count as f64);
        } else {
            let remark = "open files were not counted: the server runs as another user";
            self.remarks.insert(remark.into());
        }
        self.read_disk(sample);
        self.read_threads(pid, reading.threads, sample);
        if let Some((then, before)) = self.process
            && before.started_ticks == reading.started_ticks
        {
            if now - then < MIN_CPU_SPAN {
                return;
            }
            let spent = reading.cpu.saturating_sub(before.cpu);
            sample.set(Column::CpuPercent, percent(spent, now - then));
        }
        self.process = Some((now, reading));
    }

    fn read_disk(&mut self, sample: &mut Sample) {
        let bytes = self.current.as_mut().and_then(ProcessMeter::disk_bytes);
        let Some(bytes) = bytes else { return };
        sample.set(Column::IoReadBytes, self.disk_read.advance(bytes.read));
        sample.set(Column::IoWriteBytes, self.disk_written.advance(bytes.written));
    }

    fn read_threads(&mut self, pid: u32, count: u64, sample: &mut Sample) {
        let Some(threads) = self.threads.read(pid, count) else {
            self.remarks.insert(format!(
                "threads were not told apart: the server has too many ({count}), or they cannot be seen"
            ));
            return;
        };
        sample.set(Column::ContextSwitches, threads.context_switches as f64);
        if let Some((name, percent)) = threads.busiest {
            sample.set(Column::BusiestThreadPercent, percent);
            sample.busiest_thread = Some(name);
        }
    }

    /// The process of the last row while it lives, else whatever the target leads to now.
    fn find_process(&mut self) -> Option<(u32, ProcessReading)> {
        if let Some(known) = &mut self.current
            && let Some(reading) = known.read()
        {
            return Some((known.pid(), reading));
        }
        let before = self.current.take().map(|gone| gone.pid());
        let mut found = ProcessMeter::of(self.target.resolve()?)?;
        let (pid, reading) = (found.pid(), found.read()?);
        if Some(pid) != before || self.process.is_none() {
            self.note_incarnation(pid);
            self.threads.restart();
            self.disk_read.restart();
            self.disk_written.restart();
        }
        self.current = Some(found);
        Some((pid, reading))
    }

    fn note_incarnation(&mut self, pid: u32) {
        // A server that restarts for hours is told by the first hundred.
        if self.pids.len() < 100 {
            self.pids.push(pid);
        }
    }

    fn read_sockets(&mut self, sample: &mut Sample) {
        let Some(meter) = &mut self.ports else { return };
        if self.next_look.is_some_and(|look| Instant::now() < look) {
            return;
        }
        let before = host::thread_cpu();
        let seen = meter.read();
        let took = host::thread_cpu().saturating_sub(before);
        let many = seen.as_ref().is_ok_and(|seen| seen.connections_total > MANY_CONNECTIONS);
        self.next_look = many.then(|| Instant::now() + took * LOOKS_SHARE);
        let reading = match seen {
            Ok(reading) => reading,
            Err(error) => {
                let kind = error.kind();
                self.remarks.insert(format!("connections were not counted in some rows: {kind}"));
                return;
            }
        };
        sample.set(Column::ConnectionsTotal, reading.connections_total as f64);
        sample.set(Column::ConnectionsEstablished, reading.connections_established as f64);
        sample.set(Column::AcceptQueue, reading.accept_queue as f64);
        sample.set(Column::UnreadBytes, reading.unread_bytes as f64);
        for (column, count) in [
            (Column::AcceptQueueMax, reading.accept_queue_max),
            (Column::UnackedBytes, reading.unacked_bytes),
            (Column::ConnectionsSynReceived, reading.syn_received),
            (Column::ConnectionsCloseWait, reading.close_wait),
            (Column::ConnectionsClosing, reading.closing),
            (Column::ConnectionsTimeWait, reading.time_wait),
        ] {
            sample.set(column, count as f64);
        }
        if let (Some(sent), Some(received)) = (reading.sent_bytes, reading.received_bytes) {
            sample.set(Column::BytesSent, sent as f64);
            sample.set(Column::BytesRecv, received as f64);
        }
    }

    /// What the machine tells of all its servers together.
    fn read_shared(&mut self, sample: &mut Sample) {
        if let (Some(now), Some(began)) = (self.meter.tcp(), self.host_tcp) {
            let now = now.since(began);
            for (column, count) in [
                (Column::HostListenOverflows, now.listen_overflows),
                (Column::HostListenDrops, now.listen_drops),
                (Column::HostRetransmits, now.retransmitted_segments),
            ] {
                sample.set(column, count as f64);
            }
        }
        if let Some(load) = self.meter.load_1m() {
            sample.set(Column::HostLoad1m, load);
        }
        if let Some(bytes) = self.meter.memory_available_bytes() {
            sample.set(Column::HostMemoryAvailableMb, bytes as f64 / MEBIBYTE);
        }
    }

    fn read_host(&mut self, sample: &mut Sample) {
        let (now, own) = (Instant::now(), host::own_cpu());
        match self.own {
            Some((then, _)) if now - then < MIN_CPU_SPAN => return,
            Some((then, before)) => {
                let spent = own.saturating_sub(before);
                sample.set(Column::OwnCpuPercent, percent(spent, now - then));
            }
            None => {}
        }
        self.own = Some((now, own));
        let host = self.meter.cpu();
        if let (Some(now), Some(before)) = (host, self.host) {
            // The kernel's counters for steal and waiting are known to step back.
            let all = now.all.saturating_sub(before.all);
            let share = |ticks: u64| ticks as f64 / all as f64 * 100.0;
            if all > 0 {
                let busy = now.busy.saturating_sub(before.busy);
                let steal = now.steal.saturating_sub(before.steal);
                sample.set(Column::HostCpuPercent, share(busy).min(100.0));
                sample.set(Column::StealPercent, share(steal).min(100.0));
            }
        }
        self.host = host;
    }
}

fn percent(spent: Duration, span: Duration) -> f64 {
    spent.as_secs_f64() / span.as_secs_f64() * 100.0
}
