//! Frames: windows of their own, by their own origins, and what they see of each other.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use support::wire::table;

/// Frames with these attributes, loaded; pages with this body; and what a frame's script tells.
const TOOLS: &str = "
    const page = (body, host = '', ...headers) =>
      `${host}/say?${new URLSearchParams([['body', body], ...['Content-Type: text/html', ...headers].map(line => ['h', line])])}`;
    const make = attributes => {
      const frame = document.createElement('iframe');
      for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value);
      return frame;
    };
    const loaded = (frame, steps) => new Promise(done => { frame.addEventListener('load', () => done(frame), { once: true }); steps(frame); });
    const frame = attributes => loaded(make(attributes), frame => document.body.append(frame));
    const told = steps => new Promise(done => { addEventListener('message', done, { once: true }); steps(); });
    const hear = async attributes => (await told(() => document.body.append(make(attributes)))).data;
    const telling = value => `<script>parent.postMessage(${value}, '*')<\\/script>`;
    const thrown = steps => { try { return steps(); } catch (error) { return `${error.name} ${error instanceof DOMException}`; } };
    const using = (value, steps) => steps(value);
    const other = '{other}';
";

#[test]
fn what_a_frame_shows_has_its_own_window() {
    table(
        TOOLS,
        &[
            (
                "(await frame({ srcdoc: '<p id=x>hi</p>' })).contentDocument.getElementById('x').textContent",
                "hi",
            ),
            ("(await frame({ src: page('<title>T</title>') })).contentDocument.title", "T"),
            (
                "using(await frame({ srcdoc: '<script>var seen = 1; Array.own = 2<\\/script>' }), f =>
                   [f.contentWindow.seen, typeof seen, f.contentWindow.Array.own, Array.own].join())",
                "1,undefined,2,",
            ),
            (
                "[window.length, frames[0] === document.querySelector('iframe').contentWindow, frames[9]].join()",
                "3,true,",
            ),
            // Before it is led anywhere, it shows an empty document of the page's own origin.
            (
                "using(make({}), f => { const before = f.contentWindow; document.body.append(f);
                   return [before, f.contentDocument.body.childNodes.length, f.contentWindow.location.href, f.contentDocument.readyState].join() })",
                ",0,about:blank,complete",
            ),
            (
                "using(make({}), f => { document.body.append(f); const w = f.contentWindow, d = f.contentDocument;
                   d.body.innerHTML = '<b>x</b>'; return [w === f.contentWindow, d === w.document, w.eval('document.body.textContent'),
                   w.Array !== Array, [] instanceof w.Array, w instanceof Window].join() })",
                "true,true,x,true,false,true",
            ),
            // A window stays the same, wherever its frame is led.
            (
                "using(make({ src: page('<script>var here = 1<\\/script>') }), async f => { document.body.append(f); const w = f.contentWindow;
                   const before = w.here; await loaded(f, () => {}); const between = w.here; await loaded(f, f => { f.src = page('<script>var here = 2<\\/script>') });
                   return [before, between, w.here, w === f.contentWindow].join() })",
                ",1,2,true",
            ),
            // Out of the page, it is none.
            (
                "using(await frame({ srcdoc: 'x' }), f => { const w = f.contentWindow; f.remove();
                   return [f.contentWindow, f.contentDocument, w.closed, w.parent === w].join() })",
                ",,true,true",
            ),
            ("using(await frame({ srcdoc: 'x' }), f => { document.body.append(f); return f.contentDocument.body.textContent })", ""),
            // It has a name, and so has its window.
            (
                "using(await frame({ name: 'named', srcdoc: '<script>window.was = name; name = \"later\"<\\/script>' }), f =>
                   [f.contentWindow.was, f.contentWindow.name, f.name, window.named === f.contentWindow].join())",
                "named,later,named,true",
            ),
            ("hear({ srcdoc: telling('[parent === top, self === window, parent.frames === parent, frameElement.tagName, length]') })", "true,true,true,IFRAME,0"),
            ("hear({ srcdoc: telling('document.URL + \" \" + document.baseURI.startsWith(\"http://127\") + \" \" + origin') }).then(t => t.replace(location.origin, 'own'))", "about:srcdoc true own"),
            ("hear({ src: page(telling('document.referrer')) }).then(t => t === location.href)", "true"),
            ("hear({ src: page(telling('document.referrer'), other) }).then(t => t === `${location.origin}/`)", "true"),
        ],
    );
}

#[test]
fn windows_of_other_origins_are_seen_by_their_outsides_alone() {
    let before = format!(
        "{TOOLS}
         const f = await frame({{ src: page('<p id=x>secret</p><iframe name=inner srcdoc=x></iframe><script>var secret = 1<\\/script>', other) }});
         const w = f.contentWindow;"
    );
    table(
        &before,
        &[
            ("f.contentDocument", "null"),
            ("w.secret", "!SecurityError"),
            ("w.document", "!SecurityError"),
            ("w.eval", "!SecurityError"),
            ("w.constructor", "!SecurityError"),
            ("w.frameElement", "!SecurityError"),
            ("w.name", "!SecurityError"),
            ("w[Symbol.iterator]", "!SecurityError"),
            ("w.secret = 2", "!SecurityError"),
            ("w.closed = 2", "!SecurityError"),
            ("'secret' in w", "!SecurityError"),
            ("delete w.secret", "!SecurityError"),
            ("Object.defineProperty(w, 'x', { value: 1 })", "!SecurityError"),
            ("Object.getOwnPropertyDescriptor(w, 'secret')", "!SecurityError"),
            ("Object.setPrototypeOf(w, {})", "!TypeError"),
            ("Object.getPrototypeOf(w)", "null"),
            ("Object.preventExtensions(w)", "!TypeError"),
            ("[w.then, w[Symbol.toStringTag]].join()", ","),
            (
                "[w.closed, w.length, w.opener, w.window === w, w.self === w, w.frames === w, w.top === window, w.parent === window].join()",
                "false,1,,true,true,true,true,true",
            ),
            ("[w[0] === w.inner, w[0] === w[0], w[0].parent === w, w[1]].join()", "!SecurityError"),
            ("[w[0] === w.inner, w[0] === w[0], w[0].parent === w].join()", "true,true,true"),
            ("w[0].document", "!SecurityError"),
            (
                "Object.getOwnPropertyNames(w).sort().join()",
                "blur,close,closed,focus,frames,length,location,opener,parent,postMessage,self,then,top,window",
            ),
            // Whatever is there is of the realm that looks.
            (
                "[w.postMessage, w.close, w.location.replace].every(f => f instanceof Function && f.constructor === Function)",
                "true",
            ),
            ("Object.getOwnPropertyDescriptor(w, 'parent').value === window", "true"),
            ("w.location.href", "!SecurityError"),
            ("String(w.location)", "!SecurityError"),
            ("w.location.assign", "!SecurityError"),
            ("w.location.origin", "!SecurityError"),
            ("Promise.resolve(w).then(x => x === w)", "true"),
            // It may be led elsewhere; then it is of the origin that it is led to.
            (
                "loaded(f, () => { w.location = page('<title>own</title>') }).then(() => w.document.title)",
                "own",
            ),
            (
                "loaded(f, () => { w.location.href = page('', other) }).then(() => thrown(() => w.document))",
                "SecurityError true",
            ),
            (
                "loaded(f, () => { w.location.replace(page('<title>again</title>')) }).then(() => w.document.title)",
                "again",
            ),
            // What could not be had is of no origin.
            (
                "loaded(f, () => { f.src = '{nobody}' }).then(() => thrown(() => w.document))",
                "SecurityError true",
            ),
            ("loaded(f, () => { f.src = 'about:blank' }).then(() => w.document.body.childNodes.length)", "0"),
        ],
    );
}

/// What a frame may see of the page around it: from the frame's side.
#[test]
fn no_origin_reaches_another() {
    for (from, expected) in [
        ("page(script)", "seen"),
        ("page(script, other)", "SecurityError"),
        ("`data:text/html,${encodeURIComponent(script)}`", "SecurityError"),
        ("URL.createObjectURL(new Blob([script], { type: 'text/html' }))", "seen"),
    ] {
        for look in [
            "parent.document.title",
            "top.document.title",
            "parent.secret",
            "frameElement.ownerDocument.title",
            "parent.frames[0].parent.secret",
            "parent.localStorage.secret",
            r#"parent.eval("secret")"#,
            "parent.Array.prototype.secret",
            "parent.sessionStorage.secret",
        ] {
            let script = format!("{TOOLS}
                document.title = Array.prototype.secret = window.secret = localStorage.secret = sessionStorage.secret = 'seen';
                const script = telling('(() => {{ try {{ return {look} }} catch (e) {{ return e instanceof DOMException && e.name || e.name }} }})()');");
            // Across origins, there is no element around a frame.
            let expected =
                if look.starts_with("frameElement") && expected != "seen" { "TypeError" } else { expected };
            table(&script, &[(&format!("hear({{ src: {from} }})"), expected)]);
        }
    }
}

#[test]
fn a_sandbox_takes_what_it_does_not_give() {
    let before = format!(
        "{TOOLS}
         const tried = `(() => {{ const seen = [origin]; for (const look of [() => document.cookie, () => localStorage.x, () => parent.document.title])
           {{ try {{ look(); seen.push('seen') }} catch (e) {{ seen.push(e.name) }} }} return seen.join() }})()`;
         const echo = host => `fetch('${{host}}/echo?h=Access-Control-Allow-Origin:*').then(r => r.json()).then(t => parent.postMessage(t.headers.origin ?? 'none', '*'))`;"
    );
    table(
        &before,
        &[
            ("hear({ sandbox: 'allow-scripts', src: page(telling(tried)) })", "null,SecurityError,SecurityError,SecurityError"),
            ("hear({ sandbox: 'allow-scripts', srcdoc: telling(tried) })", "null,SecurityError,SecurityError,SecurityError"),
            ("hear({ sandbox: 'allow-scripts allow-same-origin', src: page(telling(tried)) }).then(t => t.replace(location.origin, 'own'))", "own,seen,seen,seen"),
            ("hear({ src: `data:text/html,${encodeURIComponent(telling(tried))}` })", "null,SecurityError,SecurityError,SecurityError"),
            // What a sandbox takes from a frame, it takes from the frames in it.
            ("hear({ sandbox: 'allow-scripts', srcdoc: `<iframe srcdoc=\"<script>top.postMessage(${tried.replaceAll('\"', '&quot;')}, '*')<\\/script>\"></iframe>` })", "null,SecurityError,SecurityError,SecurityError"),
            // Requests of an opaque origin say so.
            ("hear({ sandbox: 'allow-scripts', srcdoc: `<script>${echo(location.origin)}<\\/script>` })", "null"),
            ("hear({ src: `data:text/html,<script>${echo(location.origin)}<\\/script>` })", "null"),
            ("hear({ srcdoc: `<script>${echo('')}<\\/script>` })", "none"),
            ("hear({ src: page(`<script>${echo(location.origin)}<\\/script>`, other) })", "{other}"),
            // Without scripts nothing runs, and all else loads.
            (
                "using(await frame({ sandbox: 'allow-same-origin', srcdoc: '<p onclick=\"this.id = 1\">x</p><script>document.body.innerHTML = \"\"<\\/script>' }), f =>
                   { const p = f.contentDocument.querySelector('p'); p.click(); return [p.textContent, p.id].join() })",
                "x,",
            ),
            ("using(await frame({ sandbox: '', srcdoc: '<p>x' }), f => f.contentDocument)", "null"),
            ("using(make({ sandbox: 'allow-scripts  allow-modals' }), f => [f.sandbox.length, f.sandbox.contains('allow-modals'), f.sandbox.value].join())", "2,true,allow-scripts  allow-modals"),
            // It leads no others, but those within it.
            ("hear({ sandbox: 'allow-scripts', srcdoc: telling('(() => { try { top.location = \"/x\"; return 1 } catch (e) { return e.name } })()') })", "SecurityError"),
            ("hear({ sandbox: 'allow-scripts', srcdoc: '<iframe></iframe><script>onload = () => { frames[0].location = \"about:blank\"; parent.postMessage(\"led\", \"*\") }<\\/script>' })", "led"),
        ],
    );
}

#[test]
fn messages_pass_as_copies() {
    let before = format!(
        "{TOOLS}
         // A frame of another origin that says what it hears.
         const echo = '<script>onmessage = e => e.source.postMessage([e.data, e.origin, e.source === parent, e.ports.length, e.isTrusted, e.data && e.data.constructor === Object], \"*\", e.ports)<\\/script>';
         const f = await frame({{ src: page(echo, other) }}), w = f.contentWindow;
         const ask = async (...parameters) => (await told(() => w.postMessage(...parameters))).data;
         const back = async value => (await ask(value, '*'))[0];"
    );
    table(
        &before,
        &[
            ("ask({ a: 1 }, '*').then(t => JSON.stringify(t).replace(location.origin, 'own'))", r#"[{"a":1},"own",true,0,true,true]"#),
            ("told(() => w.postMessage(1, other)).then(e => [e.origin, e.source === w, e instanceof MessageEvent, e.lastEventId].join())", "{other},true,true,"),
            ("ask(1, { targetOrigin: '*' }).then(t => t[0])", "1"),
            // Who is not meant hears nothing: the second is the first to come.
            ("(w.postMessage('mine', '/'), w.postMessage('theirs', location.origin), ask('all', '*')).then(t => t[0])", "all"),
            ("w.postMessage('default')", "undefined"),
            ("ask('later', other).then(t => t[0])", "later"),
            ("w.postMessage(1, 'nonsense')", "!SyntaxError"),
            ("w.postMessage()", "!TypeError"),
            ("w.postMessage(() => {}, '*')", "!DataCloneError"),
            ("w.postMessage(w, '*')", "!DataCloneError"),
            ("w.postMessage(window, '*')", "!DataCloneError"),
            ("w.postMessage(document.body, '*')", "!DataCloneError"),
            ("back(undefined)", "undefined"),
            ("back(null)", "null"),
            ("back(-0).then(x => Object.is(x, -0))", "true"),
            ("back(NaN)", "NaN"),
            ("back(12n ** 30n).then(x => x === 12n ** 30n)", "true"),
            ("back('\\u{1F600}\\uD800').then(x => x === '\\u{1F600}\\uD800')", "true"),
            ("back([1, , 'big', ['undefined']]).then(x => [x.length, 1 in x, x[2], x[3][0], x instanceof Array].join())", "4,false,big,undefined,true"),
            ("back(new Map([[{ a: 1 }, new Set([2])]])).then(x => [x instanceof Map, [...x][0][0].a, [...x][0][1].has(2)].join())", "true,1,true"),
            ("back(new Date(5)).then(x => x instanceof Date && x.getTime())", "5"),
            ("back(/a/gi).then(x => x instanceof RegExp && String(x))", "/a/gi"),
            ("back(new RangeError('no')).then(x => [x instanceof RangeError, x.message].join())", "true,no"),
            ("back(new DOMException('no', 'AbortError')).then(x => [x instanceof DOMException, x.name, x.message].join())", "true,AbortError,no"),
            ("back(new Uint16Array([1, 65535]).subarray(1)).then(x => [x instanceof Uint16Array, x[0], x.buffer.byteLength].join())", "true,65535,4"),
            ("back(new File(['hi'], 'n.txt', { type: 'text/plain' })).then(async x => [x instanceof File, x.name, x.type, await x.text()].join())", "true,n.txt,text/plain,hi"),
            ("(o => { o.self = o; return back(o) })({}).then(x => x.self === x)", "true"),
            ("back(Object.assign(Object.create({ inherited: 1 }), { own: 1 })).then(x => JSON.stringify(x))", r#"{"own":1}"#),
            ("back(JSON.parse('{\"__proto__\": 1}')).then(x => Object.getPrototypeOf(x) === Object.prototype && Object.hasOwn(x, '__proto__'))", "true"),
            ("using(new ArrayBuffer(4), b => ask({ b }, '*', [b]).then(t => [t[0].b.byteLength, b.byteLength, b.detached].join()))", "4,0,true"),
            // Channels, through other origins and back.
            (
                "using(new MessageChannel(), async c => { const e = await told(() => w.postMessage('port', '*', [c.port2])); const [port] = e.ports;
                   const heard = new Promise(done => c.port1.onmessage = done); port.postMessage('through'); const one = (await heard).data;
                   const other = new Promise(done => port.onmessage = done); c.port1.postMessage('back'); return [e.ports.length, one, (await other).data].join() })",
                "1,through,back",
            ),
            (
                "using(new MessageChannel(), async c => { c.port1.postMessage(1); c.port1.postMessage(2); const seen = [];
                   await new Promise(done => c.port2.onmessage = e => { seen.push(e.data, e.origin, e.source); if (seen.length > 3) done() }); return JSON.stringify(seen) })",
                r#"[1,"",null,2,"",null]"#,
            ),
            (
                "using(new MessageChannel(), async c => { const seen = []; c.port2.addEventListener('message', e => seen.push(e.data)); c.port1.postMessage(1);
                   await back(0); seen.push('not started'); c.port2.start(); await back(0); c.port2.close(); c.port1.postMessage(2); await back(0); return seen.join() })",
                "not started,1",
            ),
            ("using(new MessageChannel(), c => c.port1.postMessage(1, [c.port1]))", "!DataCloneError"),
            ("using(new MessageChannel(), c => { w.postMessage(1, '*', [c.port1]); w.postMessage(1, '*', [c.port1]) })", "!DataCloneError"),
            ("using(new MessageChannel(), c => c.port1.postMessage(c.port2))", "!DataCloneError"),
            ("new MessagePort()", "!TypeError"),
        ],
    );
}

/// Requests, cookies and pixels are of the frame's own origin.
#[test]
fn a_frame_loads_in_its_own_name() {
    let before = format!(
        "{TOOLS}
         const asks = (code, host, attributes = {{}}) => hear({{ ...attributes, src: page(`<script type=module>parent.postMessage(await (async () => {{ ${{code}} }})(), '*')<\\/script>`, host) }});
         // A photo cut to a circle, and written back to its <img>.
         const circle = image => `const image = new Image(); image.crossOrigin = ${{image.includes('Allow') ? '\"\"' : 'null'}}; image.src = ${{JSON.stringify(image)}}; await image.decode();
           const canvas = document.createElement('canvas'); canvas.width = image.naturalWidth; canvas.height = image.naturalHeight; const c = canvas.getContext('2d');
           c.beginPath(); c.arc(canvas.width / 2, canvas.height / 2, canvas.width / 2, 0, 7); c.clip(); c.drawImage(image, 0, 0);
           try {{ image.src = canvas.toDataURL(); await image.decode(); return image.naturalWidth + ' ' + image.src.slice(0, 14) }} catch (e) {{ return e.name }}`;
         const svg = encodeURIComponent('<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><rect width=\"9\" height=\"9\" fill=\"red\"/></svg>');
         const photo = (host, ...headers) => `${{host}}/say?body=${{svg}}&h=Content-Type:image/svg%2Bxml${{headers.map(line => '&h=' + line).join('')}}`;
         const shared = 'Access-Control-Allow-Origin:*';"
    );
    table(
        &before,
        &[
            // The page's own are foreign to the frame, and the other way round.
            ("asks(circle(photo(other)), other)", "9 data:image/png"),
            ("asks(circle(photo(location.origin)), other)", "SecurityError"),
            ("asks(circle(photo(location.origin, shared)), other)", "9 data:image/png"),
            ("asks(circle(photo(location.origin)), '')", "9 data:image/png"),
            ("asks(circle(photo(location.origin)), '', { sandbox: 'allow-scripts' })", "SecurityError"),
            ("asks(circle(photo(location.origin, shared)), '', { sandbox: 'allow-scripts' })", "9 data:image/png"),
            // It reads its own host, and not the page's.
            ("asks(`return (await fetch('/echo')).status`, other)", "200"),
            ("asks(`return fetch('${location.origin}/echo').then(() => 'read', e => e.name)`, other)", "TypeError"),
            ("asks(`return fetch('/echo').then(r => r.json()).then(t => t.headers.referer.includes('/say'))`, other)", "true"),
            ("fetch(other + '/echo').then(() => 'read', e => e.name)", "TypeError"),
            // Storage and blobs are by origin.
            ("(localStorage.a = 1, asks(`localStorage.b = 2; return localStorage.length + ' ' + localStorage.a`, other)).then(t => `${t} ${localStorage.b}`)", "1 undefined undefined"),
            ("asks(`localStorage.c = 3; return localStorage.a`, '').then(t => `${t} ${localStorage.c}`)", "1 3"),
            ("using(URL.createObjectURL(new Blob(['x'])), url => asks(`return fetch('${url}').then(r => r.text(), e => e.name)`, other))", "TypeError"),
            ("using(URL.createObjectURL(new Blob(['x'])), url => asks(`return fetch('${url}').then(r => r.text(), e => e.name)`, ''))", "x"),
            ("frame({ src: '/echo?h=Content-Type:text/plain' }).then(f => { const t = JSON.parse(f.contentDocument.body.textContent).headers; return [t['sec-fetch-dest'], t['sec-fetch-mode'], t['sec-fetch-site'], t.origin].join() })", "iframe,navigate,same-origin,"),
            // What does not want to be in a frame is in none.
            ("frame({ src: page('<p>x', '', 'X-Frame-Options: DENY') }).then(f => f.contentDocument)", "null"),
            ("frame({ src: page('<p>x', '', 'X-Frame-Options: SameOrigin') }).then(f => f.contentDocument.body.textContent)", "x"),
            ("hear({ src: page(telling(1), other, 'X-Frame-Options: ALLOWALL') })", "1"),
            // Nodes go from one document to another of the same origin, and stay who they are.
            (
                "using(await frame({ srcdoc: '<p>x<b>y</b>' }), f => { const d = f.contentDocument, p = d.querySelector('p'), b = p.firstElementChild; document.body.append(p);
                   return [p.ownerDocument === document, b.ownerDocument === document, p.isConnected, document.body.lastElementChild === p, p.querySelector('b') === b, d.querySelector('p'), p instanceof HTMLElement].join() })",
                "true,true,true,true,true,,true",
            ),
            (
                "using(await frame({ srcdoc: '' }), async f => { const d = f.contentDocument, i = new Image(), seen = []; d.body.append(i);
                   const done = new Promise(ok => i.onload = ok); i.src = photo(''); await done; return [i.ownerDocument === d, i.naturalWidth, d.images[0] === i].join() })",
                "true,9,true",
            ),
            ("using(await frame({ srcdoc: '' }), f => f.contentDocument.body.append({}, 1))", "undefined"),
            ("document.body.insertBefore({}, null)", "!TypeError"),
        ],
    );
}

/// The lines of a console in their order: events, tasks, and what nobody catches.
#[test]
fn loads_and_errors_come_in_their_order() {
    let lines = support::wire::module(
        "const say = value => console.log(value);
         globalThis.say = say;
         addEventListener('load', () => say('page load ' + document.readyState));
         const f = document.createElement('iframe');
         f.onload = () => say('element load');
         f.srcdoc = '<script>parent.say(`run ${document.readyState}`); addEventListener(`DOMContentLoaded`, () => parent.say(`content`)); addEventListener(`load`, () => parent.say(`load`)); setTimeout(() => { throw new Error(`late`) }); Promise.reject(`no`)<\\/script>';
         document.body.append(f);
         say('appended ' + f.contentDocument.readyState);
         const empty = document.createElement('iframe');
         empty.onload = () => say('empty load');
         document.body.append(empty);
         say('appended again');
         Promise.resolve().then(() => say('microtask'));",
    );
    assert_eq!(
        lines,
        [
            "appended complete",
            "empty load",
            "appended again",
            "microtask",
            "run loading",
            "Uncaught (in promise) no",
            "Uncaught Error: late",
            "content",
            "load",
            "element load",
            "page load complete",
        ]
    );
}

#[test]
fn frames_are_bounded() {
    table(
        TOOLS,
        &[
            // As deep as may be, and no deeper.
            (
                "using('<script>top.depth++; const f = document.createElement(`iframe`); f.onload = () => {}; f.srcdoc = top.deep; document.documentElement.append(f)<\\/script>', async deep => {
                   Object.assign(window, { deep, depth: 0 }); const f = await frame({ srcdoc: deep }); f.remove(); return depth })",
                "16",
            ),
            // What is shown around it already is not shown again.
            ("frame({ src: page('<iframe src=\"\"></iframe>') }).then(f => { const seen = f.contentWindow.length + ' ' + f.contentWindow[0].location.href; f.remove(); return seen })", "1 about:blank"),
            ("using(length, before => { const all = Array.from({ length: 200 }, () => make({})); document.body.append(...all); const count = [length, all.at(-1).contentWindow].join(); all.forEach(f => f.remove()); return [count, length === before].join() })", "128,,true"),
            ("using('x'.repeat(1e7), text => { for (let nth = 0; nth < 30; nth++) postMessage(text) })", "!QuotaExceededError"),
            ("new Promise(done => setTimeout(done)).then(() => postMessage('x'))", "undefined"),
            ("using(Array.from({ length: 20 }, () => make({})), all => { document.body.append(...all); return all.map(f => f.contentDocument) })", "!RangeError"),
            ("new Promise(done => setTimeout(done)).then(() => using(Array.from({ length: 8 }, () => make({})), all => { document.body.append(...all); return all.every(f => f.contentDocument) }))", "true"),
        ],
    );
}

/// What is taken out of a page is gone, with all that it held.
#[test]
fn frames_that_are_gone_leave_nothing_behind() {
    table(
        TOOLS,
        &[
            (
                "(async () => { for (let nth = 0; nth < 24; nth++) { const f = await frame({ srcdoc: '<script>const large = new Array(2e6).fill(0); setInterval(() => large, 1e6)<\\/script>' }); f.remove(); } return 'all gone' })()",
                "all gone",
            ),
            // Its timers come no more.
            (
                "using(await frame({ srcdoc: '<script>setTimeout(() => { top.late = 1 }, 200)<\\/script>' }), async f => {
                   f.remove(); await new Promise(done => setTimeout(done, 300)); return window.late })",
                "undefined",
            ),
        ],
    );
}
