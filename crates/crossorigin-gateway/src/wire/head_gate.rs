//! Stands between a socket and hyper, and lets whole and well-formed heads through.
//!
//! A head that is refused is not shown to hyper, which would answer it without CORS headers or drop what is
//! wrong with it: hyper gets a head in its place that can't be refused, and the service is told the verdict by
//! the [`Ledger`]. So the gateway's own 400, 408, 414 and 431 go the way of every response.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::chunked::{Chunked, Followed};
use super::head::{self, Framing, HeadLimits, Refusal};
use super::ledger::{Business, Ledger, Verdict};
use super::timer::{Timer, WriteWatch};

/// How long what follows a refused request is read and dropped, so that the client gets to read the answer:
/// closing a socket that holds unread bytes resets the connection.
const LINGER: Duration = Duration::from_secs(10);
/// The same for a client that sends nothing more.
const LINGER_QUIETLY: Duration = Duration::from_secs(2);
/// Empty lines that are overlooked before a request.
const MAX_EMPTY_LINES: usize = 4;
/// How much is read at once.
const READ: usize = 8 * 1024;
/// What no chunked body holds at any place: makes hyper refuse the body where the gate does.
const NO_CHUNK: &[u8] = b"\rx";

#[derive(Clone, Copy, Debug)]
pub(crate) struct GateLimits {
    pub(crate) head: HeadLimits,
    pub(crate) head_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) stall_timeout: Duration,
}

pub(crate) struct HeadGate<S> {
    inner: S,
    ledger: Arc<Ledger>,
    limits: GateLimits,
    state: State,
    /// Read and not yet looked at.
    buffer: BytesMut,
    /// Where in it the search for the end of the head goes on.
    searched: usize,
    empty_lines: usize,
    /// Since when a head has been arriving.
    head_since: Option<Instant>,
    /// Looked at, for hyper.
    outgoing: Bytes,
    /// Informational heads on their way to the client.
    informational: Bytes,
    /// Whether all that hyper wrote is with the client: only then is it between two answers.
    is_flushed: bool,
    read_timer: Timer,
    writes: WriteWatch,
    /// In all, and where nothing more comes.
    lingers_until: Option<(Instant, Instant)>,
    is_at_end: bool,
}

enum State {
    Head,
    Length(u64),
    Chunked(Chunked),
    /// After a head with `Upgrade`: what follows is read when it is known what it is.
    Undecided,
    /// No longer HTTP: everything passes.
    Tunnel,
    /// Nothing that the client still sends matters.
    Refused,
}

impl<S: AsyncRead + AsyncWrite + Unpin> HeadGate<S> {
    /// A gate behind which `buffer` was read already.
    pub(crate) fn new(inner: S, buffer: BytesMut, limits: GateLimits, ledger: Arc<Ledger>) -> Self {
        let head_since = (!buffer.is_empty()).then(Instant::now);
        Self {
            inner,
            ledger,
            limits,
            state: State::Head,
            buffer,
            searched: 0,
            empty_lines: 0,
            head_since,
            outgoing: Bytes::new(),
            informational: Bytes::new(),
            is_flushed: true,
            read_timer: Timer::default(),
            writes: WriteWatch::new(limits.stall_timeout),
            lingers_until: None,
            is_at_end: false,
        }
    }

    /// Looks for a whole head in the buffer and judges it. `false`: more has to be read.
    fn judge(&mut self) -> bool {
        while self.searched == 0 && self.buffer.starts_with(b"\r\n") && self.empty_lines < MAX_EMPTY_LINES {
            self.buffer.advance(2);
            self.empty_lines += 1;
        }
        let Some(&first) = self.buffer.first() else {
            // No head has begun with an empty line.
            self.head_since = None;
            return false;
        };
        let may_be_empty_line = first == b'\r' && self.empty_lines < MAX_EMPTY_LINES;
        if !head::is_token_byte(first) && !may_be_empty_line {
            // Such as the first byte of TLS, after which no line ever ends.
            self.refuse(head::NOT_HTTP);
            return true;
        }
        let limits = self.limits.head;
        let Some(end) = head::end(&self.buffer, &mut self.searched) else {
            let is_too_large = self.buffer.len() > limits.bytes;
            if is_too_large {
                self.refuse(head::too_large(&self.buffer, limits));
            }
            return is_too_large;
        };
        match head::check(&self.buffer[..end], limits) {
            Err(refusal) => self.refuse(refusal),
            Ok(checked) => {
                self.outgoing = self.buffer.split_to(end).freeze();
                self.state = match checked.framing {
                    Framing::Length(0) if checked.may_upgrade => State::Undecided,
                    Framing::Length(length) => State::Length(length),
                    Framing::Chunked => State::Chunked(Chunked::new(limits.bytes)),
                };
                self.begin_head();
                self.ledger.begin(Verdict::Good);
            }
        }
        true
    }

    fn refuse(&mut self, refusal: Refusal) {
        let (saved, is_route_known) = head::salvage(&self.buffer);
        self.outgoing = saved.into();
        self.state = State::Refused;
        self.buffer.clear();
        self.ledger.begin(Verdict::Refused { refusal, is_route_known });
    }

    /// Ready for the next head.
    fn begin_head(&mut self) {
        self.searched = 0;
        self.empty_lines = 0;
        self.head_since = None;
    }

    /// Reads more of a head. `Ready(false)`: the connection is to end.
    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut space = [std::mem::MaybeUninit::uninit(); READ];
        let mut space = ReadBuf::uninit(&mut space);
        match Pin::new(&mut self.inner).poll_read(context, &mut space) {
            Poll::Ready(Ok(())) if space.filled().is_empty() => {
                self.is_at_end = true;
                if !self.buffer.is_empty() {
                    self.refuse(head::CUT_OFF);
                    return Poll::Ready(Ok(true));
                }
                Poll::Ready(Ok(false))
            }
            Poll::Ready(Ok(())) => {
                self.buffer.extend_from_slice(space.filled());
                self.head_since.get_or_insert_with(Instant::now);
                Poll::Ready(Ok(true))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                let head_since = self.head_since.filter(|_| !self.buffer.is_empty());
                let business = self.ledger.business(context);
                if self.buffer.is_empty() && !matches!(business, Business::Busy) {
                    // Connections that only wait are many.
                    self.buffer = BytesMut::new();
                }
                let deadline = match (head_since, business) {
                    (Some(since), _) => since + self.limits.head_timeout,
                    (None, Business::Ending) => return Poll::Ready(Ok(false)),
                    (None, Business::LeavesAt(at)) => at,
                    (None, Business::IdleSince(since)) => since + self.limits.idle_timeout,
                    (None, Business::Busy | Business::Switched) => return Poll::Pending,
                };
                ready!(self.read_timer.poll_until(deadline, context));
                if head_since.is_some() {
                    self.refuse(head::TIMED_OUT);
                }
                Poll::Ready(Ok(head_since.is_some()))
            }
        }
    }

    /// Reads body bytes straight into hyper's buffer, or hands out those that were read with the head. Never
    /// more than `most`.
    fn poll_body(
        &mut self,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
        most: u64,
    ) -> Poll<io::Result<usize>> {
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(out.remaining());
        if !self.buffer.is_empty() {
            let length = most.min(self.buffer.len());
            out.put_slice(&self.buffer[..length]);
            self.buffer.advance(length);
            return Poll::Ready(Ok(length));
        }
        let before = out.filled().len();
        if most == out.remaining() {
            ready!(Pin::new(&mut self.inner).poll_read(context, out))?;
        } else {
            let mut part = ReadBuf::new(out.initialize_unfilled_to(most));
            ready!(Pin::new(&mut self.inner).poll_read(context, &mut part))?;
            let length = part.filled().len();
            out.advance(length);
        }
        let length = out.filled().len() - before;
        self.is_at_end |= length == 0;
        Poll::Ready(Ok(length))
    }

    /// Follows the chunked body through what was put into `out` from `start` on.
    fn follow(&mut self, out: &mut ReadBuf<'_>, start: usize) {
        let State::Chunked(chunked) = &mut self.state else { return };
        let new = &out.filled()[start..];
        match chunked.follow(new) {
            Followed::All => {}
            Followed::EndsAt(length) => {
                let mut rest = BytesMut::from(&new[length..]);
                rest.unsplit(self.buffer.split());
                self.buffer = rest;
                out.set_filled(start + length);
                self.state = State::Head;
                self.head_since = (!self.buffer.is_empty()).then(Instant::now);
            }
            Followed::BadAt(length) => {
                out.set_filled(start + length);
                self.outgoing = Bytes::from_static(NO_CHUNK);
                self.buffer.clear();
                self.state = State::Refused;
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for HeadGate<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if !this.outgoing.is_empty() {
                let length = this.outgoing.len().min(out.remaining());
                out.put_slice(&this.outgoing.split_to(length));
                return Poll::Ready(Ok(()));
            }
            match &mut this.state {
                State::Head => {
                    if !this.judge() && !ready!(this.poll_head(context))? {
                        return Poll::Ready(Ok(()));
                    }
                }
                State::Length(0) => {
                    this.state = State::Head;
                    this.head_since = (!this.buffer.is_empty()).then(Instant::now);
                }
                State::Length(left) => {
                    let left = *left;
                    let length = ready!(this.poll_body(context, out, left))?;
                    this.state = State::Length(left - length as u64);
                    return Poll::Ready(Ok(()));
                }
                State::Chunked(_) => {
                    let start = out.filled().len();
                    let length = ready!(this.poll_body(context, out, u64::MAX))?;
                    this.follow(out, start);
                    if length == 0 || out.filled().len() > start {
                        return Poll::Ready(Ok(()));
                    }
                }
                State::Undecided => match this.ledger.business(context) {
                    Business::Busy => return Poll::Pending,
                    Business::Switched => this.state = State::Tunnel,
                    Business::IdleSince(_) | Business::LeavesAt(_) | Business::Ending => {
                        this.state = State::Length(0);
                    }
                },
                State::Tunnel => return this.poll_body(context, out, u64::MAX).map_ok(drop),
                State::Refused => return Poll::Pending,
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> HeadGate<S> {
    /// Writes informational heads, which hyper can't, before what it writes next.
    fn poll_inform(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_flushed && self.informational.is_empty() {
            self.informational = self.ledger.informational().into();
        }
        while !self.informational.is_empty() {
            let written = Pin::new(&mut self.inner).poll_write(context, &self.informational);
            let length = ready!(self.writes.watch(context, written))?;
            if length == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.informational.advance(length);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for HeadGate<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_inform(context))?;
        self.is_flushed = false;
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.writes.watch(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_inform(context))?;
        self.is_flushed = false;
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.writes.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // What hyper wrote is in the socket, or in TLS, which keeps the order.
        self.is_flushed = true;
        ready!(self.poll_inform(context))?;
        // TLS has taken what it could not yet pass on.
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        self.writes.watch(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.lingers_until.is_none() {
            let shut = Pin::new(&mut this.inner).poll_shutdown(context);
            ready!(this.writes.watch(context, shut))?;
            let is_between_requests =
                matches!(this.state, State::Head | State::Length(0) | State::Undecided | State::Tunnel);
            if this.is_at_end || is_between_requests {
                return Poll::Ready(Ok(()));
            }
        }
        let now = Instant::now();
        let (until, quiet_until) =
            this.lingers_until.get_or_insert_with(|| (now + LINGER, now + LINGER_QUIETLY));
        let mut space = [std::mem::MaybeUninit::uninit(); READ];
        loop {
            // A client that never stops sending is not waited for either.
            if this.read_timer.poll_until((*until).min(*quiet_until), context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut space = ReadBuf::uninit(&mut space);
            ready!(Pin::new(&mut this.inner).poll_read(context, &mut space))?;
            if space.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            *quiet_until = Instant::now() + LINGER_QUIETLY;
        }
    }
}
