// URLs.

class URL {
  #parts; #searchParams;
  constructor(url, base) {
    this.#set(host.parse_url(String(url), base === undefined ? undefined : String(base)), url);
    this.#searchParams = ownParameters(this, this.search);
  }
  #set(parts, from) {
    if (parts === undefined) throw new TypeError(`Failed to construct 'URL': Invalid URL: ${from}`);
    this.#parts = JSON.parse(parts);
  }
  static canParse(url, base) { return host.parse_url(String(url), base === undefined ? undefined : String(base)) !== undefined; }
  static parse(url, base) { return URL.canParse(url, base) ? new URL(url, base) : null; }
  get href() { return this.#parts.href; }
  set href(value) {
    this.#set(host.parse_url(String(value), undefined), value);
    resetParameters(this.#searchParams, this.search);
  }
  get origin() { return this.#parts.origin; }
  get searchParams() { return this.#searchParams; }
  static {
    for (const part of ["protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"]) {
      Object.defineProperty(URL.prototype, part, {
        configurable: true, enumerable: true,
        get() { return this.#parts[part]; },
        set(value) {
          this.#parts = JSON.parse(host.set_url_part(this.#parts.href, part, String(value)));
          if (part === "search") resetParameters(this.#searchParams, this.search);
        },
      });
    }
  }
  toString() { return this.href; }
  toJSON() { return this.href; }
}

class URLSearchParams {
  #pairs = []; #owner = null;
  constructor(init = "") {
    if (typeof init === "object" && init !== null) {
      if (init[Symbol.iterator]) for (const [name, value] of init) this.#pairs.push([String(name), String(value)]);
      else for (const [name, value] of Object.entries(init)) this.#pairs.push([name, String(value)]);
    } else {
      this.#reset(String(init));
    }
  }
  static _own(owner, query) {
    const parameters = new URLSearchParams(query);
    parameters.#owner = owner;
    return parameters;
  }
  static _reset(parameters, query) { parameters.#reset(query); }
  #reset(query) {
    this.#pairs = JSON.parse(host.parse_form(query.startsWith("?") ? query.slice(1) : query));
  }
  #changed() {
    if (this.#owner) this.#owner.search = this.toString();
  }
  get size() { return this.#pairs.length; }
  append(name, value) { this.#pairs.push([String(name), String(value)]); this.#changed(); }
  delete(name, value) {
    this.#pairs = this.#pairs.filter(pair => pair[0] !== String(name) || (value !== undefined && pair[1] !== String(value)));
    this.#changed();
  }
  get(name) { return this.#pairs.find(pair => pair[0] === String(name))?.[1] ?? null; }
  getAll(name) { return this.#pairs.filter(pair => pair[0] === String(name)).map(pair => pair[1]); }
  has(name, value) {
    return this.#pairs.some(pair => pair[0] === String(name) && (value === undefined || pair[1] === String(value)));
  }
  set(name, value) {
    const at = this.#pairs.findIndex(pair => pair[0] === String(name));
    if (at < 0) this.#pairs.push([String(name), String(value)]);
    else {
      this.#pairs[at][1] = String(value);
      this.#pairs = this.#pairs.filter((pair, nth) => nth <= at || pair[0] !== String(name));
    }
    this.#changed();
  }
  sort() {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#changed();
  }
  forEach(callback, self) { for (const [name, value] of this) callback.call(self, value, name, this); }
  *entries() { for (const [name, value] of this.#pairs) yield [name, value]; }
  *keys() { for (const [name] of this.#pairs) yield name; }
  *values() { for (const [, value] of this.#pairs) yield value; }
  [Symbol.iterator]() { return this.entries(); }
  toString() { return host.serialize_form(JSON.stringify(this.#pairs)); }
}

const { _own: ownParameters, _reset: resetParameters } = URLSearchParams;
delete URLSearchParams._own;
delete URLSearchParams._reset;

expose({ URL, URLSearchParams });
