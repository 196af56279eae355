//! Messages of a server's own, which the family does not know and a dialect declares: `[custom.NAME]`, `[heartbeat]`.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{Dialect, path};
use crate::wire::{Acknowledgement, Carried, UserId};

/// A message that a dialect declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custom {
    /// Its name in the dialect file.
    pub name: String,
    /// What is sent: JSON with the holes `{user}`, `{name}`, `{sequence}` and `{time}`.
    pub send: String,
    /// The message number of the answer; `None` when there is none.
    pub ack: Option<i64>,
}

/// What a user in session must say now and then, or the server takes it for dead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// How often.
    pub every: Duration,
    /// What.
    pub message: Custom,
}

impl Custom {
    /// The message with its holes filled; an error where that is no JSON object.
    pub(super) fn filled(
        &self,
        user: i64,
        name: &str,
        sequence: u64,
        time: &str,
    ) -> Result<Map<String, Value>, serde_json::Error> {
        let inside = |text: &str| {
            let quoted = Value::from(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        };
        let text = self
            .send
            .replace("{user}", &user.to_string())
            .replace("{name}", &inside(name))
            .replace("{sequence}", &sequence.to_string())
            .replace("{time}", &inside(time));
        serde_json::from_str(&text)
    }
}

/// Writes a message that the dialect declares as a JSON document, without framing. `sequence` is what its hole of that name
/// is filled with. `None` when what fills the holes makes it no JSON any more.
pub fn encode_custom(
    custom: &Custom,
    user: UserId,
    name: &str,
    sequence: u64,
    carried: &Carried,
) -> Option<Vec<u8>> {
    let time = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut fields = custom.filled(user.0, name, sequence, &time).ok()?;
    for (path, value) in carried.iter() {
        path::put(&mut fields, path, value.clone());
    }
    Some(Value::Object(fields).to_string().into_bytes())
}

impl Dialect {
    /// Whether a document answers a message that the dialect declares: the number, and whether it reports success, which it
    /// does too where it bears no result code.
    pub fn custom_answered(&self, fields: &Map<String, Value>) -> Option<(i64, bool)> {
        let number = self.number_of(fields)?;
        let beats = self.heartbeat.iter().map(|heartbeat| &heartbeat.message);
        beats.chain(&self.custom).find(|custom| custom.ack == Some(number))?;
        let code = path::get(fields, &self.errors.code).and_then(path::integer);
        Some((number, code.is_none_or(|code| self.errors.success.contains(&code))))
    }

    /// The number under which an acknowledgement came; `None` where every refusal bears the same.
    pub fn number_answered(&self, ack: &Acknowledgement) -> Option<i64> {
        let number = self.number_of(&ack.fields);
        number.filter(|_| self.errors.number.is_none() || number != self.errors.number)
    }
}
