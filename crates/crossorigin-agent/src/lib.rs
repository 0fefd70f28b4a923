//! A user agent without a browser: it fetches as a page would, by the CORS protocol.

mod transport;

pub use transport::{Body, Transport};
