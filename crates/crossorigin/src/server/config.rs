//! What a policy is made from.

use std::time::Duration;

/// The most origins and patterns that one policy holds.
pub const MAX_ORIGINS: usize = 1 << 22;

/// A CORS policy as people write it. [`Policy::new`](super::Policy::new) compiles it, or returns everything
/// that is wrong with it.
///
/// ```
/// use crossorigin::server::{Policy, PolicyConfig};
/// use std::time::Duration;
///
/// let mut config = PolicyConfig::default();
/// config.origins = vec!["https://app.example".into(), "https://*.partner.example".into()];
/// config.credentials = true;
/// config.methods = vec!["PUT".into(), "DELETE".into()];
/// config.request_headers = vec!["content-type".into()];
/// config.max_age = Some(Duration::from_secs(600));
/// let policy = Policy::new(&config)?;
/// # Ok::<(), crossorigin::server::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyConfig {
    /// Who may read: `*`, exact origins of any scheme (`https://app.example`, `capacitor://localhost`),
    /// `https://*.app.example` (one label or more), and any of these with `:*` for any port.
    pub origins: Vec<String>,
    /// Whether responses to requests with credentials (cookies, HTTP authentication) may be read.
    pub credentials: bool,
    /// Methods that a preflight may ask for, beside GET, HEAD and POST, which need no permission; or `*`.
    pub methods: Vec<String>,
    /// Request headers that a preflight may ask for; or `*`, which never covers `Authorization`.
    pub request_headers: Vec<String>,
    /// Response headers that script may read, beside the safelisted ones; or `*`, without credentials.
    pub exposed_headers: Vec<String>,
    /// How long a preflight's answer may be kept: 0 to 86400 s in whole seconds. `None` leaves it to the
    /// standard's 5 s.
    pub max_age: Option<Duration>,
    /// Status of the answer to a preflight: 204, or 200 for clients that insist on it.
    pub preflight_status: u16,
    /// Whether `Timing-Allow-Origin` is sent, and to whom.
    pub timing_allow_origin: Option<TimingAllowOrigin>,
    /// The value of `Cross-Origin-Resource-Policy`, where it is sent at all.
    pub cross_origin_resource_policy: Option<CrossOriginResourcePolicy>,
    /// Answers 403 to state-changing requests (all but GET, HEAD, OPTIONS and TRACE) and to WebSocket
    /// handshakes that come from refused origins. Requires [`public_url`](Self::public_url).
    pub forbid_refused_origins: bool,
    /// The URL (scheme, host, port) at which browsers see this service, to know its own pages by where the
    /// browser does not say so in `Sec-Fetch-Site`.
    pub public_url: Option<String>,
    /// Trusts the origin `null`, which any sandboxed frame and any `data:` URL has.
    pub dangerously_allow_null_origin: bool,
    /// Allows `*` together with credentials: every site on the web may act as the user.
    pub dangerously_allow_any_origin_with_credentials: bool,
    /// Allows `http:` origins other than loopback ones together with credentials.
    pub dangerously_allow_insecure_origins_with_credentials: bool,
    /// Allows wildcards over a public suffix, such as `https://*.github.io`, or over the parent of one, such as
    /// `https://*.amazonaws.com`, together with credentials.
    pub dangerously_allow_public_suffixes_with_credentials: bool,
}

impl Default for PolicyConfig {
    /// Nobody may read anything: no origin, no credentials, preflights answered with 204.
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            credentials: false,
            methods: Vec::new(),
            request_headers: Vec::new(),
            exposed_headers: Vec::new(),
            max_age: None,
            preflight_status: 204,
            timing_allow_origin: None,
            cross_origin_resource_policy: None,
            forbid_refused_origins: false,
            public_url: None,
            dangerously_allow_null_origin: false,
            dangerously_allow_any_origin_with_credentials: false,
            dangerously_allow_insecure_origins_with_credentials: false,
            dangerously_allow_public_suffixes_with_credentials: false,
        }
    }
}

/// To whom a response's timing is shown.
/// [Source](https://w3c.github.io/resource-timing/#sec-timing-allow-origin).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimingAllowOrigin {
    /// `*`: to every page that loads it.
    Any,
    /// To the origins that the policy allows. Only CORS requests say their origin, so an image loaded without
    /// the `crossorigin` attribute stays opaque, unless the policy's origins are `*`.
    AllowedOrigins,
}

/// Who may embed a response without CORS.
/// [Source](https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrossOriginResourcePolicy {
    /// Only pages of the same origin.
    SameOrigin,
    /// Only pages of the same site.
    SameSite,
    /// Every page, those under `Cross-Origin-Embedder-Policy: require-corp` too.
    CrossOrigin,
}

impl CrossOriginResourcePolicy {
    /// The header's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SameOrigin => "same-origin",
            Self::SameSite => "same-site",
            Self::CrossOrigin => "cross-origin",
        }
    }
}
