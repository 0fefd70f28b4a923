// What an XMLHttpRequest has received, and what it makes of it: https://xhr.spec.whatwg.org/#response-object

class ReceivedResponse {
  head = null; length = 0; override;
  #pieces = []; #objects = new Map(); #decoded = null;
  constructor(override) { this.override = override; }
  push(piece) {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.length += piece.length;
  }
  /** How long the body says to be; 0 where it does not, or proves to be longer. */
  get total() {
    const total = Number(this.header("content-length") ?? 0);
    return Number.isInteger(total) && total >= this.length ? total : 0;
  }
  header(name) {
    const lower = name.toLowerCase();
    const values = (this.head?.headers ?? []).filter(line => line[0] === lower).map(line => line[1]);
    return values.length ? values.join(", ") : null;
  }
  allHeaders() {
    const names = [...new Set((this.head?.headers ?? []).map(line => line[0]))];
    const order = new Map(names.map(name => [name, name.toUpperCase()]));
    names.sort((one, other) => (order.get(one) < order.get(other) ? -1 : 1));
    return names.map(name => `${name}: ${this.header(name)}\r\n`).join("");
  }
  #bytes() {
    if (this.#pieces.length > 1) this.#pieces = [concatenate(this.#pieces)];
    return this.#pieces[0] ?? new Uint8Array();
  }
  /** What the bytes are, whoever says so last. */
  mime() {
    const lines = (this.head?.headers ?? []).filter(line => line[0] === "content-type").map(line => line[1]);
    return this.override ?? extractMime(lines) ?? parseMime("text/xml");
  }
  #charset() {
    const lines = (this.head?.headers ?? []).filter(line => line[0] === "content-type").map(line => line[1]);
    const label = this.override?.parameters.get("charset") ?? extractMime(lines)?.parameters.get("charset");
    return host.encoding_name(label ?? "");
  }
  /** The text of what came until now. */
  text(type) {
    if (!this.head) return "";
    this.#decoded ??= { decode: host.text_decoder(this.#charset() ?? (type === "" && this.#declaredXml()) ?? "utf-8"), text: "", read: 0 };
    const own = this.#decoded;
    if (own.read < this.length) {
      own.text += own.decode(bytesToBinary(this.#bytes().subarray(own.read)), false);
      own.read = this.length;
    }
    return own.text;
  }
  /** The encoding that XML says to be in. */
  #declaredXml() {
    if (!isXml(this.mime().essence)) return undefined;
    const start = bytesToBinary(this.#bytes().subarray(0, 256));
    return host.encoding_name(/^<\?xml[^>]*\sencoding\s*=\s*["']([^"']+)["']/.exec(start)?.[1] ?? "");
  }
  /** What is made once. */
  made(kind, make) {
    if (!this.#objects.has(kind)) this.#objects.set(kind, make());
    return this.#objects.get(kind);
  }
  object(type) {
    if (!this.head) return null;
    return this.made(type, () => {
      if (type === "arraybuffer") return bytesOf(this.#bytes()).buffer;
      if (type === "blob") return makeBlob(bytesOf(this.#bytes()), serializeMime(this.mime()));
      if (type === "document") return this.document(type);
      try { return JSON.parse(decodeUtf8(this.#bytes())); } catch { return null; }
    });
  }
  /** A document that is not shown: of XML, or of HTML where that is asked for. */
  document(type) {
    if (!this.head || this.length === 0) return null;
    const { essence } = this.mime();
    if (isXml(essence)) {
      const label = this.#charset() ?? this.#declaredXml() ?? "utf-8";
      return parseXml(decodeText(this.#bytes(), label), essence).made ?? null;
    }
    if (essence !== "text/html" || type === "") return null;
    const label = this.#charset() ?? host.encoding_name(/<meta[^>]+charset\s*=\s*["']?([^"'\s>]+)/i.exec(bytesToBinary(this.#bytes().subarray(0, 1024)))?.[1] ?? "");
    return new DOMParser().parseFromString(decodeText(this.#bytes(), label ?? "utf-8"), "text/html");
  }
}

const isXml = essence => /^(?:text|application)\/xml$|\+xml$/.test(essence);

/** A document as it is sent. */
function serializeDocument(node) {
  return [...node.childNodes].map(child => {
    if (child instanceof DocumentType) return `<!DOCTYPE ${child.name ?? "html"}>`;
    return child instanceof Element ? child.outerHTML : `<!--${child.data}-->`;
  }).join("");
}
