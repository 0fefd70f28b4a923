//! The cookies of an agent: who may set them, and to whom they go.
//!
//! Domains, paths and dates are `cookie_store`'s. What is held here is what browsers have added since: public
//! suffixes, prefixes of names, and `SameSite`, which is `Lax` where it is not said.
//! [Source](https://www.ietf.org/archive/id/draft-ietf-httpbis-rfc6265bis-22.html).

use std::sync::{Mutex, MutexGuard, PoisonError};

use cookie_store::{CookieStore, RawCookie};
use crossorigin::infrastructure::request::{Mode, Request};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, Method};
use url::{Host, Url};

use crate::referrer::is_potentially_trustworthy;
use crate::settings::Settings;

/// The longest cookie that is kept, name and value together, in bytes.
pub const MAX_COOKIE_BYTES: usize = 4096;
/// The most cookies that an agent keeps. Beyond, new ones are refused until others expire.
pub const MAX_COOKIES: usize = 3000;

/// How near a request is to the page that the user sees, as far as cookies go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nearness {
    /// Of the same site, on every hop.
    SameSite,
    /// The user follows a link to another site.
    Navigation,
    /// A form leads the user to another site.
    UnsafeNavigation,
    /// Of another site.
    CrossSite,
}

impl Nearness {
    /// Of a request that stands at `state`.
    /// [Source](https://www.ietf.org/archive/id/draft-ietf-httpbis-rfc6265bis-22.html#name-same-site-and-cross-site-re).
    pub(crate) fn of(state: &Request, settings: Settings<'_>) -> Self {
        let top = settings.top_level_origin;
        let permitted = |url: &Url| settings.host_permissions.iter().any(|permission| permission.covers(url));
        let is_near = |url: &Url| top.same_site_with_url(url) || permitted(url);
        if settings.origin.same_site(top) && state.url_list().all(is_near) {
            return Self::SameSite;
        }
        match state.mode {
            Mode::Navigate if state.method == Method::GET || state.method == Method::HEAD => Self::Navigation,
            Mode::Navigate => Self::UnsafeNavigation,
            _ => Self::CrossSite,
        }
    }

    /// Whether a cookie goes along.
    fn sends(self, cookie: &RawCookie<'_>) -> bool {
        match same_site(cookie) {
            SameSite::None => true,
            SameSite::Lax => matches!(self, Self::SameSite | Self::Navigation),
            SameSite::Strict => self == Self::SameSite,
        }
    }

    /// Whether a response may set a cookie.
    fn keeps(self, cookie: &RawCookie<'_>) -> bool {
        self != Self::CrossSite || same_site(cookie) == SameSite::None
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SameSite {
    Strict,
    Lax,
    None,
}

/// What `SameSite` says; `Lax` where it says nothing, as in Chromium.
fn same_site(cookie: &RawCookie<'_>) -> SameSite {
    match cookie.same_site() {
        Some(said) if said.is_strict() => SameSite::Strict,
        Some(said) if said.is_none() => SameSite::None,
        _ => SameSite::Lax,
    }
}

/// All cookies of an agent.
#[derive(Debug, Default)]
pub(crate) struct Cookies(Mutex<CookieStore>);

impl Cookies {
    fn store(&self) -> MutexGuard<'_, CookieStore> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `Cookie` says to the URL at which a request stands.
    pub(crate) fn header(&self, url: &Url, state: &Request, settings: Settings<'_>) -> Option<HeaderValue> {
        let store = self.store();
        let mut matching = store.matches(url);
        if matching.is_empty() {
            return None;
        }
        let nearness = Nearness::of(state, settings);
        matching.retain(|cookie| nearness.sends(cookie));
        // Longer paths come first, and then those that were set first.
        matching.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> =
            matching.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
        if pairs.is_empty() {
            return None;
        }
        let mut value = HeaderValue::try_from(pairs.join("; ")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Keeps what a response sets.
    pub(crate) fn keep(&self, headers: &HeaderMap, url: &Url, state: &Request, settings: Settings<'_>) {
        let mut lines = headers.get_all(SET_COOKIE).iter().peekable();
        if lines.peek().is_none() {
            return;
        }
        let nearness = Nearness::of(state, settings);
        let mut store = self.store();
        for line in lines {
            let line = std::str::from_utf8(line.as_bytes()).ok();
            let cookie = line.and_then(|line| RawCookie::parse(line.to_owned()).ok());
            if let Some(cookie) = cookie.filter(|cookie| nearness.keeps(cookie)) {
                // What is refused is as if it had not been set.
                let _ = insert(&mut store, cookie, url);
            }
        }
    }

    /// Sets a cookie by hand, as the top-level page of the URL would.
    pub(crate) fn set(&self, cookie: &str, url: &Url) -> Result<(), CookieError> {
        let refused = |why| CookieError { cookie: cookie.to_owned(), why };
        let parsed = RawCookie::parse(cookie.to_owned()).map_err(|_| refused("it has no name before a ="))?;
        insert(&mut self.store(), parsed, url).map_err(refused)
    }
}

/// A cookie that can't be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieError {
    cookie: String,
    why: &'static str,
}

impl std::fmt::Display for CookieError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the cookie {:?} can't be set: {}", self.cookie, self.why)
    }
}

impl std::error::Error for CookieError {}

/// [Source](https://www.ietf.org/archive/id/draft-ietf-httpbis-rfc6265bis-22.html#name-storage-model).
fn insert(store: &mut CookieStore, mut cookie: RawCookie<'static>, url: &Url) -> Result<(), &'static str> {
    if cookie.name().len() + cookie.value().len() > MAX_COOKIE_BYTES {
        return Err("it is longer than 4096 bytes");
    }
    let is_secure = cookie.secure().unwrap_or(false);
    let from_secure = is_potentially_trustworthy(url);
    if is_secure && !from_secure {
        return Err("it is Secure, and the URL is not");
    }
    if same_site(&cookie) == SameSite::None && !is_secure {
        return Err("it has SameSite=None, which needs Secure");
    }
    let name = cookie.name().to_ascii_lowercase();
    if name.starts_with("__secure-") && !is_secure {
        return Err("its name begins with __Secure-, which needs Secure");
    }
    if name.starts_with("__host-") && !(is_secure && cookie.domain().is_none() && cookie.path() == Some("/"))
    {
        return Err("its name begins with __Host-, which needs Secure, Path=/ and no Domain");
    }
    if let Some(domain) = cookie.domain().map(|domain| domain.trim_start_matches('.').to_ascii_lowercase()) {
        let host = url.host_str().unwrap_or_default();
        let is_address = matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
        if !is_address && psl::suffix_str(&domain) == Some(domain.as_str()) {
            if domain != host {
                return Err("its Domain is a public suffix");
            }
            cookie.unset_domain();
        }
    }
    // A page that anybody on the way can change must not change what is Secure.
    let shadows = |own: &cookie_store::Cookie<'_>| own.name() == cookie.name() && own.secure() == Some(true);
    if !from_secure && store.iter_unexpired().any(|own| shadows(own) && own.domain.matches(url)) {
        return Err("one of its name is Secure, and the URL is not");
    }
    if store.iter_any().count() >= MAX_COOKIES && store.iter_unexpired().count() >= MAX_COOKIES {
        return Err("the agent keeps 3000 cookies already");
    }
    match store.insert_raw(&cookie, url) {
        Ok(_) => Ok(()),
        Err(_) => Err("its Domain is not that of the URL, or it has expired"),
    }
}

#[cfg(test)]
mod tests {
    use crossorigin::infrastructure::request_origin::Origin;

    use super::*;
    use crate::{Agent, InProcess};

    const PAGE: &str = "https://app.example.com";

    /// What goes to `to` from a page of `origin` in `top` once `cookie` is set by `from`.
    fn sent(cookie: &str, from: &str, to: &str, origin: &str, top: &str, mode: Mode, method: Method) -> bool {
        let cookies = Cookies::default();
        cookies.set(cookie, &from.parse().unwrap()).unwrap();
        let mut page = Agent::with_transport(InProcess::new(())).environment(origin.parse().unwrap());
        page.top_level_origin = top.parse().unwrap();
        let to: Url = to.parse().unwrap();
        let mut request = Request::new(page.origin.clone(), to.clone());
        (request.mode, request.method) = (mode, method);
        cookies.header(&to, &request, page.split().1).is_some()
    }

    #[test]
    fn same_site_says_where_cookies_go() {
        const OWN: &str = "https://api.example.com/";
        const OTHER: &str = "https://other.example/";
        let (cors, navigate) = (Mode::Cors, Mode::Navigate);
        for (to, top, mode, method, [strict, lax, none]) in [
            // A page of the same site.
            (OWN, PAGE, cors, Method::GET, [true, true, true]),
            (OWN, PAGE, cors, Method::POST, [true, true, true]),
            // A page of another site.
            (OTHER, PAGE, cors, Method::GET, [false, false, true]),
            (OTHER, PAGE, Mode::NoCors, Method::GET, [false, false, true]),
            // In a frame of another site's page.
            (OWN, "https://other.example", cors, Method::GET, [false, false, true]),
            // A link, and a form.
            (OTHER, PAGE, navigate, Method::GET, [false, true, true]),
            (OTHER, PAGE, navigate, Method::POST, [false, false, true]),
            // The scheme belongs to the site.
            (OWN, "http://app.example.com", cors, Method::GET, [false, false, true]),
        ] {
            for (cookie, expected) in [
                ("a=b; SameSite=Strict", strict),
                ("a=b; SameSite=Lax", lax),
                ("a=b", lax),
                ("a=b; SameSite=nonsense", lax),
                ("a=b; SameSite=None; Secure", none),
            ] {
                let sent = sent(cookie, to, to, PAGE, top, mode, method.clone());
                assert_eq!(sent, expected, "{cookie} to {to} from {top} {mode:?} {method}");
            }
        }
    }

    #[test]
    fn domains_paths_and_schemes_say_where_cookies_go() {
        for (cookie, from, to, expected) in [
            ("a=b", "https://a.example.com/", "https://a.example.com/x", true),
            ("a=b", "https://a.example.com/", "https://b.example.com/", false),
            ("a=b; Domain=example.com", "https://a.example.com/", "https://b.example.com/", true),
            ("a=b; Path=/x", "https://a.example.com/", "https://a.example.com/x/y", true),
            ("a=b; Path=/x", "https://a.example.com/", "https://a.example.com/xy", false),
            ("a=b", "https://a.example.com/x/y", "https://a.example.com/x/z", true),
            ("a=b", "https://a.example.com/x/y", "https://a.example.com/", false),
            ("a=b; Max-Age=0", "https://a.example.com/", "https://a.example.com/", false),
            ("a=b; Domain=github.io", "https://github.io/", "https://x.github.io/", false),
            ("a=b", "https://a.example.com:1/", "https://a.example.com:2/", true),
            ("a=b; Secure", "http://127.0.0.1/", "http://127.0.0.1/", true),
        ] {
            let cookies = Cookies::default();
            let _ = cookies.set(cookie, &from.parse().unwrap());
            let to: Url = to.parse().unwrap();
            let origin = Origin::of_url(&to);
            let mut page = Agent::with_transport(InProcess::new(())).environment(origin.clone());
            let request = Request::new(origin, to.clone());
            assert_eq!(cookies.header(&to, &request, page.split().1).is_some(), expected, "{cookie} {to}");
        }
    }

    #[test]
    fn what_browsers_refuse_is_refused() {
        let long = format!("a={}", "b".repeat(MAX_COOKIE_BYTES));
        for (cookie, from) in [
            ("nonsense", "https://a.example.com/"),
            (&long, "https://a.example.com/"),
            ("a=b; Secure", "http://a.example.com/"),
            ("a=b; SameSite=None", "https://a.example.com/"),
            ("__Secure-a=b", "https://a.example.com/"),
            ("__host-a=b; Secure; Path=/; Domain=a.example.com", "https://a.example.com/"),
            ("__Host-a=b; Secure", "https://a.example.com/"),
            ("a=b; Domain=com", "https://a.example.com/"),
            ("a=b; Domain=co.uk", "https://a.co.uk/"),
            ("a=b; Domain=b.example.com", "https://a.example.com/"),
        ] {
            assert!(Cookies::default().set(cookie, &from.parse().unwrap()).is_err(), "{cookie}");
        }
        let cookies = Cookies::default();
        let set = |cookie: &str, from: &str| cookies.set(cookie, &from.parse().unwrap());
        set("__Host-a=b; Secure; Path=/", "https://a.example.com/").unwrap();
        set("a=b; Secure", "https://a.example.com/").unwrap();
        assert!(set("a=evil", "http://a.example.com/").is_err());
        for nth in 0..MAX_COOKIES {
            let _ = set(&format!("c{nth}=b"), "https://a.example.com/");
        }
        assert_eq!(cookies.store().iter_any().count(), MAX_COOKIES);
        assert!(set("late=b", "https://a.example.com/").is_err());
    }
}
