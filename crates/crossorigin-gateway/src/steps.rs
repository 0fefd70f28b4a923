//! The steps of a request's way up to the service, without sockets: what fuzzers call. No part of the interface, and
//! free to change.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response, request};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::wire::frame_gate::{FrameGate, FrameLimits};
use crate::wire::head::{self, HeadLimits};
use crate::wire::head_gate::{GateLimits, HeadGate};
use crate::wire::http2_head;
use crate::wire::ledger::{Ledger, Verdict};
use crate::wire::streams::Streams;

/// A request as hyper hands it to the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The status that it is refused with, where it is.
    pub refused: Option<u16>,
    /// Its method.
    pub method: String,
    /// Its path and query.
    pub target: String,
    /// Its headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Its body; `None` where it broke off.
    pub body: Option<Vec<u8>>,
}

const HEAD: HeadLimits = HeadLimits { bytes: 8 * 1024, lines: 100 };
/// Longer than anything here takes: what is there is there at once.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often there is nothing to read until there is an end.
const TURNS: u32 = 8;

/// What comes of these bytes by HTTP/1.1 when they arrive in pieces of `piece` bytes: the requests, and how many heads
/// the gate let through. The caller is within a runtime of tokio with time.
pub async fn http1(bytes: &[u8], piece: usize) -> (Vec<Seen>, usize) {
    let limits =
        GateLimits { head: HEAD, head_timeout: TIMEOUT, idle_timeout: TIMEOUT, stall_timeout: TIMEOUT };
    let ledger = Arc::new(Ledger::new());
    let gate = HeadGate::new(Wire::new(bytes, piece), BytesMut::new(), limits, ledger.clone());
    let seen = Arc::<Mutex<Vec<Seen>>>::default();
    let service = service_fn(|request| {
        let verdict = ledger.verdict();
        let (seen, ledger) = (seen.clone(), ledger.clone());
        async move {
            let (parts, body) = Request::into_parts(request);
            let answer = see(&seen, verdict.as_ref(), parts, body).await;
            ledger.end();
            answer
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .header_read_timeout(None)
        .max_headers(HEAD.lines + 8)
        .serve_connection(TokioIo::new(gate), service);
    // How it ends is the bytes' matter.
    let _ = connection.await;
    let mut waiting = 0;
    while ledger.verdict().is_some() {
        waiting += 1;
    }
    let seen = take(&seen);
    let count = seen.len() + waiting;
    (seen, count)
}

/// What comes of these bytes by HTTP/2, the client's preface excluded.
pub async fn http2(bytes: &[u8], piece: usize) -> Vec<Seen> {
    let wire = Wire::new(&[crate::wire::first_bytes::PREFACE, bytes].concat(), piece);
    let limits = FrameLimits { streams: 100, head_timeout: TIMEOUT, stall_timeout: TIMEOUT };
    let seen = Arc::<Mutex<Vec<Seen>>>::default();
    let service = service_fn(|request| {
        let seen = seen.clone();
        async move {
            let (mut parts, body) = Request::into_parts(request);
            let verdict = http2_head::admit(&mut parts, HEAD);
            see(&seen, Some(&verdict), parts, body).await
        }
    });
    let connection = hyper::server::conn::http2::Builder::new(Streams { stall_timeout: TIMEOUT })
        .serve_connection(TokioIo::new(FrameGate::new(wire, limits)), service);
    let _ = connection.await;
    take(&seen)
}

/// Whether the gate lets this head of HTTP/1.1 through.
pub fn is_good_head(head: &[u8]) -> bool {
    head::check(head, HeadLimits { bytes: usize::MAX, lines: usize::MAX }).is_ok()
}

async fn see(
    seen: &Mutex<Vec<Seen>>,
    verdict: Option<&Verdict>,
    parts: request::Parts,
    body: Incoming,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let refused = match verdict {
        Some(Verdict::Refused { refusal, .. }) => Some(refusal.status),
        Some(Verdict::Good) => None,
        None => Some(0),
    };
    let mut headers: Vec<_> = Vec::with_capacity(parts.headers.len());
    if let Some(authority) = parts.uri.authority() {
        headers.push((":authority".to_owned(), authority.as_str().as_bytes().to_vec()));
    }
    headers.extend(parts.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())));
    let target = parts.uri.path_and_query().map_or(String::new(), ToString::to_string);
    let at = {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(Seen { refused, method: parts.method.to_string(), target, headers, body: None });
        seen.len() - 1
    };
    if let Ok(body) = body.collect().await {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = seen.get_mut(at) {
            seen.body = Some(body.to_bytes().to_vec());
        }
    }
    Ok(Response::new(Empty::new()))
}

fn take(seen: &Mutex<Vec<Seen>>) -> Vec<Seen> {
    std::mem::take(&mut seen.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Bytes that are there, and after a while an end behind them. What is written goes nowhere.
struct Wire {
    bytes: Bytes,
    piece: usize,
    /// How often there is nothing until there is an end: hyper's HTTP/2 forgets requests that an end follows at once.
    turns: u32,
}

impl Wire {
    fn new(bytes: &[u8], piece: usize) -> Self {
        Self { bytes: Bytes::copy_from_slice(bytes), piece: piece.max(1), turns: TURNS }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.bytes.is_empty() && self.turns > 0 {
            self.turns -= 1;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let length = self.piece.min(self.bytes.len()).min(out.remaining());
        out.put_slice(&self.bytes.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
