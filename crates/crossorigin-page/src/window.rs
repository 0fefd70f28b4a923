//! A window: a document that is shown, with its URL, its origin, and what it has loaded.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use url::Url;

use crate::cluster::Cluster;
use crate::console::{Kind, Level};
use crate::dom::NodeId;
use crate::frames::{FrameId, TOP};
use crate::host::Host;
use crate::import_map::ImportMap;
use crate::network::{Environment, RequestId};
use crate::parser::Parser;
use crate::sandbox::Sandbox;
use crate::stylesheets::{Load, Sheets};

/// Names a window of a page.
pub(crate) type WindowId = u32;

/// Where a document is, and what it comes with.
pub(crate) struct Place {
    /// The frame that shows it.
    pub(crate) frame: FrameId,
    pub(crate) url: Url,
    /// What its relative URLs are relative to, where it does not say so itself.
    pub(crate) base: Url,
    /// The page that led to it, as much as it may know of that.
    pub(crate) referrer: String,
    pub(crate) sandbox: Sandbox,
    /// Whether it stands for a frame that shows nothing yet.
    pub(crate) is_initial: bool,
}

/// The state of a window, as the functions given to its prelude share it.
pub(crate) struct Window {
    pub(crate) host: Rc<Host>,
    pub(crate) id: WindowId,
    pub(crate) place: Place,
    pub(crate) cluster: Rc<Cluster>,
    pub(crate) document: NodeId,
    pub(crate) import_map: RefCell<ImportMap>,
    pub(crate) sheets: RefCell<Sheets>,
    /// What styles have asked for.
    pub(crate) style_loads: RefCell<HashSet<Load>>,
    /// The URLs of classic scripts whose content the page must not know.
    pub(crate) muted: RefCell<HashSet<String>>,
    /// Whether another document is shown in its place, or none.
    pub(crate) is_gone: Cell<bool>,
    /// What parses its document, as long as that is not at its end.
    pub(crate) parser: RefCell<Option<Rc<Parser>>>,
    environment: Environment,
    sources: RefCell<HashMap<u32, String>>,
}

impl Window {
    /// A window of an empty document; `None` where the page has no room for one more.
    pub(crate) fn new(host: &Rc<Host>, place: Place, environment: Environment) -> Option<Self> {
        let cluster = host.frames.clusters.of(&environment.origin, &host.clock);
        let document = cluster.dom.borrow_mut().create_document()?;
        if place.is_initial {
            cluster.dom.borrow_mut().fill_empty(document);
        }
        Some(Self {
            host: Rc::clone(host),
            id: host.new_id(),
            place,
            cluster,
            document,
            import_map: RefCell::default(),
            sheets: RefCell::default(),
            style_loads: RefCell::default(),
            muted: RefCell::default(),
            is_gone: Cell::new(false),
            parser: RefCell::default(),
            environment,
            sources: RefCell::default(),
        })
    }

    pub(crate) fn parser(&self) -> Option<Rc<Parser>> {
        self.parser.borrow().clone()
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Its origin, serialized.
    pub(crate) fn origin(&self) -> String {
        String::from_utf8_lossy(self.environment.origin.serialized().as_bytes()).into_owned()
    }

    /// What its document's relative URLs are relative to.
    /// [Source](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#document-base-url).
    pub(crate) fn base_url(&self) -> Url {
        let dom = self.cluster.dom.borrow();
        let href = dom.in_order(self.document).into_iter().find_map(|id| {
            let (name, _) = dom.element(id)?;
            if &*name.local == "base" { dom.attribute(id, "href") } else { None }
        });
        href.and_then(|href| self.place.base.join(href).ok()).unwrap_or_else(|| self.place.base.clone())
    }

    /// What a page that it leads to is told of its URL.
    pub(crate) fn referrer_to(&self, url: &Url) -> String {
        self.environment.referrer_to(url)
    }

    /// Whether its scripts and those of another window may see all of each other.
    pub(crate) fn is_of_cluster(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.cluster, &other.cluster)
    }

    /// Prints, with its URL where it is not the page itself.
    pub(crate) fn print(&self, kind: Kind, level: Level, text: String) {
        let url = (self.place.frame != TOP).then(|| self.place.url.to_string());
        self.host.print_of(url, kind, level, text);
    }

    /// Sends a request; its number, by which the answer comes.
    pub(crate) fn fetch(&self, description: &str, body: Option<Vec<u8>>) -> Option<RequestId> {
        // What is not shown any more asks for nothing.
        if self.is_gone.get() {
            return None;
        }
        self.host.fetch(self.id, &self.environment, description, body)
    }

    /// Sets a timer; its number.
    pub(crate) fn timer(&self, milliseconds: f64) -> RequestId {
        match self.is_gone.get() {
            true => self.host.new_id(),
            false => self.host.timer(self.id, milliseconds),
        }
    }

    /// Keeps a script's source until it runs; its number.
    pub(crate) fn keep_source(&self, source: &[u8]) -> u32 {
        let id = self.host.new_id();
        let source = source.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(source);
        self.sources.borrow_mut().insert(id, String::from_utf8_lossy(source).into_owned());
        id
    }

    /// Hands over a script's source, once.
    pub(crate) fn take_source(&self, id: u32) -> String {
        self.sources.borrow_mut().remove(&id).unwrap_or_default()
    }

    /// Whether an exception with this stack, of a callback from this file, is one of a script that the page must not
    /// know. [Source](https://html.spec.whatwg.org/multipage/webappapis.html#muted-errors).
    pub(crate) fn is_muted(&self, stack: &str, file: &str) -> bool {
        let muted = self.muted.borrow();
        muted.contains(file) || muted.iter().any(|url| stack.contains(&format!("{url}:")))
    }
}
