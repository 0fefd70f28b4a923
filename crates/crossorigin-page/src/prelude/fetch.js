// Headers, bodies, Request, Response and fetch().

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const normalizeValue = value => String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
const normalizeMethod = method => (/^(delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method);

class Headers {
  #list = []; #guard = "none";
  constructor(init, guard) {
    if (GUARDS.includes(guard)) this.#guard = guard;
    if (init === undefined || init === null) return;
    if (typeof init !== "object") throw new TypeError("Headers wants a record, pairs or Headers.");
    for (const pair of init[Symbol.iterator] ? init : Object.entries(init)) {
      const [name, value, ...more] = pair;
      if (value === undefined || more.length) throw new TypeError("A header is a pair of a name and a value.");
      this.append(name, value);
    }
  }
  /** Whether a change is let through; throws where the header is none, or the guard forbids any change. */
  #allows(name, value) {
    if (!TOKEN.test(name)) throw new TypeError(`${JSON.stringify(name)} is no header name.`);
    if (/[\0\n\r]|[^\0-\xFF]/.test(value)) throw new TypeError(`The value of ${name} is no header value.`);
    if (this.#guard === "immutable") throw new TypeError("These headers are immutable.");
    if (this.#guard.startsWith("request") && host.is_forbidden_header(name, value)) return false;
    return !(this.#guard === "response" && /^set-cookie2?$/i.test(name));
  }
  #allowsNoCors(name, value) {
    return this.#guard !== "request-no-cors" || host.is_no_cors_safelisted(name, value);
  }
  append(name, value) {
    [name, value] = [String(name), normalizeValue(value)];
    if (!this.#allows(name, value)) return;
    const before = this.get(name);
    if (!this.#allowsNoCors(name, before === null ? value : `${before}, ${value}`)) return;
    this.#list.push([name.toLowerCase(), value]);
  }
  set(name, value) {
    [name, value] = [String(name), normalizeValue(value)];
    if (!this.#allows(name, value) || !this.#allowsNoCors(name, value)) return;
    const lower = name.toLowerCase();
    const at = this.#list.findIndex(line => line[0] === lower);
    if (at < 0) this.#list.push([lower, value]);
    else this.#list = this.#list.with(at, [lower, value]).filter((line, nth) => nth <= at || line[0] !== lower);
  }
  delete(name) {
    if (this.#allows(String(name), "")) this.#list = this.#list.filter(line => line[0] !== String(name).toLowerCase());
  }
  get(name) {
    if (!TOKEN.test(name)) throw new TypeError(`${JSON.stringify(name)} is no header name.`);
    const values = this.#list.filter(line => line[0] === String(name).toLowerCase()).map(line => line[1]);
    return values.length ? values.join(", ") : null;
  }
  getSetCookie() { return this.#list.filter(line => line[0] === "set-cookie").map(line => line[1]); }
  has(name) { return this.get(name) !== null; }
  #sorted() {
    const names = [...new Set(this.#list.map(line => line[0]))].sort();
    return names.flatMap(name => (name === "set-cookie" ? this.getSetCookie() : [this.get(name)]).map(value => [name, value]));
  }
  forEach(callback, self) { for (const [name, value] of this) callback.call(self, value, name, this); }
  *entries() { yield* this.#sorted(); }
  *keys() { for (const [name] of this.#sorted()) yield name; }
  *values() { for (const [, value] of this.#sorted()) yield value; }
  [Symbol.iterator]() { return this.entries(); }
  static _lines(headers) { return headers.#list; }
  static _freeze(headers) { headers.#guard = "immutable"; return headers; }
}
const GUARDS = ["request", "request-no-cors", "response"];
const { _lines: headerLines, _freeze: freezeHeaders } = Headers;
delete Headers._lines;
delete Headers._freeze;

class Blob {
  #bytes; #type;
  constructor(parts = [], { type = "" } = {}) {
    this.#bytes = concatenate([...parts].map(part => (part instanceof Blob ? part.#bytes
      : part instanceof ArrayBuffer || ArrayBuffer.isView(part) ? bytesOf(part) : encodeUtf8(part))));
    this.#type = /[^\x20-\x7E]/.test(type) ? "" : String(type).toLowerCase();
  }
  get size() { return this.#bytes.length; }
  get type() { return this.#type; }
  async arrayBuffer() { return bytesOf(this.#bytes).buffer; }
  async bytes() { return bytesOf(this.#bytes); }
  async text() { return decodeUtf8(this.#bytes); }
  slice(start = 0, end = this.size, type = "") { return new Blob([this.#bytes.slice(start, end)], { type }); }
  static _bytes(blob) { return blob.#bytes; }
}
const { _bytes: blobBytes } = Blob;
delete Blob._bytes;

class File extends Blob {
  #name; #lastModified;
  constructor(parts, name, init = {}) {
    super(parts, init);
    this.#name = String(name);
    this.#lastModified = init.lastModified ?? Date.now();
  }
  get name() { return this.#name; }
  get lastModified() { return this.#lastModified; }
}

function concatenate(pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

class FormData {
  #entries = [];
  constructor(form) {
    if (form === undefined) return;
    if (!(form instanceof HTMLFormElement)) throw new TypeError("FormData is made of a form.");
    this.#entries = formEntries(form);
  }
  #value(value, filename) {
    if (!(value instanceof Blob)) return String(value);
    if (value instanceof File && filename === undefined) return value;
    return new File([value], filename ?? "blob", { type: value.type });
  }
  append(name, value, filename) { this.#entries.push([String(name), this.#value(value, filename)]); }
  set(name, value, filename) {
    this.delete(name);
    this.append(name, value, filename);
  }
  delete(name) { this.#entries = this.#entries.filter(entry => entry[0] !== String(name)); }
  get(name) { return this.#entries.find(entry => entry[0] === String(name))?.[1] ?? null; }
  getAll(name) { return this.#entries.filter(entry => entry[0] === String(name)).map(entry => entry[1]); }
  has(name) { return this.#entries.some(entry => entry[0] === String(name)); }
  forEach(callback, self) { for (const [name, value] of this) callback.call(self, value, name, this); }
  *entries() { yield* this.#entries; }
  *keys() { for (const [name] of this.#entries) yield name; }
  *values() { for (const [, value] of this.#entries) yield value; }
  [Symbol.iterator]() { return this.entries(); }
}

function multipart(form) {
  const boundary = `----crossorigin${host.random_name()}`;
  const lines = text => text.replace(/\r\n|\r|\n/g, "\r\n");
  const quote = text => lines(text).replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/"/g, "%22");
  const pieces = [];
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quote(name)}"`;
    if (value instanceof Blob) {
      const type = value.type || "application/octet-stream";
      pieces.push(encodeUtf8(`${head}; filename="${quote(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`));
      pieces.push(blobBytes(value), encodeUtf8("\r\n"));
    } else {
      pieces.push(encodeUtf8(`${head}\r\n\r\n${lines(value)}\r\n`));
    }
  }
  pieces.push(encodeUtf8(`--${boundary}--\r\n`));
  return { bytes: concatenate(pieces), type: `multipart/form-data; boundary=${boundary}` };
}

/** The bytes and the type of what is to be sent. */
function extractBody(body) {
  if (body instanceof Blob) return { bytes: blobBytes(body), type: body.type || null };
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return { bytes: bytesOf(body), type: null };
  if (body instanceof FormData) return multipart(body);
  if (body instanceof URLSearchParams) {
    return { bytes: encodeUtf8(body.toString()), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  return { bytes: encodeUtf8(body), type: "text/plain;charset=UTF-8" };
}

const BODY = Symbol("body");

/** What Request and Response share. Bytes that are null are no body. */
class Body {
  constructor() { Object.defineProperty(this, BODY, { value: { bytes: null, used: false } }); }
  get bodyUsed() { return this[BODY].used; }
  #take() {
    const body = this[BODY];
    if (body.used) throw new TypeError("The body was read already.");
    body.used = body.bytes !== null;
    return body.bytes ?? new Uint8Array();
  }
  async arrayBuffer() { return bytesOf(this.#take()).buffer; }
  async bytes() { return bytesOf(this.#take()); }
  async blob() { return new Blob([this.#take()], { type: this.headers.get("content-type") ?? "" }); }
  async text() { return decodeUtf8(this.#take()); }
  async json() { return JSON.parse(decodeUtf8(this.#take())); }
}

function oneOf(value, allowed, what) {
  if (!allowed.includes(String(value))) throw new TypeError(`${JSON.stringify(String(value))} is no ${what}.`);
  return String(value);
}

class Request extends Body {
  #fields = { method: "GET", mode: "cors", credentials: "same-origin", redirect: "follow" };
  #url; #headers; #signal = null;
  constructor(input, init = {}) {
    super();
    const fields = this.#fields;
    if (input instanceof Request) {
      Object.assign(fields, input.#fields);
      [this.#url, this.#signal] = [input.#url, input.#signal];
      if (input.bodyUsed && init.body === undefined) throw new TypeError("The request's body was read already.");
      this[BODY].bytes = input[BODY].bytes;
    } else {
      const url = new URL(String(input), document.baseURI);
      if (url.username || url.password) throw new TypeError(`The URL has a user name or password: ${url.href}`);
      this.#url = url.href;
    }
    if (init.mode !== undefined) fields.mode = oneOf(init.mode, ["cors", "no-cors", "same-origin"], "mode that script may use");
    if (init.credentials !== undefined) fields.credentials = oneOf(init.credentials, ["omit", "same-origin", "include"], "credentials mode");
    if (init.redirect !== undefined) fields.redirect = oneOf(init.redirect, ["follow", "error", "manual"], "redirect mode");
    if (init.method !== undefined) {
      const method = String(init.method);
      if (!TOKEN.test(method)) throw new TypeError(`${JSON.stringify(method)} is no method.`);
      if (/^(connect|trace|track)$/i.test(method)) throw new TypeError(`Script may not use the method ${method}.`);
      fields.method = normalizeMethod(method);
    }
    if (fields.mode === "no-cors" && !["GET", "HEAD", "POST"].includes(fields.method)) {
      throw new TypeError(`The mode no-cors does not send ${fields.method}.`);
    }
    if (init.signal !== undefined) this.#signal = init.signal;
    const headers = init.headers ?? (input instanceof Request ? input.#headers : undefined);
    this.#headers = new Headers(headers, fields.mode === "no-cors" ? "request-no-cors" : "request");
    if (init.body !== undefined && init.body !== null) {
      const { bytes, type } = extractBody(init.body);
      this[BODY].bytes = bytes;
      if (type && !this.#headers.has("content-type")) this.#headers.append("content-type", type);
    }
    if (this[BODY].bytes !== null && ["GET", "HEAD"].includes(fields.method)) throw new TypeError(`A ${fields.method} request has no body.`);
  }
  get url() { return this.#url; }
  get headers() { return this.#headers; }
  get signal() { return (this.#signal ??= new AbortController().signal); }
  get destination() { return ""; }
  clone() {
    if (this.bodyUsed) throw new TypeError("The body was read already.");
    return new Request(this);
  }
  static {
    for (const name of ["method", "mode", "credentials", "redirect"]) {
      Object.defineProperty(Request.prototype, name, { configurable: true, enumerable: true, get() { return this.#fields[name]; } });
    }
  }
}

class Response extends Body {
  #fields = { type: "default", url: "", redirected: false, status: 200, statusText: "" };
  #headers;
  constructor(body = null, init = {}) {
    super();
    const { status = 200, statusText = "", headers } = init;
    if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError(`${status} is no status from 200 to 599.`);
    Object.assign(this.#fields, { status, statusText: String(statusText) });
    this.#headers = new Headers(headers, "response");
    if (body === null) return;
    if ([204, 205, 304].includes(status)) throw new TypeError(`A response of status ${status} has no body.`);
    const { bytes, type } = extractBody(body);
    this[BODY].bytes = bytes;
    if (type && !this.#headers.has("content-type")) this.#headers.append("content-type", type);
  }
  static error() { return makeResponse({ type: "error", status: 0, headers: [], body: null }); }
  static json(data, init = {}) {
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new Response(JSON.stringify(data), { ...init, headers });
  }
  static redirect(url, status = 302) {
    if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`${status} is no status of redirects.`);
    return new Response(null, { status, headers: { location: new URL(url, document.baseURI).href } });
  }
  get headers() { return this.#headers; }
  get ok() { return this.status >= 200 && this.status <= 299; }
  clone() {
    if (this.bodyUsed) throw new TypeError("The body was read already.");
    return makeResponse({ ...this.#fields, headers: headerLines(this.#headers), body: this[BODY].bytes });
  }
  static {
    for (const name of ["type", "url", "redirected", "status", "statusText"]) {
      Object.defineProperty(Response.prototype, name, { configurable: true, enumerable: true, get() { return this.#fields[name]; } });
    }
  }
  static _of({ headers, body, ...fields }) {
    const response = new Response();
    Object.assign(response.#fields, fields);
    response.#headers = freezeHeaders(new Headers(headers));
    response[BODY].bytes = body;
    return response;
  }
}
const { _of: makeResponse } = Response;
delete Response._of;

/** Hands a request to the network; its answer, or null, comes to `done`. Gives back its number. */
function request(description, bytes, done) {
  const id = host.fetch(JSON.stringify(description), bytes === null ? undefined : bytesToBinary(bytes));
  waiting.set(id, done);
  return id;
}

function fetch(input, init) {
  return new Promise((resolve, reject) => {
    const asked = new Request(input, init);
    const { signal } = asked;
    if (signal.aborted) throw signal.reason;
    const { bytes } = asked[BODY];
    if (input instanceof Request && input[BODY].bytes !== null) input[BODY].used = true;
    const description = {
      as: "fetch", url: asked.url, method: asked.method, headers: headerLines(asked.headers), mode: asked.mode,
      credentials: asked.credentials, redirect: asked.redirect,
    };
    const id = request(description, bytes, answer => {
      if (answer === null) reject(new TypeError("Failed to fetch"));
      else resolve(makeResponse(answer));
    });
    signal.addEventListener("abort", () => {
      if (!waiting.delete(id)) return;
      host.abort(id);
      reject(signal.reason);
    });
  });
}

expose({ Headers, Blob, File, FormData, Request, Response, fetch });
