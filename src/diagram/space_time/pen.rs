//! The few SVG elements of which every sign is made. Colours and widths are attributes of the
//! elements, which every reader of SVG understands, and which a style sheet overrides by the
//! elements' classes.

use svg::node::element::{Circle, Element, Group, Path, Polygon, Rectangle, Text, Title};

use super::geometry::{Curve, Point};
use super::labels::Anchor;
use super::palette::{FONT, INK, PAPER, text_width};

/// The look of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub(super) colour: &'static str,
    pub(super) width: f64,
    pub(super) dashes: Option<&'static str>,
    pub(super) opacity: f64,
}

impl Stroke {
    pub(super) const fn solid(colour: &'static str, width: f64) -> Self {
        Stroke { colour, width, dashes: None, opacity: 1.0 }
    }

    pub(super) const fn dashed(self, dashes: &'static str) -> Self {
        Stroke { dashes: Some(dashes), ..self }
    }

    pub(super) const fn faint(self, opacity: f64) -> Self {
        Stroke { opacity, ..self }
    }
}

/// The look of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lettering {
    pub(super) size: f64,
    pub(super) colour: &'static str,
    pub(super) is_bold: bool,
    pub(super) anchor: Anchor,
}

impl Lettering {
    pub(super) const fn plain(size: f64) -> Self {
        Lettering { size, colour: INK, is_bold: false, anchor: Anchor::Start }
    }

    pub(super) const fn bold(self) -> Self {
        Lettering { is_bold: true, ..self }
    }

    pub(super) const fn coloured(self, colour: &'static str) -> Self {
        Lettering { colour, ..self }
    }

    /// The width of a text in this lettering, roughly.
    pub(super) fn width(self, text: &str) -> f64 {
        text_width(text, self.size) * if self.is_bold { 1.12 } else { 1.0 }
    }

    pub(super) const fn anchored(self, anchor: Anchor) -> Self {
        Lettering { anchor, ..self }
    }
}

/// Rounds to tenths of a pixel, which are fine enough and keep the file small.
fn tenths(length: f64) -> f64 {
    // Adding zero makes a negative zero positive.
    (length * 10.0).round() / 10.0 + 0.0
}

pub(super) fn pair(point: Point) -> String {
    format!("{},{}", tenths(point.x), tenths(point.y))
}

/// A group with a class, and with the text that a reader shows when the mouse rests on it.
pub(super) fn group(class: &str, tooltip: &str) -> Group {
    let group = Group::new().set("class", class);
    if tooltip.is_empty() { group } else { group.add(title(tooltip)) }
}

/// The text that a reader shows for the element in which it stands.
pub(super) fn title(text: &str) -> Title {
    Title::new(printable(text))
}

pub(super) fn curve(curve: &Curve, stroke: Stroke) -> Path {
    let Curve { from, bend, to } = *curve;
    path(format!("M{} Q{} {}", pair(from), pair(bend), pair(to)), stroke)
}

pub(super) fn line(from: Point, to: Point, stroke: Stroke) -> Path {
    path(format!("M{} L{}", pair(from), pair(to)), stroke)
}

pub(super) fn lines(points: &[Point], stroke: Stroke) -> Path {
    let points: Vec<_> = points.iter().map(|&point| pair(point)).collect();
    path(format!("M{}", points.join(" L")), stroke).set("stroke-linejoin", "round")
}

fn path(data: String, stroke: Stroke) -> Path {
    let path = Path::new()
        .set("d", data)
        .set("fill", "none")
        .set("stroke", stroke.colour)
        .set("stroke-width", stroke.width);
    let path = if stroke.opacity < 1.0 { path.set("stroke-opacity", stroke.opacity) } else { path };
    match stroke.dashes {
        Some(dashes) => path.set("stroke-dasharray", dashes),
        None => path,
    }
}

pub(super) fn filled(points: &[Point], colour: &str, opacity: f64) -> Polygon {
    let points: Vec<_> = points.iter().map(|&point| pair(point)).collect();
    let polygon = Polygon::new().set("points", points.join(" ")).set("fill", colour);
    if opacity < 1.0 { polygon.set("fill-opacity", opacity) } else { polygon }
}

pub(super) fn circle(at: Point, radius: f64, fill: &str, stroke: Stroke) -> Circle {
    Circle::new()
        .set("cx", tenths(at.x))
        .set("cy", tenths(at.y))
        .set("r", radius)
        .set("fill", fill)
        .set("stroke", stroke.colour)
        .set("stroke-width", stroke.width)
}

pub(super) fn square(at: Point, half: f64, fill: &str, stroke: Stroke) -> Rectangle {
    Rectangle::new()
        .set("x", tenths(at.x - half))
        .set("y", tenths(at.y - half))
        .set("width", 2.0 * half)
        .set("height", 2.0 * half)
        .set("fill", fill)
        .set("stroke", stroke.colour)
        .set("stroke-width", stroke.width)
}

/// A text with a white rim, which makes it readable on top of lines.
pub(super) fn text(at: Point, content: &str, lettering: Lettering, class: &str) -> Element {
    let anchor = match lettering.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let text = Text::new(printable(content))
        .set("class", class)
        .set("x", tenths(at.x))
        .set("y", tenths(at.y))
        .set("font-family", FONT)
        .set("font-size", lettering.size)
        .set("fill", lettering.colour)
        .set("text-anchor", anchor)
        .set("stroke", PAPER)
        .set("stroke-width", 4)
        .set("stroke-linejoin", "round")
        .set("paint-order", "stroke");
    let text = if lettering.is_bold { text.set("font-weight", "bold") } else { text };
    // An element of the kind `Text` would be written with line breaks around its content.
    text.into()
}

/// Replaces control characters: XML cannot hold most of them, not even escaped.
fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '\n' | '\r' | '\t' => ' ',
            letter if letter.is_control() => char::REPLACEMENT_CHARACTER,
            '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
            letter => letter,
        })
        .collect()
}
