//! WebSocket: a handshake goes on to the upstream, and where that switches, the two connections become one.
//!
//! DESIGN: no other protocol is passed on. `Upgrade: h2c` would take requests past the gate and the policy.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::header::{CONNECTION, SEC_WEBSOCKET_KEY, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, Version, request};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::connector::Wire;
use super::pool::Lease;
use crate::context::Context;
use crate::exchange::Exchange;

/// What is read at once in either direction.
const BUFFER: usize = 16 * 1024;
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
const UPGRADES: HeaderValue = HeaderValue::from_static("upgrade");

/// Whether a request is a WebSocket handshake.
/// [Source](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).
pub(crate) fn is_handshake(parts: &request::Parts) -> bool {
    parts.method == Method::GET
        && parts.version == Version::HTTP_11
        && names_websocket(&parts.headers)
        && parts.headers.contains_key(SEC_WEBSOCKET_KEY)
        && parts.headers.get_all(CONNECTION).iter().any(|line| {
            line.as_bytes()
                .split(|&byte| byte == b',')
                .any(|item| item.trim_ascii().eq_ignore_ascii_case(b"upgrade"))
        })
}

/// Whether `Upgrade` names WebSocket and nothing else.
pub(crate) fn names_websocket(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(UPGRADE).iter();
    match (lines.next(), lines.next()) {
        (Some(line), None) => line.as_bytes().trim_ascii().eq_ignore_ascii_case(b"websocket"),
        _ => false,
    }
}

/// Says that the connection becomes one of WebSocket: of a handshake, or of the answer to it.
pub(crate) fn mark(headers: &mut HeaderMap) {
    headers.insert(UPGRADE, WEBSOCKET);
    headers.insert(CONNECTION, UPGRADES);
}

/// Two connections that become one when the client has the answer to its handshake.
#[derive(Debug)]
pub(crate) struct Tunnel {
    client: OnUpgrade,
    upstream: Wire,
    /// What the upstream sent right behind its answer.
    early: Bytes,
    idle_timeout: Duration,
}

impl Tunnel {
    /// `None` where the upstream's connection is gone.
    pub(crate) fn new(client: OnUpgrade, upstream: Lease, idle_timeout: Duration) -> Option<Self> {
        let (upstream, early) = upstream.into_wire()?;
        Some(Self { client, upstream, early, idle_timeout })
    }

    /// Begins to pass bytes on, in a task of its own, as soon as the client has its answer.
    pub(crate) fn start(self, context: Arc<Context>, mut exchange: Exchange) {
        context.ledger.switch();
        tokio::spawn(async move {
            let Self { client, upstream, early, idle_timeout } = self;
            let client = match client.await {
                Ok(client) => TokioIo::new(client),
                Err(error) => {
                    tracing::debug!(%error, "a client left before its WebSocket connection stood");
                    return;
                }
            };
            let activity = Activity::new();
            let mut client = Watched { inner: client, early: Bytes::new(), activity: activity.clone() };
            let mut upstream = Watched { inner: upstream, early, activity: activity.clone() };
            let spliced =
                tokio::io::copy_bidirectional_with_sizes(&mut client, &mut upstream, BUFFER, BUFFER);
            let (passed, is_whole) = tokio::select! {
                spliced = spliced => match spliced {
                    Ok(_) => ("", true),
                    // Most clients go without a word, which is an error to no one.
                    Err(error) => {
                        tracing::debug!(%error, "a WebSocket connection broke off");
                        ("", true)
                    }
                },
                () = activity.quiet_for(idle_timeout) => {
                    ("nothing came in either direction for websocket_timeout", true)
                }
            };
            if !passed.is_empty() {
                exchange.note(passed);
            }
            let to_client = usize::try_from(upstream.activity.bytes.load(Ordering::Relaxed));
            exchange.sent(to_client.unwrap_or(usize::MAX), is_whole);
            // The connection counts until now.
            drop(context);
        });
    }
}

/// When bytes last passed, and how many have, both ways together.
#[derive(Debug)]
struct Activity {
    began: Instant,
    /// Milliseconds from `began`.
    last: AtomicU64,
    bytes: AtomicU64,
}

impl Activity {
    fn new() -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), last: AtomicU64::new(0), bytes: AtomicU64::new(0) })
    }

    fn passed(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        let elapsed = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(elapsed, Ordering::Relaxed);
    }

    async fn quiet_for(&self, timeout: Duration) {
        loop {
            let until = self.began + Duration::from_millis(self.last.load(Ordering::Relaxed)) + timeout;
            if Instant::now() >= until {
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }
}

/// One side of a tunnel.
#[derive(Debug)]
struct Watched<S> {
    inner: S,
    early: Bytes,
    activity: Arc<Activity>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = out.filled().len();
        if self.early.is_empty() {
            ready!(Pin::new(&mut self.inner).poll_read(context, out))?;
        } else {
            let length = self.early.len().min(out.remaining());
            out.put_slice(&self.early[..length]);
            self.early.advance(length);
        }
        self.activity.passed(out.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
