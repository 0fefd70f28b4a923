// document.cookie, localStorage and sessionStorage: https://html.spec.whatwg.org/multipage/webstorage.html

Object.defineProperty(Document.prototype, "cookie", {
  configurable: true, enumerable: true,
  get() {
    if (this !== document) return "";
    if (host.has_opaque_origin()) throw new DOMException("A page of an opaque origin has no cookies.", "SecurityError");
    return host.cookies();
  },
  set(value) {
    if (this !== document) return;
    if (host.has_opaque_origin()) throw new DOMException("A page of an opaque origin has no cookies.", "SecurityError");
    host.set_cookie(String(value).toWellFormed());
  },
});

/** Whether a storage is for the session alone. */
const forSession = new WeakMap();
const storedText = name => String(name).toWellFormed();

class Storage {
  constructor(making) { if (making !== MAKING) throw new TypeError("Illegal constructor"); }
  get length() { return host.stored_names(sessionOf(this)).length; }
  key(at) { return host.stored_names(sessionOf(this))[Math.trunc(Number(at)) || 0] ?? null; }
  getItem(name) { return host.stored(sessionOf(this), storedText(name)) ?? null; }
  setItem(name, value) {
    if (!host.store(sessionOf(this), storedText(name), storedText(value))) {
      throw new DOMException("The origin stores 5 MiB already; remove some of it.", "QuotaExceededError");
    }
  }
  removeItem(name) { host.unstore(sessionOf(this), storedText(name)); }
  clear() { host.unstore_all(sessionOf(this)); }
}

function sessionOf(storage) {
  if (!forSession.has(storage)) throw new TypeError("It is no Storage.");
  return forSession.get(storage);
}

/** A storage whose names are properties too. */
function makeStorage(isForSession) {
  const own = new Storage(MAKING);
  const isOwn = name => typeof name === "string" && !(name in Storage.prototype);
  const storage = new Proxy(own, {
    get: (_, name) => (isOwn(name) ? storage.getItem(name) ?? undefined : Reflect.get(own, name, storage)),
    set(_, name, value) {
      if (typeof name === "symbol") return Reflect.set(own, name, value);
      storage.setItem(name, value);
      return true;
    },
    has: (_, name) => name in own || (isOwn(name) && storage.getItem(name) !== null),
    deleteProperty(_, name) {
      if (isOwn(name)) storage.removeItem(name);
      return true;
    },
    ownKeys: () => [...host.stored_names(isForSession), ...Object.getOwnPropertySymbols(own)],
    getOwnPropertyDescriptor(_, name) {
      const value = isOwn(name) ? storage.getItem(name) : null;
      return value === null ? undefined : { value, writable: true, enumerable: true, configurable: true };
    },
    defineProperty(_, name, { value }) {
      storage.setItem(name, value);
      return true;
    },
  });
  forSession.set(own, isForSession);
  forSession.set(storage, isForSession);
  return storage;
}

for (const [name, isForSession] of [["localStorage", false], ["sessionStorage", true]]) {
  let storage = null;
  Object.defineProperty(globalThis, name, {
    configurable: true, enumerable: false,
    get() {
      if (host.has_opaque_origin()) throw new DOMException("A page of an opaque origin stores nothing.", "SecurityError");
      storage ??= makeStorage(isForSession);
      return storage;
    },
  });
}

expose({ Storage });
