//! Messages and their ports, for the prelude.

use std::rc::Rc;

use crossorigin::infrastructure::request_origin::Origin;
use rquickjs::{Ctx, Object};

use crate::frames::FrameId;
use crate::functions::set;
use crate::host::Task;
use crate::messages::PortId;
use crate::window::Window;

pub(crate) fn define<'js>(ctx: &Ctx<'js>, to: &Object<'js>, window: &Rc<Window>) -> rquickjs::Result<()> {
    let own = Rc::clone(window);
    // To whom: an origin, "*" for all, "/" for the own. Whether there was room for it.
    set(ctx, to, "post_message", move |frame: FrameId, target: String, text: String, ports: Vec<PortId>| {
        let Some(mut letter) = own.host.ports.borrow_mut().letter(text, ports) else { return false };
        letter.target = match target.as_str() {
            "*" => None,
            "/" => Some(own.environment().origin.clone()),
            // An opaque one is nobody's.
            origin => Some(origin.parse().unwrap_or_else(|_| Origin::opaque())),
        };
        letter.sender = Some((own.place.frame, own.origin()));
        match own.host.frames.window(frame) {
            Some(to) => own.host.queue(to.id, Task::Message(letter)),
            None => true,
        }
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "open_channel", move || {
        let ids = [own.host.new_id(), own.host.new_id()];
        own.host.ports.borrow_mut().open(ids, own.id).then(|| ids.to_vec())
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "post_to_port", move |port: PortId, text: String, ports: Vec<PortId>| {
        let letter = own.host.ports.borrow_mut().letter(text, ports);
        let Some(letter) = letter else { return false };
        let due = own.host.ports.borrow_mut().post(port, letter);
        own.host.queue_letters(due);
        true
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "start_port", move |port: PortId| {
        let due = own.host.ports.borrow_mut().start(port);
        own.host.queue_letters(due);
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "close_port", move |port: PortId| own.host.ports.borrow_mut().close(port))
}
