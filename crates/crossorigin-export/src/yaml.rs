//! YAML in blocks, of JSON's values.

use serde_json::Value;

/// A document.
pub(crate) fn write(value: &Value) -> String {
    let mut text = String::new();
    block(&mut text, value, 0);
    text
}

fn block(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) => {
            for (nth, (key, value)) in map.iter().enumerate() {
                if nth > 0 || depth == 0 {
                    indent(text, depth);
                }
                text.push_str(&scalar(key));
                text.push(':');
                below(text, value, depth + 1);
            }
        }
        Value::Array(items) => {
            for (nth, item) in items.iter().enumerate() {
                if nth > 0 || depth == 0 {
                    indent(text, depth);
                }
                text.push('-');
                match item {
                    Value::Object(map) if !map.is_empty() => {
                        text.push(' ');
                        block(text, item, depth + 1);
                    }
                    item => below(text, item, depth + 1),
                }
            }
        }
        leaf => {
            text.push_str(&flow(leaf));
            text.push('\n');
        }
    }
}

/// What follows a key or a dash.
fn below(text: &mut String, value: &Value, depth: usize) {
    let is_block = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        text.push('\n');
        indent(text, depth);
        block(text, value, depth);
    } else {
        text.push(' ');
        text.push_str(&flow(value));
        text.push('\n');
    }
}

fn indent(text: &mut String, depth: usize) {
    text.push_str(&"  ".repeat(depth));
}

fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A string, plain where nobody would take it for anything else.
fn scalar(text: &str) -> String {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
    let begins = text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
    let is_taken = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if begins && text.bytes().all(is_word) && !is_taken.contains(&text.to_ascii_lowercase().as_str()) {
        return text.to_owned();
    }
    if text.bytes().all(|byte| byte >= b' ') {
        return format!("'{}'", text.replace('\'', "''"));
    }
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_in_blocks() {
        let value = json!({
            "a": [{ "b": 1, "c": ["x", "no"] }, "it's"],
            "d": {},
            "e": { "f": "line\nline", "@type": "1" },
        });
        let expected = "a:\n  - b: 1\n    c:\n      - x\n      - 'no'\n  - 'it''s'\nd: {}\ne:\n  '@type': '1'\n  f: \"line\\nline\"\n";
        assert_eq!(write(&value), expected);
    }
}
