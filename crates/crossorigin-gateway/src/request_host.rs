//! The host that a request is for.

use http::header::HOST;
use http::request;

/// The host that a request is for: a URL as its target says it before `Host` does.
/// [Source](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2).
pub(crate) fn of(parts: &request::Parts) -> Option<&str> {
    match parts.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => parts.headers.get(HOST).and_then(|host| host.to_str().ok()),
    }
}
