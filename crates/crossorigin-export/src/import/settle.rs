//! From what a configuration says to a policy that is valid: what no browser would ever heed is left out and told, what is
//! dangerous is kept and told.

use std::time::Duration;

use crossorigin::server::{Policy, PolicyConfig, Problem, ProblemKind, Setting};

use super::{Finding, Severity};

/// The longest max-age that a policy takes, and that any browser keeps.
const MAX_MAX_AGE: Duration = Duration::from_secs(86_400);

/// Makes a configuration valid. `line` is where it stands in the file that was read.
pub(super) fn settle(mut config: PolicyConfig, line: usize, findings: &mut Vec<Finding>) -> PolicyConfig {
    if config.origins.iter().any(|origin| origin == "*") {
        // Without credentials `*` takes null in.
        let keeps = |origin: &String| origin == "*" || (origin == "null" && config.credentials);
        let kept: Vec<String> = config.origins.iter().filter(|origin| keeps(origin)).cloned().collect();
        if kept.iter().any(|origin| origin == "null") {
            config.dangerously_allow_null_origin = true;
            let message =
                "the origin null is allowed with credentials: every sandboxed frame has it, on any site";
            let remedy = "leave null out, if nothing needs it";
            findings.push(Finding::new(Severity::Warning, "null-origin", line, message, remedy));
        }
        config.origins = vec!["*".into()];
    }
    config.origins = once(std::mem::take(&mut config.origins));
    config.methods = once(std::mem::take(&mut config.methods));
    // These need no permission.
    config.methods.retain(|method| !["GET", "HEAD", "POST"].contains(&method.as_str()));
    config.request_headers = once(lower_case(&config.request_headers));
    config.exposed_headers = once(lower_case(&config.exposed_headers));
    without_wildcards_beside_credentials(&mut config, line, findings);
    beside_any(&mut config.methods, false);
    beside_any(&mut config.request_headers, true);
    if config.max_age.is_some_and(|max_age| max_age > MAX_MAX_AGE) {
        config.max_age = Some(MAX_MAX_AGE);
        let message = "the max-age is above a day, the most that any browser keeps";
        findings.push(Finding::new(Severity::Note, "max-age", line, message, ""));
    }
    while let Err(error) = Policy::new(&config) {
        let before = config.clone();
        // From the end, so that the places of the others stay what they are.
        for problem in error.problems().iter().rev() {
            mend(&mut config, problem, line, findings);
        }
        if config == before {
            // Nothing that is read can be wrong in another way; nobody may read is valid.
            return PolicyConfig::default();
        }
    }
    config
}

fn mend(config: &mut PolicyConfig, problem: &Problem, line: usize, findings: &mut Vec<Finding>) {
    let danger = |flag: &mut bool, code, findings: &mut Vec<Finding>| {
        if !*flag {
            *flag = true;
            let remedy =
                "the policy says so in a key that begins with dangerously; list the origins that are meant";
            let message = format!("{} is allowed with credentials: {}", problem.value, problem.reason());
            findings.push(Finding::new(Severity::Warning, code, line, message, remedy));
        }
    };
    match (&problem.kind, problem.setting) {
        (ProblemKind::AnyOriginWithCredentials, _) => danger(
            &mut config.dangerously_allow_any_origin_with_credentials,
            "any-origin-with-credentials",
            findings,
        ),
        (ProblemKind::InsecureOriginWithCredentials, _) => danger(
            &mut config.dangerously_allow_insecure_origins_with_credentials,
            "insecure-origin-with-credentials",
            findings,
        ),
        (ProblemKind::PublicSuffixWithCredentials { .. }, _) => danger(
            &mut config.dangerously_allow_public_suffixes_with_credentials,
            "public-suffix-with-credentials",
            findings,
        ),
        (ProblemKind::OriginNull, _) => {
            config.dangerously_allow_null_origin = true;
            let message = format!("the origin null is allowed: {}", problem.reason());
            let remedy = "leave null out, if nothing needs it";
            findings.push(Finding::new(Severity::Warning, "null-origin", line, message, remedy));
        }
        (_, setting) => {
            let list = match setting {
                Setting::Origins => &mut config.origins,
                Setting::Methods => &mut config.methods,
                Setting::RequestHeaders => &mut config.request_headers,
                Setting::ExposedHeaders => &mut config.exposed_headers,
                _ => return,
            };
            if let Some(index) = problem.index.filter(|&index| index < list.len()) {
                list.remove(index);
            }
            let (severity, code) = match setting {
                Setting::Origins => (Severity::Warning, "origin-left-out"),
                _ => (Severity::Note, "name-left-out"),
            };
            let message = format!("{:?} is left out: {}", problem.value, problem.reason());
            let remedy = if setting == Setting::Origins { problem.remedy() } else { String::new() };
            findings.push(Finding::new(severity, code, line, message, remedy));
        }
    }
}

/// With credentials, browsers take `*` for a name.
fn without_wildcards_beside_credentials(config: &mut PolicyConfig, line: usize, findings: &mut Vec<Finding>) {
    if !config.credentials {
        return;
    }
    let mut drop = |names: &mut Vec<String>, what: &str| {
        if let Some(index) = names.iter().position(|name| name == "*") {
            names.remove(index);
            let message = format!(
                "* among the {what} grants nothing: with credentials, browsers take it for a name, not for all"
            );
            let remedy = format!("name the {what} that pages need");
            findings.push(Finding::new(
                Severity::Warning,
                "wildcard-with-credentials",
                line,
                message,
                remedy,
            ));
        }
    };
    drop(&mut config.exposed_headers, "exposed headers");
}

/// Leaves out what stands beside `*`, but for `authorization`, which it does not cover.
fn beside_any(names: &mut Vec<String>, keeps_authorization: bool) {
    if names.iter().any(|name| name == "*") {
        names.retain(|name| name == "*" || (keeps_authorization && name == "authorization"));
    }
}

fn lower_case(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.to_ascii_lowercase()).collect()
}

fn once(names: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}

/// Names in one header value.
pub(super) fn names(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(String::from).collect()
}
