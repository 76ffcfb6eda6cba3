//! The facts that are true of the picture of any run.

use std::collections::BTreeSet;

use consistent_cut::causality::{Cause, Cut, Event, MarkKind, Trace};
use consistent_cut::{LinkId, SnapshotId};

use crate::picture::{Picture, number, points};

/// A message with the events that sent and received it. No event sent a message from outside.
pub(crate) struct Sent<'a> {
    pub(crate) link: usize,
    pub(crate) number: usize,
    pub(crate) sender: Option<&'a Event>,
    pub(crate) receiver: Option<&'a Event>,
}

impl Sent<'_> {
    pub(crate) fn key(&self) -> (usize, usize) {
        (self.link, self.number)
    }
}

/// Every message of a run, found event by event.
pub(crate) fn messages(trace: &Trace) -> Vec<Sent<'_>> {
    let receiver = |link: LinkId, number: u64| {
        let cause = Cause::Message { link, number };
        trace.events().iter().find(|event| event.cause == cause)
    };
    let mut all = Vec::new();
    let mut sent = vec![0; trace.topology().link_count()];
    for event in trace.events() {
        for &link in &event.sends {
            sent[link.index()] += 1;
            let number = sent[link.index()];
            let (link, receiver) = (link.index(), receiver(link, number as u64));
            all.push(Sent { link, number, sender: Some(event), receiver });
        }
        if let Cause::Message { link, number } = event.cause
            && trace.sender(link, number).is_none()
        {
            let (link, number) = (link.index(), number as usize);
            all.push(Sent { link, number, sender: None, receiver: Some(event) });
        }
    }
    all
}

fn keys<'a>(all: &[Sent<'a>], is_so: impl Fn(&Sent<'a>) -> bool) -> BTreeSet<(usize, usize)> {
    all.iter().filter(|sent| is_so(sent)).map(Sent::key).collect()
}

/// One lifeline per node, and one sign per message and per event. Each sign shows its side of the
/// cut.
pub(crate) fn assert_whole(trace: &Trace, cut: &Cut, picture: &Picture<'_>) {
    let nodes = trace.topology().nodes().len();
    assert_eq!(picture.all("lifeline").len(), nodes);
    assert_eq!(picture.all("name").len(), nodes);

    let side = |is_included: bool| -> BTreeSet<_> {
        let events = trace.events().iter().filter(|event| cut.includes(event) == is_included);
        events.map(|event| (event.node.index(), event.nth)).collect()
    };
    assert_eq!(picture.pairs("before", "data-node", "data-nth"), side(true));
    assert_eq!(picture.pairs("after", "data-node", "data-nth"), side(false));
    assert_eq!(picture.all("event").len(), trace.events().len());

    let all = messages(trace);
    assert_eq!(picture.messages("message"), keys(&all, |_| true));
    assert_eq!(picture.messages("outside"), keys(&all, |sent| sent.sender.is_none()));
    assert_eq!(picture.messages("unreceived"), keys(&all, |sent| sent.receiver.is_none()));
    assert_eq!(picture.messages("in-flight"), in_flight(trace, cut));
    let is_backward = |sent: &Sent<'_>| match (sent.sender, sent.receiver) {
        (Some(sender), Some(receiver)) => !cut.includes(sender) && cut.includes(receiver),
        _ => false,
    };
    assert_eq!(picture.messages("backward"), keys(&all, is_backward));
    assert!(picture.messages("beyond").is_empty());
}

/// As the cut itself says, environment links left out.
fn in_flight(trace: &Trace, cut: &Cut) -> BTreeSet<(usize, usize)> {
    let ranges = cut.in_flight(trace).into_iter().enumerate().take(trace.topology().link_count());
    ranges.flat_map(|(link, range)| range.map(move |number| (link, number as usize))).collect()
}

/// Each recording has a square and each marker an arrow.
pub(crate) fn assert_marks(trace: &Trace, snapshot: SnapshotId, picture: &Picture<'_>) {
    let marks = trace.marks().iter();
    let recorded: BTreeSet<_> = marks
        .clone()
        .filter(|mark| mark.kind == MarkKind::Recorded(snapshot))
        .map(|mark| (0, mark.node.index()))
        .collect();
    assert_eq!(picture.pairs("recording", "data-cut", "data-node"), recorded);
    let came: BTreeSet<_> = marks
        .filter_map(|mark| match mark.kind {
            MarkKind::Marker(of, link) if of == snapshot => {
                Some((snapshot.get() as usize, link.index()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(picture.pairs("marker", "data-snapshot", "data-link"), came);
}

/// Events stand in the order given, each in a column of its own, and on their side of the line.
pub(crate) fn assert_places<'a>(
    order: impl Iterator<Item = &'a Event>,
    cut: &Cut,
    picture: &Picture<'_>,
) {
    let (places, crossings) = (picture.events(), picture.crossings(0));
    let mut last = 0.0;
    for event in order {
        let (x, _) = places[&key(event)];
        assert!(x > last, "{event:?} is at {x}, behind one at {last}");
        last = x;
        let crossing = crossings[event.node.index()];
        assert_eq!(x < crossing, cut.includes(event), "{event:?} is at {x}, the cut at {crossing}");
    }
}

/// Arrows begin at the sending and end at the receipt.
pub(crate) fn assert_arrows(trace: &Trace, picture: &Picture<'_>) {
    let (places, messages) = (picture.events(), messages(trace));
    for arrow in picture.all("message") {
        let key_of = (number(arrow, "data-link") as usize, number(arrow, "data-number") as usize);
        let sent = messages.iter().find(|sent| sent.key() == key_of).expect("it was sent");
        let ends = arrow.children().filter(|part| part.has_tag_name("path")).map(points);
        let mut ends = ends.map(|points| (points[0], points[points.len() - 1]));
        let (start, end) = ends.next_back().expect("an arrow has a line");
        let is_near = |event: Option<&Event>, (x, y): (f64, f64)| {
            event.is_none_or(|event| {
                let (at_x, at_y) = places[&key(event)];
                (at_x - x).abs() < 24.0 && (at_y - y).abs() < 24.0
            })
        };
        // A message that is not received has a second path, its tip.
        if sent.receiver.is_some() {
            assert!(is_near(sent.sender, start), "message {key_of:?} starts at {start:?}");
        }
        assert!(is_near(sent.receiver, end), "message {key_of:?} ends at {end:?}");
    }
}

fn key(event: &Event) -> (usize, usize) {
    (event.node.index(), event.nth)
}
