//! A page: loaded, its scripts run, its console told.

use std::rc::Rc;
use std::time::{Duration, Instant};

use crossorigin::html::Initiator;
use crossorigin::infrastructure::host_permission::HostPermission;
use crossorigin::infrastructure::request_origin::Origin;
use crossorigin::profiles::Profile;
use crossorigin_agent::{Agent, FetchRequest};
use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use url::Url;

use crate::console::Line;
use crate::dom::{DOCUMENT, NodeId, Sink};
use crate::host::{Host, Next};
use crate::network::{Command, Network};
use crate::realm::Realm;

/// The time that a page gets where nothing else is said.
pub const PAGE_TIMEOUT: Duration = Duration::from_secs(30);

/// How a page is opened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PageOptions {
    /// As which browser it fetches.
    pub profile: Profile,
    /// Its origin, where it is not that of its URL.
    pub origin: Option<Origin>,
    /// The hosts that it may read without being shared with, as pages of extensions may.
    pub host_permissions: Vec<HostPermission>,
    /// How long it may take.
    pub timeout: Duration,
    /// Scripts that run once the page is idle, one after the other.
    pub eval: Vec<String>,
}

impl Default for PageOptions {
    fn default() -> Self {
        Self {
            profile: Profile::Standard,
            origin: None,
            host_permissions: Vec::new(),
            timeout: PAGE_TIMEOUT,
            eval: Vec::new(),
        }
    }
}

impl PageOptions {
    /// A page of 30 seconds at most, by the standard.
    pub fn new() -> Self {
        Self::default()
    }

    /// As which browser it fetches.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Its origin, where it is not that of its URL.
    #[must_use]
    pub fn origin(mut self, origin: Option<Origin>) -> Self {
        self.origin = origin;
        self
    }

    /// The hosts that it may read without being shared with.
    #[must_use]
    pub fn host_permissions(mut self, permissions: Vec<HostPermission>) -> Self {
        self.host_permissions = permissions;
        self
    }

    /// How long it may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Scripts that run once the page is idle.
    #[must_use]
    pub fn eval(mut self, scripts: Vec<String>) -> Self {
        self.eval = scripts;
        self
    }
}

/// How a page came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// Nothing was left to do, or the page closed itself.
    Idle {
        /// How many exceptions nobody caught.
        uncaught: usize,
        /// What [`PageOptions::eval`]'s scripts gave, as JSON; empty where one gave nothing, or threw.
        values: Vec<String>,
    },
    /// Its time was over.
    TimedOut,
    /// It could not be loaded.
    Unreachable(String),
}

/// Loads a page, runs its scripts until nothing is left to do, and tells its console line by line as they come.
///
/// It blocks; the network is on a thread of its own. Call it on a thread that may wait.
///
/// ```no_run
/// use crossorigin_agent::Agent;
/// use crossorigin_page::{End, PageOptions, open};
///
/// let url = "http://localhost:3000/".parse()?;
/// let end = open(&Agent::default(), &url, &PageOptions::new(), |line| println!("{}", line.text))?;
/// assert!(matches!(end, End::Idle { uncaught: 0, .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The script engine or the network's thread does not start.
pub fn open(
    agent: &Agent,
    url: &Url,
    options: &PageOptions,
    console: impl Fn(Line) + 'static,
) -> anyhow::Result<End> {
    let deadline = Instant::now() + options.timeout;
    let network = Network::start()?;
    let (html, url) = match load(agent, &network, url, deadline) {
        Ok(loaded) => loaded,
        Err(failure) => return Ok(failure),
    };
    let origin = options.origin.clone().unwrap_or_else(|| Origin::of_url(&url));
    let mut environment = agent.environment(origin);
    environment.url = Some(url.clone());
    environment.profile = options.profile;
    environment.host_permissions.clone_from(&options.host_permissions);
    let host = Rc::new(Host::new(url, environment, network, deadline, Box::new(console)));
    let realm = match Realm::new(&host, deadline) {
        Ok(realm) => realm,
        // The engine was interrupted while it was being set up.
        Err(_) if host.is_late() => return Ok(End::TimedOut),
        Err(error) => return Err(error),
    };
    let mut page = Page { parser: Some(Parser::new(&host, &html)), host, realm };
    let mut values = Vec::new();
    let mut scripts = options.eval.iter();
    page.parse();
    loop {
        if page.host.is_late() {
            return Ok(End::TimedOut);
        }
        if !page.host.closed.get() {
            match page.host.next() {
                Next::Timer(id) => {
                    page.realm.timer(id);
                    continue;
                }
                Next::Answer(answer) => {
                    page.realm.answer(&page.host, &answer);
                    page.arrived(answer.id);
                    continue;
                }
                Next::TimedOut => return Ok(End::TimedOut),
                Next::Idle => {}
            }
        }
        match scripts.next() {
            Some(script) => values.push(page.realm.eval(script).unwrap_or_default()),
            None => return Ok(End::Idle { uncaught: page.host.uncaught.get(), values }),
        }
    }
}

/// Fetches the page itself.
fn load(agent: &Agent, network: &Network, url: &Url, deadline: Instant) -> Result<(String, Url), End> {
    let environment = agent.environment(Origin::of_url(url));
    let request = FetchRequest::new(url.clone()).initiator(Initiator::Navigation);
    network.send(Command::Fetch { id: 0, request: Box::new(request), environment: Box::new(environment) });
    let left = deadline.saturating_duration_since(Instant::now());
    let answer = network.answers.recv_timeout(left).map_err(|_| End::TimedOut)?;
    match answer.loaded {
        Some(loaded) => Ok((String::from_utf8_lossy(&loaded.body).into_owned(), loaded.url)),
        None => Err(End::Unreachable(answer.record.cause())),
    }
}

struct Page {
    parser: Option<Parser>,
    realm: Realm,
    host: Rc<Host>,
}

/// Where the parser is.
struct Parser {
    tokenizer: Tokenizer<TreeBuilder<NodeId, Sink>>,
    input: BufferQueue,
    /// The script that it waits for.
    waits_for: u32,
}

impl Parser {
    fn new(host: &Host, html: &str) -> Self {
        let sink = Sink { dom: Rc::clone(&host.dom), root: DOCUMENT };
        let builder = TreeBuilder::new(sink, TreeBuilderOpts::default());
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(html));
        Self { tokenizer: Tokenizer::new(builder, TokenizerOpts::default()), input, waits_for: 0 }
    }
}

impl Page {
    /// Parses up to the next script that must come first, or to the end.
    fn parse(&mut self) {
        while let Some(parser) = &mut self.parser {
            match parser.tokenizer.feed(&parser.input) {
                TokenizerResult::Script(script) => {
                    parser.waits_for = self.realm.prepare_script(script);
                    if parser.waits_for != 0 {
                        return;
                    }
                }
                TokenizerResult::EncodingIndicator(_) => {}
                TokenizerResult::Done => {
                    parser.tokenizer.end();
                    self.parser = None;
                    self.realm.parsed();
                }
            }
        }
    }

    /// Goes on parsing where it was waited for this.
    fn arrived(&mut self, id: u32) {
        if self.parser.as_ref().is_some_and(|parser| parser.waits_for == id) {
            self.parse();
        }
    }
}
