//! Headers that concern one connection and go no further.

use http::header::{CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// Takes out what [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1) has a proxy take out: what
/// `Connection` names, and what is known to be for one connection. `Trailer` stays, and so does `TE: trailers`,
/// which together let trailers through.
///
/// WebSocket handshakes will need `Upgrade` here.
pub(crate) fn remove(headers: &mut HeaderMap) {
    let takes_trailers = headers.get_all(TE).iter().any(|line| {
        line.as_bytes().split(|&byte| byte == b',').any(|item| {
            let coding = item.split(|&byte| byte == b';').next().unwrap_or_default();
            coding.trim_ascii().eq_ignore_ascii_case(b"trailers")
        })
    });
    if headers.contains_key(CONNECTION) {
        let named: Vec<HeaderName> = headers
            .get_all(CONNECTION)
            .iter()
            .flat_map(|line| line.as_bytes().split(|&byte| byte == b','))
            .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
            // What the message means to its receiver is not for `Connection` to take away: a client could have
            // the headers dropped that say where it comes from and whom it asks.
            .filter(|name| !is_end_to_end(name))
            .collect();
        for name in named {
            headers.remove(name);
        }
        headers.remove(CONNECTION);
    }
    for name in [
        KEEP_ALIVE,
        PROXY_CONNECTION,
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        TE,
        TRANSFER_ENCODING,
        UPGRADE,
    ] {
        headers.remove(name);
    }
    if takes_trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
}

fn is_end_to_end(name: &HeaderName) -> bool {
    const END_TO_END: [&str; 9] = [
        "host",
        "origin",
        "cookie",
        "authorization",
        "content-length",
        "content-type",
        "content-encoding",
        "vary",
        "set-cookie",
    ];
    END_TO_END.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removed(lines: &[(&'static str, &'static str)]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        remove(&mut headers);
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    }

    #[test]
    fn what_is_for_one_connection_goes_no_further() {
        type Lines = &'static [(&'static str, &'static str)];
        let table: &[(Lines, &[&str])] = &[
            (&[("accept", "a"), ("connection", "keep-alive")], &["accept: a"]),
            (
                &[("connection", "x-one, X-Two"), ("x-one", "1"), ("x-two", "2"), ("x-three", "3")],
                &["x-three: 3"],
            ),
            (&[("connection", "x-one"), ("connection", "x-two"), ("x-one", "1"), ("x-two", "2")], &[]),
            (&[("connection", "cookie, origin, host"), ("cookie", "a=b")], &["cookie: a=b"]),
            (&[("connection", "close, ,?bad name"), ("via", "1.1 a")], &["via: 1.1 a"]),
            (&[("connection", "te"), ("te", "gzip, Trailers;q=1")], &["te: trailers"]),
            (&[("te", "gzip")], &[]),
            (&[("trailer", "x-sum"), ("transfer-encoding", "chunked")], &["trailer: x-sum"]),
            (&[("upgrade", "websocket"), ("connection", "upgrade")], &[]),
            (&[("proxy-authorization", "x"), ("proxy-connection", "y"), ("keep-alive", "5")], &[]),
        ];
        for (lines, expected) in table {
            assert_eq!(removed(lines), *expected, "{lines:?}");
        }
    }
}
