// <video> and <audio>: loads by their rules. Nothing is decoded here, so that every one of them ends in its error.
// Source: https://html.spec.whatwg.org/multipage/media.html

const MEDIA = Symbol("media");
const [NETWORK_EMPTY, NETWORK_IDLE, NETWORK_LOADING, NETWORK_NO_SOURCE] = [0, 1, 2, 3];

class MediaError {
  #message;
  constructor(making, message) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#message = message;
  }
  /** Always that the source is not supported: nothing gets so far that it could fail otherwise. */
  get code() { return 4; }
  get message() { return this.#message; }
}
const MEDIA_ERRORS = { MEDIA_ERR_ABORTED: 1, MEDIA_ERR_NETWORK: 2, MEDIA_ERR_DECODE: 3, MEDIA_ERR_SRC_NOT_SUPPORTED: 4 };

class TimeRanges {
  constructor(making) { if (making !== MAKING) throw new TypeError("Illegal constructor"); }
  get length() { return 0; }
  start() { throw new DOMException("There is no such range.", "IndexSizeError"); }
  end() { throw new DOMException("There is no such range.", "IndexSizeError"); }
}

class HTMLMediaElement extends HTMLElement {
  [MADE]() {
    Object.defineProperty(this, MEDIA, { value: {
      network: NETWORK_EMPTY, error: null, url: "", id: null, bitmap: null, turn: 0, unblock: null, isSuspended: false, paused: true, muted: null, volume: 1, rate: 1, plays: [],
    } });
    if (this.hasAttribute("src")) selectMedia(this);
  }
  [CONNECTED]() { if (this[MEDIA].network === NETWORK_EMPTY) selectMedia(this); }
  [CHANGED](name) { if (name === "src" && this.hasAttribute("src")) this.load(); }
  get error() { return this[MEDIA].error; }
  get networkState() { return this[MEDIA].network; }
  get readyState() { return 0; }
  get currentSrc() { return this[MEDIA].url; }
  get paused() { return this[MEDIA].paused; }
  get ended() { return false; }
  get seeking() { return false; }
  get duration() { return Number.NaN; }
  get currentTime() { return 0; }
  set currentTime(value) { if (!Number.isFinite(Number(value))) throw new TypeError("The time is no number."); }
  get muted() { return this[MEDIA].muted ?? this.hasAttribute("muted"); }
  set muted(value) { this[MEDIA].muted = Boolean(value); }
  get volume() { return this[MEDIA].volume; }
  set volume(value) {
    if (!(value >= 0 && value <= 1)) throw new DOMException("A volume is from 0 to 1.", "IndexSizeError");
    this[MEDIA].volume = Number(value);
    queueTask(() => fire(this, "volumechange"));
  }
  get playbackRate() { return this[MEDIA].rate; }
  set playbackRate(value) { this[MEDIA].rate = Number(value); }
  get buffered() { return new TimeRanges(MAKING); }
  get played() { return new TimeRanges(MAKING); }
  get seekable() { return new TimeRanges(MAKING); }
  canPlayType() { return ""; }
  load() {
    const own = this[MEDIA];
    forgetMedia(own);
    if (own.network !== NETWORK_EMPTY) queueTask(() => fire(this, "emptied"));
    [own.network, own.error, own.bitmap] = [NETWORK_EMPTY, null, null];
    selectMedia(this);
  }
  play() {
    const own = this[MEDIA];
    if (own.error) return Promise.reject(new DOMException("The media is not supported.", "NotSupportedError"));
    if (own.network === NETWORK_EMPTY) selectMedia(this);
    if (own.isSuspended) resumeMedia(this);
    if (own.paused) {
      own.paused = false;
      queueTask(() => fire(this, "play"));
    }
    return new Promise((_, reject) => own.plays.push(reject));
  }
  pause() {
    const own = this[MEDIA];
    if (own.network === NETWORK_EMPTY) selectMedia(this);
    if (own.paused) return;
    own.paused = true;
    for (const reject of own.plays.splice(0)) reject(new DOMException("The media was paused.", "AbortError"));
    queueTask(() => fire(this, "pause"));
  }
}
reflect(HTMLMediaElement, { src: "url", autoplay: "flag", loop: "flag", controls: "flag", preload: "text" });
reflectCrossOrigin(HTMLMediaElement);
Object.defineProperty(HTMLMediaElement.prototype, "defaultMuted", {
  configurable: true, enumerable: true, get() { return this.hasAttribute("muted"); }, set(value) { this.toggleAttribute("muted", Boolean(value)); },
});
for (const [Class, constants] of [[MediaError, MEDIA_ERRORS], [HTMLMediaElement, {
  NETWORK_EMPTY, NETWORK_IDLE, NETWORK_LOADING, NETWORK_NO_SOURCE, HAVE_NOTHING: 0, HAVE_METADATA: 1, HAVE_CURRENT_DATA: 2, HAVE_FUTURE_DATA: 3, HAVE_ENOUGH_DATA: 4,
}]]) {
  for (const [name, value] of Object.entries(constants)) for (const at of [Class, Class.prototype]) Object.defineProperty(at, name, { value, enumerable: true });
}
defineHandlers(HTMLMediaElement.prototype, "loadstart", "progress", "suspend", "emptied", "stalled", "loadedmetadata", "loadeddata", "canplay", "canplaythrough",
  "playing", "waiting", "seeking", "seeked", "ended", "durationchange", "timeupdate", "play", "pause", "ratechange", "volumechange");

class HTMLVideoElement extends HTMLMediaElement {
  get videoWidth() { return 0; }
  get videoHeight() { return 0; }
}
reflect(HTMLVideoElement, { poster: "url", width: "number", height: "number", playsInline: "flag" });
class HTMLAudioElement extends HTMLMediaElement {}
class HTMLSourceElement extends HTMLElement {
  [CONNECTED]() {
    const media = this.parentNode;
    if (media instanceof HTMLMediaElement && !media.hasAttribute("src") && media[MEDIA].network === NETWORK_EMPTY) selectMedia(media);
  }
}
reflect(HTMLSourceElement, { src: "url", type: "text", srcset: "text", sizes: "text", media: "text" });
defineElement("video", HTMLVideoElement);
defineElement("audio", HTMLAudioElement);
defineElement("source", HTMLSourceElement);

/** What was under way is nobody's any more. */
function forgetMedia(own) {
  own.turn += 1;
  if (own.id !== null && waiting.delete(own.id)) host.abort(own.id);
  for (const reject of own.plays.splice(0)) reject(new DOMException("Another source is loaded.", "AbortError"));
  own.unblock?.();
  [own.id, own.unblock, own.isSuspended] = [null, null, false];
}

/** Chooses what to load: the element's own source, or its <source> children, one after the other. */
function selectMedia(element) {
  const own = element[MEDIA];
  // Documents that are not shown load nothing.
  if (host.owner(element[NODE]) !== DOCUMENT) return;
  own.network = NETWORK_NO_SOURCE;
  own.unblock ??= block();
  const turn = own.turn;
  // After what runs now, so that its attributes and sources are all there.
  queueMicrotask(() => {
    if (own.turn !== turn) return;
    const hasSource = element.hasAttribute("src");
    const left = hasSource ? [element] : [...element.children].filter(child => child instanceof HTMLSourceElement);
    if (left.length === 0) {
      own.network = NETWORK_EMPTY;
      own.unblock?.();
      own.unblock = null;
      return;
    }
    own.network = NETWORK_LOADING;
    queueTask(() => { if (own.turn === turn) fire(element, "loadstart"); });
    loadMedia(element, left, hasSource);
  });
}

function loadMedia(element, left, isOwn) {
  const own = element[MEDIA];
  const next = left.shift();
  const turn = own.turn;
  if (!next) {
    own.network = NETWORK_NO_SOURCE;
    own.unblock?.();
    own.unblock = null;
    return;
  }
  const failed = () => {
    if (own.turn !== turn) return;
    if (!isOwn) {
      queueTask(() => fire(next, "error"));
      return loadMedia(element, left, isOwn);
    }
    queueTask(() => {
      if (own.turn !== turn) return;
      [own.network, own.error] = [NETWORK_NO_SOURCE, new MediaError(MAKING, "Nothing is decoded here: no video and no audio.")];
      fire(element, "error");
      for (const reject of own.plays.splice(0)) reject(new DOMException("The media is not supported.", "NotSupportedError"));
      own.unblock?.();
      own.unblock = null;
    });
  };
  const source = next.getAttribute("src") ?? "";
  const url = source === "" ? null : URL.parse(source, document.baseURI);
  if (!url) return failed();
  own.url = url.href;
  const load = () => {
    own.network = NETWORK_LOADING;
    const as = element instanceof HTMLVideoElement ? "video" : "audio";
    const id = request({ as, url: url.href, crossorigin: element.crossOrigin, streams: true }, null, answer => {
      // Of what is not decoded, the head is enough.
      if (waiting.delete(id)) host.abort(id);
      own.id = null;
      own.bitmap = answer?.media ?? null;
      failed();
    });
    own.id = id;
  };
  if (element.preload !== "none" || element.autoplay || !own.paused) return load();
  [own.network, own.isSuspended, own.resume] = [NETWORK_IDLE, true, load];
  own.unblock?.();
  own.unblock = null;
  queueTask(() => fire(element, "suspend"));
}

function resumeMedia(element) {
  const own = element[MEDIA];
  own.isSuspended = false;
  own.resume();
}

function Audio(source) {
  const audio = document.createElement("audio");
  audio.preload = "auto";
  if (source !== undefined) audio.src = source;
  return audio;
}
Audio.prototype = HTMLAudioElement.prototype;

expose({ MediaError, TimeRanges, HTMLMediaElement, HTMLVideoElement, HTMLAudioElement, HTMLSourceElement, Audio });
