//! WebKit's deviations.

use std::time::Duration;

use super::{BadMaxAge, Entry, PreflightOrder, Profile};

const READ: &str = "2.50";

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "webkit-max-age-cap",
        profile: Profile::WebKit,
        versions: READ,
        source: "Source/WebCore/loader/CrossOriginPreflightResultCache.cpp",
        what: "permission is kept for ten minutes at most; the standard leaves the limit to the user agent",
        apply: |behavior| behavior.max_age_cap = Duration::from_secs(600),
    },
    Entry {
        id: "webkit-negative-max-age",
        profile: Profile::WebKit,
        versions: READ,
        source: "Source/WebCore/loader/CrossOriginPreflightResultCache.cpp",
        what: "a negative Access-Control-Max-Age has expired already; the standard takes it for missing, and keeps \
               for five seconds",
        apply: |behavior| behavior.negative_max_age = BadMaxAge::Zero,
    },
    Entry {
        id: "webkit-authorization-under-wildcard",
        profile: Profile::WebKit,
        versions: READ,
        source: "whatwg/fetch issue 1919",
        what: "Access-Control-Allow-Headers: * covers Authorization; the standard wants it by name",
        apply: |behavior| behavior.wildcard_covers_authorization = true,
    },
    Entry {
        id: "webkit-preflight-status-first",
        profile: Profile::WebKit,
        versions: READ,
        source: "Source/WebCore/loader/CrossOriginAccessControl.cpp",
        what: "the status of a preflight's response is judged before its headers; the verdict is the same, the \
               reason is not",
        apply: |behavior| behavior.preflight_order = PreflightOrder::StatusFirst,
    },
    Entry {
        id: "webkit-preflight-cache-record",
        profile: Profile::WebKit,
        versions: READ,
        source: "Source/WebCore/loader/CrossOriginPreflightResultCache.cpp",
        what: "a preflight's response replaces all that was kept for the page and URL; the standard keeps each \
               method and name by itself",
        apply: |behavior| behavior.response_replaces_record = true,
    },
    Entry {
        id: "webkit-failure-keeps-cache",
        profile: Profile::WebKit,
        versions: READ,
        source: "Source/WebCore/loader/CrossOriginPreflightChecker.cpp",
        what: "a failed fetch leaves the preflight cache as it is; the standard clears the URL's entries",
        apply: |behavior| behavior.failure_clears_cache = false,
    },
    Entry {
        id: "webkit-font-face-without-cors",
        profile: Profile::WebKit,
        versions: "2.50.6",
        source: "measured in WebKitGTK's MiniBrowser",
        what: "fonts that script loads by FontFace need no CORS; in CSS Fonts every font is fetched by it",
        apply: |behavior| behavior.font_faces_without_cors = true,
    },
    Entry {
        id: "webkit-repeated-headers",
        profile: Profile::WebKit,
        versions: READ,
        source: "measured",
        what: "the lines of a repeated header are one value before it is judged, so that two short ones can be too long together; the standard judges each line",
        apply: |behavior| behavior.repeated_headers_count_as_one = true,
    },
    Entry {
        id: "webkit-large-range",
        profile: Profile::WebKit,
        versions: READ,
        source: "measured",
        what: "a Range with a number beyond 64 bits needs permission; the standard knows no such limit",
        apply: |behavior| behavior.large_ranges_need_permission = true,
    },
    Entry {
        id: "webkit-range-unit-case",
        profile: Profile::WebKit,
        versions: READ,
        source: "measured",
        what: "Bytes=0- needs no permission in any case of its unit; the standard's unit is bytes",
        apply: |behavior| behavior.range_unit_ignores_case = true,
    },
    Entry {
        id: "webkit-element-origin-header",
        profile: Profile::WebKit,
        versions: READ,
        source: "measured",
        what: "scripts, styles and images that are asked for by CORS say Origin to the page's own origin too; in the standard a GET within an origin says none",
        apply: |behavior| behavior.elements_always_say_origin = true,
    },
    Entry {
        id: "webkit-upload-listener-method",
        profile: Profile::WebKit,
        versions: READ,
        source: "measured",
        what: "a preflight for the sake of upload progress must list the method like any other; in the standard a response without Access-Control-Allow-Methods permits it",
        apply: |behavior| behavior.upload_listener_permits_method = false,
    },
    Entry {
        id: "webkit-mixed-content-of-loopback-pages",
        profile: Profile::WebKit,
        versions: READ,
        source: "Source/WebCore/loader/MixedContentChecker.cpp",
        what: "only pages of https keep insecure content out; by the letter, pages of http://localhost do too",
        apply: |behavior| behavior.only_https_pages_block_mixed_content = true,
    },
    Entry {
        id: "webkit-no-credentialless",
        profile: Profile::WebKit,
        versions: READ,
        source: "Source/WebCore/loader/CrossOriginEmbedderPolicy.cpp",
        what: "Cross-Origin-Embedder-Policy: credentialless is not known, and counts as unsafe-none; in the standard \
               such a page embeds without credentials",
        apply: |behavior| behavior.knows_credentialless_pages = false,
    },
    Entry {
        id: "webkit-own-redirects",
        profile: Profile::WebKit,
        versions: READ,
        source: "measured",
        what: "a redirect from the page's own origin to another takes Authorization along, and may lead to a URL with a user name; in the standard the first is dropped and the second fails",
        apply: |behavior| behavior.own_redirects_are_trusted = true,
    },
    Entry {
        id: "webkit-delete-redirect",
        profile: Profile::WebKit,
        versions: READ,
        source: "shouldRedirectAsGET in Source/WebKit/NetworkProcess/soup/NetworkDataTaskSoup.cpp; measured in WebKitGTK",
        what: "a redirect to another origin turns DELETE into GET; in the standard only 303 does",
        apply: |behavior| behavior.redirects_abroad_turn_delete_into_get = true,
    },
    Entry {
        id: "webkit-second-redirect-abroad",
        profile: Profile::WebKit,
        versions: READ,
        source: "measured",
        what: "a request by CORS that a redirect took from the page's own origin to another follows no further one; in the standard it does where CORS allows it",
        apply: |behavior| behavior.redirects_go_on_abroad = false,
    },
    Entry {
        id: "webkit-failed-preflight-is-kept",
        profile: Profile::WebKit,
        versions: READ,
        source: "measured",
        what: "a preflight's response is kept even where it does not permit the method or headers that were asked for; in the standard only what permits them is",
        apply: |behavior| behavior.failed_preflight_is_kept = true,
    },
];
