//! Reading the values of a header list.

use std::borrow::Cow;
use std::fmt;

use http::{HeaderMap, HeaderName};

use super::is_token;

/// A header does not fit its grammar, or stands more often than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtractError;

impl fmt::Display for ExtractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the header does not fit its grammar; write it once, as one list of names or one number")
    }
}

impl std::error::Error for ExtractError {}

/// All values of a header, joined; without a copy where there is one line.
/// [Source](https://fetch.spec.whatwg.org/#concept-header-list-get).
pub fn get<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Cow<'a, [u8]>> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next()?;
    let mut joined = Cow::Borrowed(first.as_bytes());
    for line in lines {
        let joined = joined.to_mut();
        joined.extend_from_slice(b", ");
        joined.extend_from_slice(line.as_bytes());
    }
    Some(joined)
}

/// Parts a value at the commas outside quoted strings.
/// [Source](https://fetch.spec.whatwg.org/#concept-header-list-get-decode-split).
pub fn get_decode_and_split(value: &[u8]) -> Vec<&[u8]> {
    let (mut values, mut start, mut position) = (Vec::new(), 0, 0);
    loop {
        match value.get(position) {
            // A quoted string is kept as it is written, quotes, escapes and commas included.
            Some(b'"') => position = end_of_quoted_string(value, position),
            Some(b',') => {
                values.push(trim_tab_or_space(&value[start..position]));
                position += 1;
                start = position;
            }
            Some(_) => position += 1,
            None => {
                values.push(trim_tab_or_space(&value[start..]));
                return values;
            }
        }
    }
}

/// Where a quoted string that begins at `start` ends; one that is not closed ends with the value.
/// [Source](https://fetch.spec.whatwg.org/#collect-an-http-quoted-string).
fn end_of_quoted_string(value: &[u8], start: usize) -> usize {
    let mut position = start + 1;
    while let Some(byte) = value.get(position) {
        position += match byte {
            b'"' => return position + 1,
            b'\\' => 2,
            _ => 1,
        };
    }
    value.len()
}

fn trim_tab_or_space(value: &[u8]) -> &[u8] {
    let kept = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let start = value.iter().position(kept).unwrap_or(value.len());
    let end = value.iter().rposition(kept).map_or(start, |last| last + 1);
    &value[start..end]
}

/// The methods or header names that all lines of a header list; `None` where the header is absent. Empty
/// elements count for nothing, as HTTP has it for every list.
/// [Source](https://fetch.spec.whatwg.org/#extract-header-list-values).
///
/// # Errors
/// One element is no method or header name: the whole list fails.
pub fn extract_header_list_values<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<Vec<&'a [u8]>>, ExtractError> {
    // An absent header is told from an empty list.
    if !headers.contains_key(name) {
        return Ok(None);
    }
    let mut values = Vec::new();
    // Each line is parsed by itself; one that fails fails all.
    for line in headers.get_all(name) {
        for element in line.as_bytes().split(|&byte| byte == b',').map(trim_tab_or_space) {
            match element {
                b"" => {}
                element if is_token(element) => values.push(element),
                _ => return Err(ExtractError),
            }
        }
    }
    Ok(Some(values))
}

/// The number of seconds that a header says, at most `u64::MAX`; `None` where it is absent.
/// [Source](https://fetch.spec.whatwg.org/#extract-header-list-values).
///
/// # Errors
/// The header stands twice, or is no number.
pub fn extract_delta_seconds(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, ExtractError> {
    let mut lines = headers.get_all(name).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    // The grammar allows one header only.
    if lines.next().is_some() {
        return Err(ExtractError);
    }
    parse_delta_seconds(trim_tab_or_space(line.as_bytes())).map(Some)
}

/// [Source](https://www.rfc-editor.org/rfc/rfc9111#section-1.2.2).
pub(crate) fn parse_delta_seconds(digits: &[u8]) -> Result<u64, ExtractError> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(ExtractError);
    }
    let add = |number: u64, digit: &u8| number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    Ok(digits.iter().fold(0, add))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const NAME: HeaderName = HeaderName::from_static("a");

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (NAME, HeaderValue::from_str(line).unwrap())).collect()
    }

    #[test]
    fn splitting_respects_quotes() {
        for (lines, expected) in [
            (&["nosniff,"][..], &["nosniff", ""][..]),
            (&["nosniff", ""], &["nosniff", ""]),
            (&[""], &[""]),
            (&["text/html;\", x/x"], &["text/html;\", x/x"]),
            (&["text/html;\"", "x/x"], &["text/html;\", x/x"]),
            (&["x/x;test=\"hi\",y/y"], &["x/x;test=\"hi\"", "y/y"]),
            (&["x / x,,,1"], &["x / x", "", "", "1"]),
            (&["x / x", ",", "1"], &["x / x", "", "", "1"]),
            (&["\"1,2\", 3"], &["\"1,2\"", "3"]),
            (&["\"1\\\",2\", 3"], &["\"1\\\",2\"", "3"]),
            (&["\"1\\"], &["\"1\\"]),
        ] {
            let headers = headers(lines);
            let joined = get(&headers, &NAME).unwrap();
            let expected: Vec<_> = expected.iter().map(|value| value.as_bytes()).collect();
            assert_eq!(get_decode_and_split(&joined), expected, "{lines:?}");
        }
        assert_eq!(get(&HeaderMap::new(), &NAME), None);
    }

    #[test]
    fn one_bad_element_fails_the_list() {
        for (lines, expected) in [
            (&[][..], Ok(None)),
            (&[""], Ok(Some(&[][..]))),
            (&["PUT, \tDELETE"], Ok(Some(&["PUT", "DELETE"][..]))),
            (&["PUT", "DELETE"], Ok(Some(&["PUT", "DELETE"]))),
            (&[",,PUT,,"], Ok(Some(&["PUT"]))),
            (&["*"], Ok(Some(&["*"]))),
            (&["PUT DELETE"], Err(ExtractError)),
            (&["PUT", "a b"], Err(ExtractError)),
            (&["PUT;q=1"], Err(ExtractError)),
            (&["\"PUT\""], Err(ExtractError)),
        ] {
            let headers = headers(lines);
            let expected = expected
                .map(|list| list.map(|list| list.iter().map(|value| value.as_bytes()).collect::<Vec<_>>()));
            assert_eq!(extract_header_list_values(&headers, &NAME), expected, "{lines:?}");
        }
    }

    #[test]
    fn seconds_are_one_number() {
        for (lines, expected) in [
            (&[][..], Ok(None)),
            (&["600"], Ok(Some(600))),
            (&["0"], Ok(Some(0))),
            (&["99999999999999999999999"], Ok(Some(u64::MAX))),
            (&["-1"], Err(ExtractError)),
            (&["+1"], Err(ExtractError)),
            (&["1.5"], Err(ExtractError)),
            (&["1, 1"], Err(ExtractError)),
            (&["1", "1"], Err(ExtractError)),
            (&[""], Err(ExtractError)),
        ] {
            assert_eq!(extract_delta_seconds(&headers(lines), &NAME), expected, "{lines:?}");
        }
    }
}
