//! `EventSource`: streams of events, and connections made anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::time::Duration;

use crossorigin_page::{End, PageOptions};
use support::wire::{module, run_module, table};

/// `heard` tells all that a source tells until it has told so much or is closed for good.
const HEAR: &str = "
    let names = 0;
    const name = () => `n${names++}`;
    const stream = 'h=Content-Type:text/event-stream';
    const said = (...texts) => ['one', 'two', 'three'].map((key, nth) => texts[nth] === undefined ? '' : `&${key}=${encodeURIComponent(texts[nth])}`).join('');
    const hear = (url, { most = 100, init, types = [] } = {}) => new Promise(done => {
      const source = new EventSource(url, init);
      const log = [];
      const tell = text => {
        log.push(text);
        if (log.length < most && source.readyState !== 2) return;
        source.close();
        setTimeout(() => done(log.join(' ')));
      };
      source.onopen = () => tell('open' + source.readyState);
      source.onerror = () => tell('error' + source.readyState);
      for (const type of ['message', ...types]) source.addEventListener(type, e => tell(`${type}=${JSON.stringify(e.data)}#${e.lastEventId}`));
    });
    // All of one answer: until the connection is lost.
    const read = (text, options) => {
      const source = new EventSource(`/then?name=${name()}&${stream}${said(text)}`);
      const log = [];
      return new Promise(done => {
        for (const type of ['message', 'custom', 'open']) source.addEventListener(type, e => { if (e.data !== undefined) log.push(`${type}=${JSON.stringify(e.data)}#${e.lastEventId}`); });
        source.onerror = () => { source.close(); done(log.join(' ')); };
      });
    };
    const halves = text => {
      const own = name();
      const source = new EventSource(`/slow?name=${own}&${stream}&body=${encodeURIComponent(text)}`);
      return new Promise(done => {
        const log = [];
        source.onopen = () => fetch(`/go?name=${own}`);
        source.onmessage = e => log.push(JSON.stringify(e.data));
        source.onerror = () => { source.close(); done(log.join(' ')); };
      });
    };
";

#[test]
fn streams_are_read_line_by_line() {
    table(
        HEAR,
        &[
            (r"read('data: a\n\n')", r##"message="a"#"##),
            (r"read('data:a\ndata:  b\n\n')", r##"message="a\n b"#"##),
            (r"read('data: a\r\n\r\ndata: b\r\rdata: c\n\n')", r##"message="a"# message="b"# message="c"#"##),
            (r"read('\uFEFFdata: a\n\n')", r##"message="a"#"##),
            (r"read('\uFEFF\uFEFFdata: a\n\ndata: b\n\n')", r##"message="b"#"##),
            (r"read('data\n\ndata\ndata\n\ndata:')", r##"message=""# message="\n"#"##),
            (r"read('data: a')", ""),
            (r"read('data: a\n')", ""),
            (r"read(': a comment\n:\ndata: a\n\n')", r##"message="a"#"##),
            (r"read('event: custom\ndata: a\n\ndata: b\n\n')", r##"custom="a"# message="b"#"##),
            (r"read('event: custom\n\ndata: b\n\n')", r##"message="b"#"##),
            (r"read('event: open\ndata: mine\n\n')", r##"open="mine"#"##),
            (
                r"read('id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n')",
                r##"message="a"#1 message="b"#1 message="c"#"##,
            ),
            (r"read('id: 1\u0000\ndata: a\n\n')", r##"message="a"#"##),
            (r"read('id: 7\n\ndata: a\n\n')", r##"message="a"#7"##),
            (r"read('nonsense: 1\ndata: a\nDATA: b\n data: c\n\n')", r##"message="a"#"##),
            (r"read('data: ä€😀\n\n')", r##"message="ä€😀"#"##),
            // In two pieces: within a line, a line's end, and a character.
            (r"halves('data: a\n\n')", r##""a""##),
            (r"halves('data: 12345\r\ndata: 1234\r\n\r\n')", r##""12345\n1234""##),
            (r"halves('data: 12\r\n\r\ndata: 4\r\n\r\n')", r##""12" "4""##),
            (r"halves('data: 1\u20AC\n\ndata:1\n\n')", r##""1€" "1""##),
        ],
    );
}

#[test]
fn lost_connections_are_made_anew() {
    table(
        HEAR,
        &[
            // By as many milliseconds as the server says, with what came last, until it says that nothing comes.
            (
                r"hear(`/then?name=${name()}&${stream}${said('retry: 1\nid: a1\ndata: first\n\n', 'data: after {id}\n\n')}`)",
                r##"open1 message="first"#a1 error0 open1 message="after a1"#a1 error0 error2"##,
            ),
            (
                r"hear(`{other}/then?name=${name()}&h=Access-Control-Allow-Origin:*&${stream}${said('retry: 1\nid: ü\ndata: first\n\n', 'data: after {id}\n\n')}`, { most: 5 })",
                r##"open1 message="first"#ü error0 open1 message="after ü"#ü"##,
            ),
            (
                r"hear(`/then?name=${name()}&${stream}${said('retry: 1x\nretry: 2\n\n', 'data: {id}\n\n')}`, { most: 4 })",
                r##"open1 error0 open1 message="none"#"##,
            ),
            (
                r"hear(`/broken?${stream}&body=${encodeURIComponent('data: 1\n\n')}`, { most: 3 })",
                r##"open1 message="1"# error0"##,
            ),
            ("hear('{nobody}/', { most: 1 })", "error0"),
        ],
    );
}

#[test]
fn what_is_no_event_stream_fails_for_good() {
    table(
        HEAR,
        &[
            ("hear('/say?h=Content-Type:text/plain&body=data:')", "error2"),
            ("hear('/say?body=data:')", "error2"),
            ("hear('/say?h=Content-Type:Text/Event-Stream;charset=x&body=', { most: 1 })", "open1"),
            ("hear(`/say?status=404 Not Found&${stream}`)", "error2"),
            ("hear(`/say?status=204 No Content&${stream}`)", "error2"),
            ("hear(`{other}/say?${stream}`)", "error2"),
            ("hear(`{other}/say?h=Access-Control-Allow-Origin:*&${stream}`, { most: 1 })", "open1"),
            (
                "hear(`{other}/say?h=Access-Control-Allow-Origin:*&${stream}`, { init: { withCredentials: true } })",
                "error2",
            ),
            (
                "hear('/say?status=302 Found&h=Location:/say?h%3DContent-Type:text/event-stream', { most: 1 })",
                "open1",
            ),
            ("new EventSource('http://')", "!SyntaxError"),
            ("new EventSource()", "!TypeError"),
            (
                "(s => { s.close(); return [s.url.endsWith('/never'), s.readyState, s.withCredentials, EventSource.CLOSED, s.OPEN].join() })(new EventSource('/never', { withCredentials: true }))",
                "true,2,true,2,1",
            ),
            ("(s => { s.close(); return s.readyState })(new EventSource('/never'))", "2"),
            // Closed by a listener, nothing follows.
            (
                r"new Promise(done => { const log = [], s = new EventSource(`/then?name=${name()}&${stream}${said('data: 1\n\ndata: 2\n\n')}`); s.onmessage = e => { log.push(e.data); s.close(); }; s.onerror = () => log.push('error'); setTimeout(() => done(log.join()), 200) })",
                "1",
            ),
        ],
    );
    let lines = module("const s = new EventSource('/say?h=Content-Type:text/plain'); s.onmessage = 1;");
    assert_eq!(
        lines,
        [
            "EventSource's response has a MIME type (\"text/plain\") that is not \"text/event-stream\". Aborting the connection."
        ]
    );
}

#[test]
fn what_asks_is_what_event_sources_ask_with() {
    let lines = module(
        "await new Promise(done => { const s = new EventSource('/asked?h=Content-Type:text/event-stream'); s.onopen = () => { s.close(); done(); }; });
         const { method, headers } = await (await fetch('/asked')).json();
         console.log(method, headers.accept, headers['cache-control'], headers['last-event-id']);",
    );
    assert_eq!(lines, ["GET text/event-stream no-cache undefined"]);
}

#[test]
fn a_page_waits_for_its_events() {
    let options = PageOptions::new().timeout(Duration::from_millis(1500));
    let (lines, end) = run_module(
        "const s = new EventSource('/slow?name=never&h=Content-Type:text/event-stream&body=data:1%0A%0A:rest....');
         s.onmessage = e => console.log(e.data);",
        &options,
    );
    assert_eq!((lines, end), (vec!["1".to_owned()], End::TimedOut));
}
