//! `curl` commands, as browsers copy them ("Copy as cURL (bash)") and as people write them.

mod options;
mod words;

use crossorigin::infrastructure::methods::{is_forbidden_method, normalize_method};
use http::Method;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, REFERER, USER_AGENT,
};

use crate::browser_headers;
use crate::described::{Described, MAX_HEADERS};
use crate::input_error::InputError;
use crate::urls::http_url;
use options::{CurlOption, Effect};
use words::{Word, words};

/// The longest command that is read, in bytes.
pub const MAX_COMMAND_BYTES: usize = 4 << 20;

const SOURCE: &str = "--curl";

/// Reads one `curl` command as a request of script.
///
/// # Errors
/// What is no single curl command, or uses what can't be followed here, such as `-F` and files.
pub fn curl(text: &str) -> Result<Described, InputError> {
    if text.len() > MAX_COMMAND_BYTES {
        let message = format!("the command is longer than {MAX_COMMAND_BYTES} bytes");
        return Err(InputError::at(SOURCE, text, 0..1, message, "shorten its body"));
    }
    let words = words(SOURCE, text)?;
    let mut words = words.into_iter().peekable();
    // What a prompt leaves.
    words.next_if(|word| matches!(word.value.as_slice(), b"$" | b"%" | b"#"));
    match words.next() {
        Some(word) if is_curl(&word.text()) => {}
        Some(word) => {
            let message = format!("{:?} is not curl", word.text());
            let remedy = "begin with curl; in developer tools, choose Copy as cURL (bash)";
            return Err(InputError::at(SOURCE, text, word.span, message, remedy));
        }
        None => {
            let remedy = "paste one, such as curl 'https://api.example/items' -X PUT";
            return Err(InputError::at(SOURCE, text, 0..0, "there is no command", remedy));
        }
    }
    let mut command = Command::new(text);
    let mut options_end = false;
    while let Some(word) = words.next() {
        let name = word.text();
        if options_end || name == "-" || !name.starts_with('-') {
            command.url(word)?;
        } else if name == "--" {
            options_end = true;
        } else if let Some(long) = name.strip_prefix("--") {
            let (option, negated) = command.long(long, &word)?;
            let value =
                if option.takes_value && !negated { Some(command.value(words.next(), &word)?) } else { None };
            if !negated {
                command.apply(option, value, &word)?;
            }
        } else {
            command.bundle(&word, &mut words)?;
        }
    }
    command.finish()
}

fn is_curl(name: &str) -> bool {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    name.eq_ignore_ascii_case("curl") || name.eq_ignore_ascii_case("curl.exe")
}

/// What the words seen so far say.
struct Command<'a> {
    text: &'a str,
    url: Option<Word>,
    method: Option<Method>,
    headers: HeaderMap,
    /// Headers that are taken away again, by `-H 'Name:'`.
    removed: Vec<HeaderName>,
    data: Option<Vec<u8>>,
    is_json: bool,
    get: bool,
    head: bool,
    notes: Vec<String>,
}

impl<'a> Command<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            url: None,
            method: None,
            headers: HeaderMap::new(),
            removed: Vec::new(),
            data: None,
            is_json: false,
            get: false,
            head: false,
            notes: Vec::new(),
        }
    }

    fn error(&self, word: &Word, message: impl Into<String>, remedy: impl Into<String>) -> InputError {
        InputError::at(SOURCE, self.text, word.span.clone(), message, remedy)
    }

    fn url(&mut self, word: Word) -> Result<(), InputError> {
        if self.url.is_some() {
            let message = format!("{:?} would be a second URL", word.text());
            return Err(self.error(&word, message, "give one URL; put quotes around values with blanks"));
        }
        self.url = Some(word);
        Ok(())
    }

    fn long(&self, name: &str, word: &Word) -> Result<(&'static CurlOption, bool), InputError> {
        if let Some(option) = options::long(name) {
            return Ok((option, false));
        }
        if let Some(option) = name.strip_prefix("no-").and_then(options::long)
            && !option.takes_value
        {
            return Ok((option, true));
        }
        let remedy = match options::near(name) {
            Some(near) => format!("if --{near} was meant, write that; else leave it out"),
            None => "leave it out".to_owned(),
        };
        Err(self.error(word, format!("the option --{name} is not known here"), remedy))
    }

    fn value(&self, value: Option<Word>, option: &Word) -> Result<Word, InputError> {
        value.ok_or_else(|| {
            let message = format!("{} has no value", option.text());
            self.error(option, message, "write one behind it")
        })
    }

    /// Letters behind one `-`, the last of which may have its value right behind it.
    fn bundle(&mut self, word: &Word, words: &mut impl Iterator<Item = Word>) -> Result<(), InputError> {
        let letters = &word.value[1..];
        for (nth, &letter) in letters.iter().enumerate() {
            let Some(option) = options::short(letter) else {
                let message = format!("the option -{} is not known here", letter.escape_ascii());
                return Err(self.error(word, message, "leave it out"));
            };
            if option.takes_value {
                let behind = &letters[nth + 1..];
                let value = if behind.is_empty() {
                    self.value(words.next(), word)?
                } else {
                    Word { value: behind.to_vec(), span: word.span.clone() }
                };
                return self.apply(option, Some(value), word);
            }
            self.apply(option, None, word)?;
        }
        Ok(())
    }

    fn apply(&mut self, option: &CurlOption, value: Option<Word>, word: &Word) -> Result<(), InputError> {
        let value = value.unwrap_or_else(|| word.clone());
        match option.effect {
            Effect::Nothing => {}
            Effect::Note(note) => self.notes.push(note.to_owned()),
            Effect::Refused(remedy) => {
                return Err(self.error(word, format!("--{} can't be followed here", option.long), remedy));
            }
            Effect::Url => self.url(value)?,
            Effect::Get => self.get = true,
            Effect::Head => self.head = true,
            Effect::Method => self.method = Some(self.method(&value)?),
            Effect::Header => self.header(&value)?,
            Effect::Data => {
                if value.value.starts_with(b"@") {
                    let remedy = "write the body itself, or use crossorigin check URL --data @FILE";
                    return Err(self.error(&value, "the body is in a file", remedy));
                }
                self.add_data(&value.value);
            }
            Effect::DataRaw => self.add_data(&value.value),
            Effect::DataUrlEncode => {
                let encoded = self.url_encoded(&value)?;
                self.add_data(encoded.as_bytes());
            }
            Effect::Json => {
                self.is_json = true;
                self.data.get_or_insert_default().extend_from_slice(&value.value);
            }
            Effect::User => {
                let credentials = base64(&value.value);
                self.insert(AUTHORIZATION, format!("Basic {credentials}").as_bytes(), &value)?;
                self.notes.push("-u was taken as an Authorization header that script sets".to_owned());
            }
            Effect::Bearer => {
                let token = [b"Bearer ", value.value.as_slice()].concat();
                self.insert(AUTHORIZATION, &token, &value)?;
            }
            Effect::UserAgent => self.insert(USER_AGENT, &value.value, &value)?,
            Effect::Referer => {
                let referer = value.value.strip_suffix(b";auto").unwrap_or(&value.value);
                self.insert(REFERER, referer, &value)?;
            }
            Effect::Cookie => {
                if !value.value.is_empty() && !value.value.contains(&b'=') {
                    let remedy = "write the cookies, as in -b 'session=1; theme=dark'";
                    return Err(self.error(&value, "the cookies are in a file", remedy));
                }
                self.insert(COOKIE, &value.value, &value)?;
            }
        }
        Ok(())
    }

    fn add_data(&mut self, data: &[u8]) {
        match &mut self.data {
            Some(before) => {
                before.push(b'&');
                before.extend_from_slice(data);
            }
            None => self.data = Some(data.to_vec()),
        }
    }

    fn url_encoded(&self, value: &Word) -> Result<String, InputError> {
        let text = value.text();
        let (name, content) = match text.find(['=', '@']) {
            Some(at) if text[at..].starts_with('@') => {
                return Err(self.error(value, "the data is in a file", "write it here"));
            }
            Some(at) => (&text[..at], &text[at + 1..]),
            None => ("", text.as_str()),
        };
        let content: String = url::form_urlencoded::byte_serialize(content.as_bytes()).collect();
        // Curl writes blanks as %20, and servers take both.
        let content = content.replace('+', "%20");
        Ok(if name.is_empty() { content } else { format!("{name}={content}") })
    }

    fn method(&self, value: &Word) -> Result<Method, InputError> {
        let text = value.text();
        if is_forbidden_method(text.as_bytes()) {
            let message = format!("script can't send {text}");
            return Err(self.error(value, message, "use another method, such as POST"));
        }
        Method::from_bytes(normalize_method(&text).as_bytes())
            .map_err(|_| self.error(value, format!("{text:?} is no method"), "write one such as PUT"))
    }

    fn header(&mut self, word: &Word) -> Result<(), InputError> {
        let line = &word.value;
        if line.starts_with(b"@") {
            return Err(self.error(word, "the headers are in a file", "write each with -H"));
        }
        let colon = line.iter().position(|&byte| byte == b':').filter(|&at| at > 0);
        // HTTP/2's own, which developer tools copy with the rest.
        if line.starts_with(b":") {
            return Ok(());
        }
        let (name, value) = match colon {
            Some(colon) => (&line[..colon], line[colon + 1..].trim_ascii()),
            None => match line.strip_suffix(b";") {
                Some(name) => (name, &b""[..]),
                None => {
                    let message = format!("{:?} is no header", word.text());
                    return Err(self.error(
                        word,
                        message,
                        "write name and value, as in -H 'X-Requested-With: fetch'",
                    ));
                }
            },
        };
        let name = HeaderName::from_bytes(name.trim_ascii()).map_err(|_| {
            let message = format!("{:?} is no header name", String::from_utf8_lossy(name));
            self.error(word, message, "write letters, digits and hyphens")
        })?;
        if value.is_empty() && colon.is_some() {
            self.headers.remove(&name);
            self.removed.push(name);
            return Ok(());
        }
        self.append(name, value, word)
    }

    fn header_value(&self, value: &[u8], word: &Word) -> Result<HeaderValue, InputError> {
        HeaderValue::from_bytes(value).map_err(|_| {
            self.error(word, "a header's value has no control characters", "leave out line ends and the like")
        })
    }

    fn append(&mut self, name: HeaderName, value: &[u8], word: &Word) -> Result<(), InputError> {
        let value = self.header_value(value, word)?;
        if self.headers.len() >= MAX_HEADERS {
            let message = format!("there are more than {MAX_HEADERS} headers");
            return Err(self.error(word, message, "leave some out"));
        }
        self.headers.append(name, value);
        Ok(())
    }

    fn insert(&mut self, name: HeaderName, value: &[u8], word: &Word) -> Result<(), InputError> {
        self.headers.remove(&name);
        self.append(name, value, word)
    }

    fn finish(mut self) -> Result<Described, InputError> {
        let Some(word) = self.url.take() else {
            let end = self.text.trim_end().len();
            let remedy = "add one, such as 'https://api.example/items'";
            return Err(InputError::at(SOURCE, self.text, end..end, "the command has no URL", remedy));
        };
        let written = word.text();
        let mut url = match http_url(&written, None) {
            Ok(url) => url,
            // Curl takes names without a scheme for http:, where a port makes the name look like a scheme.
            Err((message, remedy)) => {
                let host = !written.contains("://") && !written.starts_with(['/', '.', '?']);
                match http_url(&format!("http://{written}"), None) {
                    Ok(url) if host => {
                        self.notes.push("the URL has no scheme; curl takes it for one of http:".to_owned());
                        url
                    }
                    _ => return Err(self.error(&word, message, remedy)),
                }
            }
        };
        if self.get
            && let Some(data) = self.data.take()
        {
            let data = String::from_utf8_lossy(&data);
            let query = url.query().map_or_else(|| data.to_string(), |query| format!("{query}&{data}"));
            url.set_query(Some(&query));
        }
        if self.data.is_some() {
            let form = if self.is_json { "application/json" } else { "application/x-www-form-urlencoded" };
            self.default_header(CONTENT_TYPE, form);
            if self.is_json {
                self.default_header(ACCEPT, "application/json");
            }
        }
        let method = self.method.take().unwrap_or(match (self.head, self.data.is_some()) {
            (true, _) => Method::HEAD,
            (false, true) => Method::POST,
            (false, false) => Method::GET,
        });
        if self.data.is_some() && matches!(method, Method::GET | Method::HEAD) {
            let message = format!("script can't send a body with {method}");
            return Err(self.error(&word, message, "use another method, or -G to put the data into the URL"));
        }
        let mut described = Described::new(url);
        described.notes = std::mem::take(&mut self.notes);
        browser_headers::take(&mut described, &self.headers);
        if described.headers.remove(USER_AGENT).is_some() {
            described.notes.push("the user agent was left out: browsers send their own".to_owned());
        }
        let is_options = method == Method::OPTIONS;
        described.method = Some(method);
        described.body = self.data;
        if is_options && browser_headers::take_preflight(&mut described, &self.headers).is_some() {
            let note =
                "the command is a preflight: what it asks for is checked, with made-up values of headers";
            described.notes.push(note.to_owned());
        }
        Ok(described)
    }

    /// A header that curl adds where nothing was said about it.
    fn default_header(&mut self, name: HeaderName, value: &'static str) {
        if !self.removed.contains(&name) && !self.headers.contains_key(&name) {
            self.headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            (0..3).fold(0_u32, |group, nth| group << 8 | u32::from(chunk.get(nth).copied().unwrap_or(0)));
        for nth in 0..4 {
            let letter = LETTERS[(group >> (18 - 6 * nth)) as usize & 63];
            text.push(if nth <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}
