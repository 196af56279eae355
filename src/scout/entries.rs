//! The lists of the login reply: where they are, and what their entries are called.

use serde_json::{Map, Value};

use super::{Scout, Setting, Step, look, people::Person};
use crate::wire::dialect::{Kind, Names, Part};

impl<S: FnMut(&Step)> Scout<'_, S> {
    /// The lists of the login reply.
    pub(super) fn lists(&mut self, alice: &Person<'_>, bob: &Person<'_>, group: &str) {
        self.begins("look at the lists of the login reply");
        let Some(spec) = self.base.request(Kind::Login) else { return };
        let is_bob =
            |value: &Value| look::integer(value) == Some(bob.id.0) || value == bob.name.as_str();
        let friends = spec.reply.get(Part::Friends);
        let groups = spec.reply.get(Part::Groups);
        let of_friends = look::list_with(&alice.reply, is_bob);
        if let Some((key, entry, _)) = &of_friends {
            self.friend_entry(entry, bob);
            let is_alice = |value: &Value| {
                look::integer(value) == Some(alice.id.0) || value == alice.name.as_str()
            };
            // Groups and stored messages name her too.
            let friends = look::at(&bob.reply, key).and_then(Value::as_array);
            let mut entries = friends.into_iter().flatten().filter_map(look::entry);
            let mutual = entries.any(|(entry, _)| look::key_of(&entry, None, is_alice).is_some());
            if mutual != self.base.mutual_friends {
                let why = if mutual {
                    "the other one has the friend too"
                } else {
                    "the other one has no friend"
                };
                self.change("add_friend.mutual", Setting::Switch(mutual), why);
            }
        }
        let of_groups = look::list_with(&alice.reply, |value| value == group);
        if let Some((_, entry, _)) = &of_groups {
            self.group_entry(entry, group);
        }
        for (part, expected, found) in
            [("friends", friends, of_friends), ("groups", groups, of_groups)]
        {
            match found {
                None if expected.is_some() => {
                    self.tell(format!(
                        "no {part} are listed: nothing was made, or they have other names"
                    ));
                }
                None => {}
                Some((key, entry, as_text)) => {
                    let shape = if as_text { "strings that hold JSON" } else { "objects" };
                    let keys: Vec<&str> = entry.keys().map(String::as_str).collect();
                    self.tell(format!(
                        "{part} are listed under `{key}`, as {shape} with {}",
                        keys.join(", ")
                    ));
                    if expected != Some(key.as_str()) {
                        let why = format!("the list of {part} has another name");
                        self.change(&format!("login.reply.{part}"), Setting::Word(key), &why);
                    }
                    let lists = if as_text { "strings" } else { "objects" };
                    if self.base.text.contains("lists = ")
                        && !self.base.text.contains(&format!("lists = \"{lists}\""))
                    {
                        let why = format!("the {part} are {shape}");
                        self.change("login.lists", Setting::Word(lists.to_owned()), &why);
                    }
                }
            }
        }
    }

    /// What an entry calls the friend.
    fn friend_entry(&mut self, entry: &Map<String, Value>, bob: &Person<'_>) {
        if self.base.login.friends_by_name {
            // The entry's one key is the friend's name.
            return;
        }
        let names = self.base.login.friend.clone();
        let id = |value: &Value| look::integer(value) == Some(bob.id.0);
        let name = |value: &Value| value == bob.name.as_str();
        let state = |value: &Value| value == "online" || value == "offline";
        self.entry_key("friend", "user", (&names, Part::User), entry, id);
        self.entry_key("friend", "name", (&names, Part::Name), entry, name);
        self.entry_key("friend", "state", (&names, Part::State), entry, state);
    }

    /// What an entry calls the group.
    fn group_entry(&mut self, entry: &Map<String, Value>, group: &str) {
        let names = self.base.login.group.clone();
        let id = look::id(entry, &[]).map(|(_, id)| id);
        self.entry_key("group", "name", (&names, Part::Name), entry, |value| value == group);
        self.entry_key("group", "group", (&names, Part::Group), entry, |value| {
            id.is_some() && look::integer(value) == id
        });
        self.entry_key("group", "desc", (&names, Part::Desc), entry, |value| value == "scouting");
        self.entry_key("group", "members", (&names, Part::Members), entry, Value::is_array);
    }

    /// Under which key an entry has something, against the dialect.
    fn entry_key(
        &mut self,
        list: &str,
        what: &str,
        (names, part): (&Names, Part),
        entry: &Map<String, Value>,
        is_it: impl Fn(&Value) -> bool,
    ) {
        let expected = names.get(part);
        let found = look::key_of(entry, expected, is_it);
        let key = format!("login.{list}.{what}");
        match (expected, found) {
            (expected, Some(found)) if expected != Some(found.as_str()) => {
                let why = format!("an entry of the list names the {what} otherwise");
                self.change(&key, Setting::Word(found), &why);
            }
            (Some(_), None) => {
                let why = format!("an entry of the list does not name the {what}");
                self.change(&key, Setting::Absent, &why);
            }
            _ => {}
        }
    }
}
