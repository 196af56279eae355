//! Where the numbers come from: the server under test, the harness, the machine; and what they do not say.

use crate::{
    record::{Ending, RunRecord, TargetKind},
    report::{Lang, errors::in_lang, escape, number, text, words},
};

/// Every fact that one must know to measure the same again, with its label.
pub(super) fn facts(record: &RunRecord, lang: Lang) -> Vec<(&'static str, String)> {
    let target = &record.target;
    let path = |path: &Option<std::path::PathBuf>| {
        path.as_ref().map(|path| escape::text(&path.display().to_string())).unwrap_or_default()
    };
    let how = match target.how {
        TargetKind::Attached => lang.pick("it was running already", "此前已在运行"),
        TargetKind::Launched => lang.pick("launched by the harness", "由测试工具启动"),
        TargetKind::Reference { in_process: true } => lang.pick(
            "the reference server, in the harness's own process",
            "参考服务器，在测试工具进程内",
        ),
        TargetKind::Reference { in_process: false } => {
            lang.pick("the reference server, a process of its own", "参考服务器，独立进程")
        }
    };
    let addrs: Vec<_> = target.addrs.iter().map(ToString::to_string).collect();
    let command = target.command_line.as_deref().map(escape::text).unwrap_or_default();
    let mut facts = vec![
        (lang.pick("server", "服务器"), how.to_owned()),
        (lang.pick("program", "程序"), path(&target.program)),
        (lang.pick("command line", "命令行"), command),
        (lang.pick("directory", "目录"), path(&target.dir)),
        (lang.pick("address", "地址"), addrs.join(" + ")),
        (lang.pick("source", "源码"), text::source(&record.provenance, lang)),
        (lang.pick("process", "进程"), target.pid.map(|pid| pid.to_string()).unwrap_or_default()),
        (lang.pick("found by", "来源"), escape::text(&target.found_by)),
        (lang.pick("dialect", "方言"), escape::text(&target.dialect.to_string())),
        (lang.pick("settings", "配置文件"), path(&target.config_file)),
        (lang.pick("server log", "服务器日志"), path(&target.log)),
        (lang.pick("run", "运行"), escape::line(&record.run_id, 100)),
        (lang.pick("command of the run", "运行命令"), text::command(record)),
        (lang.pick("began", "开始"), format!("{:.0}", record.started)),
        (lang.pick("ended", "结束"), words::ending(record, lang)),
        (
            lang.pick("harness", "测试工具"),
            format!(
                "chatserver-harness {}{}, {} {}",
                escape::line(&record.harness_version, 40),
                text::harness_profile(record, lang),
                lang.pick("record schema", "记录格式版本"),
                record.schema_version
            ),
        ),
        (lang.pick("machine", "机器"), text::machine(&record.machine, lang)),
    ];
    let advice = |line| (lang.pick("advice", "提示"), escape::text(&in_lang(line, lang)));
    facts.extend(target.advice.iter().map(|line| advice(line)));
    facts.retain(|(_, text)| !text.is_empty());
    facts
}

/// The plan, line by line made harmless.
pub(super) fn plan(text: &str) -> String {
    const LINES_MAX: usize = 200;
    let lines: Vec<_> = text.lines().take(LINES_MAX).map(escape::text).collect();
    lines.join("\n")
}

/// What the numbers of this run do not say, those of this very run first.
pub(super) fn limitations(record: &RunRecord, charts: bool, lang: Lang) -> Vec<String> {
    let mut limits = of_this_run(record, charts, lang);
    let shared = if record.machine.core_split.is_some() {
        (
            "Server and harness shared one machine, though not its cores: memory, caches and the kernel's network were shared, and no network lay between them. Compare these numbers only with runs on the same machine.",
            "服务器与测试工具在同一台机器上，各用各的核：内存、缓存和内核网络仍是共用的，中间也没有真实网络。这些数字只能与同一台机器上的运行相比。",
        )
    } else {
        (
            "Server and harness shared one machine: each took time from the other, and no network lay between them. Compare these numbers only with runs on the same machine.",
            "服务器与测试工具在同一台机器上：彼此争用资源，中间也没有真实网络。这些数字只能与同一台机器上的运行相比。",
        )
    };
    let always = [
        shared,
        (
            "Percentiles carry three significant digits; those of single seconds are within 1.6 %.",
            "百分位数有三位有效数字；逐秒的百分位数误差在 1.6 % 以内。",
        ),
        (
            "In judged percentiles every message that never arrived counts as infinitely late; the charts over time show only what arrived.",
            "用于评判的百分位数把未送达的消息视为无限迟；随时间变化的图只显示已送达者。",
        ),
        (
            "CPU is counted by the kernel in steps of 10 ms, and 100 % is one core.",
            "CPU 时间由内核以 10 ms 为单位计数，100 % 为一个核心。",
        ),
        (
            "What holds at these stages says nothing about more users, longer runs, or another workload.",
            "在这些阶段达标，不代表在更多用户、更长时间或其他负载下也达标。",
        ),
    ];
    limits.extend(always.map(|(english, chinese)| lang.pick(english, chinese).to_owned()));
    limits
}

fn of_this_run(record: &RunRecord, charts: bool, lang: Lang) -> Vec<String> {
    let mut limits = Vec::new();
    let mut add = |english: String, chinese: String| {
        limits.push(lang.pick(&english, &chinese).to_owned());
    };
    if record.ending != Ending::Complete {
        add(
            "The run did not come to its end: what was not run is not judged.".into(),
            "运行没有完成：未运行的部分未经评判。".into(),
        );
    }
    for stage in &record.stages {
        let name = escape::line(&stage.name, 60);
        if stage.warm_up {
            add(
                format!("Stage {name} is a warm-up: its times and rates are not judged."),
                format!("阶段 {name} 为预热：不评判其时间与速率。"),
            );
        }
        let delivery = &stage.delivery;
        let unclear = delivery.indeterminate + delivery.may_heard;
        if unclear > 0 {
            let (count, all) = (number::count(unclear), number::count(delivery.entitled));
            add(
                format!(
                    "Stage {name}: whether {count} deliveries (of {all}) had to happen cannot be known."
                ),
                format!("阶段 {name}：有 {count} 次送达（共 {all} 次）无法判定是否应当发生。"),
            );
        }
        let Some(monitor) = &stage.monitor else {
            add(
                format!(
                    "Stage {name}: the server's process was not watched; CPU, memory and connections are unknown."
                ),
                format!("阶段 {name}：没有监控服务器进程；CPU、内存与连接数未知。"),
            );
            continue;
        };
        if monitor.missed_samples > 0 {
            let missed = number::count(monitor.missed_samples);
            add(
                format!("Stage {name}: the monitor missed {missed} samples."),
                format!("阶段 {name}：监控漏采 {missed} 次。"),
            );
        }
    }
    let watched = record.stages.iter().any(|stage| stage.monitor.is_some());
    if watched && !charts {
        add(
            "The monitor's rows were not at hand when this page was made: its charts are missing, its summaries are in the details.".into(),
            "生成本页时没有监控数据行：缺少相应的图，其汇总见各阶段详情。".into(),
        );
    }
    limits
}
