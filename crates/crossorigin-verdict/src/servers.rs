//! Which server answered, by what it says of itself.

use std::fmt;

use http::HeaderMap;
use http::header::{SERVER, SET_COOKIE, VIA};

/// A kind of server that there is a fix for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Server {
    /// Express, and other servers of Node that say so.
    Express,
    /// Spring, with or without Spring Security.
    Spring,
    /// Django.
    Django,
    /// Flask.
    Flask,
    /// FastAPI and Starlette.
    FastApi,
    /// Rails, and other users of Rack.
    Rails,
    /// ASP.NET Core.
    AspNet,
    /// axum and other services of tower.
    Axum,
    /// Amazon S3.
    S3,
    /// Google Cloud Storage.
    CloudStorage,
    /// Azure Blob Storage.
    AzureBlob,
    /// nginx and OpenResty.
    Nginx,
    /// The Apache HTTP Server.
    Apache,
    /// Caddy.
    Caddy,
    /// HAProxy.
    HaProxy,
    /// Varnish.
    Varnish,
    /// Envoy, and what is made of it.
    Envoy,
    /// Microsoft IIS.
    Iis,
    /// Amazon CloudFront.
    CloudFront,
    /// Cloudflare.
    Cloudflare,
    /// The gateway of this project.
    Crossorigin,
}

impl Server {
    /// All of them, those nearest the origin first: frameworks, stores, servers, proxies, networks of caches.
    pub const ALL: [Self; 21] = [
        Self::Express,
        Self::Spring,
        Self::Django,
        Self::Flask,
        Self::FastApi,
        Self::Rails,
        Self::AspNet,
        Self::Axum,
        Self::S3,
        Self::CloudStorage,
        Self::AzureBlob,
        Self::Apache,
        Self::Caddy,
        Self::Iis,
        Self::Nginx,
        Self::HaProxy,
        Self::Varnish,
        Self::Envoy,
        Self::Crossorigin,
        Self::CloudFront,
        Self::Cloudflare,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Express => "Express",
            Self::Spring => "Spring",
            Self::Django => "Django",
            Self::Flask => "Flask",
            Self::FastApi => "FastAPI",
            Self::Rails => "Rails",
            Self::AspNet => "ASP.NET Core",
            Self::Axum => "axum",
            Self::S3 => "Amazon S3",
            Self::CloudStorage => "Google Cloud Storage",
            Self::AzureBlob => "Azure Blob Storage",
            Self::Nginx => "nginx",
            Self::Apache => "Apache",
            Self::Caddy => "Caddy",
            Self::HaProxy => "HAProxy",
            Self::Varnish => "Varnish",
            Self::Envoy => "Envoy",
            Self::Iis => "IIS",
            Self::CloudFront => "Amazon CloudFront",
            Self::Cloudflare => "Cloudflare",
            Self::Crossorigin => "crossorigin",
        }
    }

    /// The servers that a response passed, by its headers: the one nearest the origin first. What hides its name
    /// is not found, HAProxy above all.
    ///
    /// ```
    /// use crossorigin_verdict::Server;
    /// let mut headers = http::HeaderMap::new();
    /// headers.insert("server", "cloudflare".parse()?);
    /// headers.insert("x-powered-by", "Express".parse()?);
    /// assert_eq!(Server::recognize(&headers), [Server::Express, Server::Cloudflare]);
    /// # Ok::<(), http::header::InvalidHeaderValue>(())
    /// ```
    pub fn recognize(headers: &HeaderMap) -> Vec<Self> {
        Self::ALL.into_iter().filter(|server| server.says_so(headers)).collect()
    }

    fn says_so(self, headers: &HeaderMap) -> bool {
        let has = |name: &str| headers.contains_key(name);
        // Values count in any case, and their beginning alone: versions follow.
        let says = |name: &http::HeaderName, word: &str| {
            headers.get_all(name).iter().any(|value| {
                let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
                value
                    .split([' ', ',', '(', ')', ';'])
                    .any(|part| part == word || part.starts_with(&format!("{word}/")))
            })
        };
        let server = |word| says(&SERVER, word);
        let powered = |word| says(&http::HeaderName::from_static("x-powered-by"), word);
        let cookie = |name: &str| {
            headers.get_all(SET_COOKIE).iter().any(|value| value.as_bytes().starts_with(name.as_bytes()))
        };
        match self {
            Self::Express => powered("express"),
            Self::Spring => has("x-application-context") || is_spring_security(headers),
            // WSGIServer is Django's own; gunicorn serves Flask as well.
            Self::Django => server("wsgiserver") || cookie("csrftoken=") || cookie("sessionid="),
            Self::Flask => server("werkzeug"),
            Self::FastApi => server("uvicorn") || server("hypercorn"),
            Self::Rails => has("x-runtime") && has("x-request-id"),
            Self::AspNet => server("kestrel") || powered("asp.net"),
            Self::Axum => server("axum"),
            Self::S3 => server("amazons3") || (has("x-amz-request-id") && has("x-amz-id-2")),
            Self::CloudStorage => server("uploadserver") || has("x-goog-stored-content-length"),
            Self::AzureBlob => server("windows-azure-blob") || has("x-ms-blob-type"),
            Self::Nginx => server("nginx") || server("openresty"),
            Self::Apache => server("apache"),
            Self::Caddy => server("caddy") || says(&VIA, "caddy"),
            Self::HaProxy => server("haproxy"),
            Self::Varnish => has("x-varnish") || says(&VIA, "varnish"),
            Self::Envoy => server("envoy") || server("istio-envoy") || has("x-envoy-upstream-service-time"),
            Self::Iis => server("microsoft-iis"),
            Self::CloudFront => server("cloudfront") || has("x-amz-cf-id"),
            Self::Cloudflare => server("cloudflare") || has("cf-ray"),
            Self::Crossorigin => server("crossorigin"),
        }
    }
}

/// Spring Security's headers come in this company.
fn is_spring_security(headers: &HeaderMap) -> bool {
    let is = |name: &str, value: &[u8]| headers.get(name).is_some_and(|found| found.as_bytes() == value);
    let no_cache = is("cache-control", b"no-cache, no-store, max-age=0, must-revalidate");
    no_cache && is("pragma", b"no-cache") && is("expires", b"0") && is("x-content-type-options", b"nosniff")
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
