//! What two policy files answer differently, in requests.
//!
//! The files are taken apart into places: kinds of requests that one route takes in the one file, and one in the other.
//! At each place, [witnesses](crate::witness) are put to both.

use std::collections::HashSet;

use crossorigin::server::{Policy, PolicyConfig};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderName,
    HeaderValue, VARY,
};
use http::{HeaderMap, Method, StatusCode};

use crate::diff_places::{self, Place};
use crate::diff_settings::{self, SettingDifference};
use crate::witness::{Asks, Witness, WitnessOrigin, Witnesses};
use crate::{Answer, PolicyDocument, Question, Report, Site, Target};

/// The most differences of one kind that are kept for one place; the others are counted.
const MAX_OF_A_KIND: usize = 1_000;

/// Everything that two policy files answer differently.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Differences {
    /// Each with a request, those of one place together.
    pub requests: Vec<RequestDifference>,
    /// What no request shows, or none by itself: listeners, limits.
    pub settings: Vec<SettingDifference>,
    /// How many more there are of a kind and place of which 1000 are there.
    pub left_out: usize,
}

/// A request that two policy files answer differently.
#[derive(Debug)]
#[non_exhaustive]
pub struct RequestDifference {
    /// A stable name for the kind, such as `origin-allowed`.
    pub code: &'static str,
    /// What the second file does otherwise, in a sentence without a full stop.
    pub message: String,
    /// The places in the files at which requests are answered so; the request is for the first of them.
    pub places: Vec<String>,
    /// The listener that the request comes in through, where the files have any.
    pub listener: Option<String>,
    /// The request's method.
    pub method: Method,
    /// Its path.
    pub path: String,
    /// Its headers, `Host` among them.
    pub headers: HeaderMap,
    /// What the first file answers.
    pub before: Told,
    /// What the second file answers.
    pub after: Told,
}

/// What one file makes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Told {
    /// As [`Answer::outcome`] says it.
    pub outcome: &'static str,
    /// As [`Answer::reason`] says it: code and sentence.
    pub reason: (&'static str, String),
    /// The policy's name.
    pub policy: Option<String>,
    /// What answers, in words.
    pub target: String,
    /// The status of the response that the gateway sends by itself; `None` where the route's target answers.
    pub status: Option<StatusCode>,
    /// The headers that the policy gives the response.
    pub headers: HeaderMap,
}

/// One of the two files.
pub(crate) struct Side {
    pub(crate) site: Site,
    configurations: Vec<(String, PolicyConfig)>,
    closed: PolicyConfig,
}

impl Side {
    fn new(document: &PolicyDocument) -> Result<Self, Report> {
        let (site, _) = document.compile()?;
        Ok(Self { site, configurations: document.configurations(), closed: PolicyConfig::default() })
    }

    /// The configuration behind a policy: that of nobody where there is none.
    fn configuration(&self, policy: Option<&(String, Policy)>) -> &PolicyConfig {
        let named = |(name, _): &(String, Policy)| {
            self.configurations.iter().find(|(own, _)| own == name).map(|(_, configuration)| configuration)
        };
        policy.and_then(named).unwrap_or(&self.closed)
    }
}

/// What the second document answers otherwise than the first.
///
/// # Errors
/// What is wrong with the first of them that can't be used.
pub fn differences(before: &PolicyDocument, after: &PolicyDocument) -> Result<Differences, Report> {
    let (before, after) = (Side::new(before)?, Side::new(after)?);
    let mut differences = Differences {
        settings: diff_settings::of_sites(&before.site, &after.site),
        ..Differences::default()
    };
    for place in diff_places::places(&before.site, &after.site) {
        let mut found = At { before: &before, after: &after, place: &place, found: Vec::new(), left_out: 0 };
        found.compare(&mut differences.settings);
        differences.left_out += found.left_out;
        for difference in found.found {
            differences.add(difference);
        }
    }
    Ok(differences)
}

impl Differences {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty() && !self.settings.iter().any(|setting| !setting.is_unseen)
    }

    /// Adds one, or a place to one that is the same elsewhere.
    fn add(&mut self, difference: RequestDifference) {
        let same = |own: &&mut RequestDifference| {
            own.code == difference.code
                && own.message == difference.message
                && own.before.is_alike(&difference.before)
                && own.after.is_alike(&difference.after)
        };
        match self.requests.iter_mut().find(same) {
            Some(own) => own.places.extend(difference.places),
            None => self.requests.push(difference),
        }
    }
}

impl Told {
    fn new(answer: &Answer<'_>) -> Self {
        Self {
            outcome: answer.outcome(),
            reason: answer.reason(),
            policy: answer.policy.map(|(name, _)| name.clone()),
            target: target(answer),
            status: answer.status,
            headers: answer.headers.clone(),
        }
    }

    fn is_alike(&self, other: &Self) -> bool {
        (self.outcome, &self.policy, self.status, &self.headers)
            == (other.outcome, &other.policy, other.status, &other.headers)
    }
}

/// What answers, in words.
fn target(answer: &Answer<'_>) -> String {
    match (answer.route.map(|route| &route.target), answer.refused_path) {
        (_, Some(_)) => "400 Bad Request".into(),
        (Some(Target::Files(folder)), _) => format!("the files of {}", folder.display()),
        (Some(Target::Upstream(upstreams)), _) => match upstreams.servers().len() {
            1 => format!("the upstream {upstreams}"),
            _ => format!("one of the upstreams {upstreams}"),
        },
        (None, None) => "404 Not Found".into(),
    }
}

/// The comparison at one place.
struct At<'a> {
    before: &'a Side,
    after: &'a Side,
    place: &'a Place<'a>,
    found: Vec<RequestDifference>,
    left_out: usize,
}

impl At<'_> {
    fn compare(&mut self, settings: &mut Vec<SettingDifference>) {
        let Place { routes: (before_route, after_route), .. } = *self.place;
        let probe = Witness {
            method: self.place.method.clone(),
            headers: HeaderMap::new(),
            asks: Asks::NoOrigin,
            by_browsers: true,
        };
        let Some((before, after)) = self.ask(&probe) else { return };
        let (then, now) = (target(&before), target(&after));
        let (was_passed, is_passed) =
            (before.outcome() == "passed-through", after.outcome() == "passed-through");
        let (old, new) = (self.before.configuration(before.policy), self.after.configuration(after.policy));
        if then != now {
            self.add("answers", format!("{now} answers, not {then}"), &probe);
        }
        if let (Some(before), Some(after)) = (before_route, after_route) {
            settings.extend(diff_settings::of_routes(&self.place.name, before, after));
        }
        let witnesses = Witnesses::new([old, new]);
        match (was_passed, is_passed) {
            (true, true) => return,
            (false, false) if old == new => return,
            (false, false) => {}
            (_, passes) => {
                let message = match passes {
                    true => "CORS is left to the upstream, and preflights go to it",
                    false => "the policy decides, and no longer the upstream",
                };
                let any = witnesses.members().next();
                let request = any.and_then(|origin| origin.request(self.place.method.clone()));
                self.add("pass-through", message.into(), &request.unwrap_or(probe));
                return;
            }
        }
        self.compare_headers(&probe);
        let common = self.compare_origins(&witnesses);
        match &common {
            Some(origin) => self.compare_preflights(origin, &witnesses),
            None => settings.extend(diff_settings::of_policies(&self.place.name, old, new)),
        }
        let preflight = witnesses.members().next();
        let preflight =
            preflight.and_then(|origin| origin.preflight(self.place.method.as_str(), None, Asks::Preflight));
        for witness in witnesses.forbidden().iter().chain(&preflight) {
            self.compare_headers(witness);
        }
        let has_names = |code: &str| {
            ["method-granted", "method-refused", "header-granted", "header-refused"].contains(&code)
        };
        if self.found.iter().any(|difference| has_names(difference.code)) {
            self.found.retain(|difference| difference.code != "wording");
        }
    }

    /// Both answers to a request, where it is the place's routes that take it.
    fn ask(&self, witness: &Witness) -> Option<(Answer<'_>, Answer<'_>)> {
        let Place { listeners, routes, host, path, .. } = self.place;
        let Witness { method, headers, .. } = witness;
        let question = Question { host, path, method, headers };
        let before = self.before.site.answer(listeners.0, &question);
        let after = self.after.site.answer(listeners.1, &question);
        let is_here =
            diff_places::is_same(before.route, routes.0) && diff_places::is_same(after.route, routes.1);
        is_here.then_some((before, after))
    }

    fn add(&mut self, code: &'static str, message: String, witness: &Witness) {
        let of_code = self.found.iter().filter(|difference| difference.code == code);
        if of_code.count() >= MAX_OF_A_KIND {
            self.left_out += 1;
            return;
        }
        let Some((before, after)) = self.ask(witness) else { return };
        let (before, after) = (Told::new(&before), Told::new(&after));
        let mut headers = HeaderMap::new();
        if let Ok(host) = HeaderValue::from_str(&self.place.host) {
            headers.insert(http::header::HOST, host);
        }
        headers.extend(witness.headers.clone());
        self.found.push(RequestDifference {
            code,
            message,
            places: vec![self.place.name.clone()],
            listener: self.place.listeners.1.or(self.place.listeners.0).map(|listener| listener.name.clone()),
            method: witness.method.clone(),
            path: self.place.path.clone(),
            headers,
            before,
            after,
        });
    }

    /// Puts a request of each item's origin, and gives one that both sides allow.
    fn compare_origins(&mut self, witnesses: &Witnesses<'_>) -> Option<WitnessOrigin> {
        let mut common = None;
        for origin in witnesses.members() {
            let Some(witness) = origin.request(self.place.method.clone()) else { continue };
            let Some((before, after)) = self.ask(&witness) else { continue };
            let (before, after) = (is_shared(&before), is_shared(&after));
            match (before, after) {
                (true, true) if common.is_none() => common = Some(origin.clone()),
                (false, true) => {
                    self.add("origin-allowed", origin_message(&origin, "may now read"), &witness);
                    continue;
                }
                (true, false) => {
                    self.add("origin-refused", origin_message(&origin, "may no longer read"), &witness);
                    continue;
                }
                _ => {}
            }
            self.compare_headers(&witness);
        }
        common
    }

    /// Puts preflights for each name from an origin that both sides allow.
    fn compare_preflights(&mut self, origin: &WitnessOrigin, witnesses: &Witnesses<'_>) {
        let other = witnesses.other_method();
        for method in witnesses.named_methods().iter().chain([&other]) {
            let name =
                if *method == other { format!("every method, such as {method},") } else { method.clone() };
            let asks = Asks::Method(method.clone());
            let codes = ["method-granted", "method-refused"];
            self.compare_grant(origin.preflight(method, None, asks), &name, codes);
        }
        let (mut names, other) = (witnesses.named_request_headers(), witnesses.other_request_header());
        if !names.iter().any(|name| name == "authorization") {
            names.push("authorization".into());
        }
        for header in names.iter().chain([&other]) {
            let name = match *header == other {
                true => format!("every request header, such as {header},"),
                false => format!("the request header {header}"),
            };
            let preflight = origin.preflight(
                self.place.method.as_str(),
                Some(header),
                Asks::RequestHeaders(header.clone()),
            );
            self.compare_grant(preflight, &name, ["header-granted", "header-refused"]);
        }
    }

    fn compare_grant(&mut self, witness: Option<Witness>, name: &str, codes: [&'static str; 2]) {
        let Some(witness) = witness else { return };
        let Some((before, after)) = self.ask(&witness) else { return };
        match (is_shared(&before), is_shared(&after)) {
            (false, true) => self.add(codes[0], format!("{name} is now granted"), &witness),
            (true, false) => self.add(codes[1], format!("{name} is no longer granted"), &witness),
            _ => self.compare_headers(&witness),
        }
    }

    /// What else differs in two answers of which both or neither are shared.
    fn compare_headers(&mut self, witness: &Witness) {
        let Some((before, after)) = self.ask(witness) else { return };
        let shared = (is_shared(&before), is_shared(&after)) == (true, true);
        let is_preflight = after.decision.as_ref().is_some_and(crossorigin::server::Decision::is_preflight);
        let value = |answer: &Answer<'_>, name: &HeaderName| {
            let value =
                answer.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            value.map_or_else(|| "nothing".into(), |value| format!("\"{value}\""))
        };
        let changed = |name: HeaderName| {
            let (then, now) = (value(&before, &name), value(&after, &name));
            (then != now).then(|| format!("{now}, not {then}"))
        };
        let mut found: Vec<(&'static str, String)> = Vec::new();
        if before.status != after.status && target(&before) == target(&after) {
            let status = |answer: &Answer<'_>| {
                answer.status.map_or_else(|| "the service's own".to_owned(), |status| status.to_string())
            };
            let code = if is_preflight { "preflight-status" } else { "forbidden" };
            found.push((code, format!("the status is {}, not {}", status(&after), status(&before))));
        }
        if shared {
            if let Some(changed) = changed(ACCESS_CONTROL_ALLOW_CREDENTIALS) {
                let (code, message) = match changed.starts_with("\"true\"") {
                    true => ("credentials-allowed", "responses to requests with credentials may now be read"),
                    false => (
                        "credentials-refused",
                        "responses to requests with credentials may no longer be read",
                    ),
                };
                found.push((code, message.into()));
            }
            found.extend(changed(ACCESS_CONTROL_ALLOW_ORIGIN).map(|_| {
                let now = value(&after, &ACCESS_CONTROL_ALLOW_ORIGIN);
                let now =
                    if now == "\"*\"" { "*, not the origin itself" } else { "the origin itself, not *" };
                ("origin-answer", format!("the answer to an origin that may read names {now}"))
            }));
            for (name, code, what) in [
                (ACCESS_CONTROL_MAX_AGE, "max-age", "preflights may be kept for so many seconds"),
                (ACCESS_CONTROL_EXPOSE_HEADERS, "exposed-headers", "script may read these headers"),
            ] {
                found.extend(changed(name).map(|changed| (code, format!("{what}: {changed}"))));
            }
            for name in [ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_HEADERS] {
                let message = |changed| format!("the same is granted in other words: {name}: {changed}");
                found.extend(changed(name.clone()).map(|changed| ("wording", message(changed))));
            }
        }
        if !is_preflight && is_shared(&before) == is_shared(&after) {
            let timing = HeaderName::from_static("timing-allow-origin");
            let message = |changed| format!("the response's timing is shown to {changed}");
            found.extend(changed(timing).map(|changed| ("timing", message(changed))));
        }
        if !is_preflight {
            let resource_policy = HeaderName::from_static("cross-origin-resource-policy");
            let message = |changed| format!("who may embed the response without CORS: {changed}");
            found.extend(changed(resource_policy).map(|changed| ("resource-policy", message(changed))));
            let message = |changed| format!("caches are told by Vary to keep responses apart: {changed}");
            found.extend(changed(VARY).map(|changed| ("vary", message(changed))));
        }
        drop((before, after));
        let mut said: HashSet<_> = self.found.iter().map(|difference| difference.code).collect();
        // Of these one request is enough; the origins and names are told by themselves.
        found.retain(|(code, _)| said.insert(code));
        for (code, message) in found {
            self.add(code, message, witness);
        }
    }
}

fn is_shared(answer: &Answer<'_>) -> bool {
    answer.headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN)
}

fn origin_message(origin: &WitnessOrigin, what: &str) -> String {
    match origin.item.as_str() {
        "*" => format!("every origin that is not named {what}, such as {}", origin.value),
        item if item.contains('*') => {
            format!("every origin that {item} takes in {what}, such as {}", origin.value)
        }
        _ => format!("{} {what}", origin.value),
    }
}
