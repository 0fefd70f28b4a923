// structuredClone, and what has no state but chance: https://html.spec.whatwg.org/#structured-cloning

const ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

function structuredClone(value, options) {
  if (arguments.length === 0) throw new TypeError("structuredClone wants a value.");
  const transfer = [...dictionary(options, "The options").transfer ?? []];
  for (const [nth, buffer] of transfer.entries()) {
    const isGood = buffer instanceof ArrayBuffer && !buffer.detached && transfer.indexOf(buffer) === nth;
    if (!isGood) throw new DOMException("It can't be transferred.", "DataCloneError");
  }
  const known = new Map();
  const clone = clonedValue(value, known, new Set(transfer));
  for (const buffer of transfer) {
    const moved = buffer.transfer();
    const target = known.get(buffer);
    // Views of the buffer have theirs already.
    if (target) new Uint8Array(target).set(new Uint8Array(moved));
  }
  return clone;
}

function clonedValue(value, known, transfer) {
  const refuse = what => { throw new DOMException(`${what} can't be cloned.`, "DataCloneError"); };
  if (typeof value === "symbol") refuse("A symbol");
  if (typeof value === "function") refuse("A function");
  if (typeof value !== "object" || value === null) return value;
  if (known.has(value)) return known.get(value);
  const inner = item => clonedValue(item, known, transfer);
  const keep = made => { known.set(value, made); return made; };
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (kind === "Boolean" || kind === "Number" || kind === "String" || kind === "BigInt") return keep(Object(value.valueOf()));
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) {
    if (value.detached) refuse("A detached buffer");
    return keep(transfer.has(value) ? new ArrayBuffer(value.byteLength) : value.slice(0));
  }
  if (ArrayBuffer.isView(value)) {
    const buffer = inner(value.buffer);
    return keep(new value.constructor(buffer, value.byteOffset, value instanceof DataView ? value.byteLength : value.length));
  }
  if (value instanceof Map) {
    const made = keep(new Map());
    for (const [key, item] of [...value]) made.set(inner(key), inner(item));
    return made;
  }
  if (value instanceof Set) {
    const made = keep(new Set());
    for (const item of [...value]) made.add(inner(item));
    return made;
  }
  if (value instanceof File) return keep(new File([value], value.name, { type: value.type, lastModified: value.lastModified }));
  if (value instanceof Blob) return keep(makeBlob(blobBytes(value), value.type));
  if (value instanceof DOMException) return keep(new DOMException(value.message, value.name));
  if (value instanceof Error) {
    const made = keep(new (ERRORS[value.name] ?? Error)(value.message));
    if (Object.hasOwn(value, "cause")) made.cause = inner(value.cause);
    return made;
  }
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef || value instanceof Promise) refuse(`A ${kind}`);
  for (let above = Object.getPrototypeOf(value); above; above = Object.getPrototypeOf(above)) {
    if (platformPrototypes.has(above)) refuse(`A ${kind}`);
  }
  const made = keep(Array.isArray(value) ? new Array(value.length) : {});
  for (const key of Object.keys(value)) made[key] = inner(value[key]);
  return made;
}

class Crypto {
  getRandomValues(array) {
    const isOfIntegers = ArrayBuffer.isView(array) && !(array instanceof DataView) && !/Float/.test(array.constructor.name);
    if (!isOfIntegers) throw new DOMException("getRandomValues wants an array of whole numbers.", "TypeMismatchError");
    if (array.byteLength > 65536) throw new DOMException("At most 65,536 bytes come at once.", "QuotaExceededError");
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(host.random_bytes(array.byteLength));
    return array;
  }
  randomUUID() {
    const bytes = host.random_bytes(16);
    bytes[6] = (bytes[6] & 0x0F) | 0x40;
    bytes[8] = (bytes[8] & 0x3F) | 0x80;
    const hex = [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }
}

expose({ structuredClone, Crypto, crypto: Object.create(Crypto.prototype) });
