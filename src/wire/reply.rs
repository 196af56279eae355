//! What the login reply tells: friends, groups, and the messages that came meanwhile.

use serde_json::{Map, Value};

use super::{
    dialect::{Dialect, Kind, Names, Part, path},
    message::{Acknowledgement, Delivery, GroupId, UserId, integer},
};

/// An entry of a list. Servers that paste JSON together by hand send entries that are none: they are kept as they came.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry<T> {
    /// An entry that could be read.
    Read(T),
    /// An entry that could not.
    Broken(String),
}

impl<T> Entry<T> {
    /// The entry, if it could be read.
    pub fn read(&self) -> Option<&T> {
        match self {
            Self::Read(entry) => Some(entry),
            Self::Broken(_) => None,
        }
    }
}

/// A friend, as the login reply lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Friend {
    /// The friend's id.
    pub user: UserId,
    /// The friend's name.
    pub name: Option<String>,
    /// `online` or `offline`, in the server's words.
    pub state: Option<String>,
}

/// A group, as the login reply lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The group's id.
    pub group: GroupId,
    /// Its name.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its members.
    pub members: Vec<Entry<Member>>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The member's id.
    pub user: UserId,
    /// The member's name.
    pub name: Option<String>,
    /// `online` or `offline`, in the server's words.
    pub state: Option<String>,
    /// What the member is in the group, in the server's words.
    pub role: Option<String>,
}

/// The reply to a login that succeeded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoginReply {
    /// The id of the user who logged in.
    pub user: Option<UserId>,
    /// The name of the user who logged in.
    pub name: Option<String>,
    /// The user's friends.
    pub friends: Vec<Entry<Friend>>,
    /// The groups that the user is in.
    pub groups: Vec<Entry<Group>>,
    /// The messages that were sent while the user was away, where the reply lists them.
    pub offline: Vec<Entry<Delivery>>,
}

impl LoginReply {
    /// Reads the acknowledgement of a login.
    pub fn read(dialect: &Dialect, ack: &Acknowledgement) -> Self {
        let spec = &dialect.login;
        let list = |part| -> Vec<Value> {
            let name = dialect.request(Kind::Login).and_then(|login| login.reply.get(part));
            let list = name.and_then(|name| path::get(&ack.fields, name));
            list.and_then(Value::as_array).cloned().unwrap_or_default()
        };
        let friend = |value| {
            entry(value, |fields| {
                if spec.friends_by_name {
                    friend_by_name(&spec.friend, fields)
                } else {
                    friend(&spec.friend, &fields)
                }
            })
        };
        Self {
            user: ack.user(dialect),
            name: ack.name(dialect).map(str::to_owned),
            friends: list(Part::Friends).into_iter().map(friend).collect(),
            groups: list(Part::Groups)
                .into_iter()
                .map(|value| entry(value, |fields| group(&spec.group, &spec.member, fields)))
                .collect(),
            offline: list(Part::Offline)
                .into_iter()
                .map(|value| entry(value, |fields| Delivery::listed(dialect, fields)))
                .collect(),
        }
    }

    /// The group of this name.
    pub fn group_named(&self, name: &str) -> Option<&Group> {
        self.groups.iter().filter_map(Entry::read).find(|group| group.name.as_deref() == Some(name))
    }
}

/// Reads an entry that is an object, or a string that holds one.
fn entry<T>(value: Value, read: impl FnOnce(Map<String, Value>) -> Option<T>) -> Entry<T> {
    let written = match &value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let fields = match value {
        Value::Object(fields) => Some(fields),
        Value::String(text) => serde_json::from_str(&text).ok(),
        _ => None,
    };
    fields.and_then(read).map_or(Entry::Broken(written), Entry::Read)
}

fn words(names: &Names, part: Part, fields: &Map<String, Value>) -> Option<String> {
    path::get(fields, names.get(part)?)?.as_str().map(str::to_owned)
}

fn friend(names: &Names, fields: &Map<String, Value>) -> Option<Friend> {
    Some(Friend {
        user: UserId(integer(names, Part::User, fields)?),
        name: words(names, Part::Name, fields),
        state: words(names, Part::State, fields),
    })
}

/// `{ "bob": { "id": 2, "state": "offline" } }`
fn friend_by_name(names: &Names, fields: Map<String, Value>) -> Option<Friend> {
    let (name, value) = fields.into_iter().next()?;
    let Value::Object(inner) = value else { return None };
    friend(names, &inner).map(|friend| Friend { name: Some(name), ..friend })
}

fn group(names: &Names, member_names: &Names, mut fields: Map<String, Value>) -> Option<Group> {
    let members = names.get(Part::Members).and_then(|name| path::get_mut(&mut fields, name));
    let members = members.and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    Some(Group {
        group: GroupId(integer(names, Part::Group, &fields)?),
        name: words(names, Part::Name, &fields),
        description: words(names, Part::Desc, &fields),
        members: members
            .into_iter()
            .map(|value| entry(value, |fields| member(member_names, &fields)))
            .collect(),
    })
}

fn member(names: &Names, fields: &Map<String, Value>) -> Option<Member> {
    Some(Member {
        user: UserId(integer(names, Part::User, fields)?),
        name: words(names, Part::Name, fields),
        state: words(names, Part::State, fields),
        role: words(names, Part::Role, fields),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::message::{Incoming, decode};

    fn reply(dialect: &str, ack: &Value) -> LoginReply {
        let dialect = Dialect::builtin(dialect).unwrap().unwrap();
        let Ok(Incoming::Ack(ack)) = decode(&dialect, ack.to_string().as_bytes(), &[Kind::Login])
        else {
            panic!("no acknowledgement")
        };
        LoginReply::read(&dialect, &ack)
    }

    #[test]
    fn lists_of_strings_that_hold_json_are_read_to_the_bottom() {
        let member =
            json!({"id": 1, "name": "alice", "state": "online", "role": "creator"}).to_string();
        let group =
            json!({"id": 9, "groupname": "g", "groupdesc": "d", "users": [member]}).to_string();
        let chat = json!({"msgid": 6, "id": 2, "toid": 1, "msg": "你好"}).to_string();
        let reply = reply(
            "course",
            &json!({"msgid": 2, "errno": 0, "id": 1, "name": "alice",
                "friends": [json!({"id": 2, "name": "bob", "state": "offline"}).to_string()],
                "groups": [group], "offlinemsg": [chat, "{\"msg\":\"a \"quote\"\"}"]}),
        );
        assert_eq!(reply.friends[0].read().unwrap().user, UserId(2));
        let group = reply.group_named("g").unwrap();
        assert_eq!((group.group, group.members.len()), (GroupId(9), 1));
        assert_eq!(group.members[0].read().unwrap().role.as_deref(), Some("creator"));
        assert_eq!(reply.offline[0].read().unwrap().text.as_deref(), Some("你好"));
        assert!(matches!(&reply.offline[1], Entry::Broken(text) if text.contains("quote")));
    }

    #[test]
    fn friends_keyed_by_their_names_are_read() {
        let reply = reply(
            "bing",
            &json!({"msg_id": 3, "errno": 0, "id": 1, "friends": [{"bob": {"id": 2, "state": "online"}}]}),
        );
        let bob = reply.friends[0].read().unwrap();
        assert_eq!((bob.user, bob.name.as_deref()), (UserId(2), Some("bob")));
    }
}
