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
        (vec!["file:///etc/passwd".to_owned()], "is no page of http or https", 2),
        (vec!["x".to_owned()], "invalid value 'x' for '<URL>'", 2),
        (
            vec!["http://a.example/".to_owned(), "--timeout".to_owned(), "0".to_owned()],
            "write seconds up to a day",
            2,
        ),
    ] {
        let output = open(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let printed = String::from_utf8_lossy(&output.stderr);
        assert!(printed.contains(message), "{arguments:?}: {printed}");
        assert_eq!(output.status.code(), Some(status), "{printed}");
    }
}
