//! The words of the domain in both languages: verdicts, findings, grounds, names of what was measured.

use super::{Lang, errors::in_lang, escape, number};
#[cfg(feature = "monitor")]
use crate::record::GrowthVerdict;
use crate::{
    record::{
        CaseResult, DeathCause, Ending, Finding, FindingKind, Ground, Judged, Rigour, RunRecord,
        VerdictLine,
    },
    verdict::Verdict,
};

/// The verdict; the English word stays beside the Chinese one, because logs are searched for it.
pub(super) fn verdict(verdict: Verdict, lang: Lang) -> &'static str {
    match verdict {
        Verdict::Pass => lang.pick("PASS", "通过 PASS"),
        Verdict::Invalid => lang.pick("INVALID", "无效 INVALID"),
        Verdict::Fail => lang.pick("FAIL", "失败 FAIL"),
    }
}

/// What became of a requirement on a stage; a warning is not written as a failure.
pub(super) fn line_verdict(line: &VerdictLine, lang: Lang) -> &'static str {
    match (line.result, line.level) {
        (Verdict::Fail, Rigour::Warn) => lang.pick("WARN", "警告 WARN"),
        (result, _) => verdict(result, lang),
    }
}

/// What a judgement on growth came to.
#[cfg(feature = "monitor")]
pub(super) fn growth(verdict: GrowthVerdict, lang: Lang) -> &'static str {
    match verdict {
        GrowthVerdict::Steady => lang.pick("steady", "平稳"),
        GrowthVerdict::Growing => lang.pick("growing", "在增长"),
        GrowthVerdict::Unjudged => lang.pick("not judged", "无法判断"),
    }
}

/// One word for what became of a case.
pub(super) fn case_result(result: &CaseResult, lang: Lang) -> &'static str {
    let chinese = match result {
        CaseResult::Passed => "通过",
        CaseResult::Observed { .. } => "仅观察",
        CaseResult::Failed { .. } => "失败",
        CaseResult::Blocked { .. } => "受阻",
        CaseResult::Skipped { .. } => "跳过",
        CaseResult::Known { .. } => "已知失败",
        CaseResult::UnexpectedPass => "意外通过",
        CaseResult::Trouble { .. } => "测试工具故障",
    };
    lang.pick(result.word(), chinese)
}

/// The kind of a finding.
pub(super) fn finding(kind: FindingKind, lang: Lang) -> &'static str {
    let chinese = match kind {
        FindingKind::Misdelivered => "误投",
        FindingKind::Lost => "丢失",
        FindingKind::Duplicated => "重复",
        FindingKind::Corrupted => "内容损坏",
        FindingKind::Unexpected => "来历不明",
        FindingKind::OutOfOrder => "乱序",
        FindingKind::Uncollected => "未能取回",
        FindingKind::Indeterminate => "无法判定",
        FindingKind::Foreign => "属于其他运行",
        FindingKind::Undecodable => "无法解析",
        FindingKind::Unanswered => "没有应答",
        FindingKind::Refused => "被拒绝",
        FindingKind::ClosedByServer => "被服务器断开",
    };
    lang.pick(kind.word(), chinese)
}

/// What a finding means: as it was recorded, or the general meaning of its kind in Chinese.
pub(super) fn meaning(finding: &Finding, lang: Lang) -> String {
    let chinese = match finding.kind {
        FindingKind::Misdelivered => "消息送到了不该收到它的用户",
        FindingKind::Lost => "消息没有送达应当收到它的用户",
        FindingKind::Duplicated => "同一条消息送达了不止一次",
        FindingKind::Corrupted => "消息送达时内容与发出时不同",
        FindingKind::Unexpected => "收到了我们从未引起的数据",
        FindingKind::OutOfOrder => "同一发送者的消息到达顺序与发送顺序不同",
        FindingKind::Uncollected => "接收者未能再次登录，无法确认是否送达",
        FindingKind::Indeterminate => "有一方以复位方式断开，无法确认是否应当送达",
        FindingKind::Foreign => "收到了本工具另一次运行的消息",
        FindingKind::Undecodable => "收到的字节不是该方言的消息",
        FindingKind::Unanswered => "应当应答的请求没有得到应答",
        FindingKind::Refused => "服务器拒绝了本应接受的请求",
        FindingKind::ClosedByServer => "服务器断开了没有人要求断开的连接",
    };
    match lang {
        Lang::En => escape::text(&finding.meaning),
        Lang::Zh => chinese.to_owned(),
    }
}

/// The name of a latency distribution, as [`crate::record::Latencies::named`] calls it.
pub(super) fn latency(name: &str, lang: Lang) -> &str {
    let chinese = match name {
        "connect" => "建立连接",
        "register" => "注册",
        "login" => "登录",
        "ack" => "消息应答",
        "response" => "响应（自计划时刻）",
        "service" => "服务（自发送时刻）",
        "group, first" => "群聊：最先收到者",
        "group, median" => "群聊：居中收到者",
        "group, last" => "群聊：最后收到者",
        "group, spread" => "群聊：首末收到者之差",
        other => other,
    };
    lang.pick(name, chinese)
}

/// How a server ended.
pub(super) fn death_cause(how: &DeathCause, lang: Lang) -> String {
    match (lang, how) {
        (Lang::Zh, DeathCause::Exited { code }) => format!("退出码 {code}"),
        (Lang::Zh, DeathCause::Signaled { signal, name, core_dumped }) => {
            let core = if *core_dumped { "，已转储核心" } else { "" };
            format!("信号 {signal}（{}{core}）", escape::line(name, 20))
        }
        _ => escape::text(&how.to_string()),
    }
}

/// `metric 12 ms (limit < 10)`
pub(super) fn line(line: &VerdictLine, lang: Lang) -> String {
    match lang {
        Lang::En => escape::text(&line.to_string()),
        Lang::Zh => {
            let [metric, observed, limit, unit] =
                [&line.metric, &line.observed, &line.limit, &line.unit]
                    .map(|text| escape::line(text, 60));
            let number = observed.ends_with(|last: char| last.is_ascii_digit());
            let unit = if unit.is_empty() || !number { String::new() } else { format!(" {unit}") };
            format!("{metric} {observed}{unit}（要求 {limit}）")
        }
    }
}

/// One ground of a verdict.
pub(super) fn ground(ground: &Ground<'_>, lang: Lang) -> String {
    let Lang::Zh = lang else { return escape::text(&ground.to_string()) };
    match ground {
        Ground::Died(death) => format!("服务器崩溃：{}", death_cause(&death.how, lang)),
        Ground::Line(it) => line(it, lang),
        Ground::Late(reason) => {
            format!("测试工具自身跟不上：{}", escape::text(&in_lang(reason, lang)))
        }
        Ground::NoLine(it) => format!("判为 {it}，但没有对应的条目"),
        Ground::Case(case) => {
            let reason = escape::text(&in_lang(&case.result.reason(), lang));
            format!("{}：{reason}", escape::line(&case.id, 20))
        }
        Ground::Ending(Ending::Complete) => "运行已完成".to_owned(),
        Ground::Ending(Ending::Running) => "运行尚未结束".to_owned(),
        Ground::Ending(Ending::Interrupted { signal }) => {
            format!("运行被 {} 提前终止", escape::line(signal, 40))
        }
        Ground::Ending(Ending::Aborted { reason }) => {
            format!("运行无法继续：{}", escape::text(&in_lang(reason, lang)))
        }
        Ground::NothingRun => "没有运行任何内容".to_owned(),
    }
}

/// A ground with its stage.
pub(super) fn judged(judged: &Judged<'_>, lang: Lang) -> String {
    let text = ground(&judged.ground, lang);
    match judged.stage {
        Some(stage) => {
            let name = escape::line(&stage.name, 60);
            format!("{} {name}{}{text}", lang.pick("stage", "阶段"), lang.colon())
        }
        None => text,
    }
}

/// The reason of the verdict on a run, in one line.
pub(super) fn reason(record: &RunRecord, lang: Lang) -> String {
    let Lang::Zh = lang else { return escape::text(&record.reason()) };
    let mut grounds = record.grounds();
    grounds.retain(|judged| judged.verdict == record.verdict);
    match (grounds.first(), grounds.len().saturating_sub(1)) {
        (Some(first), 0) => judged(first, lang),
        (Some(first), more) => format!("{}（另有 {more} 条）", judged(first, lang)),
        (None, _) => what_held(record),
    }
}

fn what_held(record: &RunRecord) -> String {
    let mut parts = Vec::new();
    if !record.cases.is_empty() {
        let passed = record.cases.iter().filter(|case| case.result.passed()).count();
        parts.push(format!("{} 个用例中 {passed} 个通过", record.cases.len()));
    }
    if !record.stages.is_empty() {
        parts.push(format!("{} 个阶段全部达标", record.stages.len()));
    }
    parts.push(match record.warnings() {
        0 => "没有警告".to_owned(),
        warnings => format!("{warnings} 条警告"),
    });
    parts.join("，")
}

/// How a run ended, and after how long.
pub(super) fn ending(record: &RunRecord, lang: Lang) -> String {
    let took = record.ended.map(|ended| {
        let millis = ended.duration_since(record.started).as_millis();
        number::millis(u64::try_from(millis).unwrap_or(0))
    });
    let (after, before) = match (took, lang) {
        (Some(took), Lang::En) => (format!(" after {took}"), String::new()),
        (Some(took), Lang::Zh) => (String::new(), format!("历时 {took}，")),
        (None, _) => (String::new(), String::new()),
    };
    match (&record.ending, lang) {
        (Ending::Running, _) => lang.pick("not finished when this was written", "尚未结束").into(),
        (Ending::Complete, Lang::En) => format!("complete{after}"),
        (Ending::Complete, Lang::Zh) => format!("{before}已完成"),
        (Ending::Interrupted { signal }, Lang::En) => {
            format!("ended early by {}{after}", escape::line(signal, 40))
        }
        (Ending::Interrupted { signal }, Lang::Zh) => {
            format!("{before}被 {} 提前终止", escape::line(signal, 40))
        }
        (Ending::Aborted { reason }, Lang::En) => {
            format!("given up{after}: {}", escape::text(reason))
        }
        (Ending::Aborted { reason }, Lang::Zh) => {
            format!("{before}中止：{}", escape::text(&in_lang(reason, lang)))
        }
    }
}
