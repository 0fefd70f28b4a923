//! Secrets do not leave.

use crossorigin_verdict::{redacted_exchange, redacted_header_value, redacted_url};
use http::{HeaderName, HeaderValue};

use crate::support::Fetch;

#[test]
fn headers_keep_their_names_and_lose_their_secrets() {
    for (name, value, expected) in [
        ("cookie", "sid=abc; theme=dark", "sid=redacted; theme=redacted"),
        ("cookie", "plain", "redacted"),
        (
            "set-cookie",
            "sid=abc; Path=/; Secure; SameSite=None",
            "sid=redacted; Path=/; Secure; SameSite=None",
        ),
        ("authorization", "Bearer abc.def", "Bearer redacted"),
        ("authorization", "abc", "redacted"),
        ("proxy-authorization", "Basic dTpw", "Basic redacted"),
        ("x-api-key", "1", "redacted"),
        ("x-csrf-token", "1", "redacted"),
        ("location", "https://a.example/cb?code=1&x=2", "https://a.example/cb?code=redacted&x=2"),
        ("location", "/cb?access_token=1", "/cb?access_token=redacted"),
        ("access-control-request-headers", "x-csrf-token", "x-csrf-token"),
        ("access-control-allow-origin", "https://token.example", "https://token.example"),
        ("content-type", "text/html", "text/html"),
        (
            "content-type",
            "multipart/form-data; boundary=----0123456789abcdef0123456789abcdef",
            "multipart/form-data; boundary=----0123456789abcdef0123456789abcdef",
        ),
        ("etag", "\"0123456789abcdef0123456789abcdef\"", "\"0123456789abcdef0123456789abcdef\""),
        ("x-auth-key", "1", "redacted"),
        ("ocp-apim-subscription-key", "1", "redacted"),
        ("x-author", "me", "me"),
        ("keep-alive", "timeout=5", "timeout=5"),
        (
            "link",
            "</a?page=2&token=1>; rel=next, <https://x.example/?sig=2>",
            "</a?page=2&token=redacted>; rel=next, <https://x.example/?sig=redacted>",
        ),
        ("refresh", "0; url=/login?code=1", "0; url=/login?code=redacted"),
        ("content-location", "/a?key=1", "/a?key=redacted"),
        ("x-forwarded-jwt-in", "eyJhbGciOiJub25lIn0.e30.x", "redacted"),
        ("x-note", "of eyJhbGciOiJub25lIn0.e30.x, yes", "of redacted, yes"),
    ] {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        assert_eq!(redacted_header_value(&name, &value), expected, "{name}: {value:?}");
    }
}

#[test]
fn urls_lose_what_looks_like_a_token() {
    for (url, expected) in [
        ("https://a.example/?page=2&q=cors", "https://a.example/?page=2&q=cors"),
        ("https://a.example/?Access_Token=1", "https://a.example/?Access_Token=redacted"),
        (
            "https://a.example/?X-Amz-Signature=1&X-Amz-Date=2",
            "https://a.example/?X-Amz-Signature=redacted&X-Amz-Date=2",
        ),
        ("https://a.example/?v=eyJhbGciOiJub25lIn0.e30.x", "https://a.example/?v=redacted"),
        ("https://a.example/?v=0123456789abcdef0123456789abcdef", "https://a.example/?v=redacted"),
        (
            "https://a.example/?title=a-long-title-without-any-digits-in-it",
            "https://a.example/?title=a-long-title-without-any-digits-in-it",
        ),
        ("https://u:p@a.example/", "https://u:redacted@a.example/"),
        ("https://ghp0123@a.example/", "https://redacted@a.example/"),
        ("https://0123456789abcdef0123456789abcdef:x@a.example/", "https://redacted:redacted@a.example/"),
        ("https://a.example/?access%5Ftoken=1", "https://a.example/?access%5Ftoken=redacted"),
        ("https://a.example/?page=2;token=1", "https://a.example/?page=2;token=redacted"),
        ("https://a.example/?keyword=cors&author=me", "https://a.example/?keyword=cors&author=me"),
        (
            "https://a.example/?subscriptionKey=1&myAuth=2",
            "https://a.example/?subscriptionKey=redacted&myAuth=redacted",
        ),
        ("https://a.example/?0123456789abcdef0123456789abcdef", "https://a.example/?redacted"),
        ("https://a.example/?eyJhbGciOiJub25lIn0.e30.x", "https://a.example/?redacted"),
        ("https://a.example/join/eyJhbGciOiJub25lIn0.e30.x/now", "https://a.example/join/redacted/now"),
        ("https://a.example/#eyJhbGciOiJub25lIn0.e30.x", "https://a.example/#redacted"),
        ("https://a.example/eyJ/é?eyJ=1", "https://a.example/eyJ/%C3%A9?eyJ=1"),
        ("https://a.example/#section", "https://a.example/#section"),
    ] {
        assert_eq!(redacted_url(&url.parse().unwrap()).as_str(), expected);
    }
}

#[test]
fn a_whole_exchange() {
    let record = Fetch::new("https://api.example/?api_key=SECRET")
        .header("authorization", "Bearer SECRET")
        .answered(&[
            "204\naccess-control-allow-origin: *\naccess-control-allow-headers: authorization",
            "200\naccess-control-allow-origin: *\nset-cookie: sid=SECRET",
        ]);
    for exchange in &record.exchanges {
        assert!(!format!("{:?}", redacted_exchange(exchange)).contains("SECRET"));
    }
}
