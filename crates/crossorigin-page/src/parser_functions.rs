//! The functions by which script writes into its document, for the prelude.

use std::rc::Rc;

use rquickjs::{Ctx, Exception, Object};

use crate::functions::set;
use crate::parser::{MAX_WRITTEN_BYTES, Parser, Step};
use crate::pieces::full_text;
use crate::window::Window;

pub(crate) fn define<'js>(ctx: &Ctx<'js>, to: &Object<'js>, window: &Rc<Window>) -> rquickjs::Result<()> {
    let own = Rc::clone(window);
    set(ctx, to, "insertion_point", move || own.parser().map(|parser| parser.insertion_point()))?;
    let own = Rc::clone(window);
    set(ctx, to, "write", move |ctx: Ctx<'js>, at: usize, text: String| {
        if own.cluster.dom.borrow().is_full() {
            return Err(Exception::throw_range(&ctx, &full_text()));
        }
        let Some(parser) = own.parser() else { return Ok(None) };
        if !parser.has_room(&text) {
            let why = format!("scripts write {MAX_WRITTEN_BYTES} bytes into a document at the most");
            return Err(Exception::throw_range(&ctx, &why));
        }
        Ok(parser.write(at, &text))
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "go_on_writing", move |at: usize| own.parser().and_then(|parser| parser.go_on_writing(at)))?;
    let own = Rc::clone(window);
    set(ctx, to, "let_parser_wait", move |script: u32| {
        if let Some(parser) = own.parser() {
            parser.wait_for(script);
        }
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "parser_waits", move || own.parser().is_some_and(|parser| parser.waits()))?;
    let own = Rc::clone(window);
    set(ctx, to, "has_open_parser", move || own.parser().is_some_and(|parser| parser.is_open()))?;
    let own = Rc::clone(window);
    set(ctx, to, "open_parser", move || {
        let parser = Parser::opened(&own);
        *own.parser.borrow_mut() = Some(Rc::new(parser));
    })?;
    let own = Rc::clone(window);
    // Whether the document is at its end with that.
    set(ctx, to, "close_parser", move || {
        let Some(parser) = own.parser() else { return false };
        parser.close();
        let is_done = !parser.waits() && matches!(parser.step(&own), Step::Done);
        if is_done {
            own.parser.borrow_mut().take();
        }
        is_done
    })
}
