// The window's own: elements by their names, dialogs, frames of animation.

/** What stands behind the window: its elements by `id` and `name`. */
const namedElements = Object.create(EventTarget.prototype);
Object.setPrototypeOf(Window.prototype, namedElements);
Object.setPrototypeOf(globalThis, Window.prototype);

const BY_NAME = new Set(["embed", "form", "iframe", "img", "object"]);
const elementNamed = name =>
  document.getElementById(name) ?? select(document, "[name]").find(element => element.getAttribute("name") === name && BY_NAME.has(element.localName));

/** Lets script find elements whose names are new. What the window has already stays what it is. */
function nameElements() {
  for (const name of host.take_names()) {
    nameControl(name);
    if (name in globalThis) continue;
    Object.defineProperty(namedElements, name, {
      configurable: true,
      get() {
        const element = elementNamed(name);
        return element instanceof HTMLIFrameElement ? element.contentWindow : element;
      },
      set: value => Object.defineProperty(globalThis, name, { value, writable: true, enumerable: true, configurable: true }),
    });
  }
}

/** How often a page is painted, were it painted: sixty times a second. */
const FRAME_MILLISECONDS = 1000 / 60;
const animationFrames = new Map();
let nextFrame = 1;
let isFrameDue = false;

function requestAnimationFrame(callback) {
  if (typeof callback !== "function") throw new TypeError("requestAnimationFrame wants a function.");
  if (!isFrameDue) {
    isFrameDue = true;
    const now = host.now();
    const at = Math.ceil((now + 1) / FRAME_MILLISECONDS) * FRAME_MILLISECONDS;
    waiting.set(host.timer(at - now), () => {
      isFrameDue = false;
      const due = [...animationFrames];
      for (const [id, callback] of due) {
        if (!animationFrames.delete(id)) continue;
        try { callback(host.now()); } catch (error) { reportException(error, isMuted(error, callback)); }
      }
    });
  }
  const id = nextFrame++;
  animationFrames.set(id, callback);
  return id;
}

expose({
  requestAnimationFrame,
  cancelAnimationFrame(id) { animationFrames.delete(Number(id)); },
  // Nobody is there to answer: a dialog is closed as it comes.
  confirm(message = "") { host.log("log", `confirm: ${message}`); return false; },
  prompt(message = "") { host.log("log", `prompt: ${message}`); return null; },
});
