//! Policy files: TOML that says who may read what, and where it is served.
//!
//! [`PolicyDocument`] is the text with its places; [`Site`] is what it compiles to; what is wrong with it, or
//! worth knowing about it, is a [`Finding`]. Every key stands once in one table, from which come the check for
//! unknown keys and wrong types, the [JSON Schema](schema()) and the [reference](reference()).
//!
//! ```
//! use std::path::Path;
//!
//! use crossorigin_policy::{Found, PolicyDocument};
//! use http::{HeaderMap, Method};
//!
//! let text = r#"
//!     [policies.api]
//!     origins = ["https://app.example"]
//!
//!     [[listeners]]
//!     address = "127.0.0.1:8080"
//!
//!     [[routes]]
//!     path = "/api/"
//!     upstream = "http://127.0.0.1:9000"
//!     policy = "api"
//! "#;
//! let (site, _warnings) = PolicyDocument::parse(Path::new("site.toml"), text).compile()?;
//! let found = site.find(&site.listeners[0], Some("h"), "/api/x", &Method::GET, &HeaderMap::new());
//! assert!(matches!(found, Ok(Found::Route(route)) if route.path == "/api/"));
//!
//! let faulty = text.replace("https://app.example", "https://app.example/");
//! let report = PolicyDocument::parse(Path::new("site.toml"), &faulty).compile().unwrap_err();
//! assert_eq!((report.problems()[0].line(), report.problems()[0].code()), (3, "origin-path"));
//! # Ok::<(), crossorigin_policy::Report>(())
//! ```

mod answer;
mod certificate;
mod compile;
mod diff;
mod diff_places;
mod diff_settings;
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
mod validity;
mod values;
pub mod witness;

pub use answer::{Answer, Question};
pub use certificate::Certificate;
pub use compile::load;
pub use diff::{Differences, RequestDifference, Told, differences};
pub use diff_settings::SettingDifference;
pub use document::PolicyDocument;
pub use path::UnsafePath;
pub use report::{Finding, Report, Severity, render};
pub use schema::{reference, schema};
pub use short_form::ShortForm;
pub use site::{
    Admin, Authorities, Conditions, Found, Limits, Listener, Log, LogFormat, Route, Site, Target, Upstreams,
    WebSocket,
};
pub use values::duration as parse_duration;
pub use witness::{Asks, Side, Witness, WitnessOrigin, Witnesses};
