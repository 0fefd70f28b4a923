//! Which route takes a request.
//!
//! Of the routes that match, the one with the longest path wins; among those of one path, one that names hosts
//! before one that doesn't, then one that names a listener, then extensions, then methods. Two routes that no
//! rule parts and that match one request are refused when a file is compiled, so order never matters.
//!
//! Routes stand in a tree of path segments, under each node by host. Finding one costs a binary search a segment
//! and one for the host, and then looks at the routes of that path and host alone.

use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, Method};

use crate::path::{self, Reading, UnsafePath};

/// What a route asks of a request. An empty list asks nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matcher {
    /// The path's segments, decoded.
    pub(crate) segments: Vec<Box<[u8]>>,
    /// In lower case.
    pub(crate) hosts: Vec<Box<str>>,
    pub(crate) listener: Option<usize>,
    /// In lower case.
    pub(crate) extensions: Vec<Box<str>>,
    /// Without HEAD, which goes where GET goes.
    pub(crate) methods: Vec<Method>,
}

impl Matcher {
    /// How specific it is among those of one path: the greater wins.
    pub(crate) fn rank(&self) -> [bool; 4] {
        [
            !self.hosts.is_empty(),
            self.listener.is_some(),
            !self.extensions.is_empty(),
            !self.methods.is_empty(),
        ]
    }

    /// Whether some request matches both and neither is more specific.
    pub(crate) fn is_ambiguous_with(&self, other: &Self) -> bool {
        fn meet<T: PartialEq>(left: &[T], right: &[T]) -> bool {
            left.is_empty() || left.iter().any(|item| right.contains(item))
        }
        self.segments == other.segments
            && self.rank() == other.rank()
            && self.listener == other.listener
            && meet(&self.hosts, &other.hosts)
            && meet(&self.extensions, &other.extensions)
            && meet(&self.methods, &other.methods)
    }

    fn takes(&self, listener: Option<usize>, extension: Option<&str>, method: Option<&[u8]>) -> bool {
        let is_method = |own: &Method| Some(own.as_str().as_bytes()) == method;
        (self.listener.is_none() || self.listener == listener)
            && (self.methods.is_empty() || self.methods.iter().any(is_method))
            && (self.extensions.is_empty()
                || extension.is_some_and(|requested| {
                    self.extensions.iter().any(|own| path::is_extension(own, requested))
                }))
    }
}

/// All routes, to be searched; a route is its index.
#[derive(Debug, Default)]
pub(crate) struct Router {
    matchers: Vec<Matcher>,
    /// Sorted; a host is its index.
    hosts: Vec<Box<str>>,
    /// The first is the root.
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    parent: Option<usize>,
    /// Sorted by segment.
    children: Vec<(Box<[u8]>, usize)>,
    /// Sorted by host; routes of one host stand from the most specific.
    by_host: Vec<(usize, Vec<usize>)>,
    /// From the most specific.
    of_any_host: Vec<usize>,
}

impl Router {
    pub(crate) fn new(matchers: Vec<Matcher>) -> Self {
        let mut hosts: Vec<Box<str>> = matchers.iter().flat_map(|matcher| matcher.hosts.clone()).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let mut router = Self { matchers: Vec::new(), hosts, nodes: vec![Node::default()] };
        for (route, matcher) in matchers.iter().enumerate() {
            router.insert(route, matcher);
        }
        let most_specific_first =
            |routes: &mut Vec<usize>| routes.sort_by_key(|&route| std::cmp::Reverse(matchers[route].rank()));
        for node in &mut router.nodes {
            most_specific_first(&mut node.of_any_host);
            node.by_host.iter_mut().for_each(|(_, routes)| most_specific_first(routes));
        }
        Self { matchers, ..router }
    }

    /// What the routes ask, in their order.
    pub(crate) fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    fn insert(&mut self, route: usize, matcher: &Matcher) {
        let mut node = 0;
        for segment in &matcher.segments {
            node = match self.nodes[node].children.binary_search_by(|(own, _)| own.cmp(segment)) {
                Ok(found) => self.nodes[node].children[found].1,
                Err(place) => {
                    let child = self.nodes.len();
                    self.nodes.push(Node { parent: Some(node), ..Node::default() });
                    self.nodes[node].children.insert(place, (segment.clone(), child));
                    child
                }
            };
        }
        let node = &mut self.nodes[node];
        if matcher.hosts.is_empty() {
            node.of_any_host.push(route);
        }
        for host in &matcher.hosts {
            let Ok(host) = self.hosts.binary_search(host) else { continue };
            match node.by_host.binary_search_by_key(&host, |(own, _)| *own) {
                Ok(found) => node.by_host[found].1.push(route),
                Err(place) => node.by_host.insert(place, (host, vec![route])),
            }
        }
    }

    /// Finds the route of a request. Allocates nothing.
    pub(crate) fn find(
        &self,
        listener: Option<usize>,
        host: Option<&str>,
        path: &str,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Option<usize>, UnsafePath> {
        // `OPTIONS *` asks about the server itself.
        if path == "*" && *method == Method::OPTIONS {
            return Ok(None);
        }
        path::check(path)?;
        let method = requested_method(method, headers);
        let host = host.and_then(|host| self.host(host));
        let route = |reading| {
            let extension = path::extension(path, reading);
            let takes = |route: usize| self.matchers[route].takes(listener, extension, method);
            self.find_below(self.deepest(path, reading), host, takes)
        };
        let plain = route(Reading::Plain);
        if path::has_other_reading(path) && route(Reading::Lenient) != plain {
            return Err(path::TWO_ROUTES);
        }
        Ok(plain)
    }

    /// The most specific route of a node that takes the request, or of the nodes above it.
    fn find_below(&self, node: usize, host: Option<usize>, takes: impl Fn(usize) -> bool) -> Option<usize> {
        let mut node = Some(node);
        while let Some(Node { parent, by_host, of_any_host, .. }) = node.map(|node| &self.nodes[node]) {
            let of_host = host
                .and_then(|host| by_host.binary_search_by_key(&host, |(own, _)| *own).ok())
                .map_or(&[][..], |found| &by_host[found].1);
            if let Some(route) = of_host.iter().chain(of_any_host).find(|route| takes(**route)) {
                return Some(*route);
            }
            node = *parent;
        }
        None
    }

    fn deepest(&self, path: &str, reading: Reading) -> usize {
        let mut node = 0;
        for segment in path::segments(path, reading) {
            let children = &self.nodes[node].children;
            match children.binary_search_by(|(own, _)| path::compare(own, segment)) {
                Ok(found) => node = children[found].1,
                Err(_) => break,
            }
        }
        node
    }

    fn host(&self, host: &str) -> Option<usize> {
        let host = without_port(host);
        let lower = || host.bytes().map(|byte| byte.to_ascii_lowercase());
        self.hosts.binary_search_by(|own| own.bytes().cmp(lower())).ok()
    }
}

/// The method that a request is routed by: a preflight's requested one, GET for HEAD. `None` matches no list.
fn requested_method<'a>(method: &'a Method, headers: &'a HeaderMap) -> Option<&'a [u8]> {
    let is_preflight = *method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let method = if is_preflight {
        let mut lines = headers.get_all(ACCESS_CONTROL_REQUEST_METHOD).into_iter();
        let (Some(line), None) = (lines.next(), lines.next()) else { return None };
        line.as_bytes()
    } else {
        method.as_str().as_bytes()
    };
    Some(if method == b"HEAD" { b"GET" } else { method })
}

/// A `Host` without its port and without the dot that ends a fully qualified name.
fn without_port(host: &str) -> &str {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name)
}
