//! The decision on one request.

use std::fmt;

use http::{HeaderMap, Method, Request, Response, request};

/// What a decision is made from: a request's method and headers.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// The request's headers.
    pub headers: &'a HeaderMap,
}

impl<'a, B> From<&'a Request<B>> for RequestHead<'a> {
    fn from(request: &'a Request<B>) -> Self {
        Self { method: request.method(), headers: request.headers() }
    }
}

impl<'a> From<&'a request::Parts> for RequestHead<'a> {
    fn from(parts: &'a request::Parts) -> Self {
        Self { method: &parts.method, headers: &parts.headers }
    }
}

/// What a decision comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The request carries no `Origin`: CORS has no part in it.
    NoOrigin,
    /// The response may be shared with the request's origin.
    Allowed,
    /// It may not: the response gets no CORS header.
    Refused,
}

/// Why a decision came out as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// To be filled.
    Placeholder,
}

impl Reason {
    /// A stable name, such as `origin-not-allowed`, for logs and metrics.
    pub fn code(self) -> &'static str {
        todo!()
    }
}

impl fmt::Display for Reason {
    /// One sentence.
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

/// One question that a decision turned on, and its answer; [`Policy::explain`](super::Policy::explain)
/// collects them. `Display` gives one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Branch {
    /// What was asked, such as `Is the origin allowed?`.
    pub question: &'static str,
    /// What was found, such as `"https://app.example" is listed`.
    pub answer: String,
}

/// The decision on one request: what to answer in the service's place, or how to decorate its response.
#[derive(Clone, Debug)]
pub struct Decision {}

impl Decision {
    /// Whether the response may be shared.
    pub fn outcome(&self) -> Outcome {
        todo!()
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        todo!()
    }

    /// Whether the request is a CORS-preflight request.
    pub fn is_preflight(&self) -> bool {
        todo!()
    }

    /// The response to send in the service's place: to a preflight, and to a request that the policy forbids
    /// (403). `None`: call the service and [`decorate`](Self::decorate) what it answers.
    pub fn response<B: Default>(&self) -> Option<Response<B>> {
        todo!()
    }

    /// Gives a response's headers what the policy says, on every status: removes the CORS headers that are
    /// there, adds the policy's own, and merges `Vary`.
    pub fn decorate(&self, _headers: &mut HeaderMap) {
        todo!()
    }
}
