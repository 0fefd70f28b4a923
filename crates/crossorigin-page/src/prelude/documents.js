// Documents: the page's own, and those that are not shown.

class Document extends Node {
  get documentElement() { return elementsOf(this)[0] ?? null; }
  get doctype() { return childrenOf(this).find(node => node instanceof DocumentType) ?? null; }
  get head() { return this.querySelector("head"); }
  get body() { return this.querySelector("body"); }
  get title() { return (this.querySelector("title")?.textContent ?? "").trim().replace(/\s+/g, " "); }
  set title(text) {
    const title = this.querySelector("title") ?? this.head?.appendChild(this.createElement("title"));
    if (title) title.textContent = text;
  }
  get forms() { return liveElements(this, "forms", () => select(this, "form")); }
  get images() { return liveElements(this, "images", () => select(this, "img")); }
  get links() { return liveElements(this, "links", () => select(this, "a[href], area[href]")); }
  get scripts() { return liveElements(this, "scripts", () => select(this, "script")); }
  getElementsByName(name) {
    return liveList(this, `name ${name}`, NodeList, () => select(this, "[name]").filter(element => element.getAttribute("name") === String(name)));
  }
  get activeElement() { return this === document ? (focused?.isConnected ? focused : this.body) : null; }
  hasFocus() { return this === document; }
  get hidden() { return this !== document; }
  get visibilityState() { return this === document ? "visible" : "hidden"; }
  get referrer() { return this === document ? host.referrer() : ""; }
  get domain() { return this === document ? location.hostname : ""; }
  get URL() { return this === document ? location.href : "about:blank"; }
  get documentURI() { return this.URL; }
  get location() { return this === document ? location : null; }
  get baseURI() {
    const base = this.querySelector("base[href]")?.getAttribute("href");
    // What has no URL to speak of has that of the page that it is from.
    const fallback = location.protocol === "about:" ? host.base_url() : location.href;
    return (base && URL.parse(base, fallback)?.href) || fallback;
  }
  get readyState() { return this === document ? readyState : "complete"; }
  get currentScript() { return this === document ? currentScript : null; }
  get defaultView() { return this === document ? globalThis : null; }
  get implementation() { return implementation; }
  get contentType() { return typeOfDocument.get(this) ?? "text/html"; }
  get characterSet() { return "UTF-8"; }
  get charset() { return this.characterSet; }
  get compatMode() { return "CSS1Compat"; }
  getElementById(id) { return wrap(host.element_by_id(String(id)) ?? null); }
  createElement(name) { return wrap(host.create_element(String(name).toLowerCase(), this[NODE])); }
  createElementNS(namespace, name) {
    const [, prefix, local] = /^(?:([^:]+):)?([^:]+)$/.exec(String(name)) ?? [];
    if (local === undefined) throw new DOMException(`${JSON.stringify(String(name))} is no name of an element.`, "InvalidCharacterError");
    if (prefix !== undefined && !namespace) throw new DOMException("A prefix stands for a namespace.", "NamespaceError");
    return wrap(host.create_element(local, this[NODE], String(namespace ?? "")));
  }
  /** As old scripts make events: they are initialised afterwards. */
  createEvent(name) {
    const Class = EVENTS_OF_OLD[String(name).toLowerCase()]?.();
    if (!Class) throw new DOMException(`${JSON.stringify(String(name))} is no kind of event.`, "NotSupportedError");
    return new Class("");
  }
  createTextNode(text) { return wrap(host.create_text(String(text), this[NODE])); }
  createComment(text) { return wrap(host.create_comment(String(text), this[NODE])); }
  createDocumentFragment() { return wrap(host.create_fragment(this[NODE])); }
  importNode(node, deep = false) {
    const copy = node.cloneNode(deep);
    host.adopt(copy[NODE], this[NODE]);
    return copy;
  }
  adoptNode(node) {
    node.parentNode?.removeChild(node);
    host.adopt(node[NODE], this[NODE]);
    return node;
  }
}
mix(ParentNode, Document);
mix(Searchable, Document);
defineHandlers(Document.prototype, "readystatechange", "visibilitychange", ...HANDLERS);

class DOMImplementation {
  /** A document that is not shown: nothing in it loads or runs. */
  createHTMLDocument(title) {
    const made = wrap(host.create_document());
    const [html, head, body] = ["html", "head", "body"].map(name => made.createElement(name));
    made.appendChild(html).append(head, body);
    if (title !== undefined) head.appendChild(made.createElement("title")).textContent = title;
    return made;
  }
  hasFeature() { return true; }
}
const implementation = new DOMImplementation();

const XML_TYPES = ["text/xml", "application/xml", "application/xhtml+xml", "image/svg+xml"];
/** The types of documents of XML. */
const typeOfDocument = new WeakMap();

/** A document of XML that is not shown, or why the text is none. */
function parseXml(text, type) {
  const [node, error] = host.parse_xml(text);
  if (node === null || node === undefined) return { error };
  const made = wrap(node);
  typeOfDocument.set(made, type);
  return { made };
}

class DOMParser {
  /** A document that is not shown; of what is not well-formed XML, one that says so. */
  parseFromString(text, type) {
    if (XML_TYPES.includes(String(type))) {
      const { made, error } = parseXml(String(text), String(type));
      if (made) return made;
      const said = error.replace(/&/g, "&amp;").replace(/</g, "&lt;");
      return parseXml(`<parsererror xmlns="http://www.mozilla.org/newlayout/xml/parsererror.xml">${said}</parsererror>`, String(type)).made;
    }
    if (String(type) !== "text/html") throw new TypeError(`${JSON.stringify(String(type))} is no type of documents.`);
    return wrap(host.parse_document(String(text)));
  }
}

expose({ Document, DOMImplementation, DOMParser });
