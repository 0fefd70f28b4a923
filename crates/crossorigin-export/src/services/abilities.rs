//! What services can say, as tables, and what of a policy that leaves out.
//!
//! Nobody starts a service on a desk: each table is what its documentation or its source says, and is not proven by running it.

use crossorigin::server::{PolicyConfig, TimingAllowOrigin};
use crossorigin_policy::witness::Witnesses;

use crate::difference::{Difference, Differences, Sender};
use crate::plan::{Answer, Policy};

/// What a service can say of a policy.
pub(super) struct Abilities {
    /// As its users call it.
    pub(super) service: &'static str,
    pub(super) wildcards: Wildcards,
    /// Whether `:*` can be said.
    pub(super) any_port: bool,
    pub(super) null: bool,
    /// Whether origins of schemes other than `http` and `https` can be said.
    pub(super) other_schemes: bool,
    /// Whether addresses of IPv6 can be said.
    pub(super) ipv6: bool,
    /// The most origins.
    pub(super) origins: usize,
    pub(super) credentials: Credentials,
    /// Whether every origin can be answered with itself, as credentials need it.
    pub(super) any_with_credentials: bool,
    /// The methods that can be named; `None` for all.
    pub(super) methods: Option<&'static [&'static str]>,
    /// Whether all methods can be granted at once, without credentials and with them.
    pub(super) any_method: [bool; 2],
    /// Whether all request headers can be granted at once, without credentials and with them.
    pub(super) any_header: [bool; 2],
    /// Whether that grants `Authorization` too.
    pub(super) any_header_with_authorization: bool,
    /// Whether `*` can be exposed.
    pub(super) any_exposed: bool,
    /// The least and the most seconds of a max-age.
    pub(super) max_age: (u64, u64),
    /// The max-age that is sent where none is said.
    pub(super) own_max_age: Option<u64>,
    pub(super) preflight_status: u16,
    pub(super) vary: Vary,
    /// Whether fixed headers can be added to every response.
    pub(super) fixed_headers: bool,
    /// Whether requests of refused origins get 403.
    pub(super) refuses_requests: bool,
}

/// Which `*.` can be said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wildcards {
    None,
    Subdomains,
    /// One `*` an origin, for any characters.
    OneStar,
}

/// What the service says of credentials.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Credentials {
    /// What it is told.
    AsTold,
    /// Never that they are allowed.
    Never,
    /// That they are, to every origin that is not allowed by `*`.
    WhereNamed,
}

/// Which responses say that they depend on the origin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Vary {
    /// Every one.
    Every,
    /// Those to requests with an origin.
    OfOrigins,
    None,
}

/// The methods that need no permission, and are to be named all the same.
pub(super) const SAFELISTED: [&str; 3] = ["GET", "HEAD", "POST"];

/// An origin that a policy allows.
pub(super) fn example(policy: &Policy) -> String {
    let mut config = PolicyConfig::default();
    config.origins = policy.origins.patterns.iter().map(|(item, _)| item.clone()).collect();
    let exact = policy.origins.exact.first().cloned();
    exact.unwrap_or_else(|| {
        Witnesses::new([&config]).members().next().map_or_else(String::new, |origin| origin.value)
    })
}

/// An origin that an item takes in.
pub(super) fn member(item: &str) -> String {
    let mut config = PolicyConfig::default();
    config.origins = vec![item.to_owned()];
    Witnesses::new([&config]).members().next().map_or_else(String::new, |origin| origin.value)
}

/// A difference of a service, in few words.
pub(super) struct Told<'a> {
    pub(super) name: &'static str,
    pub(super) explanation: String,
    pub(super) request: String,
    pub(super) ours: String,
    pub(super) theirs: String,
    pub(super) remedy: &'a str,
}

pub(super) fn refuse(differences: &mut Differences<'_>, told: Told<'_>) {
    let Told { name, explanation, request, ours, theirs, remedy } = told;
    let remedy = remedy.to_owned();
    differences.add(Difference { name, explanation, request, ours, theirs, remedy, sender: Sender::Browser });
}

/// Adds what of a policy a service can't say.
pub(super) fn judge(policy: &Policy, abilities: &Abilities, differences: &mut Differences<'_>) {
    origins(policy, abilities, differences);
    credentials(policy, abilities, differences);
    names(policy, abilities, differences);
    max_age(policy, abilities, differences);
    others(policy, abilities, differences);
}

fn get(origin: &str) -> String {
    format!("GET / with Origin: {origin}")
}

fn preflight(origin: &str, method: &str, headers: Option<&str>) -> String {
    let headers =
        headers.map_or_else(String::new, |names| format!(", Access-Control-Request-Headers: {names}"));
    format!("OPTIONS / with Origin: {origin}, Access-Control-Request-Method: {method}{headers}")
}

fn allowed(origin: &str) -> String {
    format!("Access-Control-Allow-Origin: {origin}")
}

const NOT_SHARED: &str = "no Access-Control-Allow-Origin";

fn origins(policy: &Policy, abilities: &Abilities, differences: &mut Differences<'_>) {
    let service = abilities.service;
    for (item, _) in &policy.origins.patterns {
        let origin = member(item);
        let any_port = item.ends_with(":*");
        let subdomains = item.contains("://*.");
        let (name, what, remedy) = if subdomains && abilities.wildcards == Wildcards::None {
            ("origin-patterns", "has no wildcards for subdomains", "list the origins one by one")
        } else if any_port && !abilities.any_port {
            ("any-port", "has no wildcard for ports", "list the origins with their ports")
        } else if any_port && subdomains && abilities.wildcards == Wildcards::OneStar {
            ("any-port", "takes one * an origin", "list the ports, or the subdomains")
        } else {
            continue;
        };
        refuse(
            differences,
            Told {
                name,
                explanation: format!("{service} {what}, so {item} can't be said"),
                request: get(&origin),
                ours: allowed(&origin),
                theirs: NOT_SHARED.into(),
                remedy,
            },
        );
    }
    if policy.origins.null && !policy.origins.any && !abilities.null {
        refuse(
            differences,
            Told {
                name: "null-origin",
                explanation: format!("{service} takes no null among its origins"),
                request: get("null"),
                ours: allowed("null"),
                theirs: NOT_SHARED.into(),
                remedy: "leave null out",
            },
        );
    }
    let mut all = policy.origins.exact.iter().chain(policy.origins.patterns.iter().map(|(item, _)| item));
    let other = all.clone().find(|item| !item.starts_with("http://") && !item.starts_with("https://"));
    if let Some(item) = other.filter(|_| !abilities.other_schemes) {
        let origin = if item.contains('*') { member(item) } else { item.clone() };
        refuse(
            differences,
            Told {
                name: "other-schemes",
                explanation: format!(
                    "{service} takes origins of http and https only, so {item} can't be said"
                ),
                request: get(&origin),
                ours: allowed(&origin),
                theirs: NOT_SHARED.into(),
                remedy: "leave the applications' origins out",
            },
        );
    }
    if let Some(item) = all.clone().find(|item| item.contains("://[")).filter(|_| !abilities.ipv6) {
        let origin = if item.contains('*') { member(item) } else { item.clone() };
        refuse(
            differences,
            Told {
                name: "ipv6-origin",
                explanation: format!("{service} takes no IPv6 address, so {item} can't be said"),
                request: get(&origin),
                ours: allowed(&origin),
                theirs: "the whole configuration is refused".into(),
                remedy: "write localhost, or a name",
            },
        );
    }
    let count = all.clone().count();
    if let Some(last) = all.nth(abilities.origins) {
        let origin = if last.contains('*') { member(last) } else { last.clone() };
        refuse(
            differences,
            Told {
                name: "too-many-origins",
                explanation: format!(
                    "{service} takes {} origins, and the policy has {count}",
                    abilities.origins
                ),
                request: get(&origin),
                ours: allowed(&origin),
                theirs: "the whole configuration is refused".into(),
                remedy: "allow fewer origins, or their common parent by a pattern",
            },
        );
    }
}

fn credentials(policy: &Policy, abilities: &Abilities, differences: &mut Differences<'_>) {
    let service = abilities.service;
    let origin = if policy.origins.any { "https://any.example".to_owned() } else { example(policy) };
    if policy.is_closed() {
        return;
    }
    if policy.origins.any && policy.credentials && !abilities.any_with_credentials {
        refuse(
            differences,
            Told {
                name: "any-origin-with-credentials",
                explanation: format!(
                    "{service} answers every origin with *, which browsers don't take with credentials"
                ),
                request: format!("{} and a cookie", get(&origin)),
                ours: format!("{}, Access-Control-Allow-Credentials: true", allowed(&origin)),
                theirs: allowed("*"),
                remedy: "list the origins",
            },
        );
        return;
    }
    let (theirs, explanation) = match (abilities.credentials, policy.credentials) {
        (Credentials::Never, true) => {
            (NOT_ALLOWED, format!("{service} has no setting for credentials, and never allows them"))
        }
        (Credentials::WhereNamed, false) if !policy.origins.any => (
            "Access-Control-Allow-Credentials: true",
            format!(
                "{service} has no setting for credentials, and allows them to every origin that is named"
            ),
        ),
        _ => return,
    };
    let ours = if policy.credentials { "Access-Control-Allow-Credentials: true" } else { NOT_ALLOWED };
    refuse(
        differences,
        Told {
            name: "credentials",
            explanation,
            request: format!("{} and a cookie", get(&origin)),
            ours: ours.into(),
            theirs: theirs.into(),
            remedy: if policy.credentials { "set credentials = false" } else { "set credentials = true" },
        },
    );
}

const NOT_ALLOWED: &str = "no Access-Control-Allow-Credentials";

fn names(policy: &Policy, abilities: &Abilities, differences: &mut Differences<'_>) {
    let service = abilities.service;
    let origin = if policy.origins.any { "https://any.example".to_owned() } else { example(policy) };
    let with = usize::from(policy.credentials);
    if policy.is_closed() {
        return;
    }
    let mut not_granted = |name, explanation, request, ours: &str, remedy| {
        let (ours, theirs) = (ours.to_owned(), "the preflight is not granted".to_owned());
        refuse(differences, Told { name, explanation, request, ours, theirs, remedy });
    };
    let is_any = |answer: &Answer| match answer {
        Answer::Echo => true,
        Answer::Fixed(value) => {
            value.as_deref().is_some_and(|value| value.split(',').any(|name| name == "*"))
        }
    };
    let listed = |answer: &Answer| match answer {
        Answer::Fixed(Some(value)) => value.split(',').map(String::from).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    if is_any(&policy.methods.answer) {
        if !abilities.any_method[with] {
            let explanation = format!("{service} can't grant all methods{}", beside(policy));
            let request = preflight(&origin, "PATCH", None);
            let remedy = "name the methods";
            not_granted("any-method", explanation, request, "the preflight is granted", remedy);
        }
    } else if let Some(known) = abilities.methods {
        let methods = listed(&policy.methods.answer);
        if let Some(method) = methods.iter().find(|method| !known.contains(&method.as_str())) {
            let explanation = format!("{service} knows the methods {} only", known.join(", "));
            let request = preflight(&origin, method, None);
            let remedy = "leave the method out of the policy";
            not_granted("methods", explanation, request, "the preflight is granted", remedy);
        }
    }
    if is_any(&policy.request_headers.answer) {
        if !abilities.any_header[with] {
            let explanation = format!("{service} can't grant all request headers{}", beside(policy));
            let request = preflight(&origin, "GET", Some("x-any"));
            not_granted("any-header", explanation, request, "the preflight is granted", "name the headers");
        } else if abilities.any_header_with_authorization && policy.request_headers.but.is_some() {
            refuse(
                differences,
                Told {
                    name: "authorization",
                    explanation: format!(
                        "with * {service} grants Authorization too, which the policy does not"
                    ),
                    request: preflight(&origin, "GET", Some("authorization")),
                    ours: "the preflight is not granted".into(),
                    theirs: "the preflight is granted".into(),
                    remedy: "name authorization beside *, or name the headers",
                },
            );
        }
    }
    let exposes_all =
        policy.exposed_headers.as_deref().is_some_and(|value| value.split(',').any(|name| name == "*"));
    if exposes_all && !abilities.any_exposed {
        refuse(
            differences,
            Told {
                name: "any-exposed",
                explanation: format!("{service} can't expose all response headers"),
                request: get(&origin),
                ours: "Access-Control-Expose-Headers: *".into(),
                theirs: "no Access-Control-Expose-Headers".into(),
                remedy: "name the headers that script should read",
            },
        );
    }
}

fn beside(policy: &Policy) -> &'static str {
    if policy.credentials { " beside credentials" } else { "" }
}

fn max_age(policy: &Policy, abilities: &Abilities, differences: &mut Differences<'_>) {
    let service = abilities.service;
    if policy.is_closed() {
        return;
    }
    let origin = if policy.origins.any { "https://any.example".to_owned() } else { example(policy) };
    let request = preflight(&origin, "GET", None);
    let said = |seconds: u64| format!("Access-Control-Max-Age: {seconds}");
    let (least, most) = abilities.max_age;
    match (policy.max_age, abilities.own_max_age) {
        (None, Some(own)) if own != 5 => refuse(
            differences,
            Told {
                name: "max-age-left-out",
                explanation: format!("{service} sends a max-age of {own} s where none is said"),
                request,
                ours: "no Access-Control-Max-Age, which browsers take for 5 s".into(),
                theirs: said(own),
                remedy: "set max_age",
            },
        ),
        (Some(seconds), _) if seconds < least || seconds > most => refuse(
            differences,
            Told {
                name: "max-age",
                explanation: format!("{service} takes a max-age from {least} s to {most} s"),
                request,
                ours: said(seconds),
                theirs: "the whole configuration is refused".into(),
                remedy: "set max_age within these",
            },
        ),
        _ => {}
    }
}

fn others(policy: &Policy, abilities: &Abilities, differences: &mut Differences<'_>) {
    let service = abilities.service;
    let origin = if policy.origins.any { "https://any.example".to_owned() } else { example(policy) };
    match abilities.vary {
        Vary::Every => {}
        Vary::None if policy.varies_by_origin() => refuse(
            differences,
            Told {
                name: "vary",
                explanation: format!(
                    "{service} sends no Vary, so a cache may give one origin the answer to another"
                ),
                request: get(&origin),
                ours: "Vary: Origin".into(),
                theirs: "no Vary".into(),
                remedy: "allow every origin without credentials, or accept this where no cache keeps the responses",
            },
        ),
        Vary::OfOrigins if !policy.is_closed() => refuse(
            differences,
            Told {
                name: "vary-without-origin",
                explanation: format!(
                    "{service} sends neither CORS headers nor Vary where a request has no Origin: a browser that \
                     keeps the image of a plain <img> gives it to a script's request, which then can't read it"
                ),
                request: "GET / without Origin".into(),
                ours: if policy.is_public() { allowed("*") } else { "Vary: Origin".into() },
                theirs: "neither".into(),
                remedy: "load everything with crossorigin, or accept this where nothing is loaded without",
            },
        ),
        _ => {}
    }
    if policy.preflight_status != abilities.preflight_status && !policy.is_closed() {
        differences.add(Difference {
            name: "preflight-status",
            explanation: format!("{service} answers preflights with {}", abilities.preflight_status),
            request: preflight(&origin, "GET", None),
            ours: policy.preflight_status.to_string(),
            theirs: abilities.preflight_status.to_string(),
            remedy: format!("set preflight_status = {}", abilities.preflight_status),
            sender: Sender::OtherProgram,
        });
    }
    let timing = match policy.timing_allow_origin {
        None => None,
        Some(TimingAllowOrigin::Any) if abilities.fixed_headers => None,
        Some(TimingAllowOrigin::Any) => Some("*".to_owned()),
        // Everyone is who is allowed.
        Some(TimingAllowOrigin::AllowedOrigins) if policy.is_public() && abilities.fixed_headers => None,
        Some(TimingAllowOrigin::AllowedOrigins) => Some(origin.clone()),
    };
    if let Some(value) = timing {
        refuse(
            differences,
            Told {
                name: "timing",
                explanation: format!("{service} can't send this Timing-Allow-Origin"),
                request: get(&origin),
                ours: format!("Timing-Allow-Origin: {value}"),
                theirs: "no Timing-Allow-Origin".into(),
                remedy: "leave timing_allow_origin out",
            },
        );
    }
    if let Some(value) = policy.cross_origin_resource_policy.filter(|_| !abilities.fixed_headers) {
        refuse(
            differences,
            Told {
                name: "resource-policy",
                explanation: format!("{service} can't send Cross-Origin-Resource-Policy"),
                request: "GET / without Origin".into(),
                ours: format!("Cross-Origin-Resource-Policy: {}", value.as_str()),
                theirs: "no Cross-Origin-Resource-Policy".into(),
                remedy: "leave cross_origin_resource_policy out",
            },
        );
    }
    if policy.forbids_but.is_some() {
        refuse(
            differences,
            Told {
                name: "forbid-refused-origins",
                explanation: format!("{service} can't forbid requests of refused origins as the policy does"),
                request: "POST / with Origin: https://evil.test".into(),
                ours: "403".into(),
                theirs: if abilities.refuses_requests {
                    "403 to GET too"
                } else {
                    "the service's own answer"
                }
                .into(),
                remedy: "leave forbid_refused_origins out",
            },
        );
    } else if abilities.refuses_requests && !policy.is_public() {
        refuse(
            differences,
            Told {
                name: "refused-requests",
                explanation: format!(
                    "{service} answers requests of refused origins with 403, instead of leaving CORS headers out"
                ),
                request: "POST / with Origin: https://evil.test".into(),
                ours: "the service's own answer, without Access-Control-Allow-Origin".into(),
                theirs: "403".into(),
                remedy: "accept this, if nothing of other sites posts forms there",
            },
        );
    }
}
