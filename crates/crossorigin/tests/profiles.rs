//! Every deviation of a browser, shown by its own example: the standard does one thing, and the standard with
//! this one deviation another.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::time::Duration;

use crossorigin::fetching::{
    Context, CorsPreflightCache, EmbedderPolicyValue, HttpRequest, Machine, Purpose, ResponseHead, Step,
};
use crossorigin::html::{CorsSettings, Initiator};
use crossorigin::infrastructure::request::{
    BodyKind, CredentialsMode, Destination, InitiatorType, Mode, RedirectMode, Request,
};
use crossorigin::profiles::{Behavior, Profile};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

/// What a case comes to as this behaviour has it: the requests of the last fetch, and how it ends.
fn run(case: &str, behavior: Behavior) -> String {
    let lines: Vec<&str> = case.lines().collect();
    let shown = lines.iter().find_map(|line| line.strip_prefix("? "));
    let (mut cache, mut now, mut told) = (CorsPreflightCache::default(), Duration::ZERO, String::new());
    for (nth, line) in lines.iter().enumerate() {
        match line.split_once(' ').unwrap() {
            (">", fetch) => {
                let mut answers = lines[nth + 1..]
                    .iter()
                    .take_while(|line| !line.starts_with('>'))
                    .filter_map(|line| line.strip_prefix("< "))
                    .flat_map(several);
                let (request, embedder_policy) = request(fetch, &behavior);
                let mut context = Context { cache: &mut cache, now };
                let mut machine: Machine = Machine::with(request, embedder_policy, behavior);
                told = end(&mut machine, &mut context, &mut answers, shown);
                assert!(answers.next().is_none(), "every answer is used: {told} of {case}");
            }
            ("*", fetches) => {
                let (count, fetch) = fetches.split_once(' ').unwrap();
                for nth in 0..count.parse::<u32>().unwrap() {
                    let (request, embedder_policy) = request(&format!("{fetch}{nth}"), &behavior);
                    let mut context = Context { cache: &mut cache, now };
                    let mut machine: Machine = Machine::with(request, embedder_policy, behavior);
                    told = end(&mut machine, &mut context, &mut std::iter::empty(), shown);
                }
            }
            ("@", seconds) => now += Duration::from_secs(seconds.parse().unwrap()),
            ("<" | "?", _) => {}
            _ => panic!("{line} is no line of a case"),
        }
    }
    let told = counted(&told);
    if shown == Some("kept") { format!("{told}, {} kept", cache.len()) } else { told }
}

fn end<'a>(
    machine: &mut Machine,
    context: &mut Context<'_>,
    answers: &mut impl Iterator<Item = &'a str>,
    shown: Option<&str>,
) -> String {
    let (mut told, mut step) = (String::new(), machine.start(context));
    loop {
        match step {
            Step::Send(sent) => {
                told.push_str(&request_as_text(&sent, shown));
                let all = "access-control-allow-origin: *; access-control-allow-methods: *; \
                           access-control-allow-headers: *, authorization";
                let answer = answers.next().map_or_else(
                    || format!("{} {all}", if sent.purpose == Purpose::Preflight { 204 } else { 200 }),
                    str::to_owned,
                );
                let (status, pairs) = answer.split_once(' ').unwrap_or((&answer, ""));
                let head = headers(pairs);
                let status = StatusCode::from_bytes(status.as_bytes()).unwrap();
                step = machine.response(ResponseHead::new(status, &head), context);
            }
            Step::Response(response) => return told + "→ " + response.response_type().name(),
            Step::NetworkError(reason) => return told + "→ " + reason.code(),
            Step::ReadDataUrl(url) => return told + "→ " + url.as_str(),
        }
    }
}

/// Answers that come `20 times`.
fn several(answer: &str) -> impl Iterator<Item = &str> {
    let (count, answer) = answer.split_once(" times ").unwrap_or(("1", answer));
    std::iter::repeat_n(answer, count.parse().unwrap())
}

/// What begins with many requests alike, which are told once.
fn counted(told: &str) -> String {
    let first = told.split(' ').next().unwrap();
    match told.split(' ').take_while(|word| *word == first).count() {
        count @ 10.. => format!("{count} times {}", &told[(count - 1) * (first.len() + 1)..]),
        _ => told.to_owned(),
    }
}

fn request_as_text(sent: &HttpRequest, shown: Option<&str>) -> String {
    let with = match shown {
        None | Some("kept") => String::new(),
        Some("url") => format!(" url={}", sent.url),
        Some("credentials") => {
            format!(" with{} credentials", if sent.includes_credentials { "" } else { "out" })
        }
        Some(name) => {
            let value = sent.headers.get(name).map_or("none", |value| value.to_str().unwrap());
            format!(" {name}={value}")
        }
    };
    format!("{}{with} ", sent.method)
}

/// Writes out `{9}` as nine letters.
fn expand(text: &str) -> String {
    let Some((before, (count, after))) =
        text.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    else {
        return text.to_owned();
    };
    format!("{before}{}{}", "x".repeat(count.parse().unwrap()), expand(after))
}

fn headers(pairs: &str) -> HeaderMap {
    let pairs = pairs.split("; ").filter(|pair| !pair.is_empty()).map(|pair| pair.split_once(": ").unwrap());
    pairs
        .map(|(name, value)| {
            (
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_bytes(expand(value).as_bytes()).unwrap(),
            )
        })
        .collect()
}

fn request(fetch: &str, behavior: &Behavior) -> (Request, EmbedderPolicyValue) {
    let (what, pairs) = fetch.split_once(" | ").unwrap_or((fetch, ""));
    let mut words = what.split(' ');
    let (method, url) = (words.next().unwrap(), expand(words.next().unwrap()));
    let words: Vec<_> = words.collect();
    let from = words.iter().find_map(|word| word.strip_prefix("from=")).unwrap_or("https://a.example");
    let (origin, url) = (from.parse().unwrap(), url.parse().unwrap());
    let is_beacon = words.contains(&"beacon");
    let mut embedder_policy = EmbedderPolicyValue::UnsafeNone;
    let mut request = Initiator::Fetch.request(origin, url, CorsSettings::Anonymous);
    request.method = Method::from_bytes(method.as_bytes()).unwrap();
    for word in words {
        match word {
            "no-cors" => request.mode = Mode::NoCors,
            "include" => request.credentials_mode = CredentialsMode::Include,
            "image" => {
                (request.destination, request.initiator_type) = (Destination::Image, InitiatorType::Other);
            }
            "script" => {
                (request.destination, request.initiator_type) = (Destination::Script, InitiatorType::Other);
            }
            "keepalive" => request.keepalive = true,
            "upload" => request.use_cors_preflight = true,
            "manual" => request.redirect_mode = RedirectMode::Manual,
            "body" => request.body = BodyKind::Replayable,
            "beacon" => {
                let (origin, url) = (request.origin.clone(), request.current_url().clone());
                request = Initiator::Beacon.request_in(behavior, origin, url, CorsSettings::NoCors);
                request.body = BodyKind::Replayable;
            }
            "credentialless" => embedder_policy = EmbedderPolicyValue::Credentialless,
            "font" => {
                let (origin, url) = (request.origin.clone(), request.current_url().clone());
                request = Initiator::Font.request_in(behavior, origin, url, CorsSettings::Anonymous);
            }
            "track" => {
                let (origin, url) = (request.origin.clone(), request.current_url().clone());
                request = Initiator::Track.request_in(behavior, origin, url, CorsSettings::NoCors);
            }
            "shape" => {
                let (origin, url) = (request.origin.clone(), request.current_url().clone());
                request = Initiator::CssShape.request_in(behavior, origin, url, CorsSettings::Anonymous);
            }
            word if word.starts_with("from=") => {}
            word => panic!("{word} means nothing in {fetch}"),
        }
    }
    request.headers = headers(pairs);
    if is_beacon {
        Initiator::Beacon.settle(&mut request);
    }
    (request, embedder_policy)
}

#[test]
fn every_deviation_is_shown_by_its_example() {
    let mut wrong = Vec::new();
    for entry in Profile::ALL.into_iter().flat_map(Profile::entries) {
        let example = entry.example;
        assert_ne!(example.standard, example.deviation, "{} changes nothing", entry.id);
        let mut behavior = Behavior::STANDARD;
        entry.apply(&mut behavior);
        let found = (run(example.case, Behavior::STANDARD), run(example.case, behavior));
        if (&*found.0, &*found.1) != (example.standard, example.deviation) {
            wrong.push(format!("{}\n{}\n{found:?}", entry.id, example.case));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// How far deviations go: what browsers were seen to do where one ends. Whose it is, the case, what it comes to.
const EDGES: &[(Profile, &str, &str)] = &[
    // What a method would need abroad goes with it; what it needed stays, as does what headers would need.
    (
        Profile::Firefox,
        "> PATCH https://a.example/\n\
         < 303 location: https://b.example/",
        "PATCH GET → cors",
    ),
    (
        Profile::Firefox,
        "> PATCH https://a.example/ body | content-type: text/xml\n\
         < 303 location: https://b.example/",
        "PATCH OPTIONS GET → cors",
    ),
    (
        Profile::Firefox,
        "> PATCH https://b.example/\n\
         < 204 access-control-allow-origin: *; access-control-allow-methods: PATCH\n\
         < 303 access-control-allow-origin: *; location: /next",
        "OPTIONS PATCH OPTIONS GET → cors",
    ),
    // A redirect that is asked anew, after a preflight, is trusted no more.
    (
        Profile::WebKit,
        "> PUT https://a.example/\n\
         < 302 location: https://user@b.example/",
        "PUT OPTIONS → redirect-credentials",
    ),
    // Nor is one that was made a GET before.
    (
        Profile::WebKit,
        "> POST https://a.example/\n\
         < 302 location: /next\n\
         < 302 location: https://user@b.example/",
        "POST GET → redirect-credentials",
    ),
    (
        Profile::WebKit,
        "> POST https://a.example/ | x-foo: 1\n\
         < 302 location: /next\n\
         < 302 location: https://user@b.example/",
        "POST GET OPTIONS → redirect-credentials",
    ),
    (
        Profile::WebKit,
        "> POST https://a.example/\n\
         < 302 location: https://user@b.example/",
        "POST GET → cors",
    ),
    // So is its check, which comes once permission was asked for where it leads.
    (
        Profile::WebKit,
        "> PUT https://a.example/\n\
         < 302 location: https://b.example/\n\
         < 204 access-control-allow-origin: *; access-control-allow-methods: PUT\n\
         < 307 access-control-allow-origin: *; location: /next",
        "PUT OPTIONS PUT OPTIONS → allow-origin-wildcard",
    ),
    (
        Profile::WebKit,
        "> PUT https://a.example/\n\
         < 302 location: https://b.example/\n\
         < 204 access-control-allow-origin: *; access-control-allow-methods: PUT\n\
         < 307 access-control-allow-origin: https://a.example; access-control-allow-credentials: true; location: /next",
        "PUT OPTIONS PUT OPTIONS PUT → cors",
    ),
    // What began abroad may ask again and again.
    (
        Profile::WebKit,
        "> PUT https://b.example/\n\
         < 204 access-control-allow-origin: *; access-control-allow-methods: PUT\n\
         < 307 access-control-allow-origin: *; location: /next",
        "OPTIONS PUT OPTIONS PUT → cors",
    ),
    // Twenty redirects of what ends with its page are followed.
    (
        Profile::Chromium,
        "> GET https://a.example/\n\
         < 20 times 302 location: /next",
        "21 times GET → basic",
    ),
    (
        Profile::Chromium,
        "> GET https://a.example/ keepalive\n\
         < 19 times 302 location: /next",
        "20 times GET → basic",
    ),
    // The check of the last response knows that no credentials were sent.
    (
        Profile::WebKit,
        "> GET https://a.example/\n\
         < 302 location: https://b.example/",
        "GET GET → cors",
    ),
    // What began abroad was without credentials from the first.
    (
        Profile::WebKit,
        "> GET https://b.example/\n\
         < 302 access-control-allow-origin: *; location: https://c.example/",
        "GET GET → cors",
    ),
    // A header of the origin stays until a redirect leads to another.
    (
        Profile::WebKit,
        "? origin\n\
         > POST https://b.example/ no-cors\n\
         < 303 location: /next\n\
         < 302 location: https://c.example/",
        "POST origin=https://a.example GET origin=https://a.example GET origin=none → opaque",
    ),
    // What covers Authorization in a response does not in the cache.
    (
        Profile::Chromium,
        "> GET https://b.example/ | authorization: x\n\
         < 204 access-control-allow-origin: *; access-control-allow-headers: *\n\
         < 200 access-control-allow-origin: *\n\
         > GET https://b.example/ | authorization: x",
        "OPTIONS GET → cors",
    ),
    (
        Profile::WebKit,
        "> GET https://b.example/ | authorization: x\n\
         < 204 access-control-allow-origin: *; access-control-allow-headers: *\n\
         < 200 access-control-allow-origin: *\n\
         > GET https://b.example/ | authorization: x",
        "GET → cors",
    ),
    // A wildcard that was kept with credentials, for requests without.
    (
        Profile::Chromium,
        "> PUT https://b.example/ include\n\
         < 204 access-control-allow-origin: https://a.example; access-control-allow-credentials: true; access-control-allow-methods: PUT, *\n\
         < 200 access-control-allow-origin: https://a.example; access-control-allow-credentials: true\n\
         > DELETE https://b.example/",
        "OPTIONS DELETE → cors",
    ),
    (
        Profile::WebKit,
        "> PUT https://b.example/ include\n\
         < 204 access-control-allow-origin: https://a.example; access-control-allow-credentials: true; access-control-allow-methods: PUT, *\n\
         < 200 access-control-allow-origin: https://a.example; access-control-allow-credentials: true\n\
         > DELETE https://b.example/",
        "DELETE → cors",
    ),
    // A response that lists nothing is kept, too: for the methods that need no listing.
    (
        Profile::Chromium,
        "> POST https://b.example/ upload\n\
         < 204 access-control-allow-origin: *\n\
         > POST https://b.example/ upload",
        "POST → cors",
    ),
    // But not for longer than it says.
    (
        Profile::Chromium,
        "> POST https://b.example/ upload\n\
         < 204 access-control-allow-origin: *; access-control-max-age: 1\n\
         @ 1\n\
         > POST https://b.example/ upload",
        "OPTIONS POST → cors",
    ),
    // Nor without credentials for those with.
    (
        Profile::Chromium,
        "> PUT https://b.example/\n\
         > POST https://b.example/ include upload\n\
         < 403 access-control-allow-origin: https://a.example; access-control-allow-credentials: true",
        "OPTIONS → preflight-status",
    ),
    (
        Profile::Firefox,
        "> PUT https://b.example/ include\n\
         < 204 access-control-allow-origin: https://a.example; access-control-allow-credentials: true; access-control-allow-methods: PUT\n\
         < 200 access-control-allow-origin: https://a.example; access-control-allow-credentials: true\n\
         > POST https://b.example/ upload",
        "OPTIONS POST → cors",
    ),
    // What is no number leaves what was kept before as it is, as 0 does; in Chromium it replaces it.
    (
        Profile::Firefox,
        "> PUT https://b.example/\n\
         < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-max-age: 100\n\
         < 200 access-control-allow-origin: *\n\
         > PUT https://b.example/ | x-foo: 1\n\
         < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-allow-headers: x-foo; access-control-max-age: -1\n\
         < 200 access-control-allow-origin: *\n\
         > PUT https://b.example/",
        "PUT → cors",
    ),
    (
        Profile::Chromium,
        "> PUT https://b.example/\n\
         < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-max-age: 100\n\
         < 200 access-control-allow-origin: *\n\
         > PUT https://b.example/ | x-foo: 1\n\
         < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-allow-headers: x-foo; access-control-max-age: 0\n\
         < 200 access-control-allow-origin: *\n\
         > PUT https://b.example/",
        "OPTIONS PUT → cors",
    ),
    // No value is as good as no header.
    (
        Profile::Firefox,
        "> PUT https://b.example/\n\
         < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-max-age: \n\
         < 200 access-control-allow-origin: *\n\
         @ 4\n\
         > PUT https://b.example/",
        "PUT → cors",
    ),
    // A failed fetch forgets what was kept with credentials and without.
    (
        Profile::Firefox,
        "> PUT https://b.example/\n\
         < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-max-age: 100\n\
         < 200 access-control-allow-origin: *\n\
         > DELETE https://b.example/ include\n\
         < 403 access-control-allow-origin: https://a.example; access-control-allow-credentials: true\n\
         > PUT https://b.example/",
        "OPTIONS PUT → cors",
    ),
    (
        Profile::Firefox,
        "> PUT https://b.example/ include\n\
         < 204 access-control-allow-origin: https://a.example; access-control-allow-credentials: true; access-control-allow-methods: PUT\n\
         < 200 access-control-allow-origin: https://a.example; access-control-allow-credentials: true\n\
         > DELETE https://b.example/\n\
         < 403 access-control-allow-origin: *\n\
         > PUT https://b.example/ include\n\
         < 403 access-control-allow-origin: https://a.example; access-control-allow-credentials: true",
        "OPTIONS → preflight-status",
    ),
    // A redirect to where no browser speaks HTTP is no redirect to follow, but a good one may be held.
    (
        Profile::WebKit,
        "> GET https://a.example/ manual\n\
         < 302 location: https://b.example/",
        "GET → opaqueredirect",
    ),
    (
        Profile::WebKit,
        "> GET https://a.example/ manual\n\
         < 302 location: http://[",
        "GET → opaqueredirect",
    ),
    (
        Profile::Chromium,
        "> GET https://a.example/ manual\n\
         < 302 location: ftp://b.example/",
        "GET → opaqueredirect",
    ),
    (
        Profile::Chromium,
        "> GET https://a.example/ manual\n\
         < 302",
        "GET → opaqueredirect",
    ),
    // Beacons ask for the type of a body that is gone, too.
    (
        Profile::WebKit,
        "> POST https://a.example/ beacon | content-type: application/octet-stream\n\
         < 303 location: https://b.example/",
        "POST OPTIONS → preflight-allow-origin-wildcard",
    ),
    // Lines that are all empty are one that is, and those with a value are joined as anywhere.
    (
        Profile::Firefox,
        "> GET https://b.example/\n\
         < 200 access-control-allow-origin: ; access-control-allow-origin: ",
        "GET → allow-origin-mismatch",
    ),
    (
        Profile::Firefox,
        "> GET https://b.example/\n\
         < 200 access-control-allow-origin: *; access-control-allow-origin: *",
        "GET → allow-origin-mismatch",
    ),
    (
        Profile::Firefox,
        "> PUT https://b.example/\n\
         < 204 access-control-allow-origin: ; access-control-allow-origin: *; access-control-allow-methods: ; access-control-allow-methods: PUT",
        "OPTIONS PUT → cors",
    ),
    // A data: URL is the page's own in the other modes.
    (Profile::WebKit, "> GET data:,x manual", "→ data:,x"),
    (Profile::WebKit, "> GET data:,x no-cors", "→ data:,x"),
];

#[test]
fn deviations_end_where_browsers_end_them() {
    for (profile, case, expected) in EDGES {
        assert_eq!(run(case, profile.behavior()), *expected, "{profile}: {case}");
    }
}

#[test]
fn a_profile_does_what_its_entries_say() {
    let mut ids = BTreeSet::new();
    for profile in Profile::ALL {
        for entry in profile.entries() {
            assert_eq!(entry.profile, profile, "{}", entry.id);
            assert!(entry.id.starts_with(&format!("{profile}-")), "{}", entry.id);
            assert!(ids.insert(entry.id), "{} stands twice", entry.id);
            for text in [entry.versions, entry.source, entry.what] {
                assert!(!text.is_empty() && !text.contains("  "), "{}: {text:?}", entry.id);
            }
            // No two entries undo each other: with all of them, each still changes what it is there for.
            let mut twice = profile.behavior();
            entry.apply(&mut twice);
            assert_eq!(twice, profile.behavior(), "{} is undone by another", entry.id);
        }
    }
    assert_eq!(Profile::Standard.behavior(), Behavior::STANDARD);
}
