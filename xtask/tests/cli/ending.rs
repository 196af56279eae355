//! How a campaign ends before its time, and what is left then.

use std::time::Duration;

use rustix::process::Signal;

use crate::shell::{Shell, is_filled, runs, soon};

/// A stage that would last for an hour.
const ENDLESS: &str =
    "stress --no-cases --warmup-clients 0 --clients 10 --duration 1h --interval 0.05";

/// Waits until the stage sends: the server's own rows show its connections.
fn wait_for_sending(shell: &Shell) {
    let csv = shell.path("runs/latest/monitor-10-clients.csv");
    soon("a stage sends", || {
        let rows = std::fs::read_to_string(&csv).unwrap_or_default();
        rows.lines().any(|row| row.split(',').nth(8).and_then(|n| n.parse().ok()) > Some(5_000_u64))
    });
}

fn ended_by(signal: Signal, name: &str) {
    let shell = Shell::new();
    let mut running = shell.start(ENDLESS);
    running.until("stage 1 of 1");
    wait_for_sending(&shell);
    running.signal(signal);
    let outcome = running.end();
    assert!(outcome.took < Duration::from_secs(15), "{outcome:#?}");
    assert_eq!(outcome.code, Some(3), "{outcome:#?}");
    let record = shell.record();
    assert_eq!(record["ending"], serde_json::json!({"is": "interrupted", "signal": name}));
    let delivery = &record["stages"][0]["delivery"];
    assert!(delivery["delivered_live"].as_u64() > Some(0), "{delivery:#}");
    assert!(shell.file("runs/latest/report.txt").contains(&format!("ended early by {name}")));
    let says = format!("verdict: INVALID: the run was ended early by {name}");
    outcome.says(&[&says, "Stage 10-clients: "]);
    let server = record["target"]["pid"].as_u64().unwrap();
    assert!(!runs(server), "the server was left behind");
}

#[test]
fn ctrl_c_leaves_a_report_of_what_was_seen() {
    ended_by(Signal::INT, "SIGINT");
}

#[test]
fn a_pipeline_that_gives_up_gets_a_report_too() {
    ended_by(Signal::TERM, "SIGTERM");
}

#[test]
fn ctrl_c_during_the_cases_keeps_those_that_ended() {
    let shell = Shell::new();
    let mut running = shell.start("stress");
    running.until("cases: ");
    running.signal(Signal::INT);
    let outcome = running.end();
    assert_eq!(outcome.code, Some(3), "{outcome:#?}");
    assert!(outcome.took < Duration::from_secs(15), "{outcome:#?}");
    let record = shell.record();
    assert_eq!(record["ending"]["is"], "interrupted");
    assert!(record["stages"].as_array().unwrap().is_empty());
}

#[test]
fn ctrl_c_before_the_server_is_ready_says_so() {
    let shell = Shell::new()
        .with_script("server", "echo up > up; exec sleep 60")
        .with("CHATSERVER_BIN", "./server");
    let running = shell.start("stress");
    soon("the server is started", || is_filled(&shell.path("up")));
    running.signal(Signal::INT);
    let outcome = running.end();
    assert_eq!(outcome.code, Some(3), "{outcome:#?}");
    assert!(outcome.stderr.contains("error: ended by SIGINT before the server was ready"));
    assert!(outcome.took < Duration::from_secs(15), "{outcome:#?}");
}

#[test]
fn a_second_ctrl_c_ends_at_once_and_leaves_no_server() {
    // A server that takes its time to stop: the campaign waits for it after the first Ctrl-C.
    let shell = Shell::new();
    let dialect = shell.dialect();
    let serve = format!(
        "{} serve --listen $1:$2 --dialect-file {}",
        crate::shell::XTASK,
        dialect.display()
    );
    let shell = shell
        .with_script("server", &format!("trap '' INT TERM\n{serve} &\nwhile :; do sleep 60; done"))
        .with_file("chatserver.toml", "command = './server {ip} {port}'\n[stop]\ngrace = '50s'");
    let mut running = shell.start(ENDLESS);
    running.until("stage 1 of 1");
    running.signal(Signal::INT);
    running.until("stage 10-clients: ");
    running.signal(Signal::INT);
    let outcome = running.end();
    assert_eq!(outcome.code, Some(130), "{outcome:#?}");
    assert!(outcome.took < Duration::from_secs(15), "{outcome:#?}");
    assert!(outcome.stderr.contains("SIGINT again: ended at once"), "{outcome:#?}");
    // What was measured before was on disk already.
    assert_eq!(shell.record()["stages"].as_array().unwrap().len(), 1);
}

#[test]
fn a_server_that_runs_already_is_tested_as_it_is_and_left_alone() {
    let shell = Shell::new();
    let dialect = shell.dialect();
    let mut server = shell.start(&format!("serve --dialect-file {}", dialect.display()));
    let port = server.port();
    let outcome = shell.run(&format!(
        "stress --no-cases --warmup-clients 0 --clients 2 --duration 1s --port {port}"
    ));
    assert!(matches!(outcome.code, Some(0 | 3)), "{outcome:#?}");
    let record = shell.record();
    assert_eq!(record["target"]["how"]["kind"], "attached");
    assert_eq!(record["target"]["pid"], server.pid());
    assert_eq!(record["stages"][0]["users"]["logged_in_first_attempt"], 2);
    assert!(runs(server.pid().into()), "it was not ours to stop");
}

#[test]
fn a_harness_that_is_killed_leaves_the_rows_of_what_went_on() {
    let shell = Shell::new();
    let mut running = shell.start(ENDLESS);
    running.until("stage 1 of 1");
    let rows = shell.path("runs/latest/progress-10-clients.csv");
    soon("a row of the sending is on disk", || {
        let rows = std::fs::read_to_string(&rows).unwrap_or_default();
        rows.lines().filter(|row| row.contains(",sending,10,")).count() >= 2
    });
    let server = shell.record()["target"]["pid"].as_u64().unwrap();
    running.signal(Signal::KILL);
    let outcome = running.end();
    assert_eq!(outcome.code, None, "{outcome:#?}");
    let record = shell.record();
    assert_eq!(record["ending"]["is"], "running");
    assert_eq!(record["verdict"], "INVALID");
    assert!(shell.file("runs/latest/report.txt").contains("not finished when this was written"));
    soon("the server is gone too", || !runs(server));
}

#[test]
fn a_disk_that_fills_up_ends_no_run_and_hides_no_report() {
    let shell = Shell::new();
    let dialect = shell.dialect();
    let mut server = shell.start(&format!("serve --dialect-file {}", dialect.display()));
    let port = server.port();
    // No file may grow over 16 KiB (where a block is larger, 32); that is told by an error, as a full disk is.
    let line = format!(
        "trap '' XFSZ; ulimit -f 32; exec {} stress --no-cases --warmup-clients 0 --clients 4 --duration 2s --port {port}",
        crate::shell::XTASK
    );
    let shell = shell.with_script("limited", &line);
    let elsewhere = shell.path("elsewhere").display().to_string();
    let shell = shell.with("TMPDIR", elsewhere);
    let outcome = shell.run_program("./limited");
    assert!(matches!(outcome.code, Some(0 | 3)), "{outcome:#?}");
    outcome.says(&["Stage 4-clients: ", "logins 4 of 4", "\nverdict: "]);
    assert!(outcome.stderr.contains("error: the files there are not complete"), "{outcome:#?}");
    assert!(outcome.stderr.contains("no file may grow so large here"), "{outcome:#?}");
    // What fits is there, whole; what does not is not there in halves.
    assert!(is_filled(&shell.path("runs/latest/stages.csv")));
    assert!(!shell.path("runs/latest/report.html").exists());
}
