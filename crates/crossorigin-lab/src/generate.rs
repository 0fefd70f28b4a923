//! Cases from a seed. Boundaries first: most values are one byte off, at a limit, or from the standard's lists.

use std::time::Duration;

use crossorigin::html::{CorsSettings, Initiator};
use fastrand::Rng;

use crate::case::{Answer, Ask, Body, Case, Hop, Host, Reading, Realm};

/// The case of this number.
pub fn generate(seed: u64, number: u64) -> Case {
    // Each case has a generator of its own, so that one can be had without those before it.
    let mut rng = Rng::with_seed(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let rng = &mut rng;
    let first = ask(rng);
    let realm = realm(rng, first.initiator);
    let sequence = first.is_by_script() && one_in(rng, 6);
    let mut hops = vec![hop(rng, realm, &first)];
    // WebKit does not always follow the redirects of masks.
    let may_redirect = !sequence && first.initiator != Initiator::CssMask;
    while hops.len() < 4 && may_redirect && one_in(rng, if hops.len() == 1 { 6 } else { 3 }) {
        let previous = hops.len() - 1;
        hops[previous].actual.status = *pick_ref(rng, &[301, 302, 303, 307, 308]);
        let location = if one_in(rng, 12) { odd_location(rng, first.initiator) } else { "{next}".to_owned() };
        hops[previous].actual.headers.push(("location", location));
        let next = hop(rng, realm, &first);
        hops.push(next);
    }
    let mut asks = vec![first];
    if sequence {
        for _ in 0..rng.usize(1..=3) {
            let next = variation(rng, &asks[0]);
            asks.push(next);
        }
    }
    Case { number, realm, asks, hops }
}

const HOSTS: &[Host] =
    &[Host::Own, Host::OtherPort, Host::SameSite, Host::CrossSite, Host::CrossSite, Host::Secure];

fn one_in(rng: &mut Rng, count: u32) -> bool {
    rng.u32(0..count) == 0
}

fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.usize(0..from.len())]
}

/// One of several, each as often as its weight says.
fn weighted<T: Copy>(rng: &mut Rng, from: &[(u32, T)]) -> T {
    let mut left = rng.u32(0..from.iter().map(|(weight, _)| weight).sum());
    let mut nth = 0;
    while left >= from[nth].0 {
        left -= from[nth].0;
        nth += 1;
    }
    from[nth].1
}

fn pick_ref<'a, T>(rng: &mut Rng, from: &'a [T]) -> &'a T {
    &from[rng.usize(0..from.len())]
}

/// Which document asks how often, in a hundred.
const REALMS: &[(u32, Realm)] = &[
    (84, Realm::Page),
    (3, Realm::Srcdoc),
    (6, Realm::Sandboxed),
    (3, Realm::SandboxedSrcdoc),
    (4, Realm::Data),
];

fn realm(rng: &mut Rng, initiator: Initiator) -> Realm {
    match initiator {
        // WebKit sends the beacons of sandboxed frames in the name of their URLs.
        Initiator::Beacon => Realm::Page,
        _ => weighted(rng, REALMS),
    }
}

/// Who asks how often, in a hundred.
const INITIATORS: &[(u32, Initiator)] = &[
    (32, Initiator::Fetch),
    (18, Initiator::Xhr),
    (9, Initiator::Image),
    (3, Initiator::WebGlTexture),
    (5, Initiator::Script),
    (5, Initiator::Module),
    (4, Initiator::Stylesheet),
    (3, Initiator::FontFace),
    (2, Initiator::Font),
    (4, Initiator::EventSource),
    (5, Initiator::Beacon),
    (2, Initiator::Video),
    (1, Initiator::Audio),
    (3, Initiator::Track),
    (2, Initiator::CssMask),
    (2, Initiator::CssShape),
];

/// The types of blobs. A type that comes back otherwise than it was written is no matter of CORS.
const BLOBS: &[&str] = &[
    "",
    "text/plain",
    "text/plain;charset=utf-8",
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data;boundary=x",
    "application/octet-stream",
    "text/xml",
    "text/plain;a=\"b\"",
];

fn body(rng: &mut Rng) -> Body {
    if rng.bool() { Body::Text } else { Body::Blob(pick(rng, BLOBS)) }
}

const METHODS: &[&str] =
    &["GET", "GET", "GET", "POST", "PUT", "HEAD", "DELETE", "PATCH", "patch", "OPTIONS", "put", "QUERY"];

fn ask(rng: &mut Rng) -> Ask {
    let initiator = weighted(rng, INITIATORS);
    let settings = pick(
        rng,
        &[
            CorsSettings::Anonymous,
            CorsSettings::Anonymous,
            CorsSettings::UseCredentials,
            CorsSettings::NoCors,
        ],
    );
    let mut ask = Ask {
        initiator,
        settings,
        method: "GET",
        headers: Vec::new(),
        body: None,
        credentials: None,
        mode: "cors",
        redirect: "follow",
        upload_listener: false,
        reading: pick(rng, &Reading::ALL),
        after: Duration::ZERO,
    };
    if !ask.is_by_script() {
        match initiator {
            Initiator::Beacon => ask.body = Some(body(rng)),
            Initiator::WebGlTexture => ask.reading = Reading::Texture,
            _ => {}
        }
        return ask;
    }
    ask.method = pick(rng, METHODS);
    if !matches!(ask.method, "GET" | "HEAD") && rng.bool() {
        ask.body = Some(if one_in(rng, 3) { body(rng) } else { Body::Text });
    }
    for _ in 0..pick(rng, &[0, 0, 1, 1, 2, 3]) {
        let header = request_header(rng);
        // Browsers differ in what they make of two types, which is no matter of CORS.
        if header.0 != "content-type" || ask.headers.iter().all(|(name, _)| name != "content-type") {
            ask.headers.push(header);
        }
    }
    if one_in(rng, 40) {
        // The sum of the safelisted values, at its limit and beyond.
        let lines = pick(rng, &[8, 9]);
        ask.headers = (0..lines).map(|_| ("accept".to_owned(), "a".repeat(128))).collect();
    }
    if initiator == Initiator::Xhr {
        ask.upload_listener = ask.body.is_some() && one_in(rng, 3);
        return ask;
    }
    ask.credentials = pick(rng, &[None, Some("omit"), Some("same-origin"), Some("include")]);
    ask.mode = pick(rng, &["cors", "cors", "cors", "cors", "cors", "no-cors", "same-origin"]);
    if ask.mode == "no-cors" && !matches!(ask.method, "GET" | "HEAD" | "POST") {
        ask.method = "GET";
        ask.body = None;
    }
    ask.redirect = pick(rng, &["follow", "follow", "follow", "follow", "error", "manual"]);
    ask
}

/// What asks in turn on one preflight cache: the same with one thing changed, or nothing.
fn variation(rng: &mut Rng, of: &Ask) -> Ask {
    let mut ask = of.clone();
    match rng.u32(0..5) {
        0 => {
            ask.method = pick(rng, METHODS);
            if ask.mode == "no-cors" && !matches!(ask.method, "GET" | "HEAD" | "POST") {
                ask.method = "POST";
            }
            ask.body = ask.body.filter(|_| !matches!(ask.method, "GET" | "HEAD"));
            ask.upload_listener &= ask.body.is_some();
        }
        1 => ask.headers.push(("x-lab".to_owned(), "2".to_owned())),
        2 => {
            ask.credentials = ask.credentials.map(|_| pick(rng, &["omit", "include"]));
            ask.settings = pick(rng, &[CorsSettings::Anonymous, CorsSettings::UseCredentials]);
        }
        3 => ask.after = Duration::from_millis(1500),
        _ => {}
    }
    ask
}

/// The names that script may not set, and some that are nearly those.
const FORBIDDEN: &[&str] = &[
    "accept-charset",
    "Accept-Encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "connection",
    "content-length",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "proxy-",
    "Proxy-Lab",
    "sec-",
    "proxy",
    "sec",
    "cookie3",
    "set-cookie2",
    "x-http-method",
    "x-method-override",
    "accept-charse",
    "last-event-id",
];

fn request_header(rng: &mut Rng) -> (String, String) {
    if one_in(rng, 8) {
        return (pick(rng, FORBIDDEN).to_owned(), pick(rng, &["1", "TRACE", "a, connect"]).to_owned());
    }
    let (name, values): (&str, &[&str]) = pick(
        rng,
        &[
            ("x-lab", &["1", "", "a, b"]),
            ("X-Other", &["1"]),
            ("accept", &["*/*", "text/html", "a:b", "a\"b", "(x)", "text/*;q=0.5", "a@b", "{}"]),
            ("accept-language", &["en", "en;q=0.5, de", "en_GB", "en\"", "*"]),
            ("content-language", &["en", "de, en", "e_n"]),
            (
                "content-type",
                &[
                    "text/plain",
                    "text/plain;charset=utf-8",
                    "TEXT/PLAIN",
                    "application/json",
                    "application/x-www-form-urlencoded",
                    "multipart/form-data; boundary=x",
                    "text/plain; a=\"b\"",
                    "text/html",
                    "text/plain, a/b",
                    "text/plain;",
                    "text",
                    " text/plain ",
                ],
            ),
            (
                "range",
                &[
                    "bytes=0-",
                    "bytes=0-10",
                    "bytes=-5",
                    "bytes=5-2",
                    "bytes=0-1,2-3",
                    "Bytes=0-1",
                    "bytes= 0-1",
                ],
            ),
            ("authorization", &["Basic YTpi", "Bearer t"]),
            ("dpr", &["1"]),
            ("save-data", &["on"]),
            ("viewport-width", &["800"]),
            ("x-http-method-override", &["PUT", "TRACE", "GET, track"]),
            ("cache-control", &["no-cache"]),
            ("cookie", &["forbidden=1"]),
            ("referer", &["http://forbidden.example/"]),
            ("sec-lab", &["1"]),
            ("if-none-match", &["\"x\""]),
        ],
    );
    let mut value = (*pick_ref(rng, values)).to_owned();
    // XMLHttpRequest corrects a charset.
    if one_in(rng, 8) && !value.contains("charset") {
        let length = pick(rng, &[127, 128, 129]);
        let filler = if name.starts_with("content-t") { 'x' } else { '0' };
        while value.len() < length {
            value.push(filler);
        }
    }
    (name.to_owned(), value)
}

fn hop(rng: &mut Rng, realm: Realm, ask: &Ask) -> Hop {
    Hop { host: pick(rng, HOSTS), preflight: preflight(rng, realm, ask), actual: actual(rng, realm, ask) }
}

/// A value that is right most of the time; else one of the others.
fn mostly(rng: &mut Rng, right: &str, others: &[&str]) -> String {
    if one_in(rng, 4) { (*pick_ref(rng, others)).to_owned() } else { right.to_owned() }
}

const ORIGINS: &[&str] = &[
    "*",
    "null",
    "{page}",
    "NULL",
    "null ",
    "null, null",
    "\"null\"",
    "{page}/",
    "{page}, {page}",
    "{page} ",
    "{PAGE}",
    "{own}, *",
    "{other-port}",
    "{same-site}",
    "{cross-site}",
    "",
    "\"{page}\"",
    "*.x.localhost",
    "{page}\t",
    "{page}:80",
    "* ",
    "**",
];
const TRUTHS: &[&str] = &["True", "TRUE", "true ", "true, true", "1", "false", "", "\"true\""];

fn allow_origin(rng: &mut Rng, realm: Realm, headers: &mut Vec<(&'static str, String)>) {
    const NAME: &str = "access-control-allow-origin";
    let (right, other) = if realm.is_opaque() { ("null", "{page}") } else { ("{page}", "null") };
    match rng.u32(0..12) {
        0 => {}
        1 => headers.extend([(NAME, right.to_owned()), (NAME, right.to_owned())]),
        2 | 3 => headers.push((NAME, "*".to_owned())),
        4 => headers.push((NAME, other.to_owned())),
        _ => headers.push((NAME, mostly(rng, right, ORIGINS))),
    }
    if rng.u32(0..3) > 0 {
        headers.push(("access-control-allow-credentials", mostly(rng, "true", TRUTHS)));
    }
}

fn preflight(rng: &mut Rng, realm: Realm, ask: &Ask) -> Answer {
    let status = if one_in(rng, 8) {
        let odd = [201, 205, 206, 207, 226, 299, 300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 407];
        if one_in(rng, 4) { pick(rng, &[451, 500, 503, 599]) } else { pick(rng, &odd) }
    } else {
        pick(rng, &[200, 204])
    };
    let mut headers = Vec::new();
    allow_origin(rng, realm, &mut headers);
    let method = ask.method;
    let upper = method.to_ascii_uppercase();
    if rng.u32(0..6) > 0 {
        let others = [
            "*",
            "",
            "PUT",
            "PUT DELETE",
            "PUT;q=1",
            "put",
            "*, PUT",
            "GET, POST",
            ",PUT,,PATCH,",
            "\"PUT\"",
            &upper,
            "PUT, patch, DELETE, QUERY",
        ];
        headers.push(("access-control-allow-methods", mostly(rng, method, &others)));
    }
    let names: Vec<&str> = ask.headers.iter().map(|(name, _)| name.as_str()).collect();
    if !names.is_empty() && rng.u32(0..6) > 0 || one_in(rng, 6) {
        let all = names.join(", ");
        let upper = names.join(",").to_ascii_uppercase();
        let others = [
            "*",
            "",
            "x-lab",
            "*, authorization",
            "authorization",
            "x-lab x-other",
            "x-lab;",
            &upper,
            ",x-lab,,",
            "\"x-lab\"",
            "x-lab, content-type, range, accept",
        ];
        headers.push(("access-control-allow-headers", mostly(rng, &all, &others)));
    }
    if rng.bool() {
        let value =
            pick(rng, &["0", "1", "5", "600", "999999999", "-1", "abc", "1.5", "1, 1", " 5 ", "", "+5"]);
        headers.push(("access-control-max-age", value.to_owned()));
    }
    if status / 100 == 3 && status != 304 && status != 300 {
        headers.push(("location", "{same}".to_owned()));
    }
    Answer { status, headers }
}

fn actual(rng: &mut Rng, realm: Realm, ask: &Ask) -> Answer {
    // What elements make of a body that is missing or in part is no matter of CORS.
    let reads_body = matches!(ask.initiator, Initiator::Fetch | Initiator::Xhr | Initiator::EventSource);
    let status = if ask.initiator == Initiator::Track {
        // Browsers take the cues of any status, whatever HTML says.
        200
    } else if one_in(rng, 5) && !reads_body {
        pick(rng, &[404, 500])
    } else if reads_body && one_in(rng, 5) {
        let odd = [201, 203, 204, 205, 206, 207, 226, 299, 300, 304, 305, 400, 401, 403, 404, 410, 416, 418];
        if one_in(rng, 4) { pick(rng, &[451, 500, 503, 599]) } else { pick(rng, &odd) }
    } else {
        200
    };
    let mut headers = vec![("cache-control", "no-store".to_owned())];
    allow_origin(rng, realm, &mut headers);
    headers.push(("x-seen", "1".to_owned()));
    headers.push(("etag", "\"e\"".to_owned()));
    if one_in(rng, 4) {
        // Safelisted names, forbidden ones, and others.
        let named = [
            ("content-language", "en"),
            ("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("pragma", "x"),
            ("set-cookie2", "a=1"),
            ("x-seen", "2"),
            ("content-languages", "en"),
        ];
        let (name, value) = pick(rng, &named);
        headers.push((name, value.to_owned()));
    }
    if rng.bool() {
        let value =
            pick(rng, &["x-seen", "*", "X-SEEN, ETag", "x-seen etag", "", "*, x-seen", "set-cookie, etag"]);
        headers.push(("access-control-expose-headers", value.to_owned()));
    }
    if one_in(rng, 4) {
        let values = [
            "same-origin",
            "same-site",
            "cross-origin",
            "Same-Origin",
            "same-origin, same-origin",
            " same-site",
            "",
        ];
        headers.push(("cross-origin-resource-policy", pick(rng, &values).to_owned()));
    }
    Answer { status, headers }
}

fn odd_location(rng: &mut Rng, initiator: Initiator) -> String {
    let always = ["{next-with-password}", "http://[", "{next-with-name}"];
    // What elements do about redirects to other schemes is a matter of other programs: no CORS there.
    let by_script = ["ftp://x.localhost/", "data:,x"];
    let reads = matches!(initiator, Initiator::Fetch | Initiator::Xhr | Initiator::EventSource);
    let pick_other = reads && one_in(rng, 3);
    (if pick_other { pick(rng, &by_script) } else { pick(rng, &always) }).to_owned()
}
