//! What browsers' consoles print, as patterns. Words in braces stand for what differs from message to message.
//!
//! Quoted from Chromium 156 (`third_party/blink/renderer/platform/loader/cors/cors_error_string.cc` and
//! `net/base/net_error_list.h`), Firefox 153 (`dom/locales/en-US/chrome/security/security.properties`), and `WebKit`
//! 2.50 (`Source/WebCore/loader/CrossOriginAccessControl.cpp` and its neighbours). Typographic quotes are straight
//! here, as they are made before messages are compared.

use crossorigin::profiles::Profile;

/// A message, or the part of one that tells why.
pub(super) struct Message {
    /// Whose it is; `None` where several print it.
    pub(super) browser: Option<Profile>,
    pub(super) pattern: &'static str,
    /// The codes of the reasons for which it is printed, the likeliest first.
    pub(super) reasons: &'static [&'static str],
}

const fn chromium(pattern: &'static str, reasons: &'static [&'static str]) -> Message {
    Message { browser: Some(Profile::Chromium), pattern, reasons }
}

const fn firefox(pattern: &'static str, reasons: &'static [&'static str]) -> Message {
    Message { browser: Some(Profile::Firefox), pattern, reasons }
}

const fn webkit(pattern: &'static str, reasons: &'static [&'static str]) -> Message {
    Message { browser: Some(Profile::WebKit), pattern, reasons }
}

/// How messages begin that say of which request they are.
pub(super) const OPENINGS: &[Message] = &[
    chromium(
        "Access to {initiator} at '{url}' (redirected from '{redirected_from}') from origin '{origin}' has been blocked by CORS policy:",
        &[],
    ),
    chromium("Access to {initiator} at '{url}' from origin '{origin}' has been blocked by CORS policy:", &[]),
    firefox(
        "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at '{url}'. (Reason:",
        &[],
    ),
    firefox(
        "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at {url}. (Reason:",
        &[],
    ),
];

/// What stands in Chromium's messages on preflights.
pub(super) const OF_PREFLIGHT: &str = "Response to preflight request doesn't pass access control check:";

/// What comes behind the openings, and what stands alone.
pub(super) const MESSAGES: &[Message] = &[
    chromium("Cross origin requests are not allowed by request mode.", &["same-origin-mode"]),
    chromium("The response is invalid.", &["transport"]),
    chromium(
        "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'.",
        &["allow-origin-wildcard"],
    ),
    chromium(
        "No 'Access-Control-Allow-Origin' header is present on the requested resource.",
        &["allow-origin-missing"],
    ),
    chromium(
        "The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one is allowed.",
        &["allow-origin-mismatch"],
    ),
    chromium(
        "The 'Access-Control-Allow-Origin' header contains the invalid value '{value}'.",
        &["allow-origin-mismatch"],
    ),
    chromium(
        "The 'Access-Control-Allow-Origin' header has a value '{value}' that is not equal to the supplied origin.",
        &["allow-origin-mismatch"],
    ),
    chromium(
        "The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' which must be 'true' when the request's credentials mode is 'include'.",
        &["allow-credentials"],
    ),
    chromium(
        "Cross origin requests are only supported for protocol schemes:",
        &["url-scheme", "redirect-scheme"],
    ),
    chromium("It does not have HTTP ok status.", &["preflight-status"]),
    chromium("Redirect is not allowed for a preflight request.", &["preflight-redirect"]),
    chromium(
        "Cannot parse Access-Control-Allow-Methods response header field in preflight response.",
        &["preflight-allow-methods-syntax"],
    ),
    chromium(
        "Cannot parse Access-Control-Allow-Headers response header field in preflight response.",
        &["preflight-allow-headers-syntax"],
    ),
    chromium(
        "Method {method} is not allowed by Access-Control-Allow-Methods in preflight response.",
        &["preflight-method"],
    ),
    chromium(
        "Request header field {header} is not allowed by Access-Control-Allow-Headers in preflight response.",
        &["preflight-header"],
    ),
    chromium(
        "Redirect location '{value}' contains a username and password, which is disallowed for cross-origin requests.",
        &["redirect-credentials"],
    ),
    chromium(
        "net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep",
        &["embedder-policy"],
    ),
    chromium("net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin", &["resource-policy"]),
    chromium("net::ERR_BLOCKED_BY_RESPONSE.NotSameSite", &["resource-policy"]),
    chromium("net::ERR_UNSAFE_PORT", &["bad-port"]),
    chromium("net::ERR_TOO_MANY_REDIRECTS", &["too-many-redirects"]),
    chromium("net::ERR_UNSAFE_REDIRECT", &["redirect-scheme"]),
    chromium("net::ERR_INVALID_REDIRECT", &["redirect-location"]),
    chromium("net::ERR_NAME_NOT_RESOLVED", &["transport"]),
    chromium("net::ERR_CONNECTION_{value}", &["transport"]),
    chromium("net::ERR_CERT_{value}", &["transport"]),
    chromium("net::ERR_SSL_{value}", &["transport"]),
    chromium("net::ERR_EMPTY_RESPONSE", &["transport"]),
    chromium("net::ERR_TIMED_OUT", &["transport"]),
    chromium("net::ERR_ADDRESS_UNREACHABLE", &["transport"]),
    firefox("(Reason: CORS disabled).", &["transport"]),
    firefox("(Reason: CORS request did not succeed).", &["transport"]),
    firefox("(Reason: CORS request not http).", &["url-scheme", "redirect-scheme"]),
    firefox(
        "(Reason: CORS request external redirect not allowed).",
        &["preflight-redirect", "redirect-credentials"],
    ),
    firefox(
        "(Reason: CORS header 'Access-Control-Allow-Origin' missing).",
        &["allow-origin-missing", "preflight-allow-origin-missing"],
    ),
    firefox(
        "(Reason: Multiple CORS header 'Access-Control-Allow-Origin' not allowed).",
        &["allow-origin-mismatch", "preflight-allow-origin-mismatch"],
    ),
    firefox(
        "(Reason: CORS header 'Access-Control-Allow-Origin' does not match '{value}').",
        &["allow-origin-mismatch", "preflight-allow-origin-mismatch"],
    ),
    firefox(
        "(Reason: Credential is not supported if the CORS header 'Access-Control-Allow-Origin' is '*').",
        &["allow-origin-wildcard", "preflight-allow-origin-wildcard"],
    ),
    firefox(
        "(Reason: expected 'true' in CORS header 'Access-Control-Allow-Credentials').",
        &["allow-credentials", "preflight-allow-credentials"],
    ),
    firefox("(Reason: CORS preflight response did not succeed).", &["preflight-status"]),
    firefox("(Reason: CORS preflight channel did not succeed).", &["preflight-status"]),
    firefox(
        "(Reason: Did not find method in CORS header 'Access-Control-Allow-Methods').",
        &["preflight-method"],
    ),
    firefox(
        "(Reason: invalid token '{value}' in CORS header 'Access-Control-Allow-Methods').",
        &["preflight-allow-methods-syntax"],
    ),
    firefox(
        "(Reason: invalid token '{value}' in CORS header 'Access-Control-Allow-Headers').",
        &["preflight-allow-headers-syntax"],
    ),
    firefox(
        "(Reason: header '{header}' is not allowed according to header 'Access-Control-Allow-Headers' from CORS preflight response).",
        &["preflight-header"],
    ),
    firefox(
        "(Reason: missing token '{header}' in CORS header 'Access-Control-Allow-Headers' from CORS preflight channel).",
        &["preflight-header"],
    ),
    firefox(
        "The resource at \"{url}\" was blocked due to its Cross-Origin-Resource-Policy header (or lack thereof).",
        &["resource-policy", "embedder-policy"],
    ),
    webkit(
        "Origin {origin} is not allowed by Access-Control-Allow-Origin. Status code: {status}",
        &[
            "allow-origin-missing",
            "allow-origin-mismatch",
            "preflight-allow-origin-missing",
            "preflight-allow-origin-mismatch",
        ],
    ),
    webkit(
        "Origin {origin} is not allowed by Access-Control-Allow-Origin.",
        &[
            "allow-origin-missing",
            "allow-origin-mismatch",
            "preflight-allow-origin-missing",
            "preflight-allow-origin-mismatch",
        ],
    ),
    webkit(
        "Access-Control-Allow-Origin cannot contain more than one origin.",
        &["allow-origin-mismatch", "preflight-allow-origin-mismatch"],
    ),
    webkit(
        "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.",
        &["allow-origin-wildcard", "preflight-allow-origin-wildcard"],
    ),
    webkit(
        "Credentials flag is true, but Access-Control-Allow-Credentials is not \"true\".",
        &["allow-credentials", "preflight-allow-credentials"],
    ),
    webkit("Preflight response is not successful. Status code: {status}", &["preflight-status"]),
    webkit("Preflight response is not successful", &["preflight-status"]),
    webkit("Method {method} is not allowed by Access-Control-Allow-Methods.", &["preflight-method"]),
    webkit(
        "Request header field {header} is not allowed by Access-Control-Allow-Headers.",
        &["preflight-header"],
    ),
    webkit(
        "Cancelled load to {url} because it violates the resource's Cross-Origin-Resource-Policy response header.",
        &["resource-policy"],
    ),
    webkit("Refused to load '{url}' worker because of Cross-Origin-Embedder-Policy.", &["embedder-policy"]),
];

/// What says that a request failed, and not why: the reason is in another line, and script gets no more than this.
pub(super) const TELL_NOTHING: &[Message] = &[
    chromium("net::ERR_FAILED", &[]),
    chromium("TypeError: Failed to fetch", &[]),
    firefox("NetworkError when attempting to fetch resource.", &[]),
    webkit("{initiator} cannot load {url} due to access control checks.", &[]),
    webkit("TypeError: Load failed", &[]),
    Message { browser: None, pattern: "AxiosError: Network Error", reasons: &[] },
];
