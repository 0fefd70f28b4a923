//! HTTP fetch: permission before the request, and the checks of its response.

use std::time::Duration;

use http::HeaderName;
use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE};

use super::cors_check::cors_check_for;
use super::cors_preflight_cache::CorsPreflightCache;
use super::cross_origin_resource_policy::{
    EmbeddedResponse, EmbedderPolicyValue, cross_origin_resource_policy_check,
};
use super::http_network_or_cache_fetch::Purpose;
use super::reason::NetworkErrorReason;
use super::response::ResponseHead;
use super::tao_check::tao_check;
use super::trace::{Event, Section, StepNumber, Trace};
use crate::infrastructure::methods::is_cors_safelisted_method;
use crate::infrastructure::request::{CredentialsMode, Request, ResponseTainting};
use crate::profiles::{Behavior, CacheSize};

/// What a request wants before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    /// Nothing.
    None,
    /// Permission, for what needs some.
    Permission,
    /// Permission, for the method even if it is safelisted.
    MethodToo,
}

const CONDITIONAL_HEADERS: [HeaderName; 5] =
    [IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE];

/// Whether permission must be asked for that the cache does not hold.
/// [Source](https://fetch.spec.whatwg.org/#concept-http-fetch).
pub(super) fn lacks_permission<T: Trace>(
    request: &Request,
    demand: Demand,
    behavior: &Behavior,
    cache: &mut CorsPreflightCache,
    now: Duration,
    trace: &mut T,
) -> bool {
    let method = request.method.as_str().as_bytes();
    // DEVIATION: chromium-conditional-requests-skip-preflight-cache.
    let skips_cache = behavior.conditional_requests_skip_cache
        && CONDITIONAL_HEADERS.iter().any(|name| request.headers.contains_key(name));
    // DEVIATION: firefox-preflight-cache-size.
    if let CacheSize::LeastRecentlyUsedMakesRoom(_) = behavior.cache_size {
        cache.touch(request, behavior);
    }
    // 4.1. Either for the method, or for one of the headers.
    let asks_for_method = !is_cors_safelisted_method(method)
        || request.use_cors_preflight
        || demand == Demand::MethodToo
        // DEVIATION: firefox-kept-head.
        || (behavior.kept_head_must_be_listed && method == b"HEAD");
    let lacks_method =
        asks_for_method && (skips_cache || !cache.method_cache_entry_match(request, method, behavior, now));
    let mut lacking = request.names_to_ask_for(behavior);
    lacking.retain(|name| {
        skips_cache || !cache.header_name_cache_entry_match(request, name.as_str().as_bytes(), behavior, now)
    });
    let lacks = lacks_method || !lacking.is_empty();
    // DEVIATION: the entries named preflight-cache-miss.
    if lacks && !skips_cache && behavior.miss_forgets_record {
        cache.clear_cache_entries(request);
    }
    trace.step(StepNumber::new(Section::HttpFetch, "4.1"), || {
        if !lacks {
            return Event::PermissionCached;
        }
        let method = lacks_method.then(|| request.method.clone());
        Event::PermissionLacking { method, header_names: lacking }
    });
    lacks
}

/// Checks a response, whether it redirects or not.
/// [Source](https://fetch.spec.whatwg.org/#concept-http-fetch).
///
/// # Errors
/// The check that it fails.
pub(super) fn check_response<T: Trace>(
    request: &mut Request,
    response: ResponseHead<'_>,
    embedder_policy: EmbedderPolicyValue,
    includes_credentials: bool,
    checked_as: CredentialsMode,
    trace: &mut T,
) -> Result<(), NetworkErrorReason> {
    // 4.4. CORS requests are checked before anything is made of the response.
    if request.response_tainting == ResponseTainting::Cors {
        let origin = request.byte_serialize_origin();
        let checked = cors_check_for(&origin, checked_as, response.headers, trace);
        trace.step(StepNumber::new(Section::HttpFetch, "4.4"), || {
            Event::CorsCheck(Purpose::Actual, checked.clone())
        });
        checked.map_err(NetworkErrorReason::CorsCheck)?;
    }
    // 4.5. One hop that withholds its timing withholds that of all.
    let timing_allowed = tao_check(request, response.headers);
    trace.step(StepNumber::new(Section::HttpFetch, "4.5"), || Event::TaoCheck(timing_allowed));
    request.timing_allow_failed |= !timing_allowed;
    // 5. What is embedded without CORS may say that it is not to be.
    if request.response_tainting == ResponseTainting::Opaque {
        let embedded = EmbeddedResponse {
            url: request.current_url(),
            headers: response.headers,
            request_includes_credentials: includes_credentials,
        };
        let checked = cross_origin_resource_policy_check(&request.origin, embedder_policy, embedded, false);
        trace.step(StepNumber::new(Section::HttpFetch, "5"), || Event::ResourcePolicy(checked));
        checked.map_err(NetworkErrorReason::ResourcePolicy)?;
    }
    Ok(())
}
