// Readable streams: https://streams.spec.whatwg.org/#rs

/** A promise, and what settles it. Nobody has to look after it. */
function settleable() {
  const own = {};
  own.promise = new Promise((resolve, reject) => { [own.resolve, own.reject] = [resolve, reject]; });
  own.promise.then(undefined, () => {});
  return own;
}
function rejectedWith(reason) {
  const own = settleable();
  own.reject(reason);
  return own;
}
/** What steps give or throw, as a promise. */
function attempt(steps) {
  try { return Promise.resolve(steps()); } catch (error) { return Promise.reject(error); }
}
const lookAway = promise => { promise.then(undefined, () => {}); return promise; };

function method(object, name) {
  const value = object[name];
  if (value === undefined) return undefined;
  if (typeof value !== "function") throw new TypeError(`${name} is no function.`);
  return (...parameters) => value.apply(object, parameters);
}
function highWaterMark({ highWaterMark: mark }, fallback) {
  if (mark === undefined) return fallback;
  if (!(Number(mark) >= 0)) throw new RangeError("A high water mark is a number, zero or more.");
  return Number(mark);
}
function sizeAlgorithm({ size }) {
  if (size === undefined) return () => 1;
  if (typeof size !== "function") throw new TypeError("size is no function.");
  return chunk => size(chunk);
}

class Queue {
  items = [];
  total = 0;
  add(value, size) {
    size = Number(size);
    if (!(size >= 0) || size === Infinity) throw new RangeError("A chunk has a size that is finite, zero or more.");
    this.items.push({ value, size });
    this.total += size;
  }
  take() {
    const { value, size } = this.items.shift();
    this.total = Math.max(0, this.total - size);
    return value;
  }
  clear() { [this.items, this.total] = [[], 0]; }
}

class ReadableStream {
  #state = { state: "readable", error: undefined, reader: null, controller: null, disturbed: false };
  constructor(source, strategy) {
    if (source === MAKING) return;
    source = dictionary(source, "The source");
    strategy = dictionary(strategy, "The strategy");
    const type = source.type;
    if (type !== undefined && String(type) !== "bytes") throw new TypeError("A source is of the type bytes, or of none.");
    const start = method(source, "start"), pull = method(source, "pull"), cancel = method(source, "cancel");
    if (type === undefined) {
      setUpDefaultController(this.#state, { start, pull, cancel, size: sizeAlgorithm(strategy), mark: highWaterMark(strategy, 1) });
    } else {
      if (strategy.size !== undefined) throw new RangeError("A stream of bytes has no size function.");
      const auto = source.autoAllocateChunkSize === undefined ? undefined : Number(source.autoAllocateChunkSize);
      if (auto !== undefined && !(Number.isInteger(auto) && auto > 0)) throw new TypeError("autoAllocateChunkSize is a whole number above zero.");
      setUpByteController(this.#state, { start, pull, cancel, mark: highWaterMark(strategy, 0), auto });
    }
  }
  get locked() { return this.#state.reader !== null; }
  cancel(reason) {
    if (this.locked) return Promise.reject(new TypeError("The stream is locked."));
    return cancelReadable(this.#state, reason);
  }
  getReader(options) {
    const { mode } = dictionary(options, "The options");
    if (mode === undefined) return new ReadableStreamDefaultReader(this);
    if (String(mode) !== "byob") throw new TypeError("A reader is of the mode byob, or of none.");
    return new ReadableStreamBYOBReader(this);
  }
  pipeThrough(transform, options) {
    const { readable, writable } = dictionary(transform, "The transform");
    if (!(readable instanceof ReadableStream) || !(writable instanceof WritableStream)) throw new TypeError("A transform has a readable and a writable side.");
    const settings = pipeOptions(options);
    if (this.locked || writable.locked) throw new TypeError("The stream is locked.");
    lookAway(pipe(this.#state, writableState(writable), settings));
    return readable;
  }
  pipeTo(destination, options) {
    return attempt(() => {
      if (!(destination instanceof WritableStream)) throw new TypeError("pipeTo wants a WritableStream.");
      const settings = pipeOptions(options);
      if (this.locked || destination.locked) throw new TypeError("The stream is locked.");
      return pipe(this.#state, writableState(destination), settings);
    });
  }
  tee() { return teeReadable(this.#state, false); }
  values(options) { return streamIterator(this, Boolean(dictionary(options, "The options").preventCancel)); }
  [Symbol.asyncIterator](options) { return this.values(options); }
  static from(iterable) {
    const isAsync = iterable?.[Symbol.asyncIterator];
    const make = isAsync ?? iterable?.[Symbol.iterator];
    if (typeof make !== "function") throw new TypeError("ReadableStream.from wants something to iterate over.");
    const iterator = make.call(iterable);
    return makeReadable({
      mark: 0,
      async pull(controller) {
        const step = await iterator.next();
        if (typeof step !== "object" || step === null) throw new TypeError("The iterator gave no object.");
        if (step.done) closeDefault(controller);
        else enqueueDefault(controller, isAsync ? step.value : await step.value);
      },
      async cancel(reason) { await iterator.return?.(reason); },
    });
  }
  static _state(stream) { return stream.#state; }
}
const { _state: readableState } = ReadableStream;
delete ReadableStream._state;

/** A stream of the user agent's own: bytes, where `bytes` is set. */
function makeReadable({ bytes = false, mark = bytes ? 0 : 1, size = () => 1, ...algorithms }) {
  const stream = new ReadableStream(MAKING);
  const setUp = bytes ? setUpByteController : setUpDefaultController;
  setUp(readableState(stream), { mark, size, isInternal: true, ...algorithms });
  return stream;
}

function closeReadable(stream) {
  stream.state = "closed";
  const { reader } = stream;
  if (!reader) return;
  reader.closed.resolve();
  if (!reader.byob) for (const request of reader.requests.splice(0)) request.close();
}
function errorReadable(stream, error) {
  [stream.state, stream.error] = ["errored", error];
  const { reader } = stream;
  if (!reader) return;
  reader.closed.reject(error);
  for (const request of reader.requests.splice(0)) request.error(error);
}
function cancelReadable(stream, reason) {
  stream.disturbed = true;
  if (stream.state === "closed") return Promise.resolve();
  if (stream.state === "errored") return Promise.reject(stream.error);
  closeReadable(stream);
  if (stream.reader?.byob) for (const request of stream.reader.requests.splice(0)) request.close(undefined);
  return stream.controller.cancelSteps(reason).then(() => undefined);
}

// The default controller.

class ReadableStreamDefaultController {
  #own;
  constructor(making, own) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#own = own;
  }
  get desiredSize() { return desiredSize(this.#own); }
  close() {
    if (!takesMore(this.#own)) throw new TypeError("The stream is closed.");
    closeDefault(this.#own);
  }
  enqueue(chunk) {
    if (!takesMore(this.#own)) throw new TypeError("The stream is closed.");
    enqueueDefault(this.#own, chunk);
  }
  error(error) { errorDefault(this.#own, error); }
}

const takesMore = own => !own.closeRequested && own.stream.state === "readable";
function desiredSize({ stream, mark, queue }) {
  return stream.state === "errored" ? null : stream.state === "closed" ? 0 : mark - queue.total;
}

function setUpDefaultController(stream, { start, pull, cancel, size, mark, isInternal }) {
  const own = { stream, size, mark, pull, cancel, isInternal, queue: new Queue(), started: false, pulling: false, again: false, closeRequested: false };
  stream.controller = own;
  own.object = new ReadableStreamDefaultController(MAKING, own);
  own.pullSteps = request => {
    if (own.queue.items.length === 0) {
      stream.reader.requests.push(request);
      pullIfNeeded(own);
      return;
    }
    const chunk = own.queue.take();
    if (own.closeRequested && own.queue.items.length === 0) {
      own.pull = own.cancel = undefined;
      closeReadable(stream);
    } else pullIfNeeded(own);
    request.chunk(chunk);
  };
  own.cancelSteps = reason => {
    own.queue.clear();
    const { cancel } = own;
    own.pull = own.cancel = undefined;
    return attempt(() => cancel?.(reason));
  };
  own.releaseSteps = () => {};
  own.fail = error => errorDefault(own, error);
  startController(own, start);
}

/** Starts a controller, of bytes or not. What `start` throws is thrown. */
function startController(own, start) {
  Promise.resolve(start?.(own.isInternal ? own : own.object)).then(() => {
    own.started = true;
    pullIfNeeded(own);
  }, own.fail);
}

function shouldPull(own) {
  if (!takesMore(own) || !own.started) return false;
  return own.stream.reader?.requests.length > 0 || desiredSize(own) > 0;
}
function pullIfNeeded(own) {
  if (!shouldPull(own)) return;
  if (own.pulling) {
    own.again = true;
    return;
  }
  own.pulling = true;
  attempt(() => own.pull?.(own.isInternal ? own : own.object)).then(() => {
    own.pulling = false;
    if (own.again) {
      own.again = false;
      pullIfNeeded(own);
    }
  }, own.fail);
}
function closeDefault(own) {
  if (!takesMore(own)) return;
  own.closeRequested = true;
  if (own.queue.items.length > 0) return;
  own.pull = own.cancel = undefined;
  closeReadable(own.stream);
}
function enqueueDefault(own, chunk) {
  if (!takesMore(own)) return;
  const requests = own.stream.reader?.requests ?? [];
  if (requests.length > 0) requests.shift().chunk(chunk);
  else {
    try { own.queue.add(chunk, own.size(chunk)); } catch (error) {
      errorDefault(own, error);
      throw error;
    }
  }
  pullIfNeeded(own);
}
function errorDefault(own, error) {
  if (own.stream.state !== "readable") return;
  own.queue.clear();
  own.pull = own.cancel = undefined;
  errorReadable(own.stream, error);
}

// Readers.

/** Locks a stream for a reader. */
function acquireReader(stream, byob = false) {
  if (stream.reader) throw new TypeError("The stream is locked.");
  const reader = { stream, byob, requests: [], closed: settleable() };
  stream.reader = reader;
  if (stream.state === "closed") reader.closed.resolve();
  if (stream.state === "errored") reader.closed.reject(stream.error);
  return reader;
}
function readChunk(reader, request) {
  const { stream } = reader;
  stream.disturbed = true;
  if (stream.state === "closed") request.close();
  else if (stream.state === "errored") request.error(stream.error);
  else stream.controller.pullSteps(request);
}
function releaseReader(reader) {
  const { stream } = reader;
  if (!stream) return;
  const error = new TypeError("The reader was released.");
  if (stream.state === "readable") reader.closed.reject(error);
  else reader.closed = rejectedWith(error);
  stream.controller.releaseSteps();
  stream.reader = reader.stream = null;
  for (const request of reader.requests.splice(0)) request.error(error);
}
/** The next chunk, as script's readers give it. */
function read(reader) {
  if (!reader.stream) return Promise.reject(new TypeError("The reader was released."));
  return new Promise((resolve, reject) => readChunk(reader, {
    chunk: value => resolve({ value, done: false }),
    close: () => resolve({ value: undefined, done: true }),
    error: reject,
  }));
}

class StreamReader {
  #own;
  constructor(making, stream, byob) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#own = acquireReader(readableState(stream), byob);
  }
  get closed() { return this.#own.closed.promise; }
  cancel(reason) {
    if (!this.#own.stream) return Promise.reject(new TypeError("The reader was released."));
    return cancelReadable(this.#own.stream, reason);
  }
  releaseLock() { releaseReader(this.#own); }
  static _own(reader) { return reader.#own; }
}
const { _own: readerState } = StreamReader;
delete StreamReader._own;

class ReadableStreamDefaultReader extends StreamReader {
  constructor(stream) {
    if (!(stream instanceof ReadableStream)) throw new TypeError("A reader wants a ReadableStream.");
    super(MAKING, stream, false);
  }
  read() { return attempt(() => read(readerState(this))); }
}
