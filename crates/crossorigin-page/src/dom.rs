//! The tree of a page: nodes by number, made by the parser and by script.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, Namespace, QualName, local_name, ns};

use crate::bound::Bound;

/// Names a node of a page.
pub(crate) type NodeId = u32;

/// The first document, and what stands for nodes that found no room.
pub(crate) const DOCUMENT: NodeId = 0;

/// The most nodes that a page may have, those included that were taken out of its tree.
pub const MAX_NODES: usize = 1_000_000;
/// The most that a page's texts and attributes may come to, in bytes.
pub const MAX_TEXT_BYTES: usize = 256 << 20;
/// What an attribute counts for beside its text, in bytes.
const ATTRIBUTE_BYTES: usize = 48;

/// Elements that load something once they are in the page.
const LOADING: [&str; 9] = ["audio", "embed", "iframe", "img", "link", "object", "style", "track", "video"];

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Document,
    Fragment,
    Doctype,
    Text(String),
    Comment(String),
    Element { name: QualName, attributes: Vec<(String, String)> },
}

impl Kind {
    fn text_bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Comment(text) => text.len(),
            Self::Element { attributes, .. } => {
                attributes.iter().map(|(name, value)| name.len() + value.len() + ATTRIBUTE_BYTES).sum()
            }
            _ => 0,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) parent: Option<NodeId>,
    pub(crate) children: Vec<NodeId>,
    /// The document that it belongs to; for a document, itself.
    pub(crate) owner: NodeId,
}

/// How much the trees of a page may hold together.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    nodes: Bound,
    text: Bound,
}

impl Default for Room {
    fn default() -> Self {
        Self { nodes: Bound::new(MAX_NODES), text: Bound::new(MAX_TEXT_BYTES) }
    }
}

/// All nodes of the documents of an origin. One that is taken out of the tree stays, for script may hold it.
#[derive(Debug)]
pub(crate) struct Dom {
    nodes: Vec<Node>,
    /// Scripts that the parser has begun, and not come to the end of.
    pub(crate) begun_scripts: HashSet<NodeId>,
    /// Grows with each change of the tree.
    pub(crate) version: u32,
    /// Names that elements were given, of which their documents' preludes were not told yet.
    new_names: Vec<(NodeId, String)>,
    /// Elements of the parser that load something, of which their documents' preludes were not told yet.
    arrived: Vec<NodeId>,
    /// What templates hold, which is not in the tree.
    contents: HashMap<NodeId, NodeId>,
    /// The document that all of that belongs to, where nothing loads or runs.
    inert: Option<NodeId>,
    room: Room,
    text_bytes: usize,
    is_full: bool,
    /// Whether the first document is some window's.
    has_document: bool,
}

impl Drop for Dom {
    fn drop(&mut self) {
        self.room.nodes.give_back(self.nodes.len());
        self.room.text.give_back(self.text_bytes);
    }
}

impl Dom {
    pub(crate) fn new(room: &Room) -> Self {
        room.nodes.take(1);
        Self {
            nodes: vec![Node { kind: Kind::Document, parent: None, children: Vec::new(), owner: DOCUMENT }],
            begun_scripts: HashSet::new(),
            version: 0,
            new_names: Vec::new(),
            arrived: Vec::new(),
            contents: HashMap::new(),
            inert: None,
            room: room.clone(),
            text_bytes: 0,
            is_full: false,
            has_document: false,
        }
    }

    /// Whether something found no room any more. What has room is in place all the same.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Makes room for text; `false` where there is none.
    fn has_room(&mut self, bytes: usize) -> bool {
        let has_room = self.room.text.take(bytes);
        if has_room {
            self.text_bytes += bytes;
        }
        self.is_full |= !has_room;
        has_room
    }

    pub(crate) fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// A new node of a document; the first document where there are too many.
    pub(crate) fn create(&mut self, kind: Kind, owner: NodeId) -> NodeId {
        if !self.has_room(kind.text_bytes()) {
            return DOCUMENT;
        }
        if !self.room.nodes.take(1) {
            self.is_full = true;
            return DOCUMENT;
        }
        let id = self.nodes.len() as NodeId;
        let owner = if matches!(kind, Kind::Document) { id } else { owner };
        if let Kind::Element { attributes, .. } = &kind {
            let names = attributes.iter().filter(|(name, value)| is_name(name) && !value.is_empty());
            self.new_names.extend(names.map(|(_, value)| (owner, value.clone())));
        }
        self.nodes.push(Node { kind, parent: None, children: Vec::new(), owner });
        id
    }

    /// A new document; `None` where there are too many nodes.
    pub(crate) fn create_document(&mut self) -> Option<NodeId> {
        if !self.has_document {
            self.has_document = true;
            return Some(DOCUMENT);
        }
        Some(self.create(Kind::Document, DOCUMENT)).filter(|id| *id != DOCUMENT)
    }

    /// Gives a document what is in every one, even where nothing else is.
    pub(crate) fn fill_empty(&mut self, document: NodeId) {
        let [html, head, body] =
            ["html", "head", "body"].map(|name| self.create_element(name, document, ns!(html)));
        self.insert(document, html, None);
        self.insert(html, head, None);
        self.insert(html, body, None);
    }

    /// A node and all that it holds, as they stand in the tree.
    pub(crate) fn in_order(&self, root: NodeId) -> Vec<NodeId> {
        let (mut order, mut left) = (Vec::new(), vec![root]);
        while let Some(id) = left.pop() {
            order.push(id);
            left.extend(self.get(id).into_iter().flat_map(|node| node.children.iter().rev()));
        }
        order
    }

    pub(crate) fn create_element(&mut self, name: &str, owner: NodeId, namespace: Namespace) -> NodeId {
        let name = QualName::new(None, namespace, LocalName::from(name));
        self.create(Kind::Element { name, attributes: Vec::new() }, owner)
    }

    fn is_template(&self, id: NodeId) -> bool {
        self.element(id)
            .is_some_and(|(name, _)| name.ns == ns!(html) && name.local == local_name!("template"))
    }

    /// Where what stands inside of a node is: a template's content, or the node itself.
    /// [Source](https://html.spec.whatwg.org/multipage/scripting.html#template-contents).
    pub(crate) fn inside(&mut self, id: NodeId) -> NodeId {
        if !self.is_template(id) {
            return id;
        }
        if let Some(content) = self.contents.get(&id) {
            return *content;
        }
        let inert = self.inert.unwrap_or_else(|| self.create(Kind::Document, DOCUMENT));
        self.inert = Some(inert);
        let content = self.create(Kind::Fragment, inert);
        self.contents.insert(id, content);
        content
    }

    /// What a template holds, if there is anything.
    pub(crate) fn content(&self, id: NodeId) -> Option<NodeId> {
        self.contents.get(&id).copied()
    }

    pub(crate) fn owner(&self, id: NodeId) -> NodeId {
        self.get(id).map_or(DOCUMENT, |node| node.owner)
    }

    /// Lets a node and all that it holds belong to another document.
    pub(crate) fn adopt(&mut self, id: NodeId, owner: NodeId) {
        let mut left = vec![id];
        while let Some(node) = left.pop().and_then(|id| self.nodes.get_mut(id as usize)) {
            node.owner = owner;
            left.extend(&node.children);
        }
    }

    /// The node that stands beside another: behind it by so many, or before it.
    pub(crate) fn sibling(&self, id: NodeId, step: isize) -> Option<NodeId> {
        let siblings = &self.get(self.get(id)?.parent?)?.children;
        let at = siblings.iter().position(|child| *child == id)?;
        siblings.get(at.checked_add_signed(step)?).copied()
    }

    /// Whether a node is another, or holds it.
    pub(crate) fn holds(&self, above: NodeId, below: NodeId) -> bool {
        let mut at = Some(below);
        while let Some(id) = at {
            if id == above {
                return true;
            }
            at = self.get(id).and_then(|node| node.parent);
        }
        false
    }

    /// Puts a node into another, before a child of it or at the end. One that would hold itself is left alone.
    pub(crate) fn insert(&mut self, parent: NodeId, child: NodeId, before: Option<NodeId>) {
        if self.holds(child, parent) {
            return;
        }
        self.remove(child);
        let owner = self.owner(parent);
        if self.owner(child) != owner {
            self.adopt(child, owner);
        }
        if matches!(self.get(child), Some(Node { kind: Kind::Fragment, .. })) {
            for child in std::mem::take(&mut self.nodes[child as usize].children) {
                self.nodes[child as usize].parent = None;
                self.insert(parent, child, before);
            }
            return;
        }
        let Some(holder) = self.nodes.get_mut(parent as usize) else { return };
        let at = before.and_then(|before| holder.children.iter().position(|child| *child == before));
        holder.children.insert(at.unwrap_or(holder.children.len()), child);
        if let Some(node) = self.nodes.get_mut(child as usize) {
            node.parent = Some(parent);
        }
    }

    /// A copy of a node outside of any tree, with all that it holds where that is asked for.
    pub(crate) fn copy(&mut self, id: NodeId, is_deep: bool) -> NodeId {
        let copy_of = |dom: &mut Self, id: NodeId| {
            let kind = dom.get(id).map(|node| node.kind.clone());
            kind.map_or(DOCUMENT, |kind| dom.create(kind, dom.owner(id)))
        };
        let copied = copy_of(self, id);
        let mut left = vec![(id, copied)];
        while let Some((from, to)) = left.pop().filter(|_| is_deep) {
            if let Some(content) = self.content(from) {
                let inside = self.inside(to);
                left.push((content, inside));
            }
            for child in self.get(from).map(|node| node.children.clone()).unwrap_or_default() {
                let copy = copy_of(self, child);
                self.insert(to, copy, None);
                left.push((child, copy));
            }
        }
        copied
    }

    /// Takes a node out of what holds it.
    pub(crate) fn remove(&mut self, child: NodeId) {
        self.version = self.version.wrapping_add(1);
        let Some(parent) = self.nodes.get_mut(child as usize).and_then(|node| node.parent.take()) else {
            return;
        };
        if let Some(holder) = self.nodes.get_mut(parent as usize) {
            holder.children.retain(|other| *other != child);
        }
    }

    pub(crate) fn element(&self, id: NodeId) -> Option<(&QualName, &[(String, String)])> {
        match &self.get(id)?.kind {
            Kind::Element { name, attributes } => Some((name, attributes)),
            _ => None,
        }
    }

    pub(crate) fn attribute(&self, id: NodeId, name: &str) -> Option<&str> {
        let (_, attributes) = self.element(id)?;
        attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn set_attribute(&mut self, id: NodeId, name: &str, value: Option<String>) {
        let before = self.attribute(id, name).map_or(0, str::len);
        let after = value.as_ref().map_or(0, |value| value.len() + name.len() + ATTRIBUTE_BYTES);
        if !self.has_room(after.saturating_sub(before)) {
            return;
        }
        self.version = self.version.wrapping_add(1);
        let owner = self.owner(id);
        let new = value.clone().filter(|value| is_name(name) && !value.is_empty());
        self.new_names.extend(new.map(|value| (owner, value)));
        let Some(Node { kind: Kind::Element { attributes, .. }, .. }) = self.nodes.get_mut(id as usize)
        else {
            return;
        };
        let at = attributes.iter().position(|(known, _)| known == name);
        match (at, value) {
            (Some(at), Some(value)) => attributes[at].1 = value,
            (Some(at), None) => drop(attributes.remove(at)),
            (None, Some(value)) => attributes.push((name.to_owned(), value)),
            (None, None) => {}
        }
    }

    pub(crate) fn set_text(&mut self, id: NodeId, new: String) {
        let before = self.get(id).map_or(0, |node| node.kind.text_bytes());
        if !self.has_room(new.len().saturating_sub(before)) {
            return;
        }
        if let Some(Node { kind: Kind::Text(text) | Kind::Comment(text), .. }) =
            self.nodes.get_mut(id as usize)
        {
            *text = new;
        }
    }

    /// The text of a node and of all that it holds.
    pub(crate) fn text(&self, id: NodeId) -> String {
        let mut text = String::new();
        let mut left = vec![id];
        while let Some(node) = left.pop().and_then(|id| self.get(id)) {
            if let Kind::Text(piece) = &node.kind {
                text.push_str(piece);
            }
            left.extend(node.children.iter().rev());
        }
        text
    }

    /// Hands over the names that a document's elements were given.
    pub(crate) fn take_names(&mut self, document: NodeId) -> Vec<String> {
        self.new_names.extract_if(.., |(owner, _)| *owner == document).map(|(_, name)| name).collect()
    }

    /// Hands over the elements of a document that the parser has made and that load something.
    pub(crate) fn take_arrived(&mut self, document: NodeId) -> Vec<NodeId> {
        let (own, others) = std::mem::take(&mut self.arrived)
            .into_iter()
            .partition(|id| self.nodes.get(*id as usize).is_some_and(|node| node.owner == document));
        self.arrived = others;
        own
    }

    fn append_text(&mut self, parent: NodeId, before: Option<NodeId>, piece: &str) {
        let siblings = self.get(parent).map(|node| node.children.as_slice()).unwrap_or_default();
        let at = before.and_then(|before| siblings.iter().position(|child| *child == before));
        let previous = at.unwrap_or(siblings.len()).checked_sub(1).map(|at| siblings[at]);
        let is_text = |id: NodeId| matches!(self.get(id), Some(Node { kind: Kind::Text(_), .. }));
        if previous.is_some_and(is_text) && !self.has_room(piece.len()) {
            return;
        }
        if let Some(Node { kind: Kind::Text(text), .. }) =
            previous.and_then(|id| self.nodes.get_mut(id as usize))
        {
            text.push_str(piece);
            return;
        }
        let text = self.create(Kind::Text(piece.to_owned()), self.owner(parent));
        self.insert(parent, text, before);
    }
}

/// Whether an attribute gives an element a name that script finds it by.
fn is_name(attribute: &str) -> bool {
    matches!(attribute, "id" | "name")
}

/// Where the parser puts what it reads.
pub(crate) struct Sink {
    pub(crate) dom: Rc<RefCell<Dom>>,
    /// What counts as the document: a window's own, or a new one for a fragment.
    pub(crate) root: NodeId,
    /// Whether the document is one that is shown, so that what is in it loads and runs.
    pub(crate) is_shown: bool,
}

impl Sink {
    fn create(&self, kind: Kind) -> NodeId {
        let mut dom = self.dom.borrow_mut();
        let owner = dom.owner(self.root);
        dom.create(kind, owner)
    }
}

/// An element's name, apart from the tree.
#[derive(Debug)]
pub(crate) struct Name(QualName);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl TreeSink for Sink {
    type Handle = NodeId;
    type Output = ();
    type ElemName<'a> = Name;

    fn finish(self) {}

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> NodeId {
        self.root
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Name {
        let dom = self.dom.borrow();
        let name = dom.element(*target).map(|(name, _)| name.clone());
        Name(name.unwrap_or_else(|| QualName::new(None, ns!(html), local_name!(""))))
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> NodeId {
        let attributes = attributes
            .into_iter()
            .map(|attribute| (attribute.name.local.to_string(), attribute.value.to_string()));
        let is_of_page = self.is_shown && name.ns == ns!(html);
        let is_script = name.local == local_name!("script");
        let loads = LOADING.contains(&&*name.local);
        let id = self.create(Kind::Element { name, attributes: attributes.collect() });
        let mut dom = self.dom.borrow_mut();
        if is_of_page && is_script {
            dom.begun_scripts.insert(id);
        } else if is_of_page && loads {
            dom.arrived.push(id);
        }
        id
    }

    fn create_comment(&self, text: StrTendril) -> NodeId {
        self.create(Kind::Comment(text.to_string()))
    }

    fn create_pi(&self, _: StrTendril, data: StrTendril) -> NodeId {
        self.create_comment(data)
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        let mut dom = self.dom.borrow_mut();
        match child {
            NodeOrText::AppendNode(child) => dom.insert(*parent, child, None),
            NodeOrText::AppendText(text) => dom.append_text(*parent, None, &text),
        }
    }

    fn append_based_on_parent_node(&self, element: &NodeId, previous: &NodeId, child: NodeOrText<NodeId>) {
        let has_parent = self.dom.borrow().get(*element).is_some_and(|node| node.parent.is_some());
        if has_parent { self.append_before_sibling(element, child) } else { self.append(previous, child) }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {
        let doctype = self.create(Kind::Doctype);
        self.dom.borrow_mut().insert(self.root, doctype, None);
    }

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        self.dom.borrow_mut().inside(*target)
    }

    fn same_node(&self, one: &NodeId, other: &NodeId) -> bool {
        one == other
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        let mut dom = self.dom.borrow_mut();
        let Some(parent) = dom.get(*sibling).and_then(|node| node.parent) else { return };
        match child {
            NodeOrText::AppendNode(child) => dom.insert(parent, child, Some(*sibling)),
            NodeOrText::AppendText(text) => dom.append_text(parent, Some(*sibling), &text),
        }
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attributes: Vec<Attribute>) {
        let mut dom = self.dom.borrow_mut();
        for attribute in attributes {
            if dom.attribute(*target, &attribute.name.local).is_none() {
                dom.set_attribute(*target, &attribute.name.local, Some(attribute.value.to_string()));
            }
        }
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.dom.borrow_mut().remove(*target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        let mut dom = self.dom.borrow_mut();
        let children = dom.get(*node).map(|node| node.children.clone()).unwrap_or_default();
        for child in children {
            dom.insert(*new_parent, child, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_so_many_nodes() {
        let mut dom = Dom::new(&Room::default());
        for nth in 1..MAX_NODES {
            assert_eq!(dom.create(Kind::Fragment, DOCUMENT) as usize, nth);
        }
        assert!(!dom.is_full());
        assert_eq!(dom.create(Kind::Fragment, DOCUMENT), DOCUMENT);
        assert!(dom.is_full());
    }
}
