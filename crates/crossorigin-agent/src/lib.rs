//! A user agent without a browser: it fetches as a page would, by the CORS protocol.

mod in_process;
mod transport;

pub use in_process::InProcess;
pub use transport::{Body, Transport};
