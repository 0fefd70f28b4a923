//! Envoy's CORS filter: `CorsPolicy` under virtual hosts and routes, in YAML or JSON.

use std::time::Duration;

use crossorigin::server::{OriginPattern, PolicyConfig};

use super::origins::{Anchoring, of_regex};
use super::settle::{names, settle};
use super::tree::{self, Node, Value};
use super::{Finding, ImportError, Imported, ImportedRoute, ImportedTarget, Severity};

const FILTER: &str = "envoy.filters.http.cors";

pub(super) fn read(text: &str) -> Result<Imported, ImportError> {
    let documents =
        if text.trim_start().starts_with('{') { vec![tree::json(text)?] } else { tree::yaml(text)? };
    let mut imported = Imported::default();
    for document in &documents {
        walk(document, document, &mut imported)?;
    }
    Ok(imported)
}

/// Looks for route configurations, wherever they are.
fn walk(node: &Node, root: &Node, imported: &mut Imported) -> Result<(), ImportError> {
    if let Some(listeners) = node.get("listeners") {
        imported.listeners.extend(listeners.items().iter().filter_map(listener));
    }
    if let Some(hosts) = node.any_of(&["virtual_hosts", "virtualHosts"]) {
        for host in hosts.items() {
            virtual_host(host, root, imported)?;
        }
        return Ok(());
    }
    match &node.value {
        Value::List(items) => items.iter().try_for_each(|item| walk(item, root, imported)),
        Value::Map(entries) => entries.iter().try_for_each(|(_, value)| walk(value, root, imported)),
        _ => Ok(()),
    }
}

fn listener(node: &Node) -> Option<String> {
    let address = node.get("address")?.any_of(&["socket_address", "socketAddress"])?;
    let ip = address.get("address")?.text()?;
    let port = address.any_of(&["port_value", "portValue"])?.text()?;
    let address = format!("{ip}:{port}");
    address.parse::<std::net::SocketAddr>().ok().map(|address| address.to_string())
}

fn virtual_host(host: &Node, root: &Node, imported: &mut Imported) -> Result<(), ImportError> {
    let domains = host.get("domains").map_or_else(|| Ok(Vec::new()), Node::texts)?;
    let line = host.line;
    let is_plain = |domain: &String| !domain.contains('*');
    if domains.iter().any(|domain| domain.contains('*') && domain != "*") {
        let message = "a domain with a * among others is not a host that a policy file can name";
        let remedy = "write the hosts one by one";
        imported.findings.push(Finding::new(Severity::Unread, "host-wildcard", line, message, remedy));
    }
    let hosts: Vec<String> = if domains.iter().any(|domain| domain == "*") {
        Vec::new()
    } else {
        domains.iter().filter(|domain| is_plain(domain)).map(|domain| without_port(domain)).collect()
    };
    let name = host.get("name").and_then(Node::text).unwrap_or("policy");
    let own = cors(host);
    for route in host.get("routes").map_or(&[][..], Node::items) {
        let path = route.get("match").and_then(|found| path(found, imported));
        let Some(path) = path else { continue };
        let Some(policy) = cors(route).or(own) else { continue };
        let config = policy_of(policy, imported)?;
        let policy = Some(imported.add_policy(name, config));
        let target = target(route, root);
        let hosts = hosts.clone();
        imported
            .add_route(ImportedRoute { path, hosts, target, policy, ..ImportedRoute::default() }, route.line);
    }
    Ok(())
}

fn without_port(domain: &str) -> String {
    domain.split(':').next().unwrap_or(domain).to_ascii_lowercase()
}

/// The policy of a virtual host or a route: under the filter's name, or in the field that older versions had.
fn cors(node: &Node) -> Option<&Node> {
    let typed = node.any_of(&["typed_per_filter_config", "typedPerFilterConfig"]);
    let legacy = || node.get("cors").or_else(|| node.get("route").and_then(|action| action.get("cors")));
    typed.and_then(|configs| configs.get(FILTER)).or_else(legacy)
}

fn path(found: &Node, imported: &mut Imported) -> Option<String> {
    if let Some(prefix) = found.any_of(&["prefix", "path_separated_prefix", "pathSeparatedPrefix", "path"]) {
        return prefix.text().map(String::from);
    }
    let message = "a route that is matched by something other than a prefix or a path is not read";
    let remedy = "write its prefix";
    imported.findings.push(Finding::new(Severity::Unread, "route-match", found.line, message, remedy));
    None
}

/// The cluster's first address, where it is one that can be written.
fn target(route: &Node, root: &Node) -> ImportedTarget {
    let address = || {
        let name = route.get("route")?.get("cluster")?.text()?;
        let clusters = root.any_of(&["static_resources", "staticResources"])?.get("clusters")?;
        let is_it = |cluster: &&Node| cluster.get("name").and_then(Node::text) == Some(name);
        let cluster = clusters.items().iter().find(is_it)?;
        let assignment = cluster.any_of(&["load_assignment", "loadAssignment"])?;
        let endpoint = assignment.get("endpoints")?.items().first()?;
        let endpoint = endpoint.any_of(&["lb_endpoints", "lbEndpoints"])?.items().first()?;
        let address = endpoint.get("endpoint")?.get("address")?;
        let address = address.any_of(&["socket_address", "socketAddress"])?;
        let port = address.any_of(&["port_value", "portValue"])?.text()?;
        Some(format!("http://{}:{port}", address.get("address")?.text()?))
    };
    address().map_or(ImportedTarget::Unknown, ImportedTarget::Upstream)
}

fn policy_of(node: &Node, imported: &mut Imported) -> Result<PolicyConfig, ImportError> {
    let mut config = PolicyConfig::default();
    let text = |keys: &[&str]| node.any_of(keys).and_then(Node::text).unwrap_or_default();
    let matchers = node.any_of(&["allow_origin_string_match", "allowOriginStringMatch"]);
    for matcher in matchers.map_or(&[][..], Node::items) {
        config.origins.extend(origins(matcher, &mut imported.findings));
    }
    config.methods = names(text(&["allow_methods", "allowMethods"]));
    config.request_headers = names(text(&["allow_headers", "allowHeaders"]));
    config.exposed_headers = names(text(&["expose_headers", "exposeHeaders"]));
    let max_age = text(&["max_age", "maxAge"]);
    if !max_age.is_empty() {
        let seconds = max_age.parse().map_err(|_| {
            let message = format!("max_age {max_age:?} is no number of seconds");
            ImportError::new(node.line, message, "write a whole number in quotes, such as \"600\"")
        })?;
        config.max_age = Some(Duration::from_secs(seconds));
    }
    let credentials = node.any_of(&["allow_credentials", "allowCredentials"]);
    config.credentials = credentials.is_some_and(|node| {
        // A wrapper message where it was written by a program.
        node.text().or_else(|| node.get("value")?.text()) == Some("true")
    });
    // The filter answers the requests themselves with 200.
    config.preflight_status = 200;
    imported.findings.push(Finding::new(
        Severity::Warning,
        "missing-vary",
        node.line,
        "Envoy's filter sends no Vary, so caches may give one origin the answer to another",
        "the policy read here sends it; in Envoy, add Vary: Origin by response_headers_to_add",
    ));
    Ok(settle(config, node.line, &mut imported.findings))
}

/// The items that one matcher is.
pub(super) fn origins(matcher: &Node, findings: &mut Vec<Finding>) -> Vec<String> {
    let line = matcher.line;
    let ignores_case = matcher.any_of(&["ignore_case", "ignoreCase"]).and_then(Node::text) == Some("true");
    let mut unread = |message: String, remedy: String| {
        findings.push(Finding::new(Severity::Unread, "origin-matcher", line, message, remedy));
        Vec::new()
    };
    for (key, node) in matcher.entries() {
        let (Some(value), line) = (regex_text(key, node), node.line) else { continue };
        return match key.as_str() {
            "exact" => vec![value.to_owned()],
            // A matcher that accepts `*` accepts everyone.
            "prefix" if value.is_empty() => vec!["*".into()],
            "prefix" => {
                let look_alike = format!("{value}.evil.test");
                let is_origin = OriginPattern::parse(&look_alike).is_ok();
                let witness = if is_origin { look_alike } else { "others".to_owned() };
                unread(
                    format!("the prefix {value:?} takes in {witness} too"),
                    format!("write it as an exact origin: \"{value}\""),
                )
            }
            "suffix" | "contains" => {
                let witness = format!("https://evil{}", value.trim_start_matches('.'));
                unread(
                    format!(
                        "the {key} {value:?} takes in any scheme, and origins such as {witness} or http: ones"
                    ),
                    format!("write it as a pattern: \"https://*.{}\"", value.trim_start_matches('.')),
                )
            }
            "safe_regex" | "safeRegex" => of_regex(value, Anchoring::Whole, ignores_case, line, findings),
            _ => unread(format!("the matcher {key} is not read"), "write it as exact or safe_regex".into()),
        };
    }
    unread("this is no matcher that is read".into(), "write it as exact or safe_regex".into())
}

fn regex_text<'n>(key: &str, node: &'n Node) -> Option<&'n str> {
    match key {
        "ignore_case" | "ignoreCase" => None,
        "safe_regex" | "safeRegex" => node.get("regex").and_then(Node::text),
        _ => node.text(),
    }
}
