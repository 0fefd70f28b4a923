//! The console, on standard output.

use std::io::Write as _;

use crossorigin_page::{Kind, Level, Line};

use super::arguments::Format;

/// Prints a line; `false` where nobody reads it any more.
pub(super) fn print(line: &Line, format: Format) -> bool {
    match format {
        Format::Json => write(&serde_json::to_string(line).unwrap_or_default()),
        Format::Pretty => write(&pretty(line)),
    }
}

/// Prints a script's value, which is JSON.
pub(super) fn print_value(value: &serde_json::Value, format: Format) -> bool {
    match format {
        Format::Json => write(&serde_json::json!({ "kind": "value", "value": value }).to_string()),
        Format::Pretty => write(&value.to_string()),
    }
}

fn write(text: &str) -> bool {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).is_ok()
}

fn pretty(line: &Line) -> String {
    let text = harmless(&line.text);
    let mut text = match (line.kind, line.level) {
        (Kind::Console, Level::Log | Level::Info | Level::Debug) => text,
        (Kind::Console, Level::Warn) => format!("warning: {text}"),
        (Kind::Network, _) => format!("network: {text}"),
        _ => format!("error: {text}"),
    };
    if let Some(explanation) = &line.explanation {
        for line in harmless(explanation).lines() {
            text.push_str(if line.is_empty() { "\n" } else { "\n    " });
            text.push_str(line);
        }
    }
    text
}

/// A page's text without what a terminal would obey.
fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => harmless.push(letter),
            letter if letter.is_control() => harmless.extend(letter.escape_unicode()),
            letter => harmless.push(letter),
        }
    }
    harmless
}
