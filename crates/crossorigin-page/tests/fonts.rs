//! Fonts: which of them load, what a document knows of them, and text that is drawn in them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "support/font.rs"]
mod font;
#[allow(dead_code, reason = "another test uses the rest")]
mod support;

use crossorigin::profiles::Profile;
use crossorigin_page::PageOptions;
use support::{Files, console, run};

const SHARED: &str = "Access-Control-Allow-Origin: *\r\nContent-Type: font/ttf\r\n";

/// Leaks what a test serves until it is over.
fn files(files: Vec<(&'static str, &'static str, Vec<u8>)>) -> Files {
    let leaked = files.into_iter().map(|(path, headers, body)| (path, headers, &*body.leak()));
    leaked.collect::<Vec<_>>().leak()
}

/// What the console says of a page whose module this is. Its own host and the other one have fonts.
fn module(module: &str) -> Vec<String> {
    let mut damaged = font::woff();
    let length = damaged.len();
    damaged[length / 2..].fill(7);
    let mut cut = font::woff2();
    cut.truncate(100);
    let own = files(vec![
        ("/own.ttf", "", font::truetype()),
        ("/own.woff", "", font::woff()),
        ("/own.woff2", "", font::woff2()),
        ("/damaged.woff", "", damaged),
        ("/cut.woff2", "", cut),
        ("/text.ttf", "", b"not a font".to_vec()),
    ]);
    let other = files(vec![("/open.ttf", SHARED, font::truetype()), ("/closed.ttf", "", font::truetype())]);
    let tools = "
        const load = async (source, family = 'F', descriptors = {}) => {
          const face = new FontFace(family, source, descriptors);
          document.fonts.add(face);
          return face.load();
        };
        const canvas = document.createElement('canvas');
        const context = canvas.getContext('2d');";
    console(&format!("<!doctype html><body><script type=module>{tools}{module}</script>"), own, other)
}

#[test]
fn fonts_of_others_load_where_they_are_shared() {
    assert_eq!(
        module(
            "for (const source of ['url(own.ttf)', 'url(\"{other}/open.ttf\") format(\"truetype\")', \"url('{other}/closed.ttf')\"]) {
               const face = new FontFace('F', source);
               const states = [face.status];
               const loads = face.load();
               states.push(face.status, loads === face.loaded);
               try { states.push(await loads === face); } catch (e) { states.push(e.name); }
               console.log(...states, face.status);
             }"
        ),
        [
            "unloaded loading true true loaded",
            "unloaded loading true true loaded",
            "Access to font at '{other}/closed.ttf' from origin '{own}' has been blocked by CORS policy: No \
             'Access-Control-Allow-Origin' header is present on the requested resource.",
            "Failed to load resource: net::ERR_FAILED",
            "unloaded loading true NetworkError error",
        ]
    );
}

#[test]
fn where_a_browser_asks_for_fonts_without_cors_they_load() {
    let other = files(vec![("/closed.ttf", "", font::truetype())]);
    let page = "<script type=module>console.log((await new FontFace('F', 'url({other}/closed.ttf)').load()).status)</script>";
    for (profile, expected) in
        [(Profile::Standard, false), (Profile::Firefox, false), (Profile::WebKit, true)]
    {
        let (lines, _) = run(page, &[], other, &PageOptions::new().profile(profile));
        assert_eq!(lines.iter().any(|line| line == "loaded"), expected, "{profile:?}: {lines:?}");
    }
}

#[test]
fn fonts_are_read_in_their_formats() {
    assert_eq!(
        module(
            "for (const name of ['own.ttf', 'own.woff', 'own.woff2', 'damaged.woff', 'cut.woff2', 'text.ttf', 'missing.ttf']) {
               const width = async () => { await load(`url(${name})`, name); context.font = `10px '${name}'`; return context.measureText('A').width; };
               console.log(name, await width().catch(e => e.name));
               if (name === 'missing.ttf') continue;
               const bytes = await (await fetch(name)).arrayBuffer();
               const face = new FontFace('B', name.startsWith('own.w') ? new Uint8Array(bytes) : bytes);
               console.log(face.status, await face.loaded.then(() => face.status, e => `${e.name} ${face.status}`));
             }
             console.log(await load('url(none.eot) format(\"embedded-opentype\"), local(Arial), url(text.ttf), url(own.woff2) format(woff2) tech(variations)').then(face => face.status));
             console.log(await load('local(Arial)').catch(e => e.name));
             console.log(await new FontFace('Huge', new ArrayBuffer((32 << 20) + 1)).loaded.catch(e => e.message));"
        ),
        [
            "own.ttf 6",
            "unloaded loaded",
            "own.woff 6",
            "unloaded loaded",
            "own.woff2 6",
            "unloaded loaded",
            "The font at {own}/damaged.woff can't be used: its WOFF file is damaged",
            "damaged.woff NetworkError",
            "unloaded SyntaxError error",
            "The font at {own}/cut.woff2 can't be used: its WOFF2 file is damaged",
            "cut.woff2 NetworkError",
            "unloaded SyntaxError error",
            "The font at {own}/text.ttf can't be used: it is no TrueType, OpenType, WOFF or WOFF2 file",
            "text.ttf NetworkError",
            "unloaded SyntaxError error",
            "Failed to load resource: the server responded with a status of 404 (Not Found)",
            "The font at {own}/missing.ttf can't be used: its status is 404 Not Found",
            "missing.ttf NetworkError",
            "The font at {own}/text.ttf can't be used: it is no TrueType, OpenType, WOFF or WOFF2 file",
            "loaded",
            "NetworkError",
            "The bytes are no font: a font's file may have 33554432 bytes, and this one has 33554433.",
        ]
    );
}

#[test]
fn descriptors_are_held_to_what_they_may_say() {
    assert_eq!(
        module(
            "const face = new FontFace(' My Font ', 'url(x)', { style: 'italic', weight: '200 700', unicodeRange: 'U+41-5A, U+4??' });
             console.log([face.family, face.style, face.weight, face.stretch, face.unicodeRange, face.display, face.ascentOverride, face.featureSettings].join('|'));
             for (const [name, value] of [['weight', 'heavy'], ['weight', '1001'], ['style', 'leaning'], ['unicodeRange', 'U+1-0'], ['unicodeRange', 'A'], ['display', 'now']]) {
               try { face[name] = value; console.log('set'); } catch (e) { console.log(name, value, e.name, e.code, face[name]); }
             }
             face.weight = 'bold';
             console.log(face.weight);
             for (const parameters of [['F', 'nothing'], ['F', 'url(a'], ['F', ''], ['F', 'url(x)', { weight: 'heavy' }], ['', 'url(x)']]) {
               const wrong = new FontFace(...parameters);
               console.log(wrong.status, await wrong.loaded.catch(e => e.name), await wrong.load().catch(e => e.name));
             }
             try { new FontFace('F'); } catch (e) { console.log(e.name); }
             try { FontFace.prototype.load.call({}); } catch (e) { console.log(e.name); }
             try { new FontFaceSet(); } catch (e) { console.log(e.name); }"
        ),
        [
            "My Font|italic|200 700|normal|U+41-5A, U+4??|auto|normal|normal",
            "weight heavy SyntaxError 12 200 700",
            "weight 1001 SyntaxError 12 200 700",
            "style leaning SyntaxError 12 italic",
            "unicodeRange U+1-0 SyntaxError 12 U+41-5A, U+4??",
            "unicodeRange A SyntaxError 12 U+41-5A, U+4??",
            "display now SyntaxError 12 auto",
            "bold",
            "error SyntaxError SyntaxError",
            "error SyntaxError SyntaxError",
            "error SyntaxError SyntaxError",
            "error SyntaxError SyntaxError",
            "error SyntaxError SyntaxError",
            "TypeError",
            "TypeError",
            "TypeError",
        ]
    );
}

#[test]
fn a_document_knows_its_fonts() {
    assert_eq!(
        module(
            "const { fonts } = document;
             let loadings = 0;
             fonts.onloading = () => loadings++;
             for (const type of ['loadingdone', 'loadingerror']) fonts.addEventListener(type, e => console.log(type, e.fontfaces.map(face => face.family).join(), fonts.status));
             const [one, two, bad] = [new FontFace('One', 'url(own.ttf)'), new FontFace('one', 'url(own.woff)', { weight: '700' }), new FontFace('Bad', 'url({other}/closed.ttf)')];
             console.log(fonts.size, fonts === document.fonts, fonts.status, fonts.add(one).add(two).add(one) === fonts, fonts.size, fonts.has(two), [...fonts].length, [...fonts.entries()][0].length);
             console.log(fonts.check('12px One'), fonts.check('12px Other'));
             try { fonts.check('12 One'); } catch (e) { console.log(e.name); }
             console.log(await fonts.load('nonsense').catch(e => e.name));
             console.log((await fonts.load('12px One')).map(face => face === one).join(), one.status, two.status, fonts.check('12px ONE'), fonts.check('bold 12px One'));
             console.log(await fonts.ready === fonts, fonts.status);
             console.log((await fonts.load('bold 12px Nothing, One'))[0] === two);
             await fonts.ready;
             fonts.add(bad);
             console.log(await fonts.load('12px Bad').catch(e => e.name));
             await fonts.ready;
             console.log(fonts.delete(bad), fonts.delete(bad), fonts.size);
             const letters = new FontFace('One', 'url(own.woff2)', { unicodeRange: 'U+400-4FF' });
             console.log((await fonts.add(letters).load('12px One', '\\u0416')).includes(letters), (await fonts.load('12px One', 'a')).includes(letters));
             fonts.clear();
             console.log(fonts.size);
             await new Promise(resolve => fonts.addEventListener('loadingdone', resolve));
             console.log(loadings);"
        ),
        [
            "0 true loaded true 2 true 2 2",
            "false true",
            "SyntaxError",
            "SyntaxError",
            "true loaded unloaded true false",
            "loadingdone One loaded",
            "true loaded",
            "true",
            "loadingdone one loaded",
            "Access to font at '{other}/closed.ttf' from origin '{own}' has been blocked by CORS policy: No \
             'Access-Control-Allow-Origin' header is present on the requested resource.",
            "Failed to load resource: net::ERR_FAILED",
            "NetworkError",
            "loadingdone  loaded",
            "loadingerror Bad loaded",
            "true false 2",
            "true false",
            "0",
            "loadingdone One loaded",
            "4",
        ]
    );
}

#[test]
fn text_is_drawn_in_fonts_that_are_loaded() {
    assert_eq!(
        module(
            "await load('url(own.ttf)');
             context.font = '10px F';
             context.fillStyle = '#102030';
             const seen = () => {
               const { data } = context.getImageData(0, 0, 20, 20);
               const [xs, ys, colours] = [new Set(), new Set(), new Set()];
               for (let at = 0; at < data.length; at += 4) if (data[at + 3]) { xs.add(at / 4 % 20); ys.add(Math.floor(at / 80)); colours.add(data.slice(at, at + 4).join()); }
               context.clearRect(0, 0, 20, 20);
               return `${Math.min(...xs)}-${Math.max(...xs)} ${Math.min(...ys)}-${Math.max(...ys)} ${[...colours].join(' ')}`;
             };
             context.fillText('A', 2, 8); console.log(seen());
             context.fillText('V', 2, 8); console.log(seen());
             context.textAlign = 'right'; context.fillText('A', 12, 8); console.log(seen());
             context.textAlign = 'start'; context.direction = 'rtl'; context.fillText('A', 12, 8); console.log(seen());
             context.direction = 'ltr'; context.textBaseline = 'top'; context.fillText('A', 2, 1); console.log(seen());
             context.textBaseline = 'bottom'; context.fillText('A', 2, 12); console.log(seen());
             context.textBaseline = 'alphabetic'; context.fillText('AA', 1, 8, 6); console.log(seen());
             context.globalAlpha = 0.5; context.fillText('A', 2, 8); console.log(seen());
             for (const parameters of [['A', NaN, 8], ['A', 2, 8, 0], ['A', 2, 8, -1], ['', 2, 8], [' ', 2, 8]]) context.fillText(...parameters);
             console.log(seen(), canvas.toDataURL().slice(0, 14));
             context.font = '10px Nothing';
             context.fillText('A', 2, 8); context.fillText('A', 2, 8);
             console.log(seen(), context.measureText('A').width);"
        ),
        [
            "2-6 3-7 16,32,48,255",
            "2-5 5-9 16,32,48,255",
            "6-10 3-7 16,32,48,255",
            "6-10 3-7 16,32,48,255",
            "2-6 4-8 16,32,48,255",
            "2-6 5-9 16,32,48,255",
            "1-6 3-7 16,32,48,255 16,32,48,128",
            "2-6 3-7 16,32,48,128",
            "Infinity--Infinity Infinity--Infinity  data:image/png",
            "Canvas text is drawn in fonts that the page has loaded, and none of 10px Nothing is: nothing is drawn; load \
             one by FontFace or @font-face",
            "Infinity--Infinity Infinity--Infinity  0",
        ]
    );
}

#[test]
fn text_is_measured_as_it_is_drawn() {
    assert_eq!(
        module(
            "await load('url(own.ttf)');
             context.font = '100px F';
             const width = text => context.measureText(text).width;
             console.log(width('A'), width('V'), width('AV'), width('VA'), width('A V'), width(''), width('A\\n V'));
             context.fontKerning = 'none'; console.log(width('AV'));
             context.fontKerning = 'auto'; context.letterSpacing = '10px'; context.wordSpacing = '5px'; console.log(width('A V'));
             context.letterSpacing = 'wide'; console.log(context.letterSpacing, context.wordSpacing);
             context.letterSpacing = context.wordSpacing = '0px';
             const box = text => { const m = context.measureText(text); return [m.actualBoundingBoxLeft, m.actualBoundingBoxRight, m.actualBoundingBoxAscent, m.actualBoundingBoxDescent].map(Math.round).join(); };
             console.log(box('A'), box('V'), box(' '));
             context.textAlign = 'center'; console.log(box('A'));
             context.textAlign = 'left'; context.textBaseline = 'middle'; console.log(box('A'));
             context.textBaseline = 'alphabetic';
             const m = context.measureText('A');
             console.log([m.fontBoundingBoxAscent, m.fontBoundingBoxDescent, m.emHeightAscent, m.emHeightDescent, m.hangingBaseline, m.alphabeticBaseline, m.ideographicBaseline].map(Math.round).join());
             console.log(box('\\u05D0A'), box('A\\u05D0'), width('\\u05D0A'));
             console.log(m instanceof TextMetrics, typeof context.strokeText);"
        ),
        [
            "60 50 100 110 135 0 160",
            "110",
            "170",
            "10px 5px",
            "0,50,50,0 0,40,30,20 0,0,0,0",
            "30,20,50,0",
            "0,50,20,30",
            "80,20,80,20,64,0,-20",
            "0,90,80,0 0,90,80,0 100",
            "true function",
        ]
    );
}

#[test]
fn the_font_of_a_context_is_a_shorthand() {
    assert_eq!(
        module(
            "console.log(context.font, context.textAlign, context.textBaseline, context.direction, context.fontKerning);
             for (const font of ['12px serif', 'italic bold 1em/1.5 \"My Font\", Arial,serif', '700 small-caps condensed 12pt/normal A B', 'oblique 10deg 300 large x',
               '12px', 'bold', '12 serif', '-1px serif', '12px 2x', 'italic italic 12px x', '12px inherit', 'inherit', '', '12px \\'a', '12px a,, b', '50% x', '0 x']) {
               context.font = '1px y';
               context.font = font;
               console.log(`${font} -> ${context.font}`);
             }
             context.textAlign = 'middle'; context.textBaseline = 'up'; context.direction = 'down';
             console.log(context.textAlign, context.textBaseline, context.direction);"
        ),
        [
            "10px sans-serif start alphabetic inherit auto",
            "12px serif -> 12px serif",
            "italic bold 1em/1.5 \"My Font\", Arial,serif -> italic bold 16px \"My Font\", Arial, serif",
            "700 small-caps condensed 12pt/normal A B -> small-caps bold condensed 16px \"A B\"",
            "oblique 10deg 300 large x -> oblique 300 18px x",
            "12px -> 1px y",
            "bold -> 1px y",
            "12 serif -> 1px y",
            "-1px serif -> 1px y",
            "12px 2x -> 1px y",
            "italic italic 12px x -> 1px y",
            "12px inherit -> 1px y",
            "inherit -> 1px y",
            " -> 1px y",
            "12px 'a -> 1px y",
            "12px a,, b -> 1px y",
            "50% x -> 8px x",
            "0 x -> 0px x",
            "start alphabetic inherit",
        ]
    );
}

/// The demo's font, whose outlines WOFF2 has transformed.
#[test]
fn a_font_of_the_web_is_as_wide_as_its_letters() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../crossorigin-cli/src/demo/assets/origin.woff2");
    let lines = console(
        "<canvas></canvas>
         <script type=module>
           const face = await new FontFace('Origin', 'url(origin.woff2)').load();
           document.fonts.add(face);
           const context = document.querySelector('canvas').getContext('2d');
           context.font = '64px Origin, monospace';
           context.fillText('crossorigin', 0, 60);
           const { data } = context.getImageData(0, 0, 300, 150);
           let ink = 0;
           for (let at = 3; at < data.length; at += 4) ink += data[at];
           console.log(context.measureText('crossorigin').width.toFixed(3), ink > 255 * 3000, ink < 255 * 9000);
         </script>",
        files(vec![("/origin.woff2", "", std::fs::read(path).unwrap())]),
        &[],
    );
    // 5108 thousandths: the letters' widths in the script that makes the font.
    assert_eq!(lines, ["326.912 true true"]);
}
