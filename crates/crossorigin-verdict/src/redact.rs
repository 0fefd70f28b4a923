//! Secrets taken out of what others will read.

use std::borrow::Cow;

use http::header::{
    AUTHORIZATION, CONTENT_LOCATION, COOKIE, LOCATION, PROXY_AUTHORIZATION, REFERER, SET_COOKIE,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::record::{AnswerHead, Exchange};

/// What stands in a secret's place.
pub const REDACTED: &str = "redacted";

/// Values of this many characters or more are taken for tokens where nothing in them reads like words.
const TOKEN_LENGTH: usize = 32;

/// How the head of each JSON Web Token begins, `{"` in base64.
const WEB_TOKEN_START: &str = "eyJ";

/// Parts of names, of query parameters and headers, whose values are secrets.
const SECRET_PARTS: [&str; 15] = [
    "token",
    "secret",
    "password",
    "passwd",
    "api-key",
    "api_key",
    "apikey",
    "authorization",
    "signature",
    "credential",
    "session",
    "jwt",
    "csrf",
    "xsrf",
    "assertion",
];

/// Words in such names: what is too short to be looked for within words.
const SECRET_WORDS: [&str; 8] = ["key", "auth", "sig", "sid", "pwd", "pass", "otp", "hmac"];

/// Whole names of query parameters whose values are secrets.
const SECRET_PARAMETERS: [&str; 2] = ["code", "sv"];

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
        LOCATION | CONTENT_LOCATION | REFERER => match Url::parse(&text) {
            Ok(url) => redacted_url(&url).into(),
            Err(_) => redacted_text(&text),
        },
        // The protocol's own headers name other headers; they hold no secrets.
        _ if name.as_str().starts_with("access-control-") => return value.clone(),
        _ if has_secret_name(name.as_str()) => REDACTED.to_owned(),
        // Links, policies, reports: URLs stand in many headers.
        _ => match redacted_text(&text) {
            redacted if redacted == text => return value.clone(),
            redacted => redacted,
        },
    };
    HeaderValue::from_str(&redacted).unwrap_or(HeaderValue::from_static(REDACTED))
}

/// The same URL without a password (or a user name that has none), and without what looks like a token in its path,
/// query and fragment.
///
/// ```
/// let url = "https://me:pw@a.example/x?page=2&access_token=abc#id_token=def".parse()?;
/// let redacted = crossorigin_verdict::redacted_url(&url);
/// assert_eq!(redacted.as_str(), "https://me:redacted@a.example/x?page=2&access_token=redacted#id_token=redacted");
/// # Ok::<(), url::ParseError>(())
/// ```
pub fn redacted_url(url: &Url) -> Url {
    let mut redacted = url.clone();
    // Setting fails only for URLs that can't have a user.
    if redacted.password().is_some() {
        let _ = redacted.set_password(Some(REDACTED));
    }
    // A name without a password is mostly a key; so is one that reads like a token.
    if !url.username().is_empty() && (url.password().is_none() || looks_like_token(url.username())) {
        let _ = redacted.set_username(REDACTED);
    }
    if let Cow::Owned(path) = without_web_tokens(url.path()) {
        redacted.set_path(&path);
    }
    if let Some(query) = url.query() {
        redacted.set_query(Some(&redacted_parameters(query)));
    }
    if let Some(fragment) = url.fragment() {
        redacted.set_fragment(Some(&redacted_parameters(fragment)));
    }
    redacted
}

/// Parameters of a query or a fragment.
fn redacted_parameters(parameters: &str) -> String {
    let parameters = without_web_tokens(parameters);
    pieces(&parameters, |letter| matches!(letter, '&' | ';'))
        .map(|piece| redacted_parameter(piece, true))
        .collect()
}

/// Text in which URLs may stand.
fn redacted_text(text: &str) -> String {
    let ends = |letter: char| letter.is_whitespace() || "&;?#,<>\"'()".contains(letter);
    pieces(&without_web_tokens(text), ends)
        .map(|piece| redacted_parameter(piece, piece.starts_with(['?', '&', '#'])))
        .collect()
}

/// The text in pieces, each with the separator before it.
fn pieces(text: &str, separates: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?.len_utf8();
        let end = rest[first..].find(&separates).map_or(rest.len(), |end| first + end);
        let (piece, left) = rest.split_at(end);
        rest = left;
        Some(piece)
    })
}

/// `name=value`, or in a query a value alone, perhaps with a separator before it.
fn redacted_parameter(parameter: &str, in_query: bool) -> Cow<'_, str> {
    let bare =
        parameter.trim_start_matches(|letter: char| letter.is_whitespace() || "&;?#,<\"'(".contains(letter));
    let (name, value) = bare.split_once('=').map_or(("", bare), |(name, value)| (name, value));
    if value.is_empty() || !(is_secret_parameter(name) || in_query && looks_like_token(value)) {
        return Cow::Borrowed(parameter);
    }
    let before = &parameter[..parameter.len() - value.len()];
    Cow::Owned(format!("{before}{REDACTED}"))
}

/// Text without JSON Web Tokens, wherever they stand in it.
fn without_web_tokens(text: &str) -> Cow<'_, str> {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.=".contains(&byte);
    let (mut kept, mut rest) = (String::new(), text);
    while let Some(start) = rest.find(WEB_TOKEN_START) {
        let length = rest[start..].bytes().take_while(|byte| is_token_byte(*byte)).count();
        let (before, token) = rest[..start + length].split_at(start);
        kept.push_str(before);
        kept.push_str(if token.matches('.').count() == 2 { REDACTED } else { token });
        rest = &rest[start + length..];
    }
    if kept.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(kept + rest) }
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
    let name: String = percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned();
    SECRET_PARAMETERS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) || has_secret_name(&name)
}

fn has_secret_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if SECRET_PARTS.iter().any(|part| lower.contains(part)) {
        return true;
    }
    // Words are parted by signs, or begin with a capital letter.
    let mut parted = String::with_capacity(name.len() + 4);
    let mut was_lower = false;
    for letter in name.chars() {
        if was_lower && letter.is_ascii_uppercase() {
            parted.push('-');
        }
        was_lower = letter.is_ascii_lowercase();
        parted.push(letter.to_ascii_lowercase());
    }
    parted.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| SECRET_WORDS.contains(&word))
}

/// Whether a value reads like a token: long, of letters and digits mixed.
fn looks_like_token(value: &str) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%+/=".contains(&byte);
    value.len() >= TOKEN_LENGTH
        && value.bytes().all(is_token_byte)
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
}
