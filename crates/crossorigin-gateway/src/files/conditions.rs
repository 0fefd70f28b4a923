//! Conditional and range requests.

use std::time::UNIX_EPOCH;

use bytes::Bytes;
use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue};

/// What a request's conditions come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Send all.
    Whole,
    /// Send a part.
    Part(Span),
    /// 304.
    NotModified,
    /// 412.
    Failed,
    /// 416.
    Unsatisfiable,
}

/// Bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) length: u64,
}

impl Span {
    /// These bytes of a content.
    pub(super) fn of(self, bytes: &Bytes) -> Bytes {
        let place = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        bytes.slice(place(self.start)..place(self.start + self.length))
    }

    /// The value of `Content-Range`; the span is not empty.
    pub(super) fn content_range(self, whole: u64) -> String {
        format!("bytes {}-{}/{whole}", self.start, self.start + self.length - 1)
    }
}

/// Evaluates a request's conditions in the order of
/// [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2). Dates are in seconds since 1970.
pub(super) fn evaluate(headers: &HeaderMap, etag: &HeaderValue, modified: u64, length: u64) -> Condition {
    if headers.contains_key(IF_MATCH) {
        if !lists(headers, IF_MATCH, etag, is_strong_match) {
            return Condition::Failed;
        }
    } else if date(headers, IF_UNMODIFIED_SINCE).is_some_and(|since| modified > since) {
        return Condition::Failed;
    }
    if headers.contains_key(IF_NONE_MATCH) {
        if lists(headers, IF_NONE_MATCH, etag, is_weak_match) {
            return Condition::NotModified;
        }
    } else if date(headers, IF_MODIFIED_SINCE).is_some_and(|since| modified <= since) {
        return Condition::NotModified;
    }
    match headers.get(RANGE) {
        Some(range) if may_send_part(headers, etag, modified) => part(range, length),
        _ => Condition::Whole,
    }
}

/// Whether a header lists the entity tag, or is `*`.
fn lists(headers: &HeaderMap, name: HeaderName, etag: &HeaderValue, same: fn(&[u8], &[u8]) -> bool) -> bool {
    headers.get_all(name).iter().any(|line| {
        line.as_bytes().trim_ascii() == b"*"
            || entity_tags(line.as_bytes()).any(|tag| same(tag, etag.as_bytes()))
    })
}

/// The entity tags of a list. Commas may stand within a tag, so that it is read from quote to quote.
fn entity_tags(mut line: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let open = line.iter().position(|&byte| byte == b'"')?;
        let close = open + 1 + line[open + 1..].iter().position(|&byte| byte == b'"')?;
        let start = if line[..open].ends_with(b"W/") { open - 2 } else { open };
        let tag = &line[start..=close];
        line = &line[close + 1..];
        Some(tag)
    })
}

fn is_strong_match(theirs: &[u8], ours: &[u8]) -> bool {
    !theirs.starts_with(b"W/") && theirs == ours
}

fn is_weak_match(theirs: &[u8], ours: &[u8]) -> bool {
    theirs.strip_prefix(b"W/").unwrap_or(theirs) == ours
}

/// A date; what is none is as good as absent.
fn date(headers: &HeaderMap, name: HeaderName) -> Option<u64> {
    let time = httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// Whether `If-Range` is absent, or names just this content.
fn may_send_part(headers: &HeaderMap, etag: &HeaderValue, modified: u64) -> bool {
    let Some(value) = headers.get(IF_RANGE) else { return true };
    if value.as_bytes().contains(&b'"') {
        return is_strong_match(value.as_bytes(), etag.as_bytes());
    }
    date(headers, IF_RANGE) == Some(modified)
}

/// Reads one range of bytes. Several, and what is no range, are ignored, as HTTP lets a server do.
fn part(range: &HeaderValue, length: u64) -> Condition {
    let Some((first, last)) = range
        .to_str()
        .ok()
        .and_then(|text| text.split_once('='))
        .filter(|(unit, _)| unit.eq_ignore_ascii_case("bytes"))
        .and_then(|(_, span)| span.trim().split_once('-'))
    else {
        return Condition::Whole;
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(first) || !digits(last) || (first.is_empty() && last.is_empty()) {
        return Condition::Whole;
    }
    // A number past all lengths is as good as the largest.
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    let (start, end) = match (first, last) {
        ("", suffix) => (length - number(suffix).min(length), length),
        (first, "") => (number(first), length),
        (first, last) if number(last) < number(first) => return Condition::Whole,
        (first, last) => (number(first), number(last).saturating_add(1).min(length)),
    };
    if start >= end {
        return Condition::Unsatisfiable;
    }
    Condition::Part(Span { start, length: end - start })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: u64 = 100;
    /// Sun, 06 Nov 1994 08:49:37 GMT.
    const MODIFIED: u64 = 784_111_777;
    const AT: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";

    fn evaluated(lines: &[(&str, &str)]) -> Condition {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        evaluate(&headers, &HeaderValue::from_static("\"a,b\""), MODIFIED, LENGTH)
    }

    #[test]
    fn conditions() {
        use Condition::{Failed, NotModified, Whole};
        for (lines, expected) in [
            (&[][..], Whole),
            (&[("if-none-match", "\"a,b\"")], NotModified),
            (&[("if-none-match", "W/\"a,b\"")], NotModified),
            (&[("if-none-match", "\"x\", \"a,b\"")], NotModified),
            (&[("if-none-match", "\"x\""), ("if-none-match", "\"a,b\"")], NotModified),
            (&[("if-none-match", "*")], NotModified),
            (&[("if-none-match", "\"a\"")], Whole),
            (&[("if-none-match", "a,b")], Whole),
            (&[("if-none-match", "\"x\""), ("if-modified-since", AT)], Whole),
            (&[("if-modified-since", AT)], NotModified),
            (&[("if-modified-since", BEFORE)], Whole),
            (&[("if-modified-since", "yesterday")], Whole),
            (&[("if-match", "\"a,b\"")], Whole),
            (&[("if-match", "*")], Whole),
            (&[("if-match", "W/\"a,b\"")], Failed),
            (&[("if-match", "\"x\"")], Failed),
            (&[("if-match", "\"a,b\""), ("if-unmodified-since", BEFORE)], Whole),
            (&[("if-unmodified-since", AT)], Whole),
            (&[("if-unmodified-since", BEFORE)], Failed),
            (&[("if-match", "\"a,b\""), ("if-none-match", "\"a,b\"")], NotModified),
        ] {
            assert_eq!(evaluated(lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn ranges() {
        use Condition::{NotModified, Unsatisfiable, Whole};
        let part = |start, length| Condition::Part(Span { start, length });
        for (lines, expected) in [
            (&[("range", "bytes=0-")][..], part(0, 100)),
            (&[("range", "bytes=0-0")], part(0, 1)),
            (&[("range", "bytes=99-99")], part(99, 1)),
            (&[("range", "bytes=10-1000")], part(10, 90)),
            (&[("range", "bytes=10-99999999999999999999999")], part(10, 90)),
            (&[("range", "bytes=-1")], part(99, 1)),
            (&[("range", "bytes=-1000")], part(0, 100)),
            (&[("range", "Bytes=0-1")], part(0, 2)),
            (&[("range", "bytes=100-")], Unsatisfiable),
            (&[("range", "bytes=99999999999999999999999-")], Unsatisfiable),
            (&[("range", "bytes=-0")], Unsatisfiable),
            (&[("range", "bytes=5-4")], Whole),
            (&[("range", "bytes=-")], Whole),
            (&[("range", "bytes=a-b")], Whole),
            (&[("range", "bytes=+1-2")], Whole),
            (&[("range", "bytes=0-1,5-6")], Whole),
            (&[("range", "items=0-1")], Whole),
            (&[("range", "bytes=0-1"), ("if-range", "\"a,b\"")], part(0, 2)),
            (&[("range", "bytes=0-1"), ("if-range", "W/\"a,b\"")], Whole),
            (&[("range", "bytes=0-1"), ("if-range", "\"x\"")], Whole),
            (&[("range", "bytes=0-1"), ("if-range", AT)], part(0, 2)),
            (&[("range", "bytes=0-1"), ("if-range", BEFORE)], Whole),
            (&[("range", "bytes=0-1"), ("if-none-match", "*")], NotModified),
        ] {
            assert_eq!(evaluated(lines), expected, "{lines:?}");
        }
        let empty = evaluate(
            &HeaderMap::from_iter([(RANGE, HeaderValue::from_static("bytes=0-"))]),
            &HeaderValue::from_static("\"\""),
            0,
            0,
        );
        assert_eq!(empty, Unsatisfiable);
    }
}
