// The context in which canvases are painted.

/** A colour's four bytes; null where it is none. */
const parseColour = text => host.parse_colour(String(text).trim()) ?? null;

function serializedColour([red, green, blue, alpha]) {
  const hex = byte => byte.toString(16).padStart(2, "0");
  if (alpha === 255) return `#${hex(red)}${hex(green)}${hex(blue)}`;
  // As short as it says the byte again.
  const short = Math.round(alpha / 2.55) / 100;
  return `rgba(${red}, ${green}, ${blue}, ${Math.round(short * 255) === alpha ? short : Math.round(alpha / 0.255) / 1000})`;
}

let styleOfGradient;
class CanvasGradient {
  #style;
  static { styleOfGradient = gradient => gradient.#style; }
  constructor(making, style) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#style = { ...style, stops: [] };
  }
  addColorStop(at, colour) {
    at = Number(at);
    if (!isFinite_(at)) throw new TypeError("A colour's place is a number.");
    if (at < 0 || at > 1) throw new DOMException(`A colour's place is from 0 to 1, not ${at}.`, "IndexSizeError");
    const bytes = parseColour(colour);
    if (!bytes) throw new DOMException(`${JSON.stringify(String(colour))} is no colour that is known here.`, "SyntaxError");
    const { stops } = this.#style;
    const after = stops.findIndex(([other]) => other > at);
    stops.splice(after < 0 ? stops.length : after, 0, [at, [...bytes]]);
  }
}

let styleOfPattern;
class CanvasPattern {
  #style;
  static { styleOfPattern = pattern => pattern.#style; }
  constructor(making, style) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#style = { ...style, transform: [1, 0, 0, 1, 0, 0] };
  }
  setTransform(transform) {
    const matrix = matrixOf(transform);
    if (allFinite(...matrix)) this.#style.transform = matrix;
  }
}

const BLENDS = new Set([
  "source-over", "source-in", "source-out", "source-atop", "destination-over", "destination-in", "destination-out", "destination-atop",
  "lighter", "copy", "xor", "multiply", "screen", "overlay", "darken", "lighten", "color-dodge", "color-burn", "hard-light", "soft-light",
  "difference", "exclusion", "hue", "saturation", "color", "luminosity",
]);
const NO_CLIP = { number: 0, paths: [] };
let clips = 0;

const freshState = () => ({
  transform: [1, 0, 0, 1, 0, 0], fill: { kind: "colour", rgba: [0, 0, 0, 255] }, stroke: { kind: "colour", rgba: [0, 0, 0, 255] },
  fillObject: null, strokeObject: null, alpha: 1, blend: "source-over", smooth: true, smoothing: "low",
  width: 1, cap: "butt", join: "miter", miter: 10, dash: [], offset: 0, clip: NO_CLIP,
  shadow: [0, 0, 0, 0], shadowBlur: 0, shadowOffsetX: 0, shadowOffsetY: 0,
});

/** The state of a context, for files that draw something else on it. */
let stateOf;
/** With what a context fills or draws lines: the bitmap's number, and how. */
let inkOf;
/** Makes a context as it was when it was new. */
let resetContext;

class CanvasRenderingContext2D {
  #canvas; #state = freshState(); #saved = []; #path = new PathBuilder(() => this.#state.transform);
  static {
    stateOf = context => context.#state;
    inkOf = (context, strokes) => {
      context.#applyClip();
      return { id: context.#id, drawing: context.#drawing(strokes) };
    };
    resetContext = context => {
      [context.#state, context.#saved] = [freshState(), []];
      context.#path = new PathBuilder(() => context.#state.transform);
    };
    buildsPaths(this, context => context.#path);
  }
  constructor(making, canvas) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#canvas = canvas;
  }
  get #id() { return this.#canvas[SURFACE].id; }
  get canvas() { return this.#canvas; }
  getContextAttributes() { return { alpha: true, colorSpace: "srgb", desynchronized: false, willReadFrequently: false }; }
  isContextLost() { return false; }

  save() { this.#saved.push({ ...this.#state, text: this.#state.text && { ...this.#state.text } }); }
  restore() { if (this.#saved.length > 0) this.#state = this.#saved.pop(); }
  reset() {
    const surface = this.#canvas[SURFACE];
    host.resize(surface.id, surface.width, surface.height);
    surface.clip = 0;
    resetContext(this);
  }

  get fillStyle() { return this.#state.fillObject ?? serializedColour(this.#state.fill.rgba); }
  set fillStyle(value) { this.#setStyle("fill", value); }
  get strokeStyle() { return this.#state.strokeObject ?? serializedColour(this.#state.stroke.rgba); }
  set strokeStyle(value) { this.#setStyle("stroke", value); }
  #setStyle(which, value) {
    const isObject = value instanceof CanvasGradient || value instanceof CanvasPattern;
    const rgba = isObject ? null : parseColour(value);
    if (!isObject && !rgba) return;
    const style = value instanceof CanvasGradient ? styleOfGradient(value) : isObject ? styleOfPattern(value) : { kind: "colour", rgba: [...rgba] };
    // A pattern of what was not shared taints as soon as it is set.
    if (style.kind === "pattern") host.hand_on_flag(style.bitmap, this.#id);
    [this.#state[which], this.#state[`${which}Object`]] = [style, isObject ? value : null];
  }
  get globalAlpha() { return this.#state.alpha; }
  set globalAlpha(value) { value = Number(value); if (value >= 0 && value <= 1) this.#state.alpha = value; }
  get globalCompositeOperation() { return this.#state.blend; }
  set globalCompositeOperation(value) { if (BLENDS.has(String(value))) this.#state.blend = String(value); }
  get imageSmoothingEnabled() { return this.#state.smooth; }
  set imageSmoothingEnabled(value) { this.#state.smooth = Boolean(value); }
  get imageSmoothingQuality() { return this.#state.smoothing; }
  set imageSmoothingQuality(value) { if (["low", "medium", "high"].includes(value)) this.#state.smoothing = value; }
  get lineWidth() { return this.#state.width; }
  set lineWidth(value) { value = Number(value); if (value > 0 && isFinite_(value)) this.#state.width = value; }
  get lineCap() { return this.#state.cap; }
  set lineCap(value) { if (["butt", "round", "square"].includes(value)) this.#state.cap = value; }
  get lineJoin() { return this.#state.join; }
  set lineJoin(value) { if (["bevel", "round", "miter"].includes(value)) this.#state.join = value; }
  get miterLimit() { return this.#state.miter; }
  set miterLimit(value) { value = Number(value); if (value > 0 && isFinite_(value)) this.#state.miter = value; }
  get lineDashOffset() { return this.#state.offset; }
  set lineDashOffset(value) { value = Number(value); if (isFinite_(value)) this.#state.offset = value; }
  get shadowColor() { return serializedColour(this.#state.shadow); }
  set shadowColor(value) { this.#state.shadow = parseColour(value) ?? this.#state.shadow; }
  get shadowBlur() { return this.#state.shadowBlur; }
  set shadowBlur(value) { value = Number(value); if (value >= 0 && isFinite_(value)) this.#state.shadowBlur = value; }
  get shadowOffsetX() { return this.#state.shadowOffsetX; }
  set shadowOffsetX(value) { value = Number(value); if (isFinite_(value)) this.#state.shadowOffsetX = value; }
  get shadowOffsetY() { return this.#state.shadowOffsetY; }
  set shadowOffsetY(value) { value = Number(value); if (isFinite_(value)) this.#state.shadowOffsetY = value; }
  getLineDash() { return [...this.#state.dash]; }
  setLineDash(segments) {
    const dash = [...segments].map(Number);
    if (dash.some(segment => !isFinite_(segment) || segment < 0)) return;
    this.#state.dash = dash.length % 2 ? [...dash, ...dash] : dash;
  }

  getTransform() { return new DOMMatrix(this.#state.transform); }
  setTransform(a, b, c, d, e, f) {
    const matrix = a === undefined || typeof a === "object" ? matrixOf(a ?? {}) : [a, b, c, d, e, f].map(Number);
    if (allFinite(...matrix)) this.#state.transform = matrix;
  }
  resetTransform() { this.#state.transform = [1, 0, 0, 1, 0, 0]; }
  transform(...numbers) {
    const matrix = numbers.slice(0, 6).map(Number);
    if (matrix.length === 6 && allFinite(...matrix)) this.#state.transform = multiplied(this.#state.transform, matrix);
  }
  translate(x, y) { this.transform(1, 0, 0, 1, x, y); }
  scale(x, y) { this.transform(x, 0, 0, y, 0, 0); }
  rotate(angle) { this.transform(Math.cos(angle), Math.sin(angle), -Math.sin(angle), Math.cos(angle), 0, 0); }

  createLinearGradient(...at) { return this.#gradient("linear", at, 4); }
  createRadialGradient(...at) {
    if (at[2] < 0 || at[5] < 0) throw new DOMException("A radius is negative.", "IndexSizeError");
    return this.#gradient("radial", at, 6);
  }
  createConicGradient(...at) { return this.#gradient("conic", at, 3); }
  #gradient(kind, at, count) {
    at = at.slice(0, count).map(Number);
    if (at.length < count || !allFinite(...at)) throw new TypeError(`A ${kind} gradient wants ${count} numbers.`);
    return new CanvasGradient(MAKING, { kind, at });
  }
  createPattern(source, repetition) {
    const repeats = { "": [true, true], repeat: [true, true], "repeat-x": [true, false], "repeat-y": [false, true], "no-repeat": [false, false] }[repetition ?? ""];
    if (!repeats) throw new DOMException(`${JSON.stringify(String(repetition))} is no way to repeat.`, "SyntaxError");
    const found = bitmapOf(source);
    if (!found) {
      if (source instanceof HTMLImageElement && source.complete && source.hasAttribute("src")) throw new DOMException("The image is broken.", "InvalidStateError");
      return null;
    }
    const [id, width, height] = found;
    if (width === 0 || height === 0) throw new DOMException("The canvas has no pixels.", "InvalidStateError");
    // A canvas may be painted on meanwhile: the pattern keeps it as it is.
    const bitmap = source instanceof HTMLImageElement ? id : copyBitmap(id, 0, 0, width, height);
    return new CanvasPattern(MAKING, { kind: "pattern", bitmap, across: repeats[0], down: repeats[1] });
  }

  beginPath() { this.#path = new PathBuilder(() => this.#state.transform); }
  /** The numbers of a path, and whether they are on the canvas already. */
  #pathOf(parameters) {
    const own = parameters[0] instanceof Path2D ? parameters.shift() : null;
    return own ? movedPath(this.#state.transform, builderOfPath(own).numbers) : this.#path.numbers;
  }
  #paint(numbers, strokes, isOnCanvas, rule = "nonzero") {
    if (numbers.length === 0) return;
    let local = numbers;
    if (isOnCanvas && strokes) {
      // Lines are as wide as the transformation makes them: the path goes back before it.
      const back = inverted(this.#state.transform);
      if (!back) return;
      local = movedPath(back, numbers);
    }
    this.#applyClip();
    host.paint(this.#id, local, JSON.stringify({
      ...this.#drawing(strokes), is_even_odd: rule === "evenodd", is_placed: isOnCanvas && !strokes,
    }));
  }
  #drawing(strokes) {
    const { transform, alpha, blend, stroke, fill, width, cap, join, miter, dash, offset } = this.#state;
    const line = strokes ? { width, cap, join, miter, dash, offset } : undefined;
    return { style: strokes ? stroke : fill, transform, alpha, blend, line, shadow: this.#shadow() };
  }
  /** The shadow of what is painted; undefined where none is seen. */
  #shadow() {
    const { shadow: rgba, shadowBlur: blur, shadowOffsetX: x, shadowOffsetY: y } = this.#state;
    return rgba[3] === 0 || (blur === 0 && x === 0 && y === 0) ? undefined : { rgba: [...rgba], blur, offset: [x, y] };
  }
  #applyClip() {
    const surface = this.#canvas[SURFACE];
    const { number, paths } = this.#state.clip;
    if ((surface.clip ?? 0) === number) return;
    if (!host.set_clip(surface.id, paths)) {
      host.log("warn", "There is no room for the clip of a canvas: nothing is painted on it until its clip is another");
    }
    surface.clip = number;
  }
  fill(...parameters) {
    const numbers = this.#pathOf(parameters);
    this.#paint(numbers, false, true, parameters[0]);
  }
  stroke(...parameters) { this.#paint(this.#pathOf(parameters), true, true); }
  clip(...parameters) {
    const numbers = this.#pathOf(parameters);
    const path = [parameters[0] === "evenodd" ? 1 : 0, ...numbers];
    this.#state.clip = { number: ++clips, paths: [...this.#state.clip.paths, path] };
  }
  isPointInPath(...parameters) {
    const numbers = this.#pathOf(parameters);
    const [x, y, rule] = parameters;
    if (!allFinite(Number(x), Number(y))) return false;
    return host.covers(numbers, JSON.stringify({ transform: [1, 0, 0, 1, 0, 0], alpha: 1, blend: "copy", is_even_odd: rule === "evenodd" }), Number(x), Number(y));
  }
  isPointInStroke(...parameters) {
    const numbers = this.#pathOf(parameters);
    const [x, y] = parameters.map(Number);
    const { transform, width, cap, join, miter, dash, offset } = this.#state;
    const back = inverted(transform);
    if (!allFinite(x, y) || !back) return false;
    return host.covers(movedPath(back, numbers), JSON.stringify({ transform, alpha: 1, blend: "copy", line: { width, cap, join, miter, dash, offset } }), x, y);
  }

  #rectangle(x, y, width, height) {
    const path = new PathBuilder(() => [1, 0, 0, 1, 0, 0]);
    path.rect(Number(x), Number(y), Number(width), Number(height));
    return path.numbers;
  }
  fillRect(x, y, width, height) { if (width && height) this.#paint(this.#rectangle(x, y, width, height), false, false); }
  strokeRect(x, y, width, height) { if (width || height) this.#paint(this.#rectangle(x, y, width, height), true, false); }
  clearRect(x, y, width, height) {
    const numbers = this.#rectangle(x, y, width, height);
    if (numbers.length === 0 || !width || !height) return;
    this.#applyClip();
    host.clear_rect(this.#id, numbers, JSON.stringify({ transform: this.#state.transform, alpha: 1, blend: "copy" }));
  }

  drawImage(source, ...numbers) {
    if (![2, 4, 8].includes(numbers.length)) throw new TypeError(`drawImage wants 3, 5 or 9 arguments, not ${numbers.length + 1}.`);
    const found = bitmapOf(source);
    if (!found) {
      if (source instanceof HTMLImageElement && source.complete && source.hasAttribute("src")) throw new DOMException("The image is broken.", "InvalidStateError");
      return;
    }
    const [id, width, height] = found;
    if ((source instanceof HTMLCanvasElement || source instanceof OffscreenCanvas) && (width === 0 || height === 0)) {
      throw new DOMException("The canvas has no pixels.", "InvalidStateError");
    }
    numbers = numbers.map(Number);
    // Images that say no size themselves are as large as the canvas has room for.
    const [across, down] = numbers.length === 2 ? host.size_on(id, this.#canvas.width, this.#canvas.height) ?? [width, height] : [];
    const areas = { 2: [0, 0, width, height, ...numbers, across, down], 4: [0, 0, width, height, ...numbers], 8: numbers }[numbers.length];
    if (!allFinite(...areas) || areas[2] === 0 || areas[3] === 0) return;
    for (const at of [0, 4]) {
      for (const side of [0, 1]) {
        if (areas[at + 2 + side] < 0) {
          areas[at + side] += areas[at + 2 + side];
          areas[at + 2 + side] *= -1;
        }
      }
    }
    const { transform, alpha, blend, smooth, smoothing } = this.#state;
    this.#applyClip();
    // Images become smaller in steps, what has been drawn before only where it is asked for, as in Chromium.
    const levels = source instanceof HTMLImageElement || smoothing !== "low";
    host.draw_image(this.#id, id, areas, JSON.stringify({ transform, alpha, blend, smooth, levels, shadow: this.#shadow() }));
  }

  createImageData(width, height) {
    return width instanceof ImageData ? new ImageData(width.width, width.height) : new ImageData(Math.abs(width), Math.abs(height));
  }
  getImageData(x, y, width, height) {
    [x, y, width, height] = [x, y, width, height].map(number => Math.trunc(Number(number)));
    if (!(width && height)) throw new DOMException("A rectangle of nothing has no pixels.", "IndexSizeError");
    mustBeClean(this.#id, "getImageData");
    [x, y] = [width < 0 ? x + width : x, height < 0 ? y + height : y];
    [width, height] = [Math.abs(width), Math.abs(height)];
    const bytes = host.read_pixels(this.#id, x, y, width, height);
    return new ImageData(new Uint8ClampedArray(bytes.buffer), width, height);
  }
  putImageData(data, x, y, left = 0, top = 0, across = data.width, down = data.height) {
    if (!(data instanceof ImageData)) throw new TypeError("putImageData wants an ImageData.");
    [x, y, left, top, across, down] = [x, y, left, top, across, down].map(number => Math.trunc(Number(number)));
    if (across < 0) [left, across] = [left + across, -across];
    if (down < 0) [top, down] = [top + down, -down];
    const [right, bottom] = [Math.min(data.width, left + across), Math.min(data.height, top + down)];
    [left, top] = [Math.max(0, left), Math.max(0, top)];
    if (right <= left || bottom <= top) return;
    const bytes = new Uint8Array(data.data.buffer, data.data.byteOffset, data.data.length);
    const part = new Uint8Array((right - left) * (bottom - top) * 4);
    for (let row = top; row < bottom; row++) {
      part.set(bytes.subarray((row * data.width + left) * 4, (row * data.width + right) * 4), (row - top) * (right - left) * 4);
    }
    host.write_pixels(this.#id, bytesToBinary(part), right - left, x + left, y + top);
  }
}
defineContext("2d", canvas => new CanvasRenderingContext2D(MAKING, canvas));
expose({ CanvasGradient, CanvasPattern, CanvasRenderingContext2D });
