//! Policy files: TOML that says who may read what, and where it is served.
//!
//! [`PolicyDocument`](document) is the text with its places; [`Site`] is what it compiles to.

mod site;

pub use site::{Found, Limits, Listener, Route, Site, Target, UnsafePath};
