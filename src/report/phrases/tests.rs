//! The tables of sentences are sound, and a sentence is found in them with what stands in its holes.

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
fn a_hole_for_a_word_takes_no_sentence() {
    assert_eq!(holes("{w} is late", "bob is late"), Some(vec!["bob"]));
    assert_eq!(holes("{w} is late", "the train is late"), None);
    assert_eq!(holes("{w} is late", " is late"), None);
    assert_eq!(holes("{} is late", "the train is late"), Some(vec!["the train"]));
    assert_eq!(holes("{q} is late", "the train is late"), Some(vec!["the train"]));
    assert_eq!(holes("a {port} of {}", "a {port} of 7"), Some(vec!["7"]));
}

#[test]
fn what_a_server_said_is_no_sentence_of_ours() {
    let said = phrase("it said: Connection refused (more in /tmp/a.log)", Lang::Zh);
    assert_eq!(said, "它最后输出：Connection refused（更多见 /tmp/a.log）");
    let said = phrase("cannot read a.toml: Permission denied (os error 13)", Lang::Zh);
    assert_eq!(said, "无法读取 a.toml：权限不足（os error 13）");
}

#[test]
fn no_blank_stands_between_chinese_and_chinese() {
    let said = phrase("no login acknowledgement (msgid 2) within 2 s; nothing came", Lang::Zh);
    assert_eq!(said, "没有等到 login 的应答（msgid 2），已等 2 s；什么都没有收到");
}

fn filled(pattern: &str) -> String {
    ["{}", "{q}", "{w}"].iter().fold(pattern.to_owned(), |text, hole| text.replace(hole, "7"))
}

#[test]
fn both_languages_have_the_same_holes_in_chinese_words() {
    for (english, chinese) in all() {
        let kinds = |mut text: &'static str| {
            let mut kinds = Vec::new();
            while let Some((_, hole, after)) = next_hole(text) {
                kinds.push(hole);
                text = after;
            }
            kinds
        };
        assert_eq!(kinds(english), kinds(chinese), "{english}");
        assert!(chinese.contains(is_wide), "{english}: {chinese}");
        let marks = chinese.match_indices([',', ';', ':', '!', '?']);
        let half = marks.filter(|(at, _)| {
            let ends = !chinese[at + 1..].starts_with(|next: char| next != ' ');
            chinese[..*at].ends_with(is_wide) && ends
        });
        assert_eq!(half.count(), 0, "Chinese has its own marks: {chinese}");
    }
}

#[test]
fn no_phrase_hides_another() {
    let hidden: Vec<_> = all()
        .enumerate()
        .filter(|(at, (english, _))| {
            all().position(|(other, _)| holes(other, &filled(english)).is_some()) != Some(*at)
        })
        .map(|(_, (english, _))| english)
        .collect();
    assert!(hidden.is_empty(), "{hidden:#?}");
}

/// What a server or a user wrote may stand where a sentence might: a pattern needs words of its own to be meant.
#[test]
fn every_phrase_has_words_of_its_own() {
    for (english, _) in all() {
        let own = filled(english).replace('7', "");
        let begins = next_hole(english).is_none_or(|(before, ..)| !before.is_empty());
        assert!(begins || own.trim().len() >= 4, "{english}");
    }
}
