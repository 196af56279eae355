//! What two dialects say differently, key by key.

use std::{collections::BTreeMap, fmt};

use super::Dialect;

/// A key that two dialects do not say alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The key with its tables, such as `chat.send.to`.
    pub key: String,
    /// What the first says, as TOML; `None` where it says nothing.
    pub first: Option<String>,
    /// What the second says.
    pub second: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |side: &Option<String>| side.clone().unwrap_or_else(|| "(not said)".to_owned());
        write!(f, "{}: {} -> {}", self.key, said(&self.first), said(&self.second))
    }
}

impl Dialect {
    /// What `other` says differently, by key. Names and summaries are not compared, and a default that is written out
    /// differs from one that is left out.
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let (first, second) = (said(&self.text), said(&other.text));
        let keys = first.keys().chain(second.keys().filter(|key| !first.contains_key(*key)));
        let differs = |key: &&String| first.get(*key) != second.get(*key);
        let mut found: Vec<Difference> = keys
            .filter(differs)
            .map(|key| Difference {
                key: key.clone(),
                first: first.get(key).cloned(),
                second: second.get(key).cloned(),
            })
            .collect();
        found.sort_by(|a, b| a.key.cmp(&b.key));
        found
    }
}

/// The values of a dialect's text, each with all of its keys.
fn said(text: &str) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    // It was loaded before, so it is TOML.
    let table: toml::Table = toml::from_str(text).unwrap_or_default();
    for (key, value) in table {
        if key != "name" && key != "summary" {
            flatten(key, value, &mut values);
        }
    }
    values
}

fn flatten(key: String, value: toml::Value, values: &mut BTreeMap<String, String>) {
    match value {
        toml::Value::Table(table) => {
            for (inner, value) in table {
                flatten(format!("{key}.{inner}"), value, values);
            }
        }
        other => {
            values.insert(key, other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::dialect::builtin_text;

    #[test]
    fn a_change_an_addition_and_an_omission_are_found_and_nothing_else() {
        let text = builtin_text("course").unwrap();
        let course = Dialect::load("a", text).unwrap();
        assert_eq!(course.differences(&course), []);
        let other = text
            .replace("name = \"course\"", "name = \"other\"")
            .replace("to = \"toid\"", "to = \"to\"")
            .replace("mutual = false\n", "")
            .replace("[logout]\n", "[logout]\nack = 33\n");
        let other = Dialect::load("b", &other).unwrap();
        let found: Vec<String> =
            course.differences(&other).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "add_friend.mutual: false -> (not said)",
                "chat.send.to: \"toid\" -> \"to\"",
                "logout.ack: (not said) -> 33",
            ]
        );
    }
}
