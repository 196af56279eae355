//! Refusals under a number that the dialect does not know: of one request's answer, or of all refusals.

use serde_json::{Map, Value};

use super::{Scout, Setting, Step, line::Heard, look};
use crate::wire::dialect::Kind;

impl<S: FnMut(&Step)> Scout<'_, S> {
    /// Whether an answer bears a result code that is no success.
    pub(super) fn is_refusal(&self, heard: &Heard) -> bool {
        let code = look::at(&heard.fields, &self.base.errors.code).and_then(look::integer);
        let code = code.or_else(|| look::code(&heard.fields).map(|(_, code)| code));
        code.is_some_and(|code| !self.base.errors.success.contains(&code))
    }

    /// Whether this is a refusal under a number that the dialect knows neither for refusals nor for this answer.
    pub(super) fn refuses_oddly(&self, kind: Kind, heard: &Heard) -> bool {
        let number = self.number_of(heard);
        let known = [self.base.errors.number, self.base.ack(kind).map(|ack| ack.number)];
        number.is_some() && !known.contains(&number) && self.is_refusal(heard)
    }

    /// Keeps such a refusal until it is clear what its number is of.
    pub(super) fn refuses(&mut self, kind: Kind, heard: &Heard) {
        let number = self.number_of(heard).unwrap_or_default();
        let (table, key) = (kind.table(), &self.ack_key);
        self.tell(format!("the server refused this [{table}], under {key} {number}"));
        self.refusals.push((kind, heard.clone()));
    }

    /// A request succeeded whose refusal had come: unless its answer bears the same number, that is no answer's.
    pub(super) fn no_answers_number(&mut self, kind: Kind, answer: Option<&Heard>) {
        let of_answer = answer.and_then(|heard| self.number_of(heard));
        let refusal =
            self.refusals.iter().find(|(of, _)| *of == kind).map(|(_, heard)| heard.clone());
        if let Some(refusal) = refusal.filter(|refusal| self.number_of(refusal) != of_answer) {
            self.is_of_refusals(&refusal);
        }
    }

    /// What two requests share is no answer's number; what came to one alone is taken for its answer's.
    pub(super) fn numbers_of_refusals(&mut self) {
        while let Some((kind, heard)) = self.refusals.pop() {
            let number = self.number_of(&heard);
            let shared = self
                .refusals
                .iter()
                .any(|(other, refusal)| *other != kind && self.number_of(refusal) == number);
            if shared {
                self.is_of_refusals(&heard);
            } else {
                self.answers(kind, &heard);
            }
        }
    }

    /// The number of this refusal is that of all.
    fn is_of_refusals(&mut self, refusal: &Heard) {
        let Some(number) = self.number_of(refusal) else { return };
        self.change("errors.number", Setting::Number(number), "every refusal has this number");
        self.text_of_a_refusal(&refusal.fields, &[]);
        let mut others = std::mem::take(&mut self.refusals);
        others.retain(|(_, heard)| self.number_of(heard) != Some(number));
        self.refusals = others;
    }

    /// The key of what a refusal says in words, which is not what it repeats of the request.
    pub(super) fn text_of_a_refusal(&mut self, fields: &Map<String, Value>, sent: &[&str]) {
        let expected = self.base.errors.text.as_deref();
        let is_text = |value: &Value| {
            value.as_str().is_some_and(|text| !text.is_empty() && !sent.contains(&text))
        };
        match (expected, look::key_of(fields, expected, is_text)) {
            (expected, Some(key)) if expected != Some(key.as_str()) => {
                let why = "the text of a refusal has another name";
                self.change("errors.text", Setting::Word(key), why);
            }
            (Some(_), None) => {
                self.change("errors.text", Setting::Absent, "a refusal bears no text");
            }
            _ => {}
        }
    }

    /// The message number of a document.
    pub(super) fn number_of(&self, heard: &Heard) -> Option<i64> {
        let of_ack = look::at(&heard.fields, &self.ack_key);
        of_ack.or_else(|| look::at(&heard.fields, &self.base.key)).and_then(look::integer)
    }
}
