// Elements: their attributes and what stands in them, and what those of HTML share.

class Element extends Node {
  get localName() { return host.node_name(this[NODE]); }
  get namespaceURI() { return host.namespace(this[NODE]); }
  get tagName() { return this.namespaceURI === HTML ? this.localName.toUpperCase() : this.localName; }
  get id() { return this.getAttribute("id") ?? ""; }
  set id(value) { this.setAttribute("id", value); }
  get className() { return this.getAttribute("class") ?? ""; }
  set className(value) { this.setAttribute("class", value); }
  get classList() { return classListOf(this); }
  set classList(value) { this.className = value; }
  getAttribute(name) { return host.attribute(this[NODE], String(name).toLowerCase()) ?? null; }
  setAttribute(name, value) {
    const lower = String(name).toLowerCase();
    host.set_attribute(this[NODE], lower, String(value));
    if (lower === "id" || lower === "name") nameElements();
    this[CHANGED]?.(lower);
    restyle(this);
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
    fragment.append(...childrenOf(wrap(host.inside(holder[NODE]))));
    insertAdjacent(this, where, fragment);
  }
  get attributes() { return attributesOf(this); }
  getAttributeNode(name) { return this.attributes.getNamedItem(name); }
  getAttributeNames() { return host.attribute_names(this[NODE]); }
  hasAttributes() { return this.getAttributeNames().length > 0; }
  get innerHTML() { return host.inner_html(this[NODE]); }
  set innerHTML(html) {
    const inside = wrap(host.inside(this[NODE]));
    replaceChildren(inside, []);
    host.parse_into(this[NODE], String(html));
    nameElements();
    // Scripts that come by a fragment never run.
    for (const script of select(inside, "script")) handedOver.add(script);
    for (const child of childrenOf(inside)) announce(child);
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

mix(ParentNode, Element);
mix(ChildNode, Element);
mix(BetweenElements, Element);
mix(Searchable, Element);

class SVGElement extends Element {}
class HTMLElement extends Element {
  /** The text that would be shown, were it laid out: without what has no boxes, and a new line for each break. */
  get innerText() { return shownText(this); }
  set innerText(text) {
    const lines = String(text).split(/\r\n|\r|\n/);
    const broken = lines.flatMap((line, nth) => [...(nth > 0 ? [this.ownerDocument.createElement("br")] : []), ...(line ? [line] : [])]);
    replaceChildren(this, broken);
  }
  get hidden() { return this.hasAttribute("hidden"); }
  set hidden(value) { this.toggleAttribute("hidden", Boolean(value)); }
  click() { fire(this, clickEvent()); }
}

function shownText(element) {
  if (displayOf(element) === "none") return element.textContent;
  const shown = node => {
    if (node instanceof Text) return node.data;
    if (!(node instanceof Element) || displayOf(node) === "none") return "";
    return node.localName === "br" ? "\n" : childrenOf(node).map(shown).join("");
  };
  return childrenOf(element).map(shown).join("");
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
    deleteProperty: (_, name) => (element.removeAttribute(attribute(name)), true),
    ownKeys: () => element.getAttributeNames().filter(name => name.startsWith("data-")).map(name => name.slice(5).replace(/-([a-z])/g, (_, letter) => letter.toUpperCase())),
    getOwnPropertyDescriptor: (_, name) => (typeof name === "string" && element.hasAttribute(attribute(name))
      ? { value: element.getAttribute(attribute(name)), writable: true, enumerable: true, configurable: true } : undefined),
  });
}
const HANDLERS = [
  "abort", "blur", "cancel", "change", "click", "close", "contextmenu", "dblclick", "drag", "drop", "error", "focus", "input", "invalid",
  "keydown", "keypress", "keyup", "load", "loadeddata", "mousedown", "mouseenter", "mouseleave", "mousemove", "mouseout", "mouseover",
  "mouseup", "pointerdown", "pointermove", "pointerup", "reset", "resize", "scroll", "select", "submit", "toggle", "wheel",
];
defineHandlers(HTMLElement.prototype, ...HANDLERS);

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

reflect(HTMLElement, { title: "text", lang: "text", dir: "text" });

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

expose({ Element, HTMLElement, SVGElement });
