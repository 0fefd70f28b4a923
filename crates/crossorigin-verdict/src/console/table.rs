//! What consoles print, word for word. These sentences are the browsers' own, quoted so that people can find
//! them again.

use crossorigin::profiles::Profile;

/// Where Chromium's sentences are from.
const CHROMIUM: &str =
    "Chromium 156, measured; third_party/blink/renderer/platform/loader/cors/cors_error_string.cc";
/// Where those of Chromium's network stack are from.
const CHROMIUM_NET: &str = "Chromium 156, measured; net/base/net_error_list.h";
/// Where Firefox's sentences are from.
const FIREFOX: &str = "Firefox 153, measured; dom/locales/en-US/chrome/security/security.properties";
/// Where WebKit's sentences are from.
const WEBKIT: &str = "WebKitGTK 2.50, measured; Source/WebCore/loader/CrossOriginAccessControl.cpp";
/// Where those of WebKit's network process are from.
const WEBKIT_NET: &str = "WebKitGTK 2.50, measured; Source/WebKit/NetworkProcess/NetworkLoadChecker.cpp";

/// One sentence of one console. What stands in braces is filled in by [`Facts`](super::Facts); see
/// [`PARTS`] for those that stand for other text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sentence {
    /// Whose console.
    pub(super) browser: Profile,
    /// The reasons for which it is printed.
    pub(super) codes: &'static [&'static str],
    /// Which of these, where that decides.
    pub(super) when: When,
    /// The sentence.
    pub(super) text: &'static str,
    /// Where it is to be found.
    pub(super) source: &'static str,
}

/// What beside the reason decides which sentence is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Nothing.
    Always,
    /// The value has a comma or a space.
    SeveralValues,
    /// The value is no URL.
    InvalidValue,
    /// The value is one URL, or null.
    OneValue,
    /// The header stands in several lines.
    SeveralLines,
    /// The header stands in one line.
    OneLine,
    /// The value has a comma.
    Comma,
    /// The value has none.
    NoComma,
    /// Script asked by `fetch()`.
    Fetch,
    /// Script asked by `fetch()`, `XMLHttpRequest` or `EventSource`, whose name is known.
    Script,
    /// An image was asked for.
    Image,
    /// A classic script was asked for.
    ClassicScript,
    /// A text track was asked for.
    Track,
    /// The redirect leads to a `data:` URL.
    ToData,
    /// The redirect leads to another scheme.
    NotToData,
    /// The connection failed in this way.
    Transport(&'static str),
}

/// Text that stands for a name in braces: all ways it can read, the first where nothing else decides.
pub(super) const PARTS: &[(&str, &[&str])] = &[
    (
        "blocked",
        &["Access to {kind} at '{url}' {redirected}from origin '{origin}' has been blocked by CORS policy: "],
    ),
    ("preflight", &["Response to preflight request doesn't pass access control check: "]),
    ("redirected", &["", "(redirected from '{first_url}') "]),
    (
        "credentials_hint",
        &[
            "",
            " The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials attribute.",
        ],
    ),
    (
        "value_hint",
        &[
            "",
            " Have the server send the header with a valid value.",
            " Have the server send the header with a valid value, or, if an opaque response serves your needs, set the request's mode to 'no-cors' to fetch the resource with CORS disabled.",
        ],
    ),
    (
        "missing_hint",
        &[
            "",
            " If an opaque response serves your needs, set the request's mode to 'no-cors' to fetch the resource with CORS disabled.",
        ],
    ),
    (
        "disallows",
        &["Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "],
    ),
    (
        "redirection",
        &["", "Cross-origin redirection to {location} denied by Cross-Origin Resource Sharing policy: "],
    ),
];

const C: Profile = Profile::Chromium;
const F: Profile = Profile::Firefox;
const W: Profile = Profile::WebKit;

const fn row(
    browser: Profile,
    codes: &'static [&'static str],
    when: When,
    text: &'static str,
    source: &'static str,
) -> Sentence {
    Sentence { browser, codes, when, text, source }
}

/// All reasons that concern the answer to a preflight.
const PREFLIGHT: &[&str] = &[
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
];

/// All reasons for which Chromium says no more of the network than that it failed.
const FAILED: &[&str] = &[
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
    "allow-origin-missing",
    "allow-origin-wildcard",
    "allow-origin-mismatch",
    "allow-credentials",
    "redirect-in-error-mode",
    "redirect-credentials",
];

/// All reasons that WebKit blames on access control.
const ACCESS_CONTROL: &[&str] = &[
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
    "allow-origin-missing",
    "allow-origin-wildcard",
    "allow-origin-mismatch",
    "allow-credentials",
    "redirect-in-error-mode",
    "redirect-scheme",
    "redirect-credentials",
    "too-many-redirects",
    "resource-policy",
    "url-scheme",
    "no-cors-redirect-mode",
];

/// Every sentence, in the order in which a console prints them.
pub(super) const SENTENCES: &[Sentence] = &[
    // Chromium.
    row(
        C,
        &["same-origin-mode"],
        When::Fetch,
        "Fetch API cannot load {url}. Request mode is \"same-origin\" but the URL's origin is not same as the request origin {origin}.",
        CHROMIUM,
    ),
    row(
        C,
        &["same-origin-mode"],
        When::Track,
        "Unsafe attempt to load URL {url} from frame with URL {page}. Domains, protocols and ports must match.\n",
        CHROMIUM,
    ),
    row(
        C,
        &["no-cors-redirect-mode"],
        When::Fetch,
        "Fetch API cannot load {url}. Request mode is \"no-cors\" but the redirect mode is not \"follow\".",
        CHROMIUM,
    ),
    row(
        C,
        &["url-scheme"],
        When::Fetch,
        "Fetch API cannot load {url}. URL scheme \"{scheme}\" is not supported.",
        CHROMIUM,
    ),
    row(
        C,
        &["preflight-allow-origin-missing"],
        When::Always,
        "{blocked}{preflight}No 'Access-Control-Allow-Origin' header is present on the requested resource.{missing_hint}",
        CHROMIUM,
    ),
    row(
        C,
        &["preflight-allow-origin-wildcard"],
        When::Always,
        "{blocked}{preflight}The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'.{credentials_hint}",
        CHROMIUM,
    ),
    row(
        C,
        &["preflight-allow-origin-mismatch"],
        When::SeveralValues,
        "{blocked}{preflight}The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one is allowed.{value_hint}",
        CHROMIUM,
    ),
    row(
        C,
        &["preflight-allow-origin-mismatch"],
        When::InvalidValue,
        "{blocked}{preflight}The 'Access-Control-Allow-Origin' header contains the invalid value '{value}'.{value_hint}",
        CHROMIUM,
    ),
    row(
        C,
        &["preflight-allow-origin-mismatch"],
        When::OneValue,
        "{blocked}{preflight}The 'Access-Control-Allow-Origin' header has a value '{value}' that is not equal to the supplied origin.{value_hint}",
        CHROMIUM,
    ),
    row(
        C,
        &["preflight-allow-credentials"],
        When::Always,
        "{blocked}{preflight}The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' which must be 'true' when the request's credentials mode is 'include'.{credentials_hint}",
        CHROMIUM,
    ),
    row(
        C,
        &["preflight-redirect"],
        When::Always,
        "{blocked}{preflight}Redirect is not allowed for a preflight request.",
        CHROMIUM,
    ),
    row(
        C,
        &["preflight-status"],
        When::Always,
        "{blocked}{preflight}It does not have HTTP ok status.",
        CHROMIUM,
    ),
    row(
        C,
        &["preflight-allow-methods-syntax"],
        When::Always,
        "{blocked}Cannot parse Access-Control-Allow-Methods response header field in preflight response.",
        CHROMIUM,
    ),
    row(
        C,
        &["preflight-allow-headers-syntax"],
        When::Always,
        "{blocked}Cannot parse Access-Control-Allow-Headers response header field in preflight response.",
        CHROMIUM,
    ),
    row(
        C,
        &["preflight-method"],
        When::Always,
        "{blocked}Method {method} is not allowed by Access-Control-Allow-Methods in preflight response.",
        CHROMIUM,
    ),
    row(
        C,
        &["preflight-header"],
        When::Always,
        "{blocked}Request header field {header} is not allowed by Access-Control-Allow-Headers in preflight response.",
        CHROMIUM,
    ),
    row(
        C,
        &["allow-origin-missing"],
        When::Always,
        "{blocked}No 'Access-Control-Allow-Origin' header is present on the requested resource.{missing_hint}",
        CHROMIUM,
    ),
    row(
        C,
        &["allow-origin-wildcard"],
        When::Always,
        "{blocked}The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'.{credentials_hint}",
        CHROMIUM,
    ),
    row(
        C,
        &["allow-origin-mismatch"],
        When::SeveralValues,
        "{blocked}The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one is allowed.{value_hint}",
        CHROMIUM,
    ),
    row(
        C,
        &["allow-origin-mismatch"],
        When::InvalidValue,
        "{blocked}The 'Access-Control-Allow-Origin' header contains the invalid value '{value}'.{value_hint}",
        CHROMIUM,
    ),
    row(
        C,
        &["allow-origin-mismatch"],
        When::OneValue,
        "{blocked}The 'Access-Control-Allow-Origin' header has a value '{value}' that is not equal to the supplied origin.{value_hint}",
        CHROMIUM,
    ),
    row(
        C,
        &["allow-credentials"],
        When::Always,
        "{blocked}The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' which must be 'true' when the request's credentials mode is 'include'.{credentials_hint}",
        CHROMIUM,
    ),
    row(
        C,
        &["redirect-scheme"],
        When::NotToData,
        "{blocked}Cross origin requests are only supported for protocol schemes: chrome, chrome-experimental-site-token-provider, chrome-extension, chrome-untrusted, data, http, https, isolated-app.",
        CHROMIUM,
    ),
    row(
        C,
        &["redirect-credentials"],
        When::Always,
        "{blocked}Redirect location '' contains a username and password, which is disallowed for cross-origin requests.",
        CHROMIUM,
    ),
    row(C, FAILED, When::Always, "Failed to load resource: net::ERR_FAILED", CHROMIUM_NET),
    row(C, &["redirect-scheme"], When::NotToData, "Failed to load resource: net::ERR_FAILED", CHROMIUM_NET),
    row(
        C,
        &["redirect-scheme"],
        When::ToData,
        "Failed to load resource: net::ERR_UNSAFE_REDIRECT",
        CHROMIUM_NET,
    ),
    row(
        C,
        &["redirect-location"],
        When::Always,
        "Failed to load resource: net::ERR_INVALID_REDIRECT",
        CHROMIUM_NET,
    ),
    row(
        C,
        &["too-many-redirects"],
        When::Always,
        "Failed to load resource: net::ERR_TOO_MANY_REDIRECTS",
        CHROMIUM_NET,
    ),
    row(C, &["bad-port"], When::Always, "Failed to load resource: net::ERR_UNSAFE_PORT", CHROMIUM_NET),
    row(
        C,
        &["resource-policy"],
        When::Always,
        "Failed to load resource: net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin",
        CHROMIUM_NET,
    ),
    row(
        C,
        &["embedder-policy"],
        When::Always,
        "Failed to load resource: net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep",
        CHROMIUM_NET,
    ),
    row(
        C,
        &["transport"],
        When::Transport("dns"),
        "Failed to load resource: net::ERR_NAME_NOT_RESOLVED",
        CHROMIUM_NET,
    ),
    row(
        C,
        &["transport"],
        When::Transport("refused"),
        "Failed to load resource: net::ERR_CONNECTION_REFUSED",
        CHROMIUM_NET,
    ),
    row(
        C,
        &["transport"],
        When::Transport("reset"),
        "Failed to load resource: net::ERR_CONNECTION_RESET",
        CHROMIUM_NET,
    ),
    row(
        C,
        &["transport"],
        When::Transport("timed-out"),
        "Failed to load resource: net::ERR_CONNECTION_TIMED_OUT",
        CHROMIUM_NET,
    ),
    // Firefox.
    row(
        F,
        &["same-origin-mode"],
        When::Always,
        "Security Error: Content at {page} may not load data from {url}.",
        FIREFOX,
    ),
    row(
        F,
        &["url-scheme", "redirect-scheme"],
        When::NotToData,
        "{disallows}{url}. (Reason: CORS request not http).",
        FIREFOX,
    ),
    row(
        F,
        &["redirect-scheme"],
        When::ToData,
        "Redirecting to data: URI not allowed (Blocked loading of: “{location}”)",
        FIREFOX,
    ),
    row(
        F,
        &["preflight-allow-origin-missing", "allow-origin-missing"],
        When::Always,
        "{disallows}{url}. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: {status}.",
        FIREFOX,
    ),
    row(
        F,
        &["preflight-allow-origin-wildcard", "allow-origin-wildcard"],
        When::Always,
        "{disallows}‘{url}’. (Reason: Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’).",
        FIREFOX,
    ),
    row(
        F,
        &["preflight-allow-origin-mismatch", "allow-origin-mismatch"],
        When::SeveralLines,
        "{disallows}{url}. (Reason: Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed).",
        FIREFOX,
    ),
    row(
        F,
        &["preflight-allow-origin-mismatch", "allow-origin-mismatch"],
        When::OneLine,
        "{disallows}{url}. (Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘{value}’).",
        FIREFOX,
    ),
    row(
        F,
        &["preflight-allow-credentials", "allow-credentials"],
        When::Always,
        "{disallows}{url}. (Reason: expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’).",
        FIREFOX,
    ),
    row(
        F,
        &["preflight-redirect"],
        When::Always,
        "{disallows}{url}. (Reason: CORS request external redirect not allowed).",
        FIREFOX,
    ),
    row(
        F,
        &["preflight-redirect", "preflight-status"],
        When::Always,
        "{disallows}{url}. (Reason: CORS preflight response did not succeed). Status code: {status}.",
        FIREFOX,
    ),
    row(
        F,
        &["preflight-allow-methods-syntax"],
        When::Always,
        "{disallows}{url}. (Reason: invalid token ‘{token}’ in CORS header ‘Access-Control-Allow-Methods’).",
        FIREFOX,
    ),
    row(
        F,
        &["preflight-allow-headers-syntax"],
        When::Always,
        "{disallows}{url}. (Reason: invalid token ‘{token}’ in CORS header ‘Access-Control-Allow-Headers’).",
        FIREFOX,
    ),
    row(
        F,
        &["preflight-method"],
        When::Always,
        "{disallows}{url}. (Reason: Did not find method in CORS header ‘Access-Control-Allow-Methods’).",
        FIREFOX,
    ),
    row(
        F,
        &["preflight-header"],
        When::Always,
        "{disallows}{url}. (Reason: header ‘{header}’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS preflight response).",
        FIREFOX,
    ),
    row(
        F,
        &["resource-policy", "embedder-policy"],
        When::Always,
        "The resource at “{url}” was blocked due to its Cross-Origin-Resource-Policy header (or lack thereof). See https://developer.mozilla.org/docs/Web/HTTP/Cross-Origin_Resource_Policy_(CORP)#",
        FIREFOX,
    ),
    row(
        F,
        PREFLIGHT,
        When::Always,
        "{disallows}{url}. (Reason: CORS request did not succeed). Status code: (null).",
        FIREFOX,
    ),
    row(
        F,
        &["redirect-scheme"],
        When::Always,
        "{disallows}{asked_url}. (Reason: CORS request did not succeed). Status code: (null).",
        FIREFOX,
    ),
    row(
        F,
        &["redirect-location", "redirect-credentials", "too-many-redirects", "transport"],
        When::Always,
        "{disallows}{url}. (Reason: CORS request did not succeed). Status code: (null).",
        FIREFOX,
    ),
    // WebKit.
    row(W, &["bad-port"], When::Always, "Not allowed to use restricted network port {port}: {url}", WEBKIT),
    row(W, &["url-scheme"], When::Always, "Cross origin requests are only supported for HTTP.", WEBKIT),
    row(W, &["no-cors-redirect-mode"], When::Always, "No-Cors mode requires follow redirect mode", WEBKIT),
    row(
        W,
        &["preflight-redirect", "preflight-status"],
        When::Always,
        "Preflight response is not successful. Status code: {status}",
        WEBKIT,
    ),
    row(
        W,
        &["preflight-allow-origin-missing", "allow-origin-missing"],
        When::Always,
        "{redirection}Origin {sent_origin} is not allowed by Access-Control-Allow-Origin. Status code: {status}",
        WEBKIT,
    ),
    row(
        W,
        &["preflight-allow-origin-wildcard", "allow-origin-wildcard"],
        When::Always,
        "{redirection}Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.",
        WEBKIT,
    ),
    row(
        W,
        &["preflight-allow-origin-mismatch", "allow-origin-mismatch"],
        When::Comma,
        "{redirection}Access-Control-Allow-Origin cannot contain more than one origin.",
        WEBKIT,
    ),
    row(
        W,
        &["preflight-allow-origin-mismatch", "allow-origin-mismatch"],
        When::NoComma,
        "{redirection}Origin {sent_origin} is not allowed by Access-Control-Allow-Origin. Status code: {status}",
        WEBKIT,
    ),
    row(
        W,
        &["preflight-allow-credentials", "allow-credentials"],
        When::Always,
        "{redirection}Credentials flag is true, but Access-Control-Allow-Credentials is not \"true\".",
        WEBKIT,
    ),
    row(
        W,
        &["preflight-allow-methods-syntax"],
        When::Always,
        "Header Access-Control-Allow-Methods has an invalid value: {value}",
        WEBKIT,
    ),
    row(
        W,
        &["preflight-allow-headers-syntax"],
        When::Always,
        "Header Access-Control-Allow-Headers has an invalid value: {value}",
        WEBKIT,
    ),
    row(
        W,
        &["preflight-method"],
        When::Always,
        "Method {method} is not allowed by Access-Control-Allow-Methods.",
        WEBKIT,
    ),
    row(
        W,
        &["preflight-header"],
        When::Always,
        "Request header field {Header} is not allowed by Access-Control-Allow-Headers.",
        WEBKIT,
    ),
    row(
        W,
        &["redirect-in-error-mode"],
        When::Always,
        "Not allowed to follow a redirection while loading {url}",
        WEBKIT_NET,
    ),
    row(
        W,
        &["redirect-credentials"],
        When::Always,
        "Cross-origin redirection to {bare_location} denied by Cross-Origin Resource Sharing policy: redirection URL {location} has credentials",
        WEBKIT_NET,
    ),
    row(
        W,
        &["redirect-scheme"],
        When::Always,
        "Cross-origin redirection to {location} denied by Cross-Origin Resource Sharing policy: not allowed to follow a cross-origin CORS redirection with non CORS scheme",
        WEBKIT_NET,
    ),
    row(W, &["too-many-redirects"], When::Always, "Load cannot follow more than 20 redirections", WEBKIT_NET),
    row(
        W,
        &["resource-policy"],
        When::Always,
        "Cancelled load to {url} because it violates the resource's Cross-Origin-Resource-Policy response header.",
        WEBKIT,
    ),
    row(W, ACCESS_CONTROL, When::Script, "{Api} cannot load {url} due to access control checks.", WEBKIT),
    row(W, &["same-origin-mode"], When::Script, "{Api} cannot load {url}.", WEBKIT),
    row(W, ACCESS_CONTROL, When::Image, "Cannot load image {url} due to access control checks.", WEBKIT),
    row(
        W,
        ACCESS_CONTROL,
        When::ClassicScript,
        "Cross-origin script load denied by Cross-Origin Resource Sharing policy.",
        WEBKIT,
    ),
    row(
        W,
        ACCESS_CONTROL,
        When::Track,
        "Cross-origin text track load denied by Cross-Origin Resource Sharing policy.",
        WEBKIT,
    ),
];
