// Programs that draw images, and read and write pixels. Each paints on a canvas of its own: `c` is its context.

/** The kinds of files that a page may draw, and whether what they show agrees to the byte. */
exact("drawImage: in its place", async c => c.drawImage(await load("photo.png"), 0, 0));
exact("drawImage: elsewhere, and over the edge", async c => c.drawImage(await load("photo.png"), 20, -10));
exact("drawImage: a part, unscaled", async c => c.drawImage(await load("photo.png"), 10, 5, 40, 30, 8, 12, 40, 30));
exact("drawImage: a canvas", async c => {
  const other = new OffscreenCanvas(40, 40);
  const o = other.getContext("2d");
  o.fillStyle = "#c63";
  o.fillRect(5, 5, 30, 30);
  c.drawImage(other, 10, 10);
});
close("drawImage: a canvas, smaller", async c => {
  const other = new OffscreenCanvas(256, 160);
  other.getContext("2d").drawImage(await load("large.png"), 0, 0);
  c.drawImage(other, 0, 0, 96, 64);
});
for (const quality of ["medium", "high"]) close(`drawImage: a canvas, smaller, of ${quality} quality`, async c => {
  const other = new OffscreenCanvas(256, 160);
  other.getContext("2d").drawImage(await load("large.png"), 0, 0);
  c.imageSmoothingQuality = quality;
  c.drawImage(other, 0, 0, 96, 64);
});
close("drawImage: an ImageBitmap, smaller", async c => c.drawImage(await createImageBitmap(await load("large.png")), 5, 5, 50, 30));
close("drawImage: a canvas, between pixels, with alpha", async c => {
  const other = new OffscreenCanvas(64, 48);
  other.getContext("2d").drawImage(await load("alpha.png"), 0, 0);
  c.translate(0.5, 0.25);
  c.drawImage(other, 10.1, 8.3, 40.7, 30.9);
});
close("drawImage: a few pixels of many", async c => {
  for (let nth = 0; nth < 10; nth++) c.drawImage(await load("large.png"), nth * 20, 10, 60, 40, nth * 9, nth * 6, 0.7, 30);
});
for (const blend of ["copy", "source-in", "destination-in", "xor"]) close(`drawImage: smaller, ${blend}`, async c => {
  c.fillStyle = "#2b6";
  c.fillRect(0, 0, 60, 40);
  c.globalCompositeOperation = blend;
  c.drawImage(await load("large.png"), 30, 10, 60, 50);
});
exact("drawImage: the canvas itself", async (c, canvas) => {
  c.drawImage(await load("photo.png"), 0, 0);
  c.drawImage(canvas, 30, 20);
});
exact("drawImage: larger, not smoothed", async c => {
  c.imageSmoothingEnabled = false;
  c.drawImage(await load("photo.png"), 4, 4, 8, 8, 0, 0, 96, 64);
});
close("drawImage: larger", async c => c.drawImage(await load("photo.png"), 0, 0, 96, 64));
close("drawImage: a part, much larger", async c => c.drawImage(await load("photo.png"), 8, 8, 12, 8, 0, 0, 96, 64));
close("drawImage: smaller", async c => c.drawImage(await load("large.png"), 0, 0, 96, 64));
close("drawImage: much smaller", async c => c.drawImage(await load("large.png"), 2, 2, 40, 30));
close("drawImage: a part, smaller", async c => c.drawImage(await load("large.png"), 50, 30, 200, 120, 0, 0, 90, 60));
close("drawImage: narrower and higher", async c => c.drawImage(await load("photo.png"), 0, 0, 20, 64));
close("drawImage: between pixels", async c => c.drawImage(await load("photo.png"), 3.4, 5.7));
close("drawImage: mirrored by a negative width", async c => c.drawImage(await load("photo.png"), 70, 5, -50, 40));
close("drawImage: larger, of high quality", async c => {
  c.imageSmoothingQuality = "high";
  c.drawImage(await load("photo.png"), 0, 0, 96, 64);
});
close("drawImage: smaller, of medium quality", async c => {
  c.imageSmoothingQuality = "medium";
  c.drawImage(await load("large.png"), 0, 0, 60, 40);
});
close("drawImage: smaller, of high quality", async c => {
  c.imageSmoothingQuality = "high";
  c.drawImage(await load("large.png"), 0, 0, 60, 40);
});
close("drawImage: turned", async c => {
  c.translate(48, 32);
  c.rotate(0.4);
  c.drawImage(await load("photo.png"), -32, -24);
});
close("drawImage: skewed, not smoothed", async c => {
  c.imageSmoothingEnabled = false;
  c.setTransform(1, 0.3, -0.2, 1, 15, 0);
  c.drawImage(await load("photo.png"), 0, 0);
});
close("drawImage: half transparent", async c => {
  c.fillStyle = "#036";
  c.fillRect(0, 0, 60, 64);
  c.globalAlpha = 0.5;
  c.drawImage(await load("photo.png"), 10, 10);
});
close("drawImage: through a circle", async c => {
  c.arc(48, 32, 30, 0, 7);
  c.clip();
  c.drawImage(await load("large.png"), 0, 0, 96, 64);
});

for (const file of ["photo.png", "palette.png", "palette-clear.png", "grey.png", "grey-alpha.png", "grey-2.png", "clear-colour.png", "deep.png", "interlaced.png",
  "srgb.png", "photo.gif", "clear.gif", "photo.webp", "photo.bmp", "photo.ico"]) {
  exact(`the file ${file}`, async c => c.drawImage(await load(file), 0, 0));
}
// Colours are brought to sRGB with other roundings.
for (const file of ["gamma.png", "gamma-2.png", "gamma-3.png", "wide.png", "wide.jpg", "wide.webp"]) close(`the file ${file}`, async c => c.drawImage(await load(file), 0, 0));
for (const file of ["alpha.png", "deep-alpha.png", "alpha.webp", "photo.jpg", "grey.jpg", "turned.jpg", "by-chromium.jpg", "by-chromium.webp", "shapes.svg", "sized.svg", "filtered.svg"]) {
  close(`the file ${file}`, async c => c.drawImage(await load(file), 0, 0));
}
close("an SVG, larger", async c => c.drawImage(await load("shapes.svg"), 0, 0, 190, 130));
close("a turned JPEG, a part", async c => c.drawImage(await load("turned.jpg"), 4, 4, 30, 40, 0, 0, 60, 64));
exact("a data: URL", async c => c.drawImage(await load("data:image/gif;base64,R0lGODlhAQABAPAAAP8AAAAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="), 3, 3));

exact("putImageData: opaque", async c => c.putImageData(noise(64, 48, () => 255), 3, 4));
exact("putImageData: a part", async c => c.putImageData(noise(64, 48, () => 255), 3, 4, 10, 10, 20, 15));
exact("putImageData: neither clip nor transformation nor alpha", async c => {
  c.rect(0, 0, 5, 5);
  c.clip();
  c.globalAlpha = 0.2;
  c.scale(2, 2);
  c.putImageData(noise(64, 48, () => 255), 10, 4);
});
every("putImageData: every alpha, as it comes back", async c => {
  const data = c.createImageData(64, 64);
  for (let at = 0; at < 64 * 64; at++) data.data.set([at * 7, at * 13, at * 29, at >> 2], at * 4);
  c.putImageData(data, 0, 0);
});
every("getImageData: transparent pixels, put elsewhere", async c => {
  c.drawImage(await load("alpha.png"), 0, 0);
  const data = c.getImageData(0, 0, 40, 40);
  c.clearRect(0, 0, 96, 64);
  c.putImageData(data, 20, 20);
});
exact("getImageData: over the edge", async c => {
  c.drawImage(await load("photo.png"), 0, 0);
  c.putImageData(c.getImageData(-5, -5, 40, 40), 30, 10);
});

exact("createImageBitmap: a part of an image", async c => c.drawImage(await createImageBitmap(await load("photo.png"), 10, 10, 30, 20), 5, 5));
exact("createImageBitmap: of a blob", async c => {
  const blob = await (await fetch("photo.png")).blob();
  c.drawImage(await createImageBitmap(blob), 5, 5);
});
exact("createImageBitmap: of pixels", async c => c.drawImage(await createImageBitmap(noise(40, 30, () => 255)), 5, 5));
exact("createImageBitmap: flipped", async c => c.drawImage(await createImageBitmap(await load("photo.png"), { imageOrientation: "flipY" }), 0, 0));
exact("createImageBitmap: over the edge of its source", async c => c.drawImage(await createImageBitmap(await load("photo.png"), -10, -10, 50, 50), 0, 0));
const blobOf = async file => (await fetch(file)).blob();
close("createImageBitmap: not premultiplied", async c => c.drawImage(await createImageBitmap(await blobOf("alpha.png"), { premultiplyAlpha: "none" }), 0, 0));
close("createImageBitmap: of a turned JPEG", async c => c.drawImage(await createImageBitmap(await blobOf("turned.jpg")), 0, 0));
close("createImageBitmap: a part of an SVG, resized", async c => c.drawImage(await createImageBitmap(await load("shapes.svg"), 8, 8, 40, 30, { resizeWidth: 80, resizeHeight: 60 }), 0, 0));
close("createImageBitmap: flipped and resized", async c => c.drawImage(await createImageBitmap(await load("large.png"), { imageOrientation: "flipY", resizeHeight: 50, resizeQuality: "medium" }), 0, 0));
close("createImageBitmap: resized in one direction", async c => c.drawImage(await createImageBitmap(await load("large.png"), { resizeWidth: 70 }), 0, 0));
close("createImageBitmap: made larger", async c => c.drawImage(await createImageBitmap(await load("photo.png"), 0, 0, 24, 16, { resizeWidth: 96, resizeHeight: 64 }), 0, 0));
close("createImageBitmap: without its colour profile", async c => c.drawImage(await createImageBitmap(await blobOf("wide.png"), { colorSpaceConversion: "none" }), 0, 0));
for (const type of ["image/jpeg", "image/webp"]) close(`convertToBlob: ${type}`, async c => {
  const other = new OffscreenCanvas(96, 64);
  other.getContext("2d").drawImage(await load("smooth.png"), 0, 0);
  const blob = await other.convertToBlob({ type, quality: 1 });
  c.drawImage(await createImageBitmap(blob), 0, 0);
  return blob.type;
});
close("createImageBitmap: resized", async c => c.drawImage(await createImageBitmap(await load("large.png"), { resizeWidth: 80, resizeHeight: 50 }), 0, 0));
close("createImageBitmap: resized, of high quality", async c =>
  c.drawImage(await createImageBitmap(await load("large.png"), { resizeWidth: 80, resizeHeight: 50, resizeQuality: "high" }), 0, 0));
exact("createImageBitmap: resized by pixels", async c =>
  c.drawImage(await createImageBitmap(await load("photo.png"), 0, 0, 24, 16, { resizeWidth: 96, resizeHeight: 64, resizeQuality: "pixelated" }), 0, 0));
exact("transferToImageBitmap", async c => {
  const other = new OffscreenCanvas(50, 40);
  other.getContext("2d").drawImage(await load("photo.png"), 0, 0);
  c.drawImage(other.transferToImageBitmap(), 10, 10);
});
exact("bitmaprenderer", async c => {
  const other = new OffscreenCanvas(64, 48);
  other.getContext("bitmaprenderer").transferFromImageBitmap(await createImageBitmap(await load("photo.png")));
  c.drawImage(other, 10, 10);
});

// What is exported is read again.
const exported = (canvas, ...how) => new Promise(done => canvas.toBlob(done, ...how));
for (const [type, quality] of [["image/png"], ["image/jpeg"], ["image/jpeg", 0.5], ["image/jpeg", 1], ["image/webp", 1], ["image/webp", 0.9], ["image/nonsense"]]) {
  close(`toBlob: ${type}${quality === undefined ? "" : `, quality ${quality}`}`, async (c, canvas) => {
    c.drawImage(await load("smooth.png"), 0, 0, 96, 64);
    const blob = await exported(canvas, type, quality);
    c.clearRect(0, 0, 96, 64);
    c.drawImage(await createImageBitmap(blob), 0, 0);
    return blob.type;
  });
}
close("toDataURL: a JPEG of what is transparent", async (c, canvas) => {
  c.fillStyle = "#fc0";
  c.fillRect(16, 16, 64, 32);
  const url = canvas.toDataURL("image/jpeg");
  c.clearRect(0, 0, 96, 64);
  c.drawImage(await load(url), 0, 0);
  return url.slice(0, 22);
});
exact("convertToBlob", async c => {
  const other = new OffscreenCanvas(64, 48);
  other.getContext("2d").drawImage(await load("photo.png"), 0, 0);
  const blob = await other.convertToBlob();
  c.drawImage(await createImageBitmap(blob), 0, 0);
  return blob.type;
});
