//! JUnit XML for pipelines: every numbered case and every requirement on a stage as a test case.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use thiserror::Error;

use super::{Lang, escape};
use crate::{
    record::{CaseRecord, CaseResult, Ending, Ground, Rigour, RunRecord, StageRecord, VerdictLine},
    verdict::{Level, Verdict},
};

/// The XML could not be written.
#[derive(Debug, Error)]
#[error("cannot write the record as JUnit XML: {0}")]
pub struct JunitError(#[source] quick_junit::SerializeError);

/// The record as JUnit XML. FAIL is a failure; INVALID and the harness's own trouble are errors; whatever was not
/// judged or only warns is skipped, with its reason, and never counted as passed. So there is a failure exactly when
/// the run's verdict is FAIL, and an error and no failure exactly when it is INVALID.
pub fn render(record: &RunRecord) -> Result<String, JunitError> {
    let mut report = Report::new("chatserver-harness");
    if let Some(ended) = record.ended {
        report
            .set_time(Duration::try_from(ended.duration_since(record.started)).unwrap_or_default());
    }
    report.add_test_suite(whole(record));
    if !record.cases.is_empty() {
        report.add_test_suite(cases(&record.cases));
    }
    report.add_test_suites(record.stages.iter().map(stage));
    report.to_string().map_err(JunitError)
}

/// What is said of the run as a whole: whether it came to its end, and what was tested.
fn whole(record: &RunRecord) -> TestSuite {
    let mut suite = TestSuite::new("run");
    suite.extra.insert("timestamp".into(), format!("{:.0}", record.started).into());
    let properties = [
        ("server", record.target.headline()),
        ("harness", record.harness_version.clone()),
        ("run", record.run_id.clone()),
        ("command", record.command.join(" ")),
    ];
    let property = |(name, value): (&str, String)| Property::new(name, escape::line(&value, 1_000));
    suite.add_properties(properties.map(property));
    let mine = |ground: &Ground<'_>| matches!(ground, Ground::Ending(_) | Ground::NothingRun);
    let ground = record.grounds().into_iter().find(|judged| mine(&judged.ground));
    let status = match ground {
        Some(judged) => judged_as(judged.verdict, &judged.ground.to_string()),
        None if record.ending == Ending::Complete => TestCaseStatus::success(),
        None => judged_as(Verdict::Invalid, "the run is not complete"),
    };
    suite.add_test_case(case("run", "everything that was asked for was run", status));
    suite
}

fn cases(records: &[CaseRecord]) -> TestSuite {
    let mut suite = TestSuite::new("cases");
    for record in records {
        let reason = record.result.reason();
        let status = match &record.result {
            CaseResult::Passed => TestCaseStatus::success(),
            CaseResult::Failed { .. } if record.level == Level::Must => {
                judged_as(Verdict::Fail, &reason)
            }
            CaseResult::Failed { .. } => {
                skipped("warning", &format!("warning ({}): {reason}", record.level))
            }
            CaseResult::UnexpectedPass => judged_as(Verdict::Fail, &reason),
            CaseResult::Trouble { .. } => judged_as(Verdict::Invalid, &reason),
            CaseResult::Observed { .. } => skipped("observed", &format!("observed: {reason}")),
            CaseResult::Known { .. } => skipped("known", &format!("known failure: {reason}")),
            CaseResult::Blocked { .. } => skipped("blocked", &reason),
            CaseResult::Skipped { .. } => skipped("skipped", &reason),
        };
        let name = format!("{} {}", record.id, record.title);
        let mut test = case("cases", &name, status);
        test.set_time(Duration::from_millis(record.took_ms));
        if let Some(log) = &record.log {
            let log = escape::text(&log.display().to_string());
            test.set_system_out(format!("the server's output: {log}"));
        }
        suite.add_test_case(test);
    }
    suite
}

fn stage(record: &StageRecord) -> TestSuite {
    let name = format!("stage {}", record.name);
    let mut suite = TestSuite::new(escape::line(&name, 100));
    suite.set_time(Duration::from_millis(record.took_ms));
    suite.extra.insert("timestamp".into(), format!("{:.0}", record.started).into());
    suite.add_test_case(alive(record, &name));
    for line in &record.lines {
        let title = format!("{} {} {}", line.metric, line.limit, line.unit);
        suite.add_test_case(case(&name, title.trim_end(), line_status(line)));
    }
    // Of a warm-up the harness's lateness is no ground.
    for (verdict, ground) in record.grounds() {
        let title = match ground {
            Ground::Late(_) => "the harness keeps up with its schedule",
            Ground::NoLine(_) => "the stage as a whole",
            _ => continue,
        };
        suite.add_test_case(case(&name, title, judged_as(verdict, &ground.to_string())));
    }
    suite
}

fn alive(record: &StageRecord, classname: &str) -> TestCase {
    let title = "the server stays alive";
    let Some(death) = &record.death else {
        return case(classname, title, TestCaseStatus::success());
    };
    let mut test =
        case(classname, title, judged_as(Verdict::Fail, &super::stage::death(death, Lang::En)));
    let lines = |lines: &[String]| -> String {
        lines.iter().map(|line| escape::text(line) + "\n").collect()
    };
    test.set_system_out(lines(&death.stdout_tail));
    test.set_system_err(lines(&death.stderr_tail));
    test
}

fn line_status(line: &VerdictLine) -> TestCaseStatus {
    let mut text = line.to_string();
    if let Some(why) = &line.why {
        text = format!("{text}: {why}");
    }
    match (line.result, line.level) {
        (Verdict::Pass, _) => TestCaseStatus::success(),
        (_, Rigour::Warn) => skipped("warning", &format!("warning: {text}")),
        (result, Rigour::Fail) => judged_as(result, &text),
    }
}

fn judged_as(verdict: Verdict, reason: &str) -> TestCaseStatus {
    let (kind, word) = match verdict {
        Verdict::Pass => return TestCaseStatus::success(),
        Verdict::Fail => (NonSuccessKind::Failure, "FAIL"),
        Verdict::Invalid => (NonSuccessKind::Error, "INVALID"),
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(escape::text(reason)).set_type(word);
    status
}

fn skipped(kind: &str, reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(escape::text(reason)).set_type(kind);
    status
}

fn case(classname: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(escape::line(name, 200), status);
    case.set_classname(escape::line(classname, 100));
    case
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::example;

    fn totals(record: &RunRecord) -> (usize, usize, usize, usize) {
        let report = Report::deserialize_from_str(&render(record).unwrap()).unwrap();
        let suites = report.test_suites.iter().fold((0, 0, 0, 0), |sum, suite| {
            assert_eq!(suite.tests, suite.test_cases.len(), "{}", suite.name.as_str());
            (
                sum.0 + suite.tests,
                sum.1 + suite.failures,
                sum.2 + suite.errors,
                sum.3 + suite.skipped,
            )
        });
        let whole = (report.tests, report.failures, report.errors, report.skipped);
        assert_eq!(whole, suites);
        whole
    }

    #[test]
    fn the_report_of_a_run_with_everything_in_it() {
        insta::assert_snapshot!(render(&example::run()).unwrap());
    }

    #[test]
    fn each_verdict_is_counted_as_what_it_is() {
        // 1 for the run, 9 cases, 1 + 2 lines, 1 + 3 lines and the harness's lateness.
        assert_eq!(totals(&example::run()), (18, 4, 3, 6));
    }

    #[test]
    fn there_is_a_failure_when_the_verdict_is_fail_and_an_error_alone_when_it_is_invalid() {
        let mut run = example::run();
        let ended = run.started;
        let (cases, stages) = (run.cases.clone(), run.stages.clone());
        for (cases, stages, ending) in [
            (vec![], stages.clone(), Ending::Complete),
            (vec![], vec![stages[0].clone()], Ending::Complete),
            (cases.clone(), vec![], Ending::Complete),
            (vec![cases[0].clone()], vec![], Ending::Interrupted { signal: "SIGINT".into() }),
            (vec![cases[1].clone()], vec![], Ending::Complete),
            (vec![cases[8].clone()], vec![], Ending::Complete),
            (vec![], vec![], Ending::Complete),
            (cases, stages, Ending::Running),
        ] {
            run.cases = cases;
            run.stages = stages;
            run.close(ending, ended);
            let (_, failures, errors, _) = totals(&run);
            let expected = match (failures, errors) {
                (0, 0) => Verdict::Pass,
                (0, _) => Verdict::Invalid,
                _ => Verdict::Fail,
            };
            assert_eq!(run.verdict, expected, "{}", run.reason());
        }
    }

    #[test]
    fn markup_and_escapes_from_a_server_are_text() {
        let mut run = example::run();
        let hostile = "</failure><testcase name=\"x\"/>]]>&\x1b[2J\0\u{fffe}\u{202e}";
        run.cases[2].result = CaseResult::Failed { reason: hostile.into() };
        run.stages[1].name = hostile.into();
        let xml = render(&run).unwrap();
        assert!(!xml.chars().any(|c| c.is_control() && c != '\n'), "{xml:?}");
        assert!(!xml.contains("<testcase name=\"x\"/>") && !xml.contains('\u{202e}'));
        assert_eq!(totals(&run).0, 18);
    }
}
