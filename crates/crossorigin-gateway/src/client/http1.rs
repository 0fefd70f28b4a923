//! A connection that speaks HTTP/1.1.

use bytes::BytesMut;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::limits::{Client, HEADROOM};
use crate::service;
use crate::wire::head_gate::HeadGate;

/// What hyper reads and writes at once, at most …
const BUFFER: usize = 400 * 1024;
/// … and where there are many connections.
const LEAST_BUFFER: usize = 16 * 1024;

/// Serves a connection, of which `beginning` was read already, until it ends.
pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    beginning: BytesMut,
    client: Client,
) {
    let Client { context, mut stop, limits } = client;
    let (peer, ledger, local) = (context.peer, context.ledger.clone(), context.local.clone());
    let share = context.place.share();
    let gate = HeadGate::new(stream, beginning, limits.gate, ledger.clone());
    let service = service_fn(move |request| {
        let verdict = context.ledger.verdict();
        service::answer(context.clone(), verdict, request)
    });
    let head = limits.gate.head;
    let buffer = share.of(BUFFER, LEAST_BUFFER);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // The gate has time-outs of its own.
        .header_read_timeout(None)
        .max_headers(head.lines)
        .max_buf_size(buffer.max(head.bytes.saturating_add(HEADROOM)))
        .serve_connection(TokioIo::new(gate), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = stop.asked() => {
            ledger.wind_down(local.shared.grace());
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection broke off");
    }
}
