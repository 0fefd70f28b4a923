//! What a valid policy says that its author hardly means, or had better know.

use std::collections::HashSet;

use crossorigin::server::{OriginPattern, PolicyConfig, Setting};

use crate::report::Severity::{self, Note, Warning};

/// How many findings of one kind are shown for one policy.
const SHOWN: usize = 100;

/// One thing worth knowing about a policy.
#[derive(Debug)]
pub(crate) struct Lint {
    pub(crate) severity: Severity,
    pub(crate) code: &'static str,
    pub(crate) setting: Setting,
    /// Which item, where the setting is a list.
    pub(crate) index: Option<usize>,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

/// Looks through a policy that compiles.
pub(crate) fn policy(config: &PolicyConfig) -> Vec<Lint> {
    let mut lints = Vec::new();
    origins(config, &mut lints);
    needless_names(config, &mut lints);
    wildcards(config, &mut lints);
    max_age(config, &mut lints);
    if config.forbid_refused_origins && config.origins.iter().any(|origin| origin == "*") {
        lints.push(Lint {
            severity: Warning,
            code: "nothing-to-forbid",
            setting: Setting::ForbidRefusedOrigins,
            index: None,
            message: "`origins = \"*\"` refuses no origin, so there is nothing to forbid".into(),
            remedy: "list the origins, or leave `forbid_refused_origins` out".into(),
        });
    }
    lints
}

fn origins(config: &PolicyConfig, lints: &mut Vec<Lint>) {
    let patterns: HashSet<&str> = config
        .origins
        .iter()
        .filter(|origin| origin.contains('*') && *origin != "*")
        .map(String::as_str)
        .collect();
    let mut seen = HashSet::with_capacity(config.origins.len());
    let (mut shown, start) = ([0; 4], lints.len());
    let mut add = |kind: usize, severity, code, index, message: String, remedy: &str| {
        shown[kind] += 1;
        if shown[kind] <= SHOWN {
            let remedy = remedy.to_owned();
            lints.push(Lint {
                severity,
                code,
                setting: Setting::Origins,
                index: Some(index),
                message,
                remedy,
            });
        }
    };
    for (index, origin) in config.origins.iter().enumerate() {
        if !seen.insert(origin.as_str()) {
            let message = format!("{origin:?} stands in the list twice");
            add(0, Warning, "duplicate-origin", index, message, "leave one of the two out");
            continue;
        }
        let Ok(pattern) = OriginPattern::parse(origin) else { continue };
        if !patterns.is_empty()
            && let Some(wider) = covering(origin, &patterns)
        {
            let message = format!("{origin:?} is covered by {wider:?}");
            add(1, Warning, "covered-origin", index, message, "leave it out");
        }
        // With credentials these are problems, unless an option that says so lifts the rule.
        if config.credentials {
            continue;
        }
        if pattern.is_insecure() {
            let message =
                format!("{origin:?}: anyone on the network path of an http: page can read as that page");
            add(2, Warning, "insecure-origin", index, message, "use https");
        }
        if let Some(suffix) = pattern.public_suffix() {
            let message = format!(
                "{suffix} is a public suffix or the parent of one: anyone who registers a name there may read"
            );
            add(3, Warning, "public-suffix", index, message, "name the registered domain");
        }
    }
    if shown.iter().any(|&shown| shown > SHOWN) {
        let hidden: usize = shown.iter().map(|shown| shown.saturating_sub(SHOWN)).sum();
        lints.insert(
            start,
            Lint {
                severity: Note,
                code: "more-warnings",
                setting: Setting::Origins,
                index: None,
                message: format!("{hidden} more origins have warnings like those that are shown"),
                remedy: String::new(),
            },
        );
    }
}

/// Another of the patterns that takes in all that this one does.
fn covering<'p>(origin: &str, patterns: &HashSet<&'p str>) -> Option<&'p str> {
    let (scheme, authority) = origin.split_once("://")?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, format!(":{port}")),
        _ => (authority, String::new()),
    };
    let host = host.strip_prefix("*.").map_or_else(|| vec![host], |parent| vec![host, parent]);
    // The host itself, and every wildcard above it; each with its own port, or any.
    let written = host[0];
    let own = host[host.len() - 1];
    let parents = own.match_indices('.').map(|(dot, _)| &own[dot + 1..]);
    let wildcards = parents.map(|parent| format!("*.{parent}"));
    std::iter::once(written.to_owned())
        .chain(wildcards)
        .flat_map(|host| [format!("{scheme}://{host}{port}"), format!("{scheme}://{host}:*")])
        .filter(|wider| wider != origin)
        .find_map(|wider| patterns.get(wider.as_str()).copied())
}

fn needless_names(config: &PolicyConfig, lints: &mut Vec<Lint>) {
    let safelisted_methods = |name: &str| matches!(name, "GET" | "HEAD" | "POST").then_some(Warning);
    let safelisted_request_headers = |name: &str| {
        // Content-Type and Range are safelisted for some values only, and those that matter are others.
        matches!(name, "accept" | "accept-language" | "content-language").then_some(Note)
    };
    let safelisted_response_headers = |name: &str| {
        matches!(
            name,
            "cache-control"
                | "content-language"
                | "content-length"
                | "content-type"
                | "expires"
                | "last-modified"
                | "pragma"
        )
        .then_some(Warning)
    };
    let upper = |name: &str| name.to_owned();
    let lower = |name: &str| name.to_ascii_lowercase();
    needless(&config.methods, Setting::Methods, upper, safelisted_methods, "needs no permission", lints);
    needless(
        &config.request_headers,
        Setting::RequestHeaders,
        lower,
        safelisted_request_headers,
        "needs no permission, unless its value is out of the ordinary",
        lints,
    );
    needless(
        &config.exposed_headers,
        Setting::ExposedHeaders,
        lower,
        safelisted_response_headers,
        "can always be read",
        lints,
    );
}

fn needless(
    names: &[String],
    setting: Setting,
    canonical: impl Fn(&str) -> String,
    is_needless: impl Fn(&str) -> Option<Severity>,
    reason: &str,
    lints: &mut Vec<Lint>,
) {
    let mut seen = HashSet::new();
    for (index, name) in names.iter().enumerate() {
        let own = canonical(name);
        let (severity, code, message) = if seen.contains(&own) {
            (Warning, "duplicate-name", format!("{name:?} stands in `{}` twice", setting.key()))
        } else if let Some(severity) = is_needless(&own) {
            (severity, "needless-name", format!("{name:?} {reason}"))
        } else {
            seen.insert(own);
            continue;
        };
        seen.insert(own);
        lints.push(Lint {
            severity,
            code,
            setting,
            index: Some(index),
            message,
            remedy: "leave it out".into(),
        });
    }
}

fn wildcards(config: &PolicyConfig, lints: &mut Vec<Lint>) {
    let lists = [
        (Setting::Methods, &config.methods),
        (Setting::RequestHeaders, &config.request_headers),
        (Setting::ExposedHeaders, &config.exposed_headers),
    ];
    for (setting, names) in lists {
        let Some(star) = names.iter().position(|name| name == "*") else { continue };
        let is_authorization =
            |name: &String| setting == Setting::RequestHeaders && name.eq_ignore_ascii_case("authorization");
        if names.iter().any(|name| name != "*" && !is_authorization(name)) {
            lints.push(Lint {
                severity: Warning,
                code: "names-beside-any",
                setting,
                index: Some(star),
                message: format!("`*` in `{}` already stands for the names beside it", setting.key()),
                remedy: "keep either the `*` or the names".into(),
            });
        }
        if setting == Setting::RequestHeaders && !names.iter().any(is_authorization) {
            lints.push(Lint {
                severity: Note,
                code: "authorization-not-named",
                setting,
                index: Some(star),
                message: "`*` does not cover the header `authorization`".into(),
                remedy: "where requests carry it, write `request_headers = [\"*\", \"authorization\"]`"
                    .into(),
            });
        }
    }
}

fn max_age(config: &PolicyConfig, lints: &mut Vec<Lint>) {
    // What browsers keep at most: Chromium 2 h, WebKit 10 min, Firefox 24 h, which is also the most a policy has.
    let seconds = config.max_age.map_or(0, |max_age| max_age.as_secs());
    let message = match seconds {
        0..=600 => return,
        601..=7200 => "WebKit keeps the answer to a preflight for 10 minutes at most",
        _ => "Chromium keeps the answer to a preflight for 2 hours at most, WebKit for 10 minutes",
    };
    lints.push(Lint {
        severity: Note,
        code: "max-age-above-browsers",
        setting: Setting::MaxAge,
        index: None,
        message: message.into(),
        remedy: String::new(),
    });
}
