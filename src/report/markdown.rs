//! A short report in Markdown, for the summary page of a pipeline and for merge requests.

use super::{
    Lang, cases::CaseCounts, errors::in_lang, escape, number, text, titles, troubles, words,
};
use crate::{
    record::{RunRecord, StageRecord, Statistic},
    verdict::Verdict,
};

/// So many grounds and warnings are listed; the rest is counted.
const MAX_LISTED: usize = 12;

/// The verdict and its grounds, the stages side by side, the cases counted.
pub fn render(record: &RunRecord, lang: Lang) -> String {
    let mut page = String::new();
    let mut line = |text: &str| {
        page.push_str(text);
        page.push('\n');
    };
    let (verdict, reason) = (words::verdict(record.verdict, lang), words::reason(record, lang));
    line(&format!("## {} {verdict}{}{}", mark(record.verdict), lang.colon(), safe(&reason)));
    line("");
    line(&safe(&text::headline(&record.target, lang)));
    line("");
    for ground in grounds(record, lang) {
        line(&ground);
    }
    for explained in troubles::explain(record, lang) {
        let colon = lang.colon();
        line(&format!(
            "* **{}**{colon}{} {}",
            safe(&explained.what),
            safe(explained.cause),
            safe(&format!("→ {}", explained.cure))
        ));
    }
    if !record.cases.is_empty() {
        let counts = CaseCounts::of(&record.cases).line(lang);
        line(&format!("**{}**{}{counts}", lang.pick("Cases", "用例"), lang.colon()));
        line("");
    }
    if !record.stages.is_empty() {
        for row in stages(record, lang) {
            line(&row);
        }
        line("");
    }
    let harness = safe(&record.harness_version);
    let ending = safe(&words::ending(record, lang));
    line(&format!(
        "<sub>chatserver-harness {harness} · {} · {:.0}{}{ending}</sub>",
        safe(&record.run_id),
        record.started,
        lang.comma()
    ));
    page
}

fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅",
        Verdict::Invalid => "⚠️",
        Verdict::Fail => "❌",
    }
}

/// Every ground and warning as an item of a list, and an empty line; nothing for a plain PASS.
fn grounds(record: &RunRecord, lang: Lang) -> Vec<String> {
    let grounds = record.grounds();
    let mut items: Vec<_> = grounds
        .iter()
        .map(|judged| format!("- {} {}", mark(judged.verdict), safe(&words::judged(judged, lang))))
        .collect();
    let warning = lang.pick("warning", "警告");
    for case in record.cases.iter().filter(|case| case.warns()) {
        let title = titles::title(&case.id, &case.title, lang);
        let reason = case.result.reason();
        let text = format!("{} {title}{}{}", case.id, lang.colon(), in_lang(&reason, lang));
        items.push(format!("- {warning}{}{}", lang.colon(), safe(&text)));
    }
    for stage in &record.stages {
        for line in stage.warnings() {
            let line = words::line(line, lang);
            let text =
                format!("{} {}{}{line}", lang.pick("stage", "阶段"), stage.name, lang.colon());
            items.push(format!("- {warning}{}{}", lang.colon(), safe(&text)));
        }
    }
    let more = items.len().saturating_sub(MAX_LISTED);
    items.truncate(MAX_LISTED);
    if more > 0 {
        items.push(match lang {
            Lang::En => format!("- and {more} more"),
            Lang::Zh => format!("- 另有 {more} 条"),
        });
    }
    if !items.is_empty() {
        items.push(String::new());
    }
    items
}

fn stages(record: &RunRecord, lang: Lang) -> Vec<String> {
    let heads = [
        lang.pick("stage", "阶段"),
        lang.pick("verdict", "结论"),
        lang.pick("clients", "客户端"),
        lang.pick("delivered", "送达"),
        lang.pick("lost", "丢失"),
        lang.pick("delivered/s", "送达/秒"),
        lang.pick("response p50", "响应 p50"),
        "p99",
        lang.pick("CPU %", "CPU %"),
        lang.pick("RSS MB", "RSS MB"),
    ];
    let mut rows = vec![format!("| {} |", heads.join(" | "))];
    rows.push(format!("|:--|:--|{}", "--:|".repeat(heads.len() - 2)));
    rows.extend(record.stages.iter().map(|stage| row(stage, lang)));
    rows
}

fn row(stage: &StageRecord, lang: Lang) -> String {
    let na = || lang.pick("n/a", "无").to_owned();
    let response = stage.latencies.response.as_ref();
    // The percentiles that are judged: what never arrived is infinitely late.
    let latency = |statistic| {
        number::latency(response.and_then(|response| response.judged_us(statistic)), lang)
    };
    let column = |name: &str| stage.monitor.as_ref().and_then(|monitor| monitor.column(name));
    let cells = [
        safe(&escape::line(&stage.name, 40)),
        format!("{} {}", mark(stage.verdict), words::verdict(stage.verdict, lang)),
        number::count(stage.plan.clients),
        number::of(stage.delivery.delivered(), stage.delivery.entitled, lang),
        number::count(stage.delivery.lost),
        stage.rates.map_or_else(na, |rates| number::value(rates.delivered_per_s)),
        latency(Statistic::P50),
        latency(Statistic::P99),
        column("cpu_percent").map_or_else(na, |column| number::value(column.mean)),
        column("rss_mb").map_or_else(na, |column| number::value(column.max)),
    ];
    format!("| {} |", cells.join(" | "))
}

fn safe(text: &str) -> String {
    escape::markdown(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{CaseResult, example};

    #[test]
    fn the_report_of_a_run_with_everything_in_it() {
        insta::assert_snapshot!(render(&example::run(), Lang::En));
    }

    #[test]
    fn the_same_report_in_chinese() {
        insta::assert_snapshot!(render(&example::run(), Lang::Zh));
    }

    #[test]
    fn what_a_server_says_is_neither_markup_nor_a_picture_nor_a_cell() {
        let mut run = example::run();
        let hostile = "![x](http://evil/p.png) <img src=x> | `a` **b**\n# PASS";
        run.cases[2].result = CaseResult::Failed { reason: hostile.into() };
        run.stages[1].name = "a|b".into();
        run.stages.truncate(2);
        let page = render(&run, Lang::En);
        let written = "\\!\\[x\\](http\\://evil/p.png) \\<img src=x\\> \\| \\`a\\` \\*\\*b\\*\\*\\\\n\\# PASS";
        assert!(page.contains(written), "{page}");
        assert!(page.contains("| a\\|b |") && !page.contains("http://"), "{page}");
    }

    #[test]
    fn a_long_list_of_grounds_is_cut_and_counted() {
        let mut run = example::run();
        let failed = run.cases[2].clone();
        run.cases.extend(std::iter::repeat_n(failed, 30));
        let page = render(&run, Lang::En);
        let items = page.lines().filter(|line| line.starts_with("- ")).count();
        assert_eq!(items, MAX_LISTED + 1);
        assert!(page.contains("- and "), "{page}");
    }
}
