//! Policy files: TOML that says who may read what, and where it is served.
//!
//! [`PolicyDocument`] is the text with its places; [`Site`] is what it compiles to; what is wrong with it, or
//! worth knowing about it, is a [`Finding`].

mod document;
mod report;
mod short_form;
mod site;

pub use document::{PolicyDocument, load};
pub use report::{Finding, Report, Severity, render};
pub use short_form::ShortForm;
pub use site::{Found, Limits, Listener, Route, Site, Target, UnsafePath};
