//! How pages make requests, by elements with a `crossorigin` attribute, `XMLHttpRequest`, `EventSource` and
//! beacons, and what they may read of the pictures that come back.

mod cors_settings_attribute;
mod initiator;
mod initiators;
mod origin_clean;

pub use cors_settings_attribute::CorsSettings;
pub use initiator::{Initiator, UnknownInitiator};
pub use initiators::{
    beacon_request, event_source_request, module_script_request, potential_cors_request, track_request,
    xml_http_request,
};
pub use origin_clean::{Bitmap, SecurityError};
