//! A policy that changes at run time.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{Decision, Policy, RequestHead};

/// A policy that can be replaced while others decide by it. Its clones share the one that is in force.
///
/// ```
/// use crossorigin::server::{Policy, PolicyConfig, PolicySource, SharedPolicy};
///
/// let shared = SharedPolicy::new(Policy::new(&PolicyConfig::default())?);
/// let elsewhere = shared.clone();
/// let mut config = PolicyConfig::default();
/// config.origins = vec!["https://app.example".into()];
/// shared.store(Policy::new(&config)?);
/// assert_eq!(elsewhere.load().origin_count(), 1);
/// # Ok::<(), crossorigin::server::PolicyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SharedPolicy(Arc<ArcSwap<super::policy::Compiled>>);

impl SharedPolicy {
    /// Shares a policy.
    pub fn new(policy: Policy) -> Self {
        Self(Arc::new(ArcSwap::new(policy.0)))
    }

    /// Replaces the policy. Decisions under way keep the one they began with.
    pub fn store(&self, policy: Policy) {
        self.0.store(policy.0);
    }
}

/// Where an adapter gets the policy for a request from: a [`Policy`], or a [`SharedPolicy`].
pub trait PolicySource: Clone {
    /// The policy to decide by now.
    fn load(&self) -> Policy;

    /// Decides on a request by that policy.
    fn decide(&self, request: RequestHead<'_>) -> Decision {
        self.load().decide(request)
    }
}

impl PolicySource for Policy {
    fn load(&self) -> Policy {
        self.clone()
    }

    fn decide(&self, request: RequestHead<'_>) -> Decision {
        Policy::decide(self, request)
    }
}

impl PolicySource for SharedPolicy {
    fn load(&self) -> Policy {
        Policy(self.0.load_full())
    }
}
