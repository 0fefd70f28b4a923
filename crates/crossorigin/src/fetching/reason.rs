//! Why a fetch ends in a network error. Script never learns it.

use std::fmt;

use http::HeaderName;

use super::cors_check::CorsCheckError;
use super::cross_origin_resource_policy::ResourcePolicyBlock;
use super::trace::{Section, StepNumber};
use crate::infrastructure::request::MAX_REQUEST_HEADERS;

/// The step at which a fetch stops.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkErrorReason {
    /// The transport failed: DNS, TLS, a refused or reset connection, a time-out.
    Transport,
    /// The machine was given a response that it had not asked for.
    UnexpectedResponse,
    /// The method is one that pages never send.
    ForbiddenMethod,
    /// A request of mode no-cors has a method other than GET, HEAD and POST.
    NoCorsMethod,
    /// A request of mode no-cors has a stream for a body.
    NoCorsStream,
    /// The request has more lines of headers than any server takes.
    TooManyHeaders,
    /// A secure page asks for something insecurely.
    MixedContent,
    /// The URL is a `blob:` URL, which only the page's own memory can answer.
    BlobUrl,
    /// The body is too long for a request that may outlive its page.
    KeepaliveBody,
    /// The server asks to log in to a proxy, and nobody can be asked.
    ProxyAuthentication,
    /// The server asks for a password, which would go along with a body that is gone.
    AuthenticationBody,
    /// The response's type is none of a script's.
    ScriptMimeType,
    /// The response's type does not fit, and `X-Content-Type-Options: nosniff` forbids to guess.
    Nosniff,
    /// The response must fit a hash, but is opaque or has no body.
    Integrity,
    /// The URL's port is that of another protocol, which browsers never speak to.
    BadPort,
    /// A request of mode same-origin leads to another origin.
    CrossOriginInSameOriginMode,
    /// A request of mode no-cors does not follow redirects.
    NoCorsRedirectMode,
    /// The URL has a user name or password, which `fetch()` does not take, and some browsers nowhere but in
    /// `XMLHttpRequest`.
    UrlContainsCredentials,
    /// The URL's scheme is not fetched over HTTP.
    UrlScheme,
    /// A redirect came that must not.
    RedirectInErrorMode,
    /// The redirect's `Location` is no URL, or stands twice.
    RedirectLocation,
    /// The redirect leads to a scheme other than http and https.
    RedirectScheme,
    /// The redirect would be the twenty-first.
    TooManyRedirects,
    /// The redirect leads to a URL with a user name or password.
    RedirectContainsCredentials,
    /// The redirect wants a body again that is gone.
    RedirectBody,
    /// `Cross-Origin-Resource-Policy`, or its lack, forbids the page to embed the response.
    ResourcePolicy(ResourcePolicyBlock),
    /// A range came that was not asked for.
    UnaskedRange,
    /// The CORS check of the response failed.
    CorsCheck(CorsCheckError),
    /// The CORS check of the preflight's response failed.
    PreflightCorsCheck(CorsCheckError),
    /// The preflight's response has no status from 200 to 299.
    PreflightStatus(u16),
    /// The preflight's response has a list of methods that does not parse.
    PreflightAllowMethodsSyntax,
    /// The preflight's response has a list of header names that does not parse.
    PreflightAllowHeadersSyntax,
    /// The preflight's response does not list the method.
    PreflightMethod,
    /// The preflight's response does not list this header.
    PreflightHeader(HeaderName),
}

impl NetworkErrorReason {
    /// The codes of all reasons, in the order of the algorithm: for catalogues and tables.
    pub const CODES: &'static [&'static str] = &[
        "forbidden-method",
        "no-cors-method",
        "no-cors-stream",
        "url-credentials",
        "too-many-headers",
        "bad-port",
        "mixed-content",
        "same-origin-mode",
        "no-cors-redirect-mode",
        "url-scheme",
        "blob-url",
        "keepalive-body",
        "preflight-allow-origin-missing",
        "preflight-allow-origin-wildcard",
        "preflight-allow-origin-mismatch",
        "preflight-allow-credentials",
        "preflight-redirect",
        "preflight-status",
        "preflight-allow-methods-syntax",
        "preflight-allow-headers-syntax",
        "preflight-method",
        "preflight-header",
        "transport",
        "unexpected-response",
        "proxy-authentication",
        "authentication-body",
        "allow-origin-missing",
        "allow-origin-wildcard",
        "allow-origin-mismatch",
        "allow-credentials",
        "resource-policy",
        "embedder-policy",
        "redirect-in-error-mode",
        "redirect-location",
        "redirect-scheme",
        "too-many-redirects",
        "redirect-credentials",
        "redirect-body",
        "script-mime-type",
        "nosniff",
        "unasked-range",
        "integrity",
    ];

    /// A stable name, such as `allow-origin-missing`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Transport => "transport",
            Self::UnexpectedResponse => "unexpected-response",
            Self::ForbiddenMethod => "forbidden-method",
            Self::NoCorsMethod => "no-cors-method",
            Self::BadPort => "bad-port",
            Self::NoCorsStream => "no-cors-stream",
            Self::TooManyHeaders => "too-many-headers",
            Self::AuthenticationBody => "authentication-body",
            Self::MixedContent => "mixed-content",
            Self::BlobUrl => "blob-url",
            Self::KeepaliveBody => "keepalive-body",
            Self::ProxyAuthentication => "proxy-authentication",
            Self::ScriptMimeType => "script-mime-type",
            Self::Nosniff => "nosniff",
            Self::Integrity => "integrity",
            Self::CrossOriginInSameOriginMode => "same-origin-mode",
            Self::NoCorsRedirectMode => "no-cors-redirect-mode",
            Self::UrlContainsCredentials => "url-credentials",
            Self::UrlScheme => "url-scheme",
            Self::RedirectInErrorMode => "redirect-in-error-mode",
            Self::RedirectLocation => "redirect-location",
            Self::RedirectScheme => "redirect-scheme",
            Self::TooManyRedirects => "too-many-redirects",
            Self::RedirectContainsCredentials => "redirect-credentials",
            Self::RedirectBody => "redirect-body",
            Self::ResourcePolicy(ResourcePolicyBlock::ByResource) => "resource-policy",
            Self::ResourcePolicy(ResourcePolicyBlock::ByEmbedder) => "embedder-policy",
            Self::UnaskedRange => "unasked-range",
            Self::CorsCheck(CorsCheckError::AllowOriginMissing) => "allow-origin-missing",
            Self::CorsCheck(CorsCheckError::AllowOriginWildcard) => "allow-origin-wildcard",
            Self::CorsCheck(CorsCheckError::AllowOriginMismatch(_)) => "allow-origin-mismatch",
            Self::CorsCheck(CorsCheckError::AllowCredentials(_)) => "allow-credentials",
            Self::PreflightCorsCheck(CorsCheckError::AllowOriginMissing) => "preflight-allow-origin-missing",
            Self::PreflightCorsCheck(CorsCheckError::AllowOriginWildcard) => {
                "preflight-allow-origin-wildcard"
            }
            Self::PreflightCorsCheck(CorsCheckError::AllowOriginMismatch(_)) => {
                "preflight-allow-origin-mismatch"
            }
            Self::PreflightCorsCheck(CorsCheckError::AllowCredentials(_)) => "preflight-allow-credentials",
            Self::PreflightStatus(301 | 302 | 303 | 307 | 308) => "preflight-redirect",
            Self::PreflightStatus(_) => "preflight-status",
            Self::PreflightAllowMethodsSyntax => "preflight-allow-methods-syntax",
            Self::PreflightAllowHeadersSyntax => "preflight-allow-headers-syntax",
            Self::PreflightMethod => "preflight-method",
            Self::PreflightHeader(_) => "preflight-header",
        }
    }

    /// The step of the standard that stops the fetch.
    pub fn step(&self) -> StepNumber {
        use Section as S;
        let (section, number) = match self {
            Self::ForbiddenMethod => (S::RequestConstructor, "25.2"),
            Self::NoCorsMethod => (S::RequestConstructor, "32.1"),
            Self::NoCorsStream => (S::RequestConstructor, "39.2"),
            Self::UrlContainsCredentials => (S::RequestConstructor, "5.3"),
            Self::TooManyHeaders => (S::HttpNetworkOrCacheFetch, "8"),
            Self::AuthenticationBody => (S::HttpNetworkOrCacheFetch, "15.2.1"),
            Self::Transport => (S::HttpNetworkFetch, "8.1"),
            Self::UnexpectedResponse => (S::HttpNetworkFetch, "8.5"),
            Self::BadPort | Self::MixedContent => (S::MainFetch, "7"),
            Self::BlobUrl => (S::SchemeFetch, "3"),
            Self::KeepaliveBody => (S::HttpNetworkOrCacheFetch, "8.10.5"),
            Self::ProxyAuthentication => (S::HttpNetworkOrCacheFetch, "16.1"),
            Self::ScriptMimeType | Self::Nosniff => (S::MainFetch, "20"),
            Self::Integrity => (S::MainFetch, "23.2"),
            Self::CrossOriginInSameOriginMode | Self::NoCorsRedirectMode | Self::UrlScheme => {
                (S::MainFetch, "12")
            }
            Self::UnaskedRange => (S::MainFetch, "21"),
            Self::RedirectInErrorMode => (S::HttpFetch, "6.3"),
            Self::RedirectLocation => (S::HttpRedirectFetch, "5"),
            Self::RedirectScheme => (S::HttpRedirectFetch, "6"),
            Self::TooManyRedirects => (S::HttpRedirectFetch, "7"),
            Self::RedirectContainsCredentials => (S::HttpRedirectFetch, "9"),
            Self::RedirectBody => (S::HttpRedirectFetch, "11"),
            Self::ResourcePolicy(ResourcePolicyBlock::ByResource) => (S::CrossOriginResourcePolicyCheck, "3"),
            Self::ResourcePolicy(ResourcePolicyBlock::ByEmbedder) => (S::CrossOriginResourcePolicyCheck, "5"),
            Self::CorsCheck(error) | Self::PreflightCorsCheck(error) => (S::CorsCheck, error.step()),
            Self::PreflightStatus(_) => (S::CorsPreflightFetch, "7"),
            Self::PreflightAllowMethodsSyntax | Self::PreflightAllowHeadersSyntax => {
                (S::CorsPreflightFetch, "7.3")
            }
            Self::PreflightMethod => (S::CorsPreflightFetch, "7.5"),
            Self::PreflightHeader(name) if name == http::header::AUTHORIZATION => {
                (S::CorsPreflightFetch, "7.6")
            }
            Self::PreflightHeader(_) => (S::CorsPreflightFetch, "7.7"),
        };
        StepNumber::new(section, number)
    }
}

impl fmt::Display for NetworkErrorReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport => f.write_str("the server could not be reached, or did not answer in HTTP"),
            Self::UnexpectedResponse => f.write_str("a response came that was not asked for"),
            Self::ForbiddenMethod => {
                f.write_str("pages can't send CONNECT, TRACE or TRACK; use another method")
            }
            Self::NoCorsMethod => {
                f.write_str("the no-cors mode sends GET, HEAD and POST alone; use the cors mode")
            }
            Self::NoCorsStream => {
                f.write_str("the no-cors mode sends no streams; use the cors mode, or a body of known length")
            }
            Self::TooManyHeaders => {
                write!(f, "the request has more than {MAX_REQUEST_HEADERS} lines of headers; send fewer")
            }
            Self::AuthenticationBody => f.write_str(
                "the server asks for a password, and the body that would go along is gone; \
                 send one that is not a stream, or log in before",
            ),
            Self::MixedContent => {
                f.write_str("a page that came securely asks for an insecure URL; serve it by https")
            }
            Self::BlobUrl => f.write_str("a blob: URL leads into the page's own memory; read the blob itself"),
            Self::KeepaliveBody => {
                f.write_str("the body is over 64 KiB, which is the most that may outlive a page; send less")
            }
            Self::ProxyAuthentication => f.write_str(
                "the response has status 407, which only proxies send; the server must answer otherwise",
            ),
            Self::ScriptMimeType => f.write_str(
                "the response's Content-Type is of an image, audio, video or table; send text/javascript",
            ),
            Self::Nosniff => f.write_str(
                "the response's Content-Type does not fit, and X-Content-Type-Options is nosniff; \
                 send text/javascript or text/css",
            ),
            Self::Integrity => f.write_str(
                "the response has not the hash that is demanded, or script may not read it; ask for it by CORS",
            ),
            Self::BadPort => f.write_str("browsers never connect to the URL's port; serve on another"),
            Self::CrossOriginInSameOriginMode => {
                f.write_str("the URL is of another origin; use the cors mode")
            }
            Self::NoCorsRedirectMode => f.write_str("the no-cors mode follows redirects; use the cors mode"),
            Self::UrlContainsCredentials => {
                f.write_str("the URL has a user name or password; leave them out")
            }
            Self::UrlScheme => f.write_str("the URL's scheme cannot be fetched here; use http or https"),
            Self::RedirectInErrorMode => f.write_str("a redirect came, and the redirect mode is error"),
            Self::RedirectLocation => f.write_str("the redirect's Location is no URL; send one, once"),
            Self::RedirectScheme => f.write_str("the redirect leads elsewhere than to http or https"),
            Self::TooManyRedirects => f.write_str("there are more redirects than browsers follow, 20 at most"),
            Self::RedirectContainsCredentials => {
                f.write_str("the redirect leads to a URL with a user name or password; leave them out")
            }
            Self::RedirectBody => f.write_str("the redirect wants the body again, which cannot be replayed"),
            Self::ResourcePolicy(ResourcePolicyBlock::ByResource) => {
                f.write_str("Cross-Origin-Resource-Policy keeps the response from this page")
            }
            Self::ResourcePolicy(ResourcePolicyBlock::ByEmbedder) => f.write_str(
                "the page's embedder policy demands Cross-Origin-Resource-Policy: cross-origin, which is missing",
            ),
            Self::UnaskedRange => f.write_str("a range came that was not asked for"),
            Self::CorsCheck(error) => write!(f, "the response: {error}"),
            Self::PreflightCorsCheck(error) => write!(f, "the response to the preflight: {error}"),
            Self::PreflightStatus(status) => {
                write!(f, "the response to the preflight has status {status}; it must be from 200 to 299")
            }
            Self::PreflightAllowMethodsSyntax => {
                f.write_str("Access-Control-Allow-Methods is no list of methods; part them by commas")
            }
            Self::PreflightAllowHeadersSyntax => {
                f.write_str("Access-Control-Allow-Headers is no list of header names; part them by commas")
            }
            Self::PreflightMethod => {
                f.write_str("Access-Control-Allow-Methods does not list the method; add it, in the same case")
            }
            Self::PreflightHeader(name) => {
                write!(f, "Access-Control-Allow-Headers does not list {name}; add it by name")
            }
        }
    }
}

impl std::error::Error for NetworkErrorReason {}
