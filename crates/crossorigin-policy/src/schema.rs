//! The JSON Schema of policy files, and the reference of their keys, both from the table of keys.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::keys::{
    ADMIN, CERTIFICATE, FILE, Key, Kind, LIMITS, LISTENER, LOG, POLICY, Presence, ROUTE, Table,
};

/// The JSON Schema (draft 07) of policy files, which editors such as those with Even Better TOML or taplo take.
pub fn schema() -> String {
    let mut schema = table_schema(&FILE);
    schema.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
    schema.insert("title".into(), "Policy file of crossorigin".into());
    format!("{:#}\n", Value::Object(schema))
}

fn table_schema(table: &Table) -> Map<String, Value> {
    let properties: Map<String, Value> =
        table.keys.iter().map(|key| (key.name.to_owned(), key_schema(key))).collect();
    let required: Vec<_> = table
        .keys
        .iter()
        .filter(|key| matches!(key.presence, Presence::Required))
        .map(|key| key.name)
        .collect();
    let mut schema = Map::new();
    schema.insert("type".into(), "object".into());
    schema.insert("description".into(), table.doc.into());
    schema.insert("properties".into(), properties.into());
    schema.insert("additionalProperties".into(), false.into());
    if !required.is_empty() {
        schema.insert("required".into(), required.into());
    }
    if let Some(group) = table.keys.iter().find_map(|key| match key.presence {
        Presence::OneOf(group) => Some(group),
        _ => None,
    }) {
        let each: Vec<_> = group.split(", ").map(|name| json!({ "required": [name] })).collect();
        // A route is answered by one of the two; a policy's origins may stand in both places.
        let word = if std::ptr::eq(table, &ROUTE) { "oneOf" } else { "anyOf" };
        schema.insert(word.into(), each.into());
    }
    schema
}

fn key_schema(key: &Key) -> Value {
    const DURATION: &str = "^([0-9]+(ms|s|m|h|d))+$";
    const SIZE: &str = "^[0-9]+ *(B|kB|KB|MB|GB|KiB|MiB|GiB)?$";
    let strings = json!({ "type": "array", "items": { "type": "string" } });
    let mut schema = match key.kind {
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Text => json!({ "type": "string" }),
        Kind::Texts => strings,
        Kind::TextOrTexts => json!({ "anyOf": [{ "type": "string" }, strings] }),
        Kind::Choice(choices) => json!({ "type": "string", "enum": choices }),
        Kind::Number(choices) => json!({ "type": "integer", "enum": choices }),
        Kind::Duration(..) => json!({ "type": "string", "pattern": DURATION }),
        Kind::Size(least, most) => json!({
            "anyOf": [
                { "type": "integer", "minimum": least, "maximum": most },
                { "type": "string", "pattern": SIZE },
            ]
        }),
        Kind::Count(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Fraction => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Kind::One(table) => Value::Object(table_schema(table)),
        Kind::Many(table) => json!({ "type": "array", "items": table_schema(table) }),
        Kind::Named(table) => json!({ "type": "object", "additionalProperties": table_schema(table) }),
    };
    schema["description"] = key.doc.into();
    if let Presence::Default(default) = key.presence {
        // TOML's and JSON's notations are the same for every default that there is.
        schema["default"] = serde_json::from_str(default).unwrap_or(Value::Null);
    }
    schema
}

/// The reference of all keys, as Markdown.
pub fn reference() -> String {
    let mut text = String::new();
    for table in [&POLICY, &LISTENER, &CERTIFICATE, &ROUTE, &LIMITS, &ADMIN, &LOG] {
        let _ = write!(text, "### `{}`\n\n{}\n\n", table.header, table.doc);
        text.push_str("| Key | Takes | Left out | Meaning |\n|---|---|---|---|\n");
        for key in table.keys {
            let left_out = match key.presence {
                Presence::Required => "required".to_owned(),
                Presence::OneOf(group) => format!("one of `{}` is required", group.replace(", ", "`, `")),
                Presence::Default(default) => format!("`{default}`"),
                Presence::Optional => "–".to_owned(),
            };
            let takes = key.kind.words();
            let _ = writeln!(
                text,
                "| `{}` | {takes}, such as `{}` | {left_out} | {} |",
                key.name, key.example, key.doc
            );
        }
        text.push('\n');
    }
    text
}
