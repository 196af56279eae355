//! One stage of load in words and tables.

use super::{Align, Lang, Table, escape, number, page::Page, paths, phrases::phrase, words};
use crate::{
    record::{
        Death, Delivery, Example, Finding, LatencySummary, MonitorSummary, OperationCounts,
        SelfCheck, StagePlan, StageRecord, Statistic, UserCounts, VerdictLine,
    },
    units::format_nanos,
};

/// Writes the section of one stage.
pub(super) fn write(page: &mut Page, stage: &StageRecord, lang: Lang) {
    let warm_up = if stage.warm_up {
        lang.pick(" (warm-up: its times are not judged)", "（预热：不评判其时间）")
    } else {
        ""
    };
    let name = escape::line(&stage.name, 60);
    let verdict = words::verdict(stage.verdict, lang);
    let heading = lang.pick("Stage", "阶段");
    page.heading(&format!("{heading} {name}{}{verdict}{warm_up}", lang.colon()));
    page.field(lang.pick("plan", "计划"), &plan(&stage.plan, lang));
    let (began, took) = (format!("{:.0}", stage.started), number::millis(stage.took_ms));
    page.field(
        lang.pick("ran", "运行"),
        &match lang {
            Lang::En => format!("{took}, from {began} on"),
            Lang::Zh => format!("自 {began} 起，历时 {took}"),
        },
    );
    write_users(page, &stage.users, lang);
    write_delivery(page, &stage.delivery, lang);
    for (label, text) in paths::lines(stage, lang) {
        page.field(label, &text);
    }
    for asked in &stage.operations {
        page.field(lang.pick("asked for", "其他请求"), &operation(asked, lang));
    }
    page.field("QPS", &rates(stage, lang));
    write_latencies(page, stage, lang);
    if let Some(monitor) = &stage.monitor {
        write_monitor(page, lang.pick("monitor", "监控"), monitor, lang);
    }
    for (monitor, number) in stage.further_monitors.iter().zip(2..) {
        let label = format!("{} {number}", lang.pick("node", "节点"));
        write_monitor(page, &label, monitor, lang);
    }
    write_self_check(page, &stage.self_check, lang);
    if let Some(rule) = &stage.ended_by {
        let rule = escape::line(rule, 80);
        let text = match lang {
            Lang::En => {
                format!("early, by the threshold {rule}: nothing that came could have mended it")
            }
            Lang::Zh => format!("提前结束：阈值 {rule} 已不可能满足"),
        };
        page.field(lang.pick("ENDED", "结束"), &text);
    }
    if let Some(death) = &stage.death {
        write_death(page, death, lang);
    }
    stage.findings.iter().for_each(|finding| write_finding(page, finding, lang));
    write_lines(page, &stage.lines, lang);
}

/// What a stage was asked to do, in one line.
pub(super) fn plan(plan: &StagePlan, lang: Lang) -> String {
    let clients = number::count(plan.clients);
    let mut parts = vec![
        format!("{clients} {}", lang.pick("clients", "个客户端")),
        number::millis(plan.duration_ms),
    ];
    if let Some(micros) = plan.interval_us {
        let interval = format_nanos(micros.saturating_mul(1_000));
        parts.push(match lang {
            Lang::En => format!("each a message every {interval}"),
            Lang::Zh => format!("每个客户端每 {interval} 一条消息"),
        });
    }
    if let Some(rate) = plan.rate_per_s {
        let rate = number::value(rate);
        parts.push(match lang {
            Lang::En => format!("{rate} messages/s in total"),
            Lang::Zh => format!("合计每秒 {rate} 条消息"),
        });
    }
    if plan.nodes > 1 {
        let nodes = number::count(plan.nodes);
        parts.push(format!("{nodes} {}", lang.pick("nodes", "个节点")));
    }
    let (workload, pace) = (escape::line(&plan.workload, 160), escape::line(&plan.pace, 60));
    parts.push(format!("{} {workload}", lang.pick("workload", "收发关系")));
    parts.push(format!("{} {pace}", lang.pick("pace", "节奏")));
    parts.push(format!("{} {}", lang.pick("seed", "随机种子"), plan.seed));
    parts.join(lang.comma())
}

fn rates(stage: &StageRecord, lang: Lang) -> String {
    let Some(rates) = &stage.rates else {
        return lang.pick("n/a: no measured window was reached", "无：没有进入测量时段").to_owned();
    };
    let (sent, delivered) = (number::value(rates.sent_per_s), number::value(rates.delivered_per_s));
    let window = number::millis(rates.window_ms);
    match lang {
        Lang::En => format!("{sent} chats sent/s, {delivered} delivered/s, over {window}"),
        Lang::Zh => format!("每秒发送 {sent} 条，每秒送达 {delivered} 条，测量时段 {window}"),
    }
}

/// How far the users came, in one line.
pub(super) fn users(users: &UserCounts, lang: Lang) -> String {
    let mut text = format!(
        "{} {}{}{} {}",
        lang.pick("connects", "连接"),
        number::of(users.connected, users.asked, lang),
        lang.comma(),
        lang.pick("logins", "登录"),
        number::of(users.logged_in(), users.asked, lang)
    );
    let details = [
        (users.registered, lang.pick("registered", "个已注册")),
        (users.logged_in_after_retry, lang.pick("logged in only after a retry", "个重试后才登录")),
        (users.register_refused, lang.pick("refused at register", "个注册被拒")),
        (users.connect_failed, lang.pick("not connected", "个未能连接")),
        (users.login_refused, lang.pick("refused at login", "个登录被拒")),
        (users.login_unanswered, lang.pick("without an answer to login", "个登录无应答")),
        (users.left, lang.pick("departures meanwhile", "次中途离开")),
        (users.came_back, lang.pick("returns", "次返回")),
        (users.closed_by_server, lang.pick("closed by the server", "个被服务器断开")),
    ];
    append_nonzero(&mut text, &details, lang);
    text
}

fn write_users(page: &mut Page, counts: &UserCounts, lang: Lang) {
    page.field(lang.pick("users", "用户"), &users(counts, lang));
}

/// How many slots were scheduled and sent, and why the others were not, in one line.
pub(super) fn messages(delivery: &Delivery, lang: Lang) -> String {
    let mut text = format!(
        "{} {}{comma}{} {} ({}){comma}{} {}",
        lang.pick("scheduled", "计划"),
        number::count(delivery.scheduled),
        lang.pick("sent", "发送"),
        number::count(delivery.sent),
        number::percent(delivery.sent, delivery.scheduled),
        lang.pick("unsent", "未发送"),
        number::count(delivery.unsent_total()),
        comma = lang.comma(),
    );
    for (cause, count) in &delivery.unsent {
        let cause = escape::line(cause, 60);
        let unsent = lang.pick(" unsent: ", " 条未发送：");
        text.extend([lang.comma(), &number::count(*count), unsent, &cause]);
    }
    text
}

fn write_delivery(page: &mut Page, delivery: &Delivery, lang: Lang) {
    page.field(lang.pick("messages", "消息"), &messages(delivery, lang));
    let of_all = number::of(delivery.delivered(), delivery.entitled, lang);
    let mut text = format!("{} {of_all}", lang.pick("delivered", "送达"));
    for (count, what) in [
        (delivery.lost, lang.pick("lost", "丢失")),
        (delivery.duplicated, lang.pick("duplicated", "重复")),
        (delivery.misdelivered, lang.pick("misdelivered", "误投")),
        (delivery.altered(), lang.pick("corrupted", "内容损坏")),
    ] {
        text.extend([lang.comma(), what, " ", &number::count(count)]);
    }
    let details = [
        (
            delivery.delivered_offline,
            lang.pick("of the delivered at a later login", "条在之后登录时送达"),
        ),
        (delivery.astray, lang.pick("that somebody else got instead", "条被他人收到")),
        (delivery.unexpected, lang.pick("unexpected frames", "个来历不明的帧")),
        (delivery.out_of_order, lang.pick("out of order", "条乱序")),
        (delivery.uncollected, lang.pick("uncollected", "条未能取回")),
        (delivery.indeterminate, lang.pick("indeterminate", "条无法判定")),
        (delivery.recovered, lang.pick("of the indeterminate recovered", "条无法判定者后来送达")),
        (
            delivery.may_heard,
            lang.pick("heard by members whose join was unproven", "条由入群未经证实的成员收到"),
        ),
        (delivery.foreign, lang.pick("of another run", "条属于其他运行")),
    ];
    append_nonzero(&mut text, &details, lang);
    page.field(lang.pick("deliveries", "送达情况"), &text);
}

/// What became of the requests of one kind that are no messages, in one line.
fn operation(asked: &OperationCounts, lang: Lang) -> String {
    let mut text = format!(
        "{}{}{} {}{comma}{} {}",
        escape::line(&asked.name, 60),
        lang.colon(),
        lang.pick("due", "计划"),
        number::count(asked.due),
        lang.pick("sent", "发送"),
        number::count(asked.sent),
        comma = lang.comma(),
    );
    let details = [
        (asked.unsent, lang.pick("unsent", "个未发送")),
        (asked.succeeded, lang.pick("granted", "个成功")),
        (asked.refused, lang.pick("REFUSED", "个被拒")),
        (asked.unanswered, lang.pick("never answered", "个无应答")),
    ];
    append_nonzero(&mut text, &details, lang);
    if let Some(latency) = &asked.latency {
        let p99 = number::latency(latency.measured_us(Statistic::P99), lang);
        text.extend([lang.comma(), lang.pick("answered in p99 ", "应答 p99 "), &p99]);
    }
    text
}

fn append_nonzero(text: &mut String, details: &[(u64, &str)], lang: Lang) {
    for (count, what) in details.iter().filter(|(count, _)| *count > 0) {
        text.extend([lang.comma(), &number::count(*count), " ", what]);
    }
}

fn write_latencies(page: &mut Page, stage: &StageRecord, lang: Lang) {
    let mut table = Table::new([
        (lang.pick("latency", "延迟"), Align::Left),
        ("n", Align::Right),
        (lang.pick("min", "最小"), Align::Right),
        (lang.pick("mean", "平均"), Align::Right),
        ("p50", Align::Right),
        ("p90", Align::Right),
        ("p99", Align::Right),
        ("p99.9", Align::Right),
        (lang.pick("max", "最大"), Align::Right),
        (lang.pick("never", "未送达"), Align::Right),
        (lang.pick("p99 with never", "p99（含未送达）"), Align::Right),
    ]);
    let self_check = [
        (lang.pick("own: sends late", "工具自身：发送延误"), &stage.self_check.send_lateness),
        (lang.pick("own: reads late", "工具自身：读取延误"), &stage.self_check.read_lateness),
    ];
    let own = self_check.into_iter().filter_map(|(name, summary)| Some((name, summary.as_ref()?)));
    let measured =
        stage.latencies.named().map(|(name, summary)| (words::latency(name, lang), summary));
    for (name, summary) in measured.chain(own) {
        table.row(latency_row(name, summary, lang));
    }
    if !table.is_empty() {
        page.table(&table);
    }
}

fn latency_row(name: &str, summary: &LatencySummary, lang: Lang) -> Vec<String> {
    let measured = [
        Statistic::Min,
        Statistic::Mean,
        Statistic::P50,
        Statistic::P90,
        Statistic::P99,
        Statistic::P999,
        Statistic::Max,
    ];
    let mut row = vec![name.to_owned(), number::count(summary.count)];
    row.extend(measured.map(|statistic| number::latency(summary.measured_us(statistic), lang)));
    if summary.undelivered > 0 {
        row.push(number::count(summary.undelivered));
        row.push(number::latency(summary.judged_us(Statistic::P99), lang));
    }
    row
}

/// What a process did meanwhile.
pub(super) fn write_monitor(page: &mut Page, label: &str, monitor: &MonitorSummary, lang: Lang) {
    let (rows, period) = (number::count(monitor.samples), number::millis(monitor.period_ms));
    let mut text = match lang {
        Lang::En => format!("{rows} rows, one every {period}"),
        Lang::Zh => format!("{rows} 行，每 {period} 一行"),
    };
    let details = [
        (monitor.gone_samples, lang.pick("of them without a server process", "行没有服务器进程")),
        (monitor.missed_samples, lang.pick("missed", "次未采样")),
    ];
    append_nonzero(&mut text, &details, lang);
    if let Some(file) = &monitor.file {
        let file = escape::text(&file.display().to_string());
        text.extend([lang.pick(", in ", "，见 "), &file]);
    }
    page.field(label, &text);
    for remark in monitor_remarks(monitor, lang) {
        page.field("", &remark);
    }
    let mut table = Table::new([
        (lang.pick("column", "列"), Align::Left),
        (lang.pick("mean", "平均"), Align::Right),
        (lang.pick("min", "最小"), Align::Right),
        (lang.pick("max", "最大"), Align::Right),
        (lang.pick("last", "最后"), Align::Right),
        (lang.pick("per minute", "每分钟变化"), Align::Right),
    ]);
    for column in monitor.columns.iter().filter(|column| column.is_worth_telling()) {
        let numbers = [column.mean, column.min, column.max, column.last].map(number::value);
        let slope = column.slope_per_minute.map(number::value);
        let name = escape::line(&column.name, 40);
        table.row(std::iter::once(name).chain(numbers).chain(slope));
    }
    if !table.is_empty() {
        page.table(&table);
    }
}

/// What one must know to read the monitor's numbers.
pub(super) fn monitor_remarks(monitor: &MonitorSummary, lang: Lang) -> Vec<String> {
    let mut remarks = Vec::new();
    if let [_, _, ..] = monitor.pids[..] {
        let pids: Vec<_> = monitor.pids.iter().map(ToString::to_string).collect();
        let restarted = lang.pick("the server was restarted: pids ", "服务器曾重启：进程号 ");
        remarks.push(format!("{restarted}{}", pids.join(", ")));
    }
    if let Some(error) = &monitor.write_error {
        let incomplete = lang.pick("its file is not complete: ", "其文件不完整：");
        remarks.push(format!("{incomplete}{}", escape::text(error)));
    }
    remarks.extend(monitor.remarks.iter().map(|remark| escape::text(remark)));
    remarks
}

/// How the harness itself fared, in one line.
pub(super) fn self_check(check: &SelfCheck, lang: Lang) -> String {
    let measured = [
        (check.worst_stall_ms, lang.pick("ms worst stall", "ms 最长停顿")),
        (
            check.own_cpu_percent,
            lang.pick("% of one core used by the harness", "% 单核由测试工具占用"),
        ),
        (check.starved_percent, lang.pick("% of the time without a core", "% 时间得不到核心")),
        (check.steal_percent, lang.pick("% stolen by the hypervisor", "% 被虚拟机管理程序占用")),
    ];
    let parts: Vec<_> = measured
        .into_iter()
        .filter_map(|(value, what)| Some(format!("{} {what}", number::value(value?))))
        .collect();
    parts.join(lang.comma())
}

fn write_self_check(page: &mut Page, check: &SelfCheck, lang: Lang) {
    page.field(lang.pick("harness", "测试工具"), &self_check(check, lang));
    for reason in &check.reasons {
        page.field(lang.pick("INVALID", "无效"), &escape::text(&phrase(reason, lang)));
    }
}

/// How and when the server died, in one line.
pub(super) fn death(death: &Death, lang: Lang) -> String {
    let uptime = number::millis(death.uptime_ms);
    let how = words::death_cause(&death.how, lang);
    let who = match (death.node, lang) {
        (None, _) => lang.pick("the server", "服务器").to_owned(),
        (Some(node), Lang::En) => format!("the node {node}"),
        (Some(node), Lang::Zh) => format!("节点 {node} "),
    };
    match lang {
        Lang::En => format!("{who} died at {:.3}, after {uptime}: {how}", death.at),
        Lang::Zh => format!("{who}于 {:.3} 崩溃，已运行 {uptime}：{how}", death.at),
    }
}

fn write_death(page: &mut Page, it: &Death, lang: Lang) {
    page.field(lang.pick("DEATH", "崩溃"), &death(it, lang));
    for (stream, lines) in [("stdout", &it.stdout_tail), ("stderr", &it.stderr_tail)] {
        // The end says more than the beginning.
        for line in &lines[lines.len().saturating_sub(10)..] {
            page.field("", &format!("{stream}: {}", escape::text(line)));
        }
    }
    if let Some(log) = &it.log {
        let log = escape::text(&log.display().to_string());
        page.field("", &format!("{}{log}", lang.pick("all it said: ", "全部输出：")));
    }
}

fn write_finding(page: &mut Page, finding: &Finding, lang: Lang) {
    let meaning = words::meaning(finding, lang);
    let (count, kind) = (number::count(finding.count), words::finding(finding.kind, lang));
    let text = format!("{count} {kind}{}{meaning}", lang.colon());
    page.field(lang.pick("finding", "发现"), &text);
    for example in &finding.examples {
        let at = lang.pick("at", "在");
        let mut text = format!("{at} {}", number::millis(example.at_ms));
        if let Some(way) = way(example) {
            text.extend([lang.comma(), &way]);
        }
        if !example.frame.is_empty() {
            text.extend([lang.colon(), &escape::text(&example.frame)]);
        }
        page.field("", &text);
    }
    let left_out = finding.count.saturating_sub(finding.examples.len() as u64);
    if left_out > 0 && !finding.examples.is_empty() {
        page.field("", &more(left_out, lang));
    }
}

/// How many are not shown.
pub(super) fn more(left_out: u64, lang: Lang) -> String {
    match lang {
        Lang::En => format!("and {} more", number::count(left_out)),
        Lang::Zh => format!("另有 {} 例", number::count(left_out)),
    }
}

/// From whom to whom, and the number of the message: `1001 → 1002, #7`.
pub(super) fn way(example: &Example) -> Option<String> {
    let user = |name: &Option<String>| {
        name.as_deref().map_or_else(|| "?".to_owned(), |name| escape::line(name, 40))
    };
    let known = example.from.is_some() || example.to.is_some();
    let users = known.then(|| format!("{} → {}", user(&example.from), user(&example.to)));
    let sequence = example.sequence.map(|sequence| format!("#{sequence}"));
    let parts: Vec<_> = users.into_iter().chain(sequence).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn write_lines(page: &mut Page, lines: &[VerdictLine], lang: Lang) {
    let mut table = Table::new([
        (lang.pick("required", "要求"), Align::Left),
        (lang.pick("observed", "观测"), Align::Right),
        (lang.pick("limit", "限值"), Align::Right),
        (lang.pick("unit", "单位"), Align::Left),
        (lang.pick("margin", "余量"), Align::Right),
        (lang.pick("verdict", "结论"), Align::Left),
        ("", Align::Left),
    ]);
    for line in lines {
        table.row([
            escape::line(&line.metric, 40),
            escape::line(&line.observed, 40),
            escape::line(&line.limit, 40),
            escape::line(&line.unit, 20),
            escape::line(line.margin.as_deref().unwrap_or_default(), 20),
            words::line_verdict(line, lang).to_owned(),
            line.why.as_deref().map(|why| escape::text(&phrase(why, lang))).unwrap_or_default(),
        ]);
    }
    if !table.is_empty() {
        page.table(&table);
    }
}
