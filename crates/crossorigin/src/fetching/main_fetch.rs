//! Main fetch: which way a request takes.

use super::machine::{Context, Machine, Step};
use super::reason::NetworkErrorReason;
use crate::infrastructure::methods::is_cors_safelisted_method;
use crate::infrastructure::request::{Mode, RedirectMode, Request, ResponseTainting};
use crate::infrastructure::request_headers::cors_unsafe_request_header_names;

/// Takes a request on its way, at first and after every redirect.
/// [Source](https://fetch.spec.whatwg.org/#concept-main-fetch).
pub(super) fn main_fetch(machine: &mut Machine, context: &mut Context<'_>) -> Step {
    let request = &mut machine.request;
    // 12. The first that fits decides.
    // The page's own, unless a hop was foreign; data: URLs; and what does not cross origins by CORS.
    if (request.is_same_origin() && request.response_tainting == ResponseTainting::Basic)
        || request.current_url().scheme() == "data"
        || matches!(request.mode, Mode::Navigate | Mode::WebSocket | Mode::WebTransport)
    {
        request.response_tainting = ResponseTainting::Basic;
        return scheme_fetch(machine, context);
    }
    match request.mode {
        Mode::SameOrigin => return machine.fail(NetworkErrorReason::CrossOriginInSameOriginMode, context),
        Mode::NoCors => {
            if request.redirect_mode != RedirectMode::Follow {
                return machine.fail(NetworkErrorReason::NoCorsRedirectMode, context);
            }
            request.response_tainting = ResponseTainting::Opaque;
            return scheme_fetch(machine, context);
        }
        Mode::Cors | Mode::Navigate | Mode::WebSocket | Mode::WebTransport => {}
    }
    if !is_http(request) {
        return machine.fail(NetworkErrorReason::UrlScheme, context);
    }
    // From here on the CORS protocol decides, and permission is asked for where it is needed.
    request.response_tainting = ResponseTainting::Cors;
    let needs_permission = request.use_cors_preflight
        || (request.unsafe_request
            && (!is_cors_safelisted_method(request.method.as_str().as_bytes())
                || !cors_unsafe_request_header_names(&request.headers).is_empty()));
    // Whatever fails after this clears the cache for the request.
    machine.clears_cache |= needs_permission;
    machine.http_fetch(needs_permission, context)
}

/// [Source](https://fetch.spec.whatwg.org/#scheme-fetch).
fn scheme_fetch(machine: &mut Machine, context: &mut Context<'_>) -> Step {
    match machine.request.current_url().scheme() {
        "data" => machine.read_data_url(),
        "http" | "https" | "ws" | "wss" => machine.http_fetch(false, context),
        _ => machine.fail(NetworkErrorReason::UrlScheme, context),
    }
}

fn is_http(request: &Request) -> bool {
    matches!(request.current_url().scheme(), "http" | "https")
}
