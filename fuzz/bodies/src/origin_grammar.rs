use crossorigin::infrastructure::origin::SerializedOrigin;
use url::{Host, Url};

use crate::tape::Tape;

/// What is read as an origin is what a user agent would serialize, and what a user agent would serialize is
/// read, but for hosts outside the grammar of the `Origin` header.
pub fn origin_grammar(bytes: &[u8]) {
    check(bytes);
    check(Tape::new(bytes).origin().as_bytes());
}

fn check(value: &[u8]) {
    let parsed = SerializedOrigin::parse(value);
    let Ok(text) = std::str::from_utf8(value) else {
        assert!(parsed.is_err(), "{value:?} is not ASCII");
        return;
    };
    let serialized = Url::parse(text).ok().map(|url| url.origin()).filter(url::Origin::is_tuple);
    let is_canonical = serialized.as_ref().is_some_and(|origin| origin.ascii_serialization() == text);
    match (parsed, &serialized) {
        (Ok(origin), _) => {
            let port = origin.port().map_or_else(String::new, |port| format!(":{port}"));
            let (scheme, host) = (origin.scheme().escape_ascii(), origin.host().escape_ascii());
            assert_eq!(format!("{scheme}://{host}{port}"), text, "an origin is the sum of its parts");
            let is_special = matches!(origin.scheme(), b"http" | b"https" | b"ws" | b"wss" | b"ftp");
            // A host that IDNA refuses has a punycode label that says nothing; DNS never carries it.
            assert!(
                !is_special || is_canonical || text.contains("xn--"),
                "{text} is not what browsers serialize"
            );
        }
        (Err(error), Some(url::Origin::Tuple(_, host, _))) if is_canonical => {
            let outside = match host {
                Host::Domain(domain) => !domain.split('.').all(is_label) || domain.len() > 253,
                Host::Ipv4(_) | Host::Ipv6(_) => false,
            };
            assert!(outside, "{text} is refused: {error}");
        }
        (Err(_), _) => {}
    }
}

fn is_label(label: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    label.bytes().all(|byte| alphanumeric(byte) || byte == b'-')
        && label.bytes().next().is_some_and(alphanumeric)
        && label.bytes().next_back().is_some_and(alphanumeric)
        && label.len() <= 63
}
