//! The monitor against an independent reading of `/proc` and `ss`, for a process that is known.

use std::{
    fs,
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::shell::{Shell, soon};

/// The error that is allowed: CPU in points of one core, memory as a share. Files, threads and connections are counted
/// while nothing changes, so they are equal.
const CPU_POINTS: f64 = 5.0;
const MEMORY_SHARE: f64 = 0.02;
/// The kernel adds up `stat` from counters of each core that lag behind by some dozens of pages.
const MEMORY_LAG_MIB: f64 = 1.0;

const CLIENTS: usize = 30;
/// The unit of the kernel's CPU times towards its users, on every architecture of today.
const TICKS_PER_SECOND: f64 = 100.0;

/// User and system time in seconds, from `/proc/PID/stat`: the 14th and 15th field, behind the name in brackets.
fn cpu_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, behind) = stat.rsplit_once(") ").unwrap();
    let ticks = behind.split(' ').skip(11).take(2);
    ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / TICKS_PER_SECOND
}

/// `VmRSS` in MiB.
fn rss_mib(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

fn entries(pid: u32, of: &str) -> usize {
    fs::read_dir(format!("/proc/{pid}/{of}")).unwrap().count()
}

/// Established connections with this local port, from the kernel's table in text.
fn established_in_proc(port: u16) -> usize {
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let local = format!(":{port:04X}");
    let rows = table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row[1].ends_with(&local) && row[3] == "01").count()
}

/// The same as `ss` counts it; `None` where it is not installed.
fn established_by_ss(port: u16) -> Option<usize> {
    let filter = format!("sport = :{port}");
    let mut ss = assert_cmd::Command::new("ss");
    let output = ss.args(["-H", "-t", "-n", "state", "established", &filter]).output().ok()?;
    Some(String::from_utf8(output.stdout).unwrap().lines().count())
}

/// CPU over all rows: each percentage holds for the time since the row before that has one. A row that came right after a
/// late one has none: the span is too short for the kernel's ticks.
fn mean_cpu_percent(rows: &[Value]) -> f64 {
    let at = |row: &Value| {
        let text = row["timestamp"].as_str().unwrap();
        let (_, seconds) = text.trim_end_matches('Z').rsplit_once('T').unwrap();
        seconds.split(':').fold(0.0, |sum, part| sum * 60.0 + part.parse::<f64>().unwrap())
    };
    let (mut used, mut time) = (0.0, 0.0);
    let mut since = at(&rows[0]);
    for row in &rows[1..] {
        let Some(percent) = row["cpu_percent"].as_f64() else { continue };
        // Past midnight the clock begins again.
        let span = (at(row) - since).rem_euclid(86_400.0);
        used += percent * span;
        time += span;
        since = at(row);
    }
    used / time
}

#[track_caller]
fn near(what: &str, monitored: f64, read: f64, allowed: f64) {
    assert!((monitored - read).abs() <= allowed, "{what}: monitored {monitored}, read {read}");
}

#[test]
fn cpu_memory_files_and_connections_agree_with_proc_and_ss() {
    let shell = Shell::new();
    let dialect = shell.dialect();
    let serve = format!("serve --fault busy-cpu=40 --dialect-file {}", dialect.display());
    let mut server = shell.start(&serve);
    let (port, pid) = (server.port(), server.pid());
    let before_clients = entries(pid, "fd");
    let clients: Vec<_> =
        (0..CLIENTS).map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
    soon("each client is accepted", || entries(pid, "fd") >= before_clients + CLIENTS);

    let (began, before) = (Instant::now(), cpu_seconds(pid));
    let outcome = shell.run(&format!("monitor --port {port} --interval 0.1 --duration 2 --json"));
    let cpu = (cpu_seconds(pid) - before) / began.elapsed().as_secs_f64() * 100.0;
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    assert!(outcome.took < Duration::from_secs(50), "{outcome:#?}");
    let mut rows: Vec<Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = rows.pop().unwrap();
    let last = rows.last().unwrap();
    let column = |name: &str| last[name].as_f64().unwrap();

    near("CPU", mean_cpu_percent(&rows), cpu, CPU_POINTS);
    let rss = rss_mib(pid);
    near("memory", column("rss_mb"), rss, rss * MEMORY_SHARE + MEMORY_LAG_MIB);
    near("files", column("open_fds"), entries(pid, "fd") as f64, 0.0);
    near("threads", column("threads"), entries(pid, "task") as f64, 0.0);
    let connections = column("connections_established");
    near("connections in /proc", connections, established_in_proc(port) as f64, 0.0);
    if let Some(by_ss) = established_by_ss(port) {
        near("connections by ss", connections, by_ss as f64, 0.0);
    }
    near("connections", connections, CLIENTS as f64, 0.0);
    let busiest = &summary["summary"]["threads"][0]["name"];
    assert_eq!(busiest, "refserver-busy", "{summary:#}");
    drop(clients);
}
