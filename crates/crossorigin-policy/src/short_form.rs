//! A site without a policy file.

use std::net::SocketAddr;
use std::path::PathBuf;

use crossorigin::server::PolicyConfig;

use crate::{Finding, Report, Site};

/// A site of one listener, one route at `/` and one policy, from flags. The policy is the listener's default
/// policy too.
#[derive(Clone, Debug)]
pub struct ShortForm {
    /// `--listen`.
    pub listen: SocketAddr,
    /// `--files`: a folder, relative to the working directory …
    pub files: Option<PathBuf>,
    /// … or `--upstream`: a server, such as `http://127.0.0.1:9000`.
    pub upstream: Option<String>,
    /// `--allow-origin`, `--credentials`, `--allow-method`, `--allow-header`, `--expose-header`, `--max-age`.
    pub policy: PolicyConfig,
}

impl ShortForm {
    /// Compiles it, with the warnings and notes about it.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once; the problems name the flags.
    pub fn compile(&self) -> Result<(Site, Vec<Finding>), Report> {
        todo!()
    }
}
