//! Vector clocks against happens-before by its definition.

use consistent_cut::causality::{Cause, Trace};

use crate::chance::{Chance, for_each_seed};
use crate::traces::random_trace;

/// For each event, the events that happen before it: the previous event of its node, the sending of
/// the received message, and the events before these.
pub(crate) fn happens_before(trace: &Trace) -> Vec<Vec<bool>> {
    let events = trace.events();
    let mut before: Vec<Vec<bool>> = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let last = events[..index].iter().rposition(|other| other.node == event.node);
        let sender = match event.cause {
            Cause::Message { link, number } => trace.sender(link, number),
            _ => None,
        };
        let sender = sender.and_then(|sender| events.iter().position(|other| other == sender));
        let mut row = vec![false; events.len()];
        for earlier in last.into_iter().chain(sender) {
            row.iter_mut().zip(&before[earlier]).for_each(|(own, other)| *own |= other);
            row[earlier] = true;
        }
        before.push(row);
    }
    before
}

#[test]
fn clocks_say_what_happens_before_what() {
    let (mut ordered, mut concurrent) = (0, 0);
    for_each_seed(0..300, |seed| {
        let trace = random_trace(&mut Chance::new(seed), 40);
        let (clocks, before) = (trace.clocks(), happens_before(&trace));
        for a in 0..clocks.len() {
            for b in 0..clocks.len() {
                assert_eq!(clocks[a].happens_before(&clocks[b]), before[b][a], "{a} {b}");
                let is_concurrent = a != b && !before[a][b] && !before[b][a];
                assert_eq!(clocks[a].is_concurrent_with(&clocks[b]), is_concurrent, "{a} {b}");
                ordered += u32::from(before[b][a]);
                concurrent += u32::from(is_concurrent);
            }
        }
    });
    assert!(ordered > 1000 && concurrent > 1000, "{ordered} {concurrent}");
}

#[test]
fn clocks_of_different_systems_do_not_compare() {
    let clock = |seed| random_trace(&mut Chance::new(seed), 5).clocks().remove(0);
    let mut seeds = 0..100;
    let (first, other) = (
        clock(0),
        seeds.find_map(|seed| {
            let other = clock(seed);
            (other.counts().len() != clock(0).counts().len()).then_some(other)
        }),
    );
    assert_eq!(first.partial_cmp(&other.expect("some have another size")), None);
}
