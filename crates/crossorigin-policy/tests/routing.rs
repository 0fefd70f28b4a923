//! Which route takes a request: a table, and a naive matcher for everything else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

use std::path::Path;

use crossorigin_policy::{Found, PolicyDocument, Route, Site, Target};
use http::{HeaderMap, HeaderValue, Method};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

fn site(text: &str) -> Site {
    match PolicyDocument::parse(Path::new("p.toml"), text).compile() {
        Ok((site, _)) => site,
        Err(report) => panic!("{report}\n{text}"),
    }
}

/// A request: `METHOD URL-PATH [host=…] [listener=…] [preflight=METHOD]`, and where it goes: the upstream's name,
/// `-` for nowhere, or the reason of a 400.
fn goes_to(site: &Site, request: &str) -> String {
    let mut words = request.split(' ');
    let method: Method = words.next().unwrap().parse().unwrap();
    let path = words.next().unwrap();
    let (mut host, mut listener, mut headers) = (None, 0, HeaderMap::new());
    for word in words {
        match word.split_once('=').unwrap() {
            ("host", value) => host = Some(value),
            ("listener", value) => listener = value.parse().unwrap(),
            ("preflight", value) => {
                headers.insert("origin", HeaderValue::from_static("https://app.example"));
                headers.append("access-control-request-method", HeaderValue::from_str(value).unwrap());
            }
            (name, value) => {
                let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
                headers.append(name, HeaderValue::from_str(value).unwrap());
            }
        }
    }
    match site.find(&site.listeners[listener], host, path, &method, &headers) {
        Err(error) => error.reason.to_owned(),
        Ok(Found::Nothing) => "-".to_owned(),
        Ok(Found::Route(route)) => match &route.target {
            Target::Upstream(uri) => uri.first().host().unwrap().to_owned(),
            Target::Files(folder) => folder.display().to_string(),
        },
    }
}

const SITE: &str = r#"
listeners = [{ address = "127.0.0.1:1" }, { address = "127.0.0.1:2", name = "second" }]
routes = [
    { path = "/api/", upstream = "http://api" },
    { path = "/api/v2", upstream = "http://v2" },
    { path = "/photos", upstream = "http://photos" },
    { path = "/photos", extensions = ["PNG", "jpg"], upstream = "http://pictures" },
    { path = "/photos", methods = ["PUT", "DELETE"], upstream = "http://upload" },
    { path = "/photos/in", methods = ["PUT"], extensions = ["png"], upstream = "http://in" },
    { path = "/by-method", methods = ["GET"], upstream = "http://get" },
    { path = "/by-method", methods = ["PUT"], upstream = "http://put" },
    { path = "/by-method", methods = ["OPTIONS"], upstream = "http://options" },
    { path = "/only", host = ["a.example", "B.example."], upstream = "http://ab" },
    { path = "/only", host = "[::1]", upstream = "http://six" },
    { path = "/only", listener = "second", upstream = "http://second" },
    { path = "/only", host = "a.example", listener = "second", upstream = "http://a2" },
    { path = "/only/deep", upstream = "http://deep" },
    { path = "/caf%C3%A9", upstream = "http://cafe" },
]
"#;

#[test]
fn requests_go_where_the_table_says() {
    let dot = "the path holds a dot segment";
    let two = "the path leads to two routes, by how its // or ; is read";
    let table = [
        // Whole segments, the longest of them.
        ("GET /api", "api"),
        ("GET /api/", "api"),
        ("GET /api/x", "api"),
        ("GET /apix", "-"),
        ("GET /API/x", "-"),
        ("GET /", "-"),
        ("GET /api/v2", "v2"),
        ("GET /api/v2/x/y", "v2"),
        ("GET /api/v22", "api"),
        ("GET /api/v/2", "api"),
        // Empty segments and parameters, where leaving them out leads elsewhere.
        ("GET //api", two),
        ("GET /api//v2", two),
        ("GET /api;v=1/v2/x", two),
        ("GET /api/v2;x=1", two),
        ("GET /photos/a.png;x", two),
        ("GET /photos/a;x.png", two),
        // … and where it does not.
        ("GET /api/v2//", "v2"),
        ("GET /api/v2/x//y;z=1", "v2"),
        ("GET /api/proxy/https://other.example/a", "api"),
        ("GET //elsewhere", "-"),
        ("GET /photos/;/a.png", "pictures"),
        // Encoded bytes are the bytes that they stand for.
        ("GET /%61pi/%762/x", "v2"),
        ("GET /caf%c3%a9/x", "cafe"),
        ("GET /café", "cafe"),
        ("GET /api%20", "-"),
        // Extensions, and the next route for what has none of them.
        ("GET /photos/a.png", "pictures"),
        ("GET /photos/a.PnG", "pictures"),
        ("GET /photos/a%2epn%67", "pictures"),
        ("GET /photos/a.png/b", "photos"),
        ("GET /photos/png", "photos"),
        ("GET /photos/a.pngx", "photos"),
        ("GET /photos.png", "-"),
        // Extensions before methods, methods before neither.
        ("PUT /photos/a.png", "pictures"),
        ("PUT /photos/a.txt", "upload"),
        ("POST /photos/a.txt", "photos"),
        // What a longer path does not take goes to the shorter one.
        ("PUT /photos/in/a.png", "in"),
        ("PUT /photos/in/a.txt", "upload"),
        ("GET /photos/in/a.png", "pictures"),
        ("GET /photos/in/a.txt", "photos"),
        // HEAD goes with GET, a preflight with what it asks for.
        ("GET /by-method", "get"),
        ("HEAD /by-method", "get"),
        ("PUT /by-method", "put"),
        ("POST /by-method", "-"),
        ("OPTIONS /by-method", "options"),
        ("OPTIONS /by-method preflight=PUT", "put"),
        ("OPTIONS /by-method preflight=HEAD", "get"),
        ("OPTIONS /by-method preflight=POST", "-"),
        ("OPTIONS /by-method preflight=put", "-"),
        ("OPTIONS /by-method preflight=OPTIONS", "options"),
        ("OPTIONS /by-method preflight=PUT access-control-request-method=PUT", "-"),
        ("OPTIONS /by-method origin=https://app.example", "options"),
        ("OPTIONS /by-method access-control-request-method=PUT", "options"),
        ("GET /by-method preflight=PUT", "get"),
        // Hosts in any case, without port and final dot; a host before a listener.
        ("GET /only host=a.example", "ab"),
        ("GET /only host=A.Example:8080", "ab"),
        ("GET /only host=b.example.:80", "ab"),
        ("GET /only host=x.a.example", "-"),
        ("GET /only host=[::1]:80", "six"),
        ("GET /only host=[::1]", "six"),
        ("GET /only", "-"),
        ("GET /only listener=1", "second"),
        ("GET /only host=b.example listener=1", "ab"),
        ("GET /only host=a.example listener=1", "a2"),
        // The path goes first.
        ("GET /only/deep host=a.example listener=1", "deep"),
        // What servers read in different ways.
        ("GET /api/../x", dot),
        ("GET /api/%2e%2E/x", dot),
        ("GET /api/.", dot),
        ("GET /api%2Fx", "the path holds an encoded slash"),
        ("GET /api%5cx", "the path holds an encoded backslash"),
        ("GET /api\\x", "the path holds a backslash"),
        ("GET /api/%00", "the path holds an encoded NUL"),
        ("GET api", "the path does not begin with a slash"),
        ("OPTIONS *", "-"),
        ("GET *", "the path does not begin with a slash"),
    ];
    let site = site(SITE);
    for (request, expected) in table {
        assert_eq!(goes_to(&site, request), expected, "{request}");
    }
}

#[test]
fn a_request_without_a_listener_takes_routes_that_name_none() {
    let site = site(SITE);
    let find = |path| site.find_from(None, None, path, &Method::GET, &HeaderMap::new()).unwrap();
    assert!(matches!(find("/only"), Found::Nothing));
    assert!(matches!(find("/api"), Found::Route(_)));
}

#[test]
fn a_listener_of_the_site_before_a_reload_is_known_by_its_name() {
    let listener = |name: &str| format!("[[listeners]]\naddress = '127.0.0.1:0'\nname = '{name}'\n");
    let route = |name: &str| {
        format!(
            "[[routes]]\npath = '/'\nlistener = '{name}'\nupstream = 'http://{name}'\npass_through = true\n"
        )
    };
    let before = site(&(listener("a") + &listener("b") + &listener("c") + &route("b")));
    let after = site(&(listener("b") + &listener("a") + &route("a") + &route("b")));
    let upstreams = before.listeners.iter().map(|listener| {
        match after.find(listener, None, "/", &Method::GET, &HeaderMap::new()).unwrap() {
            Found::Route(Route { target: Target::Upstream(uri), .. }) => {
                uri.first().host().unwrap().to_owned()
            }
            _ => "-".to_owned(),
        }
    });
    assert_eq!(upstreams.collect::<Vec<_>>(), ["a", "b", "-"]);
}

#[test]
fn the_routes_path_is_cut_off_for_files() {
    let table = [
        ("/photos/", "/photos", ""),
        ("/photos/", "/photos/", ""),
        ("/photos/", "/photos/a/b.png", "a/b.png"),
        ("/photos", "/ph%6ftos/a", "a"),
        ("/photos", "/photos//etc/passwd", "etc/passwd"),
        ("/a/b", "/a/b/c/", "c/"),
        ("/", "/", ""),
        ("/", "/a/b", "a/b"),
        ("/", "//a", "a"),
    ];
    for (route, path, expected) in table {
        let site = site(&format!("[[routes]]\npath = {route:?}\nfiles = \".\"\n"));
        assert_eq!(site.routes[0].remainder(path), expected, "{route} {path}");
    }
}

const SEED: u64 = 20_261_122;

/// A route as the naive matcher sees it.
#[derive(Clone, Debug)]
struct Naive {
    path: &'static str,
    hosts: Vec<&'static str>,
    listener: Option<usize>,
    extensions: Vec<&'static str>,
    methods: Vec<&'static str>,
}

impl Naive {
    fn toml(&self, name: usize) -> String {
        let mut text = format!("[[routes]]\npath = {:?}\nupstream = \"http://r{name}\"\n", self.path);
        for (key, list) in
            [("host", &self.hosts), ("extensions", &self.extensions), ("methods", &self.methods)]
        {
            if !list.is_empty() {
                text.push_str(&format!("{key} = {list:?}\n"));
            }
        }
        if let Some(listener) = self.listener {
            text.push_str(&format!("listener = \"l{listener}\"\n"));
        }
        text
    }

    /// How well it fits, or `None`: the longer path first, then host, listener, extensions, methods.
    fn fit(&self, request: &Asked) -> Option<(usize, bool, bool, bool, bool)> {
        let prefix = self.path.trim_end_matches('/');
        let path = request.path.replace("%61", "a");
        let under = path == prefix || path.starts_with(&format!("{prefix}/"));
        let name = path.rsplit('/').next().unwrap();
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
        let host = request.host.split(':').next().unwrap().to_lowercase();
        let fits = under
            && (self.hosts.is_empty() || self.hosts.contains(&host.as_str()))
            && self.listener.is_none_or(|listener| listener == request.listener)
            && (self.extensions.is_empty()
                || extension.is_some_and(|own| self.extensions.contains(&own.as_str())))
            && (self.methods.is_empty()
                || self.methods.contains(&request.method.replace("HEAD", "GET").as_str()));
        let rank = (
            prefix.len(),
            !self.hosts.is_empty(),
            self.listener.is_some(),
            !self.extensions.is_empty(),
            !self.methods.is_empty(),
        );
        fits.then_some(rank)
    }
}

struct Asked {
    path: String,
    host: &'static str,
    listener: usize,
    method: &'static str,
}

/// Every request over small alphabets: enough to tell any two of the routes below apart.
fn all_requests() -> Vec<Asked> {
    let mut all = Vec::new();
    for folder in ["", "/a", "/%61", "/a/b", "/a/b/c", "/ab", "/b", "/"] {
        for name in ["", "/", "/x", "/x.png", "/x.JPG"] {
            for host in ["h.example", "H.example:80", "i.example", "other"] {
                for listener in [0, 1] {
                    for method in ["GET", "HEAD", "PUT", "POST"] {
                        let path = format!("{folder}{name}");
                        let path = if path.is_empty() { "/".to_owned() } else { path };
                        all.push(Asked { path, host, listener, method });
                    }
                }
            }
        }
    }
    all
}

fn naive_route() -> impl Strategy<Value = Naive> {
    let some_of = |all: &'static [&'static str]| prop_oneof![2 => Just(vec![]), 1 => proptest::sample::subsequence(all.to_vec(), 1..=all.len())];
    let path = prop::sample::select(vec!["/", "/a", "/a/", "/a/b", "/b", "/a/b/c/"]);
    let listener = prop_oneof![2 => Just(None), 1 => (0..2usize).prop_map(Some)];
    (path, some_of(&["h.example", "i.example"]), listener, some_of(&["png", "jpg"]), some_of(&["GET", "PUT"]))
        .prop_map(|(path, hosts, listener, extensions, methods)| Naive {
            path,
            hosts,
            listener,
            extensions,
            methods,
        })
}

proptest! {
    #![proptest_config(Config { cases: 300, rng_seed: RngSeed::Fixed(SEED), failure_persistence: None, ..Config::default() })]

    #[test]
    fn routing_equals_a_naive_matcher(routes in prop::collection::vec(naive_route(), 0..7), turn in 0..7usize) {
        let mut text = String::from(
            "listeners = [{ address = '127.0.0.1:1', name = 'l0' }, { address = '127.0.0.1:2', name = 'l1' }]\n",
        );
        // The order of the file decides nothing.
        let mut order: Vec<usize> = (0..routes.len()).collect();
        order.rotate_left(turn % routes.len().max(1));
        order.iter().for_each(|&name| text.push_str(&routes[name].toml(name)));

        let requests = all_requests();
        let best = |request: &Asked| {
            let fits: Vec<_> = (0..routes.len()).filter_map(|name| Some((routes[name].fit(request)?, name))).collect();
            let best = fits.iter().map(|(rank, _)| *rank).max()?;
            Some(fits.into_iter().filter(|(rank, _)| *rank == best).map(|(_, name)| name).collect::<Vec<_>>())
        };
        let winners: Vec<_> = requests.iter().map(best).collect();
        let is_ambiguous = winners.iter().flatten().any(|winners| winners.len() > 1);
        match PolicyDocument::parse(Path::new("p.toml"), &text).compile() {
            Err(report) => {
                prop_assert!(report.problems().iter().all(|problem| problem.code() == "ambiguous-route"), "{report}");
                // Routes may tie where a more specific one always wins; those are refused too, as written.
                let ties = (0..routes.len()).any(|left| (0..left).any(|right| requests.iter().any(|request| {
                    routes[left].fit(request).is_some() && routes[left].fit(request) == routes[right].fit(request)
                })));
                prop_assert!(ties, "{report}\n{text}");
            }
            Ok((site, _)) => {
                prop_assert!(!is_ambiguous, "{text}");
                for (request, winners) in requests.iter().zip(&winners) {
                    let (path, host, listener, method) = (&request.path, request.host, request.listener, request.method);
                    let expected = winners.as_ref().map_or("-".to_owned(), |winners| format!("r{}", winners[0]));
                    for asked in [
                        format!("{method} {path} host={host} listener={listener}"),
                        format!("OPTIONS {path} host={host} listener={listener} preflight={method}"),
                    ] {
                        prop_assert_eq!(goes_to(&site, &asked), &*expected, "seed {}: {}\n{}", SEED, asked, text);
                    }
                }
            }
        }
    }
}

#[test]
fn routes_of_one_path_that_no_request_matches_both_are_no_error() {
    for (left, right) in [
        ("extensions = [\"png\"]", "extensions = [\"jpg\", \"svg\"]"),
        ("methods = [\"GET\"]", "methods = [\"PUT\", \"POST\"]"),
        ("host = \"a.example\"", "host = [\"b.example\", \"c.example\"]"),
        ("extensions = [\"png\"]", "methods = [\"GET\"]"),
    ] {
        let route = |key: &str| format!("[[routes]]\npath = \"/a\"\nupstream = \"http://u\"\n{key}\n");
        let text = route(left) + &route(right);
        let compiled =
            crossorigin_policy::PolicyDocument::parse(std::path::Path::new("p.toml"), &text).compile();
        assert!(
            compiled.is_ok(),
            "{text}{}",
            compiled.err().map(|report| report.to_string()).unwrap_or_default()
        );
    }
}
