//! The monitor alone: what it finds, shows, keeps, and how it ends.

use rustix::process::Signal;
use serde_json::Value;

use crate::shell::Shell;

/// A reference server with a port, as somebody else would have started it.
fn server(shell: &Shell) -> (crate::shell::Running, u16) {
    let dialect = shell.dialect();
    let mut server = shell.start(&format!("serve --dialect-file {}", dialect.display()));
    let port = server.port();
    (server, port)
}

#[test]
fn a_server_is_watched_by_its_port_and_the_rows_and_the_summary_are_kept() {
    let shell = Shell::new();
    let (server, port) = server(&shell);
    let watch = format!("monitor --port {port} --duration 0.5 --interval 0.1");
    let outcome = shell.run(&watch);
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    outcome.says(&["rss_mb", "open_fds", "one every 100 ms", "per minute", "too short to tell"]);
    assert!(outcome.stderr.contains(&format!("watching pid {}", server.pid())), "{outcome:#?}");
    let run = std::fs::read_dir(shell.path("runs")).unwrap().next().unwrap().unwrap().path();
    let rows = std::fs::read_to_string(run.join("monitor.csv")).unwrap();
    assert!(rows.starts_with("timestamp,cpu_percent,rss_mb,"), "{rows}");
    assert!(rows.lines().skip(1).all(|row| row.contains(",running,")), "{rows}");
    let kept: Value =
        serde_json::from_slice(&std::fs::read(run.join("monitor.json")).unwrap()).unwrap();
    assert_eq!(kept["summary"]["pids"], serde_json::json!([server.pid()]));
    assert_eq!(std::fs::read_to_string(run.join("monitor.txt")).unwrap(), outcome.stdout);
}

#[test]
fn rows_are_json_lines_for_machines_and_the_port_is_found_by_the_pid() {
    let shell = Shell::new();
    let (server, _port) = server(&shell);
    let watch = format!("monitor --pid {} --duration 0.5 --interval 0.1 --json", server.pid());
    let outcome = shell.run(&watch);
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    let lines: Vec<Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (summary, rows) = lines.split_last().unwrap();
    assert_eq!(summary["summary"]["samples"], rows.len());
    for row in rows {
        assert_eq!((&row["pid"], &row["connections_total"]), (&server.pid().into(), &0.0.into()));
        assert!(row["rss_mb"].as_f64().unwrap() > 1.0, "{row}");
    }
}

#[test]
fn a_server_that_dies_is_a_row_and_an_exit_code() {
    let shell = Shell::new();
    let (server, port) = server(&shell);
    let mut watch = shell.start(&format!("monitor --port {port} --interval 0.05"));
    watch.until("memory");
    server.signal(Signal::KILL);
    drop(server);
    watch.until("no server process");
    let csv = || {
        let run = std::fs::read_dir(shell.path("runs")).unwrap().next().unwrap().unwrap().path();
        std::fs::read_to_string(run.join("monitor.csv")).unwrap()
    };
    crate::shell::soon("a row without the server", || csv().contains(",gone,"));
    watch.signal(Signal::INT);
    let outcome = watch.end();
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert!(outcome.stderr.contains("the server died or was restarted"), "{outcome:#?}");
    outcome.says(&["of them without a server process"]);
}

#[test]
fn what_is_not_there_cannot_be_watched() {
    let shell = Shell::new();
    shell.run("monitor --pid 2147483646").refused(4, &["no process 2147483646", "--port N"]);
    shell.run("monitor --process no-such-server").refused(4, &["no-such-server", "ss -tlnp"]);
    let own = std::process::id();
    let hasty = format!("monitor --pid {own} --interval 1ms");
    shell.run(&hasty).refused(2, &["1ms is too short", "20ms"]);
    assert!(!shell.path("runs").exists());
}
