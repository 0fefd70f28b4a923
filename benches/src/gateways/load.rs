//! Asks a server, and sees what it cost.

use std::process::Command;

use anyhow::Context as _;

use super::CONNECTIONS;
use super::servers::{ITS_CORE, Running};

/// One of the allowed origins.
const ORIGIN: &str = "Origin: https://customer-50.example";

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) path: &'static str,
    pub(crate) count: usize,
    pub(crate) is_preflight: bool,
    pub(crate) is_secure: bool,
    pub(crate) is_http2: bool,
}

impl Load {
    pub(crate) const GET: Self =
        Self { path: "/1k", count: 1, is_preflight: false, is_secure: false, is_http2: false };

    /// Whether a server can be asked it.
    pub(crate) fn is_for(&self, server: &Running) -> bool {
        (server.has_files || !self.path.starts_with("/files")) && (server.has_tls || !self.is_secure)
    }
}

/// Asks a server all of a load; gives the nanoseconds of processor time that one request cost it.
pub(crate) fn ask(server: &Running, load: &Load) -> anyhow::Result<f64> {
    let before = server.nanoseconds()?;
    let (scheme, address) = match load.is_secure {
        true => ("https", server.secure),
        false => ("http", server.plain),
    };
    let mut command = Command::new("taskset");
    command.args(["-c", ITS_CORE, "h2load", "--threads=1", "--header", ORIGIN]);
    command.arg(format!("--clients={CONNECTIONS}")).arg(format!("--requests={}", load.count));
    if !load.is_http2 {
        command.arg("--h1");
    }
    if load.is_preflight {
        command.args(["--header", ":method: OPTIONS", "--header", "Access-Control-Request-Method: PUT"]);
    }
    let output = command.arg(format!("{scheme}://{address}{}", load.path)).output().context("h2load")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let answered = format!("status codes: {} 2xx", load.count);
    anyhow::ensure!(said.contains(&answered), "{}, {load:?}: {said}", server.name);
    Ok((server.nanoseconds()? - before) / load.count as f64)
}
