//! Plans, thresholds, and the commands that stand for the old scripts.

use crate::shell::Shell;

/// Quick enough for a test, and whole.
const SHORT: &str =
    "--no-cases --warmup-clients 0 --clients 4 --duration 1s --interval 50ms --pause 0";

#[test]
fn a_threshold_that_cannot_hold_is_red_and_the_line_that_broke_is_told() {
    let shell = Shell::new();
    let mut args: Vec<&str> = "stress --plan ci".split(' ').chain(SHORT.split(' ')).collect();
    args.extend(["--fail", "delivery.p50 < 1ns"]);
    shell.run_with(&args, "").refused(2, &["--fail `delivery.p50 < 1ns`", "ms, s, µs"]);
    assert!(!shell.path("runs").exists());
    args.pop();
    // A count: on a machine so busy that times are INVALID it is red all the same.
    args.push("delivered >= 1000000");
    let outcome = shell.run_with(&args, "");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    outcome.says(&["stage 4-clients: delivered ", "(limit ≥ 1000000)", "verdict: FAIL: "]);
    let record = shell.record();
    let lines = record["stages"][0]["lines"].as_array().unwrap();
    let broken: Vec<_> = lines.iter().filter(|line| line["result"] == "FAIL").collect();
    assert_eq!(broken[0]["metric"], "delivered", "{broken:#?}");
    assert!(broken[0]["margin"].as_str().unwrap().starts_with('-'), "{broken:#?}");
    // The plan is kept as it was read.
    assert!(shell.file("runs/latest/plan.toml").contains("For every push"));
}

#[test]
fn a_threshold_that_ends_the_run_keeps_the_stages_after_it_from_running() {
    let shell = Shell::new().with_file(
        "plan.toml",
        "pause = 0\n[load]\ninterval = \"50ms\"\n[[stage]]\nclients = [4, 8]\nduration = 1\n\
         [thresholds]\nabort = [\"delivered >= 1000000\"]\n",
    );
    let outcome = shell.run("stress --plan plan.toml");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    outcome.says(&["a threshold that ends the run broke at stage 4-clients: delivered"]);
    assert_eq!(shell.record()["stages"].as_array().unwrap().len(), 1);
}

#[test]
fn a_threshold_that_cannot_hold_any_more_ends_its_stage() {
    let shell = Shell::new().with_file(
        "plan.toml",
        "pause = 0\n[load]\ninterval = \"20ms\"\n[[stage]]\nclients = [4, 8]\nduration = \"10m\"\n\
         [thresholds]\nabort = [\"duplicated == 0\"]\n",
    );
    let outcome = shell.run("stress --plan plan.toml --fault duplicate=10");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    outcome.says(&[
        "early, by the threshold duplicated = 0",
        "a threshold that ends the run broke at stage 4-clients: duplicated",
    ]);
    let record = shell.record();
    let stages = record["stages"].as_array().unwrap();
    assert_eq!(stages.len(), 1);
    let lines = stages[0]["lines"].as_array().unwrap();
    // Counts alone: on a busy machine the server reads late and a latency breaks its limit, which is no early end's doing.
    let failed: Vec<_> = lines
        .iter()
        .filter(|line| line["level"] == "fail" && line["result"] == "FAIL")
        .map(|line| line["metric"].as_str().unwrap())
        .filter(|metric| !metric.starts_with("delivery."))
        .collect();
    assert_eq!(failed, ["duplicated"], "what the early end cut short is no failure: {lines:#?}");
}

#[test]
fn a_generator_that_cannot_keep_up_is_invalid_and_not_the_servers_failure() {
    // Two million messages a second, to a server whose framing lets it take them as fast as they come.
    let shell = Shell::new();
    let outcome = shell.run("load - - 40 0.3 --rate 2000000 --dialect len4");
    let delivery = &shell.record()["stages"][0]["delivery"];
    assert!(delivery["sent"].as_u64().unwrap() > 0, "{delivery}");
    assert_eq!(delivery["lost"], 0, "{delivery}");
    let causes: Vec<_> = delivery["unsent"].as_object().unwrap().keys().collect();
    if causes != ["the generator was too slow"] {
        // On a machine so busy that the server did not read either, it is the server's failure too; it is never PASS.
        return assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    }
    assert_eq!(outcome.code, Some(3), "{outcome:#?}");
    outcome.says(&["INVALID", "because the generator was too slow", "verdict: INVALID: "]);
}

#[test]
fn a_plan_that_makes_no_sense_is_shown_with_its_line() {
    let shell = Shell::new().with_file("plan.toml", "[[stage]]\nclients = 4\nduratoin = 5\n");
    shell.run("stress --plan plan.toml").refused(2, &["plan.toml:3", "duratoin"]);
    shell.run("stress --plan huge").refused(2, &["`huge`", "default, quick, small"]);
    shell.run("stress --plan absent.toml").refused(2, &["absent.toml", "No such file"]);
}

#[test]
fn one_stage_is_run_as_the_old_stress_client_did() {
    let shell = Shell::new();
    let outcome = shell.run("load - - 6 1 --arrivals poisson --arrival-rate 50 --rate 120 --spread poisson --workload groups --group-size 3 --script cjk --text-bytes 80,200");
    assert!(matches!(outcome.code, Some(0 | 3)), "{outcome:#?}");
    let record = shell.record();
    let stage = &record["stages"][0];
    assert_eq!(
        (&stage["name"], &stage["plan"]["workload"]),
        (&"6-clients".into(), &"groups of 3".into())
    );
    assert_eq!(
        stage["delivery"]["entitled"].as_u64(),
        stage["delivery"]["sent"].as_u64().map(|sent| sent * 2)
    );
    assert!(stage["delivery"]["sent"].as_u64() >= Some(60), "{stage:#}");

    for (args, says) in [
        ("load - - 1 5", "at least 2"),
        ("load - - 4 0", "duration of 0"),
        ("load - - 4 1 --interval 2", "longer than"),
        ("load - - 4 1 --rate 0", "above 0"),
        ("load - - 4 1 --rate nan", "above 0"),
        ("load - - 4 1 --arrival-rate 0", "above 0"),
        ("load - - 4 1 --rate 9 --interval 1", "cannot be used with"),
        ("load - - 4 1 --ramp 2", "a ramp of 2s"),
        ("load - - 4 1 --text-bytes 9", "9 bytes"),
        ("load 127.0.0.1 x 4 1", "not a port"),
        ("load - - 4 1 --pace fast", "possible values: open, delivery"),
        ("load - - 4 1 --mix chat=1,talk=2", "there is no `talk` to mix"),
        ("load - - 4 1 --mix add_friend=1", "nobody says anything"),
        ("load - - 4 1 --workload groups --mix chat=1", "a workload of groups alone"),
        ("load - - 4 1 --mix chat=1,custom.wave=1", "the dialect has none"),
    ] {
        let outcome = shell.run(args);
        assert_eq!(outcome.code, Some(2), "{outcome:#?}");
        assert!(outcome.stderr.contains(says), "{says}: {outcome:#?}");
    }
}

#[test]
fn users_of_several_threads_do_more_than_chat_and_the_report_says_what_came_of_it() {
    let shell = Shell::new();
    let outcome = shell.run(
        "load - - 12 1 --interval 0.1 --threads 2 --group-size 3 --mix chat=4,group_chat=3,add_friend=1,join_group=2",
    );
    assert!(matches!(outcome.code, Some(0 | 3)), "{outcome:#?}");
    outcome.says(&["asked for", "join_group: due"]);
    let record = shell.record();
    let stage = &record["stages"][0];
    assert_eq!(stage["plan"]["generator_threads"], 2);
    let asked = stage["operations"].as_array().unwrap();
    let names: Vec<_> = asked.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["add_friend", "join_group"]);
    for one in asked {
        assert!(one["sent"].as_u64() > Some(0), "{one}");
        assert_eq!(one["refused"], 0, "{one}");
    }
    let chinese = shell.run("report --lang zh");
    chinese.says(&["其他请求", "join_group"]);
}

#[test]
fn a_quick_run_at_an_address_where_nobody_listens_is_told_at_once() {
    // Reserved: nothing ever listens there.
    Shell::new().run("quick 127.0.0.1 1").refused(4, &["127.0.0.1:1"]);
    let outcome = Shell::new().run("quick 127.0.0.1");
    assert_eq!(outcome.code, Some(2), "{outcome:#?}");
}

#[test]
fn the_reports_of_a_run_can_be_made_again_in_another_language() {
    let shell = Shell::new();
    shell.run(&format!("stress {SHORT}"));
    let record = shell.file("runs/latest/run.json");
    std::fs::remove_file(shell.path("runs/latest/report.html")).unwrap();
    let outcome = shell.run("report --lang zh");
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    outcome.says(&["结论", "结果：runs/latest"]);
    assert!(shell.file("runs/latest/report.html").contains("结论"));
    assert!(shell.file("runs/latest/report.txt").contains("结论"));
    assert_eq!(shell.file("runs/latest/run.json"), record, "the record is not touched");
    shell.run("report absent").refused(2, &["absent/run.json", "name the directory of a run"]);
}
