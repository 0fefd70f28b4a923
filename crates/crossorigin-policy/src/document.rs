//! A policy file's text with its places.

use std::path::Path;

use crate::{Finding, Report, Site};

/// A policy file, read and parsed, with the place of every key and value.
#[derive(Debug)]
pub struct PolicyDocument {}

impl PolicyDocument {
    /// Reads and parses a file.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn read(_path: &Path) -> Result<Self, Report> {
        todo!()
    }

    /// Parses a text that came from `path`, to whose folder the paths in it are relative. Problems are kept for
    /// [`compile`](Self::compile).
    pub fn parse(_path: &Path, _text: &str) -> Self {
        todo!()
    }

    /// Compiles the document, reading the `origins_file`s that it names. Gives the warnings and notes too.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn compile(&self) -> Result<(Site, Vec<Finding>), Report> {
        todo!()
    }
}

/// Reads, parses and compiles a policy file: the site, and the warnings and notes about it.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn load(path: &Path) -> Result<(Site, Vec<Finding>), Report> {
    PolicyDocument::read(path)?.compile()
}
