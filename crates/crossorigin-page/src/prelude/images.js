// <img> and Image: loads, and the bitmaps that come of them.

const IMAGE = Symbol("image");
const state = element => element[IMAGE];

class HTMLImageElement extends HTMLElement {
  [MADE]() {
    Object.defineProperty(this, IMAGE, { value: { id: null, bitmap: null, url: "", failed: false, begun: false, decoders: [] } });
    if (this.hasAttribute("src")) updateImage(this);
  }
  [CONNECTED]() { if (!state(this).begun && this.hasAttribute("src")) updateImage(this); }
  [CHANGED](name) { if (name === "src" || (name === "crossorigin" && this.hasAttribute("src"))) updateImage(this); }
  get complete() { return state(this).id === null || !this.getAttribute("src"); }
  get naturalWidth() { return state(this).bitmap?.[1] ?? 0; }
  get naturalHeight() { return state(this).bitmap?.[2] ?? 0; }
  get width() { return Number.parseInt(this.getAttribute("width"), 10) || this.naturalWidth; }
  set width(value) { this.setAttribute("width", value); }
  get height() { return Number.parseInt(this.getAttribute("height"), 10) || this.naturalHeight; }
  set height(value) { this.setAttribute("height", value); }
  get currentSrc() { return state(this).url; }
  decode() {
    const { id, bitmap, decoders } = state(this);
    if (id !== null) return new Promise((resolve, reject) => decoders.push({ resolve, reject }));
    return bitmap ? Promise.resolve() : Promise.reject(new DOMException("The image can't be decoded.", "EncodingError"));
  }
}
reflect(HTMLImageElement, { src: "url", alt: "text" });
reflectCrossOrigin(HTMLImageElement);
defineElement("img", HTMLImageElement);

/** Begins to load what an image's attributes say; what it loaded before is nobody's any more. */
function updateImage(element) {
  const own = state(element);
  if (own.id !== null && waiting.delete(own.id)) {
    host.abort(own.id);
    unblock();
  }
  [own.id, own.bitmap, own.url, own.failed, own.begun] = [null, null, "", false, false];
  for (const { reject } of own.decoders.splice(0)) reject(new DOMException("The image has another source now.", "EncodingError"));
  // Documents that are not shown load nothing.
  if (host.owner(element[NODE]) !== DOCUMENT) return;
  own.begun = true;
  const source = element.getAttribute("src");
  if (source === null) return;
  const url = source === "" ? null : URL.parse(source, document.baseURI);
  blockers += 1;
  const done = answer => {
    own.id = null;
    own.bitmap = answer?.image ?? null;
    own.failed = !own.bitmap;
    for (const { resolve, reject } of own.decoders.splice(0)) {
      if (own.bitmap) resolve();
      else reject(new DOMException("The image can't be decoded.", "EncodingError"));
    }
    fire(element, own.bitmap ? "load" : "error");
    unblock();
  };
  if (!url) {
    own.id = host.timer(0);
    waiting.set(own.id, () => done(null));
    return;
  }
  own.url = url.href;
  own.id = request({ as: "image", url: url.href, crossorigin: element.crossOrigin }, null, done);
}

function Image(width, height) {
  const image = document.createElement("img");
  if (width !== undefined) image.width = width;
  if (height !== undefined) image.height = height;
  return image;
}
Image.prototype = HTMLImageElement.prototype;

expose({ HTMLImageElement, Image });
