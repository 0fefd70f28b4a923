//! The header names that a preflight asks for, as intermediaries pass them on.

use std::cmp::Ordering;
use std::fmt;

use http::HeaderValue;

use super::{is_token_byte, shared_header_value};

/// The most bytes of `Access-Control-Request-Headers` that are read, all lines together.
pub const MAX_BYTES: usize = 4096;
/// The most names that are read, empty list elements counted.
pub const MAX_NAMES: usize = 128;

/// Why a list of header names is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderListError {
    /// More than [`MAX_BYTES`] bytes or [`MAX_NAMES`] names.
    TooLong,
    /// An element is no header name.
    Syntax,
}

impl fmt::Display for HeaderListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "it has more than {MAX_BYTES} bytes or {MAX_NAMES} names"),
            Self::Syntax => f.write_str("one of its elements is no header name"),
        }
    }
}

impl std::error::Error for HeaderListError {}

/// The names of `Access-Control-Request-Headers`, in any case and order, without empty elements.
///
/// User agents send one line of lower-case names, sorted, unique, joined by bare commas. Intermediaries split
/// it over lines, re-order, re-case and re-space it; HTTP lets them, so all of that is read, within bounds.
///
/// ```
/// use crossorigin::infrastructure::request_header_list::RequestHeaderList;
/// use http::HeaderValue;
///
/// let lines = [HeaderValue::from_static("X-Foo ,content-type"), HeaderValue::from_static("x-foo")];
/// let list = RequestHeaderList::parse(&lines)?;
/// assert_eq!(list.canonical(), "content-type,x-foo");
/// # Ok::<(), crossorigin::infrastructure::request_header_list::HeaderListError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RequestHeaderList<'a, L> {
    lines: L,
    /// The one line, where it is in the form that user agents send.
    canonical: Option<&'a HeaderValue>,
}

impl<'a, L: IntoIterator<Item = &'a HeaderValue> + Clone> RequestHeaderList<'a, L> {
    /// Reads all lines of the header. What it does is bounded by [`MAX_BYTES`], whatever is sent.
    ///
    /// # Errors
    /// The list is too long, or not a list of header names.
    pub fn parse(lines: L) -> Result<Self, HeaderListError> {
        let (mut bytes, mut elements) = (0_usize, 0_usize);
        let mut canonical = None;
        for (nth, line) in lines.clone().into_iter().enumerate() {
            bytes = bytes.saturating_add(line.len() + usize::from(nth > 0));
            if bytes > MAX_BYTES {
                return Err(HeaderListError::TooLong);
            }
            let (mut clean, mut previous): (bool, &[u8]) = (nth == 0, b"");
            for element in line.as_bytes().split(|&byte| byte == b',') {
                elements += 1;
                if elements > MAX_NAMES {
                    return Err(HeaderListError::TooLong);
                }
                let name = element.trim_ascii();
                if !name.iter().all(|&byte| is_token_byte(byte)) {
                    return Err(HeaderListError::Syntax);
                }
                clean &= name.len() == element.len()
                    && previous < name
                    && !name.iter().any(u8::is_ascii_uppercase);
                previous = name;
            }
            canonical = clean.then_some(line);
        }
        Ok(Self { lines, canonical })
    }

    /// The names as sent.
    pub fn names(&self) -> impl Iterator<Item = &'a [u8]> + use<'a, L> {
        self.lines
            .clone()
            .into_iter()
            .flat_map(|line| line.as_bytes().split(|&byte| byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|name| !name.is_empty())
    }

    /// The names in lower case, sorted, unique and joined by bare commas, as a user agent sends them.
    /// [Source](https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names).
    pub fn canonical(&self) -> String {
        // OPTIMIZATION: names are put in order where they stand, so that only their text is allocated (test
        // a_preflight_allocates_its_response_and_no_more).
        let (mut names, mut count) = ([&b""[..]; MAX_NAMES], 0);
        for (place, name) in names.iter_mut().zip(self.names()) {
            *place = name;
            count += 1;
        }
        let names = &mut names[..count];
        names.sort_unstable_by(|left, right| compare_ignoring_case(left, right));
        let mut text = String::with_capacity(names.iter().map(|name| name.len() + 1).sum());
        let mut previous: &[u8] = b"";
        for name in names.iter() {
            if name.eq_ignore_ascii_case(previous) {
                continue;
            }
            if !text.is_empty() {
                text.push(',');
            }
            text.extend(name.iter().map(|byte| char::from(byte.to_ascii_lowercase())));
            previous = name;
        }
        text
    }

    /// The value to answer when every name is granted: the sent one where it is canonical.
    pub(crate) fn to_header_value(&self) -> Option<HeaderValue> {
        // OPTIMIZATION: a canonical line is shared, not copied (test a_canonical_line_is_itself).
        self.canonical.cloned().or_else(|| shared_header_value(self.canonical()))
    }
}

/// Compares two names as if both were in lower case.
pub(crate) fn compare_ignoring_case(left: &[u8], right: &[u8]) -> Ordering {
    left.iter().map(u8::to_ascii_lowercase).cmp(right.iter().map(u8::to_ascii_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[&str]) -> Result<String, HeaderListError> {
        let lines: Vec<_> = lines.iter().map(|line| HeaderValue::from_str(line).unwrap()).collect();
        RequestHeaderList::parse(&lines).map(|list| list.canonical())
    }

    #[test]
    fn intermediaries_may_rewrite_the_list() {
        for (lines, canonical) in [
            (&["content-type,x-foo"][..], "content-type,x-foo"),
            (&["content-type, x-foo"], "content-type,x-foo"),
            (&["x-foo", "content-type"], "content-type,x-foo"),
            (&["X-Foo,\tContent-Type"], "content-type,x-foo"),
            (&["x-foo,X-FOO,x-foo"], "x-foo"),
            (&[",,x-foo,,"], "x-foo"),
            (&[""], ""),
            (&[], ""),
        ] {
            assert_eq!(parse(lines).as_deref(), Ok(canonical), "{lines:?}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for line in ["x foo", "x-foo;q=1", "x-foo:", "(x)", "x-foo,\"y\"", "x@y"] {
            assert_eq!(parse(&[line]), Err(HeaderListError::Syntax), "{line}");
        }
    }

    #[test]
    fn bounds_hold_to_the_byte() {
        let names = vec!["x"; MAX_NAMES].join(",");
        assert!(parse(&[&names]).is_ok());
        assert_eq!(parse(&[&format!("{names},x")]), Err(HeaderListError::TooLong));
        assert!(parse(&[&"x".repeat(MAX_BYTES)]).is_ok());
        assert_eq!(parse(&[&"x".repeat(MAX_BYTES + 1)]), Err(HeaderListError::TooLong));
        assert!(parse(&[&"x".repeat(MAX_BYTES - 2), "y"]).is_ok());
        assert_eq!(parse(&[&"x".repeat(MAX_BYTES - 1), "y"]), Err(HeaderListError::TooLong));
    }

    #[test]
    fn a_canonical_line_is_itself() {
        let shared = |line: &str| {
            let line = [HeaderValue::from_str(line).unwrap()];
            let list = RequestHeaderList::parse(&line).unwrap();
            (list.canonical.is_some(), list.to_header_value().map(|value| value == list.canonical()))
        };
        assert_eq!(shared("authorization,x-foo"), (true, Some(true)));
        for rewritten in ["x-foo,authorization", "x-foo,x-foo", "a, b", "A", "a,,b", "a,"] {
            assert_eq!(shared(rewritten), (false, Some(true)), "{rewritten}");
        }
    }
}
