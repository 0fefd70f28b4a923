//! Cookies that outlive a run: a file with one on each line.

use std::io::{ErrorKind, Read as _};
use std::path::Path;

use crossorigin_agent::{Agent, MAX_COOKIE_ATTRIBUTE_BYTES, MAX_COOKIE_BYTES, MAX_COOKIES};
use url::Url;

use super::files::{self, Readers};

/// The longest file that is read, in bytes: all cookies that an agent keeps, at their longest.
const MAX_JAR_BYTES: u64 = ((MAX_COOKIE_BYTES + 4 * MAX_COOKIE_ATTRIBUTE_BYTES) * MAX_COOKIES) as u64;

const HEAD: &str = "\
# Cookies of `crossorigin open`, one on each line: a URL, a space, and the cookie as Set-Cookie sets it by that URL.
# They are as good as passwords.
";

/// Gives an agent the cookies of a file, if it is there.
///
/// # Errors
/// What is wrong with it, and where.
pub(super) fn read<T>(path: &Path, agent: &Agent<T>) -> Result<(), String> {
    let mut text = String::new();
    let file = match std::fs::File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        file => file.map_err(|error| format!("{error}; name a file that can be read"))?,
    };
    let read =
        file.take(MAX_JAR_BYTES + 1).read_to_string(&mut text).map_err(|error| match error.kind() {
            ErrorKind::InvalidData => "it is no UTF-8, and so no file of cookies; name another".to_owned(),
            _ => error.to_string(),
        })?;
    if read as u64 > MAX_JAR_BYTES {
        return Err(format!("it is longer than {MAX_JAR_BYTES} bytes; name a file of cookies"));
    }
    for (nth, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    {
        let wrong = |why: String| format!("line {}: {why}", nth + 1);
        let remedy = "write it as https://app.example/ session=1; Path=/; Secure";
        let (url, cookie) = line
            .split_once(' ')
            .ok_or_else(|| wrong(format!("there is no cookie behind a URL; {remedy}")))?;
        let url = Url::parse(url).map_err(|error| wrong(format!("{url:?} is no URL: {error}; {remedy}")))?;
        match agent.set_cookie(cookie, &url) {
            // It was good when it was written.
            Err(error) if error.has_expired() => {}
            set => set.map_err(|error| wrong(format!("{error}; {remedy}")))?,
        }
    }
    Ok(())
}

/// Writes an agent's cookies, for nobody else to read.
///
/// # Errors
/// The file can't be written.
pub(super) fn write<T>(path: &Path, agent: &Agent<T>) -> std::io::Result<()> {
    let mut text = HEAD.to_owned();
    for (url, cookie) in agent.cookies() {
        text.push_str(&format!("{url} {cookie}\n"));
    }
    files::write(path, text.as_bytes(), Readers::Owner)
}
