//! Puts the picture together.

use svg::Document;
use svg::node::element::{Group, Rectangle};

use super::builder::SpaceTime;
use super::columns::Columns;
use super::heading::Heading;
use super::layout::{Layout, MARGIN};
use super::legend;
use super::palette::{PAPER, Sizes};
use super::pen;
use super::scene::Scene;
use super::sketch::Sketch;
use super::writing;

/// The least width of a picture if no width is asked for: the heading needs some room.
const NARROWEST: f64 = 480.0;
/// How often a picture is stretched for its labels, and by how much each time.
const STRETCHES: i32 = 8;
const WIDER: f64 = 1.25;
const HIGHER: f64 = 1.06;

/// A picture, and the number of texts in it that lie on others.
struct Drawn {
    document: Document,
    overlaps: usize,
}

/// Draws the picture as SVG. The picture is stretched until no label lies on another, or no stretch
/// helps.
pub(super) fn draw(scene: &Scene<'_>, wanted: &SpaceTime<'_>) -> String {
    let mut best = draw_stretched(scene, wanted, 0);
    for stretch in 1..=STRETCHES {
        if best.overlaps == 0 {
            break;
        }
        let drawn = draw_stretched(scene, wanted, stretch);
        if drawn.overlaps < best.overlaps {
            best = drawn;
        }
    }
    best.document.to_string()
}

/// Draws the layers, the most important on top.
fn draw_stretched(scene: &Scene<'_>, wanted: &SpaceTime<'_>, stretch: i32) -> Drawn {
    let columns = Columns::new(scene, wanted.width, WIDER.powi(stretch));
    let narrowest = NARROWEST * scene.sizes.label / Sizes::LABEL;
    let width = columns.width().max(wanted.width.unwrap_or(narrowest)).ceil();
    let heading = Heading::new(scene, wanted.title.as_deref(), width);
    let top = MARGIN + heading.height();
    let layout = Layout::new(scene, columns, top, HIGHER.powi(stretch));
    let sketch = Sketch::new(scene, &layout);
    let width = if wanted.has_legend { width.max(legend::least_width(&sketch)) } else { width };
    let (legend, bottom) = match wanted.has_legend {
        true => legend::draw(&sketch, layout.bottom + 12.0, width),
        false => (Group::new(), layout.bottom),
    };
    let height = (bottom + MARGIN).ceil();
    let (texts, overlaps) = writing::draw(&sketch, width);

    let paper = Rectangle::new().set("width", width).set("height", height).set("fill", PAPER);
    let document = Document::new()
        .set("width", width)
        .set("height", height)
        .set("viewBox", (0, 0, width, height))
        .set("role", "img")
        .add(pen::title(wanted.title.as_deref().unwrap_or("space-time diagram")))
        .add(paper);
    let document = sketch.layers().into_iter().fold(heading.draw(document), Document::add);
    let document = document.add(texts);
    let document = if wanted.has_legend { document.add(legend) } else { document };
    Drawn { document, overlaps }
}
