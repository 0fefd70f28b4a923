//! The requests that a server is asked, and what the project's own engine says to each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;

use crossorigin::server::PolicyConfig;
use crossorigin_policy::{Listener, Question, Site, Witness, Witnesses};
use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, HeaderName, ORIGIN, UPGRADE, VARY};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};

/// One request to one listener.
pub(crate) struct Case {
    pub(crate) address: SocketAddr,
    listener: String,
    host: String,
    pub(crate) path: String,
    pub(crate) method: Method,
    headers: HeaderMap,
    pub(crate) by_browsers: bool,
}

/// A status and headers.
pub(crate) struct Found {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
}

/// What of an answer matters to browsers and caches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relevant {
    /// `None` where the target's own status holds.
    pub(crate) status: Option<u16>,
    headers: BTreeMap<&'static str, Vec<String>>,
    vary: BTreeSet<String>,
}

const HEADERS: [&str; 8] = [
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "access-control-expose-headers",
    "timing-allow-origin",
    "cross-origin-resource-policy",
];

impl Found {
    /// What is to be compared with what was expected.
    pub(crate) fn relevant(&self, expected: &Relevant) -> Relevant {
        Relevant { status: expected.status.map(|_| self.status), ..relevant(&self.headers) }
    }
}

fn relevant(headers: &HeaderMap) -> Relevant {
    let values = |name: &'static str| {
        headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect()
    };
    let found =
        HEADERS.iter().map(|name| (*name, values(name))).filter(|(_, found): &(_, Vec<_>)| !found.is_empty());
    let named =
        headers.get_all(VARY).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    let mut vary: BTreeSet<_> =
        named.map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()).collect();
    // Compression is the server's own business.
    vary.remove("accept-encoding");
    if vary.contains("*") {
        vary = ["*".to_owned()].into();
    }
    Relevant { status: None, headers: found.collect(), vary }
}

/// An upstream's answer.
pub(crate) struct Upstream {
    status: &'static str,
    headers: &'static [&'static str],
}

/// What the upstream answers: by itself it does CORS as applications do, wrongly.
pub(crate) fn upstream(line: &str) -> Upstream {
    let path = without_query(line.split(' ').nth(1).unwrap_or_default());
    if path == "/dead" || path.starts_with("/dead/") {
        return Upstream { status: "", headers: &[] };
    }
    let (status, headers): (_, &[&str]) = match path.rsplit('/').next().unwrap_or_default() {
        "oops" => ("500 Oops", &["Access-Control-Allow-Origin: *", "Vary: Accept"]),
        "moved" => {
            ("302 Found", &["Location: /elsewhere", "Access-Control-Allow-Origin: https://app.example"])
        }
        "same" => ("304 Not Modified", &["ETag: \"1\"", "Vary: Accept, Origin"]),
        "gone" => ("404 Not Found", &[]),
        "everything" => (
            "200 OK",
            &[
                "Access-Control-Allow-Origin: https://evil.example",
                "Access-Control-Allow-Credentials: true",
                "Access-Control-Allow-Methods: GET",
                "Access-Control-Allow-Headers: x-upstream",
                "Access-Control-Max-Age: 5",
                "Access-Control-Expose-Headers: x-upstream",
                "Timing-Allow-Origin: https://evil.example",
                "Cross-Origin-Resource-Policy: same-origin",
                "Vary: Accept",
                "Vary: X-Upstream",
                "ETag: \"2\"",
                "X-Total: 3",
            ],
        ),
        "star" => ("200 OK", &["Vary: *"]),
        _ => ("200 OK", &[]),
    };
    Upstream { status, headers }
}

fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

impl Upstream {
    pub(crate) fn text(&self) -> String {
        crate::support::scripted::answer(self.status, self.headers)
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in self.headers {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_static(value));
        }
        headers
    }
}

impl Case {
    pub(crate) fn head(&self) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", self.method, self.path, self.host);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        if self.headers.contains_key(UPGRADE) {
            head.push_str("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        }
        if !self.method.is_safe() {
            head.push_str("Content-Length: 0\r\n");
        }
        head + "\r\n"
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The differences of which one has to be told of, where no browser can send the request and it is answered otherwise.
    pub(crate) fn excuses(&self) -> &'static [&'static str] {
        let lines = |name: HeaderName| self.headers.get_all(name).iter().count();
        if self.path.contains("%zz") {
            &["unreadable-requests"]
        } else if lines(ORIGIN) > 1 {
            &["two-origins"]
        } else if lines(ACCESS_CONTROL_REQUEST_HEADERS) > 1 {
            &["request-header-lines"]
        } else {
            &["origin-spelling", "origin-case"]
        }
    }

    /// Its URL, where its host is the listener's own.
    pub(crate) fn url(&self) -> Option<String> {
        (self.host == self.address.to_string()).then(|| format!("http://{}{}", self.host, self.path))
    }

    /// What the engine says.
    pub(crate) fn expected(&self, site: &Site) -> Relevant {
        let listener = site.listeners.iter().find(|listener| listener.name == self.listener);
        let question = Question {
            host: &self.host,
            path: without_query(&self.path),
            method: &self.method,
            headers: &self.headers,
        };
        let answer = site.answer(listener, &question);
        if let Some(status) = answer.status {
            return Relevant { status: Some(status.as_u16()), ..relevant(&answer.headers) };
        }
        let is_upstream =
            matches!(answer.route.map(|route| &route.target), Some(crossorigin_policy::Target::Upstream(_)));
        let mut headers =
            if is_upstream { upstream(&format!("GET {}", self.path)).headers() } else { HeaderMap::new() };
        if let Some(decision) = answer.decision {
            decision.decorate(&mut headers);
        }
        relevant(&headers)
    }
}

/// What the engine answers to a request whose URL is absolute, with its upstream's answer where that is asked.
pub(crate) fn whole_answer<B>(site: &Site, request: &Request<B>) -> Response<()> {
    let (host, path) = (request.uri().authority().unwrap().as_str(), request.uri().path());
    let listener = site.listeners.iter().find(|listener| listener.address.to_string() == host);
    let question = Question { host, path, method: request.method(), headers: request.headers() };
    let answer = site.answer(listener, &question);
    let mut response = Response::new(());
    if let Some(status) = answer.status {
        *response.status_mut() = status;
        *response.headers_mut() = answer.headers;
        return response;
    }
    if let Some(crossorigin_policy::Target::Upstream(_)) = answer.route.map(|route| &route.target) {
        let upstream = upstream(&format!("GET {path}"));
        let status = upstream.status.split(' ').next().and_then(|status| status.parse().ok());
        *response.status_mut() = status.unwrap_or(StatusCode::BAD_GATEWAY);
        *response.headers_mut() = upstream.headers();
    }
    if let Some(decision) = answer.decision {
        decision.decorate(response.headers_mut());
    }
    response
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.head().trim_end().replace("\r\n", " | "))
    }
}

/// At least so many, evenly over all listeners, hosts and paths of a site.
pub(crate) fn cases(site: &Site, configurations: &[(String, PolicyConfig)], least: usize) -> Vec<Case> {
    let places = places(site);
    let witnesses = Witnesses::new(configurations.iter().map(|(_, configuration)| configuration));
    let mut asked = requests(&witnesses);
    // Of thousands of origins a part stands for all.
    let most = 2 * least;
    if asked.len() > most {
        let step = asked.len().div_ceil(most);
        let chosen = |(nth, witness): (usize, Witness)| (nth < 300 || nth % step == 0).then_some(witness);
        asked = asked.into_iter().enumerate().filter_map(chosen).collect();
    }
    let rounds = least.div_ceil(asked.len()).max(places.len().div_ceil(4)).max(2);
    let mut cases = Vec::new();
    for round in 0..rounds {
        for (nth, witness) in asked.iter().enumerate() {
            let (listener, host, path) = &places[(nth + round * 7) % places.len()];
            cases.push(Case {
                address: listener.address,
                listener: listener.name.clone(),
                host: host.clone(),
                path: path.clone(),
                method: witness.method.clone(),
                headers: witness.headers.clone(),
                // No valid URL has that, though browsers send it where a page insists.
                by_browsers: witness.by_browsers && !path.contains("%zz"),
            });
        }
    }
    cases
}

/// Listeners, hosts and paths that lead to each route, to its look-alikes and to none.
fn places(site: &Site) -> Vec<(&Listener, String, String)> {
    let mut places = Vec::new();
    for listener in &site.listeners {
        let own = listener.address.to_string();
        for (route, asks) in site.routes.iter().zip(site.conditions()) {
            let path = route.path.trim_end_matches('/');
            let hosts =
                asks.hosts.iter().map(ToString::to_string).chain([own.clone(), "IMG.example:81".into()]);
            let ends: &[&str] = match &route.target {
                crossorigin_policy::Target::Files(_) => &[
                    "/there.png",
                    "/there.woff2",
                    "/missing.PNG",
                    "/a/missing.jpg",
                    "/x.png/y",
                    "x/there.png",
                ],
                crossorigin_policy::Target::Upstream(_) => {
                    &["/", "/everything", "/oops", "/moved", "/same", "/gone", "/star?a=/../b", "x", ""]
                }
            };
            for host in hosts {
                for end in ends {
                    let path = if path.is_empty() && !end.starts_with('/') {
                        "/y".into()
                    } else {
                        format!("{path}{end}")
                    };
                    let place = (listener, host.clone(), path);
                    if !places.iter().any(|(own, host, path): &(&Listener, _, _)| {
                        (&own.name, host, path) == (&listener.name, &place.1, &place.2)
                    }) {
                        places.push(place);
                    }
                }
            }
        }
        // A plain letter, encoded.
        for route in &site.routes {
            if let Some(second) = route.path.chars().nth(1).filter(char::is_ascii_alphabetic) {
                let path =
                    format!("/%{:X}{}/x.png", u32::from(second), route.path[2..].trim_end_matches('/'));
                places.push((listener, own.clone(), path));
            }
        }
        for path in ["/nowhere", "/a/../b", "/a/%2e%2E/b", "/a%2fb", "/%zz", "/a/.%2e", "/a/..;x/b"] {
            places.push((listener, own.clone(), path.into()));
        }
    }
    // Neighbours in the list would always get the same kind of request.
    let count = places.len();
    let step = (2..count)
        .find(|step| (1..=*step).all(|by| by == 1 || count % by != 0 || step % by != 0))
        .unwrap_or(1);
    (0..count).map(|nth| places[nth * step % count].clone()).collect()
}

fn requests(witnesses: &Witnesses<'_>) -> Vec<Witness> {
    let mut requests = Vec::new();
    for member in witnesses.members().take(30) {
        requests.extend(witnesses.preflights(&member));
        for method in [Method::POST, Method::PUT, Method::HEAD, Method::OPTIONS] {
            requests.extend(member.request(method));
        }
    }
    requests.extend(witnesses.requests(&Method::GET, witnesses.members().next().as_ref()));
    requests
}
