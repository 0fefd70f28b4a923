//! A connection that speaks HTTP/2.

use std::time::Duration;

use bytes::BytesMut;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::limits::{Client, HEADROOM};
use crate::context::Admission;
use crate::service;
use crate::wire::first_bytes::Rewound;
use crate::wire::frame_gate::{FrameGate, FrameLimits};
use crate::wire::head::HeadLimits;
use crate::wire::http2_head;
use crate::wire::streams::Streams;

/// Bytes of a request's body that a client may send before any is passed on, a stream …
const STREAM_WINDOW: usize = 256 * 1024;
/// … and all streams of a connection together …
const CONNECTION_WINDOW: usize = 1024 * 1024;
/// … and where there are many connections: what the standard gives both.
const LEAST_WINDOW: usize = 65_535;
/// The largest frame that a client may send: what the standard has every client know.
const FRAME: u32 = 16 * 1024;
/// Bytes of an answer that are kept for a client who does not take them yet, a stream …
const SEND_BUFFER: usize = 64 * 1024;
/// … and where there are many connections.
const LEAST_SEND_BUFFER: usize = 4 * 1024;
/// Streams that a client has reset before they were looked at, after which the connection ends.
const RESETS_UNSEEN: usize = 20;
/// Streams that were reset for what is wrong with them, after which the connection ends.
const FAULTY_STREAMS: usize = 256;
/// The table by which clients shorten their headers.
const HEADER_TABLE: u32 = 4096;
/// A client of which nothing was heard for so long is asked whether it is there …
const PING_AFTER: Duration = Duration::from_secs(45);
/// … and has so long to answer.
const PONG_WITHIN: Duration = Duration::from_secs(15);
/// How long a client that was told to leave, and has nothing under way, is waited for.
const LEAVES_WITHIN: Duration = Duration::from_secs(2);

/// Serves a connection, of which `beginning` was read already, until it ends.
pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    beginning: BytesMut,
    client: Client,
) {
    let Client { context, mut stop, limits } = client;
    let (peer, ledger) = (context.peer, context.ledger.clone());
    let is_admitted = matches!(context.admission, Admission::Admitted);
    let stall_timeout = limits.gate.stall_timeout;
    let frame_limits =
        FrameLimits { streams: limits.streams, head_timeout: limits.gate.head_timeout, stall_timeout };
    let gate = FrameGate::new(Rewound::new(beginning, stream), frame_limits);
    let head_limits: HeadLimits = limits.gate.head;
    let share = context.place.share();
    let service = service_fn(move |request| {
        context.ledger.begin_stream();
        let (mut parts, body) = http::Request::into_parts(request);
        let verdict = http2_head::admit(&mut parts, head_limits);
        service::answer(context.clone(), Some(verdict), http::Request::from_parts(parts, body))
    });
    let window = |good| u32::try_from(share.of(good, LEAST_WINDOW)).unwrap_or(u32::MAX);
    // Names and values count 32 bytes more here than in a head of HTTP/1.1.
    let list = head_limits.bytes + head_limits.lines.saturating_mul(32) + HEADROOM;
    let connection = http2::Builder::new(Streams { stall_timeout })
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(list).unwrap_or(u32::MAX))
        .header_table_size(HEADER_TABLE)
        .max_frame_size(FRAME)
        .initial_stream_window_size(window(STREAM_WINDOW))
        .initial_connection_window_size(window(CONNECTION_WINDOW))
        .max_send_buf_size(share.of(SEND_BUFFER, LEAST_SEND_BUFFER))
        .max_pending_accept_reset_streams(RESETS_UNSEEN)
        .max_local_error_reset_streams(FAULTY_STREAMS)
        .keep_alive_interval(PING_AFTER)
        .keep_alive_timeout(PONG_WITHIN)
        .serve_connection(TokioIo::new(gate), service);
    let mut connection = std::pin::pin!(connection);
    let mut asked = std::pin::pin!(stop.asked());
    let mut is_leaving = !is_admitted;
    if is_leaving {
        connection.as_mut().graceful_shutdown();
    }
    let ended = loop {
        let patience = if is_leaving { LEAVES_WITHIN } else { limits.gate.idle_timeout };
        tokio::select! {
            biased;
            ended = connection.as_mut() => break ended,
            () = asked.as_mut(), if !is_leaving => {}
            () = ledger.idle_for(patience) => if is_leaving { break Ok(()) },
        }
        is_leaving = true;
        connection.as_mut().graceful_shutdown();
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, error = %crate::errors::causes(&error), "a connection broke off");
    }
}
