//! The body of an upstream's response.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Instant;

use super::pool::Lease;
use crate::errors::BodyError;
use crate::wire::timer::Timer;

/// A body as it comes, bounded in the time between two pieces.
#[derive(Debug)]
pub(crate) struct UpstreamBody {
    body: Incoming,
    /// The connection that brings it, where nobody else drives that.
    lease: Option<Lease>,
    timeout: Option<Duration>,
    timer: Timer,
    waits_since: Option<Instant>,
    error: Option<BodyError>,
}

impl UpstreamBody {
    /// `timeout` is `None` where pauses have no bound.
    pub(crate) fn new(body: Incoming, lease: Option<Lease>, timeout: Option<Duration>) -> Self {
        Self { body, lease, timeout, timer: Timer::default(), waits_since: None, error: None }
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        if let Some(error) = this.error.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let mut polled = Pin::new(&mut this.body).poll_frame(context);
        if polled.is_pending()
            && let Some(lease) = &mut this.lease
        {
            lease.drive(context);
            polled = Pin::new(&mut this.body).poll_frame(context);
        }
        if let Poll::Ready(polled) = polled {
            this.waits_since = None;
            // Nothing comes after trailers, and nobody asks for it.
            let is_over = polled.as_ref().is_none_or(|frame| frame.as_ref().is_ok_and(Frame::is_trailers));
            if is_over && let Some(lease) = this.lease.take() {
                lease.give_back();
            }
            return match polled {
                // What came before it goes to the client first, which hyper would drop.
                Some(Err(error)) => {
                    this.error = Some(error.into());
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                polled => Poll::Ready(polled.map(|frame| frame.map_err(BodyError::from))),
            };
        }
        let Some(timeout) = this.timeout else { return Poll::Pending };
        let since = *this.waits_since.get_or_insert_with(Instant::now);
        ready!(this.timer.poll_until(since + timeout, context));
        Poll::Ready(Some(Err("the upstream sent nothing more of its answer in time".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body whose length is known is not asked for its end.
impl Drop for UpstreamBody {
    fn drop(&mut self) {
        if self.body.is_end_stream()
            && let Some(lease) = self.lease.take()
        {
            lease.give_back();
        }
    }
}
