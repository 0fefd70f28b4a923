//! The body of a response on its way to script: bounded in size and in time.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use http::HeaderMap;
use http_body::Body as _;
use http_body_util::BodyExt as _;

use crate::content_encoding::{Decoder, encodings};
use crate::turn::Turn;
use crate::{Body, Limits};

/// What is still to be read.
#[derive(Debug)]
pub(crate) struct ResponseBody {
    source: Source,
    idle_timeout: Option<Duration>,
    limit: u64,
    read: u64,
    turn: Turn,
}

#[derive(Debug)]
enum Source {
    Body(Body),
    Encoded(Decoder),
    /// Read already.
    Whole(Option<Bytes>),
    /// Nothing more comes of it.
    Failed(TransportFailure),
}

impl ResponseBody {
    pub(crate) fn new(body: Body, headers: &HeaderMap, limits: &Limits) -> Self {
        let encodings = encodings(headers);
        let limit = limits.max_body_bytes;
        let source = match encodings.is_empty() {
            true => Source::Body(body),
            false => Source::Encoded(Decoder::new(body, encodings, limit)),
        };
        Self { source, idle_timeout: limits.idle_timeout, limit, read: 0, turn: Turn::default() }
    }

    /// A body that is there already.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        let source = Source::Whole(Some(bytes));
        Self { source, idle_timeout: None, limit: u64::MAX, read: 0, turn: Turn::default() }
    }

    /// Waits for each piece as long as it takes.
    pub(crate) fn never_idle(&mut self) {
        self.idle_timeout = None;
    }

    /// Reads all of it, so that what follows gives it without waiting.
    pub(crate) async fn read_to_end(&mut self) -> Result<(), TransportFailure> {
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            whole.extend_from_slice(&chunk);
        }
        *self = Self::whole(whole.freeze());
        Ok(())
    }

    /// All of it, where it was read to its end and not given yet.
    pub(crate) fn when_read(&self) -> Option<&Bytes> {
        match &self.source {
            Source::Whole(bytes) => bytes.as_ref(),
            Source::Body(_) | Source::Encoded(_) | Source::Failed(_) => None,
        }
    }

    /// The next piece; never an empty one. What has failed once goes on to fail. Dropping the future loses nothing.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, TransportFailure> {
        self.turn.give().await;
        let chunk = self.next().await;
        match &chunk {
            Ok(chunk) => self.turn.took(chunk.as_ref().map_or(0, Bytes::len)),
            Err(failure) => self.source = Source::Failed(failure.clone()),
        }
        chunk
    }

    async fn next(&mut self) -> Result<Option<Bytes>, TransportFailure> {
        let mut next = pin!(self.source.next());
        // What is there already needs no clock.
        let at_once = poll_fn(|context| Poll::Ready(next.as_mut().poll(context))).await;
        let chunk = match (at_once, self.idle_timeout) {
            (Poll::Ready(chunk), _) => chunk,
            (Poll::Pending, None) => next.await,
            (Poll::Pending, Some(bound)) => tokio::time::timeout(bound, next).await.map_err(|_| {
                let message = format!("nothing of the body came for {} s", bound.as_secs_f32());
                TransportFailure::new(TransportFailureKind::TimedOut, message)
            })?,
        }?;
        self.read = self.read.saturating_add(chunk.as_ref().map_or(0, |chunk| chunk.len() as u64));
        if self.read > self.limit {
            let message = format!("the body has more than {} bytes", self.limit);
            return Err(TransportFailure::new(TransportFailureKind::TooLarge, message));
        }
        Ok(chunk)
    }
}

impl Source {
    async fn next(&mut self) -> Result<Option<Bytes>, TransportFailure> {
        match self {
            Self::Encoded(decoder) => decoder.chunk().await,
            Self::Failed(failure) => Err(failure.clone()),
            Self::Whole(bytes) => Ok(bytes.take().filter(|bytes| !bytes.is_empty())),
            Self::Body(body) => {
                if body.is_end_stream() {
                    return Ok(None);
                }
                while let Some(frame) = body.frame().await.transpose()? {
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        return Ok(Some(data));
                    }
                }
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Context;

    use async_compression::tokio::bufread::GzipEncoder;
    use futures_util::stream;
    use http::HeaderValue;
    use http::header::CONTENT_ENCODING;
    use http_body::Frame;
    use http_body_util::StreamBody;
    use tokio::io::AsyncReadExt as _;
    use tokio::sync::mpsc;

    use super::*;

    fn gzip(is: bool) -> HeaderMap {
        let encoding = is.then(|| (CONTENT_ENCODING, HeaderValue::from_static("gzip")));
        encoding.into_iter().collect()
    }

    /// A body of these pieces, all of which are there.
    fn ready(pieces: &[u8], headers: &HeaderMap) -> ResponseBody {
        let frames: Vec<_> = pieces.chunks(4096).map(Bytes::copy_from_slice).map(Frame::data).collect();
        let body = StreamBody::new(stream::iter(frames.into_iter().map(Ok::<_, TransportFailure>)));
        ResponseBody::new(body.boxed_unsync(), headers, &Limits::default())
    }

    async fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut compressed = Vec::new();
        GzipEncoder::new(bytes).read_to_end(&mut compressed).await.unwrap();
        compressed
    }

    /// How often others get their turn until the body is read.
    fn turns(mut body: ResponseBody) -> usize {
        let mut read = pin!(body.read_to_end());
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut turns = 0;
        while read.as_mut().poll(&mut context).map(Result::unwrap).is_pending() {
            turns += 1;
        }
        turns
    }

    #[tokio::test]
    async fn others_get_their_turn_while_a_body_is_read() {
        const MANY: usize = 4 * 1024 * 1024;
        let zeros = vec![0; MANY];
        // Nothing, under a long name: much is read, and nothing given.
        let name = vec![b'x'; MANY];
        let nothing =
            [&[31, 139, 8, 8, 0, 0, 0, 0, 0, 3][..], &name, &[0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
        for (name, body, headers) in [
            ("plain", &zeros, gzip(false)),
            ("compressed", &compressed(&zeros).await, gzip(true)),
            ("nothing", &nothing, gzip(true)),
        ] {
            assert!(turns(ready(body, &headers)) >= 10, "{name}");
        }
        assert_eq!(turns(ready(&[0; 1000], &gzip(false))), 0);
    }

    #[tokio::test]
    async fn a_dropped_read_loses_nothing() {
        let whole = compressed(b"hello").await;
        for split in [0, 5, whole.len() - 5] {
            let (sender, mut receiver) = mpsc::unbounded_channel::<Result<Frame<Bytes>, TransportFailure>>();
            let body = StreamBody::new(stream::poll_fn(move |context| receiver.poll_recv(context)));
            let mut body = ResponseBody::new(body.boxed_unsync(), &gzip(true), &Limits::default());
            let (before, after) = whole.split_at(split);
            sender.send(Ok(Frame::data(Bytes::copy_from_slice(before)))).unwrap();
            let mut context = Context::from_waker(std::task::Waker::noop());
            let first = pin!(body.chunk()).as_mut().poll(&mut context);
            sender.send(Ok(Frame::data(Bytes::copy_from_slice(after)))).unwrap();
            drop(sender);
            let mut read = match first {
                Poll::Ready(first) => first.unwrap().unwrap().to_vec(),
                Poll::Pending => Vec::new(),
            };
            while let Some(chunk) = body.chunk().await.unwrap() {
                read.extend(chunk);
            }
            assert_eq!(read, b"hello", "{split}");
        }
    }

    #[tokio::test]
    async fn what_has_failed_does_not_end() {
        for headers in [gzip(true), gzip(false)] {
            let broken = TransportFailure::new(TransportFailureKind::Reset, "it broke");
            let frames = stream::iter([Ok(Frame::data(Bytes::from_static(&[31]))), Err(broken)]);
            let mut body =
                ResponseBody::new(StreamBody::new(frames).boxed_unsync(), &headers, &Limits::default());
            while body.chunk().await.is_ok() {}
            assert!(body.chunk().await.is_err(), "{headers:?}");
        }
    }
}
