//! The lines above the picture: the title, and remarks that a reader must know first.

use svg::Document;

use super::geometry::Point;
use super::layout::MARGIN;
use super::message::Crossing;
use super::palette::{BACKWARD, GREY};
use super::pen::{self, Lettering};
use super::scene::Scene;

/// A line above the picture.
struct Line {
    text: String,
    lettering: Lettering,
}

/// The lines above the picture.
pub(super) struct Heading(Vec<Line>);

impl Heading {
    /// The lines, broken to fit into a picture of this width.
    pub(super) fn new(scene: &Scene<'_>, title: Option<&str>, width: f64) -> Self {
        let remark = Lettering::plain(scene.sizes.label);
        let line = |text: String, lettering| Line { text, lettering };
        let lettering = Lettering::plain(scene.sizes.title).bold();
        let title = title.map(|title| line(title.to_owned(), lettering));
        let warning = warning(scene).map(|text| line(text, remark.bold().coloured(BACKWARD)));
        let remarks = [unrecorded(scene), rearranged(scene), window(scene)].into_iter().flatten();
        let remarks = remarks.map(|text| line(text, remark.coloured(GREY)));
        let all = title.into_iter().chain(warning).chain(remarks);
        Heading(all.flat_map(|line| line.broken(width - 2.0 * MARGIN)).collect())
    }

    pub(super) fn height(&self) -> f64 {
        self.0.iter().map(Line::height).sum()
    }

    pub(super) fn draw(&self, mut document: Document) -> Document {
        let mut y = MARGIN;
        for line in &self.0 {
            let baseline = Point::new(MARGIN, y + line.lettering.size);
            document = document.add(pen::text(baseline, &line.text, line.lettering, "heading"));
            y += line.height();
        }
        document
    }
}

impl Line {
    fn height(&self) -> f64 {
        self.lettering.size * 1.5
    }

    /// Breaks the line into several if it is longer than `width`. A word is never broken.
    fn broken(self, width: f64) -> Vec<Line> {
        let Line { text, lettering } = self;
        let mut lines: Vec<String> = Vec::new();
        for word in text.split(' ') {
            match lines.last_mut() {
                Some(line)
                    if lettering.width(line) + lettering.width(&format!(" {word}")) <= width =>
                {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines.into_iter().map(|text| Line { text, lettering }).collect()
    }
}

fn warning(scene: &Scene<'_>) -> Option<String> {
    let first = scene.cuts.first().filter(|cut| !cut.is_consistent)?;
    let is_backward = |message: &&super::message::Message| message.crossing == Crossing::Backward;
    let count = scene.messages.iter().filter(is_backward).count();
    let messages = match count {
        // The messages are outside of the window.
        0 => "a message".to_owned(),
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    };
    let which = match first.snapshot {
        Some(_) => first.name.clone(),
        None => format!("the {}", first.name),
    };
    Some(format!("inconsistent: {which} includes the receipt of {messages} and not the sending"))
}

/// The remark on nodes of which all events count as before the cut, since they had failed or the
/// snapshot was not completed.
fn unrecorded(scene: &Scene<'_>) -> Option<String> {
    let snapshot = scene.cuts.first()?.snapshot.filter(|_| !scene.is_rearranged)?;
    let records = |node| scene.order.recordings.iter().any(|at| (at.cut, at.node) == (0, node));
    let nodes = scene.trace.topology().nodes().filter(|&node| !records(node));
    let names: Vec<_> = nodes.map(|node| scene.name(node)).collect();
    let who = match &names[..] {
        [] => return None,
        [one] => format!("{one} does"),
        [some @ .., last] if names.len() <= 4 => format!("{} and {last} do", some.join(", ")),
        _ => format!("{} nodes do", names.len()),
    };
    Some(format!(
        "{who} not record for {snapshot}: all events there count as before the cut, and messages to there are in no channel state"
    ))
}

fn rearranged(scene: &Scene<'_>) -> Option<String> {
    let text = "the same run rearranged: at each node the same events in the same order, those before the cut first";
    scene.is_rearranged.then(|| text.to_owned())
}

fn window(scene: &Scene<'_>) -> Option<String> {
    let order = &scene.order;
    let is_part = order.is_cut_off_before() || order.is_cut_off_after();
    let (first, last, all) = (order.window.start + 1, order.window.end, order.events.len());
    is_part.then(|| format!("events {first} to {last} of {all}"))
}
