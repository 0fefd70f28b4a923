//! Floods, each of a bounded size: who sends one is turned away, and all others get their answers meanwhile, with the
//! right CORS headers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod support;

use std::io::Read as _;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use support::http2::{Http2, block, frame};
use support::tls::Authority;
use support::{Client, PATIENCE, echoing, gateway, gateway_in, request, upstream};

const ORIGIN: &str = "Origin: https://app.example";
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn site(upstream: impl std::fmt::Display, limits: &str) -> String {
    format!(
        "[policies.app]\norigins = [\"https://app.example\"]\n\
         [[listeners]]\naddress = \"127.0.0.1:0\"\ndefault_policy = \"app\"\n\
         [[routes]]\npath = \"/\"\nupstream = \"http://{upstream}\"\npolicy = \"app\"\n[limits]\n{limits}\n"
    )
}

/// Clients that behave: one that keeps its connection, one that takes a new one each time, and one of HTTP/2. Each
/// gets all its answers, in time, while the flood is on.
fn others_go_on(address: SocketAddr, flood: impl FnOnce()) {
    let stop = Arc::new(AtomicBool::new(false));
    let answered: [Arc<AtomicUsize>; 3] = Default::default();
    let mut clients = Vec::new();
    for keeps in [true, false] {
        let (stop, answered) = (stop.clone(), answered[usize::from(keeps)].clone());
        clients.push(thread::spawn(move || {
            let mut client = Client::connect(address);
            while !stop.load(Ordering::Relaxed) {
                if !keeps {
                    client = Client::connect(address);
                }
                let began = Instant::now();
                let response = client.send(request("GET", "/other", &[ORIGIN])).response();
                is_right(&response, began);
                answered.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    let (stopped, count) = (stop.clone(), answered[2].clone());
    clients.push(thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut client = Http2::connect(address).await;
            while !stopped.load(Ordering::Relaxed) {
                let began = Instant::now();
                let response = client.get("http://a/other", &[("origin", "https://app.example")]).await;
                is_right(&response, began);
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
    }));
    let all_answered = |more: [usize; 3]| {
        let began = Instant::now();
        while answered.iter().zip(more).any(|(count, more)| count.load(Ordering::Relaxed) < more) {
            assert!(began.elapsed() < PATIENCE, "others wait: {answered:?}");
            assert!(clients.iter().all(|client| !client.is_finished()), "others have failed");
            thread::yield_now();
        }
    };
    all_answered([1; 3]);
    flood();
    // Also after it.
    all_answered(answered.each_ref().map(|count| count.load(Ordering::Relaxed) + 2));
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap();
    }
}

#[track_caller]
fn is_right(response: &support::Response, began: Instant) {
    assert_eq!(
        (response.status, response.allow_origin()),
        (200, Some("https://app.example")),
        "{}",
        response.text()
    );
    assert_eq!(response.vary(), ["origin"]);
    assert!(began.elapsed() < Duration::from_secs(5), "after {:?}", began.elapsed());
}

/// A client that sends frames and never looks at what comes, which somebody else reads. Gives whether its connection has
/// ended by `count` frames.
fn ends(address: SocketAddr, count: usize, mut frame: impl FnMut(usize) -> Vec<u8>) -> bool {
    let mut client = Client::connect(address);
    let mut reader = client.stream().try_clone().unwrap();
    let ended = Arc::new(AtomicBool::new(false));
    let has_ended = ended.clone();
    let reading = thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        while reader.read(&mut bytes).is_ok_and(|length| length > 0) {}
        has_ended.store(true, Ordering::Relaxed);
    });
    client.send(PREFACE);
    let mut sent = 0;
    while sent < count && !ended.load(Ordering::Relaxed) {
        let batch: Vec<u8> = (sent..sent + 50).flat_map(&mut frame).collect();
        if !client.try_send(batch) {
            break;
        }
        sent += 50;
    }
    let began = Instant::now();
    while sent >= count && !ended.load(Ordering::Relaxed) && began.elapsed() < Duration::from_secs(3) {
        thread::yield_now();
    }
    let has_ended = ended.load(Ordering::Relaxed) || sent < count;
    let _ = client.stream().shutdown(Shutdown::Both);
    reading.join().unwrap();
    has_ended
}

fn head() -> Vec<u8> {
    block(&[(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/flood"), (b":authority", b"a")])
}

/// The number of the stream that a client opens as its `nth`.
fn stream(nth: usize) -> u32 {
    u32::try_from(2 * nth + 1).unwrap()
}

/// An upstream that counts the requests for `/flood`, and answers only others.
fn counting(count: &Arc<AtomicUsize>) -> SocketAddr {
    let count = count.clone();
    upstream(move |mut connection| {
        while let Some(head) = connection.head() {
            if head.starts_with("GET /flood ") {
                count.fetch_add(1, Ordering::Relaxed);
                while connection.some().is_some() {}
                return;
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    })
}

#[test]
fn frames_that_ask_for_nothing() {
    let (_gateway, address) = gateway(&site(echoing(), "stall_timeout = \"2s\""));
    others_go_on(address, || {
        for (name, bytes) in [
            ("PING", frame(6, 0, 0, &[0; 8])),
            ("PING's answer", frame(6, 1, 0, &[0; 8])),
            ("SETTINGS", frame(4, 0, 0, &[])),
            ("SETTINGS' answer", frame(4, 1, 0, &[])),
            ("PRIORITY", frame(2, 0, 1, &[0, 0, 0, 3, 0])),
            ("WINDOW_UPDATE", frame(8, 0, 0, &[0, 0, 0, 1])),
            ("an unknown one", frame(0xbe, 0, 0, &[])),
        ] {
            let ends = ends(address, 100_000, |_| bytes.clone());
            assert!(ends, "{name}: the connection has survived");
        }
    });
}

#[test]
fn frames_of_an_honest_client_are_not_too_many() {
    let (_gateway, address) = gateway(&site(echoing(), ""));
    let ends = ends(address, 9_000, |_| frame(6, 0, 0, &[0; 8]));
    assert!(!ends);
}

#[test]
fn empty_data() {
    let (_gateway, address) = gateway(&site(echoing(), "stall_timeout = \"2s\""));
    others_go_on(address, || {
        let post =
            block(&[(b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/"), (b":authority", b"a")]);
        let ends = ends(address, 100_000, |nth| match nth {
            0 => frame(HEADERS, END_HEADERS, 1, &post),
            _ => frame(0, 0, 1, &[]),
        });
        assert!(ends);
    });
}

#[test]
fn streams() {
    let count = Arc::default();
    let (_gateway, address) = gateway(&site(counting(&count), "streams = 10"));
    others_go_on(address, || {
        let head = head();
        let ends = ends(address, 10_000, |nth| frame(HEADERS, END_HEADERS | END_STREAM, stream(nth), &head));
        assert!(ends);
    });
    assert!(count.load(Ordering::Relaxed) <= 10, "{count:?} requests were passed on at once");
}

#[test]
fn resets_at_once() {
    let count = Arc::default();
    let (_gateway, address) = gateway(&site(counting(&count), ""));
    others_go_on(address, || {
        let head = head();
        let ends = ends(address, 10_000, |nth| {
            let cancel = frame(RST_STREAM, 0, stream(nth), &8_u32.to_be_bytes());
            [frame(HEADERS, END_HEADERS | END_STREAM, stream(nth), &head), cancel].concat()
        });
        assert!(ends);
    });
    assert!(count.load(Ordering::Relaxed) <= 300, "{count:?} requests were passed on");
}

#[test]
fn resets_of_requests_that_were_passed_on() {
    let count = Arc::<AtomicUsize>::default();
    let (_gateway, address) = gateway(&site(counting(&count), ""));
    let began = Instant::now();
    others_go_on(address, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = Http2::connect(address).await;
            for nth in 1..=2_000 {
                let Ok(mut requests) = client.requests().ready().await else { return };
                let get = http::Request::get("http://a/flood").body(()).unwrap();
                let Ok((_response, mut stream)) = requests.send_request(get, false) else { return };
                let began = Instant::now();
                while count.load(Ordering::Relaxed) < nth && !client.connection.is_finished() {
                    assert!(began.elapsed() < PATIENCE, "request {nth} did not arrive");
                    tokio::task::yield_now().await;
                }
                stream.send_reset(h2::Reason::CANCEL);
            }
        });
    });
    let most = 202 + 50 * (began.elapsed().as_secs() as usize + 1);
    assert!((200..=most).contains(&count.load(Ordering::Relaxed)), "{count:?} requests, at most {most}");
}

#[test]
fn heads_without_end() {
    let (_gateway, address) = gateway(&site(echoing(), ""));
    others_go_on(address, || {
        let piece = block(&[(b"x", &[b'y'; 1000])]);
        let ends = ends(address, 1_000, |nth| match nth {
            0 => frame(HEADERS, END_STREAM, 1, &head()),
            _ => frame(9, 0, 1, &piece),
        });
        assert!(ends);
        // Lines that the table makes of a byte each: 60 MB in 16 KB.
        let mut bomb = head();
        bomb.extend(b"\x40\x01x\x7f\xa1\x1e");
        bomb.extend(vec![b'y'; 4000]);
        let mut client = Client::connect(address);
        client.send(PREFACE).send(frame(HEADERS, END_STREAM | END_HEADERS, 1, &bomb));
        let lines = [head(), vec![0xbe; 15_000]].concat();
        client.send(frame(HEADERS, END_STREAM | END_HEADERS, 3, &lines));
        let all = client.read_to_end();
        // GOAWAY.
        assert!(all.windows(2).any(|bytes| bytes == [7, 0]), "{all:?}");
    });
}

#[test]
fn connections() {
    let (_gateway, address) = gateway(&site(echoing(), "connections = 20"));
    let mut first = Client::connect(address);
    assert_eq!(first.send(request("GET", "/", &[ORIGIN])).response().status, 200);
    let mut refused = 0;
    let flood: Vec<_> = (0..200).map(|_| TcpStream::connect(address).unwrap()).collect();
    for _ in 0..50 {
        // Who is in goes on; who comes is told 503, and by whom it may be read.
        let began = Instant::now();
        is_right(&first.send(request("GET", "/", &[ORIGIN])).response(), began);
        if refused < 3 {
            let response = Client::connect(address).send(request("GET", "/", &[ORIGIN])).response();
            assert_eq!((response.status, response.allow_origin()), (503, Some("https://app.example")));
            refused += 1;
        }
    }
    drop(flood);
    let began = Instant::now();
    while Client::connect(address).send(request("GET", "/", &[ORIGIN])).response().status != 200 {
        assert!(began.elapsed() < PATIENCE, "there is no room though the flood has gone");
    }
}

#[test]
fn slow_heads_of_many() {
    let (_gateway, address) = gateway(&site(echoing(), "head_timeout = \"500ms\"\nidle_timeout = \"500ms\""));
    others_go_on(address, || {
        let slow: Vec<_> = (0..200)
            .map(|nth| {
                let mut client = Client::connect(address);
                match nth % 4 {
                    0 => client.send("GET / HTTP/1.1\r\nHost: a\r\nX: "),
                    1 => client.send([PREFACE, &frame(HEADERS, 0, 1, &head())].concat()),
                    2 => client.send("PRI * HT"),
                    _ => client.send(""),
                };
                client
            })
            .collect();
        let began = Instant::now();
        for mut client in slow {
            client.read_to_end();
        }
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    });
}

#[test]
fn slow_handshakes_of_many() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    authority.write(folder.path(), "a", &["a.example"]);
    let plain = site(echoing(), "handshake_timeout = \"500ms\"");
    let tls = "[[listeners]]\naddress = \"127.0.0.1:0\"\nname = \"tls\"\n\
               tls = [{ certificate = \"a.pem\", key = \"a.key\" }]\n[limits]";
    let (gateway, address) = gateway_in(folder.path(), &plain.replace("[limits]", tls));
    let encrypted = gateway.addresses()[1];
    others_go_on(address, || {
        let mut slow = Vec::new();
        for nth in 0..200 {
            let mut client = Client::connect(encrypted);
            client.send([&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"][nth % 3]);
            slow.push(client);
        }
        // Others shake hands meanwhile.
        for _ in 0..5 {
            let mut client = Client::connect_tls(encrypted, &authority.client(&[]), "a.example");
            let began = Instant::now();
            is_right(&client.send(request("GET", "/", &[ORIGIN])).response(), began);
        }
        let began = Instant::now();
        for mut client in slow {
            client.read_to_end();
        }
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    });
}

#[test]
fn half_closed_sockets() {
    let (_gateway, address) = gateway(&site(echoing(), ""));
    others_go_on(address, || {
        // Who sends nothing more is taken to have left; an answer that was there before is whole.
        let whole = request("GET", "/", &[ORIGIN]);
        for _ in 0..100 {
            let mut client = Client::connect(address);
            client.send(&whole);
            client.stream().shutdown(Shutdown::Write).unwrap();
            let all = String::from_utf8(client.read_to_end()).unwrap();
            assert!(
                all.is_empty() || all.contains("access-control-allow-origin: https://app.example\r\n"),
                "{all}"
            );
        }
        for beginning in [&b""[..], b"GET / HTTP/1.1\r\n", b"PRI * H", PREFACE, &PREFACE[..30]] {
            let mut client = Client::connect(address);
            client.send(beginning);
            client.stream().shutdown(Shutdown::Write).unwrap();
            let began = Instant::now();
            client.read_to_end();
            assert!(began.elapsed() < Duration::from_secs(5), "{beginning:?}: {:?}", began.elapsed());
        }
    });
}

#[test]
fn half_closed_sockets_in_the_middle_of_bodies() {
    let count = Arc::<AtomicUsize>::default();
    let whole = count.clone();
    let upstream = upstream(move |mut connection| {
        while let Some(head) = connection.head() {
            if head.starts_with("POST") {
                if connection.try_body(10).is_some() {
                    whole.fetch_add(1, Ordering::Relaxed);
                }
                return;
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    let (_gateway, address) = gateway(&site(upstream, ""));
    others_go_on(address, || {
        for _ in 0..20 {
            let mut client = Client::connect(address);
            client.send(request("POST", "/", &[ORIGIN, "Content-Length: 10"]) + "half");
            client.stream().shutdown(Shutdown::Write).unwrap();
            let all = String::from_utf8(client.read_to_end()).unwrap();
            assert!(
                all.is_empty() || all.contains("access-control-allow-origin: https://app.example\r\n"),
                "{all}"
            );
        }
        let post =
            block(&[(b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/"), (b":authority", b"a")]);
        for _ in 0..20 {
            let mut client = Client::connect(address);
            client.send([PREFACE, &frame(HEADERS, END_HEADERS, 1, &post), &frame(0, 0, 1, b"half")].concat());
            client.stream().shutdown(Shutdown::Write).unwrap();
            client.read_to_end();
        }
    });
    assert_eq!(count.load(Ordering::Relaxed), 0, "half a body passed for a whole one");
}

#[test]
fn a_client_that_leaves_in_the_middle_leaves_no_connection_behind() {
    let (_gateway, address) = gateway(&site(echoing(), "connections = 5"));
    for _ in 0..50 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let requests = runtime.block_on(async {
            let client = Http2::connect(address).await;
            let post = http::Request::post("http://a/").body(()).unwrap();
            let (_, mut stream) = client.requests().send_request(post, false).unwrap();
            stream.send_data(Bytes::from_static(b"x"), false).unwrap();
            tokio::task::yield_now().await;
            client
        });
        // Its socket closes with its runtime.
        drop(runtime);
        drop(requests);
    }
    let began = Instant::now();
    loop {
        let mut stream = Client::connect(address);
        if stream.send(request("GET", "/", &[ORIGIN])).response().status == 200 {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "there is no room though all have gone");
    }
}
