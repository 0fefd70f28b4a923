//! jQuery 3 and 4.

use crate::{console, not_shared};

const VERSIONS: [&str; 2] = ["jquery3/dist/jquery.js", "jquery/dist/jquery.js"];

/// What both print of a page that shows promises with `show`.
fn both(module: &str, expected: &[&str]) {
    let show = "const show = async (what, promise) => {
        try { console.log(what, await promise); }
        catch (failed) { console.log(what, 'failed', failed.status, failed.statusText, failed.responseText); }
      };";
    for library in VERSIONS {
        assert_eq!(console(&[library], &format!("{show}{module}")), expected, "{library}");
    }
}

#[test]
#[ignore = "needs jQuery from npm: cargo xtask test"]
fn version_3_sees_that_requests_may_be_cross_origin() {
    assert_eq!(
        console(
            &["jquery3/dist/jquery.js"],
            "console.log($.fn.jquery, $.support.cors, Boolean($.support.ajax))"
        ),
        ["3.7.1 true true"]
    );
}

#[test]
#[ignore = "needs jQuery from npm: cargo xtask test"]
fn ajax_sends_what_it_is_told() {
    both(
        "await show('put', $.ajax({
           url: '{api}/echo', method: 'PUT', crossDomain: true, headers: { 'X-Custom': '1' },
           contentType: 'application/json', data: JSON.stringify({ a: 1 }),
         }));
         // What another origin is asked says nothing of X-Requested-With, and needs no preflight for it.
         await show('get', $.getJSON('{api}/echo', { q: 'a b' }));
         await show('post', $.post('{api}/echo', { a: [1, 2] }));
         await show('own', $.getJSON('/own.json'));",
        &[
            r#"put { body: "{\"a\":1}", headers: { content-type: "application/json", x-custom: "1" }, method: "PUT", query: "" }"#,
            r#"get { body: "", headers: {}, method: "GET", query: "q=a%20b" }"#,
            r#"post { body: "a%5B%5D=1&a%5B%5D=2", headers: { content-type: "application/x-www-form-urlencoded; charset=UTF-8" }, method: "POST", query: "" }"#,
            "own { own: 1 }",
        ],
    );
}

#[test]
#[ignore = "needs jQuery from npm: cargo xtask test"]
fn credentials_go_where_xhr_fields_say_so() {
    both(
        "const ask = withCredentials => $.ajax('{api}/echo', { xhrFields: { withCredentials } });
         await $.ajax('{api}/cookie', { xhrFields: { withCredentials: true } });
         await show('with', ask(true).then(echo => echo.headers.cookie));
         await show('without', ask(false).then(echo => String(echo.headers.cookie)));",
        &["with visited=yes", "without undefined"],
    );
}

#[test]
#[ignore = "needs jQuery from npm: cargo xtask test"]
fn what_fails_says_why_as_far_as_script_may_know() {
    let refused = not_shared("XMLHttpRequest", false);
    let preflight = not_shared("XMLHttpRequest", true);
    let mut expected: Vec<&str> = refused.iter().map(String::as_str).collect();
    expected.push("closed failed 0 error undefined");
    expected.extend(preflight.iter().map(String::as_str));
    expected.extend([
        "preflight failed 0 error undefined",
        "missing failed 404 Not Found {\"message\":\"no such thing\"}",
        "timeout failed 0 timeout undefined",
        "abort failed 0 abort undefined",
        "error event: timeout",
    ]);
    both(
        "await show('closed', $.ajax('{api}/closed'));
         await show('preflight', $.ajax('{api}/closed', { headers: { 'X-Custom': '1' } }));
         await show('missing', $.getJSON('{api}/missing'));
         await show('timeout', $.ajax('{api}/never', { timeout: 30 }));
         const asked = $.ajax('{api}/never');
         setTimeout(() => asked.abort());
         await show('abort', asked);
         $(document).on('ajaxError', (event, xhr, settings, thrown) => console.log('error event:', xhr.statusText));
         await $.ajax('{api}/never', { timeout: 30, statusCode: { 404: () => console.log('never') } }).catch(() => {});",
        &expected,
    );
}

#[test]
#[ignore = "needs jQuery from npm: cargo xtask test"]
fn only_exposed_headers_are_seen() {
    both(
        "$.ajax('{api}/echo').then((data, status, xhr) =>
           console.log(status, xhr.getResponseHeader('X-Total'), xhr.getResponseHeader('X-Kept')));",
        &["success 3 null"],
    );
}

#[test]
#[ignore = "needs jQuery from npm: cargo xtask test"]
fn scripts_of_other_origins_run() {
    both(
        "await show('script', $.getScript('{api}/script.js').then(() => window.fromScript));
         await $.getScript('{api}/nowhere.js').catch(() => console.log('none'));",
        &["script ran", "none"],
    );
}

#[test]
#[ignore = "needs jQuery from npm: cargo xtask test"]
fn pages_are_changed_and_forms_read() {
    both(
        r#"$('body').append(`<form><input name=a value="1 2"><input type=checkbox name=b checked><input type=checkbox name=c>
             <select name=s><option value=x>1<option value=y selected>2</select><textarea name=t>tt</textarea></form>
             <ul><li class=k>1<li>2</ul>`);
           console.log($('form').serialize(), $('select').val(), $('[name=b]').prop('checked'), $(':checked').length);
           $('ul').on('click', 'li', event => console.log('clicked', $(event.currentTarget).text()));
           $('li').eq(1).trigger('click');
           console.log($('li:not(.k)').text(), $('li:first-child').is('.k'), $('li').last().prev().hasClass('k'), $('ul:has(li)').length);
           console.log($('li').css('display'), $('li').hide().css('display'), $('li').show().css('display'));
           $('li').addClass('z').attr('data-n', 3).wrapInner('<b>');
           console.log($('ul').html(), $('li').data('n') + 1);
           const html = '<p>1</p><script>console.log("never")<\/script>';
           console.log($.parseHTML(html, true).length, $('ul').clone().empty().length);"#,
        &[
            "a=1%202&b=on&s=y&t=tt y true 2",
            "clicked 2",
            "2 true true 1",
            "list-item none list-item",
            r#"<li class="k z" style="" data-n="3"><b>1</b></li><li style="" class="z" data-n="3"><b>2</b></li> 4"#,
            "2 1",
        ],
    );
}
