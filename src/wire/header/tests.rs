//! Headers of every style against numbers that were read by hand.

use proptest::prelude::*;

use super::*;
use crate::error::Classified;

/// Register, login, logout, chat, add friend, create group, join group, group chat; then what answers register and login.
type Numbers = ([Option<i64>; 8], [Option<i64>; 2]);

macro_rules! fixture {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../fixtures/headers/", $name)))
    };
}

fn read((name, text): (&str, &str)) -> Header {
    Header::read(name, text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn numbers(header: &Header) -> Numbers {
    let number = |mapped: Option<&Mapped>| mapped.map(|mapped| mapped.number);
    (
        Kind::ALL.map(|kind| number(header.request(kind))),
        [Kind::Register, Kind::Login].map(|kind| number(header.declared_ack(kind))),
    )
}

fn said(header: &Header) -> String {
    let unmapped = header.unmapped.iter().map(ToString::to_string);
    unmapped.chain(header.doubts.iter().map(ToString::to_string)).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_numbers_of_every_style_are_those_that_a_person_reads() {
    let all = |numbers: [i64; 8]| numbers.map(Some);
    let course = all([4, 1, 3, 6, 7, 8, 9, 10]);
    let no_groups = |numbers: [i64; 5]| {
        let [register, login, logout, chat, friend] = numbers.map(Some);
        [register, login, logout, chat, friend, None, None, None]
    };
    for (header, requests, answers) in [
        (fixture!("course.hpp"), course, [Some(5), Some(2)]),
        (fixture!("second.hpp"), all([3, 1, 10, 5, 6, 7, 8, 9]), [Some(4), Some(2)]),
        (fixture!("bing.hpp"), all([2, 1, 17, 5, 7, 11, 13, 15]), [Some(4), Some(3)]),
        (fixture!("len4.h"), all([3, 1, 15, 5, 9, 11, 13, 7]), [Some(4), Some(2)]),
        (fixture!("mixed.hpp"), all([3, 1, 15, 5, 7, 9, 11, 13]), [Some(4), Some(2)]),
        (fixture!("tara.hpp"), all([3, 1, 5, 7, 9, 10, 11, 12]), [Some(4), Some(2)]),
        (fixture!("echo-ack.hpp"), course, [Some(5), Some(2)]),
        (fixture!("comments.hpp"), course, [Some(5), Some(2)]),
        (
            fixture!("thousand.hpp"),
            all([1003, 1000, 1002, 1005, 1006, 1007, 1008, 1009]),
            [Some(1004), Some(1001)],
        ),
        (fixture!("camel.hpp"), all([3, 1, 10, 5, 6, 7, 8, 9]), [Some(4), Some(2)]),
        (fixture!("zero.hpp"), all([0, 2, 9, 4, 5, 6, 7, 8]), [Some(1), Some(3)]),
        (
            fixture!("unordered.hpp"),
            [Some(2), Some(1), None, Some(11), Some(3), Some(4), Some(5), Some(12)],
            [Some(102), Some(101)],
        ),
        (fixture!("slips.hpp"), all([3, 1, 20, 5, 9, 11, 13, 14]), [Some(4), Some(2)]),
        (fixture!("lower.hpp"), all([0, 1, 2, 7, 4, 8, 10, 13]), [None, None]),
        (
            fixture!("constants.h"),
            [Some(2), Some(0), Some(10), Some(8), Some(4), None, Some(6), None],
            [Some(3), Some(1)],
        ),
        (
            fixture!("split.hpp"),
            [Some(2), Some(1), Some(10), Some(3), Some(5), None, None, Some(4)],
            [Some(102), Some(101)],
        ),
        (
            fixture!("duplicate.hpp"),
            {
                let mut numbers = no_groups([2, 1, 0, 5, 6]);
                numbers[Kind::Logout as usize] = None;
                numbers
            },
            [Some(3), Some(2)],
        ),
    ] {
        let found = read(header);
        assert_eq!(numbers(&found), (requests, answers), "{}\n{}", header.0, said(&found));
    }
}

#[test]
fn headers_of_public_servers_give_the_numbers_of_their_dialects() {
    for (header, name) in [
        (fixture!("course.hpp"), "course"),
        (fixture!("second.hpp"), "second"),
        (fixture!("bing.hpp"), "bing"),
        (fixture!("len4.h"), "len4"),
        (fixture!("mixed.hpp"), "mixed"),
        (fixture!("tara.hpp"), "tara"),
        (fixture!("echo-ack.hpp"), "echo-ack"),
    ] {
        let read = read(header).dialect().unwrap_or_else(|error| panic!("{name}: {error}"));
        let known = Dialect::builtin(name).unwrap().unwrap();
        for kind in Kind::ALL {
            let number = |dialect: &Dialect| dialect.request(kind).map(|spec| spec.number);
            assert_eq!(number(&read), number(&known), "{name}: {}", kind.table());
        }
        for kind in [Kind::Register, Kind::Login] {
            assert_eq!(read.ack(kind).map(|ack| ack.number), known.ack(kind).map(|ack| ack.number));
        }
    }
}

#[test]
fn a_header_of_the_course_gives_the_course() {
    let mut read = read(fixture!("course.hpp")).dialect().unwrap();
    let course = Dialect::builtin("course").unwrap().unwrap();
    assert_eq!((&*read.name, &*read.origin), ("course.hpp", "dialect read from course.hpp"));
    read.name.clone_from(&course.name);
    read.summary.clone_from(&course.summary);
    read.origin.clone_from(&course.origin);
    read.text.clone_from(&course.text);
    assert_eq!(read, course);
}

#[test]
fn declared_answers_are_noted_but_not_believed() {
    let header = read(fixture!("bing.hpp"));
    assert_eq!(header.declared_ack(Kind::GroupChat).unwrap().number, 16);
    let text = header.dialect_text();
    assert!(
        text.contains("# ack = 16  # GROUP_CHAT_MSG_ACK, line 20: declared, not known"),
        "{text}"
    );
    assert_eq!(header.dialect().unwrap().ack(Kind::GroupChat), None);
}

#[test]
fn constants_rename_fields_wherever_they_stand() {
    use crate::wire::dialect::Part;
    let header = read(fixture!("strings.hpp"));
    let dialect = header.dialect().unwrap();
    assert_eq!((&*dialect.key, &*dialect.errors.code), ("msg_id", "code"));
    for (kind, part, name) in [
        (Kind::Register, Part::Password, "pwd"),
        (Kind::Login, Part::Password, "pwd"),
        (Kind::Chat, Part::To, "to"),
        (Kind::Chat, Part::Text, "msg"),
        (Kind::CreateGroup, Part::GroupName, "group_name"),
    ] {
        assert_eq!(dialect.request(kind).unwrap().send.get(part), Some(name));
    }
    let login = dialect.request(Kind::Login).unwrap();
    assert_eq!(login.reply.get(Part::Offline), Some("offline_msgs"));
    assert_eq!(dialect.login.group.get(Part::Name), Some("group_name"));
    let unused = header.constants.iter().filter(|constant| constant.field.is_none());
    let unused: Vec<&str> = unused.map(|constant| &*constant.name).collect();
    assert_eq!(unused, ["OFFLINE", "LOGIN_ERROR", "DB_PASSWORD"]);
    assert!(header.dialect_text().contains("line 17: PWD = \"pwd\""), "{}", header.dialect_text());
}

#[test]
fn what_is_not_mapped_is_named_with_its_line() {
    for (header, lines) in [
        (
            fixture!("tara.hpp"),
            vec![
                "line 20: ERROR_MSG = 14: `error` belongs to no kind of request",
                "line 15: ADD_FRIEND_ACK calls itself an answer, but no other name stands for add_friend: taken for the request",
            ],
        ),
        (fixture!("thousand.hpp"), vec!["line 18: enum ErrorCode: no name of a request in it"]),
        (
            fixture!("mixed.hpp"),
            vec!["line 9: enum Side: no name", "line 11: enum Status: no name"],
        ),
        (
            fixture!("split.hpp"),
            vec![
                "line 16: IM_LOGIN_RESULT = 104: names login as IM_LOGIN_ACK (line 13) does, which was taken",
                "create_group: no number found, looked for names such as CREATE_GROUP_MSG",
            ],
        ),
        (
            fixture!("lower.hpp"),
            vec![
                "login: no answer found, looked for names such as LOGIN_MSG_ACK",
                "line 17: cmd_group_member_add = 14: `member` belongs to no kind",
            ],
        ),
        (fixture!("duplicate.hpp"), vec!["REG_MSG (line 8) and LOGIN_MSG_ACK (line 7) are both 2"]),
        (fixture!("slips.hpp"), vec!["line 5: EXCEPTION_ACK = 0: `exception` belongs to no kind"]),
    ] {
        let found = read(header);
        let (said, text) = (said(&found), found.dialect_text());
        for line in lines {
            assert!(said.contains(line), "{}: {line}\n{said}", header.0);
            assert!(text.contains(line), "{}: {line}\n{text}", header.0);
        }
    }
}

#[test]
fn of_two_names_for_one_request_the_plain_one_in_the_main_enum_wins() {
    let text = "enum Other { LOGIN = 90 };\n\
                enum { LOG_MSG = 7, CHAT_MSG = 5, ONE_CHAT_MSG = 6, LOGIN_MSG = 1, LOGIN_MSG_ACK, REG_MSG, REG_ACK };\n\
                #define REG_MSG 40\n#define LOGOUT_MSG 12\n";
    let header = read(("public.hpp", text));
    assert_eq!(header.blocks[0], ("enum without a name".to_owned(), 2));
    assert_eq!(numbers(&header).0[..4], [Some(3), Some(1), Some(12), Some(6)]);
    for line in [
        "line 1: LOGIN = 90: names login as LOGIN_MSG (line 2) does",
        "line 2: LOG_MSG = 7: names login as",
        "line 2: CHAT_MSG = 5: names chat as ONE_CHAT_MSG (line 2)",
        "line 3: REG_MSG = 40: names register as REG_MSG (line 2)",
    ] {
        assert!(said(&header).contains(line), "{line}\n{}", said(&header));
    }
    let pairs = "enum { LOGIN_MSG, LOGIN_ACK, REG, REG_ACK, ONE_CHAT, SEND_MSG, SEND_MSG_ACK };";
    let pairs = read(("public.hpp", pairs));
    assert_eq!(pairs.declared_ack(Kind::Chat), None, "SEND_MSG_ACK answers SEND_MSG");
    assert!(
        said(&pairs).contains("SEND_MSG_ACK = 6: answers another name of chat"),
        "{}",
        said(&pairs)
    );
    let loose = read(("public.hpp", "enum { LOG_MSG, LOG_MSG_ACK, REG_MSG, REG_ACK, CHAT_MSG };"));
    assert!(said(&loose).contains("LOG_MSG was taken for login, for want of a clearer name"));
}

#[test]
fn a_header_without_what_is_needed_is_refused_in_words() {
    for (text, says) in [
        ("", "public.hpp declares no message numbers"),
        (
            "#pragma once\n#include \"protocol.h\"\n// enum { LOGIN_MSG }",
            "declares no message numbers",
        ),
        (
            "enum Color { RED, GREEN };",
            "has no message number for register, login, chat: looked for names such as REG_MSG, LOGIN_MSG, ONE_CHAT_MSG, and saw RED = 0 (line 1), GREEN = 1 (line 1); ",
        ),
        ("enum { LOGIN_MSG, REG_MSG };", "has no message number for chat"),
        ("enum { LOGIN_MSG = f(1), REG_MSG = 3, CHAT };", "LOGIN_MSG (line 1, of unknown value)"),
        ("enum { LOGIN_MSG_ACK, REG_MSG_ACK, CHAT_ACK };", "for register, login, chat"),
        ("enum E {};", "and saw no names"),
    ] {
        let error = Header::read("public.hpp", text).unwrap_err();
        let drawn = error.to_string();
        assert!(drawn.contains(says) && drawn.contains("CHATSERVER_HEADER"), "{text}: {drawn}");
        assert_eq!(error.exit() as u8, 2);
    }
}

#[test]
fn bytes_in_another_encoding_are_read_and_what_is_no_text_is_refused() {
    let mut bytes =
        b"enum { LOGIN_MSG = 1, // \xb5\xc7\xc2\xbc\n LOGIN_ACK, REG, REG_ACK, CHAT };".to_vec();
    assert_eq!(Header::from_bytes("a.h", &bytes).unwrap().request(Kind::Chat).unwrap().number, 5);
    bytes.push(0);
    let error = Header::from_bytes("a.h", &bytes).unwrap_err();
    assert!(
        error.to_string().starts_with("cannot read a.h as a C++ header: byte 63 is NUL"),
        "{error}"
    );
    let error = Header::read("a.h", &" ".repeat(MAX_LENGTH + 1)).unwrap_err();
    assert!(error.to_string().contains("it has 1048577 bytes"), "{error}");
}

#[test]
fn a_dialect_needs_answers_and_distinct_numbers() {
    let error = read(fixture!("lower.hpp")).dialect().unwrap_err();
    assert!(error.to_string().contains("declares no answer to register, login"), "{error}");
    assert!(
        error.to_string().contains("add `ack = NUMBER` to [register], [login] there"),
        "{error}"
    );
    let clash = "enum { LOGIN_MSG, LOGIN_ACK, REG, REG_ACK, CHAT, GROUP_CHAT = 4 };";
    let error = read(("public.hpp", clash)).dialect().unwrap_err();
    let drawn = error.to_string();
    assert!(
        drawn.contains("number 4 stands twice") && drawn.contains("GROUP_CHAT, line 1"),
        "{drawn}"
    );
    assert_eq!(error.exit() as u8, 2);
}

#[test]
fn hostile_text_is_read_in_bounded_time() {
    for part in [
        "const ",
        "enum ",
        "enum{",
        "R\"",
        "/*",
        "\"",
        "#if 0\n",
        "(",
        "A=(",
        "enum{A=",
        "#define A ",
        "\\\n",
    ] {
        let text = part.repeat(MAX_LENGTH / part.len());
        assert!(Header::read("public.hpp", &text).is_err(), "{part}");
    }
}

fn piece() -> impl Strategy<Value = String> {
    let words = "enum class struct const constexpr int string static_cast #define #if #endif LOGIN_MSG LOGIN_MSG_ACK \
                 REG_MSG REG_MSG_ACK ONE_CHAT_MSG ADD_FRIEND_ACK GROUP_CHAT_MSG JOIN_GROUP PWD MSGID \"pwd\" \"msg_id\" \
                 { } ( ) [ ] = , ; : :: + - << 1 0x7 'a' // /* */ \\ \" ' R\"( )\" é 消息 \u{feff}";
    let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    let blank = prop::sample::select(vec!["", " ", "\n", "\r\n"]);
    (prop::sample::select(words), blank).prop_map(|(word, blank)| word + blank)
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = Header::read("public.hpp", &text);
    }

    #[test]
    fn no_mixture_of_tokens_panics(pieces in prop::collection::vec(piece(), 0..60)) {
        let _ = Header::read("public.hpp", &pieces.concat());
    }

    #[test]
    fn whatever_stands_around_an_enum_the_text_is_a_dialect_or_says_why_not(
        origin in any::<String>(),
        before in prop::collection::vec(piece(), 0..12),
        middle in prop::collection::vec(piece(), 0..4),
    ) {
        let (before, middle) = (before.concat(), middle.concat());
        let text = format!("{before};\nenum E {{ LOGIN_MSG = 1, LOGIN_MSG_ACK, REG_MSG, REG_ACK, {middle}, CHAT_MSG }};");
        if let Ok(header) = Header::read(&origin, &text) {
            let parsed: Result<toml::Table, _> = header.dialect_text().parse();
            prop_assert!(parsed.is_ok(), "{parsed:?}\n{}", header.dialect_text());
            let _ = header.dialect();
        }
    }
}

#[test]
fn a_heartbeat_is_a_comment_that_makes_a_dialect_when_it_is_none() {
    let text = "enum M { LOGIN_MSG = 1, LOGIN_MSG_ACK, REG_MSG, REG_MSG_ACK, ONE_CHAT_MSG,\nMSG_HEARTBEAT_ACK = 50, MSG_HEARTBEAT };";
    let header = Header::read("a.h", text).unwrap();
    assert_eq!(header.heartbeat.as_ref().map(|found| (found.number, found.line)), Some((51, 2)));
    assert!(header.dialect().unwrap().heartbeat.is_none());
    let switched_on = header.dialect_text().replace("# heartbeat = ", "heartbeat = ");
    let dialect = Dialect::load("mine.toml", &switched_on).unwrap();
    assert_eq!(dialect.heartbeat.unwrap().every, std::time::Duration::from_secs(10));
}
