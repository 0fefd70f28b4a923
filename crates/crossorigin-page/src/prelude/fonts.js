// Fonts: FontFace, and the set of them that a document has. Their files stay with the host.
// Source: https://drafts.csswg.org/css-font-loading/

/** What faces are, out of script's reach. */
const FACES_OF_FONTS = new WeakMap();
const faceOf = face => {
  const own = FACES_OF_FONTS.get(face);
  if (!own) throw new TypeError("Illegal invocation");
  return own;
};
const syntaxError = what => new DOMException(what, "SyntaxError");

class FontFace {
  constructor(family, source, descriptors = {}) {
    if (arguments.length < 2) throw new TypeError("FontFace wants a family and a source.");
    const own = beginFace(this, String(family));
    const problems = [];
    for (const [name, [otherwise]] of Object.entries(DESCRIPTORS)) {
      const value = descriptors?.[name] === undefined ? otherwise : String(descriptors[name]).trim();
      if (isDescriptor(name, value)) own.descriptors[name] = value;
      else problems.push(`${JSON.stringify(value)} is no ${name} of a font.`);
    }
    if (own.family === "") problems.push("A font has a family.");
    const isBytes = source instanceof ArrayBuffer || ArrayBuffer.isView(source);
    const bytes = isBytes ? bytesOf(source) : null;
    if (!isBytes) {
      own.sources = parseSources(source)?.map(url => URL.parse(url, document.baseURI)?.href ?? null) ?? null;
      if (!own.sources) problems.push(`${JSON.stringify(String(source))} is no list of sources of a font.`);
    }
    if (problems.length) settleFace(own, null, syntaxError(problems[0]));
    else if (isBytes) {
      queueTask(() => {
        setLoading(own);
        const added = host.font_problem(bytes.length) ?? host.add_font(bytesToBinary(bytes));
        queueTask(() => settleFace(own, typeof added === "number" ? added : null, syntaxError(`The bytes are no font: ${added}.`)));
      });
    }
  }
  get family() { return faceOf(this).family; }
  set family(value) {
    const family = String(value).trim();
    if (family === "") throw syntaxError("A font has a family.");
    faceOf(this).family = family;
  }
  get status() { return faceOf(this).status; }
  get loaded() { return faceOf(this).loaded; }
  load() {
    const own = faceOf(this);
    loadFace(own, "font-face");
    return own.loaded;
  }
  static {
    for (const name of Object.keys(DESCRIPTORS)) {
      Object.defineProperty(FontFace.prototype, name, {
        configurable: true,
        enumerable: true,
        get() { return faceOf(this).descriptors[name]; },
        set(value) {
          const text = String(value).trim();
          if (!isDescriptor(name, text)) throw syntaxError(`${JSON.stringify(text)} is no ${name} of a font.`);
          faceOf(this).descriptors[name] = text;
        },
      });
    }
  }
}

function beginFace(face, family) {
  const { promise, resolve, reject } = Promise.withResolvers();
  // Nobody has to look after it.
  promise.catch(() => {});
  const own = { face, family: family.trim(), descriptors: {}, sources: null, status: "unloaded", font: null, isOfStyle: false, loaded: promise, resolve, reject };
  FACES_OF_FONTS.set(face, own);
  return own;
}

function setLoading(own) {
  own.status = "loading";
  documentFonts.began(own);
}

function settleFace(own, font, error) {
  [own.font, own.status] = [font, font === null ? "error" : "loaded"];
  if (font === null) own.reject(error);
  else own.resolve(own.face);
  documentFonts.ended(own);
}

/** Loads a face, from the first of its sources that there is. `initiator`: as what its requests go out. */
function loadFace(own, initiator, done = () => {}) {
  if (own.sources === null || own.status !== "unloaded") return done();
  setLoading(own);
  const left = [...own.sources];
  const next = () => {
    const url = left.shift();
    if (url === undefined) {
      settleFace(own, null, new DOMException(`No source of the font ${JSON.stringify(own.family)} could be loaded.`, "NetworkError"));
      return done();
    }
    if (url === null) return queueTask(next);
    request({ as: initiator, url }, null, answer => {
      if (typeof answer?.font === "number") {
        settleFace(own, answer.font);
        return done();
      }
      if (answer) host.log("warn", `The font at ${url} can't be used: ${answer.font}`);
      next();
    });
  };
  next();
}

class FontFaceSetLoadEvent extends Event {
  #faces;
  constructor(type, init = {}) {
    super(type, init);
    this.#faces = Object.freeze([...(init.fontfaces ?? [])]);
  }
  get fontfaces() { return this.#faces; }
}

class FontFaceSet extends EventTarget {
  #faces = new Set(); #loading = new Set(); #loaded = []; #failed = []; #ready = Promise.withResolvers(); #isReady = false; #isParsed = false;
  constructor(making) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    super();
  }
  /** Those of style sheets come first. */
  get #all() { return [...this.#faces].sort((one, other) => faceOf(other).isOfStyle - faceOf(one).isOfStyle); }
  get size() { return this.#faces.size; }
  get status() { return this.#loading.size ? "loading" : "loaded"; }
  get ready() { return this.#ready.promise; }
  add(face) {
    const own = faceOf(face);
    if (own.isOfStyle) throw new DOMException("A font of a style sheet can't be added.", "InvalidModificationError");
    this.#faces.add(face);
    if (own.status === "loading") this.#began(own);
    return this;
  }
  delete(face) {
    const own = faceOf(face);
    if (own.isOfStyle || !this.#faces.delete(face)) return false;
    this.#ended(own);
    return true;
  }
  clear() { for (const face of [...this.#faces]) this.delete(face); }
  has(face) { return this.#faces.has(face); }
  forEach(callback, self) { for (const face of this.#all) callback.call(self, face, face, this); }
  *entries() { for (const face of this.#all) yield [face, face]; }
  *values() { yield* this.#all; }
  keys() { return this.values(); }
  [Symbol.iterator]() { return this.values(); }
  check(font, text = " ") { return this.#matching(font, text).every(face => faceOf(face).status === "loaded"); }
  async load(font, text = " ") {
    const faces = this.#matching(font, text);
    return Promise.all(faces.map(face => face.load()));
  }
  #matching(text, letters) {
    const font = parseFont(text);
    if (!font) throw syntaxError(`${JSON.stringify(String(text))} is no font.`);
    return font.families.flatMap(({ name }) => this.#best(name, font)).filter(face => {
      const ranges = parseRanges(faceOf(face).descriptors.unicodeRange) ?? [];
      return letters === "" || [...letters].some(letter => ranges.some(([from, to]) => letter.codePointAt(0) >= from && letter.codePointAt(0) <= to));
    });
  }
  /** The faces of a family that come nearest to what is asked for, the later ones first. */
  #best(family, font) {
    const named = name => name.toLowerCase();
    const wanted = this.#all.filter(face => named(parseFamily(faceOf(face).family) ?? faceOf(face).family) === named(family)).reverse();
    const distances = wanted.map(face => distance(faceOf(face).descriptors, font));
    return wanted.filter((_, nth) => distances[nth] === Math.min(...distances));
  }
  #began(own) {
    if (!this.#faces.has(own.face) || this.#loading.has(own)) return;
    this.#loading.add(own);
    if (this.#loading.size > 1) return;
    if (this.#isReady) [this.#ready, this.#isReady] = [Promise.withResolvers(), false];
    queueTask(() => fire(this, new FontFaceSetLoadEvent("loading")));
  }
  #ended(own) {
    if (!this.#loading.delete(own)) return;
    if (own.status === "loaded") this.#loaded.push(own.face);
    if (own.status === "error") this.#failed.push(own.face);
    if (this.#loading.size === 0) queueTask(() => this.#settle());
  }
  #settle() {
    if (this.#loading.size || this.#isReady || !this.#isParsed) return;
    const [loaded, failed] = [this.#loaded.splice(0), this.#failed.splice(0)];
    if (loaded.length || failed.length) fire(this, new FontFaceSetLoadEvent("loadingdone", { fontfaces: loaded }));
    if (failed.length) fire(this, new FontFaceSetLoadEvent("loadingerror", { fontfaces: failed }));
    this.#isReady = true;
    this.#ready.resolve(this);
  }
  static _inside(set) {
    return {
      began: own => set.#began(own),
      ended: own => set.#ended(own),
      parsed() { set.#isParsed = true; queueTask(() => set.#settle()); },
      connect(face) { set.#faces.add(face); },
      disconnect(face) { set.#faces.delete(face); set.#ended(faceOf(face)); },
      best: (family, font) => set.#best(family, font),
    };
  }
}
const insideOfSet = FontFaceSet._inside;
delete FontFaceSet._inside;
defineHandlers(FontFaceSet.prototype, "loading", "loadingdone", "loadingerror");

const fontFaceSet = new FontFaceSet(MAKING);
const documentFonts = insideOfSet(fontFaceSet);
whenParsed(documentFonts.parsed);

/** How far a face is from what is asked for: its stretch counts more than its style, its style more than its weight. */
function distance({ style, weight, stretch }, font) {
  const percent = text => (/%/.test(text) ? text.split(/\s+/).map(Number.parseFloat) : [STRETCHES[text.toLowerCase()] ?? 100]);
  const weights = text => text.split(/\s+/).map(part => WEIGHTS[part.toLowerCase()] ?? Number(part));
  const outside = ([from, to = from], wanted, lowerFirst) => {
    if (wanted >= from && wanted <= to) return 0;
    const isLower = to < wanted;
    return Math.abs((isLower ? to : from) - wanted) + (isLower === lowerFirst ? 0 : 1000);
  };
  const kind = style.split(/\s+/)[0].toLowerCase();
  const order = { normal: ["normal", "oblique", "italic"], italic: ["italic", "oblique", "normal"], oblique: ["oblique", "italic", "normal"] }[font.style];
  const own = weights(weight);
  // Of the weights from 400 to 500, heavier ones up to 500 come first.
  const between = font.weight >= 400 && font.weight <= 500 && own[0] > font.weight && own[0] <= 500;
  const byWeight = between ? own[0] - font.weight : outside(own, font.weight, font.weight <= 500) + (font.weight >= 400 && font.weight <= 500 ? 200 : 0);
  const isExact = own[0] <= font.weight && font.weight <= (own[1] ?? own[0]);
  return outside(percent(stretch), font.stretch, font.stretch <= 100) * 1e8 + order.indexOf(kind) * 1e5 + (isExact ? 0 : byWeight);
}

/**
 * Brings the rule `@font-face` of a style sheet into the document, and loads its font at once, as nothing is laid out that
 * would say whether it is needed. `family` and `src` are as the rule has them, `descriptors` has those of FontFace, `base` is
 * the sheet's URL. The page's load waits for it. Gives back the face, or null where the rule says too little.
 */
function connectFontFace({ family, src, descriptors = {}, base }) {
  const [name, sources] = [parseFamily(String(family ?? "").trim()), parseSources(src ?? "")];
  if (name === null || !sources) return null;
  const face = Object.create(FontFace.prototype);
  const own = beginFace(face, writeFamily({ name }));
  own.isOfStyle = true;
  own.sources = sources.map(url => URL.parse(url, base)?.href ?? null);
  for (const [descriptor, [otherwise]] of Object.entries(DESCRIPTORS)) {
    const value = String(descriptors[descriptor] ?? otherwise).trim();
    own.descriptors[descriptor] = isDescriptor(descriptor, value) ? value : otherwise;
  }
  documentFonts.connect(face);
  const unblock = block();
  loadFace(own, "font", unblock);
  return face;
}

/** Takes the face of a rule that is gone out of the document. */
function disconnectFontFace(face) { documentFonts.disconnect(face); }
