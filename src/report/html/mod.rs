//! The report as one HTML file that loads nothing: the verdict first, then what matters, charts, facts, limits.
//!
//! Every text passes [`escape`] and then the template's own escaping; the page forbids itself (by its
//! content security policy) to load anything and to run any script but the one it was made with.

mod bins;
mod grid;
mod matters;
mod provenance;
mod scale;
mod spectrum;
mod stages;
mod timeline;

use minijinja::{AutoEscape, Environment, Value, value::Serde};
use serde::Serialize;
use thiserror::Error;

use self::{
    grid::{Cell, Grid},
    matters::{Card, Item},
    spectrum::Spectrum,
    stages::{DeathView, Detail, FindingView},
    timeline::Timeline,
};
use super::{Lang, cases, errors::in_lang, escape, text, troubles, words};
use crate::{
    record::{MonitorRows, RunRecord},
    verdict::Verdict,
};

const TEMPLATE: &str = include_str!("page.html.jinja");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// SHA-256 of `script.js`, base64: the only script that the page lets run. A test in a browser holds it.
const SCRIPT_HASH: &str = "RiJue4s48z+JY6fZHrXxVh259n5Ash48wo/QEaSR9RM=";

/// The page could not be made.
#[derive(Debug, Error)]
#[error("cannot render the record as HTML: {0}")]
pub struct HtmlError(#[source] minijinja::Error);

/// The whole page, as the template sees it.
#[derive(Debug, Serialize)]
struct Page {
    lang: &'static str,
    style: &'static str,
    script: &'static str,
    script_hash: &'static str,
    verdict: &'static str,
    class: &'static str,
    mark: &'static str,
    reason: String,
    headline: String,
    run: String,
    when: String,
    items: Vec<Item>,
    more: usize,
    cards: Vec<Card>,
    stages: Option<Grid>,
    timeline: Option<Timeline>,
    spectrum: Option<Spectrum>,
    delivery: Option<Grid>,
    findings: Vec<FindingView>,
    deaths: Vec<DeathView>,
    details: Vec<Detail>,
    cases: Option<Grid>,
    case_counts: String,
    facts_of_run: Vec<(&'static str, String)>,
    remarks: Vec<String>,
    limitations: Vec<String>,
    troubles: Vec<troubles::Explained>,
    plan: Option<String>,
}

/// The record as one self-contained HTML page; the charts of the server's process need the monitor's rows.
pub fn render(
    record: &RunRecord,
    monitor: &[MonitorRows],
    lang: Lang,
) -> Result<String, HtmlError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.add_function("t", move |english: &str, chinese: &str| -> String {
        lang.pick(english, chinese).to_owned()
    });
    environment.add_template("page", TEMPLATE).map_err(HtmlError)?;
    let template = environment.get_template("page").map_err(HtmlError)?;
    let page = Value::from(Serde(page(record, monitor, lang)));
    // A template ends without its last newline.
    template.render(page).map(|html| html + "\n").map_err(HtmlError)
}

fn page(record: &RunRecord, monitor: &[MonitorRows], lang: Lang) -> Page {
    let (items, more) = matters::items(record, lang);
    let rows = monitor.iter().any(|rows| !rows.rows.is_empty());
    Page {
        lang: lang.tag(),
        style: STYLE,
        script: SCRIPT,
        script_hash: SCRIPT_HASH,
        verdict: words::verdict(record.verdict, lang),
        class: verdict_class(record.verdict),
        mark: matters::mark(record.verdict),
        reason: words::reason(record, lang),
        headline: text::headline(&record.target, lang),
        run: escape::line(&record.run_id, 100),
        when: format!("{:.0}{}{}", record.started, lang.comma(), words::ending(record, lang)),
        items,
        more,
        cards: matters::cards(record, lang),
        stages: stages::overview(record, lang),
        timeline: timeline::timeline(record, monitor, lang),
        spectrum: spectrum::spectrum(record, lang),
        delivery: stages::delivery(record, lang),
        findings: stages::findings(record, lang),
        deaths: stages::deaths(record, lang),
        details: stages::details(record, lang),
        cases: case_grid(record, lang),
        case_counts: cases::CaseCounts::of(&record.cases).line(lang),
        facts_of_run: provenance::facts(record, lang),
        remarks: record.remarks.iter().map(|remark| escape::text(&in_lang(remark, lang))).collect(),
        limitations: provenance::limitations(record, rows, lang),
        troubles: troubles::explain(record, lang),
        plan: record.provenance.plan.as_deref().map(provenance::plan),
    }
}

fn case_grid(record: &RunRecord, lang: Lang) -> Option<Grid> {
    let mut grid = Grid::new([
        (lang.pick("id", "编号"), false),
        (lang.pick("verdict", "结论"), false),
        (lang.pick("level", "级别"), false),
        (lang.pick("requirement", "要求"), false),
        (lang.pick("reason", "原因"), false),
        (lang.pick("took", "用时"), true),
    ]);
    for case in &record.cases {
        let class = match case.verdict() {
            Verdict::Pass if case.warns() => "warn",
            Verdict::Pass if case.result.passed() => "pass",
            Verdict::Pass => "quiet",
            red => verdict_class(red),
        };
        grid.row([
            Cell::text(escape::line(&case.id, 20)),
            Cell::badge(cases::word(case, lang), class),
            Cell::text(case.level.to_string()),
            Cell::text(escape::line(&case.title, 120)),
            Cell::text(cases::reason(case, lang)),
            Cell::number(cases::took(case)),
        ]);
    }
    grid.some()
}

/// The colour of a verdict.
fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Invalid => "invalid",
        Verdict::Fail => "fail",
    }
}

#[cfg(test)]
mod tests;
