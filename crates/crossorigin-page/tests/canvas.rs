//! Canvases: what is painted, pixel by pixel, and what taints.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "another test uses the rest")]
mod support;

use support::{Files, console};

const IMAGE: &[u8] = include_bytes!("support/red-blue.png");
const FILES: Files = &[
    ("/closed.png", "Content-Type: image/png\r\n", IMAGE),
    ("/open.png", "Content-Type: image/png\r\nAccess-Control-Allow-Origin: *\r\n", IMAGE),
];

/// What a script says, with a canvas of 20 by 20, its context, and means to look at pixels.
fn painted(script: &str) -> Vec<String> {
    console(
        &format!(
            "<!doctype html><canvas id=c width=20 height=20></canvas><script>
               const canvas = document.getElementById('c'), c = canvas.getContext('2d');
               const at = (x, y) => [...c.getImageData(x, y, 1, 1).data].join();
               const load = (src, crossOrigin = null) => new Promise((done, failed) =>
                 Object.assign(new Image(), {{ crossOrigin, onload() {{ done(this) }}, onerror: failed, src }}));
               const threw = act => {{ try {{ act(); return 'nothing'; }} catch (e) {{ return e.name; }} }};
               (async () => {{ {script} }})();
             </script>"
        ),
        FILES,
        FILES,
    )
}

#[test]
fn paths_are_filled_and_drawn() {
    const RED: &str = "255,0,0,255";
    const NONE: &str = "0,0,0,0";
    for (program, expected) in [
        ("c.fillRect(2, 2, 4, 4)", &[(3, 3, RED), (7, 7, NONE)][..]),
        ("c.rect(2, 2, 4, 4); c.fill()", &[(3, 3, RED), (1, 3, NONE)]),
        ("c.moveTo(0, 0); c.lineTo(20, 0); c.lineTo(0, 20); c.fill()", &[(3, 3, RED), (18, 18, NONE)]),
        ("c.arc(10, 10, 8, 0, 7); c.fill()", &[(10, 3, RED), (10, 10, RED), (2, 2, NONE), (17, 17, NONE)]),
        ("c.arc(10, 10, 8, 0, Math.PI); c.fill()", &[(10, 15, RED), (10, 5, NONE)]),
        ("c.arc(10, 10, 8, 0, Math.PI, true); c.fill()", &[(10, 5, RED), (10, 15, NONE)]),
        ("c.arc(10, 10, 8, 0, 2 * Math.PI, true); c.fill()", &[(10, 5, RED), (10, 15, RED), (5, 10, RED)]),
        ("c.arc(10, 10, 8, 2 * Math.PI, 0); c.fill()", &[(10, 5, RED), (10, 15, RED), (5, 10, RED)]),
        ("c.arc(10, 10, 8, 1, 1, true); c.lineTo(10, 10); c.fill()", &[(10, 5, NONE), (10, 15, NONE)]),
        ("c.ellipse(10, 10, 9, 3, 0, 0, 7); c.fill()", &[(3, 10, RED), (10, 4, NONE)]),
        ("c.ellipse(10, 10, 9, 3, Math.PI / 2, 0, 7); c.fill()", &[(10, 3, RED), (3, 10, NONE)]),
        ("c.roundRect(0, 0, 20, 20, 10); c.fill()", &[(10, 1, RED), (1, 1, NONE), (10, 10, RED)]),
        ("c.roundRect(0, 0, 20, 20, [0, 10]); c.fill()", &[(1, 1, RED), (18, 1, NONE), (18, 18, RED)]),
        (
            "c.moveTo(0, 0); c.arcTo(20, 0, 20, 20, 20); c.lineTo(0, 20); c.fill()",
            &[(10, 10, RED), (18, 1, NONE)],
        ),
        ("c.moveTo(0, 0); c.quadraticCurveTo(20, 0, 20, 20); c.fill()", &[(13, 9, RED), (19, 1, NONE)]),
        ("c.moveTo(0, 0); c.bezierCurveTo(20, 0, 20, 0, 20, 20); c.fill()", &[(14, 8, RED), (2, 18, NONE)]),
        ("c.rect(0, 0, 20, 20); c.rect(5, 5, 10, 10); c.fill('evenodd')", &[(1, 1, RED), (10, 10, NONE)]),
        ("c.rect(0, 0, 20, 20); c.rect(5, 5, 10, 10); c.fill()", &[(1, 1, RED), (10, 10, RED)]),
        ("c.fill(new Path2D('M0 0H10V10H0Z'))", &[(5, 5, RED), (12, 12, NONE)]),
        (
            "const p = new Path2D('M0 0H4V4H0Z'), q = new Path2D(); q.addPath(p, new DOMMatrix([1, 0, 0, 1, 8, 8])); c.fill(q)",
            &[(9, 9, RED), (2, 2, NONE)],
        ),
        (
            "c.lineWidth = 4; c.moveTo(0, 10); c.lineTo(20, 10); c.stroke()",
            &[(5, 9, RED), (5, 11, RED), (5, 13, NONE)],
        ),
        (
            "c.lineWidth = 4; c.setLineDash([4, 4]); c.moveTo(0, 10); c.lineTo(20, 10); c.stroke()",
            &[(2, 10, RED), (6, 10, NONE), (10, 10, RED)],
        ),
        (
            "c.lineWidth = 4; c.lineCap = 'square'; c.moveTo(8, 10); c.lineTo(12, 10); c.stroke()",
            &[(6, 10, RED), (4, 10, NONE)],
        ),
        (
            "c.lineWidth = 2; c.scale(2, 2); c.moveTo(0, 5); c.lineTo(10, 5); c.stroke()",
            &[(5, 8, RED), (5, 11, RED), (5, 12, NONE)],
        ),
        ("c.strokeRect(5, 5, 10, 10)", &[(10, 10, NONE)]),
        (
            "c.translate(10, 10); c.rotate(Math.PI / 4); c.fillRect(-5, -5, 10, 10)",
            &[(10, 4, RED), (5, 5, NONE)],
        ),
        ("c.save(); c.translate(9, 9); c.restore(); c.fillRect(0, 0, 2, 2)", &[(1, 1, RED), (10, 10, NONE)]),
        (
            "c.setTransform(2, 0, 0, 2, 4, 4); c.resetTransform(); c.fillRect(0, 0, 2, 2)",
            &[(1, 1, RED), (5, 5, NONE)],
        ),
        ("c.rect(0, 0, 10, 20); c.clip(); c.fillRect(0, 0, 20, 20)", &[(5, 5, RED), (15, 5, NONE)]),
        (
            "c.save(); c.beginPath(); c.rect(0, 0, 1, 1); c.clip(); c.restore(); c.fillRect(0, 0, 20, 20)",
            &[(15, 5, RED)],
        ),
        (
            "c.rect(0, 0, 10, 20); c.clip(); c.beginPath(); c.rect(0, 0, 20, 10); c.clip(); c.fillRect(0, 0, 20, 20)",
            &[(5, 5, RED), (15, 5, NONE), (5, 15, NONE)],
        ),
        ("c.clip(); c.fillRect(0, 0, 20, 20)", &[(5, 5, NONE)]),
        (
            "c.rect(0, 0, 10, 20); c.clip(); canvas.width = 20; c.fillStyle = 'red'; c.fillRect(0, 0, 20, 20)",
            &[(15, 5, RED)],
        ),
        ("c.fillRect(0, 0, 20, 20); c.clearRect(5, 5, 10, 10)", &[(1, 1, RED), (10, 10, NONE)]),
        ("c.globalAlpha = 0.5; c.fillRect(0, 0, 20, 20)", &[(5, 5, "255,0,0,128")]),
        ("c.fillStyle = 'nonsense'; c.fillRect(0, 0, 20, 20)", &[(5, 5, RED)]),
        ("c.fillStyle = 'hsl(120 100% 25%)'; c.fillRect(0, 0, 20, 20)", &[(5, 5, "0,128,0,255")]),
    ] {
        let looks: Vec<_> = expected.iter().map(|(x, y, _)| format!("at({x}, {y})")).collect();
        let said = painted(&format!(
            "c.fillStyle = c.strokeStyle = 'red'; {program}; console.log({})",
            looks.join(", ")
        ));
        let pixels: Vec<_> = expected.iter().map(|(.., pixel)| *pixel).collect();
        assert_eq!(said, [pixels.join(" ")], "{program}");
    }
}

#[test]
fn styles_blend_as_they_should() {
    for (program, expected) in [
        (
            "const g = c.createLinearGradient(0, 0, 20, 0); g.addColorStop(0, 'red'); g.addColorStop(1, 'blue'); c.fillStyle = g; c.fillRect(0, 0, 20, 20); console.log(at(0, 5), at(19, 5))",
            "249,0,6,255 6,0,249,255",
        ),
        (
            "const g = c.createRadialGradient(10, 10, 0, 10, 10, 10); g.addColorStop(0.5, 'red'); g.addColorStop(0.5, 'blue'); c.fillStyle = g; c.fillRect(0, 0, 20, 20); console.log(at(10, 10), at(0, 0))",
            "255,0,0,255 0,0,255,255",
        ),
        (
            "const g = c.createRadialGradient(10, 10, 5, 10, 10, 10); g.addColorStop(0, 'red'); g.addColorStop(1, 'blue'); c.fillStyle = g; c.fillRect(0, 0, 20, 20); console.log(at(10, 10), at(0, 0))",
            "255,0,0,255 0,0,255,255",
        ),
        (
            "const g = c.createConicGradient(0, 10, 10); g.addColorStop(0.5, 'red'); g.addColorStop(0.5, 'blue'); c.fillStyle = g; c.fillRect(0, 0, 20, 20); console.log(at(15, 15), at(15, 5))",
            "255,0,0,255 0,0,255,255",
        ),
        (
            "const p = c.createPattern(await load('open.png'), 'repeat'); c.fillStyle = p; c.fillRect(0, 0, 20, 20); console.log(at(0, 0), at(3, 0), at(4, 0), at(7, 3))",
            "255,0,0,255 0,0,255,255 255,0,0,255 0,0,255,255",
        ),
        (
            "const p = c.createPattern(await load('open.png'), 'repeat-x'); c.fillStyle = p; c.fillRect(0, 0, 20, 20); console.log(at(4, 0), at(4, 2))",
            "255,0,0,255 0,0,0,0",
        ),
        (
            "const p = c.createPattern(await load('open.png'), 'no-repeat'); p.setTransform({ e: 8 }); c.fillStyle = p; c.fillRect(0, 0, 20, 20); console.log(at(0, 0), at(8, 0), at(11, 1), at(12, 0))",
            "0,0,0,0 255,0,0,255 0,0,255,255 0,0,0,0",
        ),
        (
            "c.fillStyle = 'red'; c.fillRect(0, 0, 10, 20); c.globalCompositeOperation = 'source-in'; c.fillStyle = 'blue'; c.fillRect(5, 0, 20, 20); console.log(at(2, 2), at(7, 2), at(15, 2))",
            "0,0,0,0 0,0,255,255 0,0,0,0",
        ),
        (
            "c.fillStyle = 'red'; c.fillRect(0, 0, 10, 20); c.globalCompositeOperation = 'destination-over'; c.fillStyle = 'blue'; c.fillRect(5, 0, 20, 20); console.log(at(7, 2), at(15, 2))",
            "255,0,0,255 0,0,255,255",
        ),
        (
            "c.fillStyle = 'red'; c.fillRect(0, 0, 20, 20); c.globalCompositeOperation = 'copy'; c.fillStyle = 'blue'; c.fillRect(5, 0, 5, 20); console.log(at(2, 2), at(7, 2))",
            "0,0,0,0 0,0,255,255",
        ),
        (
            "c.fillStyle = 'red'; c.fillRect(0, 0, 20, 20); c.globalCompositeOperation = 'lighter'; c.fillStyle = '#00f'; c.fillRect(0, 0, 20, 20); console.log(at(2, 2))",
            "255,0,255,255",
        ),
        (
            "c.fillStyle = '#12345680'; console.log(c.fillStyle, c.globalCompositeOperation)",
            "rgba(18, 52, 86, 0.5) source-over",
        ),
        (
            "c.rect(5, 5, 5, 5); console.log(c.isPointInPath(7, 7), c.isPointInPath(1, 1), c.isPointInStroke(5, 7), c.isPointInStroke(8, 8))",
            "true false true false",
        ),
        // What is beside the part that is drawn blends into its edge, and nothing is drawn around it.
        (
            "c.drawImage(await load('open.png'), 2, 0, 2, 2, 10, 10, 10, 10); console.log(at(10, 10), at(19, 19), at(9, 9))",
            "102,0,153,255 0,0,255,255 0,0,0,0",
        ),
        (
            "c.drawImage(await load('open.png'), 4, 0, -4, 2, 0, 0, 4, 2); console.log(at(0, 0), at(3, 0))",
            "255,0,0,255 0,0,255,255",
        ),
        (
            "c.translate(20, 0); c.scale(-1, 1); c.drawImage(await load('open.png'), 0, 0); console.log(at(19, 0), at(16, 0))",
            "255,0,0,255 0,0,255,255",
        ),
        (
            "const d = new ImageData(2, 2); d.data.fill(255); c.putImageData(d, 4, 4, 1, 0, 1, 2); console.log(at(4, 4), at(5, 4), at(5, 5))",
            "0,0,0,0 255,255,255,255 255,255,255,255",
        ),
        (
            "c.fillStyle = 'red'; c.fillRect(0, 0, 20, 20); const u = canvas.toDataURL('image/jpeg', 0.9); const i = await load(u); c.clearRect(0, 0, 20, 20); c.drawImage(i, 0, 0); console.log(u.slice(0, 23), at(5, 5).replace(/^25[0-5],[0-3],[0-3],/, 'red '))",
            "data:image/jpeg;base64, red 255",
        ),
        (
            "const b = await createImageBitmap(await load('open.png'), 2, 0, 2, 2, { resizeWidth: 4 }); c.drawImage(b, 0, 0); console.log(b.width, b.height, at(1, 1))",
            "4 4 0,0,255,255",
        ),
        (
            "const o = new OffscreenCanvas(4, 4); o.getContext('2d').fillRect(0, 0, 4, 4); const b = o.transferToImageBitmap(); canvas.remove(); const r = document.createElement('canvas').getContext('bitmaprenderer'); r.transferFromImageBitmap(b); c.drawImage(r.canvas, 0, 0); console.log(r.canvas.width, b.width, (await o.convertToBlob()).type, at(2, 2))",
            "4 0 image/png 0,0,0,255",
        ),
    ] {
        assert_eq!(painted(program), [expected], "{program}");
    }
}

#[test]
fn what_is_wrong_throws_what_it_should() {
    for (call, expected) in [
        ("c.arc(0, 0, -1, 0, 1)", "IndexSizeError"),
        ("c.ellipse(0, 0, 1, -1, 0, 0, 1)", "IndexSizeError"),
        ("c.arcTo(0, 0, 1, 1, -1)", "IndexSizeError"),
        ("c.roundRect(0, 0, 1, 1, -1)", "RangeError"),
        ("c.moveTo(1)", "TypeError"),
        ("c.moveTo(NaN, 1)", "nothing"),
        ("c.createLinearGradient(0, 0, 1, Infinity)", "TypeError"),
        ("c.createRadialGradient(0, 0, -1, 0, 0, 1)", "IndexSizeError"),
        ("c.createLinearGradient(0, 0, 1, 1).addColorStop(2, 'red')", "IndexSizeError"),
        ("c.createLinearGradient(0, 0, 1, 1).addColorStop(0, 'reddish')", "SyntaxError"),
        ("c.createPattern(canvas, 'sideways')", "SyntaxError"),
        ("c.createPattern(new OffscreenCanvas(0, 1), '')", "InvalidStateError"),
        ("c.drawImage(canvas, 0)", "TypeError"),
        ("c.drawImage(new OffscreenCanvas(0, 1), 0, 0)", "InvalidStateError"),
        ("c.drawImage({}, 0, 0)", "TypeError"),
        ("c.getImageData(0, 0, 0, 1)", "IndexSizeError"),
        ("c.getImageData(0, 0, 1e5, 1e5)", "RangeError"),
        ("new ImageData(0, 1)", "IndexSizeError"),
        ("new CanvasRenderingContext2D()", "TypeError"),
        ("new Path2D('M0 0 nonsense')", "nothing"),
    ] {
        assert_eq!(painted(&format!("console.log(threw(() => {call}))")), [expected], "{call}");
    }
}

#[test]
fn all_that_shows_what_was_not_shared_taints() {
    for (program, what) in [
        ("c.drawImage(closed, 0, 0)", "an image"),
        ("c.drawImage(closed, 0, 0, 1, 1)", "scaled"),
        ("c.drawImage(closed, 100, 100)", "out of sight"),
        ("c.rect(0, 0, 1, 1); c.clip(); c.drawImage(closed, 10, 10)", "behind a clip"),
        ("c.globalAlpha = 0; c.drawImage(closed, 0, 0)", "invisible"),
        ("c.globalCompositeOperation = 'destination-over'; c.drawImage(closed, 0, 0)", "underneath"),
        ("c.fillStyle = c.createPattern(closed, ''); c.fillRect(0, 0, 1, 1)", "a filled pattern"),
        ("c.strokeStyle = c.createPattern(closed, ''); c.strokeRect(0, 0, 1, 1)", "a drawn pattern"),
        ("c.fillStyle = c.createPattern(closed, ''); c.rect(0, 0, 1, 1); c.fill()", "a pattern in a path"),
        (
            "const o = new OffscreenCanvas(4, 4); o.getContext('2d').drawImage(closed, 0, 0); c.drawImage(o, 0, 0)",
            "by another canvas",
        ),
        (
            "const o = new OffscreenCanvas(4, 4); o.getContext('2d').drawImage(closed, 0, 0); c.drawImage(o.transferToImageBitmap(), 0, 0)",
            "handed over",
        ),
        (
            "const o = new OffscreenCanvas(4, 4); o.getContext('2d').drawImage(closed, 0, 0); c.fillStyle = c.createPattern(o, ''); c.fillRect(0, 0, 1, 1)",
            "a canvas's pattern",
        ),
        ("c.drawImage(await createImageBitmap(closed), 0, 0)", "a bitmap"),
        ("c.drawImage(await createImageBitmap(closed, 0, 0, 1, 1), 0, 0)", "a bitmap of a part"),
        (
            "c.drawImage(await createImageBitmap(closed, { resizeWidth: 1 }), 0, 0)",
            "a bitmap of another size",
        ),
        ("c.drawImage(await createImageBitmap(await createImageBitmap(closed)), 0, 0)", "a bitmap's bitmap"),
    ] {
        let script = |url: &str| {
            format!(
                "const closed = await load('{{other}}/{url}', {}); {program};
                 console.log(threw(() => c.getImageData(0, 0, 1, 1)), threw(() => canvas.toDataURL()), threw(() => canvas.toBlob(() => {{}})), threw(() => canvas.captureStream()))",
                if url == "open.png" { "'anonymous'" } else { "null" }
            )
        };
        assert_eq!(
            painted(&script("closed.png")),
            ["SecurityError SecurityError SecurityError SecurityError"],
            "{what}"
        );
        assert_eq!(
            painted(&script("open.png")),
            ["nothing nothing nothing NotSupportedError"],
            "{what}, shared"
        );
    }
    // A style taints once it is set, and what was tainted stays so.
    assert_eq!(
        painted(
            "const closed = await load('{other}/closed.png');
             c.fillStyle = c.createPattern(closed, ''); c.strokeRect(0, 0, 1, 1); console.log(threw(() => at(0, 0)));
             c.fillRect(0, 0, 1, 1); c.clearRect(0, 0, 20, 20); console.log(threw(() => at(0, 0)));
             c.reset(); canvas.width = 20; console.log(threw(() => at(0, 0)));
             const o = new OffscreenCanvas(4, 4); o.getContext('2d').drawImage(closed, 0, 0);
             console.log(await o.convertToBlob().catch(e => e.name));"
        ),
        ["SecurityError", "SecurityError", "SecurityError", "SecurityError"]
    );
}

#[test]
fn shadows_fall_where_they_are_seen() {
    const RED: &str = "255,0,0,255";
    const BLUE: &str = "0,0,255,255";
    const NONE: &str = "0,0,0,0";
    for (program, expected) in [
        ("c.shadowOffsetX = 6; c.fillRect(2, 2, 4, 4)", &[(3, 3, RED), (9, 3, BLUE), (13, 3, NONE)][..]),
        (
            "c.shadowOffsetX = 6; c.scale(2, 2); c.fillRect(1, 1, 2, 2)",
            &[(3, 3, RED), (9, 3, BLUE), (13, 3, NONE)],
        ),
        ("c.shadowOffsetX = 106; c.fillRect(-98, 2, 4, 4)", &[(3, 3, NONE), (9, 3, BLUE)]),
        ("c.lineWidth = 2; c.shadowOffsetY = 5; c.strokeRect(2, 2, 6, 3)", &[(5, 2, RED), (5, 8, NONE)]),
        ("c.shadowOffsetX = 8; c.drawImage(canvas, 0, 0)", &[(3, 3, NONE)]),
        (
            "c.shadowColor = 'transparent'; c.shadowOffsetX = 6; c.fillRect(2, 2, 4, 4)",
            &[(3, 3, RED), (9, 3, NONE)],
        ),
        ("c.fillRect(2, 2, 4, 4)", &[(3, 3, RED), (9, 3, NONE)]),
        (
            "c.shadowBlur = -1; c.shadowOffsetX = NaN; c.shadowOffsetX = 6; c.shadowOffsetX = Infinity; c.fillRect(2, 2, 4, 4)",
            &[(9, 3, BLUE)],
        ),
        ("c.save(); c.shadowOffsetX = 6; c.restore(); c.fillRect(2, 2, 4, 4)", &[(9, 3, NONE)]),
        (
            "c.rect(0, 0, 8, 20); c.clip(); c.shadowOffsetX = 5; c.fillRect(2, 2, 4, 4)",
            &[(7, 3, BLUE), (9, 3, NONE)],
        ),
        (
            "c.globalCompositeOperation = 'copy'; c.shadowOffsetX = 6; c.fillRect(2, 2, 4, 4)",
            &[(3, 3, RED), (9, 3, NONE)],
        ),
    ] {
        for (x, y, colour) in expected {
            let said = painted(&format!(
                "c.fillStyle = c.strokeStyle = 'red'; c.shadowColor = 'blue'; {program}; console.log(at({x}, {y}));"
            ));
            assert_eq!(said, [*colour], "{program} at {x}, {y}");
        }
    }
    assert_eq!(
        painted(
            "c.shadowBlur = 8; c.shadowColor = 'blue'; c.fillRect(6, 6, 8, 8); console.log([2, 4].map(x => at(x, 10).split(',')[3] > 0), at(4, 10).split(',')[3] > at(2, 10).split(',')[3])"
        ),
        ["[true, true] true"]
    );
}

#[test]
fn canvases_are_exported_in_the_type_that_is_asked_for() {
    assert_eq!(
        painted(
            "c.fillRect(0, 0, 20, 20);
             for (const type of ['image/webp', 'IMAGE/JPEG', 'image/avif', undefined]) console.log(canvas.toDataURL(type).slice(5, 15));
             const blob = await new Promise(done => canvas.toBlob(done, 'image/webp', .5));
             c.clearRect(0, 0, 20, 20); c.drawImage(await createImageBitmap(blob), 0, 0); console.log(blob.type, at(5, 5));"
        ),
        ["image/webp", "image/jpeg", "image/png;", "image/png;", "image/webp 0,0,0,255"]
    );
}
