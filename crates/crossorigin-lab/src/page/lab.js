// Fetches cases from the server, has them run, reports what came of them, and shows how it stands.

import { learnCookies, pause, runAll, runCase } from "./run.js";

const { origins, visit } = document.body.dataset;
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
  return [...sent, ...seen];
}

/** Lines of which those that the other side lacks are marked. */
function trace(own, other) {
  const marked = own.map(line => make("span", { className: other.includes(line) ? "" : "other" }, line));
  return make("pre", {}, ...marked);
}

const NAMES = { standard: "The standard", chromium: "Chromium's profile", firefox: "Firefox's profile", webkit: "WebKit's profile" };

function disagreement({ number, judgement, case: words, observed, foretold }) {
  const own = lines(observed);
  const sides = [make("div", {}, make("h4", {}, "This browser"), trace(own, lines(foretold.at(-1).observed)))];
  for (const [nth, { profile, observed, steps }] of foretold.entries()) {
    const told = lines(observed);
    const others = foretold[nth === 0 ? foretold.length - 1 : 0].steps;
    const walked = make("details", { open: true }, make("summary", {}, "Steps"), trace(steps, others));
    sides.push(make("div", {}, make("h4", {}, NAMES[profile]), trace(told, own), walked));
  }
  const asked = make("details", {}, make("summary", {}, "What is asked and answered"), make("pre", {}, words));
  const all = make("div", { className: "sides" }, ...sides);
  return make("article", {}, make("h3", {}, `Case ${number}: ${judgement}`), asked, all);
}

async function replay(number) {
  byId("replay").elements.number.value = number;
  byId("replayed").replaceChildren(make("p", {}, `Case ${number} is running …`));
  const described = await (await fetch(`replay/${encodeURIComponent(number)}`)).json();
  const told = await report([await runCase(described)]);
  byId("replayed").replaceChildren(...told.map(disagreement));
  byId("replay-title").scrollIntoView();
}

function show({ browser, total, agree, explained, unexplained, unsteady, entries, disagreements, over }) {
  const done = agree + explained + unexplained + unsteady.length;
  const bar = document.querySelector("progress");
  [bar.max, bar.value] = [total, done];
  const counts = { browser, agree, explained, unexplained, unsteady: unsteady.length };
  for (const [id, count] of Object.entries(counts)) byId(id).textContent = count.toLocaleString("en");
  const [all, far] = [total.toLocaleString("en"), done.toLocaleString("en")];
  byId("status").textContent = over ? `All ${all} cases are done.` : `${far} of ${all} cases are done.`;
  const rows = entries.map(({ id, what, cases, smallest }) => {
    const button = make("button", { type: "button", onclick: () => replay(smallest) }, `Case ${smallest}`);
    const name = make("td", {}, make("code", {}, id), make("p", {}, what));
    return make("tr", {}, name, make("td", {}, cases.toLocaleString("en")), make("td", {}, button));
  });
  byId("entries").replaceChildren(...rows);
  if (disagreements.length > byId("disagreements").querySelectorAll("article").length) {
    byId("disagreements").replaceChildren(...disagreements.map(disagreement));
  }
}

const report = async reports => (await fetch("report", { method: "POST", body: JSON.stringify(reports) })).json();

byId("replay").addEventListener("submit", event => {
  event.preventDefault();
  replay(event.target.elements.number.value);
});

await learnCookies(JSON.parse(origins), "page");
for (;;) {
  const batch = await fetch(`batch/${visit}`);
  if (batch.status === 409) {
    byId("status").textContent = "Another page took over this lab. Reload to begin anew here.";
    break;
  }
  const standing = await batch.json();
  show(standing);
  if (standing.over) break;
  if (standing.cases.length === 0) await pause(100);
  else await report(await runAll(standing.cases));
}
document.title = "crossorigin lab: done";
