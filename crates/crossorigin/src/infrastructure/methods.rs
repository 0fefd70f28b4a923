//! Methods and their classes.

/// Whether a method needs no permission: GET, HEAD or POST, case-sensitively.
/// [Source](https://fetch.spec.whatwg.org/#cors-safelisted-method).
///
/// ```
/// use crossorigin::infrastructure::methods::is_cors_safelisted_method;
/// assert!(is_cors_safelisted_method(b"POST"));
/// assert!(!is_cors_safelisted_method(b"post"));
/// ```
pub fn is_cors_safelisted_method(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"POST")
}

/// Whether script can never use a method: CONNECT, TRACE or TRACK, in any case.
/// [Source](https://fetch.spec.whatwg.org/#forbidden-method).
pub fn is_forbidden_method(method: &[u8]) -> bool {
    [&b"CONNECT"[..], b"TRACE", b"TRACK"].iter().any(|forbidden| method.eq_ignore_ascii_case(forbidden))
}

/// The method that was most likely meant, where it differs from what is written by case alone. Browsers
/// upper-case six names before they send them, and `patch` is not among them: it goes out as written.
/// [Source](https://fetch.spec.whatwg.org/#concept-method-normalize).
pub(crate) fn well_known_spelling(method: &str) -> Option<&'static str> {
    ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
        .into_iter()
        .find(|known| *known != method && known.eq_ignore_ascii_case(method))
}

/// The method as user agents send it: upper-cased for the six names for which that is done, else as written.
/// [Source](https://fetch.spec.whatwg.org/#concept-method-normalize).
///
/// ```
/// use crossorigin::infrastructure::methods::normalize_method;
/// assert_eq!((normalize_method("put"), normalize_method("patch")), ("PUT", "patch"));
/// ```
pub fn normalize_method(method: &str) -> &str {
    ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(method))
        .unwrap_or(method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_methods_are_normalized_and_no_other() {
        for (written, sent) in [
            ("get", "GET"),
            ("Head", "HEAD"),
            ("post", "POST"),
            ("pUT", "PUT"),
            ("delete", "DELETE"),
            ("options", "OPTIONS"),
            ("patch", "patch"),
            ("Patch", "Patch"),
            ("trace", "trace"),
            ("PROPFIND", "PROPFIND"),
        ] {
            assert_eq!(normalize_method(written), sent, "{written}");
        }
    }
}
