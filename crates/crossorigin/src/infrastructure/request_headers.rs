//! The classes of request headers, to the byte.

use http::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, RANGE};

use super::header_names::is_forbidden_request_header_name;
use super::header_values::{get, get_decode_and_split};
use super::methods::is_forbidden_method;
use super::mime_type::MimeTypeEssence;
use crate::profiles::Behavior;

/// The longest value that a safelisted header has, in bytes.
pub const MAX_SAFELISTED_VALUE_BYTES: usize = 128;
/// The most bytes that the values of all safelisted headers have together.
pub const MAX_SAFELISTED_VALUES_BYTES: usize = Behavior::STANDARD.max_safelisted_values_bytes;

/// The headers that belong to a request's body, which go when a redirect takes the body away.
/// [Source](https://fetch.spec.whatwg.org/#request-body-header-name).
pub const REQUEST_BODY_HEADERS: [HeaderName; 4] = [
    http::header::CONTENT_ENCODING,
    http::header::CONTENT_LANGUAGE,
    http::header::CONTENT_LOCATION,
    http::header::CONTENT_TYPE,
];

/// The client hints that script can set, but for `save-data`, which is no number.
pub(crate) const NUMERIC_CLIENT_HINTS: [&str; 4] = ["device-memory", "dpr", "width", "viewport-width"];

/// Whether a header needs no permission. The name is taken in any case.
/// [Source](https://fetch.spec.whatwg.org/#cors-safelisted-request-header).
///
/// ```
/// use crossorigin::infrastructure::request_headers::is_cors_safelisted_request_header;
/// assert!(is_cors_safelisted_request_header("Content-Type", b"text/plain;charset=utf-8"));
/// assert!(!is_cors_safelisted_request_header("Content-Type", b"application/json"));
/// ```
pub fn is_cors_safelisted_request_header(name: &str, value: &[u8]) -> bool {
    // Long values never pass.
    if value.len() > MAX_SAFELISTED_VALUE_BYTES {
        return false;
    }
    let is = |safelisted: &str| name.eq_ignore_ascii_case(safelisted);
    if is("accept") {
        !value.iter().copied().any(is_cors_unsafe_request_header_byte)
    } else if is("accept-language") || is("content-language") {
        value.iter().all(|byte| byte.is_ascii_alphanumeric() || b" *,-.;=".contains(byte))
    } else if is("content-type") {
        // The three types that forms can send; the value is parsed as one MIME type, more strictly than
        // a response's.
        !value.iter().copied().any(is_cors_unsafe_request_header_byte)
            && MimeTypeEssence::parse(value).is_some_and(|essence| {
                essence.is("application", "x-www-form-urlencoded")
                    || essence.is("multipart", "form-data")
                    || essence.is("text", "plain")
            })
    } else if is("range") {
        // A range without a start was never sent by browsers themselves.
        parse_single_range_header_value(value).is_some_and(|(start, _)| start.is_some())
    } else {
        false
    }
}

/// Whether a byte keeps a value off the safelist.
/// [Source](https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte).
pub const fn is_cors_unsafe_request_header_byte(byte: u8) -> bool {
    match byte {
        b'\t' => false,
        0..0x20 | 0x7F => true,
        b'"' | b'(' | b')' | b':' | b'<' | b'>' | b'?' | b'@' | b'[' | b'\\' | b']' | b'{' | b'}' => true,
        _ => false,
    }
}

/// A range's start and end.
type SingleRange<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

/// The digits of a range's start and end, where they are there; `None` where it is no single byte range.
/// [Source](https://fetch.spec.whatwg.org/#simple-range-header-value).
fn parse_single_range_header_value(value: &[u8]) -> Option<SingleRange<'_>> {
    // The unit is case-sensitive, and no white space is taken.
    let range = value.strip_prefix(b"bytes=")?;
    let dash = range.iter().position(|byte| !byte.is_ascii_digit())?;
    let (start, end) = (&range[..dash], range[dash..].strip_prefix(b"-")?);
    let all_digits = end.iter().all(u8::is_ascii_digit);
    let (start, end) = ((!start.is_empty()).then_some(start), (!end.is_empty()).then_some(end));
    match (start, end) {
        _ if !all_digits => None,
        (None, None) => None,
        (Some(start), Some(end)) if magnitude(start) > magnitude(end) => None,
        both => Some(both),
    }
}

/// Orders decimal numbers of any length.
fn magnitude(digits: &[u8]) -> (usize, &[u8]) {
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    (digits.len() - zeros, &digits[zeros..])
}

/// The names of the headers that need permission: sorted, unique, in lower case. Empty, and then without
/// an allocation, where none does.
/// [Source](https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names).
pub fn cors_unsafe_request_header_names(headers: &HeaderMap, behavior: &Behavior) -> Vec<HeaderName> {
    unsafe_names(headers, None, behavior)
}

/// The same for a request of script, which fetch gives an `Accept` of `*/*` where it has none.
/// [Source](https://fetch.spec.whatwg.org/#concept-fetch), step 12.
pub(crate) fn unsafe_names_with_default_accept(headers: &HeaderMap, behavior: &Behavior) -> Vec<HeaderName> {
    let default = (ACCEPT, HeaderValue::from_static("*/*"));
    unsafe_names(headers, (!headers.contains_key(ACCEPT)).then_some(default), behavior)
}

fn unsafe_names(
    headers: &HeaderMap,
    default: Option<(HeaderName, HeaderValue)>,
    behavior: &Behavior,
) -> Vec<HeaderName> {
    // DEVIATION: chromium-repeated-headers.
    if behavior.repeated_headers_count_as_one && headers.keys_len() < headers.len() {
        let mut combined = HeaderMap::with_capacity(headers.keys_len());
        for name in headers.keys() {
            let value = get(headers, name).and_then(|value| HeaderValue::from_bytes(&value).ok());
            combined.extend(value.map(|value| (name.clone(), value)));
        }
        return unsafe_names(&combined, default, behavior);
    }
    let is_safe = |name: &HeaderName, value: &HeaderValue| {
        let judged = if behavior.range_unit_ignores_case && *name == RANGE {
            // DEVIATION: webkit-range-unit-case.
            std::borrow::Cow::Owned(value.as_bytes().to_ascii_lowercase())
        } else {
            std::borrow::Cow::Borrowed(value.as_bytes())
        };
        (is_cors_safelisted_request_header(name.as_str(), &judged)
            // DEVIATION: chromium-large-range.
            && !(behavior.large_ranges_need_permission && *name == RANGE && is_large_range(value.as_bytes())))
            // DEVIATION: chromium-safelisted-client-hints.
            || (behavior.client_hints_are_safelisted && is_safelisted_client_hint(name.as_str(), value.as_bytes()))
    };
    // The safelisted values together must not be long either: else none of them is safe.
    let lines = || headers.iter().chain(default.iter().map(|(name, value)| (name, value)));
    let safe_bytes: usize =
        lines().filter(|(name, value)| is_safe(name, value)).map(|(_, value)| value.len()).sum();
    let all_unsafe = safe_bytes > behavior.max_safelisted_values_bytes;
    let mut names: Vec<HeaderName> = lines()
        .filter(|(name, value)| all_unsafe || !is_safe(name, value))
        .map(|(name, _)| name.clone())
        .collect();
    // The type keeps names in lower case.
    names.sort_unstable_by(|left, right| left.as_str().cmp(right.as_str()));
    // DEVIATION: firefox-request-headers-each-line.
    if !behavior.request_headers_name_each_line {
        names.dedup();
    }
    names
}

/// Whether a header is a client hint as browsers sent them themselves: `on`, or a number.
fn is_safelisted_client_hint(name: &str, value: &[u8]) -> bool {
    let is_number = || {
        let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
        let dots = value.iter().filter(|&&byte| byte == b'.').count();
        digits > 0 && dots <= 1 && digits + dots == value.len()
    };
    value.len() <= MAX_SAFELISTED_VALUE_BYTES
        && match name {
            "save-data" => value.eq_ignore_ascii_case(b"on"),
            name => NUMERIC_CLIENT_HINTS.contains(&name) && is_number(),
        }
}

/// Whether one of a range's numbers is beyond 64 bits with a sign.
fn is_large_range(value: &[u8]) -> bool {
    value.split(|byte| !byte.is_ascii_digit()).any(|digits| {
        let text = std::str::from_utf8(digits).unwrap_or_default();
        !text.is_empty() && text.parse::<i64>().is_err()
    })
}

/// Whether script can't set a header: by its name, or by a forbidden method in a method override.
/// [Source](https://fetch.spec.whatwg.org/#forbidden-request-header).
pub fn is_forbidden_request_header(name: &str, value: &[u8]) -> bool {
    let overrides_method = ["x-http-method", "x-http-method-override", "x-method-override"]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own));
    is_forbidden_request_header_name(name)
        || (overrides_method && get_decode_and_split(value).into_iter().any(is_forbidden_method))
}

/// Whether a name can stand on a request of the no-cors mode.
/// [Source](https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header-name).
pub fn is_no_cors_safelisted_request_header_name(name: &str) -> bool {
    ["accept", "accept-language", "content-language", "content-type"]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own))
}

/// Whether a header can stand on a request of the no-cors mode.
/// [Source](https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header).
pub fn is_no_cors_safelisted_request_header(name: &str, value: &[u8]) -> bool {
    is_no_cors_safelisted_request_header_name(name) && is_cors_safelisted_request_header(name, value)
}

/// Leaves of headers what a request of the no-cors mode carries, and gives back the names of those that go. A line
/// is judged together with those of its name that stay before it. Privileged names stay unless script set them.
/// [Source](https://fetch.spec.whatwg.org/#concept-headers-append), step 3.
///
/// ```
/// use crossorigin::infrastructure::request_headers::guard_request_no_cors;
/// use http::{HeaderMap, HeaderValue};
///
/// let mut headers = HeaderMap::new();
/// headers.append("accept-language", HeaderValue::from_static("de"));
/// headers.append("x-csrf-token", HeaderValue::from_static("1"));
/// assert_eq!(guard_request_no_cors(&mut headers, true), ["x-csrf-token"]);
/// assert_eq!(headers.len(), 1);
/// ```
pub fn guard_request_no_cors(headers: &mut HeaderMap, by_script: bool) -> Vec<HeaderName> {
    let mut refused = Vec::new();
    for (name, lines) in by_name(std::mem::take(headers)) {
        let is_privileged = !by_script && is_privileged_no_cors_request_header_name(name.as_str());
        for line in lines {
            let is_safe_together = || {
                let before = get(headers, &name).map(|before| [&before, &b", "[..]].concat());
                let together = [&before.unwrap_or_default(), line.as_bytes()].concat();
                is_no_cors_safelisted_request_header(name.as_str(), &together)
            };
            if is_privileged || is_safe_together() {
                headers.append(&name, line);
            } else if refused.last() != Some(&name) {
                refused.push(name.clone());
            }
        }
    }
    refused
}

/// Each name with its lines.
fn by_name(headers: HeaderMap) -> Vec<(HeaderName, Vec<HeaderValue>)> {
    let mut names: Vec<(HeaderName, Vec<HeaderValue>)> = Vec::new();
    for (name, line) in headers {
        match (name, names.last_mut()) {
            (Some(name), _) => names.push((name, vec![line])),
            // Further lines of a name come without it.
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    names
}

/// Whether only privileged callers can put a name on a request of the no-cors mode.
/// [Source](https://fetch.spec.whatwg.org/#privileged-no-cors-request-header-name).
pub fn is_privileged_no_cors_request_header_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("range")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn the_safelist_holds_to_the_byte() {
        let long = "a".repeat(128);
        let too_long = "a".repeat(129);
        for (name, value, safelisted) in [
            ("Accept", "*/*", true),
            ("accept", "text/html;q=0.9,\u{e4}", true),
            ("accept", "a\tb", true),
            ("accept", "(x)", false),
            ("accept", "\"x\"", false),
            ("accept", "\u{1}", false),
            ("accept", "\u{7f}", false),
            ("accept", &long, true),
            ("accept", &too_long, false),
            ("accept-language", "de-DE,de;q=0.9, *", true),
            ("accept-language", "de_DE", false),
            ("accept-language", "a\tb", false),
            ("content-language", "en", true),
            ("content-language", "en/us", false),
            ("content-type", "text/plain", true),
            ("content-type", "TEXT/PLAIN; charset=utf-8", true),
            ("content-type", "multipart/form-data; boundary=x", true),
            ("content-type", "multipart/form-data; boundary=\"x\"", false),
            ("content-type", "application/x-www-form-urlencoded", true),
            ("content-type", "application/json", false),
            ("content-type", "text/plain, application/json", false),
            ("content-type", "text/plain;application/json", true),
            ("content-type", "", false),
            ("range", "bytes=0-", true),
            ("range", "bytes=0-0", true),
            ("range", "bytes=9-10", true),
            ("range", "bytes=010-9", false),
            ("range", "bytes=-500", false),
            ("range", "bytes=-", false),
            ("range", "bytes=", false),
            ("range", "bytes= 0-1", false),
            ("range", "bytes=0-1,3-4", false),
            ("range", "Bytes=0-1", false),
            ("range", "bytes=2-1", false),
            ("range", "bytes=99999999999999999999-99999999999999999998", false),
            ("dpr", "2", false),
            ("save-data", "on", false),
            ("x-foo", "", false),
        ] {
            assert_eq!(
                is_cors_safelisted_request_header(name, value.as_bytes()),
                safelisted,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn unsafe_bytes_are_these_and_no_others() {
        let delimiters = b"\"():<>?@[\\]{}\x7f";
        for byte in 0..=255_u8 {
            let expected = (byte < 0x20 && byte != b'\t') || delimiters.contains(&byte);
            assert_eq!(is_cors_unsafe_request_header_byte(byte), expected, "{byte:#x}");
        }
    }

    fn unsafe_names(pairs: &[(&'static str, &str)]) -> String {
        let headers: HeaderMap = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        let names = cors_unsafe_request_header_names(&headers, &Behavior::STANDARD);
        names.iter().map(HeaderName::as_str).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn unsafe_names_are_sorted_and_unique() {
        assert_eq!(unsafe_names(&[]), "");
        assert_eq!(unsafe_names(&[("accept", "*/*")]), "");
        let mixed = [("x-b", "1"), ("accept", "*/*"), ("x-a", "1"), ("content-type", "a/b"), ("x-b", "2")];
        assert_eq!(unsafe_names(&mixed), "content-type,x-a,x-b");
        // One bad value among several of a name makes the name unsafe, once.
        assert_eq!(unsafe_names(&[("accept", "*/*"), ("accept", "(")]), "accept");
    }

    #[test]
    fn more_than_1024_safe_bytes_are_unsafe() {
        let value = "a".repeat(128);
        let mut pairs = vec![("accept", value.as_str()); 8];
        assert_eq!(unsafe_names(&pairs), "");
        pairs.push(("content-language", "e"));
        assert_eq!(unsafe_names(&pairs), "accept,content-language");
    }

    #[test]
    fn a_method_override_can_be_forbidden() {
        for (name, value, forbidden) in [
            ("Cookie", "", true),
            ("proxy-x", "", true),
            ("SEC-x", "", true),
            ("x-csrf-token", "", false),
            ("X-HTTP-Method", "TRACE", true),
            ("x-http-method-override", "put, trace", true),
            ("x-method-override", "connect,", true),
            ("x-method-override", "track\t", true),
            ("x-method-override", "PUT", false),
            ("x-method-override", "\"trace\"", false),
            ("x-method", "TRACE", false),
        ] {
            assert_eq!(is_forbidden_request_header(name, value.as_bytes()), forbidden, "{name}: {value}");
        }
    }

    #[test]
    fn no_cors_requests_carry_what_is_safe_together() {
        let (long, short): (&str, &str) = (&"x".repeat(100), "x");
        for (lines, by_script, by_element) in [
            (&[("x-foo", short)][..], &[][..], &[][..]),
            (&[("accept", long), ("accept", long)], &[long], &[long]),
            (&[("accept", long), ("accept", long), ("accept", short)], &[long, short], &[long, short]),
            // A line that is refused takes none before it along.
            (&[("accept-language", "de"), ("accept-language", "{")], &["de"], &["de"]),
            (&[("accept-language", "{"), ("accept-language", "de")], &["de"], &["de"]),
            (
                &[("content-type", "text/plain"), ("content-type", "text/plain")],
                &["text/plain"],
                &["text/plain"],
            ),
            (&[("range", "bytes=0-")], &[], &["bytes=0-"]),
        ] {
            for (is_script, expected) in [(true, by_script), (false, by_element)] {
                let mut headers = HeaderMap::new();
                for (name, value) in lines {
                    headers.append(*name, HeaderValue::from_str(value).unwrap());
                }
                let refused = guard_request_no_cors(&mut headers, is_script);
                let kept: Vec<_> = headers.values().collect();
                assert_eq!(kept, expected, "{lines:?}");
                let name = HeaderName::from_static(lines[0].0);
                let refuses = expected.len() < lines.len();
                assert_eq!(refused, if refuses { vec![name] } else { Vec::new() }, "{lines:?}");
            }
        }
    }

    #[test]
    fn no_cors_requests_carry_four_names() {
        for (name, value, safelisted) in [
            ("Accept", "*/*", true),
            ("accept", "(", false),
            ("content-type", "text/plain", true),
            ("content-type", "application/json", false),
            ("range", "bytes=0-", false),
            ("x-foo", "1", false),
        ] {
            assert_eq!(is_no_cors_safelisted_request_header(name, value.as_bytes()), safelisted, "{name}");
        }
        assert!(is_privileged_no_cors_request_header_name("Range"));
        assert!(!is_privileged_no_cors_request_header_name("Accept"));
    }
}
