//! Several nodes that are one server: the cases across them, and through a real balancer.

use std::{fs, net::SocketAddr, path::Path};

use chatserver_harness::{
    check::{Case, Suite, find, functional},
    client::User,
    config::Settings,
    fixture::{Fixture, Placement},
    record::CaseResult,
    wire::dialect::builtin_text,
};
use chatserver_refserver::{ClusterOptions, Data, Options, RefServer};

#[path = "../../fixtures/refserver/tests/behaviour/services.rs"]
pub(crate) mod services;

use services::OwnService;

fn alone() -> RefServer {
    RefServer::start(Options::new(builtin_text("course").unwrap())).unwrap()
}

/// A node of a cluster on this Redis, with these faults.
pub(crate) fn node(redis: &OwnService, faults: &[&str]) -> RefServer {
    let cluster = ClusterOptions { redis: redis.addr, name: "harness".into() };
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let options = Options { faults, ..Options::new(builtin_text("course").unwrap()) };
    RefServer::start(Options { data: Data::Cluster(cluster), ..options }).unwrap()
}

/// A suite on these nodes, as chatserver.toml names them.
async fn suite(nodes: &[&RefServer], balancer: Option<SocketAddr>) -> Suite {
    let addrs: Vec<String> = nodes.iter().map(|node| format!("\"{}\"", node.addr())).collect();
    let balancer = balancer.map(|addr| format!("balancer = \"{addr}\"\n")).unwrap_or_default();
    let dir = tempfile::tempdir().unwrap();
    let text = format!("addr = [{}]\n{balancer}", addrs.join(", "));
    fs::write(dir.path().join("chatserver.toml"), text).unwrap();
    let settings = Settings::from_variables(|_| None, dir.path()).unwrap();
    Suite::new(Fixture::start(&settings).await.unwrap(), settings.expected_failures())
}

/// The cases that did not pass, with what they say.
pub(crate) async fn failed(suite: &Suite, which: impl Fn(&Case) -> bool) -> Vec<String> {
    let cases = functional().filter(|case| which(case));
    let records = suite.run_these(cases, |_| ()).await;
    let passed =
        |result: &CaseResult| matches!(result, CaseResult::Passed | CaseResult::Observed { .. });
    let failed = records.into_iter().filter(|record| {
        !passed(&record.result)
            && !matches!(&record.result, CaseResult::Skipped { reason } if reason.contains("not launched"))
    });
    failed.map(|record| format!("{}: {}", record.id, record.result.reason())).collect()
}

/// The silence is tried through the balancer.
pub(crate) fn not_the_silence(case: &Case) -> bool {
    case.id != "CLUSTER-5"
}

#[tokio::test]
async fn a_correct_cluster_passes_every_case_on_one_node_and_across() {
    let Some(redis) = OwnService::redis() else { return };
    let (one, two) = (node(&redis, &[]), node(&redis, &[]));
    let suite = suite(&[&one, &two], None).await;
    assert_eq!(failed(&suite, not_the_silence).await, Vec::<String>::new());
    let (one, two) = (one.counters(), two.counters());
    assert!(one.sent_to_other_nodes > 0 && two.sent_to_other_nodes > 0, "{one:?} {two:?}");
}

#[tokio::test]
async fn two_servers_that_are_no_cluster_fail_across_and_the_place_is_named() {
    let (one, two) = (alone(), alone());
    let suite = suite(&[&one, &two], None).await;
    let failed = failed(&suite, not_the_silence).await;
    let chat = failed.iter().find(|line| line.starts_with("CHAT-1: ")).unwrap();
    assert!(chat.contains("across the nodes: "), "{chat}");
    for id in ["CLUSTER-1", "CLUSTER-3", "CLUSTER-4"] {
        let case = find(id).unwrap();
        let blocked = |id: &&str| failed.iter().any(|line| line.starts_with(&format!("{id}: ")));
        assert!(failed.iter().any(|line| line.starts_with(id)), "{id}: {failed:#?}");
        assert!(case.after.iter().any(blocked), "{id} stands on one that failed across");
    }
}

/// A TCP balancer before these nodes.
pub(crate) fn nginx(nodes: &[SocketAddr], timeout: &str, more: &str) -> Option<OwnService> {
    let module = Path::new("/usr/lib/nginx/modules/ngx_stream_module.so");
    let servers: Vec<String> =
        nodes.iter().map(|node| format!("server {node} max_fails=0;")).collect();
    let servers = servers.concat();
    OwnService::start("nginx", "nginx libnginx-mod-stream", |command, addr, dir| {
        let load = if module.exists() {
            format!("load_module {};", module.display())
        } else {
            String::new()
        };
        let text = format!(
            "daemon off; master_process off; pid nginx.pid; error_log stderr; {load}
             events {{ worker_connections 512; }}
             stream {{
                 upstream chat {{ {servers} }}
                 server {{ listen {addr}; proxy_pass chat; proxy_timeout {timeout}; {more} }}
             }}"
        );
        fs::write(dir.join("nginx.conf"), text).unwrap();
        command.arg("-p").arg(dir).arg("-c").arg(dir.join("nginx.conf"));
    })
}

#[tokio::test]
async fn a_balancer_that_nobody_named_is_recognised_and_the_gaps_are_kept() {
    let server = alone();
    let Some(balancer) = nginx(&[server.addr()], "1h", "") else { return };
    let settings = Settings::default().with_addr(balancer.addr);
    let suite = Suite::new(Fixture::start(&settings).await.unwrap(), settings.expected_failures());
    let fixture = suite.fixture();
    assert!(fixture.contact().relayed && fixture.is_relayed(balancer.addr));
    let advice = fixture.target().advice.join("\n");
    assert!(advice.contains("nginx answers at") && advice.contains("`balancer`"), "{advice}");
    for id in ["REG-1", "CHAT-3", "OFF-1"] {
        let record = suite.run(find(id).unwrap()).await;
        assert_eq!(record.result, CaseResult::Passed, "{record:?}");
    }
    let direct = Settings::default().with_addr(server.addr());
    assert!(!Fixture::start(&direct).await.unwrap().contact().relayed, "the server itself");
}

#[tokio::test]
async fn a_balancer_that_cuts_the_silent_is_found_out_and_a_patient_one_passes() {
    let Some(redis) = OwnService::redis() else { return };
    let (one, two) = (node(&redis, &[]), node(&redis, &[]));
    let Some(hasty) = nginx(&[one.addr(), two.addr()], "3s", "") else { return };
    let Some(patient) = nginx(&[one.addr(), two.addr()], "1h", "") else { return };
    let case = find("CLUSTER-5").unwrap();

    let cut = suite(&[&one, &two], Some(hasty.addr)).await.run(case).await;
    let CaseResult::Failed { reason } = &cut.result else { panic!("{cut:?}") };
    assert!(
        reason.contains("after 6 s of silence") && reason.contains("proxy_timeout"),
        "{reason}"
    );

    let patient = suite(&[&one, &two], Some(patient.addr)).await;
    for id in ["LOGIN-7", "CHAT-3", "OFF-1", "GROUP-3", "CLUSTER-5"] {
        let record = patient.run(find(id).unwrap()).await;
        assert_eq!(record.result, CaseResult::Passed, "{record:?}");
    }
    // The balancer was asked, not only the nodes.
    patient.fixture().place(Placement::Balanced);
    let [alice, bob]: [User; 2] = patient.fixture().users().await.unwrap();
    for user in [alice, bob] {
        user.leave().await.unwrap();
    }
}
