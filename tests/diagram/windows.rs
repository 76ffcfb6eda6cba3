//! A part of a run.

use std::collections::BTreeSet;

use consistent_cut::causality::{Event, Trace};
use consistent_cut::diagram::SpaceTime;

use crate::chance::{Chance, for_each_seed};
use crate::facts::messages;
use crate::picture::{Picture, number};
use crate::random_runs::random_run;

fn place(trace: &Trace, event: &Event) -> usize {
    let is_it = |other: &Event| (other.node, other.nth) == (event.node, event.nth);
    trace.events().iter().position(is_it).expect("it is in the trace")
}

#[test]
fn a_window_shows_its_events_and_whatever_is_under_way_meanwhile() {
    let (mut beyond, mut across) = (0, 0);
    let all = for_each_seed(0..100, |seed| {
        let mut chance = Chance::new(seed);
        let simulation = random_run(&mut chance);
        let trace = simulation.trace().expect("it is traced");
        let events = trace.events().len();
        let start = chance.below(events);
        let end = start + 1 + chance.below(events - start);
        let svg = SpaceTime::new(trace).window(start..end).to_svg().expect("it is in the run");
        let picture = Picture::read(&svg);

        let shown: BTreeSet<_> = trace.events()[start..end]
            .iter()
            .map(|event| (event.node.index(), event.nth))
            .collect();
        assert_eq!(picture.pairs("event", "data-node", "data-nth"), shown);

        let (mut under_way, mut crossing) = (BTreeSet::new(), BTreeSet::new());
        for sent in messages(trace) {
            let receipt = sent.receiver.map_or(events, |event| place(trace, event));
            let sending = sent.sender.map_or(receipt, |event| place(trace, event));
            if sending >= end || receipt < start {
                continue;
            }
            under_way.insert(sent.key());
            // A message that is never received is still under way at the end of the run, and is
            // drawn only up to there.
            if sending < start || (receipt >= end && end < events) {
                crossing.insert(sent.key());
            }
            across += usize::from(sending < start && receipt >= end);
        }
        assert_eq!(picture.messages("message"), under_way);
        assert_eq!(picture.messages("beyond"), crossing);
        beyond += crossing.len();

        let is_part = end - start < events;
        assert_eq!(svg.contains(&format!("events {} to {end} of {events}", start + 1)), is_part);
        assert_eq!(picture.all("border").len(), usize::from(start > 0) + usize::from(end < events));
    });
    assert!(!all || (beyond > 100 && across > 25), "{beyond} {across}");
}

/// A cut before or after the window is no line in it, and still tells its events apart.
#[test]
fn a_cut_outside_of_the_window_is_not_drawn() {
    let mut seen = 0;
    for_each_seed(0..100, |seed| {
        let simulation = random_run(&mut Chance::new(seed));
        let trace = simulation.trace().expect("it is traced");
        let (Some(first), events) = (trace.marks().first(), trace.events().len()) else { return };
        let consistent_cut::causality::MarkKind::Recorded(snapshot) = first.kind else { return };
        if first.after < 2 {
            return;
        }
        seen += 1;
        let early = SpaceTime::new(trace).snapshot(snapshot).window(0..first.after - 1);
        let svg = early.to_svg().expect("it is in the run");
        let picture = Picture::read(&svg);
        assert_eq!(picture.all("before").len(), first.after - 1);
        for absent in ["cut", "after", "recording", "marker"] {
            assert!(picture.all(absent).is_empty(), "{absent}");
        }
        let legend = picture.legend().join("\n");
        assert!(!legend.contains("cut of") && !legend.contains("marker"), "{legend}");
        let whole = SpaceTime::new(trace).snapshot(snapshot).window(0..events).to_svg();
        assert_eq!(whole, SpaceTime::new(trace).snapshot(snapshot).to_svg());
    });
    assert!(seen > 20 || seen == 1, "{seen}");
}

#[test]
fn a_message_from_before_the_window_begins_at_its_border() {
    for_each_seed(0..50, |seed| {
        let simulation = random_run(&mut Chance::new(seed));
        let trace = simulation.trace().expect("it is traced");
        let half = trace.events().len() / 2;
        if half == 0 {
            return;
        }
        let svg = SpaceTime::new(trace).window(half..2 * half).to_svg().expect("it is in the run");
        let picture = Picture::read(&svg);
        let lifelines = picture.all("lifeline");
        let left = crate::picture::points(crate::picture::child(lifelines[0], "path"))[0].0;
        for message in picture.all("beyond") {
            let key =
                (number(message, "data-link") as usize, number(message, "data-number") as usize);
            let sent = messages(trace).into_iter().find(|sent| sent.key() == key);
            let sender = sent.and_then(|sent| sent.sender).expect("it was sent");
            let start = crate::picture::points(crate::picture::child(message, "path"))[0].0;
            assert_eq!(start == left, place(trace, sender) < half, "{key:?}");
        }
    });
}
