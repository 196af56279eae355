//! Campaigns on the reference server: green when it is right, red for the right reason when it is not.

use serde_json::Value;

use crate::shell::{Shell, is_filled};

/// Stages, and nothing else, of a few seconds.
const STAGES: &str = "stress --no-cases --pause 0 --interval 0.05";

/// The server's own counts, the last line that it wrote.
fn counters(log: &str) -> Value {
    let line = log.lines().rev().find_map(|line| line.split_once("counters {"));
    let (_, json) = line.unwrap_or_else(|| panic!("no counts: {log}"));
    serde_json::from_str(&format!("{{{json}")).unwrap()
}

fn stages(record: &Value) -> &Vec<Value> {
    record["stages"].as_array().unwrap()
}

/// Everything the server had to do was done. The harness itself may have been late: other tests run beside it.
#[track_caller]
fn assert_no_failure(code: Option<i32>, record: &Value) {
    let verdict = record["verdict"].as_str().unwrap();
    assert!(matches!((code, verdict), (Some(0), "PASS") | (Some(3), "INVALID")), "{record:#}");
    assert_eq!(record["ending"]["is"], "complete");
    for stage in stages(record) {
        let late = stage["self_check"]["reasons"].as_array().unwrap();
        assert_eq!(stage["verdict"] == "INVALID", !late.is_empty() && stage["warm_up"] != true);
        let of_the_harness = |reason: &Value| {
            let reason = reason.as_str().unwrap();
            reason.contains("generator") || reason.contains("hypervisor")
        };
        assert!(late.iter().all(of_the_harness), "{late:?}");
    }
}

#[test]
fn a_short_campaign_is_green_and_its_counts_are_the_servers_own() {
    let shell = Shell::new();
    let outcome = shell.run(&format!(
        "{STAGES} --warmup-clients 2 --warmup-duration 1s --clients 4,20 --duration 2s"
    ));
    let record = shell.record();
    assert_no_failure(outcome.code, &record);
    let first = outcome.stderr.lines().next().unwrap();
    assert!(first.starts_with("server under test: the reference server, a process of its own"));
    assert_eq!(outcome.stdout.lines().next(), Some(first), "the report begins with it too");

    let names: Vec<_> = stages(&record).iter().map(|stage| stage["name"].as_str()).collect();
    assert_eq!(names, ["warm-up", "4-clients", "20-clients"].map(Some));
    let mut sent = 0;
    for stage in stages(&record) {
        let (users, delivery) = (&stage["users"], &stage["delivery"]);
        assert_eq!(users["logged_in_first_attempt"], stage["plan"]["clients"]);
        let number = |name: &str| delivery[name].as_u64().unwrap();
        assert!(number("sent") * 100 >= number("scheduled") * 99, "{delivery:#}");
        assert_eq!(number("sent"), number("delivered_live"));
        for wrong in ["lost", "duplicated", "misdelivered", "corrupted", "unexpected"] {
            assert_eq!(number(wrong), 0, "{wrong}");
        }
        sent += number("sent");
    }
    let counted = counters(&shell.file("runs/latest/server.log"));
    assert_eq!(counted["received_chat"], sent);
    assert_eq!(counted["relayed_chats"], sent);
    assert_eq!(counted["logins_ok"], 2 + 4 + 20);

    assert_eq!(shell.file("runs/latest/report.txt"), report_of(&outcome.stdout));
    outcome.says(&["Stage 20-clients: ", "Summary", "\nverdict: ", "\nresults: runs/"]);
    for (stage, least) in [("warm-up", 10), ("4-clients", 20), ("20-clients", 20)] {
        let csv = shell.file(&format!("runs/latest/monitor-{stage}.csv"));
        assert!(csv.starts_with("timestamp,cpu_percent,rss_mb,vms_mb,"), "{csv}");
        assert!(csv.lines().count() > least, "{csv}");
        assert!(csv.lines().skip(1).all(|row| row.contains(",running,")), "{csv}");
    }
    assert!(is_filled(&shell.path("runs/latest/dialect.toml")));
}

/// What was printed without the line that says where the files are.
fn report_of(stdout: &str) -> String {
    let (report, _) = stdout.trim_end().rsplit_once('\n').unwrap();
    format!("{report}\n")
}

#[test]
fn the_cases_alone_are_a_table_and_an_exit_code() {
    let shell = Shell::new();
    let summary = shell.path("summary").display().to_string();
    let shell = shell
        .with_file("summary", "what another step wrote\n")
        .with("GITHUB_STEP_SUMMARY", summary);
    let outcome = shell.run("check --quiet");
    let record = shell.record();
    assert_eq!((outcome.code, record["verdict"].as_str()), (Some(0), Some("PASS")), "{outcome:#?}");
    assert!(outcome.stderr.is_empty(), "{outcome:#?}");
    outcome.says(&["CONN-1     passed", "CROWD-1", "verdict: PASS: "]);
    let summary = shell.file("summary");
    assert!(summary.starts_with("what another step wrote\n## ✅ PASS: "), "{summary}");
    assert!(
        record["cases"].as_array().unwrap().iter().all(|case| case["result"]["is"] != "failed")
    );
}

#[test]
fn a_machine_is_told_each_event_as_an_object_and_the_verdict_last() {
    let shell = Shell::new();
    let outcome = shell.run(&format!(
        "{STAGES} --warmup-clients 0 --clients 4 --duration 2s --json --fault drop=10"
    ));
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert!(outcome.stderr.is_empty(), "{outcome:#?}");
    let objects: Vec<Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut events: Vec<_> =
        objects.iter().map(|object| object["event"].as_str().unwrap()).collect();
    events.dedup();
    assert_eq!(events, ["begins", "stage_begins", "progress", "stage_ends", "ends"]);
    let progress = objects.iter().find(|object| object["phase"] == "sending").unwrap();
    assert_eq!((&progress["stage"], &progress["users"]), (&"4-clients".into(), &4.into()));
    let (stage, end) = (&objects[objects.len() - 2], objects.last().unwrap());
    assert!(stage["delivery"]["lost"].as_u64() > Some(0), "{stage:#}");
    assert_eq!((&end["verdict"], &end["exit_code"]), (&"FAIL".into(), &1.into()));
    assert_eq!(end["verdict"], shell.record()["verdict"]);
}

#[test]
fn what_is_told_on_the_way_is_chinese_where_that_is_asked_for() {
    let shell = Shell::new();
    let outcome =
        shell.run(&format!("{STAGES} --warmup-clients 0 --clients 2 --duration 1s --lang zh"));
    for words in ["被测服务器：参考服务器", "结果目录：", "阶段 1/1，2-clients：", "登录 2"]
    {
        assert!(outcome.stderr.contains(words), "{words}: {outcome:#?}");
    }
}

/// Each fault makes the campaign red and is named.
fn red(fault: &str, finding: &str) {
    let shell = Shell::new();
    let outcome = shell
        .run(&format!("{STAGES} --warmup-clients 0 --clients 10 --duration 2s --fault {fault}"));
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    let record = shell.record();
    let found = stages(&record)[0]["findings"].as_array().unwrap();
    assert!(found.iter().any(|found| found["kind"] == finding), "{found:#?}");
    outcome.says(&["Stage 10-clients: FAIL", "verdict: FAIL: stage 10-clients: ", finding]);
}

#[test]
fn a_server_that_drops_is_red() {
    red("drop=20", "lost");
}

#[test]
fn a_server_that_duplicates_is_red() {
    red("duplicate=20", "duplicated");
}

#[test]
fn a_server_that_misdelivers_is_red() {
    red("misdeliver=20", "misdelivered");
}

#[test]
fn a_server_that_dies_fails_the_level_and_is_started_again_for_the_next() {
    let shell = Shell::new();
    let outcome = shell.run(&format!(
        "{STAGES} --warmup-clients 0 --clients 20,2 --duration 2s --fault die-after=300"
    ));
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    let record = shell.record();
    let [died, next] = stages(&record).as_slice() else { panic!("{record:#}") };
    assert_eq!(
        (&died["verdict"], &died["death"]["how"]["name"]),
        (&"FAIL".into(), &"SIGABRT".into())
    );
    assert_ne!(next["verdict"], "FAIL");
    assert_eq!(next["delivery"]["sent"], next["delivery"]["delivered_live"]);
    assert_eq!(record["ending"]["is"], "complete");
    outcome.says(&["DEATH", "SIGABRT", "started again after 20-clients"]);
    assert!(outcome.stderr.contains("starting it again"), "{outcome:#?}");
    // The log is that of the second life; the first one's lies beside it.
    assert!(shell.file("runs/latest/server.log").contains("counters {"));
}

#[test]
fn a_server_that_lets_nobody_in_is_red_and_never_green() {
    // It wants `pwd`, and is told `password`.
    let pwd = include_str!("../../../fixtures/dialects/course-pwd.toml");
    let shell = Shell::new().with_recipe("");
    std::fs::write(shell.path("course.toml"), pwd).unwrap();
    let outcome = shell.run("stress");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    outcome.says(&["REG-1", "blocked by REG-1", "given up", "verdict: FAIL: REG-1: "]);
    assert_eq!(stages(&shell.record()).len(), 0);

    let outcome = shell.run(&format!("{STAGES} --clients 4,8 --warmup-duration 1s"));
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    outcome.says(&["nobody could log in at stage warm-up", "verdict: FAIL: stage warm-up: "]);
    assert_eq!(stages(&shell.record()).len(), 1);
}

#[test]
fn generator_and_server_have_cores_of_their_own_where_there_are_several() {
    let usable = chatserver_harness::process::usable_cores().unwrap();
    let shell = Shell::new();
    let flags = "--clients 2 --duration 1s --warmup-clients 0";
    shell.run(&format!("{STAGES} {flags}"));
    assert!(shell.record()["machine"]["core_split"].is_null(), "the shell of these tests shares");
    let shell = shell.with("CHATSERVER_SHARE_CORES", "0");
    let outcome = shell.run(&format!("{STAGES} {flags}"));
    let split = &shell.record()["machine"]["core_split"];
    if let [others @ .., last] = &usable[..]
        && !others.is_empty()
    {
        assert_eq!(split["generator"], serde_json::json!([last]));
        assert_eq!(split["server"], serde_json::json!(others));
        outcome.says(&[&format!("generator on core {last}, server on ")]);
    } else {
        assert!(split.is_null());
    }
}
