//! The browsers that can be sent to the lab.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use crossorigin::profiles::Profile;

use crate::authority::Authority;
use rustix::process::{Pid, Signal, kill_process_group};

/// A browser that runs here without a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Debian's Chromium.
    Chromium,
    /// Debian's Firefox ESR.
    Firefox,
    /// `WebKitGTK`'s `MiniBrowser`.
    WebKit,
}

/// With these flags Chromium runs unattended, talks to nobody but the pages' hosts, and offers to update nothing.
pub const CHROMIUM_FLAGS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// WebGL in software, which Chromium wants to be asked for.
pub const CHROMIUM_WEBGL_FLAGS: [&str; 2] = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

impl Engine {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::WebKit];

    /// Its profile.
    pub fn profile(self) -> Profile {
        match self {
            Self::Chromium => Profile::Chromium,
            Self::Firefox => Profile::Firefox,
            Self::WebKit => Profile::WebKit,
        }
    }

    /// Whether it can be told of an authority for one visit, without changing what else it trusts.
    pub fn takes_authorities(self) -> bool {
        self == Self::Chromium
    }

    /// Sends it to a page, with a fresh profile in a folder of its own.
    ///
    /// # Errors
    /// The browser is not installed: the error names Debian's package.
    pub fn visit(self, url: &str, profile: &Path, authority: Option<&Authority>) -> anyhow::Result<Visit> {
        let mut command = self.command()?;
        match self {
            Self::Chromium => {
                command.args(CHROMIUM_FLAGS).args(CHROMIUM_WEBGL_FLAGS);
                let told = authority.map(Authority::fingerprint);
                command.args(told.map(|key| format!("--ignore-certificate-errors-spki-list={key}")));
                command.arg(format!("--user-data-dir={}", profile.display())).arg(url)
            }
            Self::Firefox => command.args(["--no-remote", "--profile"]).arg(profile).arg(url),
            Self::WebKit => {
                command.env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1").env("HOME", profile);
                command.args(["--private", url])
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let child = command.spawn().with_context(|| self.missing())?;
        Ok(Visit { child })
    }

    /// The version that is installed, such as `156.0.8078.79`.
    ///
    /// # Errors
    /// The browser is not installed, or does not say its version.
    pub fn version(self) -> anyhow::Result<String> {
        let output = self.command()?.arg("--version").output().with_context(|| self.missing())?;
        let said = String::from_utf8_lossy(&output.stdout);
        let mut words = said.split_ascii_whitespace();
        let version = words.find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
        Ok(version.with_context(|| format!("{self:?} says no version, but {said:?}"))?.to_owned())
    }

    fn command(self) -> anyhow::Result<Command> {
        Ok(match self {
            Self::Chromium => Command::new("chromium"),
            // Without a screen it has no WebGL.
            Self::Firefox => on_a_screen("firefox-esr"),
            // It wants a screen, even to say its version.
            Self::WebKit => on_a_screen(&mini_browser()?),
        })
    }

    fn missing(self) -> String {
        let package = match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox-esr and xvfb",
            Self::WebKit => "xvfb",
        };
        format!("{self:?} does not start; install Debian's package {package}")
    }
}

fn on_a_screen(program: &str) -> Command {
    let mut command = Command::new("xvfb-run");
    command.args(["-a", program]);
    command
}

fn mini_browser() -> anyhow::Result<String> {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders
        .map(|folder| folder.path().join("webkit2gtk-4.1/MiniBrowser"))
        .find(|program| program.is_file())
        .map(|program| program.display().to_string())
        .context("WebKit does not start: there is no MiniBrowser; install Debian's package webkit2gtk-driver")
}

/// A browser on its visit. It and all that it started end when this is dropped.
#[derive(Debug)]
pub struct Visit {
    child: Child,
}

impl Visit {
    /// Whether it went by itself.
    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().ok().flatten().is_some()
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        // The group was made for it: nothing else is in it.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}
