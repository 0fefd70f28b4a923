//! Secrets taken out of what others will read.

use std::borrow::Cow;

use http::header::{AUTHORIZATION, COOKIE, LOCATION, PROXY_AUTHORIZATION, REFERER, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::record::{AnswerHead, Exchange};

/// What stands in a secret's place.
pub const REDACTED: &str = "redacted";

/// Values of this many characters or more are taken for tokens where nothing in them reads like words.
const TOKEN_LENGTH: usize = 32;

/// Parts of names, of query parameters and headers, whose values are secrets.
const SECRET_NAMES: [&str; 14] = [
    "token",
    "secret",
    "password",
    "passwd",
    "api-key",
    "api_key",
    "apikey",
    "signature",
    "credential",
    "session",
    "jwt",
    "csrf",
    "xsrf",
    "assertion",
];

/// Whole names of query parameters whose values are secrets.
const SECRET_PARAMETERS: [&str; 9] = ["key", "auth", "code", "sig", "sid", "pwd", "pass", "hmac", "sv"];

/// The same exchange without the values of cookies, authorization and what else looks like a token.
pub fn redacted_exchange(exchange: &Exchange) -> Exchange {
    let mut redacted = exchange.clone();
    redacted.request.url = redacted_url(&exchange.request.url);
    redacted.request.headers = redacted_headers(&exchange.request.headers);
    redacted.sent_headers = redacted_headers(&exchange.sent_headers);
    if let Ok(AnswerHead { headers, .. }) = &mut redacted.answer {
        *headers = redacted_headers(headers);
    }
    redacted
}

/// The same headers without secrets; names, and the names and attributes of cookies, stay.
pub fn redacted_headers(headers: &HeaderMap) -> HeaderMap {
    headers.iter().map(|(name, value)| (name.clone(), redacted_header_value(name, value))).collect()
}

/// The value of a header, without what in it is secret.
pub fn redacted_header_value(name: &HeaderName, value: &HeaderValue) -> HeaderValue {
    let text = String::from_utf8_lossy(value.as_bytes());
    let redacted = match *name {
        COOKIE => redacted_cookies(&text),
        SET_COOKIE => match text.split_once(';') {
            Some((pair, attributes)) => format!("{};{attributes}", redacted_cookies(pair)),
            None => redacted_cookies(&text),
        },
        AUTHORIZATION | PROXY_AUTHORIZATION => match text.split_once(' ') {
            Some((scheme, _)) => format!("{scheme} {REDACTED}"),
            None => REDACTED.to_owned(),
        },
        LOCATION | REFERER => match Url::parse(&text) {
            Ok(url) => redacted_url(&url).into(),
            Err(_) => redacted_relative(&text),
        },
        // The protocol's own headers name other headers; they hold no secrets.
        _ if name.as_str().starts_with("access-control-") => return value.clone(),
        _ if has_secret_name(name.as_str()) => REDACTED.to_owned(),
        _ => return value.clone(),
    };
    HeaderValue::from_str(&redacted).unwrap_or(HeaderValue::from_static(REDACTED))
}

/// The same URL without a password, and without what looks like a token in its query and fragment.
///
/// ```
/// let url = "https://me:pw@a.example/x?page=2&access_token=abc#id_token=def".parse()?;
/// let redacted = crossorigin_verdict::redacted_url(&url);
/// assert_eq!(redacted.as_str(), "https://me:redacted@a.example/x?page=2&access_token=redacted#id_token=redacted");
/// # Ok::<(), url::ParseError>(())
/// ```
pub fn redacted_url(url: &Url) -> Url {
    let mut redacted = url.clone();
    if redacted.password().is_some() {
        // It fails only for URLs that can't have a password.
        let _ = redacted.set_password(Some(REDACTED));
    }
    if let Some(query) = url.query() {
        redacted.set_query(Some(&redacted_query(query)));
    }
    if let Some(fragment) = url.fragment().filter(|fragment| fragment.contains('=')) {
        redacted.set_fragment(Some(&redacted_query(fragment)));
    }
    redacted
}

fn redacted_relative(reference: &str) -> String {
    match reference.split_once('?') {
        Some((path, query)) => format!("{path}?{}", redacted_query(query)),
        None => reference.to_owned(),
    }
}

fn redacted_query(query: &str) -> String {
    let parameters: Vec<Cow<'_, str>> = query
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((name, value)) if is_secret_parameter(name) || looks_like_token(value) => {
                Cow::Owned(format!("{name}={REDACTED}"))
            }
            _ => Cow::Borrowed(parameter),
        })
        .collect();
    parameters.join("&")
}

fn redacted_cookies(cookies: &str) -> String {
    let cookies: Vec<_> = cookies
        .split(';')
        .map(|cookie| match cookie.split_once('=') {
            Some((name, _)) => format!("{name}={REDACTED}"),
            None => REDACTED.to_owned(),
        })
        .collect();
    cookies.join(";")
}

fn is_secret_parameter(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_PARAMETERS.contains(&name.as_str()) || has_secret_name(&name)
}

fn has_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// Whether a value reads like a token: a JSON Web Token, or long, of letters and digits mixed.
fn looks_like_token(value: &str) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%+/=".contains(&byte);
    let is_jwt = value.starts_with("eyJ") && value.matches('.').count() == 2;
    is_jwt
        || (value.len() >= TOKEN_LENGTH
            && value.bytes().all(is_token_byte)
            && value.bytes().any(|byte| byte.is_ascii_digit())
            && value.bytes().any(|byte| byte.is_ascii_alphabetic()))
}
