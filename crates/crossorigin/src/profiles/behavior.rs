//! The places where browsers differ.

use std::time::Duration;

use crate::fetching::MAX_REDIRECTS;

/// What is done at each place where browsers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Behavior {
    /// The longest that permission is kept, whatever `Access-Control-Max-Age` says.
    pub max_age_cap: Duration,
    /// What an `Access-Control-Max-Age` that is no number of seconds comes to.
    pub bad_max_age: BadMaxAge,
    /// What a negative one comes to.
    pub negative_max_age: BadMaxAge,
    /// The largest number of seconds that counts as one; a larger one is bad, not capped.
    pub largest_max_age: u64,
    /// Whether a number of seconds may have a plus sign.
    pub max_age_may_have_a_plus: bool,
    /// Whether an `Access-Control-Max-Age` of 0 leaves alone what was kept before.
    pub zero_max_age_changes_nothing: bool,
    /// Where `Access-Control-Allow-Headers: *` covers `Authorization`.
    pub wildcard_covers_authorization: CoversAuthorization,
    /// In which order a preflight's response is judged.
    pub preflight_order: PreflightOrder,
    /// Whom a kept `*` permits other methods and names than those that were asked for.
    pub cached_wildcard: CachedWildcard,
    /// Whether what was kept with credentials serves requests without them.
    pub credentialed_entries_serve_all: bool,
    /// The methods that anything kept for a page and URL permits, without an entry of their own.
    pub methods_of_any_record: &'static [&'static str],
    /// Whether these methods are permitted still when all that was kept has expired.
    pub records_outlive_their_entries: bool,
    /// How many pages and URLs the preflight cache holds, where that is fewer than its own bound.
    pub cache_size: CacheSize,
    /// Whether a new response replaces all that was kept for the same page and URL.
    pub response_replaces_record: bool,
    /// Whether a fetch that needs permission and fails clears what was kept.
    pub failure_clears_cache: bool,
    /// The longest URL whose permission is kept, in bytes; the cache has a bound of its own.
    pub max_cached_url_bytes: usize,
    /// Whether client hints that script sets need no permission.
    pub client_hints_are_safelisted: bool,
    /// The most bytes that the values of all safelisted request headers have together, before none is safe.
    pub max_safelisted_values_bytes: usize,
    /// Whether the lines of a repeated request header are judged as the one value they come to.
    pub repeated_headers_count_as_one: bool,
    /// Whether a `Range` whose numbers don't fit 64 bits with a sign needs permission.
    pub large_ranges_need_permission: bool,
    /// Whether the unit of a `Range` that needs no permission may be in any case.
    pub range_unit_ignores_case: bool,
    /// Whether a preflight that listeners for upload progress ask for permits the method without listing it.
    pub upload_listener_permits_method: bool,
    /// Whether a lookup that the preflight cache can't serve forgets what is kept for the page and URL.
    pub miss_forgets_record: bool,
    /// Whether what is permitted to opaque origins is kept.
    pub opaque_origins_permissions_are_kept: bool,
    /// Whether requests with `If-None-Match` and its like never use the preflight cache.
    pub conditional_requests_skip_cache: bool,
    /// Whether the preflight cache serves HEAD only where that is listed, as it must be of methods that need
    /// permission.
    pub kept_head_must_be_listed: bool,
    /// Whether preflights go on to say, and check, the page's origin where redirects made that of the request
    /// `null`.
    pub preflight_origin_is_never_tainted: bool,
    /// Whether elements that ask by CORS say `Origin` to the page's own origin too.
    pub elements_always_say_origin: bool,
    /// Whether `Access-Control-Request-Headers` names a header once for each of its lines that needs permission.
    pub request_headers_name_each_line: bool,
    /// Whether a request that needs permission goes on to need it after redirects.
    pub need_of_permission_stays: Stays,
    /// Whether client hints that script set are left behind by redirects.
    pub redirects_drop_client_hints: bool,
    /// Whether the no-cors mode says an origin of `null` once a redirect led to another origin.
    pub no_cors_redirects_taint: bool,
    /// Whether anything but `XMLHttpRequest`, and what may outlive its page, fetches URLs with a user name or password.
    pub urls_may_contain_credentials: bool,
    /// Whether a redirect from the page's own origin to another, of a request that script made, may lead to a URL
    /// with a user name.
    pub own_redirects_may_contain_credentials: bool,
    /// Whether a redirect that script is to follow by itself must lead to HTTP all the same.
    pub manual_redirects_lead_to_http: bool,
    /// Whether such a redirect fails where its `Location` is no URL.
    pub manual_redirects_lead_to_urls: bool,
    /// Whether redirects from other origins are checked as with credentials where the first request went to the page's
    /// own origin with its credentials.
    pub redirects_are_checked_as_the_first_request: bool,
    /// Whether script's requests go on to ask for the headers that a redirect to another origin took from them.
    pub asks_for_what_redirects_took: bool,
    /// How many redirects are followed by what may outlive its page.
    pub max_keepalive_redirects: usize,
    /// Whether the lines of a response's repeated header that have no value count for nothing.
    pub empty_lines_count_for_nothing: bool,
    /// Whether the no-cors mode reads `data:` URLs only in the redirect mode follow, as what is of other origins.
    pub no_cors_data_urls_follow: bool,
    /// Whether redirects after the one that made a GET of a request ask for the headers that it took.
    pub later_redirects_ask_for_body_headers: bool,
    /// Whether the bytes of a `Location` are characters of Latin-1.
    pub location_is_latin_1: bool,
    /// Whether a redirect to another origin turns DELETE into GET.
    pub redirects_abroad_turn_delete_into_get: bool,
    /// Whether a redirect that turns a request into GET goes on to say its `Origin`.
    pub redirects_keep_origin_header: bool,
    /// Whether a preflight's response is kept even where it does not permit what was asked for.
    pub failed_preflight_is_kept: bool,
    /// Whether pages of localhost and its like may fetch insecurely, as other pages that came by http.
    pub only_https_pages_block_mixed_content: bool,
    /// Whether `Cross-Origin-Embedder-Policy: credentialless` counts.
    pub knows_credentialless_pages: bool,
    /// Whether a credentialless page's own images go with credentials.
    pub credentialless_pages_own_requests_have_credentials: bool,
    /// Whether fonts are fetched without CORS.
    pub fonts_without_cors: bool,
    /// Whether tracks are fetched without CORS, from anywhere, where no attribute wants it.
    pub tracks_without_cors: bool,
    /// Whether the images of CSS shapes go without credentials to the page's own origin, too.
    pub shapes_without_credentials: bool,
    /// Whether requests without CORS whose credentials are for the same origin keep them wherever redirects lead.
    pub no_cors_credentials_stay: bool,
}

/// What an `Access-Control-Max-Age` that can't be taken as it is comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadMaxAge {
    /// As if it were missing: five seconds.
    Default,
    /// As if it were 0.
    Zero,
    /// Nothing of the response is kept; what was kept before stays.
    NotKept,
}

/// Where `Access-Control-Allow-Headers: *` covers `Authorization`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoversAuthorization {
    /// Nowhere: it must be named.
    Nowhere,
    /// In a preflight's response, but not when that is kept.
    InResponses,
    /// There, and in the preflight cache.
    InTheCacheToo,
}

/// Whom a kept `*` permits what was not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CachedWildcard {
    /// Everyone whom the entry serves, with credentials too where the response listed it beside what was asked for.
    Matches,
    /// Nobody where it was kept with credentials.
    UnlessKeptWithCredentials,
    /// Those who ask without credentials.
    UnlessAskedWithCredentials,
    /// Nobody.
    Never,
}

/// How many pages and URLs the preflight cache holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheSize {
    /// As many as [its own bound](crate::fetching::cors_preflight_cache::MAX_RECORDS) lets it.
    Bounded,
    /// So many. Then any ten make room.
    TenMakeRoom(usize),
    /// So many. Then what has expired makes room, or else what was used least recently.
    LeastRecentlyUsedMakesRoom(usize),
}

/// Whether the need of permission outlives what it was needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// Each hop is looked at by itself.
    Never,
    /// Once a preflight was needed, it is on every later hop.
    OnceNeeded,
    /// Then, and once headers would have needed one, were they not asked of the page's own origin.
    WhereHeadersDid,
}

/// In which order a preflight's response is judged. It changes which reason is found first, never the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreflightOrder {
    /// The CORS check, then the status.
    CorsCheckFirst,
    /// Redirects that lead somewhere, then the CORS check, then the status.
    RedirectFirst,
    /// The status, then the CORS check.
    StatusFirst,
}

impl Behavior {
    /// What the standard says, and the highest of the browsers' limits where it leaves the choice.
    pub const STANDARD: Self = Self {
        max_age_cap: Duration::from_secs(86_400),
        bad_max_age: BadMaxAge::Default,
        negative_max_age: BadMaxAge::Default,
        largest_max_age: u64::MAX,
        max_age_may_have_a_plus: false,
        zero_max_age_changes_nothing: false,
        wildcard_covers_authorization: CoversAuthorization::Nowhere,
        preflight_order: PreflightOrder::CorsCheckFirst,
        cached_wildcard: CachedWildcard::Matches,
        credentialed_entries_serve_all: true,
        methods_of_any_record: &[],
        records_outlive_their_entries: false,
        cache_size: CacheSize::Bounded,
        response_replaces_record: false,
        failure_clears_cache: true,
        max_cached_url_bytes: usize::MAX,
        client_hints_are_safelisted: false,
        max_safelisted_values_bytes: 1024,
        repeated_headers_count_as_one: false,
        large_ranges_need_permission: false,
        range_unit_ignores_case: false,
        upload_listener_permits_method: true,
        miss_forgets_record: false,
        opaque_origins_permissions_are_kept: true,
        conditional_requests_skip_cache: false,
        kept_head_must_be_listed: false,
        preflight_origin_is_never_tainted: false,
        elements_always_say_origin: false,
        request_headers_name_each_line: false,
        need_of_permission_stays: Stays::Never,
        redirects_drop_client_hints: false,
        no_cors_redirects_taint: false,
        urls_may_contain_credentials: true,
        own_redirects_may_contain_credentials: false,
        manual_redirects_lead_to_http: false,
        manual_redirects_lead_to_urls: false,
        redirects_are_checked_as_the_first_request: false,
        asks_for_what_redirects_took: false,
        max_keepalive_redirects: MAX_REDIRECTS,
        empty_lines_count_for_nothing: false,
        no_cors_data_urls_follow: false,
        later_redirects_ask_for_body_headers: false,
        location_is_latin_1: false,
        redirects_abroad_turn_delete_into_get: false,
        redirects_keep_origin_header: false,
        failed_preflight_is_kept: false,
        only_https_pages_block_mixed_content: false,
        knows_credentialless_pages: true,
        credentialless_pages_own_requests_have_credentials: false,
        fonts_without_cors: false,
        tracks_without_cors: false,
        shapes_without_credentials: false,
        no_cors_credentials_stay: false,
    };
}
