//! event-source-polyfill, which reads event streams by fetch or `XMLHttpRequest` and can send headers.

use crate::{console, not_shared};

#[test]
#[ignore = "needs event-source-polyfill from npm: cargo xtask test"]
fn events_come_and_come_again() {
    assert_eq!(
        console(
            &["event-source-polyfill/src/eventsource.js"],
            "const events = new EventSourcePolyfill('{api}/events', { headers: { 'X-Token': 't' }, withCredentials: true });
             events.onopen = () => console.log('open', events.readyState);
             events.onmessage = e => console.log('message', JSON.stringify(e.data), e.lastEventId);
             events.onerror = () => console.log('error', events.readyState);
             events.addEventListener('last', e => { console.log('last', e.data, e.lastEventId); events.close(); });",
        ),
        [
            "open 1",
            r#"message "first" 1"#,
            r#"message "second\nof two lines" 2"#,
            "error 0",
            "open 1",
            "last third 3",
        ]
    );
}

#[test]
#[ignore = "needs event-source-polyfill from npm: cargo xtask test"]
fn a_stream_that_is_not_shared_is_an_error() {
    let mut expected = not_shared("XMLHttpRequest", false);
    // The second by the library itself, to the console.
    expected.extend(["error 0 undefined", "Error: NetworkError"].map(str::to_owned));
    assert_eq!(
        console(
            &["event-source-polyfill/src/eventsource.js"],
            "const events = new EventSourcePolyfill('{api}/closed');
             events.onerror = e => { console.log('error', events.readyState, e.status); events.close(); };",
        ),
        expected
    );
}
