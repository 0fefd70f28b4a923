//! Which proxy a request goes to.

use std::env;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use percent_encoding::percent_decode_str;
use url::Url;

/// The port of a proxy whose URL names none, as curl has it.
const DEFAULT_PORT: u16 = 1080;

/// Proxies, and the hosts that need none.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    http: Option<Arc<Proxy>>,
    https: Option<Arc<Proxy>>,
    exceptions: Vec<Exception>,
}

/// An HTTP proxy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
    /// What it is told by `Proxy-Authorization`.
    pub(super) authorization: Option<HeaderValue>,
}

/// Hosts that are spoken to directly.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exception {
    All,
    /// The domain and all below it.
    Domain(String),
    Network(IpAddr, u8),
}

/// A proxy's URL can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyError {
    /// Without user name and password.
    value: String,
    why: String,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, why } = self;
        write!(f, "{value:?} is no proxy that can be used: {why}; write it as in http://proxy.example:3128")
    }
}

impl std::error::Error for ProxyError {}

impl Proxies {
    /// None: all hosts are spoken to directly.
    pub fn none() -> Self {
        Self::default()
    }

    /// Those that these variables of the environment name, as curl has it: `http_proxy` in lower case alone;
    /// `https_proxy`, `all_proxy` and `no_proxy` in lower case, else in upper case. Loopback addresses are no
    /// exception of their own.
    ///
    /// # Errors
    /// A variable names what is no proxy.
    pub fn from_environment() -> Result<Self, ProxyError> {
        Self::from_variables(|name| env::var(name).ok())
    }

    /// As [`from_environment`](Self::from_environment), with variables of any source.
    ///
    /// # Errors
    /// A variable names what is no proxy.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ProxyError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let either = |name: &str| variable(name).or_else(|| variable(&name.to_ascii_uppercase()));
        let all = either("all_proxy");
        let proxy =
            |own: Option<String>| own.or_else(|| all.clone()).map(|url| Proxy::parse(&url)).transpose();
        Ok(Self {
            http: proxy(variable("http_proxy"))?,
            https: proxy(either("https_proxy"))?,
            exceptions: either("no_proxy").map(|list| Exception::parse_list(&list)).unwrap_or_default(),
        })
    }

    /// The proxy for requests to a host.
    pub(super) fn of(&self, is_https: bool, host: &str) -> Option<&Arc<Proxy>> {
        let proxy = if is_https { &self.https } else { &self.http };
        proxy.as_ref().filter(|_| !self.exceptions.iter().any(|exception| exception.covers(host)))
    }
}

impl Proxy {
    fn parse(text: &str) -> Result<Arc<Self>, ProxyError> {
        let refused = |why: String| ProxyError { value: without_userinfo(text), why };
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&with_scheme).map_err(|error| refused(error.to_string()))?;
        if url.scheme() != "http" {
            return Err(refused(format!("proxies are spoken to in http, not in {}", url.scheme())));
        }
        let host = url.host_str().ok_or_else(|| refused("it names no host".into()))?;
        let port = url
            .port()
            .or_else(|| with_scheme.trim_end_matches('/').ends_with(":80").then_some(80))
            .unwrap_or(DEFAULT_PORT);
        let has_user = !url.username().is_empty() || url.password().is_some();
        let authorization = has_user.then(|| {
            let mut plain: Vec<u8> = percent_decode_str(url.username()).collect();
            plain.push(b':');
            plain.extend(percent_decode_str(url.password().unwrap_or_default()));
            let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(plain)));
            if let Ok(value) = &mut value {
                value.set_sensitive(true);
            }
            value.map_err(|error| refused(error.to_string()))
        });
        Ok(Arc::new(Self { host: host.to_owned(), port, authorization: authorization.transpose()? }))
    }
}

/// What may be a URL, as it can be told to anybody.
fn without_userinfo(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    match rest.rsplit_once('@') {
        Some((_, host)) if scheme.is_empty() => host.to_owned(),
        Some((_, host)) => format!("{scheme}://{host}"),
        None => text.to_owned(),
    }
}

impl Exception {
    fn parse_list(list: &str) -> Vec<Self> {
        let items = list.split([',', ' ']).filter(|item| !item.is_empty());
        items.map(Self::parse).collect()
    }

    fn parse(item: &str) -> Self {
        if item == "*" {
            return Self::All;
        }
        let (address, bits) = match item.split_once('/') {
            Some((address, bits)) => (address, bits.parse().ok()),
            None => (item, Some(u8::MAX)),
        };
        let bare = address.trim_start_matches('[').trim_end_matches(']');
        match (bare.parse(), bits) {
            (Ok(address), Some(bits)) => Self::Network(address, bits),
            _ => Self::Domain(item.trim_matches('.').to_ascii_lowercase()),
        }
    }

    fn covers(&self, host: &str) -> bool {
        match self {
            Self::All => true,
            Self::Domain(domain) => {
                let host = host.trim_end_matches('.').to_ascii_lowercase();
                let before = host.strip_suffix(domain.as_str());
                before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
            }
            Self::Network(network, bits) => {
                let bare = host.trim_start_matches('[').trim_end_matches(']');
                match (network, bare.parse::<IpAddr>()) {
                    (IpAddr::V4(network), Ok(IpAddr::V4(own))) => {
                        let shift = 32_u32.saturating_sub(u32::from(*bits));
                        u32::from(*network).checked_shr(shift) == u32::from(own).checked_shr(shift)
                    }
                    (IpAddr::V6(network), Ok(IpAddr::V6(own))) => {
                        let shift = 128_u32.saturating_sub(u32::from(*bits));
                        u128::from(*network).checked_shr(shift) == u128::from(own).checked_shr(shift)
                    }
                    _ => false,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Result<Proxies, ProxyError> {
        Proxies::from_variables(|name| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn variables_name_proxies() {
        for (variables, http, https) in [
            (&[][..], None, None),
            (&[("http_proxy", "http://p:3128")], Some("p:3128"), None),
            (&[("HTTP_PROXY", "http://p:3128")], None, None),
            (&[("HTTPS_PROXY", "p:3128")], None, Some("p:3128")),
            (&[("https_proxy", "q:1"), ("HTTPS_PROXY", "p:1")], None, Some("q:1")),
            (&[("ALL_PROXY", "p"), ("http_proxy", "http://q:80/")], Some("q:80"), Some("p:1080")),
            (&[("all_proxy", "p"), ("no_proxy", "*")], None, None),
            (&[("all_proxy", "p"), ("NO_PROXY", "other.example")], Some("p:1080"), Some("p:1080")),
            (&[("all_proxy", "p"), ("no_proxy", "x, .a.example")], None, None),
            (&[("all_proxy", "p"), ("no_proxy", "API.a.example")], None, None),
            (&[("all_proxy", "p"), ("no_proxy", "i.a.example")], Some("p:1080"), Some("p:1080")),
            (&[("http_proxy", "")], None, None),
        ] {
            let proxies = proxies(variables).unwrap();
            let shown = |is_https| {
                let proxy = proxies.of(is_https, "api.a.example")?;
                Some(format!("{}:{}", proxy.host, proxy.port))
            };
            assert_eq!((shown(false).as_deref(), shown(true).as_deref()), (http, https), "{variables:?}");
        }
    }

    #[test]
    fn addresses_are_exceptions_by_network() {
        for (exception, host, covered) in [
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.0/8", "127.9.9.9", true),
            ("127.0.0.0/8", "128.0.0.1", false),
            ("0.0.0.0/0", "9.9.9.9", true),
            ("::1", "[::1]", true),
            ("[fd00::]/8", "[fd12::1]", true),
            ("fd00::/8", "10.0.0.1", false),
            ("10.0.0.0/x", "10.0.0.1", false),
        ] {
            assert_eq!(Exception::parse(exception).covers(host), covered, "{exception} {host}");
        }
    }

    #[test]
    fn users_of_proxies_are_told_and_other_schemes_refused() {
        let named = proxies(&[("http_proxy", "http://us%40er:wo%3Ard@p:1")]).unwrap();
        let authorization = named.of(false, "a").unwrap().authorization.clone().unwrap();
        assert_eq!(authorization, format!("Basic {}", STANDARD.encode("us@er:wo:rd")).as_str());
        let error = proxies(&[("all_proxy", "socks5://p:1")]).unwrap_err().to_string();
        assert!(error.contains("socks5") && error.contains("http://proxy.example"), "{error}");
    }

    #[test]
    fn no_error_tells_a_password() {
        for (url, told) in [
            ("socks5://user:s3cret@p:1", "\"socks5://p:1\""),
            ("user:s3cret@p:port", "\"p:port\""),
            ("http://user:s3@cret@p:99999", "\"http://p:99999\""),
        ] {
            let error = proxies(&[("all_proxy", url)]).unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(text.contains(told) && !text.contains("user") && !text.contains("cret"), "{text}");
        }
    }
}
