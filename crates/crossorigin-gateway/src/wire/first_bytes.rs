//! What a client begins with tells what it speaks.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What a client of HTTP/2 sends first. [Source](https://www.rfc-editor.org/rfc/rfc9113#section-3.4).
pub(crate) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The first byte of every TLS handshake.
const HANDSHAKE: u8 = 0x16;
/// How much is read at once.
const READ: usize = 8 * 1024;

/// What a client speaks, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    Tls,
    Http2,
    /// Or something else that the head gate refuses.
    Http1,
}

impl Spoken {
    /// What these bytes begin; `None`: there are too few of them.
    pub(crate) fn by(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [] => None,
            [HANDSHAKE, ..] => Some(Self::Tls),
            _ if bytes.starts_with(PREFACE) => Some(Self::Http2),
            _ if PREFACE.starts_with(bytes) => None,
            _ => Some(Self::Http1),
        }
    }
}

/// Reads more of what a client begins with; `false`: nothing more comes.
pub(crate) async fn more(stream: &mut TcpStream, buffer: &mut BytesMut) -> bool {
    let read = std::future::poll_fn(|context| poll_more(stream, buffer, context)).await;
    read.is_ok_and(|length| length > 0)
}

/// Reads by way of the stack: a buffer that is kept would be memory for each connection that waits.
fn poll_more(
    stream: &mut TcpStream,
    buffer: &mut BytesMut,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut space = [MaybeUninit::uninit(); READ];
    let mut space = ReadBuf::uninit(&mut space);
    ready!(Pin::new(stream).poll_read(context, &mut space))?;
    buffer.extend_from_slice(space.filled());
    Poll::Ready(Ok(space.filled().len()))
}

/// A stream of which the beginning was read already.
#[derive(Debug)]
pub(crate) struct Rewound<S> {
    beginning: BytesMut,
    inner: S,
}

impl<S> Rewound<S> {
    pub(crate) fn new(beginning: BytesMut, inner: S) -> Self {
        Self { beginning, inner }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewound<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.beginning.is_empty() {
            return Pin::new(&mut self.inner).poll_read(context, out);
        }
        let length = self.beginning.len().min(out.remaining());
        out.put_slice(&self.beginning[..length]);
        self.beginning.advance(length);
        if self.beginning.is_empty() {
            self.beginning = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewound<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell() {
        let table: [(&[u8], Option<Spoken>); 11] = [
            (b"", None),
            (b"P", None),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r", None),
            (PREFACE, Some(Spoken::Http2)),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04", Some(Spoken::Http2)),
            (b"PRI * HTTP/2.0\r\n\r\nXX", Some(Spoken::Http1)),
            (b"PRI * HTTP/2.1", Some(Spoken::Http1)),
            (b"POST / HTTP/1.1", Some(Spoken::Http1)),
            (b"GET", Some(Spoken::Http1)),
            (b"\r\n", Some(Spoken::Http1)),
            (b"\x16\x03\x01", Some(Spoken::Tls)),
        ];
        for (bytes, expected) in table {
            assert_eq!(Spoken::by(bytes), expected, "{}", bytes.escape_ascii());
        }
    }
}
