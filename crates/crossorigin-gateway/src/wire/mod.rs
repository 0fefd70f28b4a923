//! What clients send, before hyper reads it, and what may come of it: heads that two servers could read in two ways go
//! no further. Nothing here knows of sites, policies or upstreams.

pub(crate) mod chunked;
pub(crate) mod first_bytes;
pub(crate) mod frame_gate;
pub(crate) mod head;
pub(crate) mod head_gate;
pub(crate) mod http2_head;
pub(crate) mod ledger;
pub(crate) mod streams;
pub(crate) mod timer;
