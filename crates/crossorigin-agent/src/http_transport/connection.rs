//! One connection.

use std::sync::Arc;

use crossorigin_verdict::TransportFailure;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::failure;
use super::limits::{
    HTTP2_PING_INTERVAL, HTTP2_PING_TIMEOUT, MAX_HEADER_BYTES, MAX_HEADERS, MAX_HTTP2_HEADER_LIST_BYTES,
};
use super::proxies::Proxy;
use super::stream::{AwaitsHead, Stream};
use super::upload::Upload;
use crate::Body;

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
    Http1(Http1),
    Http2(http2::SendRequest<Body>),
}

#[derive(Debug)]
struct Http1 {
    sender: http1::SendRequest<Body>,
    awaits_head: AwaitsHead,
    upload: Upload,
    /// Where its last response ended can be read in two ways.
    is_in_doubt: bool,
    task: AbortHandle,
}

impl Drop for Http1 {
    /// Ends what would otherwise be sent to its end, though its response is not wanted any more, or there already.
    fn drop(&mut self) {
        if self.upload.goes_on() {
            self.task.abort();
        }
    }
}

/// Why no response came.
pub(super) enum Sent {
    Failed(TransportFailure),
    /// The server says that it did nothing with the request.
    Refused(TransportFailure),
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
        let task = tokio::spawn(async { connection.await.unwrap_or_default() }).abort_handle();
        let own = Http1 { sender, awaits_head, upload: Upload::default(), is_in_doubt: false, task };
        Ok(Self { sender: Sender::Http1(own), host, proxy, idle_since: Instant::now() })
    }

    pub(super) async fn http2(stream: Stream, host: HeaderValue) -> hyper::Result<Self> {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .keep_alive_interval(HTTP2_PING_INTERVAL)
            .keep_alive_timeout(HTTP2_PING_TIMEOUT)
            .max_header_list_size(MAX_HTTP2_HEADER_LIST_BYTES);
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

    /// Whether it can take a request, now or soon.
    pub(super) fn is_usable(&self) -> bool {
        match &self.sender {
            Sender::Http1(own) => !own.sender.is_closed() && !own.upload.goes_on() && !own.is_in_doubt,
            Sender::Http2(sender) => !sender.is_closed(),
        }
    }

    /// Another handle on it, for a further request at the same time.
    pub(super) fn share(&self) -> Option<Self> {
        let Sender::Http2(sender) = &self.sender else { return None };
        let (sender, host) = (Sender::Http2(sender.clone()), self.host.clone());
        Some(Self { sender, host, proxy: None, idle_since: self.idle_since })
    }

    /// Sends a request to this host; the head of its response comes first.
    pub(super) async fn send(
        &mut self,
        request: Request<Body>,
        host: &str,
    ) -> Result<Response<Incoming>, Sent> {
        let answer = match &mut self.sender {
            Sender::Http1(own) => match own.sender.ready().await {
                Ok(()) => {
                    own.awaits_head.set();
                    let (head, body) = request.into_parts();
                    let (body, upload) = Upload::of(body);
                    own.upload = upload;
                    own.sender.try_send_request(Request::from_parts(head, body)).await
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
            None if failure::is_refusal(failed.error()) => {
                Sent::Refused(failure::of_hyper(failed.error(), host))
            }
            None => Sent::Failed(failure::of_hyper(failed.error(), host)),
        })?;
        let headers = response.headers();
        match &mut self.sender {
            Sender::Http1(own) => {
                own.is_in_doubt =
                    headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH);
            }
            Sender::Http2(_) if is_too_large(headers) => return Err(Sent::Failed(failure::too_large(host))),
            Sender::Http2(_) => {}
        }
        Ok(response)
    }
}

/// Whether a head has more headers or bytes than are taken; HTTP/1's parser counts by itself.
fn is_too_large(headers: &HeaderMap) -> bool {
    let bytes = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len();
    headers.len() > MAX_HEADERS || headers.iter().map(bytes).sum::<usize>() > MAX_HEADER_BYTES
}
