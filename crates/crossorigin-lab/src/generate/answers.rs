//! What servers answer.

use crossorigin::html::{CorsSettings, Initiator};
use fastrand::Rng;

use super::{one_in, pick};
use crate::case::{Answer, Ask, Hop, Host, Realm};

/// A value that is right most of the time; else one of the others.
fn mostly(rng: &mut Rng, right: &str, others: &[&str]) -> String {
    if one_in(rng, 4) { pick(rng, others).to_owned() } else { right.to_owned() }
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

pub(super) fn preflight(rng: &mut Rng, realm: Realm, ask: &Ask) -> Answer {
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
            pick(rng, &["0", "1", "2", "5", "600", "999999999", "-1", "abc", "1.5", "1, 1", " 5 ", "", "+5"]);
        headers.push(("access-control-max-age", value.to_owned()));
    }
    split(rng, &mut headers);
    if status / 100 == 3 && status != 304 && status != 300 {
        headers.push(("location", "{same}".to_owned()));
    }
    Answer { status, headers }
}

/// Headers of the standard's lists for responses, and some that are nearly those. Each has a type and a length besides.
const LISTED: &[(&str, &str)] = &[
    ("content-language", "en"),
    ("content-languages", "en"),
    ("content-encodings", "x"),
    ("expires", "0"),
    ("expire", "0"),
    ("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("pragma", "x"),
    ("pragmas", "x"),
    // As the lab has set it already.
    ("set-cookie", "lab=1; Path=/"),
    ("set-cookie2", "a=1"),
    ("set-cookie3", "a=1"),
    ("x-seen", "2"),
    ("date", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("vary", "x-seen"),
    ("server", "lab"),
    ("content-disposition", "inline"),
];

/// The headers whose lines come to one value.
const SPLIT: &[&str] = &[
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-expose-headers",
    "access-control-max-age",
    "cross-origin-resource-policy",
];

/// Now and then makes several lines of one header.
fn split(rng: &mut Rng, headers: &mut Vec<(&'static str, String)>) {
    if !one_in(rng, 5) {
        return;
    }
    let name = pick(rng, SPLIT);
    let Some(at) = headers.iter().position(|(header, _)| *header == name) else { return };
    let added = match headers[at].1.split_once(", ") {
        Some((first, rest)) => {
            let lines = (first.to_owned(), rest.to_owned());
            headers[at].1 = lines.0;
            lines.1
        }
        None => mostly(rng, &headers[at].1, &["", "*", "x-lab", "null", "5", "x-lab,"]),
    };
    let place = if one_in(rng, 4) { at } else { headers.len() };
    headers.insert(place, (name, added));
}

/// A hop where everything is permitted and shared, as far as it can be without credentials or with.
pub(super) fn generous(realm: Realm, ask: &Ask, host: Host) -> Hop {
    let with_credentials = ask.settings == CorsSettings::UseCredentials || ask.credentials == Some("include");
    let origin = match (with_credentials, realm.is_opaque()) {
        (false, _) => "*",
        (true, true) => "null",
        (true, false) => "{page}",
    };
    let shared = vec![
        ("cache-control", "no-store".to_owned()),
        ("access-control-allow-origin", origin.to_owned()),
        ("access-control-allow-credentials", "true".to_owned()),
    ];
    let mut permitted = shared.clone();
    let names: Vec<&str> = ask.headers.iter().map(|(name, _)| name.as_str()).collect();
    let names = format!("content-type, {}", names.join(", "));
    permitted.push(("access-control-allow-methods", format!("GET, {}", ask.method)));
    permitted.push(("access-control-allow-headers", names));
    Hop {
        host,
        preflight: Answer { status: 204, headers: permitted },
        actual: Answer { status: 200, headers: shared },
    }
}

pub(super) fn actual(rng: &mut Rng, realm: Realm, ask: &Ask) -> Answer {
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
    if one_in(rng, 3) {
        let (name, value) = pick(rng, LISTED);
        headers.push((name, value.to_owned()));
    }
    if rng.bool() {
        let value = pick(
            rng,
            &[
                "x-seen",
                "*",
                "X-SEEN, ETag",
                "x-seen etag",
                "",
                "*, x-seen",
                "set-cookie, etag",
                "set-cookie2, content-length",
                "content-length, *",
                "\"etag\", x-seen",
                "etag;q=1",
            ],
        );
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
    split(rng, &mut headers);
    Answer { status, headers }
}

pub(super) fn odd_location(rng: &mut Rng, initiator: Initiator) -> String {
    let always = ["{next-with-password}", "http://[", "{next-with-name}"];
    // What elements do about redirects to other schemes is a matter of other programs: no CORS there.
    let by_script = ["ftp://x.localhost/", "data:,x"];
    let reads = matches!(initiator, Initiator::Fetch | Initiator::Xhr | Initiator::EventSource);
    let pick_other = reads && one_in(rng, 3);
    (if pick_other { pick(rng, &by_script) } else { pick(rng, &always) }).to_owned()
}
