// Links and the controls of forms.

class HTMLAnchorElement extends HTMLElement {
  get origin() { return urlOf(this)?.origin ?? ""; }
  get text() { return this.textContent; }
  set text(text) { this.textContent = text; }
  toString() { return this.href; }
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

class HTMLInputElement extends HTMLElement {}
reflect(HTMLInputElement, { name: "text", type: "text", value: "text", checked: "flag", disabled: "flag" });
defineElement("input", HTMLInputElement);

expose({ HTMLAnchorElement, HTMLInputElement });
