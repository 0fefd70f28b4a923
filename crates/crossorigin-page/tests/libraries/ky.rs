//! ky, by its modules.

use crate::{console, not_shared};

/// What a page prints that shows promises with `show`.
fn page(module: &str) -> Vec<String> {
    let show = "import ky, { HTTPError, TimeoutError } from '/lib/ky/distribution/index.js';
      const show = async (what, promise) => {
        try { console.log(what, await promise); }
        catch (failed) { console.log(what, failed.name, failed.message, failed.response?.status); }
      };";
    console(&[], &format!("{show}{module}"))
}

#[test]
#[ignore = "needs ky from npm: cargo xtask test"]
fn requests_are_sent_as_they_are_configured() {
    assert_eq!(
        page(
            "await show('get', ky('{api}/echo', { searchParams: { a: 1 } }).json());
             await show('post', ky.post('{api}/echo', { json: { a: 1 }, headers: { 'X-Custom': '1' } }).json());
             await ky('{api}/cookie', { credentials: 'include' });
             await show('cookie', ky('{api}/echo', { credentials: 'include' }).json().then(echo => echo.headers));
             const api = ky.create({ prefix: '{api}/', hooks: {
               beforeRequest: [({ request }) => request.headers.set('X-Token', 't')],
               afterResponse: [({ response }) => Response.json({ total: response.headers.get('x-total'), kept: response.headers.get('x-kept') })],
             } });
             await show('hooks', api.get('echo').json());
             await show('text', ky('/own.json').text());"
        ),
        [
            r#"get { body: "", headers: {}, method: "GET", query: "a=1" }"#,
            r#"post { body: "{\"a\":1}", headers: { content-type: "application/json", x-custom: "1" }, method: "POST", query: "" }"#,
            r#"cookie { cookie: "visited=yes" }"#,
            r#"hooks { total: "3", kept: null }"#,
            r#"text {"own":1}"#,
        ]
    );
}

#[test]
#[ignore = "needs ky from npm: cargo xtask test"]
fn it_tries_again_as_it_is_told() {
    assert_eq!(
        page(
            "await show('flaky', ky('{api}/flaky', {
               retry: { limit: 3, delay: () => 5 },
               hooks: { beforeRetry: [({ retryCount, error }) => console.log('again', retryCount, error instanceof HTTPError, error.response.status)] },
             }).json());
             await show('given up', ky('{api}/flaky?other', { retry: { limit: 1, delay: () => 5 } }).json());"
        ),
        [
            "again 1 true 503",
            "again 2 true 503",
            "flaky { count: 3 }",
            "given up HTTPError Request failed with status code 503 Service Unavailable: GET {api}/flaky?other 503",
        ]
    );
}

#[test]
#[ignore = "needs ky from npm: cargo xtask test"]
fn failures_are_told_apart() {
    let mut expected = vec![
        "missing HTTPError Request failed with status code 404 Not Found: GET {api}/missing 404".to_owned(),
    ];
    expected.push("time-out TimeoutError Request timed out: GET {api}/never undefined".to_owned());
    expected.push("aborted AbortError The operation was aborted. undefined".to_owned());
    expected.push("taken 404".to_owned());
    expected.extend(not_shared("fetch", false));
    expected.push(
        "closed NetworkError Request failed due to a network error: GET {api}/closed undefined".to_owned(),
    );
    assert_eq!(
        page(
            "await show('missing', ky('{api}/missing').json());
             await show('time-out', ky('{api}/never', { timeout: 30 }).json());
             const controller = new AbortController();
             setTimeout(() => controller.abort());
             await show('aborted', ky('{api}/never', { signal: controller.signal }).json());
             await show('taken', ky('{api}/missing', { throwHttpErrors: false }).then(response => response.status));
             await show('closed', ky('{api}/closed', { retry: 0 }).json());"
        ),
        expected
    );
}
