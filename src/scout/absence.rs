//! Who leaves and comes back: what is kept for them, and what the server does not notice.

use std::{mem, time::Duration};

use serde_json::Value;

use super::{
    Scout, Setting, Step, Stop, look,
    people::{ANSWER, PERHAPS, Person},
    steps::TIME,
};
use crate::wire::{
    Request,
    dialect::{Kind, OfflinePlace, Part},
};

impl<'f, S: FnMut(&Step)> Scout<'f, S> {
    /// The second leaves, the first says something to the absent second, and both come back.
    pub(super) async fn absence(
        &mut self,
        alice: &mut Person<'f>,
        bob: &mut Person<'f>,
    ) -> Result<(), Stop> {
        self.begins("say something to the second user, who is away");
        self.leaves(bob).await?;
        let text = format!("scouting {:08x}", fastrand::u32(..));
        let (user, name) = (alice.id, alice.name.clone());
        let request = Request::Chat { user, name: &name, to: bob.id, text: &text, time: TIME };
        alice.line.send(&request).await;
        // Acknowledged or not, the server has dealt with it then.
        let _ = alice.line.hear(PERHAPS).await;
        self.shows(&mut alice.line);
        self.begins("log both in again");
        let started_again = self.come_back(bob, alice).await?;
        self.stored(bob, &text).await;
        if !started_again {
            self.leaves(alice).await?;
            self.come_back(alice, bob).await?;
        }
        Ok(())
    }

    /// Ends somebody's session as a client does that is closed, and opens the connection of the next.
    pub(super) async fn leaves(&mut self, person: &mut Person<'f>) -> Result<(), Stop> {
        let next = self.line(person.who).await?;
        let line = mem::replace(&mut person.line, next);
        self.step.passed.append(&mut line.leave().await);
        Ok(())
    }

    /// Logs in who had left. Where the server holds that user to be online still, it is started again and the other user comes
    /// back too: true then.
    pub(super) async fn come_back(
        &mut self,
        person: &mut Person<'f>,
        other: &mut Person<'f>,
    ) -> Result<bool, Stop> {
        if self.is_let_in(person).await? {
            return Ok(false);
        }
        self.tell("a user who had left is not let in again: the server leaves users online (LOGIN-7 is red)");
        if !self.fixture.server().is_ours() {
            self.tell("what is left to ask is not tried: it takes a server that the harness can start again");
            return Err(Stop);
        }
        self.begins("start the server again, with nobody online, and log both in");
        if let Err(error) = self.fixture.restart().await {
            return Err(self.doubts(error.to_string()));
        }
        for person in [person, other] {
            person.line = self.line(person.who).await?;
            if !self.is_let_in(person).await? {
                self.tell(
                    "not let in then either: what is left to ask is not tried. Does a `reset` line set everybody offline?",
                );
                return Err(Stop);
            }
        }
        Ok(true)
    }

    /// Logs in, again for a while: servers notice that somebody has left a little later than they do.
    async fn is_let_in(&mut self, person: &mut Person<'f>) -> Result<bool, Stop> {
        const AGAIN: Duration = Duration::from_millis(200);
        const TIMES: u32 = 15;
        let mut shown = None;
        for _ in 1..TIMES {
            let request = self.login_of(person.id, &person.name);
            person.line.send(&request).await;
            let heard = person.line.hear(ANSWER).await;
            // The same refusal is shown once.
            if shown.as_ref().is_some_and(|before| *before == person.line.passed) {
                person.line.passed.clear();
            }
            shown.get_or_insert_with(|| person.line.passed.clone());
            self.shows(&mut person.line);
            let Ok(heard) = heard else {
                self.lives(true).await?;
                self.tell("it was not answered");
                return Err(Stop);
            };
            let code = look::at(&heard.fields, &self.base.errors.code).and_then(look::integer);
            if code.is_none_or(|code| self.base.errors.success.contains(&code)) {
                self.remembers(person, heard.fields);
                return Ok(true);
            }
            tokio::time::sleep(AGAIN).await;
        }
        Ok(false)
    }

    /// Where the message is that came while the user was away.
    async fn stored(&mut self, bob: &mut Person<'f>, text: &str) {
        let holds = |value: &Value| value.as_str().is_some_and(|value| value.contains(text));
        let is_list_with = |value: &Value| {
            value
                .as_array()
                .is_some_and(|list| list.iter().any(|entry| entry.to_string().contains(text)))
        };
        let spec = self.base.request(Kind::Login);
        let expected = spec.and_then(|spec| spec.reply.get(Part::Offline));
        if let Some(key) =
            look::key_of(&bob.reply, expected, |value| is_list_with(value) || holds(value))
        {
            self.tell(format!("what came while away is in the login reply, under `{key}`"));
            if Some(key.as_str()) != expected {
                let why = "what came while away has another name in the login reply";
                self.change("login.reply.offline", Setting::Word(key), why);
            }
            if self.base.login.offline != OfflinePlace::Reply {
                let why = "what came while away is in the login reply";
                self.change("login.offline", Setting::Word("reply".to_owned()), why);
            }
            return;
        }
        let heard = bob.line.hear(PERHAPS).await;
        self.shows(&mut bob.line);
        match heard {
            Ok(heard) if look::key_of(&heard.fields, None, holds).is_some() => {
                self.tell("what came while away follows the login reply as documents");
                if self.base.login.offline != OfflinePlace::Documents {
                    let why = "what came while away follows the login reply";
                    self.change("login.offline", Setting::Word("documents".to_owned()), why);
                }
            }
            _ => self.tell(
                "what was said while away did not come: lost (OFF-1), or the server keeps nothing",
            ),
        }
    }
}
