//! The server at rest: what it holds with nobody connected, and whether that grew from one time to the next.

use std::{collections::BTreeMap, fs, io};

use super::{
    MonitorTarget,
    process::{self, ProcessReading},
};
use crate::{
    kernel::{SockDiag, TcpState},
    record::{GrowthRecord, GrowthVerdict},
};

/// So many files more are let pass: a log that was turned, a connection to a database that was opened late.
const FDS_MORE: f64 = 5.0;
/// So much memory more is let pass, whichever is larger.
const RSS_MORE_MIB: f64 = 8.0;
const RSS_MORE_SHARE: f64 = 0.05;
/// What a user may cost whose like the server has not seen before: allocators keep what a crowd needed.
const RSS_EACH_NEW_USER_MIB: f64 = 64.0 / 1024.0;
/// Open files are told apart by what they are, if they are no more than this.
const FILES_LISTED: usize = 10_000;
/// So many kinds of files are named.
const KINDS_NAMED: usize = 3;
const MEBIBYTE: f64 = (1_u64 << 20) as f64;

/// What the server's process holds at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct RestReading {
    process: ProcessReading,
    pid: u32,
    /// Connections on its port that are established.
    pub established: u64,
    /// Connections on its port in any state but listening and `TIME_WAIT`.
    pub connections: u64,
    /// Its open files by what they are.
    kinds: BTreeMap<String, u64>,
}

impl RestReading {
    /// Reads the process and the sockets of its port; `None` where there is no process, or it is this one.
    ///
    /// # Errors
    /// The kernel does not answer `sock_diag`.
    pub fn take(target: &MonitorTarget) -> io::Result<Option<Self>> {
        let Some(pid) = target.resolve().filter(|pid| *pid != std::process::id()) else {
            return Ok(None);
        };
        let Some(process) = process::read(pid) else { return Ok(None) };
        let (mut established, mut connections) = (0, 0);
        if let Some(port) = target.port() {
            let sockets = SockDiag::of_this_thread(|diag| diag.sockets_of_port(port, false))?;
            for socket in sockets {
                connections +=
                    u64::from(!matches!(socket.state, TcpState::Listen | TcpState::TimeWait));
                established += u64::from(socket.state == TcpState::Established);
            }
        }
        Ok(Some(Self { process, pid, established, connections, kinds: BTreeMap::new() }))
    }

    /// Looks at what the open files are, so that growth can be told by name.
    #[must_use]
    pub fn with_kinds(mut self) -> Self {
        self.kinds = kinds(self.pid);
        self
    }

    /// Whether nothing but memory changed since an earlier reading: nobody came, nobody is still leaving.
    pub fn is_settled_since(&self, earlier: &Self) -> bool {
        self.connections == 0
            && earlier.connections == 0
            && self.process.open_fds == earlier.process.open_fds
            && self.process.threads == earlier.process.threads
    }

    /// Whether it is of the same life of the server.
    pub fn is_same_process(&self, other: &Self) -> bool {
        self.pid == other.pid && self.process.started_ticks == other.process.started_ticks
    }

    /// Whether memory and files grew since `before`. `crowd` users came in between; of `largest` it is known that the
    /// server had served them before `before` was read.
    pub fn growth_since(
        &self,
        before: Option<&Self>,
        crowd: u64,
        largest: u64,
    ) -> Vec<GrowthRecord> {
        let new_users = crowd.saturating_sub(largest) as f64;
        let mib = |reading: &Self| reading.process.rss_bytes as f64 / MEBIBYTE;
        let base = before.map_or(0.0, mib);
        let allowed = RSS_MORE_MIB.max(base * RSS_MORE_SHARE) + new_users * RSS_EACH_NEW_USER_MIB;
        let mut rss =
            self.judge("rss.at_rest", "MiB", allowed, before, |reading| Some(mib(reading)));
        if new_users > 0.0 && rss.verdict == GrowthVerdict::Steady {
            let more = format!("; {new_users} users more than it had served before");
            rss.reason.push_str(&more);
        }
        let files = |reading: &Self| reading.process.open_fds.map(|count| count as f64);
        let mut fds = self.judge("fds.at_rest", "files", FDS_MORE, before, files);
        if let (GrowthVerdict::Growing, Some(before)) = (fds.verdict, before) {
            fds.reason = self.new_kinds(before).unwrap_or(fds.reason);
        }
        vec![rss, fds]
    }

    fn judge(
        &self,
        metric: &str,
        unit: &str,
        limit: f64,
        before: Option<&Self>,
        value: impl Fn(&Self) -> Option<f64>,
    ) -> GrowthRecord {
        let rounded = |value: f64| (value * 1e3).round() / 1e3;
        let limit = rounded(limit);
        let mut growth = GrowthRecord {
            metric: metric.to_owned(),
            unit: unit.to_owned(),
            observed: None,
            limit,
            interval: None,
            before: before.and_then(&value).map(rounded),
            after: value(self).map(rounded),
            samples: 1,
            span_ms: None,
            verdict: GrowthVerdict::Unjudged,
            reason: String::new(),
        };
        let unjudged = match before {
            None => {
                Some("no warm-up cycle came before: what a first use takes is no leak".to_owned())
            }
            Some(before) if !self.is_same_process(before) => {
                Some("the server was restarted meanwhile".to_owned())
            }
            Some(before) => {
                let open = self.established.max(before.established);
                (open > 0).then(|| format!("{open} connections were open that are not ours"))
            }
        };
        let (Some(first), Some(last), None) = (growth.before, growth.after, &unjudged) else {
            let uncounted = "its open files cannot be counted: it runs as another user";
            growth.reason = unjudged.unwrap_or_else(|| uncounted.to_owned());
            return growth;
        };
        let grown = rounded(last - first);
        growth.samples = 2;
        growth.observed = Some(grown);
        growth.verdict = if grown > limit { GrowthVerdict::Growing } else { GrowthVerdict::Steady };
        growth.reason = format!("with nobody connected: {first:.1} before, {last:.1} after");
        growth
    }

    /// What the files are that are there now and were not before: `21 more: 20 × /dev/null, 1 × socket`.
    fn new_kinds(&self, before: &Self) -> Option<String> {
        let mut more: Vec<(u64, &str)> = self
            .kinds
            .iter()
            .map(|(kind, count)| {
                (count.saturating_sub(before.kinds.get(kind).copied().unwrap_or(0)), kind.as_str())
            })
            .filter(|(more, _)| *more > 0)
            .collect();
        if more.is_empty() {
            return None;
        }
        more.sort_by_key(|(more, _)| std::cmp::Reverse(*more));
        let named: Vec<_> =
            more.iter().take(KINDS_NAMED).map(|(more, kind)| format!("{more} × {kind}")).collect();
        let rest = if more.len() > KINDS_NAMED { ", …" } else { "" };
        Some(format!(
            "with nobody connected there are more than before: {}{rest}",
            named.join(", ")
        ))
    }
}

/// The open files by what they are: a path, or `socket`, `pipe`, `eventpoll`.
fn kinds(pid: u32) -> BTreeMap<String, u64> {
    let mut kinds = BTreeMap::new();
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return kinds };
    for file in files.flatten().take(FILES_LISTED) {
        let Ok(link) = fs::read_link(file.path()) else { continue };
        let link = link.to_string_lossy();
        let kind = match link.split_once(":[") {
            Some(("anon_inode", name)) => name.trim_end_matches(']'),
            Some((kind, _)) => kind,
            None => &link,
        };
        *kinds.entry(kind.to_owned()).or_insert(0) += 1;
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(rss_mib: u64, fds: u64) -> RestReading {
        let process = ProcessReading {
            rss_bytes: rss_mib << 20,
            open_fds: Some(fds),
            started_ticks: 1,
            ..ProcessReading::default()
        };
        RestReading { process, pid: 7, established: 0, connections: 0, kinds: BTreeMap::new() }
    }

    fn judged(before: &RestReading, after: &RestReading, crowd: u64) -> Vec<GrowthVerdict> {
        let growth = after.growth_since(Some(before), crowd, 10).into_iter();
        growth.map(|growth| growth.verdict).collect()
    }

    #[test]
    fn at_the_limit_it_is_steady_and_beyond_it_grows() {
        use GrowthVerdict::{Growing, Steady};
        let before = reading(100, 20);
        assert_eq!(judged(&before, &reading(108, 25), 10), [Steady, Steady]);
        assert_eq!(judged(&before, &reading(109, 26), 10), [Growing, Growing]);
        // 5 % of much is more than 8 MiB.
        assert_eq!(judged(&reading(1000, 20), &reading(1050, 20), 10)[0], Steady);
        assert_eq!(judged(&reading(1000, 20), &reading(1051, 20), 10)[0], Growing);
    }

    #[test]
    fn a_larger_crowd_than_ever_may_cost_memory_and_no_files() {
        let before = reading(100, 20);
        assert_eq!(judged(&before, &reading(114, 20), 110)[0], GrowthVerdict::Steady);
        assert_eq!(judged(&before, &reading(115, 20), 110)[0], GrowthVerdict::Growing);
        assert_eq!(judged(&before, &reading(100, 26), 110)[1], GrowthVerdict::Growing);
    }

    #[test]
    fn what_is_no_rest_is_not_judged() {
        use GrowthVerdict::Unjudged;
        let (before, after) = (reading(100, 20), reading(200, 200));
        let first = after.growth_since(None, 10, 0);
        assert_eq!(first[0].verdict, Unjudged);
        assert!(first[0].reason.contains("warm-up"), "{first:?}");
        let visited = RestReading { established: 3, ..after.clone() };
        assert_eq!(judged(&before, &visited, 10), [Unjudged, Unjudged]);
        let other = RestReading { pid: 8, ..after };
        assert_eq!(judged(&before, &other, 10), [Unjudged, Unjudged]);
    }

    #[test]
    fn new_files_are_told_by_what_they_are() {
        let kinds = |pairs: &[(&str, u64)]| -> BTreeMap<String, u64> {
            pairs.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect()
        };
        let before = RestReading { kinds: kinds(&[("socket", 2)]), ..reading(1, 2) };
        let after =
            RestReading { kinds: kinds(&[("socket", 3), ("/dev/null", 20)]), ..reading(1, 23) };
        let fds = after.growth_since(Some(&before), 1, 1).pop().unwrap();
        assert!(fds.reason.ends_with("20 × /dev/null, 1 × socket"), "{}", fds.reason);
    }

    #[test]
    fn the_files_of_this_process_have_kinds() {
        let _socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(kinds(std::process::id())["socket"] >= 1);
        assert_eq!(RestReading::take(&MonitorTarget::pid(std::process::id())).unwrap(), None);
    }
}
