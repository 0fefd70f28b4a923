//! `check --console`: what a browser's message means.

use std::fmt::Write as _;

use crossorigin_inputs::ConsoleMessage;
use crossorigin_verdict::{ConsoleReading, page, shell_word};

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
    if let Some(url) = reading.url.as_ref().filter(|url| url.starts_with("http")) {
        // Where the message doesn't say it, the page's origin is to be put in.
        let from = reading.origin.as_deref().unwrap_or("https://the-page.example");
        let url = reading.first_url.as_ref().unwrap_or(url);
        // Whoever chose the URL may have chosen it so that it ends a word of the shell.
        let (url, from) = (shell_word(url.as_bytes()), shell_word(from.as_bytes()));
        write!(text, "  to look closer: crossorigin check {url} --from {from}")?;
        flags(text, reading, &message.reasons)?;
        writeln!(text)?;
    }
    Ok(())
}

/// What the message tells of the request, beside its URL.
fn flags(text: &mut String, reading: &ConsoleReading, reasons: &[&str]) -> std::fmt::Result {
    let initiator = match reading.kind.as_deref() {
        Some("XMLHttpRequest") => " --as xhr",
        Some("image") => " --as image --crossorigin",
        Some("video") => " --as video --crossorigin",
        Some("audio") => " --as audio --crossorigin",
        Some("text track") => " --as track --crossorigin",
        Some("script") => " --as script --crossorigin",
        Some("CSS stylesheet") => " --as stylesheet --crossorigin",
        Some("font") => " --as font",
        _ => "",
    };
    text.push_str(initiator);
    let with_credentials = reasons.iter().any(|reason| {
        matches!(reason.trim_start_matches("preflight-"), "allow-origin-wildcard" | "allow-credentials")
    });
    if with_credentials {
        text.push_str(if initiator.ends_with("--crossorigin") {
            "=use-credentials"
        } else {
            " --credentials include"
        });
    }
    if let Some(header) = &reading.header {
        write!(text, " -H {}", shell_word(format!("{header}: 1").as_bytes()))?;
    }
    // What changes something is not to be sent by the way. Of the method mostly nothing is said.
    if !reasons.is_empty() && reasons.iter().all(|reason| reason.starts_with("preflight-")) {
        let method = reading.method.as_deref().or(reading.header.is_none().then_some("PUT"));
        if let Some(method) = method {
            write!(text, " -X {}", shell_word(method.as_bytes()))?;
        }
        text.push_str(" --preflight-only");
    }
    Ok(())
}
