//! Firefox's deviations.

use super::{BadMaxAge, CacheSize, CachedWildcard, CoversAuthorization, Entry, Profile, Stays, example};

const READ: &str = "153";

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "firefox-bad-max-age",
        profile: Profile::Firefox,
        versions: READ,
        source: "netwerk/protocol/http/nsCORSListenerProxy.cpp",
        what: "permission with an Access-Control-Max-Age that is no number is not kept; the standard keeps it for \
               five seconds",
        example: example::BAD_MAX_AGE,
        apply: |behavior| {
            behavior.bad_max_age = BadMaxAge::NotKept;
            behavior.negative_max_age = BadMaxAge::NotKept;
        },
    },
    Entry {
        id: "firefox-authorization-under-wildcard",
        profile: Profile::Firefox,
        versions: READ,
        source: "whatwg/fetch issue 1919",
        what: "Access-Control-Allow-Headers: * covers Authorization; the standard wants it by name",
        example: example::AUTHORIZATION_UNDER_WILDCARD,
        apply: |behavior| behavior.wildcard_covers_authorization = CoversAuthorization::InResponses,
    },
    Entry {
        id: "firefox-cached-wildcard",
        profile: Profile::Firefox,
        versions: READ,
        source: "netwerk/protocol/http/nsCORSListenerProxy.cpp",
        what: "a kept * permits nothing later; in the standard it goes on to permit every method and name",
        example: example::CACHED_WILDCARD,
        apply: |behavior| behavior.cached_wildcard = CachedWildcard::Never,
    },
    Entry {
        id: "firefox-preflight-cache-credentials",
        profile: Profile::Firefox,
        versions: READ,
        source: "netwerk/protocol/http/nsCORSListenerProxy.cpp",
        what: "what was permitted with credentials does not serve requests without; in the standard it does",
        example: example::PREFLIGHT_CACHE_CREDENTIALS,
        apply: |behavior| behavior.credentialed_entries_serve_all = false,
    },
    Entry {
        id: "firefox-preflight-origin-after-redirect",
        profile: Profile::Firefox,
        versions: READ,
        source: "measured",
        what: "a preflight after a redirect says the page's origin, and its response must allow that; in the standard both are null once another origin redirected. Back at the page's own origin nothing has to allow it",
        example: example::PREFLIGHT_ORIGIN_AFTER_REDIRECT,
        apply: |behavior| behavior.preflight_origin_is_never_tainted = true,
    },
    Entry {
        id: "firefox-safelisted-values-sum",
        profile: Profile::Firefox,
        versions: READ,
        source: "measured",
        what: "safelisted headers need no permission however long they are together; in the standard none is safe beyond 1024 bytes",
        example: example::SAFELISTED_VALUES_SUM,
        apply: |behavior| behavior.max_safelisted_values_bytes = usize::MAX,
    },
    Entry {
        id: "firefox-upload-listener-method",
        profile: Profile::Firefox,
        versions: READ,
        source: "measured",
        what: "a preflight for the sake of upload progress must list the method like any other; in the standard a response without Access-Control-Allow-Methods permits it",
        example: example::UPLOAD_LISTENER_METHOD,
        apply: |behavior| behavior.upload_listener_permits_method = false,
    },
    Entry {
        id: "firefox-kept-head",
        profile: Profile::Firefox,
        versions: READ,
        source: "CORSCacheEntry::CheckRequest in netwerk/protocol/http/nsCORSListenerProxy.cpp; measured",
        what: "what is kept serves HEAD only where it lists HEAD; in the standard HEAD needs no listing, in the preflight cache either",
        example: example::KEPT_HEAD,
        apply: |behavior| behavior.kept_head_must_be_listed = true,
    },
    Entry {
        id: "firefox-conditional-requests-skip-preflight-cache",
        profile: Profile::Firefox,
        versions: READ,
        source: "nsCORSListenerProxy::StartCORSPreflight in netwerk/protocol/http/nsCORSListenerProxy.cpp; measured",
        what: "a request with If-None-Match, If-Match, If-Modified-Since, If-Unmodified-Since or If-Range asks for permission each time; the standard's preflight cache serves it",
        example: example::CONDITIONAL_REQUESTS,
        apply: |behavior| behavior.conditional_requests_skip_cache = true,
    },
    Entry {
        id: "firefox-request-headers-each-line",
        profile: Profile::Firefox,
        versions: READ,
        source: "measured",
        what: "Access-Control-Request-Headers names a header that was appended twice twice; the standard's names are unique",
        example: example::REQUEST_HEADERS_EACH_LINE,
        apply: |behavior| behavior.request_headers_name_each_line = true,
    },
    Entry {
        id: "firefox-need-of-permission-stays",
        profile: Profile::Firefox,
        versions: READ,
        source: "measured",
        what: "a request that needed permission, or whose headers would abroad, is preflighted on every later hop, even where a redirect took what needed it; the standard looks at what is left",
        example: example::NEED_OF_PERMISSION_STAYS,
        apply: |behavior| behavior.need_of_permission_stays = Stays::WhereHeadersDid,
    },
    Entry {
        id: "firefox-large-range",
        profile: Profile::Firefox,
        versions: READ,
        source: "measured",
        what: "a Range with a number beyond 64 bits needs permission; the standard knows no such limit",
        example: example::LARGE_RANGE,
        apply: |behavior| behavior.large_ranges_need_permission = true,
    },
    Entry {
        id: "firefox-mixed-content-of-loopback-pages",
        profile: Profile::Firefox,
        versions: READ,
        source: "dom/security/nsMixedContentBlocker.cpp",
        what: "only pages of https keep insecure content out; by the letter, pages of http://localhost do too",
        example: example::MIXED_CONTENT_OF_LOOPBACK_PAGES,
        apply: |behavior| behavior.only_https_pages_block_mixed_content = true,
    },
    Entry {
        id: "firefox-credentialless-own-requests",
        profile: Profile::Firefox,
        versions: READ,
        source: "measured",
        what: "a credentialless page embeds what is its own with credentials; by the letter, only what came back \
               to it by redirects of others",
        example: example::CREDENTIALLESS_OWN_REQUESTS,
        apply: |behavior| behavior.credentialless_pages_own_requests_have_credentials = true,
    },
    Entry {
        id: "firefox-kept-record-methods",
        profile: Profile::Firefox,
        versions: READ,
        source: "CORSCacheEntry::CheckRequest in netwerk/protocol/http/nsCORSListenerProxy.cpp; measured",
        what: "any response that is kept for a page and URL permits GET and POST there, to listeners for upload progress too and after it has expired; in the standard the method must be listed for these",
        example: example::KEPT_RECORD_LASTS,
        apply: |behavior| {
            behavior.methods_of_any_record = &["GET", "POST"];
            behavior.records_outlive_their_entries = true;
        },
    },
    Entry {
        id: "firefox-zero-max-age",
        profile: Profile::Firefox,
        versions: READ,
        source: "netwerk/protocol/http/nsCORSListenerProxy.cpp; measured",
        what: "a response with an Access-Control-Max-Age of 0 leaves what was kept before as it is; in the standard what it lists expires at once",
        example: example::ZERO_MAX_AGE,
        apply: |behavior| behavior.zero_max_age_changes_nothing = true,
    },
    Entry {
        id: "firefox-preflight-cache-size",
        profile: Profile::Firefox,
        versions: READ,
        source: "netwerk/protocol/http/nsCORSListenerProxy.cpp; measured",
        what: "the preflight cache holds a hundred pages and URLs, with and without credentials apart, and the one that was used least recently makes room for one more; the standard leaves the limit to the user agent",
        example: example::PREFLIGHT_CACHE_SIZE_100,
        apply: |behavior| behavior.cache_size = CacheSize::LeastRecentlyUsedMakesRoom(100),
    },
];
