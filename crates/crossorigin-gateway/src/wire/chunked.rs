//! Where a chunked body ends, by
//! [its grammar](https://www.rfc-editor.org/rfc/rfc9112#section-7.1) and nothing looser.

/// The longest line with a chunk's size and its extensions.
const MAX_SIZE_LINE: usize = 1024;

/// Follows a chunked body that passes through.
#[derive(Debug)]
pub(crate) struct Chunked {
    state: State,
    /// Bytes of the line that is being read, or of all trailer lines.
    line: usize,
    max_trailers: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// A size with its value so far; no digit yet where that is `None`.
    Size(Option<u64>),
    Extension(u64),
    SizeEnd(u64),
    Data(u64),
    DataReturn,
    DataEnd,
    TrailerStart,
    Trailer,
    TrailerEnd,
    LastEnd,
}

/// How far a body was followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Followed {
    /// All bytes are the body's, and more follow.
    All,
    /// The body ends after so many bytes.
    EndsAt(usize),
    /// After so many bytes comes what no chunked body has.
    BadAt(usize),
}

impl Chunked {
    pub(crate) fn new(max_trailers: usize) -> Self {
        Self { state: State::Size(None), line: 0, max_trailers }
    }

    pub(crate) fn follow(&mut self, bytes: &[u8]) -> Followed {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if let State::Data(left) = self.state {
                let here = left.min((bytes.len() - at) as u64);
                at += here as usize;
                self.state = if here == left { State::DataReturn } else { State::Data(left - here) };
                continue;
            }
            if matches!((self.state, byte), (State::LastEnd, b'\n')) {
                return Followed::EndsAt(at + 1);
            }
            match self.step(byte) {
                Some(state) => self.state = state,
                None => return Followed::BadAt(at),
            }
            at += 1;
        }
        Followed::All
    }

    fn step(&mut self, byte: u8) -> Option<State> {
        self.line += 1;
        let is_text = byte == b'\t' || (byte >= b' ' && byte != 0x7f);
        let is_in_trailers = matches!(self.state, State::TrailerStart | State::Trailer | State::TrailerEnd);
        if self.line > if is_in_trailers { self.max_trailers } else { MAX_SIZE_LINE } {
            return None;
        }
        let next = match (self.state, byte) {
            (State::Size(size), _) if byte.is_ascii_hexdigit() => {
                let digit = u64::from(char::from(byte).to_digit(16)?);
                State::Size(Some(size.unwrap_or(0).checked_mul(16)?.checked_add(digit)?))
            }
            (State::Size(Some(size)), b';') => State::Extension(size),
            (State::Size(Some(size)) | State::Extension(size), b'\r') => State::SizeEnd(size),
            (State::Extension(size), _) if is_text => State::Extension(size),
            (State::SizeEnd(0), b'\n') => State::TrailerStart,
            (State::SizeEnd(size), b'\n') => State::Data(size),
            (State::DataReturn, b'\r') => State::DataEnd,
            (State::DataEnd, b'\n') => State::Size(None),
            (State::TrailerStart, b'\r') => State::LastEnd,
            (State::TrailerStart, _) if crate::wire::head::is_token_byte(byte) => State::Trailer,
            (State::Trailer, b'\r') => State::TrailerEnd,
            (State::Trailer, _) if is_text => State::Trailer,
            (State::TrailerEnd, b'\n') => State::TrailerStart,
            _ => return None,
        };
        if matches!(next, State::Size(None) | State::Data(_)) || matches!(self.state, State::SizeEnd(0)) {
            self.line = 0;
        }
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_end_where_they_end() {
        let table: [(&str, Followed); 20] = [
            ("0\r\n\r\n", Followed::EndsAt(5)),
            ("0\r\n\r\nGET", Followed::EndsAt(5)),
            ("5\r\nhello\r\n0\r\n\r\n", Followed::EndsAt(15)),
            ("A;a=b;c=\"d\"\r\n0123456789\r\n0\r\n\r\n", Followed::EndsAt(30)),
            ("0\r\nX: y\r\nZ: w\r\n\r\n", Followed::EndsAt(17)),
            ("5\r\nhel", Followed::All),
            ("5\r", Followed::All),
            ("", Followed::All),
            ("x\r\n", Followed::BadAt(0)),
            ("\r\n", Followed::BadAt(0)),
            (" 5\r\n", Followed::BadAt(0)),
            ("0x5\r\n", Followed::BadAt(1)),
            ("5 \r\nhello", Followed::BadAt(1)),
            ("-1\r\n", Followed::BadAt(0)),
            ("5\nhello", Followed::BadAt(1)),
            ("5;a\nhello", Followed::BadAt(3)),
            ("5\r\nhello0\r\n\r\n", Followed::BadAt(8)),
            ("5\r\nhello\n0\r\n\r\n", Followed::BadAt(8)),
            ("0\r\nX: y\n\r\n", Followed::BadAt(7)),
            ("11111111111111111\r\n", Followed::BadAt(16)),
        ];
        for (body, expected) in table {
            assert_eq!(Chunked::new(1000).follow(body.as_bytes()), expected, "{body:?}");
            // The same, byte by byte.
            let mut chunked = Chunked::new(1000);
            let by_bytes = body.bytes().enumerate().find_map(|(at, byte)| match chunked.follow(&[byte]) {
                Followed::All => None,
                Followed::EndsAt(length) => Some(Followed::EndsAt(at + length)),
                Followed::BadAt(length) => Some(Followed::BadAt(at + length)),
            });
            assert_eq!(by_bytes.unwrap_or(Followed::All), expected, "{body:?} byte by byte");
        }
    }

    #[test]
    fn lines_and_trailers_are_bounded() {
        let size_line = format!("1;{}", "a".repeat(2 * MAX_SIZE_LINE));
        assert_eq!(Chunked::new(10).follow(size_line.as_bytes()), Followed::BadAt(MAX_SIZE_LINE));
        let trailers = format!("0\r\n{}", "a: b\r\n".repeat(10));
        assert_eq!(Chunked::new(10).follow(trailers.as_bytes()), Followed::BadAt(3 + 10));
        let chunks = "1\r\na\r\n".repeat(10 * MAX_SIZE_LINE);
        assert_eq!(Chunked::new(10).follow(chunks.as_bytes()), Followed::All);
    }
}
