//! Splits a command into words, as bash does.

use std::ops::Range;

use crate::input_error::InputError;

/// A word after quotes are taken off, and where it stands with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) value: Vec<u8>,
    pub(super) span: Range<usize>,
}

impl Word {
    /// The value as text. What is no UTF-8 is replaced.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.value).into_owned()
    }
}

/// The words of the first command of a text; a pipe behind it, with all that follows, is left out.
pub(super) fn words(source: &str, text: &str) -> Result<Vec<Word>, InputError> {
    let mut lexer = Lexer { source, text, bytes: text.as_bytes(), at: 0 };
    let mut words = Vec::new();
    while let Some(word) = lexer.word()? {
        words.push(word);
    }
    Ok(words)
}

struct Lexer<'a> {
    source: &'a str,
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn error(&self, span: Range<usize>, message: impl Into<String>, remedy: impl Into<String>) -> InputError {
        InputError::at(self.source, self.text, span, message, remedy)
    }

    /// Goes over blanks, continued lines and comments.
    fn skip_blanks(&mut self) {
        loop {
            match self.peek(0) {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\\') if self.line_end(1) > 0 => self.at += 1 + self.line_end(1),
                Some(b'#') => {
                    while !matches!(self.peek(0), None | Some(b'\n')) {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// How many bytes of a line's end stand there.
    fn line_end(&self, ahead: usize) -> usize {
        match (self.peek(ahead), self.peek(ahead + 1)) {
            (Some(b'\n'), _) => 1,
            (Some(b'\r'), Some(b'\n')) => 2,
            _ => 0,
        }
    }

    fn word(&mut self) -> Result<Option<Word>, InputError> {
        self.skip_blanks();
        let start = self.at;
        match self.peek(0) {
            None => return Ok(None),
            // The command ends, and nothing but blanks may follow; a pipe only gets the answer.
            Some(b'|') if self.peek(1) != Some(b'|') => return Ok(None),
            Some(b'\n' | b'\r' | b';') => {
                let rest = &self.text[start..];
                let more = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ';');
                if more.is_empty() {
                    return Ok(None);
                }
                let span = self.text.len() - more.len()..self.text.len();
                return Err(self.error(
                    span,
                    "a second command follows, or a line continues without a backslash",
                    "give one command; end each line but the last with a backslash",
                ));
            }
            Some(_) => {}
        }
        let mut value = Vec::new();
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b';' | b'|' => break,
                b'\'' => self.single_quoted(&mut value)?,
                b'"' => self.double_quoted(&mut value)?,
                b'$' if self.peek(1) == Some(b'\'') => self.ansi_quoted(&mut value)?,
                b'$' if self.peek(1) == Some(b'"') => self.at += 1,
                b'$' if self.expands(1) => return Err(self.expansion()),
                b'`' => return Err(self.expansion()),
                b'\\' => {
                    let line_end = self.line_end(1);
                    if line_end > 0 {
                        self.at += 1 + line_end;
                        continue;
                    }
                    self.at += 1;
                    if let Some(escaped) = self.peek(0) {
                        value.push(escaped);
                        self.at += 1;
                    }
                }
                b'^' if matches!(self.peek(1), Some(b'"' | b'\n' | b'\r')) => {
                    return Err(self.error(
                        self.at..self.at + 1,
                        "this is written for the command line of Windows",
                        "copy the request as cURL (bash)",
                    ));
                }
                b'&' | b'<' | b'>' | b'(' | b')' => {
                    return Err(self.error(
                        self.at..self.at + 1,
                        format!("a shell takes {:?} outside of quotes as its own", char::from(byte)),
                        if byte == b'&' {
                            "put the URL in quotes"
                        } else {
                            "leave it out, or put it in quotes"
                        },
                    ));
                }
                _ => {
                    value.push(byte);
                    self.at += 1;
                }
            }
        }
        if self.at == start {
            // `||`: no word begins with it.
            return Err(self.error(start..start + 1, "a second command follows", "give one command"));
        }
        Ok(Some(Word { value, span: start..self.at }))
    }

    /// Whether what stands there makes a `$` before it an expansion.
    fn expands(&self, ahead: usize) -> bool {
        self.peek(ahead).is_some_and(|next| {
            next.is_ascii_alphanumeric() || matches!(next, b'_' | b'{' | b'(' | b'@' | b'?' | b'!')
        })
    }

    fn expansion(&self) -> InputError {
        let rest = &self.text[self.at..];
        let length = rest[1..]
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .map_or(rest.len(), |end| end + 1);
        self.error(
            self.at..self.at + length.max(1),
            "a shell would put another text here",
            "write that text; for a secret, any of its kind will do",
        )
    }

    fn unclosed(&self, start: usize, quote: &str) -> InputError {
        self.error(
            start..start + quote.len(),
            format!("the quote {quote} is not closed"),
            "close it; in bash a ' inside '…' is written '\\''",
        )
    }

    fn single_quoted(&mut self, value: &mut Vec<u8>) -> Result<(), InputError> {
        let start = self.at;
        let Some(length) = self.bytes[start + 1..].iter().position(|&byte| byte == b'\'') else {
            return Err(self.unclosed(start, "'"));
        };
        value.extend_from_slice(&self.bytes[start + 1..start + 1 + length]);
        self.at = start + length + 2;
        Ok(())
    }

    fn double_quoted(&mut self, value: &mut Vec<u8>) -> Result<(), InputError> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek(0) {
                None => return Err(self.unclosed(start, "\"")),
                Some(b'"') => break,
                Some(b'\\') => match self.peek(1) {
                    Some(escaped @ (b'"' | b'\\' | b'$' | b'`')) => {
                        value.push(escaped);
                        self.at += 2;
                    }
                    Some(b'\n') => self.at += 2,
                    _ => {
                        value.push(b'\\');
                        self.at += 1;
                    }
                },
                Some(b'$') if self.expands(1) => return Err(self.expansion()),
                Some(b'`') => return Err(self.expansion()),
                Some(byte) => {
                    value.push(byte);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        Ok(())
    }

    /// `$'…'`, which browsers write where there are quotes or control characters.
    fn ansi_quoted(&mut self, value: &mut Vec<u8>) -> Result<(), InputError> {
        let start = self.at;
        self.at += 2;
        loop {
            let Some(byte) = self.peek(0) else { return Err(self.unclosed(start, "$'")) };
            self.at += 1;
            match byte {
                b'\'' => return Ok(()),
                b'\\' => self.ansi_escape(value)?,
                byte => value.push(byte),
            }
        }
    }

    fn ansi_escape(&mut self, value: &mut Vec<u8>) -> Result<(), InputError> {
        let start = self.at - 1;
        let Some(kind) = self.peek(0) else { return Ok(()) };
        self.at += 1;
        match kind {
            b'n' => value.push(b'\n'),
            b'r' => value.push(b'\r'),
            b't' => value.push(b'\t'),
            b'a' => value.push(7),
            b'b' => value.push(8),
            b'e' | b'E' => value.push(27),
            b'f' => value.push(12),
            b'v' => value.push(11),
            b'\\' | b'\'' | b'"' | b'?' => value.push(kind),
            b'x' => value.push(self.digits(2, 16, start)? as u8),
            b'0'..=b'7' => {
                self.at -= 1;
                value.push(self.digits(3, 8, start)? as u8);
            }
            b'u' | b'U' => {
                let code = self.digits(if kind == b'u' { 4 } else { 8 }, 16, start)?;
                let Some(letter) = char::from_u32(code) else {
                    return Err(self.error(
                        start..self.at,
                        "no character has this number",
                        "write the character itself",
                    ));
                };
                value.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => value.extend_from_slice(&[b'\\', other]),
        }
        Ok(())
    }

    fn digits(&mut self, most: usize, radix: u32, start: usize) -> Result<u32, InputError> {
        let first = self.at;
        let mut number = 0_u32;
        while self.at - first < most
            && let Some(digit) = self.peek(0).and_then(|byte| char::from(byte).to_digit(radix))
        {
            number = number * radix + digit;
            self.at += 1;
        }
        if self.at == first {
            return Err(self.error(start..self.at, "this escape has no digits", "write them, as in \\x41"));
        }
        Ok(number)
    }
}
