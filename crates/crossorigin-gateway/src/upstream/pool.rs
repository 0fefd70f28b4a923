//! One worker's connections to one upstream.
//!
//! A connection of HTTP/1.1 is driven by the request that uses it, not by a task of its own: nothing has to be
//! woken between the two, and dropping the request closes the connection. Between requests nobody drives it;
//! whoever takes it next looks first whether it still stands. A connection of HTTP/2 is shared, and has a task.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::time::Instant;

use super::client_body::ClientBody;
use super::connector::{ConnectError, Protocol, Wire};
use super::server::Server;
use crate::share::Share;

/// How long a connection to an upstream is kept for the next request: shorter than what most servers keep it
/// for, so that it is mostly the gateway that closes.
pub(crate) const IDLE: Duration = Duration::from_secs(30);
/// Connections without a request that are kept, an upstream and worker.
const MAX_IDLE: usize = 256;
/// How long a connection of HTTP/2 may be silent before it is asked whether it still stands, and how long it may
/// take to say so.
const PING_AFTER: Duration = Duration::from_secs(20);
const PING_WITHIN: Duration = Duration::from_secs(10);
/// The largest head of a response. It has at most 100 header lines, hyper's own bound: with a higher one every
/// head would cost an allocation of all of them.
const MAX_HEAD: usize = 64 * 1024;
/// What is read of a response at once, at most. Where there are many connections it is what a head takes.
const BUFFER: usize = 400 * 1024;
const LEAST_BUFFER: usize = MAX_HEAD + 8 * 1024;

/// How a request is to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sending {
    pub(crate) connect_timeout: Duration,
    /// Of the client's connection; one that is opened for it has as much.
    pub(crate) share: Share,
    /// Whether a connection that was kept may be used.
    pub(crate) may_reuse: bool,
    /// Whether the connection may become another protocol's, for which it must be of HTTP/1.1.
    pub(crate) may_upgrade: bool,
}

/// Sends requests to an upstream.
pub(crate) trait Upstream {
    /// Sends a request; gives the head of the response, with its body to come.
    fn send(
        self: &Arc<Self>,
        request: Request<ClientBody>,
        sending: Sending,
    ) -> impl Future<Output = Result<Received, SendError>> + Send;
}

/// A response, and the connection that its body comes over where that is for it alone.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) response: Response<Incoming>,
    pub(crate) lease: Option<Lease>,
}

/// Why there is no response.
#[derive(Debug)]
pub(crate) struct SendError {
    pub(crate) cause: Cause,
    /// The request, where nothing of it was sent.
    pub(crate) unsent: Option<Box<Request<ClientBody>>>,
    /// Whether the connection had carried another request before, and may have been closed for its age.
    pub(crate) was_reused: bool,
}

#[derive(Debug)]
pub(crate) enum Cause {
    Connect(ConnectError),
    Exchange(hyper::Error),
}

impl SendError {
    /// Whether a connection was closed before anything of a response came, as happens to kept ones.
    pub(crate) fn is_break(&self) -> bool {
        match &self.cause {
            Cause::Connect(_) => false,
            Cause::Exchange(error) => {
                error.is_incomplete_message()
                    || error.is_canceled()
                    || error.is_closed()
                    || self.cause.io().is_some_and(|error| {
                        use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
                        matches!(error.kind(), ConnectionReset | BrokenPipe)
                    })
            }
        }
    }

    /// Whether the upstream is worse for it: what the gateway lacks, or asks in vain, is not its fault.
    pub(crate) fn is_upstreams_fault(&self) -> bool {
        let is_full = |error: &std::io::Error| crate::errors::is_out_of_files(error);
        !matches!(self.cause, Cause::Connect(ConnectError::NoUpgrade))
            && !self.cause.io().is_some_and(is_full)
    }
}

impl Cause {
    /// The system's error below it.
    pub(crate) fn io(&self) -> Option<&std::io::Error> {
        match self {
            Self::Connect(error) => error.io(),
            Self::Exchange(error) => {
                crate::errors::sources(error).find_map(|source| source.downcast_ref::<std::io::Error>())
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => error.fmt(f),
            Self::Exchange(error) => f.write_str(&crate::errors::causes(error)),
        }
    }
}

/// One worker's connections to one upstream.
pub(crate) struct Pool {
    pub(crate) server: Arc<Server>,
    /// The last one used is the last here.
    idle: Mutex<Vec<Idle>>,
    shared: Mutex<Option<http2::SendRequest<ClientBody>>>,
    /// Held while a connection is opened that others can share.
    opening: tokio::sync::Mutex<()>,
    /// Whether the upstream was found not to speak HTTP/2.
    is_http1: AtomicBool,
}

struct Idle {
    link: Link,
    since: Instant,
}

/// A connection of HTTP/1.1.
pub(crate) struct Link {
    sender: http1::SendRequest<ClientBody>,
    /// `None` when it has ended.
    connection: Option<Box<http1::Connection<TokioIo<Wire>, ClientBody>>>,
}

/// A connection that is used, and the pool to which it goes back.
pub(crate) struct Lease {
    link: Link,
    pool: Arc<Pool>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    pub(crate) fn new(server: Arc<Server>) -> Arc<Self> {
        let is_http1 = AtomicBool::new(server.address.protocol() == Some(Protocol::Http1));
        let (idle, shared, opening) = Default::default();
        Arc::new(Self { server, idle, shared, opening, is_http1 })
    }

    /// A kept connection that still stands.
    async fn kept(&self) -> Option<Link> {
        poll_fn(|context| {
            let mut idle = lock(&self.idle);
            while let Some(Idle { mut link, since }) = idle.pop() {
                if since.elapsed() > IDLE {
                    idle.clear();
                } else if link.stands(context) {
                    return Poll::Ready(Some(link));
                }
            }
            Poll::Ready(None)
        })
        .await
    }

    /// Uses none of the kept connections any more: the upstream has closed one of them.
    pub(crate) fn clear(&self) {
        lock(&self.idle).clear();
        *lock(&self.shared) = None;
    }

    /// Closes connections that have waited for too long, or that the upstream has closed.
    pub(crate) fn tend(&self) {
        let mut context = Context::from_waker(Waker::noop());
        lock(&self.idle).retain_mut(|idle| idle.since.elapsed() <= IDLE && idle.link.stands(&mut context));
    }

    /// The connection of HTTP/2 that stands.
    fn shared(&self) -> Option<http2::SendRequest<ClientBody>> {
        lock(&self.shared).clone().filter(|sender| !sender.is_closed())
    }

    /// OPTIMIZATION: boxed, for it is large and rare: a request that takes a kept connection has no room for it.
    fn opened(&self, sending: Sending) -> Pin<Box<impl Future<Output = Result<Opened, ConnectError>>>> {
        Box::pin(self.open(sending))
    }

    async fn open(&self, sending: Sending) -> Result<Opened, ConnectError> {
        if sending.may_upgrade && self.server.address.protocol() == Some(Protocol::Http2) {
            return Err(ConnectError::NoUpgrade);
        }
        let connecting = self.server.address.connect(sending.connect_timeout, sending.may_upgrade);
        match connecting.await? {
            (wire, Protocol::Http1) => {
                if !sending.may_upgrade {
                    self.is_http1.store(true, Ordering::Relaxed);
                }
                let (sender, connection) = http1::Builder::new()
                    .max_header_size(MAX_HEAD)
                    .max_buf_size(sending.share.of(BUFFER, LEAST_BUFFER))
                    .handshake(TokioIo::new(wire))
                    .await
                    .map_err(ConnectError::Handshake)?;
                Ok(Opened::Http1(Link { sender, connection: Some(Box::new(connection)) }))
            }
            (wire, Protocol::Http2) => {
                let (sender, connection) = http2::Builder::new(TokioExecutor::new())
                    .timer(TokioTimer::new())
                    .adaptive_window(true)
                    .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX))
                    .keep_alive_interval(PING_AFTER)
                    .keep_alive_timeout(PING_WITHIN)
                    .handshake(TokioIo::new(wire))
                    .await
                    .map_err(ConnectError::Handshake)?;
                let upstream = self.server.name.clone();
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%upstream, %error, "a connection to an upstream broke off");
                    }
                });
                *lock(&self.shared) = Some(sender.clone());
                Ok(Opened::Http2(sender))
            }
        }
    }

    /// A connection for a request, and whether it has carried others.
    async fn connection(&self, sending: Sending) -> Result<(Opened, bool), ConnectError> {
        if self.is_http1.load(Ordering::Relaxed) || sending.may_upgrade {
            if sending.may_reuse
                && let Some(link) = self.kept().await
            {
                return Ok((Opened::Http1(link), true));
            }
            return self.opened(sending).await.map(|opened| (opened, false));
        }
        if let Some(sender) = self.shared() {
            return Ok((Opened::Http2(sender), sending.may_reuse));
        }
        let _opening = self.opening.lock().await;
        // Another request may have opened one meanwhile.
        match self.shared() {
            Some(sender) => Ok((Opened::Http2(sender), sending.may_reuse)),
            None => Ok((self.opened(sending).await?, false)),
        }
    }
}

enum Opened {
    Http1(Link),
    Http2(http2::SendRequest<ClientBody>),
}

impl Upstream for Pool {
    async fn send(
        self: &Arc<Self>,
        mut request: Request<ClientBody>,
        sending: Sending,
    ) -> Result<Received, SendError> {
        let (opened, was_reused) = match self.connection(sending).await {
            Ok(opened) => opened,
            Err(error) => {
                let (cause, unsent) = (Cause::Connect(error), Some(Box::new(request)));
                return Err(SendError { cause, unsent, was_reused: false });
            }
        };
        let failed = |mut error: TrySendError<Request<ClientBody>>| {
            let unsent = error.take_message().map(Box::new);
            SendError { cause: Cause::Exchange(error.into_error()), unsent, was_reused }
        };
        match opened {
            Opened::Http1(mut link) => {
                let response = link.exchange(request).await.map_err(failed)?;
                Ok(Received { response, lease: Some(Lease { link, pool: self.clone() }) })
            }
            Opened::Http2(mut sender) => {
                self.server.make_absolute(&mut request);
                let response = sender.try_send_request(request).await.map_err(failed)?;
                Ok(Received { response, lease: None })
            }
        }
    }
}

impl Link {
    /// Drives the connection on.
    fn drive(&mut self, context: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && Pin::new(connection).poll(context).is_ready()
        {
            self.connection = None;
        }
    }

    /// Whether it can take a request.
    fn stands(&mut self, context: &mut Context<'_>) -> bool {
        self.drive(context);
        self.connection.is_some() && self.sender.is_ready()
    }

    async fn exchange(
        &mut self,
        request: Request<ClientBody>,
    ) -> Result<Response<Incoming>, TrySendError<Request<ClientBody>>> {
        let mut answer = std::pin::pin!(self.sender.try_send_request(request));
        let connection = &mut self.connection;
        poll_fn(|context| {
            let is_over = match connection.as_mut() {
                Some(connection) => Pin::new(connection).poll(context).is_ready(),
                None => true,
            };
            match answer.as_mut().poll(context) {
                // What waits for an answer is told that there is none when the connection is dropped.
                Poll::Pending if is_over => {
                    *connection = None;
                    answer.as_mut().poll(context)
                }
                polled => {
                    let is_upgraded =
                        matches!(&polled, Poll::Ready(Ok(response)) if response.status() == 101);
                    if is_over && !is_upgraded {
                        *connection = None;
                    }
                    polled
                }
            }
        })
        .await
    }
}

impl Lease {
    /// Drives the connection on, which brings the body.
    pub(crate) fn drive(&mut self, context: &mut Context<'_>) {
        self.link.drive(context);
    }

    /// Gives the connection back for the next request, if it can take one: of an answer that came before the
    /// request had ended, the rest of the request is not waited for.
    pub(crate) fn give_back(mut self) {
        if !self.link.stands(&mut Context::from_waker(Waker::noop())) {
            return;
        }
        let mut idle = lock(&self.pool.idle);
        if idle.len() < MAX_IDLE {
            idle.push(Idle { link: self.link, since: Instant::now() });
        }
    }

    /// The connection's bytes and what was read of them, when it has switched to another protocol.
    pub(crate) fn into_wire(self) -> Option<(Wire, bytes::Bytes)> {
        let parts = self.link.connection?.into_parts();
        Some((parts.io.into_inner(), parts.read_buf))
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("server", &self.server).finish_non_exhaustive()
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("server", &self.pool.server).finish_non_exhaustive()
    }
}
