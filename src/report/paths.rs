//! What passed on one node of a cluster and between two, apart.

use super::{Lang, number};
use crate::record::{PathRecord, StageRecord, Statistic};

/// A line for each of the two, with its label; none where everybody was at one address.
pub(super) fn lines(stage: &StageRecord, lang: Lang) -> Vec<(&'static str, String)> {
    let Some(paths) = &stage.paths else { return Vec::new() };
    [
        (lang.pick("one node", "同一节点"), &paths.same_node),
        (lang.pick("two nodes", "跨节点"), &paths.across_nodes),
    ]
    .map(|(label, path)| (label, line(path, lang)))
    .into()
}

fn line(path: &PathRecord, lang: Lang) -> String {
    let of_all = number::of(path.delivered, path.entitled, lang);
    let mut text = format!("{} {of_all}", lang.pick("delivered", "送达"));
    for (count, what) in [
        (path.lost, lang.pick("lost", "丢失")),
        (path.duplicated, lang.pick("duplicated", "重复")),
        (path.corrupted, lang.pick("corrupted", "内容损坏")),
    ] {
        text.extend([lang.comma(), what, " ", &number::count(count)]);
    }
    for (count, what) in [
        (path.astray, lang.pick("that somebody else got instead", "条被他人收到")),
        (path.uncollected, lang.pick("uncollected", "条未能取回")),
        (path.indeterminate, lang.pick("indeterminate", "条无法判定")),
    ] {
        if count > 0 {
            text.extend([lang.comma(), &number::count(count), " ", what]);
        }
    }
    for (name, latency) in [
        (lang.pick("response", "响应"), &path.response),
        (lang.pick("service", "服务"), &path.service),
    ] {
        let Some(latency) = latency else { continue };
        let [p50, p99] = [Statistic::P50, Statistic::P99]
            .map(|which| number::latency(latency.measured_us(which), lang));
        text.extend([lang.comma(), name, " p50 ", &p50, " p99 ", &p99]);
    }
    text
}
