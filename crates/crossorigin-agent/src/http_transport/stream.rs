//! A connection's bytes, in TLS or not.

use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::response_head::ResponseHead;

/// A connection to a server or a proxy, whose heads are repaired.
#[derive(Debug)]
pub(super) struct Stream {
    kind: Kind,
    head: AwaitsHead,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Bytes are passed on.
    Passes,
    /// Bytes are kept until a head is whole.
    Reads(ResponseHead),
    /// What is to be passed on, from here; and what follows it, if that is another head.
    Gives(Vec<u8>, usize, Option<ResponseHead>),
}

#[derive(Debug)]
enum Kind {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Tells a connection's bytes that the next of them begin a head.
#[derive(Clone, Debug, Default)]
pub(super) struct AwaitsHead(Arc<AtomicBool>);

impl AwaitsHead {
    pub(super) fn set(&self) {
        // A request is written after this and answered after that, so that no order is needed here.
        self.0.store(true, Ordering::Relaxed);
    }

    fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl Stream {
    pub(super) fn plain(stream: TcpStream) -> Self {
        Self { kind: Kind::Plain(stream), head: AwaitsHead::default(), state: State::Passes }
    }

    pub(super) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self { kind: Kind::Tls(Box::new(stream)), head: AwaitsHead::default(), state: State::Passes }
    }

    pub(super) fn awaits_head(&self) -> AwaitsHead {
        self.head.clone()
    }

    fn poll_kind(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.kind {
            Kind::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            // Many servers end the connection without ending TLS. That is an end too, as browsers have it: where the
            // length of a body was said, what is missing is noticed.
            Kind::Tls(stream) => match std::task::ready!(Pin::new(stream).poll_read(context, buffer)) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                read => Poll::Ready(read),
            },
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let own = self.get_mut();
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            let mut head = match mem::replace(&mut own.state, State::Passes) {
                State::Gives(bytes, from, next) if from < bytes.len() => {
                    let to = bytes.len().min(from + buffer.remaining());
                    buffer.put_slice(&bytes[from..to]);
                    own.state = State::Gives(bytes, to, next);
                    return Poll::Ready(Ok(()));
                }
                State::Gives(.., next) => next,
                State::Reads(head) => Some(head),
                State::Passes => None,
            };
            let before = buffer.filled().len();
            let Poll::Ready(read) = own.poll_kind(context, buffer) else {
                own.state = head.map_or(State::Passes, State::Reads);
                return Poll::Pending;
            };
            read?;
            let read = &buffer.filled()[before..];
            if head.is_none() && !read.is_empty() && own.head.take() && !ResponseHead::is_sound(read) {
                head = Some(ResponseHead::default());
            }
            let Some(mut head) = head else { return Poll::Ready(Ok(())) };
            if read.is_empty() {
                let rest = head.into_bytes();
                if rest.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                own.state = State::Gives(rest, 0, None);
                continue;
            }
            head.push(read);
            buffer.set_filled(before);
            let mut ready = Vec::new();
            let is_whole = head.read(&mut ready);
            own.state = State::Gives(ready, 0, (!is_whole).then_some(head));
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().kind {
            Kind::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Kind::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().kind {
            Kind::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Kind::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.kind {
            Kind::Plain(stream) => stream.is_write_vectored(),
            Kind::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().kind {
            Kind::Plain(stream) => Pin::new(stream).poll_flush(context),
            Kind::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().kind {
            Kind::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Kind::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
