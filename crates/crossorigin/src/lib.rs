//! Cross-Origin Resource Sharing, exact and without I/O.
//!
//! This crate holds the protocol itself: the nouns of the [Fetch standard] in [`infrastructure`], in
//! [`fetching`] what a user agent does with it, and in [`server`] what a server does with a request: [`Policy`]
//! and its [`Decision`].
//!
//! [Fetch standard]: https://fetch.spec.whatwg.org/
//! [`Policy`]: server::Policy
//! [`Decision`]: server::Decision

pub mod fetching;
pub mod html;
pub mod infrastructure;
pub mod server;
