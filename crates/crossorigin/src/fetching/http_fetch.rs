//! HTTP fetch: permission before the request, and the checks of its response.

use super::cors_check::cors_check;
use super::cors_preflight_cache::CorsPreflightCache;
use super::cross_origin_resource_policy::{
    EmbeddedResponse, EmbedderPolicyValue, cross_origin_resource_policy_check,
};
use super::reason::NetworkErrorReason;
use super::response::ResponseHead;
use super::tao_check::tao_check;
use crate::infrastructure::methods::is_cors_safelisted_method;
use crate::infrastructure::request::{Request, ResponseTainting};
use crate::infrastructure::request_headers::cors_unsafe_request_header_names;

/// Whether permission must be asked for that the cache does not hold.
/// [Source](https://fetch.spec.whatwg.org/#concept-http-fetch).
pub(super) fn lacks_permission(
    request: &Request,
    cache: &CorsPreflightCache,
    now: std::time::Duration,
) -> bool {
    let method = request.method.as_str().as_bytes();
    // 4.1. Either for the method, or for one of the headers.
    let asks_for_method = !is_cors_safelisted_method(method) || request.use_cors_preflight;
    (asks_for_method && !cache.method_cache_entry_match(request, method, now))
        || cors_unsafe_request_header_names(&request.headers)
            .iter()
            .any(|name| !cache.header_name_cache_entry_match(request, name.as_str().as_bytes(), now))
}

/// Checks a response, whether it redirects or not.
/// [Source](https://fetch.spec.whatwg.org/#concept-http-fetch).
///
/// # Errors
/// The check that it fails.
pub(super) fn check_response(
    request: &mut Request,
    response: ResponseHead<'_>,
    embedder_policy: EmbedderPolicyValue,
    includes_credentials: bool,
) -> Result<(), NetworkErrorReason> {
    // 4.4. CORS requests are checked before anything is made of the response.
    if request.response_tainting == ResponseTainting::Cors {
        cors_check(request, response.headers).map_err(NetworkErrorReason::CorsCheck)?;
    }
    // 4.5. One hop that withholds its timing withholds that of all.
    if !tao_check(request, response.headers) {
        request.timing_allow_failed = true;
    }
    // 5. What is embedded without CORS may say that it is not to be.
    if request.response_tainting == ResponseTainting::Opaque {
        let embedded = EmbeddedResponse {
            url: request.current_url(),
            headers: response.headers,
            request_includes_credentials: includes_credentials,
        };
        cross_origin_resource_policy_check(&request.origin, embedder_policy, embedded, false)
            .map_err(NetworkErrorReason::ResourcePolicy)?;
    }
    Ok(())
}
