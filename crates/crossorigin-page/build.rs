//! Compiles the prelude: reading it each time would take a page longer than most pages take.

use std::path::Path;

use rquickjs::module::{WriteOptions, WriteOptionsEndianness};
use rquickjs::{Context, Module, Runtime};

#[path = "src/prelude_sources.rs"]
mod prelude_sources;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/prelude_sources.rs");
    println!("cargo::rerun-if-changed=src/prelude");
    let folder = std::env::var("OUT_DIR")?;
    let is_big = std::env::var("CARGO_CFG_TARGET_ENDIAN")? == "big";
    let runtime = Runtime::new()?;
    let context = Context::full(&runtime)?;
    for (name, source) in prelude_sources::SOURCES {
        let compiled = context.with(|ctx| {
            let compile = || {
                let module = Module::declare(ctx.clone(), name, source)?;
                let endianness =
                    if is_big { WriteOptionsEndianness::Big } else { WriteOptionsEndianness::Little };
                // Scripts that look into interfaces see no source, as in browsers.
                module.write(WriteOptions { endianness, strip_source: true, ..WriteOptions::default() })
            };
            compile().map_err(|error| format!("{name}: {error}: {:?}", ctx.catch()))
        })?;
        let file = name.replace([':', '/'], "_");
        std::fs::write(Path::new(&folder).join(file), compiled)?;
    }
    Ok(())
}
