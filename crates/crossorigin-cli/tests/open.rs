//! `crossorigin open`, as people run it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Output};

/// Serves this page, whatever is asked for.
fn serve(page: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", page.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(page.as_bytes()));
        }
    });
    address
}

fn open(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crossorigin")).arg("open").args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_console_is_printed_and_the_exit_status_tells() {
    let other = serve("closed");
    for (page, arguments, expected, status) in [
        ("<script>console.log('hi', [1], { a: 'b' })</script>", &[][..], "hi [1] { a: \"b\" }\n", 0),
        (
            "<script>console.log('hi')</script>",
            &["--format", "json"],
            "{\"kind\":\"console\",\"level\":\"log\",\"text\":\"hi\"}\n",
            0,
        ),
        ("<title>T</title>", &["--eval", "document.title"], "\"T\"\n", 0),
        ("<script>console.warn('careful')</script>", &[], "warning: careful\n", 0),
        ("<script>null.x</script>", &[], "error: Uncaught TypeError: cannot read property 'x' of null\n", 1),
        ("<script>window.close(); setInterval(() => {}, 1)</script>", &[], "", 0),
        ("<script>setInterval(() => {}, 1)</script>", &["--timeout", "0.3"], "", 4),
    ] {
        let url = format!("http://{}/", serve(page));
        let output = open(&[&[url.as_str()], arguments].concat());
        assert!(stdout(&output).starts_with(expected), "{page}: {}", stdout(&output));
        assert_eq!(output.status.code(), Some(status), "{page}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let page: &'static str =
        format!("<script>fetch('http://{other}/').catch(e => console.log(e.message))</script>").leak();
    let url = format!("http://{}/", serve(page));
    for (profile, message, told) in [
        ("chromium", "has been blocked by CORS policy", "Failed to fetch"),
        ("firefox", "Cross-Origin Request Blocked: ", "Failed to fetch"),
        ("webkit", "is not allowed by Access-Control-Allow-Origin", "Failed to fetch"),
    ] {
        let output = open(&[&url, "--profile", profile]);
        let printed = stdout(&output);
        assert!(printed.contains(message) && printed.contains(told), "{printed}");
        assert_eq!(output.status.code(), Some(0));
    }
    let allowed = open(&[&url, "--host-permission", "http://127.0.0.1/*"]);
    assert_eq!(stdout(&allowed), "", "the page may read from there");
}

#[test]
fn what_can_not_be_opened_says_so() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (arguments, message, status) in [
        (vec![format!("http://{closed}/")], "refused the connection", 3),
        (vec!["x".to_owned()], "write a URL such as http://localhost:3000/, or the path of a file", 2),
        (vec!["file:///no/such".to_owned()], "name a file that can be read", 2),
        (vec![env!("CARGO_MANIFEST_DIR").to_owned()], "it is a folder; name the HTML file in it", 2),
        (vec!["localhost:3000/a".to_owned()], "it has no scheme; write http://localhost:3000/a", 2),
        (vec!["ftp://a.example/".to_owned()], "ftp is no scheme of a page here; write http or https", 2),
    ] {
        refused(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), message, status);
    }
    let page = "http://a.example/";
    for (arguments, message) in [
        (&["--timeout", "0"][..], "'0' for '--timeout <SECONDS>': it must be above 0, and a day at most"),
        (&["--timeout", "soon"], "it is no number; write seconds, such as 30 or 0.5"),
        (&["--origin", "app.example"], "it is no origin; write scheme, host and port"),
        (&["--profile", "netscape"], "[possible values: standard, chromium, firefox, webkit]"),
        (&["--host-permission", "nonsense"], "'nonsense' for '--host-permission <PATTERN>'"),
        (&["--resolve", "a:b:c"], "\"b\" is no port; write it as api.example:443:127.0.0.1"),
        (&["--cacert", "/no/such.pem"], "--cacert /no/such.pem: there is no such file; name a PEM file"),
        (&["--canvas", "canvas"], "2 values required"),
        (
            &["--canvas", "canvas", "a.html"],
            "--canvas a.html: a canvas is written as a PNG; write a name such as",
        ),
        (&["--canvas", "canvas", "/no/such/a.png"], "there is no folder /no/such; make it first"),
    ] {
        refused(&[&[page], arguments].concat(), message, 2);
    }
}

fn refused(arguments: &[&str], message: &str, status: i32) {
    let output = open(arguments);
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(printed.contains(message), "{arguments:?}: {printed}");
    assert_eq!(output.status.code(), Some(status), "{printed}");
}

/// A folder of this test's own, with a file in it.
fn folder_with(name: &str, content: &[u8]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, content).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (folder, file)
}

#[test]
fn a_file_is_a_page_of_no_origin() {
    let api = serve("closed");
    let page = format!(
        "<meta charset=utf-8><title>\u{e4}</title><script>
           console.log(document.title, origin, location.protocol);
           const show = url => fetch(url).then(() => console.log('read'), e => console.log(e.message));
           show('http://{api}/').then(() => show('file:///etc/passwd'));
         </script>"
    );
    let (_folder, file) = folder_with("page.html", page.as_bytes());
    let output = open(&[&file]);
    let printed = stdout(&output);
    assert!(printed.starts_with("\u{e4} null file:\n"), "{printed}");
    assert!(printed.contains("from origin 'null' has been blocked by CORS policy"), "{printed}");
    assert_eq!(printed.matches("Failed to fetch\n").count(), 2, "{printed}");
    assert_eq!(output.status.code(), Some(0));
    let output = open(&[&file, "--origin", "https://app.example"]);
    let printed = stdout(&output);
    assert!(printed.contains("from origin 'https://app.example' has been blocked"), "{printed}");
    // A page of the network has no files.
    let page = format!("<script>fetch('file://{file}').catch(e => console.log(e.message))</script>").leak();
    let printed = stdout(&open(&[&format!("http://{}/", serve(page))]));
    assert!(printed.ends_with("Failed to fetch\n") && !printed.contains("\u{e4}"), "{printed}");
}

#[test]
fn what_failed_is_explained() {
    let page = format!("<script>fetch('http://{}/').catch(() => {{}})</script>", serve("closed")).leak();
    let url = format!("http://{}/", serve(page));
    let printed = stdout(&open(&[&url, "--explain"]));
    for told in ["    What happened\n", "    How to fix it\n", "allow-origin-missing"] {
        assert!(printed.contains(told), "{told}: {printed}");
    }
    let printed = stdout(&open(&[&url, "--explain", "--format", "json"]));
    let lines: Vec<serde_json::Value> =
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["reason"], "allow-origin-missing");
    assert_eq!(lines[0].get("explanation"), None, "it is told once, at the end");
    assert!(lines.last().unwrap()["explanation"].as_str().unwrap().contains("What happened"));
}

#[test]
fn canvases_are_written_tainted_or_not() {
    let page = "<canvas id=a width=3 height=2></canvas><canvas id=empty width=100000></canvas><p><script>
        const c = document.querySelector('#a').getContext('2d');
        c.fillStyle = '#0a0b0c'; c.fillRect(0, 0, 3, 2);
      </script>";
    let url = format!("http://{}/", serve(page));
    let (folder, file) = folder_with("a.png", b"what was there");
    let other = folder.path().join("other.png");
    let output = open(&[&url, "--canvas", "#a", &file, "--canvas", "canvas", other.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let written = std::fs::File::open(&file).unwrap();
    let mut reader = png::Decoder::new(std::io::BufReader::new(written)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((frame.width, frame.height, &pixels[..4]), (3, 2, &[10, 11, 12, 255][..]));
    assert_eq!(std::fs::read(&file).unwrap(), std::fs::read(&other).unwrap());
    // What can't be written leaves what was there, and nothing beside it.
    for (selector, message) in [
        ("p", "finds an element that is no canvas"),
        ("#none", "finds no element of the page"),
        ("#empty", "finds a canvas without pixels"),
        ("a >", "is no selector"),
    ] {
        std::fs::write(&file, b"kept").unwrap();
        refused(&[&url, "--canvas", selector, &file], message, 2);
        assert_eq!(std::fs::read(&file).unwrap(), b"kept");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn scripts_are_evaluated_in_turn() {
    let url = format!("http://{}/", serve("<script>var seen = [];</script>"));
    let output = open(&[
        &url,
        "--eval",
        "seen.push(1); setTimeout(() => { seen.push(2); console.log('later') }, 5); undefined",
        "--eval",
        "Promise.resolve(seen)",
        "--format",
        "json",
    ]);
    let expected =
        [r#"{"kind":"console","level":"log","text":"later"}"#, r#"{"kind":"value","value":[1,2]}"#];
    assert_eq!(stdout(&output).lines().collect::<Vec<_>>(), expected);
    let output = open(&[&url, "--eval", "1", "--eval", "throw new TypeError('no')"]);
    assert_eq!((stdout(&output).as_str(), output.status.code()), ("1\n", Some(1)));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(told, "error: --eval, the second: the script threw TypeError: no\n");
}

/// The engine is interrupted at every ten-thousandth turn of a loop; each of these takes long.
#[test]
fn what_can_not_be_interrupted_is_left_behind() {
    let page = "<script>const a = Array.from({ length: 3e5 }, Math.random); for (;;) a.sort()</script>";
    let begun = std::time::Instant::now();
    let output = open(&[&format!("http://{}/", serve(page)), "--timeout", "2"]);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(begun.elapsed() < std::time::Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[test]
fn a_terminal_obeys_no_page() {
    let url = format!("http://{}/", serve(r"<script>console.log('a\x1b[2Jb\x07\n\tc')</script>"));
    assert_eq!(stdout(&open(&[&url])), "a\\u{1b}[2Jb\\u{7}\n\tc\n");
}

#[test]
#[cfg(unix)]
fn an_interruption_ends_it() {
    use std::io::{BufRead as _, BufReader};
    let url = format!("http://{}/", serve("<script>console.log('there'); for (;;);</script>"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_crossorigin"))
        .args(["open", &url])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "there\n");
    let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: interrupted\n");
}

/// Sets a cookie on its root, and shows on `/sent` which ones came.
fn serve_cookies() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 4096];
            let read = stream.read(&mut head).unwrap_or_default();
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            let cookie =
                head.lines().find_map(|line| line.strip_prefix("cookie: ").or(line.strip_prefix("Cookie: ")));
            let page = format!("<title>{}</title>", cookie.unwrap_or("none"));
            let answer = format!(
                "HTTP/1.1 200 OK\r\nSet-Cookie: session=1; HttpOnly\r\nSet-Cookie: old=1; Max-Age=1\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{page}",
                page.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
#[cfg(unix)]
fn cookies_are_kept_from_run_to_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let url = format!("http://{}/", serve_cookies());
    let (folder, jar) = folder_with("jar", b"");
    std::fs::remove_file(&jar).unwrap();
    let title = |jar: &str| stdout(&open(&[&url, "--cookie-jar", jar, "--eval", "document.title"]));
    assert_eq!(title(&jar), "\"none\"\n");
    assert_eq!(std::fs::metadata(&jar).unwrap().permissions().mode() & 0o777, 0o600);
    let written = std::fs::read_to_string(&jar).unwrap();
    assert!(
        written.contains("\nhttps://127.0.0.1/ session=1; Path=/; HttpOnly; SameSite=Lax\n"),
        "{written}"
    );
    // By a link, which stays one.
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&jar, &link).unwrap();
    assert!(title(link.to_str().unwrap()).starts_with("\"session=1"));
    assert!(link.is_symlink());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside them");
    for (content, message) in [
        (&b"https://a.example/ a=1\n\nnonsense"[..], "line 3: there is no cookie behind a URL; write it as"),
        (b"a.example a=1", "line 1: \"a.example\" is no URL: relative URL without a base; write it as"),
        (
            b"http://a.example/ a=1; Secure",
            "line 1: the cookie \"a=1; Secure\" can't be set: it is Secure, and the URL",
        ),
        (b"\xFF", "it is no UTF-8, and so no file of cookies; name another"),
    ] {
        std::fs::write(&jar, content).unwrap();
        refused(&[&url, "--cookie-jar", &jar], message, 2);
        assert_eq!(std::fs::read(&jar).unwrap(), content);
    }
    std::fs::write(&jar, "https://127.0.0.1/ gone=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT").unwrap();
    assert_eq!(title(&jar), "\"none\"\n");
    refused(&[&url, "--cookie-jar", "/no/such/jar"], "there is no folder /no/such; make it first", 2);
    refused(&[&url, "--cookie-jar", folder.path().to_str().unwrap()], "--cookie-jar /", 2);
}

#[test]
#[cfg(unix)]
fn storage_is_kept_from_run_to_run() {
    use std::os::unix::fs::PermissionsExt as _;
    const PAGE: &str = "<script>localStorage.visits = Number(localStorage.visits ?? 0) + 1;
        console.log(localStorage.visits, sessionStorage.length); sessionStorage.a = 1;
        if (localStorage.visits === '3') for (;;);</script>";
    let url = format!("http://{}/", serve(PAGE));
    let (folder, file) = folder_with("storage", b"");
    std::fs::remove_file(&file).unwrap();
    let visit = |origin: &str| open(&[&url, "--origin", origin, "--storage", &file, "--timeout", "2"]);
    assert_eq!(stdout(&visit("https://a.example")), "1 0\n");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(stdout(&visit("https://a.example")), "2 0\n");
    assert_eq!(stdout(&visit("https://b.example")), "1 0\n");
    // What was stored when the time was over is kept too.
    let late = visit("https://a.example");
    assert!(stdout(&late).starts_with("3 0\n"), "{}", stdout(&late));
    assert_eq!(late.status.code(), Some(4));
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        written,
        "{\n  \"https://a.example\": {\n    \"visits\": \"3\"\n  },\n  \"https://b.example\": {\n    \"visits\": \"1\"\n  }\n}\n"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    for (content, message) in [
        (
            &b"nonsense"[..],
            "at line 1 column 2; write an object of origins, each with an object of names and texts",
        ),
        (b"{\"https://a.example\": 1}", "write an object of origins"),
        (b"\xFF", "it is no UTF-8, and so no file of storage; name another"),
    ] {
        std::fs::write(&file, content).unwrap();
        refused(&[&url, "--storage", &file], message, 2);
        assert_eq!(std::fs::read(&file).unwrap(), content);
    }
    refused(&[&url, "--storage", "/no/such/file"], "there is no folder /no/such; make it first", 2);
    refused(&[&url, "--storage", folder.path().to_str().unwrap()], "--storage /", 2);
}
