// Canvases: what is drawn, and whether script may have it.

class ImageData {
  #width; #height; #data;
  constructor(first, second, third) {
    if (first instanceof Uint8ClampedArray) {
      [this.#data, this.#width] = [first, second];
      this.#height = third ?? first.length / 4 / second;
      if (this.#width * this.#height * 4 !== first.length) throw new DOMException("The data has another size.", "IndexSizeError");
    } else {
      [this.#width, this.#height] = [first, second];
      if (!(first > 0 && second > 0)) throw new DOMException("An image has a width and a height.", "IndexSizeError");
      this.#data = new Uint8ClampedArray(first * second * 4);
    }
  }
  get width() { return this.#width; }
  get height() { return this.#height; }
  get data() { return this.#data; }
  get colorSpace() { return "srgb"; }
}

class ImageBitmap {
  constructor(making, bitmap) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    Object.defineProperty(this, IMAGE, { value: { bitmap } });
  }
  get width() { return this[IMAGE].bitmap?.[1] ?? 0; }
  get height() { return this[IMAGE].bitmap?.[2] ?? 0; }
  close() {
    if (this[IMAGE].bitmap) host.release(this[IMAGE].bitmap[0]);
    this[IMAGE].bitmap = null;
  }
}

/** The bitmap of what can be drawn: its number, width and height; null where there is nothing to draw yet. */
function bitmapOf(source) {
  if (source instanceof HTMLCanvasElement || source instanceof OffscreenCanvas) {
    if (source.width === 0 || source.height === 0) throw new DOMException("The canvas has no pixels.", "InvalidStateError");
    return [source[SURFACE].id, source.width, source.height];
  }
  if (source instanceof HTMLImageElement && source[IMAGE].failed) throw new DOMException("The image is broken.", "InvalidStateError");
  if (source instanceof ImageBitmap && !source[IMAGE].bitmap) throw new DOMException("The bitmap is closed.", "InvalidStateError");
  if (source instanceof HTMLImageElement || source instanceof ImageBitmap) return source[IMAGE].bitmap;
  // Of videos there is nothing to draw, as none is decoded.
  if (source instanceof HTMLVideoElement) return null;
  throw new TypeError("This can't be drawn.");
}

/** Refuses pixels that hold what another origin did not share. */
function mustBeClean(id, what) {
  if (!host.is_origin_clean(id)) throw new DOMException(`${what}: the canvas has been tainted by cross-origin data.`, "SecurityError");
}

const COLOURS = { black: [0, 0, 0], white: [255, 255, 255], red: [255, 0, 0], lime: [0, 255, 0], green: [0, 128, 0], blue: [0, 0, 255],
  yellow: [255, 255, 0], cyan: [0, 255, 255], magenta: [255, 0, 255], gray: [128, 128, 128], orange: [255, 165, 0] };

/** A colour's four bytes; null where it is none. */
function parseColour(text) {
  text = String(text).trim().toLowerCase();
  if (text === "transparent") return [0, 0, 0, 0];
  if (COLOURS[text]) return [...COLOURS[text], 255];
  const hex = /^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/.exec(text)?.[1];
  if (hex) {
    const long = hex.length <= 4 ? [...hex].map(digit => digit + digit).join("") : hex;
    const bytes = long.match(/../g).map(pair => Number.parseInt(pair, 16));
    return bytes.length === 4 ? bytes : [...bytes, 255];
  }
  const numbers = /^rgba?\(([^)]*)\)$/.exec(text)?.[1].split(/[\s,/]+/).filter(Boolean).map(Number);
  if (!numbers || ![3, 4].includes(numbers.length) || numbers.some(Number.isNaN)) return null;
  const byte = number => Math.max(0, Math.min(255, Math.round(number)));
  return [byte(numbers[0]), byte(numbers[1]), byte(numbers[2]), byte((numbers[3] ?? 1) * 255)];
}

const SURFACE = Symbol("surface");

/** With what a context draws: the bitmap's number and the colour. */
let inkOf;

class CanvasRenderingContext2D {
  #canvas; #fill = { text: "#000000", bytes: [0, 0, 0, 255] }; #alpha = 1;
  constructor(making, canvas) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#canvas = canvas;
  }
  static {
    inkOf = context => {
      const [red, green, blue, alpha] = context.#fill.bytes;
      return { id: context.#id, colour: [red, green, blue, Math.round(alpha * context.#alpha)] };
    };
  }
  get #id() { return this.#canvas[SURFACE].id; }
  get canvas() { return this.#canvas; }
  get fillStyle() { return this.#fill.text; }
  set fillStyle(text) {
    const bytes = parseColour(text);
    if (!bytes) return;
    const hex = byte => byte.toString(16).padStart(2, "0");
    const [red, green, blue, alpha] = bytes;
    const opaque = `#${hex(red)}${hex(green)}${hex(blue)}`;
    this.#fill = { bytes, text: alpha === 255 ? opaque : `rgba(${red}, ${green}, ${blue}, ${Math.round(alpha / 2.55) / 100})` };
  }
  get globalAlpha() { return this.#alpha; }
  set globalAlpha(value) { if (value >= 0 && value <= 1) this.#alpha = Number(value); }
  fillRect(x, y, width, height) {
    const [red, green, blue, alpha] = this.#fill.bytes;
    host.fill_rect(this.#id, [x, y, width, height], [red, green, blue, Math.round(alpha * this.#alpha)]);
  }
  clearRect(x, y, width, height) { host.clear_rect(this.#id, x, y, width, height); }
  drawImage(source, ...numbers) {
    const bitmap = bitmapOf(source);
    if (!bitmap) return;
    const [id, width, height] = bitmap;
    const areas = { 2: [0, 0, width, height, ...numbers, width, height], 4: [0, 0, width, height, ...numbers], 8: numbers }[numbers.length];
    if (!areas) throw new TypeError("drawImage wants 3, 5 or 9 arguments.");
    if (areas.some(number => !Number.isFinite(Number(number))) || areas[2] === 0 || areas[3] === 0) return;
    host.draw_image(this.#id, id, areas.map(Number), this.#alpha);
  }
  createImageData(width, height) { return width instanceof ImageData ? new ImageData(width.width, width.height) : new ImageData(Math.abs(width), Math.abs(height)); }
  getImageData(x, y, width, height) {
    if (!(width && height)) throw new DOMException("A rectangle of nothing has no pixels.", "IndexSizeError");
    mustBeClean(this.#id, "getImageData");
    [x, y] = [width < 0 ? x + width : x, height < 0 ? y + height : y];
    [width, height] = [Math.abs(width), Math.abs(height)];
    const bytes = host.read_pixels(this.#id, x, y, width, height);
    return new ImageData(new Uint8ClampedArray(bytes.buffer), width, height);
  }
  putImageData(data, x, y) {
    host.write_pixels(this.#id, bytesToBinary(new Uint8Array(data.data.buffer, data.data.byteOffset, data.data.length)), data.width, x, y);
  }
}

/** Canvases, in the page and apart from it. */
function makeSurface(canvas, width, height) {
  Object.defineProperty(canvas, SURFACE, { value: { id: host.canvas(width, height), width, height, context: null, kind: null } });
}

/** What makes the context of a kind; other files add theirs. A canvas has one context, of the kind that was asked for first. */
const CONTEXTS = new Map();
function defineContext(kind, make) { CONTEXTS.set(kind, make); }
defineContext("2d", canvas => new CanvasRenderingContext2D(MAKING, canvas));

function contextOf(canvas, kind, attributes) {
  const surface = canvas[SURFACE];
  kind = String(kind);
  if (kind === "experimental-webgl") kind = "webgl";
  if (surface.context) return surface.kind === kind ? surface.context : null;
  const make = CONTEXTS.get(kind);
  if (!make) return null;
  [surface.kind, surface.context] = [kind, make(canvas, attributes)];
  return surface.context;
}

function setSide(canvas, side, value) {
  const surface = canvas[SURFACE];
  surface[side] = Math.max(0, Math.trunc(Number(value)) || 0);
  host.resize(surface.id, surface.width, surface.height);
}

class HTMLCanvasElement extends HTMLElement {
  [MADE]() {
    const side = (name, otherwise) => Number.parseInt(this.getAttribute(name), 10) || otherwise;
    makeSurface(this, side("width", 300), side("height", 150));
  }
  [CHANGED](name) {
    if (name === "width") setSide(this, name, this.getAttribute(name) ?? 300);
    if (name === "height") setSide(this, name, this.getAttribute(name) ?? 150);
  }
  get width() { return this[SURFACE].width; }
  set width(value) { this.setAttribute("width", Math.max(0, Math.trunc(Number(value)) || 0)); }
  get height() { return this[SURFACE].height; }
  set height(value) { this.setAttribute("height", Math.max(0, Math.trunc(Number(value)) || 0)); }
  getContext(kind, attributes) { return contextOf(this, kind, attributes); }
  toDataURL() {
    mustBeClean(this[SURFACE].id, "toDataURL");
    const png = host.png(this[SURFACE].id);
    return png.length ? `data:image/png;base64,${host.encode_base64(bytesToBinary(png))}` : "data:,";
  }
  toBlob(callback) {
    mustBeClean(this[SURFACE].id, "toBlob");
    const png = host.png(this[SURFACE].id);
    queueTask(() => callback(png.length ? new Blob([png], { type: "image/png" }) : null));
  }
}
defineElement("canvas", HTMLCanvasElement);

class OffscreenCanvas extends EventTarget {
  constructor(width, height) {
    super();
    makeSurface(this, Math.trunc(width), Math.trunc(height));
  }
  get width() { return this[SURFACE].width; }
  set width(value) { setSide(this, "width", value); }
  get height() { return this[SURFACE].height; }
  set height(value) { setSide(this, "height", value); }
  getContext(kind, attributes) { return contextOf(this, kind, attributes); }
  async convertToBlob() {
    mustBeClean(this[SURFACE].id, "convertToBlob");
    return new Blob([host.png(this[SURFACE].id)], { type: "image/png" });
  }
  transferToImageBitmap() {
    const surface = this[SURFACE];
    if (!surface.context) throw new DOMException("The canvas has no context.", "InvalidStateError");
    const bitmap = new ImageBitmap(MAKING, [surface.id, surface.width, surface.height]);
    surface.id = host.canvas(surface.width, surface.height);
    return bitmap;
  }
}

async function createImageBitmap(source) {
  if (source instanceof ImageData) {
    const id = host.canvas(source.width, source.height);
    host.write_pixels(id, bytesToBinary(new Uint8Array(source.data.buffer)), source.width, 0, 0);
    return new ImageBitmap(MAKING, [id, source.width, source.height]);
  }
  const bitmap = bitmapOf(source);
  if (!bitmap) throw new DOMException("There is no image yet.", "InvalidStateError");
  const [id, width, height] = bitmap;
  const copy = host.canvas(width, height);
  host.draw_image(copy, id, [0, 0, width, height, 0, 0, width, height], 1);
  return new ImageBitmap(MAKING, [copy, width, height]);
}

expose({ ImageData, ImageBitmap, CanvasRenderingContext2D, HTMLCanvasElement, OffscreenCanvas, createImageBitmap });
