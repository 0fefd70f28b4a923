//! CORS headers on responses: which they are, and how `Vary` is merged.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The response headers of the CORS protocol.
/// [Source](https://fetch.spec.whatwg.org/#http-responses).
pub(super) const CORS_RESPONSE_HEADERS: [HeaderName; 6] = [
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_EXPOSE_HEADERS,
];

/// Whether a response header is one of the CORS protocol's own, which a policy replaces.
///
/// ```
/// use http::header::{ACCESS_CONTROL_MAX_AGE, VARY};
/// assert!(crossorigin::server::is_cors_response_header(&ACCESS_CONTROL_MAX_AGE));
/// assert!(!crossorigin::server::is_cors_response_header(&VARY));
/// ```
pub fn is_cors_response_header(name: &HeaderName) -> bool {
    CORS_RESPONSE_HEADERS.contains(name)
}

/// Takes out what a service, or a proxy before it, said of CORS by itself; returns whether there is a `Vary`.
pub(super) fn remove_cors_headers(headers: &mut HeaderMap) -> bool {
    // OPTIMIZATION: one look at each name costs less than seven look-ups, and mostly none of them is there (test
    // the_services_own_headers_are_replaced).
    let (mut has_cors_headers, mut has_vary) = (false, false);
    for name in headers.keys() {
        has_cors_headers |= name.as_str().starts_with("access-control-");
        has_vary |= *name == VARY;
    }
    if has_cors_headers {
        for name in &CORS_RESPONSE_HEADERS {
            headers.remove(name);
        }
    }
    has_vary
}

/// Adds names to a response's `Vary`, in one line with those that are there, none twice; `*` stays alone.
/// [Source](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.5).
///
/// ```
/// use http::{HeaderMap, HeaderValue, header::VARY};
/// let mut headers = HeaderMap::new();
/// headers.insert(VARY, HeaderValue::from_static("Accept-Encoding, origin"));
/// crossorigin::server::merge_vary(&mut headers, HeaderValue::from_static("Origin, Sec-Fetch-Site"));
/// assert_eq!(headers[VARY], "Accept-Encoding, origin, Sec-Fetch-Site");
/// ```
pub fn merge_vary(headers: &mut HeaderMap, names: HeaderValue) {
    let present = || headers.get_all(VARY).iter().flat_map(elements);
    if present().any(|name| name == b"*") {
        return;
    }
    let missing = || elements(&names).filter(|name| !present().any(|there| there.eq_ignore_ascii_case(name)));
    if missing().next().is_none() {
        return;
    }
    if present().next().is_none() {
        headers.insert(VARY, names);
        return;
    }
    let mut merged: Vec<u8> = Vec::new();
    for name in present().chain(missing()) {
        if !merged.is_empty() {
            merged.extend_from_slice(b", ");
        }
        merged.extend_from_slice(name);
    }
    if let Ok(merged) = HeaderValue::from_maybe_shared(bytes::Bytes::from(merged)) {
        headers.insert(VARY, merged);
    }
}

fn elements(line: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    line.as_bytes().split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|name| !name.is_empty())
}
