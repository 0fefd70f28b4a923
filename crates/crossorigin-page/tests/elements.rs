//! Elements and documents, as far as they are apart from what they load.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "another test uses the rest")]
mod support;

use support::{Files, console};

const OTHER: Files = &[("/", "", b"")];

/// What the console says of a page with this body and then this script.
fn page(body: &str, script: &str) -> Vec<String> {
    console(&format!("<!doctype html><title>T</title><body>{body}<script>{script}</script>"), &[], OTHER)
}

#[test]
fn links_have_the_parts_of_their_url() {
    assert_eq!(
        page(
            "<a id=a href='http://u:p@x.example:8080/path?q=1#h'>x</a><a id=none>y</a><a id=own href='/p'>",
            "const { a, none, own } = Object.fromEntries([...document.querySelectorAll('a')].map(a => [a.id, a]));
             console.log(a.protocol, a.username, a.password, a.host, a.hostname, a.port, a.pathname, a.search, a.hash, a.origin);
             console.log(JSON.stringify([none.href, none.protocol, none.host, none.origin]));
             console.log(own.host === location.host, String(own) === location.origin + '/p');
             a.hash = ''; a.port = '80'; a.pathname = 'new';
             console.log(a.getAttribute('href'));"
        ),
        [
            "http: u p x.example:8080 x.example 8080 /path ?q=1 #h http://x.example:8080",
            r#"["",":","",""]"#,
            "true true",
            "http://u:p@x.example/new?q=1",
        ]
    );
}

#[test]
fn nodes_are_copied_with_or_without_what_they_hold() {
    assert_eq!(
        page(
            "<div id=d class=c><p>one<!--two--></p></div>",
            "const d = document.getElementById('d');
             const [flat, deep] = [d.cloneNode(), d.cloneNode(true)];
             console.log(flat !== d, flat.id, flat.className, flat.childNodes.length, flat.parentNode);
             deep.firstChild.firstChild.data = 'changed';
             console.log(deep.innerHTML, d.innerHTML, deep.isConnected);
             try { document.cloneNode(true); } catch (e) { console.log(e.name); }"
        ),
        ["true d c 0 null", "<p>changed<!--two--></p> <p>one<!--two--></p> false", "NotSupportedError"]
    );
}

#[test]
fn nothing_loads_or_runs_in_a_document_that_is_not_shown() {
    assert_eq!(
        page(
            "",
            "const other = document.implementation.createHTMLDocument('Other');
             console.log(other.title, other.URL, other.defaultView, other.location, other.readyState, other.ownerDocument);
             other.body.innerHTML = '<img src={other}/closed.png onerror=no><b>bold</b>';
             const image = other.querySelector('img');
             image.onerror = () => console.log('error', image.ownerDocument === document);
             console.log(image.ownerDocument === other, image.complete, other.createElement('p').ownerDocument === other);
             const copy = document.importNode(other.querySelector('b'), true);
             console.log(copy.ownerDocument === document, copy.textContent, other.querySelector('b').ownerDocument === other);
             const parsed = new DOMParser().parseFromString('<title>P</title><p>x<script>console.log(1)<\\/script>', 'text/html');
             console.log(parsed.title, parsed.body.innerHTML, parsed.doctype, document.doctype.nodeName);
             setTimeout(() => { console.log('now'); document.body.append(image); }, 20);"
        ),
        [
            "Other about:blank null null complete null",
            "true true true",
            "true bold true",
            "P <p>x<script>console.log(1)</script></p> null html",
            "now",
            "Failed to load resource: the server responded with a status of 404 (Not Found)",
            "error true",
        ]
    );
}

#[test]
fn handlers_say_whether_an_error_is_dealt_with() {
    assert_eq!(
        page(
            "<p>",
            "onerror = (message, file, line, column, error) => { console.log(message, error.name); return message.includes('first'); };
             setTimeout(() => { throw new Error('first'); });
             setTimeout(() => { throw new Error('second'); });
             const p = document.querySelector('p');
             p.onclick = () => false;
             const click = new Event('click', { cancelable: true });
             console.log(p.dispatchEvent(click));
             p.onerror = (...all) => console.log(all.length, all[0] instanceof ErrorEvent);
             p.dispatchEvent(new ErrorEvent('error'));"
        ),
        [
            "false",
            "1 true",
            "Uncaught Error: first Error",
            "Uncaught Error: second Error",
            "Uncaught Error: second",
        ]
    );
}

#[test]
fn nodes_are_moved_compared_and_written() {
    assert_eq!(
        page(
            "<div id=a class='x y' data-q=1>one<p>two</p>three</div><svg viewBox='0 0 1 1'><circle r=3 /></svg>",
            r#"const a = document.getElementById('a'), circle = document.querySelector('circle');
               document.querySelector('script').remove();
               console.log(a.outerHTML, a.getAttributeNames().join(), a.attributes[1].value, a.attributes.getNamedItem('data-q').name);
               a.insertAdjacentHTML('afterbegin', '<i>i</i><b>b</b>');
               a.insertAdjacentText('afterend', 'after');
               a.before('before', document.createElement('hr'));
               console.log(document.body.innerHTML);
               console.log(circle.tagName, circle.namespaceURI, circle instanceof SVGElement, circle instanceof HTMLElement);
               console.log(document.createElementNS('http://www.w3.org/2000/svg', 'path').tagName, document.createElement('DIV').tagName);
               console.log(a.compareDocumentPosition(document.body), document.body.compareDocumentPosition(a), a.compareDocumentPosition(circle), circle.compareDocumentPosition(a));
               console.log(a.nextElementSibling.tagName, a.previousElementSibling.tagName, a.nodeType === Node.ELEMENT_NODE);
               a.innerText = 'l1\nl2';
               console.log(a.innerHTML, JSON.stringify(a.innerText));
               a.replaceWith('x', document.createElement('em'));
               circle.outerHTML = '<rect/>';
               console.log(document.body.innerHTML);"#
        ),
        [
            r#"<div id="a" class="x y" data-q="1">one<p>two</p>three</div> id,class,data-q x y data-q"#,
            r#"before<hr><div id="a" class="x y" data-q="1"><i>i</i><b>b</b>one<p>two</p>three</div>after<svg viewBox="0 0 1 1"><circle r="3"></circle></svg>"#,
            "circle http://www.w3.org/2000/svg true false",
            "path DIV",
            "10 20 4 2",
            "svg HR true",
            r#"l1<br>l2 "l1\nl2""#,
            r#"before<hr>x<em></em>after<svg viewBox="0 0 1 1"><rect></rect></svg>"#,
        ]
    );
}

#[test]
fn styles_are_what_their_attribute_says() {
    assert_eq!(
        page(
            "<div id=a>x</div><ul><li>",
            r#"const { style } = document.getElementById('a'), a = document.getElementById('a');
               Object.assign(style, { color: 'red', backgroundColor: 'blue', 'border-top-width': '1px', cssFloat: 'left' });
               style.setProperty('--My', 'a b', 'important');
               console.log(a.getAttribute('style'), style.length, style.getPropertyPriority('--My'), style.float, style.item(0));
               console.log(style.removeProperty('color'), JSON.stringify(style.color), 'grid' in style, 'nothing' in style);
               a.style = 'background-image: url("data:image/png;base64,AA==") ; width:3px ! important; bad; /* color: x; */ top: 1px';
               console.log(style.backgroundImage, style.width, style.getPropertyPriority('width'), style.cssText.split(';').length, style === a.style);
               console.log(getComputedStyle(a).display, getComputedStyle(document.querySelector('li')).display, getComputedStyle(a).width);
               a.hidden = true;
               console.log(getComputedStyle(a).display);
               try { getComputedStyle(a).color = 'x'; } catch (e) { console.log(e.name); }"#
        ),
        [
            "color: red; background-color: blue; border-top-width: 1px; float: left; --My: a b !important; 5 important left color",
            r#"red "" true false"#,
            r#"url("data:image/png;base64,AA==") 3px important 5 true"#,
            "block list-item 3px",
            "none",
            "NoModificationAllowedError",
        ]
    );
}

#[test]
fn forms_hold_what_is_put_into_them() {
    assert_eq!(
        page(
            "<form><label><input name=a value='1 2'> x</label><input type=checkbox name=c><input type=radio name=r value=1 checked>
             <input type=radio name=r value=2><select name=s><option value=x>1<option value=y selected>2</select>
             <select name=m multiple><option selected>1<option>2<option selected>3</select><textarea name=t>tt</textarea>
             <button name=go>go</button></form>",
            "const form = document.querySelector('form'), { a, c, s } = form.elements;
             const told = () => [...new FormData(form)].join('|');
             console.log(form.elements.length, s.selectedIndex, s.value, s.type, a.labels.length, a.form === form, told());
             form.addEventListener('submit', e => { e.preventDefault(); console.log('submit', told()); });
             for (const type of ['input', 'change', 'click']) form.addEventListener(type, e => console.log(type, e.target.name));
             c.click();
             form.querySelectorAll('[name=r]')[1].click();
             s.value = 'x';
             a.value = 'chan\\nged';
             form.querySelector('button').click();
             s.value = 'none';
             console.log(s.selectedIndex, s.value === '', a.getAttribute('value'));
             console.log(form.a === a, form.s.value === '', form.go.tagName, form.nothing, document.createElement('form').a);
             form.reset();
             console.log(told());
             form.querySelector('label').click();
             const made = document.createElement('select');
             made.add(new Option('T', 'v'));
             made.append(new Option('U'));
             console.log(made.innerHTML, made.value);"
        ),
        [
            "8 1 y select-one 1 true a,1 2|r,1|s,y|m,1|m,3|t,tt",
            "click c",
            "input c",
            "change c",
            "click r",
            "input r",
            "change r",
            "click go",
            "submit a,changed|c,on|r,2|s,x|m,1|m,3|t,tt",
            "-1 true 1 2",
            "true true BUTTON undefined undefined",
            "a,1 2|r,1|s,y|m,1|m,3|t,tt",
            "click undefined",
            "click a",
            r#"<option value="v">T</option><option>U</option> v"#,
        ]
    );
}

#[test]
fn where_forms_lead_is_told() {
    assert_eq!(
        page(
            "<form action=/search><input name=q value='a b'><button>go</button></form><form method=post id=post><button>go</button></form>",
            "for (const button of document.querySelectorAll('button')) button.click();
             document.forms[0].onsubmit = () => false;
             document.querySelector('button').click();
             document.forms[0].submit();"
        ),
        [
            "The page leads to {own}/search?q=a+b, which is not followed: a page is opened once.",
            "The page leads to {own}/, which is not followed: a page is opened once.",
            "The page leads to {own}/search?q=a+b, which is not followed: a page is opened once.",
        ]
    );
}

#[test]
fn lists_are_live_or_not() {
    assert_eq!(
        page(
            "<ul><li id=a>1<li class='k m' name=b>2</ul>",
            "const ul = document.querySelector('ul'), items = ul.getElementsByTagName('li'), fixed = ul.querySelectorAll('li'), { children } = ul;
             console.log(items.length, fixed.length, Array.isArray(fixed), fixed instanceof NodeList, children instanceof HTMLCollection);
             console.log(typeof fixed.map, typeof items.forEach, typeof fixed.forEach, [...items].length, Array.from(fixed, e => e.id).join());
             ul.append(document.createElement('li'));
             console.log(items.length, fixed.length, children.length, children === ul.children, items[2] === ul.lastChild, items[9], items.item(9));
             console.log(items.a === items[0], items.namedItem('b') === items[1], items.nothing, 1 in items, 7 in items, Object.keys(fixed).join());
             console.log(document.getElementsByClassName('m k').length, document.getElementsByClassName('x').length, document.forms.length, document.scripts.length);
             for (const item of fixed) item.remove();
             console.log(items.length, typeof document.createTextNode('x').querySelector, ul.childNodes.length);
             fixed.forEach((item, at, all) => console.log(at, item.isConnected, all === fixed));"
        ),
        [
            "2 2 false true true",
            "undefined undefined function 2 a,",
            "3 2 3 true true undefined null",
            "true true undefined true false 0,1",
            "1 0 0 1",
            "1 undefined 1",
            "0 false true",
            "1 false true",
        ]
    );
}

#[test]
fn classes_and_attributes_are_lists() {
    assert_eq!(
        page(
            "<p id=p class='a  b a'>x</p>",
            "const { classList } = p;
             console.log([...classList].join(), classList.length, classList[1], classList.item(5), classList.value, String(classList), classList === p.classList);
             classList.add('c', 'd'); classList.remove('a', 'x');
             console.log(p.className, classList.toggle('b'), classList.toggle('e'), classList.toggle('e', true), classList.replace('c', 'z'), classList.replace('q', 'r'));
             console.log(p.className, classList.contains('z'));
             p.classList = 'n m';
             for (const bad of ['', 'a b']) try { classList.add(bad); } catch (e) { console.log(e.name); }
             classList.forEach((name, at) => console.log(at, name));
             const { attributes } = p;
             console.log(attributes.length, attributes[0].name, attributes.class.value, attributes.id === p.getAttributeNode('id'), attributes.getNamedItem('none'));
             attributes.id.value = 'q';
             attributes.removeNamedItem('class');
             console.log(q.id, [...attributes].map(({ name, value }) => `${name}=${value}`).join());"
        ),
        [
            "a,b 2 b null a  b a a  b a true",
            "b c d false true true true false",
            "z d e true",
            "SyntaxError",
            "InvalidCharacterError",
            "0 n",
            "1 m",
            "2 id n m true null",
            "q id=q",
        ]
    );
}

#[test]
fn texts_are_what_would_be_shown() {
    assert_eq!(
        page(
            "<div>a <b>b</b><br>c<script>var hidden</script><i hidden>d</i><style>e {}</style></div>",
            "const div = document.querySelector('div');
             console.log(JSON.stringify(div.innerText), JSON.stringify(div.textContent), div.querySelector('script').innerText);
             document.title = 'New';
             console.log(document.title, document.getElementsByName('x').length, document.visibilityState, document.hasFocus());"
        ),
        [
            r#""a b\nc" "a bcvar hiddende {}" var hidden"#,
            "New 0 visible true",
        ]
    );
}
