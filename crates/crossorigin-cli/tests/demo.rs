//! The demo as a program: what it prints, where it listens, how it ends.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Output};

use support::http::{get, request};
use support::program::{Program, Signal};

const READY: &str = "Stop with Ctrl-C";

fn crossorigin(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crossorigin")).args(arguments).output().unwrap()
}

#[test]
fn the_printed_policy_file_is_valid_and_has_the_ports_that_were_asked_for() {
    let printed = crossorigin(&["demo", "--print-config", "--port", "7800"]);
    assert!(printed.status.success());
    let text = String::from_utf8(printed.stdout).unwrap();
    for address in ["\"http://127.0.0.1:7800\"", "\"127.0.0.1:7803\"", "\"http://127.0.0.1:7804\""] {
        assert!(text.contains(address), "{address} in {text}");
    }
    assert!(!text.contains(":77"), "{text}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crossorigin.toml");
    std::fs::write(&file, text).unwrap();
    let checked = crossorigin(&["policy", "check", file.to_str().unwrap()]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn ports_that_leave_no_room_for_four_more_are_wrong_usage() {
    for port in ["65532", "65535", "65536", "-1", "http"] {
        assert_eq!(crossorigin(&["demo", &format!("--port={port}")]).status.code(), Some(2), "{port}");
    }
}

#[test]
fn taken_ports_are_replaced_and_named() {
    // The last of five ports in a row is taken; the demo takes the four before it. They lie below those that
    // the system gives to whoever asks for any, such as the tests that run beside this one.
    let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let begin = 20_000 + (std::process::id() % 12_000) as u16;
    let (taken, first) = (begin..)
        .find_map(|first| {
            let taken = free(first + 4).ok()?;
            (first..first + 4).all(|port| free(port).is_ok()).then_some((taken, first))
        })
        .unwrap();
    let program = Program::start(&["demo", "--port", &first.to_string()], READY);
    let printed = &program.printed;
    assert!(printed.contains(&format!("Open http://127.0.0.1:{first}/ in a browser")), "{printed}");
    let note = format!("Port {} is taken, so the API is on ", taken.local_addr().unwrap().port());
    assert!(printed.contains(&note), "{printed}");
    assert!(!printed.contains('\u{1b}'), "plain when piped: {printed}");
    // The API is where the gateway looks for it.
    let shared = format!("127.0.0.1:{}", first + 1);
    let session =
        request(&shared, &format!("POST /api/session HTTP/1.1\r\nHost: {shared}\r\nContent-Length: 0\r\n"));
    assert_eq!(session.status, 200, "{session:?}");
}

#[test]
fn each_host_answers_as_the_page_relies_on() {
    let program = Program::start(&["demo", "--port", "0"], READY);
    let hosts: Vec<&str> = program
        .printed
        .lines()
        .filter_map(|line| line.split_whitespace().find_map(|word| word.strip_prefix("http://")))
        .map(|host| host.trim_end_matches('/'))
        .collect();
    let [_, site, shared, third, _, api] = hosts[..] else { panic!("{}", program.printed) };
    let origin = format!("Origin: http://{site}\r\n");

    let page = get(site, "/", "");
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    assert_eq!(get(site, "/nothing", "").status, 404);

    // A static `*` on everything of the open routes, asked with an origin or without.
    for headers in ["", &origin, "Origin: https://elsewhere.example\r\n"] {
        let photo = get(shared, "/photos/2024-02-29.png?trial=test.1", headers);
        assert_eq!(
            (photo.status, photo.header("access-control-allow-origin")),
            (200, Some("*")),
            "{headers}"
        );
        assert_eq!(photo.header("vary"), None);
    }
    let missing = get(shared, "/photos/2023-02-29.png", &origin);
    assert_eq!((missing.status, missing.header("access-control-allow-origin")), (404, Some("*")));

    // The API: for the site's origin alone.
    let private = get(shared, "/api/private.png", &origin);
    assert_eq!(
        (private.status, private.header("access-control-allow-origin")),
        (401, Some(&*format!("http://{site}")))
    );
    let elsewhere = get(shared, "/api/private.png", "Origin: https://elsewhere.example\r\n");
    assert_eq!((elsewhere.status, elsewhere.header("access-control-allow-origin")), (401, None));
    assert_eq!(elsewhere.header("vary").map(str::to_ascii_lowercase).as_deref(), Some("origin"));

    // Behind the gateway nobody knows of CORS, and the third host never heard of it.
    for (host, path) in [(api, "/api/events"), (third, "/photos/hills.png"), (third, "/api/anything")] {
        let answer = get(host, path, &origin);
        assert_eq!(answer.status, 200);
        assert!(!answer.head.to_ascii_lowercase().contains("access-control-"), "{}", answer.head);
    }

    // The journal has what belongs to a trial, as it went over the wire.
    let journal: serde_json::Value = serde_json::from_str(&get(site, "/wire?trial=test.1", "").body).unwrap();
    assert_eq!(journal["count"], 3);
    assert_eq!(journal["exchanges"][1]["path"], "/photos/2024-02-29.png");
    assert!(journal["exchanges"][1]["request"].to_string().contains(site));
}

#[test]
fn every_signal_that_ends_it_leaves_nothing_behind() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let program = Program::start(&["demo", "--port", "0"], READY);
        let policy =
            program.printed.split_whitespace().find(|word| word.ends_with("crossorigin.toml")).unwrap();
        let folder = Path::new(policy).parent().unwrap().to_owned();
        assert!(folder.join("photos/2025-12-31.png").exists());
        let (status, printed) = program.stop(signal);
        assert_eq!(status.code(), Some(0), "{signal:?}");
        assert_eq!(printed, "Stopped; the temporary folder is removed.\n");
        assert!(!folder.exists(), "{}", folder.display());
    }
}
