//! Messages of browsers' consoles.

mod messages;

use crossorigin::infrastructure::request_origin::Origin;
use crossorigin::profiles::Profile;
use url::Url;

use crate::input_error::InputError;
use messages::{MESSAGES, Message, OF_PREFLIGHT, OPENINGS, TELL_NOTHING};

/// The longest text that is read, in bytes.
pub const MAX_CONSOLE_BYTES: usize = 256 << 10;

const SOURCE: &str = "--console";

/// What one message says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsoleMessage {
    /// The line, from 1.
    pub line: usize,
    /// Whose message it is; `None` where several browsers print it.
    pub browser: Option<Profile>,
    /// The codes of the reasons for which it is printed, the likeliest first. Empty where it only says that a request
    /// failed.
    pub reasons: Vec<&'static str>,
    /// What was asked for.
    pub url: Option<Url>,
    /// What had been asked for before it was redirected.
    pub redirected_from: Option<Url>,
    /// The origin of the page.
    pub origin: Option<Origin>,
    /// What the browser calls the one who asked, such as `fetch`.
    pub initiator: Option<String>,
    /// The header value at fault.
    pub value: Option<String>,
    /// The method that isn't permitted.
    pub method: Option<String>,
    /// The header that isn't permitted.
    pub header: Option<String>,
    /// The status of the response.
    pub status: Option<u16>,
}

/// Reads what a console printed: one message or several, each on a line of its own. Lines that say nothing of
/// cross-origin requests are passed over.
///
/// # Errors
/// No line is a message that is known.
pub fn console(text: &str) -> Result<Vec<ConsoleMessage>, InputError> {
    if text.len() > MAX_CONSOLE_BYTES {
        let message = format!("the text is longer than {MAX_CONSOLE_BYTES} bytes");
        return Err(InputError::at(SOURCE, text, 0..1, message, "paste the lines around one failure"));
    }
    let straight = straight(text);
    let mut found: Vec<_> =
        straight.lines().enumerate().filter_map(|(nth, line)| read(nth + 1, line)).collect();
    // A terminal or a mail may have wrapped the line.
    if found.iter().all(|message| message.reasons.is_empty()) {
        let joined = straight.split_whitespace().collect::<Vec<_>>().join(" ");
        let whole = read(1, &joined).filter(|message| !message.reasons.is_empty());
        if let Some(whole) = whole {
            found = vec![whole];
        }
    }
    if found.is_empty() {
        let start = text.len() - text.trim_start().len();
        let end = text[start..].find('\n').map_or(text.len(), |end| start + end);
        let message = if start == text.len() {
            "there is no message"
        } else {
            "this is no message of Chromium, Firefox or WebKit on cross-origin requests that is known here"
        };
        let remedy = "paste the whole line from the console, such as Access to fetch at '…' from origin '…' has been \
                      blocked by CORS policy: …";
        return Err(InputError::at(SOURCE, text, start..end, message, remedy));
    }
    Ok(found)
}

/// With straight quotes, for the clipboard and translations of browsers differ in theirs.
fn straight(text: &str) -> String {
    let straight = |letter| match letter {
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' => '"',
        '\u{a0}' => ' ',
        other => other,
    };
    text.chars().map(straight).collect()
}

fn read(line: usize, text: &str) -> Option<ConsoleMessage> {
    let mut read = ConsoleMessage { line, ..ConsoleMessage::default() };
    let opening = OPENINGS.iter().find_map(|opening| Some((opening, matched(opening.pattern, text)?)));
    if let Some((opening, holes)) = &opening {
        read.browser = opening.browser;
        holes.iter().for_each(|(name, value)| read.take(name, value));
    }
    let find = |messages: &'static [Message]| {
        let of_browser = |message: &&Message| read.browser.is_none() || message.browser == read.browser;
        let found = |message: &'static Message| Some((message, matched(message.pattern, text)?));
        messages.iter().filter(of_browser).find_map(found)
    };
    let (message, holes) = match find(MESSAGES) {
        Some(found) => found,
        // The opening alone says nothing either.
        None if opening.is_some() => return Some(read),
        None => find(TELL_NOTHING)?,
    };
    read.browser = message.browser;
    holes.iter().for_each(|(name, value)| read.take(name, value));
    if read.status.is_none() {
        read.status = text.split("Status code: ").nth(1).and_then(number);
    }
    let of_preflight = text.contains(OF_PREFLIGHT);
    read.reasons = message
        .reasons
        .iter()
        .filter_map(|code| if of_preflight { preflight(code) } else { Some(*code) })
        .collect();
    // A redirect is one of the statuses that are none of success.
    if read.reasons.first() == Some(&"preflight-status")
        && read.status.is_some_and(|status| matches!(status, 301 | 302 | 303 | 307 | 308))
    {
        read.reasons = vec!["preflight-redirect"];
    }
    Some(read)
}

/// The reason's code where it is the preflight's response that is at fault.
fn preflight(code: &'static str) -> Option<&'static str> {
    Some(match code {
        "allow-origin-missing" => "preflight-allow-origin-missing",
        "allow-origin-wildcard" => "preflight-allow-origin-wildcard",
        "allow-origin-mismatch" => "preflight-allow-origin-mismatch",
        "allow-credentials" => "preflight-allow-credentials",
        other => other,
    })
}

impl ConsoleMessage {
    fn take(&mut self, name: &str, text: &str) {
        let owned = || Some(text.to_owned());
        match name {
            "url" => self.url = Url::parse(text).ok(),
            "redirected_from" => self.redirected_from = Url::parse(text).ok(),
            "origin" => self.origin = text.parse().ok(),
            "initiator" => self.initiator = owned(),
            "method" => self.method = owned(),
            "header" => self.header = owned(),
            "status" => self.status = number(text),
            _ => self.value = owned(),
        }
    }
}

fn number(text: &str) -> Option<u16> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).map_or(text, |end| &text[..end]);
    digits.parse().ok()
}

/// What stands for the words in braces, where a text contains the pattern.
fn matched<'p, 't>(pattern: &'p str, text: &'t str) -> Option<Vec<(&'p str, &'t str)>> {
    let mut holes = Vec::new();
    let mut parts = pattern.split('{');
    let first = parts.next().unwrap_or_default();
    let mut rest = &text[text.find(first)? + first.len()..];
    for (nth, part) in parts.enumerate() {
        let (name, literal) = part.split_once('}').unwrap_or((part, ""));
        let end = match literal {
            // The last word: up to a blank.
            "" => rest.find(char::is_whitespace).unwrap_or(rest.len()),
            literal => rest.find(literal)?,
        };
        let mut value = &rest[..end];
        // Nothing stands before the first word: it is the one before the text.
        if nth == 0 && first.is_empty() {
            value = value.rsplit(['\n', ':', '>', ']']).next().unwrap_or(value).trim();
        }
        // A word is no sentence.
        if value.is_empty()
            || value.len() > 16 << 10
            || name != "value" && name != "initiator" && value.contains(' ')
        {
            return None;
        }
        holes.push((name, value));
        rest = &rest[end + literal.len()..];
    }
    Some(holes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossorigin::fetching::NetworkErrorReason;

    #[test]
    fn every_reason_named_is_one() {
        for message in MESSAGES {
            assert!(!message.reasons.is_empty(), "{} tells nothing", message.pattern);
            for reason in message.reasons {
                for code in [Some(*reason), preflight(reason)].into_iter().flatten() {
                    assert!(NetworkErrorReason::CODES.contains(&code), "{code}");
                }
            }
        }
    }

    /// An earlier pattern must not hide a later one that says more.
    #[test]
    fn every_message_is_read_as_itself() {
        for message in MESSAGES {
            let text = message.pattern.replace('{', "").replace('}', "");
            let read = read(1, &text).unwrap_or_else(|| panic!("{text} is not read"));
            assert_eq!((read.browser, read.reasons.as_slice()), (message.browser, message.reasons), "{text}");
        }
    }
}
