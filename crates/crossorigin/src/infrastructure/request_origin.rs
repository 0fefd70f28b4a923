//! Origins of pages and URLs, and how they compare.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;
use url::Url;

use super::origin::{SerializedOrigin, default_port};
use super::shared_header_value;

/// What opaque origins and tainted ones serialize to.
pub const NULL: HeaderValue = HeaderValue::from_static("null");

/// The origin of a page, a worker or a URL. Cloning it copies no text.
/// [Source](https://html.spec.whatwg.org/multipage/browsers.html#concept-origin).
///
/// ```
/// use crossorigin::infrastructure::request_origin::Origin;
///
/// let page: Origin = "https://app.example".parse()?;
/// let api: Origin = "https://api.app.example:8443".parse()?;
/// assert!(!page.same_origin(&api) && page.same_site(&api));
/// assert_eq!(Origin::opaque().serialized(), "null");
/// # Ok::<(), crossorigin::infrastructure::request_origin::OriginError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(Kind);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    /// Equal to itself only.
    Opaque(u64),
    /// Two are equal exactly where their texts are; the scheme ends before the first colon.
    Tuple(HeaderValue),
}

/// The text is no serialized origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginError(String);

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no origin; write scheme, host and port alone, as in https://app.example:8443",
            self.0
        )
    }
}

impl std::error::Error for OriginError {}

impl std::str::FromStr for Origin {
    type Err = OriginError;

    /// Reads a serialized origin; `null` makes a new opaque one.
    fn from_str(text: &str) -> Result<Self, OriginError> {
        let refused = || OriginError(text.to_owned());
        if text == "null" {
            return Ok(Self::opaque());
        }
        // Hosts of URLs may have bytes that the grammar of the Origin header has no place for, and browsers
        // send them all the same.
        let is_of_url = || Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text);
        if SerializedOrigin::parse(text.as_bytes()).is_err() && !is_of_url() {
            return Err(refused());
        }
        shared_header_value(text.to_owned()).map(|text| Self(Kind::Tuple(text))).ok_or_else(refused)
    }
}

impl Origin {
    /// A new opaque origin, as sandboxed frames and documents of `data:` and `file:` URLs have.
    pub fn opaque() -> Self {
        // Only distinctness counts, so no order with other memory is needed.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(Kind::Opaque(NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// The origin of a URL: opaque for `data:`, `file:` and all schemes without hosts of their own.
    /// [Source](https://url.spec.whatwg.org/#concept-url-origin).
    pub fn of_url(url: &Url) -> Self {
        let origin = url.origin();
        // A `blob:` URL has the origin of the URL in it, which only http(s) gives.
        match origin.is_tuple().then(|| shared_header_value(origin.ascii_serialization())).flatten() {
            Some(text) => Self(Kind::Tuple(text)),
            None => Self::opaque(),
        }
    }

    /// The origin of a page at a URL: opaque where it is sandboxed without `allow-same-origin`, and for files,
    /// whatever their folder.
    /// [Source](https://html.spec.whatwg.org/multipage/document-sequences.html#determining-the-origin).
    ///
    /// ```
    /// use crossorigin::infrastructure::request_origin::Origin;
    /// let page = "https://app.example/index.html".parse()?;
    /// assert_eq!(Origin::of_page(&page, false).serialized(), "https://app.example");
    /// assert_eq!(Origin::of_page(&page, true).serialized(), "null");
    /// assert_eq!(Origin::of_page(&"file:///home/index.html".parse()?, false).serialized(), "null");
    /// # Ok::<(), url::ParseError>(())
    /// ```
    pub fn of_page(url: &Url, is_sandboxed: bool) -> Self {
        if is_sandboxed { Self::opaque() } else { Self::of_url(url) }
    }

    /// Whether the origin is opaque, so that it serializes to `null`.
    pub fn is_opaque(&self) -> bool {
        matches!(self.0, Kind::Opaque(_))
    }

    /// The origin as the `Origin` header carries it.
    pub fn serialized(&self) -> HeaderValue {
        match &self.0 {
            Kind::Opaque(_) => NULL,
            Kind::Tuple(text) => text.clone(),
        }
    }

    /// The scheme; `None` for an opaque origin.
    pub fn scheme(&self) -> Option<&str> {
        self.parts().map(|parts| parts.scheme)
    }

    /// Whether two origins are the same.
    /// [Source](https://html.spec.whatwg.org/multipage/browsers.html#same-origin).
    pub fn same_origin(&self, other: &Self) -> bool {
        self == other
    }

    /// Whether this is the origin of a URL, without building that.
    pub fn same_origin_with_url(&self, url: &Url) -> bool {
        let Some(theirs) = Parts::of_url(url) else {
            // OPTIMIZATION: only `blob:` URLs have their origin elsewhere (test urls_compare_as_origins).
            return url.scheme() == "blob" && *self == Self::of_url(url);
        };
        matches!(&self.0, Kind::Tuple(text) if theirs.are_of(text.as_bytes()))
    }

    /// Whether two origins have the same registrable domain, or the same host where there is none.
    /// [Source](https://html.spec.whatwg.org/multipage/browsers.html#schemelessly-same-site).
    pub fn schemelessly_same_site(&self, other: &Self) -> bool {
        match (self.parts(), other.parts()) {
            (Some(own), Some(theirs)) => own.schemelessly_same_site(&theirs),
            _ => self == other,
        }
    }

    /// Whether two origins are schemelessly same site and have one scheme.
    /// [Source](https://html.spec.whatwg.org/multipage/browsers.html#same-site).
    pub fn same_site(&self, other: &Self) -> bool {
        self.schemelessly_same_site(other) && self.scheme() == other.scheme()
    }

    /// Whether this and the origin of a URL are same site, without building that.
    pub fn same_site_with_url(&self, url: &Url) -> bool {
        match (self.parts(), Parts::of_url(url)) {
            (Some(own), Some(theirs)) => own.scheme == theirs.scheme && own.schemelessly_same_site(&theirs),
            _ => self.same_site(&Self::of_url(url)),
        }
    }

    /// The site that the origin belongs to, as text: scheme and registrable domain, or host.
    /// [Source](https://html.spec.whatwg.org/multipage/browsers.html#obtain-a-site).
    pub fn site(&self) -> Site {
        Site(match &self.0 {
            Kind::Opaque(id) => SiteKind::Opaque(*id),
            Kind::Tuple(_) => SiteKind::Tuple(self.parts().map_or_else(Arc::default, |parts| {
                format!("{}://{}", parts.scheme, parts.registrable_domain().unwrap_or(parts.host)).into()
            })),
        })
    }

    pub(super) fn scheme_and_host(&self) -> Option<(&str, &str)> {
        self.parts().map(|parts| (parts.scheme, parts.host))
    }

    fn parts(&self) -> Option<Parts<'_>> {
        let Kind::Tuple(text) = &self.0 else { return None };
        Parts::of_text(text.to_str().ok()?)
    }
}

/// What keys storage and caches: the site of a top-level page.
/// [Source](https://html.spec.whatwg.org/multipage/browsers.html#site).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Site(SiteKind);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum SiteKind {
    Opaque(u64),
    Tuple(Arc<str>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Parts<'a> {
    fn of_text(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let authority = rest.strip_prefix("//")?;
        let colon = authority.rfind(':').filter(|&colon| !authority[colon..].contains(']'));
        let (host, port) = match colon {
            Some(colon) => (&authority[..colon], authority[colon + 1..].parse().ok()),
            None => (authority, default_port(scheme.as_bytes())),
        };
        Some(Self { scheme, host, port })
    }

    fn of_url(url: &'a Url) -> Option<Self> {
        default_port(url.scheme().as_bytes())?;
        Some(Self { scheme: url.scheme(), host: url.host_str()?, port: url.port_or_known_default() })
    }

    /// Whether these are the parts of a serialized origin.
    ///
    /// OPTIMIZATION: every fetch asks this twice, and most texts differ early (the benchmark of a fetch).
    fn are_of(&self, text: &[u8]) -> bool {
        let rest = text.strip_prefix(self.scheme.as_bytes()).and_then(|rest| rest.strip_prefix(b"://"));
        match rest.and_then(|rest| rest.strip_prefix(self.host.as_bytes())) {
            Some(b"") => self.port == default_port(self.scheme.as_bytes()),
            Some([b':', port @ ..]) => {
                self.port.is_some()
                    && str::from_utf8(port).ok().and_then(|port| port.parse().ok()) == self.port
            }
            _ => false,
        }
    }

    fn registrable_domain(&self) -> Option<&'a str> {
        // Addresses have no registrable domain. The host is canonical: only they end in a number or a bracket.
        let is_address = self.host.starts_with('[') || self.host.parse::<Ipv4Addr>().is_ok();
        if is_address { None } else { psl::domain_str(self.host) }
    }

    fn schemelessly_same_site(&self, other: &Self) -> bool {
        // OPTIMIZATION: most hosts differ in their last label, and then in all else (test sites_are_registrable_domains).
        let last_label = |host: &'a str| host.rsplit('.').next();
        self.host == other.host
            || last_label(self.host) == last_label(other.host)
                && matches!(
                    (self.registrable_domain(), other.registrable_domain()),
                    (Some(own), Some(theirs)) if own == theirs
                )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().unwrap()
    }

    #[test]
    fn sites_are_registrable_domains() {
        for (left, right, schemelessly, same) in [
            ("https://app.example", "https://app.example", true, true),
            ("https://app.example", "https://app.example:8443", true, true),
            ("https://a.app.example", "https://b.app.example", true, true),
            ("https://a.app.example", "http://app.example", true, false),
            ("https://a.github.io", "https://b.github.io", false, false),
            ("https://github.io", "https://github.io:1", true, true),
            ("https://a.co.uk", "https://b.co.uk", false, false),
            ("https://a.b.co.uk", "https://b.co.uk", true, true),
            ("http://127.0.0.1", "http://127.0.0.1:1", true, true),
            ("http://127.0.0.1", "http://126.0.0.1", false, false),
            ("http://[::1]:80", "http://[::1]:1", true, true),
            ("http://localhost", "http://localhost:1", true, true),
            ("capacitor://localhost", "http://localhost", true, false),
        ] {
            let read =
                |text: &str| text.parse::<Origin>().unwrap_or_else(|_| origin(&text.replace(":80", "")));
            let (left, right) = (read(left), read(right));
            assert_eq!(left.schemelessly_same_site(&right), schemelessly, "{left:?} {right:?}");
            assert_eq!(left.same_site(&right), same, "{left:?} {right:?}");
            assert_eq!(left.site() == right.site(), same, "{left:?} {right:?}");
            let url = Url::parse(right.serialized().to_str().unwrap()).unwrap();
            if Origin::of_url(&url) == right {
                assert_eq!(left.same_site_with_url(&url), same, "{left:?} {url}");
            }
        }
    }

    #[test]
    fn opaque_origins_equal_themselves_only() {
        let (one, other) = (Origin::opaque(), Origin::opaque());
        assert!(one.same_origin(&one.clone()) && one.same_site(&one.clone()));
        assert!(!one.same_origin(&other) && !one.same_site(&other) && one.site() != other.site());
        assert_eq!(one.serialized(), "null");
    }

    #[test]
    fn urls_compare_as_origins() {
        for (url, serialized) in [
            ("https://app.example/a?b#c", "https://app.example"),
            ("https://user:word@app.example:443/", "https://app.example"),
            ("http://app.example:8080/", "http://app.example:8080"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("wss://app.example/", "wss://app.example"),
            ("blob:https://app.example/0-1", "https://app.example"),
            ("data:,x", "null"),
            ("file:///etc/hosts", "null"),
            ("about:blank", "null"),
            ("http://a_b.example/", "http://a_b.example"),
        ] {
            let url = Url::parse(url).unwrap();
            let of_url = Origin::of_url(&url);
            assert_eq!(of_url.serialized(), serialized, "{url}");
            assert_eq!(of_url.same_origin_with_url(&url), serialized != "null", "{url}");
            assert!(!origin("https://other.example").same_origin_with_url(&url), "{url}");
        }
        for (own, url) in [
            ("https://app.example", "https://app.example.org/"),
            ("https://app.example.org", "https://app.example/"),
            ("https://app.example", "http://app.example/"),
            ("http://app.example", "https://app.example/"),
            ("https://app.example", "https://app.example:444/"),
            ("https://app.example:8443", "https://app.example/"),
            ("https://app.example:8443", "https://app.example:844/"),
            ("https://app.example:844", "https://app.example:8443/"),
            ("ws://app.example", "wss://app.example/"),
        ] {
            assert!(!origin(own).same_origin_with_url(&Url::parse(url).unwrap()), "{own} {url}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in
            ["", "*", "https://", "https://app.example/", "HTTPS://app.example", "app.example", "NULL"]
        {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
