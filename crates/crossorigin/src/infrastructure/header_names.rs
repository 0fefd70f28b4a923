//! Header names and their classes.

/// Names that script can't set, whatever the value.
const FORBIDDEN_REQUEST_HEADERS: [&str; 21] = [
    "accept-charset",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Whether script can never set a request header of this name, whatever its value; case-insensitive.
/// [Source](https://fetch.spec.whatwg.org/#forbidden-request-header).
///
/// ```
/// use crossorigin::infrastructure::header_names::is_forbidden_request_header_name;
/// assert!(is_forbidden_request_header_name("Cookie"));
/// assert!(is_forbidden_request_header_name("Sec-Fetch-Site"));
/// assert!(!is_forbidden_request_header_name("X-CSRF-Token"));
/// ```
pub fn is_forbidden_request_header_name(name: &str) -> bool {
    let starts_with = |prefix: &str| {
        name.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    FORBIDDEN_REQUEST_HEADERS.iter().any(|forbidden| name.eq_ignore_ascii_case(forbidden))
        || starts_with("proxy-")
        || starts_with("sec-")
}

/// Whether script can never read a response header of this name; case-insensitive.
/// [Source](https://fetch.spec.whatwg.org/#forbidden-response-header-name).
pub fn is_forbidden_response_header_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("set-cookie") || name.eq_ignore_ascii_case("set-cookie2")
}

/// Whether script may read a response header of this name without it being exposed; case-insensitive.
/// [Source](https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name).
pub fn is_cors_safelisted_response_header_name(name: &str) -> bool {
    [
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "expires",
        "last-modified",
        "pragma",
    ]
    .iter()
    .any(|safelisted| name.eq_ignore_ascii_case(safelisted))
}

/// The name that `*` never covers: `Authorization`; case-insensitive.
/// [Source](https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name).
pub fn is_cors_non_wildcard_request_header_name(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"authorization")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_their_class_in_any_case() {
        // As the standard writes them.
        let forbidden = "Accept-Charset Accept-Encoding Access-Control-Request-Headers Access-Control-Request-Method \
                         Connection Content-Length Cookie Cookie2 Date DNT Expect Host Keep-Alive Origin Referer \
                         Set-Cookie TE Trailer Transfer-Encoding Upgrade Via Proxy- Proxy-Authorization Sec- \
                         sec-fetch-site";
        let others = "Accept Authorization Content-Type User-Agent Range X-Foo Proxy Sec Dates Access-Control-Request- \
                      Access-Control-Request-Private-Network Cookie3 Pragma";
        for (names, is_forbidden) in [(forbidden, true), (others, false)] {
            for name in names.split_whitespace() {
                assert_eq!(is_forbidden_request_header_name(name), is_forbidden, "{name}");
            }
        }
        for name in ["Set-Cookie", "set-cookie2"] {
            assert!(is_forbidden_response_header_name(name), "{name}");
        }
        assert!(!is_forbidden_response_header_name("Set-Cookie3"));
        let shown = "Cache-Control Content-Language Content-Length Content-Type Expires Last-Modified Pragma";
        for name in shown.split_whitespace() {
            assert!(is_cors_safelisted_response_header_name(name), "{name}");
        }
        for name in ["ETag", "Location", "Content-Encoding", "Set-Cookie", "Date", "Server", "X-Foo"] {
            assert!(!is_cors_safelisted_response_header_name(name), "{name}");
        }
    }
}
