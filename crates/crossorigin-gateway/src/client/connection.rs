//! One connection of a client.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use http::uri::Scheme;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::http1;
use super::http2;
use super::limits::{Client, ConnectionLimits};
use super::place::{Counted, Place, Stop};
use crate::context::{Admission, Context};
use crate::running::Local;
use crate::running::Shared;
use crate::wire::first_bytes::{self, Rewound, Spoken};
use crate::wire::ledger::Ledger;

/// Serves a connection until it ends.
pub(crate) async fn serve(
    local: Arc<Local>,
    place: Arc<Place>,
    counted: Counted,
    mut stream: TcpStream,
    stop: Stop,
    admission: Admission,
) {
    let Ok(peer) = stream.peer_addr() else { return };
    // Without it the end of a response may wait for an acknowledgement; with it, at worst, a packet is smaller.
    let _ = stream.set_nodelay(true);
    let alive = local.alive.clone();
    let limits = ConnectionLimits::new(&local, admission);
    let tls = place.tls.load_full();
    let mut begun = BytesMut::new();
    let patience = if tls.is_some() { limits.handshake_timeout } else { limits.gate.idle_timeout };
    let spoken =
        opening(&mut stream, &mut begun, patience, limits.gate.head_timeout, stop.clone(), &local.shared)
            .await;
    let client = |scheme, admission| {
        let ledger = Arc::new(Ledger::new());
        let context = Context { local, place, peer, scheme, ledger, admission, _counted: counted };
        Client { context: Arc::new(context), stop, limits }
    };
    // Boxed is what is larger than HTTP/1.1, so that connections of that don't have its size.
    match (spoken, tls) {
        (None, _) => {}
        (Some(Spoken::Http2), None) => {
            Box::pin(http2::serve(stream, begun, client(Scheme::HTTP, admission))).await;
        }
        (Some(_), None) => http1::serve(stream, begun, client(Scheme::HTTP, admission)).await,
        (Some(Spoken::Tls), Some(configuration)) => {
            Box::pin(encrypted(stream, begun, configuration, client(Scheme::HTTPS, admission))).await;
        }
        (Some(_), Some(_)) => {
            http1::serve(stream, begun, client(Scheme::HTTP, Admission::Unencrypted)).await;
        }
    }
    drop(alive);
}

/// Reads until it is known what a client speaks: `patience` for the first byte, `head_timeout` from then on.
/// What does not get that far is left to the head gate, which knows what to say; `None` where nothing came.
async fn opening(
    stream: &mut TcpStream,
    begun: &mut BytesMut,
    patience: Duration,
    head_timeout: Duration,
    mut stop: Stop,
    shared: &Shared,
) -> Option<Spoken> {
    let mut limit = patience;
    let mut is_leaving = false;
    loop {
        if let Some(spoken) = Spoken::by(begun) {
            return Some(spoken);
        }
        let goes_on = tokio::select! {
            biased;
            goes_on = first_bytes::more(stream, begun) => goes_on,
            () = stop.asked(), if !is_leaving => {
                is_leaving = true;
                limit = limit.min(shared.grace());
                continue;
            }
            () = tokio::time::sleep(limit) => false,
        };
        if !goes_on {
            return (!begun.is_empty()).then_some(Spoken::Http1);
        }
        limit = head_timeout;
    }
}

/// Speaks TLS, and inside what was agreed on.
async fn encrypted(stream: TcpStream, begun: BytesMut, configuration: Arc<ServerConfig>, client: Client) {
    let handshake = TlsAcceptor::from(configuration).accept(Rewound::new(begun, stream));
    let stream = match tokio::time::timeout(client.limits.handshake_timeout, handshake).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(peer = %client.context.peer, %error, "a TLS handshake failed");
            return;
        }
        Err(_) => {
            tracing::debug!(peer = %client.context.peer, "a TLS handshake took too long");
            return;
        }
    };
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => http2::serve(stream, BytesMut::new(), client).await,
        _ => http1::serve(stream, BytesMut::new(), client).await,
    }
}
