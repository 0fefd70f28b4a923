//! `crossorigin open`: loads a page, runs its scripts, and prints what a browser's console prints.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use crossorigin::infrastructure::host_permission::HostPermission;
use crossorigin::infrastructure::request_origin::Origin;
use crossorigin::profiles::Profile;
use crossorigin_agent::Agent;
use crossorigin_page::{End, Kind, Level, Line, PageOptions};
use url::Url;

/// The exit status where a script threw and nobody caught it.
const UNCAUGHT: u8 = 1;
/// The exit status for wrong usage.
const USAGE: u8 = 2;
/// The exit status where the page can't be had.
const UNREACHABLE: u8 = 3;
/// The exit status where the page's time was over.
const TIMED_OUT: u8 = 4;

/// Load a page, run its scripts, and print what a browser's console prints.
///
/// Script sees what it would see in a browser at the page's origin, and no more; the console tells what was kept from
/// it, in the words of the profile's browser. It ends when nothing is left to do, when the page closes itself, or when
/// its time is over.
///
/// Exit status: 0, or 1 where an exception was not caught, 2 for flags that are wrong, 3 where the page can't be had, 4
/// where its time was over.
#[derive(Args)]
pub(crate) struct Open {
    /// The page: a URL of http or https.
    #[arg(value_name = "URL")]
    url: Url,
    /// The page's origin, where it is not to be that of its URL.
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<Origin>,
    /// As which browser: standard, chromium, firefox or webkit.
    #[arg(long, value_name = "PROFILE", default_value = "chromium")]
    profile: Profile,
    /// How long the page may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    timeout: f64,
    /// Run this script once the page is idle, and print its value. Can be given more than once.
    #[arg(long, value_name = "SCRIPT")]
    eval: Vec<String>,
    /// Let the page read from these hosts without being shared with, as pages of extensions may.
    #[arg(long, value_name = "PATTERN")]
    host_permission: Vec<HostPermission>,
    /// For people, or one JSON object a line.
    #[arg(long, value_name = "FORMAT", default_value = "pretty")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Pretty,
    Json,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('s').parse() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(seconds),
        _ => Err("write seconds up to a day, such as 30 or 0.5".to_owned()),
    }
}

impl Open {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        if !matches!(self.url.scheme(), "http" | "https") {
            let hint = if Path::new(self.url.path()).exists() {
                "; serve the file, as by `crossorigin serve`"
            } else {
                ""
            };
            eprintln!("error: {} is no page of http or https{hint}", self.url);
            return Ok(ExitCode::from(USAGE));
        }
        let options = PageOptions::new()
            .profile(self.profile)
            .origin(self.origin)
            .host_permissions(self.host_permission)
            .timeout(Duration::from_secs_f64(self.timeout))
            .eval(self.eval);
        let format = self.format;
        let end =
            crossorigin_page::open(&Agent::default(), &self.url, &options, move |line| print(&line, format));
        Ok(match end.context("the page can't be opened")? {
            End::Idle { uncaught, values } => {
                for value in values.iter().filter(|value| !value.is_empty()) {
                    println!("{value}");
                }
                if uncaught == 0 { ExitCode::SUCCESS } else { ExitCode::from(UNCAUGHT) }
            }
            End::TimedOut => {
                eprintln!("error: the page was not done after {} s; --timeout gives it more", self.timeout);
                ExitCode::from(TIMED_OUT)
            }
            End::Unreachable(why) => {
                eprintln!("error: {why}");
                ExitCode::from(UNREACHABLE)
            }
            _ => ExitCode::FAILURE,
        })
    }
}

fn print(line: &Line, format: Format) {
    let mut stdout = std::io::stdout().lock();
    let text = match format {
        Format::Json => serde_json::to_string(line).unwrap_or_default(),
        Format::Pretty => match (line.kind, line.level) {
            (Kind::Console, Level::Log | Level::Info | Level::Debug) => line.text.clone(),
            (Kind::Console, Level::Warn) => format!("warning: {}", line.text),
            (Kind::Network, _) => format!("network: {}", line.text),
            _ => format!("error: {}", line.text),
        },
    };
    // Nobody is left to be told where the reader is gone.
    let _ = writeln!(stdout, "{text}");
}
