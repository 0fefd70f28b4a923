//! Files of a folder, as clients get them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod support;

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use crossorigin_gateway::Gateway;
use support::{Client, gateway_in, get, request, send};

const ORIGIN: &str = "Origin: https://app.example";

struct Folder {
    _home: tempfile::TempDir,
    files: PathBuf,
    _gateway: Gateway,
    address: SocketAddr,
}

fn folder(limits: &str) -> Folder {
    let home = tempfile::tempdir().unwrap();
    let files = home.path().join("files");
    fs::create_dir_all(files.join("sub")).unwrap();
    fs::create_dir_all(files.join("empty")).unwrap();
    fs::create_dir_all(files.join(".git")).unwrap();
    fs::create_dir_all(files.join(".well-known")).unwrap();
    for (name, content) in [
        ("index.html", "home"),
        ("sub/index.html", "sub"),
        ("a.txt", "0123456789"),
        ("photo.png", "png"),
        ("drawing.svgz", "gzipped"),
        ("app.js", "plain"),
        ("app.js.gz", "gzip"),
        ("app.js.br", "brotli"),
        ("ü b.txt", "unicode"),
        (".git/config", "secret"),
        (".env", "secret"),
        (".well-known/security.txt", "contact"),
        ("../outside.txt", "secret"),
    ] {
        fs::write(files.join(name), content).unwrap();
    }
    std::os::unix::fs::symlink("../outside.txt", files.join("link-out.txt")).unwrap();
    std::os::unix::fs::symlink("a.txt", files.join("link-in.txt")).unwrap();
    let text = format!(
        "[policies.app]\norigins = [\"https://app.example\"]\n\
         [[listeners]]\naddress = \"127.0.0.1:0\"\ndefault_policy = \"app\"\n\
         [[routes]]\npath = \"/f/\"\nfiles = \"files\"\npolicy = \"app\"\n[limits]\n{limits}\n"
    );
    let (gateway, address) = gateway_in(home.path(), &text);
    Folder { _home: home, files, _gateway: gateway, address }
}

#[test]
fn paths_lead_to_files() {
    let folder = folder("");
    let table: &[(&str, u16, &str)] = &[
        ("/f/a.txt", 200, "0123456789"),
        ("/f/", 200, "home"),
        ("/f/sub/", 200, "sub"),
        ("/f/index.html", 200, "home"),
        ("/f/%61.txt?query", 200, "0123456789"),
        ("/f/%C3%BC%20b.txt", 200, "unicode"),
        ("/f/link-in.txt", 200, "0123456789"),
        ("/f/.well-known/security.txt", 200, "contact"),
        ("/f/nothing", 404, ""),
        ("/f/empty/", 404, ""),
        ("/f/a.txt/", 404, ""),
        ("/f/a.txt/b", 404, ""),
        ("/f/.git/config", 404, ""),
        ("/f/.env", 404, ""),
        ("/f/%2eenv", 404, ""),
        ("/f//a.txt", 200, "0123456789"),
        ("/f/sub//index.html", 404, ""),
        ("/f/link-out.txt", 404, ""),
        ("/f/../outside.txt", 400, ""),
        ("/f/%2e%2e/outside.txt", 400, ""),
        ("/f/..%2foutside.txt", 400, ""),
        ("/f/a%00.txt", 400, ""),
        ("/f/sub/..%5c..%5coutside.txt", 400, ""),
        ("/outside.txt", 404, ""),
    ];
    // Twice: from the disk and from memory.
    for _ in 0..2 {
        for (path, status, text) in table {
            let response = get(folder.address, path, &[ORIGIN]);
            assert_eq!(response.status, *status, "{path}");
            assert!(!response.text().contains("secret"), "{path}");
            if *status == 200 {
                assert_eq!(response.text(), *text, "{path}");
            }
            assert_eq!(response.allow_origin(), Some("https://app.example"), "{path}");
            assert!(response.vary().contains(&"origin".to_owned()), "{path}");
        }
    }
}

#[test]
fn a_folder_without_its_slash_is_a_redirect() {
    let folder = folder("");
    for (path, location) in [("/f", "/f/"), ("/f?a=b", "/f/?a=b"), ("/f/sub", "/f/sub/")] {
        let response = get(folder.address, path, &[ORIGIN]);
        assert_eq!((response.status, response.header("location")), (301, Some(location)), "{path}");
        assert_eq!(response.allow_origin(), Some("https://app.example"));
    }
}

#[test]
fn types_lengths_and_validators() {
    let folder = folder("");
    for (path, content_type, encoding) in [
        ("/f/a.txt", "text/plain; charset=utf-8", None),
        ("/f/photo.png", "image/png", None),
        ("/f/drawing.svgz", "image/svg+xml", Some("gzip")),
        ("/f/", "text/html; charset=utf-8", None),
    ] {
        let response = get(folder.address, path, &[]);
        assert_eq!(response.header("content-type"), Some(content_type), "{path}");
        assert_eq!(response.header("content-encoding"), encoding, "{path}");
        assert_eq!(response.header("accept-ranges"), Some("bytes"), "{path}");
        assert!(response.header("etag").unwrap().starts_with('"'), "{path}");
        assert!(response.header("last-modified").unwrap().ends_with(" GMT"), "{path}");
        // HEAD says the same and sends nothing.
        let mut client = Client::connect(folder.address);
        client.send(request("HEAD", path, &[])).send(request("GET", "/f/a.txt", &[]));
        let head = client.head();
        let without_date = |response: &support::Response| -> Vec<_> {
            response.headers.iter().filter(|(name, _)| name != "date").cloned().collect()
        };
        assert_eq!(without_date(&head), without_date(&response), "{path}");
        assert_eq!(client.response().text(), "0123456789");
    }
}

#[test]
fn parts_of_files() {
    let folder = folder("");
    let etag = get(folder.address, "/f/a.txt", &[]).header("etag").unwrap().to_owned();
    let table: &[(&[&str], u16, &str, Option<&str>)] = &[
        (&["Range: bytes=2-4"], 206, "234", Some("bytes 2-4/10")),
        (&["Range: bytes=7-"], 206, "789", Some("bytes 7-9/10")),
        (&["Range: bytes=-2"], 206, "89", Some("bytes 8-9/10")),
        (&["Range: bytes=0-1,4-5"], 200, "0123456789", None),
        (&["Range: bytes=5-1"], 200, "0123456789", None),
        (&["Range: lines=1-2"], 200, "0123456789", None),
        (&["Range: bytes=10-"], 416, "", Some("bytes */10")),
        (&["Range: bytes=2-4", &format!("If-Range: {etag}")], 206, "234", Some("bytes 2-4/10")),
        (&["Range: bytes=2-4", "If-Range: \"other\""], 200, "0123456789", None),
    ];
    for (lines, status, text, range) in table {
        let mut lines = lines.to_vec();
        lines.push(ORIGIN);
        let response = get(folder.address, "/f/a.txt", &lines);
        assert_eq!((response.status, response.header("content-range")), (*status, *range), "{lines:?}");
        assert_eq!(response.allow_origin(), Some("https://app.example"), "{lines:?}");
        if *status != 416 {
            assert_eq!(response.text(), *text, "{lines:?}");
        }
    }
    // Only GET asks for parts.
    for range in ["Range: bytes=2-4", "Range: bytes=10-"] {
        let mut client = Client::connect(folder.address);
        let head = client.send(request("HEAD", "/f/a.txt", &[range])).head();
        assert_eq!((head.status, head.header("content-length")), (200, Some("10")), "{range}");
        assert_eq!(head.header("content-range"), None, "{range}");
    }
}

#[test]
fn conditions_are_kept() {
    let folder = folder("");
    let response = get(folder.address, "/f/a.txt", &[ORIGIN]);
    let etag = response.header("etag").unwrap().to_owned();
    let modified = response.header("last-modified").unwrap().to_owned();
    let table = [
        (304, format!("If-None-Match: {etag}")),
        (304, format!("If-None-Match: \"x\", W/{etag}")),
        (200, "If-None-Match: \"x\"".into()),
        (304, format!("If-Modified-Since: {modified}")),
        (200, "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT".into()),
        (200, format!("If-Match: {etag}")),
        (412, "If-Match: \"x\"".into()),
        (412, "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT".into()),
    ];
    for (status, condition) in table {
        let response = get(folder.address, "/f/a.txt", &[ORIGIN, &condition]);
        assert_eq!(response.status, status, "{condition}");
        assert_eq!(response.allow_origin(), Some("https://app.example"), "{condition}");
        assert_eq!(response.vary(), ["origin"], "{condition}");
        if status == 304 {
            assert_eq!(response.header("etag"), Some(&*etag));
            assert_eq!(response.header("content-type"), None);
        }
    }
}

#[test]
fn compressed_copies_are_sent_to_who_takes_them() {
    let folder = folder("");
    let table = [
        (None, "plain", None),
        (Some("gzip, deflate, br, zstd"), "brotli", Some("br")),
        (Some("gzip"), "gzip", Some("gzip")),
        (Some("br;q=0.1, gzip;q=0.2"), "gzip", Some("gzip")),
        (Some("br;q=0, gzip;q=0"), "plain", None),
        (Some("identity"), "plain", None),
    ];
    let mut etags = Vec::new();
    for (accepted, text, encoding) in table {
        let line = accepted.map(|accepted| format!("Accept-Encoding: {accepted}"));
        let lines: Vec<&str> = line.as_deref().into_iter().chain([ORIGIN]).collect();
        let response = get(folder.address, "/f/app.js", &lines);
        assert_eq!(
            (response.text().as_str(), response.header("content-encoding")),
            (text, encoding),
            "{accepted:?}"
        );
        assert_eq!(response.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(response.vary(), ["accept-encoding", "origin"], "{accepted:?}");
        let etag = response.header("etag").unwrap().to_owned();
        let condition = format!("If-None-Match: {etag}");
        let lines: Vec<&str> = lines.into_iter().chain([condition.as_str()]).collect();
        let unchanged = get(folder.address, "/f/app.js", &lines);
        assert_eq!((unchanged.status, unchanged.vary()), (304, response.vary()), "{accepted:?}");
        etags.push((text, etag));
    }
    for (text, etag) in &etags {
        for (other, other_etag) in &etags {
            assert_eq!(text == other, etag == other_etag, "one tag a form: {text} {other}");
        }
    }
    // A copy that is older than its file is not of that file.
    let future = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    fs::write(folder.files.join("app.js"), "newer").unwrap();
    fs::File::options().write(true).open(folder.files.join("app.js")).unwrap().set_modified(future).unwrap();
    let response = get(folder.address, "/f/app.js", &["Accept-Encoding: br, gzip"]);
    assert_eq!((response.text().as_str(), response.header("content-encoding")), ("newer", None));
}

#[test]
fn files_are_only_read() {
    let folder = folder("");
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "X-OWN"] {
        let response = send(folder.address, &request(method, "/f/a.txt", &[ORIGIN, "Content-Length: 0"]));
        assert_eq!(
            (response.status, response.header("allow")),
            (405, Some("GET, HEAD, OPTIONS")),
            "{method}"
        );
        assert_eq!(response.allow_origin(), Some("https://app.example"), "{method}");
    }
    let response = send(folder.address, &request("OPTIONS", "/f/a.txt", &[ORIGIN]));
    assert_eq!((response.status, response.header("allow")), (204, Some("GET, HEAD, OPTIONS")));
    // The body of a refused request is not taken for the next request.
    let mut client = Client::connect(folder.address);
    client.send(request("POST", "/f/a.txt", &["Content-Length: 6"])).send("GET / ");
    assert_eq!(client.response().status, 405);
}

#[test]
fn a_changed_file_is_sent_changed() {
    let folder = folder("");
    for number in 0..20 {
        let content = format!("content {number}");
        fs::write(folder.files.join("new"), &content).unwrap();
        fs::rename(folder.files.join("new"), folder.files.join("a.txt")).unwrap();
        let response = get(folder.address, "/f/a.txt", &[]);
        assert_eq!((response.status, response.text()), (200, content));
    }
    fs::remove_file(folder.files.join("a.txt")).unwrap();
    assert_eq!(get(folder.address, "/f/a.txt", &[]).status, 404);
}

#[test]
fn files_that_change_all_the_time_are_always_whole() {
    let folder = folder("");
    let files = folder.files.clone();
    fs::write(files.join("a.txt"), "0").unwrap();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let writer = std::thread::spawn(move || {
        let mut number = 0;
        while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            number += 1;
            let digit = char::from(b'0' + (number % 10) as u8);
            fs::write(files.join("new"), digit.to_string().repeat(1000 + number % 7)).unwrap();
            fs::rename(files.join("new"), files.join("a.txt")).unwrap();
        }
    });
    let mut client = Client::connect(folder.address);
    for _ in 0..1000 {
        let response = client.send(request("GET", "/f/a.txt", &[])).response();
        assert_eq!(response.status, 200);
        assert!(response.is_whole && response.body.iter().all(|byte| *byte == response.body[0]));
    }
    drop(stop);
    writer.join().unwrap();
}

#[test]
fn large_files_are_streamed() {
    let folder = folder("file_cache_bytes = \"1MiB\"");
    let content: Vec<u8> = (0..20_000_000_u32).map(|number| (number % 251) as u8).collect();
    fs::write(folder.files.join("large.bin"), &content).unwrap();
    let response = get(folder.address, "/f/large.bin", &[]);
    assert!(response.is_whole && response.body == content);
    let response = get(folder.address, "/f/large.bin", &["Range: bytes=10000000-10999999"]);
    assert_eq!(response.status, 206);
    assert!(response.body == content[10_000_000..11_000_000]);
}
