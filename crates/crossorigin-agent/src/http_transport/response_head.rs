//! The bytes of a response's head, before hyper reads them: what browsers understand in them and hyper does not.

use super::limits::MAX_HEADER_BYTES;

/// How a response begins.
const HTTP: &[u8] = b"HTTP";
const CONTENT_LENGTH: &[u8] = b"content-length";

/// The bytes of heads as they come, until there is no more of a head among them.
#[derive(Debug, Default)]
pub(super) struct ResponseHead {
    bytes: Vec<u8>,
    /// How many of them have been looked through for the end.
    searched: usize,
}

impl ResponseHead {
    /// Whether what has come begins with a whole head that the parser reads as it is.
    ///
    /// OPTIMIZATION: nearly all do, and are not copied then (the benchmark of a fetch).
    pub(super) fn is_sound(read: &[u8]) -> bool {
        let Some(end) = end(read, 0).filter(|_| read.starts_with(HTTP) && read.len() <= MAX_HEADER_BYTES)
        else {
            return false;
        };
        !is_informational(&read[..end]) && matches!(length(&read[..end]), Length::Kept)
    }

    pub(super) fn push(&mut self, read: &[u8]) {
        // Empty lines before a head count for nothing.
        let is_empty = |byte: &&u8| self.bytes.is_empty() && matches!(byte, b'\r' | b'\n');
        let begin = read.iter().take_while(is_empty).count();
        self.bytes.extend_from_slice(&read[begin..]);
    }

    /// All bytes as they came.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Moves what has come over to `ready`, whole heads only. True where the last of them has, and all that came after
    /// it.
    pub(super) fn read(&mut self, ready: &mut Vec<u8>) -> bool {
        loop {
            let begin = self.bytes.len().min(HTTP.len());
            if !self.bytes[..begin].eq_ignore_ascii_case(&HTTP[..begin])
                || self.bytes.len() > MAX_HEADER_BYTES
            {
                // No head, or none that is taken: the parser says so.
                ready.append(&mut self.bytes);
                return true;
            }
            let Some(end) = end(&self.bytes, self.searched) else {
                // The end may have begun.
                self.searched = self.bytes.len().saturating_sub(2);
                return false;
            };
            let rest = self.bytes.split_off(end);
            repair(&self.bytes, ready);
            if !is_informational(&self.bytes) {
                ready.extend_from_slice(&rest);
                return true;
            }
            *self = Self::default();
            self.push(&rest);
        }
    }
}

/// Where a head ends that has no end before `from`.
fn end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(b'\n', bytes.get(at..)?)? + 1;
        match bytes.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

/// A head's bytes with `HTTP` in upper case, and without lengths that are none.
fn repair(head: &[u8], repaired: &mut Vec<u8>) {
    let (begin, rest) = head.split_at(HTTP.len().min(head.len()));
    repaired.extend(begin.to_ascii_uppercase());
    match length(head) {
        Length::Kept => repaired.extend_from_slice(rest),
        Length::Ignored => {
            let kept = lines(rest).filter(|line| value(line).is_none());
            kept.for_each(|line| repaired.extend_from_slice(line));
        }
    }
}

enum Length {
    /// There is none, or it is a number, or it says two things.
    Kept,
    /// It is no number; the body then ends with the connection.
    Ignored,
}

/// [Source](https://fetch.spec.whatwg.org/#legacy-extract-an-encoding).
fn length(head: &[u8]) -> Length {
    let mut only = None;
    let mut lines = lines(head).peekable();
    while let Some(line) = lines.next() {
        let Some(value) = value(line) else { continue };
        // A value that goes on in the next line is left to the parser.
        if lines.peek().is_some_and(|next| next.starts_with(b" ") || next.starts_with(b"\t")) {
            return Length::Kept;
        }
        for word in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            if *only.get_or_insert(word) != word {
                return Length::Kept;
            }
        }
    }
    match only {
        Some(value) if value.is_empty() || !value.iter().all(u8::is_ascii_digit) => Length::Ignored,
        Some(_) | None => Length::Kept,
    }
}

/// Lines with what ends them.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memchr_iter(b'\n', head).map(|at| at + 1);
    // Bytes behind the last end are a line too.
    let mut begin = 0;
    ends.chain([head.len()]).map(move |end| &head[std::mem::replace(&mut begin, end)..end])
}

/// What a line says of the body's length.
fn value(line: &[u8]) -> Option<&[u8]> {
    let (name, rest) = line.split_at_checked(CONTENT_LENGTH.len())?;
    if !name.eq_ignore_ascii_case(CONTENT_LENGTH) {
        return None;
    }
    rest.trim_ascii_start().strip_prefix(b":")
}

/// `HTTP/1.1 103 Early Hints`: another head follows. After 101 none does.
fn is_informational(head: &[u8]) -> bool {
    let status = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    status.starts_with(b"1") && !status.starts_with(b"101")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes as a server sends them; a `|` stands for carriage return and line feed.
    fn wire(text: &str) -> Vec<u8> {
        text.replace('|', "\r\n").into_bytes()
    }

    #[test]
    fn heads_are_repaired_however_they_come() {
        for (sent, expected) in [
            ("http/1.1 200 ok|||hi", "HTTP/1.1 200 ok|||hi"),
            ("||hTtP/1.1 200||http", "HTTP/1.1 200||http"),
            ("HTTP/1.1 200 OK\nx: 1\n\nhi\n\n", "HTTP/1.1 200 OK\nx: 1\n\nhi\n\n"),
            ("HTTP/1.1 200 OK|content-length: 2||hi", "HTTP/1.1 200 OK|content-length: 2||hi"),
            ("HTTP/1.1 200 OK|content-length:|x: 1||hi", "HTTP/1.1 200 OK|x: 1||hi"),
            ("HTTP/1.1 200 OK|Content-Length : 2s|x: 1||hi", "HTTP/1.1 200 OK|x: 1||hi"),
            ("HTTP/1.1 200 OK|content-length: a, a|x: 1|content-length: a||", "HTTP/1.1 200 OK|x: 1||"),
            ("HTTP/1.1 200 OK|content-length: a, b||hi", "HTTP/1.1 200 OK|content-length: a, b||hi"),
            ("HTTP/1.1 200 OK|content-length: 2,||hi", "HTTP/1.1 200 OK|content-length: 2,||hi"),
            ("HTTP/1.1 200 OK|content-length: a| b||hi", "HTTP/1.1 200 OK|content-length: a| b||hi"),
            ("HTTP/1.1 200 OK|x-content-length: a||hi", "HTTP/1.1 200 OK|x-content-length: a||hi"),
            ("http/1.1 103 hint|||http/1.1 200 OK|||hi", "HTTP/1.1 103 hint||HTTP/1.1 200 OK|||hi"),
            ("http/1.1 103 hint||http/1.1 200 OK|||hi", "HTTP/1.1 103 hint||HTTP/1.1 200 OK|||hi"),
            ("http/1.1 101 switch||http", "HTTP/1.1 101 switch||http"),
            ("hello\n\nhttp", "hello\n\nhttp"),
        ] {
            let sent = wire(sent);
            for piece in 1..=sent.len() {
                let (mut head, mut out) = (ResponseHead::default(), Vec::new());
                let mut pieces = sent.chunks(piece);
                while !head.read(&mut out) {
                    head.push(pieces.next().unwrap());
                }
                out.extend(pieces.flatten());
                assert_eq!(
                    String::from_utf8(out).unwrap(),
                    String::from_utf8(wire(expected)).unwrap(),
                    "{piece}"
                );
            }
        }
    }
}
