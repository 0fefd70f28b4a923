//! From a document to a site: what the parts say of each other.

pub(crate) mod findings;
mod policy;
pub(crate) mod routes;
pub(crate) mod target;
mod tls;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use crossorigin::server::PolicyConfig;

use self::findings::{Findings, NamedListener, NamedPolicy, policy_named};
use crate::document::PolicyDocument;
use crate::read::{Fields, Text};
use crate::report::{Finding, Report, Source};
use crate::site::{Admin, Limits, Listener, Log, LogFormat, Site};

impl PolicyDocument {
    /// Compiles the document, reading the `origins_file`s that it names. Gives the warnings and notes too.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn compile(&self) -> Result<(Site, Vec<Finding>), Report> {
        compile(self)
    }

    /// What the policies are made from, by name, in the order of the file; the `origins_file`s that they name are
    /// read. Of a document that does not [`compile`](Self::compile) this is what could be understood.
    pub fn configurations(&self) -> Vec<(String, PolicyConfig)> {
        policy::configurations(self)
    }
}

/// Reads, parses and compiles a policy file: the site, and the warnings and notes about it.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn load(path: &Path) -> Result<(Site, Vec<Finding>), Report> {
    PolicyDocument::read(path)?.compile()
}

fn compile(document: &PolicyDocument) -> Result<(Site, Vec<Finding>), Report> {
    let mut findings = Findings {
        source: &document.source,
        problems: document.problems.clone(),
        warnings: Vec::new(),
        watched: Vec::new(),
    };
    let mut policies = policy::policies(document, &mut findings);
    let listeners = listeners(document, &mut policies, &mut findings);
    let routes = routes::routes(document, &mut policies, &listeners, &mut findings);
    let limits = limits(&document.limits);
    let admin = document.admin.as_ref().and_then(|fields| admin(fields, &listeners, &mut findings));
    let log = log(&document.log);
    for policy in policies.iter().filter(|policy| !policy.is_used) {
        findings.warning(
            "unused-policy",
            policy.name.span.clone(),
            format!("no route and no listener names the policy `{}`", policy.name.value.escape_debug()),
            "leave it out, or name it in a route",
        );
    }
    if document.listeners.is_empty() {
        let remedy = "write `[[listeners]]` and `address = \"127.0.0.1:8080\"` to serve it";
        findings.note("no-listener", 0..0, "the file names no listener", remedy);
    }

    let Findings { mut problems, mut warnings, watched, .. } = findings;
    if !document.not_toml.is_empty() {
        // What seems to be missing, or its header, may stand in a line that is no TOML.
        problems.retain(|problem| match problem.code() {
            "syntax" => true,
            "missing-key" | "misplaced-key" | "unknown-policy" | "unknown-listener" => false,
            _ => !document.is_no_toml(problem),
        });
        warnings.clear();
    }
    in_order(&document.source, &mut problems);
    in_order(&document.source, &mut warnings);
    if !problems.is_empty() {
        return Err(Report { problems, warnings, watched });
    }
    let listeners = listeners.into_iter().filter_map(|named| named.listener).collect();
    let (routes, router) = routes;
    let policies = policies.into_iter().filter_map(|named| Some((named.name.value.clone(), named.policy?)));
    let policies = policies.collect();
    Ok((Site { policies, listeners, routes, limits, admin, log, watched, router }, warnings))
}

/// By place: the policy file first, then the files that it names.
fn in_order(main: &Source, findings: &mut [Finding]) {
    findings.sort_by_cached_key(|finding| {
        let source = finding.source();
        (source.name() != main.name(), source.name().to_owned(), source.position(finding.start()))
    });
}

fn listeners(
    document: &PolicyDocument,
    policies: &mut [NamedPolicy<'_>],
    findings: &mut Findings<'_>,
) -> Vec<NamedListener> {
    let (mut names, mut addresses) = (HashSet::new(), HashSet::new());
    let mut listeners = Vec::new();
    for (index, fields) in document.listeners.iter().enumerate() {
        let default_policy = fields.text("default_policy").map(|name| policy_named(policies, name, findings));
        let written = fields.text("name").or(fields.text("address"));
        let name = written.map(|text| text.value.clone()).unwrap_or_default();
        if let Some(text) = written.filter(|_| !names.insert(name.clone())) {
            findings.problem(
                "duplicate-listener",
                text.span.clone(),
                format!("there are two listeners `{}`", name.escape_debug()),
                "give each an address and a name of its own",
            );
        }
        let address = fields.text("address").and_then(|text| address(text, findings));
        if let Some((address, span)) = &address
            && address.port() != 0
            && !addresses.insert(*address)
            && fields.has("name")
        {
            findings.problem(
                "duplicate-listener",
                span.clone(),
                format!("two listeners have the address {address}"),
                "give each an address of its own",
            );
        }
        let tls = tls::certificates(document, fields, findings);
        let listener = address.map(|(address, _)| Listener {
            name: name.clone(),
            address,
            default_policy: default_policy.flatten(),
            tls,
            index,
        });
        listeners.push(NamedListener { name, listener });
    }
    listeners
}

fn address(text: &Text, findings: &mut Findings<'_>) -> Option<(SocketAddr, Range<usize>)> {
    if let Ok(address) = text.value.parse() {
        return Some((address, text.span.clone()));
    }
    let port = text.value.rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
    let is_ip = text.value.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let remedy = match (is_ip, port) {
        (Ok(ip), _) => format!("write its port too: \"{}\"", SocketAddr::new(ip, 8080)),
        (Err(_), Some(port)) => {
            format!("write an IP address: \"127.0.0.1:{port}\", or \"0.0.0.0:{port}\" for every network")
        }
        (Err(_), None) => "write an IP address and a port: \"127.0.0.1:8080\"".into(),
    };
    let message = format!("{:?} is no address to listen on", text.value);
    findings.problem("bad-address", text.span.clone(), message, remedy);
    None
}

fn admin(fields: &Fields, listeners: &[NamedListener], findings: &mut Findings<'_>) -> Option<Admin> {
    let default = Admin::default();
    let (address, span) = match fields.text("address") {
        Some(text) => address(text, findings)?,
        None => (default.address, fields.header.clone()),
    };
    let is_public = fields.boolean("public");
    if !address.ip().is_loopback() && !is_public {
        findings.problem(
            "public-admin",
            span.clone(),
            format!("other machines reach {address}, and the admin listener tells all who ask"),
            "write \"127.0.0.1:9180\", or `public = true` beside it where a firewall keeps others out",
        );
    }
    let is_taken = |named: &NamedListener| {
        named.listener.as_ref().is_some_and(|listener| listener.address == address && address.port() != 0)
    };
    if listeners.iter().any(is_taken) {
        findings.problem(
            "duplicate-listener",
            span,
            format!("a listener has the address {address} too"),
            "give the admin listener an address of its own",
        );
    }
    Some(Admin { address, is_public })
}

fn log(fields: &Fields) -> Log {
    let default = Log::default();
    let format = fields.text("format").map_or(default.format, |text| match text.value.as_str() {
        "json" => LogFormat::Json,
        _ => LogFormat::Human,
    });
    Log { format, sample: fields.fraction("sample").unwrap_or(default.sample) }
}

fn limits(fields: &Fields) -> Limits {
    let mut limits = Limits::default();
    let number = |name, limit: &mut u64| *limit = fields.number(name).unwrap_or(*limit);
    number("body_bytes", &mut limits.body_bytes);
    number("file_cache_bytes", &mut limits.file_cache_bytes);
    let count = |name, limit: &mut usize| {
        *limit = fields.number(name).and_then(|number| usize::try_from(number).ok()).unwrap_or(*limit);
    };
    count("head_bytes", &mut limits.head_bytes);
    count("header_lines", &mut limits.header_lines);
    count("connections", &mut limits.connections);
    if let Some(streams) = fields.number("streams").and_then(|number| u32::try_from(number).ok()) {
        limits.streams = streams;
    }
    let duration = |name, limit: &mut Duration| *limit = fields.duration(name).unwrap_or(*limit);
    duration("head_timeout", &mut limits.head_timeout);
    duration("handshake_timeout", &mut limits.handshake_timeout);
    duration("idle_timeout", &mut limits.idle_timeout);
    duration("stall_timeout", &mut limits.stall_timeout);
    duration("connect_timeout", &mut limits.connect_timeout);
    duration("upstream_timeout", &mut limits.upstream_timeout);
    duration("websocket_timeout", &mut limits.websocket_timeout);
    duration("drain_timeout", &mut limits.drain_timeout);
    limits
}
