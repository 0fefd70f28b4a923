//! A window: a document that is shown, with its URL, its origin, and what it has loaded.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use url::Url;

use crate::cluster::Cluster;
use crate::console::{Kind, Level};
use crate::host::Host;
use crate::import_map::ImportMap;
use crate::network::{Environment, RequestId};
use crate::stylesheets::{Load, Sheets};

/// Names a window of a page.
pub(crate) type WindowId = u32;

/// The state of a window, as the functions given to its prelude share it.
pub(crate) struct Window {
    pub(crate) host: Rc<Host>,
    pub(crate) id: WindowId,
    pub(crate) cluster: Rc<Cluster>,
    pub(crate) url: Url,
    pub(crate) import_map: RefCell<ImportMap>,
    pub(crate) sheets: RefCell<Sheets>,
    /// What styles have asked for.
    pub(crate) style_loads: RefCell<HashSet<Load>>,
    /// The URLs of classic scripts whose content the page must not know.
    pub(crate) muted: RefCell<HashSet<String>>,
    environment: Environment,
    sources: RefCell<HashMap<u32, String>>,
}

impl Window {
    pub(crate) fn new(host: &Rc<Host>, cluster: Rc<Cluster>, url: Url, environment: Environment) -> Self {
        Self {
            host: Rc::clone(host),
            id: host.new_id(),
            cluster,
            url,
            import_map: RefCell::default(),
            sheets: RefCell::default(),
            style_loads: RefCell::default(),
            muted: RefCell::default(),
            environment,
            sources: RefCell::default(),
        }
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Its origin, serialized.
    pub(crate) fn origin(&self) -> String {
        String::from_utf8_lossy(self.environment.origin.serialized().as_bytes()).into_owned()
    }

    pub(crate) fn print(&self, kind: Kind, level: Level, text: String) {
        self.host.print(kind, level, text);
    }

    /// Sends a request; its number, by which the answer comes.
    pub(crate) fn fetch(&self, description: &str, body: Option<Vec<u8>>) -> Option<RequestId> {
        self.host.fetch(self.id, &self.environment, description, body)
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
