//! The routes of a document.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use crossorigin::server::{Policy, PolicyConfig};
use http::Method;

use super::findings::{Findings, NamedListener, NamedPolicy, Refusal, name_remedy, policy_named};
use super::target;
use crate::document::PolicyDocument;
use crate::path;
use crate::read::{Fields, Text};
use crate::routing::{Matcher, Router};
use crate::site::{Route, Target, WebSocket};

/// The policy of a route that names none: no other site may read.
const NO_POLICY: &str = "(none)";

pub(crate) fn routes(
    document: &PolicyDocument,
    policies: &mut [NamedPolicy<'_>],
    listeners: &[NamedListener],
    findings: &mut Findings<'_>,
) -> (Vec<Route>, Router) {
    let (mut routes, mut matchers, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for fields in document.routes.iter().filter(|fields| !fields.is_no_table) {
        let matcher = matcher(fields, listeners, findings);
        let target = target::target(document, fields, findings);
        let policy = route_policy(fields, policies, findings);
        let (Some((path, matcher)), Some(target)) = (matcher, target) else { continue };
        routes.push(Route {
            path,
            target,
            policy,
            websocket: target::websocket(fields, findings),
            body_bytes: fields.number("max_body"),
            depth: matcher.segments.len(),
            index: routes.len(),
        });
        matchers.push(matcher);
        places.push(fields);
    }
    ambiguous(&matchers, &places, findings);
    (routes, Router::new(matchers))
}

fn matcher(
    fields: &Fields,
    listeners: &[NamedListener],
    findings: &mut Findings<'_>,
) -> Option<(String, Matcher)> {
    let mut items = |key: &str, code, check: fn(&str) -> Result<String, Refusal>| {
        if fields.is_empty_list(key) {
            let message = format!("an empty `{key}` matches nothing");
            findings.problem(
                "empty-list",
                fields.span(key),
                message,
                format!("leave `{key}` out to match all"),
            );
        }
        let checked = fields.texts(key).iter().filter_map(|text| match check(&text.value) {
            Ok(value) => Some(value.into_boxed_str()),
            Err((message, remedy)) => {
                findings.problem(code, text.span.clone(), message, remedy);
                None
            }
        });
        let mut checked: Vec<_> = checked.collect();
        checked.sort_unstable();
        checked.dedup();
        checked
    };
    let hosts = items("host", "bad-host", host);
    let extensions = items("extensions", "bad-extension", extension);
    let methods = items("methods", "bad-method", method);
    let listener = fields.text("listener").map(|name| listener_named(name, listeners, findings));
    let path = fields.text("path")?;
    let segments = match route_path(&path.value) {
        Ok(segments) => segments,
        Err((message, remedy)) => {
            findings.problem("bad-path", path.span.clone(), message, remedy);
            return None;
        }
    };
    let methods = methods.iter().filter_map(|method| Method::from_bytes(method.as_bytes()).ok()).collect();
    // A route whose listener is unknown is left out of the search for ambiguous ones.
    let listener = match listener {
        Some(None) => return None,
        Some(Some(index)) => Some(index),
        None => None,
    };
    Some((path.value.clone(), Matcher { segments, hosts, listener, extensions, methods }))
}

fn listener_named(name: &Text, listeners: &[NamedListener], findings: &mut Findings<'_>) -> Option<usize> {
    let found = listeners.iter().position(|listener| listener.name == name.value);
    if found.is_none() {
        let names = listeners.iter().map(|listener| listener.name.as_str());
        let message = format!("there is no listener `{}`", name.value.escape_debug());
        let otherwise = "give it as `name` under `[[listeners]]`";
        findings.problem(
            "unknown-listener",
            name.span.clone(),
            message,
            name_remedy(&name.value, names, otherwise),
        );
    }
    found
}

fn route_path(text: &str) -> Result<Vec<Box<[u8]>>, Refusal> {
    let refuse = |message: String, remedy: String| Err((message, remedy));
    if !text.starts_with('/') {
        let path = text
            .split_once("://")
            .map_or(text, |(_, rest)| rest.split_once('/').map_or("", |(_, rest)| rest));
        return refuse(
            format!("{text:?} is no path"),
            format!("write \"/{path}\"; hosts have a key of their own, `host`"),
        );
    }
    if text.contains('*') {
        let prefix = &text[..text.find('*').unwrap_or(text.len())];
        let message = format!("{text:?} holds a `*`: a route's path is a prefix, without wildcards");
        return refuse(message, format!("write {prefix:?}, which takes all that is under it"));
    }
    if text.contains(['?', '#']) {
        let path = &text[..text.find(['?', '#']).unwrap_or(text.len())];
        return refuse(format!("{text:?} is more than a path"), format!("write {path:?}"));
    }
    if let Err(error) = path::check(text) {
        let remedy = "write the path as plain segments; a gateway answers such requests with 400";
        return refuse(format!("no request has the path {text:?}: {error}"), remedy.into());
    }
    if text.contains("//") {
        return refuse(
            format!("{text:?} has an empty segment"),
            "write one slash between two segments".into(),
        );
    }
    let segments = path::segments(text, path::Reading::Plain).filter(|segment| !segment.is_empty());
    Ok(segments.map(|segment| path::decoded(segment).collect()).collect())
}

fn host(text: &str) -> Result<String, Refusal> {
    let refuse = |message: String, remedy: &str| Err((message, remedy.to_owned()));
    if text.contains("://") || text.contains('/') {
        let host = text.split_once("://").map_or(text, |(_, rest)| rest);
        let host = &host[..host.find('/').unwrap_or(host.len())];
        return refuse(format!("{text:?} is more than a host"), &format!("write {host:?}"));
    }
    if text.contains('*') {
        return refuse(
            format!("{text:?}: a route's host has no wildcards"),
            "list the hosts, or leave `host` out",
        );
    }
    if let Some((name, port)) = text.rsplit_once(':')
        && (!name.contains(':') || name.ends_with(']'))
        && port.bytes().all(|byte| byte.is_ascii_digit())
    {
        let remedy = format!("write {name:?}; `listener` parts requests by port");
        return refuse(format!("{text:?} has a port: hosts are compared without"), &remedy);
    }
    if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match address.parse::<Ipv6Addr>() {
            Ok(address) => Ok(format!("[{address}]")),
            Err(_) => refuse(format!("{text:?} is no IPv6 address"), "write one such as \"[::1]\""),
        };
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return refuse(format!("{text:?} stands in brackets in a URL"), &format!("write \"[{text}]\""));
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    if name.parse::<Ipv4Addr>().is_ok() || (name.len() <= 253 && name.split('.').all(is_label)) {
        return Ok(name.to_ascii_lowercase());
    }
    if text.is_ascii() {
        refuse(format!("{text:?} is no host"), "write a name such as \"img.example\"")
    } else {
        refuse(format!("browsers send the host {text:?} in Punycode"), "write it as \"xn--…\"")
    }
}

fn extension(text: &str) -> Result<String, Refusal> {
    let name = text.trim_start_matches(['*', '.']);
    let is_plain = |name: &str| {
        !name.is_empty()
            && !name.contains(['.', '/', '\\', '%', '*', '?', '#'])
            && !name.contains(char::is_whitespace)
    };
    match (is_plain(name), name == text) {
        (true, true) => Ok(name.to_ascii_lowercase()),
        (true, false) => {
            Err((format!("{text:?}: an extension stands without its dot"), format!("write {name:?}")))
        }
        (false, _) => {
            let message = format!("{text:?} is no extension: it is what follows the last dot of a path");
            Err((message, "write one such as \"png\"".into()))
        }
    }
}

fn method(text: &str) -> Result<String, Refusal> {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE"];
    if text == "*" {
        return Err(("`*` is no method".into(), "leave `methods` out to match all".into()));
    }
    if text == "HEAD" {
        return Err(("HEAD goes where GET goes".into(), "write \"GET\"".into()));
    }
    if let Some(known) = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(text) && **known != text) {
        return Err((format!("{text:?}: methods are case-sensitive"), format!("write {known:?}")));
    }
    match Method::from_bytes(text.as_bytes()) {
        Ok(method) => Ok(method.as_str().to_owned()),
        Err(_) => Err((format!("{text:?} is no method name"), "write one such as \"PUT\"".into())),
    }
}

fn route_policy(
    fields: &Fields,
    policies: &mut [NamedPolicy<'_>],
    findings: &mut Findings<'_>,
) -> Option<(String, Policy)> {
    let named = fields.text("policy").and_then(|name| policy_named(policies, name, findings));
    let pass_through = fields.boolean("pass_through");
    if pass_through && fields.has("policy") {
        let message = "this route has both `policy` and `pass_through`";
        let remedy =
            "keep `policy` to set the CORS headers here, or `pass_through` to leave them to the upstream";
        findings.problem("policy-and-pass-through", fields.span("pass_through"), message, remedy);
    }
    if pass_through && fields.has("files") {
        let message = "files have no CORS headers of their own to pass through";
        findings.problem("files-pass-through", fields.span("pass_through"), message, "name a policy instead");
    }
    if pass_through {
        return None;
    }
    if !fields.has("policy") {
        let remedy = "write `policy = \"…\"`, or `pass_through = true` to leave CORS to the upstream";
        findings.warning(
            "route-without-policy",
            fields.header.clone(),
            "this route has no policy, so no other site may read what it answers",
            remedy,
        );
    }
    let nobody = || Policy::new(&PolicyConfig::default()).ok().map(|policy| (NO_POLICY.to_owned(), policy));
    named.or_else(nobody)
}

/// Refuses routes of which two could win.
fn ambiguous(matchers: &[Matcher], places: &[&Fields], findings: &mut Findings<'_>) {
    // Only routes of the same path, rank and host can be; those without a host share one group.
    let mut groups: HashMap<_, Vec<usize>> = HashMap::new();
    for (route, matcher) in matchers.iter().enumerate() {
        let hosts = matcher.hosts.iter().map(|host| &**host);
        for host in hosts.chain(matcher.hosts.is_empty().then_some("")) {
            groups
                .entry((&matcher.segments, matcher.rank(), matcher.listener, host))
                .or_default()
                .push(route);
        }
    }
    let mut clashes: Vec<(usize, usize)> = Vec::new();
    for group in groups.values() {
        for (nth, &route) in group.iter().enumerate() {
            let earlier =
                group[..nth].iter().find(|&&earlier| matchers[earlier].is_ambiguous_with(&matchers[route]));
            clashes.extend(earlier.map(|&earlier| (route, earlier)));
        }
    }
    clashes.sort_unstable();
    clashes.dedup_by_key(|(route, _)| *route);
    for (route, earlier) in clashes {
        let (fields, other) = (places[route], places[earlier]);
        let Some(path) = fields.text("path") else { continue };
        let (line, _) = findings.source.position(other.header.start);
        findings.problem(
            "ambiguous-route",
            path.span.clone(),
            format!(
                "some requests match this route and the one in line {line}, and neither is more specific"
            ),
            "part them by `path`, `host`, `listener`, `extensions` or `methods`, or make one of the two",
        );
        if let Some(problem) = findings.problems.pop() {
            findings.problems.push(problem.with_related(other.header.clone(), "the other route"));
        }
    }
}

/// The route of the short form, which takes every path.
pub(crate) fn whole(target: Target, policy: (String, Policy)) -> (Vec<Route>, Router) {
    let (policy, websocket) = (Some(policy), WebSocket::default());
    let path = "/".to_owned();
    let route = Route { path, target, policy, websocket, body_bytes: None, depth: 0, index: 0 };
    (vec![route], Router::new(vec![Matcher::default()]))
}

/// A folder as given on the command line.
pub(crate) fn folder(path: &std::path::Path) -> Result<PathBuf, Refusal> {
    if path.is_dir() {
        return Ok(path.to_owned());
    }
    Err((format!("{} is no folder", path.display()), "make the folder, or mend the path".into()))
}
