//! Caddy: `header`, `handle`, `route` and `respond` with their matchers, run as Caddy runs them.

use std::collections::BTreeSet;

use super::caddy_run::{self, Run};
use super::caddy_syntax::parse;
use super::infer::{self, Answered, Asked, Named, Remedies};
use super::origins::{Anchoring, Expressions, OriginRegex};
use super::syntax::Directive;
use super::{Finding, ImportError, Imported, ImportedRoute, ImportedTarget, Severity};

const REMEDIES: Remedies = Remedies {
    vary: "write header Vary Origin, without a matcher",
    errors: "write header in handle_errors too",
};

/// Directives by which a part of a Caddyfile is known.
const DIRECTIVES: [&str; 12] = [
    "header",
    "handle",
    "handle_path",
    "route",
    "respond",
    "reverse_proxy",
    "file_server",
    "root",
    "redir",
    "encode",
    "php_fastcgi",
    "log",
];

pub(super) fn read(text: &str) -> Result<Imported, ImportError> {
    let root = parse(text)?;
    let mut imported = Imported::default();
    let sites = sites(root);
    let several = sites.len() > 1;
    for (addresses, directives, line) in &sites {
        let mut hosts = Vec::new();
        for address in addresses {
            of_address(address, *line, several, &mut hosts, &mut imported);
        }
        site(directives, &hosts, *line, &mut imported)?;
    }
    Ok(imported)
}

type Site = (Vec<String>, Vec<Directive>, usize);

/// The sites: addresses before a block; one address in the first line; or directives alone.
fn sites(root: Vec<Directive>) -> Vec<Site> {
    let is_directive = |own: &Directive| DIRECTIVES.contains(&own.name.as_str()) || own.name.starts_with('@');
    let is_part = root.first().is_none_or(is_directive);
    let is_plain = root.first().is_some_and(|first| first.block.is_none());
    let addresses = |own: &Directive| {
        let words = std::iter::once(&own.name).chain(&own.arguments);
        words.map(|word| word.trim_end_matches(',').to_owned()).collect::<Vec<_>>()
    };
    if is_part {
        return vec![(Vec::new(), root, 1)];
    }
    if is_plain {
        let mut root = root.into_iter();
        let first = root.next();
        let (addresses, line) = first.map_or((Vec::new(), 1), |first| (addresses(&first), first.line));
        return vec![(addresses, root.collect(), line)];
    }
    root.into_iter().map(|own| (addresses(&own), own.block.clone().unwrap_or_default(), own.line)).collect()
}

fn of_address(address: &str, line: usize, several: bool, hosts: &mut Vec<String>, imported: &mut Imported) {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let rest = rest.split('/').next().unwrap_or(rest);
    let (host, port) = rest.rsplit_once(':').unwrap_or((rest, ""));
    let port = port.parse::<u16>().ok().or(if scheme == "http" { Some(80) } else { None });
    match port.filter(|port| scheme != "https" && *port != 443) {
        Some(port) => {
            let ip = if host.parse::<std::net::IpAddr>().is_ok() { host } else { "0.0.0.0" };
            let listener = format!("{ip}:{port}");
            if !imported.listeners.contains(&listener) {
                imported.listeners.push(listener);
            }
        }
        None => {
            let message = format!("{address} is for TLS, which a policy file's listeners have not");
            let remedy = "keep a server for TLS in front";
            imported.findings.push(Finding::new(Severity::Note, "tls", line, message, remedy));
        }
    }
    if several && host.contains('*') {
        let message = format!("{host} is not a host that a policy file can name");
        let remedy = "write the hosts one by one";
        imported.findings.push(Finding::new(Severity::Unread, "host-wildcard", line, message, remedy));
    } else if several && !host.is_empty() && host.parse::<std::net::IpAddr>().is_err() {
        hosts.push(host.to_ascii_lowercase());
    }
}

fn site(
    directives: &[Directive],
    hosts: &[String],
    line: usize,
    imported: &mut Imported,
) -> Result<(), ImportError> {
    let all: Vec<&Directive> = directives.iter().flat_map(Directive::all).collect();
    let first = all.iter().find(|own| caddy_run::is_cors(own));
    let Some(line) = first.map(|own| own.line.max(line)) else { return Ok(()) };
    let named = named(&all, &mut imported.findings);
    let mut paths: BTreeSet<(String, Vec<String>)> = BTreeSet::from([("/".to_owned(), Vec::new())]);
    for directive in &all {
        let matchers = match directive.name.as_str() {
            "path" => &directive.arguments[..],
            name if name.starts_with('@') && directive.argument(0) == "path" => &directive.arguments[1..],
            _ => directive.arguments.get(..1).unwrap_or_default(),
        };
        let (extensions, others): (Vec<&String>, Vec<&String>) = matchers
            .iter()
            .filter(|path| path.starts_with(['/', '*']) && *path != "*")
            .partition(|path| path.starts_with("*."));
        let extensions: Vec<String> = extensions.iter().map(|path| path[2..].to_ascii_lowercase()).collect();
        if !extensions.is_empty() {
            paths.insert(("/".into(), extensions));
        }
        paths.extend(others.iter().map(|path| (path.trim_end_matches('*').to_owned(), Vec::new())));
    }
    for (path, extensions) in paths {
        let sample = format!(
            "{}/x{}",
            path.trim_end_matches('/'),
            extensions.first().map_or_else(String::new, |own| format!(".{own}"))
        );
        let run = Run { directives, path: sample, expressions: Expressions::default() };
        let answers = |asked: &Asked<'_>| -> Result<Answered, ImportError> { run.answer(asked) };
        let mut findings = Vec::new();
        let config = infer::policy(&answers, &named, &REMEDIES, line, &mut findings)?;
        imported.findings.append(&mut findings);
        let Some(config) = config else { continue };
        let policy = Some(imported.add_policy(&path, config));
        // What the route above says is said once.
        let is_said = |own: &ImportedRoute| {
            own.policy == policy
                && own.hosts == hosts
                && own.extensions.is_empty()
                && path.starts_with(&own.path)
        };
        if imported.routes.iter().any(is_said) {
            continue;
        }
        let target = under(target(&all), &path);
        let hosts = hosts.to_vec();
        imported.add_route(
            ImportedRoute { path, hosts, extensions, target, policy, ..ImportedRoute::default() },
            line,
        );
    }
    Ok(())
}

/// What answers, where one thing does.
fn target(all: &[&Directive]) -> ImportedTarget {
    let proxies: Vec<&&Directive> = all.iter().filter(|own| own.name == "reverse_proxy").collect();
    if let [proxy] = &proxies[..] {
        let upstream = proxy.arguments.iter().find(|word| !caddy_run::is_matcher(word));
        let Some(upstream) = upstream else { return ImportedTarget::Unknown };
        let authority = upstream.strip_prefix("http://").unwrap_or(upstream).trim_end_matches('/');
        let authority =
            if authority.starts_with(':') { format!("127.0.0.1{authority}") } else { authority.to_owned() };
        if !authority.contains(['/', '{']) {
            return ImportedTarget::Upstream(format!("http://{authority}"));
        }
        return ImportedTarget::Unknown;
    }
    let root = all.iter().find(|own| own.name == "root").filter(|_| proxies.is_empty());
    let folder = root.and_then(|root| root.arguments.iter().find(|word| *word != "*"));
    folder.map_or(ImportedTarget::Unknown, |folder| ImportedTarget::Files(folder.clone()))
}

/// A folder's part at a path, which a route cuts off.
fn under(target: ImportedTarget, path: &str) -> ImportedTarget {
    match (target, path.trim_matches('/')) {
        (ImportedTarget::Files(root), path) if !path.is_empty() => {
            ImportedTarget::Files(format!("{}/{path}", root.trim_end_matches('/')))
        }
        (target, _) => target,
    }
}

/// Origins and expressions over them, wherever they stand.
fn named(all: &[&Directive], findings: &mut Vec<Finding>) -> Named {
    let mut named = Named::default();
    for directive in all {
        let words: Vec<&str> =
            std::iter::once(&directive.name).chain(&directive.arguments).map(String::as_str).collect();
        let words =
            if directive.name.starts_with('@') || directive.name == "not" { &words[1..] } else { &words[..] };
        let expression = match words {
            ["header_regexp", _, field, expression] | ["header_regexp", field, expression]
                if field.eq_ignore_ascii_case("origin") =>
            {
                (*expression).to_owned()
            }
            ["header", field, value]
                if field.eq_ignore_ascii_case("origin") && value.contains('*') && *value != "*" =>
            {
                // A star stands for anything, at the beginning or at the end.
                let plain = regex_syntax::escape(value.trim_matches('*'));
                let (start, end) = (
                    if value.starts_with('*') { "" } else { "^" },
                    if value.ends_with('*') { "" } else { "$" },
                );
                format!("{start}{plain}{end}")
            }
            words => {
                let is_origin = |word: &&&str| word.contains("://") && !word.contains('{');
                if directive.name != "reverse_proxy" {
                    named.exact.extend(
                        words.iter().filter(is_origin).map(|word| (directive.line, (*word).to_owned())),
                    );
                }
                continue;
            }
        };
        match OriginRegex::new(&expression, Anchoring::Part, false) {
            Ok(regex) => named.regexes.push((directive.line, expression, regex)),
            Err(reason) => {
                let message = format!("the regular expression {expression} is not read: {reason}");
                let remedy = "write the origins, or patterns such as https://*.app.example";
                findings.push(Finding::new(Severity::Unread, "regex", directive.line, message, remedy));
            }
        }
    }
    named
}
