//! Elements and documents, as far as they are apart from what they load.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "another test uses the rest")]
mod support;

use support::{Files, console};

const OTHER: Files = &[("/", "", b"")];

/// What the console says of a page with this body and then this script.
fn page(body: &str, script: &str) -> Vec<String> {
    console(&format!("<!doctype html><title>T</title><body>{body}<script>{script}</script>"), &[], OTHER)
}

#[test]
fn links_have_the_parts_of_their_url() {
    assert_eq!(
        page(
            "<a id=a href='http://u:p@x.example:8080/path?q=1#h'>x</a><a id=none>y</a><a id=own href='/p'>",
            "const { a, none, own } = Object.fromEntries([...document.querySelectorAll('a')].map(a => [a.id, a]));
             console.log(a.protocol, a.username, a.password, a.host, a.hostname, a.port, a.pathname, a.search, a.hash, a.origin);
             console.log(JSON.stringify([none.href, none.protocol, none.host, none.origin]));
             console.log(own.host === location.host, String(own) === location.origin + '/p');
             a.hash = ''; a.port = '80'; a.pathname = 'new';
             console.log(a.getAttribute('href'));"
        ),
        [
            "http: u p x.example:8080 x.example 8080 /path ?q=1 #h http://x.example:8080",
            r#"["",":","",""]"#,
            "true true",
            "http://u:p@x.example/new?q=1",
        ]
    );
}

#[test]
fn nodes_are_copied_with_or_without_what_they_hold() {
    assert_eq!(
        page(
            "<div id=d class=c><p>one<!--two--></p></div>",
            "const d = document.getElementById('d');
             const [flat, deep] = [d.cloneNode(), d.cloneNode(true)];
             console.log(flat !== d, flat.id, flat.className, flat.childNodes.length, flat.parentNode);
             deep.firstChild.firstChild.data = 'changed';
             console.log(deep.innerHTML, d.innerHTML, deep.isConnected);
             try { document.cloneNode(true); } catch (e) { console.log(e.name); }"
        ),
        ["true d c 0 null", "<p>changed<!--two--></p> <p>one<!--two--></p> false", "NotSupportedError"]
    );
}

#[test]
fn nothing_loads_or_runs_in_a_document_that_is_not_shown() {
    assert_eq!(
        page(
            "",
            "const other = document.implementation.createHTMLDocument('Other');
             console.log(other.title, other.URL, other.defaultView, other.location, other.readyState, other.ownerDocument);
             other.body.innerHTML = '<img src={other}/closed.png onerror=no><b>bold</b>';
             const image = other.querySelector('img');
             image.onerror = () => console.log('error', image.ownerDocument === document);
             console.log(image.ownerDocument === other, image.complete, other.createElement('p').ownerDocument === other);
             const copy = document.importNode(other.querySelector('b'), true);
             console.log(copy.ownerDocument === document, copy.textContent, other.querySelector('b').ownerDocument === other);
             setTimeout(() => { console.log('now'); document.body.append(image); }, 20);"
        ),
        [
            "Other about:blank null null complete null",
            "true true true",
            "true bold true",
            "now",
            "error true",
        ]
    );
}

#[test]
fn handlers_say_whether_an_error_is_dealt_with() {
    assert_eq!(
        page(
            "<p>",
            "onerror = (message, file, line, column, error) => { console.log(message, error.name); return message.includes('first'); };
             setTimeout(() => { throw new Error('first'); });
             setTimeout(() => { throw new Error('second'); });
             const p = document.querySelector('p');
             p.onclick = () => false;
             const click = new Event('click', { cancelable: true });
             console.log(p.dispatchEvent(click));
             p.onerror = (...all) => console.log(all.length, all[0] instanceof ErrorEvent);
             p.dispatchEvent(new ErrorEvent('error'));"
        ),
        [
            "false",
            "1 true",
            "Uncaught Error: first Error",
            "Uncaught Error: second Error",
            "Uncaught Error: second",
        ]
    );
}
