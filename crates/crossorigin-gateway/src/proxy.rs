//! Passes a request on to an upstream, and its response back.

use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use crossorigin_policy::Site;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TE, TRANSFER_ENCODING};
use http::uri::{Parts as UriParts, PathAndQuery};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, Version, request};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::client::legacy::Error as ClientError;
use tokio::time::{Instant, Sleep};

use crate::body::{BodyError, ResponseBody};
use crate::client_body::{ClientBody, Progress};
use crate::connection::Context;
use crate::connector::Upstream;
use crate::failure::Failure;
use crate::metrics::UpstreamError;
use crate::{forwarded, hop_by_hop, service};

/// Passes a request on and gives the upstream's response, whose body streams.
pub(crate) async fn forward(
    context: &Context,
    site: &Site,
    upstream: &Uri,
    most: u64,
    mut parts: request::Parts,
    body: Incoming,
) -> Result<Response<ResponseBody>, Failure> {
    let limits = &site.limits;
    prepare(&mut parts, upstream, context)?;
    let progress = Progress::new();
    let again = (body.is_end_stream() && is_repeatable(&parts.method)).then(|| parts.clone());
    let body = match body.is_end_stream() {
        true => ClientBody::empty(),
        false => ClientBody::new(body, most, limits.stall_timeout, progress.clone()),
    };
    let sender = context.local.upstreams.pool(limits.connect_timeout);
    let mut sent =
        within(sender.send(Request::from_parts(parts, body)), &progress, limits.upstream_timeout).await;
    if let (Some(Err(error)), Some(again)) = (&sent, again)
        && is_stale(error)
    {
        tracing::debug!(%upstream, error = %causes(error), "a kept connection was closed; trying another");
        let request = Request::from_parts(again, ClientBody::empty());
        sent = within(sender.send(request), &Progress::new(), limits.upstream_timeout).await;
    }
    let response = match sent {
        Some(Ok(response)) => response,
        Some(Err(error)) => return Err(failure(upstream, &progress, &error)),
        None => {
            tracing::warn!(%upstream, timeout = ?limits.upstream_timeout, "the upstream did not answer in time");
            return Err(Failure::gateway_timeout(
                UpstreamError::Timeout,
                "the server behind the gateway did not answer in time",
            ));
        }
    };
    receive(response, upstream, limits.upstream_timeout)
}

/// Turns the client's request into the gateway's own.
fn prepare(parts: &mut request::Parts, upstream: &Uri, context: &Context) -> Result<(), Failure> {
    let host = service::host(parts).and_then(|host| HeaderValue::from_str(host).ok());
    hop_by_hop::remove(&mut parts.headers);
    if parts.headers.contains_key(TE) {
        // So that one that does not know it does not pass it on: https://www.rfc-editor.org/rfc/rfc9110#section-10.1.4.
        parts.headers.insert(CONNECTION, HeaderValue::from_static("te"));
    }
    // The gateway has answered it by reading the body.
    parts.headers.remove(EXPECT);
    let host_text = host.as_ref().and_then(|host| host.to_str().ok());
    forwarded::set(&mut parts.headers, context.peer, host_text, &context.scheme, parts.version);
    let own_host = || upstream.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host.clone().or_else(own_host) {
        parts.headers.insert(HOST, host);
    }
    let mut uri = UriParts::default();
    uri.scheme = upstream.scheme().cloned();
    uri.authority = upstream.authority().cloned();
    let path = parts.uri.path_and_query().cloned();
    uri.path_and_query = Some(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    parts.uri = Uri::from_parts(uri).map_err(|error| Failure::internal(error.to_string()))?;
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    Ok(())
}

/// Whether a request without a body may be sent again after a connection was closed under it.
/// [Source](https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2).
fn is_repeatable(method: &Method) -> bool {
    method.is_idempotent()
}

/// Whether a connection was closed before anything of a response came, as happens to kept ones.
fn is_stale(error: &ClientError) -> bool {
    !error.is_connect()
        && sources(error).any(|source| {
            source.downcast_ref::<hyper::Error>().is_some_and(|error| {
                error.is_incomplete_message() || error.is_canceled() || error.is_closed()
            }) || source.downcast_ref::<std::io::Error>().is_some_and(|error| {
                matches!(error.kind(), std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe)
            })
        })
}

/// Waits for the head of a response; `None` when the upstream has had all there was for it for too long.
async fn within<F: Future>(sending: F, progress: &Progress, timeout: Duration) -> Option<F::Output> {
    let mut sending = std::pin::pin!(sending);
    let mut deadline = Instant::now() + timeout;
    loop {
        match tokio::time::timeout_at(deadline, sending.as_mut()).await {
            Ok(output) => return Some(output),
            Err(_) => {
                let since = progress.waiting_since().unwrap_or_else(Instant::now);
                if since + timeout <= Instant::now() {
                    return None;
                }
                deadline = since + timeout;
            }
        }
    }
}

fn failure(upstream: &Uri, progress: &Progress, error: &ClientError) -> Failure {
    if let Some(fault) = progress.fault() {
        return fault.failure();
    }
    let detail = causes(error);
    let io_kind = sources(error).find_map(|source| source.downcast_ref::<std::io::Error>());
    let is_full = io_kind.is_some_and(|error| error.raw_os_error().is_some_and(is_out_of_files));
    let is_late = io_kind.is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut);
    let failure = match (error.is_connect(), is_full, is_late) {
        (_, true, _) => return Failure::overloaded("the gateway has as many open files as it may have"),
        (true, _, true) => Failure::gateway_timeout(
            UpstreamError::ConnectTimeout,
            "the server behind the gateway can't be reached in time",
        ),
        (true, _, false) => {
            Failure::bad_gateway(UpstreamError::Unreachable, "the server behind the gateway can't be reached")
        }
        _ if sources(error).any(is_parse_error) => Failure::bad_gateway(
            UpstreamError::NotHttp,
            "the server behind the gateway answered with something that is not HTTP",
        ),
        _ => Failure::bad_gateway(
            UpstreamError::BrokeOff,
            "the server behind the gateway broke off before it answered",
        ),
    };
    tracing::warn!(%upstream, error = detail, "{}", failure.reason);
    failure.with_detail(detail)
}

pub(crate) fn is_out_of_files(error: i32) -> bool {
    [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE].iter().any(|full| full.raw_os_error() == error)
}

fn is_parse_error(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)
}

fn receive(
    response: Response<Incoming>,
    upstream: &Uri,
    timeout: Duration,
) -> Result<Response<ResponseBody>, Failure> {
    let (mut parts, body) = response.into_parts();
    let refuse = |reason: &'static str| {
        tracing::warn!(%upstream, "{reason}");
        Err(Failure::bad_gateway(UpstreamError::BadFraming, reason))
    };
    if parts.status == StatusCode::SWITCHING_PROTOCOLS {
        return refuse("the server behind the gateway switched protocols unasked");
    }
    let mut encodings = parts.headers.get_all(TRANSFER_ENCODING).iter();
    if let Some(encoding) = encodings.next() {
        if parts.headers.contains_key(CONTENT_LENGTH) {
            return refuse("the server behind the gateway contradicts itself about its answer's length");
        }
        // Hyper takes off nothing but `chunked`, and the client would not learn what else there is.
        if encodings.next().is_some() || !encoding.as_bytes().eq_ignore_ascii_case(b"chunked") {
            return refuse("the server behind the gateway answered in an encoding that was not asked for");
        }
    }
    if let Some(length) = parts.headers.remove(CONTENT_LENGTH) {
        // Hyper has refused lines that differ.
        parts.headers.insert(CONTENT_LENGTH, length);
    }
    hop_by_hop::remove(&mut parts.headers);
    let is_event_stream = parts.headers.get(CONTENT_TYPE).is_some_and(|content_type| {
        let essence = content_type.as_bytes().split(|&byte| byte == b';').next().unwrap_or_default();
        essence.trim_ascii().eq_ignore_ascii_case(b"text/event-stream")
    });
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    let timeout = (!is_event_stream).then_some(timeout);
    Ok(Response::from_parts(parts, ResponseBody::upstream(UpstreamBody { body, timeout, timer: None })))
}

/// The body of an upstream's response, bounded in the time between two pieces.
#[derive(Debug)]
pub(crate) struct UpstreamBody {
    body: Incoming,
    timeout: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        if let Poll::Ready(polled) = Pin::new(&mut this.body).poll_frame(context) {
            this.timer = None;
            return Poll::Ready(polled.map(|frame| frame.map_err(BodyError::from)));
        }
        let Some(timeout) = this.timeout else { return Poll::Pending };
        let timer = this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Some(Err("the upstream sent nothing more of its answer in time".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An error with all its causes, in one line.
pub(crate) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = String::new();
    for (nth, source) in sources(error).enumerate() {
        let separator = if nth > 0 { ": " } else { "" };
        // Writing to a string can't fail.
        let _ = write!(text, "{separator}{source}");
    }
    text
}

fn sources<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}
