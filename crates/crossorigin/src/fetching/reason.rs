//! Why a fetch ends in a network error. Script never learns it.

use std::fmt;

use http::HeaderName;

use super::cors_check::CorsCheckError;
use super::cross_origin_resource_policy::ResourcePolicyBlock;

/// The step at which a fetch stops.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkErrorReason {
    /// The transport failed: DNS, TLS, a refused or reset connection, a time-out.
    Transport,
    /// The machine was given a response that it had not asked for.
    UnexpectedResponse,
    /// A request of mode same-origin leads to another origin.
    CrossOriginInSameOriginMode,
    /// A request of mode no-cors does not follow redirects.
    NoCorsRedirectMode,
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
    /// The anchor, in the Fetch standard, of the algorithm that stops.
    pub fn anchor(&self) -> &'static str {
        match self {
            Self::Transport | Self::UnexpectedResponse => "concept-http-network-fetch",
            Self::CrossOriginInSameOriginMode
            | Self::NoCorsRedirectMode
            | Self::UrlScheme
            | Self::UnaskedRange => "concept-main-fetch",
            Self::RedirectInErrorMode => "concept-http-fetch",
            Self::RedirectLocation
            | Self::RedirectScheme
            | Self::TooManyRedirects
            | Self::RedirectContainsCredentials
            | Self::RedirectBody => "concept-http-redirect-fetch",
            Self::ResourcePolicy(_) => "cross-origin-resource-policy-check",
            Self::CorsCheck(_) => "concept-cors-check",
            Self::PreflightCorsCheck(_)
            | Self::PreflightStatus(_)
            | Self::PreflightAllowMethodsSyntax
            | Self::PreflightAllowHeadersSyntax
            | Self::PreflightMethod
            | Self::PreflightHeader(_) => "cors-preflight-fetch-0",
        }
    }
}

impl fmt::Display for NetworkErrorReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport => f.write_str("the server could not be reached, or did not answer in HTTP"),
            Self::UnexpectedResponse => f.write_str("a response came that was not asked for"),
            Self::CrossOriginInSameOriginMode => {
                f.write_str("the URL is of another origin; use the cors mode")
            }
            Self::NoCorsRedirectMode => f.write_str("the no-cors mode follows redirects; use the cors mode"),
            Self::UrlScheme => f.write_str("the URL's scheme cannot be fetched here; use http or https"),
            Self::RedirectInErrorMode => f.write_str("a redirect came, and the redirect mode is error"),
            Self::RedirectLocation => f.write_str("the redirect's Location is no URL; send one, once"),
            Self::RedirectScheme => f.write_str("the redirect leads elsewhere than to http or https"),
            Self::TooManyRedirects => f.write_str("there are more than 20 redirects"),
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
