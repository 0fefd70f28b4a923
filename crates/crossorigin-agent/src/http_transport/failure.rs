//! What went wrong, in terms of those who wait for a response.

use std::error::Error;
use std::io;

use crossorigin_verdict::{TransportFailure, TransportFailureKind as Kind};

use super::limits::{MAX_HEADER_BYTES, MAX_HEADERS};

/// What a failure of hyper's comes to; `host` is whom it was spoken to.
pub(super) fn of_hyper(error: &hyper::Error, host: &str) -> TransportFailure {
    let io = source::<io::Error>(error);
    let is_tls = |io: &io::Error| io.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<rustls::Error>);
    let http2 = source::<h2::Error>(error);
    let (kind, message) = if error.is_parse_too_large() {
        return too_large(host);
    } else if http2.is_some_and(|http2| http2.is_library() && !http2.is_io()) {
        (Kind::Malformed, format!("{host} answered what is no HTTP/2: {}", chain(error)))
    } else if http2.is_some_and(h2::Error::is_remote) {
        (Kind::Reset, format!("{host} ended the stream: {}", chain(error)))
    } else if error.is_parse() || io.is_some_and(is_malformed) {
        (Kind::Malformed, format!("{host} answered what is no HTTP: {}", chain(error)))
    } else if error.is_timeout() {
        (Kind::TimedOut, format!("the connection to {host} is dead: it answered no ping"))
    } else if error.is_incomplete_message() {
        (Kind::Reset, format!("{host} closed the connection before its response was whole"))
    } else if io.is_some_and(is_tls) {
        (Kind::Tls, format!("TLS with {host} broke: {}", chain(error)))
    } else if io.is_some_and(is_reset) || error.is_closed() || error.is_canceled() {
        (Kind::Reset, format!("{host} reset the connection: {}", chain(error)))
    } else {
        (Kind::Connection, format!("the connection to {host} broke: {}", chain(error)))
    };
    TransportFailure::new(kind, message)
}

/// Whether the server says that it did nothing with the request.
/// [Source](https://www.rfc-editor.org/rfc/rfc9113#section-8.7).
pub(super) fn is_refusal(error: &hyper::Error) -> bool {
    source::<h2::Error>(error).is_some_and(|error| {
        error.is_remote() && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM))
    })
}

/// A head that is not read to its end.
pub(super) fn too_large(host: &str) -> TransportFailure {
    let message = format!(
        "the head of {host}'s response has more than {MAX_HEADERS} headers or {MAX_HEADER_BYTES} bytes"
    );
    TransportFailure::new(Kind::TooLarge, message)
}

/// Chunks that are none.
fn is_malformed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput)
        || (error.kind() == io::ErrorKind::InvalidData
            && error.get_ref().is_none_or(|inner| !inner.is::<rustls::Error>()))
}

fn is_reset(error: &io::Error) -> bool {
    use io::ErrorKind as E;
    matches!(error.kind(), E::ConnectionReset | E::ConnectionAborted | E::BrokenPipe | E::UnexpectedEof)
}

fn source<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// An error with what caused it, each once.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}
