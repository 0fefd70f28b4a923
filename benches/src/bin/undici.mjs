// Node's fetch, which checks nothing: for every line with a number, fetches so many times, and says how many
// nanoseconds a fetch took.
import { createInterface } from "node:readline";

const url = process.argv[2];
for await (const line of createInterface({ input: process.stdin })) {
  const count = Number(line);
  const begin = process.hrtime.bigint();
  for (let nth = 0; nth < count; nth++) {
    const response = await fetch(url, { headers: { origin: "https://app.example" } });
    await response.arrayBuffer();
  }
  console.log(Number(process.hrtime.bigint() - begin) / count);
}
