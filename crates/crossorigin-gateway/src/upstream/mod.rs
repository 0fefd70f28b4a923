//! A request on its way to the server behind the gateway, and the answer on its way back.

pub(crate) mod balance;
pub(crate) mod client_body;
pub(crate) mod connector;
pub(crate) mod forwarded;
pub(crate) mod hop_by_hop;
pub(crate) mod informational;
pub(crate) mod pool;
pub(crate) mod proxy;
pub(crate) mod server;
pub(crate) mod trust;
pub(crate) mod upgrade;
pub(crate) mod upstream_body;
