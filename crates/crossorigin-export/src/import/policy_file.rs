//! The policy file, as text.

use std::fmt::Write as _;

use crossorigin::server::{CrossOriginResourcePolicy, PolicyConfig, TimingAllowOrigin};

use super::{Imported, ImportedRoute, ImportedTarget, Severity};

/// What stands where the configuration does not say what answers.
const PLACEHOLDER: &str = "http://127.0.0.1:9000";

pub(super) fn write(imported: &Imported, source: &str) -> String {
    let mut text = format!("# Read from {}.\n", one_line(source));
    for finding in imported.findings.iter().filter(|finding| finding.severity == Severity::Unread) {
        let _ = writeln!(text, "# Not read, line {}: {}", finding.line, one_line(&finding.message));
    }
    for (name, config) in &imported.policies {
        let _ = write!(text, "\n[policies.{name}]\n{}", keys(config));
    }
    let default = ["127.0.0.1:8080".to_owned()];
    let listeners = if imported.listeners.is_empty() { &default[..] } else { &imported.listeners };
    for address in listeners {
        let _ = write!(text, "\n[[listeners]]\naddress = {}\n", string(address));
    }
    for route in &imported.routes {
        text.push('\n');
        text.push_str(&of_route(route));
    }
    text
}

fn of_route(route: &ImportedRoute) -> String {
    let mut text = format!("[[routes]]\npath = {}\n", string(&route.path));
    for (key, items) in
        [("host", &route.hosts), ("extensions", &route.extensions), ("methods", &route.methods)]
    {
        if !items.is_empty() {
            let _ = writeln!(text, "{key} = {}", list(items));
        }
    }
    let _ = match &route.target {
        ImportedTarget::Unknown => {
            writeln!(text, "upstream = {} # not said there: write what answers", string(PLACEHOLDER))
        }
        ImportedTarget::Upstream(address) => writeln!(text, "upstream = {}", string(address)),
        ImportedTarget::Files(folder) => writeln!(text, "files = {}", string(folder)),
    };
    if let Some(policy) = &route.policy {
        let _ = writeln!(text, "policy = {}", string(policy));
    }
    text
}

/// The keys of a policy that are not what they are when left out.
pub(crate) fn keys(config: &PolicyConfig) -> String {
    let mut text = String::new();
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "{key} = {value}");
    };
    line("origins", if config.origins == ["*"] { string("*") } else { list(&config.origins) });
    if config.credentials {
        line("credentials", "true".into());
    }
    for (key, names) in [
        ("methods", &config.methods),
        ("request_headers", &config.request_headers),
        ("exposed_headers", &config.exposed_headers),
    ] {
        if !names.is_empty() {
            line(key, list(names));
        }
    }
    if let Some(max_age) = config.max_age {
        line("max_age", string(&format!("{}s", max_age.as_secs())));
    }
    if config.preflight_status != 204 {
        line("preflight_status", config.preflight_status.to_string());
    }
    if let Some(timing) = config.timing_allow_origin {
        let value = match timing {
            TimingAllowOrigin::Any => "*",
            TimingAllowOrigin::AllowedOrigins => "allowed-origins",
        };
        line("timing_allow_origin", string(value));
    }
    if let Some(policy) = config.cross_origin_resource_policy {
        line("cross_origin_resource_policy", string(CrossOriginResourcePolicy::as_str(policy)));
    }
    for (key, is_set) in [
        ("dangerously_allow_null_origin", config.dangerously_allow_null_origin),
        (
            "dangerously_allow_any_origin_with_credentials",
            config.dangerously_allow_any_origin_with_credentials,
        ),
        (
            "dangerously_allow_insecure_origins_with_credentials",
            config.dangerously_allow_insecure_origins_with_credentials,
        ),
        (
            "dangerously_allow_public_suffixes_with_credentials",
            config.dangerously_allow_public_suffixes_with_credentials,
        ),
    ] {
        if is_set {
            line(key, "true".into());
        }
    }
    text
}

fn list(items: &[String]) -> String {
    let items: Vec<_> = items.iter().map(|item| string(item)).collect();
    let line = format!("[{}]", items.join(", "));
    if line.len() <= 90 { line } else { format!("[\n    {},\n]", items.join(",\n    ")) }
}

/// A basic string of TOML.
fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            char if char.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(char));
            }
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

fn one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}
