// Requests by script: fetch, XMLHttpRequest, EventSource.

import { blocked, explain, make, ok } from "./trial.js";

/** Signs in: the API sets its cookie, and gives a token for what changes something. */
export async function signIn(url) {
  const response = await fetch(url("/api/session"), { method: "POST", credentials: "include" });
  return (await response.json()).csrf;
}

/** What decides where credentials are along. */
export const withCookie = ["access-control-allow-origin", "access-control-allow-credentials"];

/** A list that grows while things happen. */
function steps(stage) {
  const list = make("ol", { className: "steps" });
  stage.append(list);
  return (what, came = "") => {
    const result = make("span", { className: "came" }, came);
    list.append(make("li", {}, make("span", {}, what), result));
    return text => (result.textContent = text);
  };
}

async function fetched({ stage, url }) {
  const step = steps(stage);
  const csrf = await signIn(url);
  step("POST session", "cookie and token");
  const note = url("/api/notes/1");
  const put = await fetch(note, {
    method: "PUT",
    credentials: "include",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify({ text: "Hello from another origin" }),
  });
  step("PUT note", `${put.status}`);
  const [etag, revision] = [put.headers.get("etag"), put.headers.get("x-revision")];
  step("its ETag", `${etag}, exposed`);
  step("its X-Revision", revision === null ? "not exposed" : revision);
  const removed = await fetch(note, { method: "DELETE", credentials: "include" });
  step("DELETE note", `${removed.status}`);
  const gone = await fetch(note, { credentials: "include" });
  step("GET note", `${gone.status}, and readable`);
  const seen = [put.status, removed.status, gone.status].join(", ");
  if (seen !== "200, 204, 404" || !etag || revision !== null) throw new Error(`Statuses ${seen}, ETag ${etag}, X-Revision ${revision}`);
  return ok(`PUT 200, DELETE 204, GET 404 read by script: “${(await gone.text()).trim()}”`);
}
fetched.decides = withCookie;

async function fetchRefused({ stage, url }) {
  const step = steps(stage);
  try {
    const response = await fetch(url("/api/notes/1"), { method: "PATCH", credentials: "include", body: "{}" });
    step("PATCH note", `${response.status}`);
    return ok(`PATCH was answered with ${response.status}`);
  } catch (error) {
    step("PATCH note", error.name);
    return blocked(explain(error));
  }
}

/** Writes every event of a request down; the same one in a row is counted. */
function listen(request, step) {
  const names = [];
  let set, states;
  const note = name => {
    const repeated = name === names.at(-1);
    names.push(name);
    states = repeated ? [...states, request.readyState] : [request.readyState];
    if (!repeated) set = step(name);
    if (name === "readystatechange") set(states.join(", "));
    else if (repeated) set(`× ${states.length}`);
  };
  for (const name of ["loadstart", "progress", "load", "error", "abort", "timeout", "loadend"]) {
    request.addEventListener(name, () => note(name));
    request.upload.addEventListener(name, () => note(`upload.${name}`));
  }
  request.addEventListener("readystatechange", () => note("readystatechange"));
  return names;
}

const UPLOAD = 24 * 1024 * 1024;

function xhr({ stage, url, progress }) {
  const bar = make("progress", { max: UPLOAD, value: 0, ariaLabel: "Upload" });
  stage.append(bar);
  const step = steps(stage);
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    const names = listen(request, step);
    request.upload.addEventListener("progress", ({ loaded }) => {
      bar.value = loaded;
      progress(`${(loaded / 1024 / 1024).toFixed(1)} of ${UPLOAD / 1024 / 1024} MB`);
    });
    request.addEventListener("loadend", () => {
      if (request.status !== 200) return failed(new Error(`Status ${request.status}`));
      const { bytes } = JSON.parse(request.responseText);
      const count = names.filter(name => name === "upload.progress").length;
      if (bytes !== UPLOAD || !count) return failed(new Error(`${bytes} bytes arrived, with ${count} progress events`));
      done(ok(`The API counted ${bytes.toLocaleString("en")} bytes; ${names.length} events, ${count} of them upload progress`));
    });
    request.open("POST", url("/api/upload"));
    request.withCredentials = true;
    request.send(new Blob([new Uint8Array(UPLOAD)]));
  });
}

xhr.decides = withCookie;

function xhrRefused({ stage, url }) {
  const step = steps(stage);
  return new Promise(done => {
    const request = new XMLHttpRequest();
    const names = listen(request, step);
    request.addEventListener("loadend", () => {
      const seen = `status ${request.status}, ${request.responseText.length} characters`;
      done(names.includes("error") ? blocked(`The error event says no more than ${seen}`) : ok(seen));
    });
    request.open("POST", url("/api/upload"));
    request.send(new Blob([new Uint8Array(16)]));
  });
}

async function events({ stage, url }) {
  await signIn(url);
  const step = steps(stage);
  return new Promise((done, failed) => {
    const source = new EventSource(url("/api/events"), { withCredentials: true });
    const seen = [];
    source.onopen = () => step("open");
    source.onerror = () => {
      if (source.readyState === EventSource.CONNECTING) return step("error", "comes back by itself");
      failed(new Error("The stream was refused"));
    };
    source.addEventListener("tick", ({ data, lastEventId }) => {
      const { id, visitor } = JSON.parse(data);
      seen.push(id);
      step(`tick ${lastEventId}`, visitor ? "visitor known" : "visitor unknown");
      if (!visitor) failed(new Error("The cookie did not arrive"));
      if (id < 6) return;
      source.close();
      done(ok(`Events ${seen.join(", ")}, over two connections`));
    });
  });
}

events.decides = withCookie;

function eventsRefused({ stage, url }) {
  const step = steps(stage);
  return new Promise(done => {
    const source = new EventSource(url("/api/events"));
    source.onopen = () => {
      source.close();
      done(ok("The stream opened"));
    };
    source.onerror = () => {
      const closed = source.readyState === EventSource.CLOSED;
      step("error", closed ? "closed for good" : "will come back");
      source.close();
      done(blocked("The error event says nothing; the source is closed for good"));
    };
  });
}

export const trials = {
  fetch: fetched,
  "fetch-refused": fetchRefused,
  xhr,
  "xhr-refused": xhrRefused,
  events,
  "events-refused": eventsRefused,
};
