// The page itself: how far it is, its window and what that has.

let readyState = host.is_initial() ? "complete" : "loading";
/** What the load event waits for. */
let blockers = host.is_initial() ? 0 : 1;
function unblock() {
  blockers -= 1;
  if (blockers > 0 || readyState === "complete") return;
  queueTask(() => {
    loadImagesOfStyles();
    setReadyState("complete");
    fire(globalThis, "load");
    fire(globalThis, "pageshow");
    host.loaded();
  });
}

function setReadyState(state) {
  readyState = state;
  fire(document, "readystatechange");
}

let isParsed = host.is_initial();
let contentIsLoaded = isParsed;
function runDeferred() {
  if (!isParsed) return;
  while (deferred[0]?.ready) deferred.shift().run();
  if (deferred.length === 0 && !contentIsLoaded) {
    contentIsLoaded = true;
    fire(document, new Event("DOMContentLoaded", { bubbles: true }));
    unblock();
  }
}

/** Lets elements that the parser has made begin to load. */
function announceArrived() {
  for (const id of host.take_arrived()) {
    const element = wrap(id);
    if (element.isConnected) element[CONNECTED]?.();
  }
}

/** The parser has come to the end of the page. */
function parsed() {
  announceArrived();
  isParsed = true;
  setReadyState("interactive");
  queueTask(runDeferred);
}

// The window is an event target, though no object of ours.
Object.defineProperty(globalThis, LISTENERS, { value: new Map() });
for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"]) {
  const method = EventTarget.prototype[name];
  expose({ [name]: (...parameters) => method.apply(globalThis, parameters) });
}
defineHandlers(globalThis, ...WINDOW_HANDLERS);
class Window extends EventTarget { static [Symbol.hasInstance](value) { return windowNumber(value) !== undefined; } }
class Navigator {}
const navigator = Object.create(Navigator.prototype, {
  userAgent: { get: () => host.user_agent(), enumerable: true },
  language: { value: "en", enumerable: true },
  languages: { value: Object.freeze(["en"]), enumerable: true },
  onLine: { value: true, enumerable: true },
  cookieEnabled: { value: true, enumerable: true },
});
const document = wrap(DOCUMENT);
expose({
  Window, Navigator, document, navigator, origin: host.page_origin(),
  alert(message) { if (host.may_show_dialogs()) host.log("log", `alert: ${message}`); },
  close() { if (host.parent_of(host.own_frame()) === undefined) host.close(); },
});
