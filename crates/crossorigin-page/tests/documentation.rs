//! The list of interfaces is what there is.
//!
//! `UPDATE_DOCS=1 cargo test -p crossorigin-page --test documentation` writes it anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "another test uses the rest")]
mod support;

use std::fmt::Write as _;
use std::path::Path;

use crossorigin_page::{End, PageOptions};
use serde_json::Value;
use support::run;

const HEAD: &str = "\
# What pages find

Generated from the interfaces themselves. `crossorigin open` runs a page's scripts with these interfaces and members beside those
of the language; what is not listed is `undefined`.

Nothing is laid out or painted: elements have no sizes or places, and a computed style says what the element's own `style` says,
and how elements of its name are displayed. A page is opened once: what would lead to another is told by a line of the console,
and not followed. Nobody answers a dialog: `confirm()` gives `false` and `prompt()` gives `null`.

";

/// How many constants of an interface are not told one by one.
const MANY: usize = 100;

const LIST: &str = r#"(() => {
  const language = new Set(["Object", "Function", "Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError",
    "URIError", "InternalError", "AggregateError", "SuppressedError", "Iterator", "Array", "parseInt", "parseFloat", "isNaN", "isFinite",
    "decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape", "unescape", "Infinity", "NaN", "undefined",
    "Number", "Boolean", "String", "Math", "Reflect", "Symbol", "eval", "globalThis", "Date", "RegExp", "JSON", "Proxy", "Map", "Set",
    "WeakMap", "WeakSet", "ArrayBuffer", "SharedArrayBuffer", "Uint8ClampedArray", "Int8Array", "Uint8Array", "Int16Array",
    "Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array", "Float16Array", "Float32Array", "Float64Array",
    "DataView", "Atomics", "Promise", "BigInt", "WeakRef", "FinalizationRegistry", "DisposableStack", "AsyncDisposableStack",
    "performance", "queueMicrotask", "DOMException", "navigator"]);
  // Of a style's properties, the names that need no quotes are enough.
  const visible = name => typeof name === "string" && !/^_|-/.test(name) && name !== "constructor";
  const own = object => Object.getOwnPropertyNames(object).filter(visible).sort();
  const plain = Object.getOwnPropertyNames(function () {}).concat("prototype");
  const list = {};
  for (const name of Object.getOwnPropertyNames(globalThis).sort()) {
    const value = globalThis[name];
    if (language.has(name) && !["performance", "queueMicrotask", "DOMException", "navigator"].includes(name)) continue;
    if (typeof value !== "function" || !/^[A-Z]/.test(name)) continue;
    const members = own(value.prototype ?? {});
    let above = Object.getPrototypeOf(value.prototype ?? {});
    // What stands between two interfaces, and is none itself.
    while (above && above !== Object.prototype && globalThis[above.constructor.name] !== above.constructor) {
      members.push(...own(above));
      above = Object.getPrototypeOf(above);
    }
    const aboveName = above && above !== Object.prototype ? above.constructor.name : "";
    list[name] = { above: aboveName, statics: own(value).filter(member => !plain.includes(member)), members: [...new Set(members)].sort() };
  }
  const globals = own(globalThis).filter(name => !language.has(name) && !list[name]).concat("performance", "queueMicrotask", "navigator").sort();
  return { globals, list, console: own(console), navigator: own(navigator), location: own(location), performance: own(performance) };
})()"#;

#[test]
fn the_page_lists_what_there_is() {
    let options = PageOptions::new().eval(vec![LIST.to_owned()]);
    let (lines, end) = run("<title>x</title>", &[], &[], &options);
    let End::Idle { values, .. } = end else { panic!("{end:?}") };
    assert!(lines.is_empty(), "{lines:?}");
    let found: Value = serde_json::from_str(&values[0]).unwrap();
    let names = |list: &Value| {
        let all: Vec<_> = list.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let is_constant = |name: &&str| !name.chars().any(|letter| letter.is_lowercase() && letter != 'x');
        // Of WebGL's hundreds of constants, a word is enough.
        let constants = all.iter().filter(|name| is_constant(name)).count();
        let mut names: Vec<_> = all
            .iter()
            .filter(|name| constants < MANY || !is_constant(name))
            .map(|name| format!("`{name}`"))
            .collect();
        if constants >= MANY {
            names.push(format!("{constants} constants"));
        }
        names.join(", ")
    };
    let mut page = HEAD.to_owned();
    writeln!(page, "## Global\n\n{}\n", names(&found["globals"])).unwrap();
    for object in ["console", "location", "navigator", "performance"] {
        writeln!(page, "## {object}\n\n{}\n", names(&found[object])).unwrap();
    }
    for (name, interface) in found["list"].as_object().unwrap() {
        let above = interface["above"].as_str().unwrap();
        let inherits = if above.is_empty() { String::new() } else { format!(" (a kind of `{above}`)") };
        writeln!(page, "## {name}{inherits}\n").unwrap();
        for (what, members) in
            [("", &interface["members"]), ("Of the interface itself: ", &interface["statics"])]
        {
            if !members.as_array().unwrap().is_empty() {
                writeln!(page, "{what}{}\n", names(members)).unwrap();
            }
        }
    }
    let page = format!("{}\n", page.trim_end());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/dom.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/dom.md is out of date: run this test with UPDATE_DOCS=1");
}
