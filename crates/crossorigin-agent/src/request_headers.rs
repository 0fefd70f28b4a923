//! The headers that user agents add, but for credentials.

use crossorigin::fetching::{HttpRequest, Purpose};
use crossorigin::html::Initiator;
use crossorigin::infrastructure::request::{Destination, Mode, Request};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, Entry, PRAGMA, RANGE, REFERER, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::CacheMode;
use crate::content_encoding::{ACCEPT_ENCODING_PLAIN, ACCEPT_ENCODING_SAFE};
use crate::referrer::{is_potentially_trustworthy, referrer};
use crate::settings::Settings;

/// What the agent calls itself.
pub const USER_AGENT_VALUE: &str =
    concat!("Mozilla/5.0 (compatible; crossorigin/", env!("CARGO_PKG_VERSION"), ")");
/// The languages that the agent asks for.
pub const ACCEPT_LANGUAGE_VALUE: &str = "en-US,en;q=0.9";

/// How many headers are added at the most, here and for the connection.
const ADDED: usize = 12;
// As constants they are checked when this is compiled.
const LANGUAGES: HeaderValue = HeaderValue::from_static(ACCEPT_LANGUAGE_VALUE);
const OWN_NAME: HeaderValue = HeaderValue::from_static(USER_AGENT_VALUE);
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Adds to a request of a fetch that stands at `state` what browsers add to it.
pub(crate) fn add(
    headers: &mut HeaderMap,
    request: &HttpRequest,
    state: &Request,
    settings: Settings<'_>,
    initiator: Initiator,
) {
    headers.reserve(ADDED);
    let mut default = |name, value| {
        if let Entry::Vacant(vacant) = headers.entry(name) {
            vacant.insert(value);
        }
    };
    default(ACCEPT, HeaderValue::from_static(accept(initiator)));
    default(ACCEPT_LANGUAGE, LANGUAGES);
    default(USER_AGENT, OWN_NAME);
    let is_safe = is_potentially_trustworthy(&request.url);
    let accept_encoding = match is_safe {
        // Ranges of what is compressed are of no use.
        _ if headers.contains_key(RANGE) => HeaderValue::from_static("identity"),
        true => ACCEPT_ENCODING_SAFE,
        false => ACCEPT_ENCODING_PLAIN,
    };
    headers.insert(ACCEPT_ENCODING, accept_encoding);
    if is_safe {
        let is_preflight = request.purpose == Purpose::Preflight;
        let (mode, destination) = if is_preflight {
            (Mode::Cors, Destination::Empty)
        } else {
            (state.mode, initiator.destination())
        };
        headers.insert(SEC_FETCH_DEST, HeaderValue::from_static(destination.name()));
        headers.insert(SEC_FETCH_MODE, HeaderValue::from_static(mode.name()));
        headers.insert(SEC_FETCH_SITE, HeaderValue::from_static(site(state)));
    }
    if let Some(referrer) = settings.url.and_then(|page| referrer(page, &request.url, state.referrer_policy))
    {
        headers.insert(REFERER, referrer);
    }
}

/// Tells caches on the way what the request wants of them, where script does not say it.
/// [Source](https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch).
pub(crate) fn add_cache_control(headers: &mut HeaderMap, cache: CacheMode) {
    let mut default = |name, value| {
        if let Entry::Vacant(vacant) = headers.entry(name) {
            vacant.insert(HeaderValue::from_static(value));
        }
    };
    match cache {
        CacheMode::NoCache => default(CACHE_CONTROL, "max-age=0"),
        CacheMode::NoStore | CacheMode::Reload => {
            default(PRAGMA, "no-cache");
            default(CACHE_CONTROL, "no-cache");
        }
        CacheMode::Default | CacheMode::ForceCache | CacheMode::OnlyIfCached => {}
    }
}

/// [Source](https://fetch.spec.whatwg.org/#document-accept-header-value).
fn accept(initiator: Initiator) -> &'static str {
    match initiator {
        Initiator::Navigation | Initiator::Frame => {
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        }
        Initiator::Image | Initiator::CssShape | Initiator::CssMask | Initiator::WebGlTexture => {
            "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
        }
        Initiator::Stylesheet => "text/css,*/*;q=0.1",
        Initiator::EventSource => "text/event-stream",
        _ => "*/*",
    }
}

/// How far the request is from its page, at the farthest of its URLs.
/// [Source](https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header).
fn site(state: &Request) -> &'static str {
    let mut site = "same-origin";
    for url in state.url_list() {
        if state.origin.same_origin_with_url(url) {
            continue;
        }
        if !state.origin.same_site_with_url(url) {
            return "cross-site";
        }
        site = "same-site";
    }
    site
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_is_that_of_the_page() {
        for (page, url, expected) in [
            ("https://a.example", "https://a.example/x", "same-origin"),
            ("https://a.example", "https://b.a.example/", "same-site"),
            ("https://a.example", "https://a.example:8443/", "same-site"),
            ("https://a.example", "http://a.example/", "cross-site"),
            ("https://a.example", "https://b.example/", "cross-site"),
            ("null", "https://b.example/", "cross-site"),
        ] {
            let request = Request::new(page.parse().unwrap(), url.parse().unwrap());
            assert_eq!(site(&request), expected, "{page} {url}");
        }
    }
}
