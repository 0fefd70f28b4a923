// What went over the wire, as the hosts themselves saw it; a page's script is not shown its own preflights.

import { make } from "./trial.js";

const spelled = { etag: "ETag", "x-csrf-token": "X-CSRF-Token", "last-event-id": "Last-Event-ID" };
const asked = ["origin", "access-control-request-method", "access-control-request-headers", "x-csrf-token", "cookie", "last-event-id"];
const allowed = ["access-control-allow-methods", "access-control-allow-headers"];
const answered = /^(access-control-|vary$|etag$|set-cookie$)/;

/** How many exchanges a run made, and the first of them. */
export async function exchanges(tag) {
  const response = await fetch(`/wire?trial=${tag}`);
  return response.json();
}

/** Writes exchanges into an element; those that decide are open, and the headers by which they do are marked. */
export function ledger(element, { count, exchanges }, { most = 6, decides = ["access-control-allow-origin"] }) {
  const shown = exchanges.slice(0, most);
  if (!shown.length) return element.replaceChildren();
  // What decides is the last answer to a request that said its origin; to a plain one nothing was promised at all.
  const deciding = shown.findLast(({ request }) => valueOf(request, "origin")) ?? shown.at(-1);
  const preflight = shown.find(({ method }) => method === "OPTIONS");
  const list = make("ol", { className: "exchanges" });
  for (const exchange of shown) {
    list.append(entry(exchange, exchange === deciding || exchange === preflight ? decides : []));
  }
  element.replaceChildren(list);
  if (count > shown.length) {
    element.append(make("p", { className: "more" }, `and ${(count - shown.length).toLocaleString("en")} more like ${shown.length === 1 ? "this" : "these"}`));
  }
}

function entry({ method, path, status, request, response }, decides) {
  if (decides.length && method === "OPTIONS") decides = [...decides, ...allowed.filter(name => valueOf(response, name) !== undefined)];
  const rows = make("dl");
  for (const name of asked) {
    const value = valueOf(request, name);
    const decisive = decides.includes(name) ? " decides" : "";
    if (value !== undefined) rows.append(row(`asked${decisive}`, name, shorten(name, value)));
    else if (name === "origin" || decisive) rows.append(row(`asked absent${decisive}`, name, "not sent"));
  }
  const exposed = valueOf(response, "access-control-expose-headers") ?? "";
  const told = ([name]) => answered.test(name) && (name !== "etag" || exposed.includes(name));
  for (const name of decides.filter(name => answered.test(name))) {
    const value = valueOf(response, name);
    rows.append(value === undefined ? row("answered absent decides", name, "not sent") : row("answered decides", name, value));
  }
  for (const [name, value] of response.filter(told)) {
    if (!decides.includes(name)) rows.append(row("answered", name, shorten(name, value)));
  }
  const line = make("summary", {}, make("b", {}, method), " ", make("span", { className: "path" }, path), " ");
  if (method === "OPTIONS") line.append(make("span", { className: "preflight" }, "preflight"), " ");
  line.append(make("span", { className: "status" }, String(status)));
  return make("li", {}, make("details", { open: decides.length > 0 }, line, rows));
}

function row(className, name, value) {
  const said = className.startsWith("asked") ? "request: " : "response: ";
  return make("div", { className }, make("dt", {}, make("span", { className: "unseen" }, said), title(name)), make("dd", {}, value));
}

const valueOf = (headers, name) => headers.find(([given]) => given === name)?.[1];

const title = name => spelled[name] ?? name.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase());

/** Secrets of the demo are no secrets, but long. */
function shorten(name, value) {
  return /cookie|csrf/.test(name) ? value.replace(/[0-9a-f]{12,}/g, digits => `${digits.slice(0, 6)}…`) : value;
}
