//! A page's time, and whether it is still wanted.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// When a page began and when it has to be done.
pub(crate) struct Clock {
    begun: Instant,
    timeout: Duration,
    deadline: Cell<Instant>,
    /// Set from another thread, by whoever gives the page up.
    is_given_up: Arc<AtomicBool>,
}

impl Clock {
    pub(crate) fn start(timeout: Duration, is_given_up: Arc<AtomicBool>) -> Self {
        let begun = Instant::now();
        Self { begun, timeout, deadline: Cell::new(begun + timeout), is_given_up }
    }

    /// Gives the page its whole time anew.
    pub(crate) fn renew(&self) {
        self.deadline.set(Instant::now() + self.timeout);
    }

    /// The time since the page began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The time that is left; `None` where there is none, or the page is given up.
    pub(crate) fn left(&self) -> Option<Duration> {
        let left = self.deadline.get().checked_duration_since(Instant::now())?;
        (!self.is_given_up()).then_some(left)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.left().is_none()
    }

    pub(crate) fn is_given_up(&self) -> bool {
        self.is_given_up.load(Ordering::Relaxed)
    }
}
