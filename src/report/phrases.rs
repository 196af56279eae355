//! Sentences of the record, in the reader's language.
//!
//! The record holds them in English, in one language for every reader of `run.json`; a report in Chinese says those that it
//! knows in Chinese, and the others as they are.

use std::borrow::Cow;

use super::Lang;

/// English and Chinese; `{}` is whatever was measured, or a sentence of this table.
const PHRASES: &[(&str, &str)] = &[
    // Those that hold others come first.
    ("{}; the CPU was used by {}", "{}；CPU 被 {} 占用"),
    ("{}; {} unsent: {}", "{}；{} 条未发送：{}"),
    ("{}; {} users more than it had served before", "{}；比此前最多服务的用户多 {} 人"),
    ("{}; both halves rise", "{}；前后两半都在上升"),
    ("{}; too short to tell: it rose by too little", "{}；时间太短无法判断：上升太少"),
    // Lines.
    ("there was no sample to judge", "没有样本可供判断"),
    ("the generator itself was too slow to judge it", "压测端自身太慢，无法判断"),
    ("the stage was ended early", "阶段提前结束"),
    (
        "sent later than due: the server had not read the message before",
        "晚于计划发出：服务器还没有读走上一条消息",
    ),
    ("the busiest thread: {} in {} of {} rows", "最忙的线程：{}，{}/{} 行中居首"),
    // Why messages were not sent.
    ("the user was not in session", "该用户不在会话中"),
    ("there was nobody to write to", "没有可发送的对象"),
    ("the server had not read the message before", "服务器还没有读走上一条消息"),
    ("the server did not read: its receive window was full", "服务器不读：其接收窗口已满"),
    ("the message before was not delivered", "上一条消息没有送达"),
    ("the generator was too slow", "压测端太慢"),
    // The generator of itself.
    (
        "messages were written late by the generator itself: p99 {} ms, allowed {} ms; give it a core of its own or ask for \
         less",
        "压测端自身写出消息太迟：p99 {} ms，允许 {} ms；请给它一个独占的核，或降低要求",
    ),
    (
        "messages were read late by the generator itself: p99 {} ms, allowed {} ms; give it a core of its own or ask for less",
        "压测端自身读取消息太迟：p99 {} ms，允许 {} ms；请给它一个独占的核，或降低要求",
    ),
    (
        "the generator stood still: at one tick in a hundred it was {} ms away or more, allowed {} ms, at most {} ms; what \
         arrived then was seen that much later",
        "压测端曾停顿：百分之一的时刻离开了 {} ms 以上，允许 {} ms，最长 {} ms；期间到达的消息也就晚了这么久才被看到",
    ),
    (
        "{} messages were never sent because the generator was too slow; ask for a lower rate",
        "{} 条消息因压测端太慢而从未发出；请降低速率",
    ),
    (
        "the generator was ready to run and had no core for {} % of the time, allowed {} %",
        "压测端有 {} % 的时间想运行却没有核可用，允许 {} %",
    ),
    (
        "the hypervisor gave {} % of the machine to others, allowed {} %",
        "虚拟机监控程序把机器的 {} % 给了别人，允许 {} %",
    ),
    // Growth.
    ("with nobody connected: {} before, {} after", "无人连接时：之前 {}，之后 {}"),
    ("{} to {} with 95 % confidence, over {} s", "95 % 置信区间 {} 到 {}，共 {} 秒"),
    (
        "too short to tell: {} rows of the steady part, {} are needed",
        "时间太短无法判断：平稳部分只有 {} 行，需要 {} 行",
    ),
    ("the server was restarted meanwhile", "服务器在此期间重新启动过"),
    (
        "no warm-up cycle came before: what a first use takes is no leak",
        "之前没有预热：首次使用所占的不算泄漏",
    ),
    ("{} connections were open that are not ours", "有 {} 个不属于我们的连接"),
    (
        "its open files cannot be counted: it runs as another user",
        "无法统计它打开的文件：它以另一个用户运行",
    ),
];

/// A sentence of the record, in the reader's language as far as it is known there.
pub(super) fn phrase(text: &str, lang: Lang) -> Cow<'_, str> {
    if lang == Lang::En {
        return text.into();
    }
    if let Some((part, whole)) = text.split_once(" of ")
        && [part, whole].iter().all(|count| count.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return format!("{part} / {whole}").into();
    }
    let known =
        PHRASES.iter().find_map(|(english, chinese)| Some((holes(english, text)?, chinese)));
    let Some((holes, chinese)) = known else { return text.into() };
    let mut said = String::new();
    let mut holes = holes.into_iter();
    for (at, part) in chinese.split("{}").enumerate() {
        if at > 0 {
            said.push_str(&phrase(holes.next().unwrap_or_default(), lang));
        }
        said.push_str(part);
    }
    said.into()
}

/// What stands in the holes of a pattern; `None` where the text is another sentence.
fn holes<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut holes = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let (hole, after) = if parts.peek().is_none() {
            (rest.strip_suffix(part)?, "")
        } else {
            rest.split_once(part)?
        };
        holes.push(hole);
        rest = after;
    }
    rest.is_empty().then_some(holes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_said_in_chinese_and_the_rest_as_it_is() {
        for (english, chinese) in [
            ("98 of 100", "98 / 100"),
            ("98 of 100; 2 unsent: the generator was too slow", "98 / 100；2 条未发送：压测端太慢"),
            ("the busiest thread: `Chat` in 21 of 60 rows", "最忙的线程：`Chat`，21/60 行中居首"),
            (
                "the hypervisor gave 21 % of the machine to others, allowed 20 %; the CPU was used by burner (7) 98 % of a core",
                "虚拟机监控程序把机器的 21 % 给了别人，允许 20 %；CPU 被 burner (7) 98 % of a core 占用",
            ),
            (
                "0.0 to 3.1 with 95 % confidence, over 59 s; both halves rise",
                "95 % 置信区间 0.0 到 3.1，共 59 秒；前后两半都在上升",
            ),
            ("something new", "something new"),
            ("", ""),
        ] {
            assert_eq!(phrase(english, Lang::Zh), chinese);
            assert_eq!(phrase(english, Lang::En), english);
        }
    }

    #[test]
    fn both_languages_have_the_same_holes_and_no_phrase_hides_another() {
        for (at, (english, chinese)) in PHRASES.iter().enumerate() {
            let count = |text: &str| text.matches("{}").count();
            assert_eq!(count(english), count(chinese), "{english}");
            let filled = english.replace("{}", "7");
            let first = PHRASES.iter().position(|(other, _)| holes(other, &filled).is_some());
            assert_eq!(first, Some(at), "{english}");
        }
    }
}
