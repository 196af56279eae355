//! From the text of a dialect file to a [`Dialect`]; what is wrong is shown with its line.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    ops::Range,
};

use toml::Spanned;

use super::{
    Ack, Carry, Dialect, Errors, Kind, LoginBy, LoginSpec, Names, OfflinePlace, Part, RequestSpec,
    table::{ErrorCodes, File, Missing, Request, Wire, Written},
};
use crate::{
    error::{Pointed, read_toml},
    wire::framing::{Framing, HEADER_KEY},
};

impl Dialect {
    /// Loads a dialect from TOML. `origin` names the text in errors: its path.
    ///
    /// # Errors
    /// Unknown keys, missing parts, duplicate numbers: the message shows the line and says what to write.
    pub fn load(origin: &str, text: &str) -> Result<Self, Box<Pointed>> {
        let file: File = read_toml(origin, text)?;
        let source = Source { origin, text };
        let mut requests = [const { None }; 8];
        for kind in Kind::ALL {
            if let Some(table) = file.request(kind) {
                requests[kind as usize] = Some(request(&source, &file, kind, table)?);
            }
        }
        source.number_has_one_place(&file.wire)?;
        source.numbers_are_distinct(&file)?;
        let login = file.login.get_ref();
        source.login_is_complete(&file)?;
        let custom = source.customs(&file)?;
        let heartbeat = source.heartbeat(&file)?;
        let chat_requires_friend = source.requires_friend(&file)?;
        Ok(Self {
            name: file.name.clone(),
            summary: file.summary.clone(),
            origin: origin.to_owned(),
            text: text.to_owned(),
            key: file.wire.key.get_ref().clone(),
            ack_key: file.wire.ack_key.as_ref().map(|key| key.get_ref().clone()),
            numbers_as_strings: file.wire.numbers == Written::Strings,
            to_server: file.wire.to_server,
            acks: *file.wire.acks.get_ref(),
            deliveries: file.wire.deliveries,
            min_gap: file.wire.min_gap,
            quiet_gap: file.wire.quiet_gap,
            errors: Errors {
                code: file.errors.code.clone(),
                text: file.errors.text.clone(),
                success: file.errors.success.clone(),
                missing_is_success: file.errors.missing == Missing::Success,
                already_online: file.errors.already_online.clone(),
                wrong_login: source.refusals(&file.errors)?,
                number: file.errors.number.as_ref().map(|number| *number.get_ref()),
            },
            login: LoginSpec {
                by: value(login.by.as_ref()),
                offline: value(login.offline.as_ref()),
                friends_by_name: value(login.friends_by_name.as_ref()),
                friend: names(login.friend.as_ref()),
                group: names(login.group.as_ref()),
                member: names(login.member.as_ref()),
                carry: carry(login),
                second_login: value(login.second_login.as_ref()),
            },
            mutual_friends: file
                .add_friend
                .as_ref()
                .is_some_and(|table| value(table.get_ref().mutual.as_ref())),
            chat_requires_friend,
            heartbeat,
            custom,
            requests,
        })
    }
}

pub(super) fn value<T: Copy + Default>(written: Option<&Spanned<T>>) -> T {
    written.map(|spanned| *spanned.get_ref()).unwrap_or_default()
}

fn names(written: Option<&Spanned<BTreeMap<Part, String>>>) -> Names {
    let entries = written.map(|spanned| spanned.get_ref().clone()).unwrap_or_default();
    Names(entries.into_iter().collect())
}

fn carry(login: &Request) -> Vec<Carry> {
    let written = login.carry.iter().flat_map(Spanned::get_ref);
    let pair = |(request, reply): (&String, &String)| Carry {
        request: request.clone(),
        reply: reply.clone(),
    };
    written.map(pair).collect()
}

/// The parts that a request of a kind may have, those it must have, and those its reply may have.
pub(super) fn parts(kind: Kind) -> (&'static [Part], &'static [Part], &'static [Part]) {
    use Part::{
        Friend, Friends, Group, GroupDesc, GroupName, Groups, Name, Offline, Password, Text, Time,
        To, User,
    };
    match kind {
        Kind::Register => (&[Name, Password], &[Name, Password], &[User, Name]),
        Kind::Login => {
            (&[User, Name, Password], &[Password], &[User, Name, Friends, Groups, Offline])
        }
        Kind::Logout => (&[User, Name], &[], &[User]),
        Kind::Chat => (&[User, Name, To, Text, Time], &[User, To, Text], &[User, To]),
        Kind::AddFriend => (&[User, Friend], &[Friend], &[User, Friend]),
        Kind::CreateGroup => {
            (&[User, GroupName, GroupDesc], &[GroupName], &[User, Group, GroupName])
        }
        Kind::JoinGroup => (&[User, Group], &[Group], &[User, Group]),
        Kind::GroupChat => (&[User, Name, Group, Text, Time], &[User, Group, Text], &[User, Group]),
    }
}

fn request(
    source: &Source<'_>,
    file: &File,
    kind: Kind,
    table: &Spanned<Request>,
) -> Result<RequestSpec, Box<Pointed>> {
    let written = table.get_ref();
    source.only_keys_of(kind, written)?;
    let (may, must, reply) = parts(kind);
    source.has_parts(kind, &written.send, may, must)?;
    source.sends_each_part(kind, &written.send)?;
    if let Some(written) = &written.reply {
        source.has_parts(kind, written, reply, &[])?;
    }
    Ok(RequestSpec {
        number: *written.number.get_ref(),
        delivery: *written.delivery.as_ref().unwrap_or(&written.number).get_ref(),
        ack: ack(source, file, written)?,
        send: names(Some(&written.send)),
        reply: names(written.reply.as_ref()),
        constants: written.constants.clone(),
    })
}

fn ack(source: &Source<'_>, file: &File, written: &Request) -> Result<Option<Ack>, Box<Pointed>> {
    let number = match (&written.ack, &written.ack_of) {
        (Some(_), Some(of)) => {
            return Err(source.at(of.span(), "both `ack` and `ack_of`", "the second of them", Some("keep one: the number itself, or the request whose acknowledgement number is used")));
        }
        (Some(number), None) => Some(*number.get_ref()),
        (None, Some(of)) => {
            let other = file.request(*of.get_ref()).and_then(|table| table.get_ref().ack.as_ref());
            let Some(number) = other else {
                let title = format!("[{}] has no `ack` to share", of.get_ref().table());
                return Err(source.at(of.span(), &title, "named here", None));
            };
            Some(*number.get_ref())
        }
        (None, None) => None,
    };
    let has_code = written.ack_has_code.as_ref().is_none_or(|spanned| *spanned.get_ref());
    let echoes = value(written.ack_echoes.as_ref());
    let Some(number) = number else {
        if let Some(stray) = written.ack_echoes.as_ref().or(written.ack_has_code.as_ref()) {
            let cure = Some("add `ack = NUMBER`, or take this key out");
            return Err(source.at(
                stray.span(),
                "says how the request is acknowledged, but not with which number",
                "here",
                cure,
            ));
        }
        return Ok(None);
    };
    let heard_as = written.delivery.as_ref().unwrap_or(&written.number);
    if number == *heard_as.get_ref() && !has_code {
        return Err(source.at(
            written.number.span(),
            "an acknowledgement under the request's own number needs a result code",
            "without one it looks like a message to somebody",
            None,
        ));
    }
    Ok(Some(Ack { number, echoes, has_code }))
}

/// A dialect text, for errors that point into it.
pub(super) struct Source<'a> {
    origin: &'a str,
    text: &'a str,
}

impl Source<'_> {
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "every caller returns it boxed: the error is large"
    )]
    pub(super) fn at(
        &self,
        span: Range<usize>,
        title: &str,
        label: &str,
        cure: Option<&str>,
    ) -> Box<Pointed> {
        Box::new(Pointed::new(self.origin, self.text, span, title, label, cure))
    }

    /// Keys that belong to another kind of request.
    fn only_keys_of(&self, kind: Kind, written: &Request) -> Result<(), Box<Pointed>> {
        let of_login = [
            written.by.as_ref().map(|key| ("by", key.span())),
            written.lists.as_ref().map(|key| ("lists", key.span())),
            written.offline.as_ref().map(|key| ("offline", key.span())),
            written.offline_entries.as_ref().map(|key| ("offline_entries", key.span())),
            written.friends_by_name.as_ref().map(|key| ("friends_by_name", key.span())),
            written.friend.as_ref().map(|key| ("friend", key.span())),
            written.group.as_ref().map(|key| ("group", key.span())),
            written.member.as_ref().map(|key| ("member", key.span())),
            written.carry.as_ref().map(|key| ("carry", key.span())),
            written.second_login.as_ref().map(|key| ("second_login", key.span())),
        ];
        let of_friend = written.mutual.as_ref().map(|key| ("mutual", key.span()));
        let of_chat = written.requires_friend.as_ref().map(|key| ("requires_friend", key.span()));
        let login = of_login.into_iter().flatten().map(|found| (Kind::Login, found));
        let friend = of_friend.into_iter().map(|found| (Kind::AddFriend, found));
        let chat = of_chat.into_iter().map(|found| (Kind::Chat, found));
        for (owner, (key, span)) in login.chain(friend).chain(chat) {
            if owner != kind {
                let title =
                    format!("`{key}` belongs to [{}], not to [{}]", owner.table(), kind.table());
                return Err(self.at(span, &title, "here", None));
            }
        }
        if let Some(delivery) = written.delivery.as_ref().filter(|_| !kind.is_delivered()) {
            let title = format!("[{}] is not delivered to anybody", kind.table());
            let cure = Some("`delivery` belongs to [chat] and [group_chat]");
            return Err(self.at(delivery.span(), &title, "here", cure));
        }
        Ok(())
    }

    fn has_parts(
        &self,
        kind: Kind,
        written: &Spanned<BTreeMap<Part, String>>,
        may: &[Part],
        must: &[Part],
    ) -> Result<(), Box<Pointed>> {
        let table = kind.table();
        let list =
            |parts: &[Part]| parts.iter().map(|part| part.key()).collect::<Vec<_>>().join(", ");
        for part in written.get_ref().keys() {
            if !may.contains(part) {
                let title = format!("[{table}] has no part `{}` here", part.key());
                let cure = format!("the parts are: {}", list(may));
                return Err(self.at(written.span(), &title, "in this table", Some(&cure)));
            }
        }
        for part in must {
            if !written.get_ref().contains_key(part) {
                let title = format!("[{table}] lacks the part `{}`", part.key());
                let cure = format!("add `{} = \"THE SERVER'S KEY\"`", part.key());
                return Err(self.at(written.span(), &title, "in this table", Some(&cure)));
            }
        }
        Ok(())
    }

    /// Of two parts under one key only one would be sent.
    fn sends_each_part(
        &self,
        kind: Kind,
        written: &Spanned<BTreeMap<Part, String>>,
    ) -> Result<(), Box<Pointed>> {
        let mut taken = BTreeMap::new();
        for (part, key) in written.get_ref() {
            if let Some(other) = taken.insert(key, *part) {
                let (table, one, other) = (kind.table(), other.key(), part.key());
                let title = format!("[{table}] sends both `{one}` and `{other}` as `{key}`");
                let cure = Some("give each part the server's key of its own");
                return Err(self.at(written.span(), &title, "in this table", cure));
            }
        }
        Ok(())
    }

    /// The message number stands in every document, or in every header.
    fn number_has_one_place(&self, wire: &Wire) -> Result<(), Box<Pointed>> {
        let in_header = |framing: Framing| match framing {
            Framing::Length(header) => header.has_number(),
            _ => false,
        };
        let headers = [wire.to_server, *wire.acks.get_ref(), wire.deliveries].map(in_header);
        let (key, in_documents) = (wire.key.get_ref(), wire.key.get_ref() != HEADER_KEY);
        if let Some(ack_key) = wire.ack_key.as_ref().filter(|_| !in_documents) {
            return Err(self.at(
                ack_key.span(),
                "the message number of an acknowledgement stands in a header, or under a key of its own",
                "[wire] has no `key`, so that it stands in a header",
                Some("leave `ack_key` out, or name the `key` of requests too"),
            ));
        }
        if !in_documents && headers.contains(&false) {
            return Err(self.at(
                wire.acks.span(),
                "nobody learns the number of a message: [wire] has no `key`, and not every header a `number`",
                "here, or in to_server and deliveries",
                Some("add `key = \"THE SERVER'S KEY\"`, or `number:N` to each header"),
            ));
        }
        if in_documents && headers.contains(&true) {
            return Err(self.at(
                wire.key.span(),
                &format!(
                    "the message number stands in a header, and under `{key}` in the document"
                ),
                "here",
                Some(
                    "leave `key` out; what servers want in the document too goes under `constants`",
                ),
            ));
        }
        Ok(())
    }

    /// What a login needs depends on what a user logs in with.
    fn login_is_complete(&self, file: &File) -> Result<(), Box<Pointed>> {
        let login = file.login.get_ref();
        let by = value(login.by.as_ref());
        let (keys, reply_of): (&[Part], _) = match by {
            LoginBy::Id => (&[Part::User], &file.register),
            LoginBy::Name => (&[Part::Name], &file.login),
            LoginBy::Both => (&[Part::User, Part::Name], &file.register),
        };
        for key in keys {
            if !login.send.get_ref().contains_key(key) {
                let title = format!("[login] lacks the part `{}`", key.key());
                return Err(self.at(
                    login.send.span(),
                    &title,
                    "users log in with it (`by`)",
                    None,
                ));
            }
        }
        let reply = reply_of.get_ref().reply.as_ref();
        if !reply.is_some_and(|reply| reply.get_ref().contains_key(&Part::User)) {
            let span = reply.map_or_else(|| reply_of.get_ref().number.span(), Spanned::span);
            let title = "nobody learns the id of a user";
            let cure = Some("add `reply = { user = \"THE SERVER'S KEY\" }`");
            return Err(self.at(span, title, "this reply should name it", cure));
        }
        let in_reply =
            login.reply.as_ref().is_some_and(|r| r.get_ref().contains_key(&Part::Offline));
        if let Some(place) = &login.offline
            && (*place.get_ref() == OfflinePlace::Reply) != in_reply
        {
            let cure = Some(
                "name the list in `reply = { offline = \"KEY\" }`, or say `offline = \"documents\"`",
            );
            return Err(self.at(place.span(), "`offline` and `reply` disagree", "here", cure));
        }
        Ok(())
    }

    /// Requests travel one way, acknowledgements and messages the other. What the server tells apart by number must
    /// differ, and so must what the harness tells apart, except where the dialect says otherwise (`ack_of`).
    fn numbers_are_distinct(&self, file: &File) -> Result<(), Box<Pointed>> {
        let mut requests: BTreeMap<i64, Kind> = BTreeMap::new();
        // By number: an acknowledgement, or a message that is forwarded under the number of its request.
        let mut heard: BTreeMap<i64, (Kind, &str)> = BTreeMap::new();
        for kind in Kind::ALL {
            let Some(written) = file.request(kind).map(Spanned::get_ref) else { continue };
            let number = &written.number;
            if let Some(other) = requests.insert(*number.get_ref(), kind) {
                return Err(self.stands_twice(number, other, "number"));
            }
            let delivered = kind.is_delivered().then_some(match &written.delivery {
                Some(delivery) => (delivery, "delivery"),
                None => (number, "number"),
            });
            for (number, role) in
                delivered.into_iter().chain(written.ack.as_ref().map(|ack| (ack, "ack")))
            {
                match heard.entry(*number.get_ref()) {
                    Entry::Vacant(free) => {
                        free.insert((kind, role));
                    }
                    Entry::Occupied(holder) if holder.get().0 == kind => {}
                    Entry::Occupied(holder) => {
                        let (other, role) = *holder.get();
                        return Err(self.stands_twice(number, other, role));
                    }
                }
            }
        }
        if let Some(number) = &file.errors.number
            && let Some((kind, role)) = heard.get(number.get_ref())
        {
            return Err(self.stands_twice(number, *kind, role));
        }
        Ok(())
    }

    /// The codes of a wrong login, none of which may be a success.
    fn refusals(&self, errors: &ErrorCodes) -> Result<Vec<i64>, Box<Pointed>> {
        let success =
            errors.wrong_login.iter().find(|code| errors.success.contains(code.get_ref()));
        if let Some(code) = success {
            let title = format!("code {} is a success and a refusal", code.get_ref());
            return Err(self.at(code.span(), &title, "it stands under `success` too", None));
        }
        Ok(errors.wrong_login.iter().map(|code| *code.get_ref()).collect())
    }

    #[expect(
        clippy::unnecessary_box_returns,
        reason = "every caller returns it boxed: the error is large"
    )]
    fn stands_twice(&self, number: &Spanned<i64>, other: Kind, role: &str) -> Box<Pointed> {
        let title = format!("number {} stands twice", number.get_ref());
        let label = format!("it is already the `{role}` of [{}]", other.table());
        let cure = Some(
            "if two requests really share an acknowledgement number, write `ack_of` instead of `ack`",
        );
        self.at(number.span(), &title, &label, cure)
    }
}
