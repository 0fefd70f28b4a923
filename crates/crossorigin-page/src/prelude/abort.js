// AbortController and AbortSignal: https://dom.spec.whatwg.org/#aborting-ongoing-activities

class AbortSignal extends EventTarget {
  #reason; #steps = new Set(); #sources = new Set(); #dependents = new Set();
  constructor(making) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    super();
  }
  get aborted() { return this.#reason !== undefined; }
  get reason() { return this.#reason; }
  throwIfAborted() { if (this.aborted) throw this.#reason; }
  static abort(reason) {
    const signal = new AbortSignal(MAKING);
    abortSignal(signal, reason);
    return signal;
  }
  static timeout(milliseconds) {
    const wait = Number(milliseconds);
    if (!(wait >= 0) || wait > Number.MAX_SAFE_INTEGER) throw new TypeError("A time-out is a number of milliseconds, zero or more.");
    const signal = new AbortSignal(MAKING);
    // It keeps no page alive that has nothing else to do.
    waiting.set(host.timer(wait, true), () => abortSignal(signal, new DOMException("The operation timed out.", "TimeoutError")));
    return signal;
  }
  static any(signals) { return dependentSignal([...signals]); }
  static _abort(signal, reason = new DOMException("The operation was aborted.", "AbortError")) {
    if (signal.aborted) return;
    signal.#reason = reason;
    const dependents = [...signal.#dependents].filter(one => !one.aborted);
    // All of them are aborted before any of them is told.
    for (const one of dependents) one.#reason = reason;
    for (const one of [signal, ...dependents]) {
      const steps = [...one.#steps];
      one.#steps.clear();
      for (const step of steps) step();
      fire(one, "abort");
    }
  }
  static _dependent(signals) {
    const signal = new AbortSignal(MAKING);
    for (const one of signals) {
      if (!(one instanceof AbortSignal)) throw new TypeError("It wants AbortSignals.");
    }
    const aborted = signals.find(one => one.aborted);
    if (aborted) {
      signal.#reason = aborted.#reason;
      return signal;
    }
    for (const one of signals) {
      // A signal that depends on others stands for them.
      for (const source of one.#sources.size > 0 ? one.#sources : [one]) {
        signal.#sources.add(source);
        source.#dependents.add(signal);
      }
    }
    return signal;
  }
  static _add(signal, step) { if (!signal.aborted) signal.#steps.add(step); }
  static _remove(signal, step) { signal.#steps.delete(step); }
}
const { _abort: abortSignal, _dependent: dependentSignal, _add: addAbortSteps, _remove: removeAbortSteps } = AbortSignal;
for (const name of ["_abort", "_dependent", "_add", "_remove"]) delete AbortSignal[name];
defineHandlers(AbortSignal.prototype, "abort");

class AbortController {
  #signal = new AbortSignal(MAKING);
  get signal() { return this.#signal; }
  abort(reason) { abortSignal(this.#signal, reason); }
}

expose({ AbortSignal, AbortController });
