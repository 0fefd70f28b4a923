//! Hosts that an extension may read without being shared with.
//!
//! NOTE: the Fetch standard knows no extensions. What browsers do is told by their [match patterns]: a URL that
//! one of the extension's host permissions covers counts as of its own origin, so that
//! there is no preflight, no CORS check and no filtering, and cookies go along as they would there.
//!
//! [match patterns]: https://developer.mozilla.org/docs/Mozilla/Add-ons/WebExtensions/Match_patterns

use std::fmt;
use std::str::FromStr;

use url::Url;

/// A match pattern such as `https://*.example.com/*`, `*://api.example/*` or `<all_urls>`. Its path counts for
/// nothing, as in browsers: permissions are given to hosts.
///
/// ```
/// use crossorigin::infrastructure::host_permission::HostPermission;
///
/// let permission: HostPermission = "https://*.example.com/*".parse()?;
/// assert!(permission.covers(&"https://api.example.com/items".parse().unwrap()));
/// assert!(!permission.covers(&"http://api.example.com/".parse().unwrap()));
/// # Ok::<(), crossorigin::infrastructure::host_permission::HostPermissionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPermission {
    scheme: Scheme,
    host: Host,
    /// `None` for any.
    port: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Any,
    Http,
    Https,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Any,
    Exactly(String),
    /// The domain and all below it.
    Below(String),
}

/// The text is no match pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPermissionError {
    value: String,
    why: &'static str,
}

impl fmt::Display for HostPermissionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, why } = self;
        write!(f, "{value:?} is no match pattern: {why}; write it as in https://*.example.com/*")
    }
}

impl std::error::Error for HostPermissionError {}

impl FromStr for HostPermission {
    type Err = HostPermissionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = |why| HostPermissionError { value: text.to_owned(), why };
        if text == "<all_urls>" {
            return Ok(Self { scheme: Scheme::Any, host: Host::Any, port: None });
        }
        let (scheme, rest) = text.split_once("://").ok_or_else(|| refused("it has no ://"))?;
        let scheme = match scheme {
            "*" => Scheme::Any,
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(refused("its scheme is none of http, https and *")),
        };
        let (authority, _path) = rest.split_once('/').ok_or_else(|| refused("it has no path"))?;
        let colon = authority.rfind(':').filter(|&colon| !authority[colon..].contains(']'));
        let (host, port) = match colon.map(|colon| (&authority[..colon], &authority[colon + 1..])) {
            None => (authority, None),
            Some((host, "*")) => (host, None),
            Some((host, port)) => {
                (host, Some(port.parse().map_err(|_| refused("its port is no number to 65535"))?))
            }
        };
        let host = match host.strip_prefix("*.") {
            _ if host == "*" => Host::Any,
            Some(domain) => Host::Below(canonical(domain).ok_or_else(|| refused("its host is none"))?),
            None => Host::Exactly(canonical(host).ok_or_else(|| {
                refused("its host is none, or has a * elsewhere than at the beginning, before a dot")
            })?),
        };
        Ok(Self { scheme, host, port })
    }
}

fn canonical(host: &str) -> Option<String> {
    if host.contains('*') {
        return None;
    }
    url::Host::parse(host).ok().map(|host| host.to_string())
}

impl HostPermission {
    /// Whether the URL is of a host that may be read.
    pub fn covers(&self, url: &Url) -> bool {
        let scheme = match self.scheme {
            Scheme::Any => matches!(url.scheme(), "http" | "https"),
            Scheme::Http => url.scheme() == "http",
            Scheme::Https => url.scheme() == "https",
        };
        let port = self.port.is_none_or(|port| url.port_or_known_default() == Some(port));
        let Some(host) = url.host_str() else { return false };
        scheme
            && port
            && match &self.host {
                Host::Any => true,
                Host::Exactly(own) => host == own,
                Host::Below(domain) => host
                    .strip_suffix(domain.as_str())
                    .is_some_and(|before| before.is_empty() || before.ends_with('.')),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_hosts() {
        for (pattern, url, covered) in [
            ("<all_urls>", "https://a.example/", true),
            ("<all_urls>", "data:,x", false),
            ("*://*/*", "http://a.example:8080/", true),
            ("https://a.example/*", "https://a.example/x", true),
            ("https://a.example/only", "https://a.example/x", true),
            ("https://a.example/*", "http://a.example/", false),
            ("https://a.example/*", "https://b.a.example/", false),
            ("https://*.a.example/*", "https://b.a.example/", true),
            ("https://*.a.example/*", "https://a.example/", true),
            ("https://*.a.example/*", "https://nota.example/", false),
            ("http://localhost:8080/*", "http://localhost:8080/", true),
            ("http://localhost:8080/*", "http://localhost/", false),
            ("http://localhost:*/*", "http://localhost:1/", true),
            ("http://A.example/", "http://a.example/", true),
            ("http://[::1]/*", "http://[::1]:80/", true),
        ] {
            let permission: HostPermission = pattern.parse().unwrap();
            assert_eq!(permission.covers(&url.parse().unwrap()), covered, "{pattern} {url}");
        }
        for pattern in
            ["", "a.example", "ftp://a.example/*", "https://a.example", "https://a.*/x", "https:///x"]
        {
            assert!(pattern.parse::<HostPermission>().is_err(), "{pattern}");
        }
        assert!("http://a:x/".parse::<HostPermission>().is_err());
    }
}
