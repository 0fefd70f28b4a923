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

use crate::content_encoding::{Decoder, Encoding, encodings};
use crate::{Body, Limits};

/// What is still to be read.
#[derive(Debug)]
pub(crate) struct ResponseBody {
    source: Source,
    idle_timeout: Option<Duration>,
    limit: u64,
    read: u64,
}

#[derive(Debug)]
enum Source {
    Body(Body),
    /// To be decompressed, as soon as somebody reads it.
    Encoded(Option<(Body, Vec<Encoding>)>),
    Decoded(Decoder),
    /// Read already.
    Whole(Option<Bytes>),
}

impl ResponseBody {
    pub(crate) fn new(body: Body, headers: &HeaderMap, limits: &Limits) -> Self {
        let encodings = encodings(headers);
        let source =
            if encodings.is_empty() { Source::Body(body) } else { Source::Encoded(Some((body, encodings))) };
        Self { source, idle_timeout: limits.idle_timeout, limit: limits.max_body_bytes, read: 0 }
    }

    /// A body that is there already.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self { source: Source::Whole(Some(bytes)), idle_timeout: None, limit: u64::MAX, read: 0 }
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
            Source::Body(_) | Source::Encoded(_) | Source::Decoded(_) => None,
        }
    }

    /// The next piece; never an empty one.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, TransportFailure> {
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
            Self::Encoded(encoded) => {
                let Some((body, encodings)) = encoded.take() else { return Ok(None) };
                let Some(decoder) = Decoder::new(body, &encodings).await? else { return Ok(None) };
                *self = Self::Decoded(decoder);
                Box::pin(self.next()).await
            }
            Self::Decoded(decoder) => decoder.chunk().await,
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
