//! The places of columns and lifelines.

use super::columns::Columns;
use super::cut_line::CutLine;
use super::geometry::Point;
use super::order::When;
use super::palette::{OVERHANG, Sizes};
use super::scene::Scene;
use super::time_scale::TimeScale;
use crate::id::NodeId;

/// The space around everything.
pub(super) const MARGIN: f64 = 18.0;
/// How far lifelines go on beyond the window's border, dashed.
pub(super) const RUN_OUT: f64 = 16.0;

/// The places of the columns and the lifelines.
#[derive(Debug)]
pub(super) struct Layout {
    /// The places of the columns.
    columns: Vec<f64>,
    /// How far a cut keeps away from events.
    clearance: f64,
    /// The places of the lifelines, by node.
    rows: Vec<f64>,
    gap: f64,
    /// Where lifelines begin.
    pub(super) left: f64,
    /// Where lifelines end.
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    /// In a picture by time: the scale, and the height at which it is drawn.
    pub(super) axis: Option<(TimeScale, f64)>,
}

impl Layout {
    /// A layout with the lifelines below `top`. Their distance suits their number and is multiplied
    /// by `stretch`.
    pub(super) fn new(scene: &Scene<'_>, columns: Columns, top: f64, stretch: f64) -> Self {
        let nodes = scene.trace.topology().node_count();
        let label = scene.sizes.label;
        let large = (label / Sizes::LABEL).max(0.75);
        let gap = (560.0 / nodes as f64).clamp(58.0, 104.0) * large * stretch;
        let overhang = if scene.cuts.is_empty() { 30.0 } else { OVERHANG };
        let first = top + overhang + label + 6.0;
        let rows: Vec<f64> = (0..nodes).map(|row| first + gap * row as f64).collect();
        let below = rows.last().map_or(first, |last| last + overhang.max(2.2 * label));
        let axis = columns.time_scale.map(|scale| (scale, below));
        let bottom = if axis.is_some() { below + 1.7 * label } else { below };
        let Columns { places, step, left, right, .. } = columns;
        Layout { columns: places, clearance: 0.4 * step, rows, gap, left, right, top, bottom, axis }
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
        self.gap
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

    /// The points at which a cut crosses each lifeline: at the recording, or else between two
    /// events, so that the line is as straight as possible.
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

    /// The part of a lifeline in which a cut may cross it, from its start to its end.
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
            // The start of the node is hidden.
            Some(When::BeforeWindow) if !order.is_cut_off_before() => self.left + 4.0,
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

    /// Whether a part of a line lies within the window.
    pub(super) fn shows(&self, crossings: &[Point]) -> bool {
        let is_at = |x: f64| crossings.iter().all(|point| point.x == x);
        !is_at(self.left) && !is_at(self.right)
    }
}
