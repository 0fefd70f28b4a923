//! The second argument of `fetch()`. [Source](https://fetch.spec.whatwg.org/#requestinit).

use crossorigin::html::Initiator;
use crossorigin::infrastructure::methods::{is_forbidden_method, normalize_method};
use crossorigin::infrastructure::request::{CredentialsMode, Mode, RedirectMode};
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::literal::{Literal, Reader, Value};
use crate::browser_headers;
use crate::described::{Described, MAX_HEADERS, origin_of_page};
use crate::input_error::InputError;

/// Members that change nothing that is looked at here.
const OTHERS: [&str; 9] =
    ["cache", "integrity", "keepalive", "signal", "priority", "duplex", "window", "referrerPolicy", "mode"];
const KNOWN: [&str; 6] = ["method", "headers", "body", "credentials", "redirect", "referrer"];

/// Reads the options into what the URL described.
pub(super) fn apply(
    reader: &Reader<'_>,
    mut described: Described,
    options: Option<&Literal>,
) -> Result<Described, InputError> {
    described.initiator = Some(Initiator::Fetch);
    described.mode = Some(Mode::Cors);
    described.method = Some(Method::GET);
    let Some(options) = options else { return Ok(described) };
    let members = match &options.value {
        Value::Object(members) => members.as_slice(),
        Value::Undefined | Value::Null => &[],
        other => {
            let message = format!("the options are {}", other.kind());
            return Err(reader.error(
                options.span.clone(),
                message,
                "write an object, as in { method: \"PUT\" }",
            ));
        }
    };
    let mut body_at = None;
    // Of two members with one name, the last counts.
    for (key, value) in members {
        let Value::Text(name) = &key.value else { continue };
        if value.value == Value::Undefined {
            continue;
        }
        match name.as_str() {
            "method" => described.method = Some(method(reader, value)?),
            "headers" => headers(reader, value, &mut described)?,
            "body" => {
                described.body = body(reader, value)?;
                body_at = Some(value);
            }
            "mode" => {
                let mode = one_of(
                    reader,
                    value,
                    &[("cors", Mode::Cors), ("no-cors", Mode::NoCors), ("same-origin", Mode::SameOrigin)],
                );
                // Developer tools copy navigations too.
                described.mode = Some(match &value.value {
                    Value::Text(mode) if mode == "navigate" => {
                        described
                            .notes
                            .push("the mode navigate was taken as cors: fetch() can't navigate".to_owned());
                        Mode::Cors
                    }
                    _ => mode?,
                });
            }
            "credentials" => {
                described.credentials = Some(one_of(
                    reader,
                    value,
                    &[
                        ("omit", CredentialsMode::Omit),
                        ("same-origin", CredentialsMode::SameOrigin),
                        ("include", CredentialsMode::Include),
                    ],
                )?);
            }
            "redirect" => {
                described.redirect = Some(one_of(
                    reader,
                    value,
                    &[
                        ("follow", RedirectMode::Follow),
                        ("error", RedirectMode::Error),
                        ("manual", RedirectMode::Manual),
                    ],
                )?);
            }
            // What developer tools copy; script itself could only name a page of its own origin.
            "referrer" => {
                if let Value::Text(page) = &value.value
                    && let Some(origin) = origin_of_page(page)
                {
                    described.from = Some(origin);
                }
            }
            other if OTHERS.contains(&other) => {}
            other => described.notes.push(unknown(other)),
        }
    }
    finish(reader, described, body_at)
}

fn finish(
    reader: &Reader<'_>,
    mut described: Described,
    body_at: Option<&Literal>,
) -> Result<Described, InputError> {
    if described.body.is_none() {
        return Ok(described);
    }
    if let (Some(method @ (Method::GET | Method::HEAD)), Some(at)) = (&described.method, body_at) {
        let message = format!("fetch() throws for a body with {method}");
        return Err(reader.error(at.span.clone(), message, "add a method such as \"POST\""));
    }
    // https://fetch.spec.whatwg.org/#concept-bodyinit-extract
    const TEXT: HeaderValue = HeaderValue::from_static("text/plain;charset=UTF-8");
    if !described.headers.contains_key(CONTENT_TYPE) {
        described.headers.insert(CONTENT_TYPE, TEXT);
    }
    Ok(described)
}

fn unknown(name: &str) -> String {
    let meant = if name.eq_ignore_ascii_case("withcredentials") {
        Some("credentials: \"include\"")
    } else {
        let scored = KNOWN.iter().chain(&OTHERS).map(|known| (strsim::jaro_winkler(known, name), *known));
        let best = scored.filter(|(score, _)| *score > 0.85).max_by(|one, other| one.0.total_cmp(&other.0));
        best.map(|(_, known)| known)
    };
    match meant {
        Some(meant) => format!(
            "fetch() has no option {name} and takes no notice of it; if {meant} was meant, write that"
        ),
        None => format!("fetch() has no option {name} and takes no notice of it"),
    }
}

fn text<'l>(reader: &Reader<'_>, literal: &'l Literal) -> Result<&'l str, InputError> {
    match &literal.value {
        Value::Text(text) => Ok(text),
        Value::Number(written) => Ok(written),
        Value::Boolean(true) => Ok("true"),
        Value::Boolean(false) => Ok("false"),
        Value::Null => Ok("null"),
        other => {
            let message = format!("this is {}, where a string belongs", other.kind());
            Err(reader.error(literal.span.clone(), message, "write a string"))
        }
    }
}

fn one_of<T: Copy>(reader: &Reader<'_>, literal: &Literal, known: &[(&str, T)]) -> Result<T, InputError> {
    let written = text(reader, literal)?;
    known.iter().find(|(name, _)| *name == written).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let message = format!("fetch() throws for {written:?} here");
        reader.error(literal.span.clone(), message, format!("write one of {}", names.join(", ")))
    })
}

fn method(reader: &Reader<'_>, literal: &Literal) -> Result<Method, InputError> {
    let written = text(reader, literal)?;
    if is_forbidden_method(written.as_bytes()) {
        let message = format!("fetch() throws for the method {written}");
        return Err(reader.error(literal.span.clone(), message, "use another, such as \"POST\""));
    }
    Method::from_bytes(normalize_method(written).as_bytes()).map_err(|_| {
        let message = format!("{written:?} is no method");
        reader.error(literal.span.clone(), message, "write one such as \"PUT\"")
    })
}

fn body(reader: &Reader<'_>, literal: &Literal) -> Result<Option<Vec<u8>>, InputError> {
    match &literal.value {
        Value::Null => Ok(None),
        Value::Object(_) | Value::List(_) => {
            let message = format!(
                "the body is {}, which fetch() would send as \"[object Object]\"",
                literal.value.kind()
            );
            Err(reader.error(
                literal.span.clone(),
                message,
                "write it as a string, as JSON.stringify would make it",
            ))
        }
        _ => Ok(Some(text(reader, literal)?.as_bytes().to_vec())),
    }
}

fn headers(reader: &Reader<'_>, literal: &Literal, described: &mut Described) -> Result<(), InputError> {
    let remedy = "write them as { \"content-type\": \"application/json\" }";
    let pairs: Vec<(&Literal, &Literal)> = match &literal.value {
        Value::Object(members) => members.iter().map(|(name, value)| (name, value)).collect(),
        Value::List(items) => {
            let pair = |item: &'_ Literal| match &item.value {
                Value::List(pair) if pair.len() == 2 => Ok(()),
                _ => Err(reader.error(item.span.clone(), "this is no pair of name and value", remedy)),
            };
            items.iter().try_for_each(pair)?;
            items
                .iter()
                .filter_map(|item| match &item.value {
                    Value::List(pair) => pair.first().zip(pair.get(1)),
                    _ => None,
                })
                .collect()
        }
        other => {
            let message = format!("the headers are {}", other.kind());
            return Err(reader.error(literal.span.clone(), message, remedy));
        }
    };
    let mut sent = HeaderMap::new();
    for (key, value) in pairs {
        let (name, text) = (text(reader, key)?, text(reader, value)?);
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
            let message = format!("{name:?} is no header name, and fetch() throws for it");
            reader.error(key.span.clone(), message, "write letters, digits and hyphens")
        })?;
        // https://fetch.spec.whatwg.org/#concept-header-value-normalize
        let normalized = text.trim_matches(['\t', ' ', '\n', '\r']);
        // Each character is a byte.
        let bytes: Option<Vec<u8>> = normalized.chars().map(|letter| u8::try_from(letter).ok()).collect();
        let value = bytes.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok()).ok_or_else(|| {
            let message =
                "fetch() throws for this value: it has a line end, or a character beyond ISO 8859-1";
            reader.error(value.span.clone(), message, "leave such characters out, or percent-encode them")
        })?;
        if sent.len() >= MAX_HEADERS {
            let message = format!("there are more than {MAX_HEADERS} headers");
            return Err(reader.error(key.span.clone(), message, "leave some out"));
        }
        sent.append(name, value);
    }
    // What the options say goes before what copied headers tell.
    let (mode, credentials, initiator) = (described.mode, described.credentials, described.initiator);
    described.headers.clear();
    browser_headers::take(described, &sent);
    (described.mode, described.credentials, described.initiator) = (mode, credentials, initiator);
    Ok(())
}
