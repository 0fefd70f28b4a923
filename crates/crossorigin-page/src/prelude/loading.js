// The page itself: its window and location, and its scripts in their order.

let readyState = "loading";
let currentScript = null;
/** What the load event waits for. */
let blockers = 1;
/** Scripts that the parser has not handed over yet, for which nothing is done. */
const parsing = { has: script => readyState === "loading" && !handedOver.has(script) && !madeByScript.has(script) };
const handedOver = new WeakSet();
const madeByScript = new WeakSet();
/** What runs once the page is parsed, in order. */
const deferred = [];

const createElement = Document.prototype.createElement;
Document.prototype.createElement = function (name) {
  const element = createElement.call(this, name);
  if (element instanceof HTMLScriptElement) madeByScript.add(element);
  return element;
};

function unblock() {
  blockers -= 1;
  if (blockers > 0) return;
  queueTask(() => {
    setReadyState("complete");
    fire(globalThis, "load");
  });
}

function setReadyState(state) {
  readyState = state;
  fire(document, "readystatechange");
}

const SCRIPT_TYPES = /^\s*(|module|(text|application)\/(x-)?(java|ecma)script|text\/(javascript1\.[0-5]|jscript|livescript))\s*$/i;

/** Prepares a script; gives back the request that the parser has to wait for, or 0. */
function prepareScript(script, fromParser) {
  if (handedOver.has(script)) return 0;
  const source = script.getAttribute("src");
  if (source === null && script.textContent === "") return 0;
  const type = script.getAttribute("type") ?? "";
  if (!SCRIPT_TYPES.test(type)) return 0;
  handedOver.add(script);
  const isModule = /^\s*module\s*$/i.test(type);
  if (script.noModule && !isModule) return 0;
  const waits = isModule || (fromParser && script.defer && source !== null && !script.async);
  if (source === null) {
    const source = script.textContent;
    const evaluate = () => (isModule ? host.run_module(source, location.href) : host.run_script(source, location.href));
    const run = () => runScript(script, evaluate, isModule, false);
    if (isModule && readyState === "loading" && !script.async) deferred.push({ run, ready: true });
    else run();
    return 0;
  }
  const url = URL.parse(source, document.baseURI);
  if (!url || source === "") {
    queueTask(() => fire(script, "error"));
    return 0;
  }
  const entry = { ready: false, run: () => {} };
  blockers += 1;
  const id = request({ as: isModule ? "module" : "script", url: url.href, crossorigin: script.crossOrigin }, null, answer => {
    entry.ready = true;
    entry.run = () => {
      const failed = answer === null || (isModule ? answer.status < 200 || answer.status > 299 : answer.source === undefined);
      if (failed) fire(script, "error");
      else {
        const run = isModule ? () => host.run_module(decodeUtf8(answer.body), url.href) : () => host.run_source(answer.source, url.href);
        runScript(script, run, isModule, answer.type === "opaque");
        fire(script, "load");
      }
      unblock();
    };
    if (!deferred.includes(entry)) entry.run();
    else runDeferred();
  });
  if (waits && readyState === "loading" && !script.async) deferred.push(entry);
  return fromParser && !waits && !script.async ? id : 0;
}

function runScript(script, evaluate, isModule, muted) {
  const before = currentScript;
  currentScript = isModule ? null : script;
  try {
    evaluate();
  } catch (error) {
    if (!muted) reportException(error);
    else if (fire(globalThis, new ErrorEvent("error", { message: "Script error." }))) host.uncaught("Script error.", "");
  } finally {
    currentScript = before;
  }
}

let isParsed = false;
let contentIsLoaded = false;
function runDeferred() {
  if (!isParsed) return;
  while (deferred[0]?.ready) deferred.shift().run();
  if (deferred.length === 0 && !contentIsLoaded) {
    contentIsLoaded = true;
    fire(document, new Event("DOMContentLoaded", { bubbles: true }));
    unblock();
  }
}

/** The parser has come to the end of the page. */
function parsed() {
  isParsed = true;
  setReadyState("interactive");
  queueTask(runDeferred);
}

const location = {};
for (const part of ["href", "origin", "protocol", "host", "hostname", "port", "pathname", "search", "hash"]) {
  Object.defineProperty(location, part, { enumerable: true, get: () => new URL(host.page_url())[part] });
}
Object.defineProperty(location, "toString", { value: () => location.href });

// The window is an event target, though no object of ours.
Object.defineProperty(globalThis, LISTENERS, { value: new Map() });
for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"]) {
  const method = EventTarget.prototype[name];
  expose({ [name]: (...parameters) => method.apply(globalThis, parameters) });
}
defineHandlers(globalThis, "load", "error", "unhandledrejection", "message", "beforeunload");
class Window extends EventTarget { static [Symbol.hasInstance](value) { return value === globalThis; } }
class Navigator {}
const navigator = Object.create(Navigator.prototype, {
  userAgent: { get: () => host.user_agent(), enumerable: true },
  language: { value: "en", enumerable: true },
  languages: { value: Object.freeze(["en"]), enumerable: true },
  onLine: { value: true, enumerable: true },
  cookieEnabled: { value: true, enumerable: true },
});
const document = wrap(0);
expose({
  Window, Navigator, window: globalThis, self: globalThis, top: globalThis, parent: globalThis, frames: globalThis, document, location,
  navigator, origin: location.origin,
  alert: message => host.log("log", `alert: ${message}`),
  close: () => host.close(),
  postMessage: data => queueTask(() => fire(globalThis, new MessageEvent("message", { data, origin: location.origin }))),
});
