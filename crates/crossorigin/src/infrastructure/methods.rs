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
