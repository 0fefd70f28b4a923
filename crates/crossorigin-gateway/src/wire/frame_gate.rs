//! Stands between a socket and hyper's HTTP/2, and follows the frames of the client, for what hyper does not
//! bound: how long a head may take, and how many frames a client sends that ask for nothing.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::first_bytes::PREFACE;
use super::timer::{Timer, WriteWatch};

/// Frames of control (`PING`, `SETTINGS`, `PRIORITY`, `WINDOW_UPDATE`, empty `DATA`, unknown ones) that a
/// client may send at once …
const CONTROL_AT_ONCE: u32 = 10_000;
/// … and how many more each second …
const CONTROL_A_SECOND: u32 = 1_000;
/// … and, as windows are opened for what was received, one more for so many bytes that it was sent.
const BYTES_A_CONTROL: usize = 512;
/// Streams that a client may reset at once, or twice as many as it may have open, if that is more …
const RESETS_AT_ONCE: u32 = 200;
/// … and how many more each second.
const RESETS_A_SECOND: u32 = 50;

#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameLimits {
    pub(crate) streams: u32,
    pub(crate) head_timeout: Duration,
    pub(crate) stall_timeout: Duration,
}

#[derive(Debug)]
pub(crate) struct FrameGate<S> {
    inner: S,
    frames: Frames,
    head_timeout: Duration,
    read_timer: Timer,
    writes: WriteWatch,
}

impl<S> FrameGate<S> {
    pub(crate) fn new(inner: S, limits: FrameLimits) -> Self {
        Self {
            inner,
            frames: Frames::new(limits.streams, Instant::now()),
            head_timeout: limits.head_timeout,
            read_timer: Timer::default(),
            writes: WriteWatch::new(limits.stall_timeout),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FrameGate<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let start = out.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut this.inner).poll_read(context, out) {
            read?;
            let followed = this.frames.follow(&out.filled()[start..], Instant::now());
            return Poll::Ready(
                followed.map_err(|flood| io::Error::new(io::ErrorKind::QuotaExceeded, flood)),
            );
        }
        let Some(since) = this.frames.unfinished_since else { return Poll::Pending };
        ready!(this.read_timer.poll_until(since + this.head_timeout, context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "a head took too long to arrive")))
    }
}

impl<S: AsyncWrite + Unpin> FrameGate<S> {
    fn wrote(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(length)) = written {
            self.frames.sent(length);
        }
        self.writes.watch(context, written)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FrameGate<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.wrote(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.wrote(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        self.writes.watch(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.inner).poll_shutdown(context);
        self.writes.watch(context, shut)
    }
}

/// Follows a client's frames. [Source](https://www.rfc-editor.org/rfc/rfc9113#section-4.1).
#[derive(Debug)]
struct Frames {
    state: State,
    /// Whether CONTINUATION is to follow.
    is_in_head: bool,
    /// Since when the client is in the middle of a head, or of a frame other than DATA.
    unfinished_since: Option<Instant>,
    control: Allowance,
    resets: Allowance,
    /// Bytes sent for which nothing was allowed yet.
    sent: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Preface { left: usize },
    Header { bytes: [u8; 9], length: usize },
    Payload { left: usize, is_data: bool },
}

const NEXT: State = State::Header { bytes: [0; 9], length: 0 };

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

impl Frames {
    fn new(streams: u32, now: Instant) -> Self {
        let resets = RESETS_AT_ONCE.max(streams.saturating_mul(2));
        Self {
            state: State::Preface { left: PREFACE.len() },
            is_in_head: false,
            unfinished_since: Some(now),
            control: Allowance::new(CONTROL_AT_ONCE, CONTROL_A_SECOND, now),
            resets: Allowance::new(resets, RESETS_A_SECOND, now),
            sent: 0,
        }
    }

    fn sent(&mut self, length: usize) {
        self.sent += length;
        self.control.add(u32::try_from(self.sent / BYTES_A_CONTROL).unwrap_or(u32::MAX));
        self.sent %= BYTES_A_CONTROL;
    }

    fn follow(&mut self, mut bytes: &[u8], now: Instant) -> Result<(), &'static str> {
        let mut has_finished = false;
        while !bytes.is_empty() {
            let used = match &mut self.state {
                State::Preface { left } | State::Payload { left, .. } => {
                    let used = (*left).min(bytes.len());
                    *left -= used;
                    used
                }
                State::Header { bytes: header, length } => {
                    let used = (header.len() - *length).min(bytes.len());
                    header[*length..*length + used].copy_from_slice(&bytes[..used]);
                    *length += used;
                    used
                }
            };
            bytes = &bytes[used..];
            if let State::Header { bytes: header, length: 9 } = self.state {
                self.begin(header, now)?;
            }
            if let State::Preface { left: 0 } | State::Payload { left: 0, .. } = self.state {
                self.state = NEXT;
                has_finished |= !self.is_in_head;
            }
        }
        let is_between = match self.state {
            State::Header { length, .. } => length == 0,
            State::Payload { is_data, .. } => is_data,
            State::Preface { .. } => false,
        };
        if is_between && !self.is_in_head {
            self.unfinished_since = None;
        } else if has_finished || self.unfinished_since.is_none() {
            self.unfinished_since = Some(now);
        }
        Ok(())
    }

    /// A frame begins.
    fn begin(&mut self, header: [u8; 9], now: Instant) -> Result<(), &'static str> {
        let [high, middle, low, kind, flags, ..] = header;
        let left = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        match kind {
            DATA if left > 0 => {}
            HEADERS | CONTINUATION => self.is_in_head = flags & END_HEADERS == 0,
            RST_STREAM if !self.resets.take(now) => return Err("a flood of resets"),
            RST_STREAM => {}
            _ if !self.control.take(now) => return Err("a flood of frames that ask for nothing"),
            _ => {}
        }
        self.state = State::Payload { left, is_data: kind == DATA };
        Ok(())
    }
}

/// So many at once, and so many more each second.
#[derive(Debug)]
struct Allowance {
    left: u32,
    most: u32,
    a_second: u32,
    /// Up to when what time gives was added.
    until: Instant,
}

impl Allowance {
    fn new(most: u32, a_second: u32, now: Instant) -> Self {
        Self { left: most, most, a_second, until: now }
    }

    fn add(&mut self, count: u32) {
        self.left = self.left.saturating_add(count).min(self.most);
    }

    fn take(&mut self, now: Instant) -> bool {
        if self.left == 0 {
            let milliseconds = u64::try_from((now - self.until).as_millis()).unwrap_or(u64::MAX);
            let more = milliseconds.saturating_mul(self.a_second.into()) / 1000;
            if more > 0 {
                self.until = now;
                self.add(u32::try_from(more).unwrap_or(u32::MAX));
            }
        }
        self.left.checked_sub(1).map(|left| self.left = left).is_some()
    }
}
