//! Blobs, files, forms, text and bytes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use support::wire::{module, table};

const HELPERS: &str = r"
    const hex = bytes => [...new Uint8Array(bytes)].map(b => b.toString(16).padStart(2, '0')).join('');
    const text = blob => blob.text();
    const entries = form => JSON.stringify([...form].map(([name, value]) => value instanceof File ? [name, value.name, value.type, value.size] : [name, value]));
    const parse = (body, type) => new Response(body, { headers: { 'content-type': type } }).formData().then(entries);
    const part = (head, body) => `--b\r\n${head}\r\n\r\n${body}\r\n`;
    const disposition = 'Content-Disposition: form-data; name=';
    const reader = (blob, how, ...more) => new Promise(done => {
      const r = new FileReader(), log = [];
      for (const type of ['loadstart', 'progress', 'load', 'error', 'abort', 'loadend']) r['on' + type] = e => {
        log.push(type + r.readyState);
        if (type === 'loadend') done(log.join(' ') + ' ' + (r.result instanceof ArrayBuffer ? r.result.byteLength : r.result));
      };
      r[how](blob, ...more);
      if (more[0] === 'abort') r.abort();
    });
";

#[test]
fn blobs_are_made_of_parts() {
    table(
        HELPERS,
        &[
            (
                "text(new Blob(['a', new Uint8Array([98]), new Uint8Array([99]).buffer, new Blob(['d']), 1]))",
                "abcd1",
            ),
            ("new Blob(['\u{e9}']).size", "2"),
            ("new Blob([], { type: 'Text/PLAIN' }).type", "text/plain"),
            ("new Blob([], { type: 'a\\u00E9' }).type", ""),
            ("new Blob('text')", "!TypeError"),
            ("new Blob({})", "!TypeError"),
            ("text(new Blob(['a\\r\\nb\\rc'], { endings: 'native' })).then(JSON.stringify)", r#""a\nb\nc""#),
            ("new Blob([], { endings: 'x' })", "!TypeError"),
            ("text(new Blob(['0123456789']).slice(2, 5))", "234"),
            ("text(new Blob(['0123456789']).slice(-3))", "789"),
            ("text(new Blob(['0123456789']).slice(-3, -1))", "78"),
            ("text(new Blob(['0123456789']).slice(5, 2))", ""),
            ("text(new Blob(['0123456789']).slice(2).slice(1, 3))", "34"),
            ("new Blob(['x'], { type: 'a/b' }).slice().type", ""),
            ("new Blob(['x']).slice(0, 1, 'A/b').type", "a/b"),
            ("new Blob(['ab']).arrayBuffer().then(hex)", "6162"),
            ("new Blob(['ab']).bytes().then(b => { b[0] = 0; return b.length })", "2"),
            ("(async b => { (await b.bytes())[0] = 0; return text(b) })(new Blob(['ab']))", "ab"),
            (
                "(async b => { let n = 0; for await (const piece of b.stream()) n += piece.length; return n })(new Blob([new Uint8Array(200000)]))",
                "200000",
            ),
            (
                "(f => [f.name, f.type, f.size, f.lastModified, f instanceof Blob].join())(new File(['x'], 'n', { type: 'a/b', lastModified: 5 }))",
                "n,a/b,1,5,true",
            ),
            ("new File(['x'])", "!TypeError"),
            ("text(new Blob(['\\uD800']))", "\u{fffd}"),
        ],
    );
}

#[test]
fn file_readers_tell_of_their_way() {
    table(
        HELPERS,
        &[
            ("reader(new Blob(['abc']), 'readAsText')", "loadstart1 progress1 load2 loadend2 abc"),
            ("reader(new Blob([]), 'readAsText')", "loadstart1 load2 loadend2 "),
            (
                "reader(new Blob([new Uint8Array([0xE9])]), 'readAsText', 'latin1')",
                "loadstart1 progress1 load2 loadend2 \u{e9}",
            ),
            (
                "reader(new Blob([new Uint8Array([0xE9])], { type: 'text/plain;charset=latin1' }), 'readAsText')",
                "loadstart1 progress1 load2 loadend2 \u{e9}",
            ),
            (
                "reader(new Blob(['ab'], { type: 'a/b' }), 'readAsDataURL')",
                "loadstart1 progress1 load2 loadend2 data:a/b;base64,YWI=",
            ),
            ("reader(new Blob(['ab']), 'readAsArrayBuffer')", "loadstart1 progress1 load2 loadend2 2"),
            (
                "reader(new Blob([new Uint8Array([255])]), 'readAsBinaryString')",
                "loadstart1 progress1 load2 loadend2 \u{ff}",
            ),
            ("reader(new Blob(['abc']), 'readAsText', 'abort')", "abort2 loadend2 null"),
            ("new FileReader().readAsText('x')", "!TypeError"),
            (
                "(r => { r.readAsText(new Blob()); r.readAsText(new Blob()) })(new FileReader())",
                "!InvalidStateError",
            ),
            ("[FileReader.EMPTY, FileReader.LOADING, new FileReader().DONE].join()", "0,1,2"),
        ],
    );
}

#[test]
fn forms_go_both_ways() {
    table(
        HELPERS,
        &[
            (
                "(f => { f.append('a', 1); f.append('a', 'b'); f.set('c', new Blob(['x'], { type: 't/u' })); return entries(f) })(new FormData())",
                r#"[["a","1"],["a","b"],["c","blob","t/u",1]]"#,
            ),
            (
                "(f => { f.append('a', 1); f.append('b', 2); f.append('a', 3); f.set('a', 4); return entries(f) })(new FormData())",
                r#"[["a","4"],["b","2"]]"#,
            ),
            (
                "(f => { f.append('a', new File(['x'], 'n'), 'm'); return entries(f) })(new FormData())",
                r#"[["a","m","",1]]"#,
            ),
            ("(f => { f.append('a', 'b', 'c') })(new FormData())", "!TypeError"),
            ("new FormData().append('a')", "!TypeError"),
            ("new FormData(1)", "!TypeError"),
            (
                "(f => { f.append('a', 1); f.delete('a'); return [f.has('a'), f.get('a'), f.getAll('a').length].join() })(new FormData())",
                "false,,0",
            ),
            // There and back again.
            (
                "(f => { f.append('a\"\\n', 'b\\nc'); f.append('d', new File(['\u{e9}'], '\u{e9}\".txt', { type: 'a/b' })); return new Response(f).formData().then(entries) })(new FormData())",
                r#"[["a\"\r\n","b\r\nc"],["d","é\".txt","a/b",2]]"#,
            ),
            ("parse('a=b+c&d=%C3%A9', 'application/x-www-form-urlencoded')", r#"[["a","b c"],["d","é"]]"#),
            (
                "parse(part(disposition + '\"a\"', 'b') + '--b--', 'multipart/form-data; boundary=b')",
                r#"[["a","b"]]"#,
            ),
            (
                "parse(part(disposition + '\"a\"', '') + '--b--\\r\\n', 'multipart/form-data; boundary=\"b\"')",
                r#"[["a",""]]"#,
            ),
            (
                "parse(part(disposition + '\"a\"; filename=\"n\"', 'x') + part(disposition + '\"c\"; filename=\"m\"\\r\\nContent-Type: t/u', 'yz') + '--b--', 'multipart/form-data; boundary=b')",
                r#"[["a","n","text/plain",1],["c","m","t/u",2]]"#,
            ),
            ("parse('--b--', 'multipart/form-data; boundary=b')", "[]"),
            ("parse('', 'multipart/form-data; boundary=b')", "!TypeError"),
            ("parse('--b--', 'multipart/form-data')", "!TypeError"),
            ("parse(part(disposition + '\"a\"', 'b'), 'multipart/form-data; boundary=b')", "!TypeError"),
            ("parse(part('X: y', 'b') + '--b--', 'multipart/form-data; boundary=b')", "!TypeError"),
            ("parse('a=b', 'text/plain')", "!TypeError"),
            ("new Response('a=b').formData()", "!TypeError"),
        ],
    );
}

#[test]
fn text_and_bytes_are_turned_into_each_other() {
    table(
        HELPERS,
        &[
            ("hex(new TextEncoder().encode('\u{20ac}'))", "e282ac"),
            ("new TextEncoder().encode().length", "0"),
            (
                "(b => { const { read, written } = new TextEncoder().encodeInto('a\u{20ac}\u{20ac}', b); return [read, written].join() })(new Uint8Array(5))",
                "2,4",
            ),
            ("new TextDecoder().encoding", "utf-8"),
            ("new TextDecoder('LATIN1').encoding", "windows-1252"),
            ("new TextDecoder('nonsense')", "!RangeError"),
            ("new TextDecoder('replacement')", "!RangeError"),
            ("new TextDecoder('shift_jis').decode(new Uint8Array([0x83, 0x65]))", "\u{30c6}"),
            ("new TextDecoder('gb18030').decode(new Uint8Array([0xC4, 0xE3]))", "\u{4f60}"),
            (
                "new TextDecoder('utf-16le').decode(new Uint8Array([0x61, 0, 0x3D, 0xD8, 0, 0xDE]))",
                "a\u{1f600}",
            ),
            (
                "new TextDecoder('x-user-defined').decode(new Uint8Array([0xFF])).charCodeAt(0).toString(16)",
                "f7ff",
            ),
            ("new TextDecoder().decode(new Uint8Array([0xEF, 0xBB, 0xBF, 0x61])).length", "1"),
            (
                "new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([0xEF, 0xBB, 0xBF, 0x61])).length",
                "2",
            ),
            ("new TextDecoder().decode(new Uint8Array([0x61, 0xFF]))", "a\u{fffd}"),
            ("new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0x61, 0xFF]))", "!TypeError"),
            (
                "(d => d.decode(new Uint8Array([0xE2, 0x82]), { stream: true }) + d.decode(new Uint8Array([0xAC])))(new TextDecoder())",
                "\u{20ac}",
            ),
            (
                "(d => { d.decode(new Uint8Array([0xE2]), { stream: true }); return d.decode() })(new TextDecoder())",
                "\u{fffd}",
            ),
            (
                "(d => { d.decode(new Uint8Array([0xE2]), { stream: true }); d.decode() })(new TextDecoder('utf-8', { fatal: true }))",
                "!TypeError",
            ),
            ("new TextDecoder().decode('x')", "!TypeError"),
            ("new TextDecoder().decode(new DataView(new Uint8Array([97, 98]).buffer, 1))", "b"),
            ("btoa('\u{ff}a')", "/2E="),
            ("btoa('\u{100}')", "!InvalidCharacterError"),
            ("atob(' /2\\nE= ').length", "2"),
            ("atob('YQ')", "a"),
            ("atob('YR==')", "a"),
            ("atob('Y')", "!InvalidCharacterError"),
            ("atob('YQ=')", "!InvalidCharacterError"),
            ("atob('Y===')", "!InvalidCharacterError"),
            ("atob('Y_==')", "!InvalidCharacterError"),
            ("new URLSearchParams('a=1&a=2&b=%20').getAll('a').join()", "1,2"),
            ("new URLSearchParams([['a', 'b c'], ['d', '\u{e9}']]).toString()", "a=b+c&d=%C3%A9"),
            ("URL.canParse('http://')", "false"),
            ("URL.parse('http://')", "null"),
        ],
    );
}

#[test]
fn values_are_cloned_and_chance_is_chance() {
    table(
        HELPERS,
        &[
            (
                "JSON.stringify(structuredClone({ a: [1, { b: null }], c: undefined, d: 'x' }))",
                r#"{"a":[1,{"b":null}],"d":"x"}"#,
            ),
            (
                "(o => { o.self = o; const c = structuredClone(o); return c.self === c && c !== o })({})",
                "true",
            ),
            ("structuredClone(new Map([[1, new Set([2])]])).get(1).has(2)", "true"),
            ("structuredClone(new Date(5)).getTime()", "5"),
            ("String(structuredClone(/a/gi))", "/a/gi"),
            (
                "(e => [e.name, e.message, e instanceof RangeError].join())(structuredClone(new RangeError('x')))",
                "RangeError,x,true",
            ),
            (
                "(v => [v.length, v.buffer.byteLength, v.byteOffset].join())(structuredClone(new Uint8Array(new ArrayBuffer(8), 2, 3)))",
                "3,8,2",
            ),
            (
                "(b => { const c = structuredClone(b, { transfer: [b] }); return [b.byteLength, c.byteLength, new Uint8Array(c)[0]].join() })(new Uint8Array([7, 8]).buffer)",
                "0,2,7",
            ),
            (
                "(v => { const c = structuredClone({ v }, { transfer: [v.buffer] }); return [v.length, c.v.join('-')].join() })(new Uint8Array([7, 8]))",
                "0,7-8",
            ),
            ("structuredClone(new Blob(['x'])).size", "1"),
            ("structuredClone(1n)", "1"),
            ("structuredClone(() => {})", "!DataCloneError"),
            ("structuredClone(Symbol('x'))", "!DataCloneError"),
            ("structuredClone({ f() {} })", "!DataCloneError"),
            ("structuredClone(document.body)", "!DataCloneError"),
            ("structuredClone(new Headers())", "!DataCloneError"),
            ("structuredClone(Promise.resolve())", "!DataCloneError"),
            ("structuredClone(1, { transfer: [{}] })", "!DataCloneError"),
            ("structuredClone()", "!TypeError"),
            (
                "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())",
                "true",
            ),
            ("crypto.randomUUID() === crypto.randomUUID()", "false"),
            ("crypto.getRandomValues(new Uint8Array(64)).some(byte => byte !== 0)", "true"),
            ("crypto.getRandomValues(new Uint32Array(4)).length", "4"),
            ("crypto.getRandomValues(new Float32Array(1))", "!TypeMismatchError"),
            ("crypto.getRandomValues(new Uint8Array(65537))", "!QuotaExceededError"),
            ("queueMicrotask(1)", "!TypeError"),
            ("performance.now() <= performance.now()", "true"),
        ],
    );
}

#[test]
fn beacons_are_sent_and_bounded() {
    let lines = module(
        "const told = [];
         console.log(navigator.sendBeacon('/asked', new URLSearchParams('a=b')));
         // Each is told what was asked before it.
         let asked = {};
         while (asked.method !== 'POST') asked = await (await fetch('/asked')).json().catch(() => ({}));
         console.log(asked.method, asked.body, asked.headers['content-type']);
         console.log(navigator.sendBeacon('/say', 'x'.repeat(65536)), navigator.sendBeacon('/say', 'x'));
         for (const attempt of [() => navigator.sendBeacon('http://'), () => navigator.sendBeacon('data:,x'), () => navigator.sendBeacon('/', new ReadableStream())]) {
           try { attempt(); } catch (e) { console.log(e.name); }
         }",
    );
    assert_eq!(
        lines,
        [
            "true",
            "POST a=b application/x-www-form-urlencoded;charset=UTF-8",
            "true false",
            "TypeError",
            "TypeError",
            "TypeError"
        ]
    );
}
