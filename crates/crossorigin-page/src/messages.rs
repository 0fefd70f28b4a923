//! Messages from window to window, and the ports that carry them: text alone passes, and never an object.

use std::collections::HashMap;

use crossorigin::infrastructure::request_origin::Origin;

use crate::bound::Bound;
use crate::frames::FrameId;
use crate::window::WindowId;

/// The most that all messages on their way in a page may come to, in bytes; what is more is not sent.
pub const MAX_MESSAGE_BYTES: usize = 256 << 20;
/// The most message ports that a page may have at once.
pub const MAX_PORTS: usize = 65_536;
/// What a message counts for beside its text, in bytes.
const LETTER_BYTES: usize = 128;

/// Names a port of a page.
pub(crate) type PortId = u32;

/// A message on its way.
pub(crate) struct Letter {
    /// The value, as the prelude wrote it down.
    pub(crate) text: String,
    /// The ports that go along.
    pub(crate) ports: Vec<PortId>,
    /// Whose windows may have it, where not all may.
    pub(crate) target: Option<Origin>,
    /// The frame and the origin that it comes from, where that is told.
    pub(crate) sender: Option<(FrameId, String)>,
    room: Bound,
}

impl Drop for Letter {
    fn drop(&mut self) {
        self.room.give_back(LETTER_BYTES + self.text.len());
    }
}

/// A port, which one window has, and to which another belongs.
struct Port {
    peer: PortId,
    /// None while it is on its way itself.
    window: Option<WindowId>,
    is_started: bool,
    waiting: Vec<Letter>,
}

/// All ports of a page, and the room that messages have.
pub(crate) struct Ports {
    all: HashMap<PortId, Port>,
    room: Bound,
}

/// What is to be queued: at which window, and for which port.
pub(crate) type Due = Vec<(WindowId, PortId, Letter)>;

impl Ports {
    pub(crate) fn new() -> Self {
        Self { all: HashMap::new(), room: Bound::new(MAX_MESSAGE_BYTES) }
    }

    /// A message; `None` where there is no room for it.
    pub(crate) fn letter(&mut self, text: String, ports: Vec<PortId>) -> Option<Letter> {
        if !self.room.take(LETTER_BYTES + text.len()) {
            return None;
        }
        for port in &ports {
            if let Some(port) = self.all.get_mut(port) {
                (port.window, port.is_started) = (None, false);
            }
        }
        Some(Letter { text, ports, target: None, sender: None, room: self.room.clone() })
    }

    /// Two ports that belong together; `false` where there are too many.
    pub(crate) fn open(&mut self, ids: [PortId; 2], window: WindowId) -> bool {
        if self.all.len() + 2 > MAX_PORTS {
            return false;
        }
        for (own, peer) in [(ids[0], ids[1]), (ids[1], ids[0])] {
            let port = Port { peer, window: Some(window), is_started: false, waiting: Vec::new() };
            self.all.insert(own, port);
        }
        true
    }

    /// Sends a message out of a port.
    pub(crate) fn post(&mut self, from: PortId, letter: Letter) -> Due {
        let peer = self.all.get(&from).map(|port| port.peer);
        // A port that is sent through itself is lost, and so is what goes with it.
        match peer.filter(|peer| !letter.ports.contains(peer)) {
            Some(peer) => self.bring(peer, letter),
            None => Vec::new(),
        }
    }

    /// Brings a message to a port, or lets it wait there.
    pub(crate) fn bring(&mut self, to: PortId, letter: Letter) -> Due {
        let Some(port) = self.all.get_mut(&to) else { return Vec::new() };
        match port.window.filter(|_| port.is_started) {
            Some(window) => vec![(window, to, letter)],
            None => {
                port.waiting.push(letter);
                Vec::new()
            }
        }
    }

    /// Lets what waits at a port come, and all that follows.
    pub(crate) fn start(&mut self, id: PortId) -> Due {
        let Some(port) = self.all.get_mut(&id) else { return Vec::new() };
        port.is_started = true;
        let Some(window) = port.window else { return Vec::new() };
        std::mem::take(&mut port.waiting).into_iter().map(|letter| (window, id, letter)).collect()
    }

    /// Whether a port is still this window's, to which something was brought for it.
    pub(crate) fn is_of(&self, id: PortId, window: WindowId) -> bool {
        self.all.get(&id).is_some_and(|port| port.window == Some(window))
    }

    pub(crate) fn close(&mut self, id: PortId) {
        self.all.remove(&id);
    }

    /// Gives a window the ports that came with a message.
    pub(crate) fn hand_over(&mut self, ports: &[PortId], window: WindowId) {
        for id in ports {
            if let Some(port) = self.all.get_mut(id) {
                port.window = Some(window);
            }
        }
    }

    /// Closes all ports of a window.
    pub(crate) fn forget_window(&mut self, window: WindowId) {
        self.all.retain(|_, port| port.window != Some(window));
    }
}
