//! The numbered cases as one table: the end of `cargo test`, and a part of every report.

use super::{Align, Lang, Table, errors::in_lang, escape, number, titles, words};
use crate::{
    record::{CaseRecord, CaseResult},
    verdict::Level,
};

/// Cases by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CaseCounts {
    /// The requirement held.
    pub passed: u64,
    /// Level INFO: seen and not judged.
    pub observed: u64,
    /// A MUST did not hold.
    pub failed_must: u64,
    /// A SHOULD did not hold: a warning.
    pub failed_should: u64,
    /// Failed, and listed as known.
    pub known: u64,
    /// Passed, and listed as a known failure.
    pub unexpected_pass: u64,
    /// Not run, because another failed.
    pub blocked: u64,
    /// Not run, because the dialect cannot express it or it was not asked for.
    pub skipped: u64,
    /// Not run to its end, by our own fault.
    pub trouble: u64,
}

impl CaseCounts {
    /// Counts the cases.
    pub fn of(cases: &[CaseRecord]) -> Self {
        let mut counts = Self::default();
        for case in cases {
            let count = match &case.result {
                CaseResult::Passed => &mut counts.passed,
                CaseResult::Observed { .. } => &mut counts.observed,
                CaseResult::Failed { .. } if case.level == Level::Must => &mut counts.failed_must,
                CaseResult::Failed { .. } => &mut counts.failed_should,
                CaseResult::Known { .. } => &mut counts.known,
                CaseResult::UnexpectedPass => &mut counts.unexpected_pass,
                CaseResult::Blocked { .. } => &mut counts.blocked,
                CaseResult::Skipped { .. } => &mut counts.skipped,
                CaseResult::Trouble { .. } => &mut counts.trouble,
            };
            *count += 1;
        }
        counts
    }

    /// One line; what did not occur is left out, but for the passed.
    pub fn line(&self, lang: Lang) -> String {
        let parts = [
            (self.failed_must, lang.pick("FAILED", "失败 FAILED")),
            (self.unexpected_pass, lang.pick("passed unexpectedly", "意外通过")),
            (
                self.failed_should,
                lang.pick("warnings (a SHOULD that failed)", "警告（SHOULD 未满足）"),
            ),
            (self.known, lang.pick("known to fail", "已知失败")),
            (self.blocked, lang.pick("blocked", "受阻")),
            (self.skipped, lang.pick("skipped", "跳过")),
            (self.observed, lang.pick("observed", "仅观察")),
            (self.trouble, lang.pick("in trouble (the harness)", "测试工具故障")),
        ];
        let passed = number::of(self.passed, self.all(), lang);
        let mut line = format!("{passed} {}", lang.pick("passed", "通过"));
        for (count, what) in parts.into_iter().filter(|(count, _)| *count > 0) {
            line.extend([lang.comma(), &number::count(count), " ", what]);
        }
        line
    }

    /// All cases.
    pub fn all(&self) -> u64 {
        self.passed
            + self.observed
            + self.failed_must
            + self.failed_should
            + self.known
            + self.unexpected_pass
            + self.blocked
            + self.skipped
            + self.trouble
    }
}

/// The table and a line that counts; every case is in it, in the order they ran. `None` without cases.
pub fn render(cases: &[CaseRecord], indent: &str, lang: Lang) -> Option<String> {
    if cases.is_empty() {
        return None;
    }
    let mut table = Table::new([
        (lang.pick("id", "编号"), Align::Left),
        (lang.pick("verdict", "结论"), Align::Left),
        (lang.pick("level", "级别"), Align::Left),
        (lang.pick("took", "用时"), Align::Right),
        (lang.pick("requirement", "要求"), Align::Left),
        (lang.pick("reason", "原因"), Align::Left),
    ]);
    for case in cases {
        table.row([
            escape::line(&case.id, 20),
            word(case, lang).to_owned(),
            case.level.to_string(),
            took(case),
            escape::line(titles::title(&case.id, &case.title, lang), 90),
            reason(case, lang),
        ]);
    }
    Some(format!("{}{indent}{}\n", table.render(indent), CaseCounts::of(cases).line(lang)))
}

/// Only what makes the run red is shouted.
pub(super) fn word(case: &CaseRecord, lang: Lang) -> &'static str {
    if case.warns() {
        lang.pick("warning", "警告")
    } else {
        words::case_result(&case.result, lang)
    }
}

pub(super) fn took(case: &CaseRecord) -> String {
    match case.result {
        CaseResult::Blocked { .. } | CaseResult::Skipped { .. } => String::new(),
        _ => number::millis(case.took_ms),
    }
}

/// The reason, and where one has to look further: the evidence of a death, else the log.
pub(super) fn reason(case: &CaseRecord, lang: Lang) -> String {
    let reason = escape::text(&in_lang(&case.result.reason(), lang));
    match case.evidence.as_ref().or(case.log.as_ref()) {
        Some(log) if matches!(case.result, CaseResult::Failed { .. }) => {
            let log = escape::text(&log.display().to_string());
            format!("{reason}{}{log}", lang.pick("; see ", "；见 "))
        }
        _ => reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::example;

    #[test]
    fn a_skip_is_counted_as_skipped_and_never_as_passed() {
        let run = example::run();
        let counts = CaseCounts::of(&run.cases);
        assert_eq!((counts.passed, counts.skipped, counts.failed_must), (1, 1, 1));
        assert_eq!(
            counts.line(Lang::En),
            "1 of 9 passed, 1 FAILED, 1 passed unexpectedly, 1 warnings (a SHOULD that failed), 1 known to fail, \
             1 blocked, 1 skipped, 1 observed, 1 in trouble (the harness)"
        );
    }

    #[test]
    fn without_cases_there_is_no_table() {
        assert_eq!(render(&[], "", Lang::En), None);
    }
}
