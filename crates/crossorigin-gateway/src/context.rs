//! What all requests of a connection have in common.

use std::net::SocketAddr;
use std::sync::Arc;

use http::uri::Scheme;

use crate::client::place::{Counted, Place};
use crate::running::Local;
use crate::wire::ledger::Ledger;

/// Whether a connection's requests are answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Admission {
    Admitted,
    /// With 503 only, and why.
    Overloaded(&'static str),
    /// With 400 only: plain HTTP where TLS is spoken.
    Unencrypted,
}

/// What all requests of a connection have in common.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) local: Arc<Local>,
    pub(crate) place: Arc<Place>,
    pub(crate) peer: SocketAddr,
    /// How the client came here: `http` or `https`.
    pub(crate) scheme: Scheme,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) admission: Admission,
    /// Counts for as long as anything of the connection is left, a WebSocket too.
    pub(crate) _counted: Counted,
}
