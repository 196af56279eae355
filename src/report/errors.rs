//! What a command says, in the reader's language: errors, questions, results.
//!
//! Errors are made in English, each in its room. Where one is told, its sentences are said in the reader's language, as far
//! as the tables of [`super::phrases`] know them. What somebody wrote stays as it is: a line of a file that is shown with its
//! number, and what a server said, which is indented deeper than any sentence of ours.

use std::borrow::Cow;

use super::{Lang, phrases, phrases::phrase};

/// So far in begins what is quoted from a server.
const QUOTED: usize = 4;
/// The label of an error that points at a place, where the place says it all.
const HERE: (&str, &str) = ("here", "此处");
/// What stands before the cure of an error that points at a line.
const HELP: (&str, &str) = ("help: ", "帮助：");

/// A text of several lines in the reader's language, line by line.
pub fn in_lang(text: &str, lang: Lang) -> Cow<'_, str> {
    match lang {
        Lang::En => text.into(),
        Lang::Zh => text.split('\n').map(line).collect::<Vec<_>>().join("\n").into(),
    }
}

/// Every sentence that is known with its translation. `{}`, `{q}` and `{w}` are what was named or measured.
pub fn sentences() -> impl Iterator<Item = (&'static str, &'static str)> {
    phrases::all().copied()
}

fn line(text: &str) -> Cow<'_, str> {
    if let Some((before, label)) = label(text) {
        return format!("{before}{}", said(label, HERE)).into();
    }
    let shown = text.trim_start_matches(' ');
    if is_of_a_file(text) || text.len() - shown.len() >= QUOTED {
        return text.into();
    }
    let body = shown.strip_prefix("* ").unwrap_or(shown);
    let indent = &text[..text.len() - body.len()];
    match body.strip_prefix(HELP.0) {
        Some(cure) => format!("{indent}{}{}", HELP.1, phrase(cure, Lang::Zh)).into(),
        None => format!("{indent}{}", phrase(body, Lang::Zh)).into(),
    }
}

/// A sentence, or a word that is one only where it stands.
fn said(text: &str, (english, chinese): (&str, &'static str)) -> String {
    if text == english { chinese.to_owned() } else { phrase(text, Lang::Zh).into_owned() }
}

/// What is written behind the mark under a line of a file: `  |   ^^^^ here`.
fn label(text: &str) -> Option<(&str, &str)> {
    let drawn = text.trim_start().strip_prefix('|')?;
    let mark = drawn.trim_start_matches([' ', '_', '|']);
    let label = mark.trim_start_matches(['^', '-']);
    let space = label.strip_prefix(' ')?;
    (label.len() < mark.len()).then(|| text.split_at(text.len() - space.len()))
}

/// A line of a file with its number, and the frame around such lines.
fn is_of_a_file(text: &str) -> bool {
    let behind = text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    behind.starts_with('|') || behind.starts_with("-->")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Pointed, read_toml};

    #[test]
    fn an_error_that_points_keeps_its_layout_and_the_line_of_the_file() {
        let text = "# not an address\nneeds = ['here'] # no such dialect\n";
        let error = Pointed::new(
            "chatserver.toml",
            text,
            26..32,
            "a value in chatserver.toml cannot be meant",
            "not an address",
            Some("`here` lacks the port: write here:6000"),
        );
        let english = error.to_string();
        let chinese = in_lang(&english, Lang::Zh);
        let expected = english
            .replace("a value in chatserver.toml cannot be meant", "chatserver.toml 中的一个值不对")
            .replace("^^^^^^ not an address", "^^^^^^ 不是地址")
            .replace(
                "help: `here` lacks the port: write here:6000",
                "帮助：`here` 缺少端口：请写 here:6000",
            );
        assert_eq!(chinese, expected);
        assert!(chinese.contains("needs = ['here'] # no such dialect"), "{chinese}");
        assert_eq!(in_lang(&english, Lang::En), english);
    }

    #[test]
    fn what_the_reader_of_toml_says_is_known_where_it_is_met_at_once() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only what is refused matters here")]
        struct Sample {
            number: u32,
            text: Option<String>,
            switch: Option<bool>,
        }
        let mut wrong = Vec::new();
        for (text, says) in [
            ("numbre = 1", "未知的键 `numbre`，可用的键：`number`"),
            ("number = 'a'", "类型不对：写的是字符串 \"a\"，应为 u32"),
            ("number = 1\nnumber = 2", "键写了两次"),
            ("text = 'a'", "缺少键 `number`"),
            ("number = 1\nswitch = 1", "类型不对：写的是整数 `1`，应为布尔值"),
            ("number = 1\ntext = 7", "类型不对：写的是整数 `7`，应为字符串"),
            ("number = -1", "取值不对：写的是整数 `-1`，应为 u32"),
            ("number", "键没有值，应为 `=`"),
            ("text = abc", "字符串要加引号，应为 literal string"),
            ("[a", "表头没有闭合，应为 `]`"),
            ("number = [1", "列表没有闭合，应为 `]`"),
            ("text = \"abc", "字符串没有闭合或内容不对，应为 `\"`"),
        ] {
            let error = read_toml::<Sample>("a.toml", text).unwrap_err().to_string();
            let chinese = in_lang(&error, Lang::Zh);
            if !chinese.starts_with(says) || !chinese.ends_with("此处") {
                wrong.push(format!("{error}\n{chinese}\nexpected: {says}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    }

    #[test]
    fn what_was_found_is_said_behind_its_mark() {
        let text = "register alice\n    alice -> {\"msgid\":4}\n  * the new user is 7\n";
        let chinese = "注册 alice\n    alice -> {\"msgid\":4}\n  * 新用户是 7\n";
        assert_eq!(in_lang(text, Lang::Zh), chinese);
    }

    #[test]
    fn last_words_stay_as_they_are() {
        let error = "the server ended before it was ready, after 3 ms: exit code 3\n  its last words:\n    \
                     Connection refused\n    it wrote nothing\n  command: ./done";
        let chinese = in_lang(error, Lang::Zh);
        let lines: Vec<&str> = chinese.lines().collect();
        assert_eq!(
            lines,
            [
                "服务器还没有就绪就退出了，运行了 3 ms：退出码 3",
                "  它最后的输出：",
                "    Connection refused",
                "    it wrote nothing",
                "  命令：./done",
            ]
        );
    }
}
