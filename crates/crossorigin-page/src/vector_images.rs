//! SVG images: drawn in the size that they are shown in. They run no scripts, and load nothing: what they
//! show is in their own file.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use image::ImageReader;
use resvg::usvg::roxmltree::{Document, Node as Element, ParsingOptions};
use resvg::usvg::{Group, ImageHrefResolver, ImageKind, Node, Options, Tree};
use tiny_skia::{Pixmap, Transform};

use crate::images::MAX_SIDE;
use crate::images::fits;

/// The most elements, texts and comments that an SVG image may have.
const MAX_NODES: u32 = 200_000;
/// The deepest that elements of an SVG image may be in one another.
const MAX_DEPTH: usize = 256;
/// The most pixels of an SVG image, times the layers that are held at once while it is drawn.
const MAX_LAYERED_PIXELS: u64 = 1 << 28;
/// The most pixels of all images within one SVG image.
const MAX_INNER_PIXELS: u64 = 1 << 26;
/// The size of what has none, in CSS pixels.
/// [Source](https://drafts.csswg.org/css-images-3/#default-object-size).
const DEFAULT_SIZE: (f32, f32) = (300.0, 150.0);

/// An SVG image, to be drawn in any size.
#[derive(Clone)]
pub(crate) struct Vector {
    tree: Arc<Tree>,
    /// Its own size, in pixels.
    size: (f32, f32),
    /// How many pixels one of its own units is in that size.
    scale: f32,
    /// What it says of its size itself.
    says: Says,
}

/// What an SVG image says of its size.
#[derive(Clone, Copy, PartialEq)]
enum Says {
    Size,
    Ratio,
    Nothing,
}

impl Vector {
    /// Reads a file; `None` where it is no SVG image, or too large.
    pub(crate) fn parse(file: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file)).ok()?;
        let parsing = ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text, parsing).ok()?;
        if document.descendants().any(|node| node.ancestors().take(MAX_DEPTH + 1).count() > MAX_DEPTH) {
            return None;
        }
        let root = document.root_element();
        let is_absent = |name| root.attribute(name).is_none_or(|value| value.trim_end().ends_with('%'));
        let has_none = is_absent("width") && is_absent("height");
        if !root.has_attribute("viewBox") && (is_absent("width") || is_absent("height")) {
            let sized = Self::parse(with_sizes(text, root)?.as_bytes())?;
            return Some(if has_none { Self { says: Says::Nothing, ..sized } } else { sized });
        }
        let tree = Tree::from_xmltree(&document, &options()).ok()?;
        let own = (tree.size().width(), tree.size().height());
        // A ratio alone is shown as large as the default size has room for it.
        let scale = if has_none { (DEFAULT_SIZE.0 / own.0).min(DEFAULT_SIZE.1 / own.1) } else { 1.0 };
        let whole = |side: f32| (side * scale).round().max(1.0);
        let says = if has_none { Says::Ratio } else { Says::Size };
        Some(Self { size: (whole(own.0), whole(own.1)), scale, says, tree: Arc::new(tree) })
    }

    /// The size in which it is drawn on a canvas, where it says none itself.
    pub(crate) fn size_on(&self, width: f32, height: f32) -> Option<(f32, f32)> {
        let fits = (width / self.size.0).min(height / self.size.1);
        match self.says {
            Says::Size => None,
            Says::Ratio => Some((self.size.0 * fits, self.size.1 * fits)),
            Says::Nothing => Some((width, height)),
        }
    }

    /// Its pixels, so many times as wide and as high as by itself; `None` where that is too large.
    pub(crate) fn draw(&self, across: f32, down: f32) -> Option<Pixmap> {
        let whole = |side: f32| side.ceil().clamp(1.0, MAX_SIDE as f32 + 1.0) as u32;
        let (width, height) = (whole(self.size.0 * across), whole(self.size.1 * down));
        let layers = 1 + layers(self.tree.root());
        if !fits(width, height) || u64::from(width) * u64::from(height) * layers > MAX_LAYERED_PIXELS {
            return None;
        }
        let mut pixels = Pixmap::new(width, height)?;
        let placed = Transform::from_scale(self.scale * across, self.scale * down);
        resvg::render(&self.tree, placed, &mut pixels.as_mut());
        Some(pixels)
    }
}

/// The same file, whose root says the default size where it says none or a part of one.
fn with_sizes(text: &str, root: Element<'_, '_>) -> Option<String> {
    let mut sized = text.to_owned();
    let mut edits = Vec::new();
    for (name, whole) in [("width", DEFAULT_SIZE.0), ("height", DEFAULT_SIZE.1)] {
        let own = root.attribute_node(name);
        let part = own.and_then(|own| own.value().trim().strip_suffix('%').map(str::parse::<f32>));
        let (place, side) = match (own, part) {
            (None, _) => {
                let start = root.range().start;
                let name_ends = text[start..].find(|c: char| c.is_whitespace() || c == '>' || c == '/')?;
                (start + name_ends..start + name_ends, whole)
            }
            (Some(own), Some(part)) => (own.range(), whole * part.ok()? / 100.0),
            (Some(_), None) => continue,
        };
        edits.push((place, format!(" {name}='{side}'")));
    }
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    for (place, text) in edits {
        sized.replace_range(place, &text);
    }
    Some(sized)
}

/// How many layers are held at once, at most, to draw a group.
fn layers(group: &Group) -> u64 {
    let filters: usize = group.filters().iter().map(|filter| filter.primitives().len()).sum();
    let own = u64::from(group.should_isolate()) + filters as u64;
    let mut deepest = 0;
    for child in group.children() {
        if let Node::Group(child) = child {
            deepest = deepest.max(layers(child));
        }
        child.subroots(|root| deepest = deepest.max(1 + layers(root)));
    }
    own + deepest
}

fn options() -> Options<'static> {
    let left = Arc::new(AtomicU64::new(MAX_INNER_PIXELS));
    let inner = ImageHrefResolver::default_data_resolver();
    Options {
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(move |essence, file, options| {
                let kind = inner(essence, file, options)?;
                let (ImageKind::JPEG(file)
                | ImageKind::PNG(file)
                | ImageKind::GIF(file)
                | ImageKind::WEBP(file)) = &kind
                else {
                    return Some(kind);
                };
                let reader = ImageReader::new(std::io::Cursor::new(file.as_slice()));
                let (width, height) = reader.with_guessed_format().ok()?.into_dimensions().ok()?;
                let pixels = u64::from(width) * u64::from(height);
                let taken =
                    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(pixels));
                (fits(width, height) && taken.is_ok()).then_some(kind)
            }),
            // Other files and other origins are none of its business.
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    }
}
