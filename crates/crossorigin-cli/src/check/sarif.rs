//! `--format sarif`: [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), which code scanning
//! reads.

use crossorigin_verdict::{Outcome, Verdict, page};
use serde_json::{Value, json};

use super::redacted::redacted;
use super::run::Judged;
use super::{Findings, told};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

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
    let location = file.map_or_else(|| url.to_string(), |(file, _)| file.replace(' ', "%20"));
    json!({
        "ruleId": rule(judged),
        "level": "error",
        "message": { "text": text },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": location } },
            "logicalLocations": [{ "fullyQualifiedName": format!("{} {url}", judged.record.request.method) }],
        }],
        "partialFingerprints": {
            "request/v1": format!("{} {url} {}", judged.record.request.method, rule(judged)),
        },
    })
}
