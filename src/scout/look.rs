//! Looks for a value in a document, and gives the key that leads to it.

use serde_json::{Map, Value};

use crate::wire::dialect::CODE_NAMES;

/// The values of a document that are no objects, each with its key: `data.toid`.
pub(super) fn leaves(fields: &Map<String, Value>) -> Vec<(String, &Value)> {
    fn add<'v>(into: &mut Vec<(String, &'v Value)>, before: &str, fields: &'v Map<String, Value>) {
        for (key, value) in fields {
            let path = format!("{before}{key}");
            match value {
                Value::Object(inner) => add(into, &format!("{path}."), inner),
                _ => into.push((path, value)),
            }
        }
    }
    let mut leaves = Vec::new();
    add(&mut leaves, "", fields);
    leaves
}

/// A whole number, or a string that holds one.
pub(super) fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// The value under this key.
pub(super) fn at<'v>(fields: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    match path.split_once('.') {
        None => fields.get(path),
        Some((head, rest)) => at(fields.get(head)?.as_object()?, rest),
    }
}

/// The key of the first value that is `wanted`; of several that are, the one under `expected`.
pub(super) fn key_of(
    fields: &Map<String, Value>,
    expected: Option<&str>,
    wanted: impl Fn(&Value) -> bool,
) -> Option<String> {
    if let Some(expected) = expected
        && at(fields, expected).is_some_and(&wanted)
    {
        return Some(expected.to_owned());
    }
    leaves(fields).into_iter().find(|(_, value)| wanted(value)).map(|(key, _)| key)
}

/// The key of what looks like a result code, and the code.
pub(super) fn code(fields: &Map<String, Value>) -> Option<(String, i64)> {
    let mut found = leaves(fields);
    found.retain(|(key, _)| {
        let name = key.rsplit('.').next().unwrap_or(key).to_lowercase();
        CODE_NAMES.contains(&name.as_str())
    });
    found.into_iter().find_map(|(key, value)| Some((key, integer(value)?)))
}

/// The key of what looks like an id, and the id: a number above 0 that is neither the message number nor the code.
pub(super) fn id(fields: &Map<String, Value>, not: &[&str]) -> Option<(String, i64)> {
    let mut found: Vec<(String, i64)> = leaves(fields)
        .into_iter()
        .filter(|(key, _)| !not.contains(&key.as_str()))
        .filter_map(|(key, value)| Some((key, integer(value).filter(|number| *number > 0)?)))
        .collect();
    // A name with `id` in it before one without.
    found.sort_by_key(|(key, _)| !key.to_lowercase().contains("id"));
    found.into_iter().next()
}

/// An entry of a list: an object, or a string that holds one.
pub(super) fn entry(value: &Value) -> Option<(Map<String, Value>, bool)> {
    match value {
        Value::Object(fields) => Some((fields.clone(), false)),
        Value::String(text) => serde_json::from_str(text).ok().map(|fields| (fields, true)),
        _ => None,
    }
}

/// The key of a list that has an entry with such a value, the entry, and whether entries are strings that hold JSON.
pub(super) fn list_with(
    fields: &Map<String, Value>,
    wanted: impl Fn(&Value) -> bool,
) -> Option<(String, Map<String, Value>, bool)> {
    leaves(fields).into_iter().find_map(|(key, value)| {
        let entries = value.as_array()?.iter().filter_map(entry);
        let mut found = entries.filter(|(entry, _)| key_of(entry, None, &wanted).is_some());
        found.next().map(|(entry, as_text)| (key, entry, as_text))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_value_is_found_by_its_key_into_nested_objects() {
        let document = fields(&json!({"kind": 2, "data": {"uid": "7", "who": "a"}, "ret": 0}));
        assert_eq!(key_of(&document, None, |value| value == "a"), Some("data.who".into()));
        assert_eq!(code(&document), Some(("ret".into(), 0)));
        assert_eq!(id(&document, &["kind", "ret"]), Some(("data.uid".into(), 7)));
        assert_eq!(at(&document, "data.uid"), Some(&json!("7")));
        let two = fields(&json!({"a": 5, "b": 5}));
        assert_eq!(key_of(&two, Some("b"), |value| value == 5), Some("b".into()));
    }

    #[test]
    fn an_entry_of_a_list_is_found_whether_it_is_an_object_or_a_text() {
        let document = fields(&json!({"friends": [r#"{"id":8,"name":"bob"}"#], "none": []}));
        let (key, entry, as_text) = list_with(&document, |value| value == "bob").unwrap();
        assert_eq!((key.as_str(), as_text, entry["id"].as_i64()), ("friends", true, Some(8)));
        assert!(list_with(&document, |value| value == "carol").is_none());
    }
}
