//! The stages: side by side in tables, one by one in detail.

use serde::Serialize;

use super::{
    grid::{Cell, Grid},
    verdict_class,
};
use crate::{
    record::{
        Death, Finding, LatencySummary, Rigour, RunRecord, StageRecord, Statistic, VerdictLine,
    },
    report::{Lang, escape, number, paths, phrases::phrase, stage, words},
    verdict::Verdict,
};

/// Measured numbers of a distribution, in the order of the tables.
const STATISTICS: [Statistic; 6] = [
    Statistic::Mean,
    Statistic::P50,
    Statistic::P90,
    Statistic::P99,
    Statistic::P999,
    Statistic::Max,
];

/// One stage in detail.
#[derive(Debug, Serialize)]
pub(super) struct Detail {
    name: String,
    class: &'static str,
    verdict: &'static str,
    open: bool,
    facts: Vec<(&'static str, String)>,
    requirements: Option<Grid>,
    latencies: Option<Grid>,
    monitor: Option<Grid>,
    remarks: Vec<String>,
}

/// A kind of finding with its examples.
#[derive(Debug, Serialize)]
pub(super) struct FindingView {
    stage: String,
    kind: &'static str,
    count: String,
    meaning: String,
    examples: Vec<ExampleView>,
    more: Option<String>,
}

/// One example.
#[derive(Debug, Serialize)]
struct ExampleView {
    at: String,
    way: String,
    frame: String,
}

/// The end of a server.
#[derive(Debug, Serialize)]
pub(super) struct DeathView {
    stage: String,
    how: String,
    stderr: Vec<String>,
    stdout: Vec<String>,
    log: Option<String>,
}

fn name(stage: &StageRecord, lang: Lang) -> String {
    let warm_up = if stage.warm_up { lang.pick(" (warm-up)", "（预热）") } else { "" };
    format!("{}{warm_up}", escape::line(&stage.name, 60))
}

/// The stages side by side.
pub(super) fn overview(record: &RunRecord, lang: Lang) -> Option<Grid> {
    let mut grid = Grid::new([
        (lang.pick("stage", "阶段"), false),
        (lang.pick("verdict", "结论"), false),
        (lang.pick("clients", "客户端"), true),
        (lang.pick("logins", "登录"), true),
        (lang.pick("sent/s", "发送/秒"), true),
        (lang.pick("delivered/s", "送达/秒"), true),
        (lang.pick("response p50", "响应 p50"), true),
        ("p99", true),
        (lang.pick("p99 with undelivered", "p99（含未送达）"), true),
        (lang.pick("CPU % mean", "CPU % 平均"), true),
        (lang.pick("memory MiB max", "内存 MiB 最大"), true),
    ]);
    let none = || lang.pick("n/a", "无").to_owned();
    for stage in &record.stages {
        let response = stage.latencies.response.as_ref();
        let measured = |which| response.and_then(|it: &LatencySummary| it.measured_us(which));
        let judged = response.and_then(|it| it.judged_us(Statistic::P99));
        let column = |name: &str| stage.monitor.as_ref().and_then(|it| it.column(name));
        let value = |value: Option<f64>| Cell::number(value.map_or_else(none, number::value));
        grid.row([
            Cell::text(name(stage, lang)),
            Cell::badge(words::verdict(stage.verdict, lang), verdict_class(stage.verdict)),
            Cell::number(number::count(stage.plan.clients)),
            Cell::number(number::count(stage.users.logged_in())),
            value(stage.rates.map(|rates| rates.sent_per_s)),
            value(stage.rates.map(|rates| rates.delivered_per_s)),
            Cell::number(number::latency(measured(Statistic::P50), lang)),
            Cell::number(number::latency(measured(Statistic::P99), lang)),
            Cell::number(number::latency(judged, lang)),
            value(column("cpu_percent").map(|column| column.mean)),
            value(column("rss_mb").map(|column| column.max)),
        ]);
    }
    grid.some()
}

/// What became of the messages, stage by stage.
pub(super) fn delivery(record: &RunRecord, lang: Lang) -> Option<Grid> {
    let mut grid = Grid::new([
        (lang.pick("stage", "阶段"), false),
        (lang.pick("sent", "发送"), true),
        (lang.pick("unsent", "未发送"), true),
        (lang.pick("to deliver", "应送达"), true),
        (lang.pick("live", "在线送达"), true),
        (lang.pick("offline", "离线送达"), true),
        (lang.pick("lost", "丢失"), true),
        (lang.pick("duplicated", "重复"), true),
        (lang.pick("misdelivered", "误投"), true),
        (lang.pick("astray", "被他人收到"), true),
        (lang.pick("corrupted", "损坏"), true),
        (lang.pick("out of order", "乱序"), true),
        (lang.pick("unexpected", "不明"), true),
        (lang.pick("uncollected", "未取回"), true),
        (lang.pick("unknowable", "无法判定"), true),
    ]);
    for stage in &record.stages {
        let delivery = &stage.delivery;
        let count = |it: u64| Cell::number(number::count(it));
        grid.row([
            Cell::text(name(stage, lang)),
            count(delivery.sent),
            Cell::wrong(delivery.unsent_total()),
            count(delivery.entitled),
            count(delivery.delivered_live),
            count(delivery.delivered_offline),
            Cell::wrong(delivery.lost),
            Cell::wrong(delivery.duplicated),
            Cell::wrong(delivery.misdelivered),
            Cell::wrong(delivery.astray),
            Cell::wrong(delivery.altered()),
            Cell::wrong(delivery.out_of_order),
            Cell::wrong(delivery.unexpected),
            Cell::wrong(delivery.uncollected),
            Cell::wrong(delivery.indeterminate),
        ]);
    }
    grid.some()
}

/// What was wrong, with examples.
pub(super) fn findings(record: &RunRecord, lang: Lang) -> Vec<FindingView> {
    let of_stage = |stage: &'_ StageRecord| {
        let name = escape::line(&stage.name, 60);
        stage.findings.iter().map(|finding| view(finding, &name, lang)).collect::<Vec<_>>()
    };
    record.stages.iter().flat_map(of_stage).collect()
}

fn view(finding: &Finding, stage_name: &str, lang: Lang) -> FindingView {
    let example = |example: &crate::record::Example| ExampleView {
        at: number::millis(example.at_ms),
        way: stage::way(example).unwrap_or_default(),
        frame: escape::line(&example.frame, 600),
    };
    let more = finding.count.saturating_sub(finding.examples.len() as u64);
    FindingView {
        stage: stage_name.to_owned(),
        kind: words::finding(finding.kind, lang),
        count: number::count(finding.count),
        meaning: words::meaning(finding, lang),
        examples: finding.examples.iter().map(example).collect(),
        more: (more > 0 && !finding.examples.is_empty()).then(|| stage::more(more, lang)),
    }
}

/// The last words of each server that died.
pub(super) fn deaths(record: &RunRecord, lang: Lang) -> Vec<DeathView> {
    let lines = |lines: &[String]| lines.iter().map(|line| escape::line(line, 600)).collect();
    let view = |stage: &StageRecord, death: &Death| DeathView {
        stage: escape::line(&stage.name, 60),
        how: stage::death(death, lang),
        stderr: lines(&death.stderr_tail),
        stdout: lines(&death.stdout_tail),
        log: death.log.as_ref().map(|log| escape::text(&log.display().to_string())),
    };
    let stages = record.stages.iter();
    stages.filter_map(|stage| Some(view(stage, stage.death.as_ref()?))).collect()
}

/// Every stage in detail; those that did not hold are open.
pub(super) fn details(record: &RunRecord, lang: Lang) -> Vec<Detail> {
    record.stages.iter().map(|stage| detail(stage, lang)).collect()
}

fn detail(it: &StageRecord, lang: Lang) -> Detail {
    let mut facts = vec![
        (lang.pick("plan", "计划"), stage::plan(&it.plan, lang)),
        (lang.pick("began", "开始"), format!("{:.0}", it.started)),
        (lang.pick("took", "历时"), number::millis(it.took_ms)),
        (lang.pick("users", "用户"), stage::users(&it.users, lang)),
        (lang.pick("messages", "消息"), stage::messages(&it.delivery, lang)),
    ];
    facts.extend(paths::lines(it, lang));
    facts.extend([(lang.pick("harness", "测试工具"), stage::self_check(&it.self_check, lang))]);
    let late = it.self_check.reasons.iter().map(|reason| escape::text(&phrase(reason, lang)));
    facts.extend(late.map(|reason| (words::verdict(Verdict::Invalid, lang), reason)));
    facts.retain(|(_, text)| !text.is_empty());
    Detail {
        name: name(it, lang),
        class: verdict_class(it.verdict),
        verdict: words::verdict(it.verdict, lang),
        open: it.verdict != Verdict::Pass,
        facts,
        requirements: requirements(&it.lines, lang),
        latencies: latencies(it, lang),
        monitor: monitor(it, lang),
        remarks: it.monitor.as_ref().map(|it| stage::monitor_remarks(it, lang)).unwrap_or_default(),
    }
}

fn requirements(lines: &[VerdictLine], lang: Lang) -> Option<Grid> {
    let mut grid = Grid::new([
        (lang.pick("required", "要求"), false),
        (lang.pick("observed", "观测"), true),
        (lang.pick("limit", "限值"), true),
        (lang.pick("unit", "单位"), false),
        (lang.pick("margin", "余量"), true),
        (lang.pick("verdict", "结论"), false),
        (lang.pick("why", "说明"), false),
    ]);
    for line in lines {
        let class = match (line.result, line.level) {
            (Verdict::Pass, _) => "pass",
            (_, Rigour::Warn) => "warn",
            (result, Rigour::Fail) => verdict_class(result),
        };
        grid.row([
            Cell::text(escape::line(&line.metric, 60)),
            Cell::number(escape::line(&line.observed, 60)),
            Cell::number(escape::line(&line.limit, 60)),
            Cell::text(escape::line(&line.unit, 20)),
            Cell::number(escape::line(line.margin.as_deref().unwrap_or_default(), 20)),
            Cell::badge(words::line_verdict(line, lang), class),
            Cell::text(
                line.why.as_deref().map(|why| escape::text(&phrase(why, lang))).unwrap_or_default(),
            ),
        ]);
    }
    grid.some()
}

fn latencies(stage: &StageRecord, lang: Lang) -> Option<Grid> {
    let mut grid = Grid::new([
        (lang.pick("latency", "延迟"), false),
        ("n", true),
        (lang.pick("mean", "平均"), true),
        ("p50", true),
        ("p90", true),
        ("p99", true),
        ("p99.9", true),
        (lang.pick("max", "最大"), true),
        (lang.pick("undelivered", "未送达"), true),
    ]);
    let check = &stage.self_check;
    let own = [
        (lang.pick("harness: sends late", "工具自身：发送延误"), &check.send_lateness),
        (lang.pick("harness: reads late", "工具自身：读取延误"), &check.read_lateness),
    ];
    let own = own.into_iter().filter_map(|(name, summary)| Some((name, summary.as_ref()?)));
    let measured = stage.latencies.named().map(|(name, it)| (words::latency(name, lang), it));
    for (name, summary) in measured.chain(own) {
        let latency = |which| Cell::number(number::latency(summary.measured_us(which), lang));
        let mut row = vec![Cell::text(name), Cell::number(number::count(summary.count))];
        row.extend(STATISTICS.map(latency));
        row.push(Cell::wrong(summary.undelivered));
        grid.row(row);
    }
    grid.some()
}

fn monitor(stage: &StageRecord, lang: Lang) -> Option<Grid> {
    let mut grid = Grid::new([
        (lang.pick("monitor", "监控"), false),
        (lang.pick("mean", "平均"), true),
        (lang.pick("min", "最小"), true),
        (lang.pick("max", "最大"), true),
        (lang.pick("last", "最后"), true),
        (lang.pick("per minute", "每分钟变化"), true),
    ]);
    let columns = stage.monitor.iter().flat_map(|monitor| &monitor.columns);
    for column in columns.filter(|column| column.is_worth_telling()) {
        let mut row = vec![Cell::text(escape::line(&column.name, 40))];
        row.extend(
            [column.mean, column.min, column.max, column.last].map(number::value).map(Cell::number),
        );
        row.push(Cell::number(column.slope_per_minute.map(number::value).unwrap_or_default()));
        grid.row(row);
    }
    grid.some()
}
