//! What Chromium's console prints.

use crossorigin::profiles::Profile;

use super::sentence::{Sentence, When};

/// Where Chromium's sentences are from.
const CHROMIUM: &str =
    "Chromium 156, measured; third_party/blink/renderer/platform/loader/cors/cors_error_string.cc";

/// Where those of Chromium's network stack are from.
const CHROMIUM_NET: &str = "Chromium 156, measured; net/base/net_error_list.h";

/// Where those on types and insecure URLs are from.
const CHROMIUM_LOADER: &str = "Chromium 156, measured; third_party/blink/renderer/core/loader";

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

const fn row(
    codes: &'static [&'static str],
    when: When,
    text: &'static str,
    source: &'static str,
) -> Sentence {
    Sentence { browser: Profile::Chromium, codes, when, text, source }
}

/// Every sentence, in the order in which they are printed.
pub(super) const SENTENCES: &[Sentence] = &[
    row(
        &["same-origin-mode"],
        When::Fetch,
        "Fetch API cannot load {url}. Request mode is \"same-origin\" but the URL's origin is not same as the request origin {origin}.",
        CHROMIUM,
    ),
    row(
        &["same-origin-mode"],
        When::Track,
        "Unsafe attempt to load URL {url} from frame with URL {page}. Domains, protocols and ports must match.\n",
        CHROMIUM,
    ),
    row(
        &["no-cors-redirect-mode"],
        When::Fetch,
        "Fetch API cannot load {url}. Request mode is \"no-cors\" but the redirect mode is not \"follow\".",
        CHROMIUM,
    ),
    row(
        &["url-scheme"],
        When::Fetch,
        "Fetch API cannot load {url}. URL scheme \"{scheme}\" is not supported.",
        CHROMIUM,
    ),
    row(
        &["mixed-content"],
        When::Always,
        "Mixed Content: The page at '{page}' was loaded over HTTPS, but requested an insecure {insecure} '{url}'. This request has been blocked; the content must be served over HTTPS.",
        CHROMIUM_LOADER,
    ),
    row(
        &["script-mime-type"],
        When::ByCors,
        "Refused to execute script from '{url}' because its MIME type ('{content_type}') is not executable.",
        CHROMIUM_LOADER,
    ),
    row(
        &["nosniff"],
        When::StylesheetByCors,
        "Refused to apply style from '{url}' because its MIME type ('{content_type}') is not a supported stylesheet MIME type, and strict MIME checking is enabled.",
        CHROMIUM_LOADER,
    ),
    row(
        &["nosniff"],
        When::ScriptByCors,
        "Refused to execute script from '{url}' because its MIME type ('{content_type}') is not executable, and strict MIME type checking is enabled.",
        CHROMIUM_LOADER,
    ),
    row(
        &["preflight-allow-origin-missing"],
        When::Always,
        "{blocked}{preflight}No 'Access-Control-Allow-Origin' header is present on the requested resource.{missing_hint}",
        CHROMIUM,
    ),
    row(
        &["preflight-allow-origin-wildcard"],
        When::Always,
        "{blocked}{preflight}The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'.{credentials_hint}",
        CHROMIUM,
    ),
    row(
        &["preflight-allow-origin-mismatch"],
        When::SeveralValues,
        "{blocked}{preflight}The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one is allowed.{value_hint}",
        CHROMIUM,
    ),
    row(
        &["preflight-allow-origin-mismatch"],
        When::InvalidValue,
        "{blocked}{preflight}The 'Access-Control-Allow-Origin' header contains the invalid value '{value}'.{value_hint}",
        CHROMIUM,
    ),
    row(
        &["preflight-allow-origin-mismatch"],
        When::OneValue,
        "{blocked}{preflight}The 'Access-Control-Allow-Origin' header has a value '{value}' that is not equal to the supplied origin.{value_hint}",
        CHROMIUM,
    ),
    row(
        &["preflight-allow-credentials"],
        When::Always,
        "{blocked}{preflight}The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' which must be 'true' when the request's credentials mode is 'include'.{credentials_hint}",
        CHROMIUM,
    ),
    row(
        &["preflight-redirect"],
        When::Always,
        "{blocked}{preflight}Redirect is not allowed for a preflight request.",
        CHROMIUM,
    ),
    row(
        &["preflight-status"],
        When::Always,
        "{blocked}{preflight}It does not have HTTP ok status.",
        CHROMIUM,
    ),
    row(
        &["preflight-allow-methods-syntax"],
        When::Always,
        "{blocked}Cannot parse Access-Control-Allow-Methods response header field in preflight response.",
        CHROMIUM,
    ),
    row(
        &["preflight-allow-headers-syntax"],
        When::Always,
        "{blocked}Cannot parse Access-Control-Allow-Headers response header field in preflight response.",
        CHROMIUM,
    ),
    row(
        &["preflight-method"],
        When::Always,
        "{blocked}Method {method} is not allowed by Access-Control-Allow-Methods in preflight response.",
        CHROMIUM,
    ),
    row(
        &["preflight-header"],
        When::Always,
        "{blocked}Request header field {header} is not allowed by Access-Control-Allow-Headers in preflight response.",
        CHROMIUM,
    ),
    row(
        &["allow-origin-missing"],
        When::Always,
        "{blocked}No 'Access-Control-Allow-Origin' header is present on the requested resource.{missing_hint}",
        CHROMIUM,
    ),
    row(
        &["allow-origin-wildcard"],
        When::Always,
        "{blocked}The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'.{credentials_hint}",
        CHROMIUM,
    ),
    row(
        &["allow-origin-mismatch"],
        When::SeveralValues,
        "{blocked}The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one is allowed.{value_hint}",
        CHROMIUM,
    ),
    row(
        &["allow-origin-mismatch"],
        When::InvalidValue,
        "{blocked}The 'Access-Control-Allow-Origin' header contains the invalid value '{value}'.{value_hint}",
        CHROMIUM,
    ),
    row(
        &["allow-origin-mismatch"],
        When::OneValue,
        "{blocked}The 'Access-Control-Allow-Origin' header has a value '{value}' that is not equal to the supplied origin.{value_hint}",
        CHROMIUM,
    ),
    row(
        &["allow-credentials"],
        When::Always,
        "{blocked}The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' which must be 'true' when the request's credentials mode is 'include'.{credentials_hint}",
        CHROMIUM,
    ),
    row(
        &["url-scheme", "redirect-scheme"],
        When::OtherSchemes("data"),
        "{blocked}Cross origin requests are only supported for protocol schemes: {schemes}.",
        CHROMIUM,
    ),
    row(
        &["redirect-credentials"],
        When::Always,
        "{blocked}Redirect location '' contains a username and password, which is disallowed for cross-origin requests.",
        CHROMIUM,
    ),
    row(FAILED, When::Always, "Failed to load resource: net::ERR_FAILED", CHROMIUM_NET),
    row(
        &["redirect-scheme"],
        When::ToOtherSchemes("data"),
        "Failed to load resource: net::ERR_FAILED",
        CHROMIUM_NET,
    ),
    row(
        &["redirect-scheme"],
        When::ToScheme("data"),
        "Failed to load resource: net::ERR_UNSAFE_REDIRECT",
        CHROMIUM_NET,
    ),
    row(
        &["redirect-location"],
        When::Always,
        "Failed to load resource: net::ERR_INVALID_REDIRECT",
        CHROMIUM_NET,
    ),
    row(
        &["too-many-redirects"],
        When::Always,
        "Failed to load resource: net::ERR_TOO_MANY_REDIRECTS",
        CHROMIUM_NET,
    ),
    row(&["bad-port"], When::Always, "Failed to load resource: net::ERR_UNSAFE_PORT", CHROMIUM_NET),
    row(
        &["resource-policy"],
        When::Always,
        "Failed to load resource: net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin",
        CHROMIUM_NET,
    ),
    row(
        &["embedder-policy"],
        When::Always,
        "Failed to load resource: net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep",
        CHROMIUM_NET,
    ),
    row(
        &["transport"],
        When::Transport("dns"),
        "Failed to load resource: net::ERR_NAME_NOT_RESOLVED",
        CHROMIUM_NET,
    ),
    row(
        &["transport"],
        When::Transport("refused"),
        "Failed to load resource: net::ERR_CONNECTION_REFUSED",
        CHROMIUM_NET,
    ),
    row(
        &["transport"],
        When::Transport("reset"),
        "Failed to load resource: net::ERR_CONNECTION_RESET",
        CHROMIUM_NET,
    ),
    row(
        &["transport"],
        When::Transport("closed"),
        "Failed to load resource: net::ERR_EMPTY_RESPONSE",
        CHROMIUM_NET,
    ),
    row(
        &["transport"],
        When::Transport("malformed"),
        "Failed to load resource: net::ERR_INVALID_HTTP_RESPONSE",
        CHROMIUM_NET,
    ),
    row(
        &["transport"],
        When::Transport("timed-out"),
        "Failed to load resource: net::ERR_CONNECTION_TIMED_OUT",
        CHROMIUM_NET,
    ),
];
