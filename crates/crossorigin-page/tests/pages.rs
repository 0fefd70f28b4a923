//! Pages and what their consoles say.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "another test uses the rest")]
mod support;

use std::time::Duration;

use crossorigin_page::{End, PageOptions};
use support::{Files, console, run};

/// Four by two pixels: two columns red, two blue.
const IMAGE: &[u8] = include_bytes!("support/red-blue.png");
const SHARED: &str = "Access-Control-Allow-Origin: *\r\nContent-Type: image/png\r\n";
const OTHER: Files = &[
    (
        "/open.txt",
        "Access-Control-Allow-Origin: *\r\nX-Seen: 1\r\nAccess-Control-Expose-Headers: x-seen\r\n",
        b"open",
    ),
    ("/closed.txt", "", b"closed"),
    ("/open.png", SHARED, IMAGE),
    ("/closed.png", "Content-Type: image/png\r\n", IMAGE),
    ("/throws.js", "Content-Type: text/javascript\r\n", b"secret.is.here"),
    (
        "/module.js",
        "Content-Type: text/javascript\r\nAccess-Control-Allow-Origin: *\r\n",
        b"export const from = 'there';",
    ),
];
const OWN: Files = &[
    ("/data.txt", "", b"data"),
    ("/own.png", "Content-Type: image/png\r\n", IMAGE),
    ("/first.js", "Content-Type: text/javascript\r\n", b"console.log('first', document.readyState)"),
    ("/deferred.js", "Content-Type: text/javascript\r\n", b"console.log('deferred', document.readyState)"),
    ("/module.js", "Content-Type: text/javascript\r\n", b"export * from './inner.js';"),
    ("/inner.js", "Content-Type: text/javascript\r\n", b"export const inner = 7;"),
];

/// A page whose script this is.
fn script(script: &str) -> Vec<String> {
    console(&format!("<!doctype html><body><script>{script}</script>"), OWN, OTHER)
}

/// A page whose module this is.
fn module(module: &str) -> Vec<String> {
    console(&format!("<!doctype html><body><script type=module>{module}</script>"), OWN, OTHER)
}

#[test]
fn scripts_run_in_their_order() {
    let lines = console(
        "<!doctype html><title> A  page </title>
         <script>
           document.addEventListener('DOMContentLoaded', () => console.log('content', document.readyState));
           addEventListener('load', () => console.log('load', document.readyState));
           setTimeout(() => console.log('task'));
           Promise.resolve().then(() => console.log('microtask'));
           console.log('inline', document.title, document.readyState, document.currentScript.tagName);
         </script>
         <script type=module>console.log('module', document.currentScript)</script>
         <script defer src=deferred.js></script>
         <script src=first.js></script>
         <p id=late>",
        OWN,
        OTHER,
    );
    let place = |text: &str| {
        lines.iter().position(|line| line.starts_with(text)).unwrap_or_else(|| panic!("{text}: {lines:#?}"))
    };
    let order = [
        "inline A page loading SCRIPT",
        "microtask",
        "first loading",
        "module null",
        "deferred interactive",
        "content interactive",
        "load complete",
    ];
    let places: Vec<_> = order.iter().map(|text| place(text)).collect();
    assert!(places.is_sorted(), "{lines:#?}");
    assert!(place("task") > place("microtask"));
}

#[test]
fn fetch_shows_what_is_shared() {
    assert_eq!(
        module(
            "const show = async (url, init) => {
               try {
                 const r = await fetch(url, init);
                 console.log(r.type, r.status, await r.text(), [...r.headers.keys()].join());
               } catch (e) { console.log(e.name, e.message); }
             };
             await show('data.txt');
             await show('{other}/open.txt');
             await show('{other}/closed.txt', { mode: 'no-cors' });
             await show('{other}/closed.txt');
             await show('http://user@x.example/');"
        ),
        [
            "basic 200 data connection,content-length",
            "cors 200 open content-length,x-seen",
            "opaque 0  ",
            "Access to fetch at '{other}/closed.txt' from origin '{own}' has been blocked by CORS policy: No \
             'Access-Control-Allow-Origin' header is present on the requested resource.",
            "Failed to load resource: net::ERR_FAILED",
            "TypeError Failed to fetch",
            "TypeError The URL has a user name or password: http://user@x.example/",
        ]
    );
}

#[test]
fn xml_http_requests_fire_their_events() {
    let watch = "const watch = (x, name) => {
        for (const type of ['readystatechange', 'loadstart', 'progress', 'load', 'error', 'abort', 'timeout', 'loadend'])
          x.addEventListener(type, () => console.log(name, type, x.readyState, x.status));
      };";
    for (rest, expected) in [
        (
            "const x = new XMLHttpRequest(); watch(x, 'x'); x.open('GET', '{other}/open.txt'); x.send();",
            vec![
                "x readystatechange 1 0",
                "x loadstart 1 0",
                "x readystatechange 2 200",
                "x readystatechange 3 200",
                "x progress 3 200",
                "x readystatechange 4 200",
                "x load 4 200",
                "x loadend 4 200",
            ],
        ),
        (
            "const x = new XMLHttpRequest(); x.open('GET', 'data.txt'); watch(x, 'x'); x.send(); x.abort();
             console.log(x.readyState)",
            vec!["x loadstart 1 0", "x readystatechange 4 0", "x abort 4 0", "x loadend 4 0", "0"],
        ),
        (
            "const x = new XMLHttpRequest(); x.open('GET', 'data.txt', false); x.send(); console.log(x.responseText);",
            vec!["data"],
        ),
    ] {
        assert_eq!(script(&format!("{watch}{rest}")), expected, "{rest}");
    }
    let refused = script(&format!(
        "{watch}const x = new XMLHttpRequest(); x.open('GET', '{{other}}/closed.txt'); watch(x, 'x'); x.send();"
    ));
    assert_eq!(refused.first().unwrap(), "x loadstart 1 0");
    assert_eq!(refused[refused.len() - 3..], ["x readystatechange 4 0", "x error 4 0", "x loadend 4 0"]);
    assert!(refused[1].starts_with("Access to XMLHttpRequest at '{other}/closed.txt'"), "{refused:#?}");
}

#[test]
fn a_canvas_is_tainted_by_what_was_not_shared() {
    let lines = module(
        "const load = (src, crossOrigin) => new Promise((done, failed) => {
           const image = new Image();
           if (crossOrigin !== undefined) image.crossOrigin = crossOrigin;
           image.onload = () => done(image);
           image.onerror = () => failed(new Error('error event'));
           image.src = src;
         });
         const tries = {
           getImageData: (canvas, context) => [...context.getImageData(1, 0, 2, 1).data].join(),
           toDataURL: canvas => canvas.toDataURL().slice(0, 15),
           toBlob: canvas => { canvas.toBlob(() => {}); return 'blob'; },
         };
         for (const [src, crossOrigin] of [['own.png'], ['{other}/open.png', ''], ['{other}/open.png'], ['{other}/closed.png', 'anonymous']]) {
           const canvas = document.createElement('canvas');
           const context = canvas.getContext('2d');
           try {
             context.drawImage(await load(src, crossOrigin), 0, 0);
           } catch (e) { console.log(src, crossOrigin, e.message); continue; }
           for (const [name, attempt] of Object.entries(tries)) {
             try { console.log(src, crossOrigin, name, attempt(canvas, context)); }
             catch (e) { console.log(src, crossOrigin, name, e.name, e instanceof DOMException, e.code); }
           }
         }",
    );
    let told: Vec<_> =
        lines.iter().filter(|line| !line.contains("CORS policy") && !line.contains("net::")).collect();
    assert_eq!(
        told,
        [
            "own.png undefined getImageData 255,0,0,255,0,0,255,255",
            "own.png undefined toDataURL data:image/png;",
            "own.png undefined toBlob blob",
            "{other}/open.png  getImageData 255,0,0,255,0,0,255,255",
            "{other}/open.png  toDataURL data:image/png;",
            "{other}/open.png  toBlob blob",
            "{other}/open.png undefined getImageData SecurityError true 18",
            "{other}/open.png undefined toDataURL SecurityError true 18",
            "{other}/open.png undefined toBlob SecurityError true 18",
            "{other}/closed.png anonymous error event",
        ]
    );
}

#[test]
fn taint_goes_along_and_stays() {
    assert_eq!(
        module(
            "const image = new Image();
             await new Promise(done => { image.onload = done; image.src = '{other}/open.png'; });
             const clean = canvas => { try { canvas.getContext('2d').getImageData(0, 0, 1, 1); return 'clean'; } catch (e) { return e.name; } };
             const first = new OffscreenCanvas(4, 2);
             first.getContext('2d').drawImage(image, 9, 9);
             console.log('nothing of it is seen', clean(first));
             first.width = 8;
             console.log('resized', clean(first));
             const bitmap = await createImageBitmap(image);
             const second = new OffscreenCanvas(4, 2);
             second.getContext('2d').drawImage(bitmap, 0, 0);
             console.log('by a bitmap', clean(second));
             const handed = second.transferToImageBitmap();
             console.log('handed over', clean(second));
             second.getContext('2d').drawImage(handed, 0, 0);
             console.log('and back', clean(second), await second.convertToBlob().catch(e => e.name));"
        ),
        [
            "nothing of it is seen SecurityError",
            "resized SecurityError",
            "by a bitmap SecurityError",
            "handed over clean",
            "and back SecurityError SecurityError",
        ]
    );
}

#[test]
fn exceptions_are_told_and_those_of_others_muted() {
    let lines = console(
        "<!doctype html><script>addEventListener('error', e => console.log('event', e.message, e.error === null))</script>
         <script src={other}/throws.js></script>
         <script>nothing.here</script>
         <script>Promise.reject(new RangeError('far'))</script>",
        OWN,
        OTHER,
    );
    assert_eq!(
        lines,
        [
            "event Script error. true",
            "Uncaught ReferenceError: secret is not defined",
            "event Uncaught ReferenceError: nothing is not defined false",
            "Uncaught ReferenceError: nothing is not defined",
            "Uncaught (in promise) RangeError: far",
        ]
    );
}

#[test]
fn a_rejection_that_is_looked_after_in_time_is_none() {
    assert_eq!(
        script(
            "const handled = Promise.reject(new Error('handled'));
             queueMicrotask(() => handled.catch(e => console.log(e.message)));
             const late = Promise.reject(new Error('late'));
             setTimeout(() => late.catch(e => console.log('too', e.message)), 1);"
        ),
        ["handled", "Uncaught (in promise) Error: late", "too late"]
    );
}

#[test]
fn modules_are_imported_by_cors() {
    assert_eq!(
        module(
            "import { inner } from './module.js'; import { from } from '{other}/module.js'; console.log(inner, from);"
        ),
        ["7 there"]
    );
    let refused =
        module("await import('{other}/throws.js').catch(e => console.log('refused', e instanceof Error));");
    assert_eq!(refused.last().unwrap(), "refused true");
    assert!(refused[0].contains("blocked by CORS policy"), "{refused:#?}");
}

#[test]
fn script_cannot_reach_what_is_underneath() {
    assert_eq!(
        script(
            "console.log(typeof host, typeof deliver, typeof waiting, typeof prepareScript, typeof parseXml);
             console.log(Object.keys(new Headers()).length, Object.keys(new Response('x')).length, JSON.stringify(new Event('x')));
             try { new Node(); } catch (e) { console.log(e.name); }
             fetch('{other}/closed.txt', { mode: 'no-cors' }).then(async r => console.log((await r.clone().arrayBuffer()).byteLength, r.url === ''));"
        ),
        ["undefined undefined undefined undefined undefined", "0 0 {}", "TypeError", "0 true"]
    );
}

#[test]
fn endless_scripts_and_servers_that_never_answer_come_to_an_end() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    for page in [
        "<script>for (;;) {}</script>".to_owned(),
        "<script>const again = () => Promise.resolve().then(again); again();</script>".to_owned(),
        "<script>setInterval(() => {}, 1)</script>".to_owned(),
        format!("<script>fetch('{url}')</script>"),
        format!("<script>const x = new XMLHttpRequest(); x.open('GET', '{url}', false); x.send()</script>"),
    ] {
        // Some are over before the page is there, or while its engine is being set up.
        for milliseconds in [0, 1, 3, 10, 400] {
            let options = PageOptions::new().timeout(Duration::from_millis(milliseconds));
            assert_eq!(run(&page, &[], &[], &options).1, End::TimedOut, "{milliseconds} ms: {page}");
        }
    }
}

#[test]
fn what_is_too_much_is_an_exception() {
    for (code, expected) in [
        ("const f = () => f() + 1; f()", "InternalError"),
        ("let s = 'x'; for (;;) s += s", "InternalError"),
        ("const all = []; for (;;) all.push(new Array(1e6).fill(0))", "InternalError"),
    ] {
        let lines = script(&format!("try {{ {code} }} catch (e) {{ console.log(e.name) }}"));
        assert!(
            lines.iter().any(|line| line.contains(expected) || line.contains("RangeError")),
            "{code}: {lines:?}"
        );
    }
}

#[test]
fn values_come_back_as_json() {
    let options = PageOptions::new()
        .eval(vec!["({ sum: 1 + 2, title: document.title })".to_owned(), "throw 1".to_owned()]);
    let (lines, end) = run("<title>T</title>", &[], &[], &options);
    assert_eq!(
        end,
        End::Idle { uncaught: 1, values: vec![r#"{"sum":3,"title":"T"}"#.to_owned(), String::new()] }
    );
    assert_eq!(lines, ["Uncaught 1"]);
}

#[test]
fn numbers_are_written_in_english() {
    for (number, expected) in [
        ("1096..toLocaleString('en')", "1,096"),
        ("62.9521484375.toLocaleString('en', { maximumFractionDigits: 1 })", "63"),
        ("1234567.891.toLocaleString()", "1,234,567.891"),
        ("(-0.5).toLocaleString('en', { minimumFractionDigits: 2 })", "-0.50"),
        ("1e21.toLocaleString()", "1,000,000,000,000,000,000,000"),
        ("NaN.toLocaleString()", "NaN"),
        ("999..toLocaleString('de', { useGrouping: false })", "999"),
    ] {
        assert_eq!(script(&format!("console.log({number})")), [expected], "{number}");
    }
}
