//! What the gate before hyper and the service behind it tell each other of one connection.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::Instant;

use super::head::Refusal;
use super::timer::Timer;

/// What the gate found of a request's head.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict {
    Good,
    Refused {
        refusal: Refusal,
        /// Whether enough was saved to find the request's route.
        is_route_known: bool,
    },
}

/// The gate's verdicts in the order of the requests, which no client can write into, and what is under way.
#[derive(Debug)]
pub(crate) struct Ledger {
    entries: Mutex<Entries>,
    has_informational: AtomicBool,
}

/// Bytes of informational heads that wait for the gate.
const MAX_INFORMATIONAL: usize = 16 * 1024;

#[derive(Debug)]
struct Entries {
    verdicts: VecDeque<Verdict>,
    under_way: usize,
    idle_since: Instant,
    /// When nothing more may begin.
    ends_at: Option<Instant>,
    /// Whether the connection is no longer HTTP.
    is_switched: bool,
    /// Informational heads that the client is to get before the next answer.
    informational: Vec<u8>,
    /// The gate, which waits for the last request under way to end.
    waiting: Option<Waker>,
}

/// How busy a connection is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Business {
    /// Requests are under way.
    Busy,
    /// None is.
    IdleSince(Instant),
    /// None is, and one more may begin until then.
    LeavesAt(Instant),
    /// None is, and none is wanted.
    Ending,
    /// What goes on is no longer HTTP.
    Switched,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        let idle_since = Instant::now();
        let verdicts = VecDeque::new();
        let entries = Mutex::new(Entries {
            verdicts,
            under_way: 0,
            idle_since,
            ends_at: None,
            is_switched: false,
            informational: Vec::new(),
            waiting: None,
        });
        Self { entries, has_informational: AtomicBool::new(false) }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The gate: a head goes on to hyper.
    pub(crate) fn begin(&self, verdict: Verdict) {
        let mut entries = self.entries();
        entries.verdicts.push_back(verdict);
        entries.under_way += 1;
    }

    /// HTTP/2: a request goes on to the service. What was found of its head goes with it.
    pub(crate) fn begin_stream(&self) {
        self.entries().under_way += 1;
    }

    /// Waits until nothing has been under way for so long.
    pub(crate) async fn idle_for(&self, limit: Duration) {
        let mut timer = Timer::default();
        std::future::poll_fn(|context| match self.business(context) {
            Business::Busy | Business::Switched => Poll::Pending,
            Business::Ending => Poll::Ready(()),
            Business::IdleSince(since) => timer.poll_until(since + limit, context),
            Business::LeavesAt(at) => timer.poll_until(at, context),
        })
        .await;
    }

    /// The service: the verdict on the request that hyper hands over.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        self.entries().verdicts.pop_front()
    }

    /// The service: a response has ended, or was given up.
    pub(crate) fn end(&self) {
        let mut entries = self.entries();
        entries.under_way = entries.under_way.saturating_sub(1);
        entries.idle_since = Instant::now();
        if entries.under_way == 0
            && let Some(waiting) = entries.waiting.take()
        {
            waiting.wake();
        }
    }

    /// The service: a head that the client is to get before the answer. One too many is left out.
    pub(crate) fn inform(&self, head: &[u8]) {
        let mut entries = self.entries();
        if entries.informational.len() + head.len() <= MAX_INFORMATIONAL {
            entries.informational.extend_from_slice(head);
        }
        drop(entries);
        self.has_informational.store(true, Ordering::Relaxed);
    }

    /// The gate: heads that go before the answer.
    pub(crate) fn informational(&self) -> Vec<u8> {
        // OPTIMIZATION: no lock where there are none.
        match self.has_informational.swap(false, Ordering::Relaxed) {
            true => std::mem::take(&mut self.entries().informational),
            false => Vec::new(),
        }
    }

    /// The service: what follows is no longer HTTP.
    pub(crate) fn switch(&self) {
        let mut entries = self.entries();
        entries.is_switched = true;
        if let Some(waiting) = entries.waiting.take() {
            waiting.wake();
        }
    }

    /// The connection: no more requests after those under way, or after one that begins within `grace`.
    pub(crate) fn wind_down(&self, grace: Duration) {
        self.entries().ends_at = Some(Instant::now() + grace);
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.entries().ends_at.is_some()
    }

    /// The gate: how busy the connection is. Where it is busy, the gate is woken when it no longer is.
    pub(crate) fn business(&self, context: &Context<'_>) -> Business {
        let mut entries = self.entries();
        match (entries.under_way, entries.ends_at) {
            _ if entries.is_switched => Business::Switched,
            (0, Some(at)) if at <= Instant::now() => Business::Ending,
            (0, Some(at)) => Business::LeavesAt(at),
            (0, None) => Business::IdleSince(entries.idle_since),
            _ => {
                if !entries.waiting.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
                    entries.waiting = Some(context.waker().clone());
                }
                Business::Busy
            }
        }
    }
}
