//! The servers: one file each.

mod apache;
mod caddy;
mod envoy;
mod express;
mod haproxy;
mod nginx;
mod varnish;

use crossorigin_policy::{Target as Answers, WebSocket};

use crate::difference::{Difference, Differences, Sender};
use crate::plan::{Plan, Policy};
use crate::target::Target;
use crate::{Export, Options, services};

/// Writes a site for a target.
pub(crate) fn write(
    target: Target,
    plan: &Plan<'_>,
    options: &Options,
    differences: &mut Differences<'_>,
) -> Export {
    if !target.is_service() && !options.snippet {
        refuse_tls(differences, plan, target);
    }
    if target.has_routes() && !options.snippet {
        refuse_upstreams(differences, plan, target);
    }
    match target {
        Target::Nginx => nginx::write(plan, options, differences),
        Target::Haproxy => haproxy::write(plan, options, differences),
        Target::Varnish => varnish::write(plan, options, differences),
        Target::Apache => apache::write(plan, options, differences),
        Target::Caddy => caddy::write(plan, options, differences),
        Target::Envoy => envoy::write(plan, options, differences),
        Target::Express => express::write(plan, options, differences),
        service => services::write(service, plan, differences),
    }
}

/// The lines that begin each file.
fn preamble(comment: &str, target: Target, options: &Options) -> String {
    let version = options.version.as_deref().unwrap_or(target.version());
    format!(
        "{comment} Written by `crossorigin export --to {target}` for {target} {version}. Change the policy file and export again.\n"
    )
}

/// Every server but a few is laxer, where only programs that are no browsers can tell.
fn add_spellings(differences: &mut Differences<'_>, policies: &[Policy]) {
    let has_ports = |policy: &Policy| {
        policy.origins.any || policy.origins.patterns.iter().any(|(item, _)| item.ends_with(":*"))
    };
    if policies.iter().any(has_ports) {
        differences.add(Difference {
            name: "origin-spelling",
            explanation: "an Origin that is spelled as no browser spells it (its default port written out, a port beyond \
                          65535, a host of more than 253 bytes) is taken where it matches a wildcard"
                .into(),
            request: "GET / with Origin: https://app.example:443".into(),
            ours: "no Access-Control-Allow-Origin".into(),
            theirs: "the origin is allowed".into(),
            remedy: "none is needed: no browser sends it".into(),
            sender: Sender::OtherProgram,
        });
    }
}

/// A folder as a word of a shell's command.
fn shell_word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+,:@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Of servers that serve no files.
fn refuse_files(differences: &mut Differences<'_>, plan: &Plan<'_>, target: &str) {
    let of_files = plan.listeners.iter().flat_map(|serving| &serving.rules);
    let of_files = of_files.filter(|rule| matches!(rule.target, Answers::Files(_)));
    for rule in of_files {
        differences.add(Difference {
            name: "files",
            explanation: format!("route {} serves a folder, which {target} does not", rule.number),
            request: format!("GET {}/index.html", rule.prefix),
            ours: "the file".into(),
            theirs: "404".into(),
            remedy: "give the route an `upstream` that serves the folder".into(),
            sender: Sender::Browser,
        });
    }
}

/// What is not written of the way to upstreams.
fn refuse_upstreams(differences: &mut Differences<'_>, plan: &Plan<'_>, target: Target) {
    for rule in &plan.routes {
        let Answers::Upstream(upstreams) = rule.target else { continue };
        let (number, request) = (rule.number, format!("GET {}/", rule.prefix));
        let mut add = |name, explanation, ours: String, theirs: String, remedy: &str| {
            differences.add(Difference {
                name,
                explanation,
                request: request.clone(),
                ours,
                theirs,
                remedy: remedy.into(),
                sender: Sender::Browser,
            });
        };
        if upstreams.servers().len() > 1 && !target.has_several_upstreams() {
            add(
                "several-upstreams",
                format!("route {number} has several upstreams; what is exported to {target} has one a route"),
                format!("an answer of {upstreams}, in turn"),
                format!("always of {}", upstreams.first()),
                "give the route one `upstream`, which shares the requests out",
            );
        }
        if let Some(other) = upstreams.servers().iter().find(|server| server.scheme_str() != Some("http")) {
            add(
                "upstream-scheme",
                format!(
                    "route {number} reaches {other} otherwise than by http; what is exported to {target} does not"
                ),
                format!("what {other} answers"),
                "502".into(),
                "give the route an upstream with http://, or add what the target needs to what is exported",
            );
        }
        if rule.websocket == WebSocket::AllowedOrigins {
            add(
                "websocket",
                format!(
                    "route {number} refuses WebSocket handshakes of refused origins, which {target} passes on or takes none of"
                ),
                "403 to a handshake of an origin that is refused".into(),
                "the upstream's answer".into(),
                "leave `websocket` out, and let the upstream look at Origin",
            );
        }
    }
}

/// No target gets keys: who starts it has to say where they are.
fn refuse_tls(differences: &mut Differences<'_>, plan: &Plan<'_>, target: Target) {
    for serving in plan.listeners.iter().filter(|serving| !serving.listener.tls.is_empty()) {
        let address = serving.listener.address;
        differences.add(Difference {
            name: "listener-tls",
            explanation: format!(
                "the listener {address} speaks TLS; the configuration for {target} listens there without"
            ),
            request: format!("GET https://{address}/"),
            ours: "an answer".into(),
            theirs: "no TLS handshake".into(),
            remedy: format!(
                "take `tls` out and add the certificates to what is exported, or paste --snippet into a {target} that has them"
            ),
            sender: Sender::Browser,
        });
    }
}

/// Of servers that refuse by themselves what they can't read.
fn add_unreadable(differences: &mut Differences<'_>, target: &str) {
    differences.add(Difference {
        name: "unreadable-requests",
        explanation: format!(
            "{target} answers what it can't read (a head that is too large, a byte that no URL has) with its own 400, before \
             it looks at Origin"
        ),
        request: "GET /%zz with an Origin that is allowed".into(),
        ours: "400 with Access-Control-Allow-Origin".into(),
        theirs: "400 without it".into(),
        remedy: "none is needed: no valid URL leads there".into(),
        sender: Sender::OtherProgram,
    });
}
