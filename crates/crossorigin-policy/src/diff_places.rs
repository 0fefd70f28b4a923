//! Where two policy files are compared: a request for each pair of routes that take one.

use std::collections::BTreeSet;

use http::Method;
use http::header::HeaderMap;

use crate::{Conditions, Found, Listener, Route, Site};

/// A kind of request: which routes take it, in the one file and in the other.
pub(crate) struct Place<'s> {
    /// In words.
    pub(crate) name: String,
    pub(crate) listeners: (Option<&'s Listener>, Option<&'s Listener>),
    pub(crate) routes: (Option<&'s Route>, Option<&'s Route>),
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) method: Method,
}

/// Whether two routes are the same one.
pub(crate) fn is_same(left: Option<&Route>, right: Option<&Route>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => std::ptr::eq(left, right),
        (None, None) => true,
        _ => false,
    }
}

/// One place for each pair of routes that share a request, and for what no route takes.
///
/// Which route takes a request is decided by those at its path and above it, so at each path that a route has, all that
/// such routes tell apart is tried, and one thing more that they don't name.
pub(crate) fn places<'s>(before: &'s Site, after: &'s Site) -> Vec<Place<'s>> {
    let routes: Vec<(&Route, Conditions<'_>)> =
        [before, after].into_iter().flat_map(|site| site.routes.iter().zip(site.conditions())).collect();
    let mut paths: BTreeSet<&str> =
        routes.iter().map(|(route, _)| route.path.trim_end_matches('/')).collect();
    paths.insert("");
    let segment = segment(&paths);
    let mut places: Vec<Place<'s>> = Vec::new();
    for listeners in listeners(before, after) {
        for path in &paths {
            let above = routes.iter().filter(|(route, _)| is_below(path, route.path.trim_end_matches('/')));
            let choices = Choices::new(above.map(|(_, conditions)| conditions));
            for (host, extension, method) in choices.all() {
                let (path, host) = (format!("{path}/{segment}{extension}"), host_or(host, listeners));
                let find = |site: &'s Site, listener| match site.find_from(
                    listener,
                    Some(&host),
                    &path,
                    method,
                    &HeaderMap::new(),
                ) {
                    Ok(Found::Route(route)) => Some(route),
                    _ => None,
                };
                let routes = (find(before, listeners.0), find(after, listeners.1));
                let is_known = |place: &Place<'_>| {
                    is_same_listener(place.listeners, listeners)
                        && is_same(place.routes.0, routes.0)
                        && is_same(place.routes.1, routes.1)
                };
                if !places.iter().any(is_known) {
                    let method = method.clone();
                    places.push(Place { name: String::new(), listeners, routes, host, path, method });
                }
            }
        }
    }
    let names: Vec<_> = places.iter().map(|place| name(place, before, after)).collect();
    places.iter_mut().zip(names).for_each(|(place, name)| place.name = name);
    places
}

type Pair<'s> = (Option<&'s Listener>, Option<&'s Listener>);

/// Listeners that stand for each other: those of one name, and the only ones.
fn listeners<'s>(before: &'s Site, after: &'s Site) -> Vec<Pair<'s>> {
    let (old, new) = (&before.listeners[..], &after.listeners[..]);
    match (old, new) {
        ([], []) => vec![(None, None)],
        ([], new) => new.iter().map(|new| (None, Some(new))).collect(),
        (old, []) => old.iter().map(|old| (Some(old), None)).collect(),
        ([old], [new]) => vec![(Some(old), Some(new))],
        (old, new) => {
            let named = |old: &Listener| new.iter().find(|new| new.name == old.name);
            old.iter().filter_map(|old| Some((Some(old), Some(named(old)?)))).collect()
        }
    }
}

fn is_same_listener(left: Pair<'_>, right: Pair<'_>) -> bool {
    let index = |(before, after): Pair<'_>| {
        (before.map(|listener| listener.index), after.map(|listener| listener.index))
    };
    index(left) == index(right)
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A segment that no route has.
fn segment(paths: &BTreeSet<&str>) -> String {
    let is_new = |segment: &String| !paths.iter().any(|path| path.split('/').any(|own| own == segment));
    let numbered = (1..).map(|number: u32| format!("x{number}"));
    std::iter::once("x".to_owned()).chain(numbered).find(is_new).unwrap_or_default()
}

/// The request's host: one that a route names, or the listener's address, or one that no route names.
fn host_or(host: Option<&str>, listeners: Pair<'_>) -> String {
    let address = || listeners.1.or(listeners.0).map(|listener| listener.address.to_string());
    host.map_or_else(|| address().unwrap_or_else(|| "service.example".into()), str::to_owned)
}

/// What routes tell apart.
struct Choices<'a> {
    hosts: Vec<Option<&'a str>>,
    extensions: Vec<String>,
    methods: Vec<Method>,
}

impl<'a> Choices<'a> {
    fn new(conditions: impl Iterator<Item = &'a Conditions<'a>>) -> Self {
        let (mut hosts, mut extensions, mut named) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for conditions in conditions {
            hosts.extend(conditions.hosts.iter().map(|host| Some(&**host)));
            extensions.extend(conditions.extensions.iter().map(|extension| format!(".{extension}")));
            named.extend(conditions.methods.iter().map(Method::as_str));
        }
        hosts.insert(None);
        extensions.insert(String::new());
        let usual = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "WITNESS"];
        let other = usual.into_iter().find(|method| !named.contains(method));
        // GET first: it reads best.
        let mut methods: Vec<&str> = other.into_iter().chain(named).collect();
        methods.sort_by_key(|method| *method != "GET");
        let methods =
            methods.iter().filter_map(|method| Method::from_bytes(method.as_bytes()).ok()).collect();
        Self { hosts: hosts.into_iter().collect(), extensions: extensions.into_iter().collect(), methods }
    }

    fn all(&self) -> impl Iterator<Item = (Option<&'a str>, &str, &Method)> + '_ {
        self.hosts.iter().flat_map(move |host| {
            self.extensions.iter().flat_map(move |extension| {
                self.methods.iter().map(move |method| (*host, extension.as_str(), method))
            })
        })
    }
}

/// A place as its route says it, or as the other file's does.
fn name(place: &Place<'_>, before: &Site, after: &Site) -> String {
    let conditions = |site: &Site, route: &Route| {
        let index = site.routes.iter().position(|own| std::ptr::eq(own, route));
        let conditions = index.and_then(|index| site.conditions().nth(index));
        conditions.map_or_else(String::new, |conditions| conditions.in_words())
    };
    let path = |route: &Route| route.path.clone();
    let mut name = match place.routes {
        (None, None) => "paths that no route takes".to_owned(),
        (Some(old), Some(new)) if old.path == new.path => format!("{}{}", path(new), conditions(after, new)),
        (Some(old), Some(new)) => {
            let deeper = if old.path.len() > new.path.len() { (old, before) } else { (new, after) };
            format!("{}{}", path(deeper.0), conditions(deeper.1, deeper.0))
        }
        (Some(old), None) => format!("{}{}", path(old), conditions(before, old)),
        (None, Some(new)) => format!("{}{}", path(new), conditions(after, new)),
    };
    if let (Some(listener), true) =
        (place.listeners.1.or(place.listeners.0), before.listeners.len().max(after.listeners.len()) > 1)
    {
        name.push_str(&format!(", through {}", listener.name));
    }
    name
}
