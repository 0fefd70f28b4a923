//! A compiled policy file: listeners, routes and the policy of each.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossorigin::server::Policy;
use http::{HeaderMap, Method, Uri};
use rustls::pki_types::CertificateDer;

use crate::certificate::Certificate;
use crate::path::UnsafePath;
use crate::routing::Router;

/// A whole policy file, compiled: it can't be invalid.
#[derive(Debug)]
#[non_exhaustive]
pub struct Site {
    /// All policies with their names, those too that nothing refers to.
    pub policies: Vec<(String, Policy)>,
    /// Where to listen; at least one when it is served.
    pub listeners: Vec<Listener>,
    /// All routes, in the file's order, which decides nothing.
    pub routes: Vec<Route>,
    /// Limits and time-outs for everything.
    pub limits: Limits,
    /// Where to ask how the gateway does; `None` for nowhere.
    pub admin: Option<Admin>,
    /// How the log is written.
    pub log: Log,
    /// Files that the policy file refers to, `origins_file`s, certificates and keys: a change of one of them calls for a reload.
    pub watched: Vec<PathBuf>,
    pub(crate) router: Router,
}

/// One address to listen on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Listener {
    /// Its name, which routes refer to; the address where the file gives none.
    pub name: String,
    /// The address.
    pub address: SocketAddr,
    /// The policy of what no route matches, and of requests that can't be read, with its name. `None`: no CORS
    /// header.
    pub default_policy: Option<(String, Policy)>,
    /// The certificates it speaks TLS with; none: it speaks plain HTTP.
    pub tls: Vec<Certificate>,
    /// Its place among the site's listeners, by which routes know it.
    pub(crate) index: usize,
}

/// One route.
#[derive(Debug)]
#[non_exhaustive]
pub struct Route {
    /// Its prefix, of whole segments, such as `/api/`.
    pub path: String,
    /// What answers.
    pub target: Target,
    /// The policy with its name; a route that names none gets one that lets nobody read. `None` passes
    /// everything through (`pass_through = true`): the upstream's own CORS headers are kept and preflights go
    /// upstream.
    pub policy: Option<(String, Policy)>,
    /// Whose WebSocket handshakes go on to the upstream.
    pub websocket: WebSocket,
    /// The largest request body in bytes, where it differs from [`Limits::body_bytes`].
    pub body_bytes: Option<u64>,
    /// How many segments its path has.
    pub(crate) depth: usize,
    /// Its place among the site's routes.
    pub(crate) index: usize,
}

/// What a route asks of a request beside its path. An empty list asks nothing.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Conditions<'a> {
    /// Hosts, in lower case, sorted.
    pub hosts: &'a [Box<str>],
    /// The listener.
    pub listener: Option<&'a Listener>,
    /// Extensions, in lower case, sorted.
    pub extensions: &'a [Box<str>],
    /// Methods, without HEAD, which goes where GET goes.
    pub methods: &'a [Method],
}

impl Conditions<'_> {
    /// What a route asks of a request beside its path, in words.
    pub(crate) fn in_words(&self) -> String {
        let mut text = String::new();
        let mut add = |what: &str, items: Vec<&str>| {
            if !items.is_empty() {
                text.push_str(&format!(", {what} {}", items.join(" ")));
            }
        };
        add("host", self.hosts.iter().map(|host| &**host).collect());
        add("extensions", self.extensions.iter().map(|extension| &**extension).collect());
        add("methods", self.methods.iter().map(Method::as_str).collect());
        text
    }
}

/// What answers on a route.
#[derive(Clone, Debug)]
pub enum Target {
    /// A folder; the route's path is cut off.
    Files(PathBuf),
    /// Other servers; the path is kept.
    Upstream(Upstreams),
}

/// The servers behind a route, of which each answers in its turn; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstreams {
    /// Scheme (`http`, `https` or `h2c`) and authority.
    servers: Vec<Uri>,
    authorities: Option<Authorities>,
}

impl Upstreams {
    pub(crate) fn new(first: Uri) -> Self {
        Self { servers: vec![first], authorities: None }
    }

    /// `None` where there is no server.
    pub(crate) fn of(servers: Vec<Uri>, authorities: Option<Authorities>) -> Option<Self> {
        (!servers.is_empty()).then_some(Self { servers, authorities })
    }

    /// The first of them, which is the only one of most routes.
    pub fn first(&self) -> &Uri {
        &self.servers[0]
    }

    /// All of them, in the file's order: scheme (`http`, `https` or `h2c`) and authority.
    pub fn servers(&self) -> &[Uri] {
        &self.servers
    }

    /// The authorities of `upstream_ca`; `None` for the system's.
    pub fn authorities(&self) -> Option<&Authorities> {
        self.authorities.as_ref()
    }
}

/// The servers as a policy file has them, with commas between.
impl fmt::Display for Upstreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, server) in self.servers.iter().enumerate() {
            let separator = if nth > 0 { ", " } else { "" };
            write!(f, "{separator}{}", server.to_string().trim_end_matches('/'))?;
        }
        Ok(())
    }
}

/// Authorities that certificates of upstreams must come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Authorities {
    /// The PEM file that they were read from.
    pub file: PathBuf,
    /// The certificates, as DER; at least one.
    pub certificates: Arc<[CertificateDer<'static>]>,
}

/// Whose WebSocket handshakes go on to an upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebSocket {
    /// Everyone's.
    #[default]
    Any,
    /// Those of origins that the route's policy allows, of the service's own pages where the policy has a
    /// `public_url`, and of programs that send no origin.
    AllowedOrigins,
}

impl WebSocket {
    /// The value of `websocket` in a policy file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::AllowedOrigins => "allowed-origins",
        }
    }
}

/// Limits and time-outs. Every one can be set in the file's `[limits]`, under the field's name (durations as
/// `"10s"`, sizes in bytes or as `"16KiB"`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a request's head.
    pub head_bytes: usize,
    /// Header lines of a request.
    pub header_lines: usize,
    /// Bytes of a request's body.
    pub body_bytes: u64,
    /// Connections open at once, per listener.
    pub connections: usize,
    /// From the first byte of a request's head to its last.
    pub head_timeout: Duration,
    /// From the beginning of a TLS handshake to its end.
    pub handshake_timeout: Duration,
    /// Requests under way at once on one connection of HTTP/2.
    pub streams: u32,
    /// How long a connection may wait for its next request.
    pub idle_timeout: Duration,
    /// How long a client may neither send nor take a byte of a body.
    pub stall_timeout: Duration,
    /// Until a connection to an upstream stands.
    pub connect_timeout: Duration,
    /// From the end of the request to the head of the upstream's response, and between two pieces of its body
    /// (server-sent events excepted).
    pub upstream_timeout: Duration,
    /// How long a WebSocket connection may carry nothing in either direction.
    pub websocket_timeout: Duration,
    /// How long requests under way may go on after SIGTERM.
    pub drain_timeout: Duration,
    /// Bytes of file contents kept in memory, by all workers together.
    pub file_cache_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 32 * 1024,
            header_lines: 100,
            body_bytes: 100 * 1024 * 1024,
            connections: 10_000,
            head_timeout: Duration::from_secs(10),
            handshake_timeout: Duration::from_secs(10),
            streams: 100,
            idle_timeout: Duration::from_secs(75),
            stall_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(5),
            upstream_timeout: Duration::from_secs(60),
            websocket_timeout: Duration::from_secs(600),
            drain_timeout: Duration::from_secs(30),
            file_cache_bytes: 64 * 1024 * 1024,
        }
    }
}

/// The admin listener.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Admin {
    /// The address.
    pub address: SocketAddr,
    /// Whether other machines may reach it.
    pub is_public: bool,
}

impl Default for Admin {
    fn default() -> Self {
        Self { address: (Ipv4Addr::LOCALHOST, 9180).into(), is_public: false }
    }
}

/// How the log is written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Log {
    /// For whom.
    pub format: LogFormat,
    /// The part of all requests that get a line: 1 for all, 0 for none.
    pub sample: f64,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Human, sample: 1.0 }
    }
}

/// What lines of the log look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// What a request's path leads to.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// A route.
    Route(&'a Route),
    /// No route: the gateway's own 404, under the listener's default policy.
    Nothing,
}

impl Site {
    /// Finds the route of a request: of those that match, the one with the longest path, and among those of one
    /// path the more specific one by host, then listener, then extensions, then methods. A preflight goes by its
    /// `Access-Control-Request-Method`. Allocates nothing.
    ///
    /// `host` is the request's, with or without a port; `path` comes without the query.
    ///
    /// # Errors
    /// The path is one that servers read in different ways.
    pub fn find(
        &self,
        listener: &Listener,
        host: Option<&str>,
        path: &str,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Found<'_>, UnsafePath> {
        self.find_from(Some(listener), host, path, method, headers)
    }

    /// As [`find`](Self::find), for a request that need not have come in through a listener: `None` leaves out
    /// the routes that name one.
    ///
    /// # Errors
    /// The path is one that servers read in different ways.
    pub fn find_from(
        &self,
        listener: Option<&Listener>,
        host: Option<&str>,
        path: &str,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Found<'_>, UnsafePath> {
        let listener = listener.and_then(|listener| self.index_of(listener));
        let route = self.router.find(listener, host, path, method, headers)?;
        Ok(route.and_then(|route| self.routes.get(route)).map_or(Found::Nothing, Found::Route))
    }

    /// What each route asks of a request beside its path, in the order of [`routes`](Self::routes).
    pub fn conditions(&self) -> impl ExactSizeIterator<Item = Conditions<'_>> {
        self.router.matchers().iter().map(|matcher| Conditions {
            hosts: &matcher.hosts,
            listener: matcher.listener.and_then(|index| self.listeners.get(index)),
            extensions: &matcher.extensions,
            methods: &matcher.methods,
        })
    }

    /// A route in words that no other route of the site has: its path and what it asks beside, such as
    /// `/photos/, host img.example, extensions png`.
    pub fn place(&self, route: &Route) -> String {
        let conditions = self.conditions().nth(route.index);
        let listener = conditions.and_then(|conditions| conditions.listener);
        let listener = listener.map_or_else(String::new, |listener| format!(", listener {}", listener.name));
        format!(
            "{}{}{listener}",
            route.path,
            conditions.as_ref().map_or_else(String::new, Conditions::in_words)
        )
    }

    /// A listener may be of the site that was there before a reload: its name is what counts.
    fn index_of(&self, listener: &Listener) -> Option<usize> {
        let is_it = |own: &Listener| own.name == listener.name;
        match self.listeners.get(listener.index) {
            Some(own) if is_it(own) => Some(listener.index),
            _ => self.listeners.iter().position(is_it),
        }
    }
}

impl Listener {
    /// Its place among the listeners of the site that it was compiled with.
    pub fn index(&self) -> usize {
        self.index
    }
}

impl Route {
    /// Its place among the site's routes.
    pub fn index(&self) -> usize {
        self.index
    }

    /// What is left of a request's path when this route's path is cut off, without slashes in front: what a
    /// [`Target::Files`] looks for. The path is one that led here.
    pub fn remainder<'a>(&self, path: &'a str) -> &'a str {
        let mut rest = path.trim_start_matches('/');
        for _ in 0..self.depth {
            rest = rest.split_once('/').map_or("", |(_, rest)| rest);
        }
        rest.trim_start_matches('/')
    }
}
