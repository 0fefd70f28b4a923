//! A connection's bytes, in TLS or not.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// How a response begins.
const HTTP: &[u8; 4] = b"HTTP";

/// A connection to a server or a proxy.
///
/// Browsers take `http/1.1 200 ok` for what it is, and hyper does not: the first four bytes of a head are read
/// in upper case.
#[derive(Debug)]
pub(super) struct Stream {
    kind: Kind,
    head: AwaitsHead,
    /// How many bytes of [`HTTP`] have come.
    seen: usize,
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
}

impl Stream {
    pub(super) fn plain(stream: TcpStream) -> Self {
        Self { kind: Kind::Plain(stream), head: AwaitsHead::default(), seen: HTTP.len() }
    }

    pub(super) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self { kind: Kind::Tls(Box::new(stream)), head: AwaitsHead::default(), seen: HTTP.len() }
    }

    pub(super) fn awaits_head(&self) -> AwaitsHead {
        self.head.clone()
    }

    fn repair(&mut self, read: &mut [u8]) {
        if self.head.0.load(Ordering::Relaxed) && !read.is_empty() {
            self.head.0.store(false, Ordering::Relaxed);
            self.seen = 0;
        }
        for byte in read {
            let Some(expected) = HTTP.get(self.seen) else { return };
            if !byte.eq_ignore_ascii_case(expected) {
                self.seen = HTTP.len();
                return;
            }
            *byte = *expected;
            self.seen += 1;
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
        let before = buffer.filled().len();
        std::task::ready!(match &mut own.kind {
            Kind::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            // Many servers end the connection without ending TLS. That is an end too, as browsers have it: where the
            // length of a body was said, what is missing is noticed.
            Kind::Tls(stream) => match std::task::ready!(Pin::new(stream).poll_read(context, buffer)) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                read => Poll::Ready(read),
            },
        })?;
        own.repair(&mut buffer.filled_mut()[before..]);
        Poll::Ready(Ok(()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_beginning_of_a_head_is_put_in_upper_case() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut stream = Stream::plain(stream);
        for (awaits, pieces, expected) in [
            (true, &["http/1.1 200 ok"][..], "HTTP/1.1 200 ok"),
            (true, &["h", "tT", "p/1.1"], "HTTP/1.1"),
            (true, &["hello"], "Hello"),
            (false, &["http"], "http"),
        ] {
            if awaits {
                stream.awaits_head().set();
            }
            let mut read = String::new();
            for piece in pieces {
                let mut piece = piece.as_bytes().to_vec();
                stream.repair(&mut piece);
                read.push_str(std::str::from_utf8(&piece).unwrap());
            }
            assert_eq!(read, expected);
        }
    }
}
