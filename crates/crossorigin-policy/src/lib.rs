//! Policy files: TOML that says who may read what, and where it is served.
//!
//! [`PolicyDocument`] is the text with its places; [`Site`] is what it compiles to; what is wrong with it, or
//! worth knowing about it, is a [`Finding`].

mod compile;
mod compile_policy;
mod compile_routes;
mod document;
mod keys;
mod lint;
mod origins_file;
mod path;
mod read;
mod report;
mod routing;
mod schema;
mod short_form;
mod site;
mod values;

pub use document::{PolicyDocument, load};
pub use path::UnsafePath;
pub use report::{Finding, Report, Severity, render};
pub use schema::{reference, schema};
pub use short_form::ShortForm;
pub use site::{Found, Limits, Listener, Route, Site, Target};
