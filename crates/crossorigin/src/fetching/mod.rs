//! The user agent's half: one file a section of the standard, each a function from state and input to what
//! comes next. There is no I/O, no clock and no body in it.

pub mod cors_check;
pub mod cors_preflight_cache;
pub mod cors_preflight_fetch;
pub mod cross_origin_resource_policy;
mod reason;
pub mod tao_check;

pub use cors_preflight_cache::CorsPreflightCache;
pub use cross_origin_resource_policy::EmbedderPolicyValue;
pub use reason::NetworkErrorReason;
