//! WebGL as far as it goes: its objects, its errors, and what may be uploaded.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "another test uses the rest")]
mod support;

use support::{Files, console};

/// Four by two pixels.
const IMAGE: &[u8] = include_bytes!("support/red-blue.png");
const PNG: &str = "Content-Type: image/png\r\n";
const OTHER: Files = &[
    ("/open.png", "Access-Control-Allow-Origin: *\r\nContent-Type: image/png\r\n", IMAGE),
    ("/closed.png", PNG, IMAGE),
];
const OWN: Files = &[("/own.png", PNG, IMAGE)];

/// What every script here begins with: a context, the name of its next error, and a call that tells what came of it.
const TOOLS: &str = "
    const gl = document.createElement('canvas').getContext(KIND);
    const error = () => { const code = gl.getError(); return Object.keys(WebGL2RenderingContext).find(name => name !== 'NONE' && /^(NO_ERROR|INVALID_)/.test(name) && WebGL2RenderingContext[name] === code); };
    const tell = (name, call) => { try { const value = call(); console.log(name, value === undefined ? '' : value, error()); } catch (e) { console.log(name, e.name, error()); } };
    const load = (src, crossOrigin = null) => new Promise((resolve, reject) => {
      const image = new Image(); image.crossOrigin = crossOrigin; image.onload = () => resolve(image); image.onerror = () => reject(image); image.src = src;
    });
    const texture = () => gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    const upload = source => gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, source);";

/// A page whose module this is, with a context of this kind.
fn with(kind: &str, script: &str) -> Vec<String> {
    let tools = TOOLS.replace("KIND", &format!("'{kind}'"));
    console(&format!("<!doctype html><body><script type=module>{tools}{script}</script>"), OWN, OTHER)
}

#[test]
fn what_was_not_shared_is_not_uploaded() {
    let script = "
        texture();
        const own = await load('own.png'), open = await load('{other}/open.png', 'anonymous'), closed = await load('{other}/closed.png');
        const painted = image => { const canvas = new OffscreenCanvas(4, 2); canvas.getContext('2d').drawImage(image, 0, 0); return canvas; };
        const element = image => { const canvas = document.createElement('canvas'); canvas.getContext('2d').drawImage(image, 0, 0); return canvas; };
        for (const [name, image] of Object.entries({ own, open, closed })) {
          tell(name + ' image', () => upload(image));
          tell(name + ' canvas', () => upload(element(image)));
          tell(name + ' offscreen', () => upload(painted(image)));
          const bitmap = await createImageBitmap(image);
          tell(name + ' bitmap', () => upload(bitmap));
          tell(name + ' sub', () => gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, gl.RGBA, gl.UNSIGNED_BYTE, image));
        }
        console.log(gl.canvas.toDataURL().slice(0, 22));";
    let fine = |name: &str| {
        ["image", "canvas", "offscreen", "bitmap", "sub"].map(|what| format!("{name} {what}  NO_ERROR"))
    };
    let refused = ["image", "canvas", "offscreen", "bitmap", "sub"]
        .map(|what| format!("closed {what} SecurityError NO_ERROR"));
    let expected: Vec<String> = fine("own")
        .into_iter()
        .chain(fine("open"))
        .chain(refused)
        .chain(["data:image/png;base64,".to_owned()])
        .collect();
    for kind in ["webgl", "webgl2"] {
        assert_eq!(with(kind, script), expected, "{kind}");
    }
    // WebGL 2's forms with a size of their own.
    assert_eq!(
        with(
            "webgl2",
            "texture();
             const closed = await load('{other}/closed.png'), own = await load('own.png');
             for (const image of [closed, own]) {
               tell('size', () => gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 4, 2, 0, gl.RGBA, gl.UNSIGNED_BYTE, image));
               tell('sub', () => gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 2, 2, gl.RGBA, gl.UNSIGNED_BYTE, image));
               gl.bindTexture(gl.TEXTURE_3D, gl.createTexture());
               tell('3d', () => gl.texImage3D(gl.TEXTURE_3D, 0, gl.RGBA8, 4, 2, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, image));
               tell('sub3d', () => gl.texSubImage3D(gl.TEXTURE_3D, 0, 0, 0, 0, 2, 2, 1, gl.RGBA, gl.UNSIGNED_BYTE, image));
             }"
        ),
        [
            "size SecurityError NO_ERROR",
            "sub SecurityError NO_ERROR",
            "3d SecurityError NO_ERROR",
            "sub3d SecurityError NO_ERROR",
            "size  NO_ERROR",
            "sub  NO_ERROR",
            "3d  NO_ERROR",
            "sub3d  NO_ERROR",
        ]
    );
}

#[test]
fn a_script_that_changes_what_is_built_in_uploads_no_more() {
    assert_eq!(
        with(
            "webgl",
            "const closed = await load('{other}/closed.png');
             texture();
             Map.prototype.get = () => 1;
             Object.defineProperty(HTMLImageElement.prototype, 'crossOrigin', { value: 'anonymous' });
             Object.defineProperty(closed, 'src', { value: location.href });
             try { upload(closed); console.log('uploaded'); } catch (e) { console.log(e.name); }"
        ),
        ["SecurityError"]
    );
}

#[test]
fn uploads_are_held_to_their_formats() {
    assert_eq!(
        with(
            "webgl",
            "const bytes = length => new Uint8Array(length), own = await load('own.png');
             const image = (...rest) => gl.texImage2D(gl.TEXTURE_2D, ...rest), sub = (...rest) => gl.texSubImage2D(gl.TEXTURE_2D, ...rest);
             const { RGBA, RGB, UNSIGNED_BYTE, FLOAT, UNSIGNED_SHORT_5_6_5 } = gl;
             tell('no texture', () => upload(own));
             texture();
             tell('no image', () => upload(new Image()));
             tell('nothing', () => upload(null));
             tell('a text', () => upload('own.png'));
             tell('closed bitmap', () => { const canvas = new OffscreenCanvas(1, 1); canvas.getContext('2d'); const bitmap = canvas.transferToImageBitmap(); bitmap.close(); upload(bitmap); });
             tell('no part', () => sub(0, 0, 0, RGBA, UNSIGNED_BYTE, own));
             tell('pixels', () => image(0, RGBA, 2, 2, 0, RGBA, UNSIGNED_BYTE, bytes(16)));
             tell('rows of four bytes', () => image(0, RGB, 1, 2, 0, RGB, UNSIGNED_BYTE, bytes(6)));
             gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
             tell('rows of one', () => image(0, RGB, 1, 2, 0, RGB, UNSIGNED_BYTE, bytes(6)));
             tell('too few', () => image(0, RGBA, 2, 2, 0, RGBA, UNSIGNED_BYTE, bytes(15)));
             tell('other view', () => image(0, RGBA, 2, 2, 0, RGBA, UNSIGNED_BYTE, new Float32Array(16)));
             tell('no view', () => image(0, RGBA, 2, 2, 0, RGBA, UNSIGNED_BYTE, [1, 2]));
             tell('packed', () => image(0, RGB, 2, 2, 0, RGB, UNSIGNED_SHORT_5_6_5, new Uint16Array(4)));
             tell('packed otherwise', () => image(0, RGBA, 2, 2, 0, RGBA, UNSIGNED_SHORT_5_6_5, null));
             tell('formats differ', () => image(0, RGB, 2, 2, 0, RGBA, UNSIGNED_BYTE, null));
             tell('no format', () => image(0, RGBA, 2, 2, 0, 7, UNSIGNED_BYTE, null));
             tell('floats', () => image(0, RGBA, 2, 2, 0, RGBA, FLOAT, null));
             tell('border', () => image(0, RGBA, 2, 2, 1, RGBA, UNSIGNED_BYTE, null));
             tell('level', () => image(20, RGBA, 2, 2, 0, RGBA, UNSIGNED_BYTE, null));
             tell('huge', () => image(0, RGBA, 16385, 2, 0, RGBA, UNSIGNED_BYTE, null));
             tell('negative', () => image(0, RGBA, -1, 2, 0, RGBA, UNSIGNED_BYTE, null));
             tell('target', () => gl.texImage2D(7, 0, RGBA, 2, 2, 0, RGBA, UNSIGNED_BYTE, null));
             tell('image', () => upload(own));
             tell('part', () => sub(0, 2, 1, 2, 1, RGBA, UNSIGNED_BYTE, bytes(8)));
             tell('part outside', () => sub(0, 3, 1, 2, 1, RGBA, UNSIGNED_BYTE, bytes(8)));
             tell('part of another format', () => sub(0, 0, 0, 1, 1, RGB, UNSIGNED_BYTE, bytes(3)));
             tell('image data', () => sub(0, 0, 0, RGBA, UNSIGNED_BYTE, new ImageData(4, 2)));
             tell('mipmap', () => gl.generateMipmap(gl.TEXTURE_2D));
             tell('filter', () => gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR));
             tell('filter asked', () => gl.getTexParameter(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER) === gl.LINEAR);
             tell('no filter', () => gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, 5));
             tell('compressed', () => gl.compressedTexImage2D(gl.TEXTURE_2D, 0, 0x83F0, 4, 4, 0, bytes(8)));"
        ),
        [
            "no texture  INVALID_OPERATION",
            "no image  INVALID_VALUE",
            "nothing TypeError NO_ERROR",
            "a text TypeError NO_ERROR",
            "closed bitmap  INVALID_VALUE",
            "no part  INVALID_OPERATION",
            "pixels  NO_ERROR",
            "rows of four bytes  INVALID_OPERATION",
            "rows of one  NO_ERROR",
            "too few  INVALID_OPERATION",
            "other view  INVALID_OPERATION",
            "no view TypeError NO_ERROR",
            "packed  NO_ERROR",
            "packed otherwise  INVALID_OPERATION",
            "formats differ  INVALID_OPERATION",
            "no format  INVALID_ENUM",
            "floats  INVALID_ENUM",
            "border  INVALID_VALUE",
            "level  INVALID_VALUE",
            "huge  INVALID_VALUE",
            "negative  INVALID_VALUE",
            "target  INVALID_ENUM",
            "image  NO_ERROR",
            "part  NO_ERROR",
            "part outside  INVALID_VALUE",
            "part of another format  INVALID_OPERATION",
            "image data  NO_ERROR",
            "mipmap  NO_ERROR",
            "filter  NO_ERROR",
            "filter asked true NO_ERROR",
            "no filter  INVALID_ENUM",
            "compressed  INVALID_ENUM",
        ]
    );
}

#[test]
fn a_program_gets_as_far_as_its_draw_calls() {
    let lines = with(
        "webgl",
        "const shader = (type, source) => { const made = gl.createShader(type); gl.shaderSource(made, source); gl.compileShader(made); return made; };
         const vertex = shader(gl.VERTEX_SHADER, `
           #define COUNT 3
           struct Light { vec3 place; float power[2]; };
           attribute vec2 position; attribute highp vec2 uv; // attribute vec4 none;
           uniform mat4 view; uniform vec2 offsets[COUNT]; uniform Light light;
           void main() { gl_Position = view * vec4(position, 0., 1.); }`);
         const fragment = shader(gl.FRAGMENT_SHADER, 'precision mediump float; uniform sampler2D image; uniform bool on; void main() {}');
         const broken = shader(gl.FRAGMENT_SHADER, 'void main() {');
         console.log(gl.getShaderParameter(vertex, gl.COMPILE_STATUS), gl.getShaderParameter(broken, gl.COMPILE_STATUS), gl.getShaderInfoLog(broken));
         const program = gl.createProgram();
         gl.attachShader(program, vertex);
         gl.linkProgram(program);
         console.log(gl.getProgramParameter(program, gl.LINK_STATUS), gl.getProgramInfoLog(program));
         tell('not linked', () => gl.useProgram(program));
         gl.attachShader(program, fragment);
         tell('attached twice', () => gl.attachShader(program, fragment));
         gl.bindAttribLocation(program, 0, 'uv');
         gl.linkProgram(program);
         console.log(gl.getProgramParameter(program, gl.LINK_STATUS), gl.getAttribLocation(program, 'position'), gl.getAttribLocation(program, 'uv'), gl.getAttribLocation(program, 'none'));
         const uniforms = Array.from({ length: gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) }, (_, nth) => gl.getActiveUniform(program, nth));
         console.log(uniforms.map(one => `${one.name}:${one.size}`).join(' '), uniforms[0].type === gl.FLOAT_MAT4);
         const at = name => gl.getUniformLocation(program, name);
         console.log(at('nothing'), at('offsets') instanceof WebGLUniformLocation, at('offsets[2]') !== null, at('offsets[3]'), at('view[0]'));
         tell('not in use', () => gl.uniform1f(at('light.power[1]'), 2));
         gl.useProgram(program);
         tell('number', () => gl.uniform1f(at('light.power[1]'), 2));
         tell('number asked', () => gl.getUniform(program, at('light.power[1]')));
         tell('other type', () => gl.uniform1i(at('light.power[1]'), 2));
         tell('sampler', () => gl.uniform1i(at('image'), 3));
         tell('bool', () => { gl.uniform1f(at('on'), 1); return gl.getUniform(program, at('on')); });
         tell('list', () => { gl.uniform2fv(at('offsets'), [1, 2, 3, 4]); return [...gl.getUniform(program, at('offsets[1]'))].join(); });
         tell('odd list', () => gl.uniform2fv(at('offsets'), [1, 2, 3]));
         tell('matrix', () => gl.uniformMatrix4fv(at('view'), false, new Float32Array(16)));
         tell('transposed', () => gl.uniformMatrix4fv(at('view'), true, new Float32Array(16)));
         tell('nowhere', () => gl.uniform1f(null, 1));
         const buffer = gl.createBuffer();
         tell('no buffer', () => gl.bufferData(gl.ARRAY_BUFFER, 8, gl.STATIC_DRAW));
         gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
         tell('as indices', () => gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, buffer));
         tell('data', () => { gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(6), gl.STATIC_DRAW); return gl.getBufferParameter(gl.ARRAY_BUFFER, gl.BUFFER_SIZE); });
         tell('past the end', () => gl.bufferSubData(gl.ARRAY_BUFFER, 20, new Float32Array(2)));
         tell('pointer', () => gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 8, 0));
         tell('odd pointer', () => gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 7, 0));
         tell('no attribute', () => gl.enableVertexAttribArray(99));
         tell('no mode', () => gl.drawArrays(99, 0, 3));
         tell('draw', () => gl.drawArrays(gl.TRIANGLES, 0, 3));
         tell('draw again', () => gl.drawElements(gl.TRIANGLES, 3, gl.UNSIGNED_SHORT, 0));
         tell('deleted', () => { gl.deleteBuffer(buffer); return gl.isBuffer(buffer); });
         tell('bound after that', () => gl.bindBuffer(gl.ARRAY_BUFFER, buffer));
         tell('of another', () => gl.bindBuffer(gl.ARRAY_BUFFER, document.createElement('canvas').getContext('webgl').createBuffer()));
         tell('of another kind', () => gl.bindBuffer(gl.ARRAY_BUFFER, program));",
    );
    assert_eq!(
        lines,
        [
            "true false ERROR: 0:1: '{' : syntax error: unbalanced braces",
            "false Missing or uncompiled fragment shader.",
            "not linked  INVALID_OPERATION",
            "attached twice  INVALID_OPERATION",
            "true 1 0 -1",
            "view:1 offsets[0]:3 light.place:1 light.power[0]:2 image:1 on:1 true",
            "null true true null null",
            "not in use  INVALID_OPERATION",
            "number  NO_ERROR",
            "number asked 2 NO_ERROR",
            "other type  INVALID_OPERATION",
            "sampler  NO_ERROR",
            "bool true NO_ERROR",
            "list 3,4 NO_ERROR",
            "odd list  INVALID_VALUE",
            "matrix  NO_ERROR",
            "transposed  INVALID_VALUE",
            "nowhere  NO_ERROR",
            "no buffer  INVALID_OPERATION",
            "as indices  INVALID_OPERATION",
            "data 24 NO_ERROR",
            "past the end  INVALID_VALUE",
            "pointer  NO_ERROR",
            "odd pointer  INVALID_OPERATION",
            "no attribute  INVALID_VALUE",
            "no mode  INVALID_ENUM",
            "WebGL: INVALID_OPERATION: drawArrays: nothing is rasterised here; textures, programs and buffers are only \
             kept account of",
            "draw  INVALID_OPERATION",
            "draw again  INVALID_OPERATION",
            "deleted false NO_ERROR",
            "bound after that  INVALID_OPERATION",
            "of another  INVALID_OPERATION",
            "of another kind TypeError NO_ERROR",
        ]
    );
}

#[test]
fn state_is_kept_and_clearing_is_done() {
    assert_eq!(
        with(
            "webgl2",
            "console.log(gl instanceof WebGL2RenderingContext, gl instanceof WebGLRenderingContext, gl.canvas.getContext('webgl2') === gl);
             console.log(gl.canvas.getContext('2d'), gl.canvas.getContext('webgl'), document.createElement('canvas').getContext('other'));
             console.log(gl.getParameter(gl.VERSION), gl.drawingBufferWidth, gl.drawingBufferHeight, gl.getExtension('any'), gl.getSupportedExtensions().length);
             gl.viewport(0, 0, 10, 20); gl.enable(gl.BLEND); gl.blendFunc(gl.ONE, gl.ZERO);
             console.log([...gl.getParameter(gl.VIEWPORT)].join(), gl.isEnabled(gl.BLEND), gl.getParameter(gl.BLEND), gl.getParameter(gl.BLEND_DST_ALPHA) === gl.ZERO);
             gl.viewport(0, 0, -1, 0); gl.enable(77); gl.enable(78);
             console.log(error(), error(), error());
             tell('unknown', () => gl.getParameter(77));
             gl.clearColor(1, 0.5, 0, 1); gl.clear(gl.COLOR_BUFFER_BIT);
             gl.enable(gl.SCISSOR_TEST); gl.scissor(0, 0, 1, 1); gl.clearColor(0, 0, 0.25, 0.5); gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
             const pixels = new Uint8Array(16);
             gl.readPixels(0, 0, 2, 2, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
             console.log(pixels.join(), error());
             const copy = document.createElement('canvas').getContext('2d');
             copy.drawImage(gl.canvas, 0, 0);
             console.log(copy.getImageData(5, 5, 1, 1).data.join());
             tell('clears what is not there', () => gl.clear(1));
             const framebuffer = gl.createFramebuffer();
             console.log(gl.isFramebuffer(framebuffer), gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE);
             gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
             console.log(gl.isFramebuffer(framebuffer), gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_INCOMPLETE_MISSING_ATTACHMENT);
             const target = gl.createTexture(); gl.bindTexture(gl.TEXTURE_2D, target); gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, 4, 4);
             gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target, 0);
             console.log(gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE, error());
             tell('fixed', () => gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, null));
             const array = gl.createVertexArray(); gl.bindVertexArray(array); gl.enableVertexAttribArray(1); gl.bindVertexArray(null);
             console.log(gl.getVertexAttrib(1, gl.VERTEX_ATTRIB_ARRAY_ENABLED), gl.isVertexArray(array));
             console.log(typeof gl.createTransformFeedback, typeof gl.makeXRCompatible);
             try { new WebGLTexture() } catch (e) { console.log(e.name) }
             try { WebGLRenderingContext.prototype.clear.call(gl.canvas, 0) } catch (e) { console.log(e.name) }"
        ),
        [
            "true false true",
            "null null null",
            "WebGL 2.0 (crossorigin) 300 150 null 0",
            "0,0,10,20 true true true",
            "INVALID_VALUE INVALID_ENUM NO_ERROR",
            "unknown null INVALID_ENUM",
            "0,0,64,128,255,128,0,255,255,128,0,255,255,128,0,255 NO_ERROR",
            "255,128,0,255",
            "clears what is not there  INVALID_VALUE",
            "false true",
            "true true",
            "true NO_ERROR",
            "fixed  INVALID_OPERATION",
            "false true",
            "undefined undefined",
            "TypeError",
            "TypeError",
        ]
    );
}
