//! Answers that are assumed where none may be asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossorigin_agent::{Body, Transport};
use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue, ORIGIN,
};
use http::{Method, Request, Response, StatusCode, Uri, Version};

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

/// Sends preflights and requests that change nothing. Of others it takes the answer to be permitted as the last
/// preflight for their URL was, whichever clone sent that.
#[derive(Clone, Debug)]
pub(super) struct PreflightOnly<T> {
    inner: T,
    permitted: Arc<Mutex<HashMap<Uri, HeaderMap>>>,
}

impl<T> PreflightOnly<T> {
    pub(super) fn new(inner: T) -> Self {
        Self { inner, permitted: Arc::default() }
    }

    fn permitted(&self) -> MutexGuard<'_, HashMap<Uri, HeaderMap>> {
        self.permitted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Transport + Send> Transport for PreflightOnly<T> {
    async fn send(&mut self, request: Request<Body>) -> Result<Response<Body>, TransportFailure> {
        let is_preflight = is_preflight(request.method(), request.headers());
        if !is_preflight && !request.method().is_safe() {
            let permitted = self.permitted().get(request.uri()).cloned();
            return match permitted {
                Some(permitted) => Ok(answered(Version::HTTP_11, StatusCode::OK, permitted)),
                None => {
                    let method = request.method();
                    let message = format!(
                        "--preflight-only keeps this {method} from being sent, and it needs no preflight"
                    );
                    Err(TransportFailure::new(TransportFailureKind::Aborted, message))
                }
            };
        }
        let uri = request.uri().clone();
        let response = self.inner.send(request).await?;
        if is_preflight {
            let mut permitted = HeaderMap::new();
            for name in [ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_ALLOW_CREDENTIALS] {
                for value in response.headers().get_all(&name) {
                    permitted.append(name.clone(), value.clone());
                }
            }
            self.permitted().insert(uri, permitted);
        }
        Ok(response)
    }
}

/// Whether a request only asks for permission.
pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}
