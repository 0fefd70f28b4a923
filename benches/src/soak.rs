//! The gateway for minutes under load, while its policy changes and its upstream comes and goes.
//!
//! Clients ask at half of the rate that the gateway was found to stand, and look at every answer: nothing may be lost, and no
//! header be wrong. What the upstream itself loses is what is answered 502 while it is away.

mod asked;
mod client;
mod upstream;

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use self::client::Told;
use self::upstream::Upstream;
use crate::measure::Spread;
use crate::processes::beside;
use crate::web::free_port;

/// Clients, each with a connection.
const CLIENTS: usize = 32;
/// How long the gateway is asked as fast as it answers, to know what half of that is.
const FULL_LOAD: Duration = Duration::from_secs(5);
/// How often the policy changes, and how often the upstream is restarted.
const BETWEEN_RELOADS: Duration = Duration::from_secs(1);
const BETWEEN_RESTARTS: Duration = Duration::from_secs(5);
/// How long the upstream is away.
const AWAY: Duration = Duration::from_millis(300);
/// What the gateway may still answer 502 to after it is back, and before it is seen to go.
const MARGIN: Duration = Duration::from_millis(250);

/// What changes with every reload: how long preflights are kept, and whom one origin belongs to.
fn policy(listener: SocketAddr, upstream: SocketAddr, nth: u64) -> String {
    let sometimes = if nth.is_multiple_of(2) { r#", "https://sometimes.example""# } else { "" };
    format!(
        r#"[policies.api]
origins = ["https://app.example", "https://*.partner.example"{sometimes}]
credentials = true
methods = ["PUT"]
request_headers = ["content-type"]
max_age = "{}s"
[[listeners]]
address = "{listener}"
[[routes]]
path = "/"
upstream = "http://{upstream}"
policy = "api"
[[routes]]
path = "/files/"
files = "files"
policy = "api"
"#,
        600 + nth % 2
    )
}

/// The gateway, ended when dropped.
struct Gateway {
    child: Child,
    folder: tempfile::TempDir,
    listener: SocketAddr,
    upstream: SocketAddr,
}

impl Gateway {
    fn start(upstream: SocketAddr) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("files"))?;
        fs::write(folder.path().join("files/photo.png"), vec![7; 50 * 1024])?;
        let listener = SocketAddr::from(([127, 0, 0, 1], free_port()?));
        let file = folder.path().join("site.toml");
        fs::write(&file, policy(listener, upstream, 0))?;
        let child = Command::new(beside("crossorigin")?)
            .arg("serve")
            .arg(&file)
            .args(["--log", "error"])
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log"))?)
            .spawn()?;
        let mut gateway = Self { child, folder, listener, upstream };
        let end = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(listener).is_err() {
            let is_over = gateway.child.try_wait()?.is_some() || Instant::now() > end;
            anyhow::ensure!(!is_over, "the gateway does not listen: {}", gateway.log()?);
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(gateway)
    }

    fn log(&self) -> std::io::Result<String> {
        fs::read_to_string(self.folder.path().join("log"))
    }

    /// Puts another policy in the place of the file, as careful editors do.
    fn change(&self, nth: u64) -> std::io::Result<()> {
        let (next, file) = (self.folder.path().join("next"), self.folder.path().join("site.toml"));
        fs::write(&next, policy(self.listener, self.upstream, nth))?;
        fs::rename(next, file)
    }

    /// Resident bytes.
    fn memory(&self) -> anyhow::Result<f64> {
        let said = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = said.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(1024.0 * line.split_whitespace().next().context("no number")?.parse::<f64>()?)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Gone is as good as ended.
        let _ = kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM);
        let _ = self.child.wait();
    }
}

/// How fast the clients ask, and until when.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Nanoseconds between two requests of a client; none where it is 0.
    between: AtomicU64,
    is_over: AtomicBool,
}

/// Runs for a time; writes the page, and tells whether all held.
pub(crate) fn run(time: Duration, page: Option<&Path>) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let upstream = Arc::new(Upstream::start()?);
    let gateway = Gateway::start(upstream.address)?;
    let pace = Arc::new(Pace { between: AtomicU64::new(0), is_over: AtomicBool::new(false) });
    let clients = |pace: &Arc<Pace>| -> Vec<_> {
        let start = |nth| runtime.spawn(client::run(gateway.listener, nth, pace.clone(), upstream.clone()));
        (0..CLIENTS as u64).map(start).collect()
    };
    let collect = |clients: Vec<tokio::task::JoinHandle<Told>>| -> anyhow::Result<Told> {
        let mut told = Told::default();
        for client in clients {
            told.add(runtime.block_on(client)?);
        }
        Ok(told)
    };

    let full = clients(&pace);
    std::thread::sleep(FULL_LOAD);
    pace.is_over.store(true, Ordering::Release);
    let full = collect(full)?;
    let rate = full.answers() as f64 / FULL_LOAD.as_secs_f64();

    let between = (2.0 * CLIENTS as f64 / rate * 1e9) as u64;
    let pace = Arc::new(Pace { between: AtomicU64::new(between), is_over: AtomicBool::new(false) });
    let clients = clients(&pace);
    let begin = Instant::now();
    let (mut reloads, mut restarts) = (0_u64, 0_u32);
    let mut memory = Vec::new();
    while begin.elapsed() < time {
        std::thread::sleep(BETWEEN_RELOADS);
        reloads += 1;
        gateway.change(reloads)?;
        memory.push(gateway.memory()?);
        if begin.elapsed() > BETWEEN_RESTARTS * (restarts + 1) {
            restarts += 1;
            upstream.restart(AWAY)?;
        }
        eprint!("\r{:.0} of {:.0} s ", begin.elapsed().as_secs_f64(), time.as_secs_f64());
    }
    eprintln!();
    pace.is_over.store(true, Ordering::Release);
    let told = collect(clients)?;
    let text = written(time, rate, &told, reloads, restarts, &memory, &gateway)?;
    println!("{text}");
    if let Some(page) = page {
        fs::write(page, &text).with_context(|| page.display().to_string())?;
    }
    Ok(told.is_good() && full.is_good())
}

fn written(
    time: Duration,
    rate: f64,
    told: &Told,
    reloads: u64,
    restarts: u32,
    memory: &[f64],
    gateway: &Gateway,
) -> anyhow::Result<String> {
    let median = |part: &[f64]| Spread::of(part.to_vec()).median / (1024.0 * 1024.0);
    let tenth = (memory.len() / 10).max(1);
    let mut text = String::from(
        "# How reliable the gateway is\n\n\
         This page is written by `cargo xtask soak`. What single faults do is held by the tests of `crossorigin-gateway`.\n\n\
         ## A soak\n\n",
    );
    writeln!(
        text,
        "{} minutes at half of the load that the gateway was found to stand ({rate:.0} requests a second, both on one machine of \
         {} cores), by {CLIENTS} clients: requests to an upstream, to files, and preflights, from origins that are allowed, that are \
         refused, and that change. The policy file changes every {} s; the upstream is stopped every {} s, with everything that \
         is under way in it, and is away for {} ms.\n",
        time.as_secs() / 60,
        std::thread::available_parallelism()?,
        BETWEEN_RELOADS.as_secs(),
        BETWEEN_RESTARTS.as_secs(),
        AWAY.as_millis(),
    )?;
    writeln!(text, "| | |\n|---|--:|")?;
    for (what, number) in [
        ("Requests", told.answers().to_string()),
        ("Changes of the policy", reloads.to_string()),
        ("Restarts of the upstream", restarts.to_string()),
        ("Answers of the upstream", told.upstream.to_string()),
        ("Answers from files", told.files.to_string()),
        ("Preflights", told.preflights.to_string()),
        ("502 while the upstream was away, or with what it had under way", told.lost_upstream.to_string()),
        ("502 at any other time", told.other_failures.to_string()),
        ("Requests without a whole answer", told.unanswered.to_string()),
        ("Answers with a wrong header", told.wrong.len().to_string()),
        ("Memory in the first tenth of the time", format!("{:.1} MiB", median(&memory[..tenth]))),
        (
            "Memory in the second tenth",
            format!("{:.1} MiB", median(&memory[tenth.min(memory.len() - 1)..(2 * tenth).min(memory.len())])),
        ),
        ("Memory in the last tenth", format!("{:.1} MiB", median(&memory[memory.len() - tenth..]))),
    ] {
        writeln!(text, "| {what} | {number} |")?;
    }
    for wrong in told.wrong.iter().take(10) {
        writeln!(text, "\nWrong: {wrong}")?;
    }
    let log = gateway.log()?;
    if !log.is_empty() {
        eprintln!("the gateway's log begins: {}", log.lines().take(5).collect::<Vec<_>>().join("\n"));
    }
    Ok(text)
}

/// Where the page is written.
pub(crate) fn page() -> PathBuf {
    PathBuf::from("docs/reliability.md")
}
