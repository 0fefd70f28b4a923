//! What the admin listener tells: the policy of each route, and the last refused requests.

use std::fmt::Write;

use crossorigin::server::{Policy, Reason};
use crossorigin_policy::{Site, Target};
use http::HeaderValue;
use serde_json::{Value, json};

use crate::running::Shared;
use crate::telemetry::refusals::{KEPT, Refusals, Refused};

/// The site as it is served, as JSON.
pub(crate) fn policies(shared: &Shared) -> String {
    let site = &shared.site.load().site;
    let listeners: Vec<_> = site
        .listeners
        .iter()
        .map(|listener| {
            let policy = listener.default_policy.as_ref();
            json!({
                "name": listener.name,
                "address": listener.address.to_string(),
                "default_policy": policy.map(|(name, _)| name),
            })
        })
        .collect();
    let policies: serde_json::Map<_, _> =
        site.policies.iter().map(|(name, policy)| (name.clone(), described(policy))).collect();
    let site = json!({ "listeners": listeners, "routes": routes(site), "policies": policies });
    format!("{site:#}\n")
}

fn routes(site: &Site) -> Vec<Value> {
    let routes = site.routes.iter().zip(site.conditions());
    let routes = routes.map(|(route, conditions)| {
        let target = match &route.target {
            Target::Files(folder) => ("files", folder.display().to_string()),
            Target::Upstream(upstream) => ("upstream", upstream.to_string()),
        };
        let methods: Vec<_> = conditions.methods.iter().map(http::Method::as_str).collect();
        json!({
            "path": route.path,
            "hosts": conditions.hosts,
            "listener": conditions.listener.map(|listener| &listener.name),
            "extensions": conditions.extensions,
            "methods": methods,
            target.0: target.1,
            "max_body": route.body_bytes.unwrap_or(site.limits.body_bytes),
            "pass_through": route.policy.is_none(),
            "policy": route.policy.as_ref().map(|(name, _)| name),
            "resolved": route.policy.as_ref().map(|(_, policy)| described(policy)),
        })
    });
    routes.collect()
}

fn described(policy: &Policy) -> Value {
    let text = |value: Option<&HeaderValue>| {
        value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    json!({
        "any_origin": policy.allows_any_origin(),
        "origins": policy.origin_count(),
        "null_origin": policy.allows_null_origin(),
        "credentials": policy.allows_credentials(),
        "methods": policy.methods().collect::<Vec<_>>(),
        "request_headers": policy.request_headers().collect::<Vec<_>>(),
        "exposed_headers": text(policy.exposed_headers()),
        "max_age_seconds": text(policy.max_age()),
        "forbids_refused_origins": policy.forbids_refused_origins(),
    })
}

/// What to do so that requests refused for this reason are allowed, and the page on what browsers make of it.
fn remedy(refused: &Refused) -> String {
    let (policy, origin) = (refused.policy.text(), refused.origin.text());
    let method = refused.method.text();
    match refused.reason {
        Reason::OriginNotAllowed => {
            format!("If pages of {origin} are to read it, add {origin:?} to origins of [policies.{policy}].")
        }
        Reason::NullNotAllowed => {
            "A sandboxed frame, a file or a data: URL asked. Let the page have an origin of its own; \
             trusting null trusts every site's frames."
                .to_owned()
        }
        Reason::OriginMalformed | Reason::SeveralOrigins => {
            "No browser sends this: look at what stands between it and the gateway.".to_owned()
        }
        Reason::MethodNotAllowed => {
            format!("If pages may do so, add {method:?} to methods of [policies.{policy}].")
        }
        Reason::HeaderNotAllowed => format!(
            "If pages may send them, add those of the headers that are missing to request_headers of [policies.{policy}]."
        ),
        Reason::AuthorizationNotNamed => format!(
            "If pages may send it, add \"authorization\" to request_headers of [policies.{policy}]; * does not cover it."
        ),
        Reason::RequestHeadersTooLong => "Let the page ask for fewer headers.".to_owned(),
        _ => "No browser sends this preflight.".to_owned(),
    }
}

/// What browsers report it as: the page of `crossorigin explain`.
fn page(refused: &Refused) -> &'static str {
    match (refused.is_preflight, refused.is_forbidden) {
        (true, _) => "preflight-allow-origin-missing",
        (false, _) => "allow-origin-missing",
    }
}

const HEAD: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Refused requests</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
h1 { font-size: 1.4rem; margin: 0 }
nav { margin: .25rem 0 1.5rem; display: flex; gap: 1rem; flex-wrap: wrap }
table { border-collapse: collapse; table-layout: fixed; width: 100% }
th:nth-child(1) { width: 8% } th:nth-child(2) { width: 27% } th:nth-child(3) { width: 19% } th:nth-child(4) { width: 19% }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-top: 1px solid #8886 }
th { font-weight: 600; border-top: 0; white-space: nowrap }
td { overflow-wrap: anywhere }
td:first-child { font-variant-numeric: tabular-nums }
code { font: .9em/1.4 ui-monospace, monospace }
small { display: block; opacity: .75 }
@media (max-width: 48rem) {
  table, tbody, tr, td { display: block }
  tr:first-child { display: none }
  tr { border-top: 1px solid #8886; padding: .5rem 0 }
  td { border: 0; padding: .15rem 0 }
}
</style>
<h1>Refused requests</h1>
<nav><a href=\"/policies\">policies</a> <a href=\"/metrics\">metrics</a> <a href=\"/readyz\">ready?</a></nav>
";

/// The last refused requests, the newest first, as a page.
pub(crate) fn refused(shared: &Shared) -> String {
    let mut all: Vec<Refused> = shared.refusals.iter().flat_map(Refusals::all).collect();
    all.sort_by_key(|refused| std::cmp::Reverse(refused.at));
    all.truncate(KEPT);
    let mut page_text = HEAD.to_owned();
    if all.is_empty() {
        page_text.push_str("<p>No policy has refused a request since the gateway began.\n");
        return page_text;
    }
    // Writing to a string can't fail.
    let _ = writeln!(
        page_text,
        "<p>The last {KEPT} at most, the newest first. Each got its response without CORS headers, or 403 where the \
         policy forbids it. Queries, credentials and bodies are not kept.\n\
         <table>\n<tr><th>When<th>Request<th>From<th>Why<th>What to do"
    );
    for refused in &all {
        row(&mut page_text, refused);
    }
    page_text.push_str("</table>\n");
    page_text
}

fn row(text: &mut String, refused: &Refused) {
    let preflight = if refused.is_preflight { "preflight for " } else { "" };
    let forbidden = if refused.is_forbidden { "<small>answered with 403</small>" } else { "" };
    let headers = refused.headers.text();
    let headers = match headers.is_empty() {
        true => String::new(),
        false => format!("<small>with <code>{}</code></small>", escaped(&headers)),
    };
    let _ = writeln!(
        text,
        "<tr><td>{} ago<td>{preflight}<code>{} {}</code><small>at {}</small>{headers}{forbidden}<td><code>{}</code>\
         <td>{}<small><code>{}</code>, policy {}</small><td>{}<small>browsers: <code>crossorigin explain {}</code></small>",
        ago(refused.at.elapsed().as_secs()),
        escaped(&refused.method.text()),
        escaped(&refused.path.text()),
        escaped(&refused.host.text()),
        escaped(&refused.origin.text()),
        escaped(&refused.reason.to_string()),
        refused.reason.code(),
        escaped(&refused.policy.text()),
        escaped(&remedy(refused)),
        page(refused),
    );
}

fn ago(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Text within HTML. Control characters, and those that turn the direction of text, stand as their numbers.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                let _ = write!(escaped, "{}", character.escape_unicode());
            }
            _ if character.is_control() => {
                let _ = write!(escaped, "{}", character.escape_unicode());
            }
            _ => escaped.push(character),
        }
    }
    escaped
}
