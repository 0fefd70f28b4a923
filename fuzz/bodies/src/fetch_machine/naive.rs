//! May script read this? Derived anew from what was sent and answered, without the algorithm.

use crossorigin::fetching::{FilteredResponse, HttpRequest, Purpose, ResponseType};
use crossorigin::infrastructure::request::{BodyKind, CredentialsMode, InitiatorType, Mode, Request};
use crossorigin::profiles::Profile;
use http::header::{AUTHORIZATION, COOKIE, ORIGIN};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use url::Url;

use super::{End, Exchange};

/// A URL for which some preflight was answered well, and the methods that were listed then.
pub(crate) type Granted = (Url, Vec<String>);

pub(crate) fn check(
    request: &Request,
    profile: Profile,
    exchanges: &[Exchange],
    end: &End,
    granted: &mut Vec<Granted>,
) {
    let page = request.origin.serialized().to_str().unwrap_or_default().to_owned();
    let with_credentials = request.credentials_mode == CredentialsMode::Include;
    let is_foreign = |url: &Url| page == "null" || url.origin().ascii_serialization() != page;
    let streams = request.initiator_type == InitiatorType::Fetch && request.body == BodyKind::Stream;
    let mut asked = !granted.is_empty();
    let mut hops: Vec<&Exchange> = Vec::new();
    for exchange in exchanges {
        let sent = &exchange.sent;
        assert!(sent.headers.get(COOKIE).is_none() && sent.headers.get_all(ORIGIN).iter().count() <= 1);
        assert_ne!(sent.url.port(), Some(25), "{} is spoken to", sent.url);
        if sent.purpose == Purpose::Preflight {
            check_preflight(sent, request);
            // Firefox asks the page's own origin, too, once a redirect led back to it, and takes any answer for a
            // yes: the entry firefox-preflight-origin-after-redirect.
            let is_own = profile == Profile::Firefox && !is_foreign(&sent.url);
            grant(exchange, &page, with_credentials, is_own, granted);
            asked = true;
            continue;
        }
        hops.push(exchange);
        if !is_over_http(request.mode) {
            continue;
        }
        let abroad = hops.iter().any(|hop| is_foreign(&hop.sent.url));
        assert!(request.mode != Mode::SameOrigin || !abroad, "{} is abroad", sent.url);
        let by_cors = request.mode == Mode::Cors && abroad;
        if by_cors {
            assert!(sent.headers.contains_key(ORIGIN), "{} is asked without Origin", sent.url);
            assert!(!sent.may_authenticate, "passwords are tried at {}", sent.url);
            assert!(!sent.includes_credentials || with_credentials, "{} gets credentials", sent.url);
            check_permission(sent, request, granted);
        }
        assert!(
            !streams || hops.len() > 1 || !by_cors || asked,
            "{} gets a stream that nobody asked about",
            sent.url
        );
        if request.mode == Mode::NoCors {
            let is_safe = matches!(sent.method, Method::GET | Method::HEAD | Method::POST);
            assert!(is_safe && !sent.headers.contains_key("x-foo"), "{sent:?}");
        }
        // What was meant for one origin does not go to another.
        let urls: Vec<_> = hops.iter().map(|hop| hop.sent.url.origin()).collect();
        if profile != Profile::WebKit && urls.windows(2).any(|pair| pair[0] != pair[1]) {
            assert!(!sent.headers.contains_key(AUTHORIZATION), "{} gets Authorization", sent.url);
        }
    }
    match end {
        End::Response(response) if is_over_http(request.mode) => {
            check_response(response, request, &page, &hops, is_foreign);
        }
        End::Response(_) | End::DataUrl | End::Error(_) => {}
    }
}

fn is_over_http(mode: Mode) -> bool {
    matches!(mode, Mode::Cors | Mode::NoCors | Mode::SameOrigin)
}

fn check_preflight(sent: &HttpRequest, request: &Request) {
    assert_eq!((sent.method.as_str(), request.mode), ("OPTIONS", Mode::Cors));
    assert!(!sent.includes_credentials && !sent.has_body && !sent.may_authenticate);
    assert!(sent.headers.contains_key(ORIGIN) && !sent.headers.contains_key(AUTHORIZATION));
    assert!(sent.headers.contains_key("access-control-request-method"));
}

/// Takes note of what a preflight's answer grants to this page at all.
fn grant(exchange: &Exchange, page: &str, with_credentials: bool, is_own: bool, granted: &mut Vec<Granted>) {
    let Some((status, headers)) = &exchange.answer else { return };
    let allows =
        is_own || [page, "null"].iter().any(|origin| allows_origin(headers, origin, with_credentials));
    if status.is_success() && *status != StatusCode::PROXY_AUTHENTICATION_REQUIRED && allows {
        let lists = headers.get_all("access-control-allow-methods");
        let lists = lists.iter().filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(','));
        let mut methods: Vec<_> = lists.map(|method| method.trim().to_owned()).collect();
        // Where none are listed, those who asked for the sake of upload progress are granted what they asked for.
        if methods.is_empty() {
            let asked = exchange.sent.headers.get("access-control-request-method");
            methods.extend(asked.and_then(|method| method.to_str().ok()).map(str::to_owned));
        }
        granted.push((exchange.sent.url.clone(), methods));
    }
}

/// What needs permission was granted it: by a preflight for this URL, in this fetch or before.
fn check_permission(sent: &HttpRequest, request: &Request, granted: &[Granted]) {
    let method = sent.method.as_str();
    let is_safe = matches!(method, "GET" | "HEAD" | "POST");
    if !request.unsafe_request || (is_safe && !sent.headers.contains_key("x-foo")) {
        return;
    }
    let streams = request.initiator_type == InitiatorType::Fetch && request.body == BodyKind::Stream;
    let lists = |(url, methods): &Granted| {
        *url == sent.url
            && (is_safe
                || request.use_cors_preflight
                || streams
                || methods.iter().any(|one| one == method || one == "*"))
    };
    assert!(granted.iter().any(lists), "nobody permitted {method} {}: {granted:?}", sent.url);
}

fn check_response(
    response: &FilteredResponse,
    request: &Request,
    page: &str,
    hops: &[&Exchange],
    is_foreign: impl Fn(&Url) -> bool,
) {
    let with_credentials = request.credentials_mode == CredentialsMode::Include;
    let mut abroad = false;
    for (nth, hop) in hops.iter().enumerate() {
        abroad |= is_foreign(&hop.sent.url);
        let Some((_, headers)) = &hop.answer else { unreachable!("a response that never came") };
        if request.mode == Mode::Cors && abroad {
            // Sent on from where the page is not: from then on nobody knows who asks.
            let urls: Vec<_> = hops[..=nth].iter().map(|hop| &hop.sent.url).collect();
            let is_tainted =
                urls.windows(2).any(|pair| pair[0].origin() != pair[1].origin() && is_foreign(pair[0]));
            let origin = if is_tainted { "null" } else { page };
            assert!(allows_origin(headers, origin, with_credentials), "{}: {headers:?}", hop.sent.url);
        }
    }
    let response_type = response.response_type();
    let secret = HeaderName::from_static("x-secret");
    assert!(!response.shows_header(&HeaderName::from_static("set-cookie")));
    match response_type {
        ResponseType::OpaqueRedirect | ResponseType::Opaque => {
            assert!(
                !response.is_readable() && !response.shows_header(&HeaderName::from_static("content-type"))
            );
        }
        ResponseType::Basic => assert!(!abroad, "script reads what is foreign, without CORS"),
        ResponseType::Cors => {
            assert!(abroad && request.mode == Mode::Cors, "not by CORS");
            let last = hops.last().and_then(|hop| hop.answer.as_ref()).map(|(_, headers)| headers);
            let exposes = |headers: &HeaderMap| {
                let lists = headers.get_all("access-control-expose-headers");
                lists.iter().any(|list| list == "x-secret" || (list == "*" && !with_credentials))
            };
            assert!(!response.shows_header(&secret) || last.is_some_and(exposes));
        }
    }
}

/// One line, and it is the origin; or `*` where no credentials are about. With them the server says so.
fn allows_origin(headers: &HeaderMap, origin: &str, with_credentials: bool) -> bool {
    let one = |name| {
        let mut lines = headers.get_all(name).iter();
        lines.next().filter(|_| lines.next().is_none())
    };
    let says_true = || one("access-control-allow-credentials").is_some_and(|value| value == "true");
    one("access-control-allow-origin").is_some_and(|value| {
        (value == "*" && !with_credentials) || (value == origin && (!with_credentials || says_true()))
    })
}
