//! The report that people read: on the terminal and in `report.txt`.
//!
//! Its first line is the server under test, its last line the verdict with its reason.

use super::{
    Lang, cases, errors::in_lang, escape, number, page::Page, stage, summary, troubles, words,
};
use crate::record::{Machine, Provenance, RunRecord, StageRecord, Target, TargetKind};

/// The whole report; complete at any moment of a run, also while it runs.
pub fn render(record: &RunRecord, lang: Lang) -> String {
    let mut page = Page::default();
    page.line(&headline(&record.target, lang));
    for advice in &record.target.advice {
        page.line(&format!("  {}", escape::text(&in_lang(advice, lang))));
    }
    write_configuration(&mut page, record, lang);
    if let Some(table) = cases::render(&record.cases, "    ", lang) {
        page.heading(lang.pick("Functional cases", "功能用例"));
        page.line(&table);
    }
    record.stages.iter().for_each(|one| stage::write(&mut page, one, lang));
    if !record.stages.is_empty() {
        page.heading(lang.pick("Summary", "汇总"));
        page.table(&summary::table(&record.stages, lang));
    }
    if !record.remarks.is_empty() {
        page.heading(lang.pick("Remarks", "备注"));
        for remark in &record.remarks {
            page.line(&format!("  {}", escape::text(&in_lang(remark, lang))));
        }
    }
    let explained = troubles::explain(record, lang);
    if !explained.is_empty() {
        page.heading(lang.pick("Troubles, explained", "问题与对策"));
        let lines = explained.iter().flat_map(|one| troubles::lines(one, lang));
        lines.for_each(|line| page.line(&line));
    }
    page.line("");
    page.line(&verdict_line(record, lang));
    page.finish()
}

/// One stage alone.
pub fn render_stage(record: &StageRecord, lang: Lang) -> String {
    let mut page = Page::default();
    stage::write(&mut page, record, lang);
    page.finish()
}

/// The last line of every report: the verdict and, in the same line, why.
pub fn verdict_line(record: &RunRecord, lang: Lang) -> String {
    let verdict = words::verdict(record.verdict, lang);
    let colon = lang.colon();
    format!(
        "{}{colon}{verdict}{colon}{}",
        lang.pick("verdict", "结论"),
        words::reason(record, lang)
    )
}

/// Which server was tested, where it answered, in which dialect, and why this one.
pub(super) fn headline(target: &Target, lang: Lang) -> String {
    let Lang::Zh = lang else { return escape::line(&target.headline(), 1_000) };
    let what = match (target.how, &target.command_line, &target.program) {
        (TargetKind::Reference { in_process: true }, ..) => "参考服务器（在本进程内）".to_owned(),
        (TargetKind::Reference { in_process: false }, ..) => "参考服务器（独立进程）".to_owned(),
        (_, Some(command), _) => format!("`{command}`"),
        (_, None, Some(program)) => program.display().to_string(),
        (_, None, None) => "一个正在运行的服务器".to_owned(),
    };
    let addrs: Vec<String> = target.addrs.iter().map(ToString::to_string).collect();
    let further = target.further_nodes.iter().map(|node| node.pid.to_string());
    let pids: Vec<String> =
        target.pid.map(|pid| pid.to_string()).into_iter().chain(further).collect();
    let pid =
        if pids.is_empty() { String::new() } else { format!("，进程号 {}", pids.join(" + ")) };
    let (addrs, dialect) = (addrs.join(" + "), &target.dialect);
    let found_by = in_lang(&target.found_by, lang);
    let line = format!("被测服务器：{what}，地址 {addrs}{pid}，方言 {dialect}，来源 {found_by}");
    escape::line(&line, 1_000)
}

fn write_configuration(page: &mut Page, record: &RunRecord, lang: Lang) {
    let run = lang.pick("Run", "运行");
    page.heading(&format!("{run} {}", escape::line(&record.run_id, 100)));
    page.field(lang.pick("command", "命令"), &command(record));
    let began = format!("{:.0}{}{}", record.started, lang.comma(), words::ending(record, lang));
    page.field(lang.pick("began", "开始"), &began);
    let harness = escape::line(&record.harness_version, 40);
    let label = lang.pick("harness", "测试工具");
    page.field(label, &format!("chatserver-harness {harness}{}", harness_profile(record, lang)));
    page.field(lang.pick("machine", "机器"), &machine(&record.machine, lang));
    page.field(lang.pick("source", "源码"), &source(&record.provenance, lang));
    let target = &record.target;
    let files = [
        (lang.pick("settings", "配置文件"), &target.config_file),
        (lang.pick("in", "目录"), &target.dir),
        (lang.pick("server log", "服务器日志"), &target.log),
    ];
    for (label, path) in files {
        if let Some(path) = path {
            page.field(label, &escape::text(&path.display().to_string()));
        }
    }
}

/// The command line of the run.
pub(super) fn command(record: &RunRecord) -> String {
    let command: Vec<_> = record.command.iter().map(|word| escape::text(word)).collect();
    command.join(" ")
}

/// How the harness was built, to stand behind its version.
pub(super) fn harness_profile(record: &RunRecord, lang: Lang) -> String {
    let profile = record.provenance.harness_profile.as_deref();
    let profile = profile.map(|profile| escape::line(profile, 20));
    profile.map_or_else(String::new, |profile| match lang {
        Lang::En => format!(", {profile} build"),
        Lang::Zh => format!("，{profile} 构建"),
    })
}

/// What the server's program was built from and how, in one line; empty where nothing is known.
pub(super) fn source(provenance: &Provenance, lang: Lang) -> String {
    let mut parts = Vec::new();
    if let Some(revision) = &provenance.server_revision {
        let revision = escape::line(&revision.chars().take(12).collect::<String>(), 12);
        parts.push(format!("{} {revision}", lang.pick("git revision", "git 版本")));
    }
    match provenance.server_dirty {
        Some(true) => {
            parts.push(lang.pick("with changes not committed", "含未提交的修改").to_owned());
        }
        Some(false) => parts.push(lang.pick("nothing uncommitted", "无未提交的修改").to_owned()),
        None => {}
    }
    if let Some(profile) = &provenance.server_profile {
        let profile = escape::line(profile, 40);
        parts.push(format!("{} {profile}", lang.pick("built as", "构建类型")));
    }
    parts.join(lang.comma())
}

/// The machine in one line.
pub(super) fn machine(machine: &Machine, lang: Lang) -> String {
    let mut parts = Vec::new();
    let named = [&machine.cpu_model, &machine.distribution, &machine.kernel];
    parts.extend(named.into_iter().flatten().map(|name| escape::line(name, 80)));
    parts.push(match (machine.usable_cores, machine.cores) {
        (usable, all) if usable == all => format!("{all} {}", lang.pick("cores", "核")),
        (usable, all) => match lang {
            Lang::En => format!("{usable} of {all} cores usable"),
            Lang::Zh => format!("{all} 核中可用 {usable} 核"),
        },
    });
    let (free, all) =
        (number::bytes(machine.memory_available_bytes), number::bytes(machine.memory_bytes));
    parts.push(match lang {
        Lang::En => format!("{free} of {all} memory free"),
        Lang::Zh => format!("内存 {all}，空闲 {free}"),
    });
    if let Some(limit) = machine.open_files_limit.map(number::count) {
        parts.push(match lang {
            Lang::En => format!("at most {limit} open files"),
            Lang::Zh => format!("最多打开 {limit} 个文件"),
        });
    }
    if let Some(queue) = machine.listen_queue_limit.map(number::count) {
        parts.push(format!("somaxconn {queue}"));
    }
    if let Some(queue) = machine.syn_queue_limit.map(number::count) {
        parts.push(format!("tcp_max_syn_backlog {queue}"));
    }
    if let Some(ports) = machine.outgoing_ports.map(number::count) {
        parts.push(match lang {
            Lang::En => format!("{ports} outgoing ports"),
            Lang::Zh => format!("{ports} 个可用本地端口"),
        });
    }
    if let Some(split) = &machine.core_split {
        let [generator, server] = [&split.generator, &split.server].map(|cores| list(cores));
        parts.push(match lang {
            Lang::En => format!("generator on core {generator}, server on {server}"),
            Lang::Zh => format!("压测端在 {generator} 号核，服务器在 {server} 号核"),
        });
    }
    let load = number::value(f64::from(machine.load_average_percent) / 100.0);
    parts.push(format!("{} {load}", lang.pick("load", "负载")));
    parts.join(lang.comma())
}

/// Numbers of cores, as `0, 2, 3`.
fn list(cores: &[usize]) -> String {
    let cores: Vec<String> = cores.iter().map(ToString::to_string).collect();
    cores.join(", ")
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::record::{CaseRecord, CaseResult, Ending, example};

    #[test]
    fn the_report_of_a_run_with_everything_in_it() {
        insta::assert_snapshot!(render(&example::run(), Lang::En));
    }

    #[test]
    fn the_same_report_in_chinese() {
        insta::assert_snapshot!(render(&example::run(), Lang::Zh));
    }

    #[test]
    fn first_the_server_last_the_verdict() {
        let text = render(&example::run(), Lang::En);
        assert!(
            text.lines().next().unwrap().starts_with("server under test: `/chat/bin/ChatServer")
        );
        assert!(text.lines().last().unwrap().starts_with("verdict: FAIL: stage "), "{text}");
    }

    #[test]
    fn nothing_from_a_server_reaches_the_terminal_as_it_is() {
        let text = render(&example::run(), Lang::En);
        let obeyed = |c: char| c.is_control() && c != '\n';
        assert!(!text.chars().any(obeyed), "{text:?}");
        assert!(!text.contains('\u{202e}') && text.contains("\\u{202e}"), "{text}");
    }

    #[test]
    fn a_run_that_was_cut_short_still_has_a_report() {
        let mut run = example::run();
        run.stages.clear();
        run.cases.retain(|case: &CaseRecord| case.result == CaseResult::Passed);
        let ended = run.started + SignedDuration::from_secs(3);
        run.close(Ending::Interrupted { signal: "SIGINT".into() }, ended);
        let text = render(&run, Lang::En);
        assert!(text.contains("ended early by SIGINT after 3.00 s"), "{text}");
        let last = text.lines().last().unwrap();
        assert_eq!(last, "verdict: INVALID: the run was ended early by SIGINT");
        let fresh = RunRecord::new(
            "r",
            Timestamp::UNIX_EPOCH,
            vec![],
            example::target(),
            Machine::default(),
        );
        assert!(render(&fresh, Lang::En).contains("not finished when this was written"));
    }
}
