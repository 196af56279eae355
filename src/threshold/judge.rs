//! A stage held against its rules: one line of verdict for each.

use super::{
    limit::{Comparison, Threshold},
    rules::{Rule, Rules},
};
use crate::{
    record::{StageRecord, VerdictLine},
    verdict::Verdict,
};

/// Judges what the load generator has measured, or with `watched` what the monitor has.
///
/// Times of a warm-up are not judged. Where the generator itself was too slow, what it says of times and rates is INVALID,
/// whatever it says; what was lost or doubled stays what it is. A metric without samples does not hold.
pub fn judge(rules: &Rules, stage: &StageRecord, watched: bool) -> Vec<VerdictLine> {
    rules
        .iter()
        .filter(|rule| rule.threshold.metric.is_watched() == watched)
        .filter(|rule| !(stage.warm_up && rule.threshold.metric.is_timed()))
        .map(|rule| line(rule, stage))
        .collect()
}

/// The rule that ends the run and that a stage has broken for good while it still runs: one on a count that only grows, or,
/// once everybody has tried to get in (`entered`), on the share of those who did.
pub fn broken_already<'r>(
    rules: &'r Rules,
    stage: &StageRecord,
    entered: bool,
) -> Option<&'r Rule> {
    rules.iter().filter(|rule| rule.abort).find(|rule| {
        let Threshold { metric, comparison, limit, .. } = &rule.threshold;
        let bounded_above =
            matches!(comparison, Comparison::Less | Comparison::AtMost | Comparison::Equal);
        let settled = if metric.only_grows() {
            bounded_above
        } else {
            entered && metric.is_settled_by_entering()
        };
        let value = metric.observe(stage).filter(|_| settled).map(|observed| observed.value);
        value.is_some_and(|value| {
            !comparison.holds(value, *limit) && (*comparison != Comparison::Equal || value > *limit)
        })
    })
}

/// A wider margin says no more than this one.
const MARGIN_MOST_PERCENT: f64 = 999.0;

fn line(rule: &Rule, stage: &StageRecord) -> VerdictLine {
    let Rule { threshold, rigour, .. } = rule;
    let observed = threshold.metric.observe(stage);
    let mut line = VerdictLine {
        metric: threshold.metric.to_string(),
        observed: "n/a".to_owned(),
        limit: threshold.limit_text(),
        unit: threshold.unit.label(),
        result: Verdict::Fail,
        level: *rigour,
        margin: None,
        why: None,
    };
    match observed {
        None => line.why = Some("there was no sample to judge".to_owned()),
        Some(observed) => {
            line.observed = threshold.unit.number(observed.value);
            line.why = observed.from;
            line.margin = margin(threshold, observed.value);
            if threshold.comparison.holds(observed.value, threshold.limit) {
                line.result = Verdict::Pass;
            }
        }
    }
    if threshold.metric.is_timed() && !stage.self_check.reasons.is_empty() {
        line.result = Verdict::Invalid;
        line.why = Some("the generator itself was too slow to judge it".to_owned());
    }
    line
}

/// How far the value is on the right side of its limit (below 0: on the wrong one), in percent of the limit.
fn margin(threshold: &Threshold, value: f64) -> Option<String> {
    let room = match threshold.comparison {
        Comparison::Less | Comparison::AtMost => threshold.limit - value,
        Comparison::AtLeast | Comparison::Greater => value - threshold.limit,
        Comparison::Equal => return None,
    };
    let share = room / threshold.limit.abs() * 100.0;
    let told = if share > MARGIN_MOST_PERCENT {
        format!("> +{MARGIN_MOST_PERCENT} %")
    } else {
        format!("{share:+.0} %")
    };
    share.is_finite().then_some(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Rigour, SelfCheck};

    fn judged(text: &str, stage: &StageRecord) -> VerdictLine {
        let rule = Rule { threshold: text.parse().unwrap(), rigour: Rigour::Fail, abort: false };
        line(&rule, stage)
    }

    #[test]
    fn a_line_says_what_was_seen_what_is_allowed_and_by_how_much() {
        let stage = crate::record::example::run().stages.remove(0);
        let (_, response) = stage.latencies.named().find(|(name, _)| *name == "response").unwrap();
        let p50 = response.p50_us.unwrap();
        let line = judged(&format!("delivery.response.p50 < {}ms", p50 / 500.0), &stage);
        assert_eq!((line.result, line.margin.as_deref()), (Verdict::Pass, Some("+50 %")));
        let line = judged("delivery.response.p50 < 0.001ms", &stage);
        assert_eq!((line.result, line.unit.as_str()), (Verdict::Fail, "ms"));
        assert!(line.margin.unwrap().starts_with('-'));
    }

    #[test]
    fn a_rule_is_broken_for_good_by_what_only_grows_and_by_who_got_in() {
        let mut stage = crate::record::example::run().stages.remove(0);
        let mut rules = Rules::none();
        for text in ["duplicated == 0", "logins >= 95%", "lost == 0", "delivered >= 1000000"] {
            rules.add(text, Rigour::Fail, true).unwrap();
        }
        rules.add("misdelivered == 0", Rigour::Fail, false).unwrap();
        let broken = |stage: &StageRecord, entered| {
            broken_already(&rules, stage, entered).map(|rule| rule.threshold.to_string())
        };
        (stage.users.asked, stage.users.logged_in_first_attempt) = (100, 100);
        (stage.delivery.duplicated, stage.delivery.lost) = (0, 50);
        stage.delivery.misdelivered = 3;
        assert_eq!(
            broken(&stage, true),
            None,
            "what is lost may still come, and who warns ends nothing"
        );
        stage.users.logged_in_first_attempt = 60;
        assert_eq!(broken(&stage, false), None, "they are still coming");
        assert!(broken(&stage, true).unwrap().starts_with("logins"));
        stage.delivery.duplicated = 1;
        assert!(broken(&stage, false).unwrap().starts_with("duplicated"));
    }

    #[test]
    fn what_never_arrived_is_later_than_any_limit() {
        let mut stage = crate::record::example::run().stages.remove(0);
        let response = stage.latencies.response.as_mut().unwrap();
        response.undelivered = response.count;
        (response.judged.p99_us, response.judged.p999_us) = (None, None);
        let line = judged("delivery.response.p99 < 1000s", &stage);
        assert_eq!((line.result, line.observed.as_str()), (Verdict::Fail, "never"));
        assert!(line.why.unwrap().contains("never"));
    }

    #[test]
    fn a_metric_without_samples_never_passes() {
        let mut stage = crate::record::example::run().stages.remove(0);
        stage.latencies.response = None;
        stage.monitor = None;
        (stage.users.asked, stage.rates) = (0, None);
        for text in [
            "delivery.response.p99 < 100s",
            "rss.max < 100GiB",
            "connects >= 0%",
            "rate.sent >= 0/s",
        ] {
            let line = judged(text, &stage);
            assert_eq!((line.result, line.observed.as_str()), (Verdict::Fail, "n/a"), "{text}");
        }
    }

    #[test]
    fn a_generator_that_was_too_slow_says_nothing_of_times_and_all_of_losses() {
        let mut stage = crate::record::example::run().stages.remove(0);
        stage.self_check = SelfCheck { reasons: vec!["late".into()], ..SelfCheck::default() };
        stage.delivery.lost = 3;
        assert_eq!(judged("delivery.response.p50 < 100s", &stage).result, Verdict::Invalid);
        assert_eq!(judged("delivery.response.p50 < 0.001ms", &stage).result, Verdict::Invalid);
        assert_eq!(judged("lost == 0", &stage).result, Verdict::Fail);
    }

    #[test]
    fn the_times_of_a_warm_up_are_not_judged_and_its_losses_are() {
        let mut stage = crate::record::example::run().stages.remove(0);
        stage.warm_up = true;
        let lines = judge(&Rules::default(), &stage, false);
        assert!(lines.iter().all(|line| !line.metric.starts_with("delivery.")));
        assert!(lines.iter().any(|line| line.metric == "lost"));
    }
}
