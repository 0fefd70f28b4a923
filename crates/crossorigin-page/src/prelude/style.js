// What elements' own `style` attributes say. No layout is made of it.

/** The properties that script finds by name; all others by getPropertyValue() and setProperty(). */
const STYLE_PROPERTIES = `
  align-content align-items align-self all animation animation-delay animation-direction animation-duration
  animation-fill-mode animation-iteration-count animation-name animation-play-state animation-timing-function appearance
  aspect-ratio backdrop-filter backface-visibility background background-attachment background-blend-mode background-clip
  background-color background-image background-origin background-position background-repeat background-size block-size
  border border-bottom border-bottom-color border-bottom-left-radius border-bottom-right-radius border-bottom-style
  border-bottom-width border-collapse border-color border-image border-image-source border-left border-left-color
  border-left-style border-left-width border-radius border-right border-right-color border-right-style border-right-width
  border-spacing border-style border-top border-top-color border-top-left-radius border-top-right-radius border-top-style
  border-top-width border-width bottom box-shadow box-sizing break-after break-before break-inside caption-side caret-color
  clear clip clip-path clip-rule color color-scheme column-count column-gap columns contain content counter-increment
  counter-reset cursor direction display empty-cells fill fill-opacity fill-rule filter flex flex-basis flex-direction
  flex-flow flex-grow flex-shrink flex-wrap float font font-family font-feature-settings font-kerning font-size
  font-stretch font-style font-variant font-weight gap grid grid-area grid-auto-columns grid-auto-flow grid-auto-rows
  grid-column grid-column-end grid-column-start grid-row grid-row-end grid-row-start grid-template grid-template-areas
  grid-template-columns grid-template-rows height hyphens image-rendering inline-size inset isolation justify-content
  justify-items justify-self left letter-spacing line-height list-style list-style-image list-style-position
  list-style-type margin margin-bottom margin-left margin-right margin-top mask mask-image max-height max-width
  min-height min-width mix-blend-mode object-fit object-position opacity order orphans outline outline-color
  outline-offset outline-style outline-width overflow overflow-wrap overflow-x overflow-y padding padding-bottom
  padding-left padding-right padding-top perspective place-content place-items place-self pointer-events position quotes
  resize right rotate row-gap scale scroll-behavior shape-image-threshold shape-margin shape-outside stroke
  stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-opacity stroke-width tab-size table-layout
  text-align text-anchor text-decoration text-indent text-overflow text-shadow text-transform top touch-action transform
  transform-origin transition transition-delay transition-duration transition-property transition-timing-function
  translate unicode-bidi user-select vertical-align visibility white-space widows width will-change word-break
  word-spacing writing-mode z-index zoom`;

/** The declarations of a text: name, value, and whether each is important. */
function parseDeclarations(text) {
  const declarations = new Map();
  // Semicolons in strings, brackets and comments end nothing.
  const pieces = String(text).replace(/\/\*[^]*?(\*\/|$)/g, " ").match(/(?:"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|\([^()]*(?:\([^()]*\)[^()]*)*\)?|[^;"'(])+/g) ?? [];
  for (const piece of pieces) {
    const at = piece.indexOf(":");
    const name = styleName(piece.slice(0, at).trim());
    if (at < 0 || !/^-{0,2}[a-z_][\w-]*$|^--/i.test(name)) continue;
    const [, value, important] = /^([^]*?)\s*(!\s*important\s*)?$/i.exec(piece.slice(at + 1).trim());
    declarations.delete(name);
    if (value !== "") declarations.set(name, { value, important: Boolean(important) });
  }
  return declarations;
}

/** Custom properties keep their case. */
const styleName = name => (String(name).startsWith("--") ? String(name) : String(name).toLowerCase());

class CSSStyleDeclaration {
  #read; #write;
  constructor(making, read, write) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    defineStyleProperties();
    [this.#read, this.#write] = [read, write];
  }
  #change(steps) {
    if (!this.#write) throw new DOMException("Computed styles can't be changed.", "NoModificationAllowedError");
    const declarations = this.#read();
    steps(declarations);
    const lines = [...declarations].map(([name, { value, important }]) => `${name}: ${value}${important ? " !important" : ""};`);
    this.#write(lines.join(" "));
  }
  get length() { return this.#read().size; }
  item(at) { return [...this.#read().keys()][at] ?? ""; }
  *[Symbol.iterator]() { yield* this.#read().keys(); }
  get cssText() { return this.#write ? [...this.#read()].map(([name, { value, important }]) => `${name}: ${value}${important ? " !important" : ""};`).join(" ") : ""; }
  set cssText(text) { this.#change(declarations => { declarations.clear(); for (const [name, value] of parseDeclarations(text)) declarations.set(name, value); }); }
  getPropertyValue(name) { return this.#read().get(styleName(name))?.value ?? ""; }
  getPropertyPriority(name) { return this.#read().get(styleName(name))?.important ? "important" : ""; }
  setProperty(name, value, priority = "") {
    [name, value] = [styleName(name), String(value ?? "").trim()];
    if (!["", "important"].includes(String(priority ?? "").toLowerCase())) return;
    if (value === "") this.removeProperty(name);
    else if (parseDeclarations(`${name}:${value}`).size === 1) this.#change(all => all.set(name, { value, important: Boolean(priority) }));
  }
  removeProperty(name) {
    const before = this.getPropertyValue(name);
    if (before !== "") this.#change(all => all.delete(styleName(name)));
    return before;
  }
}

let hasStyleProperties = false;
/** Gives styles their hundreds of properties, once a page looks at one. */
function defineStyleProperties() {
  if (hasStyleProperties) return;
  hasStyleProperties = true;
  tag(CSSStyleDeclaration, "CSSStyleDeclaration");
  for (const property of STYLE_PROPERTIES.trim().split(/\s+/)) {
    const camel = property.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
    for (const name of new Set([property, camel, ...(property === "float" ? ["cssFloat"] : [])])) {
      Object.defineProperty(CSSStyleDeclaration.prototype, name, {
        configurable: true,
        enumerable: true,
        get() { return this.getPropertyValue(property); },
        set(value) { this.setProperty(property, value); },
      });
    }
  }
}
exposeLater(["CSSStyleDeclaration"], () => {
  defineStyleProperties();
  return { CSSStyleDeclaration };
});

const STYLE = Symbol("style");
const styleOf = element => parseDeclarations(element.getAttribute("style") ?? "");

/** `style`, of the elements that have it. */
function hasStyle(Class) {
  Object.defineProperty(Class.prototype, "style", {
    configurable: true,
    enumerable: true,
    get() {
      if (!this[STYLE]) {
        const made = new CSSStyleDeclaration(MAKING, () => styleOf(this), text => this.setAttribute("style", text));
        Object.defineProperty(this, STYLE, { value: made });
      }
      return this[STYLE];
    },
    set(text) { this.style.cssText = text; },
  });
}
hasStyle(HTMLElement);
hasStyle(SVGElement);

/** How browsers show elements of which nothing else is said. */
const DISPLAYS = Object.entries({
  none: "area base datalist head link meta noembed noframes param rp script style template title",
  block: "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend listing main menu nav ol optgroup option p plaintext pre search section summary ul xmp",
  "list-item": "li",
  "inline-block": "button input meter progress select textarea",
  table: "table", "table-caption": "caption", "table-cell": "td th", "table-column": "col", "table-column-group": "colgroup",
  "table-footer-group": "tfoot", "table-header-group": "thead", "table-row": "tr", "table-row-group": "tbody",
}).flatMap(([display, names]) => names.split(" ").map(name => [name, display]));
const DISPLAY_OF = new Map(DISPLAYS);

function displayOf(element) {
  const own = element.hasAttribute("style") ? styleOf(element).get("display")?.value : undefined;
  return own ?? (element.hasAttribute("hidden") ? "none" : DISPLAY_OF.get(element.localName) ?? "inline");
}

/** What an element's own attributes say of it, and how elements of its name are shown. Style sheets don't count. */
function getComputedStyle(element) {
  if (!(element instanceof Element)) throw new TypeError("getComputedStyle wants an element.");
  return new CSSStyleDeclaration(MAKING, () => {
    const own = styleOf(element);
    own.set("display", { value: displayOf(element) });
    return own;
  }, null);
}

expose({ getComputedStyle });
