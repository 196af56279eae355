//! The errors of the first hour as they are really made, told in Chinese: nothing measured is lost, and no prose stays English.

mod servers;

use std::{ffi::OsString, path::Path, time::Duration};

use chatserver_harness::{
    campaign::{CampaignError, CampaignPlan, Levels},
    check::select,
    config::{ConfigFile, Database, LoadSettings, Settings, parse_addrs},
    load::{Mix, PlanError, StageError},
    record::{DialectFacts, RunDirectory},
    report::{Lang, errors::in_lang},
    threshold::Threshold,
    verdict::Level,
    wire::{
        dialect::{Dialect, builtin_text},
        header::Header,
    },
};
use jiff::Timestamp;

fn is_chinese(character: char) -> bool {
    ('\u{4e00}'..'\u{a000}').contains(&character)
}

/// What stands between two marks, such as backticks.
fn between(text: &str, mark: char) -> impl Iterator<Item = &str> {
    text.split(mark).skip(1).step_by(2)
}

/// What must be the same in every language: what was quoted, numbers, paths.
fn measured(text: &str) -> Vec<&str> {
    let quoted =
        between(text, '`').filter(|quoted| !quoted.contains("NUMBER") && !quoted.contains("KEY"));
    let words = text
        .split(|c: char| c.is_whitespace() || "`,;()".contains(c))
        .map(|word| word.trim_matches(['.', ':', '?', '"', '\'']))
        .filter(|word| word.contains(|c: char| c.is_ascii_digit() || c == '/'));
    quoted.chain(words).collect()
}

/// Three English words in a row outside of quotes, commands and lists: a sentence that nobody has translated.
fn prose(text: &str) -> Option<String> {
    let outside: String = text.split('`').step_by(2).collect::<Vec<_>>().join(" ` ");
    let outside: String = outside.split('"').step_by(2).collect::<Vec<_>>().join(" \" ");
    let words: Vec<&str> = outside.split(' ').collect();
    let is_word = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
    words.windows(3).find(|three| three.iter().all(is_word)).map(|three| three.join(" "))
}

/// The error in Chinese, line by line beside the English.
#[track_caller]
fn told(error: &impl ToString) -> String {
    let english = error.to_string();
    let chinese = in_lang(&english, Lang::Zh).into_owned();
    assert_eq!(english.lines().count(), chinese.lines().count(), "{english}\n{chinese}");
    for (number, (before, after)) in english.lines().zip(chinese.lines()).enumerate() {
        let is_file =
            before.trim_start().starts_with(|c: char| c.is_ascii_digit() || "-|".contains(c));
        let is_quoted = before.starts_with("    ") || (is_file && number > 0);
        if is_quoted && !before.contains('^') {
            assert_eq!(before, after, "what somebody wrote stays");
            continue;
        }
        assert!(after.contains(is_chinese), "no Chinese: {before}\n{after}");
        assert_eq!(prose(after), None, "{before}\n{after}");
        for piece in measured(before) {
            assert!(after.contains(piece), "`{piece}` is lost: {before}\n{after}");
        }
    }
    chinese
}

#[test]
fn variables_and_the_configuration_file() {
    let dir = tempfile::tempdir().unwrap();
    let settings = |variables: &[(&str, &str)]| {
        let lookup = |name: &str| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value))
        };
        Settings::from_variables(lookup, dir.path())
    };
    for (name, value) in [
        ("CHATSERVER_ADDR", "6000"),
        ("CHATSERVER_DIALECT", "curse"),
        ("CHATSERVER_HEADER", "public.hpp"),
        ("CHATSERVER_REQUIRE", "maybe"),
        ("CHATSERVER_CONFIG", "absent.toml"),
    ] {
        told(&settings(&[(name, value)]).unwrap_err());
    }
    let both = [("CHATSERVER_DIALECT", "course"), ("CHATSERVER_HEADER", "a.hpp")];
    assert!(told(&settings(&both).unwrap_err()).contains("同时设置，彼此矛盾"));
    let required = settings(&[("CHATSERVER_REQUIRE", "1")]).unwrap();
    let facts = DialectFacts { name: "course".into(), origin: "built-in".into() };
    assert!(told(&required.assignment(facts, "").unwrap_err()).starts_with("没有配置服务器"));
    let load = LoadSettings::from_variables(|name| {
        (name == "CHATSERVER_LOAD_CLIENTS").then(|| "many".into())
    });
    told(&load.unwrap_err());
    for text in [
        "adr = '127.0.0.1:6000'",
        "addr = '6000'",
        "command = ''",
        "command = 3",
        "needs = [\n'127.0.0.1']",
        "[stop]\nsignal = 'SIGSEGV'",
        "[[probe]]\nname = 'a b'\nrun = ''",
        "[[probe]]\nname = 'a'\nrun = ''\n[[probe]]\nname = 'a'\nrun = ''",
        "[ready]\ndeadline = 'soon'",
        "dialect = 'curse'",
        "dialect = 'course'\nheader = 'public.hpp'",
        "addr = '127.0.0.1:1'\nbalancer = '127.0.0.1:2,127.0.0.1:3'",
        "command = './a'\ncommand = './b'",
        "command = ./ChatServer",
    ] {
        told(&ConfigFile::parse(Path::new("/chat/chatserver.toml"), text).unwrap_err());
    }
    for text in [
        "6000",
        ":6000",
        "127.0.0.1",
        "127.0.0.1:abc",
        "http://localhost:6000",
        "127.0.0.1:6000,127.0.0.1:6000",
        "no.such.host.invalid:6000",
    ] {
        told(&parse_addrs(text).unwrap_err());
    }
    told(&"chat".parse::<Database>().unwrap_err());
}

#[test]
fn dialects_point_at_the_line() {
    let course = builtin_text("course").unwrap();
    for (from, to) in [
        ("ack = 5", "akc = 5"),
        ("number = 9", "number = 8"),
        ("to = \"toid\", ", ""),
        ("to = \"toid\"", "too = \"toid\""),
        ("friend = \"friendid\"", "to = \"friendid\""),
        ("reply = { user = \"id\" }", "reply = {}"),
        ("mutual = false", "by = \"id\""),
        ("acks = \"none\"", "acks = \"some\""),
        ("min_gap = \"5ms\"", "min_gap = \"5 parsecs\""),
        ("offline = \"reply\"", "offline = \"documents\""),
        ("mutual = false", "ack_echoes = true"),
        ("acks = \"none\"", "acks = { header = [\"number:3\"] }"),
        ("acks = \"none\"", "acks = { header = [\"size:4\"] }"),
        ("acks = \"none\"", "acks = { header = [\"number:4\"] }"),
        ("mutual = false", "requires_friend = true"),
        ("mutual = false", "delivery = 9"),
        ("mutual = false", "ack_of = \"chat\""),
        ("key = \"msgid\"", ""),
        ("ack = 5", "ack = 5\nack_of = \"login\""),
    ] {
        assert!(course.contains(from), "{from}");
        told(&Dialect::load("my.toml", &course.replacen(from, to, 1)).unwrap_err());
    }
    for table in [
        "[custom.x]\nsend = '{\"msgid\": 50'",
        "[custom.x]\nsend = '{\"id\": {user}}'",
        "[custom.x]\nsend = '{\"msgid\": 6}'",
        "[custom.x]\nsend = '{\"msgid\": 50}'\nack = 10",
        "[heartbeat]\nevery = \"0s\"\nsend = '{\"msgid\": 50}'",
        "[heartbeat]\nsend = '{\"msgid\": 50}'",
    ] {
        told(&Dialect::load("my.toml", &format!("{course}\n{table}\n")).unwrap_err());
    }
    let header = builtin_text("header").unwrap();
    let keyed = header.replacen("[wire]\n", "[wire]\nkey = \"msgid\"\n", 1);
    told(&Dialect::load("my.toml", &keyed).unwrap_err());
}

#[test]
fn headers_say_what_they_lack() {
    for text in [
        "#pragma once\nstruct Message { int id; };\n",
        "enum A { LOGIN_MSG = 1, OTHER = 2, SOME = sizeof(int) };",
        "enum A { RED };",
    ] {
        told(&Header::read("/chat/public.hpp", text).unwrap_err());
    }
    told(&Header::from_bytes("/chat/public.hpp", b"a\0b").unwrap_err());
    let without_answer = "enum A { LOGIN_MSG = 1, REG_MSG = 4, ONE_CHAT_MSG = 6 };";
    let refusal = Header::read("/chat/public.hpp", without_answer).unwrap().dialect().unwrap_err();
    told(&refusal);
    let odd = "enum A { LOGIN_MSG = 1, LOGIN_MSG_ACK, REG_MSG = 4, REG_MSG_ACK, ONE_CHAT_MSG, SIGN_IN_MSG, \
               HEART_BEAT, LOGIN_FOO_MSG };";
    let header = Header::read("/chat/public.hpp", odd).unwrap();
    for remark in &header.unmapped {
        told(remark);
    }
    for doubt in &header.doubts {
        told(doubt);
    }
}

#[test]
fn plans_thresholds_and_cases() {
    for text in [
        "pause = \"1s\"\nstages = 3\n",
        "pause = \"soon\"\n",
        "[[stage]]\nclients = 4\nduration = 5\nload = { rate = 0 }\n",
        "[[stage]]\nclients = 4\nduration = 5\nload = { rate = 9, interval = 1 }\n",
        "[[stage]]\nclients = 4\nduration = 5\nload = { interval = 6 }\n",
        "[[stage]]\nclients = 4\nduration = 5\nload = { text_bytes = 9 }\n",
        "[[stage]]\nclients = 4\nduration = 5\nload = { text_bytes = 'a' }\n",
        "[[stage]]\nclients = 4\nduration = 5\nload = { accounts = 'a' }\n",
        "[[stage]]\nclients = 'a'\nduration = 5\n",
        "cases = [\"NOPE\"]\n",
        "cases = 7\n",
        "[[stage]]\nclients = 1\nduration = 5\n",
        "[[stage]]\nclients = []\nduration = 5\n",
        "[[stage]]\nclients = 10\n",
        "[load]\npace = \"fast\"\n",
        "[thresholds]\nfail = [\n  \"loss == 0\",\n]\n",
        "[thresholds]\nwarn = [\"rss.max < 5\"]\n",
    ] {
        told(&CampaignPlan::parse("plan.toml", text).unwrap_err());
    }
    told(&CampaignPlan::named("huge").unwrap_err());
    told(&CampaignPlan::named("absent/plan.toml").unwrap_err());
    for text in [
        "lost",
        "lost < many",
        "lost < 5 ms",
        "delivery.p99 < 5",
        "delivery < 5ms",
        "lost.p99 < 5",
        "delivery.p75 < 5ms",
    ] {
        told(&text.parse::<Threshold>().unwrap_err());
    }
    told(&"10,many".parse::<Levels>().unwrap_err());
    told(&Mix::parse("chat").unwrap_err());
    told(&Mix::parse("shout=3").unwrap_err());
    told(&select(&["NOPE".to_owned()], Level::Info).unwrap_err());
    let (per_second, duration) = (0.0, Duration::from_secs(3));
    for error in [
        PlanError::TooFewClients { clients: 1 },
        PlanError::TooFewAccounts { clients: 9, accounts: 7 },
        PlanError::NoDuration,
        PlanError::NoPatience,
        PlanError::NoInterval,
        PlanError::IntervalTooLong { interval: duration * 2, duration },
        PlanError::NoArrivals { per_second },
        PlanError::NoRate { per_second },
        PlanError::RampTooLong { ramp: duration * 2, duration },
        PlanError::NoText,
        PlanError::NoChurn { per_second },
        PlanError::AwayTooLong { away: duration * 2, duration },
        PlanError::GroupTooSmall { size: 1 },
        PlanError::TooManyThreads { threads: 9, clients: 10, unit: 2 },
        PlanError::OneForAll { threads: 2 },
        PlanError::SharedPool { threads: 2 },
        PlanError::SilentMix,
        PlanError::HeavyMix { weight: 77, most: 70 },
        PlanError::ChatsToNobody,
        PlanError::NoSuchCustom { name: "wave".into(), there: vec!["hop".into()] },
        PlanError::TextSize { bytes: 9 },
    ] {
        told(&StageError::Plan(error));
    }
    for error in [
        CampaignError::NotSpoken { request: "group_chat", dialect: "len4".into() },
        CampaignError::OnlyReference { option: "--fault drop=10".into(), found_by: "PATH".into() },
        CampaignError::Interrupted { signal: "SIGINT".into() },
    ] {
        told(&error);
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("taken"), "").unwrap();
    told(&RunDirectory::create(&dir.path().join("taken/runs"), Timestamp::now()).unwrap_err());
}
