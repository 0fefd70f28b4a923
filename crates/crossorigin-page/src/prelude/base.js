// What the other files stand on: how interfaces come to be global, tasks, timers, exceptions, the console.

/** A symbol that the preludes of one origin's windows have in common: they know each other's objects by it. */
const shared = name => (host.common[name] ??= Symbol(name));

/** Whether scripts of this window run: not those of a frame that is sandboxed without `allow-scripts`. */
const MAY_SCRIPT = host.may_script();

/** The prototypes of the interfaces: what has one of them is no plain object. */
const platformPrototypes = new WeakSet();

/** Makes interfaces global, as browsers have them: there, and not enumerable. */
function expose(interfaces) {
  for (const [name, value] of Object.entries(interfaces)) {
    if (typeof value === "function" && value.prototype) tag(value, name);
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  }
}

/** Lets what is made of a class be known as of an interface. */
function tag(Class, name) {
  platformPrototypes.add(Class.prototype);
  if (Object.hasOwn(Class.prototype, Symbol.toStringTag)) return;
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
}

/** A dictionary that script gives: an object, or nothing. */
function dictionary(value, what) {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" && typeof value !== "function") throw new TypeError(`${what} is no object.`);
  return value;
}

/** Whoever has it makes what script can't. */
const MAKING = Symbol("making");

/** Makes interfaces global that are made when script first asks for one of them. */
function exposeLater(names, make) {
  for (const name of names) {
    const set = value => Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
    const get = () => {
      const made = make();
      for (const other of names) {
        const isThere = Object.getOwnPropertyDescriptor(globalThis, other)?.get !== undefined;
        if (isThere || other === name) expose({ [other]: made[other] });
      }
      return made[name];
    };
    Object.defineProperty(globalThis, name, { get, set, enumerable: false, configurable: true });
  }
}

/** What is done once something that was asked for comes: by its number. */
const waiting = new Map();

/** Called for each task. `more`: whether there will be more of the same. */
function deliver(id, answer, more = false) {
  const done = waiting.get(id);
  if (!more) waiting.delete(id);
  done?.(answer, more);
}

/** Queues a task. */
function queueTask(steps) {
  waiting.set(host.timer(0), steps);
}

function setTimer(callback, milliseconds, parameters, repeats, number) {
  const id = host.timer(Math.max(0, Number(milliseconds) || 0));
  const name = number ?? id;
  timers.set(name, id);
  waiting.set(id, () => {
    timers.delete(name);
    if (repeats) setTimer(callback, Math.max(4, milliseconds), parameters, true, name);
    try {
      if (typeof callback === "function") callback.apply(globalThis, parameters);
      else (0, eval)(String(callback));
    } catch (error) {
      reportException(error, isMuted(error, callback));
    }
  });
  return name;
}
const timers = new Map();

function clearTimer(name) {
  const id = timers.get(Number(name));
  if (id === undefined) return;
  timers.delete(Number(name));
  waiting.delete(id);
  host.clear_timer(id);
}

const { apply } = Reflect;
const thenOf = Promise.prototype.then;
/** What page can't put itself in between of. */
const then = (promise, done, failed) => apply(thenOf, promise, [done, failed]);
const fileNameOf = Object.getOwnPropertyDescriptor(Function.prototype, "fileName")?.get;

const describe = error => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
const stackOf = error => (error instanceof Error ? String(error.stack ?? "") : "");

/** Whether what was thrown came from a script of another origin, of which the page must not know more. */
function isMuted(error, callback) {
  const file = fileNameOf && typeof callback === "function" ? String(apply(fileNameOf, callback, []) ?? "") : "";
  return host.is_muted(stackOf(error), file);
}

/** Where a script threw, as its stack says. */
function placeOf(error) {
  for (const line of stackOf(error).split("\n")) {
    const place = /\(?([a-z][a-z0-9+.-]*:\S+?):(\d+):(\d+)\)?$/.exec(line);
    if (place) return { filename: place[1], lineno: Number(place[2]), colno: Number(place[3]) };
  }
  return {};
}

let isReporting = false;

/** An exception that nobody caught: the window's `error` event, then the console. */
function reportException(error, muted = isMuted(error)) {
  const message = `Uncaught ${describe(error)}`;
  const told = () => host.uncaught(message, stackOf(error));
  // What listeners to that event throw is not told to them again.
  if (isReporting) return told();
  isReporting = true;
  const init = muted ? { message: "Script error.", error: null } : { message, error, ...placeOf(error) };
  const isTold = fire(globalThis, new ErrorEvent("error", { cancelable: true, ...init }));
  isReporting = false;
  if (isTold) told();
}

/** Promises that were rejected and that nobody looks after: until now, and among those of which the page was told. */
const rejected = new Map();
const toldRejections = new WeakSet();
function trackRejection(promise, reason, isHandled) {
  if (!isHandled) rejected.set(promise, reason);
  else if (!rejected.delete(promise) && toldRejections.has(promise)) {
    queueTask(() => fire(globalThis, new PromiseRejectionEvent("rejectionhandled", { promise, reason })));
  }
}

/** After a task and its microtasks: tells of the promises that still nobody looks after. */
function reportRejections() {
  for (const [promise, reason] of rejected) {
    rejected.delete(promise);
    const told = () => host.uncaught(`Uncaught (in promise) ${describe(reason)}`, stackOf(reason));
    if (isMuted(reason)) {
      told();
      continue;
    }
    toldRejections.add(promise);
    if (fire(globalThis, new PromiseRejectionEvent("unhandledrejection", { cancelable: true, promise, reason }))) told();
  }
}

function format(values) {
  if (typeof values[0] !== "string" || !values[0].includes("%")) return values.map(value => inspect(value)).join(" ");
  const rest = values.slice(1);
  const text = values[0].replace(/%([sdifoOc%])/g, (whole, kind) => {
    if (kind === "%") return "%";
    if (rest.length === 0) return whole;
    const value = rest.shift();
    if (kind === "c") return "";
    if (kind === "d" || kind === "i") return String(Number.parseInt(value, 10));
    if (kind === "f") return String(Number.parseFloat(value));
    return inspect(value, kind === "s" ? 0 : 1);
  });
  return [text, ...rest.map(value => inspect(value))].join(" ");
}

const counts = new Map();
const clocks = new Map();
let indent = "";
const log = level => (...values) => host.log(level, indent + format(values));
const consoleObject = {
  log: log("log"), info: log("info"), warn: log("warn"), error: log("error"), debug: log("debug"),
  dir: value => host.log("log", indent + inspect(value, 1)),
  table: value => host.log("log", tableOf(value).map(line => indent + line).join("\n")),
  trace: (...values) => host.log("log", `${indent}Trace: ${format(values)}`),
  assert(condition, ...values) {
    if (!condition) host.log("error", `${indent}Assertion failed${values.length ? `: ${format(values)}` : ""}`);
  },
  count(label = "default") {
    counts.set(label, (counts.get(label) ?? 0) + 1);
    host.log("log", `${indent}${label}: ${counts.get(label)}`);
  },
  countReset(label = "default") { counts.delete(label); },
  group(...values) { host.log("log", indent + format(values)); indent += "  "; },
  groupCollapsed(...values) { consoleObject.group(...values); },
  groupEnd() { indent = indent.slice(2); },
  time(label = "default") { clocks.set(label, host.now()); },
  timeLog(label = "default") { host.log("log", `${indent}${label}: ${host.now() - clocks.get(label)} ms`); },
  timeEnd(label = "default") { consoleObject.timeLog(label); clocks.delete(label); },
  clear() {},
};

expose({
  console: consoleObject,
  setTimeout: (callback, milliseconds = 0, ...parameters) => setTimer(callback, milliseconds, parameters, false),
  setInterval: (callback, milliseconds = 0, ...parameters) => setTimer(callback, milliseconds, parameters, true),
  clearTimeout: clearTimer,
  clearInterval: clearTimer,
  queueMicrotask(callback) {
    if (typeof callback !== "function") throw new TypeError("queueMicrotask wants a function.");
    Promise.resolve().then(() => {
      try { callback(); } catch (error) { reportException(error, isMuted(error, callback)); }
    });
  },
  reportError(error) { reportException(error); },
  performance: { now: () => host.now(), timeOrigin: Date.now() },
});

/** Bytes to a string of as many characters, by which they pass to the host; and back. */
function bytesToBinary(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192));
  }
  return binary;
}
function binaryToBytes(binary) {
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
/** A copy of the bytes of a buffer or a view. */
function bytesOf(source) {
  if (source instanceof ArrayBuffer) return new Uint8Array(source.slice(0));
  return new Uint8Array(source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength));
}
const encodeUtf8 = text => host.encode_utf8(String(text).toWellFormed());
const decodeUtf8 = bytes => host.decode_utf8(bytesToBinary(bytes));
