//! The flags, and how their values are read.
#![allow(clippy::doc_markdown, reason = "what is said of flags is what --help prints")]
#![allow(rustdoc::bare_urls, reason = "the program prints these comments as they are")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use crossorigin::infrastructure::host_permission::HostPermission;
use crossorigin::infrastructure::request_origin::Origin;
use crossorigin::profiles::Profile;
use url::Url;

use crate::check::Resolve;

/// Loads a page, runs its scripts, and prints what a browser's console prints.
///
/// Script sees what it would see in a browser at the page's origin, and no more; the console tells what was kept from
/// it, in the words of the profile's browser. It ends when nothing is left to do (no task, request or timer), when the
/// page closes itself, or when its time is over.
///
/// Exits 1 when an exception was not caught, 3 when the page can't be had, 4 when its time was over, 130 when it was
/// interrupted, else 0; 2 for wrong arguments.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Open {
    /// The page: an http or https URL, such as http://localhost:3000/, or an HTML file
    #[arg(value_name = "URL|FILE", value_parser = page)]
    pub(super) page: Url,

    /// The page's origin, where it is not to be that of its URL, such as https://app.example
    #[arg(long, value_name = "ORIGIN", value_parser = origin, help_heading = PAGE)]
    pub(super) origin: Option<Origin>,

    /// As which browser: standard, chromium, firefox or webkit
    #[arg(long, value_name = "PROFILE", default_value = "chromium", value_parser = profiles(), help_heading = PAGE)]
    pub(super) profile: Profile,

    /// A match pattern that the page may read from without CORS, as pages of extensions may, such as *://*.example/*;
    /// may be given several times
    #[arg(long, value_name = "PATTERN", help_heading = PAGE)]
    pub(super) host_permission: Vec<HostPermission>,

    /// How long the page may take, in seconds; each --eval gets as long anew
    #[arg(long, value_name = "SECONDS", default_value = "30", allow_negative_numbers = true, value_parser = seconds, help_heading = PAGE)]
    pub(super) timeout: Duration,

    /// Run this script once the page is idle, and print its value, or what its promise comes to; may be given several
    /// times
    #[arg(long, value_name = "SCRIPT", help_heading = OUTPUT)]
    pub(super) eval: Vec<String>,

    /// At the end, write the first canvas that SELECTOR finds to FILE.png, tainted or not; may be given several times
    #[arg(long, num_args = 2, value_names = ["SELECTOR", "FILE.png"], help_heading = OUTPUT)]
    pub(super) canvas: Vec<String>,

    /// Take cookies from this file, if it is there, and write them to it at the end, for nobody else to read
    #[arg(long, value_name = "FILE", help_heading = PAGE)]
    pub(super) cookie_jar: Option<PathBuf>,

    /// Take what pages store in localStorage from this file, if it is there, and write it to it at the end, for nobody
    /// else to read
    #[arg(long, value_name = "FILE", help_heading = PAGE)]
    pub(super) storage: Option<PathBuf>,

    /// Explain each request that failed: the way it went, the line at fault, and how to fix it
    #[arg(long, help_heading = OUTPUT)]
    pub(super) explain: bool,

    /// How to print the console
    #[arg(long, value_enum, default_value_t = Format::Pretty, help_heading = OUTPUT)]
    pub(super) format: Format,

    /// Connect to ADDRESS for HOST and PORT; may be given several times
    #[arg(long, value_name = "HOST:PORT:ADDRESS", value_parser = crate::check::resolve, help_heading = NETWORK)]
    pub(super) resolve: Vec<Resolve>,

    /// Trust the certificates of this PEM file too
    #[arg(long, value_name = "FILE", help_heading = NETWORK)]
    pub(super) cacert: Option<PathBuf>,

    /// Take every server's certificate, whoever it is of
    #[arg(long, conflicts_with = "cacert", help_heading = NETWORK)]
    pub(super) insecure: bool,
}

const PAGE: &str = "The page";
const OUTPUT: &str = "Output";
const NETWORK: &str = "The network";

const EXAMPLES: &str = "Examples:
  crossorigin open http://localhost:3000/
  crossorigin open https://app.example/ --profile firefox --explain
  crossorigin open gallery.html --origin https://app.example --canvas '#wall' wall.png
  crossorigin open http://localhost:3000/test.html --eval 'document.title' --format json";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Pretty,
    /// One JSON object a line: kind, level, text, url, reason
    Json,
}

/// A URL, or a file that is there.
fn page(text: &str) -> Result<Url, String> {
    let by_path = |path: &Path| {
        let path = path.canonicalize().map_err(|error| error.to_string())?;
        if path.is_dir() {
            return Err("it is a folder; name the HTML file in it".to_owned());
        }
        Url::from_file_path(path).map_err(|()| "its path can't be written as a URL".to_owned())
    };
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(url) if url.scheme() == "file" => {
            let path = url.to_file_path().map_err(|()| "it names no file of this machine".to_owned())?;
            let mut page =
                by_path(&path).map_err(|error| format!("{error}; name a file that can be read"))?;
            page.set_query(url.query());
            page.set_fragment(url.fragment());
            Ok(page)
        }
        _ if Path::new(text).exists() => by_path(Path::new(text)),
        Ok(url) if url.host().is_none() && url.path().starts_with(|first: char| first.is_ascii_digit()) => {
            Err(format!("it has no scheme; write http://{text}"))
        }
        Ok(url) => Err(format!("{} is no scheme of a page here; write http or https", url.scheme())),
        Err(_) => Err(
            "it is no URL, and there is no such file; write a URL such as http://localhost:3000/, or the \
                       path of a file"
                .to_owned(),
        ),
    }
}

fn origin(text: &str) -> Result<Origin, String> {
    if text == "null" {
        return Ok(Origin::opaque());
    }
    let remedy = "write scheme, host and port, such as https://app.example:8443, or null";
    text.parse().map_err(|_| format!("it is no origin; {remedy}"))
}

fn profiles() -> impl clap::builder::TypedValueParser<Value = Profile> {
    use clap::builder::TypedValueParser as _;
    let names = Profile::ALL.iter().map(|profile| profile.name());
    clap::builder::PossibleValuesParser::new(names.collect::<Vec<_>>())
        .map(|name| name.parse().unwrap_or(Profile::Chromium))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let remedy = "write seconds, such as 30 or 0.5";
    let number = text.strip_suffix('s').unwrap_or(text);
    let seconds: f64 = number.parse().map_err(|_| format!("it is no number; {remedy}"))?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() && seconds <= 86_400.0 => Ok(duration),
        _ => Err(format!("it must be above 0, and a day at most; {remedy}")),
    }
}
