//! Text encodings, base64 and chance, for the prelude.

use std::cell::RefCell;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use ring::rand::{SecureRandom as _, SystemRandom};
use rquickjs::{Ctx, Exception, Function, Object, TypedArray};

use crate::functions::{binary, set};

/// Base64 whose last character may say more than there are bytes for.
/// [Source](https://infra.spec.whatwg.org/#forgiving-base64-decode).
const FORGIVING: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

pub(crate) fn define<'js>(ctx: &Ctx<'js>, to: &Object<'js>) -> rquickjs::Result<()> {
    set(ctx, to, "encode_utf8", |ctx: Ctx<'js>, text: String| TypedArray::<u8>::new(ctx, text.into_bytes()))?;
    set(ctx, to, "decode_utf8", |bytes: String| {
        UTF_8.decode_with_bom_removal(&binary(&bytes)).0.into_owned()
    })?;
    set(ctx, to, "encoding_name", |label: String| {
        Encoding::for_label(label.as_bytes()).map(|encoding| encoding.name().to_ascii_lowercase())
    })?;
    // A byte order mark has the last word.
    set(ctx, to, "decode_text", |bytes: String, label: String| {
        let encoding = Encoding::for_label(label.as_bytes()).unwrap_or(UTF_8);
        encoding.decode(&binary(&bytes)).0.into_owned()
    })?;
    set(ctx, to, "decoder", |ctx: Ctx<'js>, label: String, fatal: bool, ignores_mark: bool| {
        let encoding = Encoding::for_label(label.as_bytes()).unwrap_or(UTF_8);
        let decoder = RefCell::new(match ignores_mark {
            true => encoding.new_decoder_without_bom_handling(),
            false => encoding.new_decoder_with_bom_removal(),
        });
        Function::new(ctx, move |bytes: String, is_last: bool| {
            decode(&mut decoder.borrow_mut(), &binary(&bytes), fatal, is_last)
        })
    })?;
    // As text comes, a byte order mark has the last word here too.
    set(ctx, to, "text_decoder", |ctx: Ctx<'js>, label: String| {
        let decoder = RefCell::new(Encoding::for_label(label.as_bytes()).unwrap_or(UTF_8).new_decoder());
        Function::new(ctx, move |bytes: String, is_last: bool| {
            decode(&mut decoder.borrow_mut(), &binary(&bytes), false, is_last)
        })
    })?;
    set(ctx, to, "encode_base64", |bytes: String| FORGIVING.encode(binary(&bytes)))?;
    set(ctx, to, "decode_base64", |text: String| decode_base64(&text))?;
    set(ctx, to, "random_name", || format!("{:016x}", fastrand::u64(..)))?;
    set(ctx, to, "random_bytes", |ctx: Ctx<'js>, count: usize| {
        let mut bytes = vec![0; count];
        let filled = SystemRandom::new().fill(&mut bytes);
        filled.map_err(|_| Exception::throw_message(&ctx, "the system has no random numbers"))?;
        TypedArray::<u8>::new(ctx, bytes)
    })
}

/// The text of bytes; nothing where they are none of the encoding's, and that is fatal.
fn decode(decoder: &mut Decoder, bytes: &[u8], fatal: bool, is_last: bool) -> Option<String> {
    let mut text = String::new();
    if !fatal {
        text.reserve(decoder.max_utf8_buffer_length(bytes.len())?);
        let _ = decoder.decode_to_string(bytes, &mut text, is_last);
        return Some(text);
    }
    text.reserve(decoder.max_utf8_buffer_length_without_replacement(bytes.len())?);
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, is_last);
    (result == DecoderResult::InputEmpty).then_some(text)
}

/// [Source](https://infra.spec.whatwg.org/#forgiving-base64-decode).
fn decode_base64(text: &str) -> Option<String> {
    let is_space = |letter: char| matches!(letter, '\t' | '\n' | '\x0C' | '\r' | ' ');
    let mut text: String = text.chars().filter(|letter| !is_space(*letter)).collect();
    if text.len().is_multiple_of(4) {
        let bare = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).map(str::len);
        text.truncate(bare.unwrap_or(text.len()));
    }
    if text.contains('=') || text.len() % 4 == 1 {
        return None;
    }
    let padding = "=".repeat((4 - text.len() % 4) % 4);
    Some(FORGIVING.decode(text + &padding).ok()?.into_iter().map(char::from).collect())
}
