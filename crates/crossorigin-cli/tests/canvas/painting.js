// Programs that paint paths, styles and text.

exact("rectangles at whole pixels", async c => {
  for (const [nth, colour] of ["red", "#0a0", "rgb(10, 20, 200)", "hsl(40, 90%, 50%)", "rebeccapurple"].entries()) {
    c.fillStyle = colour;
    c.fillRect(nth * 15, nth * 8, 30, 24);
  }
  c.clearRect(20, 20, 20, 20);
});
close("rectangles between pixels", async c => {
  c.fillStyle = "#d22";
  c.fillRect(3.3, 4.6, 50.5, 30.2);
  c.strokeRect(20.5, 12.25, 60, 40);
  c.clearRect(30.5, 20.5, 10, 10);
});
close("a polygon", async c => polygon(c, [[10, 5], [90, 20], [70, 60], [30, 50], [5, 40]]));
close("a star, nonzero", async c => star(c, "nonzero"));
close("a star, even-odd", async c => star(c, "evenodd"));
close("arcs", async c => {
  c.fillStyle = "#27c";
  c.beginPath(); c.arc(24, 32, 20, 0, 2 * Math.PI); c.fill();
  c.beginPath(); c.arc(70, 32, 20, 0.5, 4, true); c.lineWidth = 5; c.stroke();
});
close("ellipses", async c => {
  c.fillStyle = "#2a6";
  c.beginPath(); c.ellipse(48, 32, 40, 15, 0.5, 0, 2 * Math.PI); c.fill();
  c.beginPath(); c.ellipse(48, 32, 12, 28, 0, 1, 5); c.stroke();
});
close("roundRect", async c => {
  c.fillStyle = "#a3c";
  c.beginPath(); c.roundRect(4, 4, 60, 40, [20, 5, 12, 0]); c.fill();
  c.beginPath(); c.roundRect(50, 20, 40, 40, { x: 20, y: 8 }); c.lineWidth = 3; c.stroke();
});
close("curves", async c => {
  c.lineWidth = 4;
  c.beginPath(); c.moveTo(5, 60); c.bezierCurveTo(30, -40, 60, 100, 90, 5); c.stroke();
  c.beginPath(); c.moveTo(5, 5); c.quadraticCurveTo(48, 80, 90, 40); c.fillStyle = "#48c8"; c.fill();
});
close("arcTo", async c => {
  c.lineWidth = 3;
  c.beginPath(); c.moveTo(10, 10); c.arcTo(90, 10, 90, 60, 25); c.arcTo(10, 60, 10, 10, 12); c.stroke();
});
close("Path2D of SVG", async c => {
  c.fillStyle = "#c40";
  c.fill(new Path2D("M48 10 C 20 -20 -20 20 48 60 C 116 20 76 -20 48 10 Z"));
  c.stroke(new Path2D("M10 50 q 10 -30 20 0 t 20 0 a 10 6 30 1 1 20 5 h 15 v -20"));
});
close("Path2D, added with a transformation", async c => {
  const one = new Path2D(), all = new Path2D();
  one.rect(0, 0, 20, 14);
  for (let nth = 0; nth < 4; nth++) all.addPath(one, new DOMMatrix([1, 0.2 * nth, 0, 1, nth * 22, nth * 5]));
  c.fill(all);
});
close("clips within each other", async c => {
  c.beginPath(); c.arc(40, 32, 28, 0, 7); c.clip();
  c.beginPath(); c.rect(30, 10, 60, 40); c.clip();
  c.fillStyle = "#07c"; c.fillRect(0, 0, 96, 64);
});
close("a clip, even-odd, and restored", async c => {
  c.save();
  c.beginPath(); c.rect(5, 5, 60, 50); c.arc(35, 30, 18, 0, 7); c.clip("evenodd");
  c.fillStyle = "#a00"; c.fillRect(0, 0, 96, 64);
  c.restore();
  c.fillStyle = "#0a0"; c.fillRect(60, 20, 30, 20);
});
close("transformations", async c => {
  c.translate(48, 32); c.rotate(0.3); c.scale(1.5, 0.7); c.transform(1, 0.2, 0.1, 1, 0, 0);
  c.fillStyle = "#639"; c.fillRect(-20, -15, 40, 30);
  c.setTransform(1, 0, 0.5, 1, 0, 0); c.strokeRect(5.5, 5.5, 30, 20);
  c.resetTransform(); c.fillRect(0, 54, 10, 10);
});
close("a path whose transformation changes midway", async c => {
  c.beginPath(); c.moveTo(10, 10); c.translate(40, 0); c.lineTo(10, 10); c.rotate(0.8); c.lineTo(40, 20); c.closePath();
  c.lineWidth = 3; c.fillStyle = "#fa0"; c.fill(); c.stroke();
});
for (const cap of ["butt", "round", "square"]) close(`caps: ${cap}`, async c => {
  c.lineCap = cap; c.lineWidth = 10; c.beginPath(); c.moveTo(20, 15); c.lineTo(70, 20); c.moveTo(20, 45); c.lineTo(20, 45); c.moveTo(40, 40); c.lineTo(75, 55); c.stroke();
});
for (const join of ["miter", "round", "bevel"]) close(`joins: ${join}`, async c => {
  c.lineJoin = join; c.lineWidth = 9; c.beginPath(); c.moveTo(10, 55); c.lineTo(30, 15); c.lineTo(50, 55); c.lineTo(85, 20); c.lineTo(88, 55); c.stroke();
});
for (const limit of [1, 2, 4, 20]) close(`miter limit ${limit}`, async c => {
  c.miterLimit = limit; c.lineWidth = 6; c.beginPath(); c.moveTo(10, 50); c.lineTo(25, 20); c.lineTo(40, 50); c.lineTo(80, 35); c.lineTo(40, 40); c.stroke();
});
close("dashes", async c => {
  c.setLineDash([8, 4]); c.lineWidth = 3; c.strokeRect(8.5, 8.5, 70, 40);
  c.setLineDash([12, 3, 3]); c.lineDashOffset = 5; c.beginPath(); c.arc(48, 32, 24, 0, 6); c.stroke();
  c.setLineDash([1, 8]); c.lineCap = "round"; c.lineWidth = 5; c.beginPath(); c.moveTo(5, 58); c.lineTo(90, 58); c.stroke();
});
close("thin lines", async c => {
  for (const [nth, width] of [1, 0.5, 0.25, 2, 1.5].entries()) {
    c.lineWidth = width; c.beginPath(); c.moveTo(5, 8 + nth * 10); c.lineTo(90, 14 + nth * 10.5); c.stroke();
  }
});
close("lines by a transformation", async c => { c.scale(4, 1); c.lineWidth = 4; c.beginPath(); c.moveTo(4, 10); c.lineTo(20, 50); c.lineTo(20, 10); c.stroke(); });

close("linear gradient", async c => {
  const g = c.createLinearGradient(10, 0, 80, 50);
  for (const [at, colour] of [[0, "red"], [0.3, "#ff0"], [0.6, "rgba(0, 128, 0, .5)"], [1, "blue"]]) g.addColorStop(at, colour);
  c.fillStyle = g; c.fillRect(0, 0, 96, 64);
});
close("linear gradient, stops at one place", async c => {
  const g = c.createLinearGradient(0, 0, 96, 0);
  for (const [at, colour] of [[0, "#fff"], [0.5, "#000"], [0.5, "#f00"], [1, "#00f"]]) g.addColorStop(at, colour);
  c.fillStyle = g; c.fillRect(0, 0, 96, 64);
});
close("gradient to transparent", async c => {
  const g = c.createLinearGradient(0, 0, 96, 0);
  g.addColorStop(0, "#f00"); g.addColorStop(1, "transparent");
  c.fillStyle = g; c.fillRect(0, 0, 96, 64);
});
close("radial gradient", async c => {
  const g = c.createRadialGradient(48, 32, 5, 48, 32, 40);
  g.addColorStop(0, "#ff8"); g.addColorStop(0.5, "#f40"); g.addColorStop(1, "#204");
  c.fillStyle = g; c.fillRect(0, 0, 96, 64);
});
close("radial gradient, off its centre", async c => {
  const g = c.createRadialGradient(36, 24, 4, 52, 34, 34);
  g.addColorStop(0, "#fff"); g.addColorStop(1, "#06c");
  c.fillStyle = g; c.fillRect(0, 0, 96, 64);
});
close("radial gradient, a cone", async c => {
  const g = c.createRadialGradient(20, 32, 5, 75, 32, 18);
  g.addColorStop(0, "#0c0"); g.addColorStop(1, "#c0c");
  c.fillStyle = g; c.fillRect(0, 0, 96, 64);
});
close("radial gradient, transformed", async c => {
  const g = c.createRadialGradient(0, 0, 0, 0, 0, 30);
  g.addColorStop(0, "#fa0"); g.addColorStop(1, "#00a");
  c.translate(48, 32); c.rotate(0.5); c.scale(1.5, 0.6); c.fillStyle = g; c.fillRect(-60, -60, 120, 120);
});
close("conic gradient", async c => {
  const g = c.createConicGradient(0.4, 44, 30);
  for (const [at, colour] of [[0, "red"], [0.33, "lime"], [0.66, "blue"], [1, "red"]]) g.addColorStop(at, colour);
  c.fillStyle = g; c.fillRect(0, 0, 96, 64);
});
close("a line in a gradient", async c => {
  const g = c.createLinearGradient(0, 0, 96, 64);
  g.addColorStop(0, "#e00"); g.addColorStop(1, "#00e");
  c.strokeStyle = g; c.lineWidth = 12; c.beginPath(); c.arc(48, 32, 22, 0, 5); c.stroke();
});
for (const repetition of ["repeat", "repeat-x", "repeat-y", "no-repeat"]) exact(`pattern: ${repetition}`, async c => {
  c.fillStyle = c.createPattern(await load("tile.png"), repetition); c.fillRect(0, 0, 96, 64);
});
close("pattern, between pixels", async c => {
  c.translate(3.3, 2.6); c.fillStyle = c.createPattern(await load("tile.png"), "repeat"); c.fillRect(0, 0, 80, 50);
});
close("pattern of an SVG, in one direction, turned", async c => {
  const pattern = c.createPattern(await load("shapes.svg"), "repeat-x");
  c.translate(20, 0); c.rotate(0.2); c.scale(0.4, 0.5); c.fillStyle = pattern; c.fillRect(-100, -100, 400, 300);
});
close("gradient of many colours", async c => {
  const g = c.createLinearGradient(0, 0, 96, 64);
  for (let nth = 0; nth <= 60; nth++) g.addColorStop(nth / 60, `hsl(${nth * 25} 80% ${30 + nth % 5 * 10}%)`);
  c.fillStyle = g; c.fillRect(0, 0, 96, 64);
});
close("pattern, transformed", async c => {
  const pattern = c.createPattern(await load("tile.png"), "repeat");
  pattern.setTransform(new DOMMatrix([1.5, 0.4, -0.4, 1.2, 5, 3]));
  c.fillStyle = pattern; c.fillRect(0, 0, 96, 64);
});
close("pattern of a canvas, in a circle", async c => {
  const other = new OffscreenCanvas(12, 12), o = other.getContext("2d");
  o.fillStyle = "#08f"; o.fillRect(0, 0, 6, 6); o.fillStyle = "#f80"; o.fillRect(6, 6, 6, 6);
  c.translate(3, 2); c.fillStyle = c.createPattern(other, ""); c.beginPath(); c.arc(45, 30, 28, 0, 7); c.fill();
});

for (const blend of ["source-over", "source-in", "source-out", "source-atop", "destination-over", "destination-in", "destination-out", "destination-atop",
  "lighter", "copy", "xor", "multiply", "screen", "overlay", "darken", "lighten", "color-dodge", "color-burn", "hard-light", "soft-light",
  "difference", "exclusion", "hue", "saturation", "color", "luminosity"]) {
  close(`blending: ${blend}`, async c => {
    const g = c.createLinearGradient(0, 0, 96, 0);
    g.addColorStop(0, "#e33"); g.addColorStop(1, "#36d");
    c.fillStyle = g; c.fillRect(0, 0, 66, 44);
    c.globalCompositeOperation = blend;
    c.fillStyle = "rgba(240, 190, 20, .8)";
    c.beginPath(); c.arc(58, 36, 26, 0, 7); c.fill();
  });
  close(`blending images: ${blend}`, async c => {
    c.drawImage(await load("photo.png"), 0, 0);
    c.globalCompositeOperation = blend;
    c.drawImage(await load("alpha.png"), 24, 12);
  });
}
close("blending: lighter, with alpha", async c => {
  c.globalCompositeOperation = "lighter"; c.globalAlpha = 0.6;
  for (const [nth, colour] of ["#f00", "#0f0", "#00f"].entries()) { c.fillStyle = colour; c.beginPath(); c.arc(36 + nth * 14, 26 + nth % 2 * 14, 20, 0, 7); c.fill(); }
});

close("shadow, sharp", async c => {
  c.shadowColor = "#0008"; c.shadowOffsetX = 6; c.shadowOffsetY = 4; c.fillStyle = "#e44"; c.fillRect(15, 12, 50, 30);
});
close("shadow, blurred", async c => {
  c.shadowColor = "black"; c.shadowBlur = 10; c.shadowOffsetX = 5; c.shadowOffsetY = 5; c.fillStyle = "#4ae"; c.beginPath(); c.arc(40, 28, 18, 0, 7); c.fill();
});
for (const blur of [1, 2, 3, 6, 20, 40]) close(`shadow, blurred by ${blur}`, async c => {
  c.shadowColor = "#206"; c.shadowBlur = blur; c.shadowOffsetX = 4; c.fillStyle = "#fd0"; c.fillRect(30, 20, 30, 24);
});
for (const blend of ["destination-over", "copy", "source-in", "lighter"]) close(`shadow, ${blend}`, async c => {
  c.fillStyle = "#d33"; c.fillRect(0, 0, 50, 40); c.globalCompositeOperation = blend;
  c.shadowColor = "#04a"; c.shadowBlur = 4; c.shadowOffsetX = 8; c.shadowOffsetY = 8; c.fillStyle = "#3b3"; c.beginPath(); c.arc(50, 30, 18, 0, 7); c.fill();
});
close("shadow, of a gradient that ends in nothing", async c => {
  const g = c.createRadialGradient(40, 28, 0, 40, 28, 24); g.addColorStop(0, "#f80"); g.addColorStop(1, "#f800");
  c.shadowColor = "#000"; c.shadowOffsetX = 20; c.shadowOffsetY = 6; c.fillStyle = g; c.fillRect(0, 0, 80, 64);
});
close("shadow, of a line, half transparent", async c => {
  c.shadowColor = "rgba(200, 0, 80, .7)"; c.shadowBlur = 4; c.shadowOffsetY = 8; c.globalAlpha = 0.8; c.lineWidth = 6; c.strokeRect(20, 12, 50, 30);
});
close("shadow, of an image", async c => {
  c.shadowColor = "#036"; c.shadowBlur = 6; c.shadowOffsetX = 8; c.shadowOffsetY = 6; c.drawImage(await load("alpha.png"), 10, 5);
});
close("shadow, not transformed", async c => {
  c.translate(40, 10); c.scale(2, 1); c.rotate(0.3); c.shadowColor = "#080"; c.shadowBlur = 3; c.shadowOffsetX = 10; c.fillStyle = "#fc0"; c.fillRect(0, 0, 15, 25);
});
close("shadow, beyond the canvas", async c => {
  c.shadowColor = "#800"; c.shadowBlur = 5; c.shadowOffsetX = 200; c.fillRect(-180, 10, 60, 40);
});
close("shadow, clipped and blended", async c => {
  c.fillStyle = "#ddf"; c.fillRect(0, 0, 96, 64); c.beginPath(); c.rect(0, 0, 60, 64); c.clip();
  c.globalCompositeOperation = "multiply"; c.shadowColor = "#a0a"; c.shadowBlur = 8; c.shadowOffsetX = 6; c.fillStyle = "#8c4"; c.fillRect(20, 16, 50, 30);
});

for (const [nth, [size, text]] of [[48, "crossorigin"], [24, "crossorigin"], [14, "crossorigin"]].entries()) close(`text of ${size} px`, async c => {
  await font(); c.font = `${size}px Origin`; c.fillText(text, 2, 40 - nth * 4);
}, 300, 64);
close("measures of text", async c => {
  await font();
  const told = [];
  for (const size of [13, 26, 40]) {
    c.font = `${size}px Origin`;
    for (const baseline of ["alphabetic", "top", "hanging", "middle", "bottom", "ideographic"]) {
      c.textBaseline = baseline;
      const { width, fontBoundingBoxAscent, fontBoundingBoxDescent, hangingBaseline, alphabeticBaseline, ideographicBaseline } = c.measureText("origin");
      const all = [width, fontBoundingBoxAscent, fontBoundingBoxDescent, hangingBaseline, alphabeticBaseline, ideographicBaseline];
      // To tenths of a pixel, where nothing is said of -0.
      told.push(`${size} ${baseline} ${all.map(number => Math.round(number * 10) / 10 + 0).join(" ")}`);
    }
  }
  return told.join("\n");
});
for (const baseline of ["top", "hanging", "middle", "alphabetic", "bottom"]) close(`text on the baseline ${baseline}`, async c => {
  await font(); c.font = "26px Origin"; c.textBaseline = baseline; c.textAlign = "right"; c.fillText("origin", 95, 32);
});
close("text, turned, in a gradient, with a line", async c => {
  await font();
  const g = c.createLinearGradient(0, 0, 200, 0); g.addColorStop(0, "#e00"); g.addColorStop(1, "#00e");
  c.font = "40px Origin"; c.textAlign = "center"; c.textBaseline = "middle"; c.translate(100, 50); c.rotate(-0.2); c.fillStyle = g; c.fillText("origin", 0, 0); c.strokeText("origin", 0, 0);
}, 200, 100);
close("text, squeezed, spaced, with a shadow", async c => {
  await font();
  c.font = "30px Origin"; c.fillText("crossorigin", 5, 30, 90); c.letterSpacing = "4px"; c.shadowColor = "#08c"; c.shadowBlur = 3; c.shadowOffsetX = 2; c.fillText("origin", 5, 70);
}, 200, 90);

function polygon(c, points) {
  c.fillStyle = "#c36"; c.beginPath();
  for (const [x, y] of points) c.lineTo(x, y);
  c.closePath(); c.fill(); c.lineWidth = 2; c.stroke();
}
function star(c, rule) {
  c.fillStyle = "#e92"; c.beginPath();
  for (let nth = 0; nth < 5; nth++) c.lineTo(48 + 30 * Math.sin(nth * 4 * Math.PI / 5), 33 - 30 * Math.cos(nth * 4 * Math.PI / 5));
  c.closePath(); c.fill(rule);
}
