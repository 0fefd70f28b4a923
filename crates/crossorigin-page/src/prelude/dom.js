// The tree: script's view of the nodes that the host keeps by number.

const NODE = Symbol("node");
/** What elements do when they are made, come into the document, or get another attribute. */
const [MADE, CONNECTED, CHANGED] = [Symbol("made"), Symbol("connected"), Symbol("changed")];
const [HTML, SVG] = ["http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"];
const nodes = new Map();
const HTML_CLASSES = new Map();

/** The object of a node; always the same one for the same number. */
function wrap(id) {
  if (id === null || id === undefined || id < 0) return null;
  if (!nodes.has(id)) {
    const kind = host.node_type(id);
    const Class = { 3: Text, 8: Comment, 9: Document, 10: DocumentType, 11: DocumentFragment }[kind]
      ?? (host.namespace(id) === HTML ? HTML_CLASSES.get(host.node_name(id)) ?? HTMLElement
        : host.namespace(id) === SVG ? SVGElement : Element);
    const node = Object.create(Class.prototype);
    adopt(node, id);
  }
  return nodes.get(id);
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
  get childNodes() { return host.children(this[NODE]).map(wrap); }
  get firstChild() { return this.childNodes[0] ?? null; }
  get lastChild() { return this.childNodes.at(-1) ?? null; }
  get nextSibling() { return sibling(this, 1); }
  get previousSibling() { return sibling(this, -1); }
  get isConnected() { return host.holds(0, this[NODE]); }
  get textContent() { return this instanceof Document ? null : host.text(this[NODE]); }
  set textContent(text) { this.replaceChildren(...(String(text ?? "") === "" ? [] : [String(text)])); }
  get nodeValue() { return null; }
  hasChildNodes() { return this.childNodes.length > 0; }
  contains(other) { return other !== null && host.holds(this[NODE], other[NODE]); }
  getRootNode() { return this.parentNode ? this.parentNode.getRootNode() : this; }
  appendChild(child) { return this.insertBefore(child, null); }
  insertBefore(child, before) {
    if (!(child instanceof Node)) throw new TypeError("insertBefore wants a node.");
    if (host.holds(child[NODE], this[NODE])) throw new DOMException("A node can't hold itself.", "HierarchyRequestError");
    if (before && before.parentNode !== this) throw new DOMException("The reference is no child of the node.", "NotFoundError");
    const inserted = child instanceof DocumentFragment ? child.childNodes : [child];
    host.insert(this[NODE], child[NODE], before?.[NODE]);
    for (const node of inserted) announce(node);
    return child;
  }
  cloneNode(deep = false) {
    if (this === document) throw new DOMException("A page has one document.", "NotSupportedError");
    const copy = wrap(host.copy(this[NODE], Boolean(deep)));
    if (deep) copy.querySelectorAll("*");
    return copy;
  }
  replaceChild(child, old) {
    this.insertBefore(child, old);
    return this.removeChild(old);
  }
  removeChild(child) {
    if (child?.parentNode !== this) throw new DOMException("It is no child of the node.", "NotFoundError");
    host.remove(child[NODE]);
    return child;
  }
  append(...items) { for (const item of items) this.appendChild(asNode(item, this)); }
  prepend(...items) {
    const first = this.firstChild;
    for (const item of items) this.insertBefore(asNode(item, this), first);
  }
  replaceChildren(...items) {
    for (const child of this.childNodes) this.removeChild(child);
    this.append(...items);
  }
  remove() { host.remove(this[NODE]); }
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
  get nextElementSibling() { return siblingElement(this, 1); }
  get previousElementSibling() { return siblingElement(this, -1); }
  isSameNode(other) { return this === other; }
  normalize() {
    for (const child of this.childNodes) {
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
    const siblings = mine[at].parentNode.childNodes;
    return siblings.indexOf(mine[at]) < siblings.indexOf(theirs[at]) ? 4 : 2;
  }
  get children() { return this.childNodes.filter(node => node instanceof Element); }
  get firstElementChild() { return this.children[0] ?? null; }
  get lastElementChild() { return this.children.at(-1) ?? null; }
  get childElementCount() { return this.children.length; }
  querySelector(selector) { return wrap(host.select(this[NODE], String(selector), true)[0] ?? null); }
  querySelectorAll(selector) { return host.select(this[NODE], String(selector), false).map(wrap); }
  getElementsByTagName(name) { return this.querySelectorAll(name); }
  getElementsByClassName(names) { return this.querySelectorAll(String(names).trim().split(/\s+/).map(name => `.${name}`).join("")); }
}

const asNode = (item, owner) => (item instanceof Node ? item : wrap(host.create_text(String(item), host.owner(owner[NODE]))));

function sibling(node, step) {
  const all = node.parentNode?.childNodes ?? [];
  return all[all.indexOf(node) + step] ?? null;
}

function siblingElement(node, step) {
  let at = sibling(node, step);
  while (at && !(at instanceof Element)) at = sibling(at, step);
  return at;
}

/** Tells elements that they came into the document. */
function announce(node) {
  if (!node.isConnected) return;
  node[CONNECTED]?.();
  for (const child of node.childNodes) announce(child);
}

class CharacterData extends Node {
  get data() { return host.data(this[NODE]); }
  set data(text) { host.set_text(this[NODE], String(text)); }
  get nodeValue() { return this.data; }
  set nodeValue(text) { this.data = text; }
  get textContent() { return this.data; }
  set textContent(text) { this.data = text; }
  get length() { return this.data.length; }
}
class Text extends CharacterData {}
class Comment extends CharacterData {}
class DocumentType extends Node {}
class DocumentFragment extends Node {}

class Element extends Node {
  get localName() { return host.node_name(this[NODE]); }
  get namespaceURI() { return host.namespace(this[NODE]); }
  get tagName() { return this.namespaceURI === HTML ? this.localName.toUpperCase() : this.localName; }
  get id() { return this.getAttribute("id") ?? ""; }
  set id(value) { this.setAttribute("id", value); }
  get className() { return this.getAttribute("class") ?? ""; }
  set className(value) { this.setAttribute("class", value); }
  get classList() {
    const read = () => this.className.split(/\s+/).filter(Boolean);
    const write = names => { this.className = [...new Set(names)].join(" "); };
    return {
      add: (...names) => write([...read(), ...names]),
      remove: (...names) => write(read().filter(name => !names.includes(name))),
      contains: name => read().includes(name),
      toggle: (name, force = !read().includes(name)) => {
        write(force ? [...read(), name] : read().filter(other => other !== name));
        return force;
      },
      get length() { return read().length; },
    };
  }
  getAttribute(name) { return host.attribute(this[NODE], String(name).toLowerCase()) ?? null; }
  setAttribute(name, value) {
    host.set_attribute(this[NODE], String(name).toLowerCase(), String(value));
    this[CHANGED]?.(String(name).toLowerCase());
  }
  removeAttribute(name) {
    host.set_attribute(this[NODE], String(name).toLowerCase(), undefined);
    this[CHANGED]?.(String(name).toLowerCase());
  }
  hasAttribute(name) { return this.getAttribute(name) !== null; }
  toggleAttribute(name, force = !this.hasAttribute(name)) {
    if (force) this.setAttribute(name, ""); else this.removeAttribute(name);
    return force;
  }
  matches(selector) { return host.matches(this[NODE], String(selector)); }
  closest(selector) {
    for (let at = this; at instanceof Element; at = at.parentNode) if (at.matches(selector)) return at;
    return null;
  }
  get outerHTML() { return host.outer_html(this[NODE]); }
  set outerHTML(html) {
    if (!this.parentNode) return;
    this.insertAdjacentHTML("beforebegin", html);
    this.remove();
  }
  insertAdjacentElement(where, element) { return insertAdjacent(this, where, element); }
  insertAdjacentText(where, text) { insertAdjacent(this, where, this.ownerDocument.createTextNode(text)); }
  insertAdjacentHTML(where, html) {
    const inside = /^(afterbegin|beforeend)$/i.test(where);
    const context = inside ? this : this.parentElement ?? this.ownerDocument.createElement("body");
    const holder = context.cloneNode();
    holder.innerHTML = html;
    const fragment = this.ownerDocument.createDocumentFragment();
    fragment.append(...holder.childNodes);
    insertAdjacent(this, where, fragment);
  }
  get attributes() { return attributesOf(this); }
  getAttributeNames() { return host.attribute_names(this[NODE]); }
  hasAttributes() { return this.getAttributeNames().length > 0; }
  get innerHTML() { return host.inner_html(this[NODE]); }
  set innerHTML(html) {
    const inside = wrap(host.inside(this[NODE]));
    inside.replaceChildren();
    host.parse_into(this[NODE], String(html));
    // Scripts that come by a fragment never run.
    for (const script of inside.querySelectorAll("script")) handedOver.add(script);
    for (const child of inside.childNodes) announce(child);
  }
}

function insertAdjacent(element, where, node) {
  const place = String(where).toLowerCase();
  if (place === "afterbegin") return element.insertBefore(node, element.firstChild);
  if (place === "beforeend") return element.appendChild(node);
  if (place !== "beforebegin" && place !== "afterend") {
    throw new DOMException(`${JSON.stringify(String(where))} is no place beside an element.`, "SyntaxError");
  }
  return element.parentNode?.insertBefore(node, place === "beforebegin" ? element : element.nextSibling) ?? null;
}

class Attr {
  #owner; #name;
  constructor(making, owner, name) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    [this.#owner, this.#name] = [owner, name];
  }
  get name() { return this.#name; }
  get nodeName() { return this.#name; }
  get localName() { return this.#name; }
  get ownerElement() { return this.#owner; }
  get specified() { return true; }
  get value() { return this.#owner.getAttribute(this.#name) ?? ""; }
  set value(value) { this.#owner.setAttribute(this.#name, value); }
  get nodeValue() { return this.value; }
  get textContent() { return this.value; }
}

/** An element's attributes as they are now, in order. */
function attributesOf(element) {
  const attributes = element.getAttributeNames().map(name => new Attr(MAKING, element, name));
  const getNamedItem = name => attributes.find(attribute => attribute.name === String(name).toLowerCase()) ?? null;
  return Object.defineProperties(attributes, { getNamedItem: { value: getNamedItem }, item: { value: at => attributes[at] ?? null } });
}

class SVGElement extends Element {}
class HTMLElement extends Element {
  /** Nothing is laid out, so that what is shown of a text is all of it. */
  get innerText() { return this.childNodes.map(node => (node.localName === "br" ? "\n" : node.innerText ?? (node instanceof Text ? node.data : ""))).join(""); }
  set innerText(text) {
    const lines = String(text).split(/\r\n|\r|\n/);
    this.replaceChildren(...lines.flatMap((line, nth) => [...(nth > 0 ? [this.ownerDocument.createElement("br")] : []), ...(line ? [line] : [])]));
  }
  get hidden() { return this.hasAttribute("hidden"); }
  set hidden(value) { this.toggleAttribute("hidden", Boolean(value)); }
  click() { fire(this, new Event("click", { bubbles: true, cancelable: true })); }
}
for (const Class of [HTMLElement, SVGElement]) {
  Object.defineProperty(Class.prototype, "dataset", { configurable: true, enumerable: true, get() { return datasetOf(this); } });
}
/** The attributes that begin with `data-`, as properties. */
function datasetOf(element) {
  const attribute = name => `data-${String(name).replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
  return new Proxy({}, {
    get: (_, name) => (typeof name === "string" ? element.getAttribute(attribute(name)) ?? undefined : undefined),
    set: (_, name, value) => (element.setAttribute(attribute(name), value), true),
    has: (_, name) => element.hasAttribute(attribute(name)),
  });
}
defineHandlers(HTMLElement.prototype, "click", "load", "error", "input", "change", "submit", "abort");

/** Properties that say what an attribute says. */
function reflect(Class, attributes) {
  for (const [property, kind] of Object.entries(attributes)) {
    const name = property.toLowerCase();
    Object.defineProperty(Class.prototype, property, {
      configurable: true,
      enumerable: true,
      get() {
        const value = this.getAttribute(name);
        if (kind === "flag") return value !== null;
        if (kind === "number") return Math.max(0, Number.parseInt(value, 10) || 0);
        if (kind === "url") return value === null ? "" : URL.parse(value, document.baseURI)?.href ?? value;
        return value ?? "";
      },
      set(value) {
        if (kind === "flag") this.toggleAttribute(name, Boolean(value));
        else this.setAttribute(name, value);
      },
    });
  }
}

/** `crossorigin`, with its three states. */
function reflectCrossOrigin(Class) {
  Object.defineProperty(Class.prototype, "crossOrigin", {
    configurable: true,
    enumerable: true,
    get() {
      const value = this.getAttribute("crossorigin");
      return value === null ? null : value.toLowerCase() === "use-credentials" ? "use-credentials" : "anonymous";
    },
    set(value) {
      if (value === null) this.removeAttribute("crossorigin");
      else this.setAttribute("crossorigin", value);
    },
  });
}

function defineElement(name, Class) {
  HTML_CLASSES.set(name, Class);
}

const NODE_CONSTANTS = {
  ELEMENT_NODE: 1, TEXT_NODE: 3, COMMENT_NODE: 8, DOCUMENT_NODE: 9, DOCUMENT_TYPE_NODE: 10, DOCUMENT_FRAGMENT_NODE: 11,
  DOCUMENT_POSITION_DISCONNECTED: 1, DOCUMENT_POSITION_PRECEDING: 2, DOCUMENT_POSITION_FOLLOWING: 4,
  DOCUMENT_POSITION_CONTAINS: 8, DOCUMENT_POSITION_CONTAINED_BY: 16, DOCUMENT_POSITION_IMPLEMENTATION_SPECIFIC: 32,
};
for (const [name, value] of Object.entries(NODE_CONSTANTS)) {
  for (const holder of [Node, Node.prototype]) Object.defineProperty(holder, name, { value, enumerable: true });
}

expose({
  Attr, Node, CharacterData, Text, Comment, DocumentType, DocumentFragment, Element, HTMLElement, SVGElement,
});
