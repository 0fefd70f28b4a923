//! What bounds a client's connection.

use std::sync::Arc;
use std::time::Duration;

use super::place::Stop;
use crate::context::{Admission, Context};
use crate::running::Local;
use crate::wire::head::HeadLimits;
use crate::wire::head_gate::GateLimits;

/// How long a connection that gets nothing but a 503 may take.
const TURNED_AWAY_WITHIN: Duration = Duration::from_secs(1);
/// Hyper's own limits are this far above ours, so that it is ours that refuse.
pub(crate) const HEADROOM: usize = 16 * 1024;

/// What bounds a connection, of the site that was served when it began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionLimits {
    pub(crate) gate: GateLimits,
    pub(crate) handshake_timeout: Duration,
    pub(crate) streams: u32,
}

/// A client whose first bytes have told what it speaks.
pub(crate) struct Client {
    pub(crate) context: Arc<Context>,
    pub(crate) stop: Stop,
    pub(crate) limits: ConnectionLimits,
}

impl ConnectionLimits {
    pub(crate) fn new(local: &Local, admission: Admission) -> Self {
        let site = local.shared.site.load();
        let limits = &site.limits;
        let is_admitted = matches!(admission, Admission::Admitted);
        let at_most =
            |duration: Duration| if is_admitted { duration } else { duration.min(TURNED_AWAY_WITHIN) };
        Self {
            gate: GateLimits {
                head: HeadLimits { bytes: limits.head_bytes, lines: limits.header_lines },
                head_timeout: at_most(limits.head_timeout),
                idle_timeout: at_most(limits.idle_timeout),
                stall_timeout: at_most(limits.stall_timeout),
            },
            handshake_timeout: at_most(limits.handshake_timeout),
            streams: limits.streams,
        }
    }
}
