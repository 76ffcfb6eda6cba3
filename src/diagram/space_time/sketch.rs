//! The signs in their places.

use svg::node::element::Group;

use super::geometry::{Curve, Point};
use super::layout::{Layout, RUN_OUT};
use super::lines;
use super::message::Message;
use super::order::{Arrival, When};
use super::palette::{self, FAINT, GREY};
use super::pen::{self, Stroke};
use super::scene::Scene;
use super::signs::{self, Look, Side};
use crate::causality::Event;
use crate::id::NodeId;

/// The signs of the picture and their places.
pub(super) struct Sketch<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) layout: &'a Layout,
    /// Each message with its line.
    pub(super) messages: Vec<(&'a Message, Curve)>,
    /// Each marker with its line.
    pub(super) markers: Vec<(&'a Arrival, Curve)>,
    /// For each cut in the window, by its index: its points from the top.
    pub(super) cuts: Vec<(usize, Vec<Point>)>,
}

impl<'a> Sketch<'a> {
    pub(super) fn new(scene: &'a Scene<'a>, layout: &'a Layout) -> Self {
        let messages = scene.messages.iter();
        let marker = |arrival| Some((arrival, lines::marker(scene, layout, arrival)?));
        let cut = |index| Some((index, lines::cut(scene, layout, index)?));
        Sketch {
            scene,
            layout,
            messages: messages.map(|message| (message, lines::message(layout, message))).collect(),
            markers: scene.order.arrivals.iter().filter_map(marker).collect(),
            cuts: (0..scene.cuts.len()).filter_map(cut).collect(),
        }
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

/// The layers, from the lowest.
impl Sketch<'_> {
    /// Tints the part that the first cut includes.
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
            let back = if arrival.goes_back { ", going back" } else { "" };
            let sign =
                pen::group("marker", &format!("marker of {} on {on}{back}", arrival.snapshot))
                    .set("data-snapshot", arrival.snapshot.get())
                    .set("data-link", arrival.link.index());
            group.add(signs::marker(sign, curve, palette::of_cut(arrival.cut)))
        })
    }

    /// Arrows in flight are drawn over the others, and arrows that go backwards are drawn over all.
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
            let tooltip = format!("event {} of {node}: {}", event.nth + 1, self.scene.told(event));
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
