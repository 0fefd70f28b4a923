//! The page itself: fetched or read, and decoded.

use std::io::Read as _;
use std::sync::mpsc;

use crossorigin::html::Initiator;
use crossorigin::infrastructure::request_origin::Origin;
use crossorigin_agent::{Agent, BoxedTransport, FetchRequest, Loaded};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use url::Url;

use crate::clock::Clock;
use crate::encoding;
use crate::inbox::Message;
use crate::network::{Asked, Command, Network, News};
use crate::page::PageError;

/// The longest page, in bytes before it is decoded.
pub const MAX_PAGE_BYTES: usize = 1 << 26;

/// A page's text.
pub(crate) struct Document {
    pub(crate) html: String,
    /// Where it came from, after redirects.
    pub(crate) url: Url,
}

/// The network, as it is needed to load a page.
pub(crate) struct Loader<'a> {
    pub(crate) agent: &'a Agent<BoxedTransport>,
    pub(crate) network: &'a Network,
    pub(crate) inbox: &'a mpsc::Receiver<Message>,
    pub(crate) clock: &'a Clock,
}

impl Loader<'_> {
    /// Fetches the page itself. A status that tells of an error has a page, too.
    ///
    /// # Errors
    /// It can't be had, or is none.
    pub(crate) fn fetch(&self, url: &Url) -> Result<Document, PageError> {
        let environment = self.agent.environment(Origin::of_url(url));
        let request = FetchRequest::new(url.clone()).initiator(Initiator::Navigation);
        let asked =
            Asked { id: 0, request, environment, integrity: String::new(), streams: false, outlives: false };
        self.network.send(Command::Fetch(Box::new(asked)));
        let message = self.clock.left().and_then(|left| self.inbox.recv_timeout(left).ok());
        let Some(Message::Answer(answer)) = message else { return Err(PageError::TimedOut) };
        let loaded = match answer.news {
            News::Whole(Some(loaded), _) => loaded,
            News::Whole(None, record) => return Err(PageError::Unreachable(record.cause())),
            _ => return Err(PageError::Unreachable("the network told of a page in pieces".to_owned())),
        };
        match html_of(&loaded) {
            Ok(html) => Ok(Document { html, url: loaded.url }),
            Err(NoPage::Nothing(why) | NoPage::Other(why)) => Err(PageError::Unreachable(why)),
        }
    }
}

/// Why a response is no page.
pub(crate) enum NoPage {
    /// It leaves what is shown as it is: a download, or nothing at all.
    Nothing(String),
    /// It is something else.
    Other(String),
}

/// The text of a page.
///
/// # Errors
/// The response is none.
pub(crate) fn html_of(loaded: &Loaded) -> Result<String, NoPage> {
    let header = |name| loaded.visible_headers.get(name).and_then(|value| value.to_str().ok());
    let is_download = header("content-disposition")
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("attachment"));
    if is_download {
        return Err(NoPage::Nothing(format!("{} is a download, and no page", loaded.url)));
    }
    let content_type = loaded.content_type.as_ref().and_then(|value| value.to_str().ok());
    decoded(&loaded.body, content_type, WINDOWS_1252, &loaded.url).map_err(NoPage::Other)
}

/// Reads a page from a file, which is the user's to name.
///
/// # Errors
/// It can't be read.
pub(crate) fn read_file(url: &Url) -> Result<Document, PageError> {
    let unreachable = |why: String| PageError::Unreachable(format!("{url}: {why}"));
    let path = url.to_file_path().map_err(|()| unreachable("it names no file of this machine".to_owned()))?;
    let file = std::fs::File::open(&path).map_err(|error| unreachable(error.to_string()))?;
    let mut body = Vec::new();
    let read = file.take(MAX_PAGE_BYTES as u64 + 1).read_to_end(&mut body);
    read.map_err(|error| unreachable(error.to_string()))?;
    let html = decoded(&body, None, UTF_8, url).map_err(PageError::Unreachable)?;
    Ok(Document { html, url: url.clone() })
}

fn decoded(
    body: &[u8],
    content_type: Option<&str>,
    default: &'static Encoding,
    url: &Url,
) -> Result<String, String> {
    if body.len() > MAX_PAGE_BYTES {
        return Err(format!("{url} is longer than {MAX_PAGE_BYTES} bytes; open a smaller page"));
    }
    let content_type = content_type.unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let html = encoding::decode(body, content_type, default);
    match essence.as_str() {
        "" | "text/html" | "application/xhtml+xml" | "application/xml" | "text/xml" => Ok(html),
        // As browsers show it.
        text if text.starts_with("text/") || text.ends_with("json") || text.contains("javascript") => {
            Ok(format!("<body><pre>{}</pre>", html.replace('&', "&amp;").replace('<', "&lt;")))
        }
        other => Err(format!("{url} is {other}, and no page of HTML")),
    }
}
