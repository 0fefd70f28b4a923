//! The site: the page, its script and style, and the journal of what went over the wire.

use std::rc::Rc;

use http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::hosts::Hosts;
use super::journal::{Journal, trial};
use super::server::{Body, json, said, typed};
use super::{assets, policy_file};

/// Exchanges that the page is told of one demonstration.
const SHOWN: usize = 8;

pub(super) struct Site {
    page: String,
    policy: String,
    content_security_policy: HeaderValue,
    journal: Rc<Journal>,
}

impl Site {
    pub(super) fn new(hosts: &Hosts, journal: Rc<Journal>) -> Self {
        let (shared, third) = (hosts.shared_origin(), hosts.third_origin());
        let page = assets::PAGE
            .replace("{{site}}", &hosts.site_origin())
            .replace("{{shared}}", &shared)
            .replace("{{third}}", &third);
        // The page can load nothing from anywhere else: no asset from outside.
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' blob: {shared} {third}; \
             img-src 'self' data: blob: {shared} {third}; media-src {shared} {third}; \
             font-src {shared} {third}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        Self {
            page,
            policy: policy_file(hosts),
            content_security_policy: HeaderValue::try_from(policy).expect("origins are visible ASCII"),
            journal,
        }
    }

    pub(super) fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        let mut response = self.contents(request);
        let headers = response.headers_mut();
        headers
            .insert(HeaderName::from_static("content-security-policy"), self.content_security_policy.clone());
        headers
            .insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    fn contents<B>(&self, request: &Request<B>) -> Response<Body> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return said(StatusCode::METHOD_NOT_ALLOWED, "The site takes GET and HEAD.\n");
        }
        match request.uri().path() {
            "/" => typed("text/html; charset=utf-8", self.page.clone()),
            "/policy.toml" => typed("text/plain; charset=utf-8", self.policy.clone()),
            "/wire" => {
                let (count, exchanges) =
                    self.journal.of_trial(&trial(request.uri()).unwrap_or_default(), SHOWN);
                json(&json!({ "count": count, "exchanges": exchanges }))
            }
            path => match assets::FILES.iter().find(|(name, ..)| *name == path) {
                Some((_, content_type, contents)) => typed(content_type, *contents),
                None => said(StatusCode::NOT_FOUND, "The site has nothing here; its page is at /.\n"),
            },
        }
    }
}
