//! Tables for spreadsheets: `stages.csv`, a row a stage; `seconds.csv`, a row a second.

use super::escape;
use crate::record::{LatencySummary, RunRecord, StagePlan, StageRecord, Statistic};

/// What a cell must not begin with: a spreadsheet would take it for a formula.
/// (Tabs and carriage returns are written out before.)
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// One row a stage: the plan, the users, what became of the messages, latencies, rates, the verdict. What was not
/// measured is empty; a judged percentile that falls on something undelivered is `inf`.
pub fn stages(record: &RunRecord) -> String {
    let header = stage_row(&StageRecord::new("", StagePlan::default(), record.started));
    let mut rows = Rows::new(header.into_iter().map(|(name, _)| name));
    for stage in &record.stages {
        rows.row(stage_row(stage).into_iter().map(|(_, cell)| cell));
    }
    rows.finish()
}

/// One row for each second of each stage, by the instant at which a message was due.
pub fn seconds(record: &RunRecord) -> String {
    let names = ["stage", "second", "at", "sent", "delivered", "p50_us", "p99_us", "max_us"];
    let mut rows = Rows::new(names);
    for stage in &record.stages {
        let name = text(&stage.name);
        for second in &stage.series {
            let offset = i64::try_from(second.second).unwrap_or(i64::MAX);
            let at = stage.started.checked_add(jiff::SignedDuration::from_secs(offset));
            rows.row([
                name.clone(),
                second.second.to_string(),
                at.map(|at| format!("{at:.3}")).unwrap_or_default(),
                second.sent.to_string(),
                second.delivered.to_string(),
                number(second.p50_us),
                number(second.p99_us),
                number(second.max_us),
            ]);
        }
    }
    rows.finish()
}

fn stage_row(stage: &StageRecord) -> Vec<(&'static str, String)> {
    let (plan, users, delivery) = (&stage.plan, &stage.users, &stage.delivery);
    let mut row = vec![
        ("stage", text(&stage.name)),
        ("verdict", stage.verdict.to_string()),
        ("warm_up", stage.warm_up.to_string()),
        ("started", format!("{:.3}", stage.started)),
        ("took_ms", stage.took_ms.to_string()),
        ("clients", plan.clients.to_string()),
        ("duration_ms", plan.duration_ms.to_string()),
        ("interval_us", plan.interval_us.map(|it| it.to_string()).unwrap_or_default()),
        ("rate_per_s", number(plan.rate_per_s)),
        ("workload", text(&plan.workload)),
        ("pace", text(&plan.pace)),
        ("seed", plan.seed.to_string()),
        ("nodes", plan.nodes.to_string()),
    ];
    let counts = [
        ("registered", users.registered),
        ("connected", users.connected),
        ("connect_failed", users.connect_failed),
        ("logged_in", users.logged_in()),
        ("logged_in_after_retry", users.logged_in_after_retry),
        ("login_refused", users.login_refused),
        ("login_unanswered", users.login_unanswered),
        ("closed_by_server", users.closed_by_server),
        ("scheduled", delivery.scheduled),
        ("sent", delivery.sent),
        ("unsent", delivery.unsent_total()),
        ("entitled", delivery.entitled),
        ("delivered_live", delivery.delivered_live),
        ("delivered_offline", delivery.delivered_offline),
        ("lost", delivery.lost),
        ("duplicated", delivery.duplicated),
        ("misdelivered", delivery.misdelivered),
        ("astray", delivery.astray),
        ("corrupted", delivery.corrupted),
        ("mangled", delivery.mangled),
        ("unexpected", delivery.unexpected),
        ("out_of_order", delivery.out_of_order),
        ("uncollected", delivery.uncollected),
        ("indeterminate", delivery.indeterminate),
        ("recovered", delivery.recovered),
        ("may_heard", delivery.may_heard),
        ("foreign", delivery.foreign),
    ];
    row.extend(counts.map(|(name, count)| (name, count.to_string())));
    let across = stage.paths.as_ref().map(|paths| &paths.across_nodes);
    for (name, count) in [
        ("across_entitled", across.map(|path| path.entitled)),
        ("across_delivered", across.map(|path| path.delivered)),
        ("across_lost", across.map(|path| path.lost)),
        ("across_duplicated", across.map(|path| path.duplicated)),
    ] {
        row.push((name, count.map(|it| it.to_string()).unwrap_or_default()));
    }
    let response = across.and_then(|path| path.response.as_ref()?.measured_us(Statistic::P99));
    row.push(("across_response_p99_us", number(response)));
    let rates = stage.rates.as_ref();
    row.push(("window_ms", rates.map(|rates| rates.window_ms.to_string()).unwrap_or_default()));
    row.push(("sent_per_s", number(rates.map(|rates| rates.sent_per_s))));
    row.push(("delivered_per_s", number(rates.map(|rates| rates.delivered_per_s))));
    let latencies = &stage.latencies;
    let columns = [
        ("login_p99_us", &latencies.login, Statistic::P99),
        ("response_mean_us", &latencies.response, Statistic::Mean),
        ("response_p50_us", &latencies.response, Statistic::P50),
        ("response_p90_us", &latencies.response, Statistic::P90),
        ("response_p99_us", &latencies.response, Statistic::P99),
        ("response_p999_us", &latencies.response, Statistic::P999),
        ("response_max_us", &latencies.response, Statistic::Max),
        ("service_p50_us", &latencies.service, Statistic::P50),
        ("service_p99_us", &latencies.service, Statistic::P99),
    ];
    row.extend(columns.map(|(name, summary, which)| {
        (name, number(summary.as_ref().and_then(|summary| summary.measured_us(which))))
    }));
    let judged = |summary: &LatencySummary| summary.judged_us(Statistic::P99);
    row.push(("response_p99_judged_us", number(latencies.response.as_ref().and_then(judged))));
    for (name, column) in [("cpu_percent_mean", "cpu_percent"), ("rss_mb_max", "rss_mb")] {
        let summary = stage.monitor.as_ref().and_then(|monitor| monitor.column(column));
        let value = summary.map(|summary| match column {
            "rss_mb" => summary.max,
            _ => summary.mean,
        });
        row.push((name, number(value)));
    }
    let reasons: Vec<_> = stage.reasons().into_iter().map(|(_, reason)| reason).collect();
    row.push(("reason", text(&reasons.join("; "))));
    row
}

fn number(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Text in a cell: on one line, and with an apostrophe before it where a spreadsheet would compute it.
fn text(text: &str) -> String {
    let safe = escape::text(text);
    if safe.trim_start().starts_with(FORMULA) { format!("'{safe}") } else { safe }
}

/// A CSV file in memory.
struct Rows {
    writer: csv::Writer<Vec<u8>>,
}

impl Rows {
    fn new<'a>(header: impl IntoIterator<Item = &'a str>) -> Self {
        let mut rows = Self { writer: csv::Writer::from_writer(Vec::new()) };
        rows.row(header.into_iter().map(str::to_owned));
        rows
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let written = self.writer.write_record(cells);
        written.expect("memory takes every row, and all rows have the header's length");
    }

    fn finish(self) -> String {
        let bytes = self.writer.into_inner().expect("memory takes every row");
        String::from_utf8(bytes).expect("the cells are text")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::example;

    #[test]
    fn a_row_for_each_stage_and_each_second() {
        let run = example::run();
        insta::assert_snapshot!(format!("{}\n{}", stages(&run), seconds(&run)));
    }

    #[test]
    fn a_name_that_is_a_formula_is_text() {
        let mut run = example::run();
        for (name, cell) in [
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("@SUM(1)", "'@SUM(1)"),
            ("-1+1", "'-1+1"),
            (" +1", "' +1"),
            ("a,\"b\"\nc", "\"a,\"\"b\"\"\\nc\""),
        ] {
            run.stages[0].name = name.into();
            for table in [stages(&run), seconds(&run)] {
                let row = table.lines().nth(1).unwrap();
                assert!(row.starts_with(&format!("{cell},")), "{row}");
            }
        }
    }

    #[test]
    fn every_row_has_the_columns_of_the_header() {
        for table in [stages(&example::run()), seconds(&example::run())] {
            let mut reader = csv::Reader::from_reader(table.as_bytes());
            assert!(reader.records().all(|row| row.is_ok()) && table.lines().count() > 2);
        }
    }
}
