// Style sheets: their loads, and what script sees of their rules.

const SHEET = Symbol("style sheet");
/** The requests for style sheets that scripts have to wait for. */
const pendingSheets = new Set();

class StyleSheet {
  #init;
  constructor(making, init) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#init = init;
    this.disabled = false;
  }
  get type() { return "text/css"; }
  get href() { return this.#init.href; }
  get ownerNode() { return this.#init.node; }
  get title() { return this.#init.node?.getAttribute("title") || null; }
  get media() { return this.#init.node?.getAttribute("media") ?? ""; }
  get parentStyleSheet() { return null; }
  static _id(sheet) { return sheet.#init.id; }
}
const sheetId = StyleSheet._id;
delete StyleSheet._id;

class CSSStyleSheet extends StyleSheet {
  #rules;
  /** Those of another origin that was not asked by CORS are nobody's business, though they style the page. */
  get cssRules() {
    const text = host.sheet_rules(sheetId(this));
    if (text === undefined || text === null) {
      throw new DOMException(`Cannot access the rules of ${this.href}: it is of another origin, and was not asked for by CORS.`, "SecurityError");
    }
    return (this.#rules ??= makeRules(JSON.parse(text), this, null));
  }
  get rules() { return this.cssRules; }
  get ownerRule() { return null; }
}

class CSSRule {
  #init;
  constructor(making, init) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#init = init;
  }
  get cssText() { return textOfRule(this.#init.rule); }
  get parentStyleSheet() { return this.#init.sheet; }
  get parentRule() { return this.#init.parent; }
  static _rule(rule) { return rule.#init.rule; }
}
const ruleOf = CSSRule._rule;
delete CSSRule._rule;

const STYLE_OF_RULE = Symbol("style");
const styleOfRule = rule => (rule[STYLE_OF_RULE] ??= new CSSStyleDeclaration(MAKING, () => parseDeclarations(ruleOf(rule).text), null));

class CSSStyleRule extends CSSRule {
  get type() { return 1; }
  get selectorText() { return ruleOf(this).selector; }
  get style() { return styleOfRule(this); }
}
class CSSImportRule extends CSSRule {
  get type() { return 3; }
  get href() { return ruleOf(this).href; }
  get media() { return ruleOf(this).media; }
}
class CSSFontFaceRule extends CSSRule {
  get type() { return 5; }
  get style() { return styleOfRule(this); }
}
class CSSGroupingRule extends CSSRule {
  #rules;
  get cssRules() { return (this.#rules ??= makeRules(ruleOf(this).rules, this.parentStyleSheet, this)); }
}
class CSSConditionRule extends CSSGroupingRule {
  get conditionText() { return ruleOf(this).prelude; }
}
class CSSMediaRule extends CSSConditionRule {
  get type() { return 4; }
}
class CSSSupportsRule extends CSSConditionRule {
  get type() { return 12; }
}

function textOfRule({ kind, selector, text, href, media, name, prelude, rules }) {
  if (kind === "style") return `${selector} { ${text}${text ? " " : ""}}`;
  if (kind === "import") return `@import url(${JSON.stringify(href)})${media ? ` ${media}` : ""};`;
  if (kind === "font-face") return `@font-face { ${text} }`;
  if (kind === "group") return `@${name} ${prelude} {\n${rules.map(rule => `  ${textOfRule(rule)}\n`).join("")}}`;
  return text;
}

function makeRules(rules, sheet, parent) {
  return Object.freeze(rules.map(rule => {
    const Class = {
      style: CSSStyleRule, import: CSSImportRule, "font-face": CSSFontFaceRule,
      group: { media: CSSMediaRule, supports: CSSSupportsRule }[rule.name] ?? CSSGroupingRule,
    }[rule.kind] ?? CSSRule;
    return new Class(MAKING, { rule, sheet, parent });
  }));
}

class HTMLLinkElement extends HTMLElement {
  [MADE]() { Object.defineProperty(this, SHEET, { value: { id: null, sheet: null, faces: [] } }); }
  [CONNECTED]() { updateLink(this); }
  [CHANGED](name) { if (["href", "rel", "crossorigin", "type", "media", "disabled"].includes(name) && this.isConnected) updateLink(this); }
  get sheet() { return this.isConnected ? this[SHEET].sheet : null; }
}
reflect(HTMLLinkElement, { href: "url", rel: "text", type: "text", media: "text", as: "text", integrity: "text", disabled: "flag" });
reflectCrossOrigin(HTMLLinkElement);
defineElement("link", HTMLLinkElement);

class HTMLStyleElement extends HTMLElement {
  [MADE]() { Object.defineProperty(this, SHEET, { value: { id: null, sheet: null, faces: [] } }); }
  [CONNECTED]() { updateStyle(this); }
  get sheet() { return this.isConnected ? this[SHEET].sheet : null; }
}
reflect(HTMLStyleElement, { media: "text", type: "text" });
defineElement("style", HTMLStyleElement);

const relsOf = link => link.rel.toLowerCase().split(/\s+/);
const PRELOADS = { script: "script", style: "stylesheet", image: "image", font: "font", fetch: "fetch", track: "track" };

/** Loads what a link names, if it is of a kind that is loaded. */
function updateLink(link) {
  const own = link[SHEET];
  if (own.id !== null && waiting.delete(own.id)) {
    pendingSheets.delete(own.id);
    host.abort(own.id);
    unblock();
  }
  [own.id, own.sheet] = [null, null];
  for (const face of own.faces.splice(0)) removeFontFaceRule(face);
  const rels = relsOf(link);
  const href = link.getAttribute("href");
  if (!href || host.owner(link[NODE]) !== DOCUMENT) return;
  const url = URL.parse(href, document.baseURI);
  if (!url) return void queueTask(() => fire(link, "error"));
  const ask = (as, done) => request({ as, url: url.href, crossorigin: link.crossOrigin, integrity: link.integrity }, null, done);
  if (rels.includes("stylesheet") && !rels.includes("alternate") && !link.disabled && /^\s*(text\/css\s*(;.*)?)?$/i.test(link.type)) {
    blockers += 1;
    const id = ask("stylesheet", answer => {
      pendingSheets.delete(id);
      own.id = null;
      const sheet = answer?.sheet;
      if (sheet === undefined || sheet === null) {
        fire(link, "error");
        return unblock();
      }
      own.sheet = new CSSStyleSheet(MAKING, { id: sheet, href: answer.url || url.href, node: link });
      afterImports(sheet, own.faces, () => {
        fire(link, "load");
        unblock();
      });
    });
    own.id = id;
    pendingSheets.add(id);
  } else if (rels.includes("modulepreload")) {
    request({ as: "module", url: url.href, crossorigin: link.crossOrigin, integrity: link.integrity }, null, answer => fire(link, answer?.source === undefined ? "error" : "load"));
  } else if (rels.includes("preload") && Object.hasOwn(PRELOADS, link.as)) {
    ask(PRELOADS[link.as], answer => fire(link, answer === null ? "error" : "load"));
  }
}

/** The page could put itself in its place. */
const parseJson = JSON.parse;

/** Lets the fonts that a style sheet declares be the document's. */
function addFonts(id, faces) {
  for (const { "font-family": family, src, base, ...others } of parseJson(host.sheet_fonts(id))) {
    const descriptors = {};
    for (const name in others) {
      const short = name.replace(/^font-/, "").replace(/-(.)/g, (_, letter) => letter.toUpperCase());
      descriptors[short] = others[name];
    }
    const face = addFontFaceRule({ family, src, descriptors, base });
    if (face) faces.push(face);
  }
}

/** Waits for what a style sheet imports, and what that imports, each once. */
function afterImports(id, faces, done, depth = 0) {
  addFonts(id, faces);
  if (isParsed) loadImagesOfStyles();
  const requests = depth < MAX_IMPORTS ? host.load_imports(id) : [];
  let left = requests.length;
  if (left === 0) return void done();
  const one = () => { if (--left === 0) done(); };
  for (const number of requests) {
    pendingSheets.add(number);
    waiting.set(number, answer => {
      pendingSheets.delete(number);
      if (answer?.sheet === undefined || answer?.sheet === null) return one();
      importedSheets.add(answer.sheet);
      afterImports(answer.sheet, faces, one, depth + 1);
    });
  }
}
/** How deep style sheets may import each other. */
const MAX_IMPORTS = 16;
const importedSheets = new Set();

function updateStyle(style) {
  const own = style[SHEET];
  own.sheet = null;
  for (const face of own.faces.splice(0)) removeFontFaceRule(face);
  if (host.owner(style[NODE]) !== DOCUMENT || !/^\s*(text\/css\s*)?$/i.test(style.type)) return;
  const id = host.add_sheet(style.textContent, document.baseURI);
  own.sheet = new CSSStyleSheet(MAKING, { id, href: null, node: style });
  blockers += 1;
  afterImports(id, own.faces, () => queueTask(() => {
    fire(style, "load");
    unblock();
  }));
}

/** Waits for the style sheets before a script: it may look into them. */
function awaitSheets() {
  while (pendingSheets.size > 0) {
    const [id] = pendingSheets;
    deliver(id, host.wait(id));
  }
}

const sheetsOf = root => [...root.querySelectorAll("link, style")].map(element => element.sheet).filter(sheet => sheet);

/** Elements whose styles may be others since the page was loaded. */
const restyled = new Set();
/** Looks after this task, as browsers do before they show what has changed, for images that styles want by now. */
function restyle(element) {
  if (readyState !== "complete") return;
  restyled.add(element);
  if (restyled.size > 1) return;
  queueTask(() => {
    const all = [...restyled];
    restyled.clear();
    loadImagesOfRules();
    for (const one of all) loadImagesOfStyle(one);
  });
}

/** Loads the images of rules for elements which are there. */
function loadImagesOfRules() {
  for (const sheet of sheetsOf(document)) host.load_images(sheetId(sheet));
  for (const id of importedSheets) host.load_images(id);
}

/** The same, and of elements' own styles. */
function loadImagesOfStyles() {
  loadImagesOfRules();
  for (const element of document.querySelectorAll("[style]")) loadImagesOfStyle(element);
}

function loadImagesOfStyle(element) {
  const style = element.getAttribute("style");
  if (style?.includes("(") && element.isConnected) host.load_images_of_style(style, document.baseURI);
}

Object.defineProperty(Document.prototype, "styleSheets", {
  configurable: true,
  enumerable: true,
  get() { return this === document ? sheetsOf(this) : []; },
});

expose({
  StyleSheet, CSSStyleSheet, CSSRule, CSSStyleRule, CSSImportRule, CSSFontFaceRule, CSSGroupingRule, CSSConditionRule, CSSMediaRule,
  CSSSupportsRule, HTMLLinkElement, HTMLStyleElement,
});
