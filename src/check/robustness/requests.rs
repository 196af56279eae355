//! REQ: requests that are proper JSON, with something wrong in them.
//!
//! The server should refuse what it acknowledges, or close the connection; it must survive.

use serde_json::{Map, Value, json};

use super::{
    Body,
    case::{Case, Needs},
    expect::{Failure, Outcome},
    must,
    stranger::{NOBODY, Reaction, Stranger, framed, object},
};
use crate::{
    client::{ClientError, fresh_name},
    fixture::Fixture,
    wire::{GroupId, Request, UserId, dialect::Kind},
};

/// A group that no server has made yet.
const NO_GROUP: GroupId = GroupId(1_999_999_967);
/// The greatest number of 32 bits with a sign, and one more; the same of 64 bits.
const TWO_TO_31: u64 = 1 << 31;
const TWO_TO_63: u64 = 1 << 63;

const IN_DOCUMENT: &[Needs] = &[Needs::NumberInDocument];

pub(super) const CASES: &[Case] = &[
    broken("REQ-1", "a request without a message number harms nobody", |f| {
        Box::pin(numbered(f, vec![None]))
    })
    .needs(IN_DOCUMENT),
    broken("REQ-2", "a message number that nobody knows harms nobody", |f| {
        Box::pin(numbered(f, vec![Some(json!(999_999)), Some(json!(0)), Some(json!(-1))]))
    }),
    broken("REQ-3", "message numbers that fit no machine type harm nobody", |f| {
        Box::pin(numbered(
            f,
            vec![Some(json!(TWO_TO_31)), Some(json!(TWO_TO_63)), Some(json!(1e300))],
        ))
    })
    .needs(IN_DOCUMENT),
    broken("REQ-4", "a message number that is a text harms nobody", |f| {
        Box::pin(numbered(f, vec![Some(json!("1")), Some(json!("")), Some(json!("login"))]))
    })
    .needs(IN_DOCUMENT),
    broken("REQ-5", "a message number with a fraction harms nobody", |f| {
        Box::pin(numbered(f, vec![Some(json!(1.5)), Some(json!(0.1))]))
    })
    .needs(IN_DOCUMENT),
    broken("REQ-6", "a message number that is no number harms nobody", |f| {
        let wrong = [json!(null), json!(true), json!([]), json!({}), json!([1])];
        Box::pin(numbered(f, wrong.map(Some).to_vec()))
    })
    .needs(IN_DOCUMENT),
    of("REQ-11", "a register request without one of its fields harms nobody", &[], |f| {
        Box::pin(without_a_field(f, Kind::Register))
    }),
    of("REQ-12", "a login request without one of its fields harms nobody", &[], |f| {
        Box::pin(without_a_field(f, Kind::Login))
    }),
    of("REQ-13", "a logout request without one of its fields harms nobody", LOGOUT, |f| {
        Box::pin(without_a_field(f, Kind::Logout))
    }),
    of("REQ-14", "a chat without one of its fields harms nobody", &[], |f| {
        Box::pin(without_a_field(f, Kind::Chat))
    }),
    of("REQ-15", "a friend request without one of its fields harms nobody", FRIEND, |f| {
        Box::pin(without_a_field(f, Kind::AddFriend))
    }),
    of("REQ-16", "a group creation without one of its fields harms nobody", CREATE, |f| {
        Box::pin(without_a_field(f, Kind::CreateGroup))
    }),
    of("REQ-17", "a join request without one of its fields harms nobody", JOIN, |f| {
        Box::pin(without_a_field(f, Kind::JoinGroup))
    }),
    of("REQ-18", "a group chat without one of its fields harms nobody", SAY, |f| {
        Box::pin(without_a_field(f, Kind::GroupChat))
    }),
    of("REQ-21", "a register request with a field of a wrong type harms nobody", &[], |f| {
        Box::pin(of_a_wrong_type(f, Kind::Register))
    }),
    of("REQ-22", "a login request with a field of a wrong type harms nobody", &[], |f| {
        Box::pin(of_a_wrong_type(f, Kind::Login))
    }),
    of("REQ-23", "a logout request with a field of a wrong type harms nobody", LOGOUT, |f| {
        Box::pin(of_a_wrong_type(f, Kind::Logout))
    }),
    of("REQ-24", "a chat with a field of a wrong type harms nobody", &[], |f| {
        Box::pin(of_a_wrong_type(f, Kind::Chat))
    }),
    of("REQ-25", "a friend request with a field of a wrong type harms nobody", FRIEND, |f| {
        Box::pin(of_a_wrong_type(f, Kind::AddFriend))
    }),
    of("REQ-26", "a group creation with a field of a wrong type harms nobody", CREATE, |f| {
        Box::pin(of_a_wrong_type(f, Kind::CreateGroup))
    }),
    of("REQ-27", "a join request with a field of a wrong type harms nobody", JOIN, |f| {
        Box::pin(of_a_wrong_type(f, Kind::JoinGroup))
    }),
    of("REQ-28", "a group chat with a field of a wrong type harms nobody", SAY, |f| {
        Box::pin(of_a_wrong_type(f, Kind::GroupChat))
    }),
    broken("REQ-31", "negative ids harm nobody", |f| Box::pin(ids(f, vec![json!(-1)]))),
    broken("REQ-32", "ids of zero harm nobody", |f| Box::pin(ids(f, vec![json!(0)]))),
    broken("REQ-33", "ids of 2^31 and 2^32 harm nobody", |f| {
        Box::pin(ids(f, vec![json!(TWO_TO_31), json!(2 * TWO_TO_31)]))
    }),
    broken("REQ-34", "ids of 2^63 and its negative harm nobody", |f| {
        Box::pin(ids(f, vec![json!(TWO_TO_63), json!(i64::MIN)]))
    }),
    broken("REQ-35", "ids with a fraction harm nobody", |f| {
        Box::pin(ids(f, vec![json!(1.5), json!(-0.5), json!(1e300)]))
    }),
];

const LOGOUT: &[Needs] = &[Needs::Request(Kind::Logout)];
const FRIEND: &[Needs] = &[Needs::Request(Kind::AddFriend)];
const CREATE: &[Needs] = &[Needs::Request(Kind::CreateGroup)];
const JOIN: &[Needs] = &[Needs::Request(Kind::JoinGroup)];
const SAY: &[Needs] = &[Needs::Request(Kind::GroupChat)];

const fn broken(id: &'static str, requirement: &'static str, body: Body) -> Case {
    must(id, requirement, body).may_kill()
}

const fn of(
    id: &'static str,
    requirement: &'static str,
    needs: &'static [Needs],
    body: Body,
) -> Case {
    broken(id, requirement, body).needs(needs)
}

/// Something wrong: what is wrong with it, and the request.
type Spoilt = (String, Map<String, Value>);

/// Who sends spoilt requests of one kind, over one connection as long as the server leaves it open.
struct Sender<'f> {
    server: &'f Fixture,
    kind: Option<Kind>,
    stranger: Option<(Stranger<'f>, UserId)>,
    /// The first of what was neither answered nor ended the connection.
    unanswered: Option<String>,
}

impl<'f> Sender<'f> {
    fn of(server: &'f Fixture, kind: Option<Kind>) -> Self {
        Self { server, kind, stranger: None, unanswered: None }
    }

    /// The connection: logged in, where requests of the kind are made by users who are.
    async fn stranger(&mut self) -> Result<(Stranger<'f>, UserId), Failure> {
        match (self.stranger.take(), self.kind) {
            (Some(open), _) => Ok(open),
            (None, Some(Kind::Register | Kind::Login)) => {
                Ok((Stranger::connect(self.server).await?, NOBODY))
            }
            (None, _) => Stranger::logged_in(self.server).await,
        }
    }

    /// Sends what `spoil` makes of the sender's id, and looks what becomes of the connection.
    async fn send(
        &mut self,
        spoil: impl FnOnce(UserId) -> Result<Option<Spoilt>, Failure>,
    ) -> Outcome {
        let (mut stranger, user) = self.stranger().await?;
        let Some((what, request)) = spoil(user)? else { return Ok(()) };
        let document = Value::Object(request).to_string();
        stranger.write(&framed(self.server, document.as_bytes())).await?;
        let acknowledged = self.kind.is_some_and(|kind| self.server.dialect().ack(kind).is_some());
        match stranger.reaction(self.kind).await {
            Ok(Reaction::Closed) => return Ok(()),
            Ok(Reaction::Answered) => {}
            Ok(Reaction::Ignored) if !acknowledged => {}
            Ok(Reaction::Ignored) => self.complain(|| format!("{what} was passed over in silence, though the server acknowledges such requests: {document}")),
            Ok(Reaction::Limbo) => {
                self.complain(|| format!("after {what} the connection stays open and answers nothing more: {document}"));
                return Ok(());
            }
            Err(Failure::Client(ClientError::Died(_))) => {
                return Err(Failure::violation(format!("it was sent {what}: {document}")));
            }
            Err(failure) => return Err(failure),
        }
        self.stranger = Some((stranger, user));
        Ok(())
    }

    fn complain(&mut self, what: impl FnOnce() -> String) {
        self.unanswered.get_or_insert_with(what);
    }

    fn verdict(self) -> Outcome {
        self.unanswered.map_or(Ok(()), |first| Err(Failure::shortcoming(first)))
    }
}

/// A request of this kind that is in order, but for users and groups that do not exist.
fn sample(
    server: &Fixture,
    kind: Kind,
    user: UserId,
    name: &str,
) -> Result<Map<String, Value>, Failure> {
    let (password, text, time) = (server.password(), "something", "2026-01-01 00:00:00");
    object(
        server,
        &match kind {
            Kind::Register => Request::Register { name, password },
            Kind::Login => Request::Login { user, name, password },
            Kind::Logout => Request::Logout { user, name },
            Kind::Chat => Request::Chat { user, name, to: user, text, time },
            Kind::AddFriend => Request::AddFriend { user, friend: NOBODY },
            Kind::CreateGroup => Request::CreateGroup { user, name, description: text },
            Kind::JoinGroup => Request::JoinGroup { user, group: NO_GROUP },
            Kind::GroupChat => Request::GroupChat { user, name, group: NO_GROUP, text, time },
        },
    )
}

/// Registrations with another message number, or none.
async fn numbered(server: &Fixture, numbers: Vec<Option<Value>>) -> Outcome {
    let mut sender = Sender::of(server, None);
    let key = &server.dialect().key;
    for number in numbers {
        let spoil = |user| {
            let mut request = sample(server, Kind::Register, user, &fresh_name())?;
            request.remove(key);
            let Some(number) = number else {
                return Ok(Some(("a request without a message number".to_owned(), request)));
            };
            request.insert(key.clone(), number.clone());
            Ok(Some((format!("the message number {number}"), request)))
        };
        sender.send(spoil).await?;
    }
    sender.verdict()
}

/// The keys of a request, without that of the message number; a key in a nested object behind that of the object:
/// `data`, `data.toid`.
fn keys(server: &Fixture, kind: Kind) -> Result<Vec<String>, Failure> {
    fn add(into: &mut Vec<String>, before: &str, fields: Map<String, Value>) {
        for (key, value) in fields {
            let path = format!("{before}{key}");
            into.push(path.clone());
            if let Value::Object(inner) = value {
                add(into, &format!("{path}."), inner);
            }
        }
    }
    let mut request = sample(server, kind, NOBODY, "hx")?;
    request.remove(&server.dialect().key);
    let mut keys = Vec::new();
    add(&mut keys, "", request);
    Ok(keys)
}

/// The object that a key of [`keys`] is in, and its name there.
fn place<'a, 'k>(
    fields: &'a mut Map<String, Value>,
    key: &'k str,
) -> Option<(&'a mut Map<String, Value>, &'k str)> {
    match key.split_once('.') {
        None => Some((fields, key)),
        Some((head, rest)) => place(fields.get_mut(head)?.as_object_mut()?, rest),
    }
}

/// Puts a value there; gives the one that was there.
fn put(fields: &mut Map<String, Value>, key: &str, value: &Value) -> Option<Value> {
    let (inner, name) = place(fields, key)?;
    inner.insert(name.to_owned(), value.clone())
}

async fn without_a_field(server: &Fixture, kind: Kind) -> Outcome {
    let mut sender = Sender::of(server, Some(kind));
    for key in keys(server, kind)? {
        let spoil = |user| {
            let mut request = sample(server, kind, user, &fresh_name())?;
            if let Some((inner, name)) = place(&mut request, &key) {
                inner.remove(name);
            }
            Ok(Some((format!("a [{}] without `{key}`", kind.table()), request)))
        };
        sender.send(spoil).await?;
    }
    sender.verdict()
}

async fn of_a_wrong_type(server: &Fixture, kind: Kind) -> Outcome {
    let mut sender = Sender::of(server, Some(kind));
    let wrong = [json!(null), json!(true), json!([]), json!({"a": 1}), json!("7"), json!(7)];
    for key in keys(server, kind)? {
        for value in &wrong {
            let spoil = |user| {
                let mut request = sample(server, kind, user, &fresh_name())?;
                let right = put(&mut request, &key, value);
                // A text for a text and a number for a number are not wrong.
                let differs = right.is_none_or(|right| {
                    right.is_string() != value.is_string() && right.is_number() != value.is_number()
                });
                let what = format!("a [{}] with `{key}`: {value}", kind.table());
                Ok(differs.then_some((what, request)))
            };
            sender.send(spoil).await?;
        }
    }
    sender.verdict()
}

/// Each of these values for each id of every request that has any.
async fn ids(server: &Fixture, values: Vec<Value>) -> Outcome {
    let mut unanswered = Ok(());
    for kind in Kind::ALL {
        // Away at last: a logout that is accepted leaves a connection without its user.
        if server.dialect().request(kind).is_none() || kind == Kind::Register {
            continue;
        }
        let mut sender = Sender::of(server, Some(kind));
        for key in keys(server, kind)? {
            for value in &values {
                let spoil = |user| {
                    let mut request = sample(server, kind, user, &fresh_name())?;
                    let right = put(&mut request, &key, value);
                    let is_id = right.is_some_and(|right| right.is_number());
                    let what = format!("a [{}] with `{key}`: {value}", kind.table());
                    Ok(is_id.then_some((what, request)))
                };
                sender.send(spoil).await?;
            }
        }
        unanswered = unanswered.and(sender.verdict());
    }
    unanswered
}
