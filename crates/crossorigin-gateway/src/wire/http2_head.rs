//! The head of a request by HTTP/2, held to what `head` holds those of HTTP/1.1 to: upstreams get it as one.
//!
//! Hyper has read the frames and has reset the streams of heads that
//! [RFC 9113](https://www.rfc-editor.org/rfc/rfc9113#section-8.2) calls malformed. What it takes for one is checked
//! here again, so that it does not depend on what hyper takes.

use http::header::{CONNECTION, CONTENT_LENGTH, COOKIE, HOST, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, request};

use super::head::{self, HeadLimits, Refusal};
use super::ledger::Verdict;

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// What a header line has in HTTP/1.1 beside name and value: a colon, a blank and the line's end.
const LINE: usize = 4;

/// Checks a head, and makes one `Cookie` of several, as
/// [HTTP/1.1 has it](https://www.rfc-editor.org/rfc/rfc9113#section-8.2.3).
pub(crate) fn admit(parts: &mut request::Parts, limits: HeadLimits) -> Verdict {
    let whom = check_target(parts);
    let checked =
        whom.and_then(|()| check_headers(&parts.headers, limits)).and_then(|()| check_size(parts, limits));
    match checked {
        Ok(()) => {
            join_cookies(&mut parts.headers);
            Verdict::Good
        }
        Err(refusal) => Verdict::Refused { refusal, is_route_known: whom.is_ok() },
    }
}

/// What is asked for, and of whom.
fn check_target(parts: &request::Parts) -> Result<(), Refusal> {
    if parts.method == Method::CONNECT {
        return Err(head::CONNECT);
    }
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let is_path = target.starts_with('/') || target == "*" && parts.method == Method::OPTIONS;
    if !is_path {
        return Err(head::TARGET);
    }
    if !matches!(parts.uri.scheme_str(), None | Some("http" | "https")) {
        return Err(head::SCHEME);
    }
    let mut hosts = parts.headers.get_all(HOST).iter();
    let (host, other) = (hosts.next(), hosts.next());
    if other.is_some() {
        return Err(head::SEVERAL_HOSTS);
    }
    let authority = parts.uri.authority().map(|authority| authority.as_str().as_bytes());
    let host = host.map(HeaderValue::as_bytes);
    match (authority, host) {
        (None, None) => Err(head::NO_HOST),
        (Some(authority), Some(host)) if !authority.eq_ignore_ascii_case(host) => Err(head::TWO_HOSTS),
        (Some(host), _) | (None, Some(host)) if head::is_host(host) => Ok(()),
        _ => Err(head::BAD_HOST),
    }
}

fn check_headers(headers: &HeaderMap, limits: HeadLimits) -> Result<(), Refusal> {
    let mut lengths = 0;
    let mut cookies = 0_usize;
    for (name, value) in headers {
        match *name {
            CONNECTION | TRANSFER_ENCODING | UPGRADE => return Err(head::CONNECTION_HEADER),
            TE if !value.as_bytes().eq_ignore_ascii_case(b"trailers") => return Err(head::OTHER_TE),
            COOKIE => cookies += 1,
            CONTENT_LENGTH => {
                lengths += 1;
                if lengths > 1 {
                    return Err(head::SEVERAL_LENGTHS);
                }
                head::length(value.as_bytes())?;
            }
            _ if *name == KEEP_ALIVE || *name == PROXY_CONNECTION => return Err(head::CONNECTION_HEADER),
            _ => {}
        }
        // HTTP/1.1 takes blanks around a value away, so that the two would differ.
        let is_padded = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
        if is_padded(value.as_bytes().first()) || is_padded(value.as_bytes().last()) {
            return Err(head::PADDED);
        }
    }
    if headers.len() - cookies.saturating_sub(1) > limits.lines {
        return Err(head::TOO_MANY_LINES);
    }
    Ok(())
}

/// As many bytes as the head would have in HTTP/1.1, about.
fn check_size(parts: &request::Parts, limits: HeadLimits) -> Result<(), Refusal> {
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let authority = parts.uri.authority().map_or(0, |authority| authority.as_str().len());
    if target > limits.bytes {
        return Err(head::TARGET_TOO_LONG);
    }
    let lines = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + LINE);
    if parts.method.as_str().len() + target + authority + lines.sum::<usize>() > limits.bytes {
        return Err(head::HEAD_TOO_LARGE);
    }
    Ok(())
}

fn join_cookies(headers: &mut HeaderMap) {
    let mut cookies = headers.get_all(COOKIE).iter();
    if cookies.next().is_none() || cookies.next().is_none() {
        return;
    }
    let cookies: Vec<_> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if let Ok(joined) = HeaderValue::from_bytes(&cookies.join(&b"; "[..])) {
        headers.insert(COOKIE, joined);
    }
}
