//! What is to be answered, in tables that every target can write in its own syntax.

use std::collections::BTreeSet;

use crossorigin::server::{CrossOriginResourcePolicy, OriginPattern, PolicyConfig, TimingAllowOrigin};
use crossorigin_policy::{Conditions, Limits, Listener, Site, Target, WebSocket};
use http::Method;

use crate::patterns::{self, Spelling};

/// A site, as tables.
pub(crate) struct Plan<'s> {
    pub(crate) listeners: Vec<Serving<'s>>,
    /// All routes, through whatever listener: the first that matches answers.
    pub(crate) routes: Vec<Rule<'s>>,
    /// The policies that are used, each once; of a file without routes, all.
    pub(crate) policies: Vec<Policy>,
    pub(crate) limits: &'s Limits,
}

/// What is served at one address.
pub(crate) struct Serving<'s> {
    pub(crate) listener: &'s Listener,
    /// The policy of what no rule takes.
    pub(crate) default_policy: Option<usize>,
    /// The first that matches answers.
    pub(crate) rules: Vec<Rule<'s>>,
}

/// A route at one listener.
#[derive(Clone)]
pub(crate) struct Rule<'s> {
    /// Its number in the file, from 1.
    pub(crate) number: usize,
    /// Its path, without a slash at the end: `/api`, and nothing for the root.
    pub(crate) prefix: &'s str,
    pub(crate) hosts: &'s [Box<str>],
    pub(crate) extensions: &'s [Box<str>],
    pub(crate) methods: &'s [Method],
    pub(crate) target: &'s Target,
    /// Whose WebSocket handshakes go on to the upstream.
    pub(crate) websocket: WebSocket,
    /// `None` leaves CORS to the upstream.
    pub(crate) policy: Option<usize>,
    /// The largest request body.
    pub(crate) body_bytes: u64,
}

/// A policy, as lists, expressions and header values.
pub(crate) struct Policy {
    /// As the file has it.
    pub(crate) name: String,
    /// The name in letters, digits and underscores, unlike that of any other.
    pub(crate) id: String,
    pub(crate) origins: Origins,
    pub(crate) credentials: bool,
    pub(crate) methods: Asked,
    pub(crate) request_headers: Asked,
    /// The value of `Access-Control-Expose-Headers`.
    pub(crate) exposed_headers: Option<String>,
    /// The value of `Access-Control-Max-Age`.
    pub(crate) max_age: Option<u64>,
    pub(crate) preflight_status: u16,
    pub(crate) timing_allow_origin: Option<TimingAllowOrigin>,
    pub(crate) cross_origin_resource_policy: Option<CrossOriginResourcePolicy>,
    /// Whether refused origins are forbidden to change state; with the service's own origin.
    pub(crate) forbids_but: Option<String>,
}

/// Who may read.
pub(crate) struct Origins {
    pub(crate) any: bool,
    pub(crate) null: bool,
    /// Exact origins, sorted.
    pub(crate) exact: Vec<String>,
    /// Items with wildcards, sorted, and the expressions that they are.
    pub(crate) patterns: Vec<(String, String)>,
}

/// What preflights may ask for: methods, or header names.
pub(crate) struct Asked {
    /// What is taken.
    pub(crate) taken: String,
    /// What is not taken, though the expression says so.
    pub(crate) but: Option<String>,
    /// The same as a list, `*` in it where all names are taken.
    pub(crate) names: Vec<String>,
    pub(crate) answer: Answer,
}

/// What a granted preflight is told.
pub(crate) enum Answer {
    /// Always the same; `None` for no header.
    Fixed(Option<String>),
    /// What it asked for.
    Echo,
}

impl Answer {
    /// The value, with what a target calls that which was asked for.
    pub(crate) fn value<'a>(&'a self, asked: &'a str) -> Option<&'a str> {
        match self {
            Self::Fixed(value) => value.as_deref(),
            Self::Echo => Some(asked),
        }
    }
}

impl<'s> Plan<'s> {
    pub(crate) fn new(site: &'s Site, configurations: &[(String, PolicyConfig)]) -> Self {
        let mut policies: Vec<Policy> = Vec::new();
        let mut index = |name: &str| match policies.iter().position(|policy| policy.name == name) {
            Some(index) => index,
            None => {
                let configuration = configurations.iter().find(|(own, _)| own == name);
                let configuration = configuration.map_or_else(PolicyConfig::default, |(_, own)| own.clone());
                let id = identifier(name, policies.iter().map(|policy| &*policy.id).collect());
                policies.push(Policy::new(name, id, &configuration));
                policies.len() - 1
            }
        };
        let mut rules: Vec<_> = site.routes.iter().zip(site.conditions()).enumerate().collect();
        rules.sort_by_key(|(_, (route, asks))| {
            let depth = route.path.split('/').filter(|segment| !segment.is_empty()).count();
            let asked = [
                asks.hosts.is_empty(),
                asks.listener.is_none(),
                asks.extensions.is_empty(),
                asks.methods.is_empty(),
            ];
            (std::cmp::Reverse(depth), asked)
        });
        let routes: Vec<Rule<'s>> = rules
            .iter()
            .map(|(number, (route, asks))| Rule {
                number: number + 1,
                prefix: route.path.trim_end_matches('/'),
                hosts: asks.hosts,
                extensions: asks.extensions,
                methods: asks.methods,
                target: &route.target,
                websocket: route.websocket,
                policy: route.policy.as_ref().map(|(name, _)| index(name)),
                body_bytes: route.body_bytes.unwrap_or(site.limits.body_bytes),
            })
            .collect();
        let mut listeners = Vec::new();
        for listener in &site.listeners {
            let is_of_it = |asks: &Conditions<'_>| asks.listener.is_none_or(|own| own.name == listener.name);
            let of_it = rules.iter().zip(&routes).filter(|((_, (_, asks)), _)| is_of_it(asks));
            let rules = of_it.map(|(_, rule)| rule.clone()).collect();
            let default_policy = listener.default_policy.as_ref().map(|(name, _)| index(name));
            listeners.push(Serving { listener, default_policy, rules });
        }
        if routes.is_empty() {
            // A file of policies alone is enough for services that have no routes.
            for (name, _) in configurations {
                index(name);
            }
        }
        Self { listeners, routes, policies, limits: &site.limits }
    }
}

impl Serving<'_> {
    /// Expressions of paths, with or without a query, that get 400.
    pub(crate) fn refused_paths(&self) -> Vec<String> {
        let depth = self.rules.iter().map(|rule| rule.prefix.split('/').count() - 1).max().unwrap_or(0);
        patterns::UNSAFE_PATHS
            .iter()
            .map(|own| (*own).to_owned())
            .chain(patterns::two_readings(depth))
            .collect()
    }

    /// The hosts that rules name, sorted.
    pub(crate) fn hosts(&self) -> BTreeSet<&str> {
        self.rules.iter().flat_map(|rule| rule.hosts).map(|host| &**host).collect()
    }
}

impl Rule<'_> {
    /// The paths that it takes, as an expression over paths with or without a query.
    pub(crate) fn path(&self, spelling: Spelling) -> String {
        patterns::path(self.prefix, self.extensions, spelling)
    }

    /// The methods that it takes, HEAD among them where GET is; none where it takes all.
    pub(crate) fn all_methods(&self) -> Vec<&str> {
        let own: Vec<&str> = self.methods.iter().map(Method::as_str).collect();
        let head = own.contains(&"GET").then_some("HEAD");
        own.into_iter().chain(head).collect()
    }

    /// Whether a request may match both, its method aside.
    pub(crate) fn may_meet(&self, other: &Self) -> bool {
        let below = |one: &str, other: &str| {
            other.strip_prefix(one).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let meet = |one: &[Box<str>], other: &[Box<str>]| {
            one.is_empty() || other.is_empty() || one.iter().any(|item| other.contains(item))
        };
        (below(self.prefix, other.prefix) || below(other.prefix, self.prefix))
            && meet(self.hosts, other.hosts)
            && meet(self.extensions, other.extensions)
    }
}

impl Policy {
    fn new(name: &str, id: String, configuration: &PolicyConfig) -> Self {
        let own = configuration.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
        let forbids = configuration.forbid_refused_origins && !is_public(configuration);
        Self {
            name: name.to_owned(),
            id,
            origins: Origins::new(configuration),
            credentials: configuration.credentials,
            methods: methods(configuration),
            request_headers: request_headers(configuration),
            exposed_headers: joined(lower_case(&configuration.exposed_headers)),
            max_age: configuration.max_age.map(|age| age.as_secs()),
            preflight_status: configuration.preflight_status,
            timing_allow_origin: configuration.timing_allow_origin,
            cross_origin_resource_policy: configuration.cross_origin_resource_policy,
            forbids_but: own.filter(|_| forbids),
        }
    }

    /// Whether every response says the same, whoever asks.
    pub(crate) fn is_public(&self) -> bool {
        self.origins.any && !self.credentials
    }

    /// Whether nobody may read.
    pub(crate) fn is_closed(&self) -> bool {
        let Origins { any, null, exact, patterns } = &self.origins;
        !any && !null && exact.is_empty() && patterns.is_empty()
    }

    /// Whether answers depend on `Origin`, where they don't on more: see [`PREFLIGHT_VARY`] and [`CHANGE_VARY`].
    pub(crate) fn varies_by_origin(&self) -> bool {
        !self.is_public() && !self.is_closed()
    }
}

/// What answers to requests that may be forbidden depend on.
pub(crate) const CHANGE_VARY: &str = "Origin, Sec-Fetch-Site";
/// What answers to OPTIONS requests depend on.
pub(crate) const PREFLIGHT_VARY: &str =
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

/// The response headers of the CORS protocol, which a policy replaces.
pub(crate) const CORS_HEADERS: [&str; 6] = [
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Max-Age",
    "Access-Control-Expose-Headers",
];

impl Origins {
    fn new(configuration: &PolicyConfig) -> Self {
        let parsed = configuration.origins.iter().filter_map(|item| OriginPattern::parse(item).ok());
        let (exact, patterns): (Vec<_>, Vec<_>) = parsed.partition(OriginPattern::is_exact);
        let mut exact: Vec<_> = exact.iter().map(ToString::to_string).collect();
        let mut patterns: Vec<_> =
            patterns.iter().map(|pattern| (pattern.to_string(), patterns::origin(pattern))).collect();
        exact.sort_unstable();
        exact.dedup();
        patterns.sort_unstable();
        patterns.dedup();
        let any = configuration.origins.iter().any(|origin| origin == "*");
        // What everyone may read, `null` may too.
        let null = configuration.dangerously_allow_null_origin || is_public(configuration);
        Self { any, null, exact, patterns }
    }

    /// Everything but the exact ones, as expressions.
    pub(crate) fn expressions(&self) -> Vec<String> {
        let any = self.any.then(|| patterns::ANY_ORIGIN.to_owned());
        let null = self.null.then(|| "^null$".to_owned());
        any.into_iter().chain(null).chain(self.patterns.iter().map(|(_, own)| own.clone())).collect()
    }
}

fn is_public(configuration: &PolicyConfig) -> bool {
    configuration.origins.iter().any(|origin| origin == "*") && !configuration.credentials
}

fn methods(configuration: &PolicyConfig) -> Asked {
    let mut names = configuration.methods.clone();
    names.sort_unstable();
    names.dedup();
    let any = names.iter().any(|name| name == "*");
    let taken = if any {
        patterns::ANY_METHOD.to_owned()
    } else {
        let safelisted = ["GET", "HEAD", "POST"];
        let others = names.iter().map(String::as_str).filter(|name| !safelisted.contains(name));
        patterns::one_of(safelisted.into_iter().chain(others))
    };
    let answer = match any && configuration.credentials {
        true => Answer::Echo,
        false => Answer::Fixed(joined(names.clone())),
    };
    Asked { taken, but: None, names, answer }
}

fn request_headers(configuration: &PolicyConfig) -> Asked {
    const AUTHORIZATION: &str = "authorization";
    let names = lower_case(&configuration.request_headers);
    let names_authorization = names.iter().any(|name| name == AUTHORIZATION);
    if !names.iter().any(|name| name == "*") {
        let answer = Answer::Fixed(joined(names.clone()));
        return Asked { taken: patterns::list_of(&names), but: None, names, answer };
    }
    let kept = ["*"].into_iter().chain(names_authorization.then_some(AUTHORIZATION));
    let kept: Vec<_> = kept.map(str::to_owned).collect();
    Asked {
        taken: patterns::ANY_NAMES.to_owned(),
        // `*` never covers it.
        but: (!names_authorization).then(|| patterns::list_with(AUTHORIZATION)),
        answer: if configuration.credentials { Answer::Echo } else { Answer::Fixed(joined(kept)) },
        names,
    }
}

fn lower_case(names: &[String]) -> Vec<String> {
    let mut names: Vec<_> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn joined(names: Vec<String>) -> Option<String> {
    (!names.is_empty()).then(|| names.join(","))
}

fn identifier(name: &str, taken: BTreeSet<&str>) -> String {
    let plain: String = name.chars().map(|own| if own.is_ascii_alphanumeric() { own } else { '_' }).collect();
    let numbered = (2..).map(|number: u32| format!("{plain}_{number}"));
    std::iter::once(plain.clone()).chain(numbered).find(|id| !taken.contains(&**id)).unwrap_or(plain)
}
