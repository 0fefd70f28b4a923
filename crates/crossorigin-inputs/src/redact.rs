//! Takes secrets out of what is shown or kept: values go, names stay.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue};
use url::Url;

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// Words in names of headers and of query parameters whose values are secrets.
const SECRET_WORDS: [&str; 12] = [
    "token",
    "secret",
    "password",
    "passwd",
    "apikey",
    "api-key",
    "api_key",
    "session",
    "signature",
    "credential",
    "csrf",
    "xsrf",
];
/// Whole names of such.
const SECRET_NAMES: [&str; 13] = [
    "key",
    "sig",
    "code",
    "jwt",
    "auth",
    "state",
    "pwd",
    "sid",
    "otp",
    "authorization",
    "proxy-authorization",
    "x-amz-security-token",
    "x-auth",
];

/// Whether a header or a query parameter of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.contains(&name.as_str()) || SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// A header's value without secrets: cookies keep their names, and authorization its scheme.
pub fn header_value(name: &HeaderName, value: &HeaderValue) -> HeaderValue {
    let text = String::from_utf8_lossy(value.as_bytes());
    let redacted = match name.as_str() {
        // CORS headers name headers, and hold none of their values.
        name if name.starts_with("access-control-") => return value.clone(),
        "cookie" => {
            let pairs: Vec<_> = text.split(';').map(|pair| pair_without_value(pair.trim())).collect();
            pairs.join("; ")
        }
        "set-cookie" | "set-cookie2" => {
            let (pair, attributes) = text.split_once(';').map_or((&*text, ""), |(pair, rest)| (pair, rest));
            let semicolon = if attributes.is_empty() { "" } else { ";" };
            format!("{}{semicolon}{attributes}", pair_without_value(pair.trim()))
        }
        "authorization" | "proxy-authorization" => match text.trim().split_once(' ') {
            Some((scheme, _)) => format!("{scheme} {REDACTED}"),
            None => REDACTED.to_owned(),
        },
        "referer" | "location" | "content-location" => match Url::parse(&text) {
            Ok(parsed) => match url(&parsed) {
                Cow::Borrowed(_) => return value.clone(),
                Cow::Owned(redacted) => redacted.into(),
            },
            Err(_) => match text.split_once('?') {
                Some((path, query)) => {
                    let parts: Vec<_> = query.split('&').map(parameter).collect();
                    format!("{path}?{}", parts.join("&"))
                }
                None => return value.clone(),
            },
        },
        name if is_secret_name(name) => REDACTED.to_owned(),
        _ => return value.clone(),
    };
    // What a header held can be held again, or it is not shown at all.
    HeaderValue::from_bytes(redacted.as_bytes()).unwrap_or(HeaderValue::from_static(REDACTED))
}

fn pair_without_value(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) => format!("{name}={REDACTED}"),
        None => REDACTED.to_owned(),
    }
}

/// A URL without password, and without the values of query parameters that hold secrets by their names.
pub fn url(url: &Url) -> Cow<'_, Url> {
    let has_secret = url.query_pairs().any(|(name, value)| is_secret_name(&name) && !value.is_empty());
    if !has_secret && url.password().is_none() {
        return Cow::Borrowed(url);
    }
    let mut redacted = url.clone();
    if url.password().is_some() {
        // Only URLs without a host have no password to set.
        let _ = redacted.set_password(Some("redacted"));
    }
    if let Some(query) = url.query() {
        let parts: Vec<_> = query.split('&').map(parameter).collect();
        redacted.set_query(Some(&parts.join("&")));
    }
    Cow::Owned(redacted)
}

fn parameter(written: &str) -> Cow<'_, str> {
    let Some((name, value)) = url::form_urlencoded::parse(written.as_bytes()).next() else {
        return written.into();
    };
    if !is_secret_name(&name) || value.is_empty() {
        return written.into();
    }
    let written = written.split_once('=').map_or(written, |(name, _)| name);
    format!("{written}={REDACTED}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_keep_what_is_no_secret() {
        for (name, value, shown) in [
            ("cookie", "a=1; session=xyz==", "a=[redacted]; session=[redacted]"),
            ("set-cookie", "id=abc; Path=/; Secure", "id=[redacted]; Path=/; Secure"),
            ("set-cookie", "abc", "[redacted]"),
            ("authorization", "Bearer abc.def", "Bearer [redacted]"),
            ("authorization", "abc", "[redacted]"),
            ("x-api-key", "abc", "[redacted]"),
            ("x-csrf-token", "abc", "[redacted]"),
            ("location", "https://a.example/?code=abc&x=1", "https://a.example/?code=[redacted]&x=1"),
            ("location", "/items", "/items"),
            ("location", "/items?page=1&token=abc", "/items?page=1&token=[redacted]"),
            ("content-type", "text/plain", "text/plain"),
            ("access-control-allow-headers", "x-csrf-token", "x-csrf-token"),
            ("access-control-allow-origin", "*", "*"),
        ] {
            let redacted = header_value(&name.parse().unwrap(), &value.parse().unwrap());
            assert_eq!(redacted.to_str().unwrap(), shown, "{name}: {value}");
        }
    }

    #[test]
    fn urls_keep_what_is_no_secret() {
        for (written, shown) in [
            ("https://a.example/x?page=2#part", "https://a.example/x?page=2#part"),
            (
                "https://a.example/?access_token=abc&page=2",
                "https://a.example/?access_token=[redacted]&page=2",
            ),
            ("https://a.example/?X-Amz-Signature=abc", "https://a.example/?X-Amz-Signature=[redacted]"),
            ("https://a.example/?key=", "https://a.example/?key="),
            ("https://u:p@a.example/", "https://u:redacted@a.example/"),
        ] {
            assert_eq!(url(&Url::parse(written).unwrap()).as_str(), shown, "{written}");
        }
    }
}
