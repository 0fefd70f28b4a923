//! The servers, each on the same core, with the same policy.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::processes::beside;
use crate::web::free_port;

/// The core of the load generator and of the upstream.
pub(super) const ITS_CORE: &str = "0";
/// The core of what is measured.
const THEIR_CORE: &str = "1";
/// What ours is called in the tables.
pub(crate) const OURS: &str = "`crossorigin serve`";

const POLICY: &str = r#"
[policies.api]
origins_file = "origins.txt"
credentials = true
methods = ["PUT", "DELETE"]
request_headers = ["content-type", "x-csrf-token"]
exposed_headers = ["etag"]
max_age = "10m"
[limits]
connections = 20000
[[routes]]
path = "/"
upstream = "http://UPSTREAM"
policy = "api"
"#;
const FILES: &str = r#"
[[routes]]
path = "/files/"
files = "files"
policy = "api"
"#;
/// The upstream: files in nginx, and no log.
const UPSTREAM: &str = "worker_processes 1; pid upstream.pid; events { worker_connections 4096; }
http { access_log off; sendfile on; keepalive_requests 1000000000; client_body_temp_path u1; proxy_temp_path u2;
fastcgi_temp_path u3; uwsgi_temp_path u4; scgi_temp_path u5; server { listen UPSTREAM backlog=4096; root files; } }";

/// What is not here of all that is needed.
pub(crate) fn missing() -> Option<&'static str> {
    let is_there = |program: &&&str| {
        let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
        found.is_ok_and(|output| output.status.success())
    };
    let needed = ["taskset", "h2load", "openssl", "nginx", "haproxy", "caddy", "envoy"];
    needed.iter().find(|program| !is_there(program)).copied()
}

/// The policy file, its files and certificate.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    upstream: SocketAddr,
}

/// A server, ended with all its processes when dropped.
pub(crate) struct Running {
    pub(crate) name: &'static str,
    pub(crate) plain: SocketAddr,
    pub(crate) secure: SocketAddr,
    child: Child,
    pub(super) has_files: bool,
    pub(super) has_tls: bool,
}

impl Site {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path();
        let files = path.join("files");
        fs::create_dir(&files)?;
        for (name, length) in
            [("1k", 1024), ("50k", 50 * 1024), ("100k", 100 * 1024), ("2m", 2 * 1024 * 1024)]
        {
            let bytes: Vec<u8> =
                (0..length).map(|nth: usize| (nth.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
            fs::write(files.join(name), bytes)?;
        }
        let origins: String = (0..100).map(|nth| format!("https://customer-{nth}.example\n")).collect();
        fs::write(path.join("origins.txt"), origins)?;
        let mut openssl = Command::new("openssl");
        openssl.args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
        ]);
        openssl.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
        openssl.args(["-keyout", "site.key", "-out", "site.pem"]).current_dir(path);
        let made = openssl.output()?;
        anyhow::ensure!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
        readable(path)?;
        Ok(Self { upstream: address()?, folder })
    }

    /// The server that all pass requests on to.
    pub(crate) fn upstream(&self) -> anyhow::Result<Running> {
        let config = UPSTREAM.replace("UPSTREAM", &self.upstream.to_string());
        fs::write(self.folder.path().join("upstream.conf"), config)?;
        let command =
            format!("nginx -p {} -c upstream.conf -e stderr -g 'daemon off;'", self.folder.path().display());
        let addresses = (self.upstream, self.upstream);
        start("upstream", &command, ITS_CORE, self.folder.path(), addresses, (true, false))
    }

    pub(crate) fn start_all(&self) -> anyhow::Result<Vec<Running>> {
        let program = beside("crossorigin")?;
        let program = program.display();
        let mut servers = Vec::new();
        for (name, target, has_files, has_tls) in [
            (OURS, None, true, true),
            ("nginx", Some("nginx"), true, true),
            ("HAProxy", Some("haproxy"), false, false),
            ("Caddy", Some("caddy"), true, false),
            ("Envoy", Some("envoy"), false, false),
        ] {
            let (plain, secure) = (address()?, address()?);
            let file = self.folder.path().join(format!("{}.toml", target.unwrap_or("site")));
            let mut policy = format!("{POLICY}[[listeners]]\naddress = \"{plain}\"\n")
                .replace("UPSTREAM", &self.upstream.to_string());
            if has_files {
                policy.push_str(FILES);
            }
            if target.is_none() {
                policy.push_str(&format!(
                    "[[listeners]]\naddress = \"{secure}\"\ntls = [{{ certificate = \"site.pem\", key = \"site.key\" }}]\n"
                ));
            }
            fs::write(&file, policy)?;
            let command = match target {
                None => format!("{program} serve {} --workers 1 --log warn", file.display()),
                Some(target) => self.exported(&program.to_string(), target, &file, plain, secure)?,
            };
            let is_able = (has_files, has_tls);
            servers.push(start(name, &command, THEIR_CORE, self.folder.path(), (plain, secure), is_able)?);
        }
        Ok(servers)
    }

    /// Exports the policy; gives the command that starts it.
    fn exported(
        &self,
        program: &str,
        target: &str,
        file: &Path,
        plain: SocketAddr,
        secure: SocketAddr,
    ) -> anyhow::Result<String> {
        let output = self.folder.path().join(target);
        let export = Command::new(program)
            .args(["export", "--to", target, "--output"])
            .arg(&output)
            .arg(file)
            .output()?;
        anyhow::ensure!(export.status.success(), "{}", String::from_utf8_lossy(&export.stderr));
        let printed = String::from_utf8(export.stdout)?;
        if target == "nginx" {
            let config = output.join("nginx.conf");
            let text = fs::read_to_string(&config)?;
            let listens = format!("listen {plain} default_server;");
            anyhow::ensure!(text.contains(&listens), "nginx listens otherwise: {text}");
            let folder = self.folder.path().display();
            let also = format!(
                "{listens}\nlisten {secure} ssl http2 default_server;\nssl_certificate {folder}/site.pem;\n\
                 ssl_certificate_key {folder}/site.key;"
            );
            let text =
                text.replace(&listens, &also).replace("worker_processes auto", "worker_processes 1").replace(
                    "proxy_buffering off;",
                    "proxy_buffer_size 16k; proxy_buffers 16 16k; proxy_busy_buffers_size 64k;",
                );
            fs::write(&config, text)?;
        }
        readable(&output)?;
        let command = printed.lines().last().and_then(|line| line.strip_prefix("start: "));
        Ok(command.context("export printed no command")?.to_owned())
    }
}

/// Servers drop their rights where root starts them.
fn readable(folder: &Path) -> anyhow::Result<()> {
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.is_dir() {
            readable(&path)?;
        } else {
            fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        }
    }
    Ok(())
}

fn address() -> anyhow::Result<SocketAddr> {
    Ok(SocketAddr::from(([127, 0, 0, 1], free_port()?)))
}

fn start(
    name: &'static str,
    command: &str,
    core: &str,
    folder: &Path,
    (plain, secure): (SocketAddr, SocketAddr),
    (has_files, has_tls): (bool, bool),
) -> anyhow::Result<Running> {
    let errors: PathBuf = folder.join("errors");
    let child = Command::new("sh")
        .args(["-c", &format!("exec taskset -c {core} {command}")])
        .env("HOME", folder)
        .env("GOMAXPROCS", "1")
        .current_dir("/")
        .process_group(0)
        .stdout(Stdio::null())
        .stderr(fs::File::create(&errors)?)
        .spawn()?;
    let mut running = Running { name, plain, secure, child, has_files, has_tls };
    let end = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(plain).is_err() {
        let is_over = running.child.try_wait()?.is_some() || Instant::now() > end;
        anyhow::ensure!(!is_over, "{command} does not listen: {}", fs::read_to_string(&errors)?);
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(running)
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone is as good as ended.
        let group = Pid::from_raw(self.child.id().cast_signed());
        let _ = killpg(group, Signal::SIGTERM);
        let _ = self.child.wait();
    }
}

impl Running {
    /// The processes, the first one's children too.
    fn processes(&self) -> anyhow::Result<Vec<u32>> {
        let mut all = vec![self.child.id()];
        let mut nth = 0;
        while let Some(&parent) = all.get(nth) {
            for thread in fs::read_dir(format!("/proc/{parent}/task"))? {
                let children = fs::read_to_string(thread?.path().join("children")).unwrap_or_default();
                all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
            }
            nth += 1;
        }
        Ok(all)
    }

    /// Processor time so far, of all threads that live.
    pub(crate) fn nanoseconds(&self) -> anyhow::Result<f64> {
        let mut sum = 0.0;
        for process in self.processes()? {
            for thread in fs::read_dir(format!("/proc/{process}/task"))? {
                // A thread may have ended meanwhile.
                let said = fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
                sum += said.split(' ').next().and_then(|first| first.parse::<f64>().ok()).unwrap_or(0.0);
            }
        }
        Ok(sum)
    }

    /// Memory of all processes, each page counted once among them.
    pub(crate) fn bytes(&self) -> anyhow::Result<f64> {
        let mut sum = 0.0;
        for process in self.processes()? {
            let said = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
            let resident = said.lines().find_map(|line| line.strip_prefix("Pss:"));
            let kilobytes = resident.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
            sum += 1024.0 * kilobytes.context("smaps_rollup has no Pss")?;
        }
        Ok(sum)
    }
}
