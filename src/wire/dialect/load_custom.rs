//! The tables of a server's own messages: `[custom.NAME]`, `[heartbeat]`, and what a chat needs.

use toml::Spanned;

use super::{
    Custom, Heartbeat, Kind,
    load::{Source, value},
    path,
    table::File,
};
use crate::error::Pointed;

impl Source<'_> {
    /// `[custom.NAME]`, by name.
    pub(super) fn customs(&self, file: &File) -> Result<Vec<Custom>, Box<Pointed>> {
        let tables = file.custom.iter();
        let loaded =
            tables.map(|(name, table)| self.custom(file, name, &table.send, table.ack.as_ref()));
        loaded.collect()
    }

    /// `[heartbeat]`
    pub(super) fn heartbeat(&self, file: &File) -> Result<Option<Heartbeat>, Box<Pointed>> {
        let Some(table) = &file.heartbeat else { return Ok(None) };
        let every = table.every.get_ref().0;
        if every.is_zero() {
            let cure = Some("write how often, such as every = \"10s\"");
            return Err(self.at(table.every.span(), "a heartbeat without a pause", "here", cure));
        }
        let message = self.custom(file, "heartbeat", &table.send, table.ack.as_ref())?;
        Ok(Some(Heartbeat { every, message }))
    }

    /// Whether chats go to friends alone, who must be found then.
    pub(super) fn requires_friend(&self, file: &File) -> Result<bool, Box<Pointed>> {
        let written = file.chat.get_ref().requires_friend.as_ref();
        if let Some(key) = written.filter(|key| *key.get_ref() && file.add_friend.is_none()) {
            let cure = Some("add [add_friend], or take this key out");
            let title = "chats go to friends alone, and nobody can become one";
            return Err(self.at(key.span(), title, "here", cure));
        }
        Ok(value(written))
    }

    fn custom(
        &self,
        file: &File,
        name: &str,
        send: &Spanned<String>,
        ack: Option<&Spanned<i64>>,
    ) -> Result<Custom, Box<Pointed>> {
        let text = send.get_ref().clone();
        let custom =
            Custom { name: name.to_owned(), send: text, ack: ack.map(|ack| *ack.get_ref()) };
        let fields = custom.filled(1, "name", 1, "time").map_err(|error| {
            let title = format!("what [{name}] sends is no JSON object: {error}");
            let cure = "write it as JSON with the holes {user}, {name}, {sequence}, {time}, in single quotes";
            self.at(send.span(), &title, "here", Some(cure))
        })?;
        let key = file.wire.key.get_ref();
        let Some(number) = path::get(&fields, key).and_then(path::integer) else {
            let title = format!("what [{name}] sends has no message number under `{key}`");
            return Err(self.at(send.span(), &title, "here", None));
        };
        for kind in Kind::ALL {
            let Some(table) = file.request(kind).map(Spanned::get_ref) else { continue };
            if *table.number.get_ref() == number {
                let title = format!("number {number} stands twice");
                let label = format!("it is already the `number` of [{}]", kind.table());
                return Err(self.at(send.span(), &title, &label, None));
            }
            let heard = [table.ack.as_ref(), table.delivery.as_ref()];
            let own = kind.is_delivered().then_some(&table.number);
            let twin = heard
                .into_iter()
                .flatten()
                .chain(own)
                .find(|heard| ack.is_some_and(|ack| ack.get_ref() == heard.get_ref()));
            if let (Some(ack), Some(_)) = (ack, twin) {
                let title = format!("number {} stands twice", ack.get_ref());
                let label = format!("something of [{}] is heard under it", kind.table());
                return Err(self.at(ack.span(), &title, &label, None));
            }
        }
        Ok(custom)
    }
}
