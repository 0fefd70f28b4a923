//! What programs paint on canvases, in `crossorigin open` beside Chromium: to the byte where unscaled pixels are
//! opaque, elsewhere alike to the eye.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "canvas/samples.rs"]
mod samples;
mod support;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use serde_json::{Value, json};
use support::browser::{Browser, base64};
use support::picture::Picture;
use support::similarity::similarity;

/// How alike pictures are at least, from 0 to 1.
const ALIKE: f64 = 0.99;

/// How letters are fitted to pixels is a matter of each machine; here they are as their fonts have them.
const FONTS: &str = r#"<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <match target="pattern">
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
    <edit name="autohint" mode="assign"><bool>false</bool></edit>
    <edit name="hintstyle" mode="assign"><const>hintnone</const></edit>
    <edit name="rgba" mode="assign"><const>none</const></edit>
  </match>
</fontconfig>"#;

/// Programs that come out differently, and why; each must do so.
const APART: &[(&str, &str)] = &[
    (
        "toBlob: image/webp, quality 0.9",
        "Chromium's loses what this quality lets it; here a WebP loses nothing, for nothing here writes another",
    ),
    ("shadow, blurred by 1", "Chromium's is wider than its blur"),
];

type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// What came of a program.
#[derive(Deserialize)]
struct Done {
    name: String,
    /// What must agree: `exact`, every opaque pixel; `every`, every pixel; `close`, the looks of it.
    kind: String,
    said: String,
    png: Option<String>,
}

impl Done {
    fn file(&self) -> Option<Vec<u8>> {
        Some(base64(self.png.as_ref()?.strip_prefix("data:image/png;base64,")?))
    }

    fn picture(&self) -> Option<Picture> {
        self.file().map(|file| Picture::of(&file))
    }
}

#[test]
#[ignore = "needs chromium and chromium-driver: cargo xtask test"]
fn canvases_are_painted_as_in_chromium() {
    let files: Files = Arc::default();
    for (name, content) in samples::files() {
        files.lock().unwrap().insert(format!("/{name}"), content);
    }
    let site = serve(Arc::clone(&files));
    let folder = tempfile::tempdir().unwrap();
    let fonts = folder.path().join("fonts.conf");
    std::fs::write(&fonts, FONTS).unwrap();
    let browser = Browser::start_in(&[("FONTCONFIG_FILE", &fonts)], &[]);
    // Photographs with less colour than brightness, which is how most are made.
    browser.open(&format!("{site}photo.png"));
    for (kind, name) in [("jpeg", "/by-chromium.jpg"), ("webp", "/by-chromium.webp")] {
        let made = browser.run_with(
            "const canvas = Object.assign(document.createElement('canvas'), { width: 96, height: 64 });
             const image = new Image();
             image.src = 'smooth.png';
             await image.decode();
             canvas.getContext('2d').drawImage(image, 0, 0);
             return canvas.toDataURL(`image/${arguments[0]}`, .8).split(',')[1];",
            &json!([kind]),
        );
        files.lock().unwrap().insert(name.to_owned(), base64(made.as_str().unwrap()));
    }
    browser.open(&site);
    let theirs = all(&browser.run("return await done"));
    let ours = in_open(&site);
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.len() >= 60, "{} programs", ours.len());

    keep("open", &ours);
    keep("chromium", &theirs);
    let mut failed = Vec::new();
    for (own, other) in ours.iter().zip(&theirs) {
        assert_eq!(own.name, other.name);
        let why = APART.iter().find(|(name, _)| *name == own.name).map(|(_, why)| why);
        let compared = compared(own, other);
        let (Ok(told) | Err(told)) = &compared;
        println!("{told} {}{}", own.name, why.map(|why| format!(" (apart: {why})")).unwrap_or_default());
        if compared.is_ok() == why.is_some() {
            failed.push(&own.name);
        }
    }
    assert!(failed.is_empty(), "{} of {} are not as they should be: {failed:#?}", failed.len(), ours.len());
}

/// How alike two outcomes are: the lowest similarity of a channel, how many opaque pixels differ and how much the
/// most different sample does; an error where it is not enough.
fn compared(own: &Done, other: &Done) -> Result<String, String> {
    let (Some(one), Some(two)) = (own.picture(), other.picture()) else {
        return Err(format!("open: {}; Chromium: {};", own.said, other.said));
    };
    let lowest = similarity(&one, &two).into_iter().fold(f64::INFINITY, f64::min);
    let (mut opaque, mut unequal, mut most) = (0, 0, 0);
    for y in 0..one.height {
        for x in 0..one.width {
            let (own, other) = (one.pixel(x, y), two.pixel(x, y));
            if other[3] == 255 || own[3] == 255 {
                opaque += usize::from(own != other);
            }
            unequal += usize::from(own != other);
            most = most.max(own.iter().zip(other).map(|(own, other)| own.abs_diff(other)).max().unwrap());
        }
    }
    let told = format!("{:<5} {lowest:.4} {opaque:>5} {most:>3}", own.kind);
    let is_exact = match &*own.kind {
        "exact" => opaque == 0,
        "every" => unequal == 0,
        _ => true,
    };
    if own.said != other.said {
        return Err(format!("{told} said {}, not {}", own.said, other.said));
    }
    if is_exact && lowest >= ALIKE { Ok(told) } else { Err(told) }
}

/// Keeps the pictures for whoever wants to look at them.
fn keep(whose: &str, all: &[Done]) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("canvases").join(whose);
    std::fs::create_dir_all(&folder).unwrap();
    for done in all {
        let name = done.name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
        if let Some(file) = done.file() {
            std::fs::write(folder.join(format!("{name}.png")), file).unwrap();
        }
    }
    println!("pictures: {}", folder.display());
}

fn all(told: &Value) -> Vec<Done> {
    serde_json::from_str(told.as_str().unwrap()).unwrap()
}

fn in_open(site: &str) -> Vec<Done> {
    let output = Command::new(env!("CARGO_BIN_EXE_crossorigin"))
        .args([
            "open",
            site,
            "--profile",
            "chromium",
            "--format",
            "json",
            "--timeout",
            "300",
            "--eval",
            "done",
        ])
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let last =
        printed.lines().last().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let value: Value = serde_json::from_str(last).unwrap();
    all(value.get("value").unwrap_or(&value))
}

/// Serves the files until the test is over.
fn serve(files: Files) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let files = Arc::clone(&files);
            std::thread::spawn(move || answer(&stream, &files));
        }
    });
    site
}

fn answer(mut stream: &TcpStream, files: &Files) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    // The head is read to its end: what is closed with data unread is reset.
    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
    let path = first.split(' ').nth(1).unwrap_or_default();
    let found = files.lock().unwrap().get(path).cloned();
    let (status, content) = found.map_or(("404 Not Found", Vec::new()), |content| ("200 OK", content));
    let kind = samples::type_of(path);
    let length = content.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&content)
}
