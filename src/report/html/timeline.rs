//! What happened when: rate, latency, CPU, memory and connections under each other on one time axis.
//!
//! The charts are written here, not by a plotting library: a line is a path in an SVG that stretches with the page
//! while its labels are ordinary text beside it, so that they stay legible on a telephone and follow the page's
//! colours, dark or light; the libraries draw fixed pixels in fixed colours.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    bins::{Bins, Keep},
    scale::{Scale, Tick, round_step, rounded},
};
use crate::{
    record::{MonitorRows, RunRecord, Second, StageRecord},
    report::{Lang, escape, number},
};

/// All charts over time.
#[derive(Debug, Serialize)]
pub(super) struct Timeline {
    bands: Vec<Band>,
    deaths: Vec<Mark>,
    panels: Vec<Panel>,
    ticks: Vec<Tick>,
    /// What one point stands for.
    note: String,
    /// Seconds from one point to the next, for the script.
    step: f64,
    /// How many points the axis has.
    bins: usize,
}

/// A stage on the time axis.
#[derive(Debug, Serialize)]
struct Band {
    left: f64,
    width: f64,
    name: String,
    class: &'static str,
}

/// An instant on the time axis.
#[derive(Debug, Serialize)]
struct Mark {
    at: f64,
    label: String,
}

/// One chart.
#[derive(Debug, Serialize)]
struct Panel {
    title: &'static str,
    unit: String,
    height: u32,
    ticks: Vec<Tick>,
    lines: Vec<Line>,
}

/// One line of a chart.
#[derive(Debug, Serialize)]
struct Line {
    name: &'static str,
    class: &'static str,
    /// The path in a box of 1000 × 100.
    path: String,
    /// The same, closed along the bottom; empty where the line stands alone.
    area: String,
    /// What is shown under the cursor, point by point, separated by `|`.
    values: String,
}

/// A line before it is drawn.
struct Draft {
    name: &'static str,
    class: &'static str,
    bins: Bins,
    filled: bool,
}

/// The charts; `None` when no stage lasted long enough to have an axis.
pub(super) fn timeline(
    record: &RunRecord,
    monitor: &[MonitorRows],
    lang: Lang,
) -> Option<Timeline> {
    let from = record.stages.iter().map(|stage| stage.started).min()?;
    let to = record.stages.iter().map(end).max()?;
    let axis = Axis::new(from, to)?;
    let mut panels = vec![rate(record, &axis, lang), latency(record, &axis, lang)];
    panels.extend([
        cpu(monitor, &axis, lang),
        memory(monitor, &axis, lang),
        connections(monitor, &axis, lang),
    ]);
    let panels: Vec<_> = panels.into_iter().flatten().collect();
    if panels.is_empty() {
        return None;
    }
    let note = if axis.step > 1.0 {
        let step = number::value(axis.step);
        match lang {
            Lang::En => format!(
                "Each point covers {step} s: p99, the slowest and memory show the largest value in it, the others the mean."
            ),
            Lang::Zh => {
                format!("每个点覆盖 {step} 秒：p99、最慢值与内存取其中最大值，其余取平均值。")
            }
        }
    } else {
        lang.pick("Each point covers one second.", "每个点覆盖一秒。").to_owned()
    };
    Some(Timeline {
        bands: record.stages.iter().map(|stage| band(stage, &axis)).collect(),
        deaths: deaths(record, &axis, lang),
        panels,
        ticks: axis.ticks(),
        note,
        step: axis.step,
        bins: axis.bins,
    })
}

/// The common time axis, cut into bins of whole seconds.
pub(super) struct Axis {
    from: Timestamp,
    seconds: f64,
    step: f64,
    pub(super) bins: usize,
}

impl Axis {
    /// So many points fit on a page; a longer run has more seconds in each.
    const MAX_BINS: f64 = 360.0;

    pub(super) fn new(from: Timestamp, to: Timestamp) -> Option<Self> {
        let seconds = to.duration_since(from).as_secs_f64();
        if seconds < 1.0 {
            return None;
        }
        let step = (seconds / Self::MAX_BINS).ceil();
        Some(Self { from, seconds, step, bins: (seconds / step).ceil() as usize })
    }

    pub(super) fn bin(&self, at: Timestamp) -> Option<usize> {
        let seconds = at.duration_since(self.from).as_secs_f64();
        let bin = (seconds / self.step).floor();
        (bin >= 0.0 && bin < self.bins as f64).then_some(bin as usize)
    }

    /// Percent of the axis from its beginning.
    fn place(&self, at: Timestamp) -> f64 {
        let seconds = at.duration_since(self.from).as_secs_f64();
        rounded((seconds / self.seconds * 100.0).clamp(0.0, 100.0))
    }

    /// The middle of a bin, in thousandths of the axis.
    pub(super) fn middle(&self, bin: usize) -> f64 {
        ((bin as f64 + 0.5) * self.step / self.seconds * 1000.0).min(1000.0)
    }

    fn ticks(&self) -> Vec<Tick> {
        let raw = self.seconds / 8.0;
        let steps = [5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0];
        let step = steps.into_iter().find(|step| *step >= raw);
        let step = step.unwrap_or_else(|| round_step(raw / 3600.0) * 3600.0);
        let count = (self.seconds / step).floor() as u32;
        let label = |seconds: f64| {
            let seconds = seconds as u64;
            match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
                (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
                (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
            }
        };
        let tick = |at: f64| Tick { at: rounded(at / self.seconds * 100.0), label: label(at) };
        (0..=count).map(|index| tick(f64::from(index) * step)).collect()
    }
}

fn end(stage: &StageRecord) -> Timestamp {
    let took = jiff::SignedDuration::from_millis(i64::try_from(stage.took_ms).unwrap_or(i64::MAX));
    stage.started.checked_add(took).unwrap_or(stage.started)
}

fn band(stage: &StageRecord, axis: &Axis) -> Band {
    let (left, right) = (axis.place(stage.started), axis.place(end(stage)));
    let class = if stage.warm_up { "warm" } else { super::verdict_class(stage.verdict) };
    let name = escape::line(&stage.name, 40);
    Band { left, width: rounded(right - left), name, class }
}

fn deaths(record: &RunRecord, axis: &Axis, lang: Lang) -> Vec<Mark> {
    let deaths = record.stages.iter().filter_map(|stage| stage.death.as_ref());
    let label = lang.pick("the server died", "服务器崩溃");
    deaths.map(|death| Mark { at: axis.place(death.at), label: label.to_owned() }).collect()
}

fn rate(record: &RunRecord, axis: &Axis, lang: Lang) -> Option<Panel> {
    let per_second = |value: fn(&Second) -> u64| {
        seconds(record, axis, Keep::Mean, move |second| Some(value(second) as f64))
    };
    let drafts = vec![
        Draft {
            name: lang.pick("sent", "发送"),
            class: "c2",
            bins: per_second(|second| second.sent),
            filled: false,
        },
        Draft {
            name: lang.pick("delivered", "送达"),
            class: "c1",
            bins: per_second(|second| second.delivered),
            filled: true,
        },
    ];
    let unit = lang.pick("chats per second", "条/秒").to_owned();
    panel((lang.pick("Rate", "速率"), unit, 120), drafts, axis, false)
}

fn latency(record: &RunRecord, axis: &Axis, lang: Lang) -> Option<Panel> {
    let line = |name, class, keep, value: fn(&Second) -> Option<f64>| Draft {
        name,
        class,
        bins: seconds(record, axis, keep, value),
        filled: false,
    };
    let drafts = vec![
        line(lang.pick("slowest", "最慢"), "c5", Keep::Largest, |second| second.max_us),
        line("p99", "c3", Keep::Largest, |second| second.p99_us),
        line("p50", "c1", Keep::Mean, |second| second.p50_us),
    ];
    let drafts: Vec<_> = drafts.into_iter().filter(|draft| draft.bins.any()).collect();
    if drafts.is_empty() {
        return None;
    }
    let scale = Scale::decades(drafts.iter().flat_map(|draft| draft.bins.values()));
    let show = |value| number::latency(Some(value), lang);
    let lines = drafts.iter().map(|draft| draw(draft, axis, &scale, show)).collect();
    Some(Panel {
        title: lang.pick("Latency", "延迟"),
        unit: lang.pick("of what arrived, logarithmic", "仅已送达者，对数刻度").to_owned(),
        height: 170,
        ticks: scale.latency_ticks(),
        lines,
    })
}

fn cpu(monitor: &[MonitorRows], axis: &Axis, lang: Lang) -> Option<Panel> {
    let drafts = vec![
        measured(monitor, axis, "own_cpu_percent", Keep::Mean)
            .named(lang.pick("harness", "测试工具"), "c2"),
        measured(monitor, axis, "busiest_thread_percent", Keep::Mean)
            .named(lang.pick("its busiest thread", "其最忙线程"), "c3"),
        measured(monitor, axis, "cpu_percent", Keep::Mean)
            .named(lang.pick("server", "服务器"), "c1")
            .filled(),
    ];
    let unit = lang.pick("% of one core", "单核百分比").to_owned();
    panel(("CPU", unit, 110), drafts, axis, false)
}

fn memory(monitor: &[MonitorRows], axis: &Axis, lang: Lang) -> Option<Panel> {
    let server = measured(monitor, axis, "rss_mb", Keep::Largest);
    let drafts = vec![server.named(lang.pick("server, resident", "服务器常驻内存"), "c4")];
    panel((lang.pick("Memory", "内存"), "MiB".into(), 100), drafts, axis, true)
}

fn connections(monitor: &[MonitorRows], axis: &Axis, lang: Lang) -> Option<Panel> {
    let drafts = vec![
        measured(monitor, axis, "open_fds", Keep::Mean)
            .named(lang.pick("open files", "打开的文件"), "c2"),
        measured(monitor, axis, "connections_established", Keep::Mean)
            .named(lang.pick("established", "已建立的连接"), "c6")
            .filled(),
    ];
    panel((lang.pick("Connections", "连接"), String::new(), 100), drafts, axis, false)
}

/// A line of one value per second of the stages, broken where a second has none.
fn seconds(
    record: &RunRecord,
    axis: &Axis,
    keep: Keep,
    value: impl Fn(&Second) -> Option<f64>,
) -> Bins {
    let mut bins = Bins::new(axis.bins, keep, 1);
    for stage in &record.stages {
        for second in &stage.series {
            // The middle of the second: rounding must not move it into another bin.
            let millis = second.second.saturating_mul(1_000).saturating_add(500);
            let after =
                jiff::SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX));
            let at = stage.started.checked_add(after).ok();
            if let (Some(bin), Some(value)) = (at.and_then(|at| axis.bin(at)), value(second)) {
                bins.add(bin, value);
            }
        }
    }
    bins
}

/// A column of the monitor's rows, not yet named.
struct Measured(Bins);

fn measured(monitor: &[MonitorRows], axis: &Axis, column: &str, keep: Keep) -> Measured {
    // Rows are a little early or late; only a longer silence is a gap.
    let mut bins = Bins::new(axis.bins, keep, 3);
    for (at, value) in monitor.iter().flat_map(|rows| rows.column(column)) {
        if let (Some(bin), Some(value)) = (axis.bin(at), value) {
            bins.add(bin, value);
        }
    }
    Measured(bins)
}

impl Measured {
    fn named(self, name: &'static str, class: &'static str) -> Draft {
        Draft { name, class, bins: self.0, filled: false }
    }
}

impl Draft {
    fn filled(self) -> Self {
        Self { filled: true, ..self }
    }
}

/// A chart with a linear axis; `None` when nothing was measured.
fn panel(
    (title, unit, height): (&'static str, String, u32),
    drafts: Vec<Draft>,
    axis: &Axis,
    free: bool,
) -> Option<Panel> {
    let drafts: Vec<_> = drafts.into_iter().filter(|draft| draft.bins.any()).collect();
    if drafts.is_empty() {
        return None;
    }
    let scale = Scale::linear(drafts.iter().flat_map(|draft| draft.bins.values()), free);
    let lines = drafts.iter().map(|draft| draw(draft, axis, &scale, number::value)).collect();
    Some(Panel { title, unit, height, ticks: scale.ticks(), lines })
}

fn draw(draft: &Draft, axis: &Axis, scale: &Scale, show: impl Fn(f64) -> String) -> Line {
    let (path, area) = draft.bins.path(axis, scale);
    let shown = draft.bins.all().map(|value| value.map(&show).unwrap_or_default());
    Line {
        name: draft.name,
        class: draft.class,
        path,
        area: if draft.filled { area } else { String::new() },
        values: shown.collect::<Vec<_>>().join("|"),
    }
}
