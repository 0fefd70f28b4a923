//! From what a server answers to a policy.
//!
//! A server's configuration is run, not matched against known recipes: its reader answers requests as the server would, and
//! what the policy has to be is asked of it, origin by origin. In the end the policy is held against it.

use std::time::Duration;

use crossorigin::infrastructure::origin::SerializedOrigin;
use crossorigin::server::{OriginPattern, Outcome, Policy, PolicyConfig, RequestHead};
use crossorigin_policy::witness::{Asks, Witness, WitnessOrigin, Witnesses};

use super::origins::{OriginRegex, look_alike, translate, wider_note};
use super::settle::{names, settle};
use super::{Finding, ImportError, Severity};

/// A request, as far as CORS configurations look at it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    pub(super) origin: Option<&'a str>,
    pub(super) requested_method: Option<&'a str>,
    pub(super) requested_headers: Option<&'a str>,
    /// Whether what stands behind the server answers 404.
    pub(super) fails: bool,
}

impl<'a> Asked<'a> {
    /// A header of the request by its name in lower case; empty where it is not there.
    pub(super) fn header(&self, name: &str) -> &'a str {
        match name {
            "origin" => self.origin.unwrap_or_default(),
            "access-control-request-method" => self.requested_method.unwrap_or_default(),
            "access-control-request-headers" => self.requested_headers.unwrap_or_default(),
            _ => "",
        }
    }
}

/// What a server answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answered {
    /// The status of the server's own answer; `None` where what stands behind it answers.
    pub(super) own_status: Option<u16>,
    pub(super) headers: Vec<(String, String)>,
}

impl Answered {
    /// All values of a header, in one.
    fn value(&self, name: &str) -> Option<String> {
        let values = self.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        let values: Vec<_> =
            values.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    fn list(&self, name: &str) -> Vec<String> {
        self.value(name).map_or_else(Vec::new, |value| names(&value))
    }

    /// Whether a browser lets a page of this origin read.
    fn is_shared_with(&self, origin: &str) -> bool {
        self.value(ALLOW_ORIGIN).is_some_and(|value| value == "*" || value == origin)
    }

    fn varies_by_origin(&self) -> bool {
        self.list("vary").iter().any(|name| name == "*" || name.eq_ignore_ascii_case("origin"))
    }

    fn cors_headers(&self) -> Vec<&(String, String)> {
        let is_cors = |name: &str| name.to_ascii_lowercase().starts_with("access-control-");
        self.headers.iter().filter(|(name, value)| is_cors(name) && !value.is_empty()).collect()
    }
}

const ALLOW_ORIGIN: &str = "access-control-allow-origin";
const ALLOW_CREDENTIALS: &str = "access-control-allow-credentials";
const ALLOW_METHODS: &str = "access-control-allow-methods";
const ALLOW_HEADERS: &str = "access-control-allow-headers";

/// What a configuration says of origins, with lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    pub(super) exact: Vec<(usize, String)>,
    pub(super) regexes: Vec<(usize, String, OriginRegex)>,
}

/// What to do about what a server gets wrong, in its own words.
pub(super) struct Remedies {
    pub(super) vary: &'static str,
    pub(super) errors: &'static str,
}

pub(super) type Answers<'a> = dyn Fn(&Asked<'_>) -> Result<Answered, ImportError> + 'a;

/// The policy that a server's answers amount to; `None` where they have no CORS header.
///
/// # Errors
/// What can't be run.
pub(super) fn policy(
    answers: &Answers<'_>,
    named: &Named,
    remedies: &Remedies,
    line: usize,
    findings: &mut Vec<Finding>,
) -> Result<Option<PolicyConfig>, ImportError> {
    let mut scope = Inferring { answers, named, remedies, line, findings, wider: Vec::new() };
    scope.policy()
}

struct Inferring<'a> {
    answers: &'a Answers<'a>,
    named: &'a Named,
    remedies: &'a Remedies,
    line: usize,
    findings: &'a mut Vec<Finding>,
    /// Items that take in more than what was read.
    wider: Vec<String>,
}

impl Inferring<'_> {
    fn policy(&mut self) -> Result<Option<PolicyConfig>, ImportError> {
        let mut config = PolicyConfig::default();
        let origins = self.origins()?;
        let granted = origins.first().map(|(_, witness)| witness.clone());
        config.origins = origins.into_iter().map(|(item, _)| item).collect();
        let Some(granted) = granted else {
            return Ok(self.shares_with_nobody()?.then_some(config));
        };
        let actual = self.get(Some(&granted))?;
        let credentials = actual.value(ALLOW_CREDENTIALS);
        let is_star = actual.value(ALLOW_ORIGIN).as_deref() == Some("*");
        config.credentials = credentials.as_deref() == Some("true") && !is_star;
        if credentials.is_some() && !config.credentials {
            let (message, remedy) = match is_star {
                true => (
                    "Access-Control-Allow-Credentials does nothing beside Access-Control-Allow-Origin: *",
                    "leave it out, or answer with the origin where credentials are needed",
                ),
                false => ("Access-Control-Allow-Credentials has another value than true", "write true"),
            };
            self.find(Severity::Warning, "credentials-without-effect", message.into(), remedy);
        }
        config.exposed_headers = actual.list("access-control-expose-headers");
        self.preflight(&granted, &mut config)?;
        self.lint(&granted, &actual)?;
        if self.echoes_headers(&granted)? {
            config.request_headers = vec!["*".into(), "authorization".into()];
        } else if config.credentials {
            self.drop_wildcard(&mut config.request_headers, "allowed headers");
        }
        if config.credentials {
            self.drop_wildcard(&mut config.methods, "allowed methods");
        }
        let config = settle(config, self.line, self.findings);
        self.verify(&config)?;
        Ok(Some(config))
    }

    /// With credentials, browsers take `*` for a name.
    fn drop_wildcard(&mut self, names: &mut Vec<String>, what: &str) {
        if names.iter().any(|name| name == "*") {
            names.retain(|name| name != "*");
            let message =
                format!("* among the {what} grants nothing: with credentials, browsers take it for a name");
            let remedy = "name those that pages need";
            self.find(Severity::Warning, "wildcard-with-credentials", message, remedy);
        }
    }

    /// The items that may read, each with an origin that does.
    fn origins(&mut self) -> Result<Vec<(String, String)>, ImportError> {
        let stranger = self.stranger();
        let mut origins = Vec::new();
        let null = ("null".to_owned(), "null".to_owned());
        let null = self.get(Some("null"))?.is_shared_with("null").then_some(null);
        if self.get(Some(&stranger))?.is_shared_with(&stranger) {
            origins.push(("*".to_owned(), stranger));
            origins.extend(null);
            return Ok(origins);
        }
        for (line, origin) in &self.named.exact {
            if !self.get(Some(origin))?.is_shared_with(origin) {
                continue;
            }
            self.line = *line;
            origins.push((origin.clone(), origin.clone()));
        }
        for (line, text, regex) in &self.named.regexes {
            match translate(regex) {
                Ok(translated) => {
                    let mut used = Vec::new();
                    for item in translated.origins {
                        let member = member(&item);
                        if self.get(Some(&member))?.is_shared_with(&member) {
                            used.push((item, member));
                        }
                    }
                    if let (Some(wider), false) = (translated.wider, used.is_empty()) {
                        self.findings.push(wider_note(text, &wider, *line));
                        self.wider.extend(used.iter().map(|(item, _)| item.clone()));
                    }
                    origins.append(&mut used);
                }
                Err(untranslated) => {
                    let meant = untranslated.meant.iter().map(|item| member(item));
                    let witnesses: Vec<_> =
                        untranslated.look_alike.clone().into_iter().chain(meant).collect();
                    for witness in witnesses {
                        if self.get(Some(&witness))?.is_shared_with(&witness) {
                            self.findings.push(look_alike(text, &untranslated, *line));
                            break;
                        }
                    }
                }
            }
        }
        origins.extend(null);
        Ok(origins)
    }

    /// An origin that the configuration does not name.
    fn stranger(&self) -> String {
        let is_new = |origin: &String| !self.named.exact.iter().any(|(_, own)| own == origin);
        let numbered = (2..).map(|number: u32| format!("https://stranger{number}.example"));
        std::iter::once("https://stranger.example".to_owned())
            .chain(numbered)
            .find(is_new)
            .unwrap_or_default()
    }

    /// Whether there is something of CORS in the answers, though no browser heeds it: that is told.
    fn shares_with_nobody(&mut self) -> Result<bool, ImportError> {
        let origins: Vec<String> = self.named.exact.iter().map(|(_, origin)| origin.clone()).collect();
        let mut tried = vec!["https://any.example".to_owned()];
        tried.extend(origins);
        for origin in tried {
            let answered = self.get(Some(&origin))?;
            let Some(value) = answered.value(ALLOW_ORIGIN) else { continue };
            let message = format!(
                "Access-Control-Allow-Origin: {value} lets nobody read: browsers take one origin, as they send it, or *"
            );
            let remedy = "list the origins in the policy, which answers each with itself";
            self.find(Severity::Warning, "allow-origin-list", message, remedy);
            return Ok(true);
        }
        let untranslated = self.findings.iter().any(|finding| finding.severity == Severity::Unread);
        Ok(untranslated)
    }

    fn preflight(&mut self, origin: &str, config: &mut PolicyConfig) -> Result<(), ImportError> {
        let answered = self.ask_preflight(origin, "PUT", None)?;
        match answered.own_status {
            Some(status) if !(200..300).contains(&status) => {
                let message = format!("preflights get {status}, and so grant nothing");
                self.find(Severity::Warning, "preflight-fails", message, "answer them with 204");
                return Ok(());
            }
            Some(200) => config.preflight_status = 200,
            _ => {}
        }
        if !answered.is_shared_with(origin) {
            let message = match answered.cors_headers().is_empty() {
                true => "preflights get no CORS header, and so grant nothing",
                false => "preflights lack Access-Control-Allow-Origin, and so grant nothing",
            };
            let remedy =
                "if pages need more than GET, HEAD and POST, say in the policy what they may ask for";
            self.find(Severity::Note, "preflight-fails", message.into(), remedy);
            return Ok(());
        }
        config.methods = answered.list(ALLOW_METHODS);
        config.request_headers = answered.list(ALLOW_HEADERS);
        let grants = !config.methods.is_empty() || !config.request_headers.is_empty();
        if answered.own_status.is_none() && grants {
            let message = "preflights go on to what stands behind, whose status decides: 405 there refuses what is granted here";
            self.find(
                Severity::Note,
                "preflight-passes",
                message.into(),
                "the policy answers preflights by itself",
            );
        }
        if let Some(value) = answered.value("access-control-max-age") {
            match value.trim().parse() {
                Ok(seconds) => config.max_age = Some(Duration::from_secs(seconds)),
                // Negative: kept not at all.
                Err(_) if value.trim().starts_with('-') => config.max_age = Some(Duration::ZERO),
                Err(_) => {
                    let message =
                        format!("Access-Control-Max-Age: {value} is no number, which browsers leave out");
                    self.find(Severity::Note, "max-age", message, "");
                }
            }
        }
        Ok(())
    }

    fn echoes_headers(&self, origin: &str) -> Result<bool, ImportError> {
        const ASKED: &str = "authorization,x-witness-of-echo";
        Ok(self.ask_preflight(origin, "GET", Some(ASKED))?.value(ALLOW_HEADERS).as_deref() == Some(ASKED))
    }

    /// What the configuration gets wrong, as the policy does not.
    fn lint(&mut self, origin: &str, actual: &Answered) -> Result<(), ImportError> {
        let without = self.get(None)?;
        if without.cors_headers() != actual.cors_headers()
            && !(without.varies_by_origin() && actual.varies_by_origin())
        {
            let message = match without.varies_by_origin() || actual.varies_by_origin() {
                true => "some answers depend on Origin and lack Vary: Origin",
                false => "the answers depend on Origin, and none says so in Vary",
            };
            let message = format!(
                "{message}: a cache, the browser's own too, that keeps the answer to a request without Origin (that of a plain <img>) gives it to {origin}, which then can't read it"
            );
            self.find(Severity::Warning, "missing-vary", message, self.remedies.vary);
        }
        let mut failing = Asked { method: "GET", origin: Some(origin), ..Asked::default() };
        failing.fails = true;
        if !(self.answers)(&failing)?.is_shared_with(origin) {
            let message = format!(
                "errors carry no CORS header: the script of {origin} sees a failed request, and not the 404 behind it"
            );
            self.find(Severity::Warning, "errors-without-headers", message, self.remedies.errors);
        }
        Ok(())
    }

    /// Holds the policy against the configuration, request by request.
    fn verify(&mut self, config: &PolicyConfig) -> Result<(), ImportError> {
        let Ok(policy) = Policy::new(config) else { return Ok(()) };
        let witnesses = Witnesses::new([config]);
        let origins: Vec<WitnessOrigin> =
            witnesses.origins().into_iter().filter(WitnessOrigin::is_by_browsers).collect();
        for origin in &origins {
            let Some(witness) = origin.request(http::Method::GET) else { continue };
            let theirs = self.get(Some(&origin.value))?.is_shared_with(&origin.value);
            let ours = is_allowed(&policy, &witness);
            let is_told = match theirs {
                // What is not read has been told.
                true => self.findings.iter().any(|finding| finding.severity == Severity::Unread),
                // So has what takes in more, where it was read; of `*` it is null, and schemes of applications.
                false => {
                    config.origins == ["*"] || self.wider.iter().any(|item| takes_in(item, &origin.value))
                }
            };
            if ours != theirs && !is_told {
                let (server, reader) = if theirs { ("lets", "does not") } else { ("does not let", "does") };
                let message =
                    format!("the configuration {server} {} read, and the policy {reader}", origin.value);
                self.find(Severity::Unread, "differs", message, "mend the origins in the policy");
                break;
            }
        }
        // Preflights that grant nothing have been told; the policy grants what needs no permission.
        if self.findings.iter().any(|finding| finding.code == "preflight-fails") {
            return Ok(());
        }
        let granted = origins.iter().find(|origin| {
            origin.request(http::Method::GET).is_some_and(|witness| is_allowed(&policy, &witness))
        });
        let Some(granted) = granted else { return Ok(()) };
        for witness in witnesses.preflights(granted).iter().filter(|witness| witness.by_browsers) {
            let (method, headers) = match &witness.asks {
                Asks::Method(method) => (method.as_str(), None),
                Asks::RequestHeaders(names) => ("GET", Some(names.as_str())),
                _ => continue,
            };
            let answered = self.ask_preflight(&granted.value, method, headers)?;
            let theirs = grants(&answered, &granted.value, method, headers);
            if theirs != is_allowed(&policy, witness) {
                let asked = headers.map_or_else(|| method.to_owned(), |names| format!("the header {names}"));
                let (server, reader) =
                    if theirs { ("grants", "does not") } else { ("does not grant", "does") };
                let message =
                    format!("the configuration {server} preflights {asked}, and the policy {reader}");
                self.find(
                    Severity::Unread,
                    "differs",
                    message,
                    "mend methods and request_headers in the policy",
                );
                break;
            }
        }
        Ok(())
    }

    fn get(&self, origin: Option<&str>) -> Result<Answered, ImportError> {
        (self.answers)(&Asked { method: "GET", origin, ..Asked::default() })
    }

    fn ask_preflight(
        &self,
        origin: &str,
        method: &str,
        headers: Option<&str>,
    ) -> Result<Answered, ImportError> {
        (self.answers)(&Asked {
            method: "OPTIONS",
            origin: Some(origin),
            requested_method: Some(method),
            requested_headers: headers,
            fails: false,
        })
    }

    fn find(&mut self, severity: Severity, code: &'static str, message: String, remedy: &str) {
        self.findings.push(Finding::new(severity, code, self.line, message, remedy));
    }
}

fn is_allowed(policy: &Policy, witness: &Witness) -> bool {
    let head = RequestHead { method: &witness.method, headers: &witness.headers };
    policy.decide(head).outcome() == Outcome::Allowed
}

/// Whether a browser takes a preflight's answer for a grant.
/// [Source](https://fetch.spec.whatwg.org/#cors-preflight-fetch-0).
fn grants(answered: &Answered, origin: &str, method: &str, headers: Option<&str>) -> bool {
    let ok = answered.own_status.is_none_or(|status| (200..300).contains(&status));
    let credentials = answered.value(ALLOW_CREDENTIALS).as_deref() == Some("true")
        && answered.value(ALLOW_ORIGIN).as_deref() != Some("*");
    let methods = answered.list(ALLOW_METHODS);
    let names = answered.list(ALLOW_HEADERS);
    let any = |list: &[String]| !credentials && list.iter().any(|name| name == "*");
    let method_granted =
        ["GET", "HEAD", "POST"].contains(&method) || methods.iter().any(|own| own == method) || any(&methods);
    let header_granted = |name: &str| {
        names.iter().any(|own| own.eq_ignore_ascii_case(name)) || any(&names) && name != "authorization"
    };
    let headers_granted = headers.is_none_or(|headers| headers.split(',').all(header_granted));
    ok && answered.is_shared_with(origin) && method_granted && headers_granted
}

fn takes_in(item: &str, origin: &str) -> bool {
    let origin = SerializedOrigin::parse(origin.as_bytes());
    origin.is_ok_and(|origin| OriginPattern::parse(item).is_ok_and(|pattern| pattern.matches(&origin)))
}

/// An origin that an item takes in.
fn member(item: &str) -> String {
    let mut config = PolicyConfig::default();
    config.origins = vec![item.to_owned()];
    let exact = OriginPattern::parse(item).is_ok_and(|pattern| pattern.is_exact());
    let member = || Witnesses::new([&config]).members().next().map(|member| member.value);
    if exact { item.to_owned() } else { member().unwrap_or_else(|| item.to_owned()) }
}
