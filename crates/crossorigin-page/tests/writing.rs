//! What scripts write into their document, while it is parsed and after.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "another test uses the rest")]
mod support;

use support::{Files, console};

const JS: &str = "Content-Type: text/javascript\r\n";
const OWN: Files = &[
    ("/one.js", JS, b"console.log('one', document.querySelectorAll('p').length)"),
    ("/writes.js", JS, b"document.write('<p>w</p>'); console.log('writes', document.querySelectorAll('p').length)"),
    (
        "/nests.js",
        JS,
        b"document.write('<script src=writes.js><\\/script><p>n</p>'); console.log('nests', document.querySelectorAll('p').length)",
    ),
    ("/frame.html", "Content-Type: text/html\r\n", b"<script>document.write('<i>in a frame</i>')</script>"),
];
const OTHER: Files = &[("/", "", b"")];

#[test]
fn what_is_written_while_the_document_is_parsed_is_parsed_at_once() {
    for (body, expected) in [
        (
            "<script>document.write('<p id=x>'); console.log(document.getElementById('x').tagName)</script>",
            &["P"][..],
        ),
        // In pieces, which are one tag in the end.
        (
            "<script>document.write('<b cla', 'ss=a'); console.log(document.querySelector('b')); document.writeln('>x</b>'); console.log(document.querySelector('b').className)</script>",
            &["null", "a"],
        ),
        (
            "<script>document.write('<p title=')</script>all>x</p><script>console.log(document.querySelector('p').title)</script>",
            &["all"],
        ),
        // Scripts that are written run before `write` returns, and may write themselves.
        (
            "<script>document.write('<script>console.log(1); document.write(\"<script>console.log(2)<\\\\/script><u></u>\"); console.log(document.querySelectorAll(\"u\").length)<\\/script><s></s>'); console.log(document.querySelectorAll('s').length)</script>",
            &["1", "2", "1", "1"],
        ),
        // What comes from a file comes later, and what is behind it, too.
        (
            "<script>document.write('<p>1<script src=one.js><\\/script><p>2'); document.write('<p>3'); console.log('now', document.querySelectorAll('p').length)</script><p>4<script>console.log('last', [...document.querySelectorAll('p')].map(p => p.firstChild.data).join(''))</script>",
            &["now 1", "one 1", "last 1234"],
        ),
        (
            "<script src=writes.js></script><p>x</p><script>console.log([...document.querySelectorAll('p')].map(p => p.textContent).join(''))</script>",
            &["writes 1", "wx"],
        ),
        (
            "<script src=nests.js></script><p>x</p><script>console.log([...document.querySelectorAll('p')].map(p => p.textContent).join(''))</script>",
            &["nests 0", "writes 1", "wnx"],
        ),
        (
            "<script>document.write('<img src=data:, onerror=\"console.log(event.type)\">')</script>",
            &["error"],
        ),
        (
            "<script>document.write('<script type=module>console.log(document.readyState)<\\/script>')</script>",
            &["interactive"],
        ),
    ] {
        assert_eq!(console(&format!("<!doctype html><body>{body}"), OWN, OTHER), expected, "{body}");
    }
}

#[test]
fn what_nobody_waits_for_writes_nothing() {
    const WARNING: &str = "Failed to execute 'write' on 'Document': It isn't possible to write into a document from an asynchronously-loaded external script unless it is explicitly opened.";
    for attribute in ["async", "defer"] {
        assert_eq!(
            console(
                &format!("<!doctype html><body><script {attribute} src=writes.js></script>x"),
                OWN,
                OTHER
            ),
            [WARNING, "writes 0"],
            "{attribute}"
        );
    }
}

#[test]
fn what_is_written_later_is_a_new_document() {
    assert_eq!(
        console(
            "<!doctype html><body><p>old</p><script>
               document.addEventListener('readystatechange', () => console.log('never again', document.readyState));
               onload = () => setTimeout(() => {
                 document.write('<title>New</title><p>new<script>console.log(document.readyState, document.title)<\\/script>');
                 console.log(document.querySelectorAll('p').length, document.body.textContent.slice(0, 3), document.readyState);
                 addEventListener('load', () => console.log('load', document.body.lastChild.tagName));
                 document.write('<script src=one.js><\\/script><b>end</b>');
                 console.log(document.querySelector('b'));
                 document.close();
               });
             </script>",
            OWN,
            OTHER
        ),
        [
            "never again interactive",
            "never again complete",
            "loading New",
            "1 new loading",
            "null",
            "one 1",
            "load P",
        ]
    );
}

#[test]
fn documents_are_opened_and_closed() {
    assert_eq!(
        console(
            "<!doctype html><body><p>old</p><script>
               onload = () => {
                 console.log(document.open() === document, document.childNodes.length);
                 document.write('<i>1</i>');
                 document.write('<i>2</i>');
                 document.close();
                 console.log(document.body.innerHTML, document.readyState);
                 document.close();
                 const other = document.implementation.createHTMLDocument('');
                 try { other.write('x'); } catch (error) { console.log(error.name); }
                 try { document.open('/', '', ''); } catch (error) { console.log(error.name); }
               };
             </script>",
            OWN,
            OTHER
        ),
        ["true 0", "<i>1</i><i>2</i> interactive", "InvalidStateError", "InvalidAccessError"]
    );
}

#[test]
fn frames_are_written_into() {
    assert_eq!(
        console(
            "<!doctype html><body><iframe src=frame.html></iframe><iframe></iframe><script>
               onload = () => {
                 const [first, second] = document.querySelectorAll('iframe');
                 console.log(first.contentDocument.body.innerHTML.replace(/<script.*script>/, ''));
                 second.onload = () => console.log('load');
                 const inside = second.contentDocument;
                 inside.open();
                 inside.write('<p>written</p><script>parent.console.log(document.body.firstChild.textContent)<\\/script>');
                 inside.close();
               };
             </script>",
            OWN,
            OTHER
        ),
        ["<i>in a frame</i>", "written", "load"]
    );
}

#[test]
fn what_writes_without_end_comes_to_an_end() {
    for script in [
        "for (;;) document.write('<p>' + 'x'.repeat(1e6))",
        "const text = '<script>' + document.currentScript.textContent + '<\\/script>'; document.write(text)",
        "document.write('<script src=none.js><\\/script>'); for (;;) document.write('x'.repeat(1e6))",
    ] {
        let told = console(&format!("<!doctype html><body><script>{script}</script>"), OWN, OTHER);
        assert!(told.iter().any(|line| line.starts_with("Uncaught ")), "{script}: {told:?}");
    }
}
