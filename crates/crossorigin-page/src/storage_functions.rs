//! Cookies and storage of a page, for the prelude.

use std::rc::Rc;

use rquickjs::{Ctx, Object};

use crate::functions::set;
use crate::storage::Storage;
use crate::window::Window;

pub(crate) fn define<'js>(ctx: &Ctx<'js>, to: &Object<'js>, window: &Rc<Window>) -> rquickjs::Result<()> {
    let own = Rc::clone(window);
    set(ctx, to, "has_opaque_origin", move || own.environment().origin.is_opaque())?;
    let own = Rc::clone(window);
    set(ctx, to, "cookies", move || own.environment().clone().document_cookie())?;
    let own = Rc::clone(window);
    // What is refused is as if it had not been set.
    set(ctx, to, "set_cookie", move |cookie: String| {
        drop(own.environment().clone().set_document_cookie(&cookie));
    })?;
    // Which of the two a function is about is said by whether it is for the session alone; whose, by nobody but the host.
    let own = Rc::clone(window);
    set(ctx, to, "stored", move |session: bool, name: String| area(&own, session).get(&own.origin(), &name))?;
    let own = Rc::clone(window);
    set(ctx, to, "stored_names", move |session: bool| area(&own, session).names(&own.origin()))?;
    let own = Rc::clone(window);
    set(ctx, to, "store", move |session: bool, name: String, value: String| {
        area(&own, session).set(&own.origin(), name, value).is_ok()
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "unstore", move |session: bool, name: String| {
        area(&own, session).remove(&own.origin(), &name);
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "unstore_all", move |session: bool| area(&own, session).clear(&own.origin()))
}

fn area(window: &Window, session: bool) -> &Storage {
    if session { &window.host.session_storage } else { &window.host.local_storage }
}
