//! Commands that a real shell takes as they are meant.

use std::process::Command;

use crossorigin::infrastructure::request::BodyKind;
use crossorigin_verdict::{MAX_BODY_BYTES, curl_command, shell_word};
use http::{HeaderName, HeaderValue};

use crate::support::{Fetch, URL};

/// What a shell makes of a command: its words, and what stands before a pipe run.
fn words(command: &str) -> Vec<Vec<u8>> {
    let script = format!("curl() {{ printf '%s\\0' \"$@\"; if [ \"$stdin\" ]; then cat; fi; }}\n{command}");
    let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{command}: {output:?}");
    output.stdout.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect()
}

#[test]
fn a_shell_reads_each_word_back() {
    let all: Vec<u8> = (1..=255).filter(|&byte| byte != b'\n').collect();
    for bytes in [
        &b""[..],
        b"PUT",
        b"it's",
        b"$HOME `id` $(id)",
        b"a b\tc",
        b"\\n%s%%\\",
        b"!!",
        b"\"",
        b"\xe9",
        b"*?[]~#&;|<>",
        "naïve ‘…’".as_bytes(),
        b"\x1b[31m",
        b"-H",
        b"=x",
        b"a\nb",
        &all,
    ] {
        let command = format!("curl {}", shell_word(bytes));
        assert_eq!(words(&command)[0], bytes, "{command}");
        let acted_upon = |letter: char| letter.is_control() && !"\n\t".contains(letter);
        assert!(!command.chars().any(acted_upon), "{command:?}");
    }
}

fn exchange_with(headers: &[(&'static str, &[u8])]) -> crossorigin_verdict::Exchange {
    let mut fetch = Fetch::new(URL);
    for (name, value) in headers {
        fetch.request.headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
    }
    let permission = "204\naccess-control-allow-origin: *\naccess-control-allow-headers: *";
    fetch.answered(&[permission, "200\naccess-control-allow-origin: *"]).exchanges.remove(1)
}

#[test]
fn headers_arrive_to_the_byte() {
    let exchange = exchange_with(&[("x-a", b"it's \"$HOME\" \\ %"), ("x-b", b"\xe9"), ("x-c", b"")]);
    let words = words(&curl_command(&exchange, None));
    for expected in
        [&b"x-a: it's \"$HOME\" \\ %"[..], b"x-b: \xe9", b"x-c;", b"accept:", b"user-agent:", b"--http1.1"]
    {
        assert!(words.iter().any(|word| word == expected), "{:?}", String::from_utf8_lossy(expected));
    }
    assert!(words.iter().any(|word| word == b"--path-as-is"));
    assert!(!words.iter().any(|word| word == b"-L" || word == b"--location"));
}

#[test]
fn methods_and_bodies_arrive() {
    let command = |method: &str, body: BodyKind, bytes: Option<&[u8]>| {
        let record = Fetch::new(URL).method(method).body(body);
        let mut exchange = match method {
            "PUT" => record
                .answered(&[
                    "204\naccess-control-allow-origin: *\naccess-control-allow-methods: *",
                    "200\naccess-control-allow-origin: *",
                ])
                .exchanges
                .remove(1),
            _ => record.answered(&["200\naccess-control-allow-origin: *"]).exchanges.remove(0),
        };
        exchange.request.has_body = body != BodyKind::None;
        curl_command(&exchange, bytes)
    };
    let after = |command: &str, option: &str| {
        let words = words(command);
        let at = words.iter().position(|word| word == option.as_bytes());
        at.map(|at| words[at + 1].clone())
    };
    let put = command("PUT", BodyKind::Replayable, Some("@it's\nfour é\n\n".as_bytes()));
    assert_eq!(after(&put, "-X").unwrap(), b"PUT");
    assert_eq!(after(&put, "--data-raw").unwrap(), "@it's\nfour é\n\n".as_bytes());
    assert!(words(&put).iter().any(|word| word == b"content-type:"), "curl would add one of its own");
    let zero = command("POST", BodyKind::Replayable, Some(b"a\0b"));
    let piped = words(&zero.replace("| curl", "| stdin=1 curl"));
    assert_eq!(piped[piped.len() - 2..], [b"a".to_vec(), b"b".to_vec()], "{zero}");
    let long = vec![b'x'; MAX_BODY_BYTES + 1];
    for body in [None, Some(&long[..])] {
        let command = command("POST", BodyKind::Replayable, body);
        assert_eq!(after(&command, "--data-binary").unwrap(), b"@body");
    }
    let get = command("GET", BodyKind::None, None);
    assert_eq!(after(&get, "-X"), None);
    assert!(words(&command("HEAD", BodyKind::None, None)).iter().any(|word| word == b"--head"));
}
