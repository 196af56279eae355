//! Golden conversations in every built-in dialect: exact bytes both ways, without the harness's codec on the other side.

mod community;
mod server;
mod transcript;

use std::{fs, net::TcpListener, sync::Arc, thread};

use chatserver_harness::{
    client::{ClientError, Contact, Session},
    wire::{
        Acknowledgement, Delivery, Entry, GroupId, LoginReply, Request, UserId,
        dialect::{Dialect, Kind, builtin_names},
    },
};
use rstest::rstest;
use serde_json::{Map, Value, json};

use crate::fake::SOON;
use transcript::{Exchange, Transcript};

fn read(name: &str) -> String {
    let path = format!("{}/fixtures/frames/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Plays both sides of a transcript; gives what differed.
async fn play(dialect: Dialect, transcript: Transcript) -> Result<(), String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let contact = Contact { patience: SOON, ..Contact::new(address, Arc::new(dialect)) };
    let mut session = Session::connect(&contact).await.unwrap();
    let (stream, _) = listener.accept().unwrap();
    let Transcript { exchanges, turns } = transcript;
    let server = thread::spawn(move || server::play(stream, &turns));
    let mut client = Ok(());
    for exchange in &exchanges {
        client = perform(&mut session, exchange).await;
        if client.is_err() {
            break;
        }
    }
    if client.is_ok() && !session.unexplained().is_empty() {
        client = Err(format!("not explained: {:?}", session.unexplained()));
    }
    if client.is_ok() {
        let untaken = session.leave().await.map_err(|error| error.to_string())?;
        client = if untaken.is_empty() { Ok(()) } else { Err(format!("untaken: {untaken:?}")) };
    } else {
        drop(session);
    }
    match (client, server.join().unwrap()) {
        (Ok(()), Ok(())) => Ok(()),
        (client, server) => Err(format!("the session: {client:?}\nthe server: {server:?}")),
    }
}

/// Asks the session, and compares what it understood.
async fn perform(session: &mut Session, exchange: &Exchange) -> Result<(), String> {
    let Exchange { line, call, parts, is } = exchange;
    let understood = match ask(session, call, parts).await {
        Ok(understood) => understood,
        Err(ClientError::StillOnline { code, .. }) => json!({ "already_online": code }),
        Err(ClientError::Refused { code, text, .. }) => {
            object([("refused", json!(code)), ("text", json!(text))])
        }
        Err(error) => return Err(format!("line {line}: {call}: {error}")),
    };
    if understood == *is {
        return Ok(());
    }
    Err(format!("line {line}: {call}\n  understood {understood}\n  wanted     {is}"))
}

async fn ask(
    session: &mut Session,
    call: &str,
    parts: &Map<String, Value>,
) -> Result<Value, ClientError> {
    let text = |part: &str| parts[part].as_str().unwrap();
    let id = |part: &str| parts[part].as_i64().unwrap();
    let user = || UserId(id("user"));
    let request = match call {
        "hear" => return Ok(delivery(&session.next_message("the next message").await?)),
        "register" => {
            let user = session.register(text("name"), text("password")).await?;
            return Ok(object([("user", json!(user))]));
        }
        "login" => {
            let reply = session.login(user(), text("name"), text("password")).await?;
            return Ok(login(&reply));
        }
        "logout" => Request::Logout { user: user(), name: text("name") },
        "chat" => Request::Chat {
            user: user(),
            name: text("name"),
            to: UserId(id("to")),
            text: text("text"),
            time: text("time"),
        },
        "add_friend" => Request::AddFriend { user: user(), friend: UserId(id("friend")) },
        "create_group" => Request::CreateGroup {
            user: user(),
            name: text("name"),
            description: text("description"),
        },
        "join_group" => Request::JoinGroup { user: user(), group: GroupId(id("group")) },
        "group_chat" => Request::GroupChat {
            user: user(),
            name: text("name"),
            group: GroupId(id("group")),
            text: text("text"),
            time: text("time"),
        },
        other => panic!("nothing is called {other}"),
    };
    let ack = session.demand(&request).await?;
    Ok(ack.map_or(Value::Null, |ack| acknowledgement(session.dialect(), &ack)))
}

fn acknowledgement(dialect: &Dialect, ack: &Acknowledgement) -> Value {
    object([
        ("code", json!(ack.code)),
        ("text", json!(ack.text)),
        ("user", json!(ack.user(dialect))),
        ("group", json!(ack.group(dialect))),
    ])
}

fn login(reply: &LoginReply) -> Value {
    let friends = list(&reply.friends, |friend| {
        object([
            ("user", json!(friend.user)),
            ("name", json!(friend.name)),
            ("state", json!(friend.state)),
        ])
    });
    let groups = list(&reply.groups, |group| {
        let members = list(&group.members, |member| {
            object([
                ("user", json!(member.user)),
                ("name", json!(member.name)),
                ("state", json!(member.state)),
                ("role", json!(member.role)),
            ])
        });
        object([
            ("group", json!(group.group)),
            ("name", json!(group.name)),
            ("description", json!(group.description)),
            ("members", members),
        ])
    });
    object([
        ("user", json!(reply.user)),
        ("name", json!(reply.name)),
        ("friends", friends),
        ("groups", groups),
        ("offline", list(&reply.offline, delivery)),
    ])
}

fn delivery(message: &Delivery) -> Value {
    object([
        ("kind", json!(message.kind.table())),
        ("from", json!(message.from)),
        ("to", json!(message.to)),
        ("group", json!(message.group)),
        ("text", json!(message.text)),
    ])
}

fn list<T>(entries: &[Entry<T>], show: impl Fn(&T) -> Value) -> Value {
    let shown = entries.iter().map(|entry| match entry {
        Entry::Read(entry) => show(entry),
        Entry::Broken(text) => json!({ "broken": text }),
    });
    shown.collect()
}

/// What is not known is left out.
fn object<const COUNT: usize>(fields: [(&str, Value); COUNT]) -> Value {
    let known = fields.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(known.map(|(name, value)| (name.to_owned(), value)).collect())
}

#[rstest]
#[tokio::test]
async fn what_is_sent_and_understood_is_as_written(
    #[values(
        "course",
        "course-pwd",
        "second",
        "tara",
        "bing",
        "echo-ack",
        "len4",
        "mixed",
        "token",
        "jsoncpp",
        "heartbeat",
        "header"
    )]
    dialect: &str,
    #[values(false, true)] in_single_bytes: bool,
) {
    let mut transcript = Transcript::parse(&read(dialect));
    if in_single_bytes {
        transcript = transcript.in_single_bytes();
    }
    let spoken = Dialect::builtin(dialect).unwrap().unwrap();
    play(spoken, transcript).await.unwrap_or_else(|difference| panic!("{dialect}: {difference}"));
}

#[test]
fn every_built_in_dialect_has_a_conversation_with_every_request() {
    for dialect in builtin_names() {
        let transcript = Transcript::parse(&read(dialect));
        for kind in Kind::ALL.map(Kind::table) {
            let is_called = transcript.exchanges.iter().any(|exchange| exchange.call == kind);
            assert!(is_called, "{dialect} never calls {kind}");
        }
    }
}

#[rstest]
// Another number, another name of a field, another frame, another end of a frame.
#[case::number("course", "\"msgid\":7", "\"msgid\":8", "another document")]
#[case::name("tara", "\"friendid\":2", "\"friend_i\":2", "another document")]
#[case::length("len4", "-> <00 00 00 2b>", "-> <00 00 00 01>", "another frame")]
#[case::newline("echo-ack", "p-1\"}<0a>\n", "p-1\"}<0d>\n", "another frame")]
// What was understood: a name, a friend that was not listed, a message that nobody sent.
#[case::text("bing", "\"text\":\"before\"", "\"text\":\"after\"", "understood")]
#[case::lists(
    "second",
    "is {\"user\":1,\"name\":\"alice\",\"friends\":[]",
    "is {\"user\":1,\"name\":\"alice\",\"friends\":[1]",
    "understood"
)]
#[case::silent(
    "course",
    "<- {\"errno\":0,\"id\":1,\"msgid\":5}",
    "<- {\"errno\":0,\"id\":1,\"msgid\":5}{\"msgid\":99}",
    "not explained"
)]
#[tokio::test]
async fn a_difference_is_found(
    #[case] dialect: &str,
    #[case] written: &str,
    #[case] altered: &str,
    #[case] says: &str,
) {
    let text = read(dialect);
    assert!(text.contains(written), "{dialect} has no {written}");
    let transcript = Transcript::parse(&text.replacen(written, altered, 1));
    let difference =
        play(Dialect::builtin(dialect).unwrap().unwrap(), transcript).await.unwrap_err();
    assert!(difference.contains(says), "{difference}");
}
