//! Which requests are in the log's sample.

use std::sync::atomic::{AtomicU64, Ordering};

/// Throws for the log's sample; a worker has its own.
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Whether a request is in a sample of this part of all.
    pub(crate) fn is_in(&self, sample: f64) -> bool {
        if sample >= 1.0 {
            return true;
        }
        // SplitMix64: https://doi.org/10.1145/2714064.2660195.
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // The upper 53 bits, as a fraction of 1.
        let thrown = ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        thrown < sample
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn a_sample_is_about_its_part_of_all() {
        for (sample, least, most) in
            [(0.0, 0, 0), (0.01, 850, 1_150), (0.5, 49_000, 51_000), (1.0, 100_000, 100_000)]
        {
            for seed in 0..4 {
                let dice = Dice::new(seed);
                let taken = (0..100_000).filter(|_| dice.is_in(sample)).count();
                assert!((least..=most).contains(&taken), "{taken} of 100000 at {sample}, seed {seed}");
            }
        }
    }
}
