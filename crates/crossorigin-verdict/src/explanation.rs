//! All of it as text.

use std::fmt::Write as _;

use crate::fixes::Fix;
use crate::guilty::Guilty;
use crate::record::{Record, Verdict};
use crate::servers::Server;

/// How an explanation looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Style {
    /// Text alone.
    #[default]
    Plain,
    /// With the colours of a terminal.
    Ansi,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// The title of a part.
    Heading,
    /// What went well.
    Good,
    /// What went wrong.
    Bad,
    /// What is neither.
    Neutral,
    /// What one may skip.
    Faint,
}

impl Style {
    /// The text as it looks in its role.
    pub fn paint(self, role: Role, text: &str) -> String {
        let code = match role {
            Role::Heading => "1",
            Role::Good => "32",
            Role::Bad => "31",
            Role::Neutral => "33",
            Role::Faint => "2",
        };
        match self {
            Self::Plain => text.to_owned(),
            Self::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

/// Everything about a fetch as plain text, for a failed test or a log.
pub fn explanation(record: &Record) -> String {
    explanation_styled(record, Style::Plain)
}

/// The same for a Rust service that was asked in its own process: with the fix for its code, and without
/// commands, as nothing listens.
pub fn explanation_in_process(record: &Record) -> String {
    let mut fixes = record.fixes_for(&[Server::Axum]);
    fixes.retain(|fix| fix.server != Some(Server::Crossorigin));
    explain(record, Style::Plain, &fixes, &[])
}

/// The same as [`explanation`] in a style.
pub fn explanation_styled(record: &Record, style: Style) -> String {
    explain(record, style, &record.fixes(), &record.curl_commands())
}

fn explain(record: &Record, style: Style, fixes: &[Fix], commands: &[String]) -> String {
    let mut text = String::new();
    let verdict = record.verdict();
    let role = match verdict {
        Verdict::Shared => Role::Good,
        Verdict::Opaque => Role::Neutral,
        Verdict::Blocked | Verdict::Unreachable => Role::Bad,
    };
    let _ =
        writeln!(text, "{}: {}  {}", record.profile, style.paint(role, verdict.name()), request_line(record));
    let _ = writeln!(text, "{}", record.cause());
    if let (Some(code), Some(step)) = (record.code(), record.step()) {
        let _ = writeln!(
            text,
            "{}",
            style.paint(Role::Faint, &format!("{code}; {step}: {}", step.section.url()))
        );
    }
    if let Some(guilty) = record.guilty() {
        let _ = write!(text, "\n{}", guilty_text(&guilty, style));
    }
    let _ =
        write!(text, "\n{}\n{}", style.paint(Role::Heading, "What happened"), timeline_text(record, style));
    let console = record.console();
    if !console.is_empty() {
        let _ = writeln!(text, "\n{}", style.paint(Role::Heading, "What consoles print"));
        for message in console {
            let _ = writeln!(text, "  {}: {}", message.browser, message.text.trim_end());
        }
    }
    if !fixes.is_empty() {
        let _ = writeln!(text, "\n{}", style.paint(Role::Heading, "How to fix it"));
        for fix in fixes {
            text.push_str(&fix_text(fix, style));
        }
    }
    let next = record.next_failures();
    if !next.is_empty() {
        let _ = writeln!(text, "\n{}", style.paint(Role::Heading, "What would fail next once this is fixed"));
        for failure in next {
            let _ = writeln!(text, "  {}", failure.text());
        }
    }
    if !commands.is_empty() {
        let _ = writeln!(text, "\n{}", style.paint(Role::Heading, "To send the same by hand"));
        for command in commands {
            let _ = writeln!(text, "  {command}");
        }
    }
    text
}

/// `PUT https://api.example/items from https://app.example (fetch, cors, include)`.
fn request_line(record: &Record) -> String {
    let request = &record.request;
    format!(
        "{} {} from {} ({}, mode {}, credentials {})",
        request.method,
        request.current_url(),
        record.origin(),
        record.initiator,
        request.mode.name(),
        request.credentials_mode.name()
    )
}

/// The line at fault with a caret, and the line as it should be.
pub fn guilty_text(guilty: &Guilty, style: Style) -> String {
    let before = guilty.line.get(..guilty.range.start).map_or(0, |before| before.chars().count());
    let under = guilty.line.get(guilty.range.clone()).map_or(0, |under| under.chars().count()).max(1);
    let caret = format!("{}{} {}", " ".repeat(before), "^".repeat(under), guilty.note);
    let mut text = format!("  {}\n  {}\n", guilty.line, style.paint(Role::Bad, &caret));
    if let Some(wanted) = &guilty.wanted {
        let name = |line: &str| line.split([':', ' ']).next().unwrap_or_default().to_owned();
        let is_it = guilty.exchange.is_none() || name(wanted) == name(&guilty.line);
        let should = if is_it { "it should be" } else { "there should be" };
        let _ = writeln!(text, "  {} {}", style.paint(Role::Faint, should), style.paint(Role::Good, wanted));
    }
    text
}

/// The numbered way, with heads of requests and responses, and links to the standard.
pub fn timeline_text(record: &Record, style: Style) -> String {
    let mut text = String::new();
    for (nth, item) in record.timeline().iter().enumerate() {
        let sentence = if item.failed { style.paint(Role::Bad, &item.text) } else { item.text.clone() };
        let step = style.paint(Role::Faint, &format!("[{}, {}]", item.step, item.link()));
        let _ = writeln!(text, "{:>3}. {sentence} {step}", nth + 1);
        for line in &item.details {
            let _ = writeln!(text, "       {}", style.paint(Role::Faint, line));
        }
    }
    text
}

/// A fix: its title, its snippet, what to mind.
pub fn fix_text(fix: &Fix, style: Style) -> String {
    let mut text = format!("  {}\n", fix.title);
    for line in fix.snippet.lines() {
        let line = format!("      {line}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if let Some(note) = &fix.note {
        let _ = writeln!(text, "  {}", style.paint(Role::Faint, note));
    }
    text
}
