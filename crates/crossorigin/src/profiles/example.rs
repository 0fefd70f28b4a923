//! The smallest cases that show deviations, written so that tests can run them.

/// The smallest case that shows a deviation: fetches of the page `https://a.example`, what is answered, and
/// what comes of the last fetch.
///
/// A line is one of these; what stands behind ` | ` and the status are headers, parted by `; `, and `{9}` stands
/// for nine letters.
/// - `> PUT https://b.example/ include | x-foo: 1` is a fetch, by CORS where no other mode is named; other words
///   are a credentials mode, a destination, an initiator, a redirect mode, `keepalive`, `upload` for listeners to upload progress, `body`,
///   `credentialless`, `from=` another origin.
/// - `< 200 access-control-allow-origin: *` is the next answer. Where none is left, preflights are permitted
///   everything and all is shared.
/// - `< 20 times 302 location: /next` are the next twenty; what is sent so often is told once, with its count.
/// - `@ 10` lets as many seconds go by.
/// - `* 100 PUT https://b.example/` are a hundred fetches, of the URL with 0, 1, 2 and so on behind it.
/// - `? origin` adds this header to what is told of each request; `? credentials` whether they go along; `? url`
///   where to; `? kept` adds for how many pages and URLs the preflight cache then holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Example {
    /// The case.
    pub case: &'static str,
    /// What the last fetch sends and comes to by the standard.
    pub standard: &'static str,
    /// What it sends and comes to with this one deviation.
    pub deviation: &'static str,
}

const fn example(case: &'static str, standard: &'static str, deviation: &'static str) -> Example {
    Example { case, standard, deviation }
}

pub(super) const MAX_AGE_CAP_7200: Example = example(
    "> PUT https://b.example/\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-max-age: 86400\n\
     @ 7201\n\
     > PUT https://b.example/",
    "PUT → cors",
    "OPTIONS PUT → cors",
);

pub(super) const MAX_AGE_CAP_600: Example = example(
    "> PUT https://b.example/\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-max-age: 86400\n\
     @ 601\n\
     > PUT https://b.example/",
    "PUT → cors",
    "OPTIONS PUT → cors",
);

pub(super) const NEGATIVE_MAX_AGE: Example = example(
    "> PUT https://b.example/\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-max-age: -1\n\
     @ 1\n\
     > PUT https://b.example/",
    "PUT → cors",
    "OPTIONS PUT → cors",
);

pub(super) const BAD_MAX_AGE: Example = example(
    "> PUT https://b.example/\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-max-age: x\n\
     @ 1\n\
     > PUT https://b.example/",
    "PUT → cors",
    "OPTIONS PUT → cors",
);

pub(super) const KEPT_HEAD: Example = example(
    "> HEAD https://b.example/ | x-foo: 1\n\
     < 204 access-control-allow-origin: *; access-control-allow-headers: x-foo\n\
     > HEAD https://b.example/ | x-foo: 1",
    "HEAD → cors",
    "OPTIONS HEAD → cors",
);

pub(super) const AUTHORIZATION_UNDER_WILDCARD: Example = example(
    "> GET https://b.example/ | authorization: x\n\
     < 204 access-control-allow-origin: *; access-control-allow-headers: *",
    "OPTIONS → preflight-header",
    "OPTIONS GET → cors",
);

pub(super) const PREFLIGHT_CACHE_RECORD: Example = example(
    "> PUT https://b.example/\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: PUT\n\
     < 200 access-control-allow-origin: *\n\
     > DELETE https://b.example/\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: DELETE\n\
     < 200 access-control-allow-origin: *\n\
     > PUT https://b.example/",
    "PUT → cors",
    "OPTIONS PUT → cors",
);

pub(super) const PREFLIGHT_CACHE_URL_LENGTH: Example = example(
    "> PUT https://b.example/{1006}\n\
     > PUT https://b.example/{1006}",
    "PUT → cors",
    "OPTIONS PUT → cors",
);

pub(super) const FAILURE_KEEPS_CACHE: Example = example(
    "> PUT https://b.example/\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: PUT\n\
     < 200 access-control-allow-origin: *\n\
     > PUT https://b.example/\n\
     < 200\n\
     > PUT https://b.example/",
    "OPTIONS PUT → cors",
    "PUT → cors",
);

pub(super) const SAFELISTED_CLIENT_HINTS: Example =
    example("> GET https://b.example/ | dpr: 2", "OPTIONS GET → cors", "GET → cors");

pub(super) const REPEATED_HEADERS: Example =
    example("> GET https://b.example/ | accept: {100}; accept: {100}", "GET → cors", "OPTIONS GET → cors");

pub(super) const LARGE_RANGE: Example = example(
    "> GET https://b.example/ | range: bytes=0-9223372036854775808",
    "GET → cors",
    "OPTIONS GET → cors",
);

pub(super) const RANGE_UNIT_CASE: Example =
    example("> GET https://b.example/ | range: Bytes=0-", "OPTIONS GET → cors", "GET → cors");

pub(super) const UPLOAD_LISTENER_METHOD: Example = example(
    "> PUT https://b.example/ upload\n\
     < 204 access-control-allow-origin: *",
    "OPTIONS PUT → cors",
    "OPTIONS → preflight-method",
);

pub(super) const PREFLIGHT_CACHE_MISS: Example = example(
    "> PUT https://b.example/\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: PUT\n\
     < 200 access-control-allow-origin: *\n\
     > GET https://b.example/ | x-foo: 1\n\
     < 204 access-control-allow-origin: *; access-control-allow-headers: x-foo\n\
     < 200 access-control-allow-origin: *\n\
     > PUT https://b.example/",
    "PUT → cors",
    "OPTIONS PUT → cors",
);

pub(super) const URL_CREDENTIALS: Example =
    example("> GET https://user@b.example/ no-cors image", "GET → opaque", "→ url-credentials");

pub(super) const CONDITIONAL_REQUESTS: Example = example(
    "> GET https://b.example/ | if-none-match: x\n\
     > GET https://b.example/ | if-none-match: x",
    "GET → cors",
    "OPTIONS GET → cors",
);

pub(super) const ELEMENT_ORIGIN_HEADER: Example = example(
    "? origin\n\
     > GET https://a.example/ script",
    "GET origin=none → basic",
    "GET origin=https://a.example → basic",
);

pub(super) const REDIRECTS_DROP_CLIENT_HINTS: Example = example(
    "? dpr\n\
     > GET https://a.example/ | dpr: 2\n\
     < 302 location: /next",
    "GET dpr=2 GET dpr=2 → basic",
    "GET dpr=2 GET dpr=none → basic",
);

pub(super) const NO_CORS_ORIGIN_AFTER_REDIRECT: Example = example(
    "? origin\n\
     > POST https://a.example/ no-cors\n\
     < 307 location: https://b.example/",
    "POST origin=https://a.example POST origin=https://a.example → opaque",
    "POST origin=https://a.example POST origin=null → opaque",
);

pub(super) const MIXED_CONTENT_OF_LOOPBACK_PAGES: Example =
    example("> GET http://b.example/ from=http://localhost", "→ mixed-content", "GET → cors");

pub(super) const CREDENTIALLESS_OWN_REQUESTS: Example = example(
    "? credentials\n\
     > GET https://a.example/ no-cors image include credentialless",
    "GET without credentials → basic",
    "GET with credentials → basic",
);

pub(super) const NO_CREDENTIALLESS: Example = example(
    "? credentials\n\
     > GET https://b.example/ no-cors image include credentialless",
    "GET without credentials → opaque",
    "GET with credentials → opaque",
);

pub(super) const PREFLIGHT_STATUS_FIRST: Example = example(
    "> PUT https://b.example/\n\
     < 401 www-authenticate: Basic",
    "OPTIONS → preflight-allow-origin-missing",
    "OPTIONS → preflight-status",
);

pub(super) const PREFLIGHT_REDIRECT_FIRST: Example = example(
    "> PUT https://b.example/\n\
     < 301 location: /next",
    "OPTIONS → preflight-allow-origin-missing",
    "OPTIONS → preflight-redirect",
);

pub(super) const CACHED_WILDCARD: Example = example(
    "> PUT https://b.example/\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: *\n\
     > PUT https://b.example/",
    "PUT → cors",
    "OPTIONS PUT → cors",
);

pub(super) const PREFLIGHT_CACHE_CREDENTIALS: Example = example(
    "> PUT https://b.example/ include\n\
     < 204 access-control-allow-origin: https://a.example; access-control-allow-credentials: true; access-control-allow-methods: PUT\n\
     < 200 access-control-allow-origin: https://a.example; access-control-allow-credentials: true\n\
     > PUT https://b.example/",
    "PUT → cors",
    "OPTIONS PUT → cors",
);

pub(super) const PREFLIGHT_ORIGIN_AFTER_REDIRECT: Example = example(
    "? origin\n\
     > PUT https://b.example/\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: PUT\n\
     < 307 access-control-allow-origin: *; location: https://c.example/",
    "OPTIONS origin=https://a.example PUT origin=https://a.example OPTIONS origin=null PUT origin=null → cors",
    "OPTIONS origin=https://a.example PUT origin=https://a.example OPTIONS origin=https://a.example PUT origin=null → cors",
);

pub(super) const SAFELISTED_VALUES_SUM: Example = example(
    "> GET https://b.example/ | accept: {128}; accept: {128}; accept: {128}; accept: {128}; accept: {128}; accept: {128}; accept: {128}; accept: {128}; accept: {128}",
    "OPTIONS GET → cors",
    "GET → cors",
);

pub(super) const REQUEST_HEADERS_EACH_LINE: Example = example(
    "? access-control-request-headers\n\
     > GET https://b.example/ | x-foo: 1; x-foo: 2",
    "OPTIONS access-control-request-headers=x-foo GET access-control-request-headers=none → cors",
    "OPTIONS access-control-request-headers=x-foo,x-foo GET access-control-request-headers=none → cors",
);

pub(super) const NEED_OF_PERMISSION_STAYS: Example = example(
    "> POST https://b.example/ body | content-type: application/json\n\
     < 204 access-control-allow-origin: *; access-control-allow-headers: content-type\n\
     < 303 access-control-allow-origin: *; location: /next",
    "OPTIONS POST GET → cors",
    "OPTIONS POST OPTIONS GET → cors",
);

pub(super) const ASKS_FOR_WHAT_REDIRECTS_TOOK: Example = example(
    "? access-control-request-headers\n\
     > GET https://a.example/ | authorization: x\n\
     < 302 location: https://b.example/",
    "GET access-control-request-headers=none GET access-control-request-headers=none → cors",
    "GET access-control-request-headers=none OPTIONS access-control-request-headers=authorization \
     GET access-control-request-headers=none → cors",
);

pub(super) const OWN_REDIRECTS: Example = example(
    "> GET https://a.example/\n\
     < 302 location: https://user@b.example/",
    "GET → redirect-credentials",
    "GET GET → cors",
);

pub(super) const REDIRECT_CHECK_WITH_CREDENTIALS: Example = example(
    "> GET https://a.example/\n\
     < 302 location: https://b.example/\n\
     < 302 access-control-allow-origin: *; location: /next",
    "GET GET GET → cors",
    "GET GET → allow-origin-wildcard",
);

pub(super) const MANUAL_REDIRECT_SCHEME: Example = example(
    "> GET https://a.example/ manual\n\
     < 302 location: ftp://b.example/",
    "GET → opaqueredirect",
    "GET → redirect-scheme",
);

pub(super) const MANUAL_REDIRECT_LOCATION: Example = example(
    "> GET https://a.example/ manual\n\
     < 302 location: http://[",
    "GET → opaqueredirect",
    "GET → redirect-location",
);

pub(super) const EMPTY_HEADER_LINES: Example = example(
    "> GET https://b.example/\n\
     < 200 access-control-allow-origin: https://a.example; access-control-allow-origin: ",
    "GET → allow-origin-mismatch",
    "GET → cors",
);

pub(super) const DATA_URL_REDIRECT_MODE: Example =
    example("> GET data:,x no-cors manual", "→ data:,x", "→ no-cors-redirect-mode");

pub(super) const KEEPALIVE_REDIRECTS: Example = example(
    "> GET https://a.example/ keepalive\n\
     < 20 times 302 location: /next",
    "21 times GET → basic",
    "20 times GET → too-many-redirects",
);

pub(super) const ASKS_FOR_BODY_HEADERS: Example = example(
    "? access-control-request-headers\n\
     > PUT https://b.example/ body | content-type: text/xml; x-foo: 1\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-allow-headers: content-type, x-foo\n\
     < 303 access-control-allow-origin: *; location: /next\n\
     < 204 access-control-allow-origin: *; access-control-allow-headers: x-foo\n\
     < 302 access-control-allow-origin: *; location: /last\n\
     < 403",
    "OPTIONS access-control-request-headers=content-type,x-foo PUT access-control-request-headers=none \
     OPTIONS access-control-request-headers=x-foo GET access-control-request-headers=none \
     OPTIONS access-control-request-headers=x-foo → preflight-allow-origin-missing",
    "OPTIONS access-control-request-headers=content-type,x-foo PUT access-control-request-headers=none \
     OPTIONS access-control-request-headers=x-foo GET access-control-request-headers=none \
     OPTIONS access-control-request-headers=content-type,x-foo → preflight-allow-origin-missing",
);

pub(super) const ORIGIN_HEADER_STAYS: Example = example(
    "? origin\n\
     > POST https://a.example/\n\
     < 303 location: /next",
    "POST origin=https://a.example GET origin=none → basic",
    "POST origin=https://a.example GET origin=https://a.example → basic",
);

pub(super) const DELETE_REDIRECT: Example = example(
    "> DELETE https://a.example/\n\
     < 302 location: https://b.example/",
    "DELETE OPTIONS DELETE → cors",
    "DELETE GET → cors",
);

pub(super) const FAILED_PREFLIGHT_IS_KEPT: Example = example(
    "> PUT https://b.example/\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: DELETE\n\
     > DELETE https://b.example/",
    "OPTIONS DELETE → cors",
    "DELETE → cors",
);

pub(super) const FONTS_WITHOUT_CORS: Example = example(
    "> GET https://b.example/ font\n\
     < 200",
    "GET → allow-origin-missing",
    "GET → opaque",
);

pub(super) const OPAQUE_ORIGIN_PREFLIGHT_CACHE: Example = example(
    "> PUT https://b.example/ from=null\n\
     > PUT https://b.example/ from=null",
    "PUT → cors",
    "OPTIONS PUT → cors",
);

pub(super) const SHAPES_WITHOUT_CREDENTIALS: Example = example(
    "? credentials\n\
     > GET https://a.example/ shape",
    "GET with credentials → basic",
    "GET without credentials → basic",
);

pub(super) const NO_CORS_CREDENTIALS_STAY: Example = example(
    "? credentials\n\
     > GET https://a.example/ no-cors\n\
     < 302 location: https://b.example/",
    "GET with credentials GET without credentials → opaque",
    "GET with credentials GET with credentials → opaque",
);

pub(super) const TRACKS_WITHOUT_CORS: Example =
    example("> GET https://b.example/ track", "→ same-origin-mode", "GET → opaque");

pub(super) const KEPT_RECORD_METHODS: Example = example(
    "> POST https://b.example/ upload\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: PUT\n\
     > POST https://b.example/ upload",
    "OPTIONS POST → cors",
    "POST → cors",
);

pub(super) const KEPT_RECORD_LASTS: Example = example(
    "> POST https://b.example/ upload\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: POST; access-control-max-age: 1\n\
     @ 2\n\
     > POST https://b.example/ upload",
    "OPTIONS POST → cors",
    "POST → cors",
);

pub(super) const LARGE_MAX_AGE: Example = example(
    "> PUT https://b.example/\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-max-age: 9223372036854775808\n\
     @ 6\n\
     > PUT https://b.example/",
    "PUT → cors",
    "OPTIONS PUT → cors",
);

pub(super) const SIGNED_MAX_AGE: Example = example(
    "> PUT https://b.example/\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-max-age: +100\n\
     @ 6\n\
     > PUT https://b.example/",
    "OPTIONS PUT → cors",
    "PUT → cors",
);

pub(super) const ZERO_MAX_AGE: Example = example(
    "> PUT https://b.example/\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-max-age: 100\n\
     < 200 access-control-allow-origin: *\n\
     > PUT https://b.example/ | x-foo: 1\n\
     < 204 access-control-allow-origin: *; access-control-allow-methods: PUT; access-control-allow-headers: x-foo; access-control-max-age: 0\n\
     < 200 access-control-allow-origin: *\n\
     > PUT https://b.example/",
    "OPTIONS PUT → cors",
    "PUT → cors",
);

pub(super) const CACHED_WILDCARD_CREDENTIALS: Example = example(
    "> PUT https://b.example/ include\n\
     < 204 access-control-allow-origin: https://a.example; access-control-allow-credentials: true; access-control-allow-methods: PUT, *\n\
     < 200 access-control-allow-origin: https://a.example; access-control-allow-credentials: true\n\
     > DELETE https://b.example/ include\n\
     < 403 access-control-allow-origin: https://a.example; access-control-allow-credentials: true",
    "DELETE → cors",
    "OPTIONS → preflight-status",
);

pub(super) const PREFLIGHT_CACHE_SIZE_1024: Example = example(
    "? kept\n* 1025 PUT https://b.example/",
    "OPTIONS PUT → cors, 1025 kept",
    "OPTIONS PUT → cors, 1015 kept",
);

pub(super) const PREFLIGHT_CACHE_SIZE_100: Example =
    example("* 101 PUT https://b.example/\n> PUT https://b.example/0", "PUT → cors", "OPTIONS PUT → cors");

pub(super) const LOCATION_BYTES: Example = example(
    "? url\n\
     > GET https://b.example/ no-cors image\n\
     < 302 location: /é",
    "GET url=https://b.example/ GET url=https://b.example/%C3%A9 → opaque",
    "GET url=https://b.example/ GET url=https://b.example/%C3%83%C2%A9 → opaque",
);
