// XMLHttpRequest.

class XMLHttpRequestEventTarget extends EventTarget {}
const LOAD_EVENTS = ["loadstart", "progress", "abort", "error", "load", "timeout", "loadend"];
defineHandlers(XMLHttpRequestEventTarget.prototype, ...LOAD_EVENTS);
class XMLHttpRequestUpload extends XMLHttpRequestEventTarget {}

const [UNSENT, OPENED, HEADERS_RECEIVED, LOADING, DONE] = [0, 1, 2, 3, 4];

class XMLHttpRequest extends XMLHttpRequestEventTarget {
  #state = UNSENT; #method; #url; #async = true; #headers = []; #sent = false; #id = null; #answer = null; #object;
  #mime = null; #timeout = 0; #timer = null; #withCredentials = false; #type = ""; #uploading = false;
  #upload = new XMLHttpRequestUpload();
  get readyState() { return this.#state; }
  get upload() { return this.#upload; }
  get withCredentials() { return this.#withCredentials; }
  set withCredentials(value) {
    if (this.#state > OPENED || this.#sent) throw new DOMException("The request was sent already.", "InvalidStateError");
    this.#withCredentials = Boolean(value);
  }
  get timeout() { return this.#timeout; }
  set timeout(value) {
    if (!this.#async) throw new DOMException("Synchronous requests have no time-out.", "InvalidAccessError");
    this.#timeout = Math.max(0, Number(value) || 0);
  }
  get responseType() { return this.#type; }
  set responseType(value) {
    if (this.#state >= LOADING) throw new DOMException("The response is coming already.", "InvalidStateError");
    if (!this.#async) throw new DOMException("Synchronous requests have no response type.", "InvalidAccessError");
    if (["", "text", "json", "arraybuffer", "blob"].includes(String(value))) this.#type = String(value);
  }
  open(method, url, async = true) {
    method = String(method);
    if (!TOKEN.test(method)) throw new DOMException(`${JSON.stringify(method)} is no method.`, "SyntaxError");
    if (/^(connect|trace|track)$/i.test(method)) throw new DOMException(`Script may not use the method ${method}.`, "SecurityError");
    const parsed = URL.parse(String(url), document.baseURI);
    if (!parsed) throw new DOMException(`${JSON.stringify(String(url))} is no URL.`, "SyntaxError");
    if (!async && (this.#timeout !== 0 || this.#type !== "")) {
      throw new DOMException("Synchronous requests have neither time-out nor response type.", "InvalidAccessError");
    }
    this.#terminate();
    [this.#method, this.#url, this.#async] = [normalizeMethod(method), parsed.href, Boolean(async)];
    [this.#headers, this.#sent, this.#answer, this.#object] = [[], false, null, undefined];
    if (this.#state !== OPENED) this.#change(OPENED);
  }
  setRequestHeader(name, value) {
    this.#mustBeOpen();
    [name, value] = [String(name), normalizeValue(value)];
    if (!TOKEN.test(name) || /[\0\n\r]|[^\0-\xFF]/.test(value)) {
      throw new DOMException(`The header ${JSON.stringify(name)} is none.`, "SyntaxError");
    }
    if (host.is_forbidden_header(name, value)) return;
    const known = this.#headers.find(line => line[0] === name.toLowerCase());
    if (known) known[1] += `, ${value}`;
    else this.#headers.push([name.toLowerCase(), value]);
  }
  overrideMimeType(type) {
    if (this.#state >= LOADING) throw new DOMException("The response is there already.", "InvalidStateError");
    this.#mime = String(type);
  }
  send(body = null) {
    this.#mustBeOpen();
    let bytes = null;
    if (body !== null && body !== undefined && !["GET", "HEAD"].includes(this.#method)) {
      const extracted = extractBody(body);
      bytes = extracted.bytes;
      const typed = this.#headers.some(line => line[0] === "content-type");
      if (extracted.type && !typed) this.#headers.push(["content-type", extracted.type]);
    }
    const description = {
      as: "xhr", url: this.#url, method: this.#method, headers: this.#headers,
      credentials: this.#withCredentials ? "include" : "same-origin",
      upload_listener: LOAD_EVENTS.some(type => listeners(this.#upload, type).length > 0),
    };
    this.#sent = true;
    this.#answer = null;
    if (!this.#async) {
      const answer = host.fetch_now(JSON.stringify(description), bytes === null ? undefined : bytesToBinary(bytes));
      [this.#answer, this.#sent] = [answer, false];
      this.#change(DONE);
      if (answer === null) throw new DOMException(`Failed to load '${this.#url}'.`, "NetworkError");
      return;
    }
    this.#uploading = bytes !== null && bytes.length > 0;
    this.#progress(this, "loadstart", 0, 0);
    if (this.#uploading) this.#progress(this.#upload, "loadstart", 0, bytes.length);
    if (this.#state !== OPENED || !this.#sent) return;
    this.#id = request(description, bytes, answer => {
      this.#id = null;
      if (answer === null) this.#fail("error");
      else this.#receive(answer, bytes?.length ?? 0);
    });
    if (this.#timeout) this.#timer = setTimeout(() => this.#fail("timeout"), this.#timeout);
  }
  abort() {
    this.#terminate();
    if ((this.#state === OPENED && this.#sent) || this.#state === HEADERS_RECEIVED || this.#state === LOADING) this.#fail("abort");
    if (this.#state === DONE) [this.#state, this.#answer] = [UNSENT, null];
  }
  #mustBeOpen() {
    if (this.#state !== OPENED || this.#sent) throw new DOMException("The request is not open.", "InvalidStateError");
  }
  #terminate() {
    clearTimeout(this.#timer);
    if (this.#id !== null && waiting.delete(this.#id)) host.abort(this.#id);
    this.#id = null;
  }
  #change(state) {
    this.#state = state;
    fire(this, "readystatechange");
  }
  #progress(target, type, loaded, total) {
    fire(target, new ProgressEvent(type, { lengthComputable: total > 0, loaded, total }));
  }
  /** Ends without a response: by an error, an abort or a time-out. */
  #fail(type) {
    this.#terminate();
    [this.#answer, this.#sent] = [null, false];
    this.#change(DONE);
    if (this.#uploading) {
      this.#uploading = false;
      this.#progress(this.#upload, type, 0, 0);
      this.#progress(this.#upload, "loadend", 0, 0);
    }
    this.#progress(this, type, 0, 0);
    this.#progress(this, "loadend", 0, 0);
  }
  #receive(answer, uploaded) {
    if (this.#uploading) {
      this.#uploading = false;
      for (const type of ["progress", "load", "loadend"]) this.#progress(this.#upload, type, uploaded, uploaded);
    }
    const total = answer.body.length;
    this.#answer = { ...answer, body: new Uint8Array() };
    this.#change(HEADERS_RECEIVED);
    if (this.#state !== HEADERS_RECEIVED) return;
    this.#answer = answer;
    if (total > 0) {
      this.#change(LOADING);
      this.#progress(this, "progress", total, total);
      if (this.#state !== LOADING) return;
    }
    clearTimeout(this.#timer);
    this.#sent = false;
    this.#change(DONE);
    if (this.#state !== DONE) return;
    this.#progress(this, "load", total, total);
    this.#progress(this, "loadend", total, total);
  }
  get status() { return this.#answer?.status ?? 0; }
  get statusText() { return this.#answer?.statusText ?? ""; }
  get responseURL() { return this.#answer?.url ?? ""; }
  getResponseHeader(name) {
    const values = (this.#answer?.headers ?? []).filter(line => line[0] === String(name).toLowerCase()).map(line => line[1]);
    return values.length ? values.join(", ") : null;
  }
  getAllResponseHeaders() {
    const names = [...new Set((this.#answer?.headers ?? []).map(line => line[0]))].sort();
    return names.map(name => `${name}: ${this.getResponseHeader(name)}\r\n`).join("");
  }
  get responseText() {
    if (!["", "text"].includes(this.#type)) throw new DOMException(`The response type is ${this.#type}.`, "InvalidStateError");
    return this.#answer ? decodeUtf8(this.#answer.body) : "";
  }
  get response() {
    if (["", "text"].includes(this.#type)) return this.responseText;
    if (this.#state !== DONE || !this.#answer) return null;
    if (this.#object === undefined) this.#object = this.#made(this.#answer.body);
    return this.#object;
  }
  #made(bytes) {
    if (this.#type === "arraybuffer") return bytesOf(bytes).buffer;
    if (this.#type === "blob") return new Blob([bytes], { type: this.#mime ?? this.getResponseHeader("content-type") ?? "" });
    try { return JSON.parse(decodeUtf8(bytes)); } catch { return null; }
  }
}
for (const [name, value] of Object.entries({ UNSENT, OPENED, HEADERS_RECEIVED, LOADING, DONE })) {
  for (const holder of [XMLHttpRequest, XMLHttpRequest.prototype]) Object.defineProperty(holder, name, { value, enumerable: true });
}
defineHandlers(XMLHttpRequest.prototype, "readystatechange");

expose({ XMLHttpRequestEventTarget, XMLHttpRequestUpload, XMLHttpRequest });
