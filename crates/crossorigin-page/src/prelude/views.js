// Windows as script of other windows sees them: all of one of its own origin, and next to nothing of any other.
// Source: https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-windowproxy-exotic-object

const OWN_FRAME = host.own_frame();

/** The frames that windows and their views are of, as all windows of this origin know them. */
const windowFrames = (host.common.windows ??= new WeakMap());
windowFrames.set(globalThis, OWN_FRAME);

/** The number of the frame whose window something is; `undefined` of what is none. */
const windowNumber = value => (typeof value === "object" && value !== null ? windowFrames.get(value) : undefined);

const views = new Map();
/** The window of a frame: this one itself, or a view that stays the same wherever the frame is led. */
function viewOf(frame) {
  if (frame === undefined || frame === null) return null;
  if (frame === OWN_FRAME && !host.is_gone()) return globalThis;
  if (!views.has(frame)) {
    const view = makeView(frame);
    views.set(frame, view);
    windowFrames.set(view, frame);
  }
  return views.get(frame);
}

/** The frame at the top of the page. */
function topOf(frame) {
  const above = host.parent_of(frame);
  return above === undefined ? frame : topOf(above);
}

const refuse = what => {
  throw new DOMException(`Blocked a frame with origin "${host.page_origin()}" from accessing ${what} of a frame of another origin.`, "SecurityError");
};

/** What `then` and a few symbols are, wherever they are asked for: promises and the language ask by themselves. */
const isHarmless = name => name === "then" || [Symbol.toStringTag, Symbol.hasInstance, Symbol.isConcatSpreadable].includes(name);

/** An object of which other origins see these members only: functions, or pairs of a getter and a setter. */
// The engine's proxies describe values alone, so that getters are described by what they get.
function guarded(members, sameOrigin, others) {
  const find = name => (Object.hasOwn(members, name) ? members[name] : others(name));
  const described = (name, member) => (Array.isArray(member)
    ? { value: member[0]?.(), writable: member[1] !== undefined, enumerable: false, configurable: true }
    : { value: member, writable: false, enumerable: false, configurable: true });
  return new Proxy(Object.create(null), {
    get(_, name) {
      const own = sameOrigin();
      if (own) return own.get(name);
      const member = find(name);
      if (member === undefined) return isHarmless(name) ? undefined : refuse(`${String(name)}`);
      return Array.isArray(member) ? member[0] ? member[0]() : refuse(String(name)) : member;
    },
    set(_, name, value) {
      const own = sameOrigin();
      if (own) return own.set(name, value);
      const member = find(name);
      if (!Array.isArray(member) || !member[1]) refuse(String(name));
      member[1](value);
      return true;
    },
    has(_, name) {
      const own = sameOrigin();
      if (own) return Reflect.has(own.object, name);
      return find(name) !== undefined || (isHarmless(name) ? false : refuse(String(name)));
    },
    getOwnPropertyDescriptor(_, name) {
      const own = sameOrigin();
      if (own) {
        const descriptor = Reflect.getOwnPropertyDescriptor(own.object, name);
        return descriptor && { ...descriptor, configurable: true };
      }
      const member = find(name);
      if (member !== undefined) return described(name, member);
      return isHarmless(name) ? { value: undefined, writable: false, enumerable: false, configurable: true } : refuse(String(name));
    },
    defineProperty(_, name, descriptor) {
      return (sameOrigin() ?? refuse(String(name))) && Reflect.defineProperty(sameOrigin().object, name, descriptor);
    },
    deleteProperty(_, name) {
      return (sameOrigin() ?? refuse(String(name))) && Reflect.deleteProperty(sameOrigin().object, name);
    },
    ownKeys() {
      const own = sameOrigin();
      return own ? Reflect.ownKeys(own.object) : [...Object.keys(members), "then", Symbol.toStringTag, Symbol.hasInstance, Symbol.isConcatSpreadable];
    },
    getPrototypeOf() { return sameOrigin() ? Reflect.getPrototypeOf(sameOrigin().object) : null; },
    setPrototypeOf(_, prototype) { return prototype === this.getPrototypeOf(); },
    isExtensible: () => true,
    preventExtensions: () => false,
  });
}

/** The location of a frame of another origin: it can be set, and not read. */
function locationOf(frame) {
  const members = { href: [undefined, to => leadTo(frame, to)], replace: to => leadTo(frame, to) };
  return guarded(members, () => null, () => undefined);
}

function makeView(frame) {
  let location = null;
  const view = guarded({
    window: [() => view], self: [() => view], frames: [() => view],
    location: [() => host.global_of(frame)?.location ?? (location ??= locationOf(frame)), to => leadTo(frame, to)],
    closed: [() => !host.is_shown(frame)],
    length: [() => host.frames_of(frame).length],
    top: [() => viewOf(topOf(frame))],
    opener: [() => null],
    parent: [() => viewOf(host.parent_of(frame) ?? frame)],
    postMessage: (...parameters) => {
      if (parameters.length === 0) throw new TypeError("postMessage wants a message.");
      postTo(frame, ...parameters);
    },
    close: () => {}, focus: () => {}, blur: () => {},
  }, sameOrigin, name => {
    if (typeof name !== "string") return undefined;
    const within = host.frames_of(frame);
    const found = /^(0|[1-9]\d*)$/.test(name) ? within[name] : name !== "" && within.find(inner => host.frame_name(inner) === name);
    return found === undefined || found === false ? undefined : [() => viewOf(found)];
  });
  /** What of a window of the own origin is not as that has it: what depends on who looks. */
  const seenFromHere = new Set(["window", "self", "frames", "top", "parent", "postMessage", "closed", "length"]);
  function sameOrigin() {
    const global = host.global_of(frame);
    if (!global) return null;
    return {
      object: global,
      get(name) {
        if (seenFromHere.has(name)) {
          const member = { window: view, self: view, frames: view }[name];
          if (member) return member;
          if (name === "top") return viewOf(topOf(frame));
          if (name === "parent") return viewOf(host.parent_of(frame) ?? frame);
          if (name === "closed") return !host.is_shown(frame);
          if (name === "length") return host.frames_of(frame).length;
          return post;
        }
        const value = Reflect.get(global, name, global);
        const number = windowNumber(value);
        return number === undefined ? value : viewOf(number);
      },
      set(name, value) {
        if (name !== "location") return Reflect.set(global, name, value, global);
        leadTo(frame, value);
        return true;
      },
    };
  }
  const post = (...parameters) => {
    if (parameters.length === 0) throw new TypeError("postMessage wants a message.");
    postTo(frame, ...parameters);
  };
  return view;
}

/** A property of the window that script may replace. */
function defineReplaceable(name, get) {
  const set = value => Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  Object.defineProperty(globalThis, name, { get, set, enumerable: false, configurable: true });
}
for (const name of ["self", "frames"]) defineReplaceable(name, () => globalThis);
defineReplaceable("parent", () => viewOf(host.is_gone() ? null : host.parent_of(OWN_FRAME) ?? OWN_FRAME));
defineReplaceable("length", () => host.frames_of(OWN_FRAME).length);
defineReplaceable("frameElement", () => host.frame_element() ?? null);
Object.defineProperty(globalThis, "window", { value: globalThis, enumerable: false });
Object.defineProperty(globalThis, "top", { get: () => (host.is_gone() ? null : viewOf(topOf(OWN_FRAME))), enumerable: false });
Object.defineProperty(globalThis, "closed", { get: () => host.is_gone(), enumerable: false, configurable: true });
Object.defineProperty(globalThis, "name", {
  get: () => host.frame_name(OWN_FRAME), set: value => host.set_frame_name(OWN_FRAME, String(value)), enumerable: false, configurable: true,
});
expose({
  postMessage(...parameters) {
    if (parameters.length === 0) throw new TypeError("postMessage wants a message.");
    postTo(OWN_FRAME, ...parameters);
  },
});
