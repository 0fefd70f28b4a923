//! Requests at the boundaries of policies: whatever two policies, or a policy and another server, differ in, one of
//! these is answered differently.

use std::collections::BTreeSet;

use crossorigin::infrastructure::origin::SerializedOrigin;
use crossorigin::server::{OriginPattern, PolicyConfig, PortPattern};
use http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CONNECTION, ORIGIN, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// A request without URL, and what it is there to ask.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Witness {
    /// The method.
    pub method: Method,
    /// The headers, without `Host`.
    pub headers: HeaderMap,
    /// What it asks.
    pub asks: Asks,
    /// Whether a browser can send it.
    pub by_browsers: bool,
}

/// What a witness asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Asks {
    /// What a request without `Origin` gets.
    NoOrigin,
    /// Whether an origin may read.
    Origin,
    /// Whether a preflight from an origin is granted.
    Preflight,
    /// Whether a preflight for a method is granted.
    Method(String),
    /// Whether a preflight for request headers is granted, as `Access-Control-Request-Headers` has them.
    RequestHeaders(String),
    /// Whether the request is let through to the service at all, or what the service's own page gets.
    Forbidden,
}

/// An origin, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WitnessOrigin {
    /// As `Origin` has it.
    pub value: String,
    /// The item of `origins` that it was chosen for; `*` for those that no item names, `null` for `null`.
    pub item: String,
    /// On which side of that item it lies.
    pub side: Side,
}

/// On which side of the boundary of an item of `origins` an origin lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The item takes it in.
    Inside,
    /// The item does not, though it looks like one that it does.
    Outside,
}

impl WitnessOrigin {
    /// Whether a browser can send it.
    pub fn is_by_browsers(&self) -> bool {
        self.value == "null" || SerializedOrigin::parse(self.value.as_bytes()).is_ok()
    }

    /// A request of this method from the origin.
    pub fn request(&self, method: Method) -> Option<Witness> {
        request(method, &[(ORIGIN, &self.value)], Asks::Origin, self.is_by_browsers())
    }

    /// A preflight from the origin.
    pub fn preflight(&self, method: &str, names: Option<&str>, asks: Asks) -> Option<Witness> {
        let mut headers = vec![(ORIGIN, self.value.as_str()), (ACCESS_CONTROL_REQUEST_METHOD, method)];
        headers.extend(names.map(|names| (ACCESS_CONTROL_REQUEST_HEADERS, names)));
        let by_browsers = self.is_by_browsers() && is_sent_method(method) && names.is_none_or(is_sent_list);
        request(Method::OPTIONS, &headers, asks, by_browsers)
    }
}

/// What all witnesses of some policies are made from: their names, and names that stand in none of them.
#[derive(Debug)]
pub struct Witnesses<'c> {
    configurations: Vec<&'c PolicyConfig>,
    /// A label, and so a host's beginning, that stands in no origin.
    label: String,
    /// A port that stands in no origin.
    port: u16,
}

impl<'c> Witnesses<'c> {
    /// Witnesses that tell these policies from each other, and from anything that is hardly one of them.
    pub fn new(configurations: impl IntoIterator<Item = &'c PolicyConfig>) -> Self {
        let configurations: Vec<_> = configurations.into_iter().collect();
        let origins = || configurations.iter().flat_map(|configuration| &configuration.origins);
        let is_new = |text: &str| !origins().any(|origin| origin.contains(text));
        let label = std::iter::once("any".to_owned()).chain((1..).map(|number: u32| format!("any{number}")));
        let label = label.into_iter().find(|label| is_new(label)).unwrap_or_default();
        let port = (8443..u16::MAX).find(|port| is_new(&format!(":{port}"))).unwrap_or(u16::MAX);
        Self { configurations, label, port }
    }

    /// An origin inside each item, chosen so that it is inside another policy only if all that the item takes in is;
    /// then one that no item names, and `null`.
    pub fn members(&self) -> impl Iterator<Item = WitnessOrigin> + '_ {
        let mut seen = BTreeSet::new();
        let items = self.items().filter(move |item| seen.insert(*item));
        let members = items.filter_map(|item| {
            let pattern = OriginPattern::parse(item).ok()?;
            Some(inside(self.member(&pattern), item))
        });
        members.chain([inside(self.stranger(), "*"), inside("null".into(), "null")])
    }

    /// Origins on both sides of each item's boundaries: other schemes, ports and cases, one character off, look-alikes
    /// with something before or behind, and what is no origin.
    pub fn origins(&self) -> Vec<WitnessOrigin> {
        let mut seen = BTreeSet::new();
        let mut origins: Vec<_> = self.members().collect();
        for item in self.items() {
            let Ok(pattern) = OriginPattern::parse(item) else { continue };
            origins.extend(self.around(&pattern).into_iter().map(|value| {
                let side = match SerializedOrigin::parse(value.as_bytes()) {
                    Ok(origin) if pattern.matches(&origin) => Side::Inside,
                    _ => Side::Outside,
                };
                WitnessOrigin { value, item: item.to_owned(), side }
            }));
        }
        let strangers = [format!("http://{}.example", self.label), format!("app://{}", self.label)];
        origins.extend(strangers.map(|value| inside(value, "*")));
        for value in ["NULL", "null, null", "*", "https://", "https://*"] {
            origins.push(WitnessOrigin { value: value.into(), item: "*".into(), side: Side::Outside });
        }
        origins.retain(|origin| seen.insert(origin.value.clone()));
        origins
    }

    /// The methods that the policies name, each once.
    pub fn named_methods(&self) -> Vec<String> {
        let named = self.configurations.iter().flat_map(|configuration| &configuration.methods);
        in_order_once(named.filter(|method| *method != "*").cloned().collect())
    }

    /// A method that no policy names.
    pub fn other_method(&self) -> String {
        fresh(&self.named_methods(), "WITNESS")
    }

    /// Methods that preflights ask for: those that are named, in other cases too, those that browsers know, and one
    /// that stands nowhere.
    pub fn methods(&self) -> Vec<String> {
        let mut methods = self.named_methods();
        methods.extend(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map(String::from));
        methods.push(self.other_method());
        let other_case: Vec<_> = methods.iter().map(|method| method.to_ascii_lowercase()).collect();
        methods.extend(other_case);
        in_order_once(methods)
    }

    /// The request headers that the policies name, in lower case, sorted, each once.
    pub fn named_request_headers(&self) -> Vec<String> {
        let named = self.configurations.iter().flat_map(|configuration| &configuration.request_headers);
        let mut names: Vec<String> =
            named.filter(|name| *name != "*").map(|name| name.to_ascii_lowercase()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// A request header that no policy names.
    pub fn other_request_header(&self) -> String {
        fresh(&self.named_request_headers(), "x-witness")
    }

    /// Values of `Access-Control-Request-Headers`: each name that is named, names that every policy is asked for sooner
    /// or later, one that stands nowhere, and all of them.
    pub fn request_headers(&self) -> Vec<String> {
        let named = self.named_request_headers();
        let other = self.other_request_header();
        let mut lists = named.clone();
        lists.extend(["authorization", "content-type", "x-requested-with"].map(String::from));
        if !named.is_empty() {
            lists.push(named.join(","));
            let mut wider = named;
            wider.push(other.clone());
            wider.sort_unstable();
            lists.push(wider.join(","));
        }
        lists.push(other);
        in_order_once(lists)
    }

    /// Every request: without origin, from origins on both sides of each boundary, and preflights for each method and
    /// each header from `granted`, an origin that the policies allow. `method` is that of the requests that are none.
    pub fn requests(&self, method: &Method, granted: Option<&WitnessOrigin>) -> Vec<Witness> {
        let mut requests: Vec<_> = request(method.clone(), &[], Asks::NoOrigin, true).into_iter().collect();
        for origin in self.origins() {
            requests.extend(origin.request(method.clone()));
            requests.extend(origin.preflight(method.as_str(), None, Asks::Preflight));
        }
        for origin in granted.cloned().into_iter().chain([inside(self.stranger(), "*")]) {
            requests.extend(self.preflights(&origin));
        }
        requests.extend(self.forbidden());
        requests
    }

    /// Preflights from an origin, for each method and for each list of headers.
    pub fn preflights(&self, origin: &WitnessOrigin) -> Vec<Witness> {
        let methods = self.methods();
        let methods =
            methods.iter().filter_map(|method| origin.preflight(method, None, Asks::Method(method.clone())));
        let lists = self.request_headers();
        let lists = lists
            .iter()
            .filter_map(|names| origin.preflight("GET", Some(names), Asks::RequestHeaders(names.clone())));
        methods.chain(lists).collect()
    }

    /// Requests that a policy may answer with 403, and those of the service's own page.
    pub fn forbidden(&self) -> Vec<Witness> {
        let stranger = self.stranger();
        let site = HeaderName::from_static("sec-fetch-site");
        let mut requests = vec![
            request(Method::POST, &[(ORIGIN, &stranger)], Asks::Forbidden, true),
            request(Method::POST, &[(ORIGIN, &stranger), (site, "same-origin")], Asks::Forbidden, true),
            request(
                Method::GET,
                &[(ORIGIN, &stranger), (CONNECTION, "Upgrade"), (UPGRADE, "websocket")],
                Asks::Forbidden,
                true,
            ),
        ];
        for url in self.configurations.iter().filter_map(|configuration| configuration.public_url.as_ref()) {
            let own = url.trim_end_matches('/');
            requests.push(request(Method::POST, &[(ORIGIN, own)], Asks::Forbidden, true));
        }
        requests.into_iter().flatten().collect()
    }

    /// An origin that no item names.
    pub fn stranger(&self) -> String {
        format!("https://{}.example", self.label)
    }

    fn items(&self) -> impl Iterator<Item = &'c str> + '_ {
        self.configurations.iter().flat_map(|configuration| &configuration.origins).map(String::as_str)
    }

    /// An origin that a pattern takes in. Its first label and its port, where the pattern leaves them open, stand in no
    /// other item: what takes this one in takes in all that the pattern does.
    fn member(&self, pattern: &OriginPattern<'_>) -> String {
        let front = if pattern.has_subdomains() { format!("{}.", self.label) } else { String::new() };
        self.written(pattern.scheme(), &format!("{front}{}", pattern.host()), pattern.port())
    }

    fn written(&self, scheme: &str, host: &str, port: PortPattern) -> String {
        match port {
            PortPattern::Default => format!("{scheme}://{host}"),
            PortPattern::Number(number) => format!("{scheme}://{host}:{number}"),
            PortPattern::Any => format!("{scheme}://{host}:{}", self.port),
        }
    }

    fn around(&self, pattern: &OriginPattern<'_>) -> Vec<String> {
        let (scheme, host, port) = (pattern.scheme(), pattern.host(), pattern.port());
        let label = &self.label;
        let subdomains = pattern.has_subdomains();
        let own = if subdomains { format!("{label}.{host}") } else { host.to_owned() };
        let member = self.member(pattern);
        let other_scheme = if scheme == "https" { "http" } else { "https" };
        let mut around = vec![
            self.written(other_scheme, &own, port),
            self.written(scheme, &own, PortPattern::Default),
            self.written(scheme, &own, PortPattern::Number(self.port)),
            self.written(scheme, &own, PortPattern::Number(1)),
            format!("{member}0"),
            format!("{member}.evil.test"),
            format!("{member}/"),
            format!("{member}@evil.test"),
            format!("{member},https://evil.test"),
            format!("{}://{own}.", scheme),
            self.written(scheme, &format!("{own}.evil.test"), port),
            self.written(scheme, &format!("{own}evil.test"), port),
            self.written(scheme, &format!("evil{host}"), port),
            self.written(scheme, &format!("evil-{own}"), port),
            self.written(scheme, &format!("evil.test.{own}"), port),
            self.written(scheme, host, port),
            self.written(scheme, &format!("{label}.{host}"), port),
            self.written(scheme, &format!("{label}-1.{label}.{host}"), port),
            self.written(scheme, &format!("-{label}.{host}"), port),
            self.written(scheme, &format!(".{host}"), port),
            self.written(scheme, &format!("{label}_.{host}"), port),
            self.written(scheme, &format!("evil.test/{host}"), port),
            member.to_ascii_uppercase(),
            member.replacen(&own, &own.to_ascii_uppercase(), 1),
            format!("evil.test {member}"),
            format!("x{member}"),
        ];
        // A dot that is any character in somebody's regular expression, and a character less.
        for (dot, _) in own.match_indices('.') {
            around.push(self.written(scheme, &format!("{}x{}", &own[..dot], &own[dot + 1..]), port));
        }
        if let Some(shorter) = own.get(..own.len() - 1) {
            around.push(self.written(scheme, shorter, port));
        }
        if let Some((_, parent)) = host.split_once('.') {
            around.push(self.written(scheme, parent, port));
        }
        around
    }
}

fn inside(value: String, item: &str) -> WitnessOrigin {
    WitnessOrigin { value, item: item.to_owned(), side: Side::Inside }
}

fn request(method: Method, headers: &[(HeaderName, &str)], asks: Asks, by_browsers: bool) -> Option<Witness> {
    let headers =
        headers.iter().map(|(name, value)| Some((name.clone(), HeaderValue::from_str(value).ok()?)));
    Some(Witness { method, headers: headers.collect::<Option<_>>()?, asks, by_browsers })
}

/// Browsers write these methods in upper case, whatever script writes, and never send some.
/// [Source](https://fetch.spec.whatwg.org/#concept-method-normalize).
fn is_sent_method(method: &str) -> bool {
    const NORMALIZED: [&str; 6] = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
    NORMALIZED.contains(&method) || !NORMALIZED.iter().any(|known| known.eq_ignore_ascii_case(method))
}

/// Browsers send names in lower case, sorted, joined by commas alone.
fn is_sent_list(names: &str) -> bool {
    let names: Vec<_> = names.split(',').collect();
    names.is_sorted() && names.iter().all(|name| HeaderName::from_lowercase(name.as_bytes()).is_ok())
}

/// A name that begins so and is not among these.
fn fresh(names: &[String], start: &str) -> String {
    let is_new = |name: &String| !names.iter().any(|other| other.eq_ignore_ascii_case(name));
    let numbered = (1..).map(|number: u32| format!("{start}{number}"));
    std::iter::once(start.to_owned()).chain(numbered).find(is_new).unwrap_or_default()
}

fn in_order_once(names: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names.into_iter().filter(|name| seen.insert(name.clone())).collect()
}
