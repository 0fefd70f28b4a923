//! The nouns of the standard: origins, methods, header names and lists of them, requests.

pub mod bad_ports;
pub mod header_names;
pub mod header_values;
pub mod host_permission;
pub(crate) mod keyed_hash;
pub mod methods;
pub mod mime_type;
pub mod origin;
pub mod potentially_trustworthy;
pub mod referrer_policy;
pub mod request;
pub mod request_header_list;
pub mod request_headers;
pub mod request_origin;

use http::HeaderValue;

/// Whether a byte may stand in a method or a header name.
/// [Source](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    TOKEN_BYTES[byte as usize]
}

const TOKEN_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"!#$%&'*+-.^_`|~";
    let mut nth = 0;
    while nth < others.len() {
        table[others[nth] as usize] = true;
        nth += 1;
    }
    table
};

/// Whether these bytes are a method or a header name by their grammar.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}

/// A header value that is cloned by reference count from the first clone on; `None` for no text, and for text
/// that no header can carry.
pub(crate) fn shared_header_value(text: String) -> Option<HeaderValue> {
    if text.is_empty() {
        return None;
    }
    let value = HeaderValue::from_maybe_shared(bytes::Bytes::from(text)).ok()?;
    // `Bytes` made from a string begin to count references, by an allocation, when they are cloned first.
    let _first_clone = value.clone();
    Some(value)
}
