//! nginx: `add_header` with `map`, `if`, `set` and `return`, run as nginx runs them.
//!
//! Of the headers of one level, those of the level above are dropped; of several `if`s that hold, the last one's count;
//! without `always` a header is sent with a few statuses only.

use std::collections::BTreeMap;

use super::infer::{self, Answered, Asked, Named, Remedies};
use super::nginx_run::{self, Run};
use super::nginx_syntax::parse;
use super::origins::{Anchoring, OriginRegex};
use super::syntax::{Directive, extensions};
use super::{Finding, ImportError, Imported, ImportedRoute, ImportedTarget, Severity};

/// Files that come with nginx, and set no headers of responses.
const HARMLESS_FILES: [&str; 9] = [
    "mime.types",
    "fastcgi_params",
    "fastcgi.conf",
    "fastcgi-php.conf",
    "scgi_params",
    "uwsgi_params",
    "proxy_params",
    "koi-utf",
    "win-utf",
];

const REMEDIES: Remedies = Remedies {
    vary: "write add_header Vary Origin always; beside it, where requests without Origin are answered too",
    errors: "write always at the end of each add_header",
};

/// What is sent at one place, with what it inherits.
struct Place<'d> {
    path: String,
    hosts: Vec<String>,
    extensions: Vec<String>,
    line: usize,
    /// From the outermost: blocks whose directives hold here.
    levels: Vec<&'d [Directive]>,
}

pub(super) fn read(text: &str) -> Result<Imported, ImportError> {
    let directives = parse(text)?;
    let all: Vec<&Directive> = directives.iter().flat_map(Directive::all).collect();
    refuse_includes(&all)?;
    let mut imported = Imported::default();
    let maps = nginx_run::maps(&all);
    let named = named(&all, &maps, &mut imported.findings);
    let upstreams: BTreeMap<&str, &[Directive]> = all
        .iter()
        .filter(|directive| directive.name == "upstream")
        .map(|directive| (directive.argument(0), directive.block()))
        .collect();
    let servers = servers(&directives);
    let mut covered: Vec<(Vec<String>, String)> = Vec::new();
    for (levels, server) in &servers {
        listen(server, &mut imported);
        let hosts = if servers.len() > 1 { hosts(server, &mut imported.findings) } else { Vec::new() };
        for place in places(server, levels, &hosts, &mut imported.findings) {
            let run = Run::new(&place.levels, levels.len() - 1, &maps);
            let mut findings = Vec::new();
            let config = if run.has_cors() {
                let answers = |asked: &Asked<'_>| -> Result<Answered, ImportError> { run.answer(asked) };
                infer::policy(&answers, &named, &REMEDIES, place.line, &mut findings)?
            } else {
                None
            };
            let is_covered =
                covered.iter().any(|(hosts, path)| *hosts == place.hosts && place.path.starts_with(path));
            if config.is_none() && is_covered && drops_headers(&place) {
                let message = format!(
                    "location {} has add_header of its own, which drops those of the levels above: no other site may read it",
                    place.path
                );
                let remedy = "repeat the CORS headers there, if that is not meant";
                findings.push(Finding::new(
                    Severity::Warning,
                    "headers-dropped",
                    place.line,
                    message,
                    remedy,
                ));
            }
            imported.findings.append(&mut findings);
            if config.is_none() && !is_covered {
                continue;
            }
            let policy = config.map(|config| imported.add_policy(&place.path, config));
            covered.push((place.hosts.clone(), place.path.clone()));
            let target = target(&place, &upstreams);
            let Place { path, hosts, extensions, line, .. } = place;
            imported.add_route(
                ImportedRoute { path, hosts, extensions, target, policy, ..ImportedRoute::default() },
                line,
            );
        }
    }
    Ok(imported)
}

fn refuse_includes(all: &[&Directive]) -> Result<(), ImportError> {
    let is_harmless = |file: &str| {
        let name = file.rsplit('/').next().unwrap_or(file);
        HARMLESS_FILES.contains(&name) || file.contains("modules-enabled")
    };
    match all.iter().find(|directive| directive.name == "include" && !is_harmless(directive.argument(0))) {
        None => Ok(()),
        Some(include) => Err(ImportError::new(
            include.line,
            format!("include {} is not followed: what it holds may set headers", include.argument(0)),
            "put its text in the line's place, or take the line out if it sets none",
        )),
    }
}

/// The servers, with what stands above each; a file without any is the inside of one.
fn servers(directives: &[Directive]) -> Vec<(Vec<&[Directive]>, Vec<&Directive>)> {
    let mut servers = Vec::new();
    for directive in directives {
        match directive.name.as_str() {
            "http" => {
                for server in directive.block().iter().filter(|inner| inner.name == "server") {
                    servers.push((vec![directive.block(), server.block()], vec![server]));
                }
            }
            "server" => servers.push((vec![directives, directive.block()], vec![directive])),
            _ => {}
        }
    }
    if servers.is_empty() {
        servers.push((vec![directives], directives.iter().collect()));
    }
    servers
}

/// The directives of a server itself.
fn inside<'d>(server: &[&'d Directive]) -> Vec<&'d Directive> {
    match server {
        [only] if only.name == "server" => only.block().iter().collect(),
        directives => directives.to_vec(),
    }
}

fn listen(server: &[&Directive], imported: &mut Imported) {
    for listen in inside(server).into_iter().filter(|directive| directive.name == "listen") {
        let argument = listen.argument(0);
        if listen.arguments.iter().any(|argument| matches!(argument.as_str(), "ssl" | "quic")) {
            let message = format!("listen {argument} is for TLS, which a policy file's listeners have not");
            let remedy = "keep a server for TLS in front";
            imported.findings.push(Finding::new(Severity::Note, "tls", listen.line, message, remedy));
            continue;
        }
        let address = match argument.parse::<u16>() {
            Ok(port) => format!("0.0.0.0:{port}"),
            Err(_) => argument.replacen("*:", "0.0.0.0:", 1),
        };
        let with_port = address.parse::<std::net::SocketAddr>().ok();
        let address = with_port.map(|address| address.to_string());
        if let Some(address) = address.filter(|address| !imported.listeners.contains(address)) {
            imported.listeners.push(address);
        }
    }
}

fn hosts(server: &[&Directive], findings: &mut Vec<Finding>) -> Vec<String> {
    let mut hosts = Vec::new();
    for names in inside(server).into_iter().filter(|directive| directive.name == "server_name") {
        for name in names.arguments.iter().filter(|name| *name != "_" && !name.is_empty()) {
            if name.starts_with(['~', '.']) || name.contains('*') {
                let message = format!("server_name {name} is not a host that a policy file can name");
                let remedy = "write the hosts one by one";
                findings.push(Finding::new(Severity::Unread, "host-wildcard", names.line, message, remedy));
            } else {
                hosts.push(name.to_ascii_lowercase());
            }
        }
    }
    hosts
}

/// The server itself, then its locations.
fn places<'d>(
    server: &[&'d Directive],
    levels: &[&'d [Directive]],
    hosts: &[String],
    findings: &mut Vec<Finding>,
) -> Vec<Place<'d>> {
    let line = server.first().map_or(1, |directive| directive.line);
    let mut places = Vec::new();
    let has_root =
        inside(server).iter().any(|directive| directive.name == "location" && directive.argument(0) == "/");
    if !has_root {
        places.push(Place {
            path: "/".into(),
            hosts: hosts.to_vec(),
            extensions: Vec::new(),
            line,
            levels: levels.to_vec(),
        });
    }
    let mut open: Vec<(&'d Directive, Vec<&'d [Directive]>)> = Vec::new();
    let locations = |directives: Vec<&'d Directive>, levels: &[&'d [Directive]]| {
        let inner = directives.into_iter().filter(|directive| directive.name == "location").rev();
        inner.map(|location| (location, [levels, &[location.block()]].concat())).collect::<Vec<_>>()
    };
    open.extend(locations(inside(server), levels));
    while let Some((location, levels)) = open.pop() {
        open.extend(locations(location.block().iter().collect(), &levels));
        let has_cors = location.all().iter().any(|directive| nginx_run::is_cors(directive));
        let (path, extensions) = match (location.argument(0), location.argument(1)) {
            (path, "") if path.starts_with('@') => continue,
            (path, "") | ("^~", path) => (path.to_owned(), Vec::new()),
            ("=", path) => {
                if has_cors {
                    let message =
                        format!("location = {path} is one path, and the route takes what is under it too");
                    findings.push(Finding::new(Severity::Note, "exact-path", location.line, message, ""));
                }
                (path.to_owned(), Vec::new())
            }
            ("~" | "~*", expression) => match extensions(expression) {
                Some(extensions) => ("/".into(), extensions),
                None if !has_cors => continue,
                None => {
                    let message = format!("location ~ {expression} is no path and no list of extensions");
                    let remedy = "write it as a path, or as \\.(png|jpg)$";
                    findings.push(Finding::new(
                        Severity::Unread,
                        "route-match",
                        location.line,
                        message,
                        remedy,
                    ));
                    continue;
                }
            },
            _ => continue,
        };
        places.push(Place { path, hosts: hosts.to_vec(), extensions, line: location.line, levels });
    }
    places
}

fn drops_headers(place: &Place<'_>) -> bool {
    place.levels.last().is_some_and(|level| level.iter().any(|directive| directive.name == "add_header"))
}

fn target(place: &Place<'_>, upstreams: &BTreeMap<&str, &[Directive]>) -> ImportedTarget {
    let found = |name: &str| {
        let levels = place.levels.iter().rev();
        levels.filter_map(|level| level.iter().rev().find(|directive| directive.name == name)).next()
    };
    if let Some(pass) =
        place.levels.last().and_then(|level| level.iter().find(|own| own.name == "proxy_pass"))
    {
        let url = pass.argument(0);
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let authority = rest.split('/').next().unwrap_or(rest);
        let server = upstreams.get(authority).and_then(|block| block.iter().find(|own| own.name == "server"));
        let authority = server.map_or(authority, |server| server.argument(0));
        if scheme == "http" && !authority.contains(['$', '<']) && !authority.starts_with("unix:") {
            return ImportedTarget::Upstream(format!("http://{authority}"));
        }
        return ImportedTarget::Unknown;
    }
    if let Some(alias) = found("alias") {
        return ImportedTarget::Files(alias.argument(0).to_owned());
    }
    match found("root") {
        Some(root) if !root.argument(0).contains('$') => {
            let path = place.path.trim_matches('/');
            let root = root.argument(0).trim_end_matches('/');
            ImportedTarget::Files(if path.is_empty() { root.to_owned() } else { format!("{root}/{path}") })
        }
        _ => ImportedTarget::Unknown,
    }
}

/// Origins and expressions over them, wherever they stand.
fn named(all: &[&Directive], maps: &nginx_run::Maps<'_>, findings: &mut Vec<Finding>) -> Named {
    let mut named = Named::default();
    let mut add = |line: usize, text: &str, is_regex: bool, ignores_case: bool| {
        if is_regex {
            match OriginRegex::new(text, Anchoring::Part, ignores_case) {
                Ok(regex) => named.regexes.push((line, text.to_owned(), regex)),
                Err(reason) => {
                    let message = format!("the regular expression {text} is not read: {reason}");
                    let remedy = "write the origins, or patterns such as https://*.app.example";
                    findings.push(Finding::new(Severity::Unread, "regex", line, message, remedy));
                }
            }
        } else {
            let texts = text.split([' ', ',', '|']).map(str::trim);
            named.exact.extend(texts.filter(|text| text.contains("://")).map(|text| (line, text.to_owned())));
        }
    };
    for directive in all {
        match directive.name.as_str() {
            "add_header" if directive.argument(0).eq_ignore_ascii_case("access-control-allow-origin") => {
                add(directive.line, directive.argument(1), false, false);
            }
            "more_set_headers" => {
                if let Some((_, value)) = directive.argument(0).split_once(':') {
                    add(directive.line, value, false, false);
                }
            }
            "if" => {
                let is_of_origin = directive.argument(0) == "$http_origin"
                    || maps.is_of_origin(directive.argument(0).trim_start_matches('$'));
                let (operator, value) = (directive.argument(1), directive.argument(2));
                if is_of_origin && !value.is_empty() {
                    add(directive.line, value, operator.contains('~'), operator.contains('*'));
                }
            }
            "set" => add(directive.line, directive.argument(1), false, false),
            "map" => {
                for entry in directive.block() {
                    if maps.is_of_origin(directive.argument(1).trim_start_matches('$')) {
                        match entry.name.strip_prefix('~') {
                            Some(regex) => {
                                let ignores_case = regex.starts_with('*');
                                add(entry.line, regex.trim_start_matches('*'), true, ignores_case);
                            }
                            None => add(entry.line, entry.name.trim_start_matches('\\'), false, false),
                        }
                    }
                    add(entry.line, entry.argument(0), false, false);
                }
            }
            _ => {}
        }
    }
    named
}
