//! The window: events on their way, names, the session's history, and what a console shows.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "another test uses the rest")]
mod support;

use support::{Files, console};

/// What the console says of a page with this body and then this script.
fn page(body: &str, script: &str) -> Vec<String> {
    console(&format!("<!doctype html><title>T</title><body>{body}<script>{script}</script>"), &[], &[])
}

#[test]
fn events_go_down_and_up() {
    assert_eq!(
        page(
            "<div><p><b>x</b></p></div>",
            "const [div, p, b] = ['div', 'p', 'b'].map(name => document.querySelector(name));
             const told = (what, phase) => event => console.log(what, phase, event.eventPhase, event.currentTarget === event.target);
             for (const [what, target] of Object.entries({ window, document, div, p, b })) {
               target.addEventListener('x', told(what, 'up'));
               target.addEventListener('x', told(what, 'down'), true);
             }
             const event = new CustomEvent('x', { bubbles: true, detail: 5 });
             b.addEventListener('x', e => console.log(e.composedPath().length, e.detail, e.timeStamp >= 0, e.isTrusted), { once: true });
             b.dispatchEvent(event);
             console.log(event.composedPath().length, event.eventPhase, event.target === b, event.currentTarget);
             b.dispatchEvent(new Event('x'));
             p.addEventListener('x', e => e.stopPropagation(), { capture: true });
             console.log('stopped');
             b.dispatchEvent(event);"
        ),
        [
            "window down 1 false",
            "document down 1 false",
            "div down 1 false",
            "p down 1 false",
            "b down 2 true",
            "b up 2 true",
            "7 5 true false",
            "p up 3 false",
            "div up 3 false",
            "document up 3 false",
            "window up 3 false",
            "0 0 true null",
            "window down 1 false",
            "document down 1 false",
            "div down 1 false",
            "p down 1 false",
            "b down 2 true",
            "b up 2 true",
            "stopped",
            "window down 1 false",
            "document down 1 false",
            "div down 1 false",
            "p down 1 false",
        ]
    );
}

#[test]
fn listeners_are_told_apart_and_let_go() {
    assert_eq!(
        page(
            "<p>",
            "const p = document.querySelector('p');
             const one = () => console.log('one');
             p.addEventListener('x', one); p.addEventListener('x', one); p.addEventListener('x', one, true);
             p.dispatchEvent(new Event('x'));
             p.removeEventListener('x', one);
             p.dispatchEvent(new Event('x'));
             p.removeEventListener('x', one, { capture: true });
             p.dispatchEvent(new Event('x'));
             const gone = () => console.log('gone');
             p.addEventListener('y', () => p.removeEventListener('y', gone)); p.addEventListener('y', gone);
             p.dispatchEvent(new Event('y'));
             p.addEventListener('z', e => { e.preventDefault(); console.log(e.defaultPrevented); }, { passive: true });
             p.addEventListener('z', { handleEvent(e) { e.preventDefault(); console.log(e.defaultPrevented, this !== p); } });
             console.log(p.dispatchEvent(new Event('z', { cancelable: true })));
             const old = document.createEvent('Event');
             old.initEvent('z', true, false);
             console.log(p.dispatchEvent(old), old.bubbles, old.type);
             try { document.createEvent('nothing'); } catch (e) { console.log(e.name); }"
        ),
        [
            "one",
            "one",
            "one",
            "false",
            "true true",
            "false",
            "false",
            "false true",
            "true true z",
            "NotSupportedError"
        ]
    );
}

#[test]
fn clicks_and_the_focus_are_events_of_their_kinds() {
    assert_eq!(
        page(
            "<form><input id=a><button id=go>go</button></form><div tabindex=0 id=d>x</div><p id=p>y</p>",
            "for (const type of ['focus', 'blur', 'focusin', 'focusout'])
               document.addEventListener(type, e => console.log(type, e.target.id, e.relatedTarget?.id, e instanceof FocusEvent), true);
             a.focus();
             d.focus();
             p.focus();
             console.log(document.activeElement.id);
             d.blur();
             console.log(document.activeElement.tagName);
             document.forms[0].onsubmit = e => { console.log(e.submitter.id, e instanceof SubmitEvent); return false; };
             document.addEventListener('click', e => console.log(e.constructor.name, e instanceof MouseEvent, e.detail, e.isTrusted));
             go.click();
             p.dispatchEvent(new MouseEvent('click', { bubbles: true, clientX: 3, ctrlKey: true }));
             const key = new KeyboardEvent('keydown', { key: 'a', shiftKey: true });
             console.log(key.key, key.shiftKey, key.getModifierState('Shift'), key.ctrlKey);"
        ),
        [
            "focus a undefined true",
            "focusin a undefined true",
            "blur a d true",
            "focusout a d true",
            "focus d a true",
            "focusin d a true",
            "d",
            "blur d undefined true",
            "focusout d undefined true",
            "BODY",
            "PointerEvent true 1 true",
            "go true",
            "MouseEvent true 0 false",
            "a true true false",
        ]
    );
}

#[test]
fn elements_are_found_by_their_names() {
    assert_eq!(
        page(
            "<p id=out>1</p><form name=f></form><a name=g></a><p id=name></p>",
            "console.log(out.textContent, window.out === out, 'out' in window, window.hasOwnProperty('out'), f.tagName, typeof g, typeof name);
             out.id = 'other';
             console.log(typeof window.out, other.textContent);
             other = 5;
             console.log(other);
             document.body.insertAdjacentHTML('beforeend', '<i id=late></i>');
             console.log(late.tagName);
             try { nothing; } catch (e) { console.log(e.name); }
             late.remove();
             console.log(typeof late);"
        ),
        ["1 true true false FORM undefined string", "undefined 1", "5", "I", "ReferenceError", "undefined"]
    );
}

#[test]
fn a_page_is_opened_once() {
    assert_eq!(
        page(
            "<a href='#part' id=part>x</a>",
            "addEventListener('hashchange', e => console.log('hashchange', new URL(e.oldURL).hash, new URL(e.newURL).hash));
             addEventListener('popstate', e => console.log('popstate', JSON.stringify(e.state), location.search + location.hash));
             history.pushState({ n: 1 }, '', '?x=1');
             console.log(location.search, history.length, history.state.n, document.URL === location.href);
             try { history.pushState(null, '', 'http://other.example/'); } catch (e) { console.log(e.name); }
             location.hash = 'a';
             part.click();
             addEventListener('hashchange', ({ newURL }) => {
               if (newURL.endsWith('#part')) history.go(-2);
               if (newURL.includes('#')) return;
               location.href = '/other';
               location.reload();
               location = '?y';
             });"
        ),
        [
            "?x=1 2 1 true",
            "SecurityError",
            "popstate null ?x=1#a",
            "popstate null ?x=1#part",
            "hashchange  #a",
            "hashchange #a #part",
            "popstate {\"n\":1} ?x=1",
            "hashchange #part ",
            "The page leads to {own}/other, which is not followed: a page is opened once.",
            "The page would reload, which is not followed: a page is opened once.",
            "The page leads to {own}/?y, which is not followed: a page is opened once.",
        ]
    );
}

#[test]
fn frames_of_animation_come_in_time() {
    assert_eq!(
        page(
            "",
            "const times = [];
             requestAnimationFrame(time => { times.push(time); requestAnimationFrame(next); });
             requestAnimationFrame(time => { times.push(time); });
             cancelAnimationFrame(requestAnimationFrame(() => console.log('never')));
             function next(time) {
               console.log(times.length, times[1] - times[0] < 10, time > times[0]);
             }
             console.log(confirm('sure?'), prompt('name?'));"
        ),
        ["confirm: sure?", "prompt: name?", "false null", "2 true true"]
    );
}

#[test]
fn a_console_shows_what_is_in_things() {
    assert_eq!(
        page(
            "<p id=p class='a b'>x</p>",
            "console.log([1, 'a', { b: [2n, -0], f() {}, K: class A {}, s: Symbol('q'), u: undefined }], null);
             console.log(new Map([['a', { b: 1 }]]), new Set([1, '2']), new Date(0), /x/g, new Error('e'), [new TypeError('t')]);
             console.log(p, p.firstChild, document, window, document.querySelectorAll('p'), p.classList);
             console.log(new Headers({ a: 'b' }), new URLSearchParams('q=1'), new Blob(['abc'], { type: 'text/plain' }), new Uint8Array(3));
             console.log(new Response('x', { status: 201 }));
             console.log('%s is %d%%', 'x', 4.6, { rest: 1 });
             console.table([{ a: 1, b: 'x' }, { a: 2 }]);
             console.table(['x', 'y']);"
        ),
        [
            r#"[1, "a", { b: [2n, -0], f: [Function f], K: [class A], s: Symbol(q), u: undefined }] null"#,
            r#"Map(1) {"a" => { b: 1 }} Set(2) {1, "2"} 1970-01-01T00:00:00.000Z /x/g Error: e [TypeError: t]"#,
            r##"<p id="p" class="a b"> #text "x" #document Window NodeList(1) [<p id="p" class="a b">] DOMTokenList(2) ["a", "b"]"##,
            r#"Headers { a: "b" } URLSearchParams { q: "1" } Blob { size: 3, type: "text/plain" } Uint8Array(3)"#,
            r#"Response { ok: true, type: "default", url: "", redirected: false, status: 201, statusText: "" }"#,
            "x is 4% { rest: 1 }",
            "(index)  a  b",
            "(index)  Values",
        ]
    );
}

#[test]
fn names_of_modules_stand_for_what_an_import_map_says() {
    const OWN: Files = &[
        (
            "/lib/a.js",
            "Content-Type: text/javascript\r\n",
            b"export { default } from 'other'; export const a = 'a';",
        ),
        ("/other.js", "Content-Type: text/javascript\r\n", b"export default 'other';"),
    ];
    assert_eq!(
        console(
            r#"<!doctype html><script type=importmap>{ "imports": { "lib/": "./lib/", "other": "/other.js" } }</script>
               <script type=importmap>[]</script>
               <script type=module>
                 import other, { a } from 'lib/a.js';
                 console.log(a, other, (await import('other')).default, HTMLScriptElement.supports('importmap'));
                 await import('nothing').catch(e => console.log(e.name));
               </script>"#,
            OWN,
            &[],
        ),
        [
            "Uncaught TypeError: The import map: an import map is to be an object",
            "a other other true",
            "TypeError"
        ]
    );
}
