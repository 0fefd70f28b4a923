//! `crossorigin serve`: runs the gateway.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};
use crossorigin::server::{Policy, PolicyConfig};
use crossorigin_gateway::{BindError, Gateway, Options, ReloadError, Reloader};
use crossorigin_policy::{Report, ShortForm, Site, Target};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::hand_over::{NotReady, Restart, Taken, notify};
use crate::log::Log;
use crate::policy::{print, rendered};

/// Puts a CORS policy in front of an HTTP server or over a folder.
///
/// What it serves, and to whom, stands in a policy file, which is read again when it changes and on SIGHUP. A
/// single server or folder needs no file: --files or --upstream, and --allow-origin.
///
/// SIGTERM and SIGINT end it when the requests under way have ended. SIGUSR2 starts the program anew, hands the
/// sockets over to it, and ends this one when the new one serves.
#[derive(Args)]
#[command(group = ArgGroup::new("what").required(true).args(["file", "files", "upstream"]))]
pub(crate) struct Serve {
    /// The policy file.
    file: Option<PathBuf>,
    #[command(flatten)]
    short: Short,
    /// Loads everything, opens nothing, prints what would be served where, and exits: with 0, or with 2 where it can't
    /// be served.
    #[arg(long)]
    check: bool,
    /// How many threads serve; as many as there are cores where it is absent.
    #[arg(long, value_name = "NUMBER")]
    workers: Option<NonZeroUsize>,
    /// How the log on standard error is written; as the policy file's `[log]` says where it is absent.
    #[arg(long, value_enum, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// The part of all requests that get a line, from 0 to 1, such as `0.01`; as `[log]` says where it is absent.
    #[arg(long, value_name = "PART", value_parser = part)]
    log_sample: Option<f64>,
    /// What is logged: error, warn, info (a line a request), debug (each decision with its reason) or trace; or
    /// a list such as `info,crossorigin::access=off`.
    #[arg(long, default_value = "info", value_name = "LEVEL")]
    log: String,
}

/// The short form: one policy, for a folder or a server.
#[derive(Args)]
#[command(next_help_heading = "Without a policy file")]
struct Short {
    /// A folder whose files are served.
    #[arg(long, value_name = "FOLDER")]
    files: Option<PathBuf>,
    /// A server that requests are passed on to, such as `http://127.0.0.1:9000`.
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS", conflicts_with = "file")]
    listen: SocketAddr,
    /// Who may read: `*`, an origin such as `https://app.example`, or a pattern such as `https://*.app.example`
    /// or `http://localhost:*`; can be given several times.
    #[arg(long = "allow-origin", value_name = "ORIGIN", conflicts_with = "file")]
    allow_origins: Vec<String>,
    /// Whether requests with credentials, such as cookies, may be read too.
    #[arg(long, conflicts_with = "file")]
    credentials: bool,
    /// A method that may be asked for, beside GET, HEAD and POST; or `*`.
    #[arg(long = "allow-method", value_name = "METHOD", conflicts_with = "file")]
    allow_methods: Vec<String>,
    /// A request header that may be asked for; or `*`.
    #[arg(long = "allow-header", value_name = "NAME", conflicts_with = "file")]
    allow_headers: Vec<String>,
    /// A response header that script may read; or `*`.
    #[arg(long = "expose-header", value_name = "NAME", conflicts_with = "file")]
    expose_headers: Vec<String>,
    /// How long the answer to a preflight may be kept, such as `10m`; at most `24h`.
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "file")]
    max_age: Option<Duration>,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    /// Lines for people.
    Human,
    /// One JSON object a line.
    Json,
}

impl From<LogFormat> for crossorigin_policy::LogFormat {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Human => Self::Human,
            LogFormat::Json => Self::Json,
        }
    }
}

fn part(text: &str) -> Result<f64, String> {
    let part = text.parse().ok().filter(|part| (0.0..=1.0).contains(part));
    part.ok_or_else(|| "write a number from 0 to 1, as in `0.01`".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    crossorigin_policy::parse_duration(text)
        .ok_or_else(|| "write a number and a unit, as in `10m`".to_owned())
}

impl Serve {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let restart = Restart::new();
        let mut taken = Taken::from_environment();
        let log = Log::start(&self.log)?;
        let mut reloader = self.file.as_deref().map(Reloader::new);
        let loaded = match &mut reloader {
            Some(reloader) => reloader.load(),
            None => self.short.compile(),
        };
        let (mut site, warnings) = match loaded {
            Ok(loaded) => loaded,
            Err(report) => {
                report_problems(&log, &report);
                // What is wrong with flags is wrong usage; what is wrong with a file is not.
                return Ok(if self.file.is_some() && !self.check {
                    ExitCode::FAILURE
                } else {
                    ExitCode::from(2)
                });
            }
        };
        log.print(&rendered(&warnings, &std::io::stderr()));
        if self.check {
            return checked(&site, &log);
        }
        let overrides = Overrides { format: self.log_format.map(Into::into), sample: self.log_sample };
        overrides.apply(&mut site, &log);
        let mut options = self.workers.map(Options::with_workers).unwrap_or_default();
        options.lost_log_lines = log.lost();
        options.sockets = std::mem::take(&mut taken.sockets).into();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut signals = {
            let _context = runtime.enter();
            Signals::new()?
        };
        let gateway = Gateway::bind(site, options)?;
        // Whoever read it may be gone, or have no room: that is no reason not to serve.
        let addresses = gateway.addresses();
        let _ = print(&summary(&gateway.handle().site(), &addresses, gateway.admin_address()));
        taken.ready();
        notify(&format!("READY=1\nMAINPID={}", std::process::id()));
        let running = Running { gateway: &gateway, overrides: &overrides, restart: &restart, log: &log };
        match runtime.block_on(running.until_ended(reloader, &mut signals)) {
            End::Asked => {
                notify("STOPPING=1");
                gateway.handle().shutdown();
            }
            End::HandedOver => gateway.handle().hand_over(),
        }
        // A second signal ends the program at once, as it does without us.
        runtime.spawn(async move {
            wait_for([&mut signals.terminate, &mut signals.interrupt]).await;
            std::process::exit(1);
        });
        let waiting = std::thread::spawn(move || gateway.wait());
        let all_ended = runtime.block_on(async {
            while !waiting.is_finished() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            waiting.join().unwrap_or(false)
        });
        if !all_ended {
            tracing::warn!("requests were cut off: they took longer than [limits] drain_timeout");
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Short {
    fn compile(&self) -> Result<(Site, Vec<crossorigin_policy::Finding>), Report> {
        let mut policy = PolicyConfig::default();
        policy.origins = self.allow_origins.clone();
        policy.credentials = self.credentials;
        policy.methods = self.allow_methods.clone();
        policy.request_headers = self.allow_headers.clone();
        policy.exposed_headers = self.expose_headers.clone();
        policy.max_age = self.max_age;
        let short = ShortForm {
            listen: self.listen,
            files: self.files.clone(),
            upstream: self.upstream.clone(),
            policy,
        };
        short.compile()
    }
}

/// Why the gateway is to end.
enum End {
    Asked,
    /// Another program has its sockets.
    HandedOver,
}

/// What runs, and what it is asked with.
struct Running<'a> {
    gateway: &'a Gateway,
    overrides: &'a Overrides,
    restart: &'a Restart,
    log: &'a Log,
}

impl Running<'_> {
    /// Reloads when it is asked to, until the program is asked to end or another one has taken over.
    async fn until_ended(&self, mut reloader: Option<Reloader>, signals: &mut Signals) -> End {
        loop {
            tokio::select! {
                () = wait_for([&mut signals.terminate, &mut signals.interrupt]) => return End::Asked,
                _ = signals.user.recv() => {
                    tokio::select! {
                        () = wait_for([&mut signals.terminate, &mut signals.interrupt]) => return End::Asked,
                        is_handed_over = self.hand_over() => if is_handed_over { return End::HandedOver },
                    }
                    continue;
                }
                _ = signals.hangup.recv() => {}
                () = changed(reloader.as_mut()) => {}
            }
            match reloader.as_mut() {
                Some(reloader) => reload(reloader, self.gateway, self.overrides, self.log),
                None => tracing::warn!("SIGHUP: there is no policy file to read again"),
            }
        }
    }

    /// Lets a new program take over; whether it has.
    async fn hand_over(&self) -> bool {
        let handed = match self.gateway.handle().sockets() {
            Ok(sockets) => self.restart.hand_over(sockets).await,
            Err(error) => Err(NotReady::NotStarted(error)),
        };
        match &handed {
            Ok(pid) => {
                tracing::info!(pid, "a new program serves; this one ends when its requests have");
            }
            Err(error) => tracing::error!(%error, "no new program has taken over: this one goes on serving"),
        }
        handed.is_ok()
    }
}

/// Signals, from the beginning on: one that comes early is not missed.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    user: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            user: signal(SignalKind::user_defined2())?,
        })
    }
}

/// Waits for the next of two signals.
async fn wait_for([one, other]: [&mut Signal; 2]) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

async fn changed(reloader: Option<&mut Reloader>) {
    match reloader {
        Some(reloader) => reloader.changed().await,
        None => std::future::pending().await,
    }
}

/// What flags say in the policy file's place.
struct Overrides {
    format: Option<crossorigin_policy::LogFormat>,
    sample: Option<f64>,
}

impl Overrides {
    fn apply(&self, site: &mut Site, log: &Log) {
        site.log.format = self.format.unwrap_or(site.log.format);
        site.log.sample = self.sample.unwrap_or(site.log.sample);
        log.set_format(site.log.format);
    }
}

fn reload(reloader: &mut Reloader, gateway: &Gateway, overrides: &Overrides, log: &Log) {
    match reloader.reload_with(&gateway.handle(), |site| overrides.apply(site, log)) {
        Ok(warnings) => {
            log.print(&rendered(&warnings, &std::io::stderr()));
            let site = gateway.handle().site();
            tracing::info!(routes = site.routes.len(), listeners = ?gateway.addresses(), "reloaded");
        }
        Err(error) => {
            if let ReloadError::Policy(report) = &error {
                report_problems(log, report);
                let problems = report.problems().len();
                tracing::error!(problems, "not reloaded: the policy that was running stays");
            } else {
                tracing::error!(%error, "not reloaded: the policy that was running stays");
            }
        }
    }
}

fn report_problems(log: &Log, report: &Report) {
    let findings: Vec<_> = report.problems().iter().chain(report.warnings()).cloned().collect();
    log.print(&rendered(&findings, &std::io::stderr()));
}

/// Says what would be served. The addresses are those that stand in the file.
fn checked(site: &Site, log: &Log) -> anyhow::Result<ExitCode> {
    if site.listeners.is_empty() {
        log.print(&format!("error: {}\n", BindError::NoListener));
        return Ok(ExitCode::from(2));
    }
    let addresses: Vec<_> = site.listeners.iter().map(|listener| listener.address).collect();
    print(&summary(site, &addresses, site.admin.as_ref().map(|admin| admin.address)))?;
    Ok(ExitCode::SUCCESS)
}

/// What is served where, and to whom: one line a route.
fn summary(site: &Site, addresses: &[SocketAddr], admin: Option<SocketAddr>) -> String {
    let mut text = String::new();
    for (listener, address) in site.listeners.iter().zip(addresses) {
        let name = match listener.name == listener.address.to_string() {
            true => String::new(),
            false => format!(" ({})", listener.name),
        };
        let scheme = if listener.tls.is_empty() { "http" } else { "https" };
        // Writing to a string can't fail.
        let _ = writeln!(text, "listening on {scheme}://{address}{name}");
        if let Some((name, policy)) = &listener.default_policy {
            let _ = writeln!(text, "  elsewhere: 404, {}", described(name, policy));
        }
    }
    if let Some(address) = admin {
        let _ = writeln!(text, "admin listener on http://{address}");
    }
    for route in &site.routes {
        let target = match &route.target {
            Target::Files(folder) => format!("files of {}", folder.display()),
            Target::Upstream(upstream) => upstream.to_string(),
        };
        let policy = match &route.policy {
            Some((name, policy)) => described(name, policy),
            None => "the upstream's own CORS headers pass through".to_owned(),
        };
        let _ = writeln!(text, "  {} -> {target}, {policy}", site.place(route));
    }
    text
}

fn described(name: &str, policy: &Policy) -> String {
    let who = match (policy.allows_any_origin(), policy.origin_count()) {
        (true, _) => "any origin".to_owned(),
        (false, 0) => "no origin".to_owned(),
        (false, 1) => "1 origin".to_owned(),
        (false, count) => format!("{count} origins"),
    };
    let credentials = if policy.allows_credentials() { ", with credentials" } else { "" };
    format!("policy {name:?}: {who}{credentials}")
}
