//! What script's interfaces make of a request before it is fetched: what they refuse, and the headers that they
//! leave of it.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::http_redirect_fetch::includes_url_credentials;
use super::reason::NetworkErrorReason;
use super::trace::{Event, Section, StepNumber, Trace};
use crate::infrastructure::header_values::get;
use crate::infrastructure::methods::{is_cors_safelisted_method, is_forbidden_method};
use crate::infrastructure::request::{
    BodyKind, Destination, InitiatorType, MAX_REQUEST_HEADERS, Mode, Request,
};
use crate::infrastructure::request_headers::{guard_request_no_cors, is_forbidden_request_header};

/// What script can't ask for at all.
/// [Source](https://fetch.spec.whatwg.org/#dom-request).
///
/// # Errors
/// The step at which the constructor throws, or the bound that the request exceeds.
pub(super) fn check_script_request(request: &Request) -> Result<(), NetworkErrorReason> {
    let method = request.method.as_str().as_bytes();
    let by_fetch = request.initiator_type == InitiatorType::Fetch;
    if by_fetch && includes_url_credentials(request.current_url()) {
        return Err(NetworkErrorReason::UrlContainsCredentials);
    }
    if request.mode != Mode::WebTransport && is_forbidden_method(method) {
        return Err(NetworkErrorReason::ForbiddenMethod);
    }
    // Nobody would have asked the server for permission.
    if request.mode == Mode::NoCors && !is_cors_safelisted_method(method) {
        return Err(NetworkErrorReason::NoCorsMethod);
    }
    if by_fetch && request.body == BodyKind::Stream && !matches!(request.mode, Mode::Cors | Mode::SameOrigin)
    {
        return Err(NetworkErrorReason::NoCorsStream);
    }
    if request.headers.len() > MAX_REQUEST_HEADERS {
        return Err(NetworkErrorReason::TooManyHeaders);
    }
    Ok(())
}

/// Makes of a caller's request what script's interfaces hand on: headers that only the user agent sets are taken
/// out, and those that the mode has no place for.
pub(super) fn settle_script_request<T: Trace>(request: &mut Request, trace: &mut T) {
    remove_forbidden_request_headers(&mut request.headers, trace);
    if request.initiator_type == InitiatorType::XmlHttpRequest {
        combine_lines(&mut request.headers);
    }
    // A stream can't be sent by forms, so that servers are asked before one comes.
    // [Source](https://fetch.spec.whatwg.org/#dom-request), step 39.3.
    request.use_cors_preflight |=
        request.initiator_type == InitiatorType::Fetch && request.body == BodyKind::Stream;
    if request.mode == Mode::NoCors {
        // Elements may ask for ranges; script may not.
        let removed = guard_request_no_cors(&mut request.headers, request.destination == Destination::Empty);
        if !removed.is_empty() {
            let step = StepNumber::new(Section::HeadersAppend, "3.4");
            trace.step(step, || Event::NoCorsHeadersRemoved(removed));
        }
    }
}

/// [Source](https://fetch.spec.whatwg.org/#concept-headers-append), step 2.
fn remove_forbidden_request_headers<T: Trace>(headers: &mut HeaderMap, trace: &mut T) {
    let is_forbidden =
        |name: &HeaderName, value: &HeaderValue| is_forbidden_request_header(name.as_str(), value.as_bytes());
    let mut forbidden: Vec<HeaderName> = headers
        .iter()
        .filter(|(name, value)| is_forbidden(name, value))
        .map(|(name, _)| name.clone())
        .collect();
    forbidden.dedup();
    for name in &forbidden {
        // A value can be what it is for: the other lines of its name stay.
        retain_lines(headers, name, |value| !is_forbidden(name, value));
    }
    if !forbidden.is_empty() {
        let step = StepNumber::new(Section::HeadersAppend, "2");
        trace.step(step, || Event::ForbiddenHeadersRemoved(forbidden));
    }
}

/// Makes one line of a header that was set twice.
/// [Source](https://xhr.spec.whatwg.org/#the-setrequestheader()-method).
fn combine_lines(headers: &mut HeaderMap) {
    if headers.keys_len() == headers.len() {
        return;
    }
    let names: Vec<HeaderName> = headers.keys().cloned().collect();
    for name in names {
        let joined = get(headers, &name).and_then(|value| HeaderValue::from_bytes(&value).ok());
        if let Some(joined) = joined {
            headers.insert(name, joined);
        }
    }
}

/// Leaves those lines of a header that are to be kept, in their order.
fn retain_lines(headers: &mut HeaderMap, name: &HeaderName, mut keeps: impl FnMut(&HeaderValue) -> bool) {
    let kept: Vec<_> = headers.get_all(name).iter().filter(|value| keeps(value)).cloned().collect();
    headers.remove(name);
    for value in kept {
        headers.append(name, value);
    }
}
