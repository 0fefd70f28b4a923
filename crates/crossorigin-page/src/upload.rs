//! A request's body that script sends piece by piece.

use bytes::Bytes;
use crossorigin_agent::Body;
use crossorigin_verdict::TransportFailure;
use futures_util::stream;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::network::{News, Teller};

/// A body, and where its pieces are put. The page is told when one of them is taken, and sends no other before.
pub(crate) fn channel(teller: Teller) -> (UnboundedSender<Result<Bytes, TransportFailure>>, Body) {
    let (pieces, received) = unbounded_channel();
    let frames = stream::unfold((received, teller), async |(mut received, teller)| {
        let piece: Result<Bytes, TransportFailure> = received.recv().await?;
        teller.tell(News::Taken);
        Some((piece.map(Frame::data), (received, teller)))
    });
    (pieces, StreamBody::new(frames).boxed_unsync())
}
