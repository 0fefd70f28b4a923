// Text on canvases, in the fonts that the page has loaded. There are no others: what is drawn is the same on every machine.
// Source: https://html.spec.whatwg.org/multipage/canvas.html#text-styles

/** What a context has to say of its text. */
const beginText = () => ({
  font: parseFont("10px sans-serif"), textAlign: "start", textBaseline: "alphabetic", direction: "inherit", letterSpacing: "0px", wordSpacing: "0px", fontKerning: "auto",
});

const TEXT_WORDS = {
  textAlign: ["start", "end", "left", "right", "center"],
  textBaseline: ["top", "hanging", "middle", "alphabetic", "ideographic", "bottom"],
  direction: ["ltr", "rtl", "inherit"],
  fontKerning: ["auto", "normal", "none"],
};

/** Sets a property of a context's text; what is none changes nothing. */
function setTextStyle(state, name, value) {
  if (name === "font") state.font = parseFont(value) ?? state.font;
  else if (name === "letterSpacing" || name === "wordSpacing") {
    if (parseLength(String(value), true) !== null) state[name] = String(value);
  } else if (TEXT_WORDS[name].includes(String(value))) state[name] = String(value);
}

/** The fonts for a text, those that come nearest first; what is not loaded yet begins to. */
function fontsFor(font) {
  const faces = font.families.flatMap(({ name }) => documentFonts.best(name, font)).map(faceOf);
  for (const own of faces) loadFace(own, own.isOfStyle ? "font" : "font-face");
  return faces.filter(own => own.status === "loaded");
}

/** A text as the host is told of it; null where there is no font for it. */
function describeText(state, text, element) {
  const faces = fontsFor(state.font);
  if (faces.length === 0) return null;
  const weights = (faces[0].descriptors.weight.match(/\d+(\.\d+)?/g) ?? [WEIGHTS[faces[0].descriptors.weight.toLowerCase()]]).map(Number);
  const { align, isRtl } = alignment(state, element);
  return {
    text: String(text).replace(/[\t\n\f\r]/g, " "), fonts: faces.map(own => own.font), size: state.font.size, is_rtl: isRtl, align,
    weight: Math.max(weights[0], Math.min(weights.at(-1), state.font.weight)), baseline: state.textBaseline,
    has_kerning: state.fontKerning !== "none", letter_spacing: parseLength(state.letterSpacing, true), word_spacing: parseLength(state.wordSpacing, true),
  };
}

/** Which end of a text stands at its place, and whether it runs to the left. */
function alignment(state, element) {
  let direction = state.direction;
  for (let at = element; direction === "inherit"; at = at?.parentElement) {
    if (!(at instanceof Element)) direction = "ltr";
    else if (/^(ltr|rtl)$/i.test(at.getAttribute("dir") ?? "")) direction = at.getAttribute("dir").toLowerCase();
  }
  const isRtl = direction === "rtl";
  const align = { start: isRtl ? "right" : "left", end: isRtl ? "left" : "right" }[state.textAlign] ?? state.textAlign;
  return { align, isRtl };
}

class TextMetrics {
  #of;
  constructor(making, of) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#of = of;
  }
  get width() { return this.#of[0]; }
  get actualBoundingBoxLeft() { return this.#of[1]; }
  get actualBoundingBoxAscent() { return this.#of[2]; }
  get actualBoundingBoxRight() { return this.#of[3]; }
  get actualBoundingBoxDescent() { return this.#of[4]; }
  get fontBoundingBoxAscent() { return this.#of[5]; }
  get fontBoundingBoxDescent() { return this.#of[6]; }
  get emHeightAscent() { return this.#of[7]; }
  get emHeightDescent() { return this.#of[8]; }
  get hangingBaseline() { return this.#of[9]; }
  get alphabeticBaseline() { return this.#of[10]; }
  get ideographicBaseline() { return this.#of[11]; }
}

function measureText(state, element, text) {
  const described = describeText(state, text, element);
  return new TextMetrics(MAKING, described ? host.measure_text(JSON.stringify(described)) : new Array(12).fill(0));
}

let hasToldOfFonts = false;

/** Draws a text with an ink: what the context has to say of colours, lines and where it is. */
function drawText(state, element, ink, [text, x, y, maxWidth]) {
  if (![x, y, maxWidth ?? 0].every(number => Number.isFinite(Number(number))) || maxWidth <= 0) return;
  const described = describeText(state, text, element);
  if (described) return host.draw_text(ink.id, JSON.stringify({ ...described, x: Number(x), y: Number(y), max_width: maxWidth === undefined ? null : Number(maxWidth), ...ink }));
  if (hasToldOfFonts || String(text).trim() === "") return;
  hasToldOfFonts = true;
  host.log("warn", `Canvas text is drawn in fonts that the page has loaded, and none of ${state.font.text} is: nothing is drawn; load one by FontFace or @font-face`);
}
