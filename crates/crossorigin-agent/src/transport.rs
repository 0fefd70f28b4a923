//! What sends a request once.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use crossorigin_verdict::TransportFailure;
use http::Method;
use http::header::CONTENT_LENGTH;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full};

use crate::fetch_request::OnSent;

/// The body of a request to send, or of a response that came.
pub type Body = UnsyncBoxBody<Bytes, TransportFailure>;

/// Sends a request once. It follows no redirect, keeps no cookie and adds no header but what is the
/// connection's own; all else is the agent's.
pub trait Transport {
    /// Sends a request, whose URI is absolute, and gives back the response as soon as its head is there.
    ///
    /// # Errors
    /// The server could not be reached, or its answer not be understood.
    fn send(
        &mut self,
        request: http::Request<Body>,
    ) -> impl Future<Output = Result<http::Response<Body>, TransportFailure>> + Send;
}

/// What a transport's future is when its type is not to be named.
type Sending<'a> = Pin<Box<dyn Future<Output = Result<http::Response<Body>, TransportFailure>> + Send + 'a>>;

trait AnyTransport: Send + Sync {
    fn send_boxed(&mut self, request: http::Request<Body>) -> Sending<'_>;
    fn clone_boxed(&self) -> Box<dyn AnyTransport>;
}

impl<T: Transport + Clone + Send + Sync + 'static> AnyTransport for T {
    fn send_boxed(&mut self, request: http::Request<Body>) -> Sending<'_> {
        Box::pin(self.send(request))
    }

    fn clone_boxed(&self) -> Box<dyn AnyTransport> {
        Box::new(self.clone())
    }
}

/// A transport of any type, for those who would else have to be generic over it.
pub struct BoxedTransport(Box<dyn AnyTransport>);

impl BoxedTransport {
    /// Hides what type a transport is of.
    pub fn new(transport: impl Transport + Clone + Send + Sync + 'static) -> Self {
        Self(Box::new(transport))
    }
}

impl Clone for BoxedTransport {
    fn clone(&self) -> Self {
        Self((*self.0).clone_boxed())
    }
}

impl std::fmt::Debug for BoxedTransport {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("BoxedTransport")
    }
}

impl Transport for BoxedTransport {
    fn send(
        &mut self,
        request: http::Request<Body>,
    ) -> impl Future<Output = Result<http::Response<Body>, TransportFailure>> + Send {
        (*self.0).send_boxed(request)
    }
}

/// The body of a request once more, among the request's extensions: for a transport that finds that the server has
/// not taken it.
#[derive(Clone, Debug)]
pub(crate) struct Replay(pub(crate) Bytes);

/// A body that is there already.
pub(crate) fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// A body that is there already, and of which it is told how much of it has gone.
pub(crate) fn told(bytes: Bytes, tell: OnSent) -> Body {
    Told { whole: bytes.len(), rest: bytes, tell }.boxed_unsync()
}

/// How many bytes go at once where it is told, at the most.
const TOLD_BYTES: usize = 64 << 10;

struct Told {
    whole: usize,
    rest: Bytes,
    tell: OnSent,
}

impl http_body::Body for Told {
    type Data = Bytes;
    type Error = TransportFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportFailure>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.rest.len().min(TOLD_BYTES);
        let piece = self.rest.split_to(length);
        (self.tell.0)((self.whole - self.rest.len()) as u64);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

/// Says how long a body is, where that is known: of POST and PUT also that there is none.
/// [Source](https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch).
pub(crate) fn say_length(request: &mut http::Request<Body>) {
    let is_said = matches!(*request.method(), Method::POST | Method::PUT);
    if let Some(length) = request.body().size_hint().exact().filter(|length| *length > 0 || is_said) {
        request.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
}

/// The body of what has none.
pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}
