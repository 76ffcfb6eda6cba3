//! The legend: the meanings of the signs that occur.

use svg::node::element::Group;

use super::cut_line::CUT;
use super::geometry::{Curve, Point};
use super::layout::MARGIN;
use super::message::{Crossing, Message};
use super::order::When;
use super::palette::{self, GREY};
use super::pen::{self, Lettering, Stroke};
use super::scene::Scene;
use super::signs::{self, Look, Side, Tip};
use super::sketch::Sketch;

/// A sign as the legend shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sample {
    Event(Side),
    Message(Look),
    Outside,
    Parallel,
    Cut(usize),
    Recording(usize),
    Marker(usize),
}

const SAMPLE_WIDTH: f64 = 34.0;
/// The space between a sign and its meaning, and the space between columns.
const BESIDE: f64 = 8.0;
const BETWEEN: f64 = 20.0;

/// A sign and its meaning.
type Item = (Sample, String);
/// Whether a message has a sign that the legend explains.
type Question = fn(&Message) -> bool;

/// Draws the legend below a line. Returns the legend and the height at which it ends.
pub(super) fn draw(sketch: &Sketch<'_>, top: f64, width: f64) -> (Group, f64) {
    let (left, right) = (Point::new(MARGIN, top), Point::new(width - MARGIN, top));
    let rule = pen::line(left, right, Stroke::solid(GREY, 0.7));
    let lettering = Lettering::plain(sketch.scene.sizes.legend);
    // The distance of rows. A sign needs at least this height.
    let height = (1.55 * lettering.size).max(17.0);
    let (blocks, rows) = arranged(blocks(sketch), lettering, right.x - left.x);
    let mut group = pen::group("legend", "").add(rule);
    let mut x = left.x;
    for column in blocks.iter().flat_map(|block| block.chunks(rows)) {
        for (row, (sample, text)) in column.iter().enumerate() {
            let at = Point::new(x, top + 8.0 + height * (row as f64 + 0.5));
            let beside = Point::new(x + SAMPLE_WIDTH + BESIDE, at.y + 0.36 * lettering.size);
            group = sample.draw(group, at).add(pen::text(beside, text, lettering, "meaning"));
        }
        x += column_width(column, lettering);
    }
    (group, top + 8.0 + rows as f64 * height)
}

/// The least width of a picture into which the legend fits.
pub(super) fn least_width(sketch: &Sketch<'_>) -> f64 {
    let lettering = Lettering::plain(sketch.scene.sizes.legend);
    column_width(&blocks(sketch).concat(), lettering) - BETWEEN + 2.0 * MARGIN
}

/// Arranges the items in the fewest rows with which the columns fit into the width. Each block
/// begins a column, unless this takes more rows.
fn arranged(blocks: Vec<Vec<Item>>, lettering: Lettering, width: f64) -> (Vec<Vec<Item>>, usize) {
    let one = vec![blocks.concat()];
    let in_one = rows(&one, lettering, width).unwrap_or(one[0].len()).max(1);
    match rows(&blocks, lettering, width) {
        Some(rows) if rows <= in_one => (blocks, rows),
        _ => (one, in_one),
    }
}

fn rows(blocks: &[Vec<Item>], lettering: Lettering, width: f64) -> Option<usize> {
    let needs = |rows: &usize| {
        let columns = blocks.iter().flat_map(|block| block.chunks(*rows));
        columns.map(|column| column_width(column, lettering)).sum::<f64>() - BETWEEN
    };
    let most = blocks.iter().map(Vec::len).max()?;
    (1..=most).find(|rows| needs(rows) <= width)
}

fn column_width(column: &[Item], lettering: Lettering) -> f64 {
    let widths = column.iter().map(|(_, text)| lettering.width(text));
    SAMPLE_WIDTH + BESIDE + widths.fold(0.0, f64::max) + BETWEEN
}

/// The block of events and messages, and behind it a block for each cut with its signs.
fn blocks(sketch: &Sketch<'_>) -> Vec<Vec<Item>> {
    let mut first = events(sketch.scene);
    first.extend(messages(sketch.scene));
    let cuts = (0..sketch.scene.cuts.len()).map(|index| cut(sketch, index));
    std::iter::once(first).chain(cuts).filter(|block| !block.is_empty()).collect()
}

fn events(scene: &Scene<'_>) -> Vec<Item> {
    let cut = first_cut(scene);
    let texts = [
        (Side::Uncut, "event".to_owned()),
        (Side::Before, format!("event before {cut}")),
        (Side::After, format!("event after {cut}")),
    ];
    let occurs = |side| scene.order.shown().any(|(_, event)| scene.side(event) == side);
    let occurring = texts.into_iter().filter(|(side, _)| occurs(*side));
    occurring.map(|(side, text)| (Sample::Event(side), text)).collect()
}

/// The cut by which events and messages are divided, as a part of a sentence. Its name is left out
/// if it is the only cut.
fn first_cut(scene: &Scene<'_>) -> String {
    match &scene.cuts[..] {
        [first, _, ..] => the(&first.name),
        _ => "the cut".to_owned(),
    }
}

fn the(name: &str) -> String {
    if name == CUT { format!("the {name}") } else { format!("the cut of {name}") }
}

fn messages(scene: &Scene<'_>) -> Vec<Item> {
    let cut = first_cut(scene);
    let look = |crossing, is_beyond, tip| Sample::Message(Look { crossing, is_beyond, tip });
    let texts: [(Question, Sample, String); 7] = [
        (
            |message| Look::of(message) == Look::PLAIN && !message.is_from_outside(),
            Sample::Message(Look::PLAIN),
            "message".to_owned(),
        ),
        (
            |message| message.crossing == Crossing::InFlight,
            look(Crossing::InFlight, false, Tip::Head),
            format!("message in flight at {cut}"),
        ),
        (
            |message| message.crossing == Crossing::Backward,
            look(Crossing::Backward, false, Tip::Head),
            format!("message received before {cut} and sent after it"),
        ),
        (
            |message| Look::of(message).tip == Tip::Open,
            look(Crossing::None, false, Tip::Open),
            "message not received by the end".to_owned(),
        ),
        (
            Message::is_beyond_window,
            look(Crossing::None, true, Tip::None),
            "message that crosses the window's border".to_owned(),
        ),
        (Message::is_from_outside, Sample::Outside, "message from outside".to_owned()),
        (
            |message| message.parallel > 0 && !message.link.is_self_link(),
            Sample::Parallel,
            "bent: message on a parallel link".to_owned(),
        ),
    ];
    let occurring = texts.into_iter().filter(|(is_so, ..)| scene.messages.iter().any(is_so));
    occurring.map(|(_, sample, text)| (sample, text)).collect()
}

fn cut(sketch: &Sketch<'_>, index: usize) -> Vec<Item> {
    let snapshot = sketch.scene.cuts[index].snapshot;
    let name = |word: &str| match snapshot {
        Some(snapshot) => format!(" {word} {snapshot}"),
        None => String::new(),
    };
    let is_in_window = |when| matches!(when, When::InColumn(_));
    let mut recordings = sketch.scene.order.recordings.iter();
    let records = recordings.any(|at| at.cut == index && is_in_window(at.when));
    let is_drawn = sketch.cuts.iter().any(|(drawn, _)| *drawn == index);
    let receives = sketch.markers.iter().any(|(arrival, _)| arrival.cut == index);
    let items = [
        (is_drawn, Sample::Cut(index), format!("cut{}", name("of"))),
        (records, Sample::Recording(index), format!("the node records{}", name("for"))),
        (receives, Sample::Marker(index), format!("marker{}", name("of"))),
    ];
    let occurring = items.into_iter().filter(|(is_so, ..)| *is_so);
    occurring.map(|(_, sample, text)| (sample, text)).collect()
}

impl Sample {
    /// Draws the sign in a box. The middle of the box's left side is at `at`.
    fn draw(self, group: Group, at: Point) -> Group {
        let middle = Point::new(at.x + SAMPLE_WIDTH / 2.0, at.y);
        let end = Point::new(at.x + SAMPLE_WIDTH, at.y);
        let line = Curve::straight(at, end);
        match self {
            Sample::Event(side) => signs::event(group, middle, side),
            Sample::Message(look) => signs::message(group, &line, look),
            Sample::Outside => {
                let fall = Curve::straight(
                    Point::new(middle.x, at.y - 8.0),
                    Point::new(middle.x, at.y + 8.0),
                );
                signs::message(group, &fall, Look::PLAIN)
            }
            Sample::Parallel => signs::message(group, &Curve::bowed(at, end, 7.0), Look::PLAIN),
            Sample::Cut(index) => signs::cut(group, &[at, end], palette::of_cut(index)),
            Sample::Recording(index) => signs::recording(group, middle, palette::of_cut(index)),
            Sample::Marker(index) => signs::marker(group, &line, palette::of_cut(index)),
        }
    }
}
