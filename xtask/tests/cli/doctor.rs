//! The doctor: what is there, what is not, the lines to type, and the exit code of the run that would follow.

use std::net::TcpListener;

use crate::shell::Shell;

#[test]
fn a_machine_that_can_carry_it_is_ready() {
    let outcome = Shell::new().run("doctor --clients 10");
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    outcome.says(&[
        "open files",
        "somaxconn",
        "tcp_max_syn_backlog",
        "cores",
        "ready: nothing is missing",
    ]);
}

#[test]
fn more_clients_than_the_machine_carries_end_as_the_run_would() {
    let outcome = Shell::new().run("doctor --clients 2000000000");
    assert_eq!(outcome.code, Some(2), "{outcome:#?}");
    outcome.says(&["MISSING", "nofile 2000000128", "ip_local_port_range", "not ready: 2 missing"]);
}

#[test]
fn what_the_recipe_needs_is_looked_at() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let shell =
        Shell::new().with_recipe(&format!("needs = ['{silent}']\nreset = 'no-such-client -e x'"));
    let outcome = shell.run("doctor --clients 10");
    assert_eq!(outcome.code, Some(4), "{outcome:#?}");
    outcome.says(&[&silent.to_string(), "refused", "no-such-client", "ss -tlnp"]);

    let absent = Shell::new().with("CHATSERVER_BIN", "./bin/ChatServer");
    let outcome = absent.run("doctor --clients 10");
    assert_eq!(outcome.code, Some(4), "{outcome:#?}");
    outcome.says(&["bin/ChatServer", "MISSING"]);
}

#[test]
fn a_wrong_configuration_is_told_as_everywhere() {
    let shell = Shell::new().with_file("chatserver.toml", "comand = 'bin/ChatServer'\n");
    shell.run("doctor").refused(2, &["chatserver.toml:1", "comand"]);
}
