//! Video and sound: loads by their rules, errors, and what may be uploaded of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "another test uses the rest")]
mod support;

use support::{Files, console};

const OTHER: Files = &[
    ("/open.mp4", "Access-Control-Allow-Origin: *\r\nContent-Type: video/mp4\r\n", b"open"),
    ("/closed.mp4", "Content-Type: video/mp4\r\n", b"closed"),
];
const OWN: Files = &[
    ("/own.mp4", "Content-Type: video/mp4\r\n", b"own"),
    ("/own.ogg", "Content-Type: audio/ogg\r\n", b"own"),
];

/// What every script here begins with.
const TOOLS: &str = "
    const watch = (media, name) => {
      for (const type of ['loadstart', 'suspend', 'emptied', 'play', 'pause', 'error', 'loadeddata'])
        media.addEventListener(type, () => console.log(name, type, media.networkState, media.error?.code));
      return media;
    };
    const over = media => new Promise(resolve => media.addEventListener('error', resolve));
    const make = (name, properties) => Object.assign(watch(document.createElement(name), name), properties);";

fn module(module: &str) -> Vec<String> {
    console(&format!("<!doctype html><body><script type=module>{TOOLS}{module}</script>"), OWN, OTHER)
}

#[test]
fn what_is_not_decoded_ends_in_an_error() {
    assert_eq!(
        module(
            "const video = make('video', { src: 'own.mp4' });
             console.log(video.networkState, video.readyState, video.error, video.paused, video.duration, video.videoWidth, video.canPlayType('video/mp4') === '');
             await over(video);
             console.log(video.currentSrc === location.origin + '/own.mp4', video.error instanceof MediaError, video.error.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED, video.networkState === video.NETWORK_NO_SOURCE, video.buffered.length);
             console.log(await video.play().catch(e => e.name));
             const audio = watch(new Audio('own.ogg'), 'audio');
             console.log(audio instanceof HTMLAudioElement, audio.preload);
             console.log(await audio.play().catch(e => e.name), audio.paused);
             audio.volume = 0.5; audio.muted = true;
             console.log(audio.volume, audio.muted);
             try { audio.volume = 2; } catch (e) { console.log(e.name); }
             try { new MediaError(); } catch (e) { console.log(e.name); }"
        ),
        [
            "3 0 null true NaN 0 true",
            "video loadstart 2 undefined",
            "video error 3 4",
            "true true true true 0",
            "NotSupportedError",
            "true auto",
            "audio play 2 undefined",
            "audio loadstart 2 undefined",
            "audio error 3 4",
            "NotSupportedError false",
            "0.5 true",
            "IndexSizeError",
            "TypeError",
        ]
    );
}

#[test]
fn media_of_others_is_asked_for_as_its_attribute_says() {
    assert_eq!(
        module(
            "for (const [crossOrigin, path] of [[null, 'closed'], ['anonymous', 'open'], ['anonymous', 'closed'], ['use-credentials', 'open']]) {
               const video = document.createElement('video');
               video.crossOrigin = crossOrigin;
               video.src = `{other}/${path}.mp4`;
               await over(video);
               console.log(crossOrigin, path, video.error.code);
             }"
        ),
        [
            "null closed 4",
            "anonymous open 4",
            "Access to video at '{other}/closed.mp4' from origin '{own}' has been blocked by CORS policy: No \
             'Access-Control-Allow-Origin' header is present on the requested resource.",
            "Failed to load resource: net::ERR_FAILED",
            "anonymous closed 4",
            "Access to video at '{other}/open.mp4' from origin '{own}' has been blocked by CORS policy: The value of the \
             'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials \
             mode is 'include'.",
            "Failed to load resource: net::ERR_FAILED",
            "use-credentials open 4",
        ]
    );
}

#[test]
fn sources_are_tried_one_after_the_other() {
    assert_eq!(
        module(
            "const video = watch(document.createElement('video'), 'video');
             for (const name of ['own.mp4', 'missing.mp4']) {
               const source = document.createElement('source');
               source.src = name; source.type = 'video/mp4';
               source.addEventListener('error', () => console.log(name, 'error'));
               video.append(source);
             }
             document.body.append(video);
             await over(video.lastChild);
             console.log(video.networkState, video.error, video.currentSrc.endsWith('missing.mp4'));
             const lazy = make('video', { preload: 'none', src: 'own.mp4' });
             setTimeout(() => { console.log('later', lazy.networkState); lazy.play().catch(e => console.log(e.name)); }, 20);"
        ),
        [
            "video loadstart 2 undefined",
            "own.mp4 error",
            "Failed to load resource: the server responded with a status of 404 (Not Found)",
            "missing.mp4 error",
            "3 null true",
            "video loadstart 1 undefined",
            "video suspend 1 undefined",
            "later 1",
            "video play 2 undefined",
            "video error 3 4",
            "NotSupportedError",
        ]
    );
}

#[test]
fn nothing_is_drawn_of_a_video_and_what_was_not_shared_is_not_uploaded() {
    assert_eq!(
        module(
            "const gl = document.createElement('canvas').getContext('webgl');
             gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
             const canvas = document.createElement('canvas'), context = canvas.getContext('2d');
             for (const [source, crossOrigin] of [['own.mp4', null], ['{other}/open.mp4', 'anonymous'], ['{other}/closed.mp4', null]]) {
               const video = document.createElement('video');
               video.crossOrigin = crossOrigin;
               video.src = source;
               await over(video);
               try { gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, video); console.log(gl.getError() === gl.INVALID_VALUE); } catch (e) { console.log(e.name); }
               context.drawImage(video, 0, 0);
               console.log(canvas.toDataURL().startsWith('data:'), await createImageBitmap(video).catch(e => e.name));
             }"
        ),
        [
            "true",
            "true InvalidStateError",
            "true",
            "true InvalidStateError",
            "SecurityError",
            "true InvalidStateError",
        ]
    );
}
