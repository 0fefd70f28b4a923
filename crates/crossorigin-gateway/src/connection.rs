//! One connection of a client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use crate::accept::{Counted, Stop};
use crate::head::HeadLimits;
use crate::head_gate::{GateLimits, HeadGate};
use crate::ledger::Ledger;
use crate::running::Place;
use crate::service;
use crate::worker::Local;

/// How long a connection that gets nothing but a 503 may take.
const TURNED_AWAY_WITHIN: Duration = Duration::from_secs(1);
/// Hyper's own limits are this far above ours, so that it is the gate that refuses.
const HEADROOM: usize = 16 * 1024;
/// What hyper reads and writes at once, at most.
const BUFFER: usize = 400 * 1024;

/// Whether a connection's requests are answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Admission {
    Admitted,
    /// With 503 only, and why.
    Overloaded(&'static str),
}

/// What all requests of a connection have in common.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) local: Arc<Local>,
    pub(crate) place: Arc<Place>,
    pub(crate) peer: SocketAddr,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) admission: Admission,
}

/// Serves a connection until it ends.
pub(crate) async fn serve(
    local: Arc<Local>,
    place: Arc<Place>,
    counted: Counted,
    stream: TcpStream,
    mut stop: Stop,
    admission: Admission,
) {
    let Ok(peer) = stream.peer_addr() else { return };
    // Without it the end of a response may wait for an acknowledgement; with it, at worst, a packet is smaller.
    let _ = stream.set_nodelay(true);
    let _alive = local.alive.clone();
    let limits = local.shared.site.load().limits.clone();
    let is_admitted = matches!(admission, Admission::Admitted);
    let at_most = |duration: Duration| if is_admitted { duration } else { duration.min(TURNED_AWAY_WITHIN) };
    let gate_limits = GateLimits {
        head: HeadLimits { bytes: limits.head_bytes, lines: limits.header_lines },
        head_timeout: at_most(limits.head_timeout),
        idle_timeout: at_most(limits.idle_timeout),
        stall_timeout: at_most(limits.stall_timeout),
    };
    let ledger = Arc::new(Ledger::new());
    let gate = HeadGate::new(stream, gate_limits, ledger.clone());
    let context = Arc::new(Context { local, place, peer, ledger: ledger.clone(), admission });
    let service = service_fn(move |request| service::answer(context.clone(), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // The gate has time-outs of its own.
        .header_read_timeout(None)
        .max_headers(limits.header_lines.saturating_add(8))
        .max_buf_size(BUFFER.max(limits.head_bytes.saturating_add(HEADROOM)))
        .serve_connection(TokioIo::new(gate), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = stop.asked() => {
            ledger.wind_down();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection broke off");
    }
    drop(counted);
}
