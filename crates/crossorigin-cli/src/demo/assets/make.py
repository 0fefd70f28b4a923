#!/usr/bin/env python3
"""Makes the demo's film and font, once; both are committed.

Needs fonttools and brotli (from PyPI) and ffmpeg with libvpx-vp9. Run in this folder: python3 make.py
"""

import math
import subprocess

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

WEIGHT = 96  # of a stroke, in units of 1/1000 em
HEIGHT = 500  # of a lower-case letter without ascender


def arc(pen, cx, cy, rx, ry, start, end):
    """A piece of an elliptic ring; angles in degrees, counter-clockwise where end > start."""
    if end < start:
        start, end = end, start
    steps = max(1, math.ceil((end - start) / 30))
    half = math.radians((end - start) / steps) / 2

    def on(r, angle):
        return (round(cx + (rx + r) * math.cos(angle)), round(cy + (ry + r) * math.sin(angle)))

    def off(r, angle):
        k = 1 / math.cos(half)
        return (round(cx + (rx + r) * k * math.cos(angle)), round(cy + (ry + r) * k * math.sin(angle)))

    angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    outer, inner = WEIGHT / 2, -WEIGHT / 2
    whole = end - start >= 360
    pen.moveTo(on(inner, angles[0]))
    for a, b in zip(angles, angles[1:]):
        pen.qCurveTo(off(inner, (a + b) / 2), on(inner, b))
    if whole:
        pen.closePath()
        pen.moveTo(on(outer, angles[-1]))
    else:
        pen.lineTo(on(outer, angles[-1]))
    for a, b in reversed(list(zip(angles, angles[1:]))):
        pen.qCurveTo(off(outer, (a + b) / 2), on(outer, a))
    pen.closePath()


def disc(pen, cx, cy, r):
    pen.moveTo((cx + r, cy))
    for i in range(8):
        a, b = -i * math.pi / 4, -(i + 1) * math.pi / 4
        k = r / math.cos(math.pi / 8)
        m = (a + b) / 2
        pen.qCurveTo(
            (round(cx + k * math.cos(m)), round(cy + k * math.sin(m))),
            (round(cx + r * math.cos(b)), round(cy + r * math.sin(b))),
        )
    pen.closePath()


def stem(pen, x, bottom, top):
    pen.moveTo((x, bottom))
    pen.lineTo((x, top))
    pen.lineTo((x + WEIGHT, top))
    pen.lineTo((x + WEIGHT, bottom))
    pen.closePath()


def letters():
    half = WEIGHT // 2
    middle, radius = HEIGHT // 2, HEIGHT // 2 - half
    ring = 50 + half + radius  # x of a round letter's centre

    def c(pen):
        arc(pen, ring, middle, radius, radius, 48, 312)

    def o(pen):
        arc(pen, ring, middle, radius, radius, 0, 360)
        disc(pen, ring, middle, 62)

    def r(pen):
        stem(pen, 70, 0, HEIGHT)
        arc(pen, 70 + half + 165, HEIGHT - half - 165, 165, 165, 62, 180)

    def s(pen):
        ry = (HEIGHT - WEIGHT) / 4
        arc(pen, 215, HEIGHT - half - ry, 125, ry, 25, 270)
        arc(pen, 215, half + ry, 125, ry, -155, 90)

    def i(pen):
        stem(pen, 70, 0, HEIGHT)
        disc(pen, 70 + half, 640, 66)

    def n(pen):
        stem(pen, 70, 0, HEIGHT)
        arc(pen, 70 + half + 160, HEIGHT - half - 160, 160, 160, 0, 180)
        stem(pen, 70 + 320, 0, HEIGHT - half - 150)

    def g(pen):
        arc(pen, ring, middle, radius, radius, 0, 360)
        stem(pen, ring + radius - half, -40, HEIGHT)
        arc(pen, ring, -40, radius, 150, -145, 0)

    return {"c": (c, 520), "o": (o, 600), "r": (r, 440), "s": (s, 430), "i": (i, 236), "n": (n, 556), "g": (g, 620)}


def font():
    drawn = letters()
    order = [".notdef", "space", *drawn]
    glyphs, metrics = {}, {}
    for name in order:
        pen = TTGlyphPen(None)
        if name in drawn:
            draw, width = drawn[name]
            draw(pen)
        else:
            width = 260
        glyphs[name], metrics[name] = pen.glyph(), (width, 0)
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({32: "space", **{ord(letter): letter for letter in drawn}})
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics({name: (width, glyphs[name].xMin if name in drawn else 0) for name, (width, _) in metrics.items()})
    builder.setupHorizontalHeader(ascent=800, descent=-250)
    builder.setupNameTable({"familyName": "Origin", "styleName": "Regular", "licenseDescription": "MIT OR Apache-2.0"})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-250, usWinAscent=800, usWinDescent=250)
    builder.setupPost()
    builder.updateHead(created=0, modified=0)
    builder.font.recalcTimestamp = False
    builder.font.flavor = "woff2"
    builder.save("origin.woff2")


def mix(a, b, t):
    return [x + (y - x) * t for x, y in zip(a, b)]


def film():
    """A sun that rises and sets behind hills: 36 frames, which loop."""
    width, height, frames = 320, 200, 36
    pixels = bytearray()
    ridges = [
        [height * (base + rise * math.sin(x / width * f + p) + rise / 2 * math.sin(x / width * f * 2.3 + p * 2)) for x in range(width)]
        for base, rise, f, p in [(0.62, 0.06, 5.0, 0.4), (0.74, 0.05, 7.0, 2.0), (0.86, 0.04, 4.0, 4.1)]
    ]
    for frame in range(frames):
        turn = frame / frames * math.tau
        high = 0.5 - 0.5 * math.cos(turn)
        sx, sy = width * (0.5 - 0.22 * math.cos(turn)), height * (0.72 - 0.46 * high)
        top, low = mix([38, 44, 84], [88, 150, 205], high), mix([206, 104, 84], [246, 226, 190], high)
        hills = [mix(a, b, high) for a, b in [([92, 70, 104], [120, 156, 160]), ([62, 50, 84], [74, 118, 112]), ([34, 30, 56], [34, 78, 74])]]
        for y in range(height):
            sky = mix(top, low, min(1, y / (height * 0.7)))
            for x in range(width):
                distance = math.hypot(x - sx, y - sy)
                colour = mix(sky, [255, 232, 176], max(0.0, min(1.0, 19 - distance)) if distance > 18 else 1.0)
                if distance > 18:
                    colour = mix(colour, [255, 214, 150], 0.5 * math.exp(-(distance - 18) / 34))
                for ridge, hill in zip(ridges, hills):
                    colour = mix(colour, hill, max(0.0, min(1.0, y - ridge[x] + 0.5)))
                pixels += bytes(max(0, min(255, round(v))) for v in colour)
    subprocess.run(
        ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", "12", "-i", "-",
         "-c:v", "libvpx-vp9", "-crf", "40", "-b:v", "0", "-pix_fmt", "yuv420p", "-g", "36", "-fflags", "+bitexact", "-flags:v", "+bitexact",
         "-map_metadata", "-1", "film.webm"],
        input=bytes(pixels), check=True)


font()
film()
