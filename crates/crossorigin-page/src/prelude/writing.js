// document.write() and its kin: https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html

/** Where the script writes that the parser has come to; null where none runs. */
let insertionPoint = null;
/** How many scripts of files run that the parser does not wait for: what they write is left out. */
let ignoredWrites = 0;

/** Runs a script for which the parser waits. */
function runAtInsertionPoint(run) {
  const before = insertionPoint;
  insertionPoint = host.insertion_point() ?? null;
  try {
    run();
  } finally {
    insertionPoint = before;
  }
}

function runIgnoringWrites(run) {
  ignoredWrites += 1;
  try {
    run();
  } finally {
    ignoredWrites -= 1;
  }
}

function mustBeShown(shown, method) {
  if (shown !== document || host.is_gone()) throw new DOMException(`${method}() is for documents that are shown.`, "InvalidStateError");
}

/** Empties the document, for what will be written. */
function openDocument() {
  if (insertionPoint !== null) return;
  host.open_parser();
  for (const child of childrenOf(document)) document.removeChild(child);
  for (const target of [document, globalThis]) target[LISTENERS].clear();
  deferred.length = 0;
  if (contentIsLoaded) blockers += 1;
  [isParsed, contentIsLoaded] = [false, false];
  setReadyState("loading");
}

function writeText(text) {
  if (insertionPoint === null && ignoredWrites > 0) {
    host.log("warn", "Failed to execute 'write' on 'Document': It isn't possible to write into a document from an asynchronously-loaded external script unless it is explicitly opened.");
    return;
  }
  if (insertionPoint === null && !host.has_open_parser()) openDocument();
  const at = insertionPoint ?? 0;
  for (let script = host.write(at, text); script !== undefined && script !== null; script = host.go_on_writing(at)) {
    nameElements();
    const request = prepareScript(wrap(script), true);
    if (request !== 0) host.let_parser_wait(request);
  }
  nameElements();
  announceArrived();
}

const written = texts => texts.map(text => String(text).toWellFormed()).join("");

class Writing {
  write(...texts) {
    mustBeShown(this, "write");
    writeText(written(texts));
  }
  writeln(...texts) {
    mustBeShown(this, "writeln");
    writeText(`${written(texts)}\n`);
  }
  open(...window) {
    mustBeShown(this, "open");
    if (window.length > 2) throw new DOMException("There are no windows beside the page.", "InvalidAccessError");
    openDocument();
    return this;
  }
  close() {
    mustBeShown(this, "close");
    if (host.has_open_parser() && host.close_parser()) parsed();
  }
}
mix(Writing, Document);
