//! Main fetch: which way a request takes.

use super::http_fetch::Demand;
use super::http_redirect_fetch::includes_url_credentials;
use super::machine::{Context, Machine, Step};
use super::mixed_content::{should_be_blocked_as_mixed_content, upgrade_mixed_content};
use super::reason::NetworkErrorReason;
use super::trace::{Event, Section, StepNumber, Trace};
use url::Url;

use crate::infrastructure::bad_ports::is_bad_port;
use crate::infrastructure::methods::is_cors_safelisted_method;
use crate::infrastructure::request::{
    BodyKind, InitiatorType, Mode, RedirectMode, Request, ResponseTainting,
};
use crate::profiles::{Behavior, Stays};

/// Takes a request on its way, at first and after every redirect.
/// [Source](https://fetch.spec.whatwg.org/#concept-main-fetch).
pub(super) fn main_fetch<T: Trace>(machine: &mut Machine<T>, context: &mut Context<'_>) -> Step {
    const SWITCH: StepNumber = StepNumber::new(Section::MainFetch, "12");
    let Machine { request, trace, behavior, needed_permission, .. } = machine;
    // DEVIATION: firefox-need-of-permission-stays, webkit-need-of-permission-stays.
    let needed_before = *needed_permission;
    *needed_permission |= behavior.need_of_permission_stays == Stays::WhereHeadersDid
        && !request.names_to_ask_for(behavior).is_empty();
    // 6. Some of what a secure page asks for insecurely is asked for securely.
    if upgrade_mixed_content(request, behavior) {
        trace.step(StepNumber::new(Section::MainFetch, "6"), || {
            Event::MixedContentUpgraded(request.current_url().clone())
        });
    }
    // 7. Ports of other protocols are never spoken to.
    if is_bad_port(request.current_url()) {
        return machine.fail(NetworkErrorReason::BadPort, context);
    }
    // DEVIATION: chromium-url-credentials.
    let is_checked = request.initiator_type != InitiatorType::XmlHttpRequest
        && !request.keepalive
        && matches!(request.mode, Mode::Cors | Mode::NoCors | Mode::SameOrigin);
    let contains_credentials = includes_url_credentials(request.current_url());
    if is_checked && contains_credentials && !behavior.urls_may_contain_credentials {
        return machine.fail(NetworkErrorReason::UrlContainsCredentials, context);
    }
    if should_be_blocked_as_mixed_content(request, behavior) {
        return machine.fail(NetworkErrorReason::MixedContent, context);
    }
    let is_data_url = request.current_url().scheme() == "data";
    // DEVIATION: webkit-data-url-redirect-mode.
    if behavior.no_cors_data_urls_follow
        && is_data_url
        && request.mode == Mode::NoCors
        && request.redirect_mode != RedirectMode::Follow
    {
        return machine.fail(NetworkErrorReason::NoCorsRedirectMode, context);
    }
    // 12. The first that fits decides.
    // The page's own, unless a hop was foreign; data: URLs; and what does not cross origins by CORS.
    let is_own = request.is_same_origin() || request.has_host_permission();
    if (is_own && request.response_tainting == ResponseTainting::Basic)
        || is_data_url
        || matches!(request.mode, Mode::Navigate | Mode::WebSocket | Mode::WebTransport)
    {
        trace.step(SWITCH, || match request.mode {
            _ if is_data_url => Event::DataUrl,
            mode @ (Mode::Navigate | Mode::WebSocket | Mode::WebTransport) => Event::ModeWithoutCors(mode),
            _ if !request.is_same_origin() => Event::HostPermission,
            _ => Event::SameOrigin,
        });
        request.response_tainting = ResponseTainting::Basic;
        return scheme_fetch(machine, context);
    }
    match request.mode {
        Mode::SameOrigin => return machine.fail(NetworkErrorReason::CrossOriginInSameOriginMode, context),
        Mode::NoCors => {
            if request.redirect_mode != RedirectMode::Follow {
                return machine.fail(NetworkErrorReason::NoCorsRedirectMode, context);
            }
            trace.step(SWITCH, || Event::NoCors);
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
    let needs_permission = request.use_cors_preflight || needs_permission(request, behavior) || needed_before;
    *needed_permission |= needs_permission && behavior.need_of_permission_stays != Stays::Never;
    trace.step(SWITCH, || {
        if !needs_permission {
            return Event::CorsWithoutPreflight;
        }
        let method = (!method_is_safe(request)).then(|| request.method.clone());
        Event::CorsWithPreflight {
            method,
            header_names: request.names_to_ask_for(behavior),
            upload_listener: request.use_cors_preflight && request.body != BodyKind::Stream,
            streams: request.use_cors_preflight && request.body == BodyKind::Stream,
        }
    });
    // Whatever fails after this clears the cache for the request.
    machine.wanted_permission |= needs_permission;
    let demand = match (needs_permission, needed_before) {
        (false, _) => Demand::None,
        (true, false) => Demand::Permission,
        (true, true) => Demand::MethodToo,
    };
    machine.http_fetch(demand, context)
}

/// Whether script set a method or a header that needs permission.
fn needs_permission(request: &Request, behavior: &Behavior) -> bool {
    request.unsafe_request && (!method_is_safe(request) || !request.names_to_ask_for(behavior).is_empty())
}

fn method_is_safe(request: &Request) -> bool {
    is_cors_safelisted_method(request.method.as_str().as_bytes())
}

/// [Source](https://fetch.spec.whatwg.org/#scheme-fetch).
fn scheme_fetch<T: Trace>(machine: &mut Machine<T>, context: &mut Context<'_>) -> Step {
    let url = machine.request.current_url();
    match url.scheme() {
        // An empty page, as this URL has it. NOTE: only for navigations; nothing else comes of an opaque one.
        "about" if url.path() == "blank" && machine.request.mode == Mode::Navigate => {
            match Url::parse("data:text/html;charset=utf-8,") {
                Ok(empty) => machine.read_data_url(empty, context),
                Err(_) => machine.fail(NetworkErrorReason::UrlScheme, context),
            }
        }
        "data" => {
            let url = url.clone();
            machine.read_data_url(url, context)
        }
        // NOTE: the page's own blobs are the page's to read; there are none here.
        "blob" => machine.fail(NetworkErrorReason::BlobUrl, context),
        "http" | "https" => machine.http_fetch(Demand::None, context),
        // NOTE: a handshake's URL is an HTTP(S) URL in the standard. The transport makes one of it.
        "ws" | "wss" if machine.request.mode == Mode::WebSocket => machine.http_fetch(Demand::None, context),
        _ => machine.fail(NetworkErrorReason::UrlScheme, context),
    }
}

fn is_http(request: &Request) -> bool {
    matches!(request.current_url().scheme(), "http" | "https")
}
