//! The prelude, compiled by the crate's build script.

macro_rules! compiled {
    ($file:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $file))
    };
}

/// Its parts, by their names.
pub(crate) const COMPILED: &[(&str, &[u8])] = &[
    (MAIN, compiled!("crossorigin_prelude")),
    (WEBGL, compiled!("crossorigin_prelude_webgl")),
    (FONTS, compiled!("crossorigin_prelude_fonts")),
    (STREAMS, compiled!("crossorigin_prelude_streams")),
];

/// The interfaces of a page.
pub(crate) const MAIN: &str = PRELUDE_NAME;
/// WebGL, which is read where a page first asks for it, as the other parts are.
pub(crate) const WEBGL: &str = "crossorigin:prelude/webgl";
/// Fonts, and text on canvases.
pub(crate) const FONTS: &str = "crossorigin:prelude/fonts";
/// Streams.
pub(crate) const STREAMS: &str = "crossorigin:prelude/streams";

/// What stacks of calls have in place of the prelude's URL.
pub(crate) const PRELUDE_NAME: &str = "crossorigin:prelude";

#[cfg(test)]
#[path = "prelude_sources.rs"]
mod prelude_sources;

#[cfg(test)]
mod tests {
    use rquickjs::module::{WriteOptions, WriteOptionsEndianness};
    use rquickjs::{Context, Module, Runtime};

    use super::*;

    #[test]
    fn the_prelude_is_what_its_files_say() {
        let context = Context::full(&Runtime::new().unwrap()).unwrap();
        for ((name, compiled), (own, source)) in COMPILED.iter().zip(prelude_sources::SOURCES) {
            assert_eq!(*name, own);
            let options = || WriteOptions {
                endianness: WriteOptionsEndianness::Native,
                strip_source: true,
                ..WriteOptions::default()
            };
            let anew = context.with(|ctx| Module::declare(ctx, own, source)?.write(options())).unwrap();
            assert!(anew == *compiled, "{name} is not what its files say");
        }
    }
}
