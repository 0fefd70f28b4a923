//! The pages.

use super::{ReasonPage, Snippets};

const fn page(
    code: &'static str,
    title: &'static str,
    snippets: Snippets,
    what: &'static str,
    why: &'static str,
    remedy: &'static str,
) -> ReasonPage {
    ReasonPage { code, title, what, why, remedy, snippets }
}

const RESPONSE: Snippets = Snippets::Response { credentials: false };
const WITH_CREDENTIALS: Snippets = Snippets::Response { credentials: true };
const PREFLIGHT: Snippets = Snippets::Preflight { credentials: false };
const PREFLIGHT_WITH_CREDENTIALS: Snippets = Snippets::Preflight { credentials: true };

const WHY_SHARE: &str = "A page may send requests anywhere, with the visitor's cookies and from inside the visitor's network. What comes \
    back is kept from its script, for else every site could read the visitor's mail or the router's settings. \
    Only the server that answers can lift that, response by response, by naming who may read. It must do so on \
    errors too: a 500 without the header looks to script like no answer at all.";

const WHY_ASK: &str = "Servers older than CORS count on it that no foreign page can send a PUT, or a request with a header of its own. \
    So the browser asks first, by an OPTIONS request without cookies, and sends the request only if the answer \
    permits it. A server that does not know the question does not permit anything.";

/// One page for each of [`NetworkErrorReason::CODES`](crossorigin::fetching::NetworkErrorReason::CODES), in the
/// same order.
pub const PAGES: &[ReasonPage] = &[
    page(
        "forbidden-method",
        "Pages can't send this method",
        Snippets::None,
        "The method is CONNECT, TRACE or TRACK. `fetch()` and `XMLHttpRequest` throw at once; nothing is sent.",
        "TRACE sends back what it got, cookies and all, for script to read; CONNECT opens tunnels through proxies.",
        "Use another method. For another program than a browser there is no such rule.",
    ),
    page(
        "no-cors-method",
        "The no-cors mode sends GET, HEAD and POST alone",
        Snippets::None,
        "The request has another method than GET, HEAD or POST (or one in lower case, such as `patch`), and the \
         mode is no-cors. `fetch()` throws at once; nothing is sent.",
        "Other methods need the server's permission, and the no-cors mode never asks for it.",
        "Use the cors mode, and let the server permit the method in the answer to the preflight.",
    ),
    page(
        "no-cors-stream",
        "The no-cors mode sends no streams",
        Snippets::None,
        "The body of the request is a stream, and its mode is no-cors. `fetch()` throws, and nothing was sent.",
        "Forms can't send streams, so that a server must be asked before one comes; in the no-cors mode nobody asks.",
        "Use the cors mode, or send a body of known length: a string, a Blob, a FormData.",
    ),
    page(
        "url-credentials",
        "The URL has a user name or password",
        Snippets::None,
        "The URL is of the form `https://user:password@host/`. `fetch()` throws for it in every browser. Chromium \
         does not follow a redirect to one either, nor load images, scripts and styles from it; only \
         `XMLHttpRequest` takes it.",
        "A page could else try names and passwords at foreign servers, and see by what is displayed which fit.",
        "Leave name and password out of the URL, and send them in an Authorization header that the server allows.",
    ),
    page(
        "too-many-headers",
        "The request has more headers than any server takes",
        Snippets::None,
        "The request has over 16,384 lines of headers. It was not sent.",
        "Browsers have no such limit of their own; servers do, and answer 431 long before this one is reached.",
        "Send fewer. What is this long belongs in the body.",
    ),
    page(
        "bad-port",
        "The port belongs to another protocol",
        Snippets::None,
        "The URL has a port on which another protocol lives, such as 25 of mail or 6667 of chat. The request was not sent.",
        "A page could else make the browser speak to such servers, which may take parts of an HTTP request for commands.",
        "Serve on another port: 80, 443, 8080, 8443, or any that the Fetch standard does not list as bad.",
    ),
    page(
        "mixed-content",
        "A secure page asks for an insecure URL",
        Snippets::None,
        "The page came by https, and what it asks for, or a redirect on the way, is of http. The request was not \
         sent. Images, audio and video are asked for by https instead; addresses of the machine itself \
         (localhost, 127.0.0.1) count as secure.",
        "Who sits on the way can read and alter what goes by http, and with it the page that looks secure.",
        "Serve it by https, and let redirects lead to https. During development, open the page by http, or serve \
         both on localhost.",
    ),
    page(
        "same-origin-mode",
        "The mode is same-origin, and the URL is not",
        Snippets::None,
        "The request says that it is only for the page's own origin (`mode: \"same-origin\"`, or a text track without \
         the crossorigin attribute), and its URL, or a redirect, leads to another.",
        "The mode is there to make sure that nothing leaves for another origin: where it would, the request fails \
         without being sent.",
        "Use the cors mode (`fetch()` does by default), or set `crossorigin` on the element: on the media element, \
         for a text track. Scheme, host and port must all be the page's for the mode to fit.",
    ),
    page(
        "no-cors-redirect-mode",
        "The no-cors mode follows redirects",
        Snippets::None,
        "A request of mode no-cors to another origin asks for `redirect: \"error\"` or `\"manual\"`. It was not sent.",
        "Whether a foreign server redirects would tell script what it must not learn without CORS.",
        "Leave the redirect mode at follow, or use the cors mode.",
    ),
    page(
        "url-scheme",
        "The URL's scheme is not fetched across origins",
        Snippets::None,
        "The URL is not of http or https: a `file:` page asks for another file, or a link is to `ftp:`, or to an \
         application's own scheme.",
        "CORS is made of HTTP headers. Where there is no HTTP nobody can permit anything. A file from disk has an \
         origin of its own that nothing else shares.",
        "Serve the files over HTTP, on localhost for development (`crossorigin serve` does), and open the page from there.",
    ),
    page(
        "blob-url",
        "A blob: URL leads into a page's own memory",
        Snippets::None,
        "The URL is of the form `blob:https://host/id`, which names something that script has made. It is gone, \
         or another page's, or the program that asks is no page.",
        "Such URLs are known to the page that made them and to its origin alone, and live as long as that page.",
        "Ask for the URL that the blob was made from, or read the blob in the page that has it.",
    ),
    page(
        "keepalive-body",
        "The body is too long to outlive the page",
        Snippets::None,
        "The request is a beacon, or has `keepalive: true`, and its body is over 64 KiB. Script sees a failure; \
         `sendBeacon()` says `false`.",
        "What goes on after its page is closed must be short, for nobody can see or stop it.",
        "Send less, or in parts that are under 64 KiB together while they are under way; or send it without \
         keepalive while the page is open.",
    ),
    page(
        "preflight-allow-origin-missing",
        "The answer to the preflight has no Access-Control-Allow-Origin",
        PREFLIGHT,
        "Before the request the browser asked for permission by an OPTIONS request, and the answer names nobody who \
         may read. The request itself was never sent. Mostly the server does not know OPTIONS on this path, or \
         something before it answers: authentication, a proxy, a firewall. Or it does, and so refuses the origin, the \
         method or a header.",
        WHY_ASK,
        "Answer OPTIONS with Origin and Access-Control-Request-Method before authentication, redirects and routes: \
         with 204, and with the same Access-Control-Allow-Origin as the response itself. Where the server does so for \
         other requests, add this one's method and headers to those that it permits.",
    ),
    page(
        "preflight-allow-origin-wildcard",
        "The answer to the preflight says *, and the request is with credentials",
        PREFLIGHT_WITH_CREDENTIALS,
        "The request would carry cookies, a client certificate or HTTP authentication, and the answer to the preflight \
         has `Access-Control-Allow-Origin: *`. The request itself was never sent.",
        "The wildcard means: everyone may read this, it is the same for all. What is made for one visitor by cookies \
         is not. So with credentials the origin must be named.",
        "Name the page's origin, and add Access-Control-Allow-Credentials: true and Vary: Origin. Or send the request \
         without credentials, where it needs none. Never send back any origin that asks: that shares with all sites.",
    ),
    page(
        "preflight-allow-origin-mismatch",
        "The answer to the preflight names another origin",
        PREFLIGHT,
        "The Access-Control-Allow-Origin of the answer to the preflight is not the page's origin to the byte: another \
         scheme, host or port, a slash at the end, capital letters, a list, a pattern, or the header twice. The \
         request itself was never sent.",
        "The value is compared byte for byte, so that nothing can be read into it. It holds one origin, or `*`, or null.",
        "Keep a list of origins on the server, compare the request's Origin with it, and send back the one that \
         matched, once, with Vary: Origin. If the header stands twice, the application and a proxy both set it: let one.",
    ),
    page(
        "preflight-allow-credentials",
        "The answer to the preflight does not permit credentials",
        PREFLIGHT_WITH_CREDENTIALS,
        "The request would carry credentials, and the answer to the preflight has no \
         `Access-Control-Allow-Credentials: true`. The request itself was never sent.",
        "Whoever shares what is public may not mean to share what is made for one visitor: that takes a word of its own.",
        "Send Access-Control-Allow-Credentials: true, in lower case and once, on the answer to the preflight and on \
         the response. Or send the request without credentials.",
    ),
    page(
        "preflight-redirect",
        "The preflight is redirected",
        PREFLIGHT,
        "The server answers the preflight with a redirect: to https, to a path with or without a slash at its end, to \
         another host, or to a page for logging in. The request itself was never sent.",
        "The question is whether this URL takes the request. A redirect is no answer to it, and preflights are not followed.",
        "Ask the URL at once that the redirect leads to, with https and the right slash. On the server answer \
         preflights before redirects and before logging in.",
    ),
    page(
        "preflight-status",
        "The answer to the preflight has a status that permits nothing",
        PREFLIGHT,
        "The answer to the preflight has a status other than 200 to 299: 401 where it meets authentication, which it \
         can't pass since it never carries credentials; 404 or 405 where no route takes OPTIONS; 403 of a firewall; \
         502 of a proxy. The request itself was never sent.",
        WHY_ASK,
        "Answer preflights with 204 before authentication and routes. Only OPTIONS with Origin and \
         Access-Control-Request-Method is a preflight.",
    ),
    page(
        "preflight-allow-methods-syntax",
        "Access-Control-Allow-Methods can't be read",
        PREFLIGHT,
        "An item of Access-Control-Allow-Methods in the answer to the preflight is no method, so that the whole list \
         does not count: mostly spaces or semicolons stand where commas should, or there are quotation marks.",
        "A list that is half understood could permit what nobody meant.",
        "Part the methods by commas: `PUT, DELETE`.",
    ),
    page(
        "preflight-allow-headers-syntax",
        "Access-Control-Allow-Headers can't be read",
        PREFLIGHT,
        "An item of Access-Control-Allow-Headers in the answer to the preflight is no header name, so that the whole \
         list does not count: mostly spaces or semicolons stand where commas should, or there are quotation marks or colons.",
        "A list that is half understood could permit what nobody meant.",
        "Part the names by commas: `content-type, x-csrf-token`.",
    ),
    page(
        "preflight-method",
        "The method is not permitted",
        PREFLIGHT,
        "The answer to the preflight does not list the method in Access-Control-Allow-Methods. The request itself was \
         never sent. With credentials `*` is no wildcard there.",
        WHY_ASK,
        "List the method, in the same case: methods other than GET, HEAD, POST, PUT, DELETE and OPTIONS keep the case \
         that script gives them, so that `patch` is not `PATCH`; write it in capitals in script.",
    ),
    page(
        "preflight-header",
        "A request header is not permitted",
        PREFLIGHT,
        "Script sets a header that is not safelisted, and the answer to the preflight does not list it in \
         Access-Control-Allow-Headers. The request itself was never sent. `Content-Type` needs listing too where its \
         value is not of a form, as with `application/json`. `*` is no wildcard with credentials, and does not cover \
         Authorization by the standard, though today's browsers let it through.",
        WHY_ASK,
        "List the header by its name. Where script does not need to set it, leave it out: `Content-Type` on a GET, \
         `Access-Control-Allow-Origin` on a request, or `X-Requested-With` are set by habit.",
    ),
    page(
        "transport",
        "The server could not be reached",
        Snippets::None,
        "There was no response in HTTP: the host name has no address, nobody listens, the connection broke, the \
         certificate is not trusted, or it took too long. Firefox calls that a CORS request that did not succeed.",
        "Script is told nothing of the network: else any page could map the visitor's.",
        "See that the server runs and can be reached by the URL: host, port, scheme, certificate. Then look at CORS again.",
    ),
    page(
        "unexpected-response",
        "A response came that was not asked for",
        Snippets::None,
        "Whoever drives the algorithm handed it a response while it waited for none.",
        "It is a fault of the program that drives the algorithm; no browser and no server comes to it.",
        "Give each request that the machine hands out one response, in order.",
    ),
    page(
        "proxy-authentication",
        "The server asks to log in to a proxy",
        Snippets::None,
        "The response has status 407, which is a proxy's to send, and nobody can be asked for a name and password.",
        "A server could else pass for the proxy, and be told the password of it.",
        "Answer 401 or 403 where the server itself wants a login. If a proxy stands before it, give its name and \
         password where the proxy is set.",
    ),
    page(
        "authentication-body",
        "The server asks for a password, and the body is gone",
        Snippets::None,
        "The response has status 401, credentials go along, and the body of the request was a stream, which is gone \
         once it is sent. A browser would ask for a password and send all of it again, which it can't.",
        "The bytes are not kept, for a stream may be endless.",
        "Log in before, answer 403 where no password is to be asked for, or send a body that is not a stream.",
    ),
    page(
        "allow-origin-missing",
        "There is no Access-Control-Allow-Origin",
        RESPONSE,
        "The response came, and says of nobody that they may read it. The request did reach the server, and whatever \
         it changes there is changed.",
        WHY_SHARE,
        "Let the server name the page's origin, or `*` where everyone may read and there are no credentials. Let it do \
         so on errors, too. A mode of no-cors does not help: script then sees nothing of the response.",
    ),
    page(
        "allow-origin-wildcard",
        "Access-Control-Allow-Origin is *, and the request is with credentials",
        WITH_CREDENTIALS,
        "The request carried cookies, a client certificate or HTTP authentication, and the response has \
         `Access-Control-Allow-Origin: *`.",
        "The wildcard means: everyone may read this, it is the same for all. What is made for one visitor by cookies \
         is not. So with credentials the origin must be named.",
        "Name the page's origin, and add Access-Control-Allow-Credentials: true and Vary: Origin. Or send the request \
         without credentials, where it needs none. Never send back any origin that asks: that shares with all sites.",
    ),
    page(
        "allow-origin-mismatch",
        "Access-Control-Allow-Origin names another origin",
        RESPONSE,
        "The value is not the page's origin to the byte: another scheme, host or port, a slash at the end, capital \
         letters, a list, a pattern, or the header twice. It is also what a cache without `Vary: Origin` hands out: \
         the copy that was made for another page. After a redirect from one foreign origin to another the page's \
         origin is sent as null, and is to be matched by null.",
        "The value is compared byte for byte, so that nothing can be read into it. It holds one origin, or `*`, or null.",
        "Keep a list of origins on the server, compare the request's Origin with it, and send back the one that \
         matched, once, with Vary: Origin. If the header stands twice, the application and a proxy both set it: let one.",
    ),
    page(
        "allow-credentials",
        "Access-Control-Allow-Credentials is not true",
        WITH_CREDENTIALS,
        "The request carried credentials, and the response does not say `Access-Control-Allow-Credentials: true`, in \
         lower case and once.",
        "Whoever shares what is public may not mean to share what is made for one visitor: that takes a word of its own.",
        "Send Access-Control-Allow-Credentials: true, in lower case and once. Or send the request without credentials.",
    ),
    page(
        "resource-policy",
        "Cross-Origin-Resource-Policy keeps the response from the page",
        Snippets::ResourcePolicy,
        "An image, a script or another thing that is embedded without CORS says by Cross-Origin-Resource-Policy that \
         only its own origin, or its own site, may embed it.",
        "What is embedded lies in the page's process, where a fault of the processor can make it readable. The header \
         lets a server keep out of foreign pages altogether.",
        "Where other sites may embed it, send `Cross-Origin-Resource-Policy: cross-origin`; `same-site` where only its \
         own site may. By CORS the header does not count.",
    ),
    page(
        "embedder-policy",
        "The page embeds only what says that it may be embedded",
        Snippets::ResourcePolicy,
        "The page has `Cross-Origin-Embedder-Policy: require-corp`, or credentialless for a request with credentials, \
         and the response does not say `Cross-Origin-Resource-Policy: cross-origin`.",
        "Pages with such a policy get precise timers and shared memory, with which what they embed could be read. So \
         all of it must agree to be there.",
        "Send `Cross-Origin-Resource-Policy: cross-origin` with what is embedded, or load it by CORS with the crossorigin attribute.",
    ),
    page(
        "redirect-in-error-mode",
        "A redirect came, and the request asks for none",
        Snippets::None,
        "The request has `redirect: \"error\"`, and the response redirects.",
        "It was asked for.",
        "Ask the URL at once that the redirect leads to, or leave the redirect mode at follow.",
    ),
    page(
        "redirect-location",
        "The redirect's Location is no URL",
        Snippets::None,
        "The Location of a redirect can't be parsed, or stands twice with different values.",
        "There is nowhere to go.",
        "Send one Location, with a URL, or a path that begins with a slash.",
    ),
    page(
        "redirect-scheme",
        "The redirect leads elsewhere than to HTTP",
        Snippets::None,
        "The redirect leads to a scheme other than http and https, such as `data:`, `blob:` or an application's own.",
        "A server must not be able to lead a request to what it could not have asked for by itself.",
        "Redirect to http or https.",
    ),
    page(
        "too-many-redirects",
        "There are more than 20 redirects",
        Snippets::None,
        "The request was redirected 20 times, and would be once more. Mostly two rules redirect to each other: one \
         that adds a slash and one that takes it away, or one that sets a cookie that is never sent back since the \
         request is without credentials.",
        "A request must end.",
        "Ask the URL by hand (`crossorigin check` shows every hop), and take one of the rules out.",
    ),
    page(
        "redirect-credentials",
        "The redirect leads to a URL with a user name or password",
        Snippets::None,
        "The Location of a redirect is of the form `https://user:password@host/`, and the request crosses origins by CORS.",
        "A foreign server could else make the browser try names and passwords at another, and script learn whether they fit.",
        "Leave them out of Location.",
    ),
    page(
        "redirect-body",
        "The redirect wants a body again that is gone",
        Snippets::None,
        "The body of the request was a stream, which is gone once it is sent, and the response redirects with a \
         status that wants it again: any but 303.",
        "The bytes are not kept, for a stream may be endless.",
        "Redirect with 303, ask the last URL at once, or send a body that is not a stream.",
    ),
    page(
        "script-mime-type",
        "The response says that it is no script",
        Snippets::None,
        "A script was asked for, and the response's Content-Type is of an image, audio or video, or text/csv. \
         Script elements get an error event.",
        "What people upload as a picture or a table must not run as a script because some page names it in one.",
        "Send Content-Type: text/javascript for scripts. If the URL is not a script's, mend the URL.",
    ),
    page(
        "nosniff",
        "The type does not fit, and may not be guessed",
        Snippets::None,
        "The response has X-Content-Type-Options: nosniff, and its Content-Type is not a script's for a script, or \
         not text/css for a stylesheet. An error page in HTML under the script's URL is the commonest cause.",
        "The header says that the type is to be taken at its word, so that what is no script does not run as one.",
        "Send Content-Type: text/javascript or text/css. If the response is an error page, mend the URL or the server.",
    ),
    page(
        "unasked-range",
        "A range came that was not asked for",
        Snippets::None,
        "A response without CORS is a part of something (206), or says that the part asked for is not there (416), \
         and this request asked for no part.",
        "Parts of different things could else be put together to a script or an image, and so be read by their effects.",
        "Answer requests without Range with 200 and all of it. A service worker must not answer one request with the \
         part that another asked for.",
    ),
    page(
        "integrity",
        "A response has not the hash that is demanded, or script may not know",
        Snippets::None,
        "The element has an integrity attribute (or `fetch()` has `integrity`), and what came has another hash; or the \
         response is opaque, since it was not asked for by CORS, or has no body at all.",
        "Whether a hash fits tells what is in a response; a page could else guess its content.",
        "Where the hash differs, find out who changed the file, and write the new one's hash if that was you. Where the \
         response is opaque, set `crossorigin=\"anonymous\"` on the element, and let the server send Access-Control-Allow-Origin.",
    ),
];
