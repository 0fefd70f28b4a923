// Documents: the page's own, and those that are not shown.

class Document extends Node {
  get documentElement() { return this.children[0] ?? null; }
  get doctype() { return this.childNodes.find(node => node instanceof DocumentType) ?? null; }
  get head() { return this.querySelector("head"); }
  get body() { return this.querySelector("body"); }
  get title() { return (this.querySelector("title")?.textContent ?? "").trim().replace(/\s+/g, " "); }
  set title(text) { this.querySelector("title")?.replaceChildren(String(text)); }
  get URL() { return this === document ? location.href : "about:blank"; }
  get documentURI() { return this.URL; }
  get location() { return this === document ? location : null; }
  get baseURI() {
    const base = this.querySelector("base[href]")?.getAttribute("href");
    return (base && URL.parse(base, location.href)?.href) || location.href;
  }
  get readyState() { return this === document ? readyState : "complete"; }
  get currentScript() { return this === document ? currentScript : null; }
  get defaultView() { return this === document ? globalThis : null; }
  get implementation() { return implementation; }
  get contentType() { return "text/html"; }
  get characterSet() { return "UTF-8"; }
  get compatMode() { return "CSS1Compat"; }
  getElementById(id) { return wrap(host.element_by_id(String(id)) ?? null); }
  createElement(name) { return wrap(host.create_element(String(name).toLowerCase(), this[NODE])); }
  createElementNS(namespace, name) {
    const [, prefix, local] = /^(?:([^:]+):)?([^:]+)$/.exec(String(name)) ?? [];
    if (local === undefined) throw new DOMException(`${JSON.stringify(String(name))} is no name of an element.`, "InvalidCharacterError");
    if (prefix !== undefined && !namespace) throw new DOMException("A prefix stands for a namespace.", "NamespaceError");
    return wrap(host.create_element(local, this[NODE], String(namespace ?? "")));
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
defineHandlers(Document.prototype, "readystatechange", "DOMContentLoaded");

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

class DOMParser {
  /** A document that is not shown, of HTML. */
  parseFromString(text, type) {
    if (["text/xml", "application/xml", "application/xhtml+xml", "image/svg+xml"].includes(String(type))) {
      throw new DOMException(`${type} is not parsed here.`, "NotSupportedError");
    }
    if (String(type) !== "text/html") throw new TypeError(`${JSON.stringify(String(type))} is no type of documents.`);
    return wrap(host.parse_document(String(text)));
  }
}

expose({ Document, DOMImplementation, DOMParser });
