//! Request paths: which are safe to route, and how their segments compare.

use std::cmp::Ordering;

/// A path that is refused with 400, because servers read it in different ways: an encoded slash or backslash,
/// a dot segment, plain or encoded, an encoded NUL, bytes that are no path, or `//` and `;` where they decide which
/// route it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnsafePath {
    /// What is wrong, in one sentence.
    pub reason: &'static str,
}

impl std::fmt::Display for UnsafePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.reason)
    }
}

impl std::error::Error for UnsafePath {}

/// Refuses a path, without its query, that servers read in different ways. One pass, no allocation.
///
/// Empty segments (`//`) and parameters (`;`) are not refused here, for image services take whole URLs in their
/// paths: they are where they lead to another route ([`Reading`]).
pub(crate) fn check(path: &str) -> Result<(), UnsafePath> {
    let refuse = |reason| Err(UnsafePath { reason });
    let bytes = path.as_bytes();
    if bytes.first() != Some(&b'/') {
        return refuse("the path does not begin with a slash");
    }
    // Dots since the last slash; `None` once the segment holds anything else.
    let mut dots: Option<usize> = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let (byte, length) = match byte {
            b'%' => match decode(bytes, at) {
                None => return refuse("a % in the path is not followed by two hexadecimal digits"),
                Some(b'/') => return refuse("the path holds an encoded slash"),
                Some(b'\\') => return refuse("the path holds an encoded backslash"),
                Some(0) => return refuse("the path holds an encoded NUL"),
                Some(byte) => (byte, 3),
            },
            b'\\' => return refuse("the path holds a backslash"),
            b'?' | b'#' | 0..=b' ' | 0x7f => return refuse("the path holds a byte that no path has"),
            byte => (byte, 1),
        };
        let ends_segment = match (byte, length) {
            // Some servers cut parameters off before they look for dot segments.
            (b'/', 1) | (b';', _) => true,
            _ => false,
        };
        if ends_segment && matches!(dots, Some(1 | 2)) {
            return refuse("the path holds a dot segment");
        }
        dots = match (byte, dots) {
            (b'/', _) => Some(0),
            (b'.', Some(dots)) => Some(dots.saturating_add(1)),
            _ => None,
        };
        at += length;
    }
    if matches!(dots, Some(1 | 2)) { refuse("the path holds a dot segment") } else { Ok(()) }
}

/// The byte that `%xx` at `at` stands for.
fn decode(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    u8::try_from(digit(at + 1)? * 16 + digit(at + 2)?).ok()
}

/// The bytes of a checked segment, decoded.
pub(crate) fn decoded(segment: &str) -> impl Iterator<Item = u8> + '_ {
    let bytes = segment.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let byte = *bytes.get(at)?;
        let (byte, length) = match (byte, decode(bytes, at)) {
            (b'%', Some(byte)) => (byte, 3),
            _ => (byte, 1),
        };
        at += length;
        Some(byte)
    })
}

/// Compares a route's segment with a request's.
pub(crate) fn compare(own: &[u8], segment: &str) -> Ordering {
    if segment.as_bytes().contains(&b'%') {
        own.iter().copied().cmp(decoded(segment))
    } else {
        own.cmp(segment.as_bytes())
    }
}

/// How a path is parted into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As it is written.
    Plain,
    /// As servers do that leave empty segments out, and cut each segment at its first `;`.
    Lenient,
}

/// What is said of a path that the two readings lead to different routes: a wide policy would cover for the
/// strict one of the route where the upstream takes it.
pub(crate) const TWO_ROUTES: UnsafePath =
    UnsafePath { reason: "the path leads to two routes, by how its // or ; is read" };

/// Whether the readings of a path may differ.
pub(crate) fn has_other_reading(path: &str) -> bool {
    path.contains("//") || path.contains(';')
}

/// The segments of a path that begins with a slash.
pub(crate) fn segments(path: &str, reading: Reading) -> impl Iterator<Item = &str> {
    path.get(1..).unwrap_or_default().split('/').filter_map(move |segment| match reading {
        Reading::Plain => Some(segment),
        Reading::Lenient => segment.split(';').next().filter(|name| !name.is_empty()),
    })
}

/// The last segment's extension, still encoded: what follows its last dot, plain or encoded.
pub(crate) fn extension(path: &str, reading: Reading) -> Option<&str> {
    let segment = path.rsplit('/').next()?;
    let segment = match reading {
        Reading::Plain => segment,
        Reading::Lenient => segment.split(';').next()?,
    };
    let plain = segment.rfind('.').map(|dot| dot + 1);
    let encoded = segment
        .match_indices("%2")
        .filter(|(at, _)| matches!(segment.as_bytes().get(at + 2), Some(b'e' | b'E')));
    let start = plain.max(encoded.last().map(|(at, _)| at + 3))?;
    segment.get(start..)
}

/// Whether an extension in lower case is the request's.
pub(crate) fn is_extension(own: &str, requested: &str) -> bool {
    decoded(requested).map(|byte| byte.to_ascii_lowercase()).eq(own.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safe_and_unsafe_paths() {
        let safe = [
            "/",
            "//",
            "/a",
            "/a/",
            "/a//b",
            "/a.b",
            "/.a",
            "/..a",
            "/...",
            "/a..",
            "/.well-known/x",
            "/%41",
            "/%2ea",
            "/a%2e",
            "/%2e%2e%2e",
            "/caf%C3%A9",
            "/café",
            "/a;b",
            "/a;..",
            "/https://x.example/y",
            "/%252e%252e/",
            "/a%3Fb",
            "/%25",
            "/;",
        ];
        for path in safe {
            assert_eq!(check(path), Ok(()), "{path:?}");
        }
        let dot = "the path holds a dot segment";
        let slash = "the path holds an encoded slash";
        let backslash = "the path holds an encoded backslash";
        let percent = "a % in the path is not followed by two hexadecimal digits";
        let no_path = "the path holds a byte that no path has";
        let no_slash = "the path does not begin with a slash";
        let unsafe_paths = [
            ("", no_slash),
            ("a", no_slash),
            ("*", no_slash),
            ("http://x/", no_slash),
            ("/.", dot),
            ("/..", dot),
            ("/./", dot),
            ("/../a", dot),
            ("/a/..", dot),
            ("/a/./b", dot),
            ("/%2e", dot),
            ("/%2E%2e/", dot),
            ("/.%2e/a", dot),
            ("/%2e./a", dot),
            ("/a/%2e%2E", dot),
            ("/..;/a", dot),
            ("/..;x=y/a", dot),
            ("/.;a", dot),
            ("/%2e%2e%3b/a", dot),
            ("/%2f", slash),
            ("/a%2Fb", slash),
            ("/..%2f", slash),
            ("/%5c", backslash),
            ("/a%5C..", backslash),
            ("/\\", "the path holds a backslash"),
            ("/..\\a", "the path holds a backslash"),
            ("/%00", "the path holds an encoded NUL"),
            ("/a%00.png", "the path holds an encoded NUL"),
            ("/%", percent),
            ("/%2", percent),
            ("/%zz", percent),
            ("/a%+1", percent),
            ("/%é", percent),
            ("/a b", no_path),
            ("/a?b", no_path),
            ("/a#b", no_path),
            ("/a\tb", no_path),
            ("/\x7f", no_path),
            ("/\0", no_path),
        ];
        for (path, reason) in unsafe_paths {
            assert_eq!(check(path), Err(UnsafePath { reason }), "{path:?}");
        }
    }

    #[test]
    fn extensions() {
        let table = [
            ("/a.png", Some("png")),
            ("/a.tar.gz", Some("gz")),
            ("/a", None),
            ("/a.b/c", None),
            ("/a.", Some("")),
            ("/.png", Some("png")),
            ("/a%2epng", Some("png")),
            ("/a%2Etar.gz", Some("gz")),
            ("/a.b%2egz", Some("gz")),
            ("/a.p%6eg", Some("p%6eg")),
            ("/", None),
        ];
        for (path, expected) in table {
            assert_eq!(extension(path, Reading::Plain), expected, "{path:?}");
        }
        assert!(is_extension("png", "PnG"));
        assert!(is_extension("png", "p%6Eg"));
        assert!(!is_extension("png", "pngx"));
        assert!(!is_extension("png", "pn"));
    }
}
