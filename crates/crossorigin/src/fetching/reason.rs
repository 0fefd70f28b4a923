//! Why a fetch ends in a network error. Script never learns it.

use std::fmt;

use http::HeaderName;

use super::cors_check::CorsCheckError;

/// The step at which a fetch stops.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkErrorReason {
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
