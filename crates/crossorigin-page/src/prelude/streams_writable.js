// Writable streams: https://streams.spec.whatwg.org/#ws

class WritableStream {
  #state = {
    state: "writable", error: undefined, writer: null, controller: null, backpressure: false, requests: [],
    writing: null, closing: null, closeRequest: null, aborting: null,
  };
  constructor(sink, strategy) {
    if (sink === MAKING) return;
    sink = dictionary(sink, "The sink");
    strategy = dictionary(strategy, "The strategy");
    if (sink.type !== undefined) throw new RangeError("A sink has no type yet.");
    const [start, write, close, abort] = ["start", "write", "close", "abort"].map(name => method(sink, name));
    setUpWritable(this.#state, { start, write, close, abort, size: sizeAlgorithm(strategy), mark: highWaterMark(strategy, 1) });
  }
  get locked() { return this.#state.writer !== null; }
  abort(reason) {
    if (this.locked) return Promise.reject(new TypeError("The stream is locked."));
    return abortWritable(this.#state, reason);
  }
  close() {
    if (this.locked) return Promise.reject(new TypeError("The stream is locked."));
    return attempt(() => closeWritable(this.#state));
  }
  getWriter() { return new WritableStreamDefaultWriter(this); }
  static _state(stream) { return stream.#state; }
}
const { _state: writableState } = WritableStream;
delete WritableStream._state;

/** A stream of the user agent's own. */
function makeWritable({ mark = 1, size = () => 1, ...algorithms }) {
  const stream = new WritableStream(MAKING);
  setUpWritable(writableState(stream), { mark, size, ...algorithms });
  return stream;
}

const isClosing = stream => Boolean(stream.closeRequest || stream.closing);

class WritableStreamDefaultController {
  #own;
  constructor(making, own) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#own = own;
  }
  get signal() { return this.#own.abortController.signal; }
  error(error) { if (this.#own.stream.state === "writable") failWritable(this.#own.stream, error); }
}

const CLOSE = Symbol("close");

function setUpWritable(stream, { start, write, close, abort, size, mark }) {
  const own = { stream, size, mark, write, close, abort, queue: new Queue(), started: false, abortController: new AbortController() };
  stream.controller = own;
  own.object = new WritableStreamDefaultController(MAKING, own);
  setBackpressure(stream, mark - own.queue.total <= 0);
  Promise.resolve(start?.(own.object)).then(() => {
    own.started = true;
    advance(own);
  }, error => {
    own.started = true;
    dealWithRejection(stream, error);
  });
}

function setBackpressure(stream, value) {
  const { writer } = stream;
  if (writer && value !== stream.backpressure) {
    if (value) writer.ready = settleable();
    else writer.ready.resolve();
  }
  stream.backpressure = value;
}

/** Does what is next in the queue. */
function advance(own) {
  const { stream } = own;
  if (!own.started || stream.writing) return;
  if (stream.state === "erroring") {
    finishErroring(stream);
    return;
  }
  if (own.queue.items.length === 0 || stream.state !== "writable") return;
  if (own.queue.items[0].value === CLOSE) finishClose(own);
  else finishWrite(own, own.queue.items[0].value);
}

function finishWrite(own, chunk) {
  const { stream } = own;
  stream.writing = stream.requests.shift();
  attempt(() => own.write?.(chunk, own.object)).then(() => {
    stream.writing.resolve();
    stream.writing = null;
    own.queue.take();
    if (!isClosing(stream) && stream.state === "writable") setBackpressure(stream, own.mark - own.queue.total <= 0);
    advance(own);
  }, error => {
    if (stream.state === "writable") forgetAlgorithms(own);
    stream.writing.reject(error);
    stream.writing = null;
    dealWithRejection(stream, error);
  });
}

function finishClose(own) {
  const { stream } = own;
  [stream.closing, stream.closeRequest] = [stream.closeRequest, null];
  own.queue.take();
  const closed = attempt(() => own.close?.());
  forgetAlgorithms(own);
  closed.then(() => {
    stream.closing.resolve();
    stream.closing = null;
    if (stream.state === "erroring") {
      stream.error = undefined;
      stream.aborting?.done.resolve();
      stream.aborting = null;
    }
    stream.state = "closed";
    stream.writer?.closed.resolve();
  }, error => {
    stream.closing.reject(error);
    stream.closing = null;
    stream.aborting?.done.reject(error);
    stream.aborting = null;
    dealWithRejection(stream, error);
  });
}

function forgetAlgorithms(own) { own.write = own.close = own.abort = undefined; own.size = () => 1; }

function dealWithRejection(stream, error) {
  if (stream.state === "writable") startErroring(stream, error);
  else finishErroring(stream);
}
function failWritable(stream, error) {
  forgetAlgorithms(stream.controller);
  startErroring(stream, error);
}
function startErroring(stream, error) {
  [stream.state, stream.error] = ["erroring", error];
  if (stream.writer) failReady(stream.writer, error);
  if (!stream.writing && !stream.closing && stream.controller.started) finishErroring(stream);
}
function finishErroring(stream) {
  if (stream.state !== "erroring" || stream.writing || stream.closing) return;
  stream.state = "errored";
  const own = stream.controller;
  own.queue.clear();
  for (const request of stream.requests.splice(0)) request.reject(stream.error);
  const { aborting } = stream;
  stream.aborting = null;
  if (!aborting) {
    rejectClosed(stream);
    return;
  }
  if (aborting.wasErroring) {
    aborting.done.reject(stream.error);
    rejectClosed(stream);
    return;
  }
  const { abort } = own;
  forgetAlgorithms(own);
  attempt(() => abort?.(aborting.reason)).then(() => {
    aborting.done.resolve();
    rejectClosed(stream);
  }, error => {
    aborting.done.reject(error);
    rejectClosed(stream);
  });
}
function rejectClosed(stream) {
  stream.closeRequest?.reject(stream.error);
  stream.closeRequest = null;
  stream.writer?.closed.reject(stream.error);
}
function failReady(writer, error) {
  writer.ready.reject(error);
  writer.ready = rejectedWith(error);
}

function abortWritable(stream, reason) {
  if (["closed", "errored"].includes(stream.state)) return Promise.resolve();
  stream.controller.abortController.abort(reason);
  if (["closed", "errored"].includes(stream.state)) return Promise.resolve();
  if (stream.aborting) return stream.aborting.done.promise;
  const wasErroring = stream.state === "erroring";
  const done = settleable();
  stream.aborting = { done, reason: wasErroring ? undefined : reason, wasErroring };
  if (!wasErroring) startErroring(stream, reason);
  return done.promise;
}

function closeWritable(stream) {
  if (["closed", "errored"].includes(stream.state) || isClosing(stream)) throw new TypeError("The stream is closed, or is being closed.");
  stream.closeRequest = settleable();
  if (stream.writer && stream.backpressure && stream.state === "writable") stream.writer.ready.resolve();
  const done = stream.closeRequest.promise;
  stream.controller.queue.add(CLOSE, 0);
  advance(stream.controller);
  return done;
}

function writeChunk(writer, chunk) {
  const { stream } = writer;
  const own = stream.controller;
  let size = 1;
  try { size = own.size(chunk); } catch (error) { if (stream.state === "writable") failWritable(stream, error); }
  if (stream !== writer.stream) throw new TypeError("The writer was released.");
  if (stream.state === "errored") throw stream.error;
  if (isClosing(stream) || stream.state === "closed") throw new TypeError("The stream is closed, or is being closed.");
  if (stream.state === "erroring") throw stream.error;
  const request = settleable();
  stream.requests.push(request);
  try {
    own.queue.add(chunk, size);
    if (!isClosing(stream) && stream.state === "writable") setBackpressure(stream, own.mark - own.queue.total <= 0);
    advance(own);
  } catch (error) {
    if (stream.state === "writable") failWritable(stream, error);
  }
  return request.promise;
}

function acquireWriter(stream) {
  if (stream.writer) throw new TypeError("The stream is locked.");
  const writer = { stream, ready: settleable(), closed: settleable() };
  stream.writer = writer;
  if (stream.state === "writable") {
    if (isClosing(stream) || !stream.backpressure) writer.ready.resolve();
  } else if (stream.state === "erroring") writer.ready.reject(stream.error);
  else if (stream.state === "closed") {
    writer.ready.resolve();
    writer.closed.resolve();
  } else {
    writer.ready.reject(stream.error);
    writer.closed.reject(stream.error);
  }
  return writer;
}
function releaseWriter(writer) {
  const { stream } = writer;
  if (!stream) return;
  const error = new TypeError("The writer was released.");
  failReady(writer, error);
  writer.closed.reject(error);
  writer.closed = rejectedWith(error);
  stream.writer = writer.stream = null;
}

class WritableStreamDefaultWriter {
  #own;
  constructor(stream) {
    if (!(stream instanceof WritableStream)) throw new TypeError("A writer wants a WritableStream.");
    this.#own = acquireWriter(writableState(stream));
  }
  #stream() {
    if (!this.#own.stream) throw new TypeError("The writer was released.");
    return this.#own.stream;
  }
  get closed() { return this.#own.closed.promise; }
  get ready() { return this.#own.ready.promise; }
  get desiredSize() {
    const stream = this.#stream();
    if (["errored", "erroring"].includes(stream.state)) return null;
    return stream.state === "closed" ? 0 : stream.controller.mark - stream.controller.queue.total;
  }
  abort(reason) { return attempt(() => abortWritable(this.#stream(), reason)); }
  close() { return attempt(() => closeWritable(this.#stream())); }
  write(chunk) {
    return attempt(() => {
      this.#stream();
      return writeChunk(this.#own, chunk);
    });
  }
  releaseLock() { releaseWriter(this.#own); }
}

function pipeOptions(options) {
  const { preventAbort, preventCancel, preventClose, signal } = dictionary(options, "The options");
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError("signal is no AbortSignal.");
  return { preventAbort: Boolean(preventAbort), preventCancel: Boolean(preventCancel), preventClose: Boolean(preventClose), signal };
}

/** Pipes a stream to another, until one of them is at its end: https://streams.spec.whatwg.org/#readable-stream-pipe-to */
function pipe(source, target, { preventAbort, preventCancel, preventClose, signal }) {
  const reader = acquireReader(source);
  const writer = acquireWriter(target);
  source.disturbed = true;
  const done = settleable();
  let isEnding = false;
  let lastWrite = Promise.resolve();
  const finish = error => {
    releaseWriter(writer);
    releaseReader(reader);
    if (signal && aborted) removeAbortSteps(signal, aborted);
    if (error) done.reject(error.reason);
    else done.resolve();
  };
  // What was read is written before anything else happens.
  const end = async (action, error) => {
    if (isEnding) return;
    isEnding = true;
    if (target.state === "writable" && !isClosing(target)) await lastWrite.then(undefined, () => {});
    try { await action?.(); } catch (reason) { error = { reason }; }
    finish(error);
  };
  const aborted = signal && (() => {
    const { reason } = signal;
    const actions = [];
    if (!preventAbort) actions.push(() => (target.state === "writable" ? abortWritable(target, reason) : undefined));
    if (!preventCancel) actions.push(() => (source.state === "readable" ? cancelReadable(source, reason) : undefined));
    end(() => Promise.all(actions.map(action => action())), { reason });
  });
  if (signal?.aborted) {
    aborted();
    return done.promise;
  }
  if (signal) addAbortSteps(signal, aborted);
  const whenSourceFails = reason => end(preventAbort ? undefined : () => abortWritable(target, reason), { reason });
  const whenTargetFails = reason => end(preventCancel ? undefined : () => cancelReadable(source, reason), { reason });
  const whenSourceCloses = () => end(preventClose ? undefined : () => {
    if (target.state === "errored") throw target.error;
    if (isClosing(target) || target.state === "closed") return undefined;
    return closeWritable(target);
  });
  const targetIsClosed = () => isClosing(target) || target.state === "closed";
  if (source.state === "errored") whenSourceFails(source.error);
  else reader.closed.promise.then(undefined, reason => { if (source.state === "errored") whenSourceFails(reason); });
  if (["errored", "erroring"].includes(target.state)) whenTargetFails(target.error);
  else writer.closed.promise.then(undefined, reason => { if (target.state === "errored") whenTargetFails(reason); });
  if (source.state === "closed") whenSourceCloses();
  else reader.closed.promise.then(whenSourceCloses, () => {});
  if (targetIsClosed()) {
    const reason = new TypeError("The stream to pipe to is closed.");
    end(preventCancel ? undefined : () => cancelReadable(source, reason), { reason });
  }
  (async () => {
    for (;;) {
      await writer.ready.promise;
      if (isEnding) return;
      const { value, done } = await read(reader);
      if (done) return;
      if (!writer.stream) return;
      lastWrite = lookAway(writeChunk(writer, value));
    }
  })().catch(() => {});
  return done.promise;
}
