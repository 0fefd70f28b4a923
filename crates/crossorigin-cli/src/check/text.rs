//! `--format text`: for people.

use crossorigin_verdict::{Guilty, Verdict, curl_command};

use super::Findings;
use super::paint::Paint;
use super::run::Judged;
use super::timeline::timeline;
use super::told::{self, Group};

/// All that was found: for each request the verdicts, the cause, how it went, what to change, and how to see it.
pub(super) fn text(findings: &Findings, colours: bool) -> String {
    let mut page = Page { text: String::new(), paint: Paint(colours) };
    let groups = told::groups(&findings.judged);
    let requests = by_request(&groups);
    if requests.len() > 1 {
        page.summary(&requests);
    }
    // Of many, only what went wrong is told in full, and what went another way than before.
    let several = requests.len() > 1;
    for (nth, request) in requests.iter().enumerate() {
        let before = nth.checked_sub(1).and_then(|before| requests.get(before));
        if !several || is_worth_telling(request, before.copied()) {
            page.request(request, findings.is_simulated);
        }
    }
    if requests.is_empty() {
        page.line("No cross-origin request is in the file.");
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
    paint: Paint,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn lines(&mut self, text: &str) {
        text.lines().for_each(|line| self.line(&format!("  {line}")));
    }

    fn title(&mut self, title: &str) {
        let title = self.paint.bold(title);
        self.line(&format!("\n{title}"));
    }

    /// One line a request, before each is told in full.
    fn summary(&mut self, requests: &[&[Group<'_>]]) {
        for groups in requests {
            let Some(first) = groups.first() else { continue };
            let verdicts: Vec<_> = groups.iter().map(|group| self.verdict(group.first.verdict())).collect();
            let sent: Vec<_> = first
                .first
                .record
                .exchanges
                .iter()
                .map(|exchange| exchange.request.method.as_str())
                .collect();
            let sent =
                if sent.is_empty() { "nothing sent".to_owned() } else { format!("sent {}", sent.join(", ")) };
            self.line(&format!("{} {} ({sent})", verdicts.join(", "), request_line(first.first)));
        }
        self.line("");
    }

    fn verdict(&self, verdict: Verdict) -> String {
        let word = verdict.name();
        match verdict {
            Verdict::Shared => self.paint.green(word),
            Verdict::Opaque => self.paint.yellow(word),
            Verdict::Blocked | Verdict::Unreachable => self.paint.red(word),
        }
    }

    fn request(&mut self, groups: &[Group<'_>], is_simulated: bool) {
        // What went wrong is what people came for.
        let Some(told) = groups.iter().max_by_key(|group| gravity(group.first.verdict())) else { return };
        let judged = told.first;
        let heading = self.paint.bold(&request_line(judged));
        self.line(&heading);
        for group in groups {
            let padding = " ".repeat(12_usize.saturating_sub(group.first.verdict().name().len()));
            let verdict = self.verdict(group.first.verdict());
            self.line(&format!("{verdict}{padding}{}", told::names(&group.profiles)));
        }
        for note in &judged.plan.notes {
            self.line(&format!("note: {note}"));
        }
        self.line("");
        for group in groups {
            let who =
                if groups.len() > 1 { format!("{}: ", told::names(&group.profiles)) } else { String::new() };
            self.line(&format!("{who}{}", group.first.record.cause()));
            if let (Some(code), Some(step)) = (group.first.record.code(), group.first.record.step()) {
                self.line(&format!("  {step}: {}", step.section.url()));
                self.line(&format!("  more: crossorigin explain {code}"));
            }
        }
        self.title(&match groups {
            [_] => "How it went".to_owned(),
            _ => format!("How it went in {}", told::names(&told.profiles)),
        });
        timeline(&judged.record, self.paint).iter().for_each(|line| self.line(line));
        if let Some(guilty) = judged.record.guilty() {
            self.guilty(judged, &guilty);
        }
        let messages = told::console(groups.iter().flat_map(|group| group.members.iter().copied()));
        if !messages.is_empty() {
            self.title("What consoles print");
            for message in messages {
                self.line(&format!("  {}: {}", message.browser.name(), message.text));
            }
        }
        if !judged.record.exchanges.is_empty() && !is_simulated {
            self.title("To see it with curl");
            for exchange in &judged.record.exchanges {
                let command = curl_command(exchange, judged.plan.body.as_deref());
                self.lines(&command);
            }
        }
        self.line("");
    }

    fn guilty(&mut self, judged: &Judged, guilty: &Guilty) {
        let of = guilty.exchange.and_then(|nth| judged.record.exchanges.get(nth));
        self.title(match of {
            Some(exchange) if exchange.is_preflight() => "Where the fault is, in the answer to the preflight",
            Some(_) => "Where the fault is, in the answer to the request",
            None => "Where the fault is",
        });
        let before = guilty.line.get(..guilty.range.start).unwrap_or_default().chars().count();
        let under = guilty.line.get(guilty.range.clone()).unwrap_or_default().chars().count().max(1);
        self.line(&format!("  {}", guilty.line));
        let caret = format!("{} {}", "^".repeat(under), guilty.note);
        let caret = self.paint.red(&caret);
        self.line(&format!("  {}{caret}", " ".repeat(before)));
        if let Some(wanted) = &guilty.wanted {
            let wanted = self.paint.green(wanted);
            self.line(&format!("  {wanted}"));
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
        "{} {} from {}, by {}, credentials {}",
        request.method,
        request.current_url(),
        String::from_utf8_lossy(origin.as_bytes()),
        judged.record.initiator.name(),
        told::credentials(request.credentials_mode),
    );
    if judged.nth > 1 {
        line.push_str(&format!(", repetition {}", judged.nth));
    }
    match &judged.plan.label {
        Some(label) => format!("{label}: {line}"),
        None => line,
    }
}
