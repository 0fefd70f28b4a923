// Runs the cases that the server hands out, and reports what script saw. The servers saw the rest.

const CONCURRENT = 12;
const PATIENCE = 10_000;

const stage = document.querySelector("#stage");
const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));
const error = { result: "error", status: 0, headers: [], readable: false };
const load = readable => ({ result: "load", status: 0, headers: [], readable });

async function byFetch(ask, url, names) {
  let response;
  try {
    const { method, headers, body, credentials, mode, redirect } = ask;
    response = await fetch(url, { method, headers, body, credentials, mode, redirect });
  } catch {
    return error;
  }
  const text = await response.text().catch(() => "");
  const seen = [...response.headers.keys()].filter(name => names.includes(name)).sort();
  return { result: response.type, status: response.status, headers: [...new Set(seen)], readable: text !== "" };
}

function byXhr(ask, url, names) {
  return new Promise(done => {
    const xhr = new XMLHttpRequest();
    xhr.open(ask.method, url);
    xhr.withCredentials = ask.crossorigin === "use-credentials";
    for (const [name, value] of ask.headers) xhr.setRequestHeader(name, value);
    if (ask.upload) xhr.upload.onprogress = () => {};
    xhr.onerror = xhr.onabort = xhr.ontimeout = () => done(error);
    xhr.onload = () => {
      const lines = xhr.getAllResponseHeaders().split("\r\n").filter(Boolean);
      const seen = lines.map(line => line.slice(0, line.indexOf(":")).toLowerCase());
      const headers = [...new Set(seen)].filter(name => names.includes(name)).sort();
      done({ result: "load", status: xhr.status, headers, readable: xhr.responseText !== "" });
    };
    xhr.send(ask.body);
  });
}

/** Waits for an element to load or to fail. */
function element(name, properties, ask) {
  return new Promise(done => {
    const element = document.createElement(name);
    if (ask.crossorigin !== null) element.crossOrigin = ask.crossorigin;
    element.onload = () => done(element);
    element.onerror = () => done(null);
    Object.assign(element, properties);
    if (name !== "img") stage.append(element);
  });
}

async function byImage(ask, url) {
  const image = await element("img", { src: url }, ask);
  if (!image) return error;
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  canvas.drawImage(image, 0, 0);
  try {
    canvas.getImageData(0, 0, 1, 1);
    return load(true);
  } catch {
    return load(false);
  }
}

async function byScript(ask, url, module) {
  const script = await element("script", { src: url, type: module ? "module" : "" }, ask);
  script?.remove();
  return script;
}

async function byStylesheet(ask, url) {
  const link = await element("link", { rel: "stylesheet", href: url }, ask);
  if (!link) return error;
  try {
    return load(link.sheet.cssRules.length > 0);
  } catch {
    return load(false);
  } finally {
    link.remove();
  }
}

async function byFontFace(ask, url) {
  try {
    await new FontFace("lab", `url(${JSON.stringify(url)})`).load();
    return load(true);
  } catch {
    return error;
  }
}

function byEventSource(ask, url) {
  return new Promise(done => {
    const source = new EventSource(url, { withCredentials: ask.crossorigin === "use-credentials" });
    const end = seen => {
      source.close();
      done(seen);
    };
    source.onopen = () => end(load(true));
    source.onerror = () => end(error);
  });
}

async function run(ask, url, names) {
  switch (ask.as) {
    case "fetch": return byFetch(ask, url, names);
    case "xhr": return byXhr(ask, url, names);
    case "image": return byImage(ask, url);
    case "script": return (await byScript(ask, url, false)) ? load(false) : error;
    case "module": return (await byScript(ask, url, true)) ? load(false) : error;
    case "stylesheet": return byStylesheet(ask, url);
    case "font-face": return byFontFace(ask, url);
    case "eventsource": return byEventSource(ask, url);
    default: throw new Error(`nobody asks as ${ask.as}`);
  }
}

async function runCase({ number, attempt, url, names, asks }) {
  const seen = [];
  for (const ask of asks) {
    if (ask.after) await pause(ask.after);
    const late = pause(PATIENCE).then(() => ({ ...error, result: "late" }));
    seen.push(await Promise.race([run(ask, url, names), late]));
  }
  return { number, attempt, asks: seen };
}

async function runAll(cases) {
  const reports = [];
  const lane = async () => {
    for (let next = cases.shift(); next; next = cases.shift()) {
      try {
        reports.push(await runCase(next));
      } catch (problem) {
        reports.push({ number: next.number, attempt: next.attempt, asks: [{ ...error, result: `page: ${problem}` }] });
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, lane));
  return reports;
}

const byId = id => document.getElementById(id);

function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** What was seen and sent, a line each. */
function lines({ asks, wire }) {
  const seen = asks.map(({ result, status, headers, readable }) =>
    [`script: ${result}`, status || "", readable ? "readable" : "", headers.join(" ")].filter(Boolean).join(" "));
  const sent = wire.map(({ hop, method, origin, request_method, request_headers, authorization, cookie }) =>
    [
      `hop ${hop}: ${method}`,
      origin && `origin ${origin}`,
      request_method && `asks for ${request_method}`,
      request_headers && `with ${request_headers}`,
      authorization && "authorization",
      cookie && "cookie",
    ].filter(Boolean).join(", "));
  return [...seen, ...sent];
}

function side(title, own, others) {
  const marked = own.map(line => make("span", { className: others.includes(line) ? "" : "other" }, `${line}\n`));
  return make("div", {}, make("h4", {}, title), make("pre", {}, ...marked));
}

function disagreement({ number, judgement, case: words, observed, foretold, steps }) {
  const [seen, told] = [lines(observed), lines(foretold)];
  const sides = [side("This browser", seen, told), side("Foretold", told, seen)];
  if (steps) sides.push(side("The algorithm's steps", steps, steps));
  const title = judgement ? `Case ${number}: ${judgement}` : `Case ${number}`;
  return make("article", {}, make("h3", {}, title), make("pre", {}, words), make("div", { className: "sides" }, ...sides));
}

function show(standing) {
  const { total, agree, explained, unexplained, unsteady, entries, over } = standing;
  const done = agree + explained + unexplained.length + unsteady.length;
  const bar = document.querySelector("progress");
  [bar.max, bar.value] = [total, done];
  byId("agree").textContent = agree;
  byId("explained").textContent = explained;
  byId("unexplained").textContent = unexplained.length;
  byId("unsteady").textContent = unsteady.length;
  byId("status").textContent = over ? `All ${total} cases are done.` : `${done} of ${total} cases are done.`;
  const rows = Object.entries(entries).map(([entry, [count, smallest]]) =>
    make("tr", {}, make("td", {}, entry), make("td", {}, count), make("td", {}, smallest)));
  byId("entries").replaceChildren(...rows);
  if (unexplained.length > byId("disagreements").querySelectorAll("article").length) {
    byId("disagreements").replaceChildren(...unexplained.slice(0, 50).map(disagreement));
  }
}

const report = async reports => (await fetch("report", { method: "POST", body: JSON.stringify(reports) })).json();

byId("replay").addEventListener("submit", async event => {
  event.preventDefault();
  const number = event.target.elements.number.value;
  const described = await (await fetch(`replay/${encodeURIComponent(number)}`)).json();
  const told = await report([await runCase(described)]);
  byId("replayed").replaceChildren(...told.map(disagreement));
});

// Twice: the first sets a cookie, the second shows whether it comes along.
for (const origin of JSON.parse(document.body.dataset.origins)) {
  for (const _ of [1, 2]) await fetch(`${origin}/cookie`, { credentials: "include" });
}
for (;;) {
  const standing = await (await fetch("batch")).json();
  show(standing);
  if (standing.over) break;
  if (standing.cases.length === 0) await pause(100);
  else await report(await runAll(standing.cases));
}
document.title = "crossorigin lab: done";
