// Runs the demonstrations: cards one after another, the trials of a card together.

import { Trial, make, words } from "./trial.js";
import { trials as pictures } from "./pictures.js";
import { trials as styles } from "./styles.js";
import { trials as texture } from "./texture.js";
import { trials as requests } from "./requests.js";

const runs = { ...pictures, ...styles, ...texture, ...requests };
const cards = [...document.querySelectorAll(".card")].map(card => {
  const trials = [...card.querySelectorAll(".trial")].map(element => new Trial(element, runs[element.dataset.demo]));
  return { card, trials };
});
const all = cards.flatMap(({ trials }) => trials);
const tally = document.querySelector("#tally");
const again = document.querySelector("#again");

function count() {
  const having = state => all.filter(trial => trial.state === state).length;
  const [ok, blocked, failed] = ["ok", "blocked", "failed"].map(having);
  const done = ok + blocked + failed;
  tally.dataset.done = done === all.length;
  tally.setAttribute("aria-busy", done < all.length);
  if (done < all.length) tally.textContent = `${done} of ${all.length} done …`;
  else if (failed) tally.textContent = `${failed} of ${all.length} did not come out as they should.`;
  else tally.textContent = `All ${all.length} came out as they should: ${ok} allowed, ${blocked} blocked.`;
}

async function run({ card, trials }) {
  const button = card.querySelector("button.rerun");
  // Not `disabled`, which would take the focus away.
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  await Promise.all(trials.map(trial => trial.start()));
  button.removeAttribute("aria-disabled");
}

async function runAll() {
  if (again.getAttribute("aria-disabled") === "true") return;
  again.setAttribute("aria-disabled", "true");
  for (const trial of all) trial.reset();
  for (const card of cards) await run(card);
  again.removeAttribute("aria-disabled");
}

for (const entry of cards) {
  const { card, trials } = entry;
  const title = card.querySelector("h3");
  title.id = `${card.id}-title`;
  card.setAttribute("aria-labelledby", title.id);

  const button = document.createElement("button");
  button.type = "button";
  button.className = "rerun";
  button.textContent = "Run again";
  button.setAttribute("aria-describedby", title.id);
  button.addEventListener("click", () => run(entry));
  card.querySelector(".code").after(button);

  const link = document.createElement("a");
  link.href = `#${card.id}`;
  const mark = document.createElement("span");
  mark.className = "marks";
  link.append(title.textContent, mark);
  const item = document.createElement("li");
  item.append(link);
  document.querySelector("#contents").append(item);

  const update = () => {
    const said = trials.map(trial => words[trial.state]).join(", ");
    mark.replaceChildren(...trials.map(trial => trial.icon()), make("span", { className: "unseen" }, `: ${said}`));
    count();
  };
  for (const trial of trials) trial.changed = update;
  update();
}

again.addEventListener("click", runAll);
document.querySelector("#policy").textContent = await (await fetch("/policy.toml")).text();
await runAll();
