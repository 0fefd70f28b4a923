//! Cookies and storage, as scripts have them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use crossorigin_page::{End, PageOptions, Storage};
use support::wire::{module, run_module, table};

#[test]
fn cookies_are_shown_to_scripts() {
    table(
        "const set = cookie => { document.cookie = cookie; return document.cookie; };
         const sent = async () => (await (await fetch('/echo')).json()).headers.cookie;",
        &[
            ("document.cookie", ""),
            ("set('a=1')", "a=1"),
            ("set('b=2; Path=/elsewhere')", "a=1"),
            ("set('c=3; Domain=elsewhere.example')", "a=1"),
            ("set('hidden=1; HttpOnly')", "a=1"),
            ("set('d=4; SameSite=Strict')", "a=1; d=4"),
            ("set('e=5; SameSite=None')", "a=1; d=4"),
            ("sent()", "a=1; d=4"),
            // What servers hide stays hidden, and stays.
            (
                "fetch('/say?h=Set-Cookie:hidden=9;HttpOnly&h=Set-Cookie:seen=1').then(() => document.cookie)",
                "a=1; d=4; seen=1",
            ),
            ("sent()", "a=1; d=4; hidden=9; seen=1"),
            ("(set('hidden=mine'), sent())", "a=1; d=4; hidden=9; seen=1"),
            ("set('a=; Max-Age=0')", "d=4; seen=1"),
            ("document.implementation.createHTMLDocument().cookie", ""),
        ],
    );
}

#[test]
fn storage_is_by_origin_and_bounded() {
    table(
        "const keys = storage => Object.keys(storage).join();",
        &[
            ("[localStorage.length, localStorage.getItem('a')].join()", "0,"),
            (
                "(localStorage.setItem('b', 1), localStorage.a = { toString: () => 'text' }, keys(localStorage))",
                "a,b",
            ),
            ("[localStorage.a, localStorage['b'], localStorage.c].join()", "text,1,"),
            (
                "[localStorage.length, localStorage.key(0), localStorage.key(1), localStorage.key(2)].join()",
                "2,a,b,",
            ),
            (
                "['a' in localStorage, 'z' in localStorage, 'getItem' in localStorage].join()",
                "true,false,true",
            ),
            ("JSON.stringify(localStorage)", r#"{"a":"text","b":"1"}"#),
            ("(delete localStorage.a, localStorage.removeItem('nothing'), keys(localStorage))", "b"),
            ("sessionStorage.length", "0"),
            ("(sessionStorage.x = 1, [keys(sessionStorage), keys(localStorage)].join(' '))", "x b"),
            ("localStorage.setItem('large', 'x'.repeat(5 << 20))", "!QuotaExceededError"),
            (
                "(localStorage.setItem('large', 'x'.repeat((5 << 20) - 7)), localStorage.large.length)",
                "5242873",
            ),
            ("localStorage.more = 1", "!QuotaExceededError"),
            ("sessionStorage.more = 1", "1"),
            ("(localStorage.clear(), localStorage.length)", "0"),
            ("localStorage === localStorage", "true"),
            ("new Storage()", "!TypeError"),
            ("Storage.prototype.getItem.call({}, 'a')", "!TypeError"),
            ("Storage.prototype.getItem.call(sessionStorage, 'x')", "1"),
        ],
    );
}

#[test]
fn opaque_origins_have_neither() {
    let options = PageOptions::new().origin(Some("null".parse().unwrap()));
    let attempts = "for (const attempt of [() => document.cookie, () => { document.cookie = 'a=b'; }, () => localStorage, () => sessionStorage]) {
        try { console.log(attempt()); } catch (e) { console.log(e.name); }
    }";
    let (lines, end) = run_module(attempts, &options);
    assert_eq!(
        (lines, end),
        (vec!["SecurityError".to_owned(); 4], End::Idle { uncaught: 0, values: Vec::new() })
    );
}

#[test]
fn pages_find_what_others_of_their_origin_left() {
    let storage = Storage::new();
    let open = |origin: &str, script: &str| {
        let options = PageOptions::new().origin(Some(origin.parse().unwrap())).storage(&storage);
        run_module(script, &options).0
    };
    let tell = "console.log(localStorage.theme, sessionStorage.theme)";
    open("https://a.example", "localStorage.theme = 'dark'; sessionStorage.theme = 'dark'");
    assert_eq!(open("https://a.example", tell), ["dark undefined"]);
    assert_eq!(open("https://b.example", tell), ["undefined undefined"]);
    assert_eq!(open("http://a.example", tell), ["undefined undefined"]);
    assert_eq!(storage.to_json(), "{\n  \"https://a.example\": {\n    \"theme\": \"dark\"\n  }\n}");
    let again = Storage::from_json(&storage.to_json()).unwrap();
    let options = PageOptions::new().origin(Some("https://a.example".parse().unwrap())).storage(&again);
    assert_eq!(run_module(tell, &options).0, ["dark undefined"]);
    // Of others, nothing leaks.
    assert_eq!(module(tell), ["undefined undefined"]);
}
