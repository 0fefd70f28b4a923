//! The nouns of the standard: origins, methods, header names and lists of them.

pub mod header_names;
pub mod methods;
pub mod origin;
pub mod request_header_list;

/// Whether a byte may stand in a method or a header name.
/// [Source](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    matches!(byte,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z')
}

/// Whether these bytes are a method or a header name by their grammar.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}
