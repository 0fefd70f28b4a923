//! The plot: time a request by the number of allowed origins, both axes logarithmic.

use std::fmt::Write as _;

use crossorigin_bench::asks::Kind;

use crate::measure::Spread;
use crate::page::{grouped, time};
use crate::study::{Place, SIZES, Study};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 484.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 620.0;
const TOP: f64 = 64.0;
const BOTTOM: f64 = 420.0;

/// A line of the plot.
struct Line {
    place: Place,
    label: &'static str,
    class: &'static str,
    /// How far above its line's end the label stands, to keep clear of another line.
    lift: f64,
}

const LINES: [Line; 5] = [
    Line { place: Place::AxumTowerHttp, label: "tower-http, axum Router", class: "theirs router", lift: 0.0 },
    Line { place: Place::TowerHttp, label: "tower-http, tower", class: "theirs", lift: 0.0 },
    Line { place: Place::Actix, label: "actix-cors, actix", class: "other", lift: 15.0 },
    Line { place: Place::Axum, label: "crossorigin, axum Router", class: "ours router", lift: 0.0 },
    Line { place: Place::Tower, label: "crossorigin, tower", class: "ours", lift: 0.0 },
];

const STYLE: &str = "
  svg { --ink: #1f2328; --faint: #59636e; --rule: #d1d9e0; --paper: #ffffff; --ours: #0a66c2; --theirs: #c2410c; --other: #6b7280;
        font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #e6edf3; --faint: #9198a1; --rule: #30363d; --paper: #0d1117; --ours: #58a6ff; --theirs: #ff9a5c; --other: #a3adb8; }
  }
  .paper { fill: var(--paper); }
  text { fill: var(--ink); }
  .faint { fill: var(--faint); }
  .title { font-size: 16px; font-weight: 600; }
  .rule { stroke: var(--rule); stroke-width: 1; }
  .line { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
  .spread { stroke-width: 5; stroke-opacity: .35; stroke-linecap: round; }
  .ours { --hue: var(--ours); } .theirs { --hue: var(--theirs); } .other { --hue: var(--other); }
  .line, .spread { stroke: var(--hue); }
  .dot, text.ours, text.theirs, text.other { fill: var(--hue); }
  .router .line { stroke-dasharray: 6 5; }
  text.end { font-weight: 600; }
";

/// The plot as SVG, for light and dark pages.
pub(crate) fn plot(study: &Study) -> String {
    let lines: Vec<(&Line, Vec<(usize, Spread)>)> = LINES
        .iter()
        .map(|line| {
            (
                line,
                line.place.sizes().map(|size| (size, study.cost(line.place, Kind::Actual, size))).collect(),
            )
        })
        .collect();
    draw(&lines)
}

fn draw(lines: &[(&Line, Vec<(usize, Spread)>)]) -> String {
    let costs = || lines.iter().flat_map(|(_, points)| points).map(|(_, spread)| spread.median);
    let lowest = costs().fold(f64::INFINITY, f64::min).max(1.0).log10().floor();
    let highest = costs().fold(10.0, f64::max).log10().ceil();
    let x = |size: usize| {
        let share = (size as f64).log10() / (SIZES[SIZES.len() - 1] as f64).log10();
        LEFT + 16.0 + share * (RIGHT - LEFT - 16.0)
    };
    let y = |cost: f64| BOTTOM - (cost.max(1.0).log10() - lowest) / (highest - lowest) * (BOTTOM - TOP);

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"Time that CORS adds to a request, by the number of allowed origins\">\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\"/>\n\
         <text class=\"title\" x=\"20\" y=\"32\">Time that CORS adds to a request, by the number of allowed origins</text>\n"
    );
    let mut add = |piece: std::fmt::Arguments<'_>| {
        // Writing to a string can't fail.
        let _ = svg.write_fmt(format_args!("{piece}\n"));
    };
    let mut decade = lowest;
    while decade <= highest {
        let cost = 10_f64.powf(decade);
        let at = y(cost);
        add(format_args!(
            "<line class=\"rule\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>"
        ));
        let label = time(cost).replace(".0", "");
        add(format_args!(
            "<text class=\"faint\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            LEFT - 8.0,
            at + 4.5
        ));
        decade += 1.0;
    }
    for size in SIZES {
        let label = grouped(size);
        add(format_args!(
            "<text class=\"faint\" x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
            x(size),
            BOTTOM + 24.0
        ));
    }
    add(format_args!(
        "<text class=\"faint\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">allowed origins</text>",
        (LEFT + RIGHT) / 2.0,
        BOTTOM + 46.0
    ));
    let mut labels = Vec::new();
    for (line, points) in lines {
        let path: Vec<_> =
            points.iter().map(|(size, spread)| format!("{:.1} {:.1}", x(*size), y(spread.median))).collect();
        add(format_args!("<g class=\"{}\">", line.class));
        for (size, Spread { low, high, .. }) in points {
            add(format_args!(
                "<path class=\"spread\" d=\"M{0:.1} {1:.1}V{2:.1}\"/>",
                x(*size),
                y(*low),
                y(*high)
            ));
        }
        add(format_args!("<path class=\"line\" d=\"M{}\"/>", path.join("L")));
        for (size, spread) in points {
            add(format_args!(
                "<circle class=\"dot\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.5\"/>",
                x(*size),
                y(spread.median)
            ));
        }
        add(format_args!("</g>"));
        if let Some((size, spread)) = points.last() {
            labels.push((*size, y(spread.median) + 4.5 - line.lift, *line));
        }
    }
    labels.sort_by(|one, other| one.1.total_cmp(&other.1));
    let mut above = (0, 0.0);
    for (size, wanted, line) in labels {
        let at = if above.0 == size { wanted.max(above.1 + 17.0) } else { wanted };
        above = (size, at);
        let (class, label, x) = (line.class, line.label, x(size) + 10.0);
        add(format_args!("<text class=\"end {class}\" x=\"{x:.1}\" y=\"{at:.1}\">{label}</text>"));
    }
    svg.push_str("</svg>\n");
    svg
}
