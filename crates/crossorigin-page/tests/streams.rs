//! Streams: of any chunks, of bytes, piped, transformed and doubled.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use support::wire::table;

const HELPERS: &str = "
    const of = (...chunks) => new ReadableStream({ start(c) { chunks.forEach(chunk => c.enqueue(chunk)); c.close(); } });
    const all = async stream => { const chunks = []; for await (const chunk of stream) chunks.push(chunk); return chunks.join(); };
    const bytes = (...pieces) => new ReadableStream({ type: 'bytes', start(c) { pieces.forEach(piece => c.enqueue(new Uint8Array(piece))); c.close(); } });
    const sink = (log, more = {}) => new WritableStream({ write(chunk) { log.push(chunk); }, close() { log.push('closed'); }, abort(reason) { log.push('aborted ' + reason); }, ...more });
    const outcome = promise => promise.then(value => 'fine ' + JSON.stringify(value), error => 'failed ' + (error?.message ?? error));
    const turns = async () => { for (let n = 0; n < 20; n++) await null; };
";

#[test]
fn what_is_readable_is_read() {
    table(
        HELPERS,
        &[
            ("all(of(1, 2, 3))", "1,2,3"),
            ("all(ReadableStream.from([1, Promise.resolve(2)]))", "1,2"),
            ("all(ReadableStream.from((async function* () { yield 'a'; yield 'b'; })()))", "a,b"),
            ("ReadableStream.from(1)", "!TypeError"),
            ("of(1).getReader().read().then(JSON.stringify)", r#"{"value":1,"done":false}"#),
            ("of().getReader().read().then(r => r.done)", "true"),
            (
                "new ReadableStream({ start(c) { c.error(new RangeError('no')); } }).getReader().read()",
                "!RangeError no",
            ),
            ("new ReadableStream({ start() { throw new RangeError('no'); } })", "!RangeError no"),
            (
                "new ReadableStream({ pull() { throw new RangeError('no'); } }).getReader().read()",
                "!RangeError no",
            ),
            ("new ReadableStream({ type: 'nonsense' })", "!TypeError"),
            ("new ReadableStream({ pull: 1 })", "!TypeError"),
            ("new ReadableStream({}, { highWaterMark: -1 })", "!RangeError"),
            ("new ReadableStream({ start(c) { c.close(); c.enqueue(1); } })", "!TypeError"),
            ("new ReadableStream({ start(c) { c.close(); c.close(); } })", "!TypeError"),
            ("(s => { s.getReader(); return s.locked })(of(1))", "true"),
            ("(s => { s.getReader(); s.getReader() })(of(1))", "!TypeError"),
            ("(s => { s.getReader(); return outcome(s.cancel()) })(of(1))", "failed The stream is locked."),
            (
                "(s => { const r = s.getReader(); r.releaseLock(); return [s.locked, s.getReader() !== r].join() })(of(1))",
                "false,true",
            ),
            (
                "(async s => { const r = s.getReader(), read = r.read(); r.releaseLock(); return [await outcome(read), await outcome(r.closed), await outcome(r.read())].join() })(new ReadableStream())",
                "failed The reader was released.,failed The reader was released.,failed The reader was released.",
            ),
            ("(s => s.getReader().closed.then(() => 'closed'))(of())", "closed"),
            (
                "(async () => { let why; const s = new ReadableStream({ cancel(reason) { why = reason; } }); await s.cancel('enough'); return why })()",
                "enough",
            ),
            (
                "outcome(new ReadableStream({ cancel() { throw new RangeError('no'); } }).cancel())",
                "failed no",
            ),
            (
                "(async () => { let why = 'none'; const s = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); }, cancel(reason) { why = reason; } }); for await (const chunk of s) break; return [why, s.locked].join() })()",
                ",false",
            ),
            (
                "(async () => { const s = of(1, 2); for await (const chunk of s.values({ preventCancel: true })) break; return all(s) })()",
                "2",
            ),
            // How much is asked for.
            (
                "(async () => { let n = 0; new ReadableStream({ pull() { n++; } }); await turns(); return n })()",
                "1",
            ),
            (
                "(async () => { let n = 0; new ReadableStream({ pull(c) { n++; c.enqueue(n); } }, { highWaterMark: 3 }); await turns(); return n })()",
                "3",
            ),
            (
                "(async () => { let n = 0; new ReadableStream({ pull(c) { n++; c.enqueue(n); } }, { highWaterMark: 0 }); await turns(); return n })()",
                "0",
            ),
            (
                "(async () => { let sizes = []; new ReadableStream({ start(c) { for (const chunk of ['a', 'bcd']) { c.enqueue(chunk); sizes.push(c.desiredSize); } } }, { highWaterMark: 5, size: chunk => chunk.length }); return sizes.join() })()",
                "4,1",
            ),
            ("new ReadableStream({ start(c) { c.enqueue(1); } }, { size: () => NaN })", "!RangeError"),
            ("new CountQueuingStrategy({ highWaterMark: 3 }).size('abc')", "1"),
            ("new ByteLengthQueuingStrategy({ highWaterMark: 3 }).size(new Uint8Array(7))", "7"),
            ("new CountQueuingStrategy({})", "!TypeError"),
            // Doubled.
            ("Promise.all(of(1, 2).tee().map(all)).then(two => two.join(' '))", "1,2 1,2"),
            ("(s => { s.tee(); return s.locked })(of(1))", "true"),
            (
                "(async () => { let why; const [a, b] = new ReadableStream({ cancel(reason) { why = reason; } }).tee(); const first = a.cancel(1); await turns(); const early = why; await b.cancel(2); await first; return [early, why].join() })()",
                ",1,2",
            ),
            (
                "(async () => { const [a, b] = new ReadableStream({ pull(c) { c.error(new RangeError('no')); } }).tee(); return [await outcome(all(a)), await outcome(all(b))].join() })()",
                "failed no,failed no",
            ),
            (
                "(async () => { const [a, b] = bytes([1, 2]).tee(); const one = (await a.getReader().read()).value, two = (await b.getReader().read()).value; return [one.join('-'), two.join('-'), one.buffer === two.buffer].join() })()",
                "1-2,1-2,false",
            ),
            ("new ReadableStreamDefaultController()", "!TypeError"),
            ("new ReadableStreamDefaultReader({})", "!TypeError"),
        ],
    );
}

#[test]
fn bytes_are_read_into_views() {
    table(
        HELPERS,
        &[
            ("all(bytes([1, 2], [3]))", "1,2,3"),
            (
                "(async () => { const r = bytes([1, 2, 3]).getReader({ mode: 'byob' }); const { value, done } = await r.read(new Uint8Array(2)); return [value.join('-'), done].join() })()",
                "1-2,false",
            ),
            (
                "(async () => { const r = bytes([1, 2, 3]).getReader({ mode: 'byob' }); await r.read(new Uint8Array(2)); return (await r.read(new Uint8Array(9))).value.join() })()",
                "3",
            ),
            (
                "(async () => { const r = bytes([1], [2], [3]).getReader({ mode: 'byob' }); return (await r.read(new Uint8Array(3), { min: 3 })).value.join('-') })()",
                "1-2-3",
            ),
            (
                "(async () => { const r = bytes([1, 0, 2, 0, 3]).getReader({ mode: 'byob' }); return (await r.read(new Uint16Array(2))).value.join('-') })()",
                "1-2",
            ),
            (
                "(async () => { const view = new Uint8Array(2); await bytes([1]).getReader({ mode: 'byob' }).read(view); return view.byteLength })()",
                "0",
            ),
            ("bytes([1]).getReader({ mode: 'byob' }).read(new Uint8Array(0))", "!TypeError"),
            ("bytes([1]).getReader({ mode: 'byob' }).read([])", "!TypeError"),
            ("bytes([1]).getReader({ mode: 'byob' }).read(new Uint8Array(1), { min: 2 })", "!RangeError"),
            ("of(1).getReader({ mode: 'byob' })", "!TypeError"),
            ("bytes([1]).getReader({ mode: 'nonsense' })", "!TypeError"),
            ("new ReadableStream({ type: 'bytes', start(c) { c.enqueue('text'); } })", "!TypeError"),
            (
                "new ReadableStream({ type: 'bytes', start(c) { c.enqueue(new Uint8Array(0)); } })",
                "!TypeError",
            ),
            ("new ReadableStream({ type: 'bytes' }, { size() {} })", "!RangeError"),
            // By who fills what is asked for.
            (
                "(async () => { const s = new ReadableStream({ type: 'bytes', pull(c) { c.byobRequest.view[0] = 7; c.byobRequest.respond(1); } }); return (await s.getReader({ mode: 'byob' }).read(new Uint8Array(4))).value.join() })()",
                "7",
            ),
            (
                "(async () => { const s = new ReadableStream({ type: 'bytes', autoAllocateChunkSize: 8, pull(c) { const { view } = c.byobRequest; view[0] = 9; c.byobRequest.respondWithNewView(new Uint8Array(view.buffer, view.byteOffset, 1)); } }); return (await s.getReader().read()).value.join() })()",
                "9",
            ),
            (
                "(async () => { let seen; const s = new ReadableStream({ type: 'bytes', pull(c) { seen = c.byobRequest; c.enqueue(new Uint8Array([5])); } }); await s.getReader().read(); return seen })()",
                "null",
            ),
            (
                "(async () => { const s = new ReadableStream({ type: 'bytes', pull(c) { try { c.byobRequest.respond(5); } catch (e) { c.error(e); } } }); return outcome(s.getReader({ mode: 'byob' }).read(new Uint8Array(4))) })()",
                "failed More was filled in than there is room.",
            ),
            (
                "(async () => { const s = new ReadableStream({ type: 'bytes', pull(c) { c.close(); c.byobRequest.respond(0); } }); const { value, done } = await s.getReader({ mode: 'byob' }).read(new Uint8Array(4)); return [value.length, done].join() })()",
                "0,true",
            ),
            (
                "(async () => { const s = new ReadableStream({ type: 'bytes', start(c) { c.enqueue(new Uint8Array([1])); c.close(); } }); return outcome(s.getReader({ mode: 'byob' }).read(new Uint16Array(1))) })()",
                "failed The stream ended within an element of the view.",
            ),
            (
                "(async () => { const r = new ReadableStream({ type: 'bytes' }).getReader({ mode: 'byob' }); const read = r.read(new Uint8Array(1)); await r.cancel(); const { value, done } = await read; return [value, done].join() })()",
                ",true",
            ),
        ],
    );
}

#[test]
fn what_is_writable_is_written() {
    table(
        HELPERS,
        &[
            (
                "(async () => { const log = [], w = sink(log).getWriter(); w.write(1); w.write(2); await w.close(); return log.join() })()",
                "1,2,closed",
            ),
            (
                "(async () => { const log = [], w = sink(log).getWriter(); await w.abort('why'); return [log.join(), await outcome(w.write(1)), await outcome(w.closed)].join() })()",
                "aborted why,failed why,failed why",
            ),
            (
                "(async () => { const w = new WritableStream({ write() { throw new RangeError('no'); } }).getWriter(); return [await outcome(w.write(1)), await outcome(w.write(2)), await outcome(w.closed)].join() })()",
                "failed no,failed no,failed no",
            ),
            (
                "(async () => { const w = new WritableStream({ close() { throw new RangeError('no'); } }).getWriter(); return outcome(w.close()) })()",
                "failed no",
            ),
            (
                "(async () => { const w = sink([]).getWriter(); await w.close(); return outcome(w.write(1)) })()",
                "failed The stream is closed, or is being closed.",
            ),
            (
                "(async () => { const w = sink([]).getWriter(); w.close(); return outcome(w.close()) })()",
                "failed The stream is closed, or is being closed.",
            ),
            ("(s => { s.getWriter(); return [s.locked].join() })(sink([]))", "true"),
            ("(s => { s.getWriter(); s.getWriter() })(sink([]))", "!TypeError"),
            ("(s => { s.getWriter(); return outcome(s.abort()) })(sink([]))", "failed The stream is locked."),
            ("new WritableStream({ type: 'bytes' })", "!RangeError"),
            (
                "(async () => { let go; const w = new WritableStream({ write: () => new Promise(done => { go = done; }) }).getWriter(); const sizes = [w.desiredSize]; await w.ready; w.write(1); sizes.push(w.desiredSize); let ready = false; w.ready.then(() => { ready = true; }); await turns(); const before = ready; go(); await turns(); return [...sizes, before, ready, w.desiredSize].join() })()",
                "1,0,false,true,1",
            ),
            (
                "(async () => { let aborted; const s = new WritableStream({ start(c) { c.signal.addEventListener('abort', () => { aborted = c.signal.reason; }); } }); await s.abort('why'); return aborted })()",
                "why",
            ),
            (
                "(async () => { const s = new WritableStream({ start(c) { c.error(new RangeError('no')); } }); return outcome(s.getWriter().closed) })()",
                "failed no",
            ),
            (
                "(async () => { const w = sink([]).getWriter(); w.releaseLock(); return [await outcome(w.closed), await outcome(w.write(1))].join() })()",
                "failed The writer was released.,failed The writer was released.",
            ),
            ("(w => { w.releaseLock(); w.desiredSize })(sink([]).getWriter())", "!TypeError"),
        ],
    );
}

#[test]
fn streams_are_piped_and_transformed() {
    table(
        HELPERS,
        &[
            (
                "(async () => { const log = []; await of(1, 2).pipeTo(sink(log)); return log.join() })()",
                "1,2,closed",
            ),
            (
                "(async () => { const log = []; const s = sink(log); await of(1).pipeTo(s, { preventClose: true }); return [log.join(), s.locked].join() })()",
                "1,false",
            ),
            (
                "(async () => { const log = []; const failing = new ReadableStream({ pull(c) { c.error('no'); } }); return [await outcome(failing.pipeTo(sink(log))), log.join()].join() })()",
                "failed no,aborted no",
            ),
            (
                "(async () => { const log = []; const failing = new ReadableStream({ pull(c) { c.error('no'); } }); return [await outcome(failing.pipeTo(sink(log), { preventAbort: true })), log.join()].join() })()",
                "failed no,",
            ),
            (
                "(async () => { let why; const s = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(reason) { why = reason; } }); const failing = new WritableStream({ write() { throw 'full'; } }); return [await outcome(s.pipeTo(failing)), why].join() })()",
                "failed full,full",
            ),
            (
                "(async () => { let why = 'none'; const s = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(reason) { why = reason; } }); const failing = new WritableStream({ write() { throw 'full'; } }); return [await outcome(s.pipeTo(failing, { preventCancel: true })), why].join() })()",
                "failed full,none",
            ),
            (
                "(async () => { const log = []; let why; const c = new AbortController(); const s = new ReadableStream({ cancel(reason) { why = reason; } }); const piped = s.pipeTo(sink(log), { signal: c.signal }); c.abort('stop'); return [await outcome(piped), log.join(), why].join() })()",
                "failed stop,aborted stop,stop",
            ),
            ("outcome(of(1).pipeTo(sink([]), { signal: AbortSignal.abort('before') }))", "failed before"),
            ("outcome(of(1).pipeTo(1))", "failed pipeTo wants a WritableStream."),
            (
                "(s => { s.getReader(); return outcome(s.pipeTo(sink([]))) })(of(1))",
                "failed The stream is locked.",
            ),
            (
                "(async () => { const w = sink([]); await w.close(); let why; const s = new ReadableStream({ cancel(reason) { why = reason.name; } }); return [await outcome(s.pipeTo(w)), why].join() })()",
                "failed The stream to pipe to is closed.,TypeError",
            ),
            ("all(of(1, 2).pipeThrough(new TransformStream()))", "1,2"),
            (
                "all(of(1, 2).pipeThrough(new TransformStream({ transform(chunk, c) { c.enqueue(chunk * 2); c.enqueue(chunk * 3); } })))",
                "2,3,4,6",
            ),
            (
                "all(of(1).pipeThrough(new TransformStream({ start(c) { c.enqueue('first'); }, flush(c) { c.enqueue('last'); } })))",
                "first,1,last",
            ),
            (
                "outcome(all(of(1).pipeThrough(new TransformStream({ transform() { throw new RangeError('no'); } }))))",
                "failed no",
            ),
            (
                "outcome(all(of(1).pipeThrough(new TransformStream({ flush() { throw new RangeError('no'); } }))))",
                "failed no",
            ),
            (
                "all(of(1, 2, 3).pipeThrough(new TransformStream({ transform(chunk, c) { c.enqueue(chunk); if (chunk === 2) c.terminate(); } })))",
                "1,2",
            ),
            (
                "(async () => { let why; const t = new TransformStream({ cancel(reason) { why = reason; } }); await t.readable.cancel('enough'); return [why, await outcome(t.writable.getWriter().write(1))].join() })()",
                "enough,failed enough",
            ),
            (
                "(async () => { let why; const t = new TransformStream({ cancel(reason) { why = reason; } }); const r = t.readable.getReader(); await t.writable.abort('stop'); return [why, await outcome(r.read())].join() })()",
                "stop,failed stop",
            ),
            (
                "(async () => { const t = new TransformStream(); const w = t.writable.getWriter(); let written = false; w.write(1).then(() => { written = true; }); await turns(); const before = written; t.readable.getReader().read(); await turns(); return [before, written].join() })()",
                "false,true",
            ),
            ("new TransformStream({ readableType: 'bytes' })", "!RangeError"),
            ("of(1).pipeThrough({})", "!TypeError"),
            // Text.
            ("all(of('a', '\\uD83D', '\\uDE00').pipeThrough(new TextEncoderStream()))", "97,240,159,152,128"),
            ("all(of('\\uD83D').pipeThrough(new TextEncoderStream()))", "239,191,189"),
            (
                "all(of(new Uint8Array([0xC3]), new Uint8Array([0xA9, 0x62])).pipeThrough(new TextDecoderStream()))",
                "\u{e9}b",
            ),
            (
                "outcome(all(of(new Uint8Array([0xFF])).pipeThrough(new TextDecoderStream('utf-8', { fatal: true }))))",
                "failed The bytes are not utf-8.",
            ),
            (
                "outcome(all(of('text').pipeThrough(new TextDecoderStream())))",
                "failed A chunk to decode is a buffer, or a view of one.",
            ),
            (
                "(({ encoding, fatal, ignoreBOM }) => [encoding, fatal, ignoreBOM].join())(new TextDecoderStream('latin1', { fatal: true }))",
                "windows-1252,true,false",
            ),
            // From a response, on its way.
            (
                "(async () => { const r = await fetch('/say?body=one%0Atwo'); return all(r.body.pipeThrough(new TextDecoderStream()).pipeThrough(new TransformStream({ transform(text, c) { for (const line of text.split('\\n')) c.enqueue(`[${line}]`); } }))) })()",
                "[one],[two]",
            ),
        ],
    );
}
