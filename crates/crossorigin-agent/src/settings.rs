//! What a page's requests depend on.

use crossorigin::fetching::EmbedderPolicyValue;
use crossorigin::infrastructure::host_permission::HostPermission;
use crossorigin::infrastructure::request::ReferrerPolicy;
use crossorigin::infrastructure::request_origin::{Origin, Site};
use crossorigin::profiles::Profile;
use url::Url;

use crate::BlobUrls;

/// A page without its agent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) top_level_origin: &'a Origin,
    pub(crate) site: &'a Site,
    pub(crate) url: Option<&'a Url>,
    pub(crate) embedder_policy: EmbedderPolicyValue,
    pub(crate) referrer_policy: ReferrerPolicy,
    pub(crate) profile: Profile,
    pub(crate) host_permissions: &'a [HostPermission],
    pub(crate) blob_urls: &'a BlobUrls,
}
