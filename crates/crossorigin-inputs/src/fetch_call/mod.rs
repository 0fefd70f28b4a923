//! `fetch()` calls, as developer tools copy them ("Copy as fetch") and as people write them.

mod literal;
mod options;

use url::Url;

use crate::described::Described;
use crate::input_error::InputError;
use crate::urls::http_url;
use literal::{Literal, Reader, Value};

/// The longest call that is read, in bytes.
pub const MAX_CALL_BYTES: usize = 4 << 20;
/// How deeply objects and arrays may be nested.
pub const MAX_DEPTH: usize = 32;

const SOURCE: &str = "--js";
const EXAMPLE: &str =
    "write one call of literals, such as fetch(\"https://api.example/items\", { method: \"PUT\" })";

/// Reads one `fetch()` call whose arguments are literals. A relative URL is of `page`.
///
/// Nothing is run: variables, expressions and what follows the call (such as `.then(…)`) are refused.
///
/// # Errors
/// Anything but one such call, with the place where it stops being one.
pub fn fetch_call(text: &str, page: Option<&Url>) -> Result<Described, InputError> {
    if text.len() > MAX_CALL_BYTES {
        let message = format!("the call is longer than {MAX_CALL_BYTES} bytes");
        return Err(InputError::at(SOURCE, text, 0..1, message, "shorten its body"));
    }
    let mut reader = Reader::new(SOURCE, text);
    reader.takes_word("await");
    for object in ["window", "self", "globalThis"] {
        if reader.takes_word(object) {
            reader.expect(".", EXAMPLE)?;
        }
    }
    if !reader.takes_word("fetch") {
        let (what, span) = reader.next();
        let message = format!("{what} stands where fetch( should");
        return Err(reader.error(span, message, EXAMPLE));
    }
    reader.expect("(", EXAMPLE)?;
    let input = reader.literal()?;
    let described = address(&reader, &input, page)?;
    let mut options = None;
    if reader.takes(",") && !reader.is_next(")") {
        options = Some(reader.literal()?);
        reader.takes(",");
    }
    reader.expect(")", "close the call")?;
    reader.takes(";");
    reader.skip();
    if reader.at() < text.len() {
        let (what, span) = reader.next();
        let message = format!("{what} follows the call, and nothing is run here");
        return Err(reader.error(span, message, "give the call alone"));
    }
    options::apply(&reader, described, options.as_ref())
}

fn address(reader: &Reader<'_>, input: &Literal, page: Option<&Url>) -> Result<Described, InputError> {
    let Value::Text(written) = &input.value else {
        let message = format!("the URL is {}", input.value.kind());
        return Err(reader.error(input.span.clone(), message, EXAMPLE));
    };
    let url = http_url(written, page)
        .map_err(|(message, remedy)| reader.error(input.span.clone(), message, remedy))?;
    if !url.username().is_empty() || url.password().is_some() {
        let message = "fetch() throws for a URL with a user name or password";
        return Err(reader.error(input.span.clone(), message, "leave them out"));
    }
    Ok(Described::new(url))
}
