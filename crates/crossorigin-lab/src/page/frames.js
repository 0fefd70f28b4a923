// The frames in which some cases run. Each tells by a message port what its script saw.

const SOURCES = {
  "srcdoc": text => ({ srcdoc: text }),
  "sandboxed": () => ({ sandbox: "allow-scripts", src: "frame" }),
  "sandboxed-srcdoc": text => ({ sandbox: "allow-scripts", srcdoc: text }),
  "data": text => ({ src: `data:text/html,${encodeURIComponent(text)}` }),
};

const opened = new Map();

async function open(realm) {
  const text = await (await fetch("frame")).text();
  const frame = document.createElement("iframe");
  Object.assign(frame, { title: realm, tabIndex: -1 }, SOURCES[realm](text));
  // It has to be in sight, or its styles would load nothing.
  frame.style = "position: fixed; inset: auto auto 0 0; width: 40px; height: 30px; border: 0; opacity: .01";
  await new Promise(done => {
    frame.onload = done;
    document.body.append(frame);
  });
  const { port1: port, port2 } = new MessageChannel();
  const waiting = new Map();
  const ready = new Promise(done => waiting.set("ready", done));
  port.onmessage = ({ data: { id, report } }) => {
    waiting.get(id)(report);
    waiting.delete(id);
  };
  frame.contentWindow.postMessage({ realm, origins: JSON.parse(document.body.dataset.origins) }, "*", [port2]);
  await ready;
  return described => new Promise(done => {
    const id = `${described.number} ${described.attempt}`;
    waiting.set(id, done);
    port.postMessage({ id, described });
  });
}

/** Has a case run in the frame that it is for. */
export async function runInFrame(described) {
  const { realm } = described;
  if (!opened.has(realm)) opened.set(realm, open(realm));
  return (await opened.get(realm))(described);
}
