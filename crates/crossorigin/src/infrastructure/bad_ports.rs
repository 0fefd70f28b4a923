//! Ports that fetches never go to.

use url::Url;

/// Whether a URL's port is one that HTTP(S) fetches, and handshakes, are blocked from, since another protocol
/// lives there.
/// [Source](https://fetch.spec.whatwg.org/#block-bad-port).
///
/// ```
/// use crossorigin::infrastructure::bad_ports::is_bad_port;
/// assert!(is_bad_port(&"http://a.example:25/".parse()?));
/// assert!(!is_bad_port(&"http://a.example:8080/".parse()?));
/// # Ok::<(), url::ParseError>(())
/// ```
pub fn is_bad_port(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https" | "ws" | "wss")
        && url.port().is_some_and(|port| BAD_PORTS.binary_search(&port).is_ok())
}

/// [Source](https://fetch.spec.whatwg.org/#bad-port), in order.
const BAD_PORTS: &[u16] = &[
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103,
    104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514,
    515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723,
    2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_other_protocols_are_bad() {
        assert!(BAD_PORTS.is_sorted() && BAD_PORTS.len() == 83, "{}", BAD_PORTS.len());
        for (url, is_bad) in [
            ("http://a.example/", false),
            ("https://a.example:80/", false),
            ("http://a.example:443/", false),
            ("http://a.example:0/", true),
            ("https://a.example:25/", true),
            ("ws://a.example:6000/", true),
            ("http://a.example:6664/", false),
            ("http://a.example:6665/", true),
            ("wss://a.example:10080/", true),
            ("https://a.example:10081/", false),
            ("ftp://a.example:25/", false),
        ] {
            assert_eq!(is_bad_port(&Url::parse(url).unwrap()), is_bad, "{url}");
        }
    }
}
