//! One connection, and the bodies that come over it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use crossorigin_verdict::TransportFailure;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

use super::failure;
use super::pool::{Key, Pool};
use super::proxies::Proxy;
use super::stream::{AwaitsHead, Stream};
use crate::Body;

/// The most headers that a response may have.
pub const MAX_HEADERS: usize = 256;
/// The longest head of a response, in bytes.
pub const MAX_HEADER_BYTES: usize = 256 * 1024;
/// The longest list of headers that is decoded in HTTP/2, in bytes as that counts them: more than are taken, so that
/// what is too large can be told from what is malformed.
const MAX_HTTP2_HEADER_LIST_BYTES: u32 = 1024 * 1024;
/// The longest body that is read to its end when nobody wants it, in bytes, so that its connection can be kept.
const MAX_DRAINED_BYTES: u64 = 64 * 1024;

/// A connection that is free for a request.
#[derive(Debug)]
pub(super) struct Connection {
    sender: Sender,
    host: HeaderValue,
    /// The proxy that requests are sent to, rather than through.
    proxy: Option<Arc<Proxy>>,
    pub(super) idle_since: Instant,
}

#[derive(Debug)]
enum Sender {
    Http1(http1::SendRequest<Body>, AwaitsHead),
    Http2(http2::SendRequest<Body>),
}

/// Why no response came.
pub(super) enum Sent {
    Failed(TransportFailure),
    /// The connection was closed before it took the request.
    Unused(Box<Request<Body>>),
}

impl Connection {
    pub(super) async fn http1(
        stream: Stream,
        host: HeaderValue,
        proxy: Option<Arc<Proxy>>,
    ) -> hyper::Result<Self> {
        let mut builder = http1::Builder::new();
        // As servers are: browsers take all of this too.
        builder
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .max_headers(MAX_HEADERS)
            .max_header_size(MAX_HEADER_BYTES);
        let awaits_head = stream.awaits_head();
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        // What ends it is told to those who wait for a response on it.
        tokio::spawn(async { connection.await.unwrap_or_default() });
        Ok(Self { sender: Sender::Http1(sender, awaits_head), host, proxy, idle_since: Instant::now() })
    }

    pub(super) async fn http2(stream: Stream, host: HeaderValue) -> hyper::Result<Self> {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_header_list_size(MAX_HTTP2_HEADER_LIST_BYTES);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async { connection.await.unwrap_or_default() });
        Ok(Self { sender: Sender::Http2(sender), host, proxy: None, idle_since: Instant::now() })
    }

    pub(super) fn is_http2(&self) -> bool {
        matches!(self.sender, Sender::Http2(_))
    }

    /// Whether requests are sent to a proxy, which reads the whole URL.
    pub(super) fn is_to_proxy(&self) -> bool {
        self.proxy.is_some()
    }

    pub(super) fn proxy_authorization(&self) -> Option<&HeaderValue> {
        self.proxy.as_ref()?.authorization.as_ref()
    }

    /// What `Host` says.
    pub(super) fn host(&self) -> &HeaderValue {
        &self.host
    }

    pub(super) fn is_closed(&self) -> bool {
        match &self.sender {
            Sender::Http1(sender, _) => sender.is_closed(),
            Sender::Http2(sender) => sender.is_closed(),
        }
    }

    /// Another handle on it, for a further request at the same time.
    pub(super) fn share(&self) -> Option<Self> {
        let Sender::Http2(sender) = &self.sender else { return None };
        let (sender, host) = (Sender::Http2(sender.clone()), self.host.clone());
        Some(Self { sender, host, proxy: None, idle_since: self.idle_since })
    }

    /// Sends a request; the connection goes back to the pool with the end of the response.
    pub(super) async fn send(
        mut self,
        request: Request<Body>,
        key: &Key,
        pool: &Arc<Pool>,
    ) -> Result<Response<Body>, Sent> {
        let answer = match &mut self.sender {
            Sender::Http1(sender, awaits_head) => match sender.ready().await {
                Ok(()) => {
                    awaits_head.set();
                    sender.try_send_request(request).await
                }
                Err(_) => return Err(Sent::Unused(Box::new(request))),
            },
            Sender::Http2(sender) => match sender.ready().await {
                Ok(()) => sender.try_send_request(request).await,
                Err(_) => return Err(Sent::Unused(Box::new(request))),
            },
        };
        let response = answer.map_err(|mut failed| match failed.take_message() {
            Some(request) => Sent::Unused(Box::new(request)),
            None => Sent::Failed(failure::of_hyper(failed.error(), key.authority())),
        })?;
        if self.is_http2() && is_too_large(response.headers()) {
            return Err(Sent::Failed(failure::too_large(key.authority())));
        }
        let lease = if self.is_http2() { None } else { Some((self, Arc::clone(pool))) };
        Ok(response.map(|incoming| ReceivedBody::new(incoming, key.clone(), lease).boxed_unsync()))
    }
}

/// Whether a head has more headers or bytes than are taken; HTTP/1's parser counts by itself.
fn is_too_large(headers: &HeaderMap) -> bool {
    let bytes = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len();
    headers.len() > MAX_HEADERS || headers.iter().map(bytes).sum::<usize>() > MAX_HEADER_BYTES
}

/// The body of a response, which gives its connection back when it has ended.
struct ReceivedBody {
    /// Gone when it is dropped.
    incoming: Option<Incoming>,
    key: Key,
    lease: Option<(Connection, Arc<Pool>)>,
}

impl ReceivedBody {
    fn new(incoming: Incoming, key: Key, lease: Option<(Connection, Arc<Pool>)>) -> Self {
        let mut body = Self { incoming: Some(incoming), key, lease };
        body.give_back_at_end();
        body
    }

    fn give_back_at_end(&mut self) {
        if self.is_end_stream()
            && let Some((connection, pool)) = self.lease.take()
        {
            pool.put(&self.key, connection);
        }
    }
}

impl HttpBody for ReceivedBody {
    type Data = Bytes;
    type Error = TransportFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportFailure>>> {
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(None) };
        let frame = std::task::ready!(Pin::new(incoming).poll_frame(context));
        Poll::Ready(match frame {
            Some(Err(error)) => {
                self.lease = None;
                Some(Err(failure::of_hyper(&error, self.key.authority())))
            }
            Some(Ok(frame)) => {
                self.give_back_at_end();
                Some(Ok(frame))
            }
            None => {
                self.incoming = None;
                self.give_back_at_end();
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for ReceivedBody {
    /// Reads the rest of a short body, so that the connection is not lost with it.
    fn drop(&mut self) {
        let is_short = self.size_hint().upper().is_some_and(|bytes| bytes <= MAX_DRAINED_BYTES);
        let (Some(mut incoming), Some(lease), true) = (self.incoming.take(), self.lease.take(), is_short)
        else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let key = self.key.clone();
        runtime.spawn(async move {
            while let Some(read) = incoming.frame().await {
                if read.is_err() {
                    return;
                }
            }
            let (connection, pool) = lease;
            pool.put(&key, connection);
        });
    }
}
