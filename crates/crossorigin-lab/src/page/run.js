// Runs cases, and tells what script saw of them. The servers saw the rest.

const CONCURRENT = 12;
const PATIENCE = 10_000;

const stage = document.querySelector("#stage");

export const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));
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

/** Asks for all that one case asks for. */
export async function runCase({ number, attempt, url, names, asks }) {
  const seen = [];
  for (const ask of asks) {
    if (ask.after) await pause(ask.after);
    const late = pause(PATIENCE).then(() => ({ ...error, result: "late" }));
    seen.push(await Promise.race([run(ask, url, names), late]));
  }
  return { number, attempt, asks: seen };
}

/** Runs many cases, some at a time. */
export async function runAll(cases) {
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
