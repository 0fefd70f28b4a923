//! What of a request may be told: never credentials, and never the query, which often holds some.

use std::fmt;

use http::Uri;

/// Stands where something was left out.
const LEFT_OUT: &str = "…";

/// The request's target without scheme, authority and query: `/a?…` for `http://user:word@host/a?key=1`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RedactedTarget<'a>(&'a Uri);

pub(crate) fn redacted_target(uri: &Uri) -> RedactedTarget<'_> {
    RedactedTarget(uri)
}

impl fmt::Display for RedactedTarget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.path())?;
        if self.0.query().is_some() {
            write!(f, "?{LEFT_OUT}")?;
        }
        Ok(())
    }
}

/// A host or an origin as a client sent it, without what stands before an `@` and behind a `?` or `#`, where
/// nothing belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Redacted<'a> {
    scheme: &'a [u8],
    has_user: bool,
    rest: &'a [u8],
    is_cut: bool,
}

pub(crate) fn redacted(text: &[u8]) -> Redacted<'_> {
    let cut = text.iter().position(|byte| matches!(byte, b'?' | b'#'));
    let kept = &text[..cut.unwrap_or(text.len())];
    let (scheme, rest) = match kept.windows(3).position(|window| window == b"://") {
        Some(at) => kept.split_at(at + 3),
        None => kept.split_at(0),
    };
    let user = rest.iter().rposition(|&byte| byte == b'@');
    Redacted {
        scheme,
        has_user: user.is_some(),
        rest: user.map_or(rest, |at| &rest[at..]),
        is_cut: cut.is_some(),
    }
}

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) =
            (if self.has_user { LEFT_OUT } else { "" }, if self.is_cut { LEFT_OUT } else { "" });
        let (scheme, rest) = (String::from_utf8_lossy(self.scheme), String::from_utf8_lossy(self.rest));
        write!(f, "{scheme}{before}{rest}{after}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_nowhere_is_left_out() {
        for (text, expected) in [
            ("https://app.example", "https://app.example"),
            ("app.example:8080", "app.example:8080"),
            ("null", "null"),
            ("https://user:word@app.example", "https://…@app.example"),
            ("user:word@app.example", "…@app.example"),
            ("https://a@b@app.example", "https://…@app.example"),
            ("https://app.example/?key=1@x", "https://app.example/…"),
            ("https://app.example#key", "https://app.example…"),
            ("", ""),
        ] {
            assert_eq!(redacted(text.as_bytes()).to_string(), expected, "{text}");
        }
        for (target, expected) in
            [("/a", "/a"), ("/a?key=1", "/a?…"), ("http://user:word@host/a?", "/a?…"), ("*", "*")]
        {
            assert_eq!(redacted_target(&target.parse().unwrap()).to_string(), expected, "{target}");
        }
    }
}
