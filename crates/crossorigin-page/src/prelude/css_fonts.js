// The parts of style sheets that name fonts: the `font` shorthand, families, sources and descriptors.
// Source: https://drafts.csswg.org/css-fonts/

const STRING = String.raw`"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'`;
const IDENTIFIER = String.raw`-{0,2}(?:[_a-zA-Z\u0080-\uffff]|\\[^\n])(?:[\w\-\u0080-\uffff]|\\[^\n])*`;
const WIDE_KEYWORDS = ["inherit", "initial", "unset", "revert", "revert-layer", "default"];
const GENERIC_FAMILIES = ["serif", "sans-serif", "cursive", "fantasy", "monospace", "system-ui", "math", "ui-serif", "ui-sans-serif", "ui-monospace", "ui-rounded"];

const unescape = text => text.replace(/\\(?:([\da-f]{1,6})\s?|([^]))/gi, (_, hex, letter) => {
  if (!hex) return letter === "\n" ? "" : letter;
  const code = Number.parseInt(hex, 16);
  return code === 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) ? "\uFFFD" : String.fromCodePoint(code);
});

/** What stands between commas that are in no string and no brackets. */
function splitAtCommas(text) {
  const pieces = text.match(new RegExp(`(?:${STRING}|\\((?:${STRING}|[^()"'])*\\)|[^,"'(])+|,`, "g")) ?? [];
  if (pieces.join("") !== text) return null;
  const items = [""];
  for (const piece of pieces) {
    if (piece === ",") items.push("");
    else items[items.length - 1] += piece;
  }
  return items.map(item => item.trim());
}

/** One family's name as it is meant, without quotes; null where it is none. */
function parseFamily(text) {
  if (new RegExp(`^(?:${STRING})$`).test(text)) return unescape(text.slice(1, -1));
  if (!new RegExp(`^${IDENTIFIER}(?:\\s+${IDENTIFIER})*$`).test(text) || WIDE_KEYWORDS.includes(text.toLowerCase())) return null;
  return unescape(text.replace(/\s+/g, " "));
}

function parseFamilies(text) {
  const families = splitAtCommas(text)?.map(item => ({ name: parseFamily(item), isGeneric: GENERIC_FAMILIES.includes(item.toLowerCase()) }));
  return families?.length && families.every(family => family.name !== null) ? families : null;
}

const writeFamily = ({ name, isGeneric }) => (isGeneric || (new RegExp(`^${IDENTIFIER}$`).test(name) && !name.includes("\\")) ? name : `"${name.replace(/["\\]/g, "\\$&")}"`);

/** How many pixels a unit has; the ones of a font are those of a page of which nothing else is said. */
const UNITS = { __proto__: null, px: 1, pt: 4 / 3, pc: 16, in: 96, cm: 96 / 2.54, mm: 96 / 25.4, q: 96 / 101.6, em: 16, rem: 16, ex: 8, ch: 8, "%": 0.16 };
const SIZES = { __proto__: null, "xx-small": 9, "x-small": 10, small: 13, medium: 16, large: 18, "x-large": 24, "xx-large": 32, "xxx-large": 48, smaller: 40 / 3, larger: 19.2 };
const STRETCHES = { __proto__: null, "ultra-condensed": 50, "extra-condensed": 62.5, condensed: 75, "semi-condensed": 87.5, "semi-expanded": 112.5, expanded: 125, "extra-expanded": 150, "ultra-expanded": 200 };
const WEIGHTS = { __proto__: null, normal: 400, bold: 700, bolder: 700, lighter: 100 };

/** A length in pixels that is not negative; null where it is none. */
function parseLength(text, isSigned = false) {
  const [, number, unit] = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(%|[a-z]*)$/i.exec(text) ?? [];
  if (number === undefined || (unit === "" && Number(number) !== 0)) return null;
  const pixels = Number(number) * (UNITS[unit.toLowerCase() || "px"] ?? Number.NaN);
  return Number.isFinite(pixels) && (isSigned || pixels >= 0) ? pixels : null;
}

/** The `font` shorthand: its parts, and itself as canvases write it; null where it is none. */
function parseFont(text) {
  const words = String(text).trim().match(new RegExp(`${STRING}|[^\\s"'/,]+|[/,"']`, "g")) ?? [];
  const font = { style: "normal", weight: 400, variant: "normal", stretch: 100, size: 0, families: null, text: "" };
  const given = new Set();
  let at = 0;
  const take = (what, value) => {
    if (given.has(what)) return false;
    given.add(what);
    font[what] = value;
    return true;
  };
  for (let normals = 0; ; at++) {
    const word = words[at]?.toLowerCase();
    if (word === undefined) return null;
    if (word === "normal") {
      if (++normals > 4) return null;
    } else if (word === "italic" || word === "oblique") {
      if (!take("style", word)) return null;
      if (word === "oblique" && /^[+-]?[\d.]+(deg|grad|rad|turn)$/.test(words[at + 1] ?? "")) at += 1;
    } else if (word === "small-caps") {
      if (!take("variant", word)) return null;
    } else if (word in WEIGHTS || (/^\d+(\.\d+)?$/.test(word) && Number(word) >= 1 && Number(word) <= 1000)) {
      if (!take("weight", WEIGHTS[word] ?? Number(word))) return null;
    } else if (word in STRETCHES) {
      if (!take("stretch", STRETCHES[word])) return null;
    } else {
      break;
    }
  }
  const size = SIZES[words[at].toLowerCase()] ?? parseLength(words[at]);
  if (size === null) return null;
  font.size = size;
  at += 1;
  if (words[at] === "/") {
    const height = words[at + 1] ?? "";
    if (height !== "normal" && parseLength(height) === null && !/^\+?(\d+\.?\d*|\.\d+)$/.test(height)) return null;
    at += 2;
  }
  font.families = parseFamilies(words.slice(at).join(" ").replace(/ ?, ?/g, ","));
  if (!font.families) return null;
  const weight = font.weight === 400 ? "" : font.weight === 700 ? "bold" : String(font.weight);
  const stretch = Object.keys(STRETCHES).find(name => STRETCHES[name] === font.stretch) ?? "";
  const before = [font.style, font.variant, weight, stretch].filter(part => part && part !== "normal");
  font.text = [...before, `${Math.round(size * 10000) / 10000}px`, font.families.map(writeFamily).join(", ")].join(" ");
  return font;
}

/** The formats that are read here, by their names in style sheets. */
const FONT_FORMATS = /^(woff2|woff|truetype|opentype|collection|(woff2|woff|truetype|opentype)-variations)$/i;

/** A list of sources: the URLs of those that may be loaded, in order; null where it is no such list. */
function parseSources(text) {
  const items = splitAtCommas(String(text).trim());
  if (!items || items.some(item => item === "")) return null;
  const sources = [];
  for (const item of items) {
    const local = new RegExp(`^local\\(\\s*(${STRING}|[^()"']+?)\\s*\\)$`, "i").exec(item);
    if (local) {
      if (parseFamily(local[1]) === null) return null;
      // No font of the machine is used: what a page draws is the same everywhere.
      continue;
    }
    const [, quoted, plain, rest] = new RegExp(`^url\\(\\s*(?:(${STRING})|((?:\\\\[^]|[^"'()\\s\\\\])*))\\s*\\)\\s*([^]*)$`, "i").exec(item) ?? [];
    if (quoted === undefined && plain === undefined) return null;
    const hints = new RegExp(`^(?:format\\(\\s*(${STRING}|[\\w-]+)\\s*\\))?\\s*(?:tech\\([^()]*\\))?$`, "i").exec(rest);
    if (!hints) return null;
    const format = hints[1]?.replace(/^["']|["']$/g, "");
    if (format === undefined || FONT_FORMATS.test(format)) sources.push(unescape(quoted === undefined ? plain : quoted.slice(1, -1)));
  }
  return sources;
}

/** The ranges of characters that a face is for; null where it is no such list. */
function parseRanges(text) {
  const ranges = [];
  for (const item of String(text).split(",").map(item => item.trim())) {
    const [, from, jokers, to] = /^u\+([\da-f]{0,6})(\?{0,5})(?:-([\da-f]{1,6}))?$/i.exec(item) ?? [];
    if (from === undefined || (from === "" && !jokers) || (jokers && to !== undefined) || from.length + jokers.length > 6) return null;
    const first = Number.parseInt(from + jokers.replace(/\?/g, "0"), 16);
    const last = to === undefined ? Number.parseInt(from + jokers.replace(/\?/g, "F"), 16) : Number.parseInt(to, 16);
    if (first > last || last > 0x10FFFF) return null;
    ranges.push([first, last]);
  }
  return ranges;
}

/** What each descriptor of a face may say, and what it says where nothing is given. */
const DESCRIPTORS = {
  style: ["normal", /^(normal|italic|oblique(\s+-?[\d.]+(deg|grad|rad|turn)){0,2})$/i],
  weight: ["normal", /^(normal|bold|\d+(\.\d+)?(\s+\d+(\.\d+)?)?)$/i],
  stretch: ["normal", new RegExp(`^(normal|${Object.keys(STRETCHES).join("|")}|[\\d.]+%(\\s+[\\d.]+%)?)$`, "i")],
  unicodeRange: ["U+0-10FFFF", { test: parseRanges }],
  featureSettings: ["normal", new RegExp(`^(normal|(${STRING})(\\s+(on|off|\\d+))?(\\s*,\\s*(${STRING})(\\s+(on|off|\\d+))?)*)$`, "i")],
  variationSettings: ["normal", new RegExp(`^(normal|(${STRING})\\s+-?[\\d.]+(\\s*,\\s*(${STRING})\\s+-?[\\d.]+)*)$`, "i")],
  display: ["auto", /^(auto|block|swap|fallback|optional)$/i],
  ascentOverride: ["normal", /^(normal|[\d.]+%)$/i],
  descentOverride: ["normal", /^(normal|[\d.]+%)$/i],
  lineGapOverride: ["normal", /^(normal|[\d.]+%)$/i],
};
const isDescriptor = (name, value) => {
  if (!DESCRIPTORS[name][1].test(value)) return false;
  return name !== "weight" || value.split(/\s+/).every(part => part.toLowerCase() in WEIGHTS || (Number(part) >= 1 && Number(part) <= 1000));
};
