// Request, Response and fetch(): https://fetch.spec.whatwg.org/#fetch-api

function oneOf(value, allowed, what) {
  if (!allowed.includes(String(value))) throw new TypeError(`${JSON.stringify(String(value))} is no ${what}.`);
  return String(value);
}

const ENUMERATIONS = {
  referrerPolicy: ["", "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin", "origin-when-cross-origin",
    "strict-origin-when-cross-origin", "unsafe-url"],
  mode: ["navigate", "same-origin", "no-cors", "cors"],
  credentials: ["omit", "same-origin", "include"],
  cache: ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"],
  redirect: ["follow", "error", "manual"],
  duplex: ["half"],
  priority: ["high", "low", "auto"],
};
const INIT_MEMBERS = [...Object.keys(ENUMERATIONS), "body", "headers", "integrity", "keepalive", "method", "referrer", "signal", "window"];

/** The members of a RequestInit that there are. */
function requestInit(init) {
  init = dictionary(init, "The request's init");
  const own = {};
  for (const name of INIT_MEMBERS.toSorted()) {
    const value = init[name];
    if (value === undefined) continue;
    own[name] = name in ENUMERATIONS ? oneOf(value, ENUMERATIONS[name], name) : value;
  }
  return own;
}

class Request extends Body {
  #fields = {
    method: "GET", mode: "cors", credentials: "same-origin", cache: "default", redirect: "follow", referrer: "about:client",
    referrerPolicy: "", integrity: "", keepalive: false,
  };
  #url; #headers; #signal;
  constructor(input, init) {
    if (input === undefined) throw new TypeError("A request wants a URL, or another request.");
    super();
    init = requestInit(init);
    const fields = this.#fields;
    const other = input instanceof Request ? input : null;
    if (other) {
      Object.assign(fields, other.#fields);
      this.#url = other.#url;
    } else {
      const url = new URL(String(input), document.baseURI);
      if (url.username || url.password) throw new TypeError(`The URL has a user name or password: ${url.href}`);
      this.#url = url.href;
    }
    if (init.window !== undefined && init.window !== null) throw new TypeError("window is null, where it is set.");
    if (Object.keys(init).length > 0) [fields.referrer, fields.referrerPolicy] = ["about:client", ""];
    if (init.referrer !== undefined) fields.referrer = requestReferrer(String(init.referrer));
    if (init.mode === "navigate") throw new TypeError("Script can't navigate by a request.");
    for (const name of ["referrerPolicy", "mode", "credentials", "cache", "redirect"]) fields[name] = init[name] ?? fields[name];
    if (fields.cache === "only-if-cached" && fields.mode !== "same-origin") throw new TypeError("only-if-cached wants the mode same-origin.");
    if (init.integrity !== undefined) fields.integrity = String(init.integrity);
    if (init.keepalive !== undefined) fields.keepalive = Boolean(init.keepalive);
    if (init.method !== undefined) {
      const method = String(init.method);
      if (!TOKEN.test(method)) throw new TypeError(`${JSON.stringify(method)} is no method.`);
      if (/^(connect|trace|track)$/i.test(method)) throw new TypeError(`Script may not use the method ${method}.`);
      fields.method = normalizeMethod(method);
    }
    const signal = init.signal === undefined ? other?.#signal ?? null : init.signal;
    if (signal !== null && !(signal instanceof AbortSignal)) throw new TypeError("signal is no AbortSignal.");
    this.#signal = dependentSignal(signal ? [signal] : []);
    this.#headers = makeHeaders(fields.mode === "no-cors" ? "request-no-cors" : "request", other ? headerLines(other.#headers) : []);
    if (fields.mode === "no-cors" && !["GET", "HEAD", "POST"].includes(fields.method)) {
      throw new TypeError(`The mode no-cors does not send ${fields.method}.`);
    }
    if (Object.keys(init).length > 0) fillHeaders(this.#headers, init.headers ?? makeHeaders("none", headerLines(this.#headers)));
    const inputBody = other ? getBody(other) : null;
    const hasInit = init.body !== undefined && init.body !== null;
    if ((hasInit || inputBody) && ["GET", "HEAD"].includes(fields.method)) throw new TypeError(`A ${fields.method} request has no body.`);
    let own = null;
    if (hasInit) {
      const { body, type } = extractBody(init.body, fields.keepalive);
      own = body;
      if (type && !this.#headers.has("content-type")) this.#headers.append("content-type", type);
    }
    const body = own ?? inputBody;
    if (body && !body.bytes) {
      if (own && init.duplex === undefined) throw new TypeError("A stream for a body wants duplex: 'half'.");
      if (!["same-origin", "cors"].includes(fields.mode)) throw new TypeError(`The mode ${fields.mode} has no stream for a body.`);
    }
    if (!own && inputBody) {
      if (isUnusable(inputBody)) throw new TypeError("The request's body was read already.");
      own = takeBody(inputBody);
    }
    setBody(this, own);
  }
  get url() { return this.#url; }
  get headers() { return this.#headers; }
  get signal() { return this.#signal; }
  get destination() { return ""; }
  get duplex() { return "half"; }
  get isReloadNavigation() { return false; }
  get isHistoryNavigation() { return false; }
  clone() {
    const own = getBody(this);
    if (isUnusable(own)) throw new TypeError("The body was read already, or its stream is locked.");
    const clone = new Request(this.#url);
    Object.assign(clone.#fields, this.#fields);
    clone.#headers = makeHeaders(guardOf(this.#headers), headerLines(this.#headers));
    clone.#signal = dependentSignal([this.#signal]);
    setBody(clone, cloneBody(own));
    return clone;
  }
  static {
    for (const name of ["method", "mode", "credentials", "cache", "redirect", "referrer", "referrerPolicy", "integrity", "keepalive"]) {
      Object.defineProperty(Request.prototype, name, { configurable: true, enumerable: true, get() { return this.#fields[name]; } });
    }
  }
  static _fields(request) { return request.#fields; }
}
const { _fields: requestFields } = Request;
delete Request._fields;

/** A request's referrer: empty for none, `about:client` for the page. */
function requestReferrer(referrer) {
  if (referrer === "") return "";
  const parsed = new URL(referrer, document.baseURI);
  const isOwn = parsed.origin === host.page_origin() && parsed.origin !== "null";
  return isOwn ? parsed.href : "about:client";
}

/** Hands a body over; who had it has a used one. */
function takeBody(own) {
  const taken = own.bytes ? bodyOf({ bytes: own.bytes }) : bodyOf({ stream: teeStream(streamOf(own), false)[0] });
  own.used = true;
  return taken;
}

class Response extends Body {
  #fields = { type: "default", url: "", redirected: false, status: 200, statusText: "" };
  #headers = makeHeaders("response");
  constructor(body = null, init) {
    super();
    if (body === MAKING) return;
    const extracted = body === null ? null : extractBody(body);
    initializeResponse(this, init, extracted);
  }
  static error() { return makeResponse({ type: "error", status: 0, headers: [], guard: "immutable", body: null }); }
  static json(data, init) {
    const json = JSON.stringify(data);
    if (json === undefined) throw new TypeError("The data can't be written as JSON.");
    const response = makeResponse({ headers: [], guard: "response", body: null });
    initializeResponse(response, init, { body: bodyOf({ bytes: encodeUtf8(json) }), type: "application/json" });
    return response;
  }
  static redirect(url, status = 302) {
    const { href } = new URL(String(url), document.baseURI);
    if (![301, 302, 303, 307, 308].includes(Number(status))) throw new RangeError(`${status} is no status of redirects.`);
    return makeResponse({ status: Number(status), headers: [["location", href]], guard: "immutable", body: null });
  }
  get headers() { return this.#headers; }
  get ok() { return this.status >= 200 && this.status <= 299; }
  clone() {
    const own = getBody(this);
    if (isUnusable(own)) throw new TypeError("The body was read already, or its stream is locked.");
    return makeResponse({ ...this.#fields, headers: headerLines(this.#headers), guard: guardOf(this.#headers), body: cloneBody(own) });
  }
  static {
    for (const name of ["type", "url", "redirected", "status", "statusText"]) {
      Object.defineProperty(Response.prototype, name, { configurable: true, enumerable: true, get() { return this.#fields[name]; } });
    }
  }
  static _of({ headers, guard, body, ...fields }) {
    const response = new Response(MAKING);
    Object.assign(response.#fields, fields);
    response.#headers = makeHeaders(guard, headers);
    setBody(response, body);
    return response;
  }
  static _fields(response) { return response.#fields; }
}
const { _of: makeResponse, _fields: responseFields } = Response;
delete Response._of;
delete Response._fields;

/** https://fetch.spec.whatwg.org/#initialize-a-response */
function initializeResponse(response, init, extracted) {
  const { status = 200, statusText = "", headers } = dictionary(init, "The response's init");
  const number = Math.trunc(Number(status));
  if (!(number >= 200 && number <= 599)) throw new RangeError(`${status} is no status from 200 to 599.`);
  if (/[^\t\x20-\x7E\x80-\xFF]/.test(statusText)) throw new TypeError("The statusText is none.");
  Object.assign(responseFields(response), { status: number, statusText: String(statusText) });
  if (headers !== undefined) fillHeaders(response.headers, headers);
  if (!extracted) return;
  if ([101, 103, 204, 205, 304].includes(number)) throw new TypeError(`A response of status ${number} has no body.`);
  setBody(response, extracted.body);
  if (extracted.type && !response.headers.has("content-type")) response.headers.append("content-type", extracted.type);
}

/** Hands a request to the network; its answer, or null, comes to `done`. Gives back its number. */
function request(description, bytes, done) {
  let id = host.fetch(JSON.stringify(description), bytes === null ? undefined : bytesToBinary(bytes));
  if (id !== undefined) waiting.set(id, done);
  else {
    // What is not even sent fails in a task of its own.
    id = host.timer(0);
    waiting.set(id, () => done(null, false));
  }
  return id;
}

/** How many bytes the bodies of requests that are kept alive may have together: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch */
const MAX_KEEPALIVE_BYTES = 65536;
let keepaliveBytes = 0;
/** Keeps so many bytes more alive, until what comes back is called; null where that is too much. */
function keepAlive(length) {
  if (keepaliveBytes + length > MAX_KEEPALIVE_BYTES) return null;
  keepaliveBytes += length;
  return () => { keepaliveBytes -= length; };
}

/** Sends a stream as a request's body, a piece when the network has taken the one before. */
async function upload(id, reader, taken) {
  for (;;) {
    const piece = await readBytes(reader);
    if (piece === null) break;
    if (piece.length === 0) continue;
    host.send_piece(id, bytesToBinary(piece));
    await new Promise(resolve => { taken.wake = resolve; });
  }
  host.send_piece(id);
}

const NULL_BODY_STATUS = [101, 103, 204, 205, 304];

function fetch(input, init) {
  return new Promise((resolve, reject) => {
    const asked = new Request(input, init);
    const { signal } = asked;
    const own = getBody(asked);
    const fields = requestFields(asked);
    const bytes = own?.bytes ?? null;
    const stream = own && !bytes ? streamOf(own) : null;
    if (signal.aborted) {
      if (stream) cancelStream(streams().readableState(stream), signal.reason);
      throw signal.reason;
    }
    const length = bytes?.length ?? 0;
    // What is too long by itself is for the network to refuse.
    let release = fields.keepalive && length <= MAX_KEEPALIVE_BYTES ? keepAlive(length) : () => {};
    const description = {
      ...fields, as: "fetch", url: asked.url, headers: headerLines(asked.headers), referrer_policy: fields.referrerPolicy,
      streams: true, body_streams: stream !== null,
    };
    const reader = stream && lockStream(stream);
    const taken = { wake: () => {} };
    let incoming = null;
    const failure = () => new TypeError("Failed to fetch");
    const over = () => {
      release?.();
      release = null;
      removeAbortSteps(signal, abort);
    };
    const fail = error => {
      over();
      reject(error);
      incoming?.fail(error);
      if (reader?.stream) cancelStream(reader.stream, error);
    };
    const receive = (answer, more) => {
      if (typeof answer === "number") taken.wake();
      else if (answer === null) fail(failure());
      else if (incoming && answer !== true) incoming.push(answer);
      else if (incoming) {
        over();
        incoming.end();
      } else {
        const { body: whole, ...head } = answer;
        const hasBody = ["basic", "cors"].includes(answer.type) && !NULL_BODY_STATUS.includes(answer.status) && fields.method !== "HEAD";
        incoming = new Incoming(id, over);
        const body = hasBody ? bodyOf(more ? { incoming } : { bytes: whole }) : null;
        if (more && !hasBody) incoming.cancel();
        else if (!more) over();
        resolve(makeResponse({ ...head, guard: "immutable", body }));
      }
    };
    const abort = () => {
      waiting.delete(id);
      host.abort(id);
      fail(signal.reason);
    };
    if (release === null) {
      host.log("error", `${asked.url}: the bodies of requests that are kept alive have ${MAX_KEEPALIVE_BYTES} bytes together at the most.`);
      queueTask(() => fail(failure()));
      return;
    }
    const id = request(description, bytes, receive);
    addAbortSteps(signal, abort);
    if (reader) {
      upload(id, reader, taken).catch(error => {
        waiting.delete(id);
        host.abort(id);
        fail(error instanceof DOMException && error.name === "AbortError" ? error : failure());
      });
    }
  });
}

expose({ Request, Response, fetch });
