//! HTTP-network-or-cache fetch, as far as Origin and credentials go.

use http::{HeaderMap, Method};
use url::Url;

use super::cors_preflight_fetch::cors_preflight_request_headers;
use super::cross_origin_resource_policy::EmbedderPolicyValue;
use crate::infrastructure::request::{
    BodyKind, CredentialsMode, Mode, RedirectTaint, Request, ResponseTainting, append_request_origin_header,
};
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
    /// Whether a 401 may be answered by sending this again with HTTP authentication, from the URL or from the
    /// user: then only that second response counts. By CORS it may not, so that a page can't try passwords.
    pub may_authenticate: bool,
}

/// The request itself.
/// [Source](https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch).
pub(super) fn actual_request(
    request: &Request,
    embedder_policy: EmbedderPolicyValue,
    behavior: &Behavior,
) -> HttpRequest {
    let includes_credentials = includes_credentials(request, embedder_policy, behavior);
    let mut headers = request.headers.clone();
    append_request_origin_header(request, &mut headers, behavior);
    HttpRequest {
        purpose: Purpose::Actual,
        method: request.method.clone(),
        url: request.current_url().clone(),
        headers,
        includes_credentials,
        has_body: request.body != BodyKind::None,
        // 15. A body that is gone can't be sent again; then a 401 is a network error.
        may_authenticate: includes_credentials
            && request.response_tainting != ResponseTainting::Cors
            && request.body != BodyKind::Stream,
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
        may_authenticate: false,
    }
}

/// Whether credentials go along. Once a response was foreign, same-origin means never.
pub(super) fn includes_credentials(
    request: &Request,
    embedder_policy: EmbedderPolicyValue,
    behavior: &Behavior,
) -> bool {
    let by_mode = match request.credentials_mode {
        CredentialsMode::Include => true,
        CredentialsMode::SameOrigin => {
            // DEVIATION: webkit-no-cors-credentials-stay.
            let stays = behavior.no_cors_credentials_stay
                && request.mode == Mode::NoCors
                && request.url_list().next().is_some_and(|first| request.origin.same_origin_with_url(first));
            stays || request.response_tainting == ResponseTainting::Basic
        }
        CredentialsMode::Omit => false,
    };
    by_mode && embedder_policy_allows_credentials(request, embedder_policy, behavior)
}

/// [Source](https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials).
fn embedder_policy_allows_credentials(
    request: &Request,
    embedder_policy: EmbedderPolicyValue,
    behavior: &Behavior,
) -> bool {
    if request.mode != Mode::NoCors || embedder_policy != EmbedderPolicyValue::Credentialless {
        return true;
    }
    // NOTE: the last step asks for a tainted request, as the standard's text does. A credentialless page's own
    // images then go without cookies, which is hardly meant.
    // DEVIATION: the entries named credentialless-own-requests.
    request.is_same_origin()
        && (behavior.credentialless_pages_own_requests_have_credentials
            || request.redirect_taint() != RedirectTaint::SameOrigin)
}
