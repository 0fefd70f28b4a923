// <iframe>: https://html.spec.whatwg.org/multipage/iframe-embed-object.html#the-iframe-element

/** The frames of this window's elements: their numbers, and how to let the load event go on that waits for them. */
const ownFrames = new Map();
const numberOfFrame = element => ownFrames.get(element)?.number;

class HTMLIFrameElement extends HTMLElement {
  [CONNECTED]() { if (!ownFrames.has(this) && host.owner(this[NODE]) === DOCUMENT) insertFrame(this); }
  [CHANGED](name) {
    const number = numberOfFrame(this);
    if (number === undefined) return;
    if (name === "name") host.set_frame_name(number, this.name);
    if (name === "srcdoc" || (name === "src" && !this.hasAttribute("srcdoc"))) loadFrame(this, false);
  }
  get contentWindow() { return viewOf(numberOfFrame(this)); }
  get contentDocument() { return ownFrames.has(this) ? host.document_of(numberOfFrame(this)) ?? null : null; }
  get sandbox() { return tokensOf(this, "sandbox"); }
  set sandbox(value) { this.setAttribute("sandbox", value); }
}
reflect(HTMLIFrameElement, {
  src: "url", srcdoc: "text", name: "text", width: "text", height: "text", allow: "text", allowFullscreen: "flag", loading: "text", referrerPolicy: "text",
});
defineElement("iframe", HTMLIFrameElement);

function insertFrame(element) {
  const number = host.insert_frame(element[NODE], element.name);
  if (number === undefined) return;
  ownFrames.set(element, { number, unblock: null });
  nameFrame(ownFrames.size - 1);
  loadFrame(element, true);
}

/** Leads a frame to what its element says. */
function loadFrame(element, isNew) {
  const own = ownFrames.get(element);
  const text = element.getAttribute("srcdoc");
  if (text !== null) {
    own.unblock ??= block();
    host.show_text(own.number, text);
    return;
  }
  const source = element.getAttribute("src");
  const url = (source && URL.parse(source, document.baseURI)?.href) || "about:blank";
  // What it shows already.
  if (isNew && /^about:blank([?#]|$)/.test(url)) return void fire(element, "load");
  if (/^javascript:/i.test(url)) return lead(own.number, url);
  own.unblock ??= block();
  lead(own.number, url);
}

/** What a frame shows is loaded, or it stays as it was. */
function framed(id, fires) {
  const element = wrap(id);
  const own = ownFrames.get(element);
  if (!own) return;
  if (fires) fire(element, "load");
  own.unblock?.();
  own.unblock = null;
}

/** Takes the frames away that are in a node that leaves its place. */
function removeFramesIn(node) {
  for (const [element, { number, unblock }] of ownFrames) {
    if (!host.holds(node[NODE], element[NODE])) continue;
    ownFrames.delete(element);
    host.remove_frame(number);
    unblock?.();
  }
}

/** Lets script find the window of a frame by its place among the others. */
function nameFrame(at) {
  if (Object.hasOwn(namedElements, at)) return;
  Object.defineProperty(namedElements, at, { configurable: true, get: () => viewOf(host.frames_of(OWN_FRAME)[at]) ?? undefined });
}

/** Leads to where a link or a form wants: in its own frame, or in the one that it names. */
function leadBy(element, to) {
  const target = element.getAttribute("target") ?? "";
  const place = { "": OWN_FRAME, _self: OWN_FRAME, _top: topOf(OWN_FRAME), _parent: host.parent_of(OWN_FRAME) ?? OWN_FRAME }[target.toLowerCase()]
    ?? allFrames(topOf(OWN_FRAME)).find(frame => host.frame_name(frame) === target);
  if (place === undefined) tellOfLeaving(to);
  else if (place === OWN_FRAME) navigate(to);
  else lead(place, to);
}
const allFrames = frame => [frame, ...host.frames_of(frame).flatMap(allFrames)];

expose({ HTMLIFrameElement });
