//! Cross-Origin Resource Sharing, exact and without I/O.
//!
//! This crate holds the protocol itself: the nouns of the [Fetch standard] in [`infrastructure`], in
//! [`fetching`] what a user agent does with them, in [`profiles`] where browsers differ, in [`html`] who asks,
//! and in [`server`] what a server does with a request: [`Policy`] and its [`Decision`].
//!
//! [Fetch standard]: https://fetch.spec.whatwg.org/
//! [`Policy`]: server::Policy
//! [`Decision`]: server::Decision

pub mod fetching;
pub mod html;
pub mod infrastructure;
pub mod profiles;
pub mod server;
