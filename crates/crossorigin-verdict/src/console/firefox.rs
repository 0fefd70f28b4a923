//! What Firefox's console prints.

use crossorigin::profiles::Profile;

use super::sentence::{Sentence, When};

/// Where Firefox's sentences are from.
const FIREFOX: &str = "Firefox 153, measured; dom/locales/en-US/chrome/security/security.properties";

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

const fn row(
    codes: &'static [&'static str],
    when: When,
    text: &'static str,
    source: &'static str,
) -> Sentence {
    Sentence { browser: Profile::Firefox, codes, when, text, source }
}

/// Every sentence, in the order in which they are printed.
pub(super) const SENTENCES: &[Sentence] = &[
    row(
        &["same-origin-mode"],
        When::Always,
        "Security Error: Content at {page} may not load data from {url}.",
        FIREFOX,
    ),
    row(&["mixed-content"], When::Always, "Blocked loading mixed active content “{url}”", FIREFOX),
    row(
        &["url-scheme", "redirect-scheme"],
        When::ToOtherSchemes("data"),
        "{disallows}{url}. (Reason: CORS request not http).",
        FIREFOX,
    ),
    row(
        &["redirect-scheme"],
        When::ToScheme("data"),
        "Redirecting to data: URI not allowed (Blocked loading of: “{location}”)",
        FIREFOX,
    ),
    row(
        &["preflight-allow-origin-missing", "allow-origin-missing"],
        When::Always,
        "{disallows}{url}. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing).{firefox_status}",
        FIREFOX,
    ),
    row(
        &["preflight-allow-origin-wildcard", "allow-origin-wildcard"],
        When::Always,
        "{disallows}‘{url}’. (Reason: Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’).",
        FIREFOX,
    ),
    row(
        &["preflight-allow-origin-mismatch", "allow-origin-mismatch"],
        When::SeveralLines,
        "{disallows}{url}. (Reason: Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed).",
        FIREFOX,
    ),
    row(
        &["preflight-allow-origin-mismatch", "allow-origin-mismatch"],
        When::OneLine,
        "{disallows}{url}. (Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘{value}’).",
        FIREFOX,
    ),
    row(
        &["preflight-allow-credentials", "allow-credentials"],
        When::Always,
        "{disallows}{url}. (Reason: expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’).",
        FIREFOX,
    ),
    row(
        &["preflight-redirect"],
        When::Always,
        "{disallows}{url}. (Reason: CORS request external redirect not allowed).",
        FIREFOX,
    ),
    row(
        &["preflight-redirect", "preflight-status"],
        When::Always,
        "{disallows}{url}. (Reason: CORS preflight response did not succeed).{firefox_status}",
        FIREFOX,
    ),
    row(
        &["preflight-allow-methods-syntax"],
        When::Always,
        "{disallows}{url}. (Reason: invalid token ‘{token}’ in CORS header ‘Access-Control-Allow-Methods’).",
        FIREFOX,
    ),
    row(
        &["preflight-allow-headers-syntax"],
        When::Always,
        "{disallows}{url}. (Reason: invalid token ‘{token}’ in CORS header ‘Access-Control-Allow-Headers’).",
        FIREFOX,
    ),
    row(
        &["preflight-method"],
        When::Always,
        "{disallows}{url}. (Reason: Did not find method in CORS header ‘Access-Control-Allow-Methods’).",
        FIREFOX,
    ),
    row(
        &["preflight-header"],
        When::Always,
        "{disallows}{url}. (Reason: header ‘{header}’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS preflight response).",
        FIREFOX,
    ),
    row(
        &["resource-policy", "embedder-policy"],
        When::Always,
        "The resource at “{url}” was blocked due to its Cross-Origin-Resource-Policy header (or lack thereof). See https://developer.mozilla.org/docs/Web/HTTP/Cross-Origin_Resource_Policy_(CORP)#",
        FIREFOX,
    ),
    row(
        PREFLIGHT,
        When::Always,
        "{disallows}{url}. (Reason: CORS request did not succeed). Status code: (null).",
        FIREFOX,
    ),
    row(
        &["redirect-scheme"],
        When::Always,
        "{disallows}{asked_url}. (Reason: CORS request did not succeed). Status code: (null).",
        FIREFOX,
    ),
    row(
        &["script-mime-type", "nosniff"],
        When::ByCors,
        "{disallows}{url}. (Reason: CORS request did not succeed). Status code: (null).",
        FIREFOX,
    ),
    row(
        &["redirect-location", "redirect-credentials", "too-many-redirects", "transport"],
        When::Always,
        "{disallows}{url}. (Reason: CORS request did not succeed). Status code: (null).",
        FIREFOX,
    ),
];
