//! One line about each thing that happens in a campaign, for the terminal while it runs.

use super::{Lang, cases::CaseCounts, errors::in_lang, escape, number, stage, text, words};
use crate::{
    record::{CaseRecord, Death, StagePlan, StageRecord, Statistic, Target},
    units::format_nanos,
    verdict::Verdict,
};

/// Which server is tested, and what the reader should know besides.
pub fn target(target: &Target, lang: Lang) -> Vec<String> {
    let advice =
        target.advice.iter().map(|line| format!("  {}", escape::text(&in_lang(line, lang))));
    std::iter::once(text::headline(target, lang)).chain(advice).collect()
}

/// The cases begin.
pub fn cases_begin(count: usize, lang: Lang) -> String {
    match lang {
        Lang::En => format!("cases: {count}, one at a time"),
        Lang::Zh => format!("用例：共 {count} 个，逐个运行"),
    }
}

/// What a case did that makes the run red or invalid; nothing for the others.
pub fn case(case: &CaseRecord, lang: Lang) -> Option<String> {
    (case.verdict() != Verdict::Pass).then(|| {
        let (id, word) = (escape::line(&case.id, 20), words::case_result(&case.result, lang));
        format!(
            "{id} {word}{}{}",
            lang.colon(),
            escape::text(&in_lang(&case.result.reason(), lang))
        )
    })
}

/// What became of the cases.
pub fn cases_end(cases: &[CaseRecord], lang: Lang) -> String {
    let counts = CaseCounts::of(cases).line(lang);
    format!("{}{}{counts}", lang.pick("cases", "用例"), lang.colon())
}

/// A stage begins.
pub fn stage_begins(
    name: &str,
    (number, count): (usize, usize),
    plan: &StagePlan,
    lang: Lang,
) -> String {
    let (name, plan) = (escape::line(name, 40), stage::plan(plan, lang));
    match lang {
        Lang::En => format!("stage {number} of {count}, {name}: {plan}"),
        Lang::Zh => format!("阶段 {number}/{count}，{name}：{plan}"),
    }
}

/// What became of a stage, and the first reason where it is not a PASS.
pub fn stage_ends(record: &StageRecord, lang: Lang) -> String {
    let delivery = &record.delivery;
    let p99 = record.latencies.response.as_ref().and_then(|l| l.measured_us(Statistic::P99));
    let p99 = p99.map_or_else(
        || lang.pick("n/a", "无").to_owned(),
        |micros| format_nanos((micros * 1_000.0) as u64),
    );
    let name = escape::line(&record.name, 40);
    let (verdict, took) = (words::verdict(record.verdict, lang), number::millis(record.took_ms));
    let logged_in = number::of(record.users.logged_in(), record.users.asked, lang);
    let [sent, delivered, lost, duplicated, misdelivered] = [
        delivery.sent,
        delivery.delivered(),
        delivery.lost,
        delivery.duplicated,
        delivery.misdelivered,
    ]
    .map(number::count);
    let mut line = match lang {
        Lang::En => format!(
            "stage {name}: {verdict}: {logged_in} logged in, {sent} sent, {delivered} delivered, {lost} lost, \
             {duplicated} duplicated, {misdelivered} misdelivered, p99 {p99}, took {took}"
        ),
        Lang::Zh => format!(
            "阶段 {name}：{verdict}：登录 {logged_in}，发送 {sent}，送达 {delivered}，丢失 {lost}，重复 {duplicated}，\
             误投 {misdelivered}，p99 {p99}，历时 {took}"
        ),
    };
    let grounds = record.grounds();
    if let Some((_, ground)) = grounds.iter().find(|(verdict, _)| *verdict == record.verdict) {
        line.push_str(lang.pick("; ", "；"));
        line.push_str(&words::ground(ground, lang));
    }
    line
}

/// The server died and is started again.
pub fn restarts(death: &Death, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{}; starting it again", escape::text(&death.to_string())),
        Lang::Zh => format!("服务器崩溃（{}），正在重新启动", words::death_cause(&death.how, lang)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::example;

    #[test]
    fn each_line_is_one_line_in_both_languages_whatever_a_server_said() {
        let run = example::run();
        for lang in [Lang::En, Lang::Zh] {
            let mut told = target(&run.target, lang);
            told.push(cases_begin(9, lang));
            told.push(cases_end(&run.cases, lang));
            told.extend(run.cases.iter().filter_map(|one| case(one, lang)));
            for stage in &run.stages {
                told.push(stage_begins(&stage.name, (1, 2), &stage.plan, lang));
                told.push(stage_ends(stage, lang));
                told.extend(stage.death.iter().map(|death| restarts(death, lang)));
            }
            for line in told {
                assert!(!line.contains(char::is_control), "{line:?}");
            }
        }
    }

    #[test]
    fn only_what_makes_a_run_red_or_invalid_is_told_of_the_cases() {
        let told: Vec<_> =
            example::run().cases.iter().filter_map(|one| case(one, Lang::En)).collect();
        let ids: Vec<_> = told.iter().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(ids, ["CHAT-5", "OFF-1", "LOAD-1"]);
    }

    #[test]
    fn a_stage_that_failed_says_why() {
        let line = stage_ends(&example::run().stages[1], Lang::En);
        assert!(line.contains(": FAIL: ") && line.contains("the server died: signal"), "{line}");
    }
}
