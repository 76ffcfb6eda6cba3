//! The places of the columns, from left to right.

use super::layout::{MARGIN, RUN_OUT};
use super::palette::{DOT, text_width};
use super::scene::Scene;
use super::time_scale::TimeScale;
use crate::id::NodeId;

/// The places of the columns, and the ends of the lifelines.
#[derive(Debug)]
pub(super) struct Columns {
    /// The place of each column.
    pub(super) places: Vec<f64>,
    /// The distance of columns, if no text drives them further apart.
    pub(super) step: f64,
    /// Where lifelines begin.
    pub(super) left: f64,
    /// Where lifelines end.
    pub(super) right: f64,
    pub(super) time_scale: Option<TimeScale>,
}

/// The distance from the beginning of the lifelines to the first column, and from the last column
/// to their end.
const BEFORE: f64 = 28.0;
const BEHIND: f64 = 44.0;
/// The least distance of columns if a width is asked for.
const NEAREST: f64 = 12.0;
/// The least distance of the signs of one node, and of the ends of an arrow.
const SIGNS: f64 = 2.0 * DOT + 5.0;

impl Columns {
    /// Places the columns as near to each other as their number and the texts at the events allow,
    /// or as the width asks for. If no width is asked for, the distance is multiplied by `stretch`.
    pub(super) fn new(scene: &Scene<'_>, width: Option<f64>, stretch: f64) -> Self {
        let nodes = scene.trace.topology().nodes();
        let names = nodes.map(|node| text_width(&scene.name(node), scene.sizes.name));
        let left = MARGIN + names.fold(0.0, f64::max) + 10.0 + RUN_OUT;
        let right = width.map(|width| width - MARGIN - RUN_OUT);
        let gaps = scene.order.column_count().saturating_sub(1).max(1) as f64;
        let step = match right {
            None => step(scene) * stretch,
            Some(right) => ((right - left - BEFORE - BEHIND) / gaps).max(NEAREST),
        };
        let first = left + BEFORE;
        let time_scale = TimeScale::new(scene, first, step * gaps);
        let mut row = Row::new(scene, first, step, right.is_some());
        let places: Vec<f64> = (0..scene.order.column_count())
            .map(|column| row.place(column, time_scale.as_ref()))
            .collect();
        let last = places.last().map_or(left, |last| last + BEHIND);
        let right = last.max(row.texts_end() + 8.0).max(left + 120.0).max(right.unwrap_or(0.0));
        Columns { places, step, left, right, time_scale }
    }

    /// The width of a picture with these columns.
    pub(super) fn width(&self) -> f64 {
        self.right + RUN_OUT + MARGIN
    }
}

/// The least distance of columns: small for many columns, and larger for a few, which would else
/// leave the picture empty.
fn step(scene: &Scene<'_>) -> f64 {
    let columns = scene.order.column_count().max(1) as f64;
    (1500.0 / columns).clamp(18.0, 54.0).max((620.0 / columns).min(72.0))
}

/// Columns that are placed one after the other.
struct Row<'a> {
    scene: &'a Scene<'a>,
    /// For each column: the width of the text at its event.
    texts: Vec<f64>,
    /// For each column at which an arrow ends: the column at which this arrow begins.
    senders: Vec<Option<usize>>,
    /// For each node: the end of its last text, and the place of its last sign.
    ends: Vec<f64>,
    signs: Vec<f64>,
    places: Vec<f64>,
    first: f64,
    step: f64,
    /// Whether the columns behind a late column are not late too.
    catches_up: bool,
    late: f64,
}

impl<'a> Row<'a> {
    fn new(scene: &'a Scene<'a>, first: f64, step: f64, catches_up: bool) -> Self {
        let order = &scene.order;
        let (mut texts, mut senders) =
            (vec![0.0; order.column_count()], vec![None; order.column_count()]);
        for (column, event) in order.shown() {
            texts[column] = text_width(&(scene.event_label)(event), scene.sizes.label);
            let sender = event.cause.received();
            let sender = sender.and_then(|(link, number)| scene.trace.sender(link, number));
            senders[column] = sender.and_then(|sender| order.column(order.place_of(sender)));
        }
        let nodes = scene.trace.topology().node_count();
        let (ends, signs) = (vec![first - 44.0; nodes], vec![0.0; nodes]);
        let places = Vec::new();
        Row { scene, texts, senders, ends, signs, places, first, step, catches_up, late: 0.0 }
    }

    fn place(&mut self, column: usize, scale: Option<&TimeScale>) -> f64 {
        let node = self.scene.order.nodes()[column];
        let x = match scale.zip(self.scene.order.time(column)) {
            Some((scale, time)) => scale.x(time).max(self.earliest_by_time(column, node)),
            None => self.in_order(column, node),
        };
        if let Some(node) = node {
            self.signs[node.index()] = x;
            if self.texts[column] > 0.0 {
                self.ends[node.index()] = x + self.texts[column] / 2.0;
            }
        }
        self.places.push(x);
        x
    }

    /// The earliest place of a column in a picture by time. It is not before an earlier column, and
    /// keeps apart from signs on which it would lie.
    fn earliest_by_time(&self, column: usize, node: Option<NodeId>) -> f64 {
        let before = self.places.last().copied().unwrap_or_default();
        let sign = node.map_or(0.0, |node| self.signs[node.index()] + SIGNS);
        let sender = self.senders[column].and_then(|sender| self.places.get(sender));
        before.max(sign).max(sender.map_or(0.0, |sender| sender + SIGNS))
    }

    /// The place of a column in its turn, where its text does not meet the last text of the node.
    fn in_order(&mut self, column: usize, node: Option<NodeId>) -> f64 {
        let turn = self.first + self.step * column as f64;
        let text = match node {
            Some(node) if self.texts[column] > 0.0 => {
                self.ends[node.index()] + self.texts[column] / 2.0 + 8.0
            }
            _ => 0.0,
        };
        let before = self.places.last().map_or(0.0, |before| before + NEAREST.min(self.step));
        let x = (turn + self.late).max(text).max(before);
        self.late = if self.catches_up { 0.0 } else { x - turn };
        x
    }

    fn texts_end(&self) -> f64 {
        self.ends.iter().copied().fold(0.0, f64::max)
    }
}
