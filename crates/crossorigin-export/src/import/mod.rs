//! Reads the common forms of other servers' CORS configurations back into a policy file.
//!
//! What can't be read exactly is a [`Finding`] with its line and reason, never a guess; so is what the configuration itself
//! gets wrong, such as a missing `Vary`.

mod apache;
mod apache_run;
mod caddy;
mod caddy_run;
mod caddy_syntax;
mod envoy;
mod gateway_api;
mod gcs;
mod infer;
mod nginx;
mod nginx_run;
mod nginx_syntax;
mod origins;
mod policy_file;
mod rules;
mod s3;
mod settle;
mod syntax;
mod tree;

use std::fmt;

use crossorigin::server::PolicyConfig;

pub use origins::{Anchoring, OriginRegex, translate};

/// The most bytes of a configuration that are read.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Whose configuration is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// nginx's, a whole file or a part of one.
    Nginx,
    /// Apache's, a whole file, a part of one or an `.htaccess`.
    Apache,
    /// A Caddyfile, or a part of one.
    Caddy,
    /// Envoy's bootstrap or route configuration, as YAML or JSON.
    Envoy,
    /// `HTTPRoute`s of the Kubernetes Gateway API, as YAML or JSON.
    GatewayApi,
    /// A bucket's CORS rules, as JSON or as XML.
    S3,
    /// A bucket's CORS configuration of Google Cloud Storage, as JSON.
    Gcs,
}

impl Format {
    /// Every format, in the order of the help.
    pub const ALL: &[Self] =
        &[Self::Nginx, Self::Apache, Self::Caddy, Self::Envoy, Self::GatewayApi, Self::S3, Self::Gcs];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "apache",
            Self::Caddy => "caddy",
            Self::Envoy => "envoy",
            Self::GatewayApi => "gateway-api",
            Self::S3 => "s3",
            Self::Gcs => "gcs",
        }
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The policy lacks something that the configuration says.
    Unread,
    /// The configuration does what its author hardly means.
    Warning,
    /// Worth knowing.
    Note,
}

/// Something found in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// A stable name for the kind, such as `missing-vary`.
    pub code: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// What was found, in a sentence without a full stop.
    pub message: String,
    /// What to do about it; empty where there is nothing to do.
    pub remedy: String,
}

impl Finding {
    pub(crate) fn new(
        severity: Severity,
        code: &'static str,
        line: usize,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { severity, code, line, message: message.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "; {}", self.remedy) }
    }
}

/// Why nothing is read of a configuration: syntax errors, and what only the server that reads it knows, such as
/// included files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl ImportError {
    pub(crate) fn new(line: usize, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { line, message: message.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}; {}", self.line, self.message, self.remedy)
    }
}

impl std::error::Error for ImportError {}

/// What was read of a configuration.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Imported {
    /// Policies with their names.
    pub policies: Vec<(String, PolicyConfig)>,
    /// Routes.
    pub routes: Vec<ImportedRoute>,
    /// Addresses that the server listens on.
    pub listeners: Vec<String>,
    /// What could not be read, and what is worth knowing, by line.
    pub findings: Vec<Finding>,
}

/// A route that was read: its keys, as in a policy file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportedRoute {
    /// The prefix.
    pub path: String,
    /// Hosts; empty for all.
    pub hosts: Vec<String>,
    /// Extensions; empty for all.
    pub extensions: Vec<String>,
    /// Methods; empty for all.
    pub methods: Vec<String>,
    /// What answers.
    pub target: ImportedTarget,
    /// The policy's name; `None` where no other site may read.
    pub policy: Option<String>,
}

/// What answers on a route that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportedTarget {
    /// The configuration does not say so in words that a policy file has.
    #[default]
    Unknown,
    /// A server, such as `http://127.0.0.1:9000`.
    Upstream(String),
    /// A folder.
    Files(String),
}

/// Reads a configuration.
///
/// # Errors
/// The text is not in the format's syntax, or says what can be known only where it is used.
pub fn import(format: Format, text: &str) -> Result<Imported, ImportError> {
    if text.len() > MAX_BYTES {
        let remedy = "keep the part that sets CORS headers";
        return Err(ImportError::new(1, "the file is larger than 16 MiB", remedy));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut imported = match format {
        Format::Nginx => nginx::read(text)?,
        Format::Apache => apache::read(text)?,
        Format::Caddy => caddy::read(text)?,
        Format::Envoy => envoy::read(text)?,
        Format::GatewayApi => gateway_api::read(text)?,
        Format::S3 => s3::read(text)?,
        Format::Gcs => gcs::read(text)?,
    };
    if imported.policies.is_empty() && imported.findings.is_empty() {
        let message = "nothing in this file lets another site read";
        imported.findings.push(Finding::new(
            Severity::Warning,
            "no-cors",
            1,
            message,
            "check that it is the right file",
        ));
    }
    imported.findings.sort_by_key(|finding| finding.line);
    imported.findings.dedup();
    Ok(imported)
}

impl Imported {
    /// Whether the policy lacks something that the configuration says.
    pub fn is_partial(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Unread)
    }

    /// The policy file. `source` is the configuration's name, for a comment.
    pub fn policy_file(&self, source: &str) -> String {
        policy_file::write(self, source)
    }

    /// Adds a policy, unless one is the same already; gives its name.
    pub(crate) fn add_policy(&mut self, wish: &str, config: PolicyConfig) -> String {
        if let Some((name, _)) = self.policies.iter().find(|(_, own)| *own == config) {
            return name.clone();
        }
        let wish: String = wish
            .chars()
            .map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' })
            .collect();
        let wish = match wish.trim_matches('-') {
            "" if config.origins == ["*"] => "public",
            "" => "site",
            wish => wish,
        };
        let is_new = |name: &String| !self.policies.iter().any(|(own, _)| own == name);
        let numbered = (2..).map(|number: u32| format!("{wish}-{number}"));
        let name = std::iter::once(wish.to_owned()).chain(numbered).find(is_new).unwrap_or_default();
        self.policies.push((name.clone(), config));
        name
    }

    /// Adds a route, unless one is the same but for its policy: then that stays, and this one is told as unread.
    pub(crate) fn add_route(&mut self, route: ImportedRoute, line: usize) {
        let is_same = |own: &ImportedRoute| {
            own.path == route.path
                && own.hosts == route.hosts
                && own.extensions == route.extensions
                && own.methods == route.methods
        };
        match self.routes.iter().find(|own| is_same(own)) {
            None => self.routes.push(route),
            Some(own) if *own == route => {}
            Some(_) => self.findings.push(Finding::new(
                Severity::Unread,
                "second-route",
                line,
                format!("the path {} has another CORS configuration already", route.path),
                "write the two as routes that differ by host, extensions or methods",
            )),
        }
    }
}
