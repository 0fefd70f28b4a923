//! Serialized origins, held to the standard's grammar.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The longest scheme that is read, in bytes. Those in use have at most about 20.
pub const MAX_SCHEME_BYTES: usize = 64;
/// The longest host that is read, in bytes: DNS's bound on a name.
pub const MAX_HOST_BYTES: usize = 253;
/// The longest label of a domain, in bytes: DNS's bound.
pub const MAX_LABEL_BYTES: usize = 63;
/// The longest serialized origin that is read, in bytes.
pub const MAX_ORIGIN_BYTES: usize = MAX_SCHEME_BYTES + "://".len() + MAX_HOST_BYTES + ":65535".len();

/// A tuple origin as user agents serialize it, such as `https://app.example:8443`.
/// [Source](https://fetch.spec.whatwg.org/#origin-header).
///
/// Reading one is stricter than the grammar in three places, where no user agent can send what the grammar
/// lets through: default ports, ports above 65535 or with leading zeros, and http(s) hosts that end in a
/// number without being IPv4 addresses.
///
/// ```
/// use crossorigin::infrastructure::origin::SerializedOrigin;
///
/// let origin = SerializedOrigin::parse(b"https://app.example:8443")?;
/// assert_eq!((origin.scheme(), origin.host(), origin.port()), (&b"https"[..], &b"app.example"[..], Some(8443)));
/// assert!(SerializedOrigin::parse(b"https://evil.example, https://app.example").is_err());
/// # Ok::<(), crossorigin::infrastructure::origin::OriginSyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SerializedOrigin<'a> {
    scheme: &'a [u8],
    host: &'a [u8],
    port: Option<u16>,
}

/// Where a value leaves the grammar of a serialized origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OriginSyntaxError {
    /// Longer than [`MAX_ORIGIN_BYTES`].
    TooLong,
    /// No `://`, or no valid scheme before it.
    Scheme,
    /// The host is no domain, IPv4 or IPv6 address in its canonical form, or something follows it.
    Host,
    /// The port is no number from 0 to 65535 without leading zeros.
    Port,
    /// The port is the scheme's own, which serializing leaves out.
    DefaultPort,
}

impl fmt::Display for OriginSyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "it is longer than any origin",
            Self::Scheme => "it does not begin with a scheme in lower case and ://",
            Self::Host => "its host is not in canonical form, or something follows it",
            Self::Port => "its port is not a number from 0 to 65535",
            Self::DefaultPort => "it names the default port, which origins leave out",
        })
    }
}

impl std::error::Error for OriginSyntaxError {}

impl<'a> SerializedOrigin<'a> {
    /// Reads one serialized origin; `null` is none.
    ///
    /// # Errors
    /// The first part of it that leaves the grammar.
    pub fn parse(value: &'a [u8]) -> Result<Self, OriginSyntaxError> {
        if value.len() > MAX_ORIGIN_BYTES {
            return Err(OriginSyntaxError::TooLong);
        }
        let colon = value.iter().position(|&byte| byte == b':').ok_or(OriginSyntaxError::Scheme)?;
        let (scheme, rest) = value.split_at(colon);
        let rest = rest.strip_prefix(b"://").ok_or(OriginSyntaxError::Scheme)?;
        if !is_scheme(scheme) {
            return Err(OriginSyntaxError::Scheme);
        }
        let (host, port) = split_port(rest);
        if !is_canonical_host(scheme, host) {
            return Err(OriginSyntaxError::Host);
        }
        let port = port.map(|digits| parse_port(digits).ok_or(OriginSyntaxError::Port)).transpose()?;
        if port.is_some() && port == default_port(scheme) {
            return Err(OriginSyntaxError::DefaultPort);
        }
        Ok(Self { scheme, host, port })
    }

    /// The scheme, in lower case, without the colon.
    pub fn scheme(&self) -> &'a [u8] {
        self.scheme
    }

    /// The host: a domain in ASCII, an IPv4 address, or an IPv6 address with its brackets.
    pub fn host(&self) -> &'a [u8] {
        self.host
    }

    /// The port; `None` stands for the scheme's default.
    pub fn port(&self) -> Option<u16> {
        self.port
    }
}

/// The port that a scheme's origins leave out.
pub(crate) fn default_port(scheme: &[u8]) -> Option<u16> {
    match scheme {
        b"http" | b"ws" => Some(80),
        b"https" | b"wss" => Some(443),
        b"ftp" => Some(21),
        _ => None,
    }
}

/// Whether a scheme's hosts are parsed as domains and addresses rather than kept as they are.
fn is_special(scheme: &[u8]) -> bool {
    default_port(scheme).is_some()
}

pub(crate) fn is_scheme(scheme: &[u8]) -> bool {
    scheme.len() <= MAX_SCHEME_BYTES
        && scheme.first().is_some_and(u8::is_ascii_lowercase)
        && scheme.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.'))
}

/// Parts what follows `://` into host and port, at the first colon outside brackets.
pub(crate) fn split_port(authority: &[u8]) -> (&[u8], Option<&[u8]>) {
    let host_end = match authority.iter().position(|&byte| byte == b']') {
        Some(bracket) if authority.starts_with(b"[") => bracket + 1,
        _ => authority.iter().position(|&byte| byte == b':').unwrap_or(authority.len()),
    };
    match authority.get(host_end) {
        Some(b':') => (&authority[..host_end], Some(&authority[host_end + 1..])),
        Some(_) => (authority, None),
        None => (authority, None),
    }
}

pub(crate) fn parse_port(digits: &[u8]) -> Option<u16> {
    let canonical = matches!(digits, [b'0'] | [b'1'..=b'9', ..]) && digits.len() <= 5;
    if !canonical || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'));
    u16::try_from(number).ok()
}

pub(crate) fn is_canonical_host(scheme: &[u8], host: &[u8]) -> bool {
    if let Some(inner) = host.strip_prefix(b"[") {
        return inner.strip_suffix(b"]").is_some_and(is_canonical_ipv6);
    }
    is_domain(host) && (!is_special(scheme) || !ends_in_a_number(host) || is_canonical_ipv4(host))
}

/// Whether these bytes fit the grammar's `serialized-domain`, and DNS's bounds.
pub(crate) fn is_domain(host: &[u8]) -> bool {
    !host.is_empty() && host.len() <= MAX_HOST_BYTES && host.split(|&byte| byte == b'.').all(is_domain_label)
}

fn is_domain_label(label: &[u8]) -> bool {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    label.len() <= MAX_LABEL_BYTES
        && label.first().is_some_and(alphanumeric)
        && label.last().is_some_and(alphanumeric)
        && label.iter().all(|byte| alphanumeric(byte) || *byte == b'-')
}

/// Whether a host can only be an IPv4 address, or nothing.
/// [Source](https://url.spec.whatwg.org/#ends-in-a-number-checker).
pub(crate) fn ends_in_a_number(host: &[u8]) -> bool {
    let last = host.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    let hexadecimal = last.strip_prefix(b"0x").is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    hexadecimal || (!last.is_empty() && last.iter().all(u8::is_ascii_digit))
}

/// Whether these are four decimal numbers to 255 without leading zeros: the one form that URLs serialize.
pub(crate) fn is_canonical_ipv4(host: &[u8]) -> bool {
    // Rust's reader takes exactly this form: it refuses leading zeros, other radices and shorter forms.
    std::str::from_utf8(host).is_ok_and(|host| host.parse::<Ipv4Addr>().is_ok())
}

/// Whether this is an IPv6 address (without brackets) in the one form that URLs serialize.
/// [Source](https://url.spec.whatwg.org/#concept-ipv6-serializer).
fn is_canonical_ipv6(address: &[u8]) -> bool {
    if address.contains(&b'.') {
        return false;
    }
    let Some(parsed) = std::str::from_utf8(address).ok().and_then(|text| text.parse::<Ipv6Addr>().ok())
    else {
        return false;
    };
    let mut serialized = Ipv6Text { bytes: [0; 39], length: 0 };
    serialized.write(&parsed);
    &serialized.bytes[..serialized.length] == address
}

/// An IPv6 address's text, which has at most 39 bytes, without an allocation.
struct Ipv6Text {
    bytes: [u8; 39],
    length: usize,
}

impl Ipv6Text {
    fn write(&mut self, address: &Ipv6Addr) {
        let pieces = address.segments();
        let compress = longest_zero_run(&pieces);
        let mut nth = 0;
        while nth < pieces.len() {
            if compress.clone().is_some_and(|run| run.start == nth) {
                self.push(if nth == 0 { b"::" } else { b":" });
                nth = compress.as_ref().map_or(nth + 1, |run| run.end);
                continue;
            }
            self.push_hexadecimal(pieces[nth]);
            nth += 1;
            if nth < pieces.len() {
                self.push(b":");
            }
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if let Some(place) = self.bytes.get_mut(self.length) {
                *place = byte;
                self.length += 1;
            }
        }
    }

    fn push_hexadecimal(&mut self, piece: u16) {
        let mut significant = false;
        for shift in [12, 8, 4, 0] {
            let digit = usize::from(piece >> shift & 0xF);
            significant |= digit != 0 || shift == 0;
            if significant {
                self.push(&b"0123456789abcdef"[digit..=digit]);
            }
        }
    }
}

/// The first longest run of at least two zero pieces.
fn longest_zero_run(pieces: &[u16; 8]) -> Option<std::ops::Range<usize>> {
    let mut longest = 0..0;
    let mut start = 0;
    for nth in 0..=pieces.len() {
        if pieces.get(nth) != Some(&0) {
            if nth - start > longest.len() {
                longest = start..nth;
            }
            start = nth + 1;
        }
    }
    (longest.len() > 1).then_some(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_user_agents_send() {
        for (value, host, port) in [
            ("https://app.example", "app.example", None),
            ("http://localhost:3000", "localhost", Some(3000)),
            ("https://xn--bcher-kva.example", "xn--bcher-kva.example", None),
            ("http://127.0.0.1:8080", "127.0.0.1", Some(8080)),
            ("http://[::1]:8080", "[::1]", Some(8080)),
            ("http://[2001:db8::1:0:0:1]", "[2001:db8::1:0:0:1]", None),
            ("http://[::ffff:c000:201]", "[::ffff:c000:201]", None),
            ("http://[1:0:2:3:4:5:6:7]", "[1:0:2:3:4:5:6:7]", None),
            ("http://[::]", "[::]", None),
            ("http://[1::]", "[1::]", None),
            ("https://a--b.example", "a--b.example", None),
            ("capacitor://localhost", "localhost", None),
            ("chrome-extension://abcdefghijklmnopabcdefghijklmnop", "abcdefghijklmnopabcdefghijklmnop", None),
            ("https://a.example:80", "a.example", Some(80)),
            ("https://a.example:65535", "a.example", Some(65535)),
        ] {
            let origin =
                SerializedOrigin::parse(value.as_bytes()).unwrap_or_else(|error| panic!("{value}: {error}"));
            assert_eq!((origin.host(), origin.port()), (host.as_bytes(), port), "{value}");
        }
    }

    #[test]
    fn bounds_hold_to_the_byte() {
        let host = vec!["a".repeat(MAX_LABEL_BYTES); 4].join(".");
        let longest = format!("{}://{}:65535", "s".repeat(MAX_SCHEME_BYTES), &host[..MAX_HOST_BYTES]);
        assert_eq!(longest.len(), MAX_ORIGIN_BYTES);
        assert!(SerializedOrigin::parse(longest.as_bytes()).is_ok());
        let longer = "/".repeat(MAX_ORIGIN_BYTES + 1);
        assert_eq!(SerializedOrigin::parse(longer.as_bytes()), Err(OriginSyntaxError::TooLong));
        for (scheme, host, error) in [
            ("s".repeat(MAX_SCHEME_BYTES + 1), "a".to_owned(), OriginSyntaxError::Scheme),
            ("s".to_owned(), host[..=MAX_HOST_BYTES].to_owned(), OriginSyntaxError::Host),
            ("s".to_owned(), "a".repeat(MAX_LABEL_BYTES + 1), OriginSyntaxError::Host),
        ] {
            let origin = format!("{scheme}://{host}");
            assert_eq!(SerializedOrigin::parse(origin.as_bytes()), Err(error), "{origin}");
        }
    }

    #[test]
    fn the_ipv6_form_is_what_urls_serialize() {
        for text in
            ["::", "::1", "1::", "2001:db8::1:0:0:1", "1:0:2:3:4:5:6:7", "1:0:0:2::3", "::2:0:0:3:4:5"]
        {
            let expected = url::Host::parse(&format!("[{text}]")).map(|host| host.to_string());
            let canonical = expected.as_deref() == Ok(&format!("[{text}]"));
            assert_eq!(is_canonical_ipv6(text.as_bytes()), canonical, "{text}: {expected:?}");
        }
    }
}
