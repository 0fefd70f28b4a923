//! YAML in the small part of it that documents here need: every text in double quotes.

use std::fmt::Write as _;

use serde_json::Value;

/// A document; the keys of maps in their order.
pub(super) fn document(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text
}

/// A map whose keys stay in this order.
pub(super) fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Array(
        std::iter::once(Value::Null)
            .chain(
                entries
                    .into_iter()
                    .filter(|(_, value)| !is_left_out(value))
                    .map(|(key, value)| Value::Array(vec![Value::String(key.to_owned()), value])),
            )
            .collect(),
    )
}

/// Null and empty lists say nothing.
fn is_left_out(value: &Value) -> bool {
    matches!(value, Value::Null) || value.as_array().is_some_and(Vec::is_empty)
}

/// The entries of what [`map`] made.
fn entries(value: &Value) -> Option<&[Value]> {
    match value.as_array()?.split_first()? {
        (Value::Null, entries) => Some(entries),
        _ => None,
    }
}

fn write(value: &Value, indent: usize, text: &mut String) {
    let space = "  ".repeat(indent);
    if let Some(entries) = entries(value) {
        for entry in entries {
            let _ = write!(text, "{space}{}:", entry[0].as_str().unwrap_or_default());
            after_key(&entry[1], indent, text);
        }
    } else if let Some(items) = value.as_array() {
        for item in items {
            let mut inner = String::new();
            write(item, indent + 1, &mut inner);
            let inner = inner.trim_start();
            let _ = write!(text, "{space}- {inner}");
        }
    } else {
        let _ = writeln!(text, "{space}{}", scalar(value));
    }
}

fn after_key(value: &Value, indent: usize, text: &mut String) {
    if entries(value).is_some() {
        text.push('\n');
        write(value, indent + 1, text);
    } else if value.is_array() {
        text.push('\n');
        write(value, indent, text);
    } else {
        let _ = writeln!(text, " {}", scalar(value));
    }
}

/// JSON's texts are YAML's.
fn scalar(value: &Value) -> String {
    value.to_string()
}
