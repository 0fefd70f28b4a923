//! The tree's functions, for the prelude.

use std::cell::RefCell;
use std::rc::Rc;

use html5ever::driver::Parser;
use html5ever::interface::TreeSink as _;
use html5ever::tendril::{StrTendril, TendrilSink as _};
use html5ever::{Namespace, ParseOpts, QualName, ns, parse_document, parse_fragment};
use rquickjs::convert::List;
use rquickjs::function::Opt;
use rquickjs::{Ctx, Exception, Object};

use crate::clock::Clock;
use crate::dom::{DOCUMENT, Dom, Kind, NodeId, Sink};
use crate::functions::set;
use crate::pieces::{full_text, pieces};
use crate::selector::Selector;
use crate::xml;

type Shared = Rc<RefCell<Dom>>;

pub(crate) fn define<'js>(
    ctx: &Ctx<'js>,
    to: &Object<'js>,
    dom: &Shared,
    document: NodeId,
    clock: &Rc<Clock>,
) -> rquickjs::Result<()> {
    define_reading(ctx, to, dom)?;
    define_document(ctx, to, dom, document)?;
    define_writing(ctx, to, dom)?;
    define_parsing(ctx, to, dom, clock)?;
    define_selecting(ctx, to, dom)
}

fn define_reading<'js>(ctx: &Ctx<'js>, to: &Object<'js>, dom: &Shared) -> rquickjs::Result<()> {
    let own = Rc::clone(dom);
    set(ctx, to, "node_type", move |id: NodeId| match own.borrow().get(id).map(|node| &node.kind) {
        Some(Kind::Element { .. }) => 1,
        Some(Kind::Text(_)) => 3,
        Some(Kind::Comment(_)) => 8,
        Some(Kind::Document) => 9,
        Some(Kind::Doctype) => 10,
        Some(Kind::Fragment) => 11,
        None => 0,
    })?;
    let own = Rc::clone(dom);
    set(ctx, to, "node_name", move |id: NodeId| match own.borrow().get(id).map(|node| &node.kind) {
        Some(Kind::Element { name, .. }) => name.local.to_string(),
        Some(Kind::Text(_)) => "#text".to_owned(),
        Some(Kind::Comment(_)) => "#comment".to_owned(),
        Some(Kind::Document) => "#document".to_owned(),
        Some(Kind::Doctype) => "html".to_owned(),
        Some(Kind::Fragment) | None => "#document-fragment".to_owned(),
    })?;
    let own = Rc::clone(dom);
    set(ctx, to, "namespace", move |id: NodeId| {
        own.borrow()
            .element(id)
            .map(|(name, _)| name.ns.to_string())
            .filter(|namespace| !namespace.is_empty())
    })?;
    let own = Rc::clone(dom);
    set(ctx, to, "parent", move |id: NodeId| own.borrow().get(id).and_then(|node| node.parent))?;
    let own = Rc::clone(dom);
    set(ctx, to, "children", move |id: NodeId| {
        own.borrow().get(id).map(|node| node.children.clone()).unwrap_or_default()
    })?;
    let own = Rc::clone(dom);
    set(ctx, to, "in_order", move |id: NodeId| own.borrow().in_order(id))?;
    let own = Rc::clone(dom);
    set(ctx, to, "holds", move |above: NodeId, below: NodeId| own.borrow().holds(above, below))?;
    let own = Rc::clone(dom);
    set(ctx, to, "sibling", move |id: NodeId, step: i32| own.borrow().sibling(id, step as isize))?;
    let own = Rc::clone(dom);
    set(ctx, to, "dom_version", move || own.borrow().version)?;
    let own = Rc::clone(dom);
    set(ctx, to, "owner", move |id: NodeId| own.borrow().owner(id))?;
    let own = Rc::clone(dom);
    set(ctx, to, "is_parsing", move |id: NodeId| own.borrow().begun_scripts.contains(&id))?;
    let own = Rc::clone(dom);
    set(ctx, to, "hand_over", move |id: NodeId| own.borrow_mut().begun_scripts.remove(&id))?;
    let own = Rc::clone(dom);
    set(ctx, to, "text", move |id: NodeId| own.borrow().text(id))?;
    let own = Rc::clone(dom);
    set(ctx, to, "data", move |id: NodeId| match own.borrow().get(id).map(|node| &node.kind) {
        Some(Kind::Text(text) | Kind::Comment(text)) => text.clone(),
        _ => String::new(),
    })?;
    let own = Rc::clone(dom);
    set(ctx, to, "attribute", move |id: NodeId, name: String| {
        own.borrow().attribute(id, &name).map(str::to_owned)
    })?;
    let own = Rc::clone(dom);
    set(ctx, to, "attribute_names", move |id: NodeId| {
        let dom = own.borrow();
        let attributes = dom.element(id).map(|(_, attributes)| attributes).unwrap_or_default();
        attributes.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
    })?;
    let own = Rc::clone(dom);
    set(ctx, to, "outer_html", move |id: NodeId| {
        let (dom, mut html) = (own.borrow(), String::new());
        if let Some((name, attributes)) = dom.element(id) {
            write_element(&dom, id, name, attributes, &mut html);
        }
        html
    })?;
    let own = Rc::clone(dom);
    set(ctx, to, "inner_html", move |id: NodeId| {
        let mut html = String::new();
        write_children(&own.borrow(), id, &mut html);
        html
    })
}

/// What is about the window's own document.
fn define_document<'js>(
    ctx: &Ctx<'js>,
    to: &Object<'js>,
    dom: &Shared,
    document: NodeId,
) -> rquickjs::Result<()> {
    set(ctx, to, "document", move || document)?;
    let own = Rc::clone(dom);
    set(ctx, to, "take_names", move || own.borrow_mut().take_names(document))?;
    let own = Rc::clone(dom);
    set(ctx, to, "take_arrived", move || own.borrow_mut().take_arrived(document))?;
    let own = Rc::clone(dom);
    set(ctx, to, "element_by_id", move |name: String| {
        let dom = own.borrow();
        let mut left = vec![document];
        while let Some(id) = left.pop() {
            if dom.attribute(id, "id") == Some(&name) {
                return Some(id);
            }
            left.extend(dom.get(id).into_iter().flat_map(|node| node.children.iter().rev()));
        }
        None
    })
}

fn define_writing<'js>(ctx: &Ctx<'js>, to: &Object<'js>, dom: &Shared) -> rquickjs::Result<()> {
    let own = Rc::clone(dom);
    set(
        ctx,
        to,
        "create_element",
        move |ctx: Ctx<'js>, name: String, owner: NodeId, namespace: Opt<String>| {
            let namespace = namespace.0.map_or(ns!(html), Namespace::from);
            let mut dom = own.borrow_mut();
            let id = dom.create_element(&name, owner, namespace);
            fits(&ctx, &dom).map(|()| id)
        },
    )?;
    let own = Rc::clone(dom);
    set(ctx, to, "create_text", move |ctx: Ctx<'js>, text: String, owner: NodeId| {
        let mut dom = own.borrow_mut();
        let id = dom.create(Kind::Text(text), owner);
        fits(&ctx, &dom).map(|()| id)
    })?;
    let own = Rc::clone(dom);
    set(ctx, to, "create_comment", move |ctx: Ctx<'js>, text: String, owner: NodeId| {
        let mut dom = own.borrow_mut();
        let id = dom.create(Kind::Comment(text), owner);
        fits(&ctx, &dom).map(|()| id)
    })?;
    let own = Rc::clone(dom);
    set(ctx, to, "create_fragment", move |owner: NodeId| own.borrow_mut().create(Kind::Fragment, owner))?;
    let own = Rc::clone(dom);
    set(ctx, to, "create_document", move || own.borrow_mut().create(Kind::Document, DOCUMENT))?;
    let own = Rc::clone(dom);
    set(ctx, to, "inside", move |id: NodeId| own.borrow_mut().inside(id))?;
    let own = Rc::clone(dom);
    set(ctx, to, "copy", move |ctx: Ctx<'js>, id: NodeId, is_deep: bool| {
        let mut dom = own.borrow_mut();
        let copy = dom.copy(id, is_deep);
        fits(&ctx, &dom).map(|()| copy)
    })?;
    let own = Rc::clone(dom);
    set(ctx, to, "adopt", move |id: NodeId, owner: NodeId| own.borrow_mut().adopt(id, owner))?;
    let own = Rc::clone(dom);
    set(ctx, to, "insert", move |parent: NodeId, child: NodeId, before: Opt<Option<NodeId>>| {
        own.borrow_mut().insert(parent, child, before.0.flatten());
    })?;
    let own = Rc::clone(dom);
    set(ctx, to, "remove", move |id: NodeId| own.borrow_mut().remove(id))?;
    let own = Rc::clone(dom);
    set(ctx, to, "set_text", move |ctx: Ctx<'js>, id: NodeId, text: String| {
        let mut dom = own.borrow_mut();
        dom.set_text(id, text);
        fits(&ctx, &dom)
    })?;
    let own = Rc::clone(dom);
    set(
        ctx,
        to,
        "set_attribute",
        move |ctx: Ctx<'js>, id: NodeId, name: String, value: Opt<Option<String>>| {
            let mut dom = own.borrow_mut();
            dom.set_attribute(id, &name, value.0.flatten());
            fits(&ctx, &dom)
        },
    )
}

fn define_parsing<'js>(
    ctx: &Ctx<'js>,
    to: &Object<'js>,
    dom: &Shared,
    clock: &Rc<Clock>,
) -> rquickjs::Result<()> {
    let (own, time) = (Rc::clone(dom), Rc::clone(clock));
    set(ctx, to, "parse_into", move |ctx: Ctx<'js>, id: NodeId, html: String| {
        parse_into(&own, &time, id, &html);
        fits(&ctx, &own.borrow())
    })?;
    define_xml(ctx, to, dom)?;
    let (own, time) = (Rc::clone(dom), Rc::clone(clock));
    set(ctx, to, "parse_document", move |ctx: Ctx<'js>, html: String| {
        let root = own.borrow_mut().create(Kind::Document, DOCUMENT);
        let parser =
            parse_document(Sink { dom: Rc::clone(&own), root, is_shown: false }, ParseOpts::default());
        parse_pieces(parser, &own, &time, &html);
        fits(&ctx, &own.borrow()).map(|()| root)
    })
}

/// A document of XML: its node, or why there is none.
fn define_xml<'js>(ctx: &Ctx<'js>, to: &Object<'js>, dom: &Shared) -> rquickjs::Result<()> {
    let own = Rc::clone(dom);
    set(ctx, to, "parse_xml", move |ctx: Ctx<'js>, text: String| {
        let (node, error) = match xml::parse(&mut own.borrow_mut(), &text) {
            Ok(node) => (Some(node), None),
            Err(error) => (None, Some(error)),
        };
        fits(&ctx, &own.borrow()).map(|()| List((node, error)))
    })
}

/// Throws where something found no room.
fn fits(ctx: &Ctx<'_>, dom: &Dom) -> rquickjs::Result<()> {
    if dom.is_full() { Err(Exception::throw_range(ctx, &full_text())) } else { Ok(()) }
}

/// Parses as long as there is time and room.
fn parse_pieces(mut parser: Parser<Sink>, dom: &Shared, clock: &Clock, html: &str) {
    for piece in pieces(html) {
        if clock.is_over() || dom.borrow().is_full() {
            break;
        }
        parser.process(StrTendril::from(piece));
    }
    parser.finish();
}

fn define_selecting<'js>(ctx: &Ctx<'js>, to: &Object<'js>, dom: &Shared) -> rquickjs::Result<()> {
    let parse = |ctx: &Ctx<'js>, text: &str| {
        Selector::parse(text).ok_or_else(|| {
            Exception::throw_syntax(ctx, &format!("{text:?} is no selector that is known here"))
        })
    };
    let own = Rc::clone(dom);
    set(ctx, to, "select", move |ctx: Ctx<'js>, root: NodeId, text: String, first: bool| {
        parse(&ctx, &text).map(|selector| selector.select(&own.borrow(), root, first))
    })?;
    let own = Rc::clone(dom);
    set(ctx, to, "matches", move |ctx: Ctx<'js>, id: NodeId, text: String| {
        parse(&ctx, &text).map(|selector| selector.matches(&own.borrow(), id))
    })
}

/// Parses what stands inside of an element.
fn parse_into(dom: &Shared, clock: &Clock, id: NodeId, html: &str) {
    let Some(name) = dom.borrow().element(id).map(|(name, _)| name.clone()) else { return };
    let owner = dom.borrow().owner(id);
    let root = dom.borrow_mut().create(Kind::Fragment, owner);
    let sink = Sink { dom: Rc::clone(dom), root, is_shown: false };
    parse_pieces(parse_fragment(sink, ParseOpts::default(), name, Vec::new(), false), dom, clock, html);
    let sink = Sink { dom: Rc::clone(dom), root, is_shown: false };
    // The parser puts all into an <html> of its own.
    let holder = dom.borrow().get(root).and_then(|node| node.children.first().copied());
    let inside = dom.borrow_mut().inside(id);
    if let Some(holder) = holder {
        sink.reparent_children(&holder, &inside);
    }
}

/// Elements that have no end.
const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// Writes all that a node holds. Trees may be deeper than the stack.
fn write_children(dom: &Dom, id: NodeId, html: &mut String) {
    let mut open: Vec<(NodeId, std::slice::Iter<'_, NodeId>)> = Vec::new();
    let children_of = |id: NodeId| dom.get(dom.content(id).unwrap_or(id)).map(|node| node.children.iter());
    open.extend(children_of(id).map(|own| (id, own)));
    while let Some((holder, children)) = open.last_mut() {
        let Some(child) = children.next() else {
            let (ended, _) = (*holder, open.pop());
            if ended != id {
                write_end(dom, ended, html);
            }
            continue;
        };
        match dom.get(*child).map(|node| &node.kind) {
            Some(Kind::Text(text)) => {
                let is_raw =
                    dom.element(*holder).is_some_and(|(name, _)| matches!(&*name.local, "script" | "style"));
                html.push_str(&if is_raw { text.clone() } else { escaped(text, false) });
            }
            Some(Kind::Comment(text)) => html.push_str(&format!("<!--{text}-->")),
            Some(Kind::Element { name, attributes }) => {
                write_begin(name, attributes, html);
                open.extend(children_of(*child).map(|own| (*child, own)));
            }
            _ => {}
        }
    }
}

fn write_element(dom: &Dom, id: NodeId, name: &QualName, attributes: &[(String, String)], html: &mut String) {
    write_begin(name, attributes, html);
    write_children(dom, id, html);
    write_end(dom, id, html);
}

fn write_begin(name: &QualName, attributes: &[(String, String)], html: &mut String) {
    html.push_str(&format!("<{}", name.local));
    for (name, value) in attributes {
        html.push_str(&format!(" {name}=\"{}\"", escaped(value, true)));
    }
    html.push('>');
}

fn write_end(dom: &Dom, id: NodeId, html: &mut String) {
    if let Some((name, _)) = dom.element(id).filter(|(name, _)| !VOID.contains(&&*name.local)) {
        html.push_str(&format!("</{}>", name.local));
    }
}

fn escaped(text: &str, in_attribute: bool) -> String {
    let text = text.replace('&', "&amp;").replace('\u{A0}', "&nbsp;");
    if in_attribute { text.replace('"', "&quot;") } else { text.replace('<', "&lt;").replace('>', "&gt;") }
}
