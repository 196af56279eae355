//! A cluster that the harness launches, from the command line.

use std::net::TcpListener;

use crate::{
    services::OwnService,
    shell::{Shell, XTASK},
};

/// Two nodes of the reference server.
fn recipe(redis: &OwnService, faults: &str) -> String {
    format!(
        "command = ['{XTASK}', 'serve', '--listen', '{{ip}}:{{port}}', '--dialect-file', 'course.toml', '--cluster', \
         '{}/cli'{faults}]\n[[node]]\n[[node]]\n",
        redis.addr
    )
}

fn shell(redis: &OwnService, faults: &str) -> Shell {
    let shell = Shell::new();
    shell.dialect();
    shell.with_file("chatserver.toml", &recipe(redis, faults))
}

const SHORT: &str = "stress --no-cases --pause 0 --warmup-clients 4 --warmup-duration 1s --clients 12 --duration 2s \
                     --interval 0.1";

#[test]
fn each_node_has_its_monitor_and_what_passes_between_them_is_told_apart() {
    let Some(redis) = OwnService::redis() else { return };
    let shell = shell(&redis, ", '--fault', 'cluster-drop=5'");
    let outcome = shell.run(SHORT);
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    let record = shell.record();
    let stage = &record["stages"][1];
    let paths = &stage["paths"];
    assert_eq!(paths["same_node"]["lost"], 0, "{paths:#}");
    assert_eq!(paths["across_nodes"]["lost"], stage["delivery"]["lost"], "{paths:#}");
    assert_ne!(paths["across_nodes"]["lost"], 0, "{paths:#}");
    let pids = |monitor: &serde_json::Value| monitor["pids"].as_array().unwrap().clone();
    let (one, other) = (&stage["monitor"], &stage["further_monitors"][0]);
    assert_ne!(pids(one), pids(other));
    assert_eq!(pids(other)[0], record["target"]["further_nodes"][0]["pid"]);
    let judged = |metric: &str| {
        let growth = stage["growth"].as_array().unwrap();
        growth.iter().any(|growth| growth["metric"] == metric)
    };
    assert!(judged("rss.at_rest") && judged("node2.rss.at_rest"), "{stage:#}");
    let file = other["file"].as_str().unwrap();
    assert!(file.ends_with("monitor-12-clients-node2.csv"), "{file}");
    outcome.says(&["one node ", "two nodes ", "node 2 "]);
}

#[test]
fn a_balancer_that_nobody_named_cannot_be_gone_through() {
    let shell = Shell::new().with_recipe("");
    let outcome = shell.run(&format!("{SHORT} --through-balancer"));
    assert_eq!(outcome.code, Some(2), "{outcome:#?}");
    assert!(outcome.stderr.contains("no balancer is named"), "{outcome:#?}");
}

#[test]
fn a_node_that_the_balancer_cannot_know_is_an_error_in_its_line() {
    let balancer = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = format!("command = 'x {{port}}'\nbalancer = '{balancer}'\n[[node]]\n");
    let outcome = Shell::new().with_file("chatserver.toml", &text).run(SHORT);
    assert_eq!(outcome.code, Some(2), "{outcome:#?}");
    assert!(outcome.stderr.contains("chatserver.toml:3"), "{outcome:#?}");
}
