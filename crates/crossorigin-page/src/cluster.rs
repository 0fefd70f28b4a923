//! What the windows of one origin share.

use std::cell::RefCell;
use std::rc::Rc;

use crate::bitmaps::Bitmaps;
use crate::clock::Clock;
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
    pub(crate) fn new(clock: &Rc<Clock>) -> Self {
        let bitmaps = Bitmaps::timed(Rc::clone(clock));
        Self {
            dom: Rc::new(RefCell::new(Dom::new())),
            bitmaps: Rc::new(RefCell::new(bitmaps)),
            fonts: Rc::default(),
        }
    }
}
