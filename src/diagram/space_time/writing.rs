//! The texts in the picture: names of nodes and cuts, and the labels that were asked for.

use svg::node::element::Group;

use super::geometry::{Area, Point};
use super::labels::{Anchor, Labels, Spot};
use super::layout::{MARGIN, RUN_OUT};
use super::message::Crossing;
use super::palette::{self, BACKWARD, DOT, GREY, IN_FLIGHT, INK};
use super::pen::{self, Lettering, Stroke};
use super::sketch::Sketch;
use super::time_scale::TimeScale;

/// Draws all texts in the lifelines' part of a picture of this width. Returns how many of them lie
/// on others.
pub(super) fn draw(sketch: &Sketch<'_>, width: f64) -> (Group, usize) {
    let mut labels = obstacles(sketch, width);
    let group = names(sketch, pen::group("texts", ""));
    let group = cut_names(sketch, &mut labels, group);
    let group = event_labels(sketch, &mut labels, group);
    let group = message_labels(sketch, &mut labels, group);
    let group = time(sketch, &mut labels, group);
    (group, labels.overlaps)
}

fn obstacles(sketch: &Sketch<'_>, width: f64) -> Labels {
    let layout = sketch.layout;
    let bounds = Area {
        left: layout.left - RUN_OUT,
        top: layout.top,
        right: width - MARGIN / 2.0,
        bottom: layout.bottom + 12.0,
    };
    let mut labels = Labels::new(bounds);
    for (column, event) in sketch.scene.order.shown() {
        labels.keep_clear_of(Area::around(sketch.event_at(column, event), DOT));
    }
    for recording in &sketch.scene.order.recordings {
        labels.keep_clear_of(Area::around(layout.at(recording.node, recording.when), DOT));
    }
    for node in sketch.scene.trace.topology().nodes() {
        let y = layout.row(node);
        labels.keep_clear_of_line(Point::new(layout.left, y), Point::new(layout.right, y));
    }
    sketch.messages.iter().for_each(|(_, curve)| labels.keep_clear_of_curve(curve));
    sketch.markers.iter().for_each(|(_, curve)| labels.keep_clear_of_curve(curve));
    for (_, points) in &sketch.cuts {
        points.windows(2).for_each(|ends| labels.keep_clear_of_line(ends[0], ends[1]));
    }
    labels
}

fn names(sketch: &Sketch<'_>, group: Group) -> Group {
    let size = sketch.scene.sizes.name;
    let lettering = Lettering::plain(size).bold().anchored(Anchor::End);
    sketch.scene.trace.topology().nodes().fold(group, |group, node| {
        let at =
            Point::new(sketch.layout.left - RUN_OUT - 6.0, sketch.layout.row(node) + 0.36 * size);
        group.add(pen::text(at, &sketch.scene.name(node), lettering, "name"))
    })
}

/// Writes each name at the upper end of its line.
fn cut_names(sketch: &Sketch<'_>, labels: &mut Labels, group: Group) -> Group {
    sketch.cuts.iter().fold(group, |group, (index, points)| {
        let (Some(top), name) = (points.first(), &sketch.scene.cuts[*index].name) else {
            return group;
        };
        let spots = [
            Spot::new(top.x, top.y - 6.0, Anchor::Middle),
            Spot::new(top.x + 8.0, top.y + 8.0, Anchor::Start),
            Spot::new(top.x - 8.0, top.y + 8.0, Anchor::End),
        ];
        let lettering = Lettering::plain(1.07 * sketch.scene.sizes.label)
            .bold()
            .coloured(palette::of_cut(*index));
        write(labels, group, name, lettering, &spots, "cut-name")
    })
}

fn event_labels(sketch: &Sketch<'_>, labels: &mut Labels, group: Group) -> Group {
    sketch.scene.order.shown().fold(group, |group, (column, event)| {
        let text = (sketch.scene.event_label)(event);
        let (at, size) = (sketch.event_at(column, event), sketch.scene.sizes.label);
        // The arrow from outside is above the event.
        let spots = match sketch.scene.is_from_outside(event) {
            true => Spot::below(at, size).to_vec(),
            false => Spot::around(at, size),
        };
        write(labels, group, &text, Lettering::plain(size), &spots, "event-label")
    })
}

fn message_labels(sketch: &Sketch<'_>, labels: &mut Labels, group: Group) -> Group {
    sketch.messages.iter().fold(group, |group, (message, curve)| {
        let text = (sketch.scene.message_label)(message.link, message.number);
        let size = sketch.scene.sizes.label;
        let lettering = Lettering::plain(size);
        let lettering = match message.crossing {
            Crossing::None => lettering.coloured(INK),
            Crossing::InFlight => lettering.bold().coloured(IN_FLIGHT),
            Crossing::Backward => lettering.bold().coloured(BACKWARD),
        };
        let spots = Spot::along(curve, size);
        write(labels, group, &text, lettering, &spots, "message-label")
    })
}

/// Writes what the order from left to right means. In a simulation it is the order of time. On
/// threads it is an order in which the events could have happened.
fn time(sketch: &Sketch<'_>, labels: &mut Labels, group: Group) -> Group {
    let lettering = Lettering::plain(sketch.scene.sizes.legend).coloured(GREY);
    if let Some((scale, y)) = sketch.layout.axis {
        return axis(sketch, scale, y, lettering, group);
    }
    let scene = sketch.scene;
    let is_time = scene.order.has_times() && !scene.is_rearranged;
    let at = Point::new(sketch.layout.right - 4.0, sketch.layout.last_row());
    let (below, above) = (at.y + 8.0 + lettering.size, at.y - 12.0);
    let spots = [below, above].map(|line| Spot::new(at.x, line, Anchor::End));
    write(labels, group, if is_time { "time" } else { "order" }, lettering, &spots, "time")
}

/// Draws the axis of a picture by time.
fn axis(
    sketch: &Sketch<'_>,
    scale: TimeScale,
    y: f64,
    lettering: Lettering,
    group: Group,
) -> Group {
    let (left, right) = (sketch.layout.left, sketch.layout.right);
    let stroke = Stroke::solid(GREY, 1.0);
    let line = pen::line(Point::new(left, y), Point::new(right, y), stroke);
    let name = Point::new(left - RUN_OUT - 6.0, y + 0.36 * lettering.size);
    let axis = pen::group("axis", "").add(line);
    let axis = axis.add(pen::text(name, "time", lettering.anchored(Anchor::End), "time"));
    let ticks = scale.ticks(right, lettering.size).into_iter();
    group.add(ticks.fold(axis, |axis, time| {
        let x = scale.x(time);
        let at = Point::new(x, y + 6.0 + lettering.size);
        let lettering = lettering.anchored(Anchor::Middle);
        axis.add(pen::line(Point::new(x, y), Point::new(x, y + 4.0), stroke)).add(pen::text(
            at,
            &format!("{time:?}"),
            lettering,
            "tick",
        ))
    }))
}

fn write(
    labels: &mut Labels,
    group: Group,
    text: &str,
    lettering: Lettering,
    spots: &[Spot],
    class: &str,
) -> Group {
    if text.is_empty() {
        return group;
    }
    let Some(spot) = labels.place(text, lettering, spots) else { return group };
    group.add(pen::text(spot.at, text, lettering.anchored(spot.anchor), class))
}
