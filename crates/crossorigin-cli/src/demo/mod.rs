//! `crossorigin demo`: three hosts, a gateway, and a page that shows CORS at work in the reader's browser.
//!
//! ```text
//!           ┌─ site        the page                          (127.0.0.1:7700)
//! browser ──┼─ recorder ── gateway ─┬─ files: photos, film, font
//!           │  (…:7701)    (…:7703) └─ API                   (127.0.0.1:7704)
//!           └─ third host  the same files, no CORS           (localhost:7702)
//! ```

mod api;
mod assets;
mod hosts;
mod journal;
mod output;
mod photos;
mod recorder;
mod server;
mod site;
mod third;

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::Context;
use crossorigin_gateway::{Gateway, Options};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use hosts::{DEFAULT_PORT, Hosts, LAST_PORT};

/// Shows CORS at work in your browser.
///
/// Runs a site, a shared host behind the gateway and a third host without CORS, all on this machine only, and
/// prints what to open. Ctrl-C ends it.
#[derive(clap::Args)]
pub(crate) struct Demo {
    /// Port of the site; the demo's other servers take the four after it. Free ones replace those that are
    /// taken; 0 takes only free ones.
    #[arg(long, default_value_t = DEFAULT_PORT, value_parser = clap::value_parser!(u16).range(..=i64::from(LAST_PORT)))]
    port: u16,

    /// Prints the policy file that the demo's gateway runs on, and exits.
    #[arg(long)]
    print_config: bool,
}

impl Demo {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let wanted = Hosts::from_port(self.port);
        if self.print_config {
            output::print(&policy_file(&wanted))?;
            return Ok(ExitCode::SUCCESS);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(tokio::task::LocalSet::new().run_until(show(wanted)))?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn show(wanted: Hosts) -> anyhow::Result<()> {
    let ending = Ending::prepare().context("can't wait for signals")?;
    let folder = tempfile::Builder::new()
        .prefix("crossorigin-demo-")
        .tempdir()
        .context("can't make a temporary folder; set TMPDIR to one that can be written")?;
    let (small, large) = write_files(folder.path())
        .with_context(|| format!("can't write the demo's files to {}", folder.path().display()))?;
    let large = Rc::new(large);
    let journal = Rc::new(journal::Journal::default());

    let site = hosts::bind(wanted.site)?;
    let shared = hosts::bind(wanted.shared)?;
    let third = hosts::bind(wanted.third)?;
    let api = hosts::bind(wanted.api)?;
    let gateway = free_address(wanted.gateway)?;
    let hosts =
        Hosts { site: site.address, shared: shared.address, third: third.address, gateway, api: api.address };
    let policy = folder.path().join("crossorigin.toml");
    std::fs::write(&policy, policy_file(&hosts))?;
    let running = start_gateway(&policy)?;

    serve_site(site.listener, site::Site::new(&hosts, journal.clone()));
    serve_third(third.listener, third::Third { photos: large.clone(), journal: journal.clone() });
    serve_api(api.listener, api::Api::new(large));
    serve_recorder(shared.listener, recorder::Recorder::new(gateway, journal));

    output::welcome(&wanted, &hosts, small, folder.path())?;
    ending.wait().await;
    drop(running);
    output::farewell();
    folder.close().context("can't remove the demo's temporary folder")?;
    Ok(())
}

/// The policy file, with the addresses that the servers got.
fn policy_file(hosts: &Hosts) -> String {
    let defaults = Hosts::from_port(DEFAULT_PORT);
    let addresses =
        [(defaults.site, hosts.site), (defaults.gateway, hosts.gateway), (defaults.api, hosts.api)];
    assets::POLICY
        .lines()
        .map(|line| {
            let address = addresses.iter().find(|(from, _)| line.contains(&from.to_string()));
            address.map_or_else(
                || line.to_owned(),
                |(from, to)| line.replace(&from.to_string(), &to.to_string()),
            ) + "\n"
        })
        .collect()
}

fn write_files(folder: &Path) -> anyhow::Result<(usize, photos::Large)> {
    let [photos, film, fonts] = ["photos", "film", "fonts"].map(|name| folder.join(name));
    for folder in [&photos, &film, &fonts] {
        std::fs::create_dir(folder)?;
    }
    std::fs::write(film.join("film.webm"), assets::FILM)?;
    std::fs::write(fonts.join("origin.woff2"), assets::FONT)?;
    photos::draw(&photos)
}

/// Runs the gateway on the policy file, as `crossorigin serve` would, on threads of its own.
fn start_gateway(policy: &Path) -> anyhow::Result<Gateway> {
    let (site, _) = crossorigin_policy::load(policy)?;
    Ok(Gateway::bind(site, Options::default())?)
}

/// An address that nobody listens on. The gateway binds it a moment later, with `SO_REUSEPORT`, and would not
/// notice by itself that it shares it.
fn free_address(wanted: SocketAddr) -> anyhow::Result<SocketAddr> {
    Ok(hosts::bind(wanted)?.address)
}

fn serve_site(listener: TcpListener, site: site::Site) {
    let site = Rc::new(site);
    tokio::task::spawn_local(server::serve(listener, move |request| {
        let site = site.clone();
        async move { site.answer(&request) }
    }));
}

fn serve_third(listener: TcpListener, third: third::Third) {
    let third = Rc::new(third);
    tokio::task::spawn_local(server::serve(listener, move |request| {
        let third = third.clone();
        async move { third.answer(&request) }
    }));
}

fn serve_api(listener: TcpListener, api: api::Api) {
    let api = Rc::new(api);
    tokio::task::spawn_local(server::serve(listener, move |request| {
        let api = api.clone();
        async move { api.answer(request).await }
    }));
}

fn serve_recorder(listener: TcpListener, recorder: recorder::Recorder) {
    let recorder = Rc::new(recorder);
    tokio::task::spawn_local(server::serve(listener, move |request| {
        let recorder = recorder.clone();
        async move { recorder.relay(request).await }
    }));
}

/// The signals that end the demo: Ctrl-C, a service manager's, and that of a terminal which is closed.
struct Ending([Signal; 3]);

impl Ending {
    /// From now on the signals are waited for; before, they would end the program without its cleaning up.
    fn prepare() -> std::io::Result<Self> {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let [interrupt, terminate, hang_up] = kinds.map(signal);
        Ok(Self([interrupt?, terminate?, hang_up?]))
    }

    async fn wait(mut self) {
        let [interrupt, terminate, hang_up] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    }
}
