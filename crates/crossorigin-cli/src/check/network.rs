//! The network, as the flags have it.

use std::net::SocketAddr;

use crossorigin_agent::{HttpTransport, HttpTransportBuilder};

use super::{Check, Stop};

/// The transport. Nothing is connected yet.
pub(super) fn transport(check: &Check) -> Result<HttpTransport, Stop> {
    let mut builder = HttpTransportBuilder::new().connect_timeout(check.max_time);
    for resolve in &check.resolve {
        builder =
            builder.resolve(&resolve.host, resolve.port, SocketAddr::new(resolve.address, resolve.port));
    }
    if let Some(file) = &check.cacert {
        let stop =
            |why: String| Stop::Text(format!("error: --cacert {}: {why}; name a PEM file\n", file.display()));
        let pem = std::fs::read(file).map_err(|error| stop(error.to_string()))?;
        builder = builder.root_certificates(&pem).map_err(|error| stop(error.to_string()))?;
    }
    Ok(builder.build())
}
