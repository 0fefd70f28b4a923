//! The cookies of an agent: who may set them, and to whom they go.
//!
//! How domains, paths and dates are read is `cookie_store`'s. What is held here is what browsers have added since:
//! public suffixes, prefixes of names, and `SameSite`, which is `Lax` where it is not said; and what goes when there
//! are too many.
//! [Source](https://www.ietf.org/archive/id/draft-ietf-httpbis-rfc6265bis-22.html).

mod cookie;
mod jar;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crossorigin::infrastructure::request::{Destination, Mode, Request};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, Method};
use url::Url;

use self::cookie::{Cookie, SameSite};
pub use self::cookie::{MAX_COOKIE_ATTRIBUTE_BYTES, MAX_COOKIE_BYTES};
use self::jar::{EXPIRED, Jar};
pub use self::jar::{MAX_COOKIES, MAX_COOKIES_PER_SITE};
use crate::referrer::is_potentially_trustworthy;
use crate::settings::Settings;

/// How near a request is to the page that the user sees, as far as cookies go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nearness {
    /// Of the same site, wherever it was redirected from.
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
        let url = state.current_url();
        if settings.origin.same_site(top) && (top.same_site_with_url(url) || permitted(url)) {
            return Self::SameSite;
        }
        match state.mode {
            // The user does not go to what is shown in a frame.
            Mode::Navigate if state.destination == Destination::Iframe => Self::CrossSite,
            Mode::Navigate if state.method == Method::GET || state.method == Method::HEAD => Self::Navigation,
            Mode::Navigate => Self::UnsafeNavigation,
            _ => Self::CrossSite,
        }
    }

    /// Of a page's own scripts.
    fn of_page(settings: Settings<'_>) -> Self {
        if settings.origin.same_site(settings.top_level_origin) { Self::SameSite } else { Self::CrossSite }
    }

    /// Whether a cookie goes along.
    fn sends(self, cookie: &Cookie) -> bool {
        match cookie.same_site {
            SameSite::None => true,
            SameSite::Lax => matches!(self, Self::SameSite | Self::Navigation),
            SameSite::Strict => self == Self::SameSite,
        }
    }

    /// Whether a response may set a cookie.
    fn keeps(self, cookie: &Cookie) -> bool {
        self != Self::CrossSite || cookie.same_site == SameSite::None
    }
}

/// All cookies of an agent.
#[derive(Debug, Default)]
pub(crate) struct Cookies(Mutex<Jar>);

impl Cookies {
    fn jar(&self) -> MutexGuard<'_, Jar> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `Cookie` says to the URL at which a request stands.
    pub(crate) fn header(&self, url: &Url, state: &Request, settings: Settings<'_>) -> Option<HeaderValue> {
        let mut jar = self.jar();
        if jar.is_empty() {
            return None;
        }
        let nearness = Nearness::of(state, settings);
        let going = jar.matching(url, SystemTime::now(), |cookie| nearness.sends(cookie));
        let pairs: Vec<&[u8]> = going.iter().map(|cookie| cookie.pair.as_bytes()).collect();
        if pairs.is_empty() {
            return None;
        }
        let mut value = HeaderValue::try_from(pairs.join(&b"; "[..])).ok()?;
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
        let mut jar = self.jar();
        for line in lines {
            let line = std::str::from_utf8(line.as_bytes()).ok();
            let cookie = line.and_then(|line| Cookie::read(line, url).ok());
            if let Some(cookie) = cookie.filter(|cookie| nearness.keeps(cookie)) {
                // What is refused is as if it had not been set.
                let _ = jar.put(cookie, is_potentially_trustworthy(url), SystemTime::now());
            }
        }
    }

    /// What `document.cookie` tells the scripts of a page at this URL.
    /// [Source](https://html.spec.whatwg.org/multipage/dom.html#dom-document-cookie).
    pub(crate) fn script_string(&self, url: &Url, settings: Settings<'_>) -> String {
        let mut jar = self.jar();
        let nearness = Nearness::of_page(settings);
        let seen = |cookie: &Cookie| !cookie.is_http_only && nearness.sends(cookie);
        let pairs: Vec<_> = jar
            .matching(url, SystemTime::now(), seen)
            .iter()
            .map(|cookie| String::from_utf8_lossy(cookie.pair.as_bytes()).into_owned())
            .collect();
        pairs.join("; ")
    }

    /// Sets what a script of a page at this URL sets, which no server can be made to see as its own.
    /// [Source](https://www.ietf.org/archive/id/draft-ietf-httpbis-rfc6265bis-22.html#name-storage-model).
    pub(crate) fn set_by_script(
        &self,
        cookie: &str,
        url: &Url,
        settings: Settings<'_>,
    ) -> Result<(), CookieError> {
        let refused = |why| CookieError { cookie: cookie.to_owned(), why };
        let cookie = Cookie::read(cookie, url).map_err(refused)?;
        if cookie.is_http_only {
            return Err(refused("it is HttpOnly, and set by a script"));
        }
        if !Nearness::of_page(settings).keeps(&cookie) {
            return Err(refused("the page is in one of another site, and the cookie is not SameSite=None"));
        }
        let mut jar = self.jar();
        if jar.has_http_only(&cookie) {
            return Err(refused("there is one that is HttpOnly"));
        }
        jar.put(cookie, is_potentially_trustworthy(url), SystemTime::now()).map_err(refused)
    }

    /// All cookies as `Set-Cookie` would set them, each with a URL by which it may.
    pub(crate) fn all(&self) -> Vec<(Url, String)> {
        self.jar().all(SystemTime::now()).into_iter().filter_map(Cookie::as_set).collect()
    }

    /// Sets a cookie by hand, as the top-level page of the URL would.
    pub(crate) fn set(&self, cookie: &str, url: &Url) -> Result<(), CookieError> {
        let refused = |why| CookieError { cookie: cookie.to_owned(), why };
        let cookie = Cookie::read(cookie, url).map_err(refused)?;
        self.jar().put(cookie, is_potentially_trustworthy(url), SystemTime::now()).map_err(refused)
    }
}

/// A cookie that can't be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieError {
    cookie: String,
    why: &'static str,
}

impl CookieError {
    pub(crate) fn without_a_place(cookie: &str) -> Self {
        Self { cookie: cookie.to_owned(), why: "the page is at no HTTP URL" }
    }

    /// Whether it is refused for nothing but its age.
    pub fn has_expired(&self) -> bool {
        self.why == EXPIRED
    }
}

impl std::fmt::Display for CookieError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the cookie {:?} can't be set: {}", self.cookie, self.why)
    }
}

impl std::error::Error for CookieError {}

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
    fn what_is_written_down_can_be_set_again() {
        let url = "https://a.app.example.com/x/y".parse().unwrap();
        let set = [
            ("a=b", "a=b; Path=/x; SameSite=Lax"),
            ("a=1; Path=/; SameSite=Strict", "a=1; Path=/; SameSite=Strict"),
            (
                "c=\"d e\"; Domain=example.com; Secure; SameSite=None",
                "c=\"d e\"; Domain=example.com; Path=/x; Secure; SameSite=None",
            ),
            (
                "e=; HttpOnly; Expires=Wed, 21 Oct 2099 07:28:00 GMT",
                "e=; Path=/x; HttpOnly; SameSite=Lax; Expires=Wed, 21 Oct 2099 07:28:00 GMT",
            ),
            ("__Host-f=\u{e4}; Path=/; Secure", "__Host-f=\u{e4}; Path=/; Secure; SameSite=Lax"),
            ("=h=i; Path=/", "=h=i; Path=/; SameSite=Lax"),
            (
                "g=; Max-Age=99999999999999",
                "g=; Path=/x; SameSite=Lax; Expires=Fri, 31 Dec 9999 23:59:59 GMT",
            ),
        ];
        let (first, second) = (Cookies::default(), Cookies::default());
        for (cookie, _) in set {
            first.set(cookie, &url).unwrap();
        }
        first.set("gone=1; Max-Age=0", &url).unwrap_err();
        let written = first.all();
        for ((at, cookie), (_, expected)) in written.iter().zip(set) {
            assert_eq!(cookie, expected);
            second.set(cookie, at).unwrap();
        }
        assert_eq!(written.len(), set.len());
        assert_eq!(second.all(), written);
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
        let long = "x".repeat(MAX_COOKIE_ATTRIBUTE_BYTES);
        let (long_domain, long_path) = (format!("a=b; Domain={long}x"), format!("a=b; Path=/{long}"));
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
            // As if they were not said.
            (&long_domain, "https://a.example.com/", "https://a.example.com/", true),
            (&long_path, "https://a.example.com/x/", "https://a.example.com/x/y", true),
        ] {
            let cookies = Cookies::default();
            let _ = cookies.set(cookie, &from.parse().unwrap());
            let to: Url = to.parse().unwrap();
            let origin = Origin::of_url(&to);
            let mut page = Agent::with_transport(InProcess::new(())).environment(origin.clone());
            let request = Request::new(origin, to.clone());
            let sent = cookies.header(&to, &request, page.split().1).is_some();
            assert_eq!(sent, expected, "{cookie:.40} {to}");
        }
    }

    #[test]
    fn what_browsers_refuse_is_refused() {
        let long = format!("a={}", "b".repeat(MAX_COOKIE_BYTES));
        for (cookie, from) in [
            ("=", "https://a.example.com/"),
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
    }

    #[test]
    fn scripts_see_what_is_theirs() {
        const PAGE: &str = "https://a.example.com/x/y";
        let agent = Agent::with_transport(InProcess::new(()));
        let page = |url: &str, top: &str| {
            let mut page = agent.environment(Origin::of_url(&url.parse().unwrap()));
            (page.url, page.top_level_origin) = (url.parse().ok(), top.parse().unwrap());
            page
        };
        for cookie in [
            "hidden=1; HttpOnly",
            "lax=1; Path=/",
            "deep=1",
            "none=1; SameSite=None; Secure; Path=/",
            "other=1; Path=/z",
        ] {
            agent.set_cookie(cookie, &PAGE.parse().unwrap()).unwrap();
        }
        for (url, top, seen) in [
            (PAGE, "https://a.example.com", "deep=1; lax=1; none=1"),
            ("https://a.example.com/", "https://b.example.com", "lax=1; none=1"),
            ("https://a.example.com/", "https://elsewhere.example", "none=1"),
            ("http://a.example.com/", "http://a.example.com", "lax=1"),
            ("https://b.example.com/", "https://b.example.com", ""),
            ("data:,x", "https://a.example.com", ""),
        ] {
            assert_eq!(page(url, top).document_cookie(), seen, "{url} in {top}");
        }
        let mut own = page(PAGE, "https://a.example.com");
        for (cookie, is_set) in [
            ("mine=1; Path=/", true),
            ("hidden=2", false),
            ("mine=1; HttpOnly", false),
            ("mine=1; Domain=elsewhere.example", false),
            ("none=2; SameSite=None", false),
            ("nameless; Path=/", true),
            ("=other nameless; Path=/", true),
            ("; Path=/", false),
            ("=__Host-a=b; Path=/; Secure", false),
            ("__secure-x; Path=/", false),
            ("deep=; Max-Age=0", true),
        ] {
            assert_eq!(own.set_document_cookie(cookie).is_ok(), is_set, "{cookie}");
        }
        assert_eq!(own.document_cookie(), "lax=1; none=1; mine=1; other nameless");
        let mut framed = page(PAGE, "https://elsewhere.example");
        assert!(framed.set_document_cookie("lax=2; Path=/").is_err());
        assert!(framed.set_document_cookie("none=2; Path=/; SameSite=None; Secure").is_ok());
        assert!(
            page("http://a.example.com/", "http://a.example.com")
                .set_document_cookie("none=3; Path=/")
                .is_err()
        );
        assert!(page("data:,x", "https://a.example.com").set_document_cookie("a=b").is_err());
    }

    /// What goes to `to` from its own page.
    fn own_header(cookies: &Cookies, to: &str) -> String {
        let to: Url = to.parse().unwrap();
        let origin = Origin::of_url(&to);
        let mut page = Agent::with_transport(InProcess::new(())).environment(origin.clone());
        let header = cookies.header(&to, &Request::new(origin, to.clone()), page.split().1);
        header.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
    }

    #[test]
    fn insecure_pages_leave_secure_cookies_alone() {
        const HOST: &str = "app.example.com";
        for (secure, cookie, host, path, is_kept) in [
            ("a=b; Secure", "a=evil", HOST, "/", false),
            ("a=b; Secure", "a=evil; Domain=example.com", HOST, "/", false),
            ("a=b; Secure", "a=evil; Domain=example.com", "other.example.com", "/", false),
            ("a=b; Secure; Domain=example.com", "a=evil", HOST, "/", false),
            ("a=b; Secure; Domain=example.com", "a=evil", "other.example.com", "/", false),
            ("a=b; Secure", "a=evil", "example.com", "/", false),
            ("a=b; Secure", "a=evil", "other.example.com", "/", true),
            ("a=b; Secure", "a=evil", "myapp.example.com", "/", true),
            ("a=b; Secure", "b=evil", HOST, "/", true),
            ("a=b", "a=evil", HOST, "/", true),
            // It matters where the new one goes, not where the old one does.
            ("a=b; Secure; Path=/x", "a=evil; Path=/x/y", HOST, "/", false),
            ("a=b; Secure; Path=/x", "a=evil", HOST, "/x/y", false),
            ("a=b; Secure; Path=/x", "a=evil; Path=/", HOST, "/", true),
            ("a=b; Secure; Path=/x", "a=evil; Path=/xy", HOST, "/", true),
        ] {
            let cookies = Cookies::default();
            cookies.set(secure, &format!("https://{HOST}/").parse().unwrap()).unwrap();
            let set = cookies.set(cookie, &format!("http://{host}{path}").parse().unwrap());
            assert_eq!(set.is_ok(), is_kept, "{cookie} of {host}{path} after {secure}");
        }
    }

    #[test]
    fn longer_paths_go_first_and_then_older_cookies() {
        let cookies = Cookies::default();
        let set = |cookie: &str| cookies.set(cookie, &"https://a.example.com/x/y/".parse().unwrap()).unwrap();
        let header = || own_header(&cookies, "https://a.example.com/x/y/z");
        for cookie in ["a=1; Path=/", "b=1; Domain=example.com; Path=/", "c=1; Path=/", "d=1; Path=/x", "e=1"]
        {
            set(cookie);
        }
        assert_eq!(header(), "e=1; d=1; a=1; b=1; c=1");
        // A new value is no new cookie; one that was taken back is.
        set("a=2; Path=/");
        assert_eq!(header(), "e=1; d=1; a=2; b=1; c=1");
        set("b=2; Domain=example.com; Path=/");
        let _ = cookies
            .set("b=; Domain=example.com; Path=/; Max-Age=0", &"https://a.example.com/".parse().unwrap());
        set("b=3; Domain=example.com; Path=/");
        assert_eq!(header(), "e=1; d=1; a=2; c=1; b=3");
        // For the host alone, and for its subdomains too: these are two.
        set("a=3; Domain=a.example.com; Path=/");
        assert_eq!(header(), "e=1; d=1; a=2; c=1; b=3; a=3");
    }

    #[test]
    fn a_cookie_that_cannot_be_said_keeps_no_other_back() {
        let cookies = Cookies::default();
        let url = "https://a.example.com/".parse().unwrap();
        cookies.set("a=b", &url).unwrap();
        assert!(cookies.set("c=d\ne", &url).is_err());
        cookies.set("f=g", &url).unwrap();
        assert_eq!(own_header(&cookies, "https://a.example.com/"), "a=b; f=g");
    }
}
