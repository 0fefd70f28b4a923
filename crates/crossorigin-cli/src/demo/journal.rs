//! What went over the wire: the heads of requests and responses, which script is never shown by the browser.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, Request, StatusCode, Uri};
use serde::Serialize;

/// Exchanges that are kept; the wall of photos alone makes 1,096. The oldest go first.
const KEPT: usize = 5_000;

/// One request and its response, heads only.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Exchange {
    /// The demonstration that it belongs to: the `trial` of its query.
    #[serde(skip)]
    trial: String,
    method: String,
    path: String,
    status: u16,
    request: Vec<(String, String)>,
    response: Vec<(String, String)>,
}

/// The head of a request, until its response is known.
pub(super) struct Asked {
    trial: Option<String>,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
}

impl Asked {
    pub(super) fn new<B>(request: &Request<B>) -> Self {
        Self {
            trial: trial(request.uri()),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            headers: lines(request.headers()),
        }
    }
}

/// The latest exchanges of the shared and the third host.
#[derive(Default)]
pub(super) struct Journal(Mutex<VecDeque<Exchange>>);

impl Journal {
    /// Notes an exchange, if its request says what demonstration it belongs to.
    pub(super) fn note(&self, asked: Asked, status: StatusCode, response: &HeaderMap) {
        let Some(trial) = asked.trial else { return };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(Exchange {
            trial,
            method: asked.method,
            path: asked.path,
            status: status.as_u16(),
            request: asked.headers,
            response: lines(response),
        });
    }

    /// How many exchanges a demonstration made, and the first `most` of them.
    pub(super) fn of_trial(&self, trial: &str, most: usize) -> (usize, Vec<Exchange>) {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_trial = || kept.iter().filter(|exchange| exchange.trial == trial);
        (of_trial().count(), of_trial().take(most).cloned().collect())
    }
}

/// The `trial` of a query, such as `circle.1`.
pub(super) fn trial(uri: &Uri) -> Option<String> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix("trial=")).map(str::to_owned)
}

fn lines(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_belongs_to_a_trial_in_order_and_within_bounds() {
        let journal = Journal::default();
        for nth in 0..KEPT + 3 {
            let uri = format!("/photos/{nth}.png?x=1&trial=wall.1");
            let request = Request::get(uri).header("Origin", "http://site.test").body(()).unwrap();
            journal.note(Asked::new(&request), StatusCode::OK, &HeaderMap::new());
        }
        let other = Request::get("/photos/a.png").body(()).unwrap();
        journal.note(Asked::new(&other), StatusCode::OK, &HeaderMap::new());
        let (count, first) = journal.of_trial("wall.1", 2);
        assert_eq!(count, KEPT);
        assert_eq!(
            first.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(),
            ["/photos/3.png", "/photos/4.png"]
        );
        assert_eq!(first[0].request, [("origin".to_owned(), "http://site.test".to_owned())]);
        assert_eq!(journal.of_trial("wall", 2).0, 0);
    }
}
