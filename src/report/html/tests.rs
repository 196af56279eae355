//! The page holds what it must and nothing that acts.

use super::*;
use crate::record::{MonitorRow, example};

fn rows(run: &RunRecord) -> MonitorRows {
    let began = run.stages[0].started;
    let row = |second: i64| MonitorRow {
        at: began + jiff::SignedDuration::from_secs(second),
        running: second < 25,
        values: vec![(second > 0).then_some(second as f64), Some(60.0 + second as f64 / 10.0)],
    };
    MonitorRows {
        columns: vec!["cpu_percent".into(), "rss_mb".into()],
        rows: (0..30).map(row).collect(),
    }
}

fn rendered(lang: Lang) -> String {
    let run = example::run();
    render(&run, &[rows(&run)], lang).unwrap()
}

#[test]
fn the_verdict_comes_before_everything_else() {
    let html = rendered(Lang::En);
    let verdict = html.find("FAIL</h1>").unwrap();
    for later in ["What matters", "Over time", "Latency distribution", "Provenance", "Limitations"]
    {
        assert!(html.find(&format!("<h2>{later}")).unwrap() > verdict, "{later}");
    }
    assert_eq!(html.matches("class=\"chart\"").count(), 4, "rate, latency, CPU, memory");
    assert!(html.contains("class=\"death\"") && html.contains("class=\"never s2\""));
}

#[test]
fn nothing_is_loaded_and_one_script_runs() {
    let html = rendered(Lang::En);
    for load in
        ["http://", "https://", "<script src", "@import", "url(", "<img", "<iframe", "//cdn"]
    {
        assert!(!html.contains(load), "{load}");
    }
    assert_eq!(html.matches("<script").count(), 1);
    assert_eq!(html.matches("<link").count(), 1);
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn whatever_a_server_says_is_text() {
    let mut run = example::run();
    let hostile =
        "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}\u{202e}\x1b[2J";
    let escaped = "&lt;script&gt;alert(1)";
    run.stages[0].name = hostile.into();
    run.stages[1].findings[0].examples[0].frame = hostile.into();
    run.stages[1].findings[0].examples[0].from = Some(hostile.into());
    run.stages[1].findings[0].meaning = hostile.into();
    run.stages[1].lines[0].metric = hostile.into();
    run.stages[1].lines[0].why = Some(hostile.into());
    run.stages[1].self_check.reasons = vec![hostile.into()];
    run.stages[1].death.as_mut().unwrap().stderr_tail = vec![hostile.into()];
    run.stages[1].monitor.as_mut().unwrap().remarks = vec![hostile.into()];
    run.cases[2].title = hostile.into();
    run.remarks = vec![hostile.into()];
    run.command = vec![hostile.into()];
    run.target.command_line = Some(hostile.into());
    for lang in [Lang::En, Lang::Zh] {
        let html = render(&run, &[rows(&run)], lang).unwrap();
        assert!(html.matches(escaped).count() > 10, "{lang}");
        assert_eq!(html.matches("<script").count(), 1, "{lang}");
        assert!(!html.contains("<img") && html.contains("{{ 7*7 }}"), "{lang}");
        assert!(!html.contains('\u{202e}') && !html.contains('\x1b'), "{lang}");
    }
}

#[test]
fn a_chinese_page_is_chinese() {
    let html = rendered(Lang::Zh);
    assert!(html.contains("<html lang=\"zh-CN\">"));
    for heading in ["要点", "随时间变化", "延迟分布", "送达", "来源", "局限"] {
        assert!(html.contains(&format!("<h2>{heading}</h2>")), "{heading}");
    }
    for english in ["What matters", "Limitations", "delivered<"] {
        assert!(!html.contains(english), "{english}");
    }
}

#[test]
fn a_run_of_nothing_and_a_run_without_rows_have_a_page() {
    let mut run = example::run();
    let html = render(&run, &[], Lang::En).unwrap();
    assert!(html.contains("rows were not at hand"));
    assert_eq!(html.matches("class=\"chart\"").count(), 2);
    run.stages.clear();
    run.cases.clear();
    run.close(crate::record::Ending::Complete, run.started);
    let html = render(&run, &[], Lang::En).unwrap();
    assert!(html.contains("nothing was run") && !html.contains("class=\"chart\""));
}
