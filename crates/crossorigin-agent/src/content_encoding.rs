//! Bodies that came compressed.

use std::io;
use std::pin::Pin;

use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use bytes::{Bytes, BytesMut};
use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use futures_util::{StreamExt as _, stream};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt as _, BodyStream};
use tokio::io::{AsyncBufRead, AsyncReadExt as _, BufReader};
use tokio_util::io::StreamReader;

use crate::Body;

/// The most encodings that a body has one in another.
pub const MAX_CONTENT_ENCODINGS: usize = 4;
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

type Reader = Pin<Box<dyn AsyncBufRead + Send>>;

/// A body that is decompressed while it is read.
pub(crate) struct Decoder(Reader);

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decoder")
    }
}

impl Decoder {
    /// Of a body with these encodings; `None` where the body is empty, which is no encoding of anything.
    pub(crate) async fn new(
        mut body: Body,
        encodings: &[Encoding],
    ) -> Result<Option<Self>, TransportFailure> {
        if encodings.len() > MAX_CONTENT_ENCODINGS {
            let message = format!("the body has {} encodings, more than are undone", encodings.len());
            return Err(TransportFailure::new(TransportFailureKind::TooLarge, message));
        }
        let Some(first) = first_data(&mut body).await? else { return Ok(None) };
        // What is called deflate is zlib, or what zlib is made of: the first byte tells.
        let is_zlib = first[0] & 0x0F == 8;
        let rest = BodyStream::new(body).filter_map(|frame| async {
            match frame {
                Ok(frame) => frame.into_data().ok().map(Ok),
                Err(failure) => Some(Err(io::Error::other(failure))),
            }
        });
        let whole = stream::once(async move { Ok::<_, io::Error>(first) }).chain(rest);
        let mut reader: Reader = Box::pin(StreamReader::new(Box::pin(whole)));
        for (nth, encoding) in encodings.iter().rev().enumerate() {
            reader = match encoding {
                Encoding::Gzip => buffered(GzipDecoder::new(reader)),
                Encoding::Brotli => buffered(BrotliDecoder::new(reader)),
                Encoding::Zstd => buffered(ZstdDecoder::new(reader)),
                Encoding::Deflate if is_zlib || nth > 0 => buffered(ZlibDecoder::new(reader)),
                Encoding::Deflate => buffered(DeflateDecoder::new(reader)),
            };
        }
        Ok(Some(Self(reader)))
    }

    /// The next piece; `None` at the end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, TransportFailure> {
        let mut chunk = BytesMut::with_capacity(CHUNK_BYTES);
        match self.0.read_buf(&mut chunk).await {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(chunk.freeze())),
            Err(error) => Err(failure(error)),
        }
    }
}

fn buffered(decoder: impl tokio::io::AsyncRead + Send + 'static) -> Reader {
    Box::pin(BufReader::with_capacity(CHUNK_BYTES, decoder))
}

async fn first_data(body: &mut Body) -> Result<Option<Bytes>, TransportFailure> {
    while let Some(frame) = body.frame().await.transpose()? {
        if let Ok(data) = frame.into_data()
            && !data.is_empty()
        {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// What broke off on the way, or what is not compressed as it says.
fn failure(error: io::Error) -> TransportFailure {
    let message = format!("the body is not encoded as Content-Encoding says: {error}");
    let inner = error.into_inner().and_then(|inner| inner.downcast::<TransportFailure>().ok());
    inner.map_or_else(|| TransportFailure::new(TransportFailureKind::Malformed, message), |inner| *inner)
}
