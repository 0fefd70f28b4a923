//! `--format github`: [workflow commands](https://docs.github.com/en/actions/reference/workflow-commands), which show
//! as annotations of a run.

use crossorigin_verdict::Verdict;

use super::redacted::redacted;
use super::{Findings, told};

/// One annotation for each request and verdict, with the browsers that agree on it.
pub(super) fn github(findings: &Findings) -> String {
    let mut text = String::new();
    for note in &findings.notes {
        text.push_str(&command("notice", "crossorigin check", note));
    }
    let judged = redacted(&findings.judged);
    for group in told::groups(&judged) {
        let first = group.first;
        let level = match first.verdict() {
            Verdict::Shared | Verdict::Opaque => "notice",
            Verdict::Blocked | Verdict::Unreachable => "error",
        };
        let request = &first.record.request;
        let title = format!("{} {}: {}", request.method, request.current_url(), first.verdict());
        let mut message = format!("{}: {}", told::names(&group.profiles), first.record.cause());
        if let Some(label) = &first.plan.label {
            message = format!("{label}: {message}");
        }
        if let Some(fix) = told::best_fix(first) {
            message.push_str("\n\n");
            message.push_str(&fix);
        }
        text.push_str(&command(level, &title, &message));
    }
    text
}

fn command(level: &str, title: &str, message: &str) -> String {
    format!("::{level} title={}::{}\n", property(title), data(message))
}

/// [Escapes](https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts) a message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes what stands before the message.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
