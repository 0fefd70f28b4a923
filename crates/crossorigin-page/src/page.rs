//! A page: to be run to its end, or to be held and asked.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, mpsc};

use crossorigin_agent::{Agent, Transport};
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use url::Url;

use crate::clock::Clock;
use crate::console::{Console, Line, Log};
use crate::inbox::{Ask, Message};
use crate::life::Life;
use crate::options::PageOptions;

/// The stack of a page's thread, in bytes: that of its scripts, and as much again and more for what they call.
const THREAD_STACK_BYTES: usize = 8 << 20;

/// Why a page gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageError {
    /// It could not be loaded: why.
    Unreachable(String),
    /// Its time was over. The page is at its end.
    TimedOut,
    /// The script threw, or its promise was rejected: with what.
    Script(String),
    /// The script promised what can't come any more: nothing is left to do, and it is not there.
    Unsettled,
    /// The script's value is not of the type that was asked for: why.
    Value(String),
    /// There is no such canvas: which, and why.
    Canvas(String),
    /// The page was closed.
    Closed,
    /// The script engine or a thread did not start: why.
    Engine(String),
}

impl std::fmt::Display for PageError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable(why) => write!(formatter, "the page could not be loaded: {why}"),
            Self::TimedOut => {
                formatter.write_str("the page was not done in its time; give it a longer timeout")
            }
            Self::Script(thrown) => write!(formatter, "the script threw {thrown}"),
            Self::Unsettled => {
                formatter.write_str("the script's promise was never settled, and the page is idle")
            }
            Self::Value(why) => write!(formatter, "the script's value is of another type: {why}"),
            Self::Canvas(why) => write!(formatter, "there is no such canvas: {why}"),
            Self::Closed => formatter.write_str("the page is closed"),
            Self::Engine(why) => write!(formatter, "the page can't be run: {why}"),
        }
    }
}

impl std::error::Error for PageError {}

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
/// It blocks; the network is on a thread of its own. Call it on a thread that may wait, with 4 MiB of stack or more.
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
pub fn open<T: Transport + Clone + Send + Sync + 'static>(
    agent: &Agent<T>,
    url: &Url,
    options: &PageOptions,
    console: impl Fn(Line) + 'static,
) -> anyhow::Result<End> {
    let clock = Rc::new(Clock::start(options.timeout, Arc::default()));
    let mut life = match Life::begin(&agent.boxed(), url, options, clock, Box::new(console)) {
        Ok((life, _)) => life,
        Err(PageError::Unreachable(why)) => return Ok(End::Unreachable(why)),
        Err(PageError::TimedOut) => return Ok(End::TimedOut),
        Err(error) => return Err(error.into()),
    };
    let mut values = Vec::new();
    let mut is_in_time = life.run();
    for script in &options.eval {
        if !is_in_time {
            break;
        }
        values.push(life.eval_to_end(script).unwrap_or_default());
        is_in_time = life.run();
    }
    Ok(match is_in_time {
        true => End::Idle { uncaught: life.host.uncaught.get(), values },
        false => End::TimedOut,
    })
}

/// A page that is held: it runs on a thread of its own, and can be asked from any other.
///
/// Its futures want no runtime: any executor drives them. Dropping it ends it, whatever it is doing. Pages share
/// nothing but what their agent shares: cookies, connections, and what preflights have permitted.
///
/// ```
/// # use axum::{Router, response::Html, routing::get};
/// use crossorigin_agent::{Agent, InProcess};
/// use crossorigin_page::Page;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let site: Router = Router::new().route("/", get(async || {
///     Html("<title>Photos</title><script>console.log('hi'); var seen = [1, 2, 3]</script>")
/// }));
/// let agent = Agent::with_transport(InProcess::new(site));
/// let page = Page::open(&agent, &"https://photos.example/".parse()?).await?;
/// page.idle().await?;
/// assert_eq!(page.eval::<String>("document.title").await?, "Photos");
/// assert_eq!(page.eval::<Vec<u32>>("Promise.resolve(seen)").await?, [1, 2, 3]);
/// assert_eq!(page.console().lines()[0].text, "hi");
/// page.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Page {
    asks: mpsc::Sender<Message>,
    guard: GivenUp,
    end: Arc<OnceLock<PageError>>,
    console: Console,
    /// Told, by being dropped, when the page's thread is at its end.
    over: Option<oneshot::Receiver<()>>,
}

impl Page {
    /// Loads a page, and begins to run it.
    ///
    /// # Errors
    /// It can't be loaded, or run.
    pub async fn open<T: Transport + Clone + Send + Sync + 'static>(
        agent: &Agent<T>,
        url: &Url,
    ) -> Result<Self, PageError> {
        Self::open_with(agent, url, &PageOptions::new()).await
    }

    /// As [`open`](Self::open), with options; of them, `eval` is left out of account.
    ///
    /// [`PageOptions::timeout`] is the time for loading the page and for all that follows by itself; each
    /// [`eval`](Self::eval) gives it anew. A page that is idle lives on. Where script is in a function of the engine's own
    /// that takes long, such as the sorting of a million values, it is interrupted some time after.
    ///
    /// # Errors
    /// It can't be loaded, or run.
    pub async fn open_with<T: Transport + Clone + Send + Sync + 'static>(
        agent: &Agent<T>,
        url: &Url,
        options: &PageOptions,
    ) -> Result<Self, PageError> {
        let is_given_up = Arc::<AtomicBool>::default();
        let end = Arc::<OnceLock<PageError>>::default();
        let (log, console) = Log::new();
        let (opened, is_opened) = oneshot::channel();
        let (at_end, over) = oneshot::channel();
        let (agent, url, options) = (agent.boxed(), url.clone(), options.clone());
        // Whoever gives up waiting here gives up the page.
        let guard = GivenUp(Arc::clone(&is_given_up));
        let its_end = Arc::clone(&end);
        let run = move || {
            let _at_end = at_end;
            let clock = Rc::new(Clock::start(options.timeout, is_given_up));
            match Life::begin(&agent, &url, &options, clock, Box::new(move |line| log.tell(line))) {
                Ok((life, asks)) => {
                    if opened.send(Ok(asks)).is_ok() {
                        life.serve(&its_end);
                    }
                }
                Err(error) => drop(opened.send(Err(error))),
            }
        };
        std::thread::Builder::new()
            .name("page".to_owned())
            .stack_size(THREAD_STACK_BYTES)
            .spawn(run)
            .map_err(|error| PageError::Engine(error.to_string()))?;
        let asks = is_opened.await.unwrap_or(Err(PageError::Closed))?;
        Ok(Self { asks, guard, end, console, over: Some(over) })
    }

    /// Runs a script as a task of the page, and gives its value; where that is a promise, what comes of it.
    ///
    /// The value passes as JSON: what has none, such as `undefined` or a function, is `null`.
    ///
    /// # Errors
    /// The script throws, its promise is rejected or never settled, its value is of another type, or the page is at
    /// its end.
    pub async fn eval<V: DeserializeOwned>(&self, script: &str) -> Result<V, PageError> {
        let (done, value) = oneshot::channel();
        self.ask(Ask::Eval { script: script.to_owned(), done });
        let value = value.await.unwrap_or_else(|_| Err(self.end()))?;
        let value = if value.is_empty() { "null" } else { &value };
        serde_json::from_str(value).map_err(|error| PageError::Value(error.to_string()))
    }

    /// Waits until nothing is left to do: no task, no request, no timer.
    ///
    /// # Errors
    /// The page comes to its end before.
    pub async fn idle(&self) -> Result<(), PageError> {
        let (done, idle) = oneshot::channel();
        self.ask(Ask::Idle(done));
        idle.await.map_err(|_| self.end())
    }

    /// What is drawn on the first canvas that a selector finds, as a PNG.
    ///
    /// It is for the user, from whom nothing is kept: also of a tainted canvas, whose pixels script may not read.
    ///
    /// # Errors
    /// No canvas is found, it has no pixels, or the page is at its end.
    pub async fn canvas(&self, selector: &str) -> Result<Vec<u8>, PageError> {
        let selector = selector.to_owned();
        self.look(move |life| life.canvas(&selector)).await?
    }

    /// How many exceptions and rejections nobody has caught.
    ///
    /// # Errors
    /// The page is at its end.
    pub async fn uncaught(&self) -> Result<usize, PageError> {
        self.look(|life| life.host.uncaught.get()).await
    }

    async fn look<R: Send + 'static>(
        &self,
        look: impl FnOnce(&Life) -> R + Send + 'static,
    ) -> Result<R, PageError> {
        let (done, seen) = oneshot::channel();
        self.ask(Ask::Look(Box::new(move |life| drop(done.send(look(life))))));
        seen.await.map_err(|_| self.end())
    }

    /// Its console, from the first line on.
    pub fn console(&self) -> Console {
        self.console.clone()
    }

    /// Ends the page, and waits until its threads are gone.
    pub async fn close(mut self) {
        let over = self.over.take();
        drop(self);
        if let Some(over) = over {
            let _ = over.await;
        }
    }

    fn ask(&self, ask: Ask) {
        // Where the page is at its end, the answer's channel says so.
        let _ = self.asks.send(Message::Ask(ask));
    }

    fn end(&self) -> PageError {
        self.end.get().cloned().unwrap_or(PageError::Closed)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.guard.give_up();
        // It may be asleep.
        self.ask(Ask::Close);
    }
}

/// Ends a page once this is dropped.
#[derive(Debug)]
struct GivenUp(Arc<AtomicBool>);

impl GivenUp {
    fn give_up(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.give_up();
    }
}
