//! A client that speaks HTTP/2, and sends what no honest one does when it is asked to.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::client::SendRequest;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::{PATIENCE, Response};

/// One connection.
pub(crate) struct Http2 {
    requests: SendRequest<Bytes>,
    /// What goes out in place of the next heads.
    heads: Arc<Mutex<VecDeque<Vec<u8>>>>,
    pub(crate) connection: tokio::task::JoinHandle<Result<(), h2::Error>>,
}

impl Http2 {
    /// By prior knowledge.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream).await
    }

    /// By TLS, as a client of `name`.
    pub(crate) async fn connect_tls(
        address: SocketAddr,
        configuration: Arc<rustls::ClientConfig>,
        name: &str,
    ) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let stream = tokio_rustls::TlsConnector::from(configuration).connect(name, stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        Self::over(stream).await
    }

    pub(crate) async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        let heads = Arc::<Mutex<VecDeque<Vec<u8>>>>::default();
        let stream =
            Forging { inner: stream, heads: heads.clone(), incoming: Vec::new(), outgoing: Vec::new() };
        let (requests, connection) = h2::client::Builder::new()
            // A stream that is not read leaves room for the others.
            .initial_connection_window_size(1024 * 1024)
            .enable_push(false)
            .handshake(stream)
            .await
            .unwrap();
        Self { requests, heads, connection: tokio::spawn(connection) }
    }

    /// Sends a request with a body; without one where it is `None`.
    pub(crate) async fn send(
        &mut self,
        request: http::Request<()>,
        body: Option<&[u8]>,
    ) -> Result<Response, h2::Error> {
        let exchange = async {
            let mut requests = self.requests.clone().ready().await?;
            let (response, mut stream) = requests.send_request(request, body.is_none())?;
            if let Some(body) = body {
                // What the other side no longer wants is no failure.
                let _ = stream.send_data(Bytes::copy_from_slice(body), true);
            }
            receive(response.await?).await
        };
        tokio::time::timeout(PATIENCE, exchange).await.expect("an answer in time")
    }

    /// A GET with header lines.
    pub(crate) async fn get(&mut self, url: &str, lines: &[(&str, &str)]) -> Response {
        let request = lines
            .iter()
            .fold(http::Request::get(url), |request, (name, value)| request.header(*name, *value));
        self.send(request.body(()).unwrap(), None).await.unwrap()
    }

    /// Sends these fields, whatever they are.
    pub(crate) async fn send_fields(
        &mut self,
        fields: &[(&[u8], &[u8])],
        body: Option<&[u8]>,
    ) -> Result<Response, h2::Error> {
        self.heads.lock().unwrap().push_back(block(fields));
        self.send(http::Request::get("http://stand-in/").body(()).unwrap(), body).await
    }

    pub(crate) fn requests(&self) -> SendRequest<Bytes> {
        self.requests.clone()
    }
}

pub(crate) async fn receive(response: http::Response<h2::RecvStream>) -> Result<Response, h2::Error> {
    let (parts, mut stream) = response.into_parts();
    let mut body = Vec::new();
    while let Some(piece) = stream.data().await {
        let piece = piece?;
        let _ = stream.flow_control().release_capacity(piece.len());
        body.extend_from_slice(&piece);
    }
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    Ok(Response { status: parts.status.as_u16(), headers, body, is_whole: true })
}

/// A header block of literals that no table is asked for.
/// [Source](https://www.rfc-editor.org/rfc/rfc7541#section-6.2.2).
pub(crate) fn block(fields: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            match text.len() {
                length @ 0..=126 => block.push(length as u8),
                length => {
                    block.push(0x7f);
                    let mut rest = length - 127;
                    while rest >= 128 {
                        block.push((rest % 128) as u8 | 0x80);
                        rest /= 128;
                    }
                    block.push(rest as u8);
                }
            }
            block.extend_from_slice(text);
        }
    }
    block
}

/// A frame. [Source](https://www.rfc-editor.org/rfc/rfc9113#section-4.1).
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// Puts other heads in the place of those that are written.
struct Forging<S> {
    inner: S,
    heads: Arc<Mutex<VecDeque<Vec<u8>>>>,
    /// Written and not yet a whole frame.
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
/// The largest frame that every receiver takes.
const FRAME: usize = 16_384;

impl<S> Forging<S> {
    fn take_in(&mut self, bytes: &[u8]) {
        self.incoming.extend_from_slice(bytes);
        if PREFACE.starts_with(&self.incoming[..self.incoming.len().min(PREFACE.len())]) {
            if self.incoming.len() < PREFACE.len() {
                return;
            }
            self.outgoing.extend(self.incoming.drain(..PREFACE.len()));
        }
        while let [high, middle, low, kind, flags, a, b, c, d, ..] = self.incoming[..] {
            let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
            if self.incoming.len() < 9 + length {
                return;
            }
            let whole: Vec<u8> = self.incoming.drain(..9 + length).collect();
            let head = (kind == HEADERS).then(|| self.heads.lock().unwrap().pop_front()).flatten();
            let Some(head) = head else {
                self.outgoing.extend(whole);
                continue;
            };
            let stream = u32::from_be_bytes([a, b, c, d]);
            let mut pieces = head.chunks(FRAME).peekable();
            let (mut kind, mut flags) = (HEADERS, flags & 1);
            while let Some(piece) = pieces.next() {
                let end = if pieces.peek().is_none() { 4 } else { 0 };
                self.outgoing.extend(frame(kind, flags | end, stream, piece));
                (kind, flags) = (9, 0);
            }
        }
    }

    fn poll_out(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        S: AsyncWrite + Unpin,
    {
        while !self.outgoing.is_empty() {
            let length = ready!(Pin::new(&mut self.inner).poll_write(context, &self.outgoing))?;
            self.outgoing.drain(..length);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Forging<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, out)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Forging<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_out(context))?;
        self.take_in(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(context))?;
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(context))?;
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
