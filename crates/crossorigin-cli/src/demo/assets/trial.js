// One demonstration: its stage, its state, and what went over the wire.

import { exchanges, ledger } from "./wire.js";

const hosts = { ...document.body.dataset };
const names = { shared: "The shared host", third: "The third host" };
export const words = {
  waiting: "Waiting",
  running: "Running …",
  ok: "Allowed",
  blocked: "Blocked, as it should be",
  failed: "Not as it should be",
};

/** What a trial came to. */
export const ok = detail => ({ state: "ok", detail });
export const blocked = detail => ({ state: "blocked", detail });

export const explain = error => `${error.name}: ${error.message}`;

/** Blocked, if `act` throws what the browser throws to protect a host's data. */
export async function expectSecurityError(act) {
  try {
    await act();
  } catch (error) {
    if (error.name === "SecurityError") return blocked(explain(error));
    throw error;
  }
  return ok("No error: the data got out.");
}

function icon(state) {
  const image = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${state}`);
  image.setAttribute("aria-hidden", "true");
  image.dataset.state = state;
  image.append(use);
  return image;
}

/** An element with properties and children. */
export function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

export class Trial {
  changed = () => {};

  /** `run(context)` does it, in `context.stage`; `run.most` is how many exchanges are shown, and
   *  `run.decides` names the headers that decide. */
  constructor(element, run) {
    this.element = element;
    this.run = run;
    element.append(document.querySelector("template#trial").content.cloneNode(true));
    const { host, title } = element.dataset;
    element.querySelector(".from use").setAttribute("href", `#mark-${host}`);
    element.querySelector(".from span").textContent = title ?? names[host];
    this.stage = element.querySelector(".stage");
    this.ledger = element.querySelector(".ledger");
    this.reset();
  }

  get state() {
    return this.element.dataset.state;
  }

  icon() {
    return icon(this.state);
  }

  reset() {
    this.stage.replaceChildren();
    this.ledger.replaceChildren();
    this.set("waiting", "");
  }

  set(state, detail) {
    this.element.dataset.detail = detail;
    this.element.dataset.state = state;
    this.element.setAttribute("aria-busy", state === "running");
    this.element.querySelector(".state svg").replaceWith(icon(state));
    this.element.querySelector(".state span").textContent = words[state];
    this.element.querySelector(".detail").textContent = detail;
    this.changed();
  }

  async start() {
    const { demo, host, expect } = this.element.dataset;
    // A tag of its own for every run: it finds the exchanges again, and no cache answers in the host's place.
    const tag = `${demo}.${Date.now().toString(36)}`;
    const url = path => `${hosts[host]}${path}?trial=${tag}`;
    this.reset();
    this.set("running", "");
    let result;
    try {
      const progress = text => (this.element.querySelector(".detail").textContent = text);
      result = await this.run({ stage: this.stage, url, tag, progress });
      if (result.state !== expect) result = { state: "failed", detail: `This should have been ${expect}, but was ${result.state}: ${result.detail}` };
    } catch (error) {
      result = { state: "failed", detail: explain(error) };
    }
    const seen = await exchanges(tag).catch(() => ({ count: 0, exchanges: [] }));
    ledger(this.ledger, seen, this.run);
    this.set(result.state, result.detail);
  }
}
