//! `fetch()`, Headers, Request, Response and abort signals.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use crossorigin_page::{End, PageOptions};
use support::page_at;
use support::wire::{get, module, serve, table};

const SHARED: &str =
    "const shared = (rest = '') => `{other}/say?h=Access-Control-Allow-Origin:*&body=text${rest}`;
    const list = headers => JSON.stringify([...headers]);
    const own = rest => `/say?${rest}`;";

#[test]
fn headers_are_guarded() {
    table(
        SHARED,
        &[
            ("list(new Headers({ B: ' 1 ', a: 2 }))", r#"[["a","2"],["b","1"]]"#),
            ("list(new Headers([['a', 'b'], ['A', 'c']]))", r#"[["a","b, c"]]"#),
            (
                "list(new Headers([['set-cookie', 'b'], ['Set-Cookie', 'c']]))",
                r#"[["set-cookie","b"],["set-cookie","c"]]"#,
            ),
            ("new Headers([['set-cookie', 'b'], ['Set-Cookie', 'c']]).getSetCookie().length", "2"),
            ("new Headers(null)", "!TypeError"),
            ("new Headers('a')", "!TypeError"),
            ("new Headers([['a']])", "!TypeError"),
            ("new Headers([['a', 'b', 'c']])", "!TypeError"),
            ("new Headers({ 'a b': 'c' })", "!TypeError"),
            ("new Headers({ a: 'b\\nc' })", "!TypeError"),
            ("new Headers({ a: '\\u0100' })", "!TypeError"),
            ("new Headers({ a: '\\u00FF' }).get('A').length", "1"),
            ("new Headers().get('a b')", "!TypeError"),
            ("new Headers().get('a')", "null"),
            ("new Headers({ a: '' }).has('A')", "true"),
            // Of a request.
            (
                "list(new Request('/', { headers: { Cookie: 'a', Host: 'b', 'Sec-X': 'c', 'Proxy-X': 'd', X: 'e' } }).headers)",
                r#"[["x","e"]]"#,
            ),
            (
                "list(new Request('/', { headers: { 'X-HTTP-Method': 'TRACE', 'x-method-override': 'get' } }).headers)",
                r#"[["x-method-override","get"]]"#,
            ),
            // Of a request without CORS.
            (
                "list(new Request('/', { mode: 'no-cors', headers: { Accept: 'a', X: 'b', 'Content-Type': 'text/plain', Range: 'bytes=0-' } }).headers)",
                r#"[["accept","a"],["content-type","text/plain"]]"#,
            ),
            (
                "list(new Request('/', { mode: 'no-cors', headers: { 'Content-Type': 'application/json' } }).headers)",
                "[]",
            ),
            (
                "(() => { const { headers } = new Request('/', { mode: 'no-cors', headers: { accept: 'a' } }); headers.append('accept', 'x'.repeat(130)); return list(headers) })()",
                r#"[["accept","a"]]"#,
            ),
            (
                "(() => { const { headers } = new Request('/', { mode: 'no-cors', headers: { accept: 'a' } }); headers.delete('x'); headers.delete('accept'); return list(headers) })()",
                "[]",
            ),
            // Of a response that script makes, and of one that came.
            (
                "list(new Response('', { headers: { 'Set-Cookie': 'a', X: 'b' } }).headers)",
                r#"[["content-type","text/plain;charset=UTF-8"],["x","b"]]"#,
            ),
            ("(await fetch(own('body=1'))).headers.append('a', 'b')", "!TypeError"),
            ("(await fetch(own('body=1'))).clone().headers.delete('a')", "!TypeError"),
            ("new Headers((await fetch(own('body=1'))).headers).set('a', 'b')", "undefined"),
            ("Response.redirect('/').headers.set('a', 'b')", "!TypeError"),
            (
                "(() => { const h = new Headers({ a: 1, b: 2 }); for (const [name] of h) h.delete(name); return list(h) })()",
                r#"[["b","2"]]"#,
            ),
            ("new Headers({ a: 1 }).forEach()", "!TypeError"),
        ],
    );
}

#[test]
fn requests_are_what_they_say() {
    table(
        SHARED,
        &[
            (
                "(({ method, mode, credentials, cache, redirect, referrer, referrerPolicy, integrity, keepalive, destination, duplex }) => [method, mode, credentials, cache, redirect, referrer, referrerPolicy, integrity, keepalive, destination, duplex].join())(new Request('/'))",
                "GET,cors,same-origin,default,follow,about:client,,,false,,half",
            ),
            ("new Request('/', { method: 'patch' }).method", "patch"),
            ("new Request('/', { method: 'post' }).method", "POST"),
            ("new Request()", "!TypeError"),
            ("new Request('http://')", "!TypeError"),
            ("new Request('http://a:b@c/')", "!TypeError"),
            ("new Request('/', 1)", "!TypeError"),
            ("new Request('/', { method: 'a b' })", "!TypeError"),
            ("new Request('/', { method: 'Trace' })", "!TypeError"),
            ("new Request('/', { mode: 'navigate' })", "!TypeError"),
            ("new Request('/', { mode: 'x' })", "!TypeError"),
            ("new Request('/', { mode: 'no-cors', method: 'PUT' })", "!TypeError"),
            ("new Request('/', { credentials: 'x' })", "!TypeError"),
            ("new Request('/', { cache: 'x' })", "!TypeError"),
            ("new Request('/', { cache: 'only-if-cached' })", "!TypeError"),
            ("new Request('/', { cache: 'only-if-cached', mode: 'same-origin' }).cache", "only-if-cached"),
            ("new Request('/', { redirect: 'x' })", "!TypeError"),
            ("new Request('/', { referrerPolicy: 'x' })", "!TypeError"),
            ("new Request('/', { duplex: 'full' })", "!TypeError"),
            ("new Request('/', { window: {} })", "!TypeError"),
            ("new Request('/', { window: null }).method", "GET"),
            ("new Request('/', { signal: {} })", "!TypeError"),
            ("new Request('/', { signal: null }).signal.aborted", "false"),
            ("new Request('/', { body: 'x' })", "!TypeError"),
            ("new Request('/', { method: 'HEAD', body: '' })", "!TypeError"),
            ("new Request('/', { referrer: 'http://' })", "!TypeError"),
            ("new Request('/', { referrer: '' }).referrer", ""),
            ("new Request('/', { referrer: '/x' }).referrer.endsWith('/x')", "true"),
            ("new Request('/', { referrer: '{other}/x' }).referrer", "about:client"),
            ("new Request('/', { method: 'POST', body: new ReadableStream() })", "!TypeError"),
            (
                "new Request('/', { method: 'POST', body: new ReadableStream(), duplex: 'half' }).bodyUsed",
                "false",
            ),
            (
                "new Request('/', { method: 'POST', mode: 'no-cors', body: new ReadableStream(), duplex: 'half' })",
                "!TypeError",
            ),
            (
                "new Request('/', { method: 'POST', keepalive: true, body: new ReadableStream(), duplex: 'half' })",
                "!TypeError",
            ),
            (
                "new Request('/', { method: 'POST', body: 'x', headers: { 'Content-Type': 'a/b' } }).headers.get('content-type')",
                "a/b",
            ),
            (
                "new Request('/', { method: 'POST', body: new URLSearchParams('a=b') }).headers.get('content-type')",
                "application/x-www-form-urlencoded;charset=UTF-8",
            ),
            (
                "new Request('/', { method: 'POST', body: new Blob(['x'], { type: 'A/b' }) }).headers.get('content-type')",
                "a/b",
            ),
            (
                "new Request('/', { method: 'POST', body: new Uint8Array(1) }).headers.get('content-type')",
                "null",
            ),
            (
                "new Request('/', { method: 'POST', body: new FormData() }).headers.get('content-type').split('=')[0]",
                "multipart/form-data; boundary",
            ),
            // One of another.
            (
                "(() => { const a = new Request('/', { method: 'POST', body: 'x' }); const b = new Request(a); return [a.bodyUsed, b.bodyUsed, b.method].join() })()",
                "true,false,POST",
            ),
            (
                "(async () => { const a = new Request('/', { method: 'POST', body: 'x' }); await a.text(); new Request(a) })()",
                "!TypeError",
            ),
            (
                "(async () => { const a = new Request('/', { method: 'POST', body: 'x' }); await a.text(); return new Request(a, { body: 'y' }).text() })()",
                "y",
            ),
            (
                "(async () => { const a = new Request('/', { method: 'POST', body: 'x' }); const b = a.clone(); return await a.text() + await b.text() })()",
                "xx",
            ),
            (
                "(async () => { const a = new Request('/', { method: 'POST', body: 'x' }); await a.text(); a.clone() })()",
                "!TypeError",
            ),
            (
                "new Request(new Request('/', { headers: { a: 'b' } }), { headers: { c: 'd' } }).headers.has('a')",
                "false",
            ),
            (
                "new Request(new Request('/', { headers: { a: 'b' } }), { method: 'POST' }).headers.has('a')",
                "true",
            ),
            (
                "(() => { const c = new AbortController(); const r = new Request(new Request('/', { signal: c.signal })); c.abort(1); return r.signal.reason })()",
                "1",
            ),
        ],
    );
}

#[test]
fn responses_are_filtered() {
    table(
        &format!(
            "{SHARED} const told = async (url, init) => {{
               const r = await fetch(url, init);
               return [r.type, r.status, r.statusText, r.ok, r.redirected, new URL(r.url || 'x:none').pathname, r.body === null, await r.text()].join();
             }};"
        ),
        &[
            ("told(own('body=hi&status=201 Made'))", "basic,201,Made,true,false,/say,false,hi"),
            ("told(own('status=404 Not Found&body=no'))", "basic,404,Not Found,false,false,/say,false,no"),
            ("told(own('status=204 No Content'))", "basic,204,No Content,true,false,/say,true,"),
            ("told(own('body=x'), { method: 'HEAD' })", "basic,200,OK,true,false,/say,true,"),
            ("told(own('status=302 Found&h=Location:/say?body=there'))", "basic,200,OK,true,true,/say,false,there"),
            ("told(own('status=302 Found&h=Location:/say?body=there'), { redirect: 'manual' })", "opaqueredirect,0,,false,false,/say,true,"),
            ("told(own('status=302 Found&h=Location:/say?body=there'), { redirect: 'error' })", "!TypeError"),
            ("told(shared())", "cors,200,OK,true,false,/say,false,text"),
            ("told('{other}/say?body=secret', { mode: 'no-cors' })", "opaque,0,,false,false,none,true,"),
            ("told('{other}/say?body=secret')", "!TypeError"),
            ("told(shared(), { mode: 'same-origin' })", "!TypeError"),
            ("told(shared('&h=Access-Control-Allow-Credentials:true'), { credentials: 'include' })", "!TypeError"),
            ("fetch(shared('&h=X-A:1&h=X-B:2&h=Access-Control-Expose-Headers:x-b')).then(r => [...r.headers.keys()].join())", "content-length,x-b"),
            ("fetch(own('h=X-A:1&h=Set-Cookie:a=b')).then(r => [r.headers.get('x-a'), r.headers.get('set-cookie')].join())", "1,"),
            ("told('{nobody}/')", "!TypeError Failed to fetch"),
            ("fetch('/broken?body=part').then(r => r.status)", "200"),
            ("fetch('/broken?body=part').then(r => r.text())", "!TypeError"),
            // What script makes.
            ("(r => [r.type, r.status, r.ok, r.url, r.body].join())(Response.error())", "error,0,false,,"),
            ("(r => [r.type, r.status, r.headers.get('location').endsWith('/x')].join())(Response.redirect('/x', 307))", "default,307,true"),
            ("Response.redirect('/', 200)", "!RangeError"),
            ("Response.redirect('http://')", "!TypeError"),
            ("Response.json({ a: [1] }).text()", "{\"a\":[1]}"),
            ("Response.json(1, { headers: { 'content-type': 'a/b' } }).headers.get('content-type')", "a/b"),
            ("Response.json(undefined)", "!TypeError"),
            ("new Response('', { status: 199 })", "!RangeError"),
            ("new Response('', { status: 204 })", "!TypeError"),
            ("new Response(null, { status: 204 }).body", "null"),
            ("new Response('', { statusText: '\\n' })", "!TypeError"),
            ("new Response(null, { statusText: 'Fine' }).statusText", "Fine"),
        ],
    );
}

#[test]
fn bodies_are_read_once() {
    table(
        &format!("{SHARED} const get = () => fetch(shared());"),
        &[
            ("(async () => { const r = await get(); await r.text(); return r.bodyUsed })()", "true"),
            ("(async () => { const r = await get(); await r.text(); await r.text() })()", "!TypeError"),
            ("(async () => { const r = await get(); await r.text(); r.clone() })()", "!TypeError"),
            (
                "(async () => { const r = await get(); const c = r.clone(); return [await r.text(), c.bodyUsed, await c.text()].join() })()",
                "text,false,text",
            ),
            (
                "(async () => { const r = await get(); r.body.getReader(); return [r.bodyUsed, r.body.locked].join() })()",
                "false,true",
            ),
            ("(async () => { const r = await get(); r.body.getReader(); await r.text() })()", "!TypeError"),
            ("(async () => { const r = await get(); return r.body === r.body })()", "true"),
            ("(async () => { const r = await get(); await r.text(); return r.body.locked })()", "true"),
            (
                "(async () => { const r = await get(); let n = 0; for await (const piece of r.body) n += piece.length; return n })()",
                "4",
            ),
            ("(async () => { const r = await get(); await r.body.cancel(); return r.bodyUsed })()", "true"),
            ("new Response('é').bytes().then(b => b.join())", "195,169"),
            ("new Response('{').json()", "!SyntaxError"),
            ("new Response(new Blob(['x'], { type: 'a/b;c=d' })).blob().then(b => b.type)", "a/b;c=d"),
            ("new Response('\\uFEFFx').text()", "x"),
            (
                "new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array([104, 105])); c.close() } })).text()",
                "hi",
            ),
            (
                "new Response(new ReadableStream({ start(c) { c.enqueue('hi'); c.close() } })).text()",
                "!TypeError",
            ),
            (
                "new Response(new ReadableStream({ start(c) { c.error(new RangeError('no')) } })).text()",
                "!RangeError no",
            ),
            ("new Response().text()", ""),
            ("new Response().bodyUsed", "false"),
        ],
    );
}

#[test]
fn urls_without_a_network_are_read() {
    table(
        "const blob = URL.createObjectURL(new Blob(['0123456789'], { type: 'text/x' }));",
        &[
            (
                "fetch('data:text/plain;charset=x,a%20b').then(async r => [r.type, r.status, r.headers.get('content-type'), await r.text()].join())",
                "basic,200,text/plain;charset=x,a b",
            ),
            ("fetch('data:nonsense')", "!TypeError"),
            ("blob.startsWith('blob:' + location.origin + '/')", "true"),
            (
                "fetch(blob).then(async r => [r.status, r.headers.get('content-type'), r.headers.get('content-length'), await r.text()].join())",
                "200,text/x,10,0123456789",
            ),
            (
                "fetch(blob, { headers: { range: 'bytes=2-4' } }).then(async r => [r.status, r.headers.get('content-range'), await r.text()].join())",
                "206,bytes 2-4/10,234",
            ),
            ("fetch(blob, { headers: { range: 'bytes=20-' } })", "!TypeError"),
            ("fetch(blob, { method: 'POST' })", "!TypeError"),
            ("fetch(blob + 'x')", "!TypeError"),
            (
                "new Promise((done, failed) => { const x = new XMLHttpRequest(); x.open('GET', blob); x.onload = () => done(x.responseText.length); x.onerror = failed; x.send() })",
                "10",
            ),
            ("(URL.revokeObjectURL(blob), fetch(blob))", "!TypeError"),
            ("fetch('about:blank')", "!TypeError"),
            ("fetch('ftp://x/')", "!TypeError"),
        ],
    );
}

#[test]
fn hashes_hold() {
    // Of "alert(1)".
    const HASH: &str = "sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF%2BpI=";
    let right = HASH.replace("%2B", "+");
    let wrong = right.replace("bh", "bg");
    let say = "say?h=Access-Control-Allow-Origin:*&body=alert(1)";
    let get = |url: &str, hash: &str, more: &str| {
        format!("fetch('{url}', {{ integrity: '{hash}'{more} }}).then(r => r.text())")
    };
    let own = format!("/{say}");
    let other = format!("{{other}}/{say}");
    table(
        "",
        &[
            (&get(&own, &right, ""), "alert(1)"),
            (&get(&own, &wrong, ""), "!TypeError"),
            (&get(&other, &right, ""), "alert(1)"),
            (&get(&other, &wrong, ""), "!TypeError"),
            (&get(&other, &right, ", mode: 'no-cors'"), "!TypeError"),
            (&get(&other, "nonsense", ", mode: 'no-cors'"), "!TypeError"),
            (&get(&own, &right, ", method: 'HEAD'"), "!TypeError"),
            (&get("data:,alert(1)", &right, ""), "alert(1)"),
            (&get("data:,alert(2)", &right, ""), "!TypeError"),
        ],
    );
}

#[test]
fn what_is_aborted_ends() {
    table(
        "const soon = (signal, url = '/never') => fetch(url, { signal });
         const controller = steps => { const c = new AbortController(); steps?.(c); return c; };",
        &[
            ("soon(AbortSignal.abort())", "!AbortError"),
            ("soon(AbortSignal.abort(new RangeError('mine')))", "!RangeError mine"),
            ("soon(AbortSignal.timeout(5))", "!TimeoutError"),
            ("soon(controller(c => setTimeout(() => c.abort(), 5)).signal)", "!AbortError"),
            ("soon(controller(c => queueMicrotask(() => c.abort('text'))).signal).catch(e => e)", "text"),
            (
                "soon(AbortSignal.any([AbortSignal.timeout(5), new AbortController().signal]))",
                "!TimeoutError",
            ),
            (
                "(() => { const c = controller(), any = AbortSignal.any([c.signal]), both = AbortSignal.any([any]); const seen = []; any.onabort = () => seen.push('any', both.aborted); both.onabort = () => seen.push('both'); c.signal.onabort = () => seen.push('first', any.aborted); c.abort(); return seen.join() })()",
                "first,true,any,true,both",
            ),
            ("AbortSignal.any([AbortSignal.abort(1), AbortSignal.abort(2)]).reason", "1"),
            ("AbortSignal.any([1])", "!TypeError"),
            ("new AbortSignal()", "!TypeError"),
            ("AbortSignal.abort(7).throwIfAborted()", "!undefined"),
            ("new AbortController().signal.throwIfAborted()", "undefined"),
            (
                "(() => { const c = controller(c => c.abort()); let n = 0; c.signal.onabort = () => n++; c.abort(); return n })()",
                "0",
            ),
            // The head is there, and the rest never comes.
            (
                "(async () => { const c = controller(); const r = await soon(c.signal, '/slow?name=a&body=1234'); setTimeout(() => c.abort(), 5); return r.text() })()",
                "!AbortError",
            ),
            (
                "(async () => { const c = controller(); const r = await soon(c.signal, '/slow?name=b&body=1234'); const read = r.body.getReader(); await read.read(); c.abort(new RangeError('mine')); return read.read() })()",
                "!RangeError mine",
            ),
            // The rest comes when it is asked for.
            (
                "(async () => { const r = await fetch('/slow?name=c&body=1234'); const read = r.body.getReader(); const first = (await read.read()).value.length; await fetch('/go?name=c'); return [first, (await read.read()).value.length, (await read.read()).done].join() })()",
                "2,2,true",
            ),
        ],
    );
}

#[test]
fn a_page_does_not_wait_for_what_nobody_reads() {
    // More than comes ahead of whoever reads, and nobody does.
    let lines = module(
        "const large = new Blob([new Uint8Array(8 << 20)]);
         const r = await fetch(URL.createObjectURL(large));
         const body = (await fetch('/echo', { method: 'POST', body: 'x'.repeat(6 << 20) })).body.getReader();
         await body.read();
         AbortSignal.timeout(1e9).onabort = () => console.log('never');
         console.log(r.status);",
    );
    assert_eq!(lines, ["200"]);
}

#[test]
fn requests_say_what_they_are_told_to() {
    table(
        "const echo = async (init, url = '/echo') => (await fetch(url, init)).json();
         const header = async (name, init, url) => String((await echo(init, url)).headers[name]);",
        &[
            ("header('referer', {}).then(r => r.endsWith('/'))", "true"),
            ("header('referer', { referrer: '' })", "undefined"),
            ("header('referer', { referrer: '/deep?x#y' }).then(r => r.endsWith('/deep?x'))", "true"),
            ("header('referer', { referrerPolicy: 'no-referrer' })", "undefined"),
            (
                "header('referer', { referrer: '/deep', referrerPolicy: 'origin' }).then(r => r === location.origin + '/')",
                "true",
            ),
            ("header('cache-control', { cache: 'no-store' })", "no-cache"),
            ("header('pragma', { cache: 'reload' })", "no-cache"),
            ("header('cache-control', { cache: 'no-cache' })", "max-age=0"),
            ("header('cache-control', { cache: 'no-cache', headers: { 'cache-control': 'mine' } })", "mine"),
            ("header('cache-control', { cache: 'force-cache' })", "undefined"),
            ("fetch('/echo', { cache: 'only-if-cached', mode: 'same-origin' })", "!TypeError"),
            // What caches are told asks for no permission.
            (
                "header('origin', { cache: 'no-store' }, '{other}/echo?h=Access-Control-Allow-Origin:*').then(o => o === location.origin)",
                "true",
            ),
            ("echo({ method: 'POST', body: 'a', keepalive: true }).then(e => e.body)", "a"),
            (
                "echo({ method: 'POST', body: 'x'.repeat(65536), keepalive: true }).then(e => e.body.length)",
                "65536",
            ),
            ("echo({ method: 'POST', body: 'x'.repeat(65537), keepalive: true })", "!TypeError"),
            (
                "Promise.allSettled([1, 2].map(() => echo({ method: 'POST', body: 'x'.repeat(40000), keepalive: true }))).then(all => all.map(one => one.status).join())",
                "fulfilled,rejected",
            ),
            (
                "echo({ method: 'POST', body: 'x'.repeat(65536), keepalive: true }).then(e => e.body.length)",
                "65536",
            ),
        ],
    );
}

#[test]
fn streams_are_sent_piece_by_piece() {
    let lines = module(
        "const text = new TextEncoder();
         const pieces = ['one', 'two', 'three'];
         const body = new ReadableStream({ pull(c) { const next = pieces.shift(); if (next) c.enqueue(text.encode(next)); else c.close(); } });
         const asked = await (await fetch('/echo', { method: 'POST', body, duplex: 'half' })).json();
         console.log(asked.body, asked.headers['content-length'], asked.headers['transfer-encoding']);
         const permitted = await (await fetch('{other}/echo?preflight&h=Access-Control-Allow-Origin:*',
           { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' })).json();
         console.log(permitted.body);
         await fetch('{other}/echo?h=Access-Control-Allow-Origin:*', { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' }).catch(e => console.log(e.name));
         let why;
         const failing = new ReadableStream({ pull() { throw new RangeError('broken'); }, cancel(reason) { why = reason; } });
         await fetch('/echo', { method: 'POST', body: failing, duplex: 'half' }).catch(e => console.log(e.name));
         const wrong = new ReadableStream({ pull(c) { c.enqueue('text'); }, cancel(reason) { console.log('cancelled', reason.name); } });
         await fetch('/echo', { method: 'POST', body: wrong, duplex: 'half' }).catch(e => console.log(e.name));
         const c = new AbortController();
         const endless = new ReadableStream({ cancel(reason) { console.log('cancelled', reason.name); } });
         setTimeout(() => c.abort(), 5);
         await fetch('/echo', { method: 'POST', body: endless, duplex: 'half', signal: c.signal }).catch(e => console.log(e.name));",
    );
    let told: Vec<_> =
        lines.iter().filter(|line| !line.contains("CORS policy") && !line.contains("net::")).collect();
    assert_eq!(
        told,
        [
            "one|two|three| undefined chunked",
            "x|",
            "TypeError",
            "TypeError",
            "cancelled TypeError",
            "TypeError",
            "cancelled AbortError",
            "AbortError"
        ]
    );
}

#[test]
fn what_is_kept_alive_outlives_its_page() {
    let host = serve(
        "<script>
           fetch('/go?name=kept', { method: 'POST', body: 'x', keepalive: true });
           navigator.sendBeacon('/go?name=beacon');
           close();
         </script>",
    );
    let (lines, end) = page_at(host, &PageOptions::new());
    assert_eq!((lines, end), (Vec::new(), End::Idle { uncaught: 0, values: Vec::new() }));
    assert_eq!(["kept", "beacon"].map(|name| get(host, &format!("/count?name={name}"))), ["1", "1"]);
}
