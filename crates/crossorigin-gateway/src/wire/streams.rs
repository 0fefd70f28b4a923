//! Runs the streams of an HTTP/2 connection, each as a task, and gives up those whose client takes nothing of
//! what it asked for: hyper waits for it for ever.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use super::timer::Timer;

tokio::task_local! {
    /// The stream whose task this is.
    static STREAM: Stream;
}

/// How the answer of a stream stands.
#[derive(Debug, Default)]
struct Stream {
    /// Pieces of the answer's body that were handed on.
    pieces: Cell<u64>,
    /// Whether the answer has begun and the next piece waits for the client.
    waits_for_client: Cell<bool>,
}

/// An answer's body: its next piece is there, or is not yet.
pub(crate) fn answer_moved(is_ready: bool) {
    // Elsewhere than in a stream nobody waits for this.
    let _ = STREAM.try_with(|stream| {
        stream.waits_for_client.set(is_ready);
        stream.pieces.set(stream.pieces.get() + u64::from(is_ready));
    });
}

/// Runs streams on the worker's runtime.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Streams {
    pub(crate) stall_timeout: Duration,
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let stall_timeout = self.stall_timeout;
        tokio::spawn(STREAM.scope(Stream::default(), async move {
            let mut stream = std::pin::pin!(stream);
            let mut watch = Watch { stall_timeout, timer: Timer::default(), seen: 0, since: None };
            std::future::poll_fn(move |context| watch.poll(stream.as_mut(), context)).await;
        }));
    }
}

struct Watch {
    stall_timeout: Duration,
    timer: Timer,
    /// Pieces that had been handed on when …
    seen: u64,
    /// … the client began to be waited for.
    since: Option<Instant>,
}

impl Watch {
    fn poll(&mut self, stream: Pin<&mut impl Future<Output = ()>>, context: &mut Context<'_>) -> Poll<()> {
        if stream.poll(context).is_ready() {
            return Poll::Ready(());
        }
        let (pieces, waits) = STREAM.with(|stream| (stream.pieces.get(), stream.waits_for_client.get()));
        if !waits {
            self.since = None;
            return Poll::Pending;
        }
        if self.since.is_none() || self.seen != pieces {
            self.seen = pieces;
            self.since = Some(Instant::now());
        }
        let Some(since) = self.since else { return Poll::Pending };
        ready!(self.timer.poll_until(since + self.stall_timeout, context));
        // Dropping the stream resets it.
        tracing::debug!("a client took nothing of an answer for too long; its stream is given up");
        Poll::Ready(())
    }
}
