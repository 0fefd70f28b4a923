//! `--format text`: for people.

use std::fmt::Write as _;

use crossorigin_verdict::{Role, Style, Verdict, fix_text, guilty_text, timeline_text};

use super::Findings;
use super::run::Judged;
use super::told::{self, Group};

/// All that was found: for each request the verdicts, the cause, how it went, what to change, and how to see it.
pub(super) fn text(findings: &Findings, colours: bool) -> String {
    let style = if colours { Style::Ansi } else { Style::Plain };
    let mut page = Page { text: String::new(), style };
    let groups = told::groups(&findings.judged);
    let requests = by_request(&groups);
    // Of many, only what went wrong is told in full, and what went another way than before.
    let several = requests.len() > 1;
    if several {
        requests.iter().for_each(|request| page.summary(request));
        page.line("");
    }
    for (nth, request) in requests.iter().enumerate() {
        let before = nth.checked_sub(1).and_then(|before| requests.get(before));
        if !several || is_worth_telling(request, before.copied()) {
            page.request(request);
        }
    }
    if requests.is_empty() {
        page.line("There is no cross-origin request in it.");
    }
    for note in &findings.notes {
        page.line(&format!("note: {note}"));
    }
    page.text
}

/// Groups of the same request and repetition.
fn by_request<'g, 'j>(groups: &'g [Group<'j>]) -> Vec<&'g [Group<'j>]> {
    let same = |one: &Group<'_>, other: &Group<'_>| {
        std::rc::Rc::ptr_eq(&one.first.plan, &other.first.plan) && one.first.nth == other.first.nth
    };
    groups.chunk_by(same).collect()
}

/// Whether a request among several is told in full.
fn is_worth_telling(groups: &[Group<'_>], before: Option<&[Group<'_>]>) -> bool {
    let Some(first) = groups.first().map(|group| group.first) else { return false };
    if first.nth == 1 {
        let is_bad = |group: &Group<'_>| gravity(group.first.verdict()) > gravity(Verdict::Opaque);
        return groups.iter().any(is_bad) || first.plan.label.is_none();
    }
    let way = |groups: &[Group<'_>]| -> Vec<_> {
        groups.iter().map(|group| (group.first.verdict(), group.first.record.exchanges.len())).collect()
    };
    before.is_none_or(|before| way(before) != way(groups))
}

struct Page {
    text: String,
    style: Style,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn title(&mut self, title: &str) {
        let title = self.style.paint(Role::Heading, title);
        let _ = write!(self.text, "\n{title}\n");
    }

    fn verdict(&self, verdict: Verdict) -> String {
        let role = match verdict {
            Verdict::Shared => Role::Good,
            Verdict::Opaque => Role::Neutral,
            Verdict::Blocked | Verdict::Unreachable => Role::Bad,
        };
        self.style.paint(role, verdict.name())
    }

    /// One line for a request that is one of several.
    fn summary(&mut self, groups: &[Group<'_>]) {
        let Some(first) = groups.first() else { return };
        let verdicts: Vec<_> = groups.iter().map(|group| self.verdict(group.first.verdict())).collect();
        let methods = first.first.record.exchanges.iter().map(|exchange| exchange.request.method.as_str());
        let sent: Vec<_> = methods.collect();
        let sent = if sent.is_empty() { "nothing".to_owned() } else { sent.join(", ") };
        self.line(&format!("{}: {}; sent: {sent}", verdicts.join(", "), request_line(first.first)));
    }

    fn request(&mut self, groups: &[Group<'_>]) {
        // What went wrong is what people came for.
        let Some(told) = groups.iter().rev().max_by_key(|group| gravity(group.first.verdict())) else {
            return;
        };
        let (judged, record) = (told.first, &told.first.record);
        let heading = self.style.paint(Role::Heading, &request_line(judged));
        self.line(&heading);
        for group in groups {
            let padding = " ".repeat(13_usize.saturating_sub(group.first.verdict().name().len()));
            let verdict = self.verdict(group.first.verdict());
            self.line(&format!("{verdict}{padding}{}", told::names(&group.profiles)));
        }
        self.line("");
        for group in groups {
            self.cause(group, groups.len() > 1);
        }
        for note in &judged.notes {
            self.line(&format!("note: {note}"));
        }
        self.title(&match groups {
            [_] => "How it went".to_owned(),
            _ => format!("How it went in {}", told::names(&told.profiles)),
        });
        self.text.push_str(&timeline_text(record, self.style));
        if let Some(guilty) = record.guilty() {
            let of = guilty.exchange.and_then(|nth| record.exchanges.get(nth));
            self.title(match of {
                Some(exchange) if exchange.is_preflight() => {
                    "Where the fault is, in the answer to the preflight"
                }
                Some(_) => "Where the fault is, in the answer to the request",
                None => "Where the fault is",
            });
            self.text.push_str(&guilty_text(&guilty, self.style));
        }
        let messages = told::console(groups.iter().flat_map(|group| group.members.iter().copied()));
        if !messages.is_empty() {
            self.title("What consoles print");
            for message in messages {
                self.line(&format!("  {}: {}", message.browser, message.text.trim_end()));
            }
        }
        let fixes = told::fixes(judged);
        if !fixes.is_empty() {
            self.title("How to fix it");
            fixes.iter().for_each(|fix| self.text.push_str(&fix_text(fix, self.style)));
        }
        if !judged.plan.is_simulated && !record.exchanges.is_empty() {
            self.title("To send the same by hand");
            for exchange in &record.exchanges {
                self.line(&format!("  {}", told::curl(judged, exchange)));
            }
        }
        let next = told::next(judged);
        if !next.is_empty() {
            self.title("What would fail next once this is fixed");
            next.iter().for_each(|failure| self.line(&format!("  {}", failure.text())));
        }
        self.line("");
    }

    fn cause(&mut self, group: &Group<'_>, is_one_of_several: bool) {
        let record = &group.first.record;
        let who =
            if is_one_of_several { format!("{}: ", told::names(&group.profiles)) } else { String::new() };
        self.line(&format!("{who}{}", record.cause()));
        if let (Some(code), Some(step)) = (record.code(), record.step()) {
            let line = format!("  {step}: {}; more: crossorigin explain {code}", step.section.url());
            let line = self.style.paint(Role::Faint, &line);
            self.line(&line);
        }
    }
}

/// The worse, the higher.
fn gravity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Shared => 0,
        Verdict::Opaque => 1,
        Verdict::Blocked => 2,
        Verdict::Unreachable => 3,
    }
}

fn request_line(judged: &Judged) -> String {
    let request = &judged.record.request;
    let origin = request.origin.serialized();
    let mut line = format!(
        "{} {} from {} ({}, mode {}, credentials {})",
        request.method,
        request.current_url(),
        String::from_utf8_lossy(origin.as_bytes()),
        judged.record.initiator,
        request.mode.name(),
        request.credentials_mode.name(),
    );
    if judged.nth > 1 {
        let _ = write!(line, ", repetition {}", judged.nth);
    }
    match &judged.plan.label {
        Some(label) => format!("{label}: {line}"),
        None => line,
    }
}
