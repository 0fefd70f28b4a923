//! How often each reason decided.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Reason;

/// Counts decisions by their reason: as many numbers as there are reasons, whoever asks.
///
/// ```
/// use crossorigin::server::{DecisionCounters, Reason};
///
/// static DECISIONS: DecisionCounters = DecisionCounters::new();
/// DECISIONS.count(Reason::OriginNotAllowed);
/// assert_eq!(DECISIONS.get(Reason::OriginNotAllowed), 1);
/// ```
#[derive(Debug)]
pub struct DecisionCounters([AtomicU64; Reason::ALL.len()]);

impl DecisionCounters {
    /// All of them at zero.
    pub const fn new() -> Self {
        Self([const { AtomicU64::new(0) }; Reason::ALL.len()])
    }

    /// Counts one decision.
    pub fn count(&self, reason: Reason) {
        self.0[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How many decisions had this reason.
    pub fn get(&self, reason: Reason) -> u64 {
        self.0[reason as usize].load(Ordering::Relaxed)
    }

    /// Every reason with its number, zeros too.
    pub fn iter(&self) -> impl Iterator<Item = (Reason, u64)> + '_ {
        Reason::ALL.into_iter().map(|reason| (reason, self.get(reason)))
    }
}

impl Default for DecisionCounters {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_number_of_its_own() {
        let counters = DecisionCounters::new();
        for (nth, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, nth, "ALL is in the order of the enum");
            (0..nth).for_each(|_| counters.count(reason));
        }
        assert!(counters.iter().map(|(_, count)| count).eq(0..Reason::ALL.len() as u64));
    }

    #[test]
    fn codes_are_told_apart() {
        let mut codes = Reason::ALL.map(Reason::code).to_vec();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
    }
}
