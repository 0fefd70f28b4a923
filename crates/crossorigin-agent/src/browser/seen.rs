//! What a test's page has seen, and what is expected of it.

use std::fmt::Write as _;

use crossorigin::fetching::{NetworkErrorReason, Purpose};
use crossorigin_verdict::{Exchange, Record, Verdict, explanation_in_process};

use super::{SharedResponse, fail};
use crate::Response;

/// What came of a [`PageRequest`](super::PageRequest): what the page sees, and all that went on behind it. Each
/// expectation that is not met panics with the [explanation](Self::explanation).
#[derive(Debug)]
pub struct Seen {
    /// One for each browser that asked; never empty.
    all: Vec<SeenBy>,
}

/// What one browser has seen.
#[derive(Debug)]
pub(super) struct SeenBy {
    pub(super) record: Record,
    pub(super) response: Option<Response>,
}

impl Seen {
    pub(super) fn new(all: Vec<SeenBy>) -> Self {
        Self { all }
    }

    /// The page may read the response, and does. Of several browsers, it is the first one's.
    ///
    /// # Panics
    /// It may not.
    #[track_caller]
    pub fn expect_shared(mut self) -> SharedResponse {
        self.expect("the page reads the response (shared)", |record| record.verdict() == Verdict::Shared);
        let SeenBy { record, response } = self.all.swap_remove(0);
        match response {
            Some(response) => SharedResponse::new(record, response),
            None => fail("a response that is shared is there"),
        }
    }

    /// The browser keeps the response from the page for this reason, by its
    /// [code](NetworkErrorReason::code), such as `preflight-method`.
    ///
    /// # Panics
    /// It does not, or does so for another reason; or there is no such reason.
    #[track_caller]
    pub fn expect_blocked(self, code: &str) {
        if !NetworkErrorReason::CODES.contains(&code) {
            fail(&unknown_code(code));
        }
        self.expect(&format!("the browser blocks it (blocked: {code})"), |record| {
            record.verdict() == Verdict::Blocked && record.code() == Some(code)
        });
    }

    /// The page can use the response, and not look into it.
    ///
    /// # Panics
    /// It can look into it, or can't use it either.
    #[track_caller]
    pub fn expect_opaque(self) {
        self.expect("the page can't look into the response (opaque)", |record| {
            record.verdict() == Verdict::Opaque
        });
    }

    /// So many preflights were sent; redirects may need one each.
    ///
    /// # Panics
    /// There were more, or fewer.
    #[track_caller]
    pub fn expect_preflights(self, count: usize) -> Self {
        let expected = match count {
            0 => "no preflight".to_owned(),
            1 => "1 preflight".to_owned(),
            count => format!("{count} preflights"),
        };
        self.expect(&expected, |record| preflights(record) == count);
        self
    }

    /// What went to the service and what it answered, in order; of several browsers, of the first.
    pub fn exchanges(&self) -> &[Exchange] {
        self.all.first().map_or(&[], |seen| &seen.record.exchanges)
    }

    /// All that is known of each browser's fetch.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.all.iter().map(|seen| &seen.record)
    }

    /// What happened and why, step by step, and what to change where it was blocked; of several browsers, of
    /// each.
    pub fn explanation(&self) -> String {
        let each: Vec<_> = self.records().map(explanation_in_process).collect();
        each.join("\n")
    }

    #[track_caller]
    fn expect(&self, expected: &str, met: impl Fn(&Record) -> bool) {
        let Some(unmet) = self.records().find(|record| !met(record)) else { return };
        let mut text = format!("expected: {expected}\n");
        for record in self.records() {
            let got = if met(record) { "     met:" } else { "     got:" };
            let _ = writeln!(text, "{got} {}", told(record));
        }
        let _ = write!(text, "\n{}", explanation_in_process(unmet));
        fail(text.trim_end());
    }
}

/// `blocked: preflight-method, after 1 preflight, as chromium`.
fn told(record: &Record) -> String {
    let mut text = record.verdict().to_string();
    if let Some(code) = record.code() {
        let _ = write!(text, ": {code}");
    }
    match preflights(record) {
        0 => text.push_str(", no preflight"),
        1 => text.push_str(", 1 preflight"),
        count => {
            let _ = write!(text, ", {count} preflights");
        }
    }
    let _ = write!(text, ", as {}", record.profile);
    text
}

fn preflights(record: &Record) -> usize {
    record.exchanges.iter().filter(|exchange| exchange.request.purpose == Purpose::Preflight).count()
}

/// How near a code must be to be meant, from 0 to 1.
const NEAR: f64 = 0.8;

fn unknown_code(code: &str) -> String {
    let mut near: Vec<_> = NetworkErrorReason::CODES
        .iter()
        .map(|known| (strsim::jaro_winkler(code, known), *known))
        .filter(|(nearness, _)| *nearness > NEAR)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    let near: Vec<_> = near.into_iter().take(3).map(|(_, known)| known).collect();
    if near.is_empty() {
        format!("{code:?} is no reason; there are {}", NetworkErrorReason::CODES.join(", "))
    } else {
        format!("{code:?} is no reason; did you mean {}?", near.join(" or "))
    }
}
