//! What WebKit's console prints.

use crossorigin::profiles::Profile;

use super::sentence::{Sentence, When};

/// Where WebKit's sentences are from.
const WEBKIT: &str = "WebKitGTK 2.50, measured; Source/WebCore/loader/CrossOriginAccessControl.cpp";

/// Where those of WebKit's network process are from.
const WEBKIT_NET: &str = "WebKitGTK 2.50, measured; Source/WebKit/NetworkProcess/NetworkLoadChecker.cpp";

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
    "redirect-location",
    "redirect-scheme",
    "redirect-credentials",
    "too-many-redirects",
    "resource-policy",
    "url-scheme",
    "no-cors-redirect-mode",
];

/// Where those on types and insecure URLs are from.
const WEBKIT_LOADER: &str = "WebKitGTK 2.50, measured; Source/WebCore/loader";

const fn row(
    codes: &'static [&'static str],
    when: When,
    text: &'static str,
    source: &'static str,
) -> Sentence {
    Sentence { browser: Profile::WebKit, codes, when, text, source }
}

/// Every sentence, in the order in which they are printed.
pub(super) const SENTENCES: &[Sentence] = &[
    row(&["bad-port"], When::Always, "Not allowed to use restricted network port {port}: {url}", WEBKIT),
    row(&["url-scheme"], When::Always, "Cross origin requests are only supported for HTTP.", WEBKIT),
    row(&["no-cors-redirect-mode"], When::Always, "No-Cors mode requires follow redirect mode", WEBKIT),
    row(&["no-cors-redirect-mode"], When::Fetch, "Not allowed to request resource", WEBKIT),
    row(
        &["mixed-content"],
        When::Always,
        "[blocked] The page at {page} requested insecure content from {url}. This content was blocked and must be served over HTTPS.\n",
        WEBKIT_LOADER,
    ),
    row(&["mixed-content"], When::Script, "Not allowed to request resource", WEBKIT),
    row(&["mixed-content"], When::Script, "{Api} cannot load {url} due to access control checks.", WEBKIT),
    row(
        &["script-mime-type"],
        When::Always,
        "Refused to execute {url} as script because {content_type} is not a script MIME type.",
        WEBKIT_LOADER,
    ),
    row(
        &["nosniff"],
        When::ClassicScript,
        "Refused to execute {url} as script because \"X-Content-Type-Options: nosniff\" was given and its Content-Type is not a script MIME type.",
        WEBKIT_LOADER,
    ),
    row(
        &["nosniff"],
        When::Stylesheet,
        "Did not parse stylesheet at '{url}' because non CSS MIME types are not allowed in strict mode.",
        WEBKIT_LOADER,
    ),
    row(
        &["preflight-redirect", "preflight-status"],
        When::Always,
        "Preflight response is not successful{webkit_status}",
        WEBKIT,
    ),
    row(
        &["preflight-allow-origin-missing", "allow-origin-missing"],
        When::Always,
        "{redirection}Origin {sent_origin} is not allowed by Access-Control-Allow-Origin{webkit_status}",
        WEBKIT,
    ),
    row(
        &["preflight-allow-origin-wildcard", "allow-origin-wildcard"],
        When::Always,
        "{redirection}Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.",
        WEBKIT,
    ),
    row(
        &["preflight-allow-origin-mismatch", "allow-origin-mismatch"],
        When::Comma,
        "{redirection}Access-Control-Allow-Origin cannot contain more than one origin.",
        WEBKIT,
    ),
    row(
        &["preflight-allow-origin-mismatch", "allow-origin-mismatch"],
        When::NoComma,
        "{redirection}Origin {sent_origin} is not allowed by Access-Control-Allow-Origin{webkit_status}",
        WEBKIT,
    ),
    row(
        &["preflight-allow-credentials", "allow-credentials"],
        When::Always,
        "{redirection}Credentials flag is true, but Access-Control-Allow-Credentials is not \"true\".",
        WEBKIT,
    ),
    row(
        &["preflight-allow-methods-syntax"],
        When::Always,
        "Header Access-Control-Allow-Methods has an invalid value: {value}",
        WEBKIT,
    ),
    row(
        &["preflight-allow-headers-syntax"],
        When::Always,
        "Header Access-Control-Allow-Headers has an invalid value: {value}",
        WEBKIT,
    ),
    row(
        &["preflight-method"],
        When::Always,
        "Method {method} is not allowed by Access-Control-Allow-Methods.",
        WEBKIT,
    ),
    row(
        &["preflight-header"],
        When::Always,
        "Request header field {Header} is not allowed by Access-Control-Allow-Headers.",
        WEBKIT,
    ),
    row(
        &["redirect-in-error-mode"],
        When::Always,
        "Not allowed to follow a redirection while loading {url}",
        WEBKIT_NET,
    ),
    row(
        &["redirect-credentials"],
        When::Always,
        "Cross-origin redirection to {bare_location} denied by Cross-Origin Resource Sharing policy: redirection URL {location} has credentials",
        WEBKIT_NET,
    ),
    row(&["redirect-scheme"], When::ToScheme("ftp"), "FTP URLs are disabled", WEBKIT_NET),
    row(
        &["redirect-location"],
        When::Always,
        "Cross-origin redirection to {raw_location} denied by Cross-Origin Resource Sharing policy: not allowed to follow a cross-origin CORS redirection with non CORS scheme",
        WEBKIT_NET,
    ),
    row(
        &["redirect-scheme"],
        When::ToOtherSchemes("ftp"),
        "Cross-origin redirection to {location} denied by Cross-Origin Resource Sharing policy: not allowed to follow a cross-origin CORS redirection with non CORS scheme",
        WEBKIT_NET,
    ),
    row(&["too-many-redirects"], When::Always, "Load cannot follow more than 20 redirections", WEBKIT_NET),
    row(
        &["resource-policy"],
        When::Always,
        "Cancelled load to {url} because it violates the resource's Cross-Origin-Resource-Policy response header.",
        WEBKIT,
    ),
    row(ACCESS_CONTROL, When::Script, "{Api} cannot load {url} due to access control checks.", WEBKIT),
    row(&["same-origin-mode"], When::Script, "{Api} cannot load {url}.", WEBKIT),
    row(ACCESS_CONTROL, When::Image, "Cannot load image {url} due to access control checks.", WEBKIT),
    row(
        ACCESS_CONTROL,
        When::ClassicScript,
        "Cross-origin script load denied by Cross-Origin Resource Sharing policy.",
        WEBKIT,
    ),
    row(
        ACCESS_CONTROL,
        When::Track,
        "Cross-origin text track load denied by Cross-Origin Resource Sharing policy.",
        WEBKIT,
    ),
];
