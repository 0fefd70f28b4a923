//! When a case is over whose end script does not see.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::attempt::Attempt;
use crate::run::Run;

/// How long nothing may be sent after all that was foretold was, until nothing is likely to follow.
const AFTER_ALL: Duration = Duration::from_millis(30);
/// The same where something that was foretold is missing.
const AFTER_LESS: Duration = Duration::from_millis(800);

impl Run {
    /// Waits until nothing more of a case is likely to be sent.
    pub(crate) async fn settled(&self, attempt: Attempt, number: u64) {
        let foretold = self.foretold_requests(attempt, number);
        let patience = |sent| if sent >= foretold { AFTER_ALL } else { AFTER_LESS };
        let mut sent = self.requests_so_far(attempt, number);
        let mut end = Instant::now() + patience(sent);
        loop {
            let is_over = tokio::select! {
                () = self.sent.notified() => false,
                () = sleep_until(end) => true,
            };
            let now = self.requests_so_far(attempt, number);
            if now != sent {
                sent = now;
                end = Instant::now() + patience(sent);
            } else if is_over {
                return;
            }
        }
    }
}
