//! A server that keeps what it should give back is red for that reason, and one that does not is not.

use serde_json::Value;

use crate::shell::Shell;

/// A warm-up and one stage of a few seconds.
const SHORT: &str = "stress --no-cases --pause 0 --warmup-clients 10 --warmup-duration 1s --clients 12 --duration 5s \
                     --interval 0.05";

/// The judgements of the stage, by their metric.
fn growth<'a>(record: &'a Value, metric: &str) -> &'a Value {
    let stage = &record["stages"][1];
    let growth = stage["growth"].as_array().unwrap_or_else(|| panic!("{stage:#}"));
    growth.iter().find(|growth| growth["metric"] == metric).unwrap()
}

#[test]
fn a_server_that_leaks_memory_is_red_at_rest_and_its_slope_is_told() {
    let shell = Shell::new();
    let outcome = shell.run(&format!("{SHORT} --fault leak-memory=32768"));
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    let record = shell.record();
    let at_rest = growth(&record, "rss.at_rest");
    assert_eq!(at_rest["verdict"], "growing", "{at_rest:#}");
    // 1200 chats of 32 KiB.
    assert!(at_rest["observed"].as_f64().unwrap() > 25.0, "{at_rest:#}");
    assert_ne!(growth(&record, "rss.slope")["verdict"], "steady");
    assert_eq!(growth(&record, "fds.at_rest")["verdict"], "steady");
    outcome.says(&["verdict: FAIL: stage 12-clients: rss.at_rest +"]);
}

#[test]
fn a_server_that_leaks_files_is_red_and_the_files_are_named() {
    let shell = Shell::new();
    let outcome = shell.run(&format!("{SHORT} --fault leak-fds"));
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    let record = shell.record();
    let at_rest = growth(&record, "fds.at_rest");
    assert_eq!(at_rest["observed"], 12.0, "{at_rest:#}");
    assert!(at_rest["reason"].as_str().unwrap().contains("12 × /dev/null"), "{at_rest:#}");
    assert_eq!(growth(&record, "rss.at_rest")["verdict"], "steady");
    outcome.says(&["fds.at_rest +12.0 files", "12 × /dev/null"]);
}

#[test]
fn a_steady_server_is_not_said_to_grow() {
    let shell = Shell::new();
    let outcome = shell.run(SHORT);
    let record = shell.record();
    assert_ne!(record["verdict"], "FAIL", "{outcome:#?}");
    for metric in ["rss.at_rest", "fds.at_rest", "fds.slope"] {
        let growth = growth(&record, metric);
        assert_eq!(growth["verdict"], "steady", "{growth:#}");
    }
    assert_ne!(growth(&record, "rss.slope")["verdict"], "growing", "{record:#}");
    assert!(record["stages"][0].get("growth").is_none(), "a warm-up is not judged");
}

#[test]
fn without_a_warm_up_the_first_stage_is_not_judged_at_rest_and_says_so() {
    let shell = Shell::new();
    let stages = "stress --no-cases --pause 0 --warmup-clients 0 --clients 4,4 --duration 1s --interval 0.05";
    let outcome = shell.run(stages);
    let record = shell.record();
    assert_ne!(record["verdict"], "FAIL", "{outcome:#?}");
    let first = &record["stages"][0]["growth"];
    let first = first.as_array().unwrap().iter().find(|growth| growth["metric"] == "rss.at_rest");
    assert_eq!(first.unwrap()["verdict"], "unjudged");
    assert_eq!(growth(&record, "rss.at_rest")["verdict"], "steady");
    outcome.says(&["no warm-up cycle came before", "too short to tell"]);
}
