//! A user of the chat: an account, and the session that it is logged in with.

use std::{
    collections::HashSet,
    io,
    sync::atomic::{AtomicU64, Ordering},
};

use tokio::time::Instant;

use super::{
    contact::Contact,
    error::ClientError,
    session::{Session, created_group, late},
};
use crate::wire::{
    Acknowledgement, Delivery, Entry, GroupId, LoginReply, Request, UserId,
    dialect::{Kind, OfflinePlace},
};

/// What it takes to log in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Account {
    /// The id that the server gave.
    pub user: UserId,
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

/// A user in session.
#[derive(Debug)]
pub struct User {
    /// The user's account.
    pub account: Account,
    /// What the login reply told.
    pub reply: LoginReply,
    /// The session.
    pub session: Session,
    /// The messages heard so far, as they were written.
    heard: HashSet<String>,
    /// Whom it has asked to be its friend, where a chat needs that.
    friends: HashSet<UserId>,
}

/// What a user heard up to a fence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntilFence {
    /// Messages heard for the first time.
    pub news: Vec<Delivery>,
    /// Second and later copies of messages.
    pub repeats: Vec<Delivery>,
}

impl Account {
    /// Registers a new account on a connection of its own, and logs it in there.
    ///
    /// Where users log in by name the id comes with the login.
    pub async fn enrol(contact: &Contact, name: &str, password: &str) -> Result<User, ClientError> {
        let mut session = Session::connect(contact).await?;
        let told = session.register(name, password).await?;
        let account = Self {
            user: told.unwrap_or(UserId(0)),
            name: name.to_owned(),
            password: password.to_owned(),
        };
        account.log_in_on(session).await
    }

    /// Logs in on a new connection, patiently.
    pub async fn log_in(&self, contact: &Contact) -> Result<User, ClientError> {
        self.log_in_on(Session::connect(contact).await?).await
    }

    /// Logs in on a connection that is open already, patiently.
    pub async fn log_in_on(&self, mut session: Session) -> Result<User, ClientError> {
        let reply = session.login_patiently(self.user, &self.name, &self.password).await?;
        let user = match (reply.user, self.user) {
            (Some(user), _) => user,
            (None, UserId(0)) => {
                return Err(ClientError::Incomplete {
                    kind: Kind::Login,
                    missing: "user id".to_owned(),
                    reply: session.heard().to_string(),
                });
            }
            (None, known) => known,
        };
        let friends = reply.friends.iter().filter_map(|entry| Some(entry.read()?.user)).collect();
        let account = Self { user, ..self.clone() };
        Ok(User { account, reply, session, heard: HashSet::new(), friends })
    }
}

impl User {
    /// The user's id.
    pub fn id(&self) -> UserId {
        self.account.user
    }

    /// The user's name.
    pub fn name(&self) -> &str {
        &self.account.name
    }

    /// Says something to one user, who is made a friend before where the dialect needs that. Gives the acknowledgement, where the dialect has one, whatever it says.
    pub async fn chat(
        &mut self,
        to: UserId,
        text: &str,
    ) -> Result<Option<Acknowledgement>, ClientError> {
        self.needs_friend(to).await?;
        let time = clock();
        let name = self.account.name.as_str();
        self.session
            .request(&Request::Chat { user: self.account.user, name, to, text, time: &time })
            .await
    }

    /// Makes somebody a friend to whom this user will chat, once, where the dialect needs that.
    pub async fn needs_friend(&mut self, to: UserId) -> Result<(), ClientError> {
        let (user, requires) = (self.account.user, self.session.dialect().chat_requires_friend);
        if requires && self.friends.insert(to) {
            // Refused, it tells nothing: they may be friends already. The chat will.
            self.session.request(&Request::AddFriend { user, friend: to }).await?;
        }
        Ok(())
    }

    /// Says something to a group.
    pub async fn say(
        &mut self,
        group: GroupId,
        text: &str,
    ) -> Result<Option<Acknowledgement>, ClientError> {
        let time = clock();
        let (user, name) = (self.account.user, self.account.name.as_str());
        self.session.request(&Request::GroupChat { user, name, group, text, time: &time }).await
    }

    /// Adds a friend.
    pub async fn befriend(&mut self, friend: UserId) -> Result<(), ClientError> {
        self.session.demand(&Request::AddFriend { user: self.account.user, friend }).await.map(drop)
    }

    /// Makes a group; gives its id where the reply tells.
    pub async fn create_group(
        &mut self,
        name: &str,
        description: &str,
    ) -> Result<Option<GroupId>, ClientError> {
        let user = self.account.user;
        let ack = self.session.demand(&Request::CreateGroup { user, name, description }).await?;
        Ok(created_group(self.session.dialect(), ack.as_ref()))
    }

    /// Enters a group.
    pub async fn join(&mut self, group: GroupId) -> Result<(), ClientError> {
        self.session.demand(&Request::JoinGroup { user: self.account.user, group }).await.map(drop)
    }

    /// Logs out; the connection stays open and is given back.
    pub async fn log_out(mut self) -> Result<(Account, Session), ClientError> {
        let name = self.account.name.as_str();
        self.session.demand(&Request::Logout { user: self.account.user, name }).await?;
        Ok((self.account, self.session))
    }

    /// Leaves by closing the connection properly, without a logout. Gives the account, to log in again.
    pub async fn leave(self) -> Result<Account, ClientError> {
        self.session.leave().await?;
        Ok(self.account)
    }

    /// Leaves with RST.
    pub fn reset(self) -> io::Result<()> {
        self.session.reset()
    }

    /// Leaves and logs in again on a new connection.
    pub async fn come_back(self) -> Result<Self, ClientError> {
        let contact = self.session.contact().clone();
        self.leave().await?.log_in(&contact).await
    }

    /// The next message from anybody that was not heard before; second copies are passed over.
    pub async fn next_message(&mut self) -> Result<Delivery, ClientError> {
        let awaited = format!("message to {} ({})", self.account.name, self.account.user);
        loop {
            let message = self.session.next_message(&awaited).await?;
            if self.is_news(&message) {
                return Ok(message);
            }
        }
    }

    fn is_news(&mut self, message: &Delivery) -> bool {
        self.heard.insert(serde_json::Value::Object(message.fields.clone()).to_string())
    }

    /// The first `count` messages that came while the user was away, from wherever the dialect puts them; those that
    /// could not be read are given as they came.
    pub async fn offline_messages(
        &mut self,
        count: usize,
    ) -> Result<Vec<Entry<Delivery>>, ClientError> {
        if self.session.dialect().login.offline == OfflinePlace::Reply {
            return Ok(self.reply.offline.clone());
        }
        let mut messages = Vec::with_capacity(count);
        for _ in 0..count {
            messages.push(Entry::Read(self.next_message().await?));
        }
        Ok(messages)
    }

    /// Everything that this user still hears, proved complete by a fence: `other` says one more thing, and what was
    /// sent before must have come before it. Then a bound taken from how long the fence took, for servers that deliver
    /// a second copy on another path.
    pub async fn everything_until_fence_from(
        &mut self,
        other: &mut Self,
    ) -> Result<UntilFence, ClientError> {
        let fence = fence_text();
        let begun = Instant::now();
        other.chat(self.id(), &fence).await?;
        let mut heard = UntilFence::default();
        let mut end = None;
        loop {
            let next = match end {
                None => {
                    self.session
                        .next_message(&format!("fence \"{fence}\" from {}", other.name()))
                        .await
                }
                Some(end) => {
                    let rest = Instant::saturating_duration_since(&end, Instant::now());
                    self.session.next_message_within(rest, "a late copy").await
                }
            };
            let message = match next {
                Ok(message) => message,
                Err(ClientError::Silent { .. }) if end.is_some() => return Ok(heard),
                Err(error) => return Err(error),
            };
            if !self.is_news(&message) {
                heard.repeats.push(message);
            } else if message.text.as_deref() == Some(fence.as_str()) {
                end = Some(Instant::now() + late(begun.elapsed()));
            } else {
                heard.news.push(message);
            }
        }
    }
}

/// A text that no other fence bears.
fn fence_text() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("fence {} {:08x}", NEXT.fetch_add(1, Ordering::Relaxed), fastrand::u32(..))
}

/// The local time as the course's clients write it.
pub(super) fn clock() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S").to_string()
}
