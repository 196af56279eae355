//! Keys that lead into nested objects: `data.toid` is the key `toid` of the object under `data`.

use serde_json::{Map, Value};

/// Whether a key leads into a nested object.
pub(in crate::wire) fn is_nested(path: &str) -> bool {
    path.contains('.')
}

/// The value that a path leads to.
pub(in crate::wire) fn get<'a>(fields: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        None => fields.get(path),
        Some((head, rest)) => get(fields.get(head)?.as_object()?, rest),
    }
}

/// As [`get`], to change it.
pub(in crate::wire) fn get_mut<'a>(
    fields: &'a mut Map<String, Value>,
    path: &str,
) -> Option<&'a mut Value> {
    match path.split_once('.') {
        None => fields.get_mut(path),
        Some((head, rest)) => get_mut(fields.get_mut(head)?.as_object_mut()?, rest),
    }
}

/// Sets the value that a path leads to; the objects on the way are made.
pub(in crate::wire) fn put(fields: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((head, rest)) = path.split_once('.') else {
        fields.insert(path.to_owned(), value);
        return;
    };
    let inner = fields.entry(head).or_insert_with(|| Value::Object(Map::new()));
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}

/// A whole number, or a string that holds one.
pub(in crate::wire) fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_makes_the_objects_on_its_way_and_finds_what_was_put_there() {
        let mut fields = Map::new();
        put(&mut fields, "data.to.id", 7.into());
        put(&mut fields, "data.号码", 8.into());
        assert_eq!(Value::Object(fields.clone()), json!({"data": {"to": {"id": 7}, "号码": 8}}));
        assert_eq!(get(&fields, "data.to.id"), Some(&json!(7)));
        assert_eq!(get(&fields, "data.to.id.more"), None, "a number holds nothing");
        assert_eq!(get(&fields, "to"), None);
        *get_mut(&mut fields, "data.号码").unwrap() = 9.into();
        assert_eq!(get(&fields, "data.号码"), Some(&json!(9)));
    }

    #[test]
    fn a_number_may_be_written_as_a_string() {
        assert_eq!(integer(&json!(-4)), Some(-4));
        assert_eq!(integer(&json!("-4")), Some(-4));
        assert_eq!(integer(&json!("four")), None);
    }
}
