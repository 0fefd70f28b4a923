//! The gateway's own answers when something is wrong.

use std::borrow::Cow;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::body::ResponseBody;
use crate::telemetry::metrics::UpstreamError;
use crate::upstream::client_body::BodyFault;
use crate::wire::head::Refusal;

/// What went wrong with a request: a status and a sentence for the client, who learns nothing of what is behind
/// the gateway, and details for the log.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) reason: &'static str,
    pub(crate) detail: Option<String>,
    header: Option<(HeaderName, HeaderValue)>,
    /// Whether what the client still sends can't be told from its next request.
    pub(crate) closes: bool,
    /// What the upstream did wrong, where it is its fault.
    pub(crate) upstream: Option<UpstreamError>,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, reason: &'static str) -> Self {
        Self { status, reason, detail: None, header: None, closes: false, upstream: None }
    }

    pub(crate) fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    fn with_header(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    fn closing(self) -> Self {
        Self { closes: true, ..self }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is nothing at this path")
    }

    pub(crate) fn bad_path(reason: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "files are only read, with GET or HEAD")
            .with_header(ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"))
    }

    pub(crate) fn precondition() -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "the file is not the one the request asks for")
    }

    pub(crate) fn range(length: u64) -> Self {
        let failure = Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "the file has no such range");
        match HeaderValue::try_from(format!("bytes */{length}")) {
            Ok(range) => failure.with_header(CONTENT_RANGE, range),
            Err(_) => failure,
        }
    }

    pub(crate) fn forbidden_handshake(reason: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "WebSocket connections from this origin are not taken here")
            .with_detail(reason)
    }

    pub(crate) fn body_too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "the request's body is larger than what is taken here")
            .closing()
    }

    pub(crate) fn body_stalled() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "the body of the request took too long to arrive").closing()
    }

    pub(crate) fn bad_body() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "the body of the request is broken").closing()
    }

    pub(crate) fn unencrypted() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "this port speaks TLS; write https:// instead of http://")
            .closing()
    }

    pub(crate) fn overloaded(detail: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the gateway is overloaded; try again in a moment")
            .with_detail(detail)
            .with_header(RETRY_AFTER, HeaderValue::from_static("1"))
            .closing()
    }

    pub(crate) fn bad_gateway(upstream: UpstreamError, reason: &'static str) -> Self {
        Self { upstream: Some(upstream), ..Self::new(StatusCode::BAD_GATEWAY, reason) }
    }

    pub(crate) fn gateway_timeout(upstream: UpstreamError, reason: &'static str) -> Self {
        Self { upstream: Some(upstream), ..Self::new(StatusCode::GATEWAY_TIMEOUT, reason) }
    }

    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "something is wrong with the gateway")
            .with_detail(detail)
    }

    /// The response: a line of text.
    pub(crate) fn response(&self) -> Response<ResponseBody> {
        let name = self.status.canonical_reason().unwrap_or_default();
        let text = format!("{} {name}: {}.\n", self.status.as_u16(), self.reason);
        let mut response = Response::new(ResponseBody::full(text));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some((name, value)) = &self.header {
            headers.insert(name, value.clone());
        }
        response
    }

    /// What the log says of it.
    pub(crate) fn log_text(&self) -> Cow<'_, str> {
        match &self.detail {
            None => self.reason.into(),
            Some(detail) => format!("{}: {detail}", self.reason).into(),
        }
    }
}

impl From<BodyFault> for Failure {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLarge => Self::body_too_large(),
            BodyFault::Stalled => Self::body_stalled(),
            BodyFault::Broken => Self::bad_body(),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
        Self::new(status, refusal.reason).closing()
    }
}
