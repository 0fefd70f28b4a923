//! Which entries belong to one fetch: its preflights, its redirects.

use std::collections::HashMap;

use crossorigin::html::Initiator;
use crossorigin::infrastructure::request_origin::Origin;
use crossorigin_verdict::redacted_url;
use http::header::LOCATION;
use url::Url;

use super::entry::{Entry, Kind};
use super::{HarFetch, Recorded, RecordedAnswer, Skipped};
use crate::browser_headers;
use crate::described::Described;

/// As many redirects as a fetch follows.
const MAX_REDIRECTS: usize = 20;

/// The cross-origin fetches, what was left out, and how many entries stayed at the page's origin.
pub(super) fn join(entries: Vec<Entry>, page: Option<&Origin>) -> (Vec<HarFetch>, Vec<Skipped>, usize) {
    let mut joining = Joining::new(&entries);
    let (mut fetches, mut skipped, mut same_origin) = (Vec::new(), Vec::new(), 0);
    for entry in &entries {
        let initiator = match entry.kind {
            Kind::Request(initiator) if !joining.taken[entry.index] => initiator,
            Kind::Other(why) => {
                skipped.push(Skipped { entry: entry.index, why: why.to_owned() });
                continue;
            }
            _ => continue,
        };
        let hops = joining.hops(entry);
        let described = describe(entry, initiator, page);
        let Some(from) = &described.from else {
            let why = "it doesn't say which page asked; --from does".to_owned();
            skipped.push(Skipped { entry: entry.index, why });
            continue;
        };
        if hops.iter().all(|hop| from.same_origin_with_url(&hop.url)) {
            same_origin += hops.len();
            continue;
        }
        let mut recorded = Vec::new();
        for hop in hops {
            recorded.extend(joining.preflight_of(hop).map(|preflight| record(preflight, true)));
            recorded.push(record(hop, false));
        }
        fetches.push(HarFetch { entry: entry.index, described, recorded });
    }
    // Preflights of requests that were never sent, or that the file leaves out.
    for entry in entries.iter().filter(|entry| entry.kind == Kind::Preflight && !joining.taken[entry.index]) {
        match alone(entry, page) {
            Some(described) => {
                let recorded = vec![record(entry, true)];
                fetches.push(HarFetch { entry: entry.index, described, recorded });
            }
            None => {
                let why = "a preflight that doesn't say for what".to_owned();
                skipped.push(Skipped { entry: entry.index, why });
            }
        }
    }
    fetches.sort_by_key(|fetch| fetch.entry);
    (fetches, skipped, same_origin)
}

struct Joining<'a> {
    /// Entries by URL, so that joining takes no time quadratic in the file.
    by_url: HashMap<&'a Url, Vec<&'a Entry>>,
    taken: Vec<bool>,
}

impl<'a> Joining<'a> {
    fn new(entries: &'a [Entry]) -> Self {
        let mut by_url: HashMap<&Url, Vec<&Entry>> = HashMap::new();
        for entry in entries {
            by_url.entry(&entry.url).or_default().push(entry);
        }
        Self { by_url, taken: vec![false; entries.len()] }
    }

    /// A request, and those that its redirects led to.
    fn hops(&mut self, first: &'a Entry) -> Vec<&'a Entry> {
        self.taken[first.index] = true;
        let mut hops = vec![first];
        let mut last = first;
        while hops.len() <= MAX_REDIRECTS
            && let Some(next) = location(last).and_then(|location| self.next(&location, last.index))
        {
            self.taken[next.index] = true;
            hops.push(next);
            last = next;
        }
        hops
    }

    /// The request for a URL that follows an entry.
    fn next(&self, url: &Url, after: usize) -> Option<&'a Entry> {
        let at_url = self.by_url.get(url)?;
        let first = at_url.partition_point(|entry| entry.index <= after);
        let is_free = |entry: &&&Entry| matches!(entry.kind, Kind::Request(_)) && !self.taken[entry.index];
        at_url[first..].iter().find(is_free).copied()
    }

    /// The preflight of a request: the nearest before it, or else behind it, for browsers list it in either place.
    fn preflight_of(&mut self, request: &Entry) -> Option<&'a Entry> {
        let at_url = self.by_url.get(&request.url)?;
        let first = at_url.partition_point(|entry| entry.index < request.index);
        let is_its = |entry: &&&Entry| {
            entry.kind == Kind::Preflight
                && !self.taken[entry.index]
                && browser_headers::asked_method(&entry.headers).is_none_or(|method| method == request.method)
        };
        let before = at_url[..first].iter().rev().find(is_its);
        let found = before.or_else(|| at_url[first..].iter().find(is_its)).copied()?;
        self.taken[found.index] = true;
        Some(found)
    }
}

fn location(entry: &Entry) -> Option<Url> {
    let RecordedAnswer::Head { status, headers, .. } = &entry.answer else { return None };
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = headers.get(LOCATION)?.to_str().ok()?;
    let mut url = entry.url.join(location).ok()?;
    // Entries have no fragments.
    url.set_fragment(None);
    Some(redacted_url(&url))
}

fn record(entry: &Entry, is_preflight: bool) -> Recorded {
    Recorded {
        entry: entry.index,
        is_preflight,
        method: entry.method.clone(),
        url: entry.url.clone(),
        answer: entry.answer.clone(),
    }
}

fn describe(entry: &Entry, initiator: Option<Initiator>, page: Option<&Origin>) -> Described {
    let mut described = Described::new(entry.url.clone());
    described.initiator = initiator;
    described.method = Some(entry.method.clone());
    browser_headers::take(&mut described, &entry.headers);
    // That a browser's own headers are its own goes without saying here.
    described.notes.clear();
    // A Referer may name a style sheet; the file's own word on the page is better.
    if !entry.headers.contains_key(http::header::ORIGIN)
        && let Some(page) = &entry.page
    {
        described.from = Some(page.clone());
    }
    if let Some(page) = page {
        described.from = Some(page.clone());
    }
    if entry.has_body {
        described.body = Some(Vec::new());
    }
    if entry.by_service_worker {
        described.notes.push("a service worker answered it, which may read what the page may not".to_owned());
    }
    described
}

/// The request that a preflight asks for.
fn alone(preflight: &Entry, page: Option<&Origin>) -> Option<Described> {
    let mut described = describe(preflight, Some(Initiator::Fetch), page);
    described.from.as_ref()?;
    browser_headers::take_preflight(&mut described, &preflight.headers)?;
    described
        .notes
        .push("the file holds only its preflight: the values of its headers are made up".to_owned());
    Some(described)
}
