//! Chromium's deviations.

use std::time::Duration;

use super::{BadMaxAge, Entry, Profile};

const READ: &str = "156";

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "chromium-max-age-cap",
        profile: Profile::Chromium,
        versions: READ,
        source: "services/network/public/cpp/cors/preflight_result.cc",
        what: "permission is kept for two hours at most; the standard leaves the limit to the user agent",
        apply: |behavior| behavior.max_age_cap = Duration::from_secs(7200),
    },
    Entry {
        id: "chromium-negative-max-age",
        profile: Profile::Chromium,
        versions: READ,
        source: "services/network/public/cpp/cors/preflight_result.cc",
        what: "a negative Access-Control-Max-Age counts as 0; the standard takes it for missing, and keeps for \
               five seconds",
        apply: |behavior| behavior.negative_max_age = BadMaxAge::Zero,
    },
    Entry {
        id: "chromium-authorization-under-wildcard",
        profile: Profile::Chromium,
        versions: READ,
        source: "measured; whatwg/fetch issue 1919",
        what: "Access-Control-Allow-Headers: * covers Authorization; the standard wants it by name",
        apply: |behavior| behavior.wildcard_covers_authorization = true,
    },
    Entry {
        id: "chromium-preflight-cache-record",
        profile: Profile::Chromium,
        versions: READ,
        source: "services/network/cors/preflight_cache.cc",
        what: "a preflight's response replaces all that was kept for the page and URL; the standard keeps each \
               method and name by itself",
        apply: |behavior| behavior.response_replaces_record = true,
    },
    Entry {
        id: "chromium-preflight-cache-url-length",
        profile: Profile::Chromium,
        versions: READ,
        source: "services/network/cors/preflight_cache.cc",
        what: "permission for a URL of 1024 characters or more is not kept; the standard knows no such limit",
        apply: |behavior| behavior.max_cached_url_bytes = 1023,
    },
    Entry {
        id: "chromium-failure-keeps-cache",
        profile: Profile::Chromium,
        versions: READ,
        source: "services/network/cors/cors_url_loader.cc",
        what: "a failed fetch leaves the preflight cache as it is; the standard clears the URL's entries",
        apply: |behavior| behavior.failure_clears_cache = false,
    },
    Entry {
        id: "chromium-safelisted-client-hints",
        profile: Profile::Chromium,
        versions: READ,
        source: "services/network/public/cpp/cors/cors.cc",
        what: "client hints need no permission; the standard dropped them from the safelist in 2019",
        apply: |behavior| behavior.client_hints_are_safelisted = true,
    },
    Entry {
        id: "chromium-repeated-headers",
        profile: Profile::Chromium,
        versions: READ,
        source: "measured",
        what: "the lines of a repeated header are one value before it is judged, so that two short ones can be too long together; the standard judges each line",
        apply: |behavior| behavior.repeated_headers_count_as_one = true,
    },
    Entry {
        id: "chromium-large-range",
        profile: Profile::Chromium,
        versions: READ,
        source: "measured",
        what: "a Range with a number beyond 64 bits needs permission; the standard knows no such limit",
        apply: |behavior| behavior.large_ranges_need_permission = true,
    },
    Entry {
        id: "chromium-upload-listener-method",
        profile: Profile::Chromium,
        versions: READ,
        source: "measured",
        what: "a preflight for the sake of upload progress must list the method like any other; in the standard a response without Access-Control-Allow-Methods permits it",
        apply: |behavior| behavior.upload_listener_permits_method = false,
    },
    Entry {
        id: "chromium-preflight-cache-miss",
        profile: Profile::Chromium,
        versions: READ,
        source: "services/network/cors/preflight_cache.cc; measured",
        what: "a request that what is kept does not permit makes it forgotten; in the standard it stays",
        apply: |behavior| behavior.miss_forgets_record = true,
    },
    Entry {
        id: "chromium-element-url-credentials",
        profile: Profile::Chromium,
        versions: READ,
        source: "measured; FrameFetchContext in third_party/blink/renderer/core/loader",
        what: "elements fetch no URL with a user name or password, after redirects too; in the standard they do where CORS allows it",
        apply: |behavior| behavior.elements_urls_may_contain_credentials = false,
    },
    Entry {
        id: "chromium-conditional-requests-skip-preflight-cache",
        profile: Profile::Chromium,
        versions: READ,
        source: "measured",
        what: "a request with If-None-Match, If-Match, If-Modified-Since, If-Unmodified-Since or If-Range asks for permission each time; the standard's preflight cache serves it",
        apply: |behavior| behavior.conditional_requests_skip_cache = true,
    },
    Entry {
        id: "chromium-element-origin-header",
        profile: Profile::Chromium,
        versions: READ,
        source: "measured",
        what: "scripts, styles, fonts and images that are asked for by CORS say Origin to the page's own origin too; in the standard a GET within an origin says none",
        apply: |behavior| behavior.elements_always_say_origin = true,
    },
    Entry {
        id: "chromium-redirects-drop-client-hints",
        profile: Profile::Chromium,
        versions: READ,
        source: "measured",
        what: "client hints that script set are left behind by redirects, but for Save-Data; in the standard they go along",
        apply: |behavior| behavior.redirects_drop_client_hints = true,
    },
    Entry {
        id: "chromium-no-cors-origin-after-redirect",
        profile: Profile::Chromium,
        versions: READ,
        source: "measured",
        what: "a POST without CORS says the origin null once a redirect led to another origin; in the standard only a redirect by another origin does so",
        apply: |behavior| behavior.no_cors_redirects_taint = true,
    },
    Entry {
        id: "chromium-mixed-content-of-loopback-pages",
        profile: Profile::Chromium,
        versions: READ,
        source: "third_party/blink/renderer/core/loader/mixed_content_checker.cc",
        what: "only pages of https keep insecure content out; by the letter, pages of http://localhost do too",
        apply: |behavior| behavior.only_https_pages_block_mixed_content = true,
    },
    Entry {
        id: "chromium-credentialless-own-requests",
        profile: Profile::Chromium,
        versions: READ,
        source: "measured",
        what: "a credentialless page embeds what is its own with credentials; by the letter, only what came back \
               to it by redirects of others",
        apply: |behavior| behavior.credentialless_pages_own_requests_have_credentials = true,
    },
];
