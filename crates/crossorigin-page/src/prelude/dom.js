// The tree: script's view of the nodes that the host keeps by number.

const NODE = shared("node");
/** The document of this window. */
const DOCUMENT = host.document();
/** What elements do when they are made, come into the document, or get another attribute. */
const [MADE, CONNECTED, CHANGED] = [Symbol("made"), Symbol("connected"), Symbol("changed")];
const [HTML, SVG] = ["http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"];
const nodes = new Map();
const HTML_CLASSES = new Map();

/** The object of a node; always the same one for the same number. */
function wrap(id) {
  if (id === null || id === undefined || id < 0) return null;
  if (!nodes.has(id)) {
    adopt(Object.create(classOf(id).prototype), id);
  }
  return nodes.get(id);
}

function classOf(id) {
  const Class = { 3: Text, 8: Comment, 9: Document, 10: DocumentType, 11: DocumentFragment }[host.node_type(id)];
  if (Class) return Class;
  return host.namespace(id) === HTML ? HTML_CLASSES.get(host.node_name(id)) ?? HTMLElement : host.namespace(id) === SVG ? SVGElement : Element;
}

/** The nodes that the windows of this origin know, by window; none of a window is kept that is gone. */
const knownElsewhere = (host.common.nodes ??= new Map());
for (const number of knownElsewhere.keys()) if (!host.is_window_shown(number)) knownElsewhere.delete(number);
knownElsewhere.set(host.own_window(), nodes);

/** Lets a node of another window of this origin, and all that it holds, be of this one; it is given back. */
function takeOver(node) {
  const id = node?.[NODE];
  const [home] = [...knownElsewhere.values()].filter(known => known.get(id) === node);
  if (!home) throw new TypeError("It is no node.");
  host.adopt(id, DOCUMENT);
  for (const inner of host.in_order(id)) {
    const known = home.get(inner);
    if (!known || nodes.get(inner) === known) continue;
    nodes.set(inner, known);
    Object.setPrototypeOf(known, classOf(inner).prototype);
    known[MADE]?.();
  }
  return node;
}

function adopt(node, id) {
  Object.defineProperty(node, NODE, { value: id });
  Object.defineProperty(node, LISTENERS, { value: new Map() });
  nodes.set(id, node);
  node[MADE]?.();
}

class Node extends EventTarget {
  constructor() { throw new TypeError("Illegal constructor"); }
  get nodeType() { return host.node_type(this[NODE]); }
  get nodeName() { return this.nodeType === 1 ? this.tagName : host.node_name(this[NODE]); }
  get ownerDocument() { return this instanceof Document ? null : wrap(host.owner(this[NODE])); }
  get baseURI() { return document.baseURI; }
  get parentNode() { return wrap(host.parent(this[NODE])); }
  get parentElement() { return this.parentNode instanceof Element ? this.parentNode : null; }
  get [ABOVE]() { return this.parentNode ?? (this === document ? globalThis : null); }
  get childNodes() { return liveList(this, "childNodes", NodeList, () => childrenOf(this)); }
  get firstChild() { return wrap(host.children(this[NODE])[0]); }
  get lastChild() { return wrap(host.children(this[NODE]).at(-1)); }
  get nextSibling() { return sibling(this, 1); }
  get previousSibling() { return sibling(this, -1); }
  get isConnected() { return host.holds(DOCUMENT, this[NODE]); }
  get textContent() { return this instanceof Document ? null : host.text(this[NODE]); }
  set textContent(text) {
    if (!(this instanceof Document)) replaceChildren(this, String(text ?? "") === "" ? [] : [String(text)]);
  }
  get nodeValue() { return null; }
  hasChildNodes() { return host.children(this[NODE]).length > 0; }
  contains(other) { return other !== null && other !== undefined && host.holds(this[NODE], other[NODE]); }
  getRootNode() { return this.parentNode ? this.parentNode.getRootNode() : this; }
  appendChild(child) { return this.insertBefore(child, null); }
  insertBefore(child, before) {
    if (!(child instanceof Node)) takeOver(child);
    if (host.holds(child[NODE], this[NODE])) throw new DOMException("A node can't hold itself.", "HierarchyRequestError");
    if (before && before.parentNode !== this) throw new DOMException("The reference is no child of the node.", "NotFoundError");
    const inserted = child instanceof DocumentFragment ? childrenOf(child) : [child];
    removeFramesIn(child);
    host.insert(this[NODE], child[NODE], (before === child ? child.nextSibling : before)?.[NODE]);
    for (const node of inserted) announce(node);
    return child;
  }
  cloneNode(deep = false) {
    if (this === document) throw new DOMException("A page has one document.", "NotSupportedError");
    const copy = wrap(host.copy(this[NODE], Boolean(deep)));
    if (deep) select(copy, "*");
    return copy;
  }
  replaceChild(child, old) {
    this.insertBefore(child, old);
    return this.removeChild(old);
  }
  removeChild(child) {
    if (child?.parentNode !== this) throw new DOMException("It is no child of the node.", "NotFoundError");
    removeFramesIn(child);
    host.remove(child[NODE]);
    return child;
  }
  isSameNode(other) { return this === other; }
  isEqualNode(other) {
    return other?.nodeType === this.nodeType && (this.outerHTML ?? this.nodeValue ?? this.innerHTML) === (other.outerHTML ?? other.nodeValue ?? other.innerHTML);
  }
  normalize() {
    for (const child of childrenOf(this)) {
      if (!(child instanceof Text)) child.normalize();
      else if (child.data === "") child.remove();
      else if (child.previousSibling instanceof Text) {
        child.previousSibling.data += child.data;
        child.remove();
      }
    }
  }
  compareDocumentPosition(other) {
    if (this === other) return 0;
    if (this.getRootNode() !== other.getRootNode()) return 1 + 32 + (this[NODE] < other[NODE] ? 4 : 2);
    if (this.contains(other)) return 16 + 4;
    if (other.contains(this)) return 8 + 2;
    const above = node => (node.parentNode ? [...above(node.parentNode), node] : [node]);
    const [mine, theirs] = [above(this), above(other)];
    const at = mine.findIndex((node, nth) => node !== theirs[nth]);
    const siblings = childrenOf(mine[at].parentNode);
    return siblings.indexOf(mine[at]) < siblings.indexOf(theirs[at]) ? 4 : 2;
  }
}

const childrenOf = node => host.children(node[NODE]).map(wrap);
const elementsOf = node => childrenOf(node).filter(child => child instanceof Element);
const select = (node, selector) => host.select(node[NODE], String(selector), false).map(wrap);

function replaceChildren(node, items) {
  for (const child of childrenOf(node)) node.removeChild(child);
  for (const item of items) node.appendChild(asNode(item, node));
}

/** What documents, fragments and elements have. */
class ParentNode {
  append(...items) { for (const item of items) this.appendChild(asNode(item, this)); }
  prepend(...items) {
    const first = this.firstChild;
    for (const item of items) this.insertBefore(asNode(item, this), first);
  }
  replaceChildren(...items) { replaceChildren(this, items); }
  get children() { return liveElements(this, "children", () => elementsOf(this)); }
  get firstElementChild() { return elementsOf(this)[0] ?? null; }
  get lastElementChild() { return elementsOf(this).at(-1) ?? null; }
  get childElementCount() { return elementsOf(this).length; }
  querySelector(selector) { return wrap(host.select(this[NODE], String(selector), true)[0] ?? null); }
  querySelectorAll(selector) { return staticList(select(this, selector)); }
}

/** What documents and elements have. */
class Searchable {
  getElementsByTagName(name) {
    const wanted = String(name).toLowerCase();
    const is = element => wanted === "*" || element.localName.toLowerCase() === wanted;
    return liveElements(this, `tag ${wanted}`, () => select(this, "*").filter(is));
  }
  getElementsByClassName(names) {
    const wanted = String(names).split(/[\t\n\f\r ]+/).filter(Boolean);
    const has = element => wanted.length > 0 && wanted.every(name => element.classList.contains(name));
    return liveElements(this, `class ${wanted.join(" ")}`, () => select(this, "[class]").filter(has));
  }
}

/** What elements, texts and comments have, and document types in part. */
class ChildNode {
  remove() {
    removeFramesIn(this);
    host.remove(this[NODE]);
  }
  before(...items) { for (const item of items) this.parentNode?.insertBefore(asNode(item, this), this); }
  after(...items) {
    const next = this.nextSibling;
    for (const item of items) this.parentNode?.insertBefore(asNode(item, this), next);
  }
  replaceWith(...items) {
    if (!this.parentNode) return;
    this.before(...items);
    if (!items.includes(this)) this.remove();
  }
}
class BetweenElements {
  get nextElementSibling() { return siblingElement(this, 1); }
  get previousElementSibling() { return siblingElement(this, -1); }
}

/** Gives interfaces the members of a mixin. */
function mix(Mixin, ...Classes) {
  const { constructor: _, ...members } = Object.getOwnPropertyDescriptors(Mixin.prototype);
  for (const Class of Classes) Object.defineProperties(Class.prototype, members);
}

const asNode = (item, owner) => (item?.[NODE] !== undefined ? item : wrap(host.create_text(String(item), host.owner(owner[NODE]))));

const sibling = (node, step) => wrap(host.sibling(node[NODE], step));

function siblingElement(node, step) {
  let at = sibling(node, step);
  while (at && !(at instanceof Element)) at = sibling(at, step);
  return at;
}

/** Tells elements that they came into the document. */
function announce(node) {
  if (!node.isConnected) return;
  node[CONNECTED]?.();
  if (node instanceof Element) restyle(node);
  for (const child of childrenOf(node)) announce(child);
}

class CharacterData extends Node {
  get data() { return host.data(this[NODE]); }
  set data(text) { host.set_text(this[NODE], String(text)); }
  get nodeValue() { return this.data; }
  set nodeValue(text) { this.data = text; }
  get textContent() { return this.data; }
  set textContent(text) { this.data = text; }
  get length() { return this.data.length; }
  substringData(at, count) { return this.data.slice(at, at + count); }
  appendData(text) { this.data += text; }
}
class Text extends CharacterData {}
class Comment extends CharacterData {}
class DocumentType extends Node {}
class DocumentFragment extends Node {
  getElementById(id) { return select(this, "[id]").find(element => element.id === String(id)) ?? null; }
}
mix(ParentNode, DocumentFragment);
mix(ChildNode, CharacterData, DocumentType);
mix(BetweenElements, CharacterData);

const NODE_CONSTANTS = {
  ELEMENT_NODE: 1, TEXT_NODE: 3, COMMENT_NODE: 8, DOCUMENT_NODE: 9, DOCUMENT_TYPE_NODE: 10, DOCUMENT_FRAGMENT_NODE: 11,
  DOCUMENT_POSITION_DISCONNECTED: 1, DOCUMENT_POSITION_PRECEDING: 2, DOCUMENT_POSITION_FOLLOWING: 4,
  DOCUMENT_POSITION_CONTAINS: 8, DOCUMENT_POSITION_CONTAINED_BY: 16, DOCUMENT_POSITION_IMPLEMENTATION_SPECIFIC: 32,
};
for (const [name, value] of Object.entries(NODE_CONSTANTS)) {
  for (const holder of [Node, Node.prototype]) Object.defineProperty(holder, name, { value, enumerable: true });
}

expose({ Node, CharacterData, Text, Comment, DocumentType, DocumentFragment });
