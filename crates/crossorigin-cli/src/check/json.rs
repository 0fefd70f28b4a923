//! `--format json`: one object, which docs/check.schema.json describes.

use crossorigin::fetching::trace::{StepNumber, TraceStep};
use crossorigin::fetching::{NetworkErrorReason, Purpose};
use crossorigin_verdict::{
    ConsoleMessage, Exchange, Fix, Guilty, NextFailure, Outcome, Server, TransportFailure,
};
use http::HeaderMap;
use serde_json::{Value, json};

use super::redacted::redacted;
use super::run::Judged;
use super::{Findings, told};

/// Raised when a reader of the last version would go wrong.
const SCHEMA_VERSION: u32 = 1;

/// All results, without secrets.
pub(super) fn json(findings: &Findings) -> String {
    let results: Vec<_> = redacted(&findings.judged).iter().map(result).collect();
    format!(
        "{:#}\n",
        json!({ "schema_version": SCHEMA_VERSION, "notes": findings.notes, "results": results })
    )
}

fn result(judged: &Judged) -> Value {
    let record = &judged.record;
    let response = match &record.outcome {
        Outcome::Shared(response) | Outcome::Opaque(response) => Some(response.response_type().name()),
        Outcome::Blocked(_) | Outcome::Unreachable(_) => None,
    };
    json!({
        "source": judged.plan.label,
        "profile": judged.profile.name(),
        "repetition": judged.nth,
        "request": {
            "method": record.request.method.as_str(),
            "url": record.request.current_url().as_str(),
            "origin": lossy(record.request.origin.serialized().as_bytes()),
            "initiator": record.initiator.name(),
            "mode": record.request.mode.name(),
            "credentials": record.request.credentials_mode.name(),
            "headers": headers(&record.request.headers),
        },
        "verdict": judged.verdict().name(),
        "response_type": response,
        "reason": record.reason().map(NetworkErrorReason::code),
        "cause": record.cause(),
        "step": record.step().map(step),
        "failure": match &record.outcome {
            Outcome::Unreachable(failure) => Some(failed(failure)),
            _ => None,
        },
        "steps": record.steps.iter().map(traced).collect::<Vec<_>>(),
        "exchanges": record.exchanges.iter().map(|one| exchange(judged, one)).collect::<Vec<_>>(),
        "console": record.console().iter().map(console).collect::<Vec<_>>(),
        "guilty": record.guilty().as_ref().map(guilty),
        "fixes": told::fixes(judged).iter().map(fix).collect::<Vec<_>>(),
        "next": told::next(judged).iter().map(next).collect::<Vec<_>>(),
        "notes": judged.notes,
    })
}

fn step(step: StepNumber) -> Value {
    json!({ "section": step.section.title(), "number": step.number, "url": step.section.url() })
}

fn traced(traced: &TraceStep) -> Value {
    let mut value = step(traced.step);
    value["text"] = traced.event.to_string().into();
    value
}

fn console(message: &ConsoleMessage) -> Value {
    json!({ "browser": message.browser.name(), "text": message.text, "source": message.source })
}

fn guilty(guilty: &Guilty) -> Value {
    json!({
        "exchange": guilty.exchange,
        "line": guilty.line,
        "start": guilty.range.start,
        "end": guilty.range.end,
        "note": guilty.note,
        "wanted": guilty.wanted,
    })
}

fn fix(fix: &Fix) -> Value {
    json!({
        "server": fix.server.map(Server::name),
        "title": fix.title,
        "language": fix.language,
        "snippet": fix.snippet,
        "note": fix.note,
    })
}

fn next(next: &NextFailure) -> Value {
    let reason = match next {
        NextFailure::Fails { reason, .. } => Some(reason.code()),
        _ => None,
    };
    json!({ "reason": reason, "text": next.text() })
}

fn failed(failure: &TransportFailure) -> Value {
    json!({ "kind": failure.kind.code(), "message": failure.message })
}

fn exchange(judged: &Judged, exchange: &Exchange) -> Value {
    let response = exchange.answer.as_ref().ok().map(|answer| {
        json!({
            "version": format!("{:?}", answer.version),
            "status": answer.status.as_u16(),
            "headers": headers(&answer.headers),
        })
    });
    json!({
        "purpose": match exchange.request.purpose {
            Purpose::Preflight => "preflight",
            Purpose::Actual => "request",
        },
        "request": {
            "method": exchange.request.method.as_str(),
            "url": exchange.request.url.as_str(),
            "headers": headers(&exchange.sent_headers),
        },
        "response": response,
        "curl": told::curl(judged, exchange),
        "failure": exchange.answer.as_ref().err().map(failed),
    })
}

fn headers(headers: &HeaderMap) -> Vec<Value> {
    let pair = |(name, value): (&http::HeaderName, &http::HeaderValue)| json!({ "name": name.as_str(), "value": lossy(value.as_bytes()) });
    headers.iter().map(pair).collect()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
