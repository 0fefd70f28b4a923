//! What Chromium's console prints, held against what we say it prints: each failure is provoked in a real browser
//! and in the agent, by the same answers of the same server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossorigin::html::{CorsSettings, Initiator};
use crossorigin::infrastructure::request::{CredentialsMode, Mode, RedirectMode};
use crossorigin::profiles::Profile;
use crossorigin_agent::{Agent, FetchRequest, HttpTransport};
use crossorigin_verdict::Record;
use http::{HeaderName, HeaderValue, Method};
use support::browser::Browser;

/// How long a message may take to appear in the console.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a page asks for.
#[derive(Clone, Copy)]
struct Asking {
    initiator: Initiator,
    method: &'static str,
    headers: &'static [(&'static str, &'static str)],
    with_credentials: bool,
    mode: Mode,
    redirect: RedirectMode,
}

const GET: Asking = Asking {
    initiator: Initiator::Fetch,
    method: "GET",
    headers: &[],
    with_credentials: false,
    mode: Mode::Cors,
    redirect: RedirectMode::Follow,
};
const PUT: Asking = Asking { method: "PUT", ..GET };
const WITH_CREDENTIALS: Asking = Asking { with_credentials: true, ..GET };
const PUT_WITH_CREDENTIALS: Asking = Asking { method: "PUT", ..WITH_CREDENTIALS };

/// A case: what is asked, and what is answered to a preflight, to the request, and where it is redirected to. In
/// the headers `{page}`, `{own}` and `{third}` stand for origins.
struct Case {
    asking: Asking,
    /// Where the first URL is: `{own}` mostly, or a whole URL.
    url: &'static str,
    preflight: &'static str,
    answer: &'static str,
    second: &'static str,
    code: &'static str,
}

/// `Access-Control-Allow-Origin`, in answers.
const EVERYONE: &str = "204\nAccess-Control-Allow-Origin: *";

fn case(asking: Asking, preflight: &'static str, answer: &'static str, code: &'static str) -> Case {
    Case { asking, url: "{own}/first", preflight, answer, second: "200", code }
}

fn cases() -> Vec<Case> {
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
            Initiator::Fetch | Initiator::Navigation | Initiator::WebGlTexture | Initiator::Beacon
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

#[test]
#[ignore = "needs chromium and chromium-driver: cargo xtask test"]
fn the_console_prints_what_we_say_it_prints() {
    let cases = Arc::new(cases());
    let servers: [Server; 3] = std::array::from_fn(|_| Server::start(Arc::clone(&cases)));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let origins = Origins {
        page: format!("http://127.0.0.1:{}", servers[0].port),
        own: format!("http://127.0.0.1:{}", servers[1].port),
        third: format!("http://localhost:{}", servers[2].port),
        closed: closed.to_string(),
    };
    for server in &servers {
        *server.origins.lock().unwrap() = Some(origins.clone());
    }
    let browser = Browser::start();
    browser.open(&format!("{}/", origins.page));
    // The browser asks for an icon, of which it complains once.
    drop(browser.console());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let agent = Agent::with_transport(HttpTransport::default());
    let mut wrong = Vec::new();
    for (nth, case) in cases.iter().enumerate() {
        let mut url = origins.fill(case.url);
        url.push_str(&format!("?{nth}"));
        let record = runtime.block_on(record(&agent, &origins, case.asking, &url));
        let ours: Vec<String> = record.console().into_iter().map(|message| message.text).collect();
        browser.run(&case.asking.script(&url));
        let theirs = printed(&browser, ours.len());
        let what = format!(
            "{nth}: {} {} {} {:?}",
            case.asking.initiator, case.asking.method, case.code, case.answer
        );
        println!("{what}: {}", theirs.join(" | "));
        if record.code() != Some(case.code) || ours.is_empty() || ours != theirs {
            wrong.push(format!("{what}\n  code {:?}\n  ours {ours:#?}\n  theirs {theirs:#?}", record.code()));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// The console's messages without what stands before them: a file and a place in it.
fn printed(browser: &Browser, expected: usize) -> Vec<String> {
    let (end, mut messages) = (Instant::now() + PATIENCE, Vec::new());
    while messages.len() < expected && Instant::now() < end {
        let lines = browser.console();
        let icon = |line: &&String| line.contains("/favicon.ico - ");
        messages.extend(lines.iter().filter(|line| !icon(line)).map(|line| {
            let mut parts = line.splitn(3, ' ');
            parts.nth(2).unwrap_or(line).to_owned()
        }));
        std::thread::sleep(Duration::from_millis(20));
    }
    messages
}

async fn record(agent: &Agent, origins: &Origins, asking: Asking, url: &str) -> Record {
    let mut page = agent.environment(origins.page.parse().unwrap());
    page.profile = Profile::Chromium;
    let mut request = FetchRequest::new(url.parse().unwrap()).initiator(asking.initiator);
    let settings =
        if asking.with_credentials { CorsSettings::UseCredentials } else { CorsSettings::Anonymous };
    request = request.cors_settings(settings).method(Method::from_bytes(asking.method.as_bytes()).unwrap());
    for (name, value) in asking.headers {
        request = request.header(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if asking.initiator == Initiator::Fetch {
        let credentials =
            if asking.with_credentials { CredentialsMode::Include } else { CredentialsMode::SameOrigin };
        request = request.mode(asking.mode).redirect(asking.redirect).credentials(credentials);
    }
    page.fetch_recorded(request).await.1
}

impl Asking {
    /// The same in a page, to its end.
    fn script(self, url: &str) -> String {
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

/// What stands for what in the answers.
#[derive(Clone)]
struct Origins {
    page: String,
    own: String,
    third: String,
    closed: String,
}

impl Origins {
    fn fill(&self, text: &str) -> String {
        let pairs = [
            ("{page}", &self.page),
            ("{own}", &self.own),
            ("{third}", &self.third),
            ("{closed}", &self.closed),
        ];
        pairs.into_iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// Answers as the cases say. Each connection has a thread, for a browser opens some that it does not use.
struct Server {
    port: u16,
    origins: Arc<std::sync::Mutex<Option<Origins>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(cases: Arc<Vec<Case>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (origins, over) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (known, ended) = (Arc::clone(&origins), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::Acquire) {
                    return;
                }
                let (cases, known) = (Arc::clone(&cases), Arc::clone(&known));
                std::thread::spawn(move || answer(stream, &cases, &known));
            }
        });
        Self { port, origins, over, thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn answer(stream: TcpStream, cases: &[Case], origins: &std::sync::Mutex<Option<Origins>>) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let preflight =
        head.iter().any(|line| line.to_ascii_lowercase().starts_with("access-control-request-method:"));
    let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let (path, nth) = target.split_once('?').unwrap_or((&target, ""));
    let case = nth.parse().ok().and_then(|nth: usize| cases.get(nth));
    let text = match case {
        None if target == "/" => "200\nContent-Type: text/html; charset=utf-8".to_owned(),
        None => "404".to_owned(),
        Some(case) if preflight => case.preflight.to_owned(),
        Some(case) if path == "/second" => case.second.to_owned(),
        Some(case) => case.answer.to_owned(),
    };
    let Some(origins) = origins.lock().unwrap().clone() else { return };
    let text = origins.fill(&text);
    let (status, headers) = text.split_once('\n').unwrap_or((&text, ""));
    let content_type = match case.map(|case| case.asking.initiator) {
        Some(Initiator::Script | Initiator::Module) => "Content-Type: text/javascript\r\n",
        Some(Initiator::Stylesheet) => "Content-Type: text/css\r\n",
        _ => "",
    };
    let mut answer = format!(
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: 0\r\nCache-Control: no-store\r\n{content_type}"
    );
    for header in headers.lines() {
        // The case goes along with a redirect.
        let is_ours =
            header.starts_with("Location: ") && (header.ends_with("/second") || header.ends_with("/loop"));
        answer.push_str(header);
        if is_ours {
            answer.push_str(&format!("?{nth}"));
        }
        answer.push_str("\r\n");
    }
    let _ = (&stream).write_all(format!("{answer}\r\n").as_bytes());
}
