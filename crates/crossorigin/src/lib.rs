//! Cross-Origin Resource Sharing, exact and without I/O.
//!
//! This crate holds the protocol itself: the nouns of the [Fetch standard] in [`infrastructure`], and in
//! [`server`] what a server does with a request: [`Policy`] and its [`Decision`].
//!
//! [Fetch standard]: https://fetch.spec.whatwg.org/
//! [`Policy`]: server::Policy
//! [`Decision`]: server::Decision

pub mod infrastructure;
pub mod server;
