//! A request, as user agents hold it.

use http::header::ORIGIN;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use crate::profiles::Behavior;

use super::host_permission::HostPermission;
pub use super::referrer_policy::ReferrerPolicy;
use super::request_headers::unsafe_names_with_default_accept;
use super::request_origin::{NULL, Origin, Site};

/// The most lines of headers that a request has. No server takes as many.
pub const MAX_REQUEST_HEADERS: usize = 16_384;

/// How a request crosses origins.
/// [Source](https://fetch.spec.whatwg.org/#concept-request-mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Never.
    SameOrigin,
    /// By the CORS protocol.
    Cors,
    /// Without it: the response stays opaque.
    NoCors,
    /// A navigation between documents.
    Navigate,
    /// A WebSocket handshake.
    WebSocket,
    /// A WebTransport session.
    WebTransport,
}

impl Mode {
    /// The standard's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SameOrigin => "same-origin",
            Self::Cors => "cors",
            Self::NoCors => "no-cors",
            Self::Navigate => "navigate",
            Self::WebSocket => "websocket",
            Self::WebTransport => "webtransport",
        }
    }
}

/// Which interface a request is made by, where that makes a difference.
/// [Source](https://fetch.spec.whatwg.org/#request-initiator-type).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum InitiatorType {
    /// An element, a style rule, or another interface.
    #[default]
    Other,
    /// `fetch()`.
    Fetch,
    /// `XMLHttpRequest`.
    XmlHttpRequest,
}

/// What a response is for.
/// [Source](https://fetch.spec.whatwg.org/#concept-request-destination).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Destination {
    /// Script itself: `fetch()`, `XMLHttpRequest`, `EventSource`, beacons.
    #[default]
    Empty,
    /// An `<audio>`.
    Audio,
    /// A page.
    Document,
    /// A font.
    Font,
    /// A page in a frame.
    Iframe,
    /// An image.
    Image,
    /// A script, classic or a module.
    Script,
    /// A stylesheet.
    Style,
    /// The cues of a `<track>`.
    Track,
    /// A `<video>`.
    Video,
}

impl Destination {
    /// The standard's word for it, which `Sec-Fetch-Dest` says; `empty` where that is the empty string.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Font => "font",
            Self::Iframe => "iframe",
            Self::Image => "image",
            Self::Script => "script",
            Self::Style => "style",
            Self::Track => "track",
            Self::Video => "video",
        }
    }
}

/// When cookies and HTTP authentication go along.
/// [Source](https://fetch.spec.whatwg.org/#concept-request-credentials-mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialsMode {
    /// Never.
    Omit,
    /// To the page's own origin.
    SameOrigin,
    /// Always.
    Include,
}

impl CredentialsMode {
    /// The standard's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Omit => "omit",
            Self::SameOrigin => "same-origin",
            Self::Include => "include",
        }
    }
}

/// What becomes of redirects.
/// [Source](https://fetch.spec.whatwg.org/#concept-request-redirect-mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectMode {
    /// They are followed.
    Follow,
    /// They fail.
    Error,
    /// They are handed over unread.
    Manual,
}

/// How a response will be filtered.
/// [Source](https://fetch.spec.whatwg.org/#concept-request-response-tainting).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseTainting {
    /// The page's own.
    Basic,
    /// Shared by the CORS protocol.
    Cors,
    /// Not to be looked into.
    Opaque,
}

/// What the machine has to know of a body it never holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// There is none.
    None,
    /// It can be sent again.
    Replayable,
    /// It is gone once it is sent.
    Stream,
}

/// How far a request's redirects led it astray.
/// [Source](https://fetch.spec.whatwg.org/#concept-request-tainted-origin).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectTaint {
    /// No other origin chose its target.
    SameOrigin,
    /// Another origin of the same site did.
    SameSite,
    /// Another site did.
    CrossSite,
}

/// A request on its way. [`Request::new`] makes a GET; the rest is set on the fields.
/// [Source](https://fetch.spec.whatwg.org/#concept-request).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// The method, [normalized](super::methods::normalize_method).
    pub method: Method,
    /// The headers that the caller set; forbidden ones are taken out before they are sent.
    pub headers: HeaderMap,
    /// The origin of the page that asks.
    pub origin: Origin,
    /// How it crosses origins.
    pub mode: Mode,
    /// Which interface it is made by.
    pub initiator_type: InitiatorType,
    /// What its response is for.
    pub destination: Destination,
    /// When credentials go along.
    pub credentials_mode: CredentialsMode,
    /// What becomes of redirects.
    pub redirect_mode: RedirectMode,
    /// What there is to send.
    pub body: BodyKind,
    /// How much of where it comes from it tells.
    pub referrer_policy: ReferrerPolicy,
    /// Whether it may outlive its page, for which its body must be short.
    pub keepalive: bool,
    /// The length of the body, where it is known.
    pub body_bytes: Option<u64>,
    /// Whether the response must fit a hash (`integrity`), which the driver compares.
    pub has_integrity_metadata: bool,
    /// Always asks first, as `XMLHttpRequest` does with listeners for upload progress, and `fetch()` for a stream.
    pub use_cors_preflight: bool,
    /// Asks first where script set a method or header that needs permission.
    pub unsafe_request: bool,
    /// The site of the top-level page, which partitions caches; `None` without a page.
    pub network_partition_key: Option<Site>,
    /// The hosts that count as the page's own origin: those that an extension may read.
    pub host_permissions: Vec<HostPermission>,
    /// Headers that a redirect left behind, and for which some browsers go on to ask.
    pub(crate) left_behind: Vec<HeaderName>,
    /// Whether a redirect left the `Origin` on the request, as some browsers do.
    pub(crate) keeps_origin: bool,
    /// The headers that needed permission and went with its body, for browsers that go on to ask for them.
    pub(crate) body_headers_taken: Vec<HeaderName>,
    /// Which redirect made a GET of it, the first being 1.
    pub(crate) became_get_at: Option<usize>,
    pub(crate) response_tainting: ResponseTainting,
    pub(crate) timing_allow_failed: bool,
    /// All but the last of the URLs, oldest first.
    earlier_urls: Vec<Url>,
    current_url: Url,
    redirect_taint: RedirectTaint,
}

impl Request {
    /// A GET request of a page, in the no-cors mode with credentials for the page's own origin, as the
    /// standard's defaults are.
    pub fn new(origin: Origin, url: Url) -> Self {
        Self {
            method: Method::GET,
            headers: HeaderMap::new(),
            origin,
            mode: Mode::NoCors,
            initiator_type: InitiatorType::Other,
            destination: Destination::Empty,
            credentials_mode: CredentialsMode::SameOrigin,
            redirect_mode: RedirectMode::Follow,
            body: BodyKind::None,
            referrer_policy: ReferrerPolicy::default(),
            keepalive: false,
            body_bytes: None,
            has_integrity_metadata: false,
            use_cors_preflight: false,
            unsafe_request: false,
            network_partition_key: None,
            host_permissions: Vec::new(),
            left_behind: Vec::new(),
            keeps_origin: false,
            became_get_at: None,
            body_headers_taken: Vec::new(),
            response_tainting: ResponseTainting::Basic,
            timing_allow_failed: false,
            earlier_urls: Vec::new(),
            current_url: url,
            redirect_taint: RedirectTaint::SameOrigin,
        }
    }

    /// The same request of another URL, before any redirect.
    #[must_use]
    pub fn with_url(self, url: Url) -> Self {
        Self {
            earlier_urls: Vec::new(),
            current_url: url,
            redirect_taint: RedirectTaint::SameOrigin,
            response_tainting: ResponseTainting::Basic,
            timing_allow_failed: false,
            left_behind: Vec::new(),
            keeps_origin: false,
            became_get_at: None,
            body_headers_taken: Vec::new(),
            ..self
        }
    }

    /// The URL asked last. [Source](https://fetch.spec.whatwg.org/#concept-request-current-url).
    pub fn current_url(&self) -> &Url {
        &self.current_url
    }

    /// All URLs, oldest first. [Source](https://fetch.spec.whatwg.org/#concept-request-url-list).
    pub fn url_list(&self) -> impl Iterator<Item = &Url> {
        self.earlier_urls.iter().chain(std::iter::once(&self.current_url))
    }

    /// How the response will be filtered, as far as is known yet.
    pub fn response_tainting(&self) -> ResponseTainting {
        self.response_tainting
    }

    /// How many redirects were followed.
    /// [Source](https://fetch.spec.whatwg.org/#concept-request-redirect-count).
    pub fn redirect_count(&self) -> usize {
        self.earlier_urls.len()
    }

    /// Goes on to another URL.
    pub(crate) fn append_url(&mut self, url: Url) {
        // OPTIMIZATION: the taint grows with the list; it is not computed anew (test taint_of_hops).
        self.redirect_taint = self.taint_after(self.redirect_taint, &self.current_url, &url);
        self.earlier_urls.push(std::mem::replace(&mut self.current_url, url));
    }

    /// Asks securely for what was to be asked for insecurely; `false` where the URL does not allow it.
    pub(crate) fn set_current_scheme_to_https(&mut self) -> bool {
        let is_set = self.current_url.set_scheme("https").is_ok();
        // The URL is another than the one that the redirect led to, and so may be its origin.
        let hops = self.url_list().zip(self.url_list().skip(1));
        self.redirect_taint =
            hops.fold(RedirectTaint::SameOrigin, |taint, (last, next)| self.taint_after(taint, last, next));
        is_set
    }

    /// The taint after one more hop: it is set where the last URL's origin is the request's neither, and sends
    /// elsewhere.
    fn taint_after(&self, taint: RedirectTaint, last: &Url, next: &Url) -> RedirectTaint {
        let (last, next) = (Origin::of_url(last), Origin::of_url(next));
        if !next.same_site(&last) && !self.origin.same_site(&last) {
            RedirectTaint::CrossSite
        } else if !next.same_origin(&last)
            && !self.origin.same_origin(&last)
            && taint == RedirectTaint::SameOrigin
        {
            RedirectTaint::SameSite
        } else {
            taint
        }
    }

    /// How far redirects led the request astray: A to B to A taints.
    /// [Source](https://fetch.spec.whatwg.org/#concept-request-tainted-origin).
    pub fn redirect_taint(&self) -> RedirectTaint {
        self.redirect_taint
    }

    /// The origin that a request is sent with: `null` once it is tainted.
    /// [Source](https://fetch.spec.whatwg.org/#byte-serializing-a-request-origin).
    pub fn byte_serialize_origin(&self) -> HeaderValue {
        match self.redirect_taint {
            RedirectTaint::SameOrigin => self.origin.serialized(),
            RedirectTaint::SameSite | RedirectTaint::CrossSite => NULL,
        }
    }

    /// Whether the page is an extension's that may read the URL asked last.
    pub(crate) fn has_host_permission(&self) -> bool {
        self.host_permissions.iter().any(|permission| permission.covers(&self.current_url))
    }

    /// The names of the headers that a preflight asks for.
    pub(crate) fn names_to_ask_for(&self, behavior: &Behavior) -> Vec<HeaderName> {
        let mut names = unsafe_names_with_default_accept(&self.headers, behavior);
        if !self.left_behind.is_empty() {
            names.extend(self.left_behind.iter().cloned());
            names.sort_unstable_by(|left, right| left.as_str().cmp(right.as_str()));
            names.dedup();
        }
        names
    }

    /// Whether the URL asked last is of the page's own origin.
    pub(crate) fn is_same_origin(&self) -> bool {
        self.origin.same_origin_with_url(&self.current_url)
    }
}

/// Says in `headers` where a request comes from, where it is to.
/// [Source](https://fetch.spec.whatwg.org/#append-a-request-origin-header).
pub fn append_request_origin_header(request: &Request, headers: &mut HeaderMap, behavior: &Behavior) {
    let mut serialized = request.byte_serialize_origin();
    // DEVIATION: chromium-no-cors-origin-after-redirect.
    if behavior.no_cors_redirects_taint && request.mode == Mode::NoCors {
        let first = Origin::of_url(request.url_list().next().unwrap_or(&request.current_url));
        if request.url_list().any(|url| !first.same_origin_with_url(url)) {
            serialized = NULL;
        }
    }
    // CORS requests and handshakes always say it.
    let always = request.response_tainting == ResponseTainting::Cors
        || matches!(request.mode, Mode::WebSocket | Mode::WebTransport)
        // DEVIATION: webkit-origin-header-stays.
        || request.keeps_origin
        // DEVIATION: chromium-element-origin-header, webkit-element-origin-header.
        || (behavior.elements_always_say_origin
            && request.mode == Mode::Cors
            && request.destination != Destination::Empty);
    if !always {
        // Others only where they may change something.
        if matches!(request.method, Method::GET | Method::HEAD) {
            return;
        }
        // And then no more than the referrer policy lets them.
        if request.mode != Mode::Cors {
            let withheld = match request.referrer_policy {
                ReferrerPolicy::NoReferrer => true,
                ReferrerPolicy::NoReferrerWhenDowngrade
                | ReferrerPolicy::StrictOrigin
                | ReferrerPolicy::StrictOriginWhenCrossOrigin => {
                    request.origin.scheme() == Some("https") && request.current_url.scheme() != "https"
                }
                ReferrerPolicy::SameOrigin => !request.is_same_origin(),
                ReferrerPolicy::Origin
                | ReferrerPolicy::OriginWhenCrossOrigin
                | ReferrerPolicy::UnsafeUrl => false,
            };
            if withheld {
                serialized = NULL;
            }
        }
    }
    headers.append(ORIGIN, serialized);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(urls: &[&str]) -> Request {
        let mut urls = urls.iter().map(|url| Url::parse(url).unwrap());
        let mut request = Request::new("https://a.example".parse().unwrap(), urls.next().unwrap());
        urls.for_each(|url| request.append_url(url));
        request
    }

    #[test]
    fn taint_of_hops() {
        let (a, sub, b) = ("https://a.example/", "https://sub.a.example/", "https://b.example/");
        for (urls, taint) in [
            (&[a][..], RedirectTaint::SameOrigin),
            (&[b], RedirectTaint::SameOrigin),
            (&[a, b], RedirectTaint::SameOrigin),
            (&[a, a, b], RedirectTaint::SameOrigin),
            (&[b, b], RedirectTaint::SameOrigin),
            (&[b, a], RedirectTaint::CrossSite),
            (&[a, b, a], RedirectTaint::CrossSite),
            (&[a, b, b], RedirectTaint::SameOrigin),
            (&[a, sub, a], RedirectTaint::SameSite),
            (&[sub, b], RedirectTaint::SameSite),
            (&[sub, b, a], RedirectTaint::CrossSite),
            (&[b, a, sub, a], RedirectTaint::CrossSite),
        ] {
            let request = request(urls);
            assert_eq!(request.redirect_taint(), taint, "{urls:?}");
            let tainted = taint != RedirectTaint::SameOrigin;
            assert_eq!(request.byte_serialize_origin() == "null", tainted, "{urls:?}");
            assert_eq!(request.url_list().count(), urls.len());
        }
    }

    #[test]
    fn another_url_knows_nothing_of_redirects() {
        let mut astray = request(&["https://b.example/", "https://c.example/"]);
        (astray.left_behind, astray.keeps_origin) = (vec![ORIGIN], true);
        (astray.response_tainting, astray.timing_allow_failed) = (ResponseTainting::Cors, true);
        let other = astray.with_url("https://d.example/".parse().unwrap());
        assert_eq!((other.redirect_count(), other.redirect_taint()), (0, RedirectTaint::SameOrigin));
        assert!(other.left_behind.is_empty() && !other.keeps_origin && !other.timing_allow_failed);
        assert_eq!(other.response_tainting, ResponseTainting::Basic);
    }

    #[test]
    fn the_origin_header_follows_mode_method_and_referrer_policy() {
        use ReferrerPolicy as P;
        let (a, b, plain) = ("https://a.example/", "https://b.example/", "http://a.example/");
        for (url, mode, method, tainting, policy, sent) in [
            (b, Mode::Cors, Method::GET, ResponseTainting::Cors, P::NoReferrer, Some("https://a.example")),
            (a, Mode::Cors, Method::GET, ResponseTainting::Basic, P::UnsafeUrl, None),
            (a, Mode::Cors, Method::HEAD, ResponseTainting::Basic, P::UnsafeUrl, None),
            (a, Mode::Cors, Method::POST, ResponseTainting::Basic, P::NoReferrer, Some("https://a.example")),
            (b, Mode::NoCors, Method::POST, ResponseTainting::Opaque, P::NoReferrer, Some("null")),
            (b, Mode::NoCors, Method::GET, ResponseTainting::Opaque, P::UnsafeUrl, None),
            (b, Mode::NoCors, Method::POST, ResponseTainting::Opaque, P::SameOrigin, Some("null")),
            (
                a,
                Mode::Navigate,
                Method::POST,
                ResponseTainting::Basic,
                P::SameOrigin,
                Some("https://a.example"),
            ),
            (plain, Mode::Navigate, Method::POST, ResponseTainting::Basic, P::StrictOrigin, Some("null")),
            (
                b,
                Mode::Navigate,
                Method::POST,
                ResponseTainting::Basic,
                P::StrictOrigin,
                Some("https://a.example"),
            ),
            (
                plain,
                Mode::Navigate,
                Method::POST,
                ResponseTainting::Basic,
                P::Origin,
                Some("https://a.example"),
            ),
            (
                b,
                Mode::WebSocket,
                Method::GET,
                ResponseTainting::Basic,
                P::NoReferrer,
                Some("https://a.example"),
            ),
        ] {
            let mut request = request(&[url]);
            (request.mode, request.method, request.referrer_policy) = (mode, method.clone(), policy);
            request.response_tainting = tainting;
            let mut headers = HeaderMap::new();
            append_request_origin_header(&request, &mut headers, &Behavior::STANDARD);
            let value = headers.get(ORIGIN).map(|value| value.to_str().unwrap());
            assert_eq!(value, sent, "{url} {mode:?} {method} {policy:?}");
        }
    }
}
