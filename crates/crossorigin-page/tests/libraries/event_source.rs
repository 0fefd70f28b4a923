//! event-source-polyfill, which reads event streams by fetch or `XMLHttpRequest`, and can send headers.

use crate::{console, not_shared};

/// What a page prints that has the library; without fetch it asks by `XMLHttpRequest`.
fn page(has_fetch: bool, module: &str) -> Vec<String> {
    let load = "if (!{has_fetch}) delete globalThis.fetch;
        const library = document.createElement('script');
        library.src = '/lib/event-source-polyfill/src/eventsource.js';
        await new Promise(loaded => { library.onload = loaded; document.head.append(library); });
        const ask = url => { const xhr = new XMLHttpRequest(); xhr.open('GET', url); xhr.send(); };";
    console(&[], &format!("{}{module}", load.replace("{has_fetch}", &has_fetch.to_string())))
}

#[test]
#[ignore = "needs event-source-polyfill from npm: cargo xtask test"]
fn events_come_one_by_one_and_come_again() {
    for has_fetch in [true, false] {
        let lines = page(
            has_fetch,
            "if (!globalThis.fetch) ask('{api}/seen');
             const events = new EventSourcePolyfill('{api}/events', { headers: { 'X-Token': 't' }, withCredentials: true });
             events.onopen = () => console.log('open', events.readyState);
             events.onmessage = e => {
               console.log('message', JSON.stringify(e.data), e.lastEventId);
               // The server sends the second once it knows that the first is here.
               ask('{api}/seen');
             };
             events.onerror = () => console.log('error', events.readyState);
             events.addEventListener('last', e => { console.log('last', e.data, e.lastEventId); events.close(); });",
        );
        assert_eq!(
            lines,
            [
                "open 1",
                r#"message "first" 1"#,
                r#"message "second\nof two lines" 2"#,
                "error 0",
                "open 1",
                "last third 3",
            ],
            "with fetch: {has_fetch}"
        );
    }
}

#[test]
#[ignore = "needs event-source-polyfill from npm: cargo xtask test"]
fn a_stream_that_is_not_shared_is_an_error() {
    // The last line is the library's own, with what it knows of the failure.
    for (has_fetch, what, own) in
        [(true, "fetch", "TypeError: Failed to fetch"), (false, "XMLHttpRequest", "Error: NetworkError")]
    {
        let lines = page(
            has_fetch,
            "const events = new EventSourcePolyfill('{api}/closed');
             events.onerror = e => { console.log('error', events.readyState, e.status); events.close(); };",
        );
        let mut expected = not_shared(what, false);
        expected.extend(["error 0 undefined", own].map(str::to_owned));
        assert_eq!(lines, expected);
    }
}
