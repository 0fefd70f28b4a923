//! Requests, for the prelude.

use std::rc::Rc;

use crossorigin::infrastructure::request_headers::{
    is_forbidden_request_header, is_no_cors_safelisted_request_header,
};
use rquickjs::function::Opt;
use rquickjs::{Ctx, Object};

use crate::answers;
use crate::functions::{binary, set};
use crate::window::Window;

pub(crate) fn define<'js>(ctx: &Ctx<'js>, to: &Object<'js>, window: &Rc<Window>) -> rquickjs::Result<()> {
    let own = Rc::clone(window);
    set(ctx, to, "fetch", move |description: String, body: Opt<Option<String>>| {
        own.fetch(&description, body.0.flatten().as_deref().map(binary))
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "fetch_now", move |ctx: Ctx<'js>, description: String, body: Opt<Option<String>>| {
        let body = body.0.flatten().as_deref().map(binary);
        let answer = own.fetch(&description, body).and_then(|id| own.host.wait_for(id));
        answers::to_script(&ctx, &own, answer.as_ref())
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "wait", move |ctx: Ctx<'js>, id: u32| {
        answers::to_script(&ctx, &own, own.host.wait_for(id).as_ref())
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "send_piece", move |id: u32, piece: Opt<Option<String>>| {
        own.host.send_piece(id, piece.0.flatten().as_deref().map(binary));
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "take_piece", move |id: u32| own.host.take_piece(id))?;
    let own = Rc::clone(window);
    set(ctx, to, "abort", move |id: u32| own.host.abort(id))?;
    set(ctx, to, "is_forbidden_header", |name: String, value: String| {
        is_forbidden_request_header(&name, &binary(&value))
    })?;
    set(ctx, to, "is_no_cors_safelisted", |name: String, value: String| {
        is_no_cors_safelisted_request_header(&name, &binary(&value))
    })
}
