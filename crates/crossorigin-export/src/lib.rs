//! Policy files as other servers' configurations: each says what the policy says, exactly, or is refused with a request
//! that would be answered differently.
//!
//! [`export`] makes a `Plan` of a site, which says in plain tables what is to be answered: rules in the order in
//! which they are tried, origins as lists and regular expressions, header values. A target's file writes the plan in its
//! own syntax, and knows what it can't say. The other way, [`import`] reads what servers are configured with.
//!
//! ```
//! use std::path::Path;
//!
//! use crossorigin_export::{Options, Target, export};
//! use crossorigin_policy::PolicyDocument;
//!
//! let text = r#"
//!     [policies.api]
//!     origins = ["https://app.example"]
//!
//!     [[listeners]]
//!     address = "127.0.0.1:8080"
//!
//!     [[routes]]
//!     path = "/"
//!     upstream = "http://127.0.0.1:9000"
//!     policy = "api"
//! "#;
//! let document = PolicyDocument::parse(Path::new("site.toml"), text);
//! let configurations = document.configurations();
//! let (site, _warnings) = document.compile()?;
//! let export = export(&site, &configurations, Target::Nginx, &Options::default()).unwrap();
//! assert!(export.files[0].text.contains(r"~^https://app\.example$"));
//! # Ok::<(), crossorigin_policy::Report>(())
//! ```

mod difference;
pub mod import;
mod patterns;
mod plan;
mod services;
mod target;
mod targets;
mod yaml;

use std::path::PathBuf;

use crossorigin::server::PolicyConfig;
use crossorigin_policy::Site;

pub use difference::{Difference, Refused, Sender};
pub use target::Target;

use difference::Differences;
use plan::Plan;

/// How a site is exported.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// The version of the target that is written for; `None` for the one that its page in the documentation names.
    pub version: Option<String>,
    /// Names of differences that are let through.
    pub accepted: Vec<String>,
    /// Only the part to paste into a configuration that is there already.
    pub snippet: bool,
    /// The folder that the files will be in, for targets that need absolute paths.
    pub folder: PathBuf,
}

/// What a site is in a target's own terms.
#[derive(Debug)]
#[non_exhaustive]
pub struct Export {
    /// The files; the first is the main one.
    pub files: Vec<File>,
    /// The command that starts the server with them, in the foreground, from any folder, as a shell takes it. `None`
    /// for services and snippets.
    pub start: Option<String>,
    /// Differences that were accepted, that no browser can bring about, or that a version decides.
    pub warnings: Vec<Difference>,
}

/// One file of an export.
#[derive(Debug)]
#[non_exhaustive]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// What it says.
    pub text: String,
}

impl File {
    pub(crate) fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }
}

/// Writes a site in a target's terms. `configurations` is what its policies are made from.
///
/// # Errors
/// Everything that the target can't say exactly and that is not accepted.
pub fn export(
    site: &Site,
    configurations: &[(String, PolicyConfig)],
    target: Target,
    options: &Options,
) -> Result<Export, Refused> {
    let plan = Plan::new(site, configurations);
    let mut differences = Differences::new(&options.accepted);
    let mut export = targets::write(target, &plan, options, &mut differences);
    export.warnings = differences.finish()?;
    Ok(export)
}
