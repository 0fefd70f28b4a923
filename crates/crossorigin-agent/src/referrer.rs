//! What a request tells of the page that makes it.

use std::net::Ipv6Addr;

use crossorigin::infrastructure::request::ReferrerPolicy;
use http::HeaderValue;
use url::{Host, Url};

/// The longest `Referer`, in bytes; of longer URLs the origin alone is told.
/// [Source](https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer).
pub const MAX_REFERRER_BYTES: usize = 4096;

/// What `Referer` says of a page to this URL, if anything.
/// [Source](https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer).
pub(crate) fn referrer(page: &Url, url: &Url, policy: ReferrerPolicy) -> Option<HeaderValue> {
    use ReferrerPolicy as P;
    if !matches!(page.scheme(), "http" | "https") {
        return None;
    }
    let same_origin = page.scheme() == url.scheme()
        && page.host() == url.host()
        && page.port_or_known_default() == url.port_or_known_default();
    let downgrades = is_potentially_trustworthy(page) && !is_potentially_trustworthy(url);
    let told = match policy {
        P::NoReferrer => return None,
        P::NoReferrerWhenDowngrade | P::StrictOrigin | P::StrictOriginWhenCrossOrigin
            if downgrades && !(same_origin && policy == P::StrictOriginWhenCrossOrigin) =>
        {
            return None;
        }
        P::SameOrigin if !same_origin => return None,
        P::UnsafeUrl | P::NoReferrerWhenDowngrade | P::SameOrigin => whole(page),
        P::OriginWhenCrossOrigin | P::StrictOriginWhenCrossOrigin if same_origin => whole(page),
        P::Origin | P::StrictOrigin | P::OriginWhenCrossOrigin | P::StrictOriginWhenCrossOrigin => {
            origin(page)
        }
    };
    HeaderValue::try_from(told).ok()
}

/// The URL without user name, password and fragment, or its origin where that is too long.
fn whole(page: &Url) -> String {
    if page.path() == "/" && page.query().is_none() {
        return origin(page);
    }
    let mut page = page.clone();
    page.set_fragment(None);
    // HTTP URLs have a host, so that neither can fail.
    let _ = page.set_username("").and_then(|()| page.set_password(None));
    if page.as_str().len() > MAX_REFERRER_BYTES { origin(&page) } else { page.into() }
}

fn origin(page: &Url) -> String {
    let (scheme, host) = (page.scheme(), page.host_str().unwrap_or_default());
    match page.port() {
        Some(port) => format!("{scheme}://{host}:{port}/"),
        None => [scheme, "://", host, "/"].concat(),
    }
}

/// Whether what goes to this URL is safe on its way.
/// [Source](https://w3c.github.io/webappsec-secure-contexts/#potentially-trustworthy-url).
pub(crate) fn is_potentially_trustworthy(url: &Url) -> bool {
    if matches!(url.scheme(), "https" | "wss" | "data" | "file") {
        return true;
    }
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        Some(Host::Domain(domain)) => {
            let domain = domain.strip_suffix('.').unwrap_or(domain);
            domain == "localhost" || domain.ends_with(".localhost")
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_says_how_much_is_told() {
        use ReferrerPolicy as P;
        const PAGE: &str = "https://user:word@a.example/path?query#fragment";
        const WHOLE: Option<&str> = Some("https://a.example/path?query");
        const ORIGIN: Option<&str> = Some("https://a.example/");
        let (own, other, plain) = ("https://a.example/x", "https://b.example/", "http://a.example/");
        for (policy, to_own, to_other, to_plain) in [
            (P::NoReferrer, None, None, None),
            (P::NoReferrerWhenDowngrade, WHOLE, WHOLE, None),
            (P::SameOrigin, WHOLE, None, None),
            (P::Origin, ORIGIN, ORIGIN, ORIGIN),
            (P::StrictOrigin, ORIGIN, ORIGIN, None),
            (P::OriginWhenCrossOrigin, WHOLE, ORIGIN, ORIGIN),
            (P::StrictOriginWhenCrossOrigin, WHOLE, ORIGIN, None),
            (P::UnsafeUrl, WHOLE, WHOLE, WHOLE),
        ] {
            for (url, expected) in [(own, to_own), (other, to_other), (plain, to_plain)] {
                let told = referrer(&PAGE.parse().unwrap(), &url.parse().unwrap(), policy);
                let told = told.as_ref().map(|told| told.to_str().unwrap());
                assert_eq!(told, expected, "{policy:?} {url}");
            }
        }
    }

    #[test]
    fn long_and_foreign_urls_are_not_told() {
        let own = "https://a.example/".parse().unwrap();
        let long = format!("https://a.example/{}", "x".repeat(MAX_REFERRER_BYTES)).parse().unwrap();
        assert_eq!(referrer(&long, &own, ReferrerPolicy::UnsafeUrl).unwrap(), "https://a.example/");
        let file = "file:///etc/hosts".parse().unwrap();
        assert_eq!(referrer(&file, &own, ReferrerPolicy::UnsafeUrl), None);
    }

    #[test]
    fn loopback_is_trustworthy() {
        for (url, expected) in [
            ("https://a.example/", true),
            ("http://a.example/", false),
            ("http://127.0.0.2:1/", true),
            ("http://[::1]/", true),
            ("http://localhost/", true),
            ("http://a.localhost./", true),
            ("http://notlocalhost/", false),
            ("http://192.168.0.1/", false),
        ] {
            assert_eq!(is_potentially_trustworthy(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
