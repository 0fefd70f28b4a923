//! `crossorigin policy`: what a policy file says, and what is wrong with it.

mod check;
mod decide;
mod diff;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use crossorigin_policy::{Finding, Listener, Site};
use url::Url;

/// Checks policy files, explains their decisions, and says what changes between two.
#[derive(Args)]
pub(crate) struct PolicyCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Check),
    Decide(Box<decide::Decide>),
    Diff(diff::Diff),
    Schema(Schema),
}

/// Prints the JSON Schema of policy files, for editors.
#[derive(Args)]
struct Schema {}

impl PolicyCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Check(check) => check.run(),
            Command::Decide(decide) => decide.run(),
            Command::Diff(diff) => diff.run(),
            Command::Schema(Schema {}) => {
                print(&crossorigin_policy::schema())?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// Writes to standard output. A reader that has gone away, as `head` does, is no error.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    use std::io::Write;
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// The listener that a request for this URL comes in through: the one that is named, the only one, or the one with
/// the URL's address and port.
pub(crate) fn listener<'s>(
    site: &'s Site,
    name: Option<&str>,
    url: &Url,
) -> Result<Option<&'s Listener>, String> {
    if let Some(name) = name {
        let found = site.listeners.iter().find(|listener| listener.name == name);
        let names: Vec<_> = site.listeners.iter().map(|listener| listener.name.as_str()).collect();
        return match found {
            Some(listener) => Ok(Some(listener)),
            None if names.is_empty() => Err(format!("--listener {name}: the file names no listener")),
            None => Err(format!("--listener {name}: the file's listeners are {}", names.join(", "))),
        };
    }
    if let [only] = &site.listeners[..] {
        return Ok(Some(only));
    }
    let port = url.port_or_known_default();
    let ip = match url.host() {
        Some(url::Host::Ipv4(ip)) => Some(std::net::IpAddr::from(ip)),
        Some(url::Host::Ipv6(ip)) => Some(ip.into()),
        _ => None,
    };
    let of_port = || site.listeners.iter().filter(|listener| Some(listener.address.port()) == port);
    let of_address = of_port().find(|listener| Some(listener.address.ip()) == ip);
    Ok(of_address
        .or_else(|| of_port().find(|listener| ip.is_none() || listener.address.ip().is_unspecified())))
}

/// Findings for a stream: coloured on terminals, unless `NO_COLOR` is set, and plain elsewhere.
pub(crate) fn rendered(findings: &[Finding], stream: &impl IsTerminal) -> String {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let colour = stream.is_terminal() && !is_set("NO_COLOR") && !is_dumb;
    let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(120);
    crossorigin_policy::render(findings, colour, width)
}
