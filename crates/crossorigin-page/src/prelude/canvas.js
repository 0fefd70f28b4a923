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

const SURFACE = Symbol("surface");

/** Canvases, in the page and apart from it. */
function makeSurface(canvas, width, height) {
  Object.defineProperty(canvas, SURFACE, { value: { id: host.canvas(width, height), width, height, context: null, kind: null } });
}

/** What makes the context of a kind; other files add theirs. A canvas has one context, of the kind that was asked for first. */
const CONTEXTS = new Map();
function defineContext(kind, make) { CONTEXTS.set(kind, make); }

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
  surface.clip = 0;
  // Whatever the size, its setting begins the canvas anew.
  if (surface.kind === "2d") resetContext(surface.context);
}

/** A canvas's pixels as a file, a PNG where another type is not known; null where there are none. */
function exported(canvas, what, type, quality) {
  const { id, width, height } = canvas[SURFACE];
  mustBeClean(id, what);
  if (width === 0 || height === 0) return null;
  type = /^image\/(jpeg|webp)$/i.exec(String(type))?.[0].toLowerCase() ?? "image/png";
  const bytes = {
    "image/jpeg": () => host.jpeg(id, typeof quality === "number" && quality >= 0 && quality <= 1 ? quality : 0.92),
    // None is written here that loses anything, of whatever quality.
    "image/webp": () => host.webp(id),
    "image/png": () => host.png(id),
  }[type]();
  return bytes.length ? { bytes, type } : null;
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
  toDataURL(type, quality) {
    const file = exported(this, "toDataURL", type, quality);
    return file ? `data:${file.type};base64,${host.encode_base64(bytesToBinary(file.bytes))}` : "data:,";
  }
  toBlob(callback, type, quality) {
    if (typeof callback !== "function") throw new TypeError("toBlob wants a function.");
    const file = exported(this, "toBlob", type, quality);
    queueTask(() => callback(file && new Blob([file.bytes], { type: file.type })));
  }
  captureStream() {
    mustBeClean(this[SURFACE].id, "captureStream");
    throw new DOMException("Nothing captures streams here.", "NotSupportedError");
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
  async convertToBlob({ type, quality } = {}) {
    const file = exported(this, "convertToBlob", type, quality);
    if (!file) throw new DOMException("The canvas has no pixels.", "IndexSizeError");
    return new Blob([file.bytes], { type: file.type });
  }
  transferToImageBitmap() {
    const surface = this[SURFACE];
    if (!surface.context) throw new DOMException("The canvas has no context.", "InvalidStateError");
    const bitmap = new ImageBitmap(MAKING, [surface.id, surface.width, surface.height]);
    surface.id = host.canvas(surface.width, surface.height);
    surface.clip = 0;
    return bitmap;
  }
}

/** A copy of a part of a bitmap, with its flag. */
const copyBitmap = (id, x, y, width, height) => host.copy_bitmap(id, x, y, width, height);

async function createImageBitmap(source, ...parameters) {
  const part = parameters.length >= 4 ? parameters.slice(0, 4).map(number => Math.trunc(Number(number))) : null;
  const options = (part ? parameters[4] : parameters[0]) ?? {};
  if (part && (part[2] === 0 || part[3] === 0)) throw new RangeError("A part of nothing has no pixels.");
  for (const side of ["resizeWidth", "resizeHeight"]) {
    if (options[side] === 0) throw new DOMException(`${side} is 0.`, "InvalidStateError");
  }
  let found;
  if (source instanceof ImageData) {
    found = [host.canvas(source.width, source.height), source.width, source.height];
    host.write_pixels(found[0], bytesToBinary(new Uint8Array(source.data.buffer, source.data.byteOffset, source.data.length)), source.width, 0, 0);
  } else if (source instanceof Blob) {
    found = host.decode_image(bytesToBinary(new Uint8Array(await source.arrayBuffer())), source.type === "image/svg+xml", options.colorSpaceConversion === "none");
  } else {
    found = bitmapOf(source);
  }
  if (!found) throw new DOMException("There is no image in it.", "InvalidStateError");
  // What was made for this alone is given back.
  const isOurs = source instanceof ImageData || source instanceof Blob;
  let [x, y, width, height] = part ?? [0, 0, found[1], found[2]];
  [x, y, width, height] = [Math.min(x, x + width), Math.min(y, y + height), Math.abs(width), Math.abs(height)];
  if (width > MAX_SIDE || height > MAX_SIDE) throw new DOMException(`A bitmap has ${MAX_SIDE} pixels at most on a side.`, "InvalidStateError");
  const copy = copyBitmap(found[0], x, y, width, height);
  const across = options.resizeWidth ?? (options.resizeHeight ? Math.ceil(width * options.resizeHeight / height) : width);
  const down = options.resizeHeight ?? (options.resizeWidth ? Math.ceil(height * options.resizeWidth / width) : height);
  const isFlipped = options.imageOrientation === "flipY";
  if (across === width && down === height && !isFlipped) {
    if (isOurs) host.release(found[0]);
    return new ImageBitmap(MAKING, [copy, width, height]);
  }
  const resized = host.canvas(across, down);
  const transform = isFlipped ? [1, 0, 0, -1, 0, down] : [1, 0, 0, 1, 0, 0];
  const quality = options.resizeQuality ?? "low";
  const how = { transform, alpha: 1, blend: "copy", smooth: quality !== "pixelated", levels: quality === "medium" || quality === "high" };
  // What is drawn by lines and areas is so in its new size.
  const [from, left, top] = host.is_vector(found[0]) ? [found[0], x, y] : [copy, 0, 0];
  host.draw_image(resized, from, [left, top, width, height, 0, 0, across, down], JSON.stringify(how));
  host.release(copy);
  if (isOurs) host.release(found[0]);
  return new ImageBitmap(MAKING, [resized, across, down]);
}
/** The longest side of a bitmap; the host has the same. */
const MAX_SIDE = 16384;

/** Shows a bitmap as it is. */
class ImageBitmapRenderingContext {
  #canvas;
  constructor(making, canvas) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#canvas = canvas;
  }
  get canvas() { return this.#canvas; }
  transferFromImageBitmap(bitmap) {
    const surface = this.#canvas[SURFACE];
    if (bitmap === null) {
      surface.id = host.canvas(surface.width, surface.height);
      return;
    }
    const [id, width, height] = bitmapOf(bitmap);
    [surface.id, surface.width, surface.height] = [id, width, height];
    // Its pixels are the canvas's now: closing it would give them back.
    bitmap[IMAGE].bitmap = null;
  }
}
defineContext("bitmaprenderer", canvas => new ImageBitmapRenderingContext(MAKING, canvas));

expose({ ImageData, ImageBitmap, ImageBitmapRenderingContext, HTMLCanvasElement, OffscreenCanvas, createImageBitmap });
