//! The texts in the picture: names of nodes and cuts, and the labels that were asked for.

use svg::node::element::Group;

use super::geometry::{Area, Point};
use super::labels::{Anchor, Labels, Spot};
use super::layout::{MARGIN, RUN_OUT};
use super::message::Crossing;
use super::palette::{self, BACKWARD, DOT, GREY, IN_FLIGHT, INK, LABEL_SIZE, NAME_SIZE};
use super::pen::{self, Lettering};
use super::sketch::Sketch;

/// All texts within the lifelines' part of a picture so wide.
pub(super) fn draw(sketch: &Sketch<'_>, width: f64) -> Group {
    let mut labels = obstacles(sketch, width);
    let group = names(sketch, pen::group("texts", ""));
    let group = cut_names(sketch, &mut labels, group);
    let group = event_labels(sketch, &mut labels, group);
    let group = message_labels(sketch, &mut labels, group);
    time(sketch, &mut labels, group)
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
    let lettering = Lettering::plain(NAME_SIZE).bold().anchored(Anchor::End);
    sketch.scene.trace.topology().nodes().fold(group, |group, node| {
        let at = Point::new(
            sketch.layout.left - RUN_OUT - 6.0,
            sketch.layout.row(node) + 0.36 * NAME_SIZE,
        );
        group.add(pen::text(at, &sketch.scene.name(node), lettering, "name"))
    })
}

/// Each at the upper end of its line.
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
        let lettering = Lettering::plain(LABEL_SIZE + 1.0).bold().coloured(palette::of_cut(*index));
        write(labels, group, name, lettering, &spots, "cut-name")
    })
}

fn event_labels(sketch: &Sketch<'_>, labels: &mut Labels, group: Group) -> Group {
    sketch.scene.order.shown().fold(group, |group, (column, event)| {
        let text = (sketch.scene.event_label)(event);
        let spots = Spot::around(sketch.event_at(column, event), LABEL_SIZE);
        write(labels, group, &text, Lettering::plain(LABEL_SIZE), &spots, "event-label")
    })
}

fn message_labels(sketch: &Sketch<'_>, labels: &mut Labels, group: Group) -> Group {
    sketch.messages.iter().fold(group, |group, (message, curve)| {
        let text = (sketch.scene.message_label)(message.link, message.number);
        let lettering = Lettering::plain(LABEL_SIZE);
        let lettering = match message.crossing {
            Crossing::None => lettering.coloured(INK),
            Crossing::InFlight => lettering.bold().coloured(IN_FLIGHT),
            Crossing::Backward => lettering.bold().coloured(BACKWARD),
        };
        let spots = Spot::along(curve, LABEL_SIZE);
        write(labels, group, &text, lettering, &spots, "message-label")
    })
}

/// Which way time goes.
fn time(sketch: &Sketch<'_>, labels: &mut Labels, group: Group) -> Group {
    let at = Point::new(sketch.layout.right - 4.0, sketch.layout.last_row());
    let spots =
        [Spot::new(at.x, at.y + 22.0, Anchor::End), Spot::new(at.x, at.y - 12.0, Anchor::End)];
    let lettering = Lettering::plain(LABEL_SIZE - 1.0).coloured(GREY);
    write(labels, group, "time", lettering, &spots, "time")
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
