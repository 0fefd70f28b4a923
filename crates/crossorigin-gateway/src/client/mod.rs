//! Connections of clients: accepted, encrypted, and served in the version of HTTP that the client speaks.

pub(crate) mod accept;
pub(crate) mod connection;
pub(crate) mod http1;
pub(crate) mod http2;
pub(crate) mod limits;
pub(crate) mod listener;
pub(crate) mod place;
pub(crate) mod sockets;
pub(crate) mod tls;
