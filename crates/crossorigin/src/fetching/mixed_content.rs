//! Mixed content: what a secure page may not fetch insecurely.
//!
//! Only the page's own origin counts, not those of the pages around it.

use url::Host;

use crate::infrastructure::potentially_trustworthy::is_potentially_trustworthy_url;
use crate::infrastructure::request::{Destination, Request};
use crate::profiles::Behavior;

/// Whether the page keeps insecure content out.
/// [Source](https://w3c.github.io/webappsec-mixed-content/#categorize-settings-object).
fn prohibits_mixed_security_contexts(request: &Request, behavior: &Behavior) -> bool {
    // DEVIATION: the entries named mixed-content-of-loopback-pages.
    if behavior.only_https_pages_block_mixed_content {
        return request.origin.scheme() == Some("https");
    }
    request.origin.is_potentially_trustworthy()
}

/// Asks for images, audio and video securely, where the URL is not secure and the page is. Says whether it
/// did.
/// [Source](https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm).
pub(super) fn upgrade_mixed_content(request: &mut Request, behavior: &Behavior) -> bool {
    let url = request.current_url();
    if url.scheme() != "http"
        || !matches!(request.destination, Destination::Image | Destination::Audio | Destination::Video)
        || matches!(url.host(), None | Some(Host::Ipv4(_) | Host::Ipv6(_)))
        || is_potentially_trustworthy_url(url)
        || !prohibits_mixed_security_contexts(request, behavior)
    {
        return false;
    }
    request.set_current_scheme_to_https()
}

/// Whether the request must not be sent at all. Navigations are taken for those of top-level pages.
/// [Source](https://w3c.github.io/webappsec-mixed-content/#should-block-fetch).
pub(super) fn should_be_blocked_as_mixed_content(request: &Request, behavior: &Behavior) -> bool {
    !is_potentially_trustworthy_url(request.current_url())
        && request.destination != Destination::Document
        && matches!(request.current_url().scheme(), "http" | "ws")
        && prohibits_mixed_security_contexts(request, behavior)
}
