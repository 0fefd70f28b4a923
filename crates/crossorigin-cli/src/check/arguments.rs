//! The flags, and how their values are read.
#![allow(clippy::doc_markdown, reason = "what is said of flags is what --help prints")]
#![allow(rustdoc::bare_urls, reason = "the program prints these comments as they are")]

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use crossorigin::fetching::EmbedderPolicyValue;
use crossorigin::html::{CorsSettings, Initiator};
use crossorigin::infrastructure::host_permission::HostPermission;
use crossorigin::infrastructure::methods::{is_forbidden_method, normalize_method};
use crossorigin::infrastructure::request::{CredentialsMode, Mode, RedirectMode};
use crossorigin::infrastructure::request_origin::Origin;
use crossorigin::profiles::Profile;
use http::{HeaderName, HeaderValue, Method};
use url::Url;

/// How often a request can be repeated.
pub(crate) const MAX_REPEAT: u32 = 1000;

/// Says what browsers will do with a cross-origin request, at which step of the standard it stops, and what to
/// change on the server.
///
/// The request is really sent, as a page of --from would send it: a PUT, a DELETE or a POST that the server permits
/// takes effect there. --preflight-only asks for the permission alone.
///
/// Exits 3 when a server could not be reached or understood, else 1 when a browser blocks, else 0; 2 for wrong
/// arguments.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
    /// What is asked for, such as https://api.example/items
    #[arg(conflicts_with_all = ["curl", "js", "har", "console"])]
    pub(super) url: Option<String>,

    /// The origin of the page that asks, such as https://app.example; null or file: for pages without one
    #[arg(long, value_name = "ORIGIN", value_parser = from)]
    pub(super) from: Option<Page>,

    /// The method
    #[arg(short = 'X', long = "request", value_name = "METHOD", value_parser = method, help_heading = REQUEST)]
    pub(super) method: Option<Method>,

    /// A header that script sets, as "NAME: VALUE"; may be given several times
    #[arg(short = 'H', long = "header", value_name = "HEADER", value_parser = header, help_heading = REQUEST)]
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,

    /// What is sent; @FILE takes it from a file. The method is POST then, unless -X says another
    #[arg(short = 'd', long, value_name = "DATA", help_heading = REQUEST)]
    pub(super) data: Option<String>,

    /// When cookies and HTTP authentication go along [default: as --as has it; same-origin for fetch]
    #[arg(long, value_enum, help_heading = REQUEST)]
    pub(super) credentials: Option<Credentials>,

    /// How the request crosses origins [default: as --as has it; cors for fetch]
    #[arg(long, value_enum, help_heading = REQUEST)]
    pub(super) mode: Option<RequestMode>,

    /// What becomes of redirects [default: follow]
    #[arg(long, value_enum, help_heading = REQUEST)]
    pub(super) redirect: Option<Redirect>,

    /// Who asks [default: fetch]
    #[arg(long = "as", value_name = "INITIATOR", value_parser = initiator(), help_heading = REQUEST)]
    pub(super) initiator: Option<Initiator>,

    /// The element's crossorigin attribute
    #[arg(
        long,
        value_name = "VALUE",
        num_args = 0..=1,
        default_missing_value = "anonymous",
        value_enum,
        help_heading = REQUEST
    )]
    pub(super) crossorigin: Option<CrossOrigin>,

    /// Listen for upload progress, as XMLHttpRequest can: that alone needs a preflight
    #[arg(long, help_heading = REQUEST)]
    pub(super) upload_listener: bool,

    /// Cookies that the browser holds for the URL: "NAME=VALUE; NAME=VALUE", or one with its attributes as in
    /// Set-Cookie; may be given several times
    #[arg(long = "cookie", value_name = "COOKIE", help_heading = REQUEST)]
    pub(super) cookies: Vec<String>,

    /// The page's Cross-Origin-Embedder-Policy
    #[arg(long, value_enum, default_value_t = EmbedderPolicy::UnsafeNone, help_heading = REQUEST)]
    pub(super) embedder_policy: EmbedderPolicy,

    /// A match pattern that the asking extension has permission for, such as *://*.example/*; may be given several times
    #[arg(long, value_name = "PATTERN", help_heading = REQUEST)]
    pub(super) host_permission: Vec<HostPermission>,

    /// As which browser: standard, chromium, firefox, webkit, or all
    #[arg(long, default_value = "all", value_parser = profiles(), help_heading = REQUEST)]
    pub(super) profile: Profiles,

    /// Send the request this many times in turn, on one preflight cache
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_REPEAT)), help_heading = REQUEST)]
    pub(super) repeat: u32,

    /// Read the request from a curl command, as developer tools copy it
    #[arg(long, value_name = "COMMAND", group = "input", help_heading = INPUTS)]
    pub(super) curl: Option<String>,

    /// Read the request from a call of fetch() whose arguments are literals, as developer tools copy it
    #[arg(long, value_name = "CALL", group = "input", help_heading = INPUTS)]
    pub(super) js: Option<String>,

    /// Judge every cross-origin request that a browser recorded, by the answers in the file: nothing is sent
    #[arg(long, value_name = "FILE", group = "input", help_heading = INPUTS)]
    pub(super) har: Option<PathBuf>,

    /// Explain what a browser's console said: nothing is sent
    #[arg(long, value_name = "MESSAGES", group = "input", help_heading = INPUTS)]
    pub(super) console: Option<String>,

    /// Ask this policy file and not the server: nothing is sent
    #[arg(long, value_name = "FILE", conflicts_with_all = ["har", "console"], help_heading = INPUTS)]
    pub(super) policy: Option<PathBuf>,

    /// The policy file's listener that requests come in through [default: by the URL's address and port]
    #[arg(long, value_name = "NAME", requires = "policy", help_heading = INPUTS)]
    pub(super) listener: Option<String>,

    /// Send the preflight, and not the request: its answer is taken to carry the same permission
    #[arg(long, conflicts_with_all = ["har", "console", "policy"], help_heading = NETWORK)]
    pub(super) preflight_only: bool,

    /// Connect to ADDRESS for HOST and PORT; may be given several times
    #[arg(long, value_name = "HOST:PORT:ADDRESS", value_parser = resolve, help_heading = NETWORK)]
    pub(super) resolve: Vec<Resolve>,

    /// Trust the certificates of this PEM file too
    #[arg(long, value_name = "FILE", help_heading = NETWORK)]
    pub(super) cacert: Option<PathBuf>,

    /// How long each answer may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", allow_negative_numbers = true, value_parser = seconds, help_heading = NETWORK)]
    pub(super) max_time: Duration,

    /// How to print what was found
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = OUTPUT)]
    pub(super) format: Format,

    /// When to colour the text
    #[arg(long, value_enum, default_value_t = Colour::Auto, help_heading = OUTPUT)]
    pub(super) color: Colour,
}

const REQUEST: &str = "The request";
const INPUTS: &str = "Other inputs";
const NETWORK: &str = "The network";
const OUTPUT: &str = "Output";

const EXAMPLES: &str = "Examples:
  crossorigin check https://api.example/items --from https://app.example
  crossorigin check https://api.example/items/1 --from https://app.example -X PUT -H 'Content-Type: application/json' \
-d '{}' --credentials include
  crossorigin check https://img.example/a.png --from https://app.example --as image --crossorigin
  crossorigin check --curl \"curl 'https://api.example/items' -H 'Origin: https://app.example'\"
  crossorigin check --har page.har --format json
  crossorigin check https://api.example/items --from https://app.example --policy policy.toml";

/// The page that asks.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(super) origin: Origin,
    /// What relative URLs are of; `None` for a page without a URL of its own.
    pub(super) url: Option<Url>,
}

fn from(text: &str) -> Result<Page, String> {
    if text == "null" || text == "file:" || text.starts_with("file:///") {
        return Ok(Page { origin: Origin::opaque(), url: None });
    }
    let remedy = "write scheme, host and port, such as https://app.example:8443, or null";
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase if text.contains(char::is_alphanumeric) => {
            format!("it has no scheme; write https://{}", text.trim_start_matches('/'))
        }
        error => format!("{error}; {remedy}"),
    })?;
    if url.host_str().is_some_and(|host| host.contains('*')) {
        return Err(
            "a page has no wildcard in its origin; write that of one page, such as https://app.example"
                .into(),
        );
    }
    // What is behind the origin says on which page, and changes nothing.
    match text.parse::<Origin>() {
        Ok(origin) => Ok(Page { origin, url: Some(url) }),
        Err(_) if url.origin().is_tuple() && url.username().is_empty() && url.password().is_none() => {
            Ok(Page { origin: Origin::of_url(&url), url: Some(url) })
        }
        Err(_) => Err(format!("it is no origin; {remedy}")),
    }
}

fn method(text: &str) -> Result<Method, String> {
    if is_forbidden_method(text.as_bytes()) {
        return Err("script can't send it; use another, such as POST".into());
    }
    Method::from_bytes(normalize_method(text).as_bytes())
        .map_err(|_| "it is no method name; write one such as PUT".into())
}

/// Each character is a byte, as script has it.
fn header_value(text: &str) -> Result<HeaderValue, String> {
    let bytes: Option<Vec<u8>> = text.chars().map(|letter| u8::try_from(letter).ok()).collect();
    let bytes = bytes.ok_or("fetch() throws for characters beyond ISO 8859-1; percent-encode them")?;
    HeaderValue::from_bytes(&bytes)
        .map_err(|_| "a header's value has no control characters; leave out line ends and the like".into())
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let Some((name, value)) = text.split_once(':') else {
        return Err("it has no colon; write name and value, as in 'X-Requested-With: fetch'".into());
    };
    let name = HeaderName::from_bytes(name.trim().as_bytes())
        .map_err(|_| format!("{name:?} is no header name; write letters, digits and hyphens"))?;
    match name.as_str() {
        "origin" => return Err("browsers set it by the page; give that with --from".into()),
        "cookie" => return Err("script can't set it; use --cookie".into()),
        _ => {}
    }
    Ok((name, header_value(value.trim())?))
}

/// An address for a host and port, as curl's flag of this name has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolve {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) address: IpAddr,
}

pub(crate) fn resolve(text: &str) -> Result<Resolve, String> {
    const REMEDY: &str = "write it as api.example:443:127.0.0.1";
    let mut parts = text.splitn(3, ':');
    let (Some(host), Some(port), Some(address)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!("host, port and address are parted by colons; {REMEDY}"));
    };
    let port = port.parse().map_err(|_| format!("{port:?} is no port; {REMEDY}"))?;
    let bare = address.trim_matches(['[', ']']);
    let address = bare.parse().map_err(|_| format!("{address:?} is no IP address; {REMEDY}"))?;
    Ok(Resolve { host: host.to_ascii_lowercase(), port, address })
}

fn seconds(text: &str) -> Result<Duration, String> {
    let remedy = "write seconds, such as 10 or 0.5";
    let seconds: f64 = text.parse().map_err(|_| format!("it is no number; {remedy}"))?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() && seconds <= 86_400.0 => Ok(duration),
        _ => Err(format!("it must be above 0, and a day at most; {remedy}")),
    }
}

/// One profile, or all of them.
#[derive(Clone, Debug)]
pub(crate) struct Profiles(pub(super) Vec<Profile>);

fn profiles() -> impl clap::builder::TypedValueParser<Value = Profiles> {
    use clap::builder::TypedValueParser as _;
    let names = Profile::ALL.iter().map(|profile| profile.name()).chain(["all"]);
    clap::builder::PossibleValuesParser::new(names.collect::<Vec<_>>())
        .map(|name| Profiles(name.parse().map_or_else(|_| Profile::ALL.to_vec(), |profile| vec![profile])))
}

fn initiator() -> impl clap::builder::TypedValueParser<Value = Initiator> {
    use clap::builder::TypedValueParser as _;
    // Navigations go by no CORS at all.
    let offered = Initiator::ALL
        .iter()
        .filter(|initiator| !matches!(initiator, Initiator::Navigation | Initiator::Frame));
    clap::builder::PossibleValuesParser::new(offered.map(|initiator| initiator.name()).collect::<Vec<_>>())
        .map(|name| name.parse().unwrap_or(Initiator::Fetch))
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Credentials {
    Omit,
    SameOrigin,
    Include,
}

impl From<Credentials> for CredentialsMode {
    fn from(credentials: Credentials) -> Self {
        match credentials {
            Credentials::Omit => Self::Omit,
            Credentials::SameOrigin => Self::SameOrigin,
            Credentials::Include => Self::Include,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RequestMode {
    Cors,
    NoCors,
    SameOrigin,
}

impl From<RequestMode> for Mode {
    fn from(mode: RequestMode) -> Self {
        match mode {
            RequestMode::Cors => Self::Cors,
            RequestMode::NoCors => Self::NoCors,
            RequestMode::SameOrigin => Self::SameOrigin,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Redirect {
    Follow,
    Error,
    Manual,
}

impl From<Redirect> for RedirectMode {
    fn from(redirect: Redirect) -> Self {
        match redirect {
            Redirect::Follow => Self::Follow,
            Redirect::Error => Self::Error,
            Redirect::Manual => Self::Manual,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CrossOrigin {
    Anonymous,
    UseCredentials,
}

impl From<CrossOrigin> for CorsSettings {
    fn from(attribute: CrossOrigin) -> Self {
        match attribute {
            CrossOrigin::Anonymous => Self::Anonymous,
            CrossOrigin::UseCredentials => Self::UseCredentials,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EmbedderPolicy {
    UnsafeNone,
    RequireCorp,
    Credentialless,
}

impl From<EmbedderPolicy> for EmbedderPolicyValue {
    fn from(policy: EmbedderPolicy) -> Self {
        match policy {
            EmbedderPolicy::UnsafeNone => Self::UnsafeNone,
            EmbedderPolicy::RequireCorp => Self::RequireCorp,
            EmbedderPolicy::Credentialless => Self::Credentialless,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One JSON object; docs/check.schema.json describes it
    Json,
    /// Annotations of GitHub's workflows
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On terminals, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}
