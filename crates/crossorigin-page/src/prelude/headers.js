// Headers: https://fetch.spec.whatwg.org/#headers-class

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const normalizeValue = value => String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
const normalizeMethod = method => (/^(delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method);
const NO_CORS_NAMES = ["accept", "accept-language", "content-language", "content-type", "range"];

class Headers {
  #list = []; #guard = "none";
  constructor(init, own) {
    if (init === MAKING) {
      [this.#guard, this.#list] = [own.guard, own.list.map(([name, value]) => [name, value])];
      return;
    }
    if (init !== undefined) this.#fill(init);
  }
  #fill(init) {
    if ((typeof init !== "object" && typeof init !== "function") || init === null) throw new TypeError("Headers wants a record, pairs or Headers.");
    const isList = init[Symbol.iterator] !== undefined && init[Symbol.iterator] !== null;
    const pairs = isList ? [...init].map(pair => [...pair]) : Reflect.ownKeys(init)
      .filter(key => Object.getOwnPropertyDescriptor(init, key)?.enumerable).map(key => [key, init[key]]);
    for (const pair of pairs) {
      if (pair.length !== 2) throw new TypeError("A header is a pair of a name and a value.");
      this.append(pair[0], pair[1]);
    }
  }
  /** Whether a change is let through; throws where the header is none, or the guard forbids any change. */
  #allows(name, value) {
    if (!TOKEN.test(name)) throw new TypeError(`${JSON.stringify(name)} is no header name.`);
    if (/[\0\n\r]|[^\0-\xFF]/.test(value)) throw new TypeError(`The value of ${name} is no header value.`);
    if (this.#guard === "immutable") throw new TypeError("These headers are immutable.");
    if (this.#guard === "request" && host.is_forbidden_header(name, value)) return false;
    return !(this.#guard === "response" && /^set-cookie2?$/i.test(name));
  }
  #allowsNoCors(name, value) {
    if (this.#guard !== "request-no-cors") return true;
    return !host.is_forbidden_header(name, value) && host.is_no_cors_safelisted(name, value);
  }
  #afterChange() {
    if (this.#guard === "request-no-cors") this.#list = this.#list.filter(line => line[0] !== "range");
  }
  append(name, value) {
    [name, value] = [`${name}`, normalizeValue(`${value}`)];
    if (!this.#allows(name, value)) return;
    const before = this.get(name);
    if (!this.#allowsNoCors(name, before === null ? value : `${before}, ${value}`)) return;
    this.#list.push([name.toLowerCase(), value]);
    this.#afterChange();
  }
  set(name, value) {
    [name, value] = [`${name}`, normalizeValue(`${value}`)];
    if (!this.#allows(name, value) || !this.#allowsNoCors(name, value)) return;
    const lower = name.toLowerCase();
    const at = this.#list.findIndex(line => line[0] === lower);
    if (at < 0) this.#list.push([lower, value]);
    else this.#list = this.#list.with(at, [lower, value]).filter((line, nth) => nth <= at || line[0] !== lower);
    this.#afterChange();
  }
  delete(name) {
    name = `${name}`;
    if (!this.#allows(name, "")) return;
    const lower = name.toLowerCase();
    if (this.#guard === "request-no-cors" && !NO_CORS_NAMES.includes(lower)) return;
    this.#list = this.#list.filter(line => line[0] !== lower);
    this.#afterChange();
  }
  get(name) {
    name = `${name}`;
    if (!TOKEN.test(name)) throw new TypeError(`${JSON.stringify(name)} is no header name.`);
    const lower = name.toLowerCase();
    const values = this.#list.filter(line => line[0] === lower).map(line => line[1]);
    return values.length ? values.join(", ") : null;
  }
  getSetCookie() { return this.#list.filter(line => line[0] === "set-cookie").map(line => line[1]); }
  has(name) { return this.get(name) !== null; }
  #sorted() {
    const names = [...new Set(this.#list.map(line => line[0]))].sort();
    return names.flatMap(name => (name === "set-cookie" ? this.getSetCookie() : [this.get(name)]).map(value => [name, value]));
  }
  forEach(callback, self) {
    if (typeof callback !== "function") throw new TypeError("forEach wants a function.");
    for (const [name, value] of this) callback.call(self, value, name, this);
  }
  // What changes meanwhile is seen.
  *entries() { for (let at = 0, list; at < (list = this.#sorted()).length; at++) yield list[at]; }
  *keys() { for (const [name] of this.entries()) yield name; }
  *values() { for (const [, value] of this.entries()) yield value; }
  static _lines(headers) { return headers.#list; }
  static _fill(headers, init) {
    headers.#list = [];
    if (init instanceof Headers) for (const [name, value] of init.#list) headers.append(name, value);
    else headers.#fill(init);
  }
  static _guard(headers) { return headers.#guard; }
}
Object.defineProperty(Headers.prototype, Symbol.iterator, { value: Headers.prototype.entries, writable: true, configurable: true });
const { _lines: headerLines, _fill: fillHeaders, _guard: guardOf } = Headers;
for (const name of ["_lines", "_fill", "_guard"]) delete Headers[name];
const makeHeaders = (guard, list = []) => new Headers(MAKING, { guard, list });
/** The values of a header, line by line. */
const headerValues = (headers, name) => headerLines(headers).filter(line => line[0] === name).map(line => line[1]);

expose({ Headers });
