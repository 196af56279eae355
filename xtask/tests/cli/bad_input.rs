//! What cannot be done ends soon, with one message that says what, why and what to do, and the documented exit code.

use std::{net::TcpListener, time::Duration};

use crate::shell::{Outcome, Shell};

/// No plan, no server: nothing may take longer than this.
const SOON: Duration = Duration::from_secs(20);

#[track_caller]
fn refused(outcome: &Outcome, code: i32, says: &[&str]) {
    outcome.refused(code, says);
    assert!(outcome.took < SOON, "{outcome:#?}");
}

#[test]
fn numbers_that_make_no_sense_are_refused_by_the_name_of_their_option() {
    let shell = Shell::new();
    for (args, says) in [
        ("--clients abc", ["--clients", "abc", "10,50,100"]),
        ("--clients 0", ["--clients", "0 clients", "at least 2"]),
        ("--clients 10,0", ["--clients", "0 clients", "at least 2"]),
        ("--clients 1", ["--clients", "1 clients", "at least 2"]),
        ("--duration 0", ["--duration", "duration of 0", "some time"]),
        ("--duration soon", ["--duration", "soon", "30s"]),
        ("--warmup-duration 0s", ["--warmup-duration", "duration of 0", "some time"]),
        ("--warmup-clients 1", ["--warmup-clients", "1 clients", "at least 2"]),
        ("--interval 0", ["--interval", "interval of 0", "100ms"]),
        ("--interval 1m", ["--interval", "longer than", "never send"]),
        ("--interval -1", ["--interval", "`-1` is not a duration", "30s"]),
        ("--clients -5", ["--clients", "-5", "10,50,100"]),
        ("--port 70000", ["--port", "70000", "65535"]),
        ("--log-level loud", ["--log-level", "loud", "debug"]),
        ("--fault lose=3", ["--fault", "lose", "drop"]),
        ("--dialect curse", ["--dialect", "curse", "course, "]),
        ("--server http://localhost", ["--server", "is a URL", "host:port"]),
    ] {
        refused(&shell.run(&format!("stress {args}")), 2, &says);
    }
    assert!(!shell.path("runs").exists(), "no directory for a run that never was");
}

#[test]
fn more_clients_than_files_are_refused_with_the_numbers_and_the_cure() {
    let outcome = Shell::new().run("stress --clients 10,2000000000");
    refused(&outcome, 2, &["2000000000 clients", "may open", "ulimit -n 2000000128"]);
}

#[test]
fn a_program_that_is_not_there() {
    let shell = Shell::new().with("CHATSERVER_BIN", "./bin/ChatServer");
    refused(&shell.run("stress"), 4, &["bin/ChatServer", "was not found", "build it first"]);
    assert_eq!(shell.path("runs").read_dir().unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn a_program_that_may_not_be_run() {
    let shell = Shell::new().with_file("ChatServer", "").with("CHATSERVER_BIN", "./ChatServer");
    refused(&shell.run("check"), 4, &["cannot be run", "chmod +x"]);
}

#[test]
fn a_port_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let shell = Shell::new().with_recipe(&format!("addr = '{addr}'"));
    let own = format!("pid {}", std::process::id());
    refused(&shell.run("stress"), 4, &[&addr.to_string(), "in use", &own, "CHATSERVER_ADDR"]);
}

#[test]
fn a_server_that_never_gets_ready() {
    let shell = Shell::new()
        .with_script("server", "echo warming up; exec sleep 60")
        .with_file("chatserver.toml", "command = './server {port}'\n[ready]\ndeadline = '400ms'");
    let outcome = shell.run("stress");
    refused(&outcome, 4, &["not ready within 400 ms", "warming up", "[ready]"]);
}

#[test]
fn a_server_that_exits_at_once() {
    let shell = Shell::new()
        .with_script("server", "echo no database >&2; exit 3")
        .with("CHATSERVER_BIN", "./server");
    refused(&shell.run("stress"), 4, &["ended before it was ready", "exit code 3", "no database"]);
}

#[test]
fn an_address_where_nobody_listens() {
    // Bound and not listening: nobody else gets it, and nobody answers.
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::STREAM,
        None,
    )
    .unwrap();
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    rustix::net::bind(&socket, &any).unwrap();
    let bound: std::net::SocketAddr =
        rustix::net::getsockname(&socket).unwrap().try_into().unwrap();
    let port = bound.port();
    let outcome = Shell::new().run(&format!("stress --server 127.0.0.1 --port {port}"));
    refused(&outcome, 4, &[&bound.to_string(), "nobody answers", "--server and --port"]);
}

#[test]
fn a_machine_that_may_not_be_yours() {
    let outcome = Shell::new().run("stress --server 192.0.2.1");
    refused(&outcome, 2, &["192.0.2.1:6000", "public address", "--allow-remote"]);
}

#[test]
fn a_dialect_with_a_typo_points_at_the_line() {
    let text = include_str!("../../../fixtures/dialects/course.toml");
    let shell = Shell::new().with_file("mine.toml", &text.replacen("[login]", "[logn]", 1));
    refused(&shell.run("stress --dialect mine.toml"), 2, &["mine.toml:", "logn", "login"]);
}

#[test]
fn a_header_without_an_enum() {
    let shell = Shell::new()
        .with_file("public.hpp", "#pragma once\nstruct Message { int id; };\n")
        .with("CHATSERVER_HEADER", "public.hpp");
    refused(&shell.run("check"), 2, &["public.hpp", "enum"]);
}

#[test]
fn a_configuration_with_a_typo_points_at_the_line() {
    let shell = Shell::new().with_file("chatserver.toml", "comand = 'bin/ChatServer'\n");
    refused(&shell.run("stress"), 2, &["chatserver.toml:1", "comand", "command"]);
}

#[test]
fn a_fault_is_only_for_the_reference_server() {
    let shell = Shell::new().with_recipe("");
    let outcome = shell.run("stress --fault drop=10");
    refused(&outcome, 2, &["--fault drop=10", "reference server", "chatserver.toml"]);
}

#[test]
fn a_required_server_that_is_not_configured() {
    let shell = Shell::new().with("CHATSERVER_REQUIRE", "1");
    refused(&shell.run("stress"), 4, &["no server is configured", "CHATSERVER_BIN="]);
}

#[test]
fn a_directory_that_cannot_be_made() {
    let shell = Shell::new().with_file("taken", "");
    refused(&shell.run("stress --runs-dir taken/runs"), 2, &["taken/runs", "is a file"]);
}

#[test]
fn a_second_run_on_the_same_recipe() {
    let shell = Shell::new().with_recipe("");
    let first = "stress --no-cases --warmup-clients 0 --clients 2 --duration 60s";
    let mut first = shell.start(first);
    first.until("stage 1 of 1");
    let second = shell.run("stress --wait 200ms");
    refused(&second, 4, &["another run", "waited 200 ms", "wait for it to end"]);
}
