//! HTTP-redirect fetch: where a redirect leads, and what goes along.

use std::borrow::Cow;

use http::header::{AUTHORIZATION, LOCATION};
use http::{Method, StatusCode};
use url::Url;

use super::reason::NetworkErrorReason;
use super::response::ResponseHead;
use super::trace::{Event, Section, StepNumber, Trace};
use crate::infrastructure::referrer_policy::ReferrerPolicy;
use crate::infrastructure::request::{BodyKind, InitiatorType, Mode, Request, ResponseTainting};
use crate::infrastructure::request_headers::{NUMERIC_CLIENT_HINTS, REQUEST_BODY_HEADERS};
use crate::infrastructure::request_origin::Origin;
use crate::profiles::Behavior;

/// The most redirects that one fetch follows.
pub const MAX_REDIRECTS: usize = 20;

/// Whether a status redirects. [Source](https://fetch.spec.whatwg.org/#redirect-status).
pub(super) fn is_redirect_status(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Turns a request to where a redirect leads; `false` where it leads nowhere, so that the response stands.
/// [Source](https://fetch.spec.whatwg.org/#concept-http-redirect-fetch).
///
/// # Errors
/// The step that forbids to follow it.
pub(super) fn http_redirect_fetch<T: Trace>(
    request: &mut Request,
    response: ResponseHead<'_>,
    behavior: &Behavior,
    trace: &mut T,
) -> Result<bool, NetworkErrorReason> {
    // 3 to 5. Without a Location there is no redirect.
    let Some(location) = location_url(request, response, behavior)? else { return Ok(false) };
    // 6. Only to HTTP.
    if !matches!(location.scheme(), "http" | "https") {
        return Err(NetworkErrorReason::RedirectScheme);
    }
    // 7, 8. The count is the length of the URL list.
    // DEVIATION: chromium-keepalive-redirects.
    let most = if request.keepalive { behavior.max_keepalive_redirects } else { MAX_REDIRECTS };
    if request.redirect_count() >= most {
        return Err(NetworkErrorReason::TooManyRedirects);
    }
    // 9, 10. A user name in the target would ask another origin, or come from one, with chosen credentials.
    let includes_credentials = includes_url_credentials(&location);
    let leads_abroad = request.mode == Mode::Cors && !request.origin.same_origin_with_url(&location);
    // DEVIATION: webkit-own-redirects.
    let by_script = request.initiator_type != InitiatorType::Other;
    let is_trusted = by_script
        && behavior.own_redirects_may_contain_credentials
        && request.response_tainting == ResponseTainting::Basic;
    let leads_abroad = leads_abroad && !is_trusted;
    if includes_credentials && (leads_abroad || request.response_tainting == ResponseTainting::Cors) {
        return Err(NetworkErrorReason::RedirectContainsCredentials);
    }
    // 11. A body that is gone cannot be sent again.
    let status = response.status.as_u16();
    if status != 303 && request.body == BodyKind::Stream {
        return Err(NetworkErrorReason::RedirectBody);
    }
    // 12. Some redirects turn the request into a GET, without body and what describes it.
    let post_becomes_get = matches!(status, 301 | 302) && request.method == Method::POST;
    let other_becomes_get = status == 303 && !matches!(request.method, Method::GET | Method::HEAD);
    let stays = Origin::of_url(request.current_url()).same_origin_with_url(&location);
    // DEVIATION: webkit-delete-redirect.
    let delete_becomes_get =
        behavior.redirects_abroad_turn_delete_into_get && !stays && request.method == Method::DELETE;
    let becomes_get = post_becomes_get || other_becomes_get || delete_becomes_get;
    // DEVIATION: webkit-asks-for-what-redirects-took.
    if (by_script || request.keepalive) && behavior.asks_for_what_redirects_took {
        request.left_behind = request.names_to_ask_for(behavior);
    }
    // DEVIATION: firefox-asks-for-body-headers.
    if behavior.later_redirects_ask_for_body_headers {
        if becomes_get {
            request.body_headers_taken = request.names_to_ask_for(behavior);
            request.body_headers_taken.retain(|name| REQUEST_BODY_HEADERS.contains(name));
        } else {
            request.left_behind.clone_from(&request.body_headers_taken);
        }
    }
    if becomes_get {
        request.became_get_at.get_or_insert(request.redirect_count() + 1);
        request.keeps_origin = behavior.redirects_keep_origin_header && request.method != Method::HEAD;
        request.method = Method::GET;
        request.body = BodyKind::None;
        for name in REQUEST_BODY_HEADERS {
            request.headers.remove(name);
        }
    }
    // 13. Another origin does not get what was meant for this one.
    let mut dropped_authorization = false;
    if !stays {
        request.keeps_origin = false;
        dropped_authorization = request.headers.remove(AUTHORIZATION).is_some();
    }
    // DEVIATION: chromium-redirects-drop-client-hints.
    if behavior.redirects_drop_client_hints {
        for name in NUMERIC_CLIENT_HINTS {
            request.headers.remove(name);
        }
    }
    // 18, 19. On the new URL main fetch goes on, and says as much of where it comes from as the server wants.
    request.append_url(location);
    if let Some(policy) = ReferrerPolicy::of_response(response.headers) {
        request.referrer_policy = policy;
    }
    trace.step(StepNumber::new(Section::HttpRedirectFetch, "18"), || Event::Redirected {
        location: request.current_url().clone(),
        became_get: becomes_get,
        dropped_authorization,
        taint: request.redirect_taint(),
    });
    Ok(true)
}

/// Whether a URL has a user name or a password. [Source](https://url.spec.whatwg.org/#include-credentials).
pub(super) fn includes_url_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// Checks a redirect that script is to follow by itself. By the standard there is nothing to check.
///
/// # Errors
/// What some browsers say of where it leads.
pub(super) fn check_manual_redirect(
    request: &Request,
    response: ResponseHead<'_>,
    behavior: &Behavior,
) -> Result<(), NetworkErrorReason> {
    match location_url(request, response, behavior) {
        // DEVIATION: chromium-manual-redirect-location.
        Err(reason) if behavior.manual_redirects_lead_to_urls => Err(reason),
        // DEVIATION: webkit-manual-redirect-scheme.
        Ok(Some(location))
            if behavior.manual_redirects_lead_to_http && !matches!(location.scheme(), "http" | "https") =>
        {
            Err(NetworkErrorReason::RedirectScheme)
        }
        _ => Ok(()),
    }
}

/// [Source](https://fetch.spec.whatwg.org/#concept-response-location-url).
fn location_url(
    request: &Request,
    response: ResponseHead<'_>,
    behavior: &Behavior,
) -> Result<Option<Url>, NetworkErrorReason> {
    let mut lines = response.headers.get_all(LOCATION).iter();
    let Some(location) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(NetworkErrorReason::RedirectLocation);
    }
    let location = location_text(location.as_bytes(), behavior);
    let mut location =
        request.current_url().join(&location).map_err(|_| NetworkErrorReason::RedirectLocation)?;
    // The fragment of the request lives on where the target has none.
    if location.fragment().is_none() {
        location.set_fragment(request.current_url().fragment());
    }
    Ok(Some(location))
}

/// The text of a `Location`. The standard does not say what its bytes beyond ASCII are; browsers keep them, written
/// out, so that those of no encoding go back as they came.
fn location_text<'a>(bytes: &'a [u8], behavior: &Behavior) -> Cow<'a, str> {
    let text = String::from_utf8_lossy(bytes);
    if text.is_ascii() {
        return text;
    }
    // DEVIATION: webkit-location-bytes.
    if behavior.location_is_latin_1 {
        return text.bytes().map(char::from).collect();
    }
    let write_out = |byte: &u8| match byte.is_ascii() {
        true => char::from(*byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    bytes.iter().map(write_out).collect()
}
