//! What an upstream says before it answers: `100 Continue`, which lets the client's body go, and `103 Early
//! Hints`, which goes on to the client.
//!
//! Hyper hands neither on by itself, and over HTTP/2 it does not tell of them at all.

use std::sync::Arc;

use http::header::{EXPECT, LINK};
use http::{HeaderMap, HeaderName, Method, Request, StatusCode, Version, request};

use super::client_body::{Asked, ClientBody};
use crate::context::Context;

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Whether a client waits to be asked for its body, which the upstream is then to do.
/// [Source](https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1).
pub(crate) fn waits_to_be_asked(parts: &request::Parts) -> bool {
    let mut lines = parts.headers.get_all(EXPECT).iter();
    parts.version == Version::HTTP_11
        && matches!((lines.next(), lines.next()), (Some(line), None)
            if line.as_bytes().trim_ascii().eq_ignore_ascii_case(b"100-continue"))
}

/// Whether a client may be sent early hints.
///
/// DESIGN: only those that say they navigate, which is where browsers use them; clients that know no other
/// informational answer than `100 Continue` would take one for the answer.
pub(crate) fn takes_hints(parts: &request::Parts) -> bool {
    parts.version == Version::HTTP_11
        && parts.method == Method::GET
        && parts.headers.get(SEC_FETCH_MODE).is_some_and(|mode| mode == "navigate")
}

/// Listens for what comes before the answer to a request. `hints` is the client that they go to.
pub(crate) fn listen(
    request: &mut Request<ClientBody>,
    asked: Option<Arc<Asked>>,
    hints: Option<Arc<Context>>,
) {
    hyper::ext::on_informational(request, move |response| match (response.status(), &asked, &hints) {
        // The body is looked at again in the same turn.
        (StatusCode::CONTINUE, Some(asked), _) => asked.ask(),
        (StatusCode::EARLY_HINTS, _, Some(client)) => client.ledger.inform(&early_hints(response.headers())),
        _ => {}
    });
}

/// The head of early hints. Of the headers only `Link` goes on: no other is of use before the answer, and what
/// the policy has to say it says of the answer; the standard does no CORS check on these.
fn early_hints(headers: &HeaderMap) -> Vec<u8> {
    let mut head = b"HTTP/1.1 103 Early Hints\r\n".to_vec();
    for link in headers.get_all(LINK) {
        for part in [b"link: ", link.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
    head
}
