//! When things go wrong: each fault gets a clear message and the right status with CORS headers, and nothing
//! hangs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod support;

use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crossorigin_gateway::{Gateway, Options};
use support::{Client, PATIENCE, Response, answering, gateway, get, nobody, request, send, upstream};

const ORIGIN: &str = "Origin: https://app.example";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn site(upstream: impl std::fmt::Display, limits: &str) -> String {
    format!(
        "[policies.app]\norigins = [\"https://app.example\"]\n\
         [[listeners]]\naddress = \"127.0.0.1:0\"\ndefault_policy = \"app\"\n\
         [[routes]]\npath = \"/\"\nupstream = \"http://{upstream}\"\npolicy = \"app\"\n[limits]\n{limits}\n"
    )
}

/// An answer of the gateway's own: its status in the text, with the policy's headers, and nothing about what is
/// behind it.
#[track_caller]
fn is_own(response: &Response, status: u16) {
    assert_eq!(response.status, status, "{}", response.text());
    assert_eq!(response.allow_origin(), Some("https://app.example"));
    assert_eq!(response.vary(), ["origin"]);
    assert!(response.text().starts_with(&format!("{status} ")), "{}", response.text());
    assert!(!response.text().contains("127.0.0.1"), "{}", response.text());
    assert!(response.is_whole);
}

#[test]
fn an_upstream_that_is_down_is_a_502() {
    let (_gateway, address) = gateway(&site(nobody(), ""));
    let response = get(address, "/", &[ORIGIN]);
    is_own(&response, 502);
    assert_eq!(response.text(), "502 Bad Gateway: the server behind the gateway can't be reached.\n");
}

#[test]
fn an_upstream_that_accepts_no_connection_is_a_504() {
    // A full queue: the kernel answers no more.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let upstream = socket.local_addr().unwrap().as_socket().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&upstream, Duration::from_millis(200)) {
        queue.push(stream);
    }
    let (_gateway, address) = gateway(&site(upstream, "connect_timeout = \"200ms\""));
    is_own(&get(address, "/", &[ORIGIN]), 504);
}

#[test]
fn an_upstream_that_does_not_answer_is_a_504() {
    let upstream = upstream(|mut connection| while connection.some().is_some() {});
    let (_gateway, address) = gateway(&site(upstream, "upstream_timeout = \"200ms\""));
    let began = Instant::now();
    is_own(&get(address, "/", &[ORIGIN]), 504);
    assert!(began.elapsed() >= Duration::from_millis(200), "not before its time");
    is_own(&send(address, &(request("POST", "/", &[ORIGIN, "Content-Length: 2"]) + "ok")), 504);
}

#[test]
fn a_slow_upload_is_not_the_upstreams_fault() {
    let upstream = upstream(|mut connection| {
        connection.head();
        connection.body(3);
        connection.send(OK);
    });
    let (_gateway, address) = gateway(&site(upstream, "upstream_timeout = \"200ms\""));
    let mut client = Client::connect(address);
    client.send(request("POST", "/", &[ORIGIN, "Content-Length: 3"]));
    for byte in ["a", "b", "c"] {
        thread::sleep(Duration::from_millis(150));
        client.send(byte);
    }
    assert_eq!(client.response().status, 200);
}

#[test]
fn an_upstream_that_breaks_off_breaks_the_connection_visibly() {
    let by_length = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n";
    for head in [by_length, chunked] {
        for how in ["reset", "close", "stop", "bad chunk"] {
            let (done, ended) = mpsc::channel::<()>();
            let ended = std::sync::Mutex::new(ended);
            let upstream = upstream(move |mut connection| {
                connection.head();
                connection.send(head);
                // What was sent is read before the rest happens.
                let _ = ended.lock().unwrap().recv_timeout(PATIENCE);
                match how {
                    "reset" => connection.reset(),
                    "bad chunk" => {
                        connection.send("nonsense\r\n");
                        while connection.some().is_some() {}
                    }
                    "stop" => while connection.some().is_some() {},
                    _ => {}
                }
            });
            if head == by_length && how == "bad chunk" {
                continue;
            }
            let (_gateway, address) = gateway(&site(upstream, "upstream_timeout = \"200ms\""));
            let mut client = Client::connect(address);
            client.send(request("GET", "/", &[ORIGIN]));
            client.read_until("some");
            done.send(()).unwrap();
            let response = client.response();
            assert_eq!((response.status, response.allow_origin()), (200, Some("https://app.example")));
            assert!(response.body.starts_with(b"some") && !response.is_whole, "{how} of {head:?}");
            assert!(client.is_closed(), "{how} of {head:?}");
        }
    }
}

#[test]
fn an_upstream_that_sends_garbage_is_a_502() {
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1_000_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(10_000));
    for garbage in [
        "garbage\r\n\r\n",
        "\x15\x03\x01\0\x02\x02\x16",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: cut off",
        "",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        &long,
        &many,
    ] {
        let garbage = garbage.to_owned();
        let name = garbage.chars().take(40).collect::<String>();
        let upstream = upstream(move |mut connection| {
            connection.head();
            connection.send(&garbage);
        });
        let (_gateway, address) = gateway(&site(upstream, "upstream_timeout = \"1s\""));
        let response = get(address, "/", &[ORIGIN]);
        assert_eq!(response.status, 502, "{name:?}");
        is_own(&response, 502);
    }
}

#[test]
fn an_upstream_that_contradicts_itself_about_lengths_is_a_502() {
    for lines in [
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: 2, 3\r\n",
        "Content-Length: x\r\n",
        "Content-Length: -2\r\n",
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let (_gateway, address) = gateway(&site(
            answering(format!("HTTP/1.1 200 OK\r\n{lines}\r\nok")),
            "upstream_timeout = \"1s\"",
        ));
        let response = get(address, "/", &[ORIGIN]);
        assert_eq!(response.status, 502, "{lines:?}");
        is_own(&response, 502);
    }
}

#[test]
fn a_length_that_an_upstream_repeats_is_passed_on_once() {
    let twice = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok";
    let (_gateway, address) = gateway(&site(answering(twice), ""));
    let response = get(address, "/", &[]);
    assert_eq!((response.text().as_str(), response.header("content-length")), ("ok", Some("2")));
}

#[test]
fn what_an_upstream_sends_beyond_its_length_is_nobodys() {
    let upstream = upstream(|mut connection| {
        connection.head();
        connection.send(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        );
        while connection.some().is_some() {}
    });
    let (_gateway, address) = gateway(&site(upstream, ""));
    let mut client = Client::connect(address);
    for _ in 0..3 {
        assert_eq!(client.send(request("GET", "/", &[])).response().text(), "ok");
    }
}

#[test]
fn a_kept_connection_that_was_closed_is_tried_once_more() {
    // The first connection answers one request and closes when the second has come.
    let upstream = upstream(|mut connection| {
        connection.head();
        connection.send(OK);
        if connection.number == 0 {
            connection.head();
        } else {
            while connection.head().is_some() {
                connection.send(OK);
            }
        }
    });
    let one = Options::with_workers(std::num::NonZeroUsize::MIN);
    let gateway = Gateway::bind(support::site(".".as_ref(), &site(upstream, "")), one).unwrap();
    let address = gateway.addresses()[0];
    let mut client = Client::connect(address);
    assert_eq!(client.send(request("GET", "/", &[])).response().status, 200);
    assert_eq!(client.send(request("GET", "/", &[])).response().status, 200, "on a new connection");
}

#[test]
fn a_request_that_may_have_been_done_is_not_sent_again() {
    let (count, counted) = mpsc::channel();
    let upstream = upstream(move |mut connection| {
        connection.head();
        count.send(()).unwrap();
    });
    let (_gateway, address) = gateway(&site(upstream, ""));
    is_own(&send(address, &request("POST", "/", &[ORIGIN, "Content-Length: 0"])), 502);
    is_own(&send(address, &(request("PUT", "/", &[ORIGIN, "Content-Length: 2"]) + "ok")), 502);
    assert_eq!(counted.try_iter().count(), 2);
}

#[test]
fn a_client_that_sends_its_head_slowly_gets_a_408() {
    let (_gateway, address) = gateway(&site(nobody(), "head_timeout = \"200ms\""));
    let mut client = Client::connect(address);
    client.send(format!("GET / HTTP/1.1\r\nHost: a\r\n{ORIGIN}\r\nX-Slow: "));
    is_own(&client.response(), 408);
    assert!(client.is_closed());
}

#[test]
fn a_client_that_drips_gets_a_408_too() {
    let (_gateway, address) = gateway(&site(nobody(), "head_timeout = \"300ms\""));
    let mut client = Client::connect(address);
    client.send(format!("GET / HTTP/1.1\r\nHost: a\r\n{ORIGIN}\r\nX-Slow: "));
    let began = Instant::now();
    while client.try_send("x") && began.elapsed() < Duration::from_secs(1) {
        thread::sleep(Duration::from_millis(20));
    }
    is_own(&client.response(), 408);
}

#[test]
fn a_client_that_stops_in_its_body_gets_a_408() {
    let upstream = upstream(|mut connection| while connection.some().is_some() {});
    let (_gateway, address) = gateway(&site(upstream, "stall_timeout = \"200ms\""));
    for framing in ["Content-Length: 10", "Transfer-Encoding: chunked"] {
        let mut client = Client::connect(address);
        client.send(request("POST", "/", &[ORIGIN, framing])).send("2\r\nab\r\n");
        is_own(&client.response(), 408);
        assert!(client.is_closed());
    }
}

#[test]
fn a_client_that_reads_nothing_is_left() {
    let (left, is_left) = mpsc::channel();
    let upstream = upstream(move |mut connection| {
        connection.head();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
        let piece = [b'x'; 100_000];
        while std::io::Write::write_all(&mut connection.stream, &piece).is_ok() {}
        left.send(()).unwrap();
    });
    let (_gateway, address) = gateway(&site(upstream, "stall_timeout = \"200ms\""));
    let mut client = Client::connect(address);
    client.send(request("GET", "/", &[ORIGIN]));
    is_left.recv_timeout(PATIENCE).expect("the upstream is left too");
}

#[test]
fn when_a_client_leaves_the_upstream_is_left() {
    let (left, is_left) = mpsc::channel();
    let upstream = upstream(move |mut connection| {
        connection.head();
        if connection.number == 1 {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome");
        }
        assert_eq!(connection.some(), None);
        left.send(connection.number).unwrap();
    });
    let (_gateway, address) = gateway(&site(upstream, ""));
    let mut client = Client::connect(address);
    client.send(request("GET", "/", &[]));
    thread::sleep(Duration::from_millis(50));
    drop(client);
    assert_eq!(is_left.recv_timeout(PATIENCE), Ok(0), "before the answer");
    let mut client = Client::connect(address);
    client.send(request("GET", "/", &[]));
    client.read_until("some");
    drop(client);
    assert_eq!(is_left.recv_timeout(PATIENCE), Ok(1), "in the middle of it");
}

#[test]
fn a_head_that_begins_behind_another_request_has_its_own_time() {
    let (_gateway, address) = gateway(&site(answering(OK), "head_timeout = \"300ms\""));
    let mut client = Client::connect(address);
    client.send(format!("{}GET / HT", request("GET", "/", &[])));
    assert_eq!(client.response().status, 200);
    assert_eq!(client.response().status, 408);
    // An empty line is no head's beginning, however long ago it came.
    let mut client = Client::connect(address);
    client.send("\r\n");
    thread::sleep(Duration::from_millis(400));
    client.send("GET / HT");
    thread::sleep(Duration::from_millis(50));
    client.send("TP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().status, 200);
}

#[test]
fn a_client_that_half_closes_in_its_head_gets_a_400() {
    let (_gateway, address) = gateway(&site(nobody(), ""));
    let mut client = Client::connect(address);
    client.send(format!("GET / HTTP/1.1\r\nHost: a\r\n{ORIGIN}\r\n"));
    client.stream().shutdown(std::net::Shutdown::Write).unwrap();
    is_own(&client.response(), 400);
}

#[test]
fn a_body_that_is_too_large_is_a_413_that_arrives() {
    let upstream = upstream(|mut connection| while connection.some().is_some() {});
    let (_gateway, address) = gateway(&site(upstream, "body_bytes = 100000"));
    // By its length, before any of it is read; the client sends all the same.
    let mut client = Client::connect(address);
    client.send(request("POST", "/", &[ORIGIN, "Content-Length: 3000000"]));
    client.send("x".repeat(3_000_000));
    is_own(&client.response(), 413);
    assert!(client.is_closed_gently());
    // While it comes.
    let mut client = Client::connect(address);
    client.send(request("POST", "/", &[ORIGIN, "Transfer-Encoding: chunked"]));
    for _ in 0..100 {
        client.try_send(format!("7530\r\n{}\r\n", "x".repeat(30_000)));
    }
    is_own(&client.response(), 413);
    assert!(client.is_closed_gently());
}

#[test]
fn heads_are_bounded() {
    let (_gateway, address) = gateway(&site(answering(OK), "head_bytes = \"8KiB\"\nheader_lines = 20"));
    let lines = |count: usize| {
        let lines: Vec<String> = (0..count).map(|number| format!("X-{number}: y")).collect();
        let lines: Vec<&str> = std::iter::once(ORIGIN).chain(lines.iter().map(String::as_str)).collect();
        request("GET", "/", &lines)
    };
    assert_eq!(send(address, &lines(18)).status, 200, "20 lines with Host and Origin");
    is_own(&send(address, &lines(19)), 431);
    let sized = |size: usize| request("GET", "/", &[ORIGIN, &format!("X: {}", "x".repeat(size))]);
    let fixed = sized(0).len();
    assert_eq!(send(address, &sized(8192 - fixed)).status, 200);
    is_own(&send(address, &sized(8193 - fixed)), 431);
    is_own(&send(address, &sized(1_000_000)), 431);
    let target = request("GET", &format!("/{}", "x".repeat(10_000)), &[ORIGIN]);
    assert_eq!(send(address, &target).status, 414);
}

#[test]
fn connections_beyond_the_limit_are_told_so_and_later_ones_are_served() {
    let (_gateway, address) = gateway(&site(answering(OK), "connections = 2"));
    let mut first = Client::connect(address);
    assert_eq!(first.send(request("GET", "/", &[])).response().status, 200);
    let mut second = Client::connect(address);
    assert_eq!(second.send(request("GET", "/", &[])).response().status, 200);
    let mut third = Client::connect(address);
    let response = third.send(request("GET", "/", &[ORIGIN])).response();
    is_own(&response, 503);
    assert_eq!(response.header("retry-after"), Some("1"));
    assert!(third.is_closed());
    drop(first);
    let began = Instant::now();
    while get(address, "/", &[ORIGIN]).status != 200 {
        assert!(began.elapsed() < PATIENCE, "there is room again");
    }
}

#[test]
fn idle_connections_end_and_busy_ones_do_not() {
    let upstream = upstream(|mut connection| {
        while connection.head().is_some() {
            thread::sleep(Duration::from_millis(500));
            connection.send(OK);
        }
    });
    let (_gateway, address) = gateway(&site(upstream, "idle_timeout = \"200ms\""));
    let mut client = Client::connect(address);
    assert_eq!(client.send(request("GET", "/", &[])).response().status, 200, "longer than the time-out");
    assert!(client.is_closed());
    assert!(Client::connect(address).is_closed(), "without any request");
}

#[test]
fn a_port_in_use_is_named_with_the_remedy() {
    let (first, address) = gateway(&site(nobody(), ""));
    let text = site(nobody(), "").replace("127.0.0.1:0", &address.to_string());
    let refuse = || Gateway::bind(support::site(".".as_ref(), &text), Options::default());
    let error = refuse().unwrap_err().to_string();
    assert!(error.contains(&address.to_string()) && error.contains("another program"), "{error}");
    assert!(error.contains("take another port"), "{error}");
    assert!(first.shutdown());
    refuse().unwrap();
}

#[test]
fn a_gateway_that_ends_lets_requests_end() {
    let (go, going) = mpsc::channel::<()>();
    let going = std::sync::Mutex::new(going);
    let (arrive, arrived) = mpsc::channel();
    let upstream = upstream(move |mut connection| {
        while connection.head().is_some() {
            arrive.send(()).unwrap();
            let _ = going.lock().unwrap().recv_timeout(PATIENCE);
            connection.send(OK);
        }
    });
    let (gateway, address) = gateway(&site(upstream, "drain_timeout = \"10s\""));
    let mut idle = Client::connect(address);
    let mut client = Client::connect(address);
    client.send(request("GET", "/", &[ORIGIN]));
    arrived.recv_timeout(PATIENCE).unwrap();
    let handle = gateway.handle();
    let ended = thread::spawn(move || gateway.wait());
    handle.shutdown();
    assert!(idle.is_closed(), "idle connections end at once");
    while TcpStream::connect(address).is_ok() {}
    assert!(!ended.is_finished());
    go.send(()).unwrap();
    let response = client.response();
    assert_eq!((response.status, response.header("connection")), (200, Some("close")));
    assert!(client.is_closed());
    assert!(ended.join().unwrap(), "all requests ended by themselves");
}

#[test]
fn a_gateway_that_ends_does_not_wait_forever() {
    let (arrive, arrived) = mpsc::channel();
    let upstream = upstream(move |mut connection| {
        connection.head();
        arrive.send(()).unwrap();
        while connection.some().is_some() {}
    });
    let (gateway, address) = gateway(&site(upstream, "drain_timeout = \"200ms\""));
    let mut client = Client::connect(address);
    client.send(request("GET", "/", &[ORIGIN]));
    arrived.recv_timeout(PATIENCE).unwrap();
    let began = Instant::now();
    assert!(!gateway.shutdown(), "a request was cut off");
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(client.is_closed());
}
