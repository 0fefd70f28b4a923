// Lists of nodes and of words, as they are at any time, or as they were when they were asked for.

const READ = Symbol("read");
const NAMED = Symbol("named");
const OWNER = Symbol("owner");
const ATTRIBUTE = Symbol("attribute");
const IS_INDEX = /^(0|[1-9]\d*)$/;

/** How the list objects of script differ from plain ones: they have indices, and some have names. */
const LIST_TRAPS = {
  get(list, key) {
    if (typeof key !== "string" || Reflect.has(list, key)) return Reflect.get(list, key);
    return IS_INDEX.test(key) ? list[READ]()[key] : list[NAMED]?.(key);
  },
  has(list, key) {
    if (typeof key !== "string" || Reflect.has(list, key)) return Reflect.has(list, key);
    return IS_INDEX.test(key) ? Number(key) < list[READ]().length : list[NAMED]?.(key) !== undefined;
  },
  set(list, key, value) { return !IS_INDEX.test(key) && Reflect.set(list, key, value); },
  defineProperty(list, key, descriptor) { return !IS_INDEX.test(key) && Reflect.defineProperty(list, key, descriptor); },
  deleteProperty(list, key) { return !IS_INDEX.test(key) && Reflect.deleteProperty(list, key); },
  ownKeys(list) { return [...list[READ]().keys()].map(String).concat(Reflect.ownKeys(list)); },
  getOwnPropertyDescriptor(list, key) {
    if (typeof key !== "string" || !IS_INDEX.test(key)) return Reflect.getOwnPropertyDescriptor(list, key);
    const value = list[READ]()[key];
    return value === undefined ? undefined : { value, writable: false, enumerable: true, configurable: true };
  },
};

/** Makes a list whose content `read` gives, as an array. */
function makeList(Class, read, more = {}) {
  const list = Object.create(Class.prototype);
  for (const [key, value] of [[READ, read], ...Object.getOwnPropertySymbols(more).map(key => [key, more[key]])]) {
    Object.defineProperty(list, key, { value, configurable: true });
  }
  return new Proxy(list, LIST_TRAPS);
}

/** What `read` gives, anew only where the tree has changed. */
function asLongAsNothingChanges(read) {
  let [version, content] = [-1, []];
  return () => {
    const now = host.dom_version();
    if (version !== now) [version, content] = [now, read()];
    return content;
  };
}

const LIVE = Symbol("live");
/** A list of an element that is always the same object, and always up to date. */
function liveList(node, name, Class, read, more) {
  if (!node[LIVE]) Object.defineProperty(node, LIVE, { value: new Map() });
  const lists = node[LIVE];
  if (!lists.has(name)) lists.set(name, makeList(Class, asLongAsNothingChanges(read), more?.()));
  return lists.get(name);
}

const staticList = found => makeList(NodeList, () => found);

class NodeList {
  constructor() { throw new TypeError("Illegal constructor"); }
  get length() { return this[READ]().length; }
  item(at) { return this[READ]()[Math.trunc(at) || 0] ?? null; }
}

class HTMLCollection {
  constructor() { throw new TypeError("Illegal constructor"); }
  get length() { return this[READ]().length; }
  item(at) { return this[READ]()[Math.trunc(at) || 0] ?? null; }
  namedItem(name) { return namedIn(this[READ](), String(name)) ?? null; }
}
Object.defineProperty(HTMLCollection.prototype, NAMED, { value(name) { return namedIn(this[READ](), name); } });

const namedIn = (elements, name) =>
  name === "" ? undefined : elements.find(element => element.getAttribute("id") === name || element.getAttribute("name") === name);

/** A list of elements, live. */
const liveElements = (node, name, read) => liveList(node, name, HTMLCollection, read);

class DOMTokenList {
  constructor() { throw new TypeError("Illegal constructor"); }
  get length() { return this[READ]().length; }
  get value() { return this[OWNER].getAttribute(this[ATTRIBUTE]) ?? ""; }
  set value(value) { this[OWNER].setAttribute(this[ATTRIBUTE], value); }
  item(at) { return this[READ]()[Math.trunc(at) || 0] ?? null; }
  contains(word) { return this[READ]().includes(String(word)); }
  add(...words) { writeWords(this, [...this[READ](), ...words.map(wordOf)]); }
  remove(...words) {
    const gone = words.map(wordOf);
    if (this[READ]().length > 0) writeWords(this, this[READ]().filter(word => !gone.includes(word)));
  }
  toggle(word, force = !this.contains(wordOf(word))) {
    if (force) this.add(word); else this.remove(word);
    return Boolean(force);
  }
  replace(old, word) {
    const [before, after] = [wordOf(old), wordOf(word)];
    if (!this.contains(before)) return false;
    writeWords(this, this[READ]().map(word => (word === before ? after : word)));
    return true;
  }
  toString() { return this.value; }
}
const writeWords = (list, words) => { list.value = [...new Set(words)].join(" "); };

function wordOf(word) {
  const text = String(word);
  if (text === "") throw new DOMException("A class has a name.", "SyntaxError");
  if (/[\t\n\f\r ]/.test(text)) throw new DOMException(`${JSON.stringify(text)} holds white space; name the classes one by one.`, "InvalidCharacterError");
  return text;
}

/** The words of an attribute. */
function tokensOf(element, attribute) {
  const read = () => [...new Set((element.getAttribute(attribute) ?? "").split(/[\t\n\f\r ]+/).filter(Boolean))];
  return liveList(element, `words of ${attribute}`, DOMTokenList, read, () => ({ [OWNER]: element, [ATTRIBUTE]: attribute }));
}
const classListOf = element => tokensOf(element, "class");

class Attr {
  #owner; #name;
  constructor(making, owner, name) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    [this.#owner, this.#name] = [owner, name];
  }
  get name() { return this.#name; }
  get nodeName() { return this.#name; }
  get nodeType() { return 2; }
  get localName() { return this.#name; }
  get ownerElement() { return this.#owner; }
  get specified() { return true; }
  get value() { return this.#owner.getAttribute(this.#name) ?? ""; }
  set value(value) { this.#owner.setAttribute(this.#name, value); }
  get nodeValue() { return this.value; }
  get textContent() { return this.value; }
}

class NamedNodeMap {
  constructor() { throw new TypeError("Illegal constructor"); }
  get length() { return this[READ]().length; }
  item(at) { return this[READ]()[Math.trunc(at) || 0] ?? null; }
  getNamedItem(name) { return this[NAMED](String(name).toLowerCase()) ?? null; }
  removeNamedItem(name) {
    const removed = this.getNamedItem(name);
    if (!removed) throw new DOMException(`There is no attribute ${name}.`, "NotFoundError");
    removed.ownerElement.removeAttribute(name);
    return removed;
  }
}
Object.defineProperty(NamedNodeMap.prototype, NAMED, { value(name) { return this[READ]().find(attribute => attribute.name === name); } });

/** An element's attributes, in order. */
function attributesOf(element) {
  const made = new Map();
  const attribute = name => {
    if (!made.has(name)) made.set(name, new Attr(MAKING, element, name));
    return made.get(name);
  };
  return liveList(element, "attributes", NamedNodeMap, () => element.getAttributeNames().map(attribute));
}

for (const Class of [NodeList, HTMLCollection, DOMTokenList, NamedNodeMap]) {
  const names = Class === HTMLCollection || Class === NamedNodeMap ? [] : ["entries", "forEach", "keys", "values"];
  for (const name of [...names, Symbol.iterator]) {
    const value = Array.prototype[name];
    Object.defineProperty(Class.prototype, name, { value, writable: true, configurable: true, enumerable: typeof name === "string" });
  }
}

expose({ NodeList, HTMLCollection, DOMTokenList, NamedNodeMap, Attr });
