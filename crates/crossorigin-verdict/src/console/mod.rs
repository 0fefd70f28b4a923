//! What the consoles of browsers print for a fetch, and what a sentence of theirs means.

mod chromium;
mod facts;
mod firefox;
mod read;
mod sentence;
mod table;
mod webkit;

use crossorigin::profiles::Profile;

use crate::record::{Outcome, Record};
use crate::replay::replay_as;
use facts::Facts;
use sentence::When;
use table::PARTS;

pub use read::{ConsoleReading, read_console};

/// A line that a browser's console prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleMessage {
    /// Whose console.
    pub browser: Profile,
    /// The line, to the byte.
    pub text: String,
    /// Where the sentence was read and measured.
    pub source: &'static str,
}

impl Record {
    /// What this record's browser prints in its console. For the standard, which has no console, what each of
    /// the browsers does, as far as the responses that came tell.
    ///
    /// NOTE: WebKit prints the name of a request header that it does not know in the case in which script gave it,
    /// which is not known here: it stands in lower case.
    pub fn console(&self) -> Vec<ConsoleMessage> {
        match self.profile {
            Profile::Standard => [Profile::Chromium, Profile::Firefox, Profile::WebKit]
                .into_iter()
                .filter_map(|browser| replay_as(self, browser))
                .flat_map(|record| messages(&record))
                .collect(),
            Profile::Chromium | Profile::Firefox | Profile::WebKit => messages(self),
        }
    }
}

fn messages(record: &Record) -> Vec<ConsoleMessage> {
    let Some(facts) = Facts::of(record) else { return Vec::new() };
    table::sentences()
        .filter(|sentence| sentence.browser == record.profile)
        .filter(|sentence| sentence.codes.contains(&facts.code) && facts.meets(sentence.when))
        .map(|sentence| ConsoleMessage {
            browser: record.profile,
            text: fill(sentence.text, &facts),
            source: sentence.source,
        })
        .collect()
}

/// Fills in what stands in braces; a part's own braces too.
fn fill(template: &str, facts: &Facts<'_>) -> String {
    let mut text = String::with_capacity(template.len() * 2);
    for piece in pieces(template) {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Name(name) => match PARTS.iter().find(|(part, _)| *part == name) {
                Some((_, ways)) => text.push_str(&fill(ways[facts.way_of(name)], facts)),
                None => text.push_str(&facts.value_of(name)),
            },
        }
    }
    text
}

enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// The text of a template, and the names in braces.
fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = match (rest.find('{'), rest.find('}')) {
            (Some(0), Some(end)) => (Piece::Name(&rest[1..end]), &rest[end + 1..]),
            (Some(start), _) => (Piece::Text(&rest[..start]), &rest[start..]),
            (None, _) => (Piece::Text(rest), ""),
        };
        rest = after;
        Some(piece)
    })
}

/// Whether a record has anything for a console.
fn code(record: &Record) -> Option<&'static str> {
    match &record.outcome {
        Outcome::Shared(_) | Outcome::Opaque(_) => None,
        Outcome::Blocked(reason) => Some(reason.code()),
        Outcome::Unreachable(_) => Some("transport"),
    }
}

/// What consoles print for a reason: whose, the sentence with names in braces, and where it is from. What is
/// printed for all failures of the network alike is left out.
pub(crate) fn sentences(code: &str) -> Vec<(Profile, String, &'static str)> {
    table::sentences()
        .filter(|sentence| sentence.codes.contains(&code) && sentence.codes.len() <= 4)
        .map(|sentence| (sentence.browser, unfilled(sentence.text), sentence.source))
        .collect()
}

/// A template with its parts put in, names left in braces; hints are named.
fn unfilled(template: &str) -> String {
    pieces(template)
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Name(name) => match PARTS.iter().find(|(part, _)| *part == name) {
                Some(_) if name.ends_with("_hint") || name.starts_with("redirect") => String::new(),
                Some((_, ways)) => unfilled(ways[0]),
                None => format!("{{{name}}}"),
            },
        })
        .collect()
}
