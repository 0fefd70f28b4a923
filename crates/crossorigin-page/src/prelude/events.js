// Events and exceptions.

class DOMException extends Error {
  #name;
  constructor(message = "", name = "Error") {
    super(message);
    this.#name = String(name);
  }
  get name() { return this.#name; }
  get code() { return DOM_EXCEPTION_CODES[this.#name] ?? 0; }
}
const DOM_EXCEPTION_CODES = {
  IndexSizeError: 1, HierarchyRequestError: 3, WrongDocumentError: 4, InvalidCharacterError: 5, NotFoundError: 8,
  NotSupportedError: 9, InvalidStateError: 11, SyntaxError: 12, InvalidModificationError: 13, InvalidAccessError: 15,
  SecurityError: 18, NetworkError: 19, AbortError: 20, QuotaExceededError: 22, TimeoutError: 23, DataCloneError: 25,
};

/** The user agent's side of an event: where it is, and what became of it. */
const STATE = shared("state");
/** What an event bubbles to. */
const ABOVE = Symbol("above");

const [CAPTURING_PHASE, AT_TARGET, BUBBLING_PHASE] = [1, 2, 3];

class Event {
  #type; #bubbles; #cancelable; #composed; #timeStamp = host.now();
  constructor(type, { bubbles = false, cancelable = false, composed = false } = {}) {
    if (arguments.length === 0) throw new TypeError("An event has a type.");
    [this.#type, this.#bubbles, this.#cancelable, this.#composed] = [String(type), Boolean(bubbles), Boolean(cancelable), Boolean(composed)];
    const state = {
      target: null, currentTarget: null, phase: 0, path: [], trusted: false, dispatching: false, passive: false, stopped: false,
      stoppedNow: false, prevented: false,
    };
    Object.defineProperty(this, STATE, { value: state });
  }
  get type() { return this.#type; }
  get target() { return this[STATE].target; }
  get srcElement() { return this[STATE].target; }
  get currentTarget() { return this[STATE].currentTarget; }
  get eventPhase() { return this[STATE].phase; }
  get bubbles() { return this.#bubbles; }
  get cancelable() { return this.#cancelable; }
  get composed() { return this.#composed; }
  get timeStamp() { return this.#timeStamp; }
  get defaultPrevented() { return this[STATE].prevented; }
  get returnValue() { return !this[STATE].prevented; }
  set returnValue(value) { if (!value) this.preventDefault(); }
  get cancelBubble() { return this[STATE].stopped; }
  set cancelBubble(value) { if (value) this.stopPropagation(); }
  get isTrusted() { return this[STATE].trusted; }
  composedPath() { return [...this[STATE].path]; }
  preventDefault() { if (this.#cancelable && !this[STATE].passive) this[STATE].prevented = true; }
  stopPropagation() { this[STATE].stopped = true; }
  stopImmediatePropagation() { this[STATE].stopped = this[STATE].stoppedNow = true; }
  /** As old scripts make events. */
  initEvent(type, bubbles = false, cancelable = false) {
    if (this[STATE].dispatching) return;
    [this.#type, this.#bubbles, this.#cancelable] = [String(type), Boolean(bubbles), Boolean(cancelable)];
    Object.assign(this[STATE], { stopped: false, stoppedNow: false, prevented: false, trusted: false, target: null });
  }
}
for (const [name, value] of Object.entries({ NONE: 0, CAPTURING_PHASE, AT_TARGET, BUBBLING_PHASE })) {
  for (const holder of [Event, Event.prototype]) Object.defineProperty(holder, name, { value, enumerable: true });
}

class CustomEvent extends Event {
  #detail;
  constructor(type, init = {}) { super(type, init); this.#detail = init.detail ?? null; }
  get detail() { return this.#detail; }
  initCustomEvent(type, bubbles, cancelable, detail = null) {
    if (this[STATE].dispatching) return;
    this.initEvent(type, bubbles, cancelable);
    this.#detail = detail;
  }
}

class ProgressEvent extends Event {
  #init;
  constructor(type, { lengthComputable = false, loaded = 0, total = 0, ...init } = {}) {
    super(type, init);
    this.#init = { lengthComputable, loaded, total };
  }
  get lengthComputable() { return this.#init.lengthComputable; }
  get loaded() { return this.#init.loaded; }
  get total() { return this.#init.total; }
}

class MessageEvent extends Event {
  #init;
  constructor(type, { data = null, origin = "", lastEventId = "", source = null, ports = [], ...init } = {}) {
    super(type, init);
    // What is not said is null; messages may say that it is undefined.
    this.#init = { data: data === MAKING ? undefined : data, origin, lastEventId, source, ports: Object.freeze([...ports]) };
  }
  get data() { return this.#init.data; }
  get origin() { return this.#init.origin; }
  get lastEventId() { return this.#init.lastEventId; }
  get source() { return this.#init.source; }
  get ports() { return this.#init.ports; }
}

class ErrorEvent extends Event {
  #init;
  constructor(type, { message = "", filename = "", lineno = 0, colno = 0, error, ...init } = {}) {
    super(type, init);
    this.#init = { message, filename, lineno, colno, error };
  }
  get message() { return this.#init.message; }
  get filename() { return this.#init.filename; }
  get lineno() { return this.#init.lineno; }
  get colno() { return this.#init.colno; }
  get error() { return this.#init.error; }
}

class PromiseRejectionEvent extends Event {
  #promise; #reason;
  constructor(type, init) {
    super(type, init);
    if (!(init?.promise instanceof Promise)) throw new TypeError("A PromiseRejectionEvent wants a promise.");
    [this.#promise, this.#reason] = [init.promise, init.reason];
  }
  get promise() { return this.#promise; }
  get reason() { return this.#reason; }
}

const LISTENERS = shared("listeners");
/** What script set as `onload` and the like, on the listener that calls it. */
const HANDLER = shared("handler");

class EventTarget {
  constructor() {
    Object.defineProperty(this, LISTENERS, { value: new Map() });
  }
  addEventListener(type, callback, options = {}) {
    const { once = false, passive = false, signal } = typeof options === "object" && options ? options : {};
    const capture = capturesBy(options);
    if (callback === null || callback === undefined || signal?.aborted) return;
    if (typeof callback !== "function" && typeof callback !== "object") throw new TypeError("A listener is a function, or has handleEvent().");
    const list = listeners(this, String(type));
    if (list.some(listener => listener.callback === callback && listener.capture === capture)) return;
    list.push({ callback, capture, once: Boolean(once), passive: Boolean(passive), removed: false });
    signal?.addEventListener("abort", () => this.removeEventListener(type, callback, capture));
  }
  removeEventListener(type, callback, options = {}) {
    const capture = capturesBy(options);
    const list = listeners(this, String(type));
    const at = list.findIndex(listener => listener.callback === callback && listener.capture === capture);
    if (at >= 0) list.splice(at, 1)[0].removed = true;
  }
  dispatchEvent(event) {
    if (event?.[STATE] === undefined) throw new TypeError("dispatchEvent wants an Event");
    if (event[STATE].dispatching) throw new DOMException("The event is being dispatched already.", "InvalidStateError");
    event[STATE].trusted = false;
    return dispatch(this, event);
  }
}

const capturesBy = options => Boolean(typeof options === "object" && options ? options.capture : options);

function listeners(target, type) {
  const map = target[LISTENERS];
  if (!map.has(type)) map.set(type, []);
  return map.get(type);
}

const READ_HANDLERS = Symbol("handlers that were read");

/** What an attribute says newly; `undefined` where it was read already. */
function noteHandlerAttribute(element, name) {
  if (!MAY_SCRIPT) return undefined;
  const source = host.attribute(element[NODE], name) ?? null;
  const read = (element[READ_HANDLERS] ??= new Map());
  if (source === (read.get(name) ?? null)) return undefined;
  read.set(name, source);
  return source;
}

/** Lets an attribute such as `onload` be what the property of its name is. */
function readHandlerAttribute(element, name) {
  const source = noteHandlerAttribute(element, name);
  if (source === undefined) return;
  const parameters = element === document.body && name === "onerror" ? ["event", "source", "lineno", "colno", "error"] : ["event"];
  // Names mean members of the element first, and then of the document.
  const compile = () => new Function(...parameters, `with (document) with (this === globalThis ? {} : this) {\n${source}\n}`);
  try {
    element[name] = source === null ? null : compile();
  } catch (error) {
    reportException(error);
  }
}

/** Calls the listeners of one target: those that come first, on the way down to where it happened, or the others. */
function invoke(target, event, capture) {
  const state = event[STATE];
  state.currentTarget = target;
  const name = `on${event.type}`;
  // What a body says of its page's events is for the window.
  if (target === globalThis && document.body && WINDOW_HANDLERS.has(event.type)) readHandlerAttribute(document.body, name);
  if (target[NODE] !== undefined && name in target && target.nodeType === 1) readHandlerAttribute(target, name);
  for (const listener of listeners(target, event.type).filter(listener => listener.capture === capture)) {
    if (listener.removed) continue;
    if (listener.once) target.removeEventListener(event.type, listener.callback, capture);
    const { callback } = listener;
    state.passive = listener.passive;
    try {
      if (typeof callback === "function") callback.call(target, event);
      else callback.handleEvent(event);
    } catch (error) {
      reportException(error, isMuted(error, callback[HANDLER] ?? callback));
    }
    state.passive = false;
    if (state.stoppedNow) break;
  }
}

/** Dispatches to a target: down to it from what holds it, and, where the event bubbles, up again. */
function dispatch(target, event) {
  const state = event[STATE];
  Object.assign(state, { target, dispatching: true, path: [target] });
  for (let above = target[ABOVE]; above; above = above[ABOVE]) {
    // The load of what a page holds is none of the page's.
    if (above === globalThis && event.type === "load") break;
    state.path.push(above);
  }
  const call = (at, capture) => {
    if (state.stopped) return;
    state.phase = at === target ? AT_TARGET : capture ? CAPTURING_PHASE : BUBBLING_PHASE;
    invoke(at, event, capture);
  };
  for (const at of state.path.toReversed()) call(at, true);
  for (const at of event.bubbles ? state.path : [target]) call(at, false);
  Object.assign(state, { dispatching: false, currentTarget: null, phase: 0, path: [], stopped: false, stoppedNow: false });
  return !event.defaultPrevented;
}

/** Dispatches an event of the user agent's own. */
function fire(target, event) {
  if (typeof event === "string") event = new Event(event);
  event[STATE].trusted = true;
  return dispatch(target, event);
}

/** Attributes such as `onload`: one listener each, at the place where the first was set. */
function defineHandlers(prototype, ...types) {
  for (const type of types) {
    const key = Symbol(type);
    Object.defineProperty(prototype, `on${type}`, {
      configurable: true,
      enumerable: true,
      get() {
        if (this[NODE] !== undefined && this.nodeType === 1) readHandlerAttribute(this, `on${type}`);
        return this[key]?.handler ?? null;
      },
      set(value) {
        if (this[NODE] !== undefined && this.nodeType === 1) noteHandlerAttribute(this, `on${type}`);
        const handler = typeof value === "function" || (typeof value === "object" && value) ? value : null;
        if (this[key]) {
          this[key].handler = handler;
          return;
        }
        if (!handler) return;
        const slot = { handler };
        Object.defineProperty(this, key, { value: slot });
        const call = event => {
          if (typeof slot.handler !== "function") return;
          // The window's own is told what went wrong, and says by true that it is dealt with; all others by false.
          const isOfWindow = this === globalThis && type === "error" && event instanceof ErrorEvent;
          const result = isOfWindow
            ? slot.handler.call(this, event.message, event.filename, event.lineno, event.colno, event.error)
            : slot.handler.call(this, event);
          if (result === isOfWindow) event.preventDefault();
        };
        Object.defineProperty(call, HANDLER, { get: () => slot.handler });
        this.addEventListener(type, call);
      },
    });
  }
}

expose({
  DOMException, Event, CustomEvent, ProgressEvent, MessageEvent, ErrorEvent, PromiseRejectionEvent, EventTarget,
});
