//! The signs in their places.

use svg::node::element::Group;

use super::geometry::{Curve, Point};
use super::layout::{Layout, RUN_OUT};
use super::message::{self, From, Message, To};
use super::order::{Arrival, Recording, When};
use super::palette::{self, CLEARANCE, FAINT, GREY, OUTSIDE, OVERHANG};
use super::pen::{self, Stroke};
use super::scene::Scene;
use super::signs::{self, Look, Side};
use crate::causality::Event;
use crate::id::NodeId;
use crate::topology::Link;

/// What is drawn, and where.
pub(super) struct Sketch<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) layout: &'a Layout,
    /// Each message with its line.
    pub(super) messages: Vec<(&'a Message, Curve)>,
    /// Each marker with its line.
    pub(super) markers: Vec<(&'a Arrival, Curve)>,
    /// Of each cut in the window, by its index, its points from the top.
    pub(super) cuts: Vec<(usize, Vec<Point>)>,
}

impl<'a> Sketch<'a> {
    pub(super) fn new(scene: &'a Scene<'a>, layout: &'a Layout) -> Self {
        let mut sketch = Sketch { scene, layout, messages: vec![], markers: vec![], cuts: vec![] };
        sketch.messages =
            scene.messages.iter().map(|message| (message, sketch.curve(message))).collect();
        let marker = |arrival| sketch.marker_curve(arrival).map(|curve| (arrival, curve));
        sketch.markers = scene.order.arrivals.iter().filter_map(marker).collect();
        sketch.cuts = (0..scene.cuts.len()).filter_map(|cut| sketch.cut_points(cut)).collect();
        sketch
    }

    pub(super) fn layers(&self) -> [Group; 7] {
        [
            self.shade(),
            self.lifelines(),
            self.cut_lines(),
            self.marker_arrows(),
            self.message_arrows(),
            self.events(),
            self.recordings(),
        ]
    }
}

/// Where lines run.
impl Sketch<'_> {
    fn curve(&self, message: &Message) -> Curve {
        let link = message.link;
        let (start, end) = match (message.from, message.to) {
            (From::Outside, To::Receipt(when)) => {
                let end = self.layout.at(link.target, when);
                let start = Point::new(end.x, end.y - OUTSIDE);
                return Curve::straight(start, end).shortened(0.0, CLEARANCE);
            }
            (From::Sending(sent), To::Receipt(when)) => {
                (self.layout.at(link.source, sent), self.layout.at(link.target, when))
            }
            (From::Sending(sent), To::Nowhere(before)) => {
                (self.layout.at(link.source, sent), self.loose_end(link, before))
            }
            // What nobody sent is known by its receipt alone.
            (From::Outside, To::Nowhere(_)) => {
                return Curve::straight(self.corner(), self.corner());
            }
        };
        let curve = self.bent(link, message.parallel, start, end);
        let at_event = |is_so| if is_so { CLEARANCE } else { 0.0 };
        curve.shortened(
            at_event(matches!(message.from, From::Sending(When::InColumn(_)))),
            at_event(matches!(message.to, To::Receipt(When::InColumn(_)))),
        )
    }

    fn corner(&self) -> Point {
        Point::new(self.layout.left, self.layout.top)
    }

    /// Where a message is when the run ends: on its way, the first of its link ahead of the others.
    fn loose_end(&self, link: Link, before: u64) -> Point {
        let x = self.layout.right - 22.0;
        let (source, target) = (self.layout.row(link.source), self.layout.row(link.target));
        // Further ones than the fifth end where this does.
        let behind = before.min(4) as f64;
        if link.is_self_link() {
            return Point::new(x, source - 34.0 + 5.0 * behind);
        }
        // A fixed distance short of the target, so that those of one node's links do not all end at one height.
        let direction = if target > source { 1.0 } else { -1.0 };
        let short = 24.0 + 11.0 * behind;
        let way = ((target - source).abs() - short).max(16.0);
        Point::new(x, source + direction * way)
    }

    /// Straight, unless the link leads back to its node or others lead the same way.
    fn bent(&self, link: Link, parallel: usize, start: Point, end: Point) -> Curve {
        let parallel = parallel as f64;
        if link.is_self_link() {
            let height = (16.0 + 0.12 * (end.x - start.x)).min(0.45 * self.layout.gap());
            return Curve::bowed(start, end, height + 9.0 * parallel);
        }
        Curve::bowed(start, end, 18.0 * parallel)
    }

    /// From where the link's source recorded to where the marker arrives, if some of it is in the window.
    fn marker_curve(&self, arrival: &Arrival) -> Option<Curve> {
        let link = self.scene.trace.topology().link(arrival.link)?;
        let recordings = &self.scene.order.recordings;
        let is_source = |at: &&Recording| at.cut == arrival.cut && at.node == link.source;
        let left = recordings.iter().find(is_source)?.when;
        if left == When::AfterWindow || arrival.when == When::BeforeWindow {
            return None;
        }
        let parallel = message::parallel(self.scene.trace.topology(), link);
        let (start, end) =
            (self.layout.at(link.source, left), self.layout.at(link.target, arrival.when));
        let clearance = if arrival.when == When::AfterWindow { 0.0 } else { CLEARANCE };
        // One that makes its node record would lie on the line of the cut: past it, then.
        let makes_record = |at: &Recording| (at.node, at.when) == (link.target, arrival.when);
        let curve = if recordings.iter().any(makes_record) && !link.is_self_link() {
            let later = if start.y < end.y { 12.0 } else { -12.0 };
            Curve::bowed(start, end, later * (1.0 + parallel as f64))
        } else {
            self.bent(link, parallel, start, end)
        };
        Some(curve.shortened(CLEARANCE, clearance))
    }

    fn cut_points(&self, index: usize) -> Option<(usize, Vec<Point>)> {
        let crossings = self.layout.crossings(self.scene, index);
        let (first, last) = (*crossings.first()?, *crossings.last()?);
        if !self.layout.shows(&crossings) {
            return None;
        }
        let above = Point::new(first.x, first.y - OVERHANG);
        let below = Point::new(last.x, last.y + OVERHANG - 12.0);
        let points = std::iter::once(above).chain(crossings).chain([below]);
        Some((index, points.collect()))
    }
}

/// Layers, from the lowest.
impl Sketch<'_> {
    /// What the first cut includes, on a tinted ground.
    fn shade(&self) -> Group {
        let group = pen::group("shade", "");
        let Some((0, points)) = self.cuts.first() else { return group };
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return group };
        let left = self.layout.left;
        let corners = [Point::new(left, last.y), Point::new(left, first.y)];
        let corners: Vec<_> = points.iter().copied().chain(corners).collect();
        group.add(pen::filled(&corners, palette::of_cut(0), 0.09))
    }

    fn lifelines(&self) -> Group {
        let nodes = self.scene.trace.topology().nodes();
        let group =
            nodes.fold(pen::group("lifelines", ""), |group, node| group.add(self.lifeline(node)));
        let order = &self.scene.order;
        let borders = [
            (order.is_cut_off_before(), self.layout.left),
            (order.is_cut_off_after(), self.layout.right),
        ];
        let borders = borders.into_iter().filter(|(is_cut_off, _)| *is_cut_off);
        borders.fold(group, |group, (_, x)| {
            let (top, bottom) = (self.layout.first_row() - 26.0, self.layout.last_row() + 26.0);
            let stroke = Stroke::solid(FAINT, 1.5).dashed("2 4");
            let border = pen::line(Point::new(x, top), Point::new(x, bottom), stroke);
            group.add(border.set("class", "border"))
        })
    }

    fn lifeline(&self, node: NodeId) -> Group {
        let y = self.layout.row(node);
        let (start, end) = (Point::new(self.layout.left, y), Point::new(self.layout.right, y));
        let (stroke, order) = (Stroke::solid(GREY, 1.6), &self.scene.order);
        let run_out = |from: Point, by: f64| {
            pen::line(from, Point::new(from.x + by, y), stroke.dashed("3 3"))
        };
        let group = pen::group("lifeline", &self.scene.trace.topology().describe(node))
            .set("data-node", node.index())
            .add(pen::line(start, end, stroke));
        let group =
            if order.is_cut_off_before() { group.add(run_out(start, -RUN_OUT)) } else { group };
        if order.is_cut_off_after() {
            return group.add(run_out(end, RUN_OUT));
        }
        let tip = Point::new(end.x + 8.0, y);
        group.add(pen::filled(&Curve::straight(start, tip).head(11.0, 5.0), GREY, 1.0))
    }

    fn cut_lines(&self) -> Group {
        self.cuts.iter().fold(pen::group("cuts", ""), |group, (index, points)| {
            let line = &self.scene.cuts[*index];
            let class = if line.is_consistent { "cut" } else { "cut inconsistent" };
            let sign = pen::group(class, &line.name).set("data-cut", *index);
            group.add(signs::cut(sign, points, palette::of_cut(*index)))
        })
    }

    fn marker_arrows(&self) -> Group {
        self.markers.iter().fold(pen::group("markers", ""), |group, (arrival, curve)| {
            let on = self.scene.trace.topology().describe_link(arrival.link);
            let sign = pen::group("marker", &format!("marker of {} on {on}", arrival.snapshot))
                .set("data-snapshot", arrival.snapshot.get())
                .set("data-link", arrival.link.index());
            group.add(signs::marker(sign, curve, palette::of_cut(arrival.cut)))
        })
    }

    /// Those in flight lie on the others, and those that go backwards on all.
    fn message_arrows(&self) -> Group {
        let mut messages: Vec<_> = self.messages.iter().collect();
        messages.sort_by_key(|(message, _)| message.crossing);
        messages.into_iter().fold(pen::group("messages", ""), |group, (message, curve)| {
            let on = self.scene.trace.topology().describe_link(message.link.id);
            let tooltip = format!("message {} of {on}", message.number);
            let sign = pen::group(&signs::classes(message), &tooltip)
                .set("data-link", message.link.id.index())
                .set("data-number", message.number);
            group.add(signs::message(sign, curve, Look::of(message)))
        })
    }

    fn events(&self) -> Group {
        self.scene.order.shown().fold(pen::group("events", ""), |group, (column, event)| {
            let side = self.scene.side(event);
            let node = self.scene.trace.topology().describe(event.node);
            let tooltip = format!("event {} of {node}: {}", event.nth + 1, event.cause);
            let sign = pen::group(side.class(), &tooltip)
                .set("data-node", event.node.index())
                .set("data-nth", event.nth);
            let at = self.event_at(column, event);
            group.add(signs::event(sign, at, side))
        })
    }

    pub(super) fn event_at(&self, column: usize, event: &Event) -> Point {
        self.layout.at(event.node, When::InColumn(column))
    }

    fn recordings(&self) -> Group {
        let recordings = self.scene.order.recordings.iter();
        let shown = recordings.filter(|recording| matches!(recording.when, When::InColumn(_)));
        shown.fold(pen::group("recordings", ""), |group, recording| {
            let node = self.scene.trace.topology().describe(recording.node);
            let name = &self.scene.cuts[recording.cut].name;
            let sign = pen::group("recording", &format!("{node} records for {name}"))
                .set("data-cut", recording.cut)
                .set("data-node", recording.node.index());
            let at = self.layout.at(recording.node, recording.when);
            group.add(signs::recording(sign, at, palette::of_cut(recording.cut)))
        })
    }
}

impl Scene<'_> {
    pub(super) fn side(&self, event: &Event) -> Side {
        match self.cuts.first() {
            None => Side::Uncut,
            Some(line) if line.cut.includes(event) => Side::Before,
            Some(_) => Side::After,
        }
    }
}
