//! What a site makes of a request, without a server.

use crossorigin::server::{Decision, Outcome, Policy, RequestHead};
use http::{HeaderMap, Method, StatusCode};

use crate::{Found, Listener, Route, Site};

/// A request as a server reads it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The `Host`, with or without a port.
    pub host: &'a str,
    /// The path as sent, without the query.
    pub path: &'a str,
    /// The method.
    pub method: &'a Method,
    /// The headers; `Host` need not be among them.
    pub headers: &'a HeaderMap,
}

/// Who answers a request, and which CORS headers the answer has.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answer<'s> {
    /// The route; `None` where none matches.
    pub route: Option<&'s Route>,
    /// Why the path gets 400, if it does.
    pub refused_path: Option<&'static str>,
    /// The policy with its name; `None` where CORS is left to the upstream, and where there is nothing to decide by.
    pub policy: Option<&'s (String, Policy)>,
    /// What it decided.
    pub decision: Option<Decision>,
    /// The status of the response that the site sends by itself; `None` where the route's target answers.
    pub status: Option<StatusCode>,
    /// The headers that the policy gives the response.
    pub headers: HeaderMap,
}

impl Site {
    /// Finds the route of a request and decides on it. `None` for a listener leaves out the routes that name one.
    pub fn answer<'s>(&'s self, listener: Option<&'s Listener>, question: &Question<'_>) -> Answer<'s> {
        let Question { host, path, method, headers } = *question;
        let found = self.find_from(listener, Some(host), path, method, headers);
        let default_policy = listener.and_then(|listener| listener.default_policy.as_ref());
        let (route, policy, own_status) = match found {
            Ok(Found::Route(route)) => (Some(route), route.policy.as_ref(), None),
            Ok(Found::Nothing) => (None, default_policy, Some(StatusCode::NOT_FOUND)),
            Err(_) => (None, default_policy, Some(StatusCode::BAD_REQUEST)),
        };
        let refused_path = found.err().map(|error| error.reason);
        let mut answer = Answer {
            route,
            refused_path,
            policy,
            decision: None,
            status: own_status,
            headers: HeaderMap::new(),
        };
        let Some((_, policy)) = policy else { return answer };
        let decision = policy.decide(RequestHead { method, headers });
        // A path that is refused is refused to preflights too.
        match decision.response::<()>().filter(|_| refused_path.is_none()) {
            Some(response) => {
                answer.status = Some(response.status());
                answer.headers = response.into_parts().0.headers;
            }
            None => decision.clone().decorate(&mut answer.headers),
        }
        answer.decision = Some(decision);
        answer
    }
}

impl Answer<'_> {
    /// A stable name for what it comes to: `allowed`, `refused`, `no-origin`, `same-origin`, `passed-through` or
    /// `no-policy`.
    pub fn outcome(&self) -> &'static str {
        match (&self.decision, self.route) {
            (Some(decision), _) => match decision.outcome() {
                Outcome::NoOrigin => "no-origin",
                Outcome::SameOrigin => "same-origin",
                Outcome::Allowed => "allowed",
                Outcome::Refused => "refused",
            },
            (None, Some(_)) => "passed-through",
            (None, None) => "no-policy",
        }
    }

    /// Why: a stable code, and a sentence without a full stop.
    pub fn reason(&self) -> (&'static str, String) {
        match (&self.decision, self.route) {
            (Some(decision), _) => (decision.reason().code(), decision.reason().to_string()),
            (None, Some(_)) => ("passed-through", "the route leaves CORS to its upstream".into()),
            (None, None) => ("no-policy", "no route matches, and the listener has no default policy".into()),
        }
    }
}
