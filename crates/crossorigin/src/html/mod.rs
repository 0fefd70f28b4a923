//! How pages make requests: elements with a `crossorigin` attribute, `XMLHttpRequest` and `EventSource`.

mod cors_settings_attribute;
mod initiator;
mod initiators;

pub use cors_settings_attribute::CorsSettings;
pub use initiator::{Initiator, UnknownInitiator};
pub use initiators::{
    event_source_request, module_script_request, potential_cors_request, track_request, xml_http_request,
};
