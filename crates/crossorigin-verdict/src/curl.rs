//! Commands that send what was sent.

use std::borrow::Cow;
use std::fmt::Write as _;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING, USER_AGENT,
};
use http::{HeaderName, Method};

use crate::record::Exchange;

/// The longest body that is written into a command, in bytes; a longer one is read from a file.
pub const MAX_BODY_BYTES: usize = 4096;

/// The file that a command reads a body from that is not written into it.
const BODY_FILE: &str = "@body";

/// A command for a POSIX shell that sends the request of an exchange again, once, byte for byte as far as curl
/// lets itself be told, and prints the response with its head. It follows no redirect. `body` is what the
/// request carried; where it is `None` for a request with a body, or longer than [`MAX_BODY_BYTES`], the command
/// reads it from a file `body`.
///
/// Cookies and other secrets are in it: pass it an exchange from [`redacted_exchange`](crate::redacted_exchange)
/// where others will read it.
pub fn curl_command(exchange: &Exchange, body: Option<&[u8]>) -> String {
    let request = &exchange.request;
    let mut command = Command { text: "curl".to_owned() };
    command.word(if request.method == Method::HEAD { "--head" } else { "-i" });
    // A URL with dots or brackets is sent as it is.
    command.word("--path-as-is");
    command.word("--globoff");
    command.word(if exchange.is_http_2() { "--http2" } else { "--http1.1" });
    if !matches!(request.method, Method::GET | Method::HEAD)
        || (request.has_body && request.method == Method::GET)
    {
        command.option("-X", request.method.as_str().as_bytes());
    }
    for (name, value) in &exchange.sent_headers {
        // What belongs to the connection is curl's own to say.
        if [HOST, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name) {
            continue;
        }
        let mut line = name.as_str().as_bytes().to_vec();
        if value.is_empty() {
            line.push(b';');
        } else {
            line.extend_from_slice(b": ");
            line.extend_from_slice(value.as_bytes());
        }
        command.option("-H", &line);
    }
    // Browsers say so, and curl only where it is told.
    if !request.has_body && matches!(request.method, Method::POST | Method::PUT) {
        command.option("-H", b"content-length: 0");
    }
    if exchange.sent_headers.contains_key(ACCEPT_ENCODING) {
        command.word("--compressed");
    }
    // What curl would add by itself is left out.
    let added: &[HeaderName] =
        if request.has_body { &[ACCEPT, USER_AGENT, CONTENT_TYPE] } else { &[ACCEPT, USER_AGENT] };
    for name in added.iter().filter(|name| !exchange.sent_headers.contains_key(*name)) {
        command.option("-H", format!("{name}:").as_bytes());
    }
    let mut before = String::new();
    if request.has_body {
        match body {
            Some(body) if body.len() > MAX_BODY_BYTES => {
                command.option("--data-binary", BODY_FILE.as_bytes());
            }
            Some(body) if !std::str::from_utf8(body).is_ok_and(is_text) => {
                before = format!("printf {} | ", printf_format(body));
                command.option("--data-binary", b"@-");
            }
            Some(body) => command.option("--data-raw", body),
            None => command.option("--data-binary", BODY_FILE.as_bytes()),
        }
    }
    let mut url = request.url.clone();
    // A fragment never leaves the user agent.
    url.set_fragment(None);
    command.option("--url", url.as_str().as_bytes());
    before + &command.text
}

struct Command {
    text: String,
}

impl Command {
    fn word(&mut self, word: &str) {
        self.text.push(' ');
        self.text.push_str(word);
    }

    fn option(&mut self, option: &str, value: &[u8]) {
        self.word(option);
        self.word(&shell_word(value));
    }
}

/// One word of a POSIX shell that stands for exactly these bytes. They hold no NUL, and where they are no text
/// in UTF-8 they end in no line break: no shell has a word for those.
///
/// ```
/// use crossorigin_verdict::shell_word;
/// assert_eq!(shell_word(b"PUT"), "PUT");
/// assert_eq!(shell_word(b"x: it's"), r"'x: it'\''s'");
/// ```
pub fn shell_word(bytes: &[u8]) -> Cow<'_, str> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:@%+,=".contains(byte);
    match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.is_empty() && bytes.iter().all(plain) => Cow::Borrowed(text),
        // Printable text is quoted; what a terminal might act upon is spelled out.
        Ok(text) if is_text(text) => Cow::Owned(format!("'{}'", text.replace('\'', r"'\''"))),
        _ => Cow::Owned(format!("\"$(printf {})\"", printf_format(bytes))),
    }
}

/// Whether a text can stand in a command as it is: a terminal acts upon nothing in it.
fn is_text(text: &str) -> bool {
    !text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\t'))
}

/// A quoted format that makes `printf` of any POSIX shell write these bytes.
fn printf_format(bytes: &[u8]) -> String {
    let mut format = String::from("'");
    for &byte in bytes {
        match byte {
            b'%' => format.push_str("%%"),
            b'\\' => format.push_str(r"\\"),
            b' '..=b'~' if byte != b'\'' => format.push(byte as char),
            _ => drop(write!(format, "\\{byte:03o}")),
        }
    }
    format.push('\'');
    format
}
