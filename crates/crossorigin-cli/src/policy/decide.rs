use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use crossorigin::server::{Branch, RequestHead};
use crossorigin_policy::{Answer, Listener, PolicyDocument, Question, Site, Target};
use http::Method;
use http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HOST, HeaderMap, HeaderName, HeaderValue,
    ORIGIN,
};
use serde_json::{Value, json};
use url::Url;

/// Says what a policy file decides on a request, without a server: its route, the branches taken, the reason,
/// and the exact response headers.
///
/// Exits 0 when it could be decided, whatever the decision; 1 when the policy file can't be used.
#[derive(Args)]
pub(crate) struct Decide {
    /// The policy file.
    file: PathBuf,

    /// The URL that is asked for. Its path is taken as written, dot segments and all.
    #[arg(long, value_parser = RequestedUrl::parse)]
    url: RequestedUrl,

    /// The Origin header. Left out, the request has none.
    #[arg(long, value_parser = header_value)]
    origin: Option<HeaderValue>,

    /// The method; with --preflight, the one that the preflight asks for.
    #[arg(long, default_value = "GET", value_parser = method)]
    method: Method,

    /// A request header, as NAME or "NAME: VALUE"; with --preflight, one that the preflight asks for.
    #[arg(long = "header", value_name = "NAME", value_parser = header)]
    headers: Vec<(HeaderName, HeaderValue)>,

    /// Ask by the preflight that a browser sends before such a request.
    #[arg(long, requires = "origin")]
    preflight: bool,

    /// The listener that the request comes in through. Left out, it is found by the URL's address and port.
    #[arg(long, value_name = "NAME")]
    listener: Option<String>,

    /// How to print the answer.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object; docs/policy-file.md describes it.
    Json,
}

/// A URL, its path and query as written but for bytes that no request carries.
#[derive(Clone, Debug)]
struct RequestedUrl {
    url: Url,
    path: String,
}

impl RequestedUrl {
    fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| match error {
            url::ParseError::RelativeUrlWithoutBase => {
                format!(
                    "it has no scheme; write one such as https://api.example/{}",
                    text.trim_start_matches('/')
                )
            }
            error => error.to_string(),
        })?;
        if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
            return Err(format!("its scheme is {}; write an http: or https: URL", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it holds a user name or password, with which browsers send no such request".into());
        }
        let rest = text.split_once(':').map_or("", |(_, rest)| rest).trim_start_matches(['/', '\\']);
        let path = rest.find(['/', '\\', '?', '#']).map_or("", |start| &rest[start..]);
        let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
        let mut encoded = String::with_capacity(path.len());
        for byte in path.trim_end().bytes() {
            match byte {
                b'\t' | b'\n' | b'\r' => {}
                0..=b' ' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'}' | 0x7f.. => {
                    encoded.push_str(&format!("%{byte:02X}"));
                }
                _ => encoded.push(char::from(byte)),
            }
        }
        if encoded.is_empty() {
            encoded.push('/');
        }
        Ok(Self { url, path: encoded })
    }

    /// The `Host` header that a browser sends.
    fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

fn method(text: &str) -> Result<Method, String> {
    // https://fetch.spec.whatwg.org/#concept-method-normalize
    const NORMALIZED: [&str; 6] = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
    let text = NORMALIZED.into_iter().find(|method| method.eq_ignore_ascii_case(text)).unwrap_or(text);
    Method::from_bytes(text.as_bytes()).map_err(|_| "it is no method name; write one such as PUT".into())
}

fn header_value(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|_| "a header's value has no control characters".into())
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').unwrap_or((text, ""));
    let name = HeaderName::from_bytes(name.trim().as_bytes())
        .map_err(|_| format!("{name:?} is no header name; write one such as content-type"))?;
    if name == ORIGIN {
        return Err("Origin has a flag of its own, --origin".into());
    }
    Ok((name, header_value(value.trim())?))
}

impl Decide {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let compiled = PolicyDocument::read(&self.file).and_then(|document| document.compile());
        let (site, _) = match compiled {
            Ok(compiled) => compiled,
            Err(report) => {
                eprint!("{}", super::rendered(report.problems(), &std::io::stderr()));
                return Ok(ExitCode::FAILURE);
            }
        };
        let listener = match super::listener(&site, self.listener.as_deref(), &self.url.url) {
            Ok(listener) => listener,
            Err(message) => {
                eprintln!("error: {message}");
                return Ok(ExitCode::from(2));
            }
        };
        let answer = self.decide(&site, listener)?;
        super::print(&match self.format {
            Format::Text => answer.text(),
            Format::Json => format!("{:#}\n", answer.json()),
        })?;
        Ok(ExitCode::SUCCESS)
    }

    /// The request as it comes in.
    fn request(&self) -> anyhow::Result<(Method, HeaderMap)> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(&self.url.host()).context("the URL's host")?);
        if let Some(origin) = &self.origin {
            headers.insert(ORIGIN, origin.clone());
        }
        if !self.preflight {
            headers.extend(self.headers.iter().cloned().map(|(name, value)| (Some(name), value)));
            return Ok((self.method.clone(), headers));
        }
        headers.insert(ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_str(self.method.as_str())?);
        let mut names: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            headers.insert(ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_str(&names.join(","))?);
        }
        Ok((Method::OPTIONS, headers))
    }

    fn decide<'s>(&'s self, site: &'s Site, listener: Option<&'s Listener>) -> anyhow::Result<Decided<'s>> {
        let (method, headers) = self.request()?;
        let host = self.url.host();
        let question = Question { host: &host, path: &self.url.path, method: &method, headers: &headers };
        let answer = site.answer(listener, &question);
        let branches = answer.policy.map_or_else(Vec::new, |(_, policy)| {
            policy.explain(RequestHead { method: &method, headers: &headers }).1
        });
        Ok(Decided { decide: self, listener, answer, branches, method, headers })
    }
}

struct Decided<'s> {
    decide: &'s Decide,
    listener: Option<&'s Listener>,
    answer: Answer<'s>,
    branches: Vec<Branch>,
    method: Method,
    headers: HeaderMap,
}

impl Decided<'_> {
    fn response_headers(&self) -> impl Iterator<Item = (&str, String)> {
        self.answer
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
    }

    fn text(&self) -> String {
        let mut lines = vec![format!("{} {}", self.method, self.decide.url.path)];
        for (name, value) in &self.headers {
            lines.push(format!("  {name}: {}", String::from_utf8_lossy(value.as_bytes())));
        }
        lines.push(String::new());
        let listener = match self.listener {
            Some(listener) => listener.name.clone(),
            None => "none has the URL's address; routes that name one are left out".into(),
        };
        lines.push(format!("listener  {listener}"));
        lines.push(match (self.answer.route, self.answer.refused_path) {
            (Some(route), _) => format!("route     {} to {}", route.path, target(&route.target)),
            (None, Some(reason)) => format!("route     none: {reason}"),
            (None, None) => "route     none matches".into(),
        });
        if let Some((policy, _)) = self.answer.policy {
            let default = if self.answer.route.is_none() { ", the listener's default" } else { "" };
            lines.push(format!("policy    {policy}{default}"));
            lines.push(String::new());
            for branch in &self.branches {
                lines.push(format!("{} {}", branch.question, branch.answer));
            }
        }
        let (code, reason) = self.answer.reason();
        lines.push(String::new());
        lines.push(format!("{}: {reason} ({code})", self.answer.outcome()));
        lines.push(String::new());
        let headers: Vec<_> =
            self.response_headers().map(|(name, value)| format!("{name}: {value}")).collect();
        match (self.answer.status, self.answer.route) {
            (Some(status), _) => lines.push(format!("HTTP/1.1 {status}")),
            (None, Some(route)) if headers.is_empty() && self.answer.policy.is_none() => {
                lines.push(format!("The response of {} stays as it is.", target(&route.target)));
            }
            (None, Some(route)) if headers.is_empty() => {
                lines.push(format!("The response of {} gets no CORS header.", target(&route.target)));
            }
            (None, route) => {
                let target = route.map_or_else(String::new, |route| target(&route.target));
                lines.push(format!("The response of {target} gets:"));
            }
        }
        lines.extend(headers);
        lines.join("\n") + "\n"
    }

    fn json(&self) -> Value {
        let pairs = |headers: &HeaderMap| -> Vec<Value> {
            let pairs = headers.iter().map(|(name, value)| {
                json!({ "name": name.as_str(), "value": String::from_utf8_lossy(value.as_bytes()) })
            });
            pairs.collect()
        };
        let route = self.answer.route.map(|route| match &route.target {
            Target::Files(folder) => json!({ "path": route.path, "files": folder.to_string_lossy() }),
            Target::Upstream(upstreams) => match upstreams.servers() {
                [only] => json!({ "path": route.path, "upstream": only.to_string() }),
                all => json!({
                    "path": route.path,
                    "upstreams": all.iter().map(ToString::to_string).collect::<Vec<_>>(),
                }),
            },
        });
        let branches: Vec<_> = self
            .branches
            .iter()
            .map(|branch| json!({ "question": branch.question, "answer": branch.answer }))
            .collect();
        let (code, reason) = self.answer.reason();
        json!({
            "request": {
                "method": self.method.as_str(),
                "path": self.decide.url.path,
                "headers": pairs(&self.headers),
            },
            "listener": self.listener.map(|listener| &listener.name),
            "route": route,
            "refused_path": self.answer.refused_path,
            "policy": self.answer.policy.map(|(name, _)| name),
            "branches": branches,
            "outcome": self.answer.outcome(),
            "reason": { "code": code, "text": reason },
            "response": {
                "status": self.answer.status.map(|status| status.as_u16()),
                "headers": pairs(&self.answer.headers),
            },
        })
    }
}

fn target(target: &Target) -> String {
    match target {
        Target::Files(folder) => format!("the files of {}", folder.display()),
        Target::Upstream(upstreams) if upstreams.servers().len() > 1 => format!("the upstreams {upstreams}"),
        Target::Upstream(upstream) => format!("the upstream {upstream}"),
    }
}
