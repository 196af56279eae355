//! What the monitor saw, by itself: for those who watch a server without loading it.

use serde::Serialize;

use super::{Lang, escape, page::Page, stage, words};
use crate::record::{GrowthRecord, MonitorSummary};

/// A monitor that ran alone, as a document.
#[derive(Debug, Serialize)]
struct Watched<'a> {
    summary: &'a MonitorSummary,
    growth: &'a [GrowthRecord],
}

/// The summary of a monitor that ran alone, and whether the server grew over all its rows.
pub fn render(summary: &MonitorSummary, growth: &[GrowthRecord], lang: Lang) -> String {
    let mut page = Page::default();
    stage::write_monitor(&mut page, lang.pick("monitor", "监控"), summary, lang);
    for thread in &summary.threads {
        let name = escape::line(&thread.name, 20);
        let (mean, max) = (thread.mean_cpu_percent, thread.max_cpu_percent);
        let text = match lang {
            Lang::En => {
                format!("{name} ({}): {mean:.1} % of one core, at most {max:.1} %", thread.tid)
            }
            Lang::Zh => format!("{name}（{}）：单核 {mean:.1} %，最高 {max:.1} %", thread.tid),
        };
        page.field(lang.pick("thread", "线程"), &text);
    }
    for it in growth {
        let verdict = words::growth(it.verdict, lang);
        let (colon, reason) = (lang.colon(), escape::text(&it.reason));
        page.field(&it.metric, &format!("{verdict}{colon}{reason}"));
    }
    page.finish()
}

/// The same as one JSON document of one line; `docs/records.md` tells the fields.
///
/// # Errors
/// None is known: every field can be written.
pub fn json(summary: &MonitorSummary, growth: &[GrowthRecord]) -> serde_json::Result<String> {
    serde_json::to_string(&Watched { summary, growth }).map(|text| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::example;

    #[test]
    fn threads_and_growth_are_told_in_both_languages() {
        let stage = example::run().stages.remove(1);
        let summary = stage.monitor.unwrap();
        let text = render(&summary, &stage.growth, Lang::En);
        for says in [
            "worker-1 (4712): 40.2 % of one core, at most 98.5 %",
            "fds.at_rest growing: with nobody connected",
            "rss.slope   steady: -0.5 to 1.0",
        ] {
            assert!(text.contains(says), "{says}: {text}");
        }
        let chinese = render(&summary, &stage.growth, Lang::Zh);
        assert!(chinese.contains("在增长：") && chinese.contains("线程"), "{chinese}");
    }

    #[test]
    fn the_document_has_the_fields_of_the_record() {
        let stage = example::run().stages.remove(1);
        let summary = stage.monitor.unwrap();
        let text = json(&summary, &stage.growth).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let back: MonitorSummary = serde_json::from_value(document["summary"].clone()).unwrap();
        assert_eq!(back, summary);
        assert_eq!(document["growth"][0]["metric"], "fds.at_rest");
    }
}
