// Blob, File and FileReader: https://w3c.github.io/FileAPI/

/** A media type as blobs keep it. */
const blobType = type => (/[^\x20-\x7E]/.test(type) ? "" : String(type).toLowerCase());

class Blob {
  #bytes; #type;
  constructor(parts = [], options) {
    if (parts === MAKING) {
      [this.#bytes, this.#type] = [options.bytes, options.type];
      return;
    }
    if (typeof parts !== "object" || parts === null || !parts[Symbol.iterator]) throw new TypeError("A Blob wants a list of parts.");
    const { type = "", endings = "transparent" } = dictionary(options, "The options");
    oneOf(endings, ["transparent", "native"], "way to end lines");
    const lines = text => (endings === "native" ? text.replace(/\r\n?/g, "\n") : text);
    this.#bytes = concatenate([...parts].map(part => (part instanceof Blob ? part.#bytes
      : part instanceof ArrayBuffer || ArrayBuffer.isView(part) ? bytesOf(part) : encodeUtf8(lines(String(part))))));
    this.#type = blobType(type);
  }
  get size() { return this.#bytes.length; }
  get type() { return this.#type; }
  async arrayBuffer() { return bytesOf(this.#bytes).buffer; }
  async bytes() { return bytesOf(this.#bytes); }
  async text() { return decodeUtf8(this.#bytes); }
  slice(start, end, type = "") {
    // The bytes never change, so that a part of them can be shared.
    return new Blob(MAKING, { bytes: this.#bytes.subarray(start ?? 0, end ?? this.size), type: blobType(type) });
  }
  stream() {
    let at = 0;
    const { makeReadable, enqueueByte, endByte } = streams();
    return makeReadable({
      bytes: true,
      pull: controller => {
        const piece = bytesOf(this.#bytes.subarray(at, at + 65536));
        at += piece.length;
        if (piece.length > 0) enqueueByte(controller, piece);
        else endByte(controller);
      },
    });
  }
  static _bytes(blob) { return blob.#bytes; }
}
const { _bytes: blobBytes } = Blob;
delete Blob._bytes;
/** A blob of bytes that are nobody else's. */
const makeBlob = (bytes, type) => new Blob(MAKING, { bytes, type: blobType(type) });

class File extends Blob {
  #name; #lastModified;
  constructor(parts, name, options) {
    if (name === undefined) throw new TypeError("A File wants parts and a name.");
    const { lastModified = Date.now() } = dictionary(options, "The options");
    super(parts, options);
    this.#name = String(name).toWellFormed();
    this.#lastModified = Math.trunc(Number(lastModified)) || 0;
  }
  get name() { return this.#name; }
  get lastModified() { return this.#lastModified; }
  get webkitRelativePath() { return ""; }
}
const fileOf = (blob, name) => new File([blob], name, { type: blob.type });

function concatenate(pieces) {
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The text of bytes, by what is asked for, or by what they say to be. */
function packageText(bytes, type, label) {
  const asked = label === undefined ? undefined : host.encoding_name(String(label));
  const said = host.encoding_name(parseMime(type)?.parameters.get("charset") ?? "");
  return decodeText(bytes, asked ?? said ?? "utf-8");
}

class FileReader extends EventTarget {
  #state = 0; #result = null; #error = null; #turn = 0;
  get readyState() { return this.#state; }
  get result() { return this.#result; }
  get error() { return this.#error; }
  readAsArrayBuffer(blob) { this.#read(blob, bytes => bytesOf(bytes).buffer); }
  readAsBinaryString(blob) { this.#read(blob, bytesToBinary); }
  readAsText(blob, label) { this.#read(blob, bytes => packageText(bytes, blob.type, label)); }
  readAsDataURL(blob) {
    this.#read(blob, bytes => `data:${blob.type || "application/octet-stream"};base64,${host.encode_base64(bytesToBinary(bytes))}`);
  }
  abort() {
    if (this.#state !== 1) {
      this.#result = null;
      return;
    }
    this.#turn += 1;
    [this.#state, this.#result] = [2, null];
    this.#tell("abort");
    if (this.#state !== 1) this.#tell("loadend");
  }
  #read(blob, make) {
    if (!(blob instanceof Blob)) throw new TypeError("A FileReader reads a Blob.");
    if (this.#state === 1) throw new DOMException("The reader is reading already.", "InvalidStateError");
    [this.#state, this.#result, this.#error] = [1, null, null];
    const turn = ++this.#turn;
    const bytes = blobBytes(blob);
    const inTask = steps => queueTask(() => { if (turn === this.#turn) steps(); });
    inTask(() => this.#tell("loadstart", 0, bytes.length));
    if (bytes.length > 0) inTask(() => this.#tell("progress", bytes.length, bytes.length));
    inTask(() => {
      this.#state = 2;
      let type = "load";
      try { this.#result = make(bytes); } catch (error) { [this.#error, type] = [error, "error"]; }
      this.#tell(type, bytes.length, bytes.length);
      if (this.#state !== 1) this.#tell("loadend", bytes.length, bytes.length);
    });
  }
  #tell(type, loaded = 0, total = 0) { fire(this, new ProgressEvent(type, { lengthComputable: total > 0, loaded, total })); }
}
for (const [name, value] of Object.entries({ EMPTY: 0, LOADING: 1, DONE: 2 })) {
  for (const holder of [FileReader, FileReader.prototype]) Object.defineProperty(holder, name, { value, enumerable: true });
}
defineHandlers(FileReader.prototype, "loadstart", "progress", "load", "abort", "error", "loadend");

Object.defineProperties(URL, {
  createObjectURL: {
    writable: true, configurable: true, enumerable: true,
    value(blob) {
      if (!(blob instanceof Blob)) throw new TypeError("createObjectURL wants a Blob.");
      const url = host.add_blob_url(bytesToBinary(blobBytes(blob)), blob.type);
      if (url === undefined) throw new DOMException("The page's blob: URLs hold too many bytes; revoke some.", "QuotaExceededError");
      return url;
    },
  },
  revokeObjectURL: { writable: true, configurable: true, enumerable: true, value: url => host.revoke_blob_url(String(url)) },
});

expose({ Blob, File, FileReader });
