// Scripts: which of them run, and when.

/** Scripts that were prepared, for which nothing more is done. */
const handedOver = new WeakSet();
/** Scripts of the parser, and those of which script said whether they wait: they are not asynchronous by themselves. */
const notForced = new WeakSet();
let currentScript = null;
/** What runs once the page is parsed, in order. */
const deferred = [];
/** What script put into the page without `async`, in order. */
const inOrder = [];

class HTMLScriptElement extends HTMLElement {
  get text() { return this.textContent; }
  set text(text) { this.textContent = text; }
  get async() { return isForced(this) || this.hasAttribute("async"); }
  set async(value) {
    notForced.add(this);
    this.toggleAttribute("async", Boolean(value));
  }
  static supports(type) { return type === "classic" || type === "module" || type === "importmap"; }
  [CONNECTED]() { if (!host.is_parsing(this[NODE])) prepareScript(this, false); }
  [CHANGED](name) {
    if (name === "async") notForced.add(this);
    if (name === "src" && this.isConnected && !host.is_parsing(this[NODE])) prepareScript(this, false);
  }
}
reflect(HTMLScriptElement, { src: "url", type: "text", defer: "flag", noModule: "flag", integrity: "text" });
reflectCrossOrigin(HTMLScriptElement);
defineElement("script", HTMLScriptElement);

const isForced = script => !notForced.has(script) && !host.is_parsing(script[NODE]);

const CLASSIC = /^(text|application)\/(x-)?(java|ecma)script$|^text\/(javascript1\.[0-5]|jscript|livescript)$/i;

/** "classic", "module", or null for what is no script. */
function kindOf(script) {
  const [type, language] = [script.getAttribute("type"), script.getAttribute("language")];
  if (type === "" || (type === null && !language)) return "classic";
  const said = type === null ? `text/${language}` : type.trim();
  if (CLASSIC.test(said)) return "classic";
  return /^(module|importmap)$/i.test(said) ? said.toLowerCase() : null;
}

/** Whether a script is for events of old, which never come. */
function isForEvent(script) {
  const [target, event] = [script.getAttribute("for"), script.getAttribute("event")];
  return target !== null && event !== null && !(/^\s*window\s*$/i.test(target) && /^\s*onload(\(\))?\s*$/i.test(event));
}

/** What names of modules stand for, as a script says. */
function addImportMap(script) {
  if (script.hasAttribute("src")) queueTask(() => fire(script, "error"));
  else if (script.textContent === "") return 0;
  else {
    const problem = host.add_import_map(script.textContent, document.baseURI);
    if (problem) reportException(new TypeError(`The import map: ${problem}`));
  }
  handedOver.add(script);
  return 0;
}

/** Prepares a script; gives back the request that the parser has to wait for, or 0. */
function prepareScript(script, fromParser) {
  if (fromParser) {
    host.hand_over(script[NODE]);
    announceArrived();
  }
  if (handedOver.has(script) || !MAY_SCRIPT) return 0;
  const source = script.getAttribute("src");
  const kind = kindOf(script);
  if (kind === "importmap" && script.isConnected) return addImportMap(script);
  // Documents that are not shown run nothing; a script may still come into one that is.
  if ((source === null && script.textContent === "") || !kind || !script.isConnected || host.owner(script[NODE]) !== DOCUMENT) return 0;
  if (fromParser) notForced.add(script);
  handedOver.add(script);
  const isModule = kind === "module";
  if (!isModule && (script.noModule || isForEvent(script))) return 0;
  if (fromParser && !isModule && !script.async && !(script.defer && source !== null)) awaitSheets();
  if (source === null) {
    const text = script.textContent;
    if (!isModule) {
      const run = () => runClassic(script, () => host.run_script(text, location.href), false);
      if (fromParser) runAtInsertionPoint(run); else run();
      return 0;
    }
    const run = () => runModule(() => host.run_module(text, location.href));
    if (script.async) queueTask(run);
    else settle({ run, ready: true }, fromParser ? deferred : inOrder);
    return 0;
  }
  const url = source === "" ? null : URL.parse(source, document.baseURI);
  if (!url) {
    queueTask(() => fire(script, "error"));
    return 0;
  }
  const list = script.async ? null : !fromParser ? inOrder : isModule || script.defer ? deferred : null;
  const entry = { ready: false, run: null };
  list?.push(entry);
  blockers += 1;
  const description = { as: isModule ? "module" : "script", url: url.href, crossorigin: script.crossOrigin, integrity: script.integrity };
  const isAwaited = fromParser && !list && !script.async;
  const id = request(description, null, answer => {
    const run = () => {
      if (answer?.source === undefined) fire(script, "error");
      else {
        if (isModule) runModule(() => host.run_module_source(answer.source, answer.url));
        else {
          const muted = answer.type === "opaque";
          runClassic(script, () => host.run_source(answer.source, url.href, muted), muted);
        }
        fire(script, "load");
      }
      unblock();
    };
    entry.run = () => (isAwaited ? runAtInsertionPoint(run) : runIgnoringWrites(run));
    settle(entry, list);
  });
  return isAwaited ? id : 0;
}

/** A script is there: it runs, or waits for those before it. */
function settle(entry, list) {
  entry.ready = true;
  if (list && !list.includes(entry)) list.push(entry);
  if (list === deferred) runDeferred();
  else if (list === inOrder) while (inOrder[0]?.ready) inOrder.shift().run();
  else entry.run();
}

function runClassic(script, evaluate, muted) {
  const before = currentScript;
  currentScript = script;
  try {
    evaluate();
  } catch (error) {
    reportException(error, muted);
  } finally {
    currentScript = before;
  }
}

function runModule(evaluate) {
  const before = currentScript;
  currentScript = null;
  try {
    // What it throws is reported as an exception; that it comes by a promise is nobody's business.
    then(evaluate(), undefined, error => reportException(error));
  } catch (error) {
    reportException(error);
  } finally {
    currentScript = before;
  }
}

expose({ HTMLScriptElement });
