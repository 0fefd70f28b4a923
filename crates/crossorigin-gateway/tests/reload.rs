//! Policies that change while requests come in.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod support;

use std::fs;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossorigin_gateway::{Gateway, Options, ReloadError, Reloader};
use support::{Client, PATIENCE, get, preflight, request};

const APP: &str = "https://app.example";

/// Two policies that differ in everything that a response shows: a response that mixes them is seen.
fn text(version: usize, more: &str) -> String {
    let methods = if version.is_multiple_of(2) { "PUT" } else { "DELETE" };
    format!(
        "[policies.p]\norigins = [\"{APP}\"]\norigins_file = \"origins.txt\"\nmethods = [\"{methods}\"]\n\
         max_age = \"{}s\"\nexposed_headers = [\"x-{version}\"]\n\
         [[listeners]]\naddress = \"127.0.0.1:0\"\ndefault_policy = \"p\"\n\
         [[routes]]\npath = \"/\"\nfiles = \"files\"\npolicy = \"p\"\n{more}",
        version + 1
    )
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("files")).unwrap();
    fs::write(folder.path().join("files/a.txt"), "text").unwrap();
    fs::write(folder.path().join("origins.txt"), "https://one.example\n").unwrap();
    folder
}

fn open(folder: &Path, text: &str) -> (Gateway, SocketAddr, Reloader) {
    let path = folder.join("site.toml");
    fs::write(&path, text).unwrap();
    let mut reloader = Reloader::new(&path);
    let (site, _) = reloader.load().unwrap();
    let gateway = Gateway::bind(site, Options::with_workers(NonZeroUsize::new(2).unwrap())).unwrap();
    let address = gateway.addresses()[0];
    (gateway, address, reloader)
}

#[test]
fn no_request_is_lost_or_answered_by_half_a_policy() {
    let folder = folder();
    let (gateway, address, mut reloader) = open(folder.path(), &text(0, ""));
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..4)
        .map(|number| {
            let (stop, answered) = (stop.clone(), answered.clone());
            thread::spawn(move || {
                let mut client = Client::connect(address);
                let origin = format!("Origin: {APP}");
                while !stop.load(Ordering::Relaxed) {
                    // Some keep their connection, some don't.
                    if number % 2 == 1 {
                        client = Client::connect(address);
                    }
                    let response = client.send(request("GET", "/a.txt", &[&origin])).response();
                    assert_eq!((response.status, response.text().as_str()), (200, "text"));
                    assert_eq!(response.allow_origin(), Some(APP));
                    assert!(response.header("access-control-expose-headers").unwrap().starts_with("x-"));
                    let response = preflight(address, "/a.txt", APP, "PATCH", &[]);
                    assert_eq!((response.status, response.allow_origin()), (204, None));
                    for (method, even) in [("PUT", true), ("DELETE", false)] {
                        let response = preflight(address, "/a.txt", APP, method, &[]);
                        assert_eq!(response.status, 204);
                        if let Some(age) = response.header("access-control-max-age") {
                            let version = age.parse::<usize>().unwrap() - 1;
                            assert_eq!(
                                version.is_multiple_of(2),
                                even,
                                "{method} with the age of the other policy"
                            );
                            assert_eq!(response.allow_origin(), Some(APP));
                        }
                    }
                    answered.fetch_add(4, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let (mut good, mut bad) = (0, 0);
    let began = Instant::now();
    for version in 1.. {
        if began.elapsed() > Duration::from_secs(2) {
            break;
        }
        let is_bad = version % 3 == 0;
        let next = if is_bad { text(version, "nonsense = [") } else { text(version, "") };
        fs::write(folder.path().join("site.toml"), next).unwrap();
        match reloader.reload(&gateway.handle()) {
            Ok(_) => good += 1,
            Err(ReloadError::Policy(report)) => {
                assert!(is_bad, "{report}");
                bad += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap();
    }
    let answered = answered.load(Ordering::Relaxed);
    println!("{answered} requests answered during {good} good and {bad} bad reloads");
    assert!(answered > 100 && good > 10 && bad > 10, "{answered} {good} {bad}");
    assert!(gateway.shutdown());
}

#[test]
fn a_bad_file_is_reported_and_the_policy_stays() {
    let folder = folder();
    let (gateway, address, mut reloader) = open(folder.path(), &text(0, ""));
    fs::write(folder.path().join("site.toml"), text(0, "").replace(APP, "https://app.example/")).unwrap();
    let error = reloader.reload(&gateway.handle()).unwrap_err();
    assert!(error.to_string().contains("site.toml:2:"), "{error}");
    assert_eq!(get(address, "/a.txt", &[&format!("Origin: {APP}")]).allow_origin(), Some(APP));
}

/// Waits for a change and reloads.
fn reload_on_change(reloader: &mut Reloader, gateway: &Gateway) {
    wait_for_change(reloader);
    reloader.reload(&gateway.handle()).unwrap();
}

fn wait_for_change(reloader: &mut Reloader) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime
        .block_on(async { tokio::time::timeout(PATIENCE, reloader.changed()).await })
        .expect("a change is seen");
}

#[test]
fn changes_of_the_file_and_of_its_origins_are_seen() {
    let folder = folder();
    let (gateway, address, mut reloader) = open(folder.path(), &text(0, ""));
    let allowed =
        |origin: &str| get(address, "/a.txt", &[&format!("Origin: {origin}")]).allow_origin().is_some();
    assert!(allowed("https://one.example") && !allowed("https://two.example"));
    // Written in place.
    fs::write(folder.path().join("origins.txt"), "https://two.example\n").unwrap();
    reload_on_change(&mut reloader, &gateway);
    assert!(!allowed("https://one.example") && allowed("https://two.example"));
    // Another file in its place, as editors do.
    fs::write(folder.path().join("new"), text(0, "").replace(APP, "https://new.example")).unwrap();
    fs::rename(folder.path().join("new"), folder.path().join("site.toml")).unwrap();
    reload_on_change(&mut reloader, &gateway);
    assert!(!allowed(APP) && allowed("https://new.example"));
    // A link that leads elsewhere, as container mounts do.
    fs::create_dir(folder.path().join("v2")).unwrap();
    fs::write(folder.path().join("v2/origins.txt"), "https://three.example\n").unwrap();
    std::os::unix::fs::symlink("v2/origins.txt", folder.path().join("link")).unwrap();
    fs::rename(folder.path().join("link"), folder.path().join("origins.txt")).unwrap();
    reload_on_change(&mut reloader, &gateway);
    assert!(allowed("https://three.example"));
    // What the link leads to.
    fs::write(folder.path().join("v2/origins.txt"), "https://four.example\n").unwrap();
    reload_on_change(&mut reloader, &gateway);
    assert!(!allowed("https://three.example") && allowed("https://four.example"));
}

#[test]
fn what_was_wrong_is_seen_to_be_mended() {
    let folder = folder();
    // By a second name of the folder, as a relative path is.
    std::os::unix::fs::symlink(".", folder.path().join("name")).unwrap();
    let (gateway, address, mut reloader) = open(&folder.path().join("name"), &text(0, ""));
    let allowed =
        |origin: &str| get(address, "/a.txt", &[&format!("Origin: {origin}")]).allow_origin().is_some();
    for (file, mended, origin) in [
        ("site.toml", text(0, "").replace(APP, "https://new.example"), "https://new.example"),
        ("origins.txt", "https://two.example\n".to_owned(), "https://two.example"),
    ] {
        fs::remove_file(folder.path().join(file)).unwrap();
        wait_for_change(&mut reloader);
        assert!(reloader.reload(&gateway.handle()).is_err(), "{file} is gone");
        assert!(!allowed(origin));
        fs::write(folder.path().join(file), mended).unwrap();
        reload_on_change(&mut reloader, &gateway);
        assert!(allowed(origin));
    }
}

#[test]
fn other_files_beside_it_are_no_change() {
    let folder = folder();
    let (_gateway, _address, mut reloader) = open(folder.path(), &text(0, ""));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    fs::write(folder.path().join("other.toml"), "x").unwrap();
    let seen = runtime
        .block_on(async { tokio::time::timeout(Duration::from_millis(500), reloader.changed()).await });
    assert!(seen.is_err());
}

#[test]
fn listeners_come_and_go() {
    let folder = folder();
    let (gateway, first, mut reloader) = open(folder.path(), &text(0, ""));
    let mut kept = Client::connect(first);
    assert_eq!(kept.send(request("GET", "/a.txt", &[])).response().status, 200);
    let second = "[[listeners]]\naddress = \"127.0.0.1:0\"\nname = \"second\"\n";
    let path = folder.path().join("site.toml");
    fs::write(&path, text(1, second)).unwrap();
    reloader.reload(&gateway.handle()).unwrap();
    let addresses = gateway.addresses();
    assert_eq!(addresses[0], first);
    assert_eq!(get(addresses[1], "/a.txt", &[]).status, 200);
    assert_eq!(kept.send(request("GET", "/a.txt", &[])).response().status, 200, "in the same connection");

    let without_first =
        text(2, "").replace("address = \"127.0.0.1:0\"", "address = \"127.0.0.1:0\"\nname = \"second\"");
    fs::write(&path, without_first).unwrap();
    reloader.reload(&gateway.handle()).unwrap();
    assert_eq!(gateway.addresses(), addresses[1..]);
    assert_eq!(get(addresses[1], "/a.txt", &[]).status, 200);
    assert!(kept.is_closed(), "connections of a listener that is gone end when they are idle");
    let began = Instant::now();
    while std::net::TcpStream::connect(first).is_ok() {
        assert!(began.elapsed() < PATIENCE, "nobody listens there any more");
    }
}

#[test]
fn a_listener_that_cannot_be_opened_changes_nothing() {
    let folder = folder();
    let (gateway, address, mut reloader) = open(folder.path(), &text(0, ""));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let second = format!("[[listeners]]\naddress = \"{}\"\n", taken.local_addr().unwrap());
    let new = text(1, &second).replace(APP, "https://new.example");
    fs::write(folder.path().join("site.toml"), new).unwrap();
    let error = reloader.reload(&gateway.handle()).unwrap_err();
    assert!(matches!(&error, ReloadError::Bind(_)), "{error}");
    assert_eq!(get(address, "/a.txt", &[&format!("Origin: {APP}")]).allow_origin(), Some(APP));
    assert_eq!(gateway.addresses(), [address]);
}
