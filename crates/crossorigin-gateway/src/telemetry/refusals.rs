//! The last requests that policies refused, for the admin listener's page.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crossorigin::server::{Decision, Reason};
use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderName, request};

use super::redact::redacted;

/// How many are kept, by each worker, and shown in all.
pub(crate) const KEPT: usize = 100;

/// A request that was refused. What is longer than there is room for is cut off.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) at: Instant,
    pub(crate) policy: Short<64>,
    pub(crate) reason: Reason,
    pub(crate) is_forbidden: bool,
    /// The method; of a preflight the one that it asks for.
    pub(crate) method: Short<24>,
    pub(crate) is_preflight: bool,
    pub(crate) host: Short<96>,
    pub(crate) path: Short<160>,
    pub(crate) origin: Short<128>,
    /// The header names that a preflight asks for.
    pub(crate) headers: Short<160>,
}

/// The last refused requests of one worker.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    kept: Vec<Refused>,
    /// The oldest, once there are as many as are kept.
    oldest: usize,
}

impl Refusals {
    /// Keeps one. Takes no memory after the first [`KEPT`], and leaves it where somebody is reading just now.
    pub(crate) fn keep(&self, policy: &str, decision: &Decision, host: Option<&str>, parts: &request::Parts) {
        let Ok(mut ring) = self.0.try_lock() else { return };
        let asked = decision.is_preflight().then(|| line(&parts.headers, ACCESS_CONTROL_REQUEST_METHOD));
        let names = decision.is_preflight().then(|| line(&parts.headers, ACCESS_CONTROL_REQUEST_HEADERS));
        let refused = Refused {
            at: Instant::now(),
            policy: Short::new(policy.as_bytes()),
            reason: decision.reason(),
            is_forbidden: decision.is_forbidden(),
            method: Short::new(asked.unwrap_or(parts.method.as_str().as_bytes())),
            is_preflight: decision.is_preflight(),
            host: Short::written(redacted(host.unwrap_or_default().as_bytes())),
            path: Short::new(parts.uri.path().as_bytes()),
            origin: Short::written(redacted(line(&parts.headers, ORIGIN))),
            headers: Short::new(names.unwrap_or_default()),
        };
        let Ring { kept, oldest } = &mut *ring;
        if kept.len() < KEPT {
            kept.push(refused);
        } else {
            kept[*oldest] = refused;
            *oldest = (*oldest + 1) % KEPT;
        }
    }

    /// All that are kept.
    pub(crate) fn all(&self) -> Vec<Refused> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).kept.clone()
    }
}

fn line(headers: &HeaderMap, name: HeaderName) -> &[u8] {
    headers.get(name).map_or(b"", |value| value.as_bytes())
}

/// Text that takes no memory of its own; what does not fit is cut off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Short<const N: usize> {
    bytes: [u8; N],
    length: usize,
    is_cut: bool,
}

impl<const N: usize> Short<N> {
    fn empty() -> Self {
        Self { bytes: [0; N], length: 0, is_cut: false }
    }

    fn new(bytes: &[u8]) -> Self {
        let mut short = Self::empty();
        short.push(bytes);
        short
    }

    fn written(text: impl std::fmt::Display) -> Self {
        let mut short = Self::empty();
        // It takes what fits.
        let _ = write!(short, "{text}");
        short
    }

    fn push(&mut self, bytes: &[u8]) {
        let fits = bytes.len().min(N - self.length);
        self.bytes[self.length..self.length + fits].copy_from_slice(&bytes[..fits]);
        self.length += fits;
        self.is_cut |= fits < bytes.len();
    }

    /// The text, with an ellipsis where it was cut off.
    pub(crate) fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes[..self.length]);
        if self.is_cut { format!("{}…", text.trim_end_matches('\u{fffd}')) } else { text.into_owned() }
    }
}

impl<const N: usize> Write for Short<N> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crossorigin::server::{Policy, PolicyConfig};
    use http::Request;

    use super::*;

    #[test]
    fn keeping_one_takes_no_memory_once_there_are_as_many_as_are_kept() {
        let policy = Policy::new(&PolicyConfig::default()).unwrap();
        let long = format!("https://{}.example", "x".repeat(500));
        let request = Request::builder().uri(format!("/{}?key", "y".repeat(500))).header("origin", &long);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let decision = policy.decide(&parts);
        let refusals = Refusals::default();
        let keep = || refusals.keep("p", &decision, Some("user@host"), &parts);
        (0..KEPT).for_each(|_| keep());
        let taken = allocation_counter::measure(|| (0..10).for_each(|_| keep()));
        assert_eq!(taken.count_total, 0);
        let all = refusals.all();
        assert_eq!(all.len(), KEPT);
        assert_eq!(all[0].host.text(), "…@host");
        assert_eq!(all[0].path.text(), format!("/{}…", "y".repeat(159)));
        assert!(all[0].origin.text().starts_with("https://xxx") && all[0].origin.text().ends_with("x…"));
    }
}
