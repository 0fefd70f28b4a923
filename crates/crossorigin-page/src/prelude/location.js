// Where the page is, and where it was. A page is opened once: what would lead to another is told, and not followed. Frames
// are led wherever they may be.

let pageUrl = new URL(host.page_url());
/** The entries of the session, of which one is shown. */
const visited = [{ url: pageUrl.href, state: null }];
let shown = 0;

/** Makes another URL that of the page, whose origin it has. */
function moveTo(url, state) {
  const from = pageUrl;
  pageUrl = url;
  if (from.href === url.href) return;
  if (state !== undefined) fire(globalThis, new (uiEvents().PopStateEvent)("popstate", { state }));
  if (from.hash !== url.hash && state !== undefined) {
    queueTask(() => fire(globalThis, new (uiEvents().HashChangeEvent)("hashchange", { oldURL: from.href, newURL: url.href })));
  }
}

const isFragmentOf = (url, from) => url.href.includes("#") && url.href.split("#")[0] === from.href.split("#")[0];

const tellOfLeaving = to => host.log("warn", `The page leads to ${to}, which is not followed: a page is opened once.`);

/** Leads a frame to a URL. */
function lead(frame, to) {
  if (/^javascript:/i.test(to)) return host.log("warn", `${to.slice(0, 60)} is not run: URLs of scripts lead nowhere here.`);
  const problem = host.navigate_frame(frame, to);
  if (problem) throw new DOMException(problem, "SecurityError");
}

/** Leads a frame to where script says, seen from here. */
function leadTo(frame, to) {
  const url = URL.parse(String(to), document.baseURI);
  if (!url) throw new DOMException(`${JSON.stringify(String(to))} is no URL.`, "SyntaxError");
  lead(frame, url.href);
}

function navigate(to, replaces = false) {
  const url = URL.parse(String(to), document.baseURI);
  if (!url) throw new DOMException(`${JSON.stringify(String(to))} is no URL.`, "SyntaxError");
  if (!isFragmentOf(url, pageUrl)) return lead(host.own_frame(), url.href);
  if (url.href === pageUrl.href) return;
  remember({ url: url.href, state: null }, replaces);
  moveTo(url, null);
}

function remember(entry, replaces) {
  if (replaces) {
    visited[shown] = entry;
    return;
  }
  shown += 1;
  visited.splice(shown, visited.length, entry);
}

class Location {
  constructor() { throw new TypeError("Illegal constructor"); }
}
const location = Object.create(Location.prototype);
for (const part of ["href", "origin", "protocol", "host", "hostname", "port", "pathname", "search", "hash"]) {
  Object.defineProperty(location, part, {
    enumerable: true,
    get: () => pageUrl[part],
    set(value) {
      if (part === "origin") return;
      if (part === "href") return navigate(value);
      const url = new URL(pageUrl.href);
      url[part] = value;
      navigate(part === "hash" && url.hash === "" ? `${url.href}#` : url.href);
    },
  });
}
for (const [name, value] of Object.entries({
  assign: url => navigate(url),
  replace: url => navigate(url, true),
  reload() {
    if (host.parent_of(host.own_frame()) !== undefined && pageUrl.protocol !== "about:") lead(host.own_frame(), pageUrl.href);
    else host.log("warn", "The page would reload, which is not followed: a page is opened once.");
  },
  toString: () => pageUrl.href,
})) {
  Object.defineProperty(location, name, { value, enumerable: true });
}

class History {
  constructor() { throw new TypeError("Illegal constructor"); }
  get length() { return visited.length; }
  get state() { return visited[shown].state; }
  pushState(state, title, url) { writeHistory(state, url, false); }
  replaceState(state, title, url) { writeHistory(state, url, true); }
  go(steps = 0) {
    queueTask(() => {
      const at = shown + Math.trunc(steps);
      if (at === shown || !visited[at]) return;
      shown = at;
      moveTo(new URL(visited[at].url), visited[at].state);
    });
  }
  back() { this.go(-1); }
  forward() { this.go(1); }
}

function writeHistory(state, to, replaces) {
  const url = to === undefined || to === null ? pageUrl : URL.parse(String(to), document.baseURI);
  if (!url || url.origin !== pageUrl.origin || url.username !== pageUrl.username || url.password !== pageUrl.password) {
    throw new DOMException(`A page of ${pageUrl.origin} can't be at ${to}.`, "SecurityError");
  }
  remember({ url: url.href, state: structuredClone(state) }, replaces);
  moveTo(url);
}

expose({ Location, History, history: Object.create(History.prototype) });
Object.defineProperty(globalThis, "location", { get: () => location, set: url => navigate(url) });
