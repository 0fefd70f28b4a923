//! HTTP-network-or-cache fetch, as far as Origin, credentials and forbidden headers go.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use super::cors_preflight_fetch::cors_preflight_request_headers;
use super::cross_origin_resource_policy::EmbedderPolicyValue;
use super::trace::{Event, Section, StepNumber, Trace};
use crate::infrastructure::request::{
    BodyKind, CredentialsMode, Mode, RedirectTaint, Request, ResponseTainting, append_request_origin_header,
};
use crate::infrastructure::request_headers::is_forbidden_request_header;
use crate::profiles::Behavior;

/// What a request is sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To ask for permission.
    Preflight,
    /// For the response itself.
    Actual,
}

/// A request to send, once and without following redirects. The transport adds what is its own: Host,
/// Content-Length, Accept-Encoding, User-Agent, Referer, cookies.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HttpRequest {
    /// What it is sent for.
    pub purpose: Purpose,
    /// Its method.
    pub method: Method,
    /// Its URL.
    pub url: Url,
    /// Its headers, `Origin` among them where it is due.
    pub headers: HeaderMap,
    /// Whether cookies and HTTP authentication go along, and new cookies are kept.
    pub includes_credentials: bool,
    /// Whether the caller's body goes along.
    pub has_body: bool,
}

/// Takes out of a caller's headers those that only the user agent sets.
/// [Source](https://fetch.spec.whatwg.org/#forbidden-request-header).
pub(super) fn remove_forbidden_request_headers<T: Trace>(headers: &mut HeaderMap, trace: &mut T) {
    let is_forbidden =
        |name: &HeaderName, value: &HeaderValue| is_forbidden_request_header(name.as_str(), value.as_bytes());
    let mut forbidden: Vec<HeaderName> = headers
        .iter()
        .filter(|(name, value)| is_forbidden(name, value))
        .map(|(name, _)| name.clone())
        .collect();
    if forbidden.is_empty() {
        return;
    }
    forbidden.dedup();
    for name in &forbidden {
        // A value can be what is forbidden: the other lines of its name stay.
        let kept: Vec<_> =
            headers.get_all(name).iter().filter(|value| !is_forbidden(name, value)).cloned().collect();
        headers.remove(name);
        for value in kept {
            headers.append(name, value);
        }
    }
    trace.step(StepNumber::new(Section::MainFetch, "1"), || Event::ForbiddenHeadersRemoved(forbidden));
}

/// The request itself.
/// [Source](https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch).
pub(super) fn actual_request(
    request: &Request,
    embedder_policy: EmbedderPolicyValue,
    behavior: &Behavior,
) -> HttpRequest {
    let mut headers = request.headers.clone();
    append_request_origin_header(request, &mut headers, behavior);
    HttpRequest {
        purpose: Purpose::Actual,
        method: request.method.clone(),
        url: request.current_url().clone(),
        headers,
        includes_credentials: includes_credentials(request, embedder_policy),
        has_body: request.body != BodyKind::None,
    }
}

/// The question before the request, which never carries credentials.
/// [Source](https://fetch.spec.whatwg.org/#cors-preflight-fetch-0).
pub(super) fn preflight_request(request: &Request, behavior: &Behavior) -> HttpRequest {
    HttpRequest {
        purpose: Purpose::Preflight,
        method: Method::OPTIONS,
        url: request.current_url().clone(),
        headers: cors_preflight_request_headers(request, behavior),
        includes_credentials: false,
        has_body: false,
    }
}

/// Whether credentials go along. Once a response was foreign, same-origin means never.
pub(super) fn includes_credentials(request: &Request, embedder_policy: EmbedderPolicyValue) -> bool {
    let by_mode = match request.credentials_mode {
        CredentialsMode::Include => true,
        CredentialsMode::SameOrigin => request.response_tainting == ResponseTainting::Basic,
        CredentialsMode::Omit => false,
    };
    by_mode && embedder_policy_allows_credentials(request, embedder_policy)
}

/// [Source](https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials).
fn embedder_policy_allows_credentials(request: &Request, embedder_policy: EmbedderPolicyValue) -> bool {
    // NOTE: the last line asks for a tainted request, as the standard's text does. A credentialless page's own
    // images then go without cookies, which is hardly meant: a matter for the profiles of browsers.
    request.mode != Mode::NoCors
        || embedder_policy != EmbedderPolicyValue::Credentialless
        || (request.is_same_origin() && request.redirect_taint() != RedirectTaint::SameOrigin)
}
