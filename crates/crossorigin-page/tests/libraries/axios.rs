//! axios, by its build for browsers, on `XMLHttpRequest` and on fetch.

use crate::{console, not_shared};

/// What a page prints that shows promises with `show`.
fn page(module: &str) -> Vec<String> {
    let show = "const show = async (what, promise) => {
        try { const { status, data } = await promise; console.log(what, status, data); }
        catch (failed) { console.log(what, failed.name, failed.code, axios.isCancel(failed) || failed.message, failed.response?.data); }
      };";
    console(&["axios/dist/axios.js"], &format!("{show}{module}"))
}

#[test]
#[ignore = "needs axios from npm: cargo xtask test"]
fn requests_are_sent_as_they_are_configured() {
    assert_eq!(
        page(
            "await show('get', axios.get('{api}/echo', { params: { a: 1, list: [1, 2] } }));
             await show('post', axios.post('{api}/echo', { a: 1 }, { headers: { 'X-Custom': 'y' } }));
             await show('delete', axios.delete('{api}/echo'));
             await show('own', axios.get('/own.json'));"
        ),
        [
            r#"get 200 { body: "", headers: {}, method: "GET", query: "a=1&list%5B%5D=1&list%5B%5D=2" }"#,
            r#"post 200 { body: "{\"a\":1}", headers: { content-type: "application/json", x-custom: "y" }, method: "POST", query: "" }"#,
            r#"delete 200 { body: "", headers: {}, method: "DELETE", query: "" }"#,
            "own 200 { own: 1 }",
        ]
    );
}

#[test]
#[ignore = "needs axios from npm: cargo xtask test"]
fn credentials_go_where_they_are_asked_for() {
    assert_eq!(
        page(
            "const ask = async options => console.log(JSON.stringify(options), (await axios.get('{api}/echo', options)).data.headers.cookie);
             await axios.get('{api}/cookie', { withCredentials: true });
             await ask({ withCredentials: true });
             await ask({ withCredentials: false });
             await ask({ withCredentials: true, adapter: 'fetch' });
             await ask({ adapter: 'fetch' });"
        ),
        [
            r#"{"withCredentials":true} visited=yes"#,
            r#"{"withCredentials":false} undefined"#,
            r#"{"withCredentials":true,"adapter":"fetch"} visited=yes"#,
            r#"{"adapter":"fetch"} undefined"#,
        ]
    );
}

#[test]
#[ignore = "needs axios from npm: cargo xtask test"]
fn interceptors_see_requests_and_responses() {
    assert_eq!(
        page(
            "const api = axios.create({ baseURL: '{api}/', headers: { common: { 'X-Client': 'page' } } });
             api.interceptors.request.use(config => { config.headers.set('X-Token', 't'); return config; });
             api.interceptors.response.use(
               response => ({ ...response, data: { sent: response.data.headers, total: response.headers['x-total'], kept: response.headers['x-kept'] } }),
               failed => Promise.resolve({ status: failed.response.status, data: `mended: ${failed.response.data.field}` }),
             );
             await show('good', api.get('echo'));
             await show('bad', api.get('invalid'));"
        ),
        [
            r#"good 200 { sent: { x-client: "page", x-token: "t" }, total: "3", kept: undefined }"#,
            "bad 422 mended: name",
        ]
    );
}

#[test]
#[ignore = "needs axios from npm: cargo xtask test"]
fn failures_have_their_codes() {
    for (adapter, what, timed_out) in
        [("xhr", "XMLHttpRequest", "ECONNABORTED"), ("fetch", "fetch", "ETIMEDOUT")]
    {
        let mut lines = page(
            &"const options = { adapter: '{adapter}' };
             await show('missing', axios.get('{api}/missing', options));
             await show('time-out', axios.get('{api}/never', { ...options, timeout: 30 }));
             const controller = new AbortController();
             setTimeout(() => controller.abort());
             await show('aborted', axios.get('{api}/never', { ...options, signal: controller.signal }));
             await show('taken', axios.get('{api}/missing', { ...options, validateStatus: status => status < 500 }));
             await show('closed', axios.get('{api}/closed', options));"
                .replace("{adapter}", adapter),
        );
        assert_eq!(
            lines.pop().unwrap(),
            "closed AxiosError ERR_NETWORK Network Error undefined",
            "{adapter}: {lines:#?}"
        );
        // By fetch, axios sets User-Agent, which asks for a preflight.
        assert_eq!(lines.split_off(4), not_shared(what, adapter == "fetch"), "{adapter}");
        assert_eq!(
            lines,
            [
                r#"missing AxiosError ERR_BAD_REQUEST Request failed with status code 404 { message: "no such thing" }"#,
                &format!("time-out AxiosError {timed_out} timeout of 30ms exceeded undefined"),
                "aborted CanceledError ERR_CANCELED true undefined",
                r#"taken 404 { message: "no such thing" }"#,
            ],
            "{adapter}"
        );
    }
}

#[test]
#[ignore = "needs axios from npm: cargo xtask test"]
fn forms_and_bytes_pass() {
    assert_eq!(
        page(
            "const { data } = await axios.postForm('{api}/echo', { a: 1, file: new Blob(['content'], { type: 'text/x' }) });
             const boundary = data.headers['content-type'].split('boundary=')[1];
             console.log(data.body.split(boundary).length, data.body.includes('name=\"a\"\\r\\n\\r\\n1\\r\\n'), data.body.includes('Content-Type: text/x\\r\\n\\r\\ncontent\\r\\n'));
             const own = responseType => axios.get('/own.json', { responseType, onDownloadProgress: e => console.log(e.loaded, e.total) });
             console.log((await own('arraybuffer')).data.byteLength);
             console.log((await own('blob')).data.type);"
        ),
        // Twice, as in Chromium: for the event, and for what axios held back at the end.
        ["4 true true", "9 9", "9 9", "9", "9 9", "9 9", "application/json"]
    );
}
