//! The body of a request on its way to an upstream: bounded in size and in time.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

/// How long an upstream may take to ask for a body; then it gets it unasked, as it does from most clients.
const ASKS_WITHIN: Duration = Duration::from_secs(1);

/// What is wrong with a client's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum BodyFault {
    TooLarge = 1,
    Stalled,
    Broken,
}

impl fmt::Display for BodyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the client's body is too large",
            Self::Stalled => "the client's body stalled",
            Self::Broken => "the client's body broke off",
        })
    }
}

impl std::error::Error for BodyFault {}

/// How the sending of a body stands, for the one who waits for the answer.
#[derive(Debug)]
pub(crate) struct Progress {
    began: Instant,
    /// Milliseconds from `began` to the last piece that went on.
    last: AtomicU64,
    waits_for_client: AtomicBool,
    fault: AtomicU8,
}

impl Progress {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            last: AtomicU64::new(0),
            waits_for_client: AtomicBool::new(false),
            fault: AtomicU8::new(0),
        })
    }

    /// When the upstream last had all that there was for it; `None` while it is the client that is waited for.
    pub(crate) fn waiting_since(&self) -> Option<Instant> {
        let last = self.began + Duration::from_millis(self.last.load(Ordering::Relaxed));
        (!self.waits_for_client.load(Ordering::Relaxed)).then_some(last)
    }

    pub(crate) fn fault(&self) -> Option<BodyFault> {
        [BodyFault::TooLarge, BodyFault::Stalled, BodyFault::Broken]
            .into_iter()
            .find(|fault| *fault as u8 == self.fault.load(Ordering::Relaxed))
    }

    fn moved(&self) {
        self.waits_for_client.store(false, Ordering::Relaxed);
        let elapsed = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(elapsed, Ordering::Relaxed);
    }

    fn fail(&self, fault: BodyFault) -> BodyFault {
        self.moved();
        self.fault.store(fault as u8, Ordering::Relaxed);
        fault
    }
}

/// Set when the upstream has asked for the body.
#[derive(Debug, Default)]
pub(crate) struct Asked(AtomicBool);

impl Asked {
    /// The upstream asks.
    pub(crate) fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The body of a request; a request without one has `None`.
#[derive(Debug)]
pub(crate) struct ClientBody(Option<Running>);

#[derive(Debug)]
struct Running {
    body: Incoming,
    /// Bytes that may still come.
    left: u64,
    stall_timeout: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    progress: Arc<Progress>,
    /// `Some` while the client's body is not asked for, because the upstream has not.
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    asked: Arc<Asked>,
    patience: Pin<Box<Sleep>>,
}

impl ClientBody {
    pub(crate) fn empty() -> Self {
        Self(None)
    }

    pub(crate) fn new(body: Incoming, most: u64, stall_timeout: Duration, progress: Arc<Progress>) -> Self {
        Self(Some(Running { body, left: most, stall_timeout, timer: None, progress, held: None }))
    }

    /// Begins no sooner than the upstream asks for it, or has let pass the time to.
    pub(crate) fn hold(&mut self) -> Option<Arc<Asked>> {
        let running = self.0.as_mut()?;
        let asked = Arc::new(Asked::default());
        let patience = Box::pin(tokio::time::sleep(ASKS_WITHIN));
        running.held = Some(Held { asked: asked.clone(), patience });
        Some(asked)
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let Some(running) = &mut self.0 else { return Poll::Ready(None) };
        if let Some(held) = &mut running.held {
            if !held.asked.is_asked() {
                ready!(held.patience.as_mut().poll(context));
            }
            running.held = None;
        }
        match Pin::new(&mut running.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                running.timer = None;
                running.progress.moved();
                let length = frame.data_ref().map_or(0, Bytes::len) as u64;
                match running.left.checked_sub(length) {
                    Some(left) => running.left = left,
                    None => return Poll::Ready(Some(Err(running.progress.fail(BodyFault::TooLarge)))),
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                tracing::debug!(%error, "the body of a request broke off");
                Poll::Ready(Some(Err(running.progress.fail(BodyFault::Broken))))
            }
            Poll::Ready(None) => {
                running.progress.moved();
                Poll::Ready(None)
            }
            Poll::Pending => {
                running.progress.waits_for_client.store(true, Ordering::Relaxed);
                let limit = running.stall_timeout;
                let timer = running.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
                match timer.as_mut().poll(context) {
                    Poll::Ready(()) => Poll::Ready(Some(Err(running.progress.fail(BodyFault::Stalled)))),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(|running| running.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or(SizeHint::with_exact(0), |running| running.body.size_hint())
    }
}
