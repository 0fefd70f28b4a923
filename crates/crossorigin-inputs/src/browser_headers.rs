//! The headers of a request as it was on the wire, parted into those of script and those of the browser.

use crossorigin::html::Initiator;
use crossorigin::infrastructure::methods::is_cors_safelisted_method;
use crossorigin::infrastructure::request::{CredentialsMode, Mode};
use crossorigin::infrastructure::request_headers::{
    is_cors_safelisted_request_header, is_forbidden_request_header,
};
use http::Method;
use http::header::{
    ACCEPT, ACCEPT_LANGUAGE, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL,
    CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, ORIGIN,
    PRAGMA, REFERER, USER_AGENT,
};

use crate::described::{Described, MAX_HEADERS, origin_of_page};

/// Makes of a preflight, by its headers, the request that it asks for; `None` where it doesn't say for what.
pub(crate) fn take_preflight(described: &mut Described, sent: &HeaderMap) -> Option<()> {
    let method = asked_method(sent)?;
    described.mode = None;
    described.headers.clear();
    let names = sent.get(ACCESS_CONTROL_REQUEST_HEADERS).and_then(|names| names.to_str().ok());
    for name in names.unwrap_or_default().split(',') {
        let Ok(name) = HeaderName::from_bytes(name.trim().as_bytes()) else { continue };
        // A type that needs permission; of other headers any value does.
        let value = if name == CONTENT_TYPE { "application/json" } else { "1" };
        if described.headers.len() < MAX_HEADERS {
            described.headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if !is_cors_safelisted_method(method.as_str().as_bytes()) && method != Method::DELETE {
        described.body = Some(Vec::new());
    }
    described.method = Some(method);
    described.is_of_preflight = true;
    Some(())
}

/// The method that a preflight asks for.
pub(crate) fn asked_method(sent: &HeaderMap) -> Option<Method> {
    Method::from_bytes(sent.get(ACCESS_CONTROL_REQUEST_METHOD)?.as_bytes()).ok()
}

/// Takes headers as a browser sent them, or as its developer tools copied them: what only browsers set tells of
/// page, mode and destination; the rest is script's.
pub(crate) fn take(described: &mut Described, sent: &HeaderMap) {
    let text = |name: HeaderName| sent.get(name).and_then(|value| value.to_str().ok());
    let named = |name: &str| sent.get(name).and_then(|value| value.to_str().ok());
    if let Some(origin) = text(ORIGIN).and_then(|origin| origin.parse().ok()) {
        described.from = Some(origin);
    } else if let Some(origin) = text(REFERER).and_then(origin_of_page) {
        described.from.get_or_insert(origin);
    }
    if let Some(cookies) = text(COOKIE) {
        described.cookies = Some(cookies.to_owned());
        described.credentials.get_or_insert(CredentialsMode::Include);
    }
    if let Some(mode) = named("sec-fetch-mode").and_then(mode) {
        described.mode.get_or_insert(mode);
    }
    if let Some(initiator) = named("sec-fetch-dest").and_then(initiator) {
        described.initiator.get_or_insert(initiator);
    }
    let by_browser = is_by_browser(sent);
    let mut left_out = Vec::new();
    for (name, value) in sent {
        if is_set_by_browsers_alone(name, value) || *name == ORIGIN || *name == REFERER || *name == COOKIE {
            continue;
        }
        // These need no permission either way.
        let is_plain = matches!(*name, ACCEPT | ACCEPT_LANGUAGE)
            && is_cors_safelisted_request_header(name.as_str(), value.as_bytes());
        if by_browser && is_plain {
            continue;
        }
        if by_browser && is_usual(name) {
            left_out.push(name.as_str());
        } else {
            described.headers.append(name, value.clone());
        }
    }
    left_out.dedup();
    if !left_out.is_empty() {
        let (names, verb) = (left_out.join(", "), if left_out.len() == 1 { "was" } else { "were" });
        described.notes.push(format!(
            "{names} {verb} left out: browsers add them by themselves, and nothing here asks for more"
        ));
    }
}

/// Reads a mode by its token.
pub(crate) fn mode(token: &str) -> Option<Mode> {
    Some(match token {
        "cors" => Mode::Cors,
        "no-cors" => Mode::NoCors,
        "same-origin" => Mode::SameOrigin,
        "navigate" => Mode::Navigate,
        "websocket" => Mode::WebSocket,
        _ => return None,
    })
}

/// Who begins a request, by its [destination](https://fetch.spec.whatwg.org/#concept-request-destination).
pub(crate) fn initiator(destination: &str) -> Option<Initiator> {
    Some(match destination {
        "empty" => Initiator::Fetch,
        "image" => Initiator::Image,
        "video" => Initiator::Video,
        "audio" => Initiator::Audio,
        "track" => Initiator::Track,
        "script" => Initiator::Script,
        "style" => Initiator::Stylesheet,
        "font" => Initiator::Font,
        "document" | "iframe" | "frame" | "embed" | "object" => Initiator::Navigation,
        _ => return None,
    })
}

/// Whether these headers are all that a browser sent, and not just those that somebody wrote down.
pub(crate) fn is_by_browser(sent: &HeaderMap) -> bool {
    let has = |name: &str| sent.contains_key(name);
    has("sec-fetch-mode") || has("sec-ch-ua") || has("user-agent") && has("accept-language")
}

/// Names that script may set, but that browsers set themselves in most of the requests that have them.
fn is_usual(name: &HeaderName) -> bool {
    [USER_AGENT, CACHE_CONTROL, PRAGMA, IF_NONE_MATCH, IF_MODIFIED_SINCE].contains(name)
        || matches!(name.as_str(), "priority" | "upgrade-insecure-requests")
}

/// Names that script can't set at all.
fn is_set_by_browsers_alone(name: &HeaderName, value: &HeaderValue) -> bool {
    is_forbidden_request_header(name.as_str(), value.as_bytes())
}
