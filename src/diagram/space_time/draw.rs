//! Puts the picture together.

use svg::Document;
use svg::node::element::Rectangle;

use super::heading::Heading;
use super::layout::{Layout, MARGIN, RUN_OUT};
use super::legend;
use super::palette::PAPER;
use super::pen;
use super::scene::Scene;
use super::sketch::Sketch;
use super::writing;

/// How narrow a picture may be: the legend and a title need some room.
const NARROWEST: f64 = 760.0;

/// The picture as SVG, what is looked at most on top.
pub(super) fn draw(scene: &Scene<'_>, title: Option<&str>) -> String {
    let heading = Heading::new(scene, title);
    let layout = Layout::new(scene, MARGIN + heading.height());
    let widest = NARROWEST.max(heading.width() + 2.0 * MARGIN);
    let width = (layout.right + RUN_OUT + MARGIN).max(widest).ceil();
    let sketch = Sketch::new(scene, &layout);
    let (legend, bottom) = legend::draw(&sketch, layout.bottom + 16.0, width);
    let height = (bottom + MARGIN).ceil();

    let paper = Rectangle::new().set("width", width).set("height", height).set("fill", PAPER);
    let document = Document::new()
        .set("width", width)
        .set("height", height)
        .set("viewBox", (0, 0, width, height))
        .set("role", "img")
        .add(pen::title(title.unwrap_or("space-time diagram")))
        .add(paper);
    let document = sketch.layers().into_iter().fold(heading.draw(document), Document::add);
    document.add(writing::draw(&sketch, width)).add(legend).to_string()
}
