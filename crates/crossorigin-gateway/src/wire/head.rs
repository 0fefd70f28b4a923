//! A request's head, held to the grammar before anyone acts on it.
//!
//! DESIGN: stricter than [RFC 9112](https://www.rfc-editor.org/rfc/rfc9112) demands wherever it lets servers
//! differ: what two servers may read in two ways is how requests are smuggled past the one that checks them.

use http::Uri;
use memchr::memchr;

/// What bounds a head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadLimits {
    pub(crate) bytes: usize,
    pub(crate) lines: usize,
}

/// How long the body after a head is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
}

/// What a head says of what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    pub(crate) framing: Framing,
    /// Whether it has an `Upgrade`: what follows may be no HTTP.
    pub(crate) may_upgrade: bool,
}

/// Why a head is refused, as a status and a sentence for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
}

const fn refusal(status: u16, reason: &'static str) -> Refusal {
    Refusal { status, reason }
}

pub(crate) const TIMED_OUT: Refusal = refusal(408, "the head of the request took too long to arrive");
pub(crate) const CUT_OFF: Refusal = refusal(400, "the request ends in the middle of its head");
pub(crate) const HEAD_TOO_LARGE: Refusal = refusal(431, "the head of the request is too large");
pub(crate) const TARGET_TOO_LONG: Refusal = refusal(414, "the request's target is too long");
pub(crate) const TOO_MANY_LINES: Refusal = refusal(431, "the request has too many header lines");
pub(crate) const NOT_HTTP: Refusal = refusal(400, "this is not HTTP");
const BARE_LINE_FEED: Refusal = refusal(400, "a line of the head does not end with CR LF");
const CONTROL: Refusal = refusal(400, "a line of the head holds a control character");
const REQUEST_LINE: Refusal = refusal(400, "the request line is not a method, a target and a version");
pub(crate) const TARGET: Refusal = refusal(400, "the request's target is not a path or a URL");
const VERSION: Refusal = refusal(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
pub(crate) const CONNECT: Refusal = refusal(501, "this is no proxy that connects to other hosts");
const FOLDED: Refusal = refusal(400, "a header goes on in a second line");
const NAME: Refusal = refusal(400, "a header's name is not a token directly before a colon");
pub(crate) const SEVERAL_LENGTHS: Refusal = refusal(400, "there is more than one Content-Length");
const BAD_LENGTH: Refusal = refusal(400, "Content-Length is not a number");
const LENGTH_AND_ENCODING: Refusal =
    refusal(400, "the request has both Content-Length and Transfer-Encoding");
const OLD_ENCODING: Refusal = refusal(400, "HTTP/1.0 has no Transfer-Encoding");
const SEVERAL_ENCODINGS: Refusal = refusal(400, "there is more than one Transfer-Encoding");
const BAD_ENCODING: Refusal = refusal(501, "the only Transfer-Encoding that is known here is chunked");
pub(crate) const NO_HOST: Refusal = refusal(400, "Host is missing");
pub(crate) const SEVERAL_HOSTS: Refusal = refusal(400, "there is more than one Host");
pub(crate) const BAD_HOST: Refusal = refusal(400, "Host is not a host");
pub(crate) const TWO_HOSTS: Refusal = refusal(400, "Host and :authority are not the same");
pub(crate) const SCHEME: Refusal = refusal(400, "the request's scheme is neither http nor https");
pub(crate) const CONNECTION_HEADER: Refusal =
    refusal(400, "the request has a header that HTTP/2 does not know, for it concerns one connection");
pub(crate) const OTHER_TE: Refusal = refusal(400, "TE is something other than trailers");
pub(crate) const PADDED: Refusal = refusal(400, "a header's value begins or ends with a blank");

/// The longest target that fits into [`Uri`].
const MAX_TARGET: usize = 65_534;

/// Where a head ends: behind its first empty line, which need not be well formed. `from` is where the search
/// goes on, at the beginning of a line; it is moved forward.
pub(crate) fn end(bytes: &[u8], from: &mut usize) -> Option<usize> {
    while let Some(length) = memchr(b'\n', bytes.get(*from..)?) {
        let line = &bytes[*from..*from + length];
        let is_first = *from == 0;
        *from += length + 1;
        if !is_first && matches!(line, b"" | b"\r") {
            return Some(*from);
        }
    }
    None
}

/// What to say of a head, whole or not, that is longer than it may be.
pub(crate) fn too_large(head: &[u8], limits: HeadLimits) -> Refusal {
    let begin = &head[..limits.bytes.min(head.len())];
    if memchr(b'\n', begin).is_none() { TARGET_TOO_LONG } else { HEAD_TOO_LARGE }
}

/// Checks a whole head, its last empty line included.
pub(crate) fn check(head: &[u8], limits: HeadLimits) -> Result<Checked, Refusal> {
    if head.len() > limits.bytes {
        return Err(too_large(head, limits));
    }
    let mut lines = Lines(head);
    let request_line = lines.next().ok_or(REQUEST_LINE)??;
    let is_old = check_request_line(request_line)?;
    let mut headers = Headers::default();
    let mut count = 0;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        count += 1;
        if count > limits.lines {
            return Err(TOO_MANY_LINES);
        }
        headers.add(line)?;
    }
    let may_upgrade = headers.may_upgrade;
    headers.framing(is_old).map(|framing| Checked { framing, may_upgrade })
}

/// The lines of a head without their ends.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = Result<&'a [u8], Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        let length = memchr(b'\n', self.0)?;
        let (line, rest) = self.0.split_at(length);
        self.0 = &rest[1..];
        Some(match line.split_last() {
            Some((b'\r', line)) if line.iter().all(|&byte| is_text(byte)) => Ok(line),
            Some((b'\r', _)) => Err(CONTROL),
            _ => Err(BARE_LINE_FEED),
        })
    }
}

fn check_request_line(line: &[u8]) -> Result<bool, Refusal> {
    let mut parts = line.split(|&byte| byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(REQUEST_LINE);
    };
    if !is_token(method) {
        return Err(REQUEST_LINE);
    }
    let is_old = match version {
        b"HTTP/1.1" => false,
        b"HTTP/1.0" => true,
        _ if is_version(version) => return Err(VERSION),
        _ => return Err(REQUEST_LINE),
    };
    if method == b"CONNECT" {
        return Err(CONNECT);
    }
    if target.len() > MAX_TARGET {
        return Err(TARGET_TOO_LONG);
    }
    if is_target(method, target) { Ok(is_old) } else { Err(TARGET) }
}

fn is_version(version: &[u8]) -> bool {
    matches!(version, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
        if major.is_ascii_digit() && minor.is_ascii_digit())
}

fn is_target(method: &[u8], target: &[u8]) -> bool {
    match target {
        b"*" => method == b"OPTIONS",
        // OPTIMIZATION: what `Uri` takes for sure, without building one
        // (test what_the_gate_lets_through_hyper_takes).
        [b'/', rest @ ..] if rest.iter().all(|&byte| is_plain(byte)) => true,
        // `Uri` would cut it off.
        _ if memchr(b'#', target).is_some() || std::str::from_utf8(target).is_err() => false,
        [b'/', ..] => Uri::try_from(target).is_ok(),
        _ => Uri::try_from(target).is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.authority().is_some_and(|authority| is_host(authority.as_str().as_bytes()))
        }),
    }
}

/// The headers that decide how long a request is and whom it is for.
#[derive(Default)]
struct Headers<'a> {
    length: Option<&'a [u8]>,
    encoding: Option<&'a [u8]>,
    host: Option<&'a [u8]>,
    may_upgrade: bool,
}

impl<'a> Headers<'a> {
    fn add(&mut self, line: &'a [u8]) -> Result<(), Refusal> {
        if matches!(line[0], b' ' | b'\t') {
            return Err(FOLDED);
        }
        let colon = memchr(b':', line).ok_or(NAME)?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if !is_token(name) {
            return Err(NAME);
        }
        // Names that could be one of ours, by length, so that most lines cost one comparison.
        let (slot, several) = match name.len() {
            7 if name.eq_ignore_ascii_case(b"upgrade") => {
                self.may_upgrade = true;
                return Ok(());
            }
            4 if name.eq_ignore_ascii_case(b"host") => (&mut self.host, SEVERAL_HOSTS),
            14 if name.eq_ignore_ascii_case(b"content-length") => (&mut self.length, SEVERAL_LENGTHS),
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => (&mut self.encoding, SEVERAL_ENCODINGS),
            _ => return Ok(()),
        };
        match slot.replace(value) {
            None => Ok(()),
            Some(_) => Err(several),
        }
    }

    fn framing(self, is_old: bool) -> Result<Framing, Refusal> {
        match self.host {
            None if !is_old => return Err(NO_HOST),
            Some(host) if !is_host(host) => return Err(BAD_HOST),
            _ => {}
        }
        match (self.length, self.encoding) {
            (Some(_), Some(_)) => Err(LENGTH_AND_ENCODING),
            (None, None) => Ok(Framing::Length(0)),
            (None, Some(_)) if is_old => Err(OLD_ENCODING),
            (None, Some(encoding)) if encoding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
            (None, Some(_)) => Err(BAD_ENCODING),
            (Some(digits), None) => length(digits).map(Framing::Length),
        }
    }
}

/// The value of `Content-Length`.
pub(crate) fn length(digits: &[u8]) -> Result<u64, Refusal> {
    match std::str::from_utf8(digits) {
        // Some read a number that begins with zero as octal.
        Ok(text) if text.len() > 1 && text.starts_with('0') => Err(BAD_LENGTH),
        // 18 digits are fewer than 2⁶³ bytes, and more than any body has.
        Ok(text) if (1..=18).contains(&text.len()) && digits.iter().all(u8::is_ascii_digit) => {
            text.parse().map_err(|_| BAD_LENGTH)
        }
        _ => Err(BAD_LENGTH),
    }
}

/// What can be saved of a head that is refused, as a head that can't be: enough to find the route and to ask
/// its policy. Gives with it whether the route can be known.
pub(crate) fn salvage(head: &[u8]) -> (Vec<u8>, bool) {
    let mut lines = head.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut parts = lines.next().unwrap_or_default().split(|&byte| byte == b' ');
    let method = parts.next().filter(|method| is_token(method) && *method != b"CONNECT");
    let target = parts.next().filter(|target| {
        target.len() <= MAX_TARGET && target.first() == Some(&b'/') && is_target(b"GET", target)
    });
    let mut saved = Vec::with_capacity(256);
    saved.extend_from_slice(method.unwrap_or(b"GET"));
    saved.push(b' ');
    saved.extend_from_slice(target.unwrap_or(b"/"));
    saved.extend_from_slice(b" HTTP/1.1\r\nconnection: close\r\n");
    let mut hosts = Vec::new();
    // One line of each that asks for one, and one more, so that there being several is still seen.
    for line in lines.take_while(|line| !line.is_empty()) {
        let Some(colon) = memchr(b':', line) else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if !value.iter().all(|&byte| is_text(byte)) || saved.len() + line.len() > MAX_SALVAGED {
            continue;
        }
        if name.eq_ignore_ascii_case(b"host") {
            hosts.push(value);
        } else if SALVAGED.iter().any(|salvaged| name.eq_ignore_ascii_case(salvaged)) {
            for part in [name, b": ", value, b"\r\n"] {
                saved.extend_from_slice(part);
            }
        }
    }
    if let [host] = hosts[..]
        && is_host(host)
    {
        for part in [&b"host: "[..], host, b"\r\n"] {
            saved.extend_from_slice(part);
        }
    }
    saved.extend_from_slice(b"\r\n");
    (saved, target.is_some() && hosts.len() < 2)
}

/// The headers that a policy looks at.
const SALVAGED: [&[u8]; 4] =
    [b"origin", b"access-control-request-method", b"access-control-request-headers", b"sec-fetch-site"];
/// More than this is not saved; well below what hyper reads.
const MAX_SALVAGED: usize = 66 * 1024;

/// `token`. [Source](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}

pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What a line may hold: visible characters, blanks, tabs and what is beyond ASCII.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// What a path and a query hold without being encoded.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:@?".contains(&byte)
}

/// A host with or without a port: characters that no host has would reach routing, logs and upstreams.
pub(crate) fn is_host(bytes: &[u8]) -> bool {
    let (host, port) = match bytes.split_first() {
        Some((b'[', rest)) => {
            let Some(end) = memchr(b']', rest) else { return false };
            (&rest[..end], &rest[end + 1..])
        }
        _ => bytes.split_at(memchr(b':', bytes).unwrap_or(bytes.len())),
    };
    let in_brackets = bytes.first() == Some(&b'[');
    let is_byte = |&byte: &u8| match in_brackets {
        true => byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'),
        false => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'),
    };
    let is_port = match port {
        [] => true,
        [b':', digits @ ..] => digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    !host.is_empty() && host.iter().all(is_byte) && is_port
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    const LIMITS: HeadLimits = HeadLimits { bytes: 8192, lines: 100 };

    /// What hyper does with a head: the same parser, then the same types.
    fn hyper_takes(head: &[u8]) -> bool {
        let mut headers = [httparse::EMPTY_HEADER; 128];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(head) {
            Ok(httparse::Status::Complete(length)) if length == head.len() => {}
            _ => return false,
        }
        let method = request.method.unwrap_or_default();
        http::Method::from_bytes(method.as_bytes()).is_ok()
            && Uri::try_from(request.path.unwrap_or_default()).is_ok()
            && request.headers.iter().all(|header| {
                http::HeaderName::from_bytes(header.name.as_bytes()).is_ok()
                    && http::HeaderValue::from_bytes(header.value).is_ok()
            })
    }

    fn whole(head: &[u8]) -> Option<&[u8]> {
        end(head, &mut 0).map(|end| &head[..end])
    }

    #[test]
    fn a_head_ends_at_its_first_empty_line() {
        let table: [(&[u8], Option<usize>); 9] = [
            (b"", None),
            (b"GET", None),
            (b"GET / HTTP/1.1\r\n", None),
            (b"GET / HTTP/1.1\r\n\r", None),
            (b"GET / HTTP/1.1\r\n\r\n", Some(18)),
            (b"GET / HTTP/1.1\r\n\r\nbody\r\n\r\n", Some(18)),
            (b"GET / HTTP/1.1\r\nA: b\r\n\r\n", Some(24)),
            (b"GET / HTTP/1.1\n\nX", Some(16)),
            (b"GET / HTTP/1.1\r\n\nX", Some(17)),
        ];
        for (bytes, expected) in table {
            assert_eq!(end(bytes, &mut 0), expected, "{}", bytes.escape_ascii());
            let mut from = 0;
            let by_bytes = (0..=bytes.len()).find_map(|length| end(&bytes[..length], &mut from));
            assert_eq!(by_bytes, expected, "{} byte by byte", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_is_saved_of_a_bad_head_is_good() {
        let table: [(&str, &str, bool); 6] = [
            (
                "PUT /a?b HTTP/1.1\r\nHost: h\r\nOrigin: https://o\r\nX: y\r\nContent-Length: x\r\n\r\n",
                "PUT /a?b HTTP/1.1\r\nconnection: close\r\nOrigin: https://o\r\nhost: h\r\n\r\n",
                true,
            ),
            (
                "GET /a HTTP/1.1\r\nOrigin: a\r\nOrigin: b\r\nHost: one\r\nHost: two\r\n\r\n",
                "GET /a HTTP/1.1\r\nconnection: close\r\nOrigin: a\r\nOrigin: b\r\n\r\n",
                false,
            ),
            ("GET /a b HTTP/1.1\r\n\r\n", "GET /a HTTP/1.1\r\nconnection: close\r\n\r\n", true),
            ("\x16\x03\x01", "GET / HTTP/1.1\r\nconnection: close\r\n\r\n", false),
            ("CONNECT a:1 HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nconnection: close\r\n\r\n", false),
            (
                "GET /a HTTP/1.1\nHost: a\nOrigin: x\r\ny: \0\n\n",
                "GET /a HTTP/1.1\r\nconnection: close\r\nOrigin: x\r\nhost: a\r\n\r\n",
                true,
            ),
        ];
        for (head, saved, is_route_known) in table {
            let found = salvage(head.as_bytes());
            assert_eq!(
                (String::from_utf8(found.0).unwrap().as_str(), found.1),
                (saved, is_route_known),
                "{head:?}"
            );
        }
    }

    /// Pieces of heads, good and bad, that make up more telling heads than random bytes do.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            10 => prop::sample::select(vec![
                "GET", "POST", "OPTIONS", " ", "/", "/a?b", "*", "http://h/", "https://[::1]:80/x", "HTTP/1.1", "HTTP/1.0",
                "\r\n", "\r\n\r\n", "Host: h", "host: h:80", "Content-Length: 5", "Transfer-Encoding: chunked", ":", "x: y",
                "\"", "{}", "|", "\\", "^", "`", "<", ">", "#", "%", "%zz", "é", "a@b", ";", ",", "Origin: https://o",
            ]).prop_map(|text| text.as_bytes().to_vec()),
            1 => any::<u8>().prop_map(|byte| vec![byte]),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 8_192,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        })]

        #[test]
        fn what_the_gate_lets_through_hyper_takes(
            target in prop_oneof![Just(b"/".to_vec()), pieces()],
            rest in pieces(),
        ) {
            let head = [b"GET ".as_slice(), &target, b" HTTP/1.1\r\nHost: h\r\n", &rest, b"\r\n\r\n"].concat();
            for head in [head, [rest.as_slice(), b"\r\n\r\n"].concat()] {
                let Some(head) = whole(&head) else { continue };
                if check(head, LIMITS).is_ok() {
                    prop_assert!(hyper_takes(head), "{}", head.escape_ascii());
                }
            }
        }

        #[test]
        fn what_is_saved_hyper_takes(head in pieces()) {
            let head = [b"GET /x HTTP/1.1\r\n".as_slice(), &head].concat();
            for head in [&head[..], &head[16..]] {
                let (saved, _) = salvage(head);
                prop_assert!(hyper_takes(&saved), "{} of {}", saved.escape_ascii(), head.escape_ascii());
                prop_assert_eq!(whole(&saved).map(<[u8]>::len), Some(saved.len()));
            }
        }
    }
}
