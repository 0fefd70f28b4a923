// structuredClone, and values as they are written down to pass between realms; and what has no state but chance.
// Source: https://html.spec.whatwg.org/#safe-passing-of-structured-data

const ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
const VIEWS = {
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array, Float32Array, Float64Array, DataView,
};

function structuredClone(value, options) {
  if (arguments.length === 0) throw new TypeError("structuredClone wants a value.");
  const written = serialize(value, dictionary(options, "The options").transfer);
  return deserialize(written, written.ports.map(port => adoptPort(port)));
}

/** What is read off a value by methods that know it, whatever realm it is of. */
const brand = (prototype, name) => {
  const { get, value } = Object.getOwnPropertyDescriptor(prototype, name);
  return of => {
    try { return apply(get ?? value, of, []); } catch { return undefined; }
  };
};
const timeOf = brand(Date.prototype, "getTime");
const sourceOf = brand(RegExp.prototype, "source");
const lengthOf = brand(ArrayBuffer.prototype, "byteLength");
const pairsOf = brand(Map.prototype, "entries");
const itemsOf = brand(Set.prototype, "values");
const viewOfBytes = brand(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const isError = value => value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";

/** Writes a value down: the records of all that it holds, the first of which is itself, and the ports that go along. */
function serialize(value, transfer) {
  const given = [...transfer ?? []];
  for (const [nth, item] of given.entries()) {
    const isGood = given.indexOf(item) === nth && (isPort(item) ? portNumbers.get(item) !== null : (lengthOf(item) !== undefined && !item.detached));
    if (!isGood) throw new DOMException("It can't be transferred.", "DataCloneError");
  }
  const ports = given.filter(isPort);
  const records = [];
  const known = new Map();
  const write = item => writeValue(item, records, known, ports);
  const root = write(value);
  for (const item of given) if (!isPort(item)) item.transfer();
  return { root, records, ports: ports.map(detachPort) };
}

/** A value: what JSON can say in an array of its own, what it can't in one of two, and objects by the number of their record. */
function writeValue(value, records, known, ports) {
  const refuse = what => { throw new DOMException(`${what} can't be cloned.`, "DataCloneError"); };
  if (typeof value === "symbol") refuse("A symbol");
  if (typeof value === "function") refuse("A function");
  if (typeof value === "bigint") return ["big", String(value)];
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) return ["number", Object.is(value, -0) ? "-0" : String(value)];
  if (value === undefined) return ["undefined", null];
  if (typeof value !== "object" || value === null) return [value];
  if (known.has(value)) return known.get(value);
  const at = records.length;
  known.set(value, at);
  records.push(null);
  const inner = item => writeValue(item, records, known, ports);
  const record = recordOf(value, inner, refuse, ports);
  records[at] = record;
  // What it holds is read after it is known itself, for it may hold itself.
  if (record.fill) {
    const { fill } = record;
    delete record.fill;
    fill(record);
  }
  return at;
}

function recordOf(value, inner, refuse, ports) {
  if (windowNumber(value) !== undefined) refuse("A window");
  if (isPort(value)) return ports.includes(value) ? { kind: "port", port: ports.indexOf(value) } : refuse("A port that is not transferred");
  const members = record => { record.members = Object.keys(value).map(key => [key, inner(value[key])]); };
  // OPTIMIZATION: most values are no more than that.
  const above = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return { kind: "array", length: value.length, fill: members };
  if (above === Object.prototype || above === null) return { kind: "object", fill: members };
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (kind === "Boolean" || kind === "Number" || kind === "String" || kind === "BigInt") return { kind: "boxed", value: inner(value.valueOf()) };
  const time = timeOf(value);
  if (time !== undefined) return { kind: "date", value: inner(time) };
  if (sourceOf(value) !== undefined && kind === "RegExp") return { kind: "regexp", source: value.source, flags: value.flags };
  if (lengthOf(value) !== undefined) return value.detached ? refuse("A detached buffer") : { kind: "buffer", bytes: new Uint8Array(value.slice(0)) };
  if (ArrayBuffer.isView(value)) {
    const name = viewOfBytes(value) ?? "DataView";
    return { kind: "view", name, buffer: inner(value.buffer), at: value.byteOffset, length: name === "DataView" ? value.byteLength : value.length };
  }
  const [pairs, items] = [pairsOf(value), itemsOf(value)];
  if (pairs) {
    const copied = [...pairs];
    return { kind: "map", fill: record => { record.pairs = copied.map(([key, item]) => [inner(key), inner(item)]); } };
  }
  if (items) {
    const copied = [...items];
    return { kind: "set", fill: record => { record.items = copied.map(inner); } };
  }
  if (value instanceof File) return { kind: "file", bytes: blobBytes(value), name: value.name, type: value.type, time: value.lastModified };
  if (value instanceof Blob) return { kind: "blob", bytes: blobBytes(value), type: value.type };
  if (value instanceof DOMException) return { kind: "exception", message: value.message, name: value.name };
  if (isError(value)) {
    const hasCause = Object.hasOwn(value, "cause");
    return { kind: "error", name: String(value.name), message: String(value.message), fill: record => { if (hasCause) record.cause = inner(value.cause); } };
  }
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef || value instanceof Promise) refuse(`A ${kind}`);
  for (let holder = above; holder; holder = Object.getPrototypeOf(holder)) {
    if (platformPrototypes.has(holder)) refuse(`A ${kind}`);
  }
  return { kind: "object", fill: members };
}

/** Makes a value of what was written down. */
function deserialize({ root, records }, ports) {
  const made = new Map();
  const read = value => {
    if (typeof value === "number") return make(value);
    if (value.length === 1) return value[0];
    return value[0] === "big" ? BigInt(value[1]) : value[0] === "number" ? Number(value[1]) : undefined;
  };
  const make = at => {
    if (made.has(at)) return made.get(at);
    const record = records[at];
    const keep = value => { made.set(at, value); return value; };
    const addMembers = to => {
      for (const [key, value] of record.members) {
        Object.defineProperty(to, key, { value: read(value), writable: true, enumerable: true, configurable: true });
      }
      return to;
    };
    switch (record.kind) {
      case "port": return keep(ports[record.port]);
      case "boxed": return keep(Object(read(record.value)));
      case "date": return keep(new Date(read(record.value)));
      case "regexp": return keep(new RegExp(record.source, record.flags));
      case "buffer": return keep(record.bytes.buffer);
      case "view": return keep(new VIEWS[record.name](make(record.buffer), record.at, record.length));
      case "map": {
        const map = keep(new Map());
        for (const [key, value] of record.pairs) map.set(read(key), read(value));
        return map;
      }
      case "set": {
        const set = keep(new Set());
        for (const value of record.items) set.add(read(value));
        return set;
      }
      case "file": return keep(new File([record.bytes], record.name, { type: record.type, lastModified: record.time }));
      case "blob": return keep(makeBlob(record.bytes, record.type));
      case "exception": return keep(new DOMException(record.message, record.name));
      case "error": {
        const error = keep(new (ERRORS[record.name] ?? Error)(record.message));
        if (record.cause !== undefined) Object.defineProperty(error, "cause", { value: read(record.cause), writable: true, configurable: true });
        return error;
      }
      case "array": return addMembers(keep(new Array(record.length)));
      default: return addMembers(keep({}));
    }
  };
  return read(root);
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
