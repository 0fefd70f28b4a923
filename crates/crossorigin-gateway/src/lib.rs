//! The gateway: a right CORS policy in front of any HTTP server, or over a folder.
//!
//! A request's way, one file a step:
//!
//! ```text
//! listener ─► accept ─► connection ─┬─► http1: head_gate ─► hyper ──────────────┬─► service ─► files or proxy
//!                        (tls)      └─► http2: frame_gate ─► hyper ─► http2_head ┘     └─► (decorates) ─► client
//! ```
//!
//! - `listener` opens an address once for each worker, of which there is one a core; `accept` takes its connections;
//! - `connection` finds out what a client speaks, and speaks TLS with it;
//! - `head_gate` lets no request head through to hyper that two servers could read in two ways, `http2_head` none
//!   through to the service; `frame_gate` bounds what hyper's HTTP/2 does not; `streams` runs its requests;
//! - `service` finds the route and asks its [`Policy`](crossorigin::server::Policy), which alone knows of CORS:
//!   it answers preflights, and decorates every other response, the gateway's own errors too;
//! - `files` and `proxy` answer.
//!
//! ```no_run
//! use crossorigin_gateway::{Gateway, Options};
//!
//! let (site, _warnings) = crossorigin_policy::load("site.toml".as_ref())?;
//! let gateway = Gateway::bind(site, Options::default())?;
//! println!("{:?}", gateway.addresses());
//! let handle = gateway.handle(); // for another thread: handle.reload(site), handle.shutdown()
//! gateway.wait();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accept;
mod access_log;
mod admin;
mod admin_pages;
mod balance;
mod body;
mod chunked;
mod client_body;
mod connection;
mod connector;
mod failure;
mod files;
mod first_bytes;
mod forwarded;
mod frame_gate;
mod gateway;
mod head;
mod head_gate;
mod hop_by_hop;
mod http1;
mod http2;
mod http2_head;
mod informational;
mod ledger;
mod listener;
mod metrics;
mod metrics_text;
mod pool;
mod proxy;
mod redact;
mod refusals;
mod reload;
mod running;
mod service;
mod sockets;
#[doc(hidden)]
pub mod steps;
mod streams;
mod timer;
mod tls;
mod upgrade;
mod upstream_body;
mod worker;

pub use balance::TlsError;
pub use gateway::{BindError, Gateway, Handle, Options};
pub use reload::{ReloadError, Reloader};
