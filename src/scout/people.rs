//! The first steps: accounts and sessions.

use std::{mem, time::Duration};

use serde_json::{Map, Value};

use super::{
    Scout, Setting, Step, Stop,
    line::{Heard, Line, Silence},
    look,
};
use crate::{
    client::fresh_name,
    record::Death,
    wire::{
        Acknowledgement, Carried, Request, UserId,
        dialect::{Kind, LoginBy, Part, SecondLogin},
        framing::Framing,
    },
};

/// How long an answer may take that there must be.
pub(super) const ANSWER: Duration = Duration::from_secs(3);
/// How long an answer is waited for that there need not be.
pub(super) const PERHAPS: Duration = Duration::from_millis(800);

/// No user of the scout has it.
const WRONG: &str = "not-the-password";

/// A user of the scout.
pub(super) struct Person<'f> {
    /// What it is called in what is shown.
    pub(super) who: &'static str,
    pub(super) name: String,
    pub(super) id: UserId,
    pub(super) line: Line<'f>,
    /// The reply to the last login.
    pub(super) reply: Map<String, Value>,
}

impl<'f, S: FnMut(&Step)> Scout<'f, S> {
    /// A new connection.
    pub(super) async fn line(&mut self, who: &str) -> Result<Line<'f>, Stop> {
        let opened = Line::open(self.fixture, who).await;
        opened.map_err(|error| {
            self.doubts(format!("no connection to {}: {error}", self.fixture.addr()))
        })
    }

    /// Takes over what passed on a connection, to be shown with this step.
    pub(super) fn shows(&mut self, line: &mut Line<'_>) {
        self.step.passed.append(&mut line.passed);
        if mem::take(&mut line.copies) > 0 {
            self.tell("a second copy of a message came: the case CHAT-12 is red");
        }
    }

    /// Registers and logs in.
    pub(super) async fn person(&mut self, who: &'static str) -> Result<Person<'f>, Stop> {
        self.begins(&format!("register {who}"));
        let mut line = self.line(who).await?;
        let name = fresh_name();
        let request = Request::Register { name: &name, password: self.fixture.password() };
        line.send(&request).await;
        let heard = line.hear(ANSWER).await;
        self.shows(&mut line);
        let heard = match heard {
            Ok(heard) => heard,
            Err(silence) => {
                let death = self.death_news(silence == Silence::Ended).await;
                return Err(self.dialect_or_server(death.as_deref(), &silence));
            }
        };
        self.answers(Kind::Register, &heard);
        let id = self.account(&heard.fields)?;
        let mut person = Person { who, name, id: UserId(id), line, reply: Map::new() };
        if !mem::replace(&mut self.tried_a_wrong_password, true) {
            self.wrong_password(&person).await?;
        }
        self.begins(&format!("log {who} in"));
        self.log_in(&mut person).await?;
        Ok(person)
    }

    /// Silence or death at the very first request has two explanations.
    fn dialect_or_server(&mut self, death: Option<&Death>, silence: &Silence) -> Stop {
        let first = self.found.steps.is_empty();
        let seen = match (death, silence) {
            (Some(death), _) => death.to_string(),
            (None, Silence::Nothing) => {
                format!("the server said nothing for {} s", ANSWER.as_secs())
            }
            (None, Silence::Ended) => "the server closed the connection".to_owned(),
            (None, Silence::Odd(bytes)) => {
                format!("the server answered with what is no JSON object: {bytes}")
            }
        };
        if !first {
            return self.doubts(format!("{seen}, at a request whose like it had answered before"));
        }
        let log = self.fixture.server().log_path();
        let log = log.map(|path| format!(" ({})", path.display())).unwrap_or_default();
        self.doubts(format!(
            "dialect or server? At the first register {seen}.\n  \
             Either the dialect `{}` is not the server's: another message number, key or framing, and servers of this family \
             do not answer, or die of, what they do not expect. Hold the bytes above against its own header: cargo xtask \
             dialect from-header .../public.hpp\n  \
             Or the server does not work: its database or Redis cannot be reached, a table is missing. Look at its output{log}.",
            self.base.name
        ))
    }

    /// The number, the framing and the code of an answer, against the dialect. Tells whether it is a success.
    pub(super) fn answers(&mut self, kind: Kind, heard: &Heard) -> bool {
        let table = kind.table();
        let expected = self.base.ack(kind).map(|ack| ack.number);
        if self.number_of(heard).is_none() {
            self.finds_ack_key(kind, heard, expected);
        }
        let key = self.ack_key.clone();
        match self.number_of(heard) {
            None => self.tell(format!(
                "the answer has no `{key}`: is [wire] key the name of the message number?"
            )),
            Some(number) if Some(number) == self.base.errors.number => {
                self.tell(format!("refused, under {key} {number}"));
                return false;
            }
            Some(number) if Some(number) == expected => {
                self.tell(format!("acknowledged by {key} {number}"));
            }
            Some(number) => self.change(
                &format!("{table}.ack"),
                Setting::Number(number),
                &format!("[{table}] is acknowledged by another number than the dialect says"),
            ),
        }
        self.framed("wire.acks", self.base.acks, heard.framing, "answers");
        self.succeeds(heard)
    }

    /// The one key under which an answer without the usual one bears the number that is expected.
    fn finds_ack_key(&mut self, kind: Kind, heard: &Heard, expected: Option<i64>) {
        let spec = self.base.request(kind);
        let others = spec.into_iter().flat_map(|spec| spec.reply.iter().map(|(_, key)| key));
        let others: Vec<&str> = others.chain([self.base.errors.code.as_str()]).collect();
        let mut found = look::leaves(&heard.fields);
        found.retain(|(key, value)| {
            look::integer(value) == expected && !others.contains(&key.as_str())
        });
        if let (Some(_), [(key, _)]) = (expected, found.as_slice()) {
            let key = key.clone();
            let why = "acknowledgements have their number under another key";
            self.change("wire.ack_key", Setting::Word(key.clone()), why);
            self.ack_key = key;
        }
    }

    /// Whether documents are framed as the dialect says.
    pub(super) fn framed(&mut self, key: &str, expected: Framing, seen: Framing, what: &str) {
        // A document may stand alone in a read, its terminator in the next.
        if seen != expected && seen != Framing::None {
            let setting = Setting::Word(seen.word().to_owned());
            self.change(key, setting, &format!("{what} are framed otherwise"));
        }
    }

    fn succeeds(&mut self, heard: &Heard) -> bool {
        let errors = &self.base.errors;
        let code = look::at(&heard.fields, &errors.code).and_then(look::integer);
        if let Some(code) = code {
            return errors.success.contains(&code);
        }
        if errors.missing_is_success {
            return true;
        }
        if let Some((key, code)) = look::code(&heard.fields) {
            self.change("errors.code", Setting::Word(key), "the result code has another name");
            errors.success.contains(&code)
        } else {
            let why = "the answer bears no result code";
            self.change("errors.missing", Setting::Word("success".to_owned()), why);
            true
        }
    }

    /// The id of a new account; 0 where the answer tells none.
    fn account(&mut self, fields: &Map<String, Value>) -> Result<i64, Stop> {
        let spec = self.base.request(Kind::Register);
        let expected = spec.and_then(|spec| spec.reply.get(Part::User));
        let found = self.found_id(expected, fields);
        let refused = look::at(fields, &self.base.errors.code)
            .and_then(look::integer)
            .filter(|code| !self.base.errors.success.contains(code));
        match (&found, refused) {
            (Some(_), Some(code)) => {
                let mut success = self.base.errors.success.clone();
                success.push(code);
                self.change(
                    "errors.success",
                    Setting::Numbers(success),
                    "a success bears another code",
                );
            }
            (None, Some(code)) => {
                return Err(self.doubts(format!(
                    "the register of a new name was refused (code {code}): a taken name and an unreachable database look the \
                     same here; or {code} means success ([errors] success)"
                )));
            }
            _ => {}
        }
        let Some((key, id)) = found else {
            if self.base.login.by != LoginBy::Name {
                self.tell("it tells no id: does one log in by name? ([login] by = \"name\")");
            }
            return Ok(0);
        };
        if Some(key.as_str()) != expected {
            let why = "the new user's id has another name";
            self.change("register.reply.user", Setting::Word(key), why);
        }
        self.tell(format!("the new user is {id}"));
        Ok(id)
    }

    fn found_id(
        &self,
        expected: Option<&str>,
        fields: &Map<String, Value>,
    ) -> Option<(String, i64)> {
        let named =
            expected.and_then(|key| Some((key.to_owned(), look::integer(look::at(fields, key)?)?)));
        let other = look::code(fields).map(|(key, _)| key).unwrap_or_default();
        named.or_else(|| {
            look::id(fields, &[&self.base.key, &self.ack_key, &self.base.errors.code, &other])
        })
    }

    /// The right request of this user.
    pub(super) fn login_of<'a>(&self, user: UserId, name: &'a str) -> Request<'a>
    where
        'f: 'a,
    {
        Request::Login { user, name, password: self.fixture.password() }
    }

    /// Logs in on the person's connection.
    pub(super) async fn log_in(&mut self, person: &mut Person<'f>) -> Result<(), Stop> {
        let request = self.login_of(person.id, &person.name);
        person.line.send(&request).await;
        let heard = person.line.hear(ANSWER).await;
        self.shows(&mut person.line);
        let Ok(heard) = heard else {
            let by = match self.base.login.by {
                LoginBy::Id => "id",
                LoginBy::Name => "name",
                LoginBy::Both => "both",
            };
            return Err(self.doubts(format!(
                "the login was not answered: are its number, its keys and [login] by = \"{by}\" the server's?"
            )));
        };
        if !self.answers(Kind::Login, &heard) {
            return Err(self.doubts(
                "the login of a new user was refused: does one log in otherwise ([login] by, send)?".to_owned(),
            ));
        }
        self.names(person, &heard.fields);
        self.remembers(person, heard.fields);
        Ok(())
    }

    /// Keeps the login reply, and what every later request repeats of it.
    pub(super) fn remembers(&mut self, person: &mut Person<'f>, reply: Map<String, Value>) {
        let ack = Acknowledgement { kind: Kind::Login, code: None, text: None, fields: reply };
        match Carried::read(self.base, &ack) {
            Ok(carried) => person.line.carried = carried,
            Err(missing) => {
                self.tell(format!("the reply has no `{missing}`, which [login] carry wants"));
            }
        }
        person.reply = ack.fields;
    }

    /// Where the login reply names the user.
    fn names(&mut self, person: &mut Person<'_>, fields: &Map<String, Value>) {
        let Some(spec) = self.base.request(Kind::Login) else { return };
        let expected = spec.reply.get(Part::Name);
        let by_name = look::key_of(fields, expected, |value| value == person.name.as_str());
        self.names_part("name", expected, by_name);
        let expected = spec.reply.get(Part::User);
        if person.id == UserId(0) {
            if let Some((_, id)) = self.found_id(expected, fields) {
                person.id = UserId(id);
                self.tell(format!("the user is {id}"));
            }
            return;
        }
        let id = person.id.0;
        let by_id = look::key_of(fields, expected, |value| look::integer(value) == Some(id));
        self.names_part("user", expected, by_id);
        let token = look::leaves(fields)
            .into_iter()
            .find(|(key, value)| key.to_lowercase().contains("token") && value.is_string());
        if let Some((key, _)) = token
            && !self.base.login.carry.iter().any(|carry| carry.reply == key)
        {
            let why = "a token came, which later requests may have to bear";
            let last = key.rsplit('.').next().unwrap_or(&key).to_owned();
            self.change(&format!("login.carry.{last}"), Setting::Word(key), why);
        }
    }

    fn names_part(&mut self, part: &str, expected: Option<&str>, found: Option<String>) {
        match (expected, found) {
            (expected, Some(found)) if expected != Some(found.as_str()) => {
                let why = format!("the login reply names the {part} otherwise");
                self.change(&format!("login.reply.{part}"), Setting::Word(found), &why);
            }
            (Some(_), None) => {
                let why = format!("the login reply does not name the {part}");
                self.change(&format!("login.reply.{part}"), Setting::Absent, &why);
            }
            _ => {}
        }
    }

    /// With which code a wrong password is refused, of somebody who is not in session.
    async fn wrong_password(&mut self, person: &Person<'f>) -> Result<(), Stop> {
        self.begins("log in with a wrong password");
        let mut line = self.line("wrong").await?;
        let request = Request::Login { user: person.id, name: &person.name, password: WRONG };
        line.send(&request).await;
        let heard = line.hear(ANSWER).await;
        self.shows(&mut line);
        let closed = matches!(heard, Err(Silence::Ended));
        match heard {
            Ok(heard) if self.is_refusal(&heard) => {
                let code = look::at(&heard.fields, &self.base.errors.code).and_then(look::integer);
                match code {
                    Some(code) => self.tell(format!("refused with code {code}")),
                    None => self.tell("refused with no code"),
                }
                self.no_to_a_wrong_password = code;
                self.text_of_a_refusal(&heard.fields, &[&person.name, WRONG]);
            }
            Ok(_) => {
                self.tell("it was let in, or its refusal is not understood: see the case LOGIN-3");
            }
            Err(_) => {
                self.lives(closed).await?;
                self.tell("it was not answered");
            }
        }
        self.step.passed.append(&mut line.leave().await);
        Ok(())
    }

    /// What becomes of somebody who is in session and logs in again.
    pub(super) async fn second_login(&mut self, person: &mut Person<'f>) -> Result<(), Stop> {
        self.begins("log the first user in a second time");
        let mut other = self.line("again").await?;
        let request = self.login_of(person.id, &person.name);
        other.send(&request).await;
        let heard = other.hear(ANSWER).await;
        self.shows(&mut other);
        let Ok(heard) = heard else {
            self.tell("it was not answered");
            return Ok(());
        };
        let code = look::at(&heard.fields, &self.base.errors.code).and_then(look::integer);
        let refused = code.filter(|code| !self.base.errors.success.contains(code));
        if let Some(code) = refused {
            self.tell(format!("refused with code {code}"));
            if self.no_to_a_wrong_password == Some(code)
                && !self.base.errors.wrong_login.contains(&code)
            {
                let why = "a wrong password is refused with the code of a second login";
                self.change("errors.wrong_login", Setting::Numbers(vec![code]), why);
            }
            if !self.base.errors.already_online.contains(&code) {
                let why = "a second login is refused with another code";
                self.change("errors.already_online", Setting::Numbers(vec![code]), why);
            }
            self.step.passed.append(&mut other.leave().await);
            return Ok(());
        }
        if matches!(person.line.hear(PERHAPS).await, Err(Silence::Ended)) {
            self.tell("it ended the first session");
            if self.base.login.second_login != SecondLogin::Kick {
                let why = "a second login takes the place of the first";
                self.change("login.second_login", Setting::Word("kick".to_owned()), why);
            }
            self.step.passed.append(&mut other.leave().await);
            self.begins("log the first user in again");
            person.line = self.line("alice").await?;
            return self.log_in(person).await;
        }
        self.tell("both are in session: the case LOGIN-5 is red");
        self.step.passed.append(&mut other.leave().await);
        Ok(())
    }
}
