//! What pages ask for.

use std::time::Duration;

use crossorigin::html::{CorsSettings, Initiator};
use fastrand::Rng;

use super::{one_in, pick, weighted};
use crate::case::{Ask, Body, Reading};

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

/// The methods that script may not use, and some that are nearly those.
const FORBIDDEN_METHODS: &[&str] =
    &["CONNECT", "TRACE", "TRACK", "connect", "Trace", "tracK", "CONNECTS", "TRAC", "TRACER", "TRACKS"];

fn method(rng: &mut Rng) -> &'static str {
    if one_in(rng, 30) { pick(rng, FORBIDDEN_METHODS) } else { pick(rng, METHODS) }
}

pub(super) fn ask(rng: &mut Rng) -> Ask {
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
    ask.method = method(rng);
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
pub(super) fn variation(rng: &mut Rng, of: &Ask) -> Ask {
    let mut ask = of.clone();
    match rng.u32(0..5) {
        0 => {
            ask.method = method(rng);
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
        3 if one_in(rng, 2) => ask.after = Duration::from_millis(1500),
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
    let mut value = pick(rng, values).to_owned();
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
