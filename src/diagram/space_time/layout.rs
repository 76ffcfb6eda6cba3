//! Where everything lies.

use super::cut_line::CutLine;
use super::geometry::Point;
use super::order::When;
use super::palette::{LABEL_SIZE, NAME_SIZE, OVERHANG, text_width};
use super::scene::Scene;
use crate::id::NodeId;

/// Space around everything.
pub(super) const MARGIN: f64 = 18.0;
/// How far lifelines go on beyond the window's border, dashed.
pub(super) const RUN_OUT: f64 = 16.0;

/// Where the columns and the lifelines lie.
#[derive(Debug)]
pub(super) struct Layout {
    /// By column.
    columns: Vec<f64>,
    /// How far a cut keeps away from events.
    clearance: f64,
    /// By node.
    rows: Vec<f64>,
    /// Where lifelines begin.
    pub(super) left: f64,
    /// Where lifelines end.
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Layout {
    /// Columns as near to each other as their number asks for and the texts at the events allow; lifelines below `top`.
    pub(super) fn new(scene: &Scene<'_>, top: f64) -> Self {
        let nodes = scene.trace.topology().nodes();
        let names = nodes.clone().map(|node| text_width(&scene.name(node), NAME_SIZE));
        let left = MARGIN + names.fold(0.0, f64::max) + 10.0 + RUN_OUT;
        let (columns, texts_end) = columns(scene, left);
        let last = columns.last().map_or(left, |last| last + 44.0);
        let right = last.max(texts_end + 8.0).max(left + 120.0);
        let gap = (560.0 / nodes.len() as f64).clamp(58.0, 104.0);
        let overhang = if scene.cuts.is_empty() { 30.0 } else { OVERHANG };
        let first = top + overhang + LABEL_SIZE + 6.0;
        let rows: Vec<f64> = (0..nodes.len()).map(|row| first + gap * row as f64).collect();
        let bottom = rows.last().map_or(first, |last| last + overhang);
        Layout { columns, clearance: 0.4 * step(scene), rows, left, right, top, bottom }
    }

    pub(super) fn row(&self, node: NodeId) -> f64 {
        self.rows[node.index()]
    }

    pub(super) fn first_row(&self) -> f64 {
        self.rows.first().copied().unwrap_or(self.top)
    }

    pub(super) fn last_row(&self) -> f64 {
        self.rows.last().copied().unwrap_or(self.top)
    }

    pub(super) fn gap(&self) -> f64 {
        match self.rows[..] {
            [first, second, ..] => second - first,
            _ => 104.0,
        }
    }

    pub(super) fn x(&self, when: When) -> f64 {
        match when {
            When::BeforeWindow => self.left,
            When::InColumn(column) => self.columns[column],
            When::AfterWindow => self.right,
        }
    }

    pub(super) fn at(&self, node: NodeId, when: When) -> Point {
        Point::new(self.x(when), self.row(node))
    }

    /// Where a cut crosses each lifeline: at the recording, or else between two events, so that the line is as straight as can be.
    pub(super) fn crossings(&self, scene: &Scene<'_>, index: usize) -> Vec<Point> {
        let nodes = scene.trace.topology().nodes();
        let spans: Vec<_> = nodes.clone().map(|node| self.span(scene, index, node)).collect();
        let mut ends: Vec<f64> = spans.iter().flat_map(|&(from, to)| [from, to]).collect();
        ends.sort_by(f64::total_cmp);
        // No place has a smaller sum of distances to the spans than the median of their ends.
        let best = ends[ends.len() / 2];
        let within = |(from, to): (f64, f64)| best.max(from).min(to);
        spans
            .into_iter()
            .zip(nodes)
            .map(|(span, node)| Point::new(within(span), self.row(node)))
            .collect()
    }

    /// From where to where on its lifeline a cut may cross.
    fn span(&self, scene: &Scene<'_>, index: usize, node: NodeId) -> (f64, f64) {
        let order = &scene.order;
        let is_this = |at: &&super::order::Recording| at.cut == index && at.node == node;
        if let Some(recording) = order.recordings.iter().find(is_this) {
            let x = self.x(recording.when);
            return (x, x);
        }
        let CutLine { cut, .. } = &scene.cuts[index];
        let included = cut.events_of(node);
        let last = included.checked_sub(1).and_then(|nth| order.when_nth(node, nth));
        let next = order.when_nth(node, included);
        let from = match last {
            Some(When::InColumn(column)) => self.columns[column] + self.clearance,
            Some(when) => self.x(when),
            None if order.is_cut_off_before() => self.left,
            None => self.left + 4.0,
        };
        let to = match next {
            Some(When::InColumn(column)) => self.columns[column] - self.clearance,
            Some(when) => self.x(when),
            None if order.is_cut_off_after() => self.right,
            None => self.right - 16.0,
        };
        if from <= to { (from, to) } else { ((from + to) / 2.0, (from + to) / 2.0) }
    }

    /// Whether some of a line lies within the window.
    pub(super) fn shows(&self, crossings: &[Point]) -> bool {
        let is_at = |x: f64| crossings.iter().all(|point| point.x == x);
        !is_at(self.left) && !is_at(self.right)
    }
}

/// How far apart columns are at least: near for many, and far for those few that would leave the picture empty.
fn step(scene: &Scene<'_>) -> f64 {
    let columns = scene.order.column_count.max(1) as f64;
    (1500.0 / columns).clamp(18.0, 54.0).max((620.0 / columns).min(72.0))
}

/// The columns from left to right, and where the last of the texts at events ends. Those of one node must not run into each other.
fn columns(scene: &Scene<'_>, left: f64) -> (Vec<f64>, f64) {
    let order = &scene.order;
    let step = step(scene);
    let mut labels = vec![None; order.column_count];
    for (column, event) in order.shown() {
        let width = text_width(&(scene.event_label)(event), LABEL_SIZE);
        labels[column] = Some((event.node, width)).filter(|_| width > 0.0);
    }
    let mut taken = vec![left - RUN_OUT; scene.trace.topology().node_count()];
    let mut x = left + 28.0 - step;
    let place = |label: Option<(NodeId, f64)>| {
        x += step;
        if let Some((node, width)) = label {
            x = x.max(taken[node.index()] + width / 2.0 + 8.0);
            taken[node.index()] = x + width / 2.0;
        }
        x
    };
    let columns = labels.into_iter().map(place).collect();
    (columns, taken.into_iter().fold(left, f64::max))
}
