// Requests that script makes by itself, and what it sees of them.

export const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));
export const error = { result: "error", status: 0, headers: [], readable: false };
export const load = readable => ({ result: "load", status: 0, headers: [], readable });

/** Asks each origin twice: the first sets a cookie, the second shows whether it comes along. */
export async function learnCookies(origins, realm) {
  for (const origin of origins) {
    for (const _ of [1, 2]) await fetch(`${origin}/cookie/${realm}`, { credentials: "include" });
  }
}

/** The names of the scripted headers among those that script sees. */
const seenNames = (seen, scripted) => [...new Set(seen)].filter(name => scripted.includes(name)).sort();

function bodyOf({ body }) {
  if (!body) return undefined;
  return body.type === undefined ? "body" : new Blob(["body"], { type: body.type });
}

export async function byFetch(ask, url, names) {
  let response;
  try {
    const { method, headers, credentials, mode, redirect } = ask;
    response = await fetch(url, { method, headers, body: bodyOf(ask), credentials, mode, redirect });
  } catch {
    return error;
  }
  const text = await response.text().catch(() => "");
  const headers = seenNames(response.headers.keys(), names);
  return { result: response.type, status: response.status, headers, readable: text !== "" };
}

export function byXhr(ask, url, names) {
  return new Promise(done => {
    const xhr = new XMLHttpRequest();
    xhr.onerror = xhr.onabort = xhr.ontimeout = () => done(error);
    xhr.onload = () => {
      const lines = xhr.getAllResponseHeaders().split("\r\n").filter(Boolean);
      const headers = seenNames(lines.map(line => line.slice(0, line.indexOf(":")).toLowerCase()), names);
      done({ result: "load", status: xhr.status, headers, readable: xhr.responseText !== "" });
    };
    try {
      xhr.open(ask.method, url);
      xhr.withCredentials = ask.crossorigin === "use-credentials";
      for (const [name, value] of ask.headers) xhr.setRequestHeader(name, value);
      if (ask.upload) xhr.upload.onprogress = () => {};
      xhr.send(bodyOf(ask));
    } catch {
      done(error);
    }
  });
}

export function byEventSource(ask, url) {
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

/** Script does not see what comes of it: the servers say when nothing more is likely to come. */
export async function byBeacon(ask, url, settled) {
  if (!navigator.sendBeacon(url, bodyOf(ask))) return { ...error, result: "refused" };
  await fetch(settled);
  return { ...error, result: "sent" };
}

export async function byFontFace(url) {
  try {
    await new FontFace("lab", `url(${JSON.stringify(url)})`).load();
    return load(true);
  } catch {
    return error;
  }
}
