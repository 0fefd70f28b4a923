// Links and bars of progress.

class HTMLAnchorElement extends HTMLElement {
  get origin() { return urlOf(this)?.origin ?? ""; }
  get text() { return this.textContent; }
  set text(text) { this.textContent = text; }
  toString() { return this.href; }
  click() {
    if (fire(this, clickEvent()) && this.hasAttribute("href") && !this.hasAttribute("download") && !/^javascript:/i.test(this.href)) leadBy(this, this.href);
  }
}
reflect(HTMLAnchorElement, { href: "url", download: "text", target: "text", rel: "text", hreflang: "text", type: "text" });
defineElement("a", HTMLAnchorElement);

/** The URL that a link leads to; null where it has none. */
function urlOf(link) {
  const value = link.getAttribute("href");
  return value === null ? null : URL.parse(value, document.baseURI);
}

for (const part of ["protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"]) {
  Object.defineProperty(HTMLAnchorElement.prototype, part, {
    configurable: true,
    enumerable: true,
    get() { return urlOf(this)?.[part] ?? (part === "protocol" ? ":" : ""); },
    set(value) {
      const url = urlOf(this);
      if (!url) return;
      url[part] = value;
      this.setAttribute("href", url.href);
    },
  });
}

class HTMLProgressElement extends HTMLElement {
  get max() { const max = Number(this.getAttribute("max")); return max > 0 ? max : 1; }
  set max(value) { this.setAttribute("max", Number(value)); }
  get value() { return Math.min(Math.max(Number(this.getAttribute("value")) || 0, 0), this.max); }
  set value(value) { this.setAttribute("value", Number(value)); }
  get position() { return this.hasAttribute("value") ? this.value / this.max : -1; }
}
defineElement("progress", HTMLProgressElement);

/** Events of the window for which its page's body may have handlers. */
const WINDOW_HANDLERS = new Set(["load", "error", "unhandledrejection", "rejectionhandled", "message", "beforeunload", "pageshow", "hashchange", "popstate"]);

class HTMLBodyElement extends HTMLElement {}
for (const type of WINDOW_HANDLERS) {
  Object.defineProperty(HTMLBodyElement.prototype, `on${type}`, {
    configurable: true,
    enumerable: true,
    get() { return globalThis[`on${type}`]; },
    set(value) { globalThis[`on${type}`] = value; },
  });
}
defineElement("body", HTMLBodyElement);

class HTMLTemplateElement extends HTMLElement {
  get content() { return wrap(host.inside(this[NODE])); }
}
defineElement("template", HTMLTemplateElement);

expose({ HTMLBodyElement, HTMLTemplateElement, HTMLProgressElement, HTMLAnchorElement });
