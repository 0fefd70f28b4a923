//! The cross-origin resource policy check. Reports of violations are not made.

use http::{HeaderMap, HeaderName};
use url::Url;

use crate::infrastructure::header_values::get;
use crate::infrastructure::request_origin::Origin;

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What a page demands of what it embeds.
/// [Source](https://html.spec.whatwg.org/multipage/browsers.html#embedder-policy-value).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum EmbedderPolicyValue {
    /// Nothing.
    #[default]
    UnsafeNone,
    /// That it comes without credentials, or says that it may be embedded.
    Credentialless,
    /// That it says that it may be embedded.
    RequireCorp,
}

/// A response that a page may not embed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourcePolicyBlock {
    /// It says so itself.
    ByResource,
    /// The page's embedder policy demands a word from it.
    ByEmbedder,
}

/// What of a response the check is about.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedResponse<'a> {
    /// The URL it comes from.
    pub url: &'a Url,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Whether it was asked for with credentials.
    pub request_includes_credentials: bool,
}

/// Whether a page may embed a response without CORS.
/// [Source](https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check).
///
/// # Errors
/// It may not, and who says so.
pub fn cross_origin_resource_policy_check(
    origin: &Origin,
    embedder_policy: EmbedderPolicyValue,
    response: EmbeddedResponse<'_>,
    for_navigation: bool,
) -> Result<(), ResourcePolicyBlock> {
    let allowed = |value| internal_check(origin, value, response, for_navigation);
    // 3. What the response says holds under any embedder policy.
    if !allowed(EmbedderPolicyValue::UnsafeNone) {
        return Err(ResourcePolicyBlock::ByResource);
    }
    // 5. Then the page's own demand.
    if !allowed(embedder_policy) {
        return Err(ResourcePolicyBlock::ByEmbedder);
    }
    Ok(())
}

/// [Source](https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check).
fn internal_check(
    origin: &Origin,
    embedder_policy: EmbedderPolicyValue,
    response: EmbeddedResponse<'_>,
    for_navigation: bool,
) -> bool {
    // 1. Frames concern embedder policies only.
    if for_navigation && embedder_policy == EmbedderPolicyValue::UnsafeNone {
        return true;
    }
    // 2, 3. Three values count, in lower case and once; all else is as if absent.
    let value = get(response.headers, &CROSS_ORIGIN_RESOURCE_POLICY);
    let demands_word = match embedder_policy {
        EmbedderPolicyValue::UnsafeNone => false,
        EmbedderPolicyValue::Credentialless => response.request_includes_credentials || for_navigation,
        EmbedderPolicyValue::RequireCorp => true,
    };
    match value.as_deref() {
        Some(b"cross-origin") => true,
        Some(b"same-origin") => origin.same_origin_with_url(response.url),
        // A page that anyone on the network can alter must not embed what is sent securely.
        Some(b"same-site") => {
            origin.schemelessly_same_site(&Origin::of_url(response.url))
                && (origin.scheme() == Some("https") || response.url.scheme() != "https")
        }
        // 4. Silence is taken for same-origin where the page demands a word.
        _ => !demands_word || origin.same_origin_with_url(response.url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const SECURE: &str = "https://a.example";

    #[test]
    fn who_may_embed_what() {
        use EmbedderPolicyValue::{Credentialless, RequireCorp, UnsafeNone};
        use ResourcePolicyBlock::{ByEmbedder, ByResource};
        let (sub, other) = ("https://sub.a.example", "https://b.example");
        for (origin, url, value, policy, credentials, navigation, expected) in [
            (SECURE, other, None, UnsafeNone, true, false, Ok(())),
            (SECURE, other, Some("cross-origin"), RequireCorp, true, false, Ok(())),
            (SECURE, other, Some("same-site"), UnsafeNone, true, false, Err(ByResource)),
            (SECURE, sub, Some("same-site"), UnsafeNone, true, false, Ok(())),
            ("http://a.example", sub, Some("same-site"), UnsafeNone, true, false, Err(ByResource)),
            (SECURE, "http://sub.a.example", Some("same-site"), UnsafeNone, true, false, Ok(())),
            (SECURE, sub, Some("same-origin"), UnsafeNone, true, false, Err(ByResource)),
            (SECURE, SECURE, Some("same-origin"), RequireCorp, true, false, Ok(())),
            (SECURE, other, Some("Same-Origin"), UnsafeNone, true, false, Ok(())),
            (SECURE, other, Some("same-origin, same-origin"), UnsafeNone, true, false, Ok(())),
            (SECURE, other, Some("same-origin, same-origin"), RequireCorp, true, false, Err(ByEmbedder)),
            (SECURE, other, None, RequireCorp, false, false, Err(ByEmbedder)),
            (SECURE, SECURE, None, RequireCorp, true, false, Ok(())),
            (SECURE, other, None, Credentialless, false, false, Ok(())),
            (SECURE, other, None, Credentialless, true, false, Err(ByEmbedder)),
            (SECURE, other, None, Credentialless, false, true, Err(ByEmbedder)),
            (SECURE, other, Some("same-origin"), UnsafeNone, true, true, Ok(())),
            ("null", other, Some("same-site"), UnsafeNone, true, false, Err(ByResource)),
        ] {
            let headers: HeaderMap = value
                .map(|value| (CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static(value)))
                .into_iter()
                .collect();
            let url = url.parse().unwrap();
            let response =
                EmbeddedResponse { url: &url, headers: &headers, request_includes_credentials: credentials };
            let origin = origin.parse().unwrap();
            let result = cross_origin_resource_policy_check(&origin, policy, response, navigation);
            assert_eq!(result, expected, "{origin:?} {url} {value:?} {policy:?}");
        }
    }
}
