//! Sends each request once, however many browsers would send it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossorigin_agent::{Body, Transport};
use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version};
use http_body_util::{BodyExt as _, Empty};

/// A response without its body, of which no verdict depends.
#[derive(Clone, Debug)]
struct Head {
    version: Version,
    status: StatusCode,
    headers: HeaderMap,
}

/// Which requests are alike: by all that a server sees but the body, which is the same for all profiles.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    method: Method,
    uri: Uri,
    headers: Vec<(String, Vec<u8>)>,
}

impl Key {
    fn of(request: &Request<Body>) -> Self {
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.as_str().to_owned(), value.as_bytes().to_vec())
        };
        let mut headers: Vec<_> = request.headers().iter().map(header).collect();
        headers.sort();
        Self { method: request.method().clone(), uri: request.uri().clone(), headers }
    }
}

/// The answers that were given, oldest first, by request.
type Answers = HashMap<Key, Vec<Result<Head, TransportFailure>>>;

/// A transport that remembers. Each [`run`](Self::run) of the algorithm goes through the answers from the first one
/// on; only what no run before has asked for is sent.
#[derive(Clone, Debug)]
pub(super) struct Remembering<T> {
    inner: T,
    /// How long an answer may take. That none came is remembered too: what a server is slow to do is not asked of it
    /// once more for each browser.
    max_time: Duration,
    answers: Arc<Mutex<Answers>>,
    /// How many answers of each request this run was given.
    given: HashMap<Key, usize>,
}

impl<T: Clone> Remembering<T> {
    pub(super) fn new(inner: T, max_time: Duration) -> Self {
        Self { inner, max_time, answers: Arc::default(), given: HashMap::new() }
    }

    /// The same transport for another run.
    pub(super) fn run(&self) -> Self {
        Self { answers: Arc::clone(&self.answers), given: HashMap::new(), ..self.clone() }
    }
}

impl<T: Transport + Send> Remembering<T> {
    async fn ask(&mut self, request: Request<Body>) -> Result<Head, TransportFailure> {
        let sent = tokio::time::timeout(self.max_time, self.inner.send(request));
        let response = sent.await.unwrap_or_else(|_| {
            let message = format!("no head of a response came within {} s", self.max_time.as_secs_f32());
            Err(TransportFailure::new(TransportFailureKind::TimedOut, message))
        })?;
        Ok(Head {
            version: response.version(),
            status: response.status(),
            headers: response.headers().clone(),
        })
    }
}

impl<T: Transport + Send> Transport for Remembering<T> {
    async fn send(&mut self, request: Request<Body>) -> Result<Response<Body>, TransportFailure> {
        let key = Key::of(&request);
        let given = self.given.entry(key.clone()).or_default();
        let nth = std::mem::replace(given, *given + 1);
        let known = {
            let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.get(&key).and_then(|answers| answers.get(nth)).cloned()
        };
        let answer = match known {
            Some(answer) => answer,
            None => {
                let answer = self.ask(request).await;
                let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
                answers.entry(key).or_default().push(answer.clone());
                answer
            }
        };
        answer.map(|head| answered(head.version, head.status, head.headers))
    }
}

/// A response without a body.
pub(super) fn answered(version: Version, status: StatusCode, headers: HeaderMap) -> Response<Body> {
    let body = Empty::new().map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    (*response.version_mut(), *response.status_mut(), *response.headers_mut()) = (version, status, headers);
    response
}
