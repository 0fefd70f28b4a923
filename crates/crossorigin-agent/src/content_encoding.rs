//! Bodies that came compressed.

use std::future::ready;
use std::io;

use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use async_compression::zstd::DParameter;
use bytes::{Bytes, BytesMut};
use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyStream;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _};
use tokio_util::io::StreamReader;

use crate::Body;
use crate::turn::Turn;

/// The most encodings that a body has one in another. Each of these layers may be as long as the body itself.
pub const MAX_CONTENT_ENCODINGS: usize = 4;
/// How far zstd looks back, as a power of two: 8 MB, the most that browsers take.
/// [Source](https://www.rfc-editor.org/rfc/rfc9659#section-3).
const ZSTD_WINDOW_BITS: u32 = 23;
/// The longest piece that is decompressed at once, in bytes.
const CHUNK_BYTES: usize = 16 * 1024;

/// What the agent asks for, where what goes to the server is safe on its way, and elsewhere: as browsers have it,
/// since intermediaries have been known to garble the newer ones.
pub(crate) const ACCEPT_ENCODING_SAFE: HeaderValue = HeaderValue::from_static("gzip, deflate, br, zstd");
pub(crate) const ACCEPT_ENCODING_PLAIN: HeaderValue = HeaderValue::from_static("gzip, deflate");

/// One encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// The encodings of a body, in the order in which they were applied. With one among them that is not known the
/// body is left as it is, as browsers do.
pub(crate) fn encodings(headers: &HeaderMap) -> Vec<Encoding> {
    let mut encodings = Vec::new();
    for line in headers.get_all(CONTENT_ENCODING) {
        for word in line.as_bytes().split(|&byte| byte == b',') {
            let encoding = match word.trim_ascii().to_ascii_lowercase().as_slice() {
                b"" | b"identity" => continue,
                b"gzip" | b"x-gzip" => Encoding::Gzip,
                b"deflate" => Encoding::Deflate,
                b"br" => Encoding::Brotli,
                b"zstd" => Encoding::Zstd,
                _ => return Vec::new(),
            };
            encodings.push(encoding);
        }
    }
    encodings
}

/// What there is of a body, piece by piece, or of a layer of it.
type Pieces = BoxStream<'static, io::Result<Bytes>>;
type Layer = StreamReader<Pieces, Bytes>;

/// A body that is decompressed while it is read.
pub(crate) struct Decoder(Pieces);

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decoder")
    }
}

impl Decoder {
    /// Of a body with these encodings, no layer of which, compressed or not, may have more bytes than this.
    pub(crate) fn new(body: Body, encodings: Vec<Encoding>, limit: u64) -> Self {
        Self(stream::once(undo_all(body, encodings, limit)).try_flatten().boxed())
    }

    /// The next piece; `None` at the end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, TransportFailure> {
        self.0.try_next().await.map_err(failure)
    }
}

async fn undo_all(body: Body, encodings: Vec<Encoding>, limit: u64) -> io::Result<Pieces> {
    if encodings.len() > MAX_CONTENT_ENCODINGS {
        let message = format!("the body has {} encodings, more than are undone", encodings.len());
        return Err(io::Error::other(TransportFailure::new(TransportFailureKind::TooLarge, message)));
    }
    let mut pieces = BodyStream::new(body)
        .filter_map(|frame| ready(frame.map(|frame| frame.into_data().ok()).transpose()))
        .map_err(io::Error::other)
        .boxed();
    for (nth, encoding) in encodings.into_iter().rev().enumerate() {
        let mut layer = StreamReader::new(bounded(pieces, limit));
        let Some(&first) = layer.fill_buf().await?.first() else {
            if nth == 0 {
                // An empty body is no encoding of anything.
                return Ok(stream::empty().boxed());
            }
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        pieces = match encoding {
            Encoding::Gzip => undo(GzipDecoder::new(layer), GzipDecoder::get_mut),
            Encoding::Zstd => {
                let window = DParameter::window_log_max(ZSTD_WINDOW_BITS);
                undo(ZstdDecoder::with_params(layer, &[window]), ZstdDecoder::get_mut)
            }
            // NOTE: the decoder takes windows of up to a gigabyte, which begin like this.
            Encoding::Brotli if first & 0x7F == 0x11 => {
                return Err(io::Error::other("the window is wider than 16 MB"));
            }
            Encoding::Brotli => undo(BrotliDecoder::new(layer), BrotliDecoder::get_mut),
            // What is called deflate is zlib, or what zlib is made of: the first byte tells.
            Encoding::Deflate if first & 0x0F == 8 => undo(ZlibDecoder::new(layer), ZlibDecoder::get_mut),
            Encoding::Deflate => undo(DeflateDecoder::new(layer), DeflateDecoder::get_mut),
        };
    }
    Ok(pieces)
}

/// What a layer decodes to. What follows its end is read too, since the connection is kept only after that.
fn undo<D: AsyncRead + Send + Unpin + 'static>(decoder: D, layer: fn(&mut D) -> &mut Layer) -> Pieces {
    let next = move |mut decoder: D| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK_BYTES);
        if decoder.read_buf(&mut chunk).await? > 0 {
            return Ok(Some((chunk.freeze(), decoder)));
        }
        let rest = layer(&mut decoder);
        loop {
            match rest.fill_buf().await?.len() {
                0 => return Ok(None),
                length => rest.consume(length),
            }
        }
    };
    stream::try_unfold(decoder, next).boxed()
}

/// The pieces of a layer, as many as are read; others get their turn between them, for a decoder may read many
/// until it has something to give.
fn bounded(pieces: Pieces, limit: u64) -> Pieces {
    let next = move |(mut pieces, mut turn, read): (Pieces, Turn, u64)| async move {
        turn.give().await;
        let Some(piece) = pieces.try_next().await? else { return Ok(None) };
        turn.took(piece.len());
        let read = read.saturating_add(piece.len() as u64);
        if read > limit {
            let message = format!("a layer of the body has more than {limit} bytes");
            return Err(io::Error::other(TransportFailure::new(TransportFailureKind::TooLarge, message)));
        }
        Ok(Some((piece, (pieces, turn, read))))
    };
    stream::try_unfold((pieces, Turn::default(), 0), next).boxed()
}

/// What broke off on the way, or what is not compressed as it says.
fn failure(error: io::Error) -> TransportFailure {
    let message = format!("the body is not encoded as Content-Encoding says: {error}");
    let inner = error.into_inner().and_then(|inner| inner.downcast::<TransportFailure>().ok());
    inner.map_or_else(|| TransportFailure::new(TransportFailureKind::Malformed, message), |inner| *inner)
}
