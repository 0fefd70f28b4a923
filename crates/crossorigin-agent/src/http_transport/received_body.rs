//! The bodies that come over connections.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use crossorigin_verdict::TransportFailure;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::connection::Connection;
use super::failure;
use super::pool::{Key, Pool};

/// The longest body that is read to its end when nobody wants it, in bytes, so that its connection can be kept.
const MAX_DRAINED_BYTES: u64 = 64 * 1024;
/// How long that may take.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// The body of a response, which gives its connection back when it has ended.
pub(super) struct ReceivedBody {
    /// Gone when it is dropped.
    incoming: Option<Incoming>,
    key: Key,
    lease: Option<(Connection, Arc<Pool>)>,
}

impl ReceivedBody {
    /// A body of this host, with the connection that is kept after it.
    pub(super) fn new(incoming: Incoming, key: Key, lease: Option<(Connection, Arc<Pool>)>) -> Self {
        let mut body = Self { incoming: Some(incoming), key, lease };
        body.give_back_at_end();
        body
    }

    fn give_back_at_end(&mut self) {
        if self.is_end_stream()
            && let Some((connection, pool)) = self.lease.take()
        {
            pool.put(&self.key, connection);
        }
    }
}

impl HttpBody for ReceivedBody {
    type Data = Bytes;
    type Error = TransportFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportFailure>>> {
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(None) };
        let frame = std::task::ready!(Pin::new(incoming).poll_frame(context));
        Poll::Ready(match frame {
            Some(Err(error)) => {
                self.lease = None;
                Some(Err(failure::of_hyper(&error, self.key.authority())))
            }
            Some(Ok(frame)) => {
                self.give_back_at_end();
                Some(Ok(frame))
            }
            None => {
                self.incoming = None;
                self.give_back_at_end();
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for ReceivedBody {
    /// Reads the rest of a short body, so that the connection is not lost with it.
    fn drop(&mut self) {
        let is_short = self.size_hint().upper().is_some_and(|bytes| bytes <= MAX_DRAINED_BYTES);
        let (Some(mut incoming), Some(lease), true) = (self.incoming.take(), self.lease.take(), is_short)
        else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let key = self.key.clone();
        runtime.spawn(async move {
            let rest = async {
                while let Some(read) = incoming.frame().await {
                    read?;
                }
                hyper::Result::Ok(())
            };
            if let Ok(Ok(())) = tokio::time::timeout(DRAIN_TIMEOUT, rest).await {
                let (connection, pool) = lease;
                pool.put(&key, connection);
            }
        });
    }
}
