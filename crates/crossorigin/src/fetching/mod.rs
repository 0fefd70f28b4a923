//! The user agent's half: one file a section of the standard, each a function from state and input to what
//! comes next. There is no I/O, no clock and no body in it.

pub mod cors_check;
pub mod cors_preflight_cache;
pub mod cors_preflight_fetch;
pub mod cross_origin_resource_policy;
mod http_fetch;
mod http_network_or_cache_fetch;
mod http_redirect_fetch;
mod machine;
mod main_fetch;
mod mime_type_blocking;
mod mixed_content;
mod reason;
mod response;
mod script_request;
pub mod tao_check;
pub mod trace;

pub use cors_preflight_cache::CorsPreflightCache;
pub use cross_origin_resource_policy::EmbedderPolicyValue;
pub use http_network_or_cache_fetch::{HttpRequest, Purpose};
pub use http_redirect_fetch::MAX_REDIRECTS;
pub use machine::{Context, MAX_KEEPALIVE_BYTES, Machine, Step};
pub use reason::NetworkErrorReason;
pub use response::{FilteredResponse, ResponseHead, ResponseType};
