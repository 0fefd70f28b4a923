//! What a request needs of a server.

use crossorigin::infrastructure::methods::is_cors_safelisted_method;
use http::header::ACCESS_CONTROL_REQUEST_HEADERS;

use crate::record::Record;

/// What a request needs of a server, for snippets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Needs {
    /// The page's origin.
    pub origin: String,
    /// Whether the request is with credentials.
    pub credentials: bool,
    /// What is asked for in advance, where it is.
    pub preflight: Option<PreflightNeeds>,
}

/// What a preflight asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PreflightNeeds {
    /// The method.
    pub method: String,
    /// The names of headers, in lower case.
    pub headers: Vec<String>,
}

impl Needs {
    pub(crate) fn of(record: &Record) -> Self {
        let asked = record.exchanges.iter().rev().find(|exchange| exchange.is_preflight());
        // A preflight that stands before another hop says nothing of the last one.
        let last = record.exchanges.last();
        let asked = asked.filter(|asked| last.is_some_and(|last| last.request.url == asked.request.url));
        let preflight = asked.map(|preflight| {
            let names = preflight.request.headers.get(ACCESS_CONTROL_REQUEST_HEADERS);
            let names = names.map(|names| String::from_utf8_lossy(names.as_bytes()).into_owned());
            PreflightNeeds {
                method: record.asked_method_of(preflight),
                headers: names.iter().flat_map(|names| names.split(',')).map(str::to_owned).collect(),
            }
        });
        Self { origin: record.sent_origin(), credentials: record.with_credentials(), preflight }
    }

    /// An example, for documentation.
    pub(crate) fn example(credentials: bool, preflight: bool) -> Self {
        let asked = PreflightNeeds { method: "PUT".to_owned(), headers: vec!["x-csrf-token".to_owned()] };
        Self { origin: "https://app.example".to_owned(), credentials, preflight: preflight.then_some(asked) }
    }

    /// The headers that every response must carry.
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![("Access-Control-Allow-Origin", self.origin.clone())];
        if self.credentials {
            headers.push(("Access-Control-Allow-Credentials", "true".to_owned()));
        }
        headers.push(("Vary", "Origin".to_owned()));
        headers
    }

    pub(crate) fn header_lines(&self) -> String {
        self.headers().iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
    }

    /// The origin as a regular expression that matches it to the byte.
    pub(crate) fn origin_regex(&self) -> String {
        let mut regex = String::from("^");
        for letter in self.origin.chars() {
            if !letter.is_ascii_alphanumeric() && !matches!(letter, ':' | '/' | '-' | '_') {
                regex.push('\\');
            }
            regex.push(letter);
        }
        regex.push('$');
        regex
    }
}

impl PreflightNeeds {
    /// The method, where it needs listing.
    pub(crate) fn unsafe_method(&self) -> Option<&str> {
        (!is_cors_safelisted_method(self.method.as_bytes())).then_some(self.method.as_str())
    }

    /// The headers that the answer to the preflight must carry beside those of every response.
    pub(crate) fn response_headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        if let Some(method) = self.unsafe_method() {
            headers.push(("Access-Control-Allow-Methods", method.to_owned()));
        }
        if !self.headers.is_empty() {
            headers.push(("Access-Control-Allow-Headers", self.headers.join(", ")));
        }
        headers.push(("Access-Control-Max-Age", MAX_AGE.to_string()));
        headers
    }

    pub(crate) fn header_lines(&self) -> String {
        self.response_headers().iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
    }
}

/// How long browsers may keep a permission that a snippet gives, in seconds: what all of them do keep.
pub(crate) const MAX_AGE: u32 = 600;
