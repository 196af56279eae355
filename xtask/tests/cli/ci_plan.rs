//! The plan for every push, whole: green with all its files on a right server, red in time on one that leaks.

use serde_json::Value;

use crate::shell::{Outcome, Shell, is_filled};

/// As a pipeline runs it, with the generator on a core of its own.
fn ci(more: &str) -> (Shell, Outcome) {
    let shell = Shell::new().on_its_own_core();
    let outcome = shell.run(&format!("stress --plan ci {more}"));
    (shell, outcome)
}

/// Which of the last stage's judgements of growth are red.
fn growing(record: &Value) -> Vec<&str> {
    let last = record["stages"].as_array().and_then(|stages| stages.last()).unwrap();
    let growth = last["growth"].as_array().unwrap().iter();
    let growing = growth.filter(|growth| growth["verdict"] == "growing");
    growing.map(|growth| growth["metric"].as_str().unwrap()).collect()
}

#[test]
#[ignore = "half a minute on a machine of its own"]
fn a_right_server_is_green_in_under_two_minutes_and_all_files_are_there() {
    // INVALID says that everything held which does not depend on time, and that the machine was too busy to judge times.
    let (shell, outcome) =
        (0..5).map(|_| ci("")).find(|(_, o)| o.code != Some(3)).unwrap_or_else(|| ci(""));
    assert!(matches!(outcome.code, Some(0 | 3)), "{outcome:#?}");
    assert!(outcome.took.as_secs() < 120, "{outcome:#?}");
    for file in [
        "report.txt",
        "report.html",
        "summary.md",
        "run.json",
        "junit.xml",
        "stages.csv",
        "seconds.csv",
        "latencies.hlog",
        "plan.toml",
        "dialect.toml",
        "server.log",
        "monitor-warm-up.csv",
        "monitor-20-clients.csv",
        "monitor-50-clients.csv",
        "progress-50-clients.csv",
    ] {
        assert!(is_filled(&shell.path(&format!("runs/latest/{file}"))), "{file}");
    }
    let record = shell.record();
    assert_eq!(growing(&record), [""; 0]);
    let stages = record["stages"].as_array().unwrap();
    assert!(stages.iter().all(|stage| stage["delivery"]["lost"] == 0), "{record:#}");
}

#[test]
#[ignore = "half a minute on a machine of its own"]
fn a_server_that_leaks_memory_is_red() {
    let (shell, outcome) = ci("--fault leak-memory");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert!(growing(&shell.record()).contains(&"rss.at_rest"), "{outcome:#?}");
}

#[test]
#[ignore = "half a minute on a machine of its own"]
fn a_server_that_leaks_files_is_red() {
    let (shell, outcome) = ci("--fault leak-fds");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert!(growing(&shell.record()).contains(&"fds.at_rest"), "{outcome:#?}");
}
