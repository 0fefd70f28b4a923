//! What answers on a route: a folder, or servers.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use http::Uri;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::findings::Findings;
use super::findings::Refusal;
use crate::document::PolicyDocument;
use crate::read::Fields;
use crate::site::{Authorities, Target, Upstreams, WebSocket};

/// The most bytes that are read of an `upstream_ca`: the system's own authorities are a quarter of a MiB.
const MAX_AUTHORITIES: u64 = 4 * 1024 * 1024;
/// The most servers that one route lists.
const MAX_SERVERS: usize = 256;

pub(crate) fn target(
    document: &PolicyDocument,
    fields: &Fields,
    findings: &mut Findings<'_>,
) -> Option<Target> {
    let there: Vec<_> =
        ["files", "upstream", "upstreams"].into_iter().filter(|key| fields.has(key)).collect();
    match there[..] {
        [] => {
            let remedy = "write `files = \"folder\"` or `upstream = \"http://127.0.0.1:9000\"`";
            findings.problem("missing-key", fields.header.clone(), "nothing answers on this route", remedy);
            return None;
        }
        [first, second, ..] => {
            let code = if first == "files" { "files-and-upstream" } else { "upstream-and-upstreams" };
            let message = format!("this route has both `{first}` and `{second}`");
            findings.problem(code, fields.span(second), message, "keep one of the two");
        }
        [_] => {}
    }
    if let Some(text) = fields.text("files") {
        for key in ["upstream_ca", "websocket"].into_iter().filter(|key| fields.has(key)) {
            let message = format!("`{key}` is about an upstream, and this route has none");
            findings.problem("files-and-upstream", fields.span(key), message, "leave it out");
        }
        let folder = document.folder.join(&text.value);
        if !folder.is_dir() {
            let message = format!("{} is no folder: every request gets 404", folder.display());
            let remedy = "the path is relative to the policy file; make the folder, or mend the path";
            findings.warning("no-folder", text.span.clone(), message, remedy);
        }
        return Some(Target::Files(folder));
    }
    let servers = servers(fields, findings);
    let authorities = authorities(document, fields, &servers, findings);
    Upstreams::of(servers, authorities).map(Target::Upstream)
}

fn servers(fields: &Fields, findings: &mut Findings<'_>) -> Vec<Uri> {
    if fields.is_empty_list("upstreams") {
        let remedy = "write `upstreams = [\"http://10.0.0.1:9000\", \"http://10.0.0.2:9000\"]`, for example";
        let message = "an empty `upstreams` answers nothing";
        findings.problem("empty-list", fields.span("upstreams"), message, remedy);
    }
    let texts = fields.texts("upstreams");
    if texts.len() > MAX_SERVERS {
        let message = format!("a route has at most {MAX_SERVERS} upstreams, not {}", texts.len());
        let remedy = "put a balancer of their own in front of them, or part the routes";
        findings.problem("too-many-upstreams", fields.span("upstreams"), message, remedy);
        return Vec::new();
    }
    let mut servers: Vec<Uri> = Vec::new();
    for text in fields.text("upstream").into_iter().chain(texts) {
        match upstream(&text.value) {
            Ok(uri) if servers.contains(&uri) => {
                let message = format!("{:?} stands twice in `upstreams`", text.value);
                findings.problem("duplicate-upstream", text.span.clone(), message, "name each server once");
            }
            Ok(uri) => servers.push(uri),
            Err((message, remedy)) => {
                findings.problem("bad-upstream", text.span.clone(), message, remedy);
            }
        }
    }
    servers
}

/// Reads an upstream: scheme, host and port.
pub(crate) fn upstream(text: &str) -> Result<Uri, Refusal> {
    const EXAMPLE: &str = "write one such as \"http://127.0.0.1:9000\"";
    let Some((scheme, rest)) = text.split_once("://") else {
        let remedy = format!("write \"http://{text}\"");
        return Err((format!("{text:?} does not begin with http://"), remedy));
    };
    let scheme = scheme.to_ascii_lowercase();
    if !["http", "https", "h2c"].contains(&&*scheme) {
        return Err((format!("{text:?}: an upstream is reached by http, https or h2c"), EXAMPLE.into()));
    }
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if let Some(end) = authority.find(['/', '?', '#']) {
        let remedy = format!("write \"{scheme}://{}\"", &authority[..end]);
        return Err((format!("{text:?} has a path: the request's own path is kept"), remedy));
    }
    if let Some((_, host)) = authority.rsplit_once('@') {
        return Err((format!("{text:?} has a user name"), format!("write \"{scheme}://{host}\"")));
    }
    let authority = authority.to_ascii_lowercase();
    let uri = Uri::builder().scheme(&*scheme).authority(&*authority).path_and_query("/").build();
    let port_fits = |uri: &Uri| match authority.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => uri.port_u16().is_some_and(|port| port != 0),
        _ => true,
    };
    match uri {
        Ok(uri) if uri.host().is_some_and(|host| !host.is_empty()) && port_fits(&uri) => Ok(uri),
        _ => Err((format!("{text:?} is no address of a server"), EXAMPLE.into())),
    }
}

fn authorities(
    document: &PolicyDocument,
    fields: &Fields,
    servers: &[Uri],
    findings: &mut Findings<'_>,
) -> Option<Authorities> {
    let text = fields.text("upstream_ca")?;
    let file = document.folder.join(&text.value);
    findings.watched.push(file.clone());
    if !servers.is_empty() && servers.iter().all(|server| server.scheme_str() != Some("https")) {
        let message = "`upstream_ca` is about certificates, and no upstream of this route has one";
        let remedy = "leave it out, or reach the upstream by https";
        findings.problem("ca-without-https", text.span.clone(), message, remedy);
    }
    match certificates(&file) {
        Ok(certificates) => Some(Authorities { file, certificates: certificates.into() }),
        Err((message, remedy)) => {
            findings.problem("bad-upstream-ca", text.span.clone(), message, remedy);
            None
        }
    }
}

/// Reads the certificates of a PEM file; at least one.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Refusal> {
    let name = file.display();
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(MAX_AUTHORITIES + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        let remedy = "the path is relative to the policy file; check that the file is there and may be read";
        return Err((format!("can't read {name}: {error}"), remedy.into()));
    }
    if bytes.len() as u64 > MAX_AUTHORITIES {
        return Err((
            format!("{name} is larger than 4 MiB"),
            "name only the authorities that are used".into(),
        ));
    }
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let remedy = "write the authority's certificate in PEM, which begins with -----BEGIN CERTIFICATE-----";
    match certificates {
        Ok(certificates) if certificates.is_empty() => {
            Err((format!("{name} holds no certificate"), remedy.into()))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err((format!("{name} is no PEM file: {error}"), remedy.into())),
    }
}

pub(crate) fn websocket(fields: &Fields, findings: &mut Findings<'_>) -> WebSocket {
    match fields.text("websocket") {
        Some(text) if text.value == WebSocket::AllowedOrigins.as_str() => {
            if fields.boolean("pass_through") {
                let message = "`websocket = \"allowed-origins\"` asks a policy, and this route has none";
                let remedy = "name a `policy` in place of `pass_through`, or let `websocket` be \"any\"";
                findings.problem("websocket-without-policy", text.span.clone(), message, remedy);
            }
            WebSocket::AllowedOrigins
        }
        _ => WebSocket::Any,
    }
}
