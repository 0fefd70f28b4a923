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
                "(async () => { const f = await frame({ srcdoc: '<script>var seen = 1; Array.own = 2<\\/script>' }); return [f.contentWindow.seen, typeof seen, f.contentWindow.Array.own, Array.own].join(); })()",
                "1,undefined,2,",
            ),
            (
                "[window.length, frames[0] === document.querySelector('iframe').contentWindow, frames[9]].join()",
                "3,true,",
            ),
        ],
    );
}
