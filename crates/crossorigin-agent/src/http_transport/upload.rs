//! A request's body on its way.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use bytes::Bytes;
use crossorigin_verdict::TransportFailure;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;

use crate::transport::Body;

/// Whether a body is still on its way: servers may answer before they have taken all of it.
#[derive(Debug, Default)]
pub(super) struct Upload(Weak<()>);

impl Upload {
    /// The body, with which its end can be told.
    pub(super) fn of(body: Body) -> (Body, Self) {
        if body.is_end_stream() {
            return (body, Self::default());
        }
        let token = Arc::new(());
        let upload = Self(Arc::downgrade(&token));
        (Watched { body, _token: token }.boxed_unsync(), upload)
    }

    pub(super) fn goes_on(&self) -> bool {
        self.0.strong_count() > 0
    }
}

/// A body that is dropped when it has been sent, and its token with it.
struct Watched {
    body: Body,
    _token: Arc<()>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = TransportFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportFailure>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
