//! Long work in pieces, so that other tasks of the same thread go on meanwhile.

use std::future::poll_fn;
use std::task::Poll;

/// How much is read, in bytes, before others get their turn.
const TURN_BYTES: usize = 256 * 1024;

/// How much was read since others had their turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turn(usize);

impl Turn {
    /// This much was read.
    pub(crate) fn took(&mut self, bytes: usize) {
        self.0 = self.0.saturating_add(bytes);
    }

    /// Lets others go on, if it is time. It needs no runtime.
    pub(crate) async fn give(&mut self) {
        if self.0 < TURN_BYTES {
            return;
        }
        self.0 = 0;
        let mut is_given = false;
        poll_fn(|context| {
            if std::mem::replace(&mut is_given, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}
