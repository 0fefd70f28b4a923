//! What the windows of one origin share.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use crossorigin::infrastructure::request_origin::Origin;

use crate::bitmaps::{Bitmaps, MAX_BITMAP_BYTES};
use crate::bound::Bound;
use crate::clock::Clock;
use crate::dom::{Dom, Room};
use crate::fonts::{Fonts, MAX_ALL_FONTS_BYTES};

/// Nodes, pixels and fonts by their numbers. Script of one origin could come to have any of these numbers; those of
/// another origin mean nothing to it.
/// [Source](https://html.spec.whatwg.org/multipage/webappapis.html#agent-clusters).
pub(crate) struct Cluster {
    origin: Origin,
    pub(crate) dom: Rc<RefCell<Dom>>,
    pub(crate) bitmaps: Rc<RefCell<Bitmaps>>,
    pub(crate) fonts: Rc<RefCell<Fonts>>,
}

/// All clusters of a page that have windows, and what they may hold together.
pub(crate) struct Clusters {
    all: RefCell<Vec<Weak<Cluster>>>,
    nodes: Room,
    bitmaps: Bound,
    fonts: Bound,
}

impl Default for Clusters {
    fn default() -> Self {
        Self {
            all: RefCell::default(),
            nodes: Room::default(),
            bitmaps: Bound::new(MAX_BITMAP_BYTES),
            fonts: Bound::new(MAX_ALL_FONTS_BYTES),
        }
    }
}

impl Clusters {
    /// The cluster of an origin.
    pub(crate) fn of(&self, origin: &Origin, clock: &Rc<Clock>) -> Rc<Cluster> {
        let mut all = self.all.borrow_mut();
        all.retain(|cluster| cluster.strong_count() > 0);
        let known = all.iter().filter_map(Weak::upgrade).find(|cluster| cluster.origin.same_origin(origin));
        known.unwrap_or_else(|| {
            let cluster = Rc::new(Cluster {
                origin: origin.clone(),
                dom: Rc::new(RefCell::new(Dom::new(&self.nodes))),
                bitmaps: Rc::new(RefCell::new(Bitmaps::new(&self.bitmaps, clock))),
                fonts: Rc::new(RefCell::new(Fonts::new(&self.fonts))),
            });
            all.push(Rc::downgrade(&cluster));
            cluster
        })
    }
}
