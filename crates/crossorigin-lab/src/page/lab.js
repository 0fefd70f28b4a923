// Fetches cases from the server, has them run, reports what came of them, and shows how it stands.

import { pause, runAll, runCase } from "./run.js";

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
