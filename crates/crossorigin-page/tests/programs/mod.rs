//! Programs of the kinds that people wrote first: pages with their scripts inline, and two hosts on the loopback
//! interface that serve them.
//!
//! Of the other host, what is under `/agrees` is shared with all, and what is under `/refuses` with nobody.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// A page, and a way in which it is used.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    page: &'static str,
    /// What stands in the page for `{…}`.
    with: &'static [(&'static str, &'static str)],
    /// What its user does, one after the other, once the page is at rest: a script each.
    pub(crate) does: &'static [&'static str],
    /// What holds once all of it is over.
    pub(crate) until: &'static str,
    /// What came of it: an expression, or a promise, in which `view` is the page's window.
    pub(crate) outcome: &'static str,
}

const LOG: &str = "[...view.document.querySelectorAll('#log li')].map(item => item.textContent)";
const STATUS: &str = "[view.document.getElementById('status').textContent.trim(), view.document.getElementById('notes').children.length]";
const ALERTS: &str = "[view.alerts, view.document.getElementById('answer').textContent.trim()]";
/// What alerts say is kept, for nobody is there to close them.
const KEEP_ALERTS: &str = "view.alerts = []; view.alert = text => view.alerts.push(text);";
const CUT: &str = "view.document.getElementById('cut').click()";
const DOWNLOAD: &str = "view.document.getElementById('download').click()";
const ASK: &str = "view.document.getElementById('ask').click()";
const DELETE: &str = "view.document.getElementById('delete').click()";
const SEND: &str = "view.document.getElementById('send').click()";

/// The log, and some of the pixels that an image shows: at a corner, at a side, and inside.
macro_rules! pixels {
    ($image:literal, $points:literal) => {
        concat!(
            "(async () => {
               const log = [...view.document.querySelectorAll('#log li')].map(item => item.textContent);
               const image = view.document.getElementById('",
            $image,
            "');
               if (!image.naturalWidth) return [log, null];
               await image.decode();
               const canvas = Object.assign(view.document.createElement('canvas'), { width: image.naturalWidth, height: image.naturalHeight });
               const context = canvas.getContext('2d', { willReadFrequently: true });
               context.drawImage(image, 0, 0);
               try {
                 return [log, ",
            $points,
            ".map(([x, y]) => [...context.getImageData(x, y, 1, 1).data].join(' ')), view.localStorage.length];
               } catch (error) { return [log, error.name]; }
             })()"
        )
    };
}

const PHOTO: &str = pixels!("photo", "[[0, 0], [2, 2], [47, 47], [24, 2], [24, 24], [10, 30]]");
const DRAWING: &str = pixels!("shown", "[[0, 0], [20, 15], [9, 5], [10, 5]]");

macro_rules! logged {
    ($count:literal) => {
        concat!("view.document.querySelectorAll('#log li').length >= ", $count)
    };
}

/// What a page has at its end that is asked from outside, as frames of other origins are.
const ASKED: &str = "<script>
addEventListener('message', function (event) {
  document.getElementById('cut').click();
  var wait = setInterval(function () {
    var log = [].map.call(document.querySelectorAll('#log li'), function (item) { return item.textContent; });
    if (log.length < 2) return;
    clearInterval(wait);
    event.source.postMessage(log, event.origin);
  }, 5);
});
</script></body>";

const fn framed(name: &'static str, with: &'static [(&'static str, &'static str)]) -> Program {
    Program { name, page: include_str!("circle.html"), with, does: &[], until: "true", outcome: "null" }
}

/// The photo in a frame, which another page asks to be cut.
pub(crate) const FRAMED: [Program; 3] = [
    framed(
        "a photo is cut to a circle in a frame",
        &[("{crossorigin}", "crossorigin"), ("{other}", "{other}/agrees"), ("</body>", ASKED)],
    ),
    framed(
        "a photo without crossorigin taints in a frame",
        &[("{crossorigin}", ""), ("{other}", "{other}/agrees"), ("</body>", ASKED)],
    ),
    framed(
        "a photo with crossorigin is not had in a frame",
        &[("{crossorigin}", "crossorigin"), ("{other}", "{other}/refuses"), ("</body>", ASKED)],
    ),
];

pub(crate) const PROGRAMS: &[Program] = &[
    Program {
        name: "a photo is cut to a circle",
        page: include_str!("circle.html"),
        with: &[("{crossorigin}", "crossorigin"), ("{other}", "{other}/agrees")],
        does: &[CUT],
        until: logged!(2),
        outcome: PHOTO,
    },
    Program {
        name: "a photo without crossorigin taints",
        page: include_str!("circle.html"),
        with: &[("{crossorigin}", ""), ("{other}", "{other}/agrees")],
        does: &[CUT],
        until: logged!(2),
        outcome: PHOTO,
    },
    Program {
        name: "a photo whose host refuses taints",
        page: include_str!("circle.html"),
        with: &[("{crossorigin}", ""), ("{other}", "{other}/refuses")],
        does: &[CUT],
        until: logged!(2),
        outcome: PHOTO,
    },
    Program {
        name: "a photo with crossorigin is not had from a host that refuses",
        page: include_str!("circle.html"),
        with: &[("{crossorigin}", "crossorigin=anonymous"), ("{other}", "{other}/refuses")],
        does: &[CUT],
        until: logged!(2),
        outcome: PHOTO,
    },
    Program {
        name: "a drawing is downloaded, drawn and saved",
        page: include_str!("drawing.html"),
        with: &[("{other}", "{other}/agrees")],
        does: &[DOWNLOAD],
        until: "view.document.getElementById('shown').naturalWidth > 0",
        outcome: DRAWING,
    },
    Program {
        name: "a drawing is not had from a host that refuses",
        page: include_str!("drawing.html"),
        with: &[("{other}", "{other}/refuses")],
        does: &[DOWNLOAD],
        until: logged!(1),
        outcome: DRAWING,
    },
    Program {
        name: "a drawing is fetched as a blob, drawn and saved",
        page: include_str!("drawing_fetch.html"),
        with: &[("{other}", "{other}/agrees")],
        does: &[DOWNLOAD],
        until: "view.document.getElementById('shown').naturalWidth > 0",
        outcome: DRAWING,
    },
    Program {
        name: "a drawing is not fetched from a host that refuses",
        page: include_str!("drawing_fetch.html"),
        with: &[("{other}", "{other}/refuses")],
        does: &[DOWNLOAD],
        until: logged!(1),
        outcome: DRAWING,
    },
    Program {
        name: "a request of the old kind",
        page: include_str!("old_request.html"),
        with: &[("{other}", "{other}/agrees")],
        does: &[KEEP_ALERTS, ASK],
        until: "view.alerts.length > 0",
        outcome: ALERTS,
    },
    Program {
        name: "a request of the old kind to a host that refuses",
        page: include_str!("old_request.html"),
        with: &[("{other}", "{other}/refuses")],
        does: &[KEEP_ALERTS, ASK],
        until: "view.alerts.length > 0",
        outcome: ALERTS,
    },
    Program {
        name: "a request of the old kind where withCredentials is missing",
        page: include_str!("old_request.html"),
        with: &[("{other}", "{other}/agrees")],
        does: &[KEEP_ALERTS, "delete view.XMLHttpRequest.prototype.withCredentials", ASK],
        until: "view.alerts.length > 0",
        outcome: ALERTS,
    },
    Program {
        name: "a note is deleted",
        page: include_str!("delete.html"),
        with: &[("{other}", "{other}/agrees"), ("{note}", "notes/7")],
        does: &[DELETE],
        until: "view.document.getElementById('status').textContent",
        outcome: STATUS,
    },
    Program {
        name: "a note that is not there is not deleted",
        page: include_str!("delete.html"),
        with: &[("{other}", "{other}/agrees"), ("{note}", "none")],
        does: &[DELETE],
        until: "view.document.getElementById('status').textContent",
        outcome: STATUS,
    },
    Program {
        name: "a note is not deleted where the host refuses",
        page: include_str!("delete.html"),
        with: &[("{other}", "{other}/refuses"), ("{note}", "notes/7")],
        does: &[DELETE],
        until: "view.document.getElementById('status').textContent",
        outcome: STATUS,
    },
    Program {
        name: "deleting is given up",
        page: include_str!("delete.html"),
        with: &[("{other}", "{other}/agrees"), ("{note}", "never")],
        does: &[
            "view.document.getElementById('delete').click(); view.document.getElementById('cancel').click()",
        ],
        until: "view.document.getElementById('status').textContent",
        outcome: STATUS,
    },
    Program {
        name: "all events of a request",
        page: include_str!("events.html"),
        with: &[("{other}", "{other}/agrees"), ("{where}", "upload"), ("{timeout}", "0")],
        does: &[SEND],
        until: "view.document.getElementById('log').textContent.includes('download loadend')",
        outcome: LOG,
    },
    Program {
        name: "all events of a request that is refused",
        page: include_str!("events.html"),
        with: &[("{other}", "{other}/refuses"), ("{where}", "upload"), ("{timeout}", "0")],
        does: &[SEND],
        until: "view.document.getElementById('log').textContent.includes('download loadend')",
        outcome: LOG,
    },
    Program {
        name: "all events of a request that takes too long",
        page: include_str!("events.html"),
        with: &[("{other}", "{other}/agrees"), ("{where}", "never"), ("{timeout}", "200")],
        does: &[SEND],
        until: "view.document.getElementById('log').textContent.includes('download loadend')",
        outcome: LOG,
    },
    Program {
        name: "all events of a request that is stopped",
        page: include_str!("events.html"),
        with: &[("{other}", "{other}/agrees"), ("{where}", "never"), ("{timeout}", "0")],
        does: &["view.document.getElementById('send').click(); view.document.getElementById('stop').click()"],
        until: "view.document.getElementById('log').textContent.includes('stopped')",
        outcome: LOG,
    },
];

impl Program {
    pub(crate) fn named(name: &str) -> &'static Self {
        PROGRAMS.iter().find(|program| program.name == name).unwrap()
    }

    /// A script with `view` as this window's.
    pub(crate) fn script(window: &str, script: &str) -> String {
        format!("(view => {{ {script} }})({window})")
    }

    /// An expression with `view` as this window's.
    pub(crate) fn value(window: &str, expression: &str) -> String {
        format!("(view => ({expression}))({window})")
    }

    /// Serves the page and what it wants until the test is over.
    pub(crate) fn serve(&self) -> Hosts {
        let other = serve(String::new());
        let mut page = self.page.to_owned();
        for (from, to) in self.with.iter().chain(&[("{other}", other.as_str())]) {
            page = page.replace(from, to);
        }
        Hosts { site: serve(page), other }
    }
}

/// The origins of the page and of the other host.
pub(crate) struct Hosts {
    pub(crate) site: String,
    pub(crate) other: String,
}

impl Hosts {
    /// A text in which these hosts have names.
    pub(crate) fn named(&self, text: &str) -> String {
        text.replace(&self.site, "{site}").replace(&self.other, "{other}")
    }
}

/// Serves this page, and beside it what programs want, until the test is over.
fn serve(page: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let page = Arc::new(page);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let page = Arc::clone(&page);
            std::thread::spawn(move || drop(answer(&stream, &page)));
        }
    });
    origin
}

fn answer(mut stream: &TcpStream, page: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first)?;
    while reader.read_line(&mut line)? > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_preflight = method == "OPTIONS";
    let grants = match path.starts_with("/agrees/") {
        true if is_preflight => {
            "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: DELETE, PUT\r\n\
             Access-Control-Allow-Headers: Content-Type, X-Requested-With\r\n"
        }
        true => "Access-Control-Allow-Origin: *\r\n",
        false => "",
    };
    let file = path.trim_start_matches("/agrees").trim_start_matches("/refuses");
    let received = format!("{} bytes received", body.len());
    let (status, kind, content) = match (method, file) {
        ("OPTIONS", _) | ("DELETE", "/notes/7") | (_, "/favicon.ico") => {
            ("204 No Content", "text/plain", &b""[..])
        }
        // It says nothing until the other side goes away.
        (_, "/never") => return std::io::copy(&mut stream, &mut std::io::sink()).map(drop),
        ("POST", "/upload") => ("200 OK", "text/plain", received.as_bytes()),
        ("GET", "/") => ("200 OK", "text/html; charset=utf-8", page.as_bytes()),
        ("GET", "/photo.png") => ("200 OK", "image/png", &include_bytes!("photo.png")[..]),
        ("GET", "/drawing.svg") => ("200 OK", "image/svg+xml", &include_bytes!("drawing.svg")[..]),
        ("GET", "/today.html") => ("200 OK", "text/html", &include_bytes!("today.html")[..]),
        _ => ("404 Not Found", "text/plain", &b"nothing"[..]),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{grants}Content-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        content.len()
    )?;
    stream.write_all(content)
}
