//! `--format sarif`: [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), which code scanning
//! reads.

use crossorigin_verdict::{Outcome, Verdict, page};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};
use url::{Position, Url};

use super::redacted::redacted;
use super::run::Judged;
use super::{Findings, told};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What can't stand in the path of a relative URI, of what URLs' hosts and paths hold.
const NO_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
/// Of what the names of files hold.
const NO_FILE: &AsciiSet = &NO_PATH.add(b'#').add(b'%').add(b'?');

/// What is blocked and what can't be reached, each as one result with the browsers that agree on it.
pub(super) fn sarif(findings: &Findings) -> String {
    let judged = redacted(&findings.judged);
    let groups = told::groups(&judged);
    let bad: Vec<_> = groups
        .iter()
        .filter(|group| matches!(group.first.verdict(), Verdict::Blocked | Verdict::Unreachable))
        .collect();
    let mut rules: Vec<&str> = bad.iter().map(|group| rule(group.first)).collect();
    rules.sort_unstable();
    rules.dedup();
    let results: Vec<_> =
        bad.iter().map(|group| result(group.first, &told::names(&group.profiles))).collect();
    let notifications: Vec<_> =
        findings.notes.iter().map(|note| json!({ "message": { "text": note } })).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "crossorigin",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            } },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

/// The reason's code, or that of the failure to reach the server.
fn rule(judged: &Judged) -> &'static str {
    match &judged.record.outcome {
        Outcome::Blocked(reason) => reason.code(),
        _ => "transport",
    }
}

fn described(rule: &str) -> Value {
    let Some(page) = page(rule) else { return json!({ "id": rule }) };
    json!({
        "id": rule,
        "shortDescription": { "text": page.title },
        "fullDescription": { "text": page.what },
        "help": { "text": format!("{}\n\n{}", page.why, page.remedy) },
    })
}

fn result(judged: &Judged, browsers: &str) -> Value {
    let url = judged.record.request.current_url();
    let mut text = format!("{browsers}: {}", judged.record.cause());
    if let Some(fix) = told::best_fix(judged) {
        text.push_str("\n\n");
        text.push_str(&fix);
    }
    // A file and its entry, or else what was asked for.
    let file = judged.plan.label.as_deref().and_then(|label| label.rsplit_once(", entry "));
    let location =
        file.map_or_else(|| place(url), |(file, _)| utf8_percent_encode(file, NO_FILE).to_string());
    json!({
        "ruleId": rule(judged),
        "level": "error",
        "message": { "text": text },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": location }, "region": { "startLine": 1 } },
            "logicalLocations": [{ "fullyQualifiedName": format!("{} {url}", judged.record.request.method) }],
        }],
        "webRequest": { "method": judged.record.request.method.as_str(), "target": url.as_str() },
        "partialFingerprints": {
            "request/v1": format!("{} {url} {}", judged.record.request.method, rule(judged)),
        },
    })
}

/// A URL as a path without a scheme: code scanning takes relative paths alone, and refuses whole files for one
/// `https:` in them. The colon of a port would make the host a scheme.
fn place(url: &Url) -> String {
    utf8_percent_encode(&url[Position::BeforeHost..Position::AfterPath], NO_PATH).to_string()
}
