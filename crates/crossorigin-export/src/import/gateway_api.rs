//! The `cors` filter of the Kubernetes Gateway API's `HTTPRoute`s.

use std::time::Duration;

use crossorigin::server::PolicyConfig;

use super::settle::settle;
use super::tree::{self, Node};
use super::{Finding, ImportError, Imported, ImportedRoute, ImportedTarget, Severity};

pub(super) fn read(text: &str) -> Result<Imported, ImportError> {
    let documents =
        if text.trim_start().starts_with('{') { vec![tree::json(text)?] } else { tree::yaml(text)? };
    let mut imported = Imported::default();
    for document in &documents {
        let kind = |node: &Node| node.get("kind").and_then(Node::text).map(String::from);
        let listed = document.get("items").map_or(&[][..], Node::items);
        for object in
            listed.iter().chain([document]).filter(|node| kind(node).as_deref() == Some("HTTPRoute"))
        {
            route(object, &mut imported)?;
        }
    }
    Ok(imported)
}

fn route(object: &Node, imported: &mut Imported) -> Result<(), ImportError> {
    let name = object.get("metadata").and_then(|metadata| metadata.get("name")).and_then(Node::text);
    let Some(spec) = object.get("spec") else { return Ok(()) };
    let mut hosts = spec.get("hostnames").map_or_else(|| Ok(Vec::new()), Node::texts)?;
    if hosts.iter().any(|host| host.contains('*')) {
        hosts.retain(|host| !host.contains('*'));
        let message = "a host name with a * is not one that a policy file can name";
        let line = spec.get("hostnames").map_or(spec.line, |node| node.line);
        let remedy = "write the hosts one by one";
        imported.findings.push(Finding::new(Severity::Unread, "host-wildcard", line, message, remedy));
    }
    for rule in spec.get("rules").map_or(&[][..], Node::items) {
        let filters = rule.get("filters").map_or(&[][..], Node::items);
        let Some(cors) = filters.iter().find_map(|filter| filter.get("cors")) else { continue };
        let config = policy(cors, imported)?;
        let policy = Some(imported.add_policy(name.unwrap_or("policy"), config));
        let target = target(rule);
        let matches = rule.get("matches").map_or(&[][..], Node::items);
        let mut paths: Vec<(String, Vec<String>, usize)> = Vec::new();
        for found in matches {
            let path = found.get("path");
            let kind = path.and_then(|path| path.get("type")).and_then(Node::text).unwrap_or("PathPrefix");
            if kind == "RegularExpression"
                || found.get("headers").is_some()
                || found.any_of(&["queryParams"]).is_some()
            {
                let message = "a match by regular expression, headers or query is not read";
                let remedy = "write it as a path's prefix";
                imported.findings.push(Finding::new(
                    Severity::Unread,
                    "route-match",
                    found.line,
                    message,
                    remedy,
                ));
                continue;
            }
            let value = path.and_then(|path| path.get("value")).and_then(Node::text).unwrap_or("/");
            let method = found.get("method").and_then(Node::text).map(String::from);
            paths.push((value.to_owned(), method.into_iter().collect(), found.line));
        }
        if matches.is_empty() {
            paths.push(("/".into(), Vec::new(), rule.line));
        }
        for (path, methods, line) in paths {
            let (hosts, target, policy) = (hosts.clone(), target.clone(), policy.clone());
            let route = ImportedRoute { path, hosts, methods, target, policy, ..ImportedRoute::default() };
            imported.add_route(route, line);
        }
    }
    Ok(())
}

fn target(rule: &Node) -> ImportedTarget {
    let backend = rule.any_of(&["backendRefs"]).and_then(|backends| backends.items().first());
    let address = backend.and_then(|backend| {
        let name = backend.get("name")?.text()?;
        let port = backend.get("port").and_then(Node::text).unwrap_or("80");
        let namespace = backend.get("namespace").and_then(Node::text);
        Some(match namespace {
            Some(namespace) => format!("http://{name}.{namespace}:{port}"),
            None => format!("http://{name}:{port}"),
        })
    });
    address.map_or(ImportedTarget::Unknown, ImportedTarget::Upstream)
}

fn policy(cors: &Node, imported: &mut Imported) -> Result<PolicyConfig, ImportError> {
    let texts = |key: &str| cors.get(key).map_or_else(|| Ok(Vec::new()), Node::texts);
    let mut config = PolicyConfig::default();
    config.origins = texts("allowOrigins")?;
    config.credentials = cors.get("allowCredentials").and_then(Node::text) == Some("true");
    config.methods = texts("allowMethods")?;
    config.request_headers = texts("allowHeaders")?;
    config.exposed_headers = texts("exposeHeaders")?;
    let max_age = cors.get("maxAge").map(super::s3::seconds).transpose()?;
    // The field's default.
    config.max_age = Some(Duration::from_secs(max_age.unwrap_or(5)));
    Ok(settle(config, cors.line, &mut imported.findings))
}
