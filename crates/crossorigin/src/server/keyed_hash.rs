//! Hashes under a key.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};

use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;

/// Hashes bytes under a key drawn at random for each set: tenants may choose the origins, so they must not be
/// able to choose the collisions.
#[derive(Clone)]
pub(super) struct KeyedHash {
    shared: SharedSeed,
    seed: u64,
}

impl KeyedHash {
    /// The hash of these pieces. Pieces that join to the same bytes may hash alike.
    pub(super) fn of(&self, pieces: &[&[u8]]) -> u64 {
        let mut hasher = FoldHasher::with_seed(self.seed, &self.shared);
        for piece in pieces {
            hasher.write(piece);
        }
        hasher.finish()
    }
}

impl Default for KeyedHash {
    /// A new key, from the standard library's source of them.
    fn default() -> Self {
        let source = RandomState::new();
        Self { shared: SharedSeed::from_u64(source.hash_one(0)), seed: source.hash_one(1) }
    }
}

impl fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedHash")
    }
}
