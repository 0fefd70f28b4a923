//! `check --console`: what a browser's message means.

use std::fmt::Write as _;

use crossorigin_inputs::ConsoleMessage;
use crossorigin_verdict::{page, shell_word};

/// What each message stands for, and the command that looks closer.
pub(super) fn explained(messages: &[ConsoleMessage]) -> String {
    let mut text = String::new();
    for message in messages {
        let _ = explain(&mut text, message);
    }
    text
}

fn explain(text: &mut String, message: &ConsoleMessage) -> std::fmt::Result {
    let browser = message.browser.map_or("a library", |browser| browser.name());
    match message.reasons.as_slice() {
        [] => {
            writeln!(text, "line {}: {browser} says that a request failed, and not why", message.line)?;
            writeln!(text, "  The reason is in a line of its own near it; script itself is never told.")?;
        }
        reasons => {
            writeln!(text, "line {}: {browser} means {}", message.line, reasons.join(", or "))?;
            if let Some(page) = reasons.first().and_then(|code| page(code)) {
                writeln!(text, "  {}\n  {}\n  {}", page.title, page.what, page.remedy)?;
            }
            for reason in reasons {
                writeln!(text, "  more: crossorigin explain {reason}")?;
            }
        }
    }
    let Some(reading) = &message.reading else { return Ok(()) };
    if let Some(url) = &reading.url {
        // Where the message doesn't say it, the page's origin is to be put in.
        let from = reading.origin.as_deref().unwrap_or("https://the-page.example");
        let url = reading.first_url.as_ref().unwrap_or(url);
        // Whoever chose the URL may have chosen it so that it ends a word of the shell.
        let (url, from) = (shell_word(url.as_bytes()), shell_word(from.as_bytes()));
        writeln!(text, "  to look closer: crossorigin check {url} --from {from}")?;
    }
    Ok(())
}
