// XMLHttpRequest: https://xhr.spec.whatwg.org/

class XMLHttpRequestEventTarget extends EventTarget {
  constructor(making) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    super();
  }
}
const LOAD_EVENTS = ["loadstart", "progress", "abort", "error", "load", "timeout", "loadend"];
defineHandlers(XMLHttpRequestEventTarget.prototype, ...LOAD_EVENTS);
class XMLHttpRequestUpload extends XMLHttpRequestEventTarget {}

const [UNSENT, OPENED, HEADERS_RECEIVED, LOADING, DONE] = [0, 1, 2, 3, 4];
const RESPONSE_TYPES = ["", "arraybuffer", "blob", "document", "json", "text"];
/** The shortest time between two events of progress, in milliseconds. */
const PROGRESS_INTERVAL = 50;

const progressEvent = (target, type, loaded, total) =>
  fire(target, new ProgressEvent(type, { lengthComputable: total > 0, loaded, total }));

class XMLHttpRequest extends XMLHttpRequestEventTarget {
  #state = UNSENT; #method; #url; #async = true; #headers = []; #sent = false; #upload;
  #mime = null; #timeout = 0; #timer = null; #begun = 0; #withCredentials = false; #type = "";
  /** What was sent of the request's body, and whether that is all; and who wants to know. */
  #uploading = { done: true, heard: false, sent: 0, told: -Infinity, total: 0 };
  /** The request under way. */
  #id = null;
  /** The head of the response, its bytes, and what was made of them. */
  #response = new ReceivedResponse(null);
  #progress = { told: -Infinity, loaded: -1 };

  constructor() {
    super(MAKING);
    this.#upload = new XMLHttpRequestUpload(MAKING);
  }
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
    this.#timeout = Math.max(0, Math.trunc(Number(value)) || 0);
    if (this.#sent) this.#setTimer();
  }
  get responseType() { return this.#type; }
  set responseType(value) {
    if (this.#state >= LOADING) throw new DOMException("The response is coming already.", "InvalidStateError");
    if (!this.#async) throw new DOMException("Synchronous requests have no response type.", "InvalidAccessError");
    if (RESPONSE_TYPES.includes(String(value))) this.#type = String(value);
  }

  open(method, url, ...rest) {
    method = String(method);
    const isAsync = rest.length === 0 || Boolean(rest[0]);
    if (!TOKEN.test(method)) throw new DOMException(`${JSON.stringify(method)} is no method.`, "SyntaxError");
    if (/^(connect|trace|track)$/i.test(method)) throw new DOMException(`Script may not use the method ${method}.`, "SecurityError");
    const parsed = URL.parse(String(url), document.baseURI);
    if (!parsed) throw new DOMException(`${JSON.stringify(String(url))} is no URL.`, "SyntaxError");
    const [, user = null, password = null] = rest;
    if (parsed.host !== "" && user !== null) parsed.username = String(user);
    if (parsed.host !== "" && password !== null) parsed.password = String(password);
    if (!isAsync && (this.#timeout !== 0 || this.#type !== "")) {
      throw new DOMException("Synchronous requests have neither time-out nor response type.", "InvalidAccessError");
    }
    this.#terminate();
    [this.#method, this.#url, this.#async] = [normalizeMethod(method), parsed.href, isAsync];
    [this.#headers, this.#sent, this.#response] = [[], false, new ReceivedResponse(null)];
    if (this.#state !== OPENED) this.#change(OPENED);
  }
  setRequestHeader(name, value) {
    this.#mustBeOpen();
    [name, value] = [`${name}`, normalizeValue(`${value}`)];
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
    this.#mime = parseMime(String(type)) ?? parseMime("application/octet-stream");
    this.#response.override = this.#mime;
  }

  send(body = null) {
    this.#mustBeOpen();
    const bytes = body === null || ["GET", "HEAD"].includes(this.#method) ? null : this.#extract(body);
    const heard = [...this.#upload[LISTENERS].values()].some(list => list.length > 0);
    const length = bytes?.length ?? 0;
    this.#uploading = { done: bytes === null, heard, sent: 0, told: -Infinity, total: length };
    this.#progress = { told: -Infinity, loaded: -1 };
    const description = {
      as: "xhr", url: this.#url, method: this.#method, headers: this.#headers,
      credentials: this.#withCredentials ? "include" : "same-origin", upload_listener: heard, streams: this.#async,
    };
    this.#sent = true;
    const response = new ReceivedResponse(this.#mime);
    this.#response = response;
    if (!this.#async) {
      this.#sendNow(description, bytes);
      return;
    }
    progressEvent(this, "loadstart", 0, 0);
    if (!this.#uploading.done && heard) progressEvent(this.#upload, "loadstart", 0, length);
    // A listener may have opened it anew, and sent that.
    if (this.#state !== OPENED || !this.#sent || this.#response !== response) return;
    this.#begun = host.now();
    this.#id = request(description, bytes, (answer, more) => this.#receive(answer, more));
    this.#setTimer();
  }
  #sendNow(description, bytes) {
    const answer = host.fetch_now(JSON.stringify(description), bytes === null ? undefined : bytesToBinary(bytes));
    this.#sent = false;
    if (answer === null) {
      this.#state = DONE;
      throw new DOMException(`Failed to load '${this.#url}'.`, "NetworkError");
    }
    this.#response.head = answer;
    this.#response.push(answer.body);
    this.#end();
  }
  /** The bytes of a body, whose type is put among the headers. */
  #extract(body) {
    const isDocument = body instanceof Document;
    const isText = isDocument || ![Blob, ArrayBuffer, FormData, URLSearchParams].some(kind => body instanceof kind) && !ArrayBuffer.isView(body);
    const { bytes, type } = isDocument
      ? { bytes: encodeUtf8(serializeDocument(body)), type: "text/html;charset=UTF-8" }
      : extractBytes(body);
    const own = this.#headers.find(line => line[0] === "content-type");
    const said = own && isText ? parseMime(own[1]) : null;
    if (said && said.parameters.has("charset") && said.parameters.get("charset").toLowerCase() !== "utf-8") {
      said.parameters.set("charset", "UTF-8");
      own[1] = serializeMime(said);
    }
    if (!own && type) this.#headers.push(["content-type", type]);
    return bytes;
  }
  abort() {
    this.#terminate();
    if ((this.#state === OPENED && this.#sent) || this.#state === HEADERS_RECEIVED || this.#state === LOADING) this.#fail("abort");
    if (this.#state === DONE) [this.#state, this.#response] = [UNSENT, new ReceivedResponse(this.#mime)];
  }

  #mustBeOpen() {
    if (this.#state !== OPENED || this.#sent) throw new DOMException("The request is not open.", "InvalidStateError");
  }
  #setTimer() {
    this.#clearTimer();
    if (!this.#timeout || this.#id === null) return;
    this.#timer = host.timer(Math.max(0, this.#begun + this.#timeout - host.now()));
    waiting.set(this.#timer, () => {
      this.#timer = null;
      this.#fail("timeout");
    });
  }
  #clearTimer() {
    if (this.#timer !== null && waiting.delete(this.#timer)) host.clear_timer(this.#timer);
    this.#timer = null;
  }
  #terminate() {
    this.#clearTimer();
    if (this.#id !== null && waiting.delete(this.#id)) host.abort(this.#id);
    this.#id = null;
  }
  #change(state) {
    this.#state = state;
    fire(this, "readystatechange");
  }
  /** Ends without a response: by an error, an abort or a time-out. */
  #fail(type) {
    this.#terminate();
    [this.#response, this.#sent] = [new ReceivedResponse(this.#mime), false];
    this.#change(DONE);
    if (!this.#uploading.done) {
      this.#uploading.done = true;
      if (this.#uploading.heard) for (const event of [type, "loadend"]) progressEvent(this.#upload, event, 0, 0);
    }
    for (const event of [type, "loadend"]) progressEvent(this, event, 0, 0);
  }

  #receive(answer, more) {
    const { head } = this.#response;
    if (typeof answer === "number") this.#uploaded(answer);
    else if (answer === null) this.#fail("error");
    else if (answer === true) this.#end();
    else if (head) this.#receivePiece(answer);
    else this.#receiveHead(answer, more);
  }
  #uploaded(sent) {
    const own = this.#uploading;
    if (own.done) return;
    own.sent = sent;
    const isAll = sent >= own.total;
    own.done = isAll;
    if (!own.heard || (!isAll && host.now() - own.told < PROGRESS_INTERVAL)) return;
    own.told = host.now();
    for (const type of isAll ? ["progress", "load", "loadend"] : ["progress"]) progressEvent(this.#upload, type, sent, own.total);
  }
  #receiveHead(answer, more) {
    const id = this.#id;
    this.#uploaded(this.#uploading.total);
    if (this.#id !== id) return;
    this.#response.head = answer;
    this.#change(HEADERS_RECEIVED);
    if (this.#state !== HEADERS_RECEIVED || this.#id !== id) return;
    if (!more) this.#end();
  }
  #receivePiece(piece) {
    host.take_piece(this.#id);
    this.#response.push(piece);
    if (host.now() - this.#progress.told < PROGRESS_INTERVAL) return;
    this.#progress.told = host.now();
    const id = this.#id;
    if (this.#state === HEADERS_RECEIVED) this.#state = LOADING;
    fire(this, "readystatechange");
    if (this.#id === id && this.#state === LOADING) this.#tellProgress();
  }
  #tellProgress() {
    this.#progress.loaded = this.#response.length;
    progressEvent(this, "progress", this.#response.length, this.#response.total);
  }
  #end() {
    this.#clearTimer();
    const id = this.#id;
    const { length, total } = this.#response;
    // What was told already is not told again.
    if (this.#async && this.#progress.loaded !== length) this.#tellProgress();
    if (this.#id !== id) return;
    this.#sent = false;
    this.#change(DONE);
    if (this.#state !== DONE || this.#id !== id) return;
    this.#id = null;
    progressEvent(this, "load", length, total);
    if (this.#state === DONE) progressEvent(this, "loadend", length, total);
  }

  get status() { return this.#response.head?.status ?? 0; }
  get statusText() { return this.#response.head?.statusText ?? ""; }
  get responseURL() { return this.#response.head?.url ?? ""; }
  getResponseHeader(name) { return this.#response.header(String(name)); }
  getAllResponseHeaders() { return this.#response.allHeaders(); }
  get responseText() {
    if (!["", "text"].includes(this.#type)) throw new DOMException(`The response type is ${this.#type}.`, "InvalidStateError");
    return this.#state >= LOADING ? this.#response.text(this.#type) : "";
  }
  get responseXML() {
    if (!["", "document"].includes(this.#type)) throw new DOMException(`The response type is ${this.#type}.`, "InvalidStateError");
    return this.#state === DONE ? this.#response.made("document", () => this.#response.document(this.#type)) : null;
  }
  get response() {
    if (["", "text"].includes(this.#type)) return this.responseText;
    return this.#state === DONE ? this.#response.object(this.#type) : null;
  }
}
for (const [name, value] of Object.entries({ UNSENT, OPENED, HEADERS_RECEIVED, LOADING, DONE })) {
  for (const holder of [XMLHttpRequest, XMLHttpRequest.prototype]) Object.defineProperty(holder, name, { value, enumerable: true });
}
defineHandlers(XMLHttpRequest.prototype, "readystatechange");

expose({ XMLHttpRequestEventTarget, XMLHttpRequestUpload, XMLHttpRequest });
