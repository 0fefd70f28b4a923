// Bodies: of requests and responses, as bytes, as a stream, or as they come from the network.

/** The body of a response on its way: pieces that came, and whoever waits for the next. */
class Incoming {
  #pieces = []; #waiting = null; #ended = false; #failure = null; #id; #over;
  /** Told of a failure at once. */
  whenFailed = () => {};
  constructor(id, over) { [this.#id, this.#over] = [id, over]; }
  push(piece) {
    this.#pieces.push(piece);
    this.#wake();
  }
  end() {
    this.#ended = true;
    this.#wake();
  }
  fail(error) {
    if (this.#ended || this.#failure) return;
    [this.#pieces, this.#failure] = [[], { error }];
    this.whenFailed(error);
    this.#wake();
  }
  /** Gives up what is still to come. */
  cancel() {
    waiting.delete(this.#id);
    host.abort(this.#id);
    this.#over();
    [this.#pieces, this.#ended] = [[], true];
    this.#wake();
  }
  #wake() {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.();
  }
  /** The next piece; null at the end. */
  async next() {
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      if (this.#pieces.length > 0) {
        host.take_piece(this.#id);
        return this.#pieces.shift();
      }
      if (this.#ended) return null;
      await new Promise(resolve => { this.#waiting = resolve; });
    }
  }
}

/** A body of bytes, of a stream, or on its way. */
const bodyOf = ({ bytes = null, stream = null, incoming = null }) => ({ bytes, stream, incoming, used: false });
/** A body whose stream was read by somebody, or that is gone. */
const isUsed = own => own !== null && (own.used || Boolean(own.stream && streams().readableState(own.stream).disturbed));
const isUnusable = own => isUsed(own) || Boolean(own?.stream?.locked);

function streamOf(own) {
  if (own.stream) return own.stream;
  const { makeReadable, readableState, acquireReader, enqueueByte, endByte, errorByte } = streams();
  const { bytes, incoming } = own;
  if (own.used) {
    own.stream = makeReadable({ bytes: true });
    readableState(own.stream).disturbed = true;
    endByte(readableState(own.stream).controller);
    acquireReader(readableState(own.stream));
  } else if (bytes) {
    own.stream = new Blob(MAKING, { bytes, type: "" }).stream();
  } else {
    own.stream = makeReadable({
      bytes: true,
      async pull(controller) {
        const piece = await incoming.next();
        if (piece === null) endByte(controller);
        else enqueueByte(controller, piece);
      },
      cancel: () => incoming.cancel(),
    });
    const { controller } = readableState(own.stream);
    incoming.whenFailed = error => errorByte(controller, error);
  }
  return own.stream;
}

const lockStream = stream => streams().acquireReader(streams().readableState(stream));
const teeStream = (stream, copies) => streams().teeReadable(streams().readableState(stream), copies);
/** Gives up what a stream, by its state, would still give; what becomes of that is nobody's. */
const cancelStream = (state, reason) => { streams().cancelReadable(state, reason).catch(() => {}); };

/** All bytes of a body. Nobody gets them twice. */
async function consume(own) {
  if (own === null) return new Uint8Array();
  if (isUnusable(own)) throw new TypeError("The body was read already, or its stream is locked.");
  const { stream, bytes, incoming } = own;
  own.used = true;
  if (!stream && bytes) {
    own.bytes = null;
    return bytes;
  }
  const reader = stream ? lockStream(stream) : null;
  const pieces = [];
  for (;;) {
    const piece = reader ? await readBytes(reader) : await incoming.next();
    if (piece === null) return concatenate(pieces.length ? pieces : [new Uint8Array()]);
    pieces.push(piece);
  }
}

/** The next chunk of a body's stream, which has to be bytes; null at its end. */
async function readBytes(reader) {
  const { value, done } = await streams().read(reader);
  if (done) return null;
  if (!(value instanceof Uint8Array)) {
    const error = new TypeError("A chunk of a body is a Uint8Array.");
    cancelStream(reader.stream, error);
    throw error;
  }
  return value;
}

/** A body for each of two. */
function cloneBody(own) {
  if (own === null || own.bytes) return own && bodyOf({ bytes: own.bytes });
  const [first, second] = teeStream(streamOf(own), true);
  [own.stream, own.incoming] = [first, null];
  return bodyOf({ stream: second });
}

/** The body and the type of what is to be sent: https://fetch.spec.whatwg.org/#concept-bodyinit-extract */
function extractBody(body, keepalive = false) {
  if (isReadableStream(body)) {
    if (keepalive) throw new TypeError("What is kept alive has no stream for a body.");
    if (body.locked || streams().readableState(body).disturbed) throw new TypeError("The stream is locked, or was read already.");
    return { bytes: null, body: bodyOf({ stream: body }), type: null };
  }
  const { bytes, type } = extractBytes(body);
  return { bytes, body: bodyOf({ bytes }), type };
}
function extractBytes(body) {
  if (body instanceof Blob) return { bytes: blobBytes(body), type: body.type || null };
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return { bytes: bytesOf(body), type: null };
  if (body instanceof FormData) return multipart(body);
  if (body instanceof URLSearchParams) {
    return { bytes: encodeUtf8(body.toString()), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  return { bytes: encodeUtf8(body), type: "text/plain;charset=UTF-8" };
}

/** What Request and Response share. */
class Body {
  #own = null;
  get body() { return this.#own && streamOf(this.#own); }
  get bodyUsed() { return isUsed(this.#own); }
  async arrayBuffer() { return bytesOf(await consume(this.#own)).buffer; }
  async bytes() { return bytesOf(await consume(this.#own)); }
  async text() { return decodeUtf8(await consume(this.#own)); }
  async json() { return JSON.parse(decodeUtf8(await consume(this.#own))); }
  async blob() {
    const bytes = bytesOf(await consume(this.#own));
    const type = extractMime(headerValues(this.headers, "content-type"));
    return makeBlob(bytes, type ? serializeMime(type) : "");
  }
  async formData() {
    const bytes = await consume(this.#own);
    const type = extractMime(headerValues(this.headers, "content-type"));
    if (type?.essence === "multipart/form-data") return parseMultipart(bytes, type.parameters.get("boundary"));
    if (type?.essence !== "application/x-www-form-urlencoded") throw new TypeError("The body is of a type that no form has.");
    const form = new FormData();
    for (const [name, value] of new URLSearchParams(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes))) form.append(name, value);
    return form;
  }
  static _get(holder) { return holder.#own; }
  static _set(holder, own) { holder.#own = own; }
}
const { _get: getBody, _set: setBody } = Body;
delete Body._get;
delete Body._set;
