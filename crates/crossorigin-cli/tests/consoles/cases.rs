//! What pages ask for, and what they are answered.

use crossorigin::html::Initiator;
use crossorigin::infrastructure::request::{Mode, RedirectMode};

/// What a page asks for.
#[derive(Clone, Copy)]
pub(crate) struct Asking {
    pub(crate) initiator: Initiator,
    pub(crate) method: &'static str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) with_credentials: bool,
    pub(crate) mode: Mode,
    pub(crate) redirect: RedirectMode,
}

pub(crate) const GET: Asking = Asking {
    initiator: Initiator::Fetch,
    method: "GET",
    headers: &[],
    with_credentials: false,
    mode: Mode::Cors,
    redirect: RedirectMode::Follow,
};
pub(crate) const PUT: Asking = Asking { method: "PUT", ..GET };
pub(crate) const WITH_CREDENTIALS: Asking = Asking { with_credentials: true, ..GET };
pub(crate) const PUT_WITH_CREDENTIALS: Asking = Asking { method: "PUT", ..WITH_CREDENTIALS };

/// A case: what is asked, and what is answered to a preflight, to the request, and where it is redirected to. In
/// the headers `{page}`, `{own}` and `{third}` stand for origins.
pub(crate) struct Case {
    pub(crate) asking: Asking,
    /// Where the first URL is: `{own}` mostly, or a whole URL.
    pub(crate) url: &'static str,
    pub(crate) preflight: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) second: &'static str,
    pub(crate) code: &'static str,
}

/// `Access-Control-Allow-Origin`, in answers.
pub(crate) const EVERYONE: &str = "204\nAccess-Control-Allow-Origin: *";

pub(crate) fn case(
    asking: Asking,
    preflight: &'static str,
    answer: &'static str,
    code: &'static str,
) -> Case {
    Case { asking, url: "{own}/first", preflight, answer, second: "200", code }
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    // The same value is judged in the same way, for the response and for the preflight.
    for value in [
        "https://other.example",
        "{page}/",
        "127.0.0.1",
        "{page}, https://b.example",
        "{page} https://b.example",
        "null",
        "",
        "http://*.example",
        "{page}\nAccess-Control-Allow-Origin: {page}",
    ] {
        let answer = format!("200\nAccess-Control-Allow-Origin: {value}").leak();
        cases.push(case(GET, "", answer, "allow-origin-mismatch"));
        cases.push(case(PUT, answer, "200", "preflight-allow-origin-mismatch"));
    }
    let own = "200\nAccess-Control-Allow-Origin: {page}";
    let capital = "200\nAccess-Control-Allow-Origin: {page}\nAccess-Control-Allow-Credentials: True";
    for (answer, code) in [("200", "allow-origin-missing"), ("500", "allow-origin-missing")] {
        cases.push(case(GET, "", answer, code));
    }
    for (answer, code) in
        [(EVERYONE, "allow-origin-wildcard"), (own, "allow-credentials"), (capital, "allow-credentials")]
    {
        cases.push(case(WITH_CREDENTIALS, "", answer, code));
        let code = format!("preflight-{code}").leak();
        cases.push(case(PUT_WITH_CREDENTIALS, answer, "200", code));
    }
    let with_token = Asking { headers: &[("x-token", "1")], ..GET };
    for (asking, preflight, code) in [
        (PUT, "204", "preflight-allow-origin-missing"),
        (PUT, "404\nAccess-Control-Allow-Origin: *", "preflight-status"),
        (PUT, "401", "preflight-allow-origin-missing"),
        (PUT, "301\nLocation: /second", "preflight-redirect"),
        (PUT, "301\nAccess-Control-Allow-Origin: *\nLocation: /second", "preflight-redirect"),
        (
            PUT,
            "204\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: GET PUT",
            "preflight-allow-methods-syntax",
        ),
        (
            with_token,
            "204\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Headers: x-token x-b",
            "preflight-allow-headers-syntax",
        ),
        (PUT, EVERYONE, "preflight-method"),
        (
            Asking { method: "patch", ..GET },
            "204\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: PATCH",
            "preflight-method",
        ),
        (with_token, EVERYONE, "preflight-header"),
    ] {
        cases.push(case(asking, preflight, "200", code));
    }
    cases.push(case(Asking { mode: Mode::SameOrigin, ..GET }, "", "200", "same-origin-mode"));
    let refusing = Asking { redirect: RedirectMode::Error, ..GET };
    cases.push(case(
        refusing,
        "",
        "302\nAccess-Control-Allow-Origin: *\nLocation: /second",
        "redirect-in-error-mode",
    ));
    let no_cors = Asking { mode: Mode::NoCors, ..GET };
    cases.push(case(Asking { redirect: RedirectMode::Error, ..no_cors }, "", "200", "no-cors-redirect-mode"));
    cases.push(case(no_cors, "", "200\nCross-Origin-Resource-Policy: same-origin", "resource-policy"));
    for (url, code) in [
        ("http://127.0.0.1:6667/first", "bad-port"),
        ("ftp://127.0.0.1/first", "url-scheme"),
        ("http://127.0.0.1:{closed}/first", "transport"),
        ("{own}/loop", "too-many-redirects"),
    ] {
        cases.push(Case {
            url,
            ..case(GET, "", "302\nAccess-Control-Allow-Origin: *\nLocation: /loop", code)
        });
    }
    // Closed without an answer.
    cases.push(case(GET, "", "", "transport"));
    for (initiator, headers, code) in [
        (Initiator::Script, "Content-Type: image/png", "script-mime-type"),
        (Initiator::Script, "Content-Type: text/csv; charset=utf-8", "script-mime-type"),
        (Initiator::Script, "Content-Type: text/plain\nX-Content-Type-Options: nosniff", "nosniff"),
        (Initiator::Stylesheet, "Content-Type: text/plain\nX-Content-Type-Options: nosniff", "nosniff"),
    ] {
        let answer = format!("200\nAccess-Control-Allow-Origin: *\n{headers}").leak();
        cases.push(case(Asking { initiator, ..GET }, "", answer, code));
    }
    for (location, code) in [
        ("ftp://x.example/", "redirect-scheme"),
        ("data:text/plain,x", "redirect-scheme"),
        ("http://[", "redirect-location"),
        ("http://user:pw@x.example/", "redirect-credentials"),
        ("/second", "allow-origin-missing"),
        ("{third}/second", "allow-origin-missing"),
    ] {
        let answer = format!("302\nAccess-Control-Allow-Origin: *\nLocation: {location}").leak();
        cases.push(case(GET, "", answer, code));
    }
    // From the page's own origin to a foreign one; and a preflight after a redirect.
    let abroad = "302\nLocation: {own}/second";
    cases.push(Case { url: "{page}/first", ..case(GET, "", abroad, "allow-origin-missing") });
    let on = "307\nAccess-Control-Allow-Origin: *\nLocation: {own}/second";
    cases.push(Case { url: "{page}/first", ..case(PUT, "204", on, "preflight-allow-origin-missing") });
    for initiator in Initiator::ALL {
        if matches!(
            initiator,
            Initiator::Fetch
                | Initiator::Navigation
                | Initiator::Frame
                | Initiator::WebGlTexture
                | Initiator::Beacon
        ) {
            continue;
        }
        let asking = Asking { initiator, ..GET };
        cases.push(case(asking, "", "200", "allow-origin-missing"));
        cases.push(case(
            asking,
            "",
            "200\nAccess-Control-Allow-Origin: https://other.example",
            "allow-origin-mismatch",
        ));
        if initiator == Initiator::Xhr || initiator == Initiator::EventSource || initiator.has_cors_settings()
        {
            let asking = Asking { with_credentials: true, ..asking };
            cases.push(case(asking, "", EVERYONE, "allow-origin-wildcard"));
            cases.push(case(asking, "", own, "allow-credentials"));
        }
        if initiator == Initiator::Xhr {
            let asking = Asking { with_credentials: true, ..PUT };
            cases.push(case(
                Asking { initiator, ..asking },
                EVERYONE,
                "200",
                "preflight-allow-origin-wildcard",
            ));
        }
    }
    cases
}

impl Asking {
    /// The same in a page, to its end.
    pub(crate) fn script(self, url: &str) -> String {
        let (attribute, with) = match self.with_credentials {
            true => ("use-credentials", "include"),
            false => ("anonymous", "same-origin"),
        };
        let redirect = if self.redirect == RedirectMode::Error { "error" } else { "follow" };
        let headers = serde_json::to_string(&self.headers).unwrap();
        let element = |tag: &str, more: &str, into: &str| {
            format!(
                "await new Promise(done => {{ const element = document.createElement('{tag}'); {more}
                 element.crossOrigin = '{attribute}'; element.onerror = element.onload = done;
                 element.{into} = '{url}'; document.body.append(element); }})"
            )
        };
        match self.initiator {
            Initiator::Xhr => format!(
                "await new Promise(done => {{ const request = new XMLHttpRequest; request.open('{}', '{url}');
                 request.withCredentials = {}; request.onloadend = done; request.send(); }})",
                self.method, self.with_credentials
            ),
            Initiator::EventSource => format!(
                "await new Promise(done => {{ const source = new EventSource('{url}', {{ withCredentials: {} }});
                 source.onerror = () => {{ source.close(); done(); }}; }})",
                self.with_credentials
            ),
            Initiator::Image => element("img", "", "src"),
            Initiator::Video => element("video", "", "src"),
            Initiator::Audio => element("audio", "", "src"),
            Initiator::Track => format!(
                "await new Promise(done => {{ const video = document.createElement('video');
                 video.crossOrigin = '{attribute}'; const track = document.createElement('track');
                 track.onerror = track.onload = done; track.default = true; track.src = '{url}'; video.append(track);
                 document.body.append(video); track.track.mode = 'showing'; }})"
            ),
            Initiator::Script => element("script", "", "src"),
            Initiator::Module => element("script", "element.type = 'module';", "src"),
            Initiator::Stylesheet => element("link", "element.rel = 'stylesheet';", "href"),
            Initiator::Font => format!(
                "const style = document.createElement('style');
                 style.textContent = `@font-face {{ font-family: f; src: url('{url}') }} p {{ font-family: f }}`;
                 const text = document.createElement('p'); text.textContent = 'text'; document.body.append(style, text);
                 await document.fonts.ready; style.remove(); text.remove()"
            ),
            Initiator::FontFace => format!("await new FontFace('g', `url('{url}')`).load().catch(() => 0)"),
            Initiator::CssShape | Initiator::CssMask => {
                let property = if self.initiator == Initiator::CssMask { "mask-image" } else { "shape-outside" };
                format!(
                    "const box = document.createElement('div');
                     box.style.cssText = `float: left; width: 9px; height: 9px; {property}: url('{url}')`;
                     document.body.append(box)"
                )
            }
            _ => format!(
                "await fetch('{url}', {{ method: '{}', headers: {headers}, credentials: '{with}', mode: '{}',
                 redirect: '{redirect}' }}).catch(() => 0)",
                self.method,
                self.mode.name()
            ),
        }
    }
}
