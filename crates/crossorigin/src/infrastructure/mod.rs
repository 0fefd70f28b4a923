//! The nouns of the standard.
