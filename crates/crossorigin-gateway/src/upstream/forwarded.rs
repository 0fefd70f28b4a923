//! Tells the upstream who asked, and how.
//!
//! DESIGN: what the client itself says in these headers is replaced, not gone on with: nobody has said which
//! proxies before the gateway can be trusted, and an upstream that believes the first address of a list believes
//! the client.

use std::net::{IpAddr, SocketAddr};

use http::header::{FORWARDED, VIA};
use http::uri::Scheme;
use http::{HeaderMap, HeaderName, HeaderValue, Version};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Further ones that some upstreams believe, which only a client can have sent.
const OTHERS: [HeaderName; 4] = [
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-prefix"),
    HeaderName::from_static("x-forwarded-server"),
    HeaderName::from_static("x-real-ip"),
];

/// Sets `Forwarded` ([RFC 7239](https://www.rfc-editor.org/rfc/rfc7239)), `X-Forwarded-For`, `-Host` and `-Proto`,
/// and adds to `Via`.
pub(crate) fn set(
    headers: &mut HeaderMap,
    peer: SocketAddr,
    host: Option<&str>,
    scheme: &Scheme,
    version: Version,
) {
    for name in OTHERS {
        headers.remove(name);
    }
    for name in disguised(headers) {
        headers.remove(name);
    }
    let address = peer.ip().to_canonical();
    let mut forwarded = match address {
        IpAddr::V4(address) => format!("for={address}"),
        IpAddr::V6(address) => format!("for=\"[{address}]\""),
    };
    if let Some(host) = host {
        forwarded.push_str(";host=\"");
        forwarded.push_str(host);
        forwarded.push('"');
    }
    forwarded.push_str(";proto=");
    forwarded.push_str(scheme.as_str());
    let mut set = |name: HeaderName, value: Option<HeaderValue>| match value {
        Some(value) => drop(headers.insert(name, value)),
        None => drop(headers.remove(name)),
    };
    set(FORWARDED, forwarded.try_into().ok());
    set(X_FORWARDED_FOR, address.to_string().try_into().ok());
    set(X_FORWARDED_HOST, host.and_then(|host| host.try_into().ok()));
    set(X_FORWARDED_PROTO, HeaderValue::from_str(scheme.as_str()).ok());
    let via = match version {
        Version::HTTP_10 => "1.0 crossorigin",
        Version::HTTP_2 => "2 crossorigin",
        _ => "1.1 crossorigin",
    };
    headers.append(VIA, HeaderValue::from_static(via));
}

/// Names that upstreams which make variables of headers, as CGI has it, take for one that the gateway sets or that
/// says how long the request is: with underscores for dashes.
fn disguised(headers: &HeaderMap) -> Vec<HeaderName> {
    const SET: [&str; 11] = [
        "content-length",
        "content-type",
        "forwarded",
        "transfer-encoding",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-prefix",
        "x-forwarded-proto",
        "x-forwarded-server",
        "x-real-ip",
    ];
    let is_one = |name: &&HeaderName| {
        let name = name.as_str();
        let is_like = |set: &&str| {
            let mut bytes = set.bytes().zip(name.bytes());
            set.len() == name.len() && bytes.all(|(set, byte)| set == byte || (set, byte) == (b'-', b'_'))
        };
        name.contains('_') && SET.iter().any(is_like)
    };
    headers.keys().filter(is_one).cloned().collect()
}
