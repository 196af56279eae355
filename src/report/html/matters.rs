//! What is read first: the verdict, its grounds, the warnings, and the numbers that matter.

use serde::Serialize;

use crate::{
    record::{LatencySummary, RunRecord, StageRecord, Statistic},
    report::{Lang, cases::CaseCounts, errors::in_lang, escape, number, titles, words},
    verdict::Verdict,
};

/// So many grounds and warnings are listed; the rest is counted.
const MAX_LISTED: usize = 20;

/// One ground or warning.
#[derive(Debug, Serialize)]
pub(super) struct Item {
    class: &'static str,
    word: &'static str,
    text: String,
}

/// One number that matters.
#[derive(Debug, Serialize)]
pub(super) struct Card {
    label: &'static str,
    value: String,
    note: String,
    class: &'static str,
}

/// The grounds of the verdict and the warnings, with how many are left out.
pub(super) fn items(record: &RunRecord, lang: Lang) -> (Vec<Item>, usize) {
    let grounds = record.grounds();
    let mut items: Vec<_> = grounds
        .iter()
        .map(|judged| Item {
            class: super::verdict_class(judged.verdict),
            word: words::verdict(judged.verdict, lang),
            text: words::judged(judged, lang),
        })
        .collect();
    let warning =
        |text: String| Item { class: "warn", word: lang.pick("WARN", "警告 WARN"), text };
    for case in record.cases.iter().filter(|case| case.warns()) {
        let title = titles::title(&case.id, &case.title, lang);
        let (id, title) = (escape::line(&case.id, 20), escape::line(title, 90));
        let reason = escape::text(&in_lang(&case.result.reason(), lang));
        items.push(warning(format!("{id} {title}{}{reason}", lang.colon())));
    }
    for stage in &record.stages {
        let name = escape::line(&stage.name, 60);
        items.extend(stage.warnings().map(|line| {
            let line = words::line(line, lang);
            warning(format!("{} {name}{}{line}", lang.pick("stage", "阶段"), lang.colon()))
        }));
    }
    let more = items.len().saturating_sub(MAX_LISTED);
    items.truncate(MAX_LISTED);
    (items, more)
}

/// The numbers over all stages but the warm-ups, each with the stage it was seen in.
pub(super) fn cards(record: &RunRecord, lang: Lang) -> Vec<Card> {
    let mut cards = Vec::new();
    if !record.cases.is_empty() {
        let counts = CaseCounts::of(&record.cases);
        let red = counts.failed_must + counts.unexpected_pass;
        cards.push(Card {
            label: lang.pick("Cases passed", "用例通过"),
            value: number::of(counts.passed, counts.all(), lang),
            note: match red {
                0 => lang.pick("none failed that must hold", "必须满足的用例无一失败").to_owned(),
                red => format!("{} {}", number::count(red), lang.pick("failed", "个失败")),
            },
            class: if red > 0 { "fail" } else { "" },
        });
    }
    let measured = record.stages.iter().any(|stage| !stage.warm_up);
    let stages: Vec<_> = record.stages.iter().filter(|stage| !stage.warm_up || !measured).collect();
    if !stages.is_empty() {
        cards.extend([logins(&stages, lang), delivered(&stages, lang)]);
        cards.extend(slowest(&stages, lang));
        cards.extend(fastest(&stages, lang));
        cards.extend(largest(&stages, "cpu_percent", lang));
        cards.extend(largest(&stages, "rss_mb", lang));
    }
    cards
}

fn logins(stages: &[&StageRecord], lang: Lang) -> Card {
    let (mut asked, mut came) = (0, 0);
    for stage in stages {
        asked += stage.users.asked;
        came += stage.users.logged_in();
    }
    Card {
        label: lang.pick("Logins", "登录"),
        value: number::percent(came, asked),
        note: number::of(came, asked, lang),
        class: if came < asked { "warn" } else { "" },
    }
}

fn delivered(stages: &[&StageRecord], lang: Lang) -> Card {
    let (mut entitled, mut delivered, mut wrong) = (0, 0, 0);
    for stage in stages {
        let delivery = &stage.delivery;
        entitled += delivery.entitled;
        delivered += delivery.delivered();
        wrong += delivery.lost + delivery.duplicated + delivery.misdelivered + delivery.altered();
    }
    let note = match wrong {
        0 => number::of(delivered, entitled, lang),
        _ => format!(
            "{} {}",
            number::count(wrong),
            lang.pick("lost, doubled, misdelivered or corrupted", "条丢失、重复、误投或损坏")
        ),
    };
    Card {
        label: lang.pick("Delivered", "送达"),
        value: number::percent(delivered, entitled),
        note,
        class: if wrong > 0 || delivered == 0 { "fail" } else { "" },
    }
}

/// The worst p99, in which what never arrived is infinitely late.
fn slowest(stages: &[&StageRecord], lang: Lang) -> Option<Card> {
    let p99 = |summary: &LatencySummary| summary.judged_us(Statistic::P99);
    let response = |stage: &StageRecord| {
        stage.latencies.response.as_ref().or(stage.latencies.service.as_ref()).and_then(p99)
    };
    let (value, stage) = highest(stages, response)?;
    Some(Card {
        label: lang.pick("Worst p99", "最差 p99 延迟"),
        value: number::latency(Some(value), lang),
        note: escape::line(&stage.name, 40),
        class: if value.is_finite() { "" } else { "fail" },
    })
}

fn fastest(stages: &[&StageRecord], lang: Lang) -> Option<Card> {
    let (value, stage) = highest(stages, |stage| Some(stage.rates?.delivered_per_s))?;
    Some(Card {
        label: lang.pick("Highest rate", "最高速率"),
        value: format!("{}/s", number::value(value)),
        note: escape::line(&stage.name, 40),
        class: "",
    })
}

fn largest(stages: &[&StageRecord], column: &str, lang: Lang) -> Option<Card> {
    let (value, stage) =
        highest(stages, |stage| Some(stage.monitor.as_ref()?.column(column)?.max))?;
    let (label, unit) = match column {
        "cpu_percent" => (lang.pick("Peak CPU", "服务器 CPU 峰值"), "%"),
        _ => (lang.pick("Peak memory", "服务器内存峰值"), "MiB"),
    };
    Some(Card {
        label,
        value: format!("{} {unit}", number::value(value)),
        note: escape::line(&stage.name, 40),
        class: "",
    })
}

fn highest<'a>(
    stages: &[&'a StageRecord],
    value: impl Fn(&StageRecord) -> Option<f64>,
) -> Option<(f64, &'a StageRecord)> {
    let values = stages.iter().filter_map(|stage| Some((value(stage)?, *stage)));
    values.max_by(|(one, _), (other, _)| one.total_cmp(other))
}

/// The mark before the verdict.
pub(super) fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Invalid => "?",
        Verdict::Fail => "✗",
    }
}
