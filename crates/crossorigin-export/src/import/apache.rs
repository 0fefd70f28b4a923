//! Apache: `Header` with `SetEnvIf` and `RewriteRule`, run as Apache runs them.
//!
//! What the sections of one place say adds up; the tables `always` and `onsuccess` are apart, and answers that a rewrite makes
//! by itself take only the first.

use super::apache_run::{self, Run};
use super::infer::{self, Answered, Asked, Named, Remedies};
use super::origins::{Anchoring, OriginRegex};
use super::syntax::{Directive, MAX_DEPTH, extensions};
use super::{Finding, ImportError, Imported, ImportedRoute, ImportedTarget, Severity};

const REMEDIES: Remedies = Remedies {
    vary: "write Header always merge Vary Origin, outside of any condition on Origin",
    errors: "write Header always set in the place of Header set",
};

/// A section, with what holds in it.
struct Place<'d> {
    path: String,
    hosts: Vec<String>,
    extensions: Vec<String>,
    line: usize,
    /// In the order in which they count.
    directives: Vec<&'d Directive>,
    /// Whether it has headers of its own.
    has_own: bool,
}

pub(super) fn read(text: &str) -> Result<Imported, ImportError> {
    let directives = parse(text)?;
    let all: Vec<&Directive> = directives.iter().flat_map(Directive::all).collect();
    let included = all.iter().find(|own| own.is("Include") || own.is("IncludeOptional") || own.is("Use"));
    if let Some(include) = included {
        let message = format!(
            "{} {} is not followed: what it holds may set headers",
            include.name,
            include.argument(0)
        );
        let remedy = "put its text in the line's place, or take the line out if it sets none";
        return Err(ImportError::new(include.line, message, remedy));
    }
    let mut imported = Imported::default();
    let named = named(&all, &mut imported.findings);
    for listen in directives.iter().filter(|own| own.is("Listen")) {
        listener(listen, &mut imported);
    }
    let hosts: Vec<&Directive> = directives.iter().filter(|own| own.is("<VirtualHost")).collect();
    let outer: Vec<&Directive> =
        flat(&directives).into_iter().filter(|own| !own.is("<VirtualHost")).collect();
    let mut scopes: Vec<(Vec<String>, Vec<&Directive>)> = Vec::new();
    for host in &hosts {
        let own = flat(host.block());
        let is_name = |own: &&&Directive| own.is("ServerName") || own.is("ServerAlias");
        let names = own.iter().filter(is_name).flat_map(|own| &own.arguments);
        let names: Vec<String> =
            names.map(|name| name.split(':').next().unwrap_or(name).to_ascii_lowercase()).collect();
        let names = if hosts.len() > 1 { names } else { Vec::new() };
        scopes.push((names, outer.iter().copied().chain(own).collect()));
    }
    if hosts.is_empty() {
        scopes.push((Vec::new(), outer));
    }
    for (hosts, directives) in scopes {
        let target = target(&directives);
        for place in places(&directives, &hosts, &mut imported.findings) {
            let run = Run::new(&place.directives);
            let answers = |asked: &Asked<'_>| -> Result<Answered, ImportError> { run.answer(asked) };
            let mut findings = Vec::new();
            let config = match run.has_cors() {
                true => infer::policy(&answers, &named, &REMEDIES, place.line, &mut findings)?,
                false => None,
            };
            imported.findings.append(&mut findings);
            let Some(config) = config else { continue };
            let policy = Some(imported.add_policy(&place.path, config));
            let target = target_at(&target, &place.path);
            let Place { path, hosts, extensions, line, .. } = place;
            imported.add_route(
                ImportedRoute { path, hosts, extensions, target, policy, ..ImportedRoute::default() },
                line,
            );
        }
    }
    Ok(imported)
}

/// Directives without the sections that only ask for a module, which is taken to be there.
fn flat(directives: &[Directive]) -> Vec<&Directive> {
    let one = |directive| {
        let directive: &Directive = directive;
        let is_open = directive.is("<IfModule") && !directive.argument(0).starts_with('!')
            || directive.is("<IfVersion");
        if is_open { flat(directive.block()) } else { vec![directive] }
    };
    directives.iter().flat_map(one).collect()
}

fn listener(listen: &Directive, imported: &mut Imported) {
    let argument = listen.argument(0);
    if listen.argument(1).eq_ignore_ascii_case("https") || argument.ends_with("443") {
        return;
    }
    let address = match argument.parse::<u16>() {
        Ok(port) => format!("0.0.0.0:{port}"),
        Err(_) => argument.to_owned(),
    };
    if let Ok(address) = address.parse::<std::net::SocketAddr>() {
        imported.listeners.push(address.to_string());
    }
}

/// The server itself, then its sections; files in folders too.
fn places<'d>(directives: &[&'d Directive], hosts: &[String], findings: &mut Vec<Finding>) -> Vec<Place<'d>> {
    let root = directives.iter().find(|own| own.is("DocumentRoot")).map_or("", |own| own.argument(0));
    let plain = |directives: &[&'d Directive]| -> Vec<&'d Directive> {
        directives.iter().copied().filter(|own| !own.name.starts_with('<')).collect()
    };
    let has_headers = |directives: &[&'d Directive]| directives.iter().any(|own| apache_run::is_cors(own));
    let mut places = Vec::new();
    let base = plain(directives);
    let line = directives.iter().find(|own| apache_run::is_cors(own)).map_or(1, |own| own.line);
    places.push(Place {
        path: "/".into(),
        hosts: hosts.to_vec(),
        extensions: Vec::new(),
        line,
        has_own: has_headers(&base),
        directives: base.clone(),
    });
    let mut open: Vec<(&'d Directive, String, Vec<String>, Vec<&'d Directive>)> =
        directives.iter().rev().map(|own| (*own, "/".to_owned(), Vec::new(), base.clone())).collect();
    while let Some((section, path, extensions_above, above)) = open.pop() {
        if section.block.is_none() || section.is("<VirtualHost") {
            continue;
        }
        let inner = flat(section.block());
        let has_cors = section.all().into_iter().any(apache_run::is_cors);
        let (path, extensions) = match section.name.to_ascii_lowercase().as_str() {
            "<location" if !section.argument(0).starts_with('~') => {
                (section.argument(0).to_owned(), extensions_above)
            }
            "<directory" if !section.argument(0).starts_with('~') => {
                (under(section.argument(0), root, &path), extensions_above)
            }
            "<filesmatch" => match extensions(section.argument(0)) {
                Some(extensions) => (path, extensions),
                None => {
                    unread(section, has_cors, findings);
                    continue;
                }
            },
            "<files" => match section.argument(0).strip_prefix("*.") {
                Some(extension) => (path, vec![extension.to_ascii_lowercase()]),
                None => {
                    unread(section, has_cors, findings);
                    continue;
                }
            },
            _ => {
                unread(section, has_cors, findings);
                continue;
            }
        };
        let own = plain(&inner);
        let has_own = has_headers(&own);
        let together: Vec<&'d Directive> = above.iter().copied().chain(own).collect();
        for section in inner.iter().rev().filter(|own| own.block.is_some()) {
            open.push((*section, path.clone(), extensions.clone(), together.clone()));
        }
        let line = inner.iter().find(|own| apache_run::is_cors(own)).map_or(section.line, |own| own.line);
        if has_own {
            let hosts = hosts.to_vec();
            places.push(Place { path, hosts, extensions, line, directives: together, has_own });
        }
    }
    places.retain(|place| place.has_own);
    places
}

fn unread(section: &Directive, has_cors: bool, findings: &mut Vec<Finding>) {
    if has_cors {
        let message = format!(
            "{} {}> is a section that no route stands for",
            section.name,
            section.arguments.join(" ")
        );
        let remedy = "write it as Location, Directory, or FilesMatch with a list of extensions such as \"\\.(png|jpg)$\"";
        findings.push(Finding::new(Severity::Unread, "route-match", section.line, message, remedy));
    }
}

/// The path under which a folder is seen.
fn under(folder: &str, root: &str, above: &str) -> String {
    let (folder, root) = (folder.trim_end_matches('/'), root.trim_end_matches('/'));
    match folder.strip_prefix(root) {
        Some(rest) if !root.is_empty() && rest.starts_with('/') => rest.to_owned(),
        _ => above.to_owned(),
    }
}

fn target(directives: &[&Directive]) -> ImportedTarget {
    let pass = directives.iter().find(|own| own.is("ProxyPass") && own.argument(0) == "/");
    if let Some(pass) = pass {
        let url = pass.argument(1).trim_end_matches('/');
        if url.starts_with("http://") && url.matches('/').count() == 2 {
            return ImportedTarget::Upstream(url.to_owned());
        }
        return ImportedTarget::Unknown;
    }
    let root = directives.iter().find(|own| own.is("DocumentRoot"));
    root.map_or(ImportedTarget::Unknown, |root| ImportedTarget::Files(root.argument(0).to_owned()))
}

fn target_at(target: &ImportedTarget, path: &str) -> ImportedTarget {
    match target {
        ImportedTarget::Files(root) => {
            let path = path.trim_matches('/');
            let root = root.trim_end_matches('/');
            ImportedTarget::Files(if path.is_empty() { root.to_owned() } else { format!("{root}/{path}") })
        }
        other => other.clone(),
    }
}

/// Origins and expressions over them, wherever they stand.
fn named(all: &[&Directive], findings: &mut Vec<Finding>) -> Named {
    let mut named = Named::default();
    for directive in all {
        let (text, ignores_case) = if directive.is("SetEnvIf") || directive.is("SetEnvIfNoCase") {
            if !directive.argument(0).trim_matches('^').eq_ignore_ascii_case("origin") {
                continue;
            }
            (directive.argument(1), directive.is("SetEnvIfNoCase"))
        } else if directive.is("RewriteCond") && directive.argument(0).eq_ignore_ascii_case("%{HTTP:Origin}")
        {
            (directive.argument(1).trim_start_matches('!'), directive.argument(2).contains("NC"))
        } else {
            if directive.is("Header") {
                let texts = directive.arguments.iter().flat_map(|text| text.split([' ', ',', '|']));
                let origins = texts.filter(|text| text.contains("://"));
                named.exact.extend(origins.map(|text| (directive.line, text.to_owned())));
            }
            continue;
        };
        match OriginRegex::new(text, Anchoring::Part, ignores_case) {
            Ok(regex) => named.regexes.push((directive.line, text.to_owned(), regex)),
            Err(reason) => {
                let message = format!("the regular expression {text} is not read: {reason}");
                let remedy = "write the origins, or patterns such as https://*.app.example";
                findings.push(Finding::new(Severity::Unread, "regex", directive.line, message, remedy));
            }
        }
    }
    named
}

/// Reads lines: one directive each, a backslash at the end goes on in the next.
fn parse(text: &str) -> Result<Vec<Directive>, ImportError> {
    let mut open: Vec<Directive> = Vec::new();
    let mut root: Vec<Directive> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let number = index + 1;
        let mut whole = line.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            match lines.next() {
                Some((_, next)) => whole.push_str(next.trim_start()),
                None => break,
            }
        }
        let trimmed = whole.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix("</") {
            let name = name.trim_end_matches('>').trim();
            match open.pop() {
                Some(section) if section.name[1..].eq_ignore_ascii_case(name) => {
                    add(&mut open, &mut root, section);
                }
                Some(section) => {
                    let message =
                        format!("</{name}> does not close {}> of line {}", section.name, section.line);
                    return Err(ImportError::new(
                        number,
                        message,
                        format!("write </{}>", &section.name[1..]),
                    ));
                }
                None => {
                    return Err(ImportError::new(number, format!("</{name}> closes nothing"), "take it out"));
                }
            }
            continue;
        }
        let is_section = trimmed.starts_with('<');
        let text = match (is_section, trimmed.strip_suffix('>')) {
            (true, Some(text)) => text,
            (true, None) => {
                return Err(ImportError::new(
                    number,
                    format!("{trimmed} is not closed"),
                    "write > at its end",
                ));
            }
            (false, _) => trimmed,
        };
        let mut words = words(text, number)?.into_iter();
        let Some(name) = words.next() else { continue };
        let arguments: Vec<String> = words.collect();
        let directive = Directive { line: number, name, arguments, block: is_section.then(Vec::new) };
        if !is_section {
            add(&mut open, &mut root, directive);
        } else if open.len() >= MAX_DEPTH {
            return Err(ImportError::new(number, "this is nested too deep", "nest at most 64 sections"));
        } else {
            open.push(directive);
        }
    }
    match open.pop() {
        Some(section) => {
            let message = format!("{}> is not closed", section.name);
            Err(ImportError::new(section.line, message, format!("write </{}>", &section.name[1..])))
        }
        None => Ok(root),
    }
}

fn add(open: &mut [Directive], root: &mut Vec<Directive>, directive: Directive) {
    match open.last_mut().and_then(|section| section.block.as_mut()) {
        Some(block) => block.push(directive),
        None => root.push(directive),
    }
}

fn words(text: &str, line: usize) -> Result<Vec<String>, ImportError> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|char| char.is_whitespace()).is_some() {}
        let Some(first) = chars.next() else { return Ok(words) };
        let mut word = String::new();
        if first == '"' || first == '\'' {
            loop {
                match chars.next() {
                    None => {
                        let message = "this string is not closed";
                        return Err(ImportError::new(line, message, format!("write {first} at its end")));
                    }
                    Some(char) if char == first => break,
                    Some('\\') if chars.peek() == Some(&first) => word.extend(chars.next()),
                    Some(char) => word.push(char),
                }
            }
        } else {
            word.push(first);
            while let Some(next) = chars.next_if(|char| !char.is_whitespace()) {
                word.push(next);
            }
        }
        words.push(word);
    }
}
