// Readable streams of bytes: https://streams.spec.whatwg.org/#rbs-controller-class

class ReadableByteStreamController {
  #own;
  constructor(making, own) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#own = own;
  }
  get byobRequest() {
    const own = this.#own;
    const first = own.intos[0];
    if (!own.byobRequest && first) {
      const view = new Uint8Array(first.buffer, first.offset + first.filled, first.length - first.filled);
      own.byobRequest = new ReadableStreamBYOBRequest(MAKING, own, view);
    }
    return own.byobRequest;
  }
  get desiredSize() { return desiredSize(this.#own); }
  close() {
    if (!takesMore(this.#own)) throw new TypeError("The stream is closed.");
    closeByte(this.#own);
  }
  enqueue(chunk) {
    if (!ArrayBuffer.isView(chunk)) throw new TypeError("A stream of bytes takes views of buffers.");
    if (chunk.byteLength === 0) throw new TypeError("A chunk of bytes is not empty.");
    if (!takesMore(this.#own)) throw new TypeError("The stream is closed.");
    enqueueByte(this.#own, chunk);
  }
  error(error) { errorByte(this.#own, error); }
}

class ReadableStreamBYOBRequest {
  #own; #view;
  constructor(making, own, view) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    [this.#own, this.#view] = [own, view];
  }
  get view() { return this.#own ? this.#view : null; }
  respond(count) {
    if (!this.#own) throw new TypeError("The request was answered already.");
    if (!Number.isInteger(Number(count)) || count < 0) throw new TypeError("The number of bytes is a whole one, zero or more.");
    if (this.#view.buffer.detached) throw new TypeError("The buffer is detached.");
    respondByte(this.#own, Number(count));
  }
  respondWithNewView(view) {
    if (!this.#own) throw new TypeError("The request was answered already.");
    if (!ArrayBuffer.isView(view) || view.buffer.detached) throw new TypeError("It wants a view of a buffer.");
    const first = this.#own.intos[0];
    if (this.#own.stream.state === "closed" ? view.byteLength !== 0 : view.byteLength === 0) throw new TypeError("The view has the wrong length.");
    if (first.offset + first.filled !== view.byteOffset) throw new RangeError("The view begins at another place.");
    if (first.size !== view.buffer.byteLength) throw new RangeError("The view is of a buffer of another length.");
    if (first.filled + view.byteLength > first.length) throw new RangeError("The view is too long.");
    const count = view.byteLength;
    first.buffer = view.buffer.transfer();
    respondByte(this.#own, count, true);
  }
  static _end(request) { request.#own = undefined; }
}
const { _end: endByobRequest } = ReadableStreamBYOBRequest;
delete ReadableStreamBYOBRequest._end;

function dropByobRequest(own) {
  if (own.byobRequest) endByobRequest(own.byobRequest);
  own.byobRequest = null;
}

function setUpByteController(stream, { start, pull, cancel, mark, auto, isInternal }) {
  const own = {
    stream, mark, pull, cancel, auto, isInternal, isOfBytes: true, queue: new Queue(), intos: [], byobRequest: null,
    started: false, pulling: false, again: false, closeRequested: false,
  };
  stream.controller = own;
  own.object = new ReadableByteStreamController(MAKING, own);
  own.pullSteps = request => {
    if (own.queue.total > 0) {
      request.chunk(nextBytes(own));
      return;
    }
    if (own.auto !== undefined) {
      const buffer = new ArrayBuffer(own.auto);
      own.intos.push({ buffer, size: own.auto, offset: 0, length: own.auto, filled: 0, minimum: 1, element: 1, View: Uint8Array, by: "default" });
    }
    stream.reader.requests.push(request);
    pullIfNeeded(own);
  };
  own.cancelSteps = reason => {
    dropByobRequest(own);
    own.intos = [];
    own.queue.clear();
    const { cancel } = own;
    own.pull = own.cancel = undefined;
    return attempt(() => cancel?.(reason));
  };
  own.releaseSteps = () => {
    if (own.intos.length === 0) return;
    own.intos[0].by = "none";
    own.intos.length = 1;
  };
  own.fail = error => errorByte(own, error);
  startController(own, start);
}

/** The first bytes of the queue. */
function nextBytes(own) {
  const bytes = own.queue.take();
  afterTaking(own);
  return bytes;
}
function afterTaking(own) {
  if (own.queue.total === 0 && own.closeRequested) {
    own.pull = own.cancel = undefined;
    closeReadable(own.stream);
  } else pullIfNeeded(own);
}

function closeByte(own) {
  if (!takesMore(own)) return;
  if (own.queue.total > 0) {
    own.closeRequested = true;
    return;
  }
  const first = own.intos[0];
  if (first && first.filled % first.element !== 0) {
    const error = new TypeError("The stream ended within an element of the view.");
    errorByte(own, error);
    throw error;
  }
  own.pull = own.cancel = undefined;
  closeReadable(own.stream);
}
/** Closes, and lets go of the views that were to be filled. */
function endByte(own) {
  closeByte(own);
  if (own.intos.length > 0) respondByte(own, 0);
}
function errorByte(own, error) {
  if (own.stream.state !== "readable") return;
  dropByobRequest(own);
  own.intos = [];
  own.queue.clear();
  own.pull = own.cancel = undefined;
  errorReadable(own.stream, error);
}
function enqueueByte(own, chunk) {
  if (!takesMore(own)) return;
  const { byteOffset, byteLength } = chunk;
  let bytes = new Uint8Array(chunk.buffer.transfer(), byteOffset, byteLength);
  dropByobRequest(own);
  const first = own.intos[0];
  if (first) {
    first.buffer = first.buffer.transfer();
    if (first.by === "none") {
      if (first.filled > 0) enqueueBytes(own, new Uint8Array(first.buffer.slice(first.offset, first.offset + first.filled)));
      own.intos.shift();
    }
  }
  const { reader } = own.stream;
  if (reader && !reader.byob) {
    while (own.queue.total > 0 && reader.requests.length > 0) reader.requests.shift().chunk(nextBytes(own));
    if (reader.requests.length === 0) enqueueBytes(own, bytes);
    else {
      if (own.intos[0]?.by === "default") own.intos.shift();
      reader.requests.shift().chunk(bytes);
    }
  } else {
    enqueueBytes(own, bytes);
    if (reader) for (const into of fillIntos(own)) commitInto(own, into);
  }
  pullIfNeeded(own);
}
const enqueueBytes = (own, bytes) => own.queue.add(bytes, bytes.byteLength);

/** Fills what readers wait to have filled; those that are done. */
function fillIntos(own) {
  const done = [];
  while (own.intos.length > 0 && own.queue.total > 0 && fillInto(own, own.intos[0])) done.push(own.intos.shift());
  return done;
}
/** Fills from the queue; whether that is enough. */
function fillInto(own, into) {
  const before = into.filled;
  const most = Math.min(own.queue.total, into.length - into.filled);
  const aligned = (before + most) - ((before + most) % into.element);
  const enough = aligned >= into.minimum;
  let left = enough ? aligned - before : most;
  const target = new Uint8Array(into.buffer);
  while (left > 0) {
    const head = own.queue.items[0];
    const part = head.value.subarray(0, left);
    target.set(part, into.offset + into.filled);
    if (part.byteLength === head.value.byteLength) own.queue.take();
    else {
      head.value = head.value.subarray(part.byteLength);
      head.size -= part.byteLength;
      own.queue.total -= part.byteLength;
    }
    into.filled += part.byteLength;
    left -= part.byteLength;
  }
  return enough;
}
function viewOf(into) {
  return new into.View(into.buffer.transfer(), into.offset, into.filled / into.element);
}
function commitInto(own, into) {
  const isDone = own.stream.state === "closed";
  const request = own.stream.reader.requests.shift();
  if (isDone) request.close(viewOf(into));
  else request.chunk(viewOf(into));
}

function respondByte(own, count, isNewView = false) {
  const first = own.intos[0];
  if (own.stream.state === "closed") {
    if (count !== 0) throw new TypeError("The stream is closed: nothing can be filled in.");
  } else {
    if (count === 0) throw new TypeError("Nothing was filled in.");
    if (first.filled + count > first.length) throw new RangeError("More was filled in than there is room.");
  }
  if (!isNewView) first.buffer = first.buffer.transfer();
  dropByobRequest(own);
  if (own.stream.state === "closed") {
    if (first.by === "none") own.intos.shift();
    if (own.stream.reader?.byob) {
      while (own.stream.reader.requests.length > 0 && own.intos.length > 0) commitInto(own, own.intos.shift());
    }
    return;
  }
  first.filled += count;
  if (first.by === "none") {
    own.intos.shift();
    enqueueBytes(own, new Uint8Array(first.buffer.slice(first.offset, first.offset + first.filled)));
    for (const into of fillIntos(own)) commitInto(own, into);
  } else if (first.filled >= first.minimum) {
    own.intos.shift();
    const rest = first.filled % first.element;
    if (rest > 0) {
      const end = first.offset + first.filled;
      enqueueBytes(own, new Uint8Array(first.buffer.slice(end - rest, end)));
      first.filled -= rest;
    }
    const filled = fillIntos(own);
    commitInto(own, first);
    for (const into of filled) commitInto(own, into);
  }
  pullIfNeeded(own);
}

class ReadableStreamBYOBReader extends StreamReader {
  constructor(stream) {
    if (!(stream instanceof ReadableStream)) throw new TypeError("A reader wants a ReadableStream.");
    if (!readableState(stream).controller.isOfBytes) throw new TypeError("The stream is not one of bytes.");
    super(MAKING, stream, true);
  }
  read(view, options) {
    return attempt(() => {
      if (!ArrayBuffer.isView(view)) throw new TypeError("read wants a view to fill.");
      if (view.byteLength === 0 || view.buffer.detached) throw new TypeError("The view is empty.");
      const element = view instanceof DataView ? 1 : view.BYTES_PER_ELEMENT;
      const minimum = Number(dictionary(options, "The options").min ?? 1);
      if (!(minimum > 0)) throw new TypeError("min is above zero.");
      if (minimum > view.byteLength / element) throw new RangeError("min is more than the view holds.");
      const reader = readerState(this);
      if (!reader.stream) throw new TypeError("The reader was released.");
      return new Promise((resolve, reject) => readInto(reader, view, element, minimum * element, {
        chunk: value => resolve({ value, done: false }),
        close: value => resolve({ value, done: true }),
        error: reject,
      }));
    });
  }
}

function readInto(reader, view, element, minimum, request) {
  const { stream } = reader;
  const own = stream.controller;
  stream.disturbed = true;
  if (stream.state === "errored") {
    request.error(stream.error);
    return;
  }
  const View = view.constructor;
  const { byteOffset: offset, byteLength: length } = view;
  const buffer = view.buffer.transfer();
  const into = { buffer, size: buffer.byteLength, offset, length, filled: 0, minimum, element, View, by: "byob" };
  if (own.intos.length > 0) {
    own.intos.push(into);
    reader.requests.push(request);
    return;
  }
  if (stream.state === "closed") {
    request.close(new View(buffer, offset, 0));
    return;
  }
  if (own.queue.total > 0) {
    if (fillInto(own, into)) {
      afterTaking(own);
      request.chunk(viewOf(into));
      return;
    }
    if (own.closeRequested) {
      const error = new TypeError("The stream ended within an element of the view.");
      errorByte(own, error);
      request.error(error);
      return;
    }
  }
  own.intos.push(into);
  reader.requests.push(request);
  pullIfNeeded(own);
}
