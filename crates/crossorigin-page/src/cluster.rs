//! What the windows of one origin share.

use std::cell::RefCell;
use std::rc::Rc;

use crate::bitmaps::Bitmaps;
use crate::dom::Dom;
use crate::fonts::Fonts;

/// Nodes, pixels and fonts by their numbers. Script of one origin could come to have any of these numbers; those of
/// another origin mean nothing to it.
/// [Source](https://html.spec.whatwg.org/multipage/webappapis.html#agent-clusters).
pub(crate) struct Cluster {
    pub(crate) dom: Rc<RefCell<Dom>>,
    pub(crate) bitmaps: Rc<RefCell<Bitmaps>>,
    pub(crate) fonts: Rc<RefCell<Fonts>>,
}

impl Cluster {
    pub(crate) fn new() -> Self {
        Self { dom: Rc::new(RefCell::new(Dom::new())), bitmaps: Rc::default(), fonts: Rc::default() }
    }
}
