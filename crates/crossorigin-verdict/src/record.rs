//! All that is known of one fetch.

use std::fmt;

use bytes::Bytes;
use crossorigin::fetching::trace::TraceStep;
use crossorigin::fetching::{EmbedderPolicyValue, FilteredResponse, HttpRequest, NetworkErrorReason};
use crossorigin::html::Initiator;
use crossorigin::infrastructure::request::Request;
use crossorigin::profiles::Profile;
use http::{HeaderMap, StatusCode, Version};

/// One fetch, from its request to its outcome.
#[derive(Clone, Debug)]
pub struct Record {
    /// As which browser it was done.
    pub profile: Profile,
    /// Who began it.
    pub initiator: Initiator,
    /// The request as it began.
    pub request: Request,
    /// Its body, where it was kept to be shown; `None` where there is none, or it is a stream.
    pub body: Option<Bytes>,
    /// What the page demands of what it embeds.
    pub embedder_policy: EmbedderPolicyValue,
    /// Every step of the algorithm, in order.
    pub steps: Vec<TraceStep>,
    /// What went over the wire, in order; each belongs to one `Sent` among the steps.
    pub exchanges: Vec<Exchange>,
    /// What came of it.
    pub outcome: Outcome,
}

/// A request that was sent, and what came back.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What the algorithm asked to be sent.
    pub request: HttpRequest,
    /// The headers as they went out: those of the request, and what the agent added, cookies among them.
    pub sent_headers: HeaderMap,
    /// The head of what came back.
    pub answer: Result<AnswerHead, TransportFailure>,
}

/// The head of a response.
#[derive(Clone, Debug)]
pub struct AnswerHead {
    /// Its version of HTTP.
    pub version: Version,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
}

/// What came of a fetch.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Script may read the response, as far as it is filtered.
    Shared(FilteredResponse),
    /// There is a response, and script can't look into it.
    Opaque(FilteredResponse),
    /// The algorithm stopped it.
    Blocked(NetworkErrorReason),
    /// The server could not be reached, or its answer not be understood.
    Unreachable(TransportFailure),
}

/// An outcome in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Script may read the response.
    Shared,
    /// Script can use the response, and not look into it.
    Opaque,
    /// Script gets an error.
    Blocked,
    /// Script gets the same error, and CORS is not why.
    Unreachable,
}

impl Verdict {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Opaque => "opaque",
            Self::Blocked => "blocked",
            Self::Unreachable => "unreachable",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Outcome {
    /// The outcome in one word.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Shared(_) => Verdict::Shared,
            Self::Opaque(_) => Verdict::Opaque,
            Self::Blocked(_) => Verdict::Blocked,
            Self::Unreachable(_) => Verdict::Unreachable,
        }
    }
}

/// A request could not be sent, or its answer not be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransportFailure {
    /// What kind of failure.
    pub kind: TransportFailureKind,
    /// What failed, in a few words, such as `127.0.0.1:81 refused the connection`.
    pub message: String,
}

impl TransportFailure {
    /// A failure.
    pub fn new(kind: TransportFailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

/// What kind of failure kept a server from being reached or understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportFailureKind {
    /// The host name has no address.
    Dns,
    /// Nobody listens at the address.
    Refused,
    /// The connection could not be made, or broke.
    Connection,
    /// The server closed or reset the connection before its response was whole.
    Reset,
    /// TLS failed: the certificate above all.
    Tls,
    /// It took longer than it may.
    TimedOut,
    /// What came is no HTTP.
    Malformed,
    /// The head or the body is larger than what is read.
    TooLarge,
    /// The proxy refused.
    Proxy,
    /// The caller gave up.
    Aborted,
}

impl TransportFailureKind {
    /// A stable name, such as `timed-out`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Refused => "refused",
            Self::Connection => "connection",
            Self::Reset => "reset",
            Self::Tls => "tls",
            Self::TimedOut => "timed-out",
            Self::Malformed => "malformed",
            Self::TooLarge => "too-large",
            Self::Proxy => "proxy",
            Self::Aborted => "aborted",
        }
    }
}

impl fmt::Display for TransportFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TransportFailure {}
