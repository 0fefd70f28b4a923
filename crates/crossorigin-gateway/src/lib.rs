//! The gateway: a right CORS policy in front of any HTTP server, or over a folder.
//!
//! A request's way:
//!
//! ```text
//! client::accept ─► connection ─┬─► http1, wire::head_gate ──────────┬─► service ─┬─► files ────────────┐
//!                      (tls)    └─► http2, frame_gate, http2_head ───┘            └─► upstream::proxy ──┤
//!                                                           client ◄─ (decorated) ◄─────────────────────┘
//! ```
//!
//! - `client` holds connections: `listener` opens an address once for each worker, of which there is one a core, `accept`
//!   takes its connections, `connection` finds out what a client speaks, and speaks TLS with it;
//! - `wire` stands between clients and hyper: `head_gate` lets no request head through that two servers could read in two
//!   ways, `http2_head` does the same for HTTP/2; `frame_gate` bounds what hyper's HTTP/2 does not; `streams` runs its
//!   requests; `ledger` is what the two sides tell each other of a connection;
//! - `service` finds the route and asks its [`Policy`](crossorigin::server::Policy), which alone knows of CORS:
//!   it answers preflights, and decorates every other response, the gateway's own errors too;
//! - `files` and `upstream` answer;
//! - `exchange` is one request from its head to its answer's end, where it is counted (`telemetry`) and logged; `admin` tells
//!   of it;
//! - `gateway` opens, reloads and ends it all: `worker` is a thread, `running` what all of them share.
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

mod admin;
mod body;
mod client;
mod context;
mod errors;
mod exchange;
mod failure;
mod files;
mod gateway;
mod reload;
mod request_host;
mod running;
mod service;
mod share;
#[doc(hidden)]
pub mod steps;
mod telemetry;
mod upstream;
mod wire;
mod worker;

pub use gateway::{BindError, Gateway, Handle, Options};
pub use reload::{ReloadError, Reloader};
pub use upstream::trust::TlsError;
