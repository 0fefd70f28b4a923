//! HTTP authentication: user names and passwords for servers that ask for them by `Basic`. `Digest` and the rest
//! are not spoken.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crossorigin::infrastructure::request_origin::Origin;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;
use url::Url;

/// The most origins whose credentials are remembered.
const MAX_ENTRIES: usize = 1024;

/// What is known of users and their passwords.
#[derive(Debug, Default)]
pub(crate) struct Authentication {
    /// What was supplied: it answers a server that asks.
    supplied: HashMap<Origin, HeaderValue>,
    /// What a server took: it goes along from then on.
    /// [Source](https://fetch.spec.whatwg.org/#authentication-entry).
    entries: Mutex<HashMap<Origin, HeaderValue>>,
}

impl Authentication {
    pub(crate) fn supply(&mut self, origin: Origin, user: &str, password: &str) {
        if let Some(value) = basic(user.as_bytes(), password.as_bytes()) {
            self.supplied.insert(origin, value);
        }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Origin, HeaderValue>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes to a server without its asking.
    pub(crate) fn entry(&self, url: &Url) -> Option<HeaderValue> {
        let entries = self.entries();
        if entries.is_empty() {
            return None;
        }
        entries.get(&Origin::of_url(url)).cloned()
    }

    /// What answers a server that asks: what the URL says, or what was supplied for its origin.
    pub(crate) fn answer(&self, url: &Url, challenge: &HeaderMap) -> Option<HeaderValue> {
        if !asks_for_basic(challenge) {
            return None;
        }
        if !url.username().is_empty() || url.password().is_some() {
            let user: Vec<u8> = percent_decode_str(url.username()).collect();
            let password: Vec<u8> = percent_decode_str(url.password().unwrap_or_default()).collect();
            return basic(&user, &password);
        }
        self.supplied.get(&Origin::of_url(url)).cloned()
    }

    /// Remembers what a server took.
    pub(crate) fn remember(&self, url: &Url, value: HeaderValue) {
        let mut entries = self.entries();
        if entries.len() < MAX_ENTRIES {
            entries.insert(Origin::of_url(url), value);
        }
    }

    /// Forgets what a server took once and does not any more.
    pub(crate) fn forget(&self, url: &Url) {
        let mut entries = self.entries();
        if !entries.is_empty() {
            entries.remove(&Origin::of_url(url));
        }
    }
}

fn basic(user: &[u8], password: &[u8]) -> Option<HeaderValue> {
    let plain = [user, b":", password].concat();
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(plain))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Whether one of the challenges is `Basic`. [Source](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1).
fn asks_for_basic(headers: &HeaderMap) -> bool {
    headers.get_all(WWW_AUTHENTICATE).iter().any(|line| {
        let line = line.as_bytes();
        let (mut quoted, mut escaped, mut begins) = (false, false, true);
        for (nth, &byte) in line.iter().enumerate() {
            if begins && !byte.is_ascii_whitespace() {
                begins = false;
                let word = line[nth..].split(|byte| matches!(byte, b' ' | b',')).next().unwrap_or_default();
                if word.eq_ignore_ascii_case(b"basic") {
                    return true;
                }
            }
            match byte {
                b'\\' if quoted && !escaped => {
                    escaped = true;
                    continue;
                }
                b'"' if !escaped => quoted = !quoted,
                b',' if !quoted => begins = true,
                _ => {}
            }
            escaped = false;
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_outside_of_quotes() {
        for (challenge, expected) in [
            ("Basic realm=\"x\"", true),
            ("basic", true),
            ("BASIC", true),
            ("Negotiate, Basic realm=x", true),
            ("Digest realm=\"a, Basic b\", nonce=1", false),
            ("Digest realm=\"a\\\", Basic b\"", false),
            ("Digest realm=\"a\\\\\", Basic realm=b", true),
            ("Bearer scope=basic", false),
            ("Basically", false),
            ("", false),
        ] {
            let headers = std::iter::once((WWW_AUTHENTICATE, challenge.parse().unwrap())).collect();
            assert_eq!(asks_for_basic(&headers), expected, "{challenge}");
        }
    }
}
