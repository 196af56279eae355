//! The steps after the login: chats, friends, groups, lists, logout, and two requests in one read.

use serde_json::{Map, Value};

use super::{
    Scout, Setting, Step, Stop,
    line::{Heard, Silence},
    look,
    people::{ANSWER, PERHAPS, Person},
};
use crate::{
    client::fresh_name,
    wire::{
        GroupId, Request, UserId,
        dialect::{Kind, Part},
        encode,
    },
};

pub(super) const TIME: &str = "2026-01-01 00:00:00";

/// What came of a chat.
struct Said {
    delivered: bool,
    answer: Option<Heard>,
}

impl<'f, S: FnMut(&Step)> Scout<'f, S> {
    /// Everything, in its order.
    pub(super) async fn all(&mut self) -> Result<(), Stop> {
        let done = self.people().await;
        if done.is_err() && self.found.doubt.is_some() {
            return done;
        }
        self.numbers_of_refusals();
        self.two_in_one_read().await
    }

    /// What two users do.
    async fn people(&mut self) -> Result<(), Stop> {
        let mut alice = self.person("alice").await?;
        let mut bob = self.person("bob").await?;
        self.second_login(&mut alice).await?;
        if self.base.chat_requires_friend {
            self.befriend(&mut alice, &mut bob).await?;
            self.chat(&mut alice, &mut bob).await?;
        } else {
            let said = self.chat(&mut alice, &mut bob).await?;
            self.befriend(&mut alice, &mut bob).await?;
            if !said.delivered && said.answer.is_some() {
                self.chat_of_friends(&mut alice, &mut bob).await?;
            }
        }
        let group = self.group(&mut alice, &mut bob).await?;
        self.absence(&mut alice, &mut bob).await?;
        self.lists(&alice, &bob, &group);
        self.log_out(&mut alice).await?;
        self.step.passed.append(&mut alice.line.leave().await);
        self.shows(&mut bob.line);
        self.step.passed.append(&mut bob.line.leave().await);
        Ok(())
    }

    /// Ends the scouting where the server has died.
    pub(super) async fn lives(&mut self, connection_closed: bool) -> Result<(), Stop> {
        match self.death_news(connection_closed).await {
            None => Ok(()),
            Some(death) => Err(self.doubts(death.to_string())),
        }
    }

    /// The answer to a request that need not have one, against the dialect.
    async fn perhaps(
        &mut self,
        kind: Kind,
        person: &mut Person<'f>,
    ) -> Result<Option<Heard>, Stop> {
        let expected = self.base.ack(kind).is_some();
        let heard = person.line.hear(if expected { ANSWER } else { PERHAPS }).await;
        let closed = matches!(heard, Err(Silence::Ended));
        self.shows(&mut person.line);
        match heard {
            Ok(heard) => {
                if self.refuses_oddly(kind, &heard) {
                    self.refuses(kind, &heard);
                } else if self.answers(kind, &heard) {
                    self.accepted += 1;
                } else {
                    self.tell(format!("the server refused this [{}]", kind.table()));
                }
                return Ok(Some(heard));
            }
            Err(Silence::Nothing) if expected => {
                let why = format!("[{}] is not acknowledged", kind.table());
                self.change(&format!("{}.ack", kind.table()), Setting::Absent, &why);
            }
            Err(Silence::Nothing) => self.tell("not acknowledged, as the dialect says"),
            Err(Silence::Ended) => self.tell("the server closed the connection"),
            Err(Silence::Odd(bytes)) => self.tell(format!("what came is no JSON object: {bytes}")),
        }
        self.lives(closed).await?;
        Ok(None)
    }

    /// Once more what was refused to a stranger.
    async fn chat_of_friends(
        &mut self,
        alice: &mut Person<'f>,
        bob: &mut Person<'f>,
    ) -> Result<(), Stop> {
        let said = self.chat(alice, bob).await?;
        if said.delivered {
            let why = "a chat reaches friends only";
            self.change("chat.requires_friend", Setting::Switch(true), why);
            self.no_answers_number(Kind::Chat, said.answer.as_ref());
        }
        Ok(())
    }

    async fn chat(&mut self, alice: &mut Person<'f>, bob: &mut Person<'f>) -> Result<Said, Stop> {
        self.begins("say something to the second user");
        let text = format!("scouting {:08x}", fastrand::u32(..));
        let request = Request::Chat {
            user: alice.id,
            name: &alice.name,
            to: bob.id,
            text: &text,
            time: TIME,
        };
        alice.line.send(&request).await;
        let heard = bob.line.hear(ANSWER).await;
        self.shows(&mut alice.line);
        self.shows(&mut bob.line);
        let delivered = heard.is_ok();
        if let Ok(heard) = heard {
            bob.line.knows(&heard);
            self.delivered(Kind::Chat, &heard, &text, alice.id);
        } else {
            self.lives(true).await?;
            self.tell("it was not delivered: are the number and the keys of [chat] the server's?");
        }
        self.accepted += u32::from(delivered);
        let answer = self.perhaps(Kind::Chat, alice).await?;
        Ok(Said { delivered, answer })
    }

    /// What a receiver heard, against what the dialect says of it.
    fn delivered(&mut self, kind: Kind, heard: &Heard, text: &str, from: UserId) {
        let Some(spec) = self.base.request(kind) else { return };
        let table = kind.table();
        let number = self.number_of(heard);
        match number {
            Some(number) if number == spec.delivery => {
                self.tell(format!("delivered under {} {number}", self.base.key));
            }
            Some(number) => {
                let setting =
                    if number == spec.number { Setting::Absent } else { Setting::Number(number) };
                let why = format!("[{table}] is delivered under another number");
                self.change(&format!("{table}.delivery"), setting, &why);
            }
            None => self.tell("what was delivered bears no message number"),
        }
        self.framed("wire.deliveries", self.base.deliveries, heard.framing, "deliveries");
        for (part, name, is_it) in [
            (
                Part::Text,
                "text",
                Box::new(|value: &Value| value == text) as Box<dyn Fn(&Value) -> bool>,
            ),
            (Part::User, "sender", Box::new(|value: &Value| look::integer(value) == Some(from.0))),
        ] {
            let expected = spec.send.get(part);
            match look::key_of(&heard.fields, expected, is_it) {
                Some(key) if Some(key.as_str()) == expected => {}
                Some(key) => self.tell(format!(
                    "the receiver finds the {name} under `{key}`, the sender wrote it under `{}`: a dialect has one name for both",
                    expected.unwrap_or("nothing")
                )),
                None => self.tell(format!("the receiver is not told the {name}")),
            }
        }
    }

    async fn befriend(&mut self, alice: &mut Person<'f>, bob: &mut Person<'f>) -> Result<(), Stop> {
        if self.skips(Kind::AddFriend, "make friends") {
            return Ok(());
        }
        alice.line.send(&Request::AddFriend { user: alice.id, friend: bob.id }).await;
        self.perhaps(Kind::AddFriend, alice).await?;
        // What the friend is told must not be taken for the answer to what the friend asks next.
        if let Ok(heard) = bob.line.hear(PERHAPS).await {
            let number = self.number_of(&heard);
            let number = number.map_or_else(String::new, |number| number.to_string());
            let told = "the friend is told too, which no dialect says: the case CHAT-11 may be red";
            self.tell(format!("{told} ({} {number})", self.base.key));
        }
        self.shows(&mut bob.line);
        Ok(())
    }

    /// Begins a step, unless the dialect has no such request.
    fn skips(&mut self, kind: Kind, what: &str) -> bool {
        self.begins(what);
        let absent = self.base.request(kind).is_none();
        if absent {
            let table = kind.table();
            self.tell(format!(
                "not tried: the dialect has no [{table}]; if the server has, add it"
            ));
        }
        absent
    }

    /// Makes a group, lets the second user in and speaks there; gives its name.
    async fn group(
        &mut self,
        alice: &mut Person<'f>,
        bob: &mut Person<'f>,
    ) -> Result<String, Stop> {
        let name = fresh_name();
        if self.skips(Kind::CreateGroup, "make a group") {
            return Ok(name);
        }
        let request = Request::CreateGroup { user: alice.id, name: &name, description: "scouting" };
        alice.line.send(&request).await;
        let heard = self.perhaps(Kind::CreateGroup, alice).await?;
        let told = heard.filter(|heard| !self.is_refusal(heard));
        let told = told.and_then(|heard| self.group_id(&heard.fields, alice.id));
        let Some(group) = self.or_listed(told, alice, bob, &name).await? else {
            self.tell("its id is told nowhere: what is said in groups is not tried");
            return Ok(name);
        };
        if !self.skips(Kind::JoinGroup, "let the second user in") {
            bob.line.send(&Request::JoinGroup { user: bob.id, group }).await;
            self.perhaps(Kind::JoinGroup, bob).await?;
        }
        if !self.skips(Kind::GroupChat, "say something in the group") {
            let text = format!("scouting {:08x}", fastrand::u32(..));
            let (user, from) = (alice.id, alice.name.clone());
            let request = Request::GroupChat { user, name: &from, group, text: &text, time: TIME };
            alice.line.send(&request).await;
            let heard = bob.line.hear(ANSWER).await;
            self.shows(&mut alice.line);
            self.shows(&mut bob.line);
            match heard {
                Ok(heard) => {
                    bob.line.knows(&heard);
                    self.delivered(Kind::GroupChat, &heard, &text, user);
                }
                Err(_) => self.tell("it was not delivered"),
            }
            self.perhaps(Kind::GroupChat, alice).await?;
        }
        Ok(name)
    }

    /// The id that was told, or the one that the maker's next login reply lists.
    async fn or_listed(
        &mut self,
        told: Option<GroupId>,
        maker: &mut Person<'f>,
        other: &mut Person<'f>,
        name: &str,
    ) -> Result<Option<GroupId>, Stop> {
        if told.is_some() {
            return Ok(told);
        }
        self.tell("its id is not told here");
        self.begins("log its maker in again, to see the list of groups");
        self.leaves(maker).await?;
        self.come_back(maker, other).await?;
        let Some((key, entry, _)) = look::list_with(&maker.reply, |value| value == name) else {
            return Ok(None);
        };
        let expected = self.base.login.group.get(Part::Group);
        let listed = expected.and_then(|key| look::integer(look::at(&entry, key)?));
        let id = listed.or_else(|| look::id(&entry, &[]).map(|(_, id)| id));
        if let Some(id) = id {
            self.tell(format!("the group is {id}, listed under `{key}`"));
        }
        Ok(id.map(GroupId))
    }

    fn group_id(&mut self, fields: &Map<String, Value>, maker: UserId) -> Option<GroupId> {
        let spec = self.base.request(Kind::CreateGroup)?;
        let expected = spec.reply.get(Part::Group);
        if let Some(key) = expected
            && let Some(id) = look::at(fields, key).and_then(look::integer)
        {
            self.tell(format!("the group is {id}"));
            return Some(GroupId(id));
        }
        // An answer that repeats the request names its maker too.
        let code = look::code(fields).map(|(key, _)| key).unwrap_or_default();
        let own = look::key_of(fields, None, |value| look::integer(value) == Some(maker.0));
        let not = [
            self.base.key.as_str(),
            &self.ack_key,
            &self.base.errors.code,
            &code,
            own.as_deref().unwrap_or(""),
        ];
        let (key, id) = look::id(fields, &not)?;
        let why = "the id of a new group has another name";
        self.change("create_group.reply.group", Setting::Word(key), why);
        Some(GroupId(id))
    }

    async fn log_out(&mut self, alice: &mut Person<'f>) -> Result<(), Stop> {
        if self.skips(Kind::Logout, "log the first user out") {
            return Ok(());
        }
        let name = alice.name.clone();
        alice.line.send(&Request::Logout { user: alice.id, name: &name }).await;
        let before = self.accepted;
        let heard = self.perhaps(Kind::Logout, alice).await?;
        // Where everything is refused it is not the logout that is wrong.
        if before > 0 && heard.is_some_and(|heard| self.is_refusal(&heard)) {
            self.change("logout", Setting::Absent, "a logout is refused");
        }
        Ok(())
    }

    /// Whether the server takes two requests that come in one read: many die of it.
    async fn two_in_one_read(&mut self) -> Result<(), Stop> {
        self.begins("two requests in one write");
        if !self.fixture.server().is_ours() {
            self.tell("not tried: the server was not launched by the harness, and many die of it");
            return Ok(());
        }
        let mut line = self.line("two").await?;
        let mut bytes = Vec::new();
        for _ in 0..2 {
            let request =
                Request::Register { name: &fresh_name(), password: self.fixture.password() };
            let document = encode(self.base, &request, &line.carried).unwrap_or_default();
            self.base.to_server.encode(&document, &mut bytes);
        }
        line.write(&bytes).await;
        let mut answers = 0;
        while answers < 2 && line.hear(ANSWER).await.is_ok() {
            answers += 1;
        }
        self.shows(&mut line);
        let death = if answers < 2 { self.death_news(true).await } else { None };
        self.tell(match (death, answers) {
            (Some(death), _) => format!(
                "it dies of two in one read. The harness never joins two by itself: it waits until the server has read the \
                 last\n    {}",
                death.to_string().replace('\n', "\n  ")
            ),
            (None, 2) => "both are answered: requests may share a read".to_owned(),
            (None, 1) => "the first is answered, the second is dropped in silence".to_owned(),
            (None, _) => "neither is answered".to_owned(),
        });
        Ok(())
    }
}
