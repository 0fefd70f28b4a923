//! Records of fetches whose responses are written down.

use std::time::Duration;

use crossorigin::fetching::{
    Context, CorsPreflightCache, EmbedderPolicyValue, Machine, ResponseHead, ResponseType, Step,
};
use crossorigin::html::{CorsSettings, Initiator};
use crossorigin::infrastructure::request::{BodyKind, CredentialsMode, Mode, Request};
use crossorigin::profiles::Profile;
use crossorigin_verdict::{AnswerHead, Exchange, Outcome, Record, TransportFailure, TransportFailureKind};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};

/// A fetch to be.
pub(crate) struct Fetch {
    pub(crate) profile: Profile,
    pub(crate) initiator: Initiator,
    pub(crate) request: Request,
    pub(crate) embedder_policy: EmbedderPolicyValue,
}

pub(crate) const PAGE: &str = "https://app.example";
pub(crate) const URL: &str = "https://api.example/items";

impl Fetch {
    /// `fetch(url)` of a page at [`PAGE`].
    pub(crate) fn new(url: &str) -> Self {
        Self::by(Initiator::Fetch, url)
    }

    pub(crate) fn by(initiator: Initiator, url: &str) -> Self {
        Self {
            profile: Profile::Standard,
            initiator,
            request: initiator.request(PAGE.parse().unwrap(), url.parse().unwrap(), CorsSettings::Anonymous),
            embedder_policy: EmbedderPolicyValue::default(),
        }
    }

    pub(crate) fn method(mut self, method: &str) -> Self {
        self.request.method = Method::from_bytes(method.as_bytes()).unwrap();
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }

    pub(crate) fn credentials(mut self) -> Self {
        self.request.credentials_mode = CredentialsMode::Include;
        self
    }

    pub(crate) fn mode(mut self, mode: Mode) -> Self {
        self.request.mode = mode;
        self
    }

    pub(crate) fn body(mut self, body: BodyKind) -> Self {
        self.request.body = body;
        self
    }

    pub(crate) fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// The record, with these answers in turn: a status and lines of headers, `204 access-control-allow-origin: *`
    /// and so on, parted by line breaks; or `refused`.
    pub(crate) fn answered(self, answers: &[&str]) -> Record {
        let mut answers = answers.iter().copied();
        let record = self.answered_by(&mut answers);
        assert!(answers.next().is_none(), "an answer is left over");
        record
    }

    /// The same with as many answers as it takes.
    pub(crate) fn answered_by<'a>(self, answers: &mut impl Iterator<Item = &'a str>) -> Record {
        let mut cache = CorsPreflightCache::default();
        let mut context = Context { cache: &mut cache, now: Duration::ZERO };
        let mut machine = Machine::traced(self.request.clone(), self.embedder_policy, self.profile);
        let mut exchanges = Vec::new();
        let mut step = machine.start(&mut context);
        let outcome = loop {
            let request = match step {
                Step::Send(request) => *request,
                Step::Response(filtered) => {
                    let readable =
                        matches!(filtered.response_type(), ResponseType::Basic | ResponseType::Cors);
                    break if readable { Outcome::Shared(filtered) } else { Outcome::Opaque(filtered) };
                }
                Step::NetworkError(reason) => break Outcome::Blocked(reason),
                Step::ReadDataUrl(url) => panic!("{url} is not for these tests"),
            };
            let text =
                answers.next().unwrap_or_else(|| panic!("no answer for {} {}", request.method, request.url));
            let answer = answer(text);
            let exchange =
                Exchange { sent_headers: request.headers.clone(), request, answer: answer.clone() };
            exchanges.push(exchange);
            match answer {
                Ok(answer) => {
                    step = machine.response(ResponseHead::new(answer.status, &answer.headers), &mut context);
                }
                Err(failure) => {
                    let _ = machine.transport_failed(&mut context);
                    break Outcome::Unreachable(failure);
                }
            }
        };
        Record {
            profile: self.profile,
            initiator: self.initiator,
            request: self.request,
            body: None,
            embedder_policy: self.embedder_policy,
            steps: machine.into_trace(),
            exchanges,
            outcome,
        }
    }
}

fn answer(text: &str) -> Result<AnswerHead, TransportFailure> {
    if text == "refused" {
        return Err(TransportFailure::new(
            TransportFailureKind::Refused,
            "192.0.2.1:443 refused the connection",
        ));
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let status = lines.next().unwrap();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        headers.append(
            HeaderName::from_bytes(name.trim().as_bytes()).unwrap(),
            HeaderValue::from_bytes(value.trim().as_bytes()).unwrap(),
        );
    }
    let status = StatusCode::from_bytes(status.as_bytes()).unwrap();
    Ok(AnswerHead { version: Version::HTTP_11, status, headers })
}
