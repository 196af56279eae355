//! The loader: what it takes, and what it refuses with the line.

use super::*;
use crate::error::Pointed;

fn broken(from: &str, to: &str) -> Pointed {
    let text = builtin_text("course").unwrap();
    assert!(text.contains(from), "the course dialect says `{from}`");
    *Dialect::load("my.toml", &text.replacen(from, to, 1)).unwrap_err()
}

#[test]
fn every_builtin_dialect_loads_under_its_own_name() {
    for name in builtin_names() {
        let dialect = Dialect::builtin(name).unwrap().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(dialect.name, name);
    }
}

#[test]
fn the_course_numbers_are_those_of_its_enum() {
    let dialect = Dialect::builtin("course").unwrap().unwrap();
    let numbers = Kind::ALL.map(|kind| dialect.request(kind).unwrap().number);
    assert_eq!(numbers, [4, 1, 3, 6, 7, 8, 9, 10]);
    let acks = Kind::ALL.map(|kind| dialect.ack(kind).map(|ack| ack.number));
    assert_eq!(acks, [Some(5), Some(2), None, None, None, None, None, None]);
}

#[test]
fn an_acknowledgement_number_can_be_borrowed() {
    let dialect = Dialect::builtin("bing").unwrap().unwrap();
    assert_eq!(
        dialect.ack(Kind::GroupChat).unwrap().number,
        dialect.ack(Kind::JoinGroup).unwrap().number
    );
}

#[test]
fn what_is_wrong_is_shown_with_its_line() {
    let line_of = |needle: &str| {
        let text = builtin_text("course").unwrap();
        text[..text.find(needle).unwrap()].matches('\n').count() + 1
    };
    for (from, to, says) in [
        ("ack = 5", "akc = 5", "unknown field `akc`"),
        ("number = 9", "number = 8", "number 8 stands twice"),
        ("number = 6", "number = 2", "number 2 stands twice"),
        ("key = \"msgid\"", "ack_key = \"n\"", "stands in a header, or under a key of its own"),
        ("[errors]", "[errors]\nwrong_login = [2, 0]", "code 0 is a success and a refusal"),
        ("to = \"toid\", ", "", "[chat] lacks the part `to`"),
        ("to = \"toid\"", "too = \"toid\"", "unknown variant `too`"),
        ("friend = \"friendid\"", "to = \"friendid\"", "[add_friend] has no part `to` here"),
        ("to = \"toid\"", "to = \"msg\"", "[chat] sends both `to` and `text` as `msg`"),
        ("reply = { user = \"id\" }", "reply = {}", "nobody learns the id of a user"),
        ("mutual = false", "by = \"id\"", "`by` belongs to [login], not to [add_friend]"),
        ("acks = \"none\"", "acks = \"some\"", "unknown variant `some`"),
        ("min_gap = \"5ms\"", "min_gap = \"5 parsecs\"", "is not a duration"),
        ("offline = \"reply\"", "offline = \"documents\"", "`offline` and `reply` disagree"),
        ("mutual = false", "ack_echoes = true", "but not with which number"),
        ("acks = \"none\"", "acks = { header = [\"number:3\"] }", "of 1, 2, 4 or 8 bytes"),
        ("mutual = false", "requires_friend = true", "`requires_friend` belongs to [chat]"),
    ] {
        let error = broken(from, to);
        let drawn = error.to_string();
        assert!(drawn.contains(says), "{to}: {drawn}");
        assert!(drawn.contains("my.toml:"), "{drawn}");
        assert!(
            error.line.abs_diff(line_of(from)) <= 1,
            "{to}: line {} for {}",
            error.line,
            line_of(from)
        );
    }
}

#[test]
fn a_message_of_the_servers_own_is_held_to_its_rules() {
    let course = builtin_text("course").unwrap();
    for (table, says) in [
        ("[custom.x]\nsend = '{\"msgid\": 50'", "is no JSON object"),
        ("[custom.x]\nsend = '{\"id\": {user}}'", "no message number under `msgid`"),
        ("[custom.x]\nsend = '{\"msgid\": 6}'", "number 6 stands twice"),
        ("[custom.x]\nsend = '{\"msgid\": 50}'\nack = 10", "something of [group_chat]"),
        ("[heartbeat]\nevery = \"0s\"\nsend = '{\"msgid\": 50}'", "without a pause"),
        ("[heartbeat]\nsend = '{\"msgid\": 50}'", "missing field `every`"),
    ] {
        let error = Dialect::load("my.toml", &format!("{course}\n{table}\n")).unwrap_err();
        assert!(error.to_string().contains(says), "{table}: {error}");
    }
    let table = "[custom.x]\nsend = '{\"msgid\":50,\"n\":{sequence},\"who\":\"{name}\",\"id\":{user}}'\nack = 51";
    let dialect = Dialect::load("my.toml", &format!("{course}\n{table}\n")).unwrap();
    let fields = dialect.custom[0].filled(7, "a\"b", 3, "now").unwrap();
    assert_eq!(
        Value::Object(fields),
        serde_json::json!({"msgid": 50, "n": 3, "who": "a\"b", "id": 7})
    );
}

#[test]
fn a_number_that_stands_nowhere_is_told() {
    let error = broken("key = \"msgid\"", "").to_string();
    assert!(error.contains("nobody learns the number of a message"), "{error}");
    let header = builtin_text("header").unwrap();
    let keyed = header.replacen("[wire]\n", "[wire]\nkey = \"msgid\"\n", 1);
    let error = Dialect::load("my.toml", &keyed).unwrap_err().to_string();
    assert!(error.contains("leave `key` out"), "{error}");
}

#[test]
fn a_missing_table_is_named() {
    let text = builtin_text("course")
        .unwrap()
        .replace("[logout]\nnumber = 3\nsend = { user = \"id\" }\n", "");
    let dialect = Dialect::load("my.toml", &text).unwrap();
    assert!(dialect.request(Kind::Logout).is_none(), "a server may have no logout");
    let text = text.split("[login]").next().unwrap();
    let error = Dialect::load("my.toml", text).unwrap_err();
    assert!(error.to_string().contains("missing field `login`"), "{error}");
}
