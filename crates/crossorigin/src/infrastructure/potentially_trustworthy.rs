//! What counts as safe from those on the way: secure schemes, and what never leaves the machine.

use std::net::Ipv4Addr;

use url::Url;

use super::request_origin::Origin;

impl Origin {
    /// Whether nobody on the way can alter what comes from here.
    /// [Source](https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy).
    ///
    /// ```
    /// use crossorigin::infrastructure::request_origin::Origin;
    /// let is = |text: &str| Ok::<bool, crossorigin::infrastructure::request_origin::OriginError>(
    ///     text.parse::<Origin>()?.is_potentially_trustworthy(),
    /// );
    /// assert!(is("https://a.example")? && is("http://localhost:3000")? && !is("http://a.example")?);
    /// # Ok::<(), crossorigin::infrastructure::request_origin::OriginError>(())
    /// ```
    pub fn is_potentially_trustworthy(&self) -> bool {
        self.scheme_and_host().is_some_and(|(scheme, host)| is_trustworthy(scheme, host))
    }
}

/// Whether nobody on the way can alter what a URL leads to.
/// [Source](https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy).
pub fn is_potentially_trustworthy_url(url: &Url) -> bool {
    match url.scheme() {
        "data" | "file" => true,
        "about" => matches!(url.path(), "blank" | "srcdoc"),
        // Only these have their origin elsewhere.
        "blob" => Origin::of_url(url).is_potentially_trustworthy(),
        scheme => url.host_str().is_some_and(|host| is_trustworthy(scheme, host)),
    }
}

fn is_trustworthy(scheme: &str, host: &str) -> bool {
    let is_loopback = || {
        let name = host.strip_suffix('.').unwrap_or(host);
        host == "[::1]"
            || name == "localhost"
            || name.ends_with(".localhost")
            || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
    };
    matches!(scheme, "https" | "wss") || is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_and_tls_are_trusted() {
        for (url, trusted) in [
            ("https://a.example/", true),
            ("wss://a.example/", true),
            ("http://a.example/", false),
            ("ws://a.example/", false),
            ("http://localhost/", true),
            ("http://a.localhost:8080/", true),
            ("http://localhost./", true),
            ("http://notlocalhost/", false),
            ("http://localhost.example/", false),
            ("http://127.0.0.1/", true),
            ("http://127.9.8.7:81/", true),
            ("http://128.0.0.1/", false),
            ("http://[::1]/", true),
            ("http://[::2]/", false),
            ("data:,x", true),
            ("file:///etc/hosts", true),
            ("about:blank", true),
            ("about:config", false),
            ("blob:https://a.example/x", true),
            ("blob:http://a.example/x", false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(is_potentially_trustworthy_url(&url), trusted, "{url}");
            let origin = Origin::of_url(&url);
            assert_eq!(origin.is_potentially_trustworthy(), trusted && !origin.is_opaque(), "{url}");
        }
    }
}
