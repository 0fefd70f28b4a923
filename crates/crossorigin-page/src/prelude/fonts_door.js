// The doors to fonts and to text on canvases, behind which the rest is read once a page asks for it.

/** When the page is parsed, or at once where it is. */
const addListener = EventTarget.prototype.addEventListener;
function whenParsed(steps) {
  if (readyState === "loading") addListener.call(document, "DOMContentLoaded", () => steps());
  else steps();
}

/** Keeps the page's load event back until what comes back is called. */
function block() {
  blockers += 1;
  let isOver = false;
  return () => {
    if (!isOver) unblock();
    isOver = true;
  };
}

let fontsPart = null;
function loadFonts() {
  return (fontsPart ??= host.part("fonts")({
    host, MAKING, document, request, queueTask, fire, defineHandlers, whenParsed, block, bytesOf, bytesToBinary, Event, EventTarget, Element, DOMException, URL,
  }));
}

exposeLater(["FontFace", "FontFaceSet", "FontFaceSetLoadEvent"], () => loadFonts().interfaces);
exposeLater(["TextMetrics"], () => loadFonts().interfaces);
Object.defineProperty(Document.prototype, "fonts", { configurable: true, enumerable: true, get() { return this === document ? loadFonts().set : undefined; } });

/** For style sheets: see `connectFontFace` and `disconnectFontFace` in fonts.js. */
const addFontFaceRule = rule => loadFonts().connectFontFace(rule);
const removeFontFaceRule = face => loadFonts().disconnectFontFace(face);

/** What a context has to say of its text, among its state. */
const textOf = context => (stateOf(context).text ??= loadFonts().beginText());

for (const Class of [CanvasRenderingContext2D]) {
  for (const name of ["font", "textAlign", "textBaseline", "direction", "letterSpacing", "wordSpacing", "fontKerning"]) {
    Object.defineProperty(Class.prototype, name, {
      configurable: true,
      enumerable: true,
      get() { return name === "font" ? textOf(this).font.text : textOf(this)[name]; },
      set(value) { loadFonts().setTextStyle(textOf(this), name, value); },
    });
  }
  const methods = {
    measureText(text) { return loadFonts().measureText(textOf(this), this.canvas, text); },
    fillText(text, x, y, maxWidth) { loadFonts().drawText(textOf(this), this.canvas, inkOf(this, false), [text, x, y, maxWidth]); },
    strokeText(text, x, y, maxWidth) { loadFonts().drawText(textOf(this), this.canvas, inkOf(this, true), [text, x, y, maxWidth]); },
  };
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(Class.prototype, name, { value, writable: true, enumerable: true, configurable: true });
}
