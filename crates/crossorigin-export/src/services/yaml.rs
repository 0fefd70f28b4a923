//! Maps for documents in YAML, without what says nothing.

use serde_json::{Map, Value};

/// A map of what is there: null and empty lists say nothing.
pub(super) fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let is_left_out = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    let entries = entries.into_iter().filter(|(_, value)| !is_left_out(value));
    Value::Object(entries.map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
}
