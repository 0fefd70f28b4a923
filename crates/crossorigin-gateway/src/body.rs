//! Bodies of responses.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::errors::BodyError;
use crate::exchange::Exchange;
use crate::files::stream::FileStream;
use crate::upstream::upgrade::Tunnel;
use crate::upstream::upstream_body::UpstreamBody;
use crate::wire::streams;

/// The body of a response.
#[derive(Debug, Default)]
pub(crate) struct ResponseBody {
    source: Source,
    /// Counts what is sent; its end is the request's end.
    exchange: Option<Exchange>,
}

#[derive(Debug, Default)]
enum Source {
    #[default]
    Empty,
    Full(Bytes),
    File(Box<FileStream>),
    Upstream(Box<UpstreamBody>),
    /// None: the connection is to become another.
    Tunnel(Box<Tunnel>),
}

impl ResponseBody {
    pub(crate) fn full(bytes: impl Into<Bytes>) -> Self {
        Source::Full(bytes.into()).into()
    }

    pub(crate) fn file(stream: FileStream) -> Self {
        Source::File(Box::new(stream)).into()
    }

    pub(crate) fn upstream(body: UpstreamBody) -> Self {
        Source::Upstream(Box::new(body)).into()
    }

    pub(crate) fn tunnel(tunnel: Tunnel) -> Self {
        Source::Tunnel(Box::new(tunnel)).into()
    }

    /// What the connection is to become.
    pub(crate) fn take_tunnel(&mut self) -> Option<Tunnel> {
        match std::mem::take(&mut self.source) {
            Source::Tunnel(tunnel) => Some(*tunnel),
            other => {
                self.source = other;
                None
            }
        }
    }

    pub(crate) fn of_exchange(mut self, exchange: Exchange) -> Self {
        self.exchange = Some(exchange);
        self
    }
}

impl From<Source> for ResponseBody {
    fn from(source: Source) -> Self {
        Self { source, exchange: None }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = match &mut self.source {
            Source::Empty | Source::Tunnel(_) => Poll::Ready(None),
            Source::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Source::File(stream) => Pin::new(stream.as_mut()).poll_frame(context),
            Source::Upstream(body) => Pin::new(body.as_mut()).poll_frame(context),
        };
        streams::answer_moved(polled.is_ready());
        // Hyper does not ask again when it has the whole length.
        let is_whole = self.is_end_stream();
        if let (Poll::Ready(polled), Some(exchange)) = (&polled, &mut self.exchange) {
            match polled {
                Some(Ok(frame)) => exchange.sent(frame.data_ref().map_or(0, Bytes::len), is_whole),
                Some(Err(error)) => exchange.broken(&**error),
                None => exchange.sent(0, true),
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Empty | Source::Tunnel(_) => true,
            Source::Full(bytes) => bytes.is_empty(),
            Source::File(stream) => stream.is_end_stream(),
            Source::Upstream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Empty | Source::Tunnel(_) => SizeHint::with_exact(0),
            Source::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Source::File(stream) => stream.size_hint(),
            Source::Upstream(body) => body.size_hint(),
        }
    }
}
