//! Bodies that come compressed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use async_compression::Level;
use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZstdEncoder};
use async_compression::zstd::CParameter;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crossorigin_agent::{Limits, MAX_CONTENT_ENCODINGS};
use crossorigin_verdict::{Outcome, TransportFailureKind as Kind};
use http::{HeaderName, HeaderValue, Method};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use self::support::{RawServer, Then, any_page, get, page, transport};

// "hello " twenty times, by zlib, Brotli and zstd's own programs.
const GZIP: &str = "H4sIAAAAAAAAA8tIzcnJV8igOwkAL/r4SHgAAAA=";
const ZLIB: &str = "eJzLSM3JyVfIoDsJAHe6LBE=";
const DEFLATE: &str = "y0jNyclXyKA7CQA=";
const BROTLI: &str = "G3cA+I2Ubt5EVYaWbCBvEVscgMUB";
const ZSTD: &str = "KLUv/QRYbQAAMGhlbGxvIAEAL2kpAno+fCg=";
const BROTLI_OF_GZIP: &str = "Cw6AH4sIAAAAAAAAA8tIzcnJV8igOwkAL/r4SHgAAAAD";
/// Ten million zeros by Brotli.
const BOMB: &str = "y///P/gnAOKxQCD3/i//LDHwTwDEYRGAjiMG";

fn answer(encoding: &str, body: &[u8]) -> Vec<u8> {
    let mut head =
        format!("HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\ncontent-encoding: {encoding}\r\n");
    if !encoding.contains("chunked") {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// In chunks, with one after it.
fn chunked(body: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n4\r\nmore\r\n0\r\n\r\n"].concat()
}

async fn read(mut encoder: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut encoded = Vec::new();
    encoder.read_to_end(&mut encoded).await.unwrap();
    encoded
}

/// Zeros, and how far zstd looks back in them.
async fn zstd(window_bits: u32) -> Vec<u8> {
    let parameters = [CParameter::window_log(window_bits)];
    read(ZstdEncoder::with_quality_and_params(&[0; 1000][..], Level::Default, &parameters)).await
}

#[tokio::test]
async fn bodies_are_decompressed() {
    let hello = "hello ".repeat(20);
    for (encoding, body) in [
        ("gzip", GZIP),
        ("x-gzip", GZIP),
        ("GZIP", GZIP),
        ("deflate", ZLIB),
        ("deflate", DEFLATE),
        ("br", BROTLI),
        ("zstd", ZSTD),
        ("gzip, br", BROTLI_OF_GZIP),
        ("gzip\r\ncontent-encoding: br", BROTLI_OF_GZIP),
        ("identity, gzip", GZIP),
        (
            "deflate, gzip",
            &STANDARD.encode(read(GzipEncoder::new(&*STANDARD.decode(DEFLATE).unwrap())).await),
        ),
        ("deflate, gzip", &STANDARD.encode(read(GzipEncoder::new(&*STANDARD.decode(ZLIB).unwrap())).await)),
        ("gzip\r\ntransfer-encoding: chunked", &STANDARD.encode(chunked(&STANDARD.decode(GZIP).unwrap()))),
        // What follows is no part of it.
        ("gzip", &STANDARD.encode([STANDARD.decode(GZIP).unwrap(), b"more".to_vec()].concat())),
    ] {
        let server = RawServer::new(answer(encoding, &STANDARD.decode(body).unwrap()), Then::Keep).await;
        let mut page = any_page();
        for _ in 0..2 {
            let response = page.fetch(get(server.url())).await.unwrap();
            assert_eq!(response.text().await.unwrap(), hello, "{encoding}");
        }
        let (response, _) = page.fetch_recorded(get(server.url())).await;
        assert_eq!(response.unwrap().text().await.unwrap(), hello, "{encoding}");
        assert_eq!(server.connections(), 1, "{encoding}: the connection is kept");
    }
}

#[tokio::test]
async fn what_is_not_known_or_empty_stays_as_it_is() {
    for (encoding, body) in [("compress", "as it is"), ("gzip, compress", "as it is"), ("gzip", "")] {
        let server = RawServer::new(answer(encoding, body.as_bytes()), Then::Keep).await;
        let response = any_page().fetch(get(server.url())).await.unwrap();
        assert_eq!(response.text().await.unwrap(), body, "{encoding}");
    }
    let head = String::from_utf8(answer("gzip", &[0; 9])).unwrap().replace('\0', "");
    let server = RawServer::new(head, Then::Keep).await;
    let response = any_page().fetch(get(server.url()).method(Method::HEAD)).await.unwrap();
    assert_eq!(response.text().await.unwrap(), "");
}

#[tokio::test]
async fn what_is_wrongly_compressed_or_grows_beyond_the_limit_is_told() {
    let gzip = STANDARD.decode(GZIP).unwrap();
    let too_many = ["gzip"; MAX_CONTENT_ENCODINGS + 1].join(", ");
    // Nothing, under a name of two million letters.
    let mut named = STANDARD.decode("H4sICAAAAAAAAw==").unwrap();
    named.resize(2_000_000, b'x');
    named.extend([0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let named = read(BrotliEncoder::new(&*named)).await;
    let wide = zstd(24).await;
    for (encoding, body, then, kind) in [
        ("gzip", &b"hello"[..], Then::Keep, Kind::Malformed),
        ("br", b"hello", Then::Keep, Kind::Malformed),
        ("gzip", &gzip[..20], Then::Keep, Kind::Malformed),
        ("br", &STANDARD.decode(BOMB).unwrap(), Then::Keep, Kind::TooLarge),
        (&too_many, &gzip, Then::Keep, Kind::TooLarge),
        ("gzip, br", &named, Then::Keep, Kind::TooLarge),
        ("zstd", &wide, Then::Keep, Kind::Malformed),
        // Nothing, by a Brotli that looks 32 MB back, which is none.
        ("br", &[0x11, 0xD9], Then::Keep, Kind::Malformed),
    ] {
        let server = RawServer::new(answer(encoding, body), then).await;
        let mut limits = Limits::default();
        limits.max_body_bytes = 1_000_000;
        let mut page = page(transport().build(), limits);
        assert!(page.fetch(get(server.url())).await.unwrap().bytes().await.is_err(), "{encoding}");
        let (_, record) = page.fetch_recorded(get(server.url())).await;
        match record.outcome {
            Outcome::Unreachable(failure) => assert_eq!(failure.kind, kind, "{encoding}: {failure}"),
            other => panic!("{encoding}: {other:?}"),
        }
    }
    // What breaks off is told as that, compressed or not.
    let mut broken = answer("gzip", &gzip);
    broken.truncate(broken.len() - 10);
    let server = RawServer::new(broken, Then::Close).await;
    let (_, record) = any_page().fetch_recorded(get(server.url())).await;
    assert!(matches!(&record.outcome, Outcome::Unreachable(failure) if failure.kind == Kind::Reset));
}

#[tokio::test]
async fn windows_are_as_wide_as_the_standards_have_them() {
    for (encoding, body) in [("zstd", zstd(23).await), ("br", read(BrotliEncoder::new(&[0; 1000][..])).await)]
    {
        let server = RawServer::new(answer(encoding, &body), Then::Keep).await;
        let response = any_page().fetch(get(server.url())).await.unwrap();
        assert_eq!(*response.bytes().await.unwrap(), [0; 1000], "{encoding}");
    }
}

#[tokio::test]
async fn ranges_are_asked_for_as_they_are() {
    let server = RawServer::new(answer("identity", b"hi"), Then::Keep).await;
    let mut page = any_page();
    page.fetch(get(server.url())).await.unwrap();
    let range =
        get(server.url()).header(HeaderName::from_static("range"), HeaderValue::from_static("bytes=0-1"));
    page.fetch(range).await.unwrap();
    let heads = server.heads();
    assert!(heads[0].contains("\r\naccept-encoding: gzip, deflate, br, zstd\r\n"), "{}", heads[0]);
    assert!(heads[1].contains("\r\naccept-encoding: identity\r\n"), "{}", heads[1]);
}
