//! JavaScript literals: strings, numbers, booleans, `null`, `undefined`, arrays and objects of them.

use std::ops::Range;

use super::MAX_DEPTH;
use crate::input_error::InputError;

/// A literal, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Literal {
    pub(super) value: Value,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Undefined,
    Boolean(bool),
    /// A number as it is written.
    Number(String),
    Text(String),
    List(Vec<Literal>),
    Object(Vec<(Literal, Literal)>),
}

impl Value {
    /// What kind of value it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Undefined => "undefined",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// Reads tokens of a text, from left to right.
pub(super) struct Reader<'a> {
    source: &'a str,
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a str, text: &'a str) -> Self {
        Self { source, text, at: 0, depth: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn error(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> InputError {
        InputError::at(self.source, self.text, span, message, remedy)
    }

    /// Goes over blanks and comments.
    pub(super) fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.at += rest.len() - trimmed.len();
            let length = if trimmed.starts_with("//") {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if trimmed.starts_with("/*") {
                trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
            } else {
                return;
            };
            self.at += length;
        }
    }

    /// Goes over a sign, where it is next.
    pub(super) fn takes(&mut self, sign: &str) -> bool {
        self.skip();
        let is_next = self.rest().starts_with(sign);
        if is_next {
            self.at += sign.len();
        }
        is_next
    }

    /// Whether a sign is next.
    pub(super) fn is_next(&mut self, sign: &str) -> bool {
        self.skip();
        self.rest().starts_with(sign)
    }

    /// Goes over a word, where it is next as a whole.
    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        self.skip();
        let is_next = self.word() == word;
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    /// The identifier that is next, perhaps none.
    pub(super) fn word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len());
        &rest[..end]
    }

    /// What is next, for messages, and its place.
    pub(super) fn next(&self) -> (String, Range<usize>) {
        let word = self.word();
        let length =
            if word.is_empty() { self.rest().chars().next().map_or(0, char::len_utf8) } else { word.len() };
        let what = match length {
            0 => "the end".to_owned(),
            length => self.rest()[..length].to_owned(),
        };
        (what, self.at..self.at + length)
    }

    pub(super) fn expect(&mut self, sign: &str, remedy: &str) -> Result<(), InputError> {
        if self.takes(sign) {
            return Ok(());
        }
        let (what, span) = self.next();
        Err(self.error(span, format!("{sign} is missing before {what}"), remedy))
    }

    pub(super) fn literal(&mut self) -> Result<Literal, InputError> {
        self.skip();
        let start = self.at;
        let value = match self.rest().bytes().next() {
            Some(b'"' | b'\'' | b'`') => Value::Text(self.text_literal()?),
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::list)?,
            Some(b'0'..=b'9' | b'-' | b'+' | b'.') => self.number()?,
            _ => {
                let (what, span) = self.next();
                let value = match what.as_str() {
                    "null" => Value::Null,
                    "undefined" => Value::Undefined,
                    "true" => Value::Boolean(true),
                    "false" => Value::Boolean(false),
                    "the end" => return Err(self.error(span, "a value is missing", "write it as a literal")),
                    _ => {
                        let message = format!("{what} is no literal, and nothing is run here");
                        return Err(self.error(
                            span,
                            message,
                            "write the value itself, as a string or a number",
                        ));
                    }
                };
                self.at = span.end;
                value
            }
        };
        let span = start..self.at;
        self.skip();
        let (what, next) = self.next();
        if matches!(what.as_str(), "+" | "." | "(" | "?" | "|" | "&" | "*" | "[") {
            let message = "this is an expression, and nothing is run here";
            return Err(self.error(start..next.end, message, "write its value, as one literal"));
        }
        Ok(Literal { value, span })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, InputError>) -> Result<Value, InputError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("this is nested more than {MAX_DEPTH} levels deep");
            return Err(self.error(self.at..self.at + 1, message, "nest it less"));
        }
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Result<Value, InputError> {
        self.at += 1;
        let mut members = Vec::new();
        while !self.takes("}") {
            if self.rest().starts_with("...") {
                let span = self.at..self.at + 3;
                return Err(self.error(
                    span,
                    "nothing is run here, so nothing can be spread",
                    "write out its members",
                ));
            }
            let key = self.key()?;
            if !self.takes(":") {
                let message = "this member has no value of its own";
                return Err(self.error(key.span, message, "write name and value, as in method: \"PUT\""));
            }
            members.push((key, self.literal()?));
            if !self.takes(",") {
                self.expect("}", "close the object, or part its members by commas")?;
                break;
            }
        }
        Ok(Value::Object(members))
    }

    fn key(&mut self) -> Result<Literal, InputError> {
        self.skip();
        let start = self.at;
        let name = match self.rest().bytes().next() {
            Some(b'"' | b'\'') => self.text_literal()?,
            _ => {
                let word = self.word();
                if word.is_empty() {
                    let (what, span) = self.next();
                    return Err(self.error(
                        span,
                        format!("{what} is no name of a member"),
                        "write a name or a string",
                    ));
                }
                self.at += word.len();
                word.to_owned()
            }
        };
        Ok(Literal { value: Value::Text(name), span: start..self.at })
    }

    fn list(&mut self) -> Result<Value, InputError> {
        self.at += 1;
        let mut items = Vec::new();
        while !self.takes("]") {
            items.push(self.literal()?);
            if !self.takes(",") {
                self.expect("]", "close the array, or part its items by commas")?;
                break;
            }
        }
        Ok(Value::List(items))
    }

    fn number(&mut self) -> Result<Value, InputError> {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '+' | '_'))
            .unwrap_or(rest.len());
        let written = &rest[..end];
        let span = self.at..self.at + end;
        match written.parse::<f64>() {
            Ok(_) if written.bytes().any(|byte| byte.is_ascii_digit()) => {
                self.at = span.end;
                Ok(Value::Number(written.to_owned()))
            }
            _ => Err(self.error(span, format!("{written} is no decimal number"), "write it in digits")),
        }
    }

    fn text_literal(&mut self) -> Result<String, InputError> {
        let start = self.at;
        let quote = self.letter().unwrap_or('"');
        let mut text = String::new();
        loop {
            let at = self.at;
            match self.letter() {
                Some(letter) if letter == quote => return Ok(text),
                Some('\\') => text.extend(self.escape(at)?),
                Some('$') if quote == '`' && self.rest().starts_with('{') => {
                    let message = "this puts a value into the text, and nothing is run here";
                    return Err(self.error(at..at + 2, message, "write the text as it would be"));
                }
                None => break,
                Some('\n' | '\r') if quote != '`' => break,
                Some(letter) => text.push(letter),
            }
        }
        let message = format!("the string that begins with {quote} here is not closed");
        Err(self.error(
            start..start + 1,
            message,
            "close it on its line; inside it, a line's end is written \\n",
        ))
    }

    fn letter(&mut self) -> Option<char> {
        let letter = self.rest().chars().next()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    /// What stands behind a backslash at `start`; nothing for a continued line.
    fn escape(&mut self, start: usize) -> Result<Option<char>, InputError> {
        Ok(Some(match self.letter() {
            None => return Ok(None),
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('v') => '\u{b}',
            Some('0') if !self.rest().starts_with(|next: char| next.is_ascii_digit()) => '\0',
            Some('\n') => return Ok(None),
            Some('\r') => {
                self.at += usize::from(self.rest().starts_with('\n'));
                return Ok(None);
            }
            Some('x') => {
                let code = self.digits(start, 2)?;
                self.character(start, code)?
            }
            Some('u') if self.rest().starts_with('{') => {
                self.at += 1;
                let length = self.rest().find('}').filter(|&length| (1..=6).contains(&length)).unwrap_or(1);
                let code = self.digits(start, length)?;
                if !self.takes("}") {
                    return Err(self.error(
                        start..self.at,
                        "this escape is not closed",
                        "write it as \\u{1f600}",
                    ));
                }
                self.character(start, code)?
            }
            Some('u') => {
                let code = self.digits(start, 4)?;
                match code {
                    // The halves of a pair make one character.
                    0xD800..=0xDBFF if self.rest().starts_with("\\u") => {
                        self.at += 2;
                        let low = self.digits(start, 4)?;
                        let low = low.checked_sub(0xDC00).filter(|low| *low < 0x400).unwrap_or(u32::MAX >> 1);
                        self.character(start, 0x10000 + ((code - 0xD800) << 10) + low)?
                    }
                    code => self.character(start, code)?,
                }
            }
            Some(other) => other,
        }))
    }

    fn character(&self, start: usize, code: u32) -> Result<char, InputError> {
        char::from_u32(code).ok_or_else(|| {
            self.error(start..self.at, "no character has this number", "write the character itself")
        })
    }

    /// Exactly this many hexadecimal digits.
    fn digits(&mut self, start: usize, count: usize) -> Result<u32, InputError> {
        let digits =
            self.rest().get(..count).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += if code.is_some() { count } else { 0 };
        code.ok_or_else(|| {
            let message = "this escape lacks its hexadecimal digits";
            self.error(start..self.at, message, "write them, as in \\u00e9")
        })
    }
}
