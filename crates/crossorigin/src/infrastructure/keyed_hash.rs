//! Hashes under a key.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;

/// Hashes under a key drawn at random for each table: those who choose what is in it must not be able to choose
/// the collisions.
#[derive(Clone)]
pub(crate) struct KeyedHash {
    shared: SharedSeed,
    seed: u64,
}

impl KeyedHash {
    /// The hash of these pieces. Pieces that join to the same bytes may hash alike.
    pub(crate) fn of(&self, pieces: &[&[u8]]) -> u64 {
        let mut hasher = FoldHasher::with_seed(self.seed, &self.shared);
        for piece in pieces {
            hasher.write(piece);
        }
        hasher.finish()
    }

    /// The hash of a value.
    pub(crate) fn of_value(&self, value: impl Hash) -> u64 {
        let mut hasher = FoldHasher::with_seed(self.seed, &self.shared);
        value.hash(&mut hasher);
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
