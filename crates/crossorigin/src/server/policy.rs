//! A compiled policy.

use std::sync::Arc;

use super::{Branch, Decision, PolicyConfig, PolicyError, RequestHead};

/// A valid CORS policy, compiled. Cloning it copies one pointer.
#[derive(Clone, Debug)]
pub struct Policy {}

impl Policy {
    /// Compiles a configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn new(_config: &PolicyConfig) -> Result<Self, PolicyError> {
        todo!()
    }

    /// Decides on a request, by its method and headers alone. Allocates nothing.
    pub fn decide<'a>(&self, _request: impl Into<RequestHead<'a>>) -> Decision {
        todo!()
    }

    /// Decides on a request and says which branches were taken.
    pub fn explain<'a>(&self, _request: impl Into<RequestHead<'a>>) -> (Decision, Vec<Branch>) {
        todo!()
    }
}

/// A policy that can be replaced while others decide by it.
#[derive(Clone, Debug)]
pub struct SharedPolicy(Arc<()>);

impl SharedPolicy {
    /// Shares a policy.
    pub fn new(_policy: Policy) -> Self {
        todo!()
    }

    /// Replaces the policy. Requests under way keep the one they began with.
    pub fn store(&self, _policy: Policy) {
        todo!()
    }
}

/// Where an adapter gets the policy for a request from: a [`Policy`], or a [`SharedPolicy`].
pub trait PolicySource: Clone {
    /// The policy to decide by now.
    fn load(&self) -> Policy;
}

impl PolicySource for Policy {
    fn load(&self) -> Policy {
        self.clone()
    }
}

impl PolicySource for SharedPolicy {
    fn load(&self) -> Policy {
        todo!()
    }
}
