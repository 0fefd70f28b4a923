//! Documents: what they hold, and what script makes of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "another test uses the rest")]
mod support;

use support::console;

/// A page with this body and this script behind it.
fn page(body: &str, script: &str) -> Vec<String> {
    console(&format!("<!doctype html><body>{body}<script>{script}</script>"), &[], &[])
}

#[test]
fn templates_keep_their_content_apart() {
    let body = "<template id=t><img src=data:,><p class=a>one</p><script>console.log('ran')</script>\
                <template id=inner><b>two</b></template></template>";
    for (script, expected) in [
        ("document.querySelectorAll('p').length", "0"),
        ("t.childNodes.length", "0"),
        ("t.content.querySelector('p').textContent", "one"),
        ("t.content.nodeType", "11"),
        ("t.content.ownerDocument === document", "false"),
        ("t.innerHTML.includes('<p class=\"a\">one</p>')", "true"),
        ("t.content.querySelector('#inner').content.firstChild.textContent", "two"),
        ("t.cloneNode(true).content.querySelector('#inner').content.textContent", "two"),
        ("t.cloneNode(false).content.childNodes.length", "0"),
        ("(document.body.append(t.content.cloneNode(true)), document.querySelector('p').textContent)", "one"),
        ("(t.innerHTML = '<i>x</i>', t.content.firstChild.tagName + t.childNodes.length)", "I0"),
    ] {
        let said = page(body, &format!("const t = document.getElementById('t'); console.log({script})"));
        assert_eq!(said.last().unwrap(), expected, "{script}");
    }
}

#[test]
fn datasets_are_all_that_begins_with_data() {
    for (script, expected) in [
        ("JSON.stringify({ ...d.dataset })", r#"{"site":"1","longName":"2"}"#),
        ("(delete d.dataset.site, d.dataset.newOne = 3, Object.keys(d.dataset).join())", "longName,newOne"),
        ("d.dataset.none", "undefined"),
        ("'site' in d.dataset", "true"),
    ] {
        let said = page(
            "<p id=d class=x data-site=1 data-long-name=2></p>",
            &format!("const d = document.getElementById('d'); console.log({script})"),
        );
        assert_eq!(said, [expected], "{script}");
    }
}
