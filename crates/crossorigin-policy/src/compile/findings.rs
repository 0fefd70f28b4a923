//! What has been found so far, and the names that may be used.

use std::ops::Range;
use std::path::PathBuf;

use crossorigin::server::Policy;

use crate::read::Text;
use crate::report::{Finding, Severity, Source};
use crate::site::Listener;

/// Why a value is refused, and what to write instead.
pub(crate) type Refusal = (String, String);

/// A policy by its name; `None` where it is faulty itself, which has been said.
pub(crate) struct NamedPolicy<'a> {
    pub(crate) name: &'a Text,
    pub(crate) policy: Option<Policy>,
    pub(crate) is_used: bool,
}

/// What a listener is known by.
pub(crate) struct NamedListener {
    pub(crate) name: String,
    pub(crate) listener: Option<Listener>,
}

/// What has been found so far.
pub(crate) struct Findings<'a> {
    pub(crate) source: &'a Source,
    pub(crate) problems: Vec<Finding>,
    pub(crate) warnings: Vec<Finding>,
    pub(crate) watched: Vec<PathBuf>,
}

impl Findings<'_> {
    pub(crate) fn problem(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.problems.push(Finding::new(Severity::Problem, code, self.source, span, message, remedy));
    }

    pub(crate) fn warning(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.warnings.push(Finding::new(Severity::Warning, code, self.source, span, message, remedy));
    }

    pub(crate) fn note(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.warnings.push(Finding::new(Severity::Note, code, self.source, span, message, remedy));
    }
}

/// Looks a policy up by the name that a key gives; an unknown one is a problem.
pub(crate) fn policy_named(
    policies: &mut [NamedPolicy<'_>],
    name: &Text,
    findings: &mut Findings<'_>,
) -> Option<(String, Policy)> {
    if let Some(named) = policies.iter_mut().find(|named| named.name.value == name.value) {
        named.is_used = true;
        return named.policy.clone().map(|policy| (name.value.clone(), policy));
    }
    let names = policies.iter().map(|policy| policy.name.value.as_str());
    findings.problem(
        "unknown-policy",
        name.span.clone(),
        format!("there is no policy `{}`", name.value.escape_debug()),
        name_remedy(
            &name.value,
            names,
            &format!("write it under `[policies.{}]`", name.value.escape_debug()),
        ),
    );
    None
}

/// The nearest of the known names, or else what to do.
pub(crate) fn name_remedy<'n>(
    written: &str,
    names: impl Iterator<Item = &'n str>,
    otherwise: &str,
) -> String {
    let nearest = names
        .map(|name| (strsim::jaro_winkler(written, name), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    nearest
        .map_or_else(|| otherwise.to_owned(), |(_, name)| format!("did you mean `{}`?", name.escape_debug()))
}
