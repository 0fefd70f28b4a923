//! Lists of rules, as buckets have them: the first rule that allows origin and method decides.

use std::time::Duration;

use crossorigin::server::{OriginPattern, PolicyConfig};

use super::settle::settle;
use super::{Finding, Imported, ImportedRoute, Severity};

/// One rule of a bucket.
#[derive(Clone, Debug, Default)]
pub(super) struct Rule {
    pub(super) line: usize,
    pub(super) origins: Vec<String>,
    pub(super) methods: Vec<String>,
    pub(super) request_headers: Vec<String>,
    pub(super) exposed_headers: Vec<String>,
    pub(super) max_age: Option<u64>,
}

/// What holds for all origins of a rule.
#[derive(PartialEq, Eq)]
struct Grant {
    request_headers: Vec<String>,
    exposed_headers: Vec<String>,
    max_age: Option<u64>,
}

/// Makes a policy for each group of methods that the same rules allow, and a route for each.
pub(super) fn policies(rules: Vec<Rule>, imported: &mut Imported) {
    let rules: Vec<Rule> = rules.into_iter().map(|rule| readable(rule, &mut imported.findings)).collect();
    let mut methods: Vec<&str> = rules
        .iter()
        .flat_map(|rule| &rule.methods)
        .map(|method| if method == "HEAD" { "GET" } else { method })
        .collect();
    methods.sort_unstable();
    methods.dedup();
    // Methods that the same rules allow go together.
    let mut groups: Vec<(Vec<usize>, Vec<String>)> = Vec::new();
    for method in methods {
        let allows =
            |rule: &Rule| rule.methods.iter().any(|own| own == method || own == "HEAD" && method == "GET");
        let by: Vec<usize> = (0..rules.len()).filter(|&index| allows(&rules[index])).collect();
        match groups.iter_mut().find(|(own, _)| *own == by) {
            Some((_, methods)) => methods.push(method.into()),
            None => groups.push((by, vec![method.into()])),
        }
    }
    let single = groups.len() == 1;
    for (by, methods) in groups {
        let allowing: Vec<&Rule> = by.iter().map(|&index| &rules[index]).collect();
        let Some(config) = merged(&allowing, &methods, imported) else { continue };
        let line = allowing.first().map_or(1, |rule| rule.line);
        let config = settle(config, line, &mut imported.findings);
        let name = imported.add_policy(if single { "bucket" } else { &methods[0] }, config);
        let methods = if single { Vec::new() } else { methods };
        let route =
            ImportedRoute { path: "/".into(), methods, policy: Some(name), ..ImportedRoute::default() };
        imported.add_route(route, line);
    }
}

/// One policy of rules that grant the same; of others, those that grant what the first does.
fn merged(rules: &[&Rule], methods: &[String], imported: &mut Imported) -> Option<PolicyConfig> {
    let first = rules.first()?;
    let mut config = PolicyConfig::default();
    config.methods = methods.to_vec();
    config.request_headers.clone_from(&first.request_headers);
    config.exposed_headers.clone_from(&first.exposed_headers);
    config.max_age = first.max_age.map(Duration::from_secs);
    for rule in rules {
        if rule.grant() == first.grant() {
            config.origins.extend(rule.origins.iter().cloned());
            continue;
        }
        let message = format!(
            "for {} this rule grants other headers than the one in line {}, and a policy grants all its origins the same",
            methods.join(", "),
            first.line
        );
        let remedy = "give both rules the same headers and max-age, or serve the two from different paths";
        imported.findings.push(Finding::new(Severity::Unread, "rules-differ", rule.line, message, remedy));
    }
    Some(config)
}

impl Rule {
    fn grant(&self) -> Grant {
        let sorted = |names: &[String]| {
            let mut names: Vec<_> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        Grant {
            request_headers: sorted(&self.request_headers),
            exposed_headers: sorted(&self.exposed_headers),
            max_age: self.max_age,
        }
    }
}

/// The rule without what a policy has no words for, which is told.
fn readable(mut rule: Rule, findings: &mut Vec<Finding>) -> Rule {
    let line = rule.line;
    rule.origins.retain(|origin| {
        let unread = |message: String, remedy: &str, findings: &mut Vec<Finding>| {
            findings.push(Finding::new(Severity::Unread, "origin-wildcard", line, message, remedy));
            false
        };
        if origin == "*" || !origin.contains('*') || OriginPattern::parse(origin).is_ok() {
            return true;
        }
        match look_alike(origin) {
            Some(witness) => {
                let message =
                    format!("the * of {origin:?} stands for more than subdomains: {witness} may read too");
                unread(message, "write the origins that are meant, or a * for whole labels", findings)
            }
            None => {
                let message = format!("the * of {origin:?} stands for neither subdomains nor a port");
                unread(message, "write the origins that are meant", findings)
            }
        }
    });
    rule.request_headers.retain(|name| {
        let is_read = name == "*" || !name.contains('*');
        if !is_read {
            let message = format!("{name:?} stands for all headers that begin so, which a policy can't say");
            findings.push(Finding::new(
                Severity::Unread,
                "header-wildcard",
                line,
                message,
                "name the headers, or write *",
            ));
        }
        is_read
    });
    // `*` grants Authorization here, too.
    if rule.request_headers.iter().any(|name| name == "*") {
        rule.request_headers = vec!["*".into(), "authorization".into()];
    }
    rule
}

/// An origin that a text with a `*` for any characters takes in, and that is hardly meant.
fn look_alike(origin: &str) -> Option<String> {
    let (before, after) = origin.split_once('*')?;
    let fillings = ["evil", "evil.test", ".evil.test", "example.evil.test", "s"];
    let mut candidates = fillings.iter().map(|filling| format!("{before}{filling}{after}"));
    candidates.find(|candidate| OriginPattern::parse(candidate).is_ok())
}
