// FormData, and multipart bodies both ways: https://xhr.spec.whatwg.org/#interface-formdata

class FormData {
  #entries = [];
  constructor(form, submitter = null) {
    if (form === undefined) return;
    if (!(form instanceof HTMLFormElement)) throw new TypeError("FormData is made of a form.");
    if (submitter !== null && submitter?.form !== form) throw new TypeError("The submitter is no button of the form.");
    this.#entries = formEntries(form);
    if (submitter?.name) this.#entries.push([submitter.name, submitter.value]);
  }
  #value(value, filename) {
    if (!(value instanceof Blob)) {
      if (filename !== undefined) throw new TypeError("Only a Blob has a file name.");
      return String(value).toWellFormed();
    }
    if (value instanceof File && filename === undefined) return value;
    return fileOf(value, filename ?? "blob");
  }
  append(...given) {
    const [name, value] = given;
    if (given.length < 2) throw new TypeError("append wants a name and a value.");
    this.#entries.push([String(name).toWellFormed(), this.#value(value, given[2])]);
  }
  set(...given) {
    const [name, value] = given;
    if (given.length < 2) throw new TypeError("set wants a name and a value.");
    const entry = [String(name).toWellFormed(), this.#value(value, given[2])];
    const at = this.#entries.findIndex(own => own[0] === entry[0]);
    if (at < 0) this.#entries.push(entry);
    else this.#entries = this.#entries.with(at, entry).filter((own, nth) => nth <= at || own[0] !== entry[0]);
  }
  delete(name) { this.#entries = this.#entries.filter(entry => entry[0] !== String(name)); }
  get(name) { return this.#entries.find(entry => entry[0] === String(name))?.[1] ?? null; }
  getAll(name) { return this.#entries.filter(entry => entry[0] === String(name)).map(entry => entry[1]); }
  has(name) { return this.#entries.some(entry => entry[0] === String(name)); }
  forEach(callback, self) { for (const [name, value] of this) callback.call(self, value, name, this); }
  *entries() { for (const [name, value] of this.#entries) yield [name, value]; }
  *keys() { for (const [name] of this.#entries) yield name; }
  *values() { for (const [, value] of this.#entries) yield value; }
  [Symbol.iterator]() { return this.entries(); }
}

/** https://html.spec.whatwg.org/#multipart-form-data */
function multipart(form) {
  const boundary = `----crossorigin${host.random_name()}`;
  const lines = text => text.replace(/\r\n|\r|\n/g, "\r\n");
  const quote = text => text.replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/"/g, "%22");
  const pieces = [];
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quote(lines(name))}"`;
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

/** The entries of a multipart body; throws where it is none. */
function parseMultipart(bytes, boundary) {
  const refuse = why => { throw new TypeError(`The body is no multipart form: ${why}.`); };
  if (!boundary) refuse("its type names no boundary");
  const text = bytesToBinary(bytes);
  const delimiter = `--${boundary}`;
  const decode = binary => decodeUtf8(binaryToBytes(binary));
  const unquote = quoted => decode(quoted).replace(/%0A/gi, "\n").replace(/%0D/gi, "\r").replace(/%22/g, "\"");
  const form = new FormData();
  if (!text.startsWith(delimiter)) refuse("it does not begin with its boundary");
  let at = delimiter.length;
  for (;;) {
    if (/^--(\r\n|$)/.test(text.slice(at, at + 4))) return form;
    if (!text.startsWith("\r\n", at)) refuse("a boundary does not end its line");
    const endOfHead = text.indexOf("\r\n\r\n", at);
    if (endOfHead < 0) refuse("a part has no end of its head");
    const head = endOfHead === at ? "" : text.slice(at + 2, endOfHead);
    let [name, filename, type] = [null, null, "text/plain"];
    for (const line of head.split("\r\n")) {
      const colon = line.indexOf(":");
      if (colon < 1) refuse("a line of a head is no header");
      const value = line.slice(colon + 1).trim();
      const field = line.slice(0, colon).trim().toLowerCase();
      if (field === "content-type") type = value;
      if (field === "content-disposition") {
        const found = /^form-data; *name="([^"]*)"(?:; *filename="([^"]*)")?/i.exec(value) ?? refuse("a part has no name");
        [name, filename] = [unquote(found[1]), found[2] === undefined ? null : unquote(found[2])];
      }
    }
    if (name === null) refuse("a part has no name");
    const end = text.indexOf(`\r\n${delimiter}`, endOfHead + 2);
    if (end < 0) refuse("a part does not end");
    const content = text.slice(endOfHead + 4, Math.max(end, endOfHead + 4));
    if (filename === null) form.append(name, decode(content));
    else form.append(name, new File([binaryToBytes(content)], filename, { type }));
    at = end + 2 + delimiter.length;
  }
}

expose({ FormData });
