//! Scripts: which of them run, when, and what the page is told of what they throw.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "another test uses the rest")]
mod support;

use support::{Files, console};

const SCRIPT: &str = "Content-Type: text/javascript\r\n";
const OWN: Files = &[
    // It comes after the other.
    ("/slow.js", "Content-Type: text/javascript\r\nX-After: /quick.js\r\n", b"console.log('slow')"),
    ("/quick.js", SCRIPT, b"console.log('quick')"),
    ("/throws.js", SCRIPT, b"\n  nothing.here"),
    ("/plain.txt", "Content-Type: text/plain\r\n", b"console.log('plain')"),
    ("/imports.js", SCRIPT, b"import './plain.txt'; console.log('imported')"),
    (
        "/awaits.js",
        SCRIPT,
        b"await new Promise(done => setTimeout(done)); console.log('awaited', import.meta.url)",
    ),
];
const OTHER: Files = &[
    (
        "/late.js",
        SCRIPT,
        b"setTimeout(() => { secret.timer }); addEventListener('ping', () => { secret.listener }); \
          onpong = () => { secret.handler }; Promise.reject(new Error('secret.promise')); \
          queueMicrotask(() => { secret.microtask }); throwing = () => { secret.call };",
    ),
    (
        "/shared.js",
        "Content-Type: text/javascript\r\nAccess-Control-Allow-Origin: *\r\n",
        b"setTimeout(() => { known.timer });",
    ),
];

fn page(html: &str) -> Vec<String> {
    console(&format!("<!doctype html><title>x</title>{html}"), OWN, OTHER)
}

const MISSING: &str = "Failed to load resource: the server responded with a status of 404 (Not Found)";

#[test]
fn scripts_run_where_and_when_they_should() {
    for (html, expected) in [
        // By the parser.
        ("<script src=slow.js async></script><script src=quick.js></script>", &["quick", "slow"][..]),
        ("<script src=slow.js defer></script><script src=quick.js></script>", &["quick", "slow"]),
        ("<script src=slow.js type=module></script><script src=quick.js defer></script>", &["slow", "quick"]),
        (
            "<script src=slow.js type=module async></script><script src=quick.js defer></script>",
            &["quick", "slow"],
        ),
        (
            "<script type=module>console.log('in')</script><script>console.log('at once')</script>",
            &["at once", "in"],
        ),
        (
            "<script defer>console.log('inline')</script><script>console.log('next')</script>",
            &["inline", "next"],
        ),
        // Put there by script: as they come, unless it says that it wants their order.
        (
            "<script>for (const src of ['slow.js', 'quick.js']) document.head.append(Object.assign(document.createElement('script'), { src }))</script>",
            &["quick", "slow"],
        ),
        (
            "<script>for (const src of ['slow.js', 'quick.js']) document.head.append(Object.assign(document.createElement('script'), { src, async: false }))</script>",
            &["slow", "quick"],
        ),
        (
            "<script>const s = document.createElement('script'); s.text = \"console.log('text')\"; document.head.append(s); console.log('after', s.async)</script>",
            &["text", "after true"],
        ),
        ("<script>document.head.innerHTML += '<script>console.log(1)</' + 'script>'</script>", &[]),
        // What is none, or not for here.
        ("<script type=text/plain>x</script><script type=module nomodule>console.log('m')</script>", &["m"]),
        ("<script nomodule>console.log('no')</script>", &[]),
        (
            "<script for=window event=onload>console.log('a')</script><script for=x event=y>console.log('b')</script>",
            &["a"],
        ),
        (
            "<script language=javascript1.2>console.log('old')</script><script language=vbscript>no</script>",
            &["old"],
        ),
        ("<script type=' TEXT/JavaScript '>console.log('spaced')</script>", &["spaced"]),
        // Whether it came, and as what.
        (
            "<script src=none.js onerror=console.log(this.src)></script><script src onerror=console.log(event.type)></script>",
            &[MISSING, "{own}/none.js", "error"],
        ),
        (
            "<script src=quick.js onload=\"console.log('loaded', event.isTrusted)\"></script>",
            &["quick", "loaded true"],
        ),
        (
            "<body onload=\"console.log('body', this === window)\"><p onclick=console.log(event.type)><script>document.querySelector('p').click()</script>",
            &["click", "body true"],
        ),
        (
            "<p onclick='syntax error'><script>document.querySelector('p').click()</script>",
            &["Uncaught SyntaxError: expecting ';'"],
        ),
        (
            "<script>document.head.append(Object.assign(document.createElement('script'), { src: 'plain.txt', onload: () => console.log('load') }))</script>",
            &["plain", "load"],
        ),
        (
            "<script>document.head.append(Object.assign(document.createElement('script'), { src: 'plain.txt', type: 'module', onerror: () => console.log('error') }))</script>",
            &["error"],
        ),
        ("<script type=module src=awaits.js></script>", &["awaited {own}/awaits.js"]),
        ("<script>import('./quick.js').then(() => console.log('then'))</script>", &["quick", "then"]),
        (
            "<script>import('./none.js').catch(e => console.log(e.constructor.name))</script>",
            &[MISSING, "TypeError"],
        ),
        // A hash that fits, and one that does not.
        (
            "<script src=quick.js integrity=sha256-45XdTNgNGayXGJ7fEbAGL2almL3Q9uAxUGo5wWExTxs=></script><script src=plain.txt integrity=sha256-AAAA></script>",
            &["quick", "{own}/plain.txt: What {own}/plain.txt answers has not the hash that is demanded."],
        ),
    ] {
        let said = page(html);
        assert_eq!(said, expected, "{html}");
    }
}

#[test]
fn the_page_is_told_nothing_of_what_other_origins_scripts_throw_later() {
    let said = page(
        "<script>
           addEventListener('error', e => { console.log('event', e.message, e.filename, e.lineno, e.error); e.preventDefault(); });
           addEventListener('unhandledrejection', e => console.log('rejection', e.reason.message));
         </script>
         <script src={other}/late.js></script>
         <script>
           dispatchEvent(new Event('ping'));
           setTimeout(() => { throwing() });
         </script>
         <script src={other}/shared.js crossorigin></script>
         <script src=throws.js></script>",
    );
    let of_page: Vec<_> =
        said.iter().filter(|line| line.starts_with("event") || line.starts_with("rejection")).collect();
    assert!(!of_page.iter().any(|line| line.contains("secret")), "{said:#?}");
    let muted = of_page.iter().filter(|line| line.as_str() == "event Script error.  0 null").count();
    assert_eq!(muted, 4, "{said:#?}");
    assert!(
        said.iter().any(|line| line.starts_with(
            "event Uncaught ReferenceError: known is not defined {other}/shared.js 1 ReferenceError"
        )),
        "{said:#?}"
    );
    assert!(
        said.iter().any(|line| line
            .starts_with("event Uncaught ReferenceError: nothing is not defined {own}/throws.js 2 ")),
        "{said:#?}"
    );
}

#[test]
fn rejections_are_told_once_nobody_looks_after_them() {
    let said = page(
        "<script>
           onunhandledrejection = e => { console.log(e.constructor.name, e.reason, e.promise === late); e.preventDefault(); };
           onrejectionhandled = e => console.log('handled', e.reason);
           const late = Promise.reject(1);
           Promise.reject(2).catch(() => console.log('caught'));
           setTimeout(() => late.catch(() => {}));
         </script>",
    );
    assert_eq!(said, ["caught", "PromiseRejectionEvent 1 true", "handled 1"]);
}
