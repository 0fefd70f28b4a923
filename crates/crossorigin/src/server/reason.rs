//! What decisions come to, and why.

use std::fmt;

/// What a decision comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The request carries no `Origin`: nobody asks whether its response may be shared.
    NoOrigin,
    /// The service's own page sent it: no permission is needed, and none is given.
    SameOrigin,
    /// The response may be shared with the request's origin.
    Allowed,
    /// It may not: the response gets no CORS header.
    Refused,
}

/// Why a decision came out as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// There is no `Origin`.
    NoOrigin,
    /// The browser says so in `Sec-Fetch-Site`, or the origin is the policy's public URL's.
    SameOrigin,
    /// The policy allows every origin.
    AnyOrigin,
    /// The origin is listed.
    OriginListed,
    /// A pattern takes the origin in.
    OriginMatchesPattern,
    /// The origin is `null`, and the policy trusts it.
    NullAllowed,
    /// There is more than one `Origin` line.
    SeveralOrigins,
    /// `Origin` is not what a user agent could send.
    OriginMalformed,
    /// The origin is `null`, and the policy does not trust it.
    NullNotAllowed,
    /// No item of the policy's origins takes the origin in.
    OriginNotAllowed,
    /// There is more than one `Access-Control-Request-Method` line.
    SeveralRequestMethods,
    /// `Access-Control-Request-Method` is no method, or one that script can never use.
    RequestMethodMalformed,
    /// The requested method is not among the policy's.
    MethodNotAllowed,
    /// `Access-Control-Request-Headers` is not a list of header names.
    RequestHeadersMalformed,
    /// `Access-Control-Request-Headers` is longer than what is read.
    RequestHeadersTooLong,
    /// `Authorization` is asked for and not named; `*` does not cover it.
    AuthorizationNotNamed,
    /// A requested header is not among the policy's.
    HeaderNotAllowed,
}

impl Reason {
    /// Every reason, for tables and for metrics that want to begin at zero.
    pub const ALL: [Self; 17] = [
        Self::NoOrigin,
        Self::SameOrigin,
        Self::AnyOrigin,
        Self::OriginListed,
        Self::OriginMatchesPattern,
        Self::NullAllowed,
        Self::SeveralOrigins,
        Self::OriginMalformed,
        Self::NullNotAllowed,
        Self::OriginNotAllowed,
        Self::SeveralRequestMethods,
        Self::RequestMethodMalformed,
        Self::MethodNotAllowed,
        Self::RequestHeadersMalformed,
        Self::RequestHeadersTooLong,
        Self::AuthorizationNotNamed,
        Self::HeaderNotAllowed,
    ];

    /// A stable name, such as `origin-not-allowed`, for logs and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoOrigin => "no-origin",
            Self::SameOrigin => "same-origin",
            Self::AnyOrigin => "any-origin",
            Self::OriginListed => "origin-listed",
            Self::OriginMatchesPattern => "origin-matches-pattern",
            Self::NullAllowed => "null-allowed",
            Self::SeveralOrigins => "several-origins",
            Self::OriginMalformed => "origin-malformed",
            Self::NullNotAllowed => "null-not-allowed",
            Self::OriginNotAllowed => "origin-not-allowed",
            Self::SeveralRequestMethods => "several-request-methods",
            Self::RequestMethodMalformed => "request-method-malformed",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::RequestHeadersMalformed => "request-headers-malformed",
            Self::RequestHeadersTooLong => "request-headers-too-long",
            Self::AuthorizationNotNamed => "authorization-not-named",
            Self::HeaderNotAllowed => "header-not-allowed",
        }
    }
}

impl fmt::Display for Reason {
    /// One sentence, without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoOrigin => "the request has no Origin header, so nobody asks whether it may be shared",
            Self::SameOrigin => "the service's own page sent the request",
            Self::AnyOrigin => "the policy allows every origin",
            Self::OriginListed => "the policy lists the origin",
            Self::OriginMatchesPattern => "one of the policy's patterns takes the origin in",
            Self::NullAllowed => "the policy trusts the origin null",
            Self::SeveralOrigins => "the request has more than one Origin header line",
            Self::OriginMalformed => "the Origin header is not what a browser could send",
            Self::NullNotAllowed => "the origin is null, which the policy does not trust",
            Self::OriginNotAllowed => "the policy does not allow the origin",
            Self::SeveralRequestMethods => "the preflight asks for more than one method",
            Self::RequestMethodMalformed => "the preflight asks for what is no method that script can use",
            Self::MethodNotAllowed => "the policy does not allow the method that the preflight asks for",
            Self::RequestHeadersMalformed => "the preflight asks for what is no list of header names",
            Self::RequestHeadersTooLong => "the preflight asks for more header names than are read",
            Self::AuthorizationNotNamed => {
                "the preflight asks for Authorization, which request_headers must name: * does not cover it"
            }
            Self::HeaderNotAllowed => "the policy does not allow a header that the preflight asks for",
        })
    }
}
