//! The policies of a document.

use std::ops::Range;

use crossorigin::server::{
    CrossOriginResourcePolicy, Policy, PolicyConfig, PolicyError, ProblemKind, Setting, TimingAllowOrigin,
};

use super::findings::{Findings, NamedPolicy};
use crate::document::PolicyDocument;
use crate::lint::{self, Lint};
use crate::origins_file::{self, OriginsFile};
use crate::read::Fields;
use crate::report::{Finding, Severity, Source};

/// How many faulty lines of one `origins_file` are shown.
const SHOWN_LINES: usize = 100;

pub(crate) fn policies<'d>(
    document: &'d PolicyDocument,
    findings: &mut Findings<'_>,
) -> Vec<NamedPolicy<'d>> {
    let policies = document.policies.iter().map(|(name, fields)| {
        let policy = policy(document, fields, findings);
        NamedPolicy { name, policy, is_used: false }
    });
    policies.collect()
}

fn policy(document: &PolicyDocument, fields: &Fields, findings: &mut Findings<'_>) -> Option<Policy> {
    let mut config = config(fields);
    let origins_file = origins_file(document, fields, findings);
    let mut place = Place { fields, source: &document.source, inline: config.origins.len(), file: None };
    if let Some(mut file) = origins_file {
        config.origins.append(&mut file.origins);
        place.file = Some(file);
    }
    if !fields.has("origins") && !fields.has("origins_file") {
        let remedy = "write `origins = [\"https://app.example\"]`, or `origins = []` to let nobody read";
        findings.problem("missing-key", fields.header.clone(), "this policy has no `origins`", remedy);
    }
    any_origin_in_file(&config, &place, findings);
    match Policy::new(&config) {
        Ok(policy) => {
            for lint in lint::policy(&config) {
                findings.warnings.push(place.lint(&config, &lint));
            }
            Some(policy)
        }
        Err(error) => {
            findings.problems.extend(problems(&error, &place));
            None
        }
    }
}

/// The configurations of a document's policies, each with the origins of its file.
pub(crate) fn configurations(document: &PolicyDocument) -> Vec<(String, PolicyConfig)> {
    let configurations = document.policies.iter().map(|(name, fields)| {
        let mut config = config(fields);
        let file =
            fields.text("origins_file").map(|text| origins_file::read(&document.folder.join(&text.value)));
        if let Some(Ok(file)) = file {
            config.origins.extend(file.origins);
        }
        (name.value.clone(), config)
    });
    configurations.collect()
}

/// The configuration that the keys of a policy make.
fn config(fields: &Fields) -> PolicyConfig {
    let mut config = PolicyConfig::default();
    config.origins = fields.strings("origins");
    config.credentials = fields.boolean("credentials");
    config.methods = fields.strings("methods");
    config.request_headers = fields.strings("request_headers");
    config.exposed_headers = fields.strings("exposed_headers");
    config.max_age = fields.duration("max_age");
    if let Some(status) = fields.number("preflight_status") {
        config.preflight_status = u16::try_from(status).unwrap_or(u16::MAX);
    }
    config.timing_allow_origin = fields.text("timing_allow_origin").map(|text| match text.value.as_str() {
        "*" => TimingAllowOrigin::Any,
        _ => TimingAllowOrigin::AllowedOrigins,
    });
    config.cross_origin_resource_policy =
        fields.text("cross_origin_resource_policy").map(|text| match text.value.as_str() {
            "same-origin" => CrossOriginResourcePolicy::SameOrigin,
            "same-site" => CrossOriginResourcePolicy::SameSite,
            _ => CrossOriginResourcePolicy::CrossOrigin,
        });
    config.forbid_refused_origins = fields.boolean("forbid_refused_origins");
    config.public_url = fields.text("public_url").map(|text| text.value.clone());
    config.dangerously_allow_null_origin = fields.boolean("dangerously_allow_null_origin");
    config.dangerously_allow_any_origin_with_credentials =
        fields.boolean("dangerously_allow_any_origin_with_credentials");
    config.dangerously_allow_insecure_origins_with_credentials =
        fields.boolean("dangerously_allow_insecure_origins_with_credentials");
    config.dangerously_allow_public_suffixes_with_credentials =
        fields.boolean("dangerously_allow_public_suffixes_with_credentials");
    config
}

fn origins_file(
    document: &PolicyDocument,
    fields: &Fields,
    findings: &mut Findings<'_>,
) -> Option<OriginsFile> {
    let text = fields.text("origins_file")?;
    let path = document.folder.join(&text.value);
    if !findings.watched.contains(&path) {
        findings.watched.push(path.clone());
    }
    match origins_file::read(&path) {
        Ok(file) => Some(file),
        Err(error) => {
            let (source, span) = match &error.line {
                Some((number, line)) => (Source::line(&path, *number, line), 0..line.len()),
                None => (document.source.clone(), text.span.clone()),
            };
            let problem = Finding::new(
                Severity::Problem,
                "unreadable-file",
                &source,
                span,
                error.message,
                error.remedy,
            );
            findings.problems.push(problem);
            None
        }
    }
}

fn any_origin_in_file(config: &PolicyConfig, place: &Place<'_>, findings: &mut Findings<'_>) {
    let stars = (place.inline..config.origins.len()).filter(|&index| config.origins[index] == "*");
    for index in stars.take(1) {
        let (source, span) = place.find(Setting::Origins, Some(index), "*");
        let message = "an origins_file lists origins and patterns, not *";
        let remedy = "write `origins = \"*\"` in the policy file, without an origins_file";
        let problem = Finding::new(Severity::Problem, "any-origin-in-file", &source, span, message, remedy);
        findings.problems.push(problem);
    }
}

/// The core's problems, each at its place.
fn problems(error: &PolicyError, place: &Place<'_>) -> Vec<Finding> {
    let mut in_file = 0;
    let mut found = Vec::new();
    for problem in error.problems() {
        let is_in_file =
            problem.setting == Setting::Origins && problem.index.is_some_and(|index| index >= place.inline);
        // `*` in a file has been named already, for its own reason; so has a public URL of a wrong type.
        let is_named = (is_in_file && problem.value == "*")
            || (problem.kind == ProblemKind::PublicUrlMissing && place.fields.has("public_url"));
        if is_named {
            continue;
        }
        in_file += usize::from(is_in_file);
        if is_in_file && in_file > SHOWN_LINES {
            continue;
        }
        let (source, span) = place.find(problem.setting, problem.index, &problem.value);
        let key = problem.setting.key();
        let message = match problem.index {
            Some(_) => format!("`{key}` {:?}: {}", problem.value, problem.reason()),
            None => format!("`{key}`: {}", problem.reason()),
        };
        found.push(Finding::new(Severity::Problem, problem.code(), &source, span, message, problem.remedy()));
    }
    if in_file > SHOWN_LINES
        && let Some(text) = place.fields.text("origins_file")
    {
        let message = format!("{} more lines of this file are faulty", in_file - SHOWN_LINES);
        let remedy = "mend those that are shown first";
        let span = text.span.clone();
        found.push(Finding::new(Severity::Problem, "more-problems", place.source, span, message, remedy));
    }
    found
}

/// Where the settings of a policy stand.
struct Place<'a> {
    fields: &'a Fields,
    source: &'a Source,
    /// How many of the origins stand in the policy file itself.
    inline: usize,
    /// The others.
    file: Option<OriginsFile>,
}

impl Place<'_> {
    fn find(&self, setting: Setting, index: Option<usize>, value: &str) -> (Source, Range<usize>) {
        if let (Setting::Origins, Some(index), Some(file)) = (setting, index, &self.file)
            && let Some(line) = index.checked_sub(self.inline).and_then(|index| file.lines.get(index))
        {
            return (Source::line(&file.path, *line, value), 0..value.len());
        }
        let item = index.and_then(|index| self.fields.texts(setting.key()).get(index));
        let span = item.map_or_else(|| self.fields.span(setting.key()), |text| text.span.clone());
        (self.source.clone(), span)
    }

    fn lint(&self, config: &PolicyConfig, lint: &Lint) -> Finding {
        let value = match (lint.setting, lint.index) {
            (Setting::Origins, Some(index)) => config.origins.get(index).map_or("", String::as_str),
            _ => "",
        };
        let (source, span) = self.find(lint.setting, lint.index, value);
        Finding::new(lint.severity, lint.code, &source, span, &*lint.message, &*lint.remedy)
    }
}
