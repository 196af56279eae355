//! Nodes that the harness launches: all of them start and end together, and each can be killed alone.

use std::{fs, net::SocketAddr, sync::Arc, time::Duration};

use chatserver_harness::{
    check::{Suite, find},
    config::Settings,
    fixture::{Fixture, Placement},
    kernel::listener_at,
    load::{Plan, StageInput, run_stage_blocking},
    process::StopSignal,
    record::{CaseResult, DeathCause, PathRecord, StageRecord},
    wire::dialect::Dialect,
};
use chatserver_refserver::RefServer;
use tokio::task::JoinSet;

use crate::cluster::{failed, nginx, node, not_the_silence, services::OwnService};

/// What `chatserver.toml` says of two nodes of the reference server.
fn recipe(
    redis: SocketAddr,
    name: &str,
    more: &str,
    faults: &[&str],
    addrs: [Option<SocketAddr>; 2],
) -> String {
    let program = env!("CARGO_BIN_EXE_refserver");
    let faults: Vec<String> =
        faults.iter().map(|fault| format!(", '--fault', '{fault}'")).collect();
    let faults = faults.concat();
    let table = |addr: Option<SocketAddr>| {
        let addr = addr.map(|addr| format!("addr = '{addr}'\n")).unwrap_or_default();
        format!("[[node]]\n{addr}")
    };
    format!(
        "command = ['{program}', '--listen', '{{ip}}:{{port}}', '--cluster', '{redis}/{name}'{faults}]\n{more}\n{}{}",
        table(addrs[0]),
        table(addrs[1])
    )
}

async fn launched(text: &str) -> Suite {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("chatserver.toml"), text).unwrap();
    let mut settings = Settings::from_variables(|_| None, dir.path()).unwrap();
    settings.log_dir = Some(dir.keep());
    Suite::new(Fixture::start(&settings).await.unwrap(), settings.expected_failures())
}

async fn result(suite: &Suite, id: &str) -> CaseResult {
    suite.run(find(id).unwrap()).await.result
}

#[tokio::test]
async fn launched_nodes_are_one_server_that_starts_and_ends_as_a_whole() {
    let Some(redis) = OwnService::redis() else { return };
    let suite = launched(&recipe(redis.addr, "whole", "", &[], [None, None])).await;
    let server = suite.fixture().server();
    let addrs = server.addrs();
    assert_eq!(addrs.len(), 2);
    let target = server.target();
    assert_eq!(target.further_nodes.len(), 1);
    let (first, second) = (target.pid.unwrap(), target.further_nodes[0].pid);
    assert!(
        target.headline().contains(&format!("pid {first} + {second}")),
        "{}",
        target.headline()
    );
    assert_ne!(server.log_at(addrs[0]), server.log_at(addrs[1]));
    // Every case of users who behave, on one node and across.
    assert_eq!(failed(&suite, not_the_silence).await, [""; 0]);

    // One node is killed: its death is the server's, and only its own.
    let (mut any, mut own) = (server.death(), server.death_at(addrs[1]));
    assert!(server.signal_node(addrs[1], StopSignal::Kill));
    let death = any.wait_for(Option::is_some).await.unwrap().clone().unwrap();
    assert_eq!(death.node, Some(addrs[1]));
    assert!(death.to_string().contains(&format!("the node {}", addrs[1])), "{death}");
    assert!(matches!(death.how, DeathCause::Signaled { signal: 9, .. }));
    own.wait_for(Option::is_some).await.unwrap();
    assert!(server.death_at(addrs[0]).borrow().is_none(), "the other lives");
    assert_eq!(server.log_path(), server.log_at(addrs[1]), "the log that matters");

    server.restart().await.unwrap();
    assert_eq!(server.addrs().len(), 2);
    assert!(server.death().borrow().is_none());
    assert!(server.signal(StopSignal::Term));
    let ended = server.ended(Duration::from_secs(20)).await.unwrap();
    assert_eq!(ended.how, DeathCause::Exited { code: 0 }, "both, in order");
    let addrs = server.addrs();
    server.stop().await.unwrap();
    assert!(addrs.iter().all(|addr| listener_at(*addr).unwrap().is_none()));
}

#[tokio::test]
async fn a_node_that_does_not_start_leaves_none_of_the_others_behind() {
    let Some(redis) = OwnService::redis() else { return };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let pid_file = dir.path().join("first");
    let program = env!("CARGO_BIN_EXE_refserver");
    let text = format!(
        "command = ['/bin/sh', '-c', 'echo $$ > {}; exec {program} --listen {{ip}}:{{port}} --cluster {}/nodes']\n\
         [[node]]\n[[node]]\naddr = '{}'\n",
        pid_file.display(),
        redis.addr,
        taken.local_addr().unwrap()
    );
    fs::write(dir.path().join("chatserver.toml"), text).unwrap();
    let settings = Settings::from_variables(|_| None, dir.path()).unwrap();
    let error = Fixture::start(&settings).await.unwrap_err().to_string();
    assert!(error.contains(&taken.local_addr().unwrap().to_string()), "{error}");
    let pid = fs::read_to_string(pid_file).unwrap();
    assert!(!fs::exists(format!("/proc/{}", pid.trim())).unwrap(), "the first node runs on");
}

/// What a case says of a cluster of its own.
async fn verdict(redis: SocketAddr, name: String, fault: Option<&str>, id: &str) -> CaseResult {
    let faults: Vec<&str> = fault.into_iter().collect();
    let suite = launched(&recipe(redis, &name, "", &faults, [None, None])).await;
    result(&suite, id).await
}

/// All at once: they mostly wait for a death to be noticed.
#[tokio::test]
async fn a_cluster_that_buries_its_dead_passes_and_one_that_does_not_fails() {
    let Some(redis) = OwnService::redis() else { return };
    let mut running = JoinSet::new();
    for (fault, id, says) in [
        (None, "NODE-1", None),
        (None, "NODE-2", None),
        (None, "NODE-3", None),
        (Some("cluster-drop=3"), "CLUSTER-1", Some("from node ")),
        (Some("undead-node"), "NODE-2", Some("stuck online")),
        (Some("undead-node"), "NODE-3", Some("")),
        (Some("die-with-node"), "NODE-1", Some("died after")),
        // Few enough for the cases that it stands on.
        (Some("drop=16"), "NODE-5", Some("among users of the node that stayed")),
    ] {
        let (redis, name) = (redis.addr, format!("{}-{id}", running.len()));
        running.spawn(async move { (fault, id, says, verdict(redis, name, fault, id).await) });
    }
    while let Some(ended) = running.join_next().await {
        match ended.unwrap() {
            (_, _, None, CaseResult::Passed) => {}
            (_, _, Some(says), CaseResult::Failed { reason }) if reason.contains(says) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn what_a_death_cost_is_told() {
    let Some(redis) = OwnService::redis() else { return };
    let suite = launched(&recipe(redis.addr, "cost", "", &[], [None, None])).await;
    let CaseResult::Skipped { reason } = result(&suite, "NODE-4").await else { panic!() };
    assert!(reason.contains("a balancer"), "{reason}");
    let CaseResult::Observed { what } = result(&suite, "NODE-5").await else { panic!() };
    assert!(
        what.starts_with("of 15 users of the killed node 15 could log in on another"),
        "{what}"
    );
    assert!(what.contains(", 0 had not come;"), "{what}");
}

/// Addresses that nobody uses now, below the ports that the kernel gives to clients.
fn free_addrs() -> [SocketAddr; 2] {
    let mut free = std::iter::repeat_with(|| {
        SocketAddr::from(([127, 0, 0, 1], fastrand::u16(20_000..32_000)))
    })
    .filter(|addr| listener_at(*addr).unwrap().is_none());
    [free.next().unwrap(), free.next().unwrap()]
}

/// Two nodes and a balancer before them; what the case about it says.
async fn through_a_balancer(more: &str) -> Option<CaseResult> {
    let redis = OwnService::redis()?;
    let addrs = free_addrs();
    let balancer = nginx(&addrs, "1h", more)?;
    let recipe_more = format!("balancer = '{}'", balancer.addr);
    let suite = launched(&recipe(redis.addr, "balanced", &recipe_more, &[], addrs.map(Some))).await;
    assert_eq!(suite.fixture().placements().last(), Some(Placement::Balanced));
    assert_eq!(result(&suite, "CHAT-1").await, CaseResult::Passed);
    Some(result(&suite, "NODE-4").await)
}

#[tokio::test]
async fn a_balancer_that_goes_on_to_the_next_node_passes_and_one_that_does_not_fails() {
    let Some(patient) = through_a_balancer("").await else { return };
    assert_eq!(patient, CaseResult::Passed);
    let stubborn = through_a_balancer("proxy_next_upstream off;").await;
    let Some(CaseResult::Failed { reason }) = stubborn else { panic!("{stubborn:?}") };
    assert!(reason.contains("through the balancer, with a node gone"), "{reason}");
}

/// A stage of chats among twenty users, divided among these nodes.
fn stage(nodes: &[&RefServer]) -> StageRecord {
    let plan = Plan::steady(20, Duration::from_millis(50), Duration::from_secs(1));
    let dialect = Arc::new(Dialect::builtin("course").unwrap().unwrap());
    let input = StageInput {
        nodes: nodes.iter().map(|node| node.addr()).collect(),
        ..StageInput::new("nodes", dialect, nodes[0].addr(), plan)
    };
    run_stage_blocking(input).unwrap()
}

#[test]
fn a_stage_keeps_apart_what_passes_on_one_node_and_between_two() {
    let Some(redis) = OwnService::redis() else { return };
    let (one, two) = (node(&redis, &[]), node(&redis, &[]));
    let record = stage(&[&one, &two]);
    assert_eq!(record.plan.nodes, 2);
    let paths = record.paths.as_ref().unwrap();
    let (same, across) = (&paths.same_node, &paths.across_nodes);
    assert_eq!(same.entitled + across.entitled, record.delivery.entitled);
    assert_eq!((same.delivered, same.lost), (same.entitled, 0));
    assert_eq!((across.delivered, across.lost), (across.entitled, 0));
    // The servers' own count of what they handed to each other.
    let handed = one.counters().sent_to_other_nodes + two.counters().sent_to_other_nodes;
    assert_eq!(across.delivered, handed);
    let relayed = one.counters().relayed_chats + two.counters().relayed_chats;
    assert_eq!(same.delivered + across.delivered, relayed);
    let measured = |path: &PathRecord| path.response.as_ref().unwrap().count;
    assert_eq!((measured(same), measured(across)), (same.delivered, across.delivered));
    assert!(stage(&[&one]).paths.is_none(), "there is nothing to keep apart");
}

#[test]
fn what_is_lost_between_nodes_is_not_held_against_those_on_one() {
    let Some(redis) = OwnService::redis() else { return };
    let (one, two) = (node(&redis, &["cluster-drop=3"]), node(&redis, &[]));
    let record = stage(&[&one, &two]);
    let paths = record.paths.as_ref().unwrap();
    assert_eq!((paths.same_node.lost, paths.same_node.delivered), (0, paths.same_node.entitled));
    let lost = one.counters().faults_struck;
    assert!(lost > 10, "{lost}");
    assert_eq!((paths.across_nodes.lost, record.delivery.lost), (lost, lost));
}
