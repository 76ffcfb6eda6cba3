//! The lines of messages, markers and cuts.

use super::geometry::{Curve, Point};
use super::layout::Layout;
use super::message::{self, Message, Route};
use super::order::{Arrival, Recording, When};
use super::palette::{CLEARANCE, OUTSIDE, OVERHANG};
use super::scene::Scene;
use crate::topology::Link;

/// The line of a message.
pub(super) fn message(layout: &Layout, message: &Message) -> Curve {
    let link = message.link;
    match message.route {
        Route::FromOutside(when) => {
            let end = layout.at(link.target, when);
            let start = Point::new(end.x, end.y - OUTSIDE);
            Curve::straight(start, end).shortened(0.0, CLEARANCE)
        }
        Route::Between(sent, received) => {
            let (start, end) = (layout.at(link.source, sent), layout.at(link.target, received));
            let curve = bent(layout, link, message.parallel, start, end);
            curve.shortened(clearance(sent), clearance(received))
        }
        Route::Unreceived(sent, before) => {
            let (start, end) = (layout.at(link.source, sent), loose_end(layout, link, before));
            bent(layout, link, message.parallel, start, end).shortened(clearance(sent), 0.0)
        }
    }
}

/// How far a line stays away from the sign at which it begins or ends. There is no sign at the
/// window's border.
fn clearance(when: When) -> f64 {
    if matches!(when, When::InColumn(_)) { CLEARANCE } else { 0.0 }
}

/// The place of a message when the run ends: on its way, the first message of its link ahead of the
/// others.
fn loose_end(layout: &Layout, link: Link, before: u64) -> Point {
    let x = layout.right - 22.0;
    let (source, target) = (layout.row(link.source), layout.row(link.target));
    // Messages behind the fifth end where the fifth does.
    let behind = before.min(4) as f64;
    if link.is_self_link() {
        return Point::new(x, source - 34.0 + 5.0 * behind);
    }
    // The distance to the target is fixed, so that lines of one node's links do not all end at one
    // height.
    let direction = if target > source { 1.0 } else { -1.0 };
    let short = 24.0 + 11.0 * behind;
    let way = ((target - source).abs() - short).max(16.0);
    Point::new(x, source + direction * way)
}

/// A straight line, unless the link leads back to its node or other links lead the same way.
fn bent(layout: &Layout, link: Link, parallel: usize, start: Point, end: Point) -> Curve {
    if link.is_self_link() {
        // The bow is so low that it does not meet what is above, however many links there are.
        let height = (16.0 + 0.12 * (end.x - start.x)).min(0.34 * layout.gap());
        return Curve::bowed(start, end, height + 8.0 * parallel.min(2) as f64);
    }
    Curve::bowed(start, end, 18.0 * parallel as f64)
}

/// The line of a marker, from the recording of its sender to its arrival. `None` if no part of the
/// line is in the window.
pub(super) fn marker(scene: &Scene<'_>, layout: &Layout, arrival: &Arrival) -> Option<Curve> {
    let link = scene.trace.topology().link(arrival.link)?;
    let (from, to) =
        if arrival.goes_back { (link.target, link.source) } else { (link.source, link.target) };
    let recordings = &scene.order.recordings;
    let is_sender = |at: &&Recording| at.cut == arrival.cut && at.node == from;
    let left = recordings.iter().find(is_sender)?.when;
    if left == When::AfterWindow || arrival.when == When::BeforeWindow {
        return None;
    }
    let (start, end) = (layout.at(from, left), layout.at(to, arrival.when));
    let parallel = message::parallel(scene.trace.topology(), link);
    let makes_record = |at: &Recording| (at.node, at.when) == (to, arrival.when);
    let curve = if recordings.iter().any(makes_record) && !link.is_self_link() {
        past_the_cut(start, end, parallel)
    } else {
        bent(layout, link, parallel, start, end)
    };
    Some(curve.shortened(clearance(left), clearance(arrival.when)))
}

/// The line of a marker that makes its node record would often lie on the line of the cut, so it is
/// bent to the later side.
fn past_the_cut(start: Point, end: Point, parallel: usize) -> Curve {
    let later = if start.y < end.y { 12.0 } else { -12.0 };
    Curve::bowed(start, end, later * (1.0 + parallel as f64))
}

/// The line of a cut, from above the first lifeline to below the last. `None` if no part of the
/// line is in the window.
pub(super) fn cut(scene: &Scene<'_>, layout: &Layout, index: usize) -> Option<Vec<Point>> {
    let crossings = layout.crossings(scene, index);
    let (first, last) = (*crossings.first()?, *crossings.last()?);
    if !layout.shows(&crossings) {
        return None;
    }
    let above = Point::new(first.x, first.y - OVERHANG);
    let below = Point::new(last.x, last.y + OVERHANG - 12.0);
    Some(std::iter::once(above).chain(crossings).chain([below]).collect())
}
