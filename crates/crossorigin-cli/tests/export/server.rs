//! A server that an export's own command started.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crossorigin_export::Target;
use crossorigin_policy::Site;
use rustix::process::{Pid, Signal, kill_process};

pub(crate) enum Exported {
    Running(Running),
    /// With what was printed.
    Refused(String),
}

/// It ends with the test.
pub(crate) struct Running {
    child: Child,
    /// What the export said to standard error.
    pub(crate) printed: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gently: some have processes of their own to end.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        drop(self.child.wait());
    }
}

/// Exports a file and starts what came of it, from another folder than its own.
pub(crate) fn exported(target: &str, file: &Path, folder: &Path, site: &Site) -> Exported {
    let output = folder.join("exported");
    let export = Command::new(env!("CARGO_BIN_EXE_crossorigin"))
        .args(["export", "--to", target, "--output"])
        .arg(&output)
        .arg(file)
        .output()
        .unwrap();
    let errors = String::from_utf8(export.stderr).unwrap();
    match export.status.code() {
        Some(0) => {}
        Some(1) => return Exported::Refused(errors),
        other => panic!("export exits with {other:?}: {errors}"),
    }
    let printed = String::from_utf8(export.stdout).unwrap();
    let command = printed.lines().last().and_then(|line| line.strip_prefix("start: ")).expect(&printed);
    if target == "express" {
        install_express(&output);
    }
    let listeners: Vec<_> = site.listeners.iter().map(|listener| listener.address).collect();
    Exported::Running(started(command, &output, folder, &listeners, errors))
}

/// As `npm install` would.
pub(crate) fn install_express(folder: &Path) {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export/express/node_modules");
    std::os::unix::fs::symlink(modules, folder.join("node_modules")).unwrap();
}

/// Starts a command, whose files are in `output` and whose errors go to `folder`, and waits until it listens.
pub(crate) fn started(
    command: &str,
    output: &Path,
    folder: &Path,
    listeners: &[SocketAddr],
    printed: String,
) -> Running {
    let rights = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(output, rights).unwrap();
    let path = std::env::var("PATH").unwrap();
    let child = Command::new("sh")
        .args(["-c", &format!("exec {command}")])
        // Debian keeps servers outside of the path of users.
        .env("PATH", format!("{path}:/usr/sbin"))
        .env("HOME", folder)
        .current_dir("/")
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.join("errors")).unwrap())
        .spawn()
        .unwrap();
    let mut running = Running { child, printed };
    for address in listeners {
        running.wait_for(*address, command, folder);
    }
    running
}

impl Running {
    /// Whether the export told of a difference that only other programs than browsers see.
    pub(crate) fn warns_of(&self, name: &str) -> bool {
        let begin = format!("warning: {name}: ");
        self.printed
            .lines()
            .any(|line| line.starts_with(&begin) && line.ends_with("(no browser sends such a request)"))
    }

    /// Nothing but a connection tells that it listens.
    fn wait_for(&mut self, address: SocketAddr, command: &str, folder: &Path) {
        let errors = || std::fs::read_to_string(folder.join("errors")).unwrap();
        let end = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(address).is_err() {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended at once: {command}: {}", errors());
            assert!(Instant::now() < end, "it does not listen: {command}: {}", errors());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A server and the version that is written for, which the one that is here has to be.
pub(crate) fn version(target: &str) -> String {
    let command = match target {
        "nginx" => "nginx -v",
        "haproxy" => "haproxy -v",
        "varnish" => "varnishd -V",
        "apache" => "apache2 -v",
        "caddy" => "caddy version",
        "envoy" => "envoy --version",
        "express" => "node -p 'require(\"express/package.json\").version'",
        other => panic!("no server: {other}"),
    };
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("{command} 2>&1")])
        .env("PATH", format!("{path}:/usr/sbin"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export/express"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let is_number =
        |word: &&str| word.contains('.') && word.split('.').all(|part| part.parse::<u32>().is_ok());
    let number = said.split(|own: char| !own.is_ascii_digit() && own != '.').find(is_number);
    let number = number.unwrap_or_else(|| panic!("{command} says no version: {said}"));
    let known = target.parse::<Target>().unwrap().version();
    assert!(number == known || number.starts_with(&format!("{known}.")), "{target} {number} is not {known}");
    format!("{target} {known}")
}
