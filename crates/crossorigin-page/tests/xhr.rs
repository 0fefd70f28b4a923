//! `XMLHttpRequest`: its events in their order, its responses, and what it refuses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use support::wire::table;

/// Makes a request whose events are written down: those of the upload after `^`, states of `readystatechange` as numbers.
const WATCH: &str = "
    const make = (log = [], upload = true) => {
      const x = new XMLHttpRequest();
      const types = ['loadstart', 'progress', 'abort', 'error', 'load', 'timeout', 'loadend'];
      x.onreadystatechange = () => log.push(x.readyState);
      for (const type of types) x['on' + type] = e => log.push(`${type}(${e.loaded},${e.total})`);
      if (upload) for (const type of types) x.upload['on' + type] = e => log.push(`^${type}(${e.loaded},${e.total})`);
      return x;
    };
    const events = (method, url, body, steps, upload = Boolean(body)) => new Promise(done => {
      const log = [];
      const x = make(log, upload);
      x.addEventListener('loadend', () => setTimeout(() => done(log.join(' ') + ` : ${x.readyState} ${x.status}`)));
      x.open(method, url);
      steps?.(x, log);
      x.send(body);
    });
    const abortAt = state => x => x.addEventListener('readystatechange', () => { if (x.readyState === state) x.abort(); });
    const shared = rest => `{other}/say?h=Access-Control-Allow-Origin:*${rest}`;
    const get = (url, steps) => new Promise((done, failed) => {
      const x = new XMLHttpRequest();
      x.open('GET', url);
      steps?.(x);
      x.onload = () => done(x);
      x.onerror = failed;
      x.send();
    });
    const wire = (method, body, headers = {}) => new Promise(done => {
      const x = new XMLHttpRequest();
      x.open(method, '/echo');
      for (const [name, value] of Object.entries(headers)) x.setRequestHeader(name, value);
      x.onload = () => done(JSON.parse(x.responseText));
      x.send(body);
    });
    const thrown = steps => { try { steps(); return 'nothing'; } catch (e) { return e.name; } };
    const opened = steps => { const x = new XMLHttpRequest(); x.open('GET', '/say'); return steps ? thrown(() => steps(x)) : x; };
";

#[test]
fn every_event_comes_in_its_order() {
    table(
        WATCH,
        &[
            (
                "events('GET', '/say?body=12345')",
                "1 loadstart(0,0) 2 3 progress(5,5) 4 load(5,5) loadend(5,5) : 4 200",
            ),
            ("events('GET', '/say')", "1 loadstart(0,0) 2 progress(0,0) 4 load(0,0) loadend(0,0) : 4 200"),
            ("events('GET', '/none')", "1 loadstart(0,0) 2 3 progress(7,7) 4 load(7,7) loadend(7,7) : 4 404"),
            (
                "events('GET', shared('&body=12345'))",
                "1 loadstart(0,0) 2 3 progress(5,5) 4 load(5,5) loadend(5,5) : 4 200",
            ),
            (
                "events('HEAD', '/say?body=12345')",
                "1 loadstart(0,0) 2 progress(0,0) 4 load(0,0) loadend(0,0) : 4 200",
            ),
            // Nobody there, refused, broken off, gone astray.
            ("events('GET', '{nobody}/')", "1 loadstart(0,0) 4 error(0,0) loadend(0,0) : 4 0"),
            ("events('GET', '{other}/say?body=12345')", "1 loadstart(0,0) 4 error(0,0) loadend(0,0) : 4 0"),
            (
                "events('GET', '/broken?body=12345')",
                "1 loadstart(0,0) 2 3 progress(5,100) 4 error(0,0) loadend(0,0) : 4 0",
            ),
            (
                "events('GET', '/say?status=302 Found&h=Location:/say?body=x')",
                "1 loadstart(0,0) 2 3 progress(1,1) 4 load(1,1) loadend(1,1) : 4 200",
            ),
            ("events('GET', 'ftp://a/')", "1 loadstart(0,0) 4 error(0,0) loadend(0,0) : 4 0"),
            (
                "events('GET', 'data:,12')",
                "1 loadstart(0,0) 2 3 progress(2,0) 4 load(2,0) loadend(2,0) : 4 200",
            ),
            // With a body.
            (
                "events('POST', '/say?body=1', 'abc')",
                "1 loadstart(0,0) ^loadstart(0,3) ^progress(3,3) ^load(3,3) ^loadend(3,3) 2 3 progress(1,1) 4 load(1,1) loadend(1,1) : 4 200",
            ),
            (
                "events('POST', '/say?body=1', 'abc', null, false)",
                "1 loadstart(0,0) 2 3 progress(1,1) 4 load(1,1) loadend(1,1) : 4 200",
            ),
            (
                "events('GET', '/say?body=1', 'abc')",
                "1 loadstart(0,0) 2 3 progress(1,1) 4 load(1,1) loadend(1,1) : 4 200",
            ),
            // Who listens to the upload asks first.
            (
                "events('POST', shared('&preflight&body=1'), 'abc')",
                "1 loadstart(0,0) ^loadstart(0,3) ^progress(3,3) ^load(3,3) ^loadend(3,3) 2 3 progress(1,1) 4 load(1,1) loadend(1,1) : 4 200",
            ),
            (
                "events('POST', shared('&body=1'), 'abc')",
                "1 loadstart(0,0) ^loadstart(0,3) 4 ^error(0,0) ^loadend(0,0) error(0,0) loadend(0,0) : 4 0",
            ),
            (
                "events('POST', shared('&body=1'), 'abc', null, false)",
                "1 loadstart(0,0) 2 3 progress(1,1) 4 load(1,1) loadend(1,1) : 4 200",
            ),
            (
                "events('POST', '{nobody}/', 'abc')",
                "1 loadstart(0,0) ^loadstart(0,3) 4 ^error(0,0) ^loadend(0,0) error(0,0) loadend(0,0) : 4 0",
            ),
            // Aborted in each state.
            ("(() => { const log = [], x = make(log); x.abort(); return log.join() + x.readyState })()", "0"),
            (
                "(() => { const log = [], x = make(log); x.open('GET', '/say'); x.abort(); return log.join(' ') + ` : ${x.readyState}` })()",
                "1 : 1",
            ),
            (
                "(() => { const log = [], x = make(log); x.open('GET', '/never'); x.send(); x.abort(); return log.join(' ') + ` : ${x.readyState}` })()",
                "1 loadstart(0,0) 4 abort(0,0) loadend(0,0) : 0",
            ),
            (
                "(() => { const log = [], x = make(log); x.open('POST', '/never'); x.send('abc'); x.abort(); return log.join(' ') + ` : ${x.readyState}` })()",
                "1 loadstart(0,0) ^loadstart(0,3) 4 ^abort(0,0) ^loadend(0,0) abort(0,0) loadend(0,0) : 0",
            ),
            (
                "events('GET', '/say?body=12345', null, abortAt(2))",
                "1 loadstart(0,0) 2 4 abort(0,0) loadend(0,0) : 0 0",
            ),
            (
                "events('GET', '/say?body=12345', null, abortAt(3))",
                "1 loadstart(0,0) 2 3 4 abort(0,0) loadend(0,0) : 0 0",
            ),
            (
                "new Promise(done => { const log = [], x = make(log); x.open('GET', '/say?body=1'); abortAt(4)(x); x.send(); setTimeout(() => done(log.join(' ') + ` : ${x.readyState} ${x.status}`), 200) })",
                "1 loadstart(0,0) 2 3 progress(1,1) 4 : 0 0",
            ),
            (
                "new Promise(done => { const log = [], x = make(log); x.open('GET', '/say?body=1'); x.addEventListener('load', () => x.abort()); x.send(); setTimeout(() => done(log.join(' ') + ` : ${x.readyState} ${x.status}`), 200) })",
                "1 loadstart(0,0) 2 3 progress(1,1) 4 load(1,1) : 0 0",
            ),
            (
                "events('GET', '/slow?name=a&body=12345678', null, x => x.addEventListener('progress', () => x.abort()))",
                "1 loadstart(0,0) 2 3 progress(4,8) 4 abort(0,0) loadend(0,0) : 0 0",
            ),
            // Out of time.
            (
                "events('GET', '/never', null, x => { x.timeout = 5; })",
                "1 loadstart(0,0) 4 timeout(0,0) loadend(0,0) : 4 0",
            ),
            (
                "events('POST', '/never', 'abc', x => { x.timeout = 200; })",
                "1 loadstart(0,0) ^loadstart(0,3) ^progress(3,3) ^load(3,3) ^loadend(3,3) 4 timeout(0,0) loadend(0,0) : 4 0",
            ),
            (
                "events('GET', '/slow?name=b&body=12345678', null, x => x.addEventListener('progress', () => { x.timeout = 1; }))",
                "1 loadstart(0,0) 2 3 progress(4,8) 4 timeout(0,0) loadend(0,0) : 4 0",
            ),
            (
                "events('GET', '/say?body=1', null, x => { x.timeout = 1e6; })",
                "1 loadstart(0,0) 2 3 progress(1,1) 4 load(1,1) loadend(1,1) : 4 200",
            ),
            // Opened anew while it is under way.
            (
                "events('GET', '/never', null, (x, log) => x.addEventListener('loadstart', () => { x.open('GET', '/say?body=1'); x.send(); }, { once: true }))",
                "1 loadstart(0,0) loadstart(0,0) 2 3 progress(1,1) 4 load(1,1) loadend(1,1) : 4 200",
            ),
        ],
    );
}

#[test]
fn what_comes_is_what_is_asked_for() {
    let latin = "/say?h=Content-Type:text/plain;charset=iso-8859-1&body=%C3%A9";
    table(
        WATCH,
        &[
            (
                "get('/say?body=text').then(x => [x.response, x.responseText, x.status, x.statusText, new URL(x.responseURL).pathname].join())",
                "text,text,200,OK,/say",
            ),
            ("get('/say?status=201 Made').then(x => x.statusText)", "Made"),
            (&format!("get('{latin}').then(x => x.responseText.length)"), "2"),
            (
                &format!(
                    "get('{latin}', x => x.overrideMimeType('text/plain;charset=utf-8')).then(x => x.responseText.length)"
                ),
                "1",
            ),
            (
                "get('/say?body=%EF%BB%BFx', x => x.overrideMimeType('text/plain;charset=windows-1252')).then(x => x.responseText)",
                "x",
            ),
            (
                "get('/say?h=Content-Type:text/xml&body=<?xml version=\"1.0\" encoding=\"windows-1252\"?>%C3%A9').then(x => x.responseText.length)",
                "47",
            ),
            (
                "get('/say?body=%00%C3%BF', x => x.overrideMimeType('text/plain;charset=x-user-defined')).then(x => [...x.responseText].map(c => c.charCodeAt(0) & 255).join())",
                "0,195,191",
            ),
            (
                "get('/say?body={\"a\":[1]}', x => { x.responseType = 'json'; }).then(x => [x.response.a[0], x.response === x.response].join())",
                "1,true",
            ),
            ("get('/say?body={', x => { x.responseType = 'json'; }).then(x => x.response)", "null"),
            (
                "get('/say?body=12', x => { x.responseType = 'arraybuffer'; }).then(x => [x.response.byteLength, x.response === x.response].join())",
                "2,true",
            ),
            (
                "get('/say?h=Content-Type:A/b;c=d&body=12', x => { x.responseType = 'blob'; }).then(x => [x.response.size, x.response.type].join())",
                "2,a/b;c=d",
            ),
            ("get('/say?body=12', x => { x.responseType = 'blob'; }).then(x => x.response.type)", "text/xml"),
            (
                "get('/say?h=Content-Type:text/html&body=<title>T</title>', x => { x.responseType = 'document'; }).then(x => [x.response.title, x.responseXML === x.response].join())",
                "T,true",
            ),
            (
                "get('/say?h=Content-Type:text/plain&body=<title>T</title>', x => { x.responseType = 'document'; }).then(x => x.response)",
                "null",
            ),
            (
                "get('/say?h=Content-Type:text/xml&body=<a><c>t</c></a>').then(({ responseXML: own }) => [own.documentElement.tagName, own.querySelector('c').textContent, own.contentType].join())",
                "a,t,text/xml",
            ),
            (
                "get('/say?h=Content-Type:image/svg%2bxml&body=<a:b xmlns:a=\"urn:x\" a:y=\"1\"/>', x => { x.responseType = 'document'; }).then(({ response: own }) => [own.documentElement.namespaceURI, own.documentElement.getAttribute('a:y')].join())",
                "urn:x,1",
            ),
            ("get('/say?h=Content-Type:text/xml&body=<a><b></a>').then(x => x.responseXML)", "null"),
            ("get('/say?body=<ok/>').then(x => x.responseXML.documentElement.localName)", "ok"),
            (
                "Promise.resolve(new DOMParser().parseFromString('<a>', 'text/xml').documentElement.localName)",
                "parsererror",
            ),
            ("get('/say?h=Content-Type:text/html&body=<title>T</title>').then(x => x.responseXML)", "null"),
            (
                "get('/say?body=x', x => { x.responseType = 'json'; }).then(x => thrown(() => x.responseText))",
                "InvalidStateError",
            ),
            (
                "get('/say?body=x', x => { x.responseType = 'json'; }).then(x => thrown(() => x.responseXML))",
                "InvalidStateError",
            ),
            ("get('/say?body=x', x => { x.responseType = 'nonsense'; }).then(x => x.responseType)", ""),
            // Headers.
            (
                "get('/say?h=b:1&h=A:2&h=a_b:3&h=b:4').then(x => x.getAllResponseHeaders().replace(/\\r\\n/g, '|'))",
                "a: 2|a_b: 3|b: 1, 4|connection: close|content-length: 0|",
            ),
            (
                "get('/say?h=B:1&h=Set-Cookie:a=b').then(x => [x.getResponseHeader('b'), x.getResponseHeader('set-cookie'), x.getResponseHeader('a b')].join())",
                "1,,",
            ),
            (
                "get(shared('&h=B:1')).then(x => [x.getResponseHeader('b'), x.getAllResponseHeaders().trim()].join())",
                ",content-length: 0",
            ),
            // Text as it comes.
            (
                "new Promise(done => { const seen = [], x = new XMLHttpRequest(); x.open('GET', '/slow?name=c&body=12%C3%A945'); x.onprogress = () => { seen.push(x.responseText); if (seen.length === 1) fetch('/go?name=c'); }; x.onload = () => done(seen[0].length + ',' + x.responseText); x.send() })",
                "2,12\u{e9}45",
            ),
            (
                "new Promise(done => { const x = new XMLHttpRequest(); x.open('GET', '/slow?name=d&body=1234'); x.responseType = 'arraybuffer'; x.onprogress = () => { done(x.response); x.abort(); }; x.send() })",
                "null",
            ),
        ],
    );
}

#[test]
fn bodies_have_their_types() {
    let sent = |body: &str| {
        format!(
            "wire('POST', {body}).then(e => [e.headers['content-type'], e.headers['content-length'], e.body].join())"
        )
    };
    let rows = [
        ("'\u{e9}'", "text/plain;charset=UTF-8,2,\u{c3}\u{a9}"),
        ("new URLSearchParams('a=b c')", "application/x-www-form-urlencoded;charset=UTF-8,5,a=b+c"),
        ("new Blob(['x'], { type: 'a/b' })", "a/b,1,x"),
        ("new Blob(['x'])", ",1,x"),
        ("new Uint8Array([120])", ",1,x"),
        ("new Uint8Array([120]).buffer", ",1,x"),
        (
            "document.implementation.createHTMLDocument('T')",
            "text/html;charset=UTF-8,55,<html><head><title>T</title></head><body></body></html>",
        ),
        ("null", ",0,"),
        ("undefined", ",0,"),
    ];
    let codes: Vec<String> = rows.iter().map(|(body, _)| sent(body)).collect();
    let rows: Vec<(&str, &str)> =
        codes.iter().zip(rows).map(|(code, (_, told))| (code.as_str(), told)).collect();
    table(WATCH, &rows);
    table(
        WATCH,
        &[
            (
                "wire('POST', 'x', { 'Content-Type': 'a/b;charset=latin1;x=y' }).then(e => e.headers['content-type'])",
                "a/b;charset=UTF-8;x=y",
            ),
            (
                "wire('POST', 'x', { 'Content-Type': 'a/b;charset=utf-8' }).then(e => e.headers['content-type'])",
                "a/b;charset=utf-8",
            ),
            ("wire('POST', 'x', { 'Content-Type': 'a/b' }).then(e => e.headers['content-type'])", "a/b"),
            (
                "wire('POST', new Blob(['x']), { 'Content-Type': 'a/b;charset=latin1' }).then(e => e.headers['content-type'])",
                "a/b;charset=latin1",
            ),
            (
                "wire('POST', (() => { const f = new FormData(); f.append('a', 'b'); f.append('c', new File(['d'], 'e\"f')); return f })()).then(e => e.body.split(/------crossorigin[0-9a-f]+/).join('@').replace(/\\r\\n/g, '|'))",
                "@|Content-Disposition: form-data; name=\"a\"||b|@|Content-Disposition: form-data; name=\"c\"; filename=\"e%22f\"|Content-Type: application/octet-stream||d|@--|",
            ),
            ("wire('GET', 'x').then(e => e.body)", ""),
            ("wire('post', 'x').then(e => e.method)", "POST"),
            ("wire('pATCH', 'x').then(e => e.method)", "pATCH"),
            (
                "wire('GET', null, { 'X-A': ' 1 ', 'Cookie': 'a=b', 'Sec-A': '2' }).then(e => [e.headers['x-a'], e.headers.cookie, e.headers['sec-a']].join())",
                "1,,",
            ),
            (
                "(() => { const x = new XMLHttpRequest(); x.open('GET', '/echo'); x.setRequestHeader('a', '1'); x.setRequestHeader('A', '2'); return new Promise(done => { x.onload = () => done(JSON.parse(x.response).headers.a); x.send() }) })()",
                "1, 2",
            ),
        ],
    );
}

#[test]
fn what_is_out_of_place_is_refused() {
    table(
        WATCH,
        &[
            ("thrown(() => new XMLHttpRequest().open('a b', '/'))", "SyntaxError"),
            ("thrown(() => new XMLHttpRequest().open('TRACE', '/'))", "SecurityError"),
            ("thrown(() => new XMLHttpRequest().open('GET', 'http://'))", "SyntaxError"),
            ("thrown(() => new XMLHttpRequest().send())", "InvalidStateError"),
            ("thrown(() => new XMLHttpRequest().setRequestHeader('a', 'b'))", "InvalidStateError"),
            ("thrown(() => new XMLHttpRequestUpload())", "TypeError"),
            ("opened(x => x.setRequestHeader('a b', 'c'))", "SyntaxError"),
            ("opened(x => x.setRequestHeader('a', 'b\\nc'))", "SyntaxError"),
            ("opened(x => { x.send(); x.send(); })", "InvalidStateError"),
            ("opened(x => { x.send(); x.setRequestHeader('a', 'b'); })", "InvalidStateError"),
            ("opened(x => { x.withCredentials = true; x.send(); })", "nothing"),
            ("opened(x => { x.send(); x.withCredentials = true; })", "InvalidStateError"),
            ("get('/say').then(x => thrown(() => { x.withCredentials = true; }))", "InvalidStateError"),
            ("get('/say').then(x => thrown(() => { x.responseType = 'json'; }))", "InvalidStateError"),
            ("get('/say').then(x => thrown(() => x.overrideMimeType('a/b')))", "InvalidStateError"),
            ("get('/say', x => { x.withCredentials = true; }).then(x => x.withCredentials)", "true"),
            (
                "thrown(() => { const x = new XMLHttpRequest(); x.timeout = 1; x.open('GET', '/', false); })",
                "InvalidAccessError",
            ),
            (
                "thrown(() => { const x = new XMLHttpRequest(); x.responseType = 'text'; x.open('GET', '/', false); })",
                "InvalidAccessError",
            ),
            (
                "thrown(() => { const x = new XMLHttpRequest(); x.open('GET', '/', false); x.timeout = 1; })",
                "InvalidAccessError",
            ),
            (
                "thrown(() => { const x = new XMLHttpRequest(); x.open('GET', '/', false); x.responseType = 'json'; })",
                "InvalidAccessError",
            ),
            (
                "(() => { const x = new XMLHttpRequest(); x.open('GET', '/say?body=1', undefined); x.send(); return x.responseText })()",
                "1",
            ),
            // At once.
            (
                "(() => { const log = [], x = make(log); x.open('GET', '/say?body=12', false); x.send(); return [...log, x.responseText, x.status].join(' ') })()",
                "1 4 load(2,2) loadend(2,2) 12 200",
            ),
            (
                "(() => { const log = [], x = make(log); x.open('POST', '/echo', false); x.send('abc'); return [...log.map(String).map(e => e.split('(')[0]), JSON.parse(x.response).body].join(' ') })()",
                "1 4 load loadend abc",
            ),
            (
                "thrown(() => { const x = new XMLHttpRequest(); x.open('GET', '{other}/say', false); x.send(); })",
                "NetworkError",
            ),
            (
                "(() => { const log = [], x = make(log); x.open('GET', '{nobody}/', false); return [thrown(() => x.send()), ...log, x.readyState, x.status].join(' ') })()",
                "NetworkError 1 4 0",
            ),
            // With a name and a password.
            (
                "(() => { const x = new XMLHttpRequest(); x.open('GET', '/say?body=1', true, 'me', 'secret'); return new Promise(done => { x.onload = () => done(x.response); x.send() }) })()",
                "1",
            ),
        ],
    );
}
