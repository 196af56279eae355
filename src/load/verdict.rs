//! The requirements that every stage is held to: its thresholds, and what only the generator knows.

use super::tally::{Tally, Unsent};
use crate::{
    record::{Rigour, StageRecord, VerdictLine},
    threshold::{Rules, judge},
    verdict::Verdict,
};

/// Each requirement with what was observed; what the monitor measures comes later.
pub(super) fn lines(record: &StageRecord, tally: &Tally, rules: &Rules) -> Vec<VerdictLine> {
    let mut lines = judge(rules, record, false);
    if let Some(sent) = lines.iter_mut().find(|line| line.metric == "sent") {
        let unsent = record.delivery.unsent.iter();
        let most = unsent.max_by_key(|(_, count)| **count);
        if let Some((cause, count)) = most {
            let of = sent.why.take().unwrap_or_default();
            sent.why = Some(format!("{of}; {count} unsent: {cause}"));
        }
        // What the generator did not come to is not the server's failure, unless more was missing.
        let own = tally.unsent_because(Unsent::Generator);
        if own > 0 && sent.result == Verdict::Fail {
            let mut without = record.clone();
            without.delivery.sent += own;
            let held = judge(rules, &without, false);
            if held.iter().any(|line| line.metric == "sent" && line.result == Verdict::Pass) {
                sent.result = Verdict::Invalid;
            }
        }
    }
    if tally.held_up > 0 {
        let mut line = remark("held up by the server", tally.held_up);
        line.why =
            Some("sent later than due: the server had not read the message before".to_owned());
        lines.push(line);
    }
    for (error, count) in &tally.connect_errors {
        lines.push(remark(&format!("connect: {error}"), *count));
    }
    lines
}

/// Something that should not be and was: a warning.
fn remark(metric: &str, count: u64) -> VerdictLine {
    VerdictLine {
        metric: metric.to_owned(),
        observed: count.to_string(),
        limit: "0".to_owned(),
        unit: String::new(),
        result: Verdict::Fail,
        margin: None,
        level: Rigour::Warn,
        why: None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::mix::Action, *};
    use crate::record::example;

    fn sent(sent: u64, own: u64) -> VerdictLine {
        let mut record = example::run().stages.remove(0);
        (record.delivery.scheduled, record.delivery.sent) = (100, sent);
        let mut tally = Tally::default();
        (0..own).for_each(|_| tally.unsent(Unsent::Generator, Action::Chat, 1));
        record.delivery.unsent = tally.unsent_causes();
        let lines = lines(&record, &tally, &Rules::default());
        lines.into_iter().find(|line| line.metric == "sent").unwrap()
    }

    #[test]
    fn what_only_the_generator_left_out_is_invalid_and_no_failure() {
        assert_eq!(sent(99, 1).result, Verdict::Pass);
        let own = sent(90, 10);
        assert_eq!(own.result, Verdict::Invalid);
        assert!(own.why.unwrap().contains("10 unsent: the generator was too slow"));
        assert_eq!(sent(80, 10).result, Verdict::Fail, "ten more were the server's doing");
    }

    #[test]
    fn a_warning_does_not_make_a_stage_red() {
        assert_eq!(remark("foreign", 3).verdict(), Verdict::Pass);
    }
}
