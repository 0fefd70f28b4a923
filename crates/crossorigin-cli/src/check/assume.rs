//! Answers that are assumed where none may be asked for.

use crossorigin_agent::{Body, Transport};
use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue, ORIGIN,
};
use http::{Method, Request, Response, StatusCode, Version};

use super::remember::answered;

/// What `--preflight-only` rests on.
pub(super) const PREFLIGHT_ONLY: &str = "the request itself was not sent (--preflight-only): its answer is assumed to be \
     200, with the Access-Control-Allow-Origin and -Credentials of the preflight's";

/// The headers of an answer that permits just what a preflight asks for.
pub(super) fn permission(asked: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (request, response) in [
        (ORIGIN, ACCESS_CONTROL_ALLOW_ORIGIN),
        (ACCESS_CONTROL_REQUEST_METHOD, ACCESS_CONTROL_ALLOW_METHODS),
        (ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_ALLOW_HEADERS),
    ] {
        if let Some(value) = asked.get(request) {
            headers.insert(response, value.clone());
        }
    }
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers
}

/// Sends preflights and requests that change nothing. Of others it takes the answer to be permitted as the preflight
/// before them was.
#[derive(Clone, Debug)]
pub(super) struct PreflightOnly<T> {
    inner: T,
    /// What the last preflight was answered.
    permitted: Option<HeaderMap>,
}

impl<T> PreflightOnly<T> {
    pub(super) fn new(inner: T) -> Self {
        Self { inner, permitted: None }
    }
}

impl<T: Transport + Send> Transport for PreflightOnly<T> {
    async fn send(&mut self, request: Request<Body>) -> Result<Response<Body>, TransportFailure> {
        let is_preflight = *request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if !is_preflight && !request.method().is_safe() {
            let Some(permitted) = &self.permitted else {
                let message = format!(
                    "--preflight-only keeps this {} from being sent, and it needs no preflight",
                    request.method()
                );
                return Err(TransportFailure::new(TransportFailureKind::Aborted, message));
            };
            return Ok(answered(Version::HTTP_11, StatusCode::OK, permitted.clone()));
        }
        let response = self.inner.send(request).await?;
        if is_preflight {
            let mut permitted = HeaderMap::new();
            for name in [ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_ALLOW_CREDENTIALS] {
                for value in response.headers().get_all(&name) {
                    permitted.append(name.clone(), value.clone());
                }
            }
            self.permitted = Some(permitted);
        }
        Ok(response)
    }
}
