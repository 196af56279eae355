//! All stages side by side: one row each.

use super::{Align, Lang, Table, escape, number, words};
use crate::record::{StageRecord, Statistic};

/// The table over the stages.
pub(super) fn table(stages: &[StageRecord], lang: Lang) -> Table {
    let mut table = Table::new([
        (lang.pick("stage", "阶段"), Align::Left),
        (lang.pick("clients", "客户端"), Align::Right),
        (lang.pick("logins", "登录"), Align::Right),
        (lang.pick("sent", "发送"), Align::Right),
        (lang.pick("delivered", "送达"), Align::Right),
        (lang.pick("lost", "丢失"), Align::Right),
        (lang.pick("dup", "重复"), Align::Right),
        (lang.pick("misdel", "误投"), Align::Right),
        (lang.pick("sent/s", "发送/秒"), Align::Right),
        (lang.pick("delivered/s", "送达/秒"), Align::Right),
        (lang.pick("response p50", "响应 p50"), Align::Right),
        ("p99", Align::Right),
        (lang.pick("service p50", "服务 p50"), Align::Right),
        ("p99", Align::Right),
        (lang.pick("CPU % mean", "CPU % 平均"), Align::Right),
        (lang.pick("RSS MB max", "RSS MB 最大"), Align::Right),
        (lang.pick("verdict", "结论"), Align::Left),
    ]);
    for stage in stages {
        table.row(row(stage, lang));
    }
    table
}

fn row(stage: &StageRecord, lang: Lang) -> Vec<String> {
    let delivery = &stage.delivery;
    let mut row = vec![
        escape::line(&stage.name, 40),
        number::count(stage.plan.clients),
        number::count(stage.users.logged_in()),
        number::count(delivery.sent),
        number::count(delivery.delivered()),
        number::count(delivery.lost),
        number::count(delivery.duplicated),
        number::count(delivery.misdelivered),
    ];
    let rate =
        |value: Option<f64>| value.map_or_else(|| lang.pick("n/a", "无").to_owned(), number::value);
    row.push(rate(stage.rates.map(|rates| rates.sent_per_s)));
    row.push(rate(stage.rates.map(|rates| rates.delivered_per_s)));
    for latency in [&stage.latencies.response, &stage.latencies.service] {
        for statistic in [Statistic::P50, Statistic::P99] {
            let value = latency.as_ref().and_then(|summary| summary.measured_us(statistic));
            row.push(number::latency(value, lang));
        }
    }
    let monitor = stage.monitor.as_ref();
    let column = |name| monitor.and_then(|monitor| monitor.column(name));
    row.push(rate(column("cpu_percent").map(|column| column.mean)));
    row.push(rate(column("rss_mb").map(|column| column.max)));
    row.push(words::verdict(stage.verdict, lang).to_owned());
    row
}
