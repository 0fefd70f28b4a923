//! Images: what a file shows, how large it may be, and what elements tell of it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "another test uses the rest")]
mod support;

use image::codecs::{gif::GifEncoder, jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder};
use image::{ExtendedColorType, Frame, ImageEncoder as _, RgbaImage};
use support::{Files, console};

/// Red on the left, blue on the right.
fn red_blue(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, _| match x < width / 2 {
        true => [255, 0, 0, 255].into(),
        false => [0, 0, 255, 255].into(),
    })
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let picture = red_blue(width, height);
    PngEncoder::new(&mut file).write_image(&picture, width, height, ExtendedColorType::Rgba8).unwrap();
    file
}

fn gif() -> Vec<u8> {
    let mut file = Vec::new();
    let second = RgbaImage::from_pixel(16, 16, [0, 255, 0, 255].into());
    GifEncoder::new(&mut file).encode_frames([Frame::new(red_blue(16, 16)), Frame::new(second)]).unwrap();
    file
}

fn webp() -> Vec<u8> {
    let mut file = Vec::new();
    WebPEncoder::new_lossless(&mut file).encode(&red_blue(16, 16), 16, 16, ExtendedColorType::Rgba8).unwrap();
    file
}

/// A JPEG that says how it is held, as EXIF counts orientations.
fn jpeg(orientation: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut file, 100);
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    encoder.set_exif_metadata(exif).unwrap();
    let rgb = image::DynamicImage::from(red_blue(32, 16)).into_rgb8();
    encoder.write_image(&rgb, 32, 16, ExtendedColorType::Rgb8).unwrap();
    file
}

/// A PNG that says to be larger than what follows.
fn lying_png(width: u32, height: u32) -> Vec<u8> {
    let mut file = png(2, 2);
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc(&file[12..29]);
    file[29..33].copy_from_slice(&sum.to_be_bytes());
    file
}

/// The check sum of a chunk of a PNG.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg()))
    })
}

fn svg(attributes: &str, inside: &str) -> Vec<u8> {
    format!("<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' {attributes}>{inside}</svg>")
        .into_bytes()
}

const RED: &str = "<rect width='100%' height='100%' fill='red'/>";

fn files(files: Vec<(&'static str, &'static str, Vec<u8>)>) -> Files {
    let leaked: Vec<_> =
        files.into_iter().map(|(path, headers, body)| (path, headers, &*Vec::leak(body))).collect();
    Vec::leak(leaked)
}

/// What a script says that has means to load an image, and to look at it.
fn seen(script: &str, own: Files, other: Files) -> Vec<String> {
    console(
        &format!(
            "<!doctype html><script>
               const load = (src, crossOrigin = null) => new Promise((done, failed) =>
                 Object.assign(new Image(), {{ crossOrigin, onload() {{ done(this) }}, onerror: () => failed('error event'), src }}));
               const on = image => {{
                 const canvas = Object.assign(document.createElement('canvas'), {{ width: image.naturalWidth, height: image.naturalHeight }});
                 const context = canvas.getContext('2d');
                 context.drawImage(image, 0, 0);
                 return (x, y) => [...context.getImageData(x, y, 1, 1).data].join();
               }};
               const of = async (src, ...points) => {{
                 try {{
                   const image = await load(src);
                   const at = on(image);
                   return `${{image.naturalWidth}}x${{image.naturalHeight}} ${{points.map(([x, y]) => at(x, y)).join(' ')}}`;
                 }} catch (e) {{ return e.name ?? e; }}
               }};
               (async () => {{ {script} }})();
             </script>"
        ),
        own,
        other,
    )
}

const PNG: &str = "Content-Type: image/png\r\n";
const SVG: &str = "Content-Type: image/svg+xml;charset=utf-8\r\n";

#[test]
fn files_show_what_is_in_them_whatever_they_say_to_be() {
    let own = files(vec![
        ("/a.png", PNG, png(16, 16)),
        ("/a.gif", "Content-Type: image/gif\r\n", gif()),
        ("/a.webp", "Content-Type: image/webp\r\n", webp()),
        ("/odd", "Content-Type: text/plain\r\n", webp()),
        ("/none", "", gif()),
    ]);
    for path in ["/a.png", "/a.gif", "/a.webp", "/odd", "/none"] {
        let script = format!("console.log(await of('{path}', [0, 0], [15, 15]))");
        assert_eq!(seen(&script, own, &[]), ["16x16 255,0,0,255 0,0,255,255"], "{path}");
    }
}

#[test]
fn photographs_stand_upright() {
    for (orientation, size, first, last) in [
        (1, "32x16", "red", "blue"),
        (3, "32x16", "blue", "red"),
        (6, "16x32", "red", "blue"),
        (8, "16x32", "blue", "red"),
    ] {
        let own = files(vec![("/a.jpg", "Content-Type: image/jpeg\r\n", jpeg(orientation))]);
        let script = "const image = await load('/a.jpg'), at = on(image);
            const colour = (x, y) => { const [r, g, b] = at(x, y).split(','); return r > 200 && b < 50 ? 'red' : b > 200 && r < 50 ? 'blue' : 'none'; };
            console.log(`${image.naturalWidth}x${image.naturalHeight}`, colour(2, 2), colour(image.naturalWidth - 3, image.naturalHeight - 3));";
        assert_eq!(seen(script, own, &[]), [format!("{size} {first} {last}")], "{orientation}");
    }
}

#[test]
fn svg_images_have_a_size_and_load_nothing() {
    const NONE: &str = "0,0,0,0";
    const FULL: &str = "255,0,0,255";
    for (attributes, inside, expected) in [
        ("width='20' height='10'", RED, format!("20x10 {FULL} {FULL}")),
        ("width='1in' height='10'", RED, format!("96x10 {FULL} {FULL}")),
        ("viewBox='0 0 10 10'", RED, format!("150x150 {FULL} {FULL}")),
        ("viewBox='0 0 100 10'", RED, format!("300x30 {FULL} {FULL}")),
        ("width='100%' height='100%'", RED, format!("300x150 {FULL} {FULL}")),
        ("", RED, format!("300x150 {FULL} {FULL}")),
        ("width='50%' height='20'", RED, format!("150x20 {FULL} {FULL}")),
        (
            "width='20' height='10'",
            "<style>rect { fill: #f00 }</style><rect width='9' height='9'/>",
            format!("20x10 {FULL} {NONE}"),
        ),
        (
            "width='20' height='10'",
            "<script>document.documentElement.innerHTML = ''</script><rect width='9' height='9' fill='red'/>",
            format!("20x10 {FULL} {NONE}"),
        ),
        // What another file has, on this machine, this host or another, is not shown.
        (
            "width='20' height='20'",
            "<image href='/inner.png' width='20' height='20'/>",
            format!("20x20 {NONE} {NONE}"),
        ),
        (
            "width='20' height='20'",
            "<image href='{inner}' width='20' height='20'/>",
            format!("20x20 {NONE} {NONE}"),
        ),
        (
            "width='20' height='20'",
            "<image xlink:href='file:{inner}' width='20' height='20'/>",
            format!("20x20 {NONE} {NONE}"),
        ),
        ("width='20' height='20'", "<use href='/other.svg#a'/>", format!("20x20 {NONE} {NONE}")),
        // A file that is within this one is.
        (
            "width='20' height='20'",
            "<image href='data:image/png;base64,{png}' width='60' height='60'/>",
            format!("20x20 {FULL} {FULL}"),
        ),
    ] {
        use base64::Engine as _;
        let inner = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/red-blue.png");
        assert!(inner.exists());
        let encoded = base64::engine::general_purpose::STANDARD.encode(png(16, 16));
        let inside = inside.replace("{inner}", inner.to_str().unwrap()).replace("{png}", &encoded);
        let own = files(vec![("/a.svg", SVG, svg(attributes, &inside)), ("/inner.png", PNG, png(20, 20))]);
        let script = "const image = await load('/a.svg'), at = on(image);
            console.log(`${image.naturalWidth}x${image.naturalHeight}`, at(2, 2), at(image.naturalWidth - 2, image.naturalHeight - 2));";
        assert_eq!(seen(script, own, &[]), [expected], "{attributes} {inside}");
    }
}

#[test]
fn every_kind_of_file_taints_as_its_response_does() {
    const SHARED: &str = "Access-Control-Allow-Origin: *\r\n";
    let foreign =
        "<foreignObject width='9' height='9'><p xmlns='http://www.w3.org/1999/xhtml'>a</p></foreignObject>";
    let drawn = svg("width='16' height='16'", &format!("{foreign}{RED}"));
    for (kind, file) in
        [("image/png", png(16, 16)), ("image/gif", gif()), ("image/webp", webp()), ("image/svg+xml", drawn)]
    {
        let closed: &'static str = format!("Content-Type: {kind}\r\n").leak();
        let shared: &'static str = format!("Content-Type: {kind}\r\n{SHARED}").leak();
        let all = files(vec![("/closed", closed, file.clone()), ("/shared", shared, file)]);
        let script = "for (const [src, crossOrigin] of [['/closed', null], ['{other}/closed', null], ['{other}/shared', null], ['{other}/shared', '']]) {
            const at = on(await load(src, crossOrigin));
            try { console.log(at(0, 0)); } catch (e) { console.log(e.name); }
          }
          await load('{other}/closed', '').catch(console.log);";
        let lines = seen(script, all, all);
        let said: Vec<_> = lines.iter().filter(|line| !line.starts_with("Access to image")).collect();
        let red = "255,0,0,255";
        assert_eq!(said[..4], [red, "SecurityError", "SecurityError", red], "{kind}");
        assert_eq!(said.last().unwrap().as_str(), "error event", "{kind}");
    }
}

#[test]
fn files_that_lie_or_would_fill_the_memory_fail() {
    let deep = format!("{}{}", "<g opacity='.5'>".repeat(255), "</g>".repeat(255));
    let deeper = format!("{}{}", "<g>".repeat(100_000), "</g>".repeat(100_000));
    let laughs = |count: usize| -> String {
        let uses =
            |id: usize| format!("<g id='a{id}'>{}</g>", format!("<use href='#a{}'/>", id - 1).repeat(10));
        format!(
            "<defs><g id='a0'>{RED}</g>{}</defs><use href='#a{count}'/>",
            (1..=count).map(uses).collect::<String>()
        )
    };
    let entities = b"<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'><!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'>]><svg xmlns='http://www.w3.org/2000/svg'><text>&e;&e;&e;&e;&e;&e;&e;&e;</text></svg>";
    let mut cut = png(64, 64);
    cut.truncate(60);
    for (name, headers, file) in [
        ("a PNG of 65,535 by 65,535", PNG, lying_png(65_535, 65_535)),
        ("a PNG of 16,384 by 16,384", PNG, lying_png(16_384, 16_384)),
        ("a PNG of 16,385 by 1", PNG, lying_png(16_385, 1)),
        ("a PNG of nothing", PNG, lying_png(0, 1)),
        ("a PNG with less in it", PNG, lying_png(1000, 1000)),
        ("a PNG that was cut", PNG, cut),
        ("no image", PNG, b"<!doctype html>".to_vec()),
        ("nothing", PNG, Vec::new()),
        ("an SVG that says to be a PNG", PNG, svg("width='9' height='9'", RED)),
        ("an SVG of 1,000,000,000 by 1", SVG, svg("width='1000000000' height='1'", RED)),
        ("an SVG of 16,384 by 16,384", SVG, svg("width='16384' height='16384'", RED)),
        (
            "an SVG of many layers",
            SVG,
            svg("width='4096' height='4096'", &deep.replacen("</g>", &format!("{RED}</g>"), 1)),
        ),
        ("an SVG of many levels", SVG, svg("width='9' height='9'", &deeper)),
        ("an SVG of repeated uses", SVG, svg("width='9' height='9'", &laughs(8))),
        ("an SVG of repeated entities", SVG, entities.to_vec()),
        ("an SVG that is none", SVG, b"<p xmlns='http://www.w3.org/1999/xhtml'>a</p>".to_vec()),
        ("an SVG that ends early", SVG, b"<svg xmlns='http://www.w3.org/2000/svg'><g>".to_vec()),
    ] {
        let own = files(vec![("/a", headers, file)]);
        assert_eq!(seen("console.log(await of('/a'))", own, &[]), ["error event"], "{name}");
    }
}

#[test]
fn large_canvases_stay_empty() {
    let script = "const sized = (width, height) => Object.assign(document.createElement('canvas'), { width, height });
        const works = canvas => {
          const context = canvas.getContext('2d');
          context.fillRect(0, 0, 1, 1);
          return context.getImageData(0, 0, 1, 1).data[3] === 255;
        };
        console.log('side', works(sized(16384, 1)), works(sized(16385, 1)), sized(16385, 1).toDataURL(), sized(1, 1e9).toDataURL());
        console.log('pixels', works(sized(8192, 8192)), works(sized(8193, 8192)));
        const all = [];
        while (all.length < 20 && works(sized(1, 1)) && works(all[all.length] = sized(8192, 8192)));
        console.log('together', all.length < 20);
        for (const canvas of all) canvas.width = 0;
        console.log('again', works(sized(8192, 8192)));
        for (let count = 0; count < 20; count += 1) {
          const canvas = new OffscreenCanvas(8192, 8192);
          canvas.getContext('2d');
          const bitmap = canvas.transferToImageBitmap();
          canvas.width = 0;
          bitmap.close();
        }
        console.log('closed', works(sized(4, 4)));";
    assert_eq!(
        seen(script, &[], &[]),
        ["side true false data:, data:,", "pixels true false", "together true", "again true", "closed true"]
    );
}

#[test]
fn elements_tell_of_their_images() {
    let own = files(vec![
        ("/a.png", PNG, png(16, 8)),
        ("/b.png", PNG, png(4, 4)),
        ("/bad.png", PNG, b"no".to_vec()),
    ]);
    for (script, expected) in [
        (
            "const i = new Image(); console.log(i.complete, i.currentSrc, i.naturalWidth, i.width, i.height)",
            "true  0 0 0",
        ),
        ("const i = new Image(3, 5); console.log(i.width, i.height, i.getAttribute('width'))", "3 5 3"),
        ("const i = new Image(); i.src = ''; console.log(i.complete, i.currentSrc)", "true "),
        ("const i = new Image(); i.src = '/a.png'; console.log(i.complete, i.naturalWidth)", "false 0"),
        (
            "const i = await load('/a.png'); console.log(i.complete, i.naturalWidth, i.naturalHeight, i.width, new URL(i.currentSrc).pathname)",
            "true 16 8 16 /a.png",
        ),
        ("const i = await load('/a.png'); i.width = 5; console.log(i.width, i.naturalWidth)", "5 16"),
        (
            "const i = new Image(); i.src = '/bad.png'; i.onerror = () => console.log(i.complete, i.naturalWidth)",
            "true 0",
        ),
        (
            "const i = new Image(); i.src = '/a.png'; await i.decode(); console.log(i.complete, i.naturalWidth)",
            "true 16",
        ),
        (
            "const i = new Image(); i.src = '/bad.png'; await i.decode().catch(e => console.log(e.name))",
            "EncodingError",
        ),
        ("const i = new Image(); await i.decode().catch(e => console.log(e.name))", "EncodingError"),
        (
            "const i = new Image(); i.src = '/a.png'; const p = i.decode(); i.src = '/b.png'; await p.catch(e => console.log(e.name))",
            "EncodingError",
        ),
        (
            "const i = new Image(), all = [i.crossOrigin]; for (const v of ['', 'ANONYMOUS', 'Use-Credentials', 'odd', null]) { i.crossOrigin = v; all.push(i.crossOrigin); } console.log(all.join())",
            ",anonymous,anonymous,use-credentials,anonymous,",
        ),
        // A broken image can't be drawn; one that is still to come is not, and nobody is told.
        (
            "const i = new Image(); i.src = '/bad.png'; await i.decode().catch(() => 0); const c = document.createElement('canvas').getContext('2d'); try { c.drawImage(i, 0, 0) } catch (e) { console.log(e.name) }",
            "InvalidStateError",
        ),
        (
            "const i = new Image(); i.src = '/a.png'; const c = document.createElement('canvas').getContext('2d'); console.log(c.drawImage(i, 0, 0))",
            "undefined",
        ),
        (
            "const c = document.createElement('canvas').getContext('2d'), e = document.createElement('canvas'); e.width = 0; try { c.drawImage(e, 0, 0) } catch (e) { console.log(e.name) }",
            "InvalidStateError",
        ),
    ] {
        assert_eq!(seen(script, own, &[]), [expected], "{script}");
    }
}
