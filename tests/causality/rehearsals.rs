//! What a rehearsal finds out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use consistent_cut::causality::{Cause, Rehearsal, RehearsalError, Trace};
use consistent_cut::simulation::Simulation;
use consistent_cut::{Context, Link, Process, Topology};

use crate::traces::{link, message, node};

/// Sends on a link that it takes from elsewhere: what no process should do.
struct Fickle(Arc<AtomicU32>);

impl Process for Fickle {
    type State = ();
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        let links = ctx.out_links();
        if !links.is_empty() {
            let slot = self.0.fetch_add(1, Ordering::Relaxed) as usize % links.len();
            ctx.send_on(links[slot].id, ());
        }
    }

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}

    fn state(&self) {}
}

#[test]
fn a_process_that_is_not_deterministic_is_found_out() {
    let topology = Topology::from_links(2, [(0, 1), (0, 1)]).expect("two links");
    let whim = Arc::new(AtomicU32::new(0));
    let fresh = |_| Fickle(Arc::clone(&whim));
    let mut simulation = Simulation::builder(topology).traced().start(fresh).expect("fine");
    simulation.run(10);
    let trace = simulation.trace().expect("it is traced");
    let mut rehearsal = Rehearsal::new(trace, fresh);
    let error = rehearsal.run(trace.events()).expect_err("it sends on the other link now");
    let (did, should) = (vec![link(1)], vec![link(0)]);
    assert_eq!(
        error,
        RehearsalError::SentElsewhere { node: node(0), cause: Cause::Start, did, should }
    );
}

/// Counts what it gets, and what it gets is counted elsewhere too.
struct Total(u32);

impl Process for Total {
    type State = u32;
    type Message = u32;

    fn on_message(&mut self, _: Link, more: u32, _: &mut Context<'_, u32>) {
        self.0 += more;
    }

    fn state(&self) -> u32 {
        self.0
    }
}

#[test]
fn states_and_messages_that_differ_are_named() {
    let topology = Topology::line(2).expect("two nodes are a line");
    let builder = Simulation::builder(topology).traced();
    let mut simulation = builder.start(|_| Total(0)).expect("no setting is wrong");
    simulation.inject(node(0), 5).expect("the node is there");
    simulation.run(10);
    simulation.inject(node(0), 6).expect("the node is there");
    let state = simulation.global_state().expect("no node is down");
    let trace = simulation.trace().expect("it is traced");
    let rehearse = |first: u32, second: u32| {
        let mut rehearsal = Rehearsal::new(trace, |_| Total(0));
        rehearsal.inject(node(0), first);
        rehearsal.inject(node(0), second);
        rehearsal.run(trace.events()).and_then(|()| rehearsal.compare(&state))
    };
    assert_eq!(rehearse(5, 6), Ok(()));
    assert_eq!(rehearse(4, 6), Err(RehearsalError::OtherState(node(0))));
    assert_eq!(rehearse(5, 7), Err(RehearsalError::OtherMessages(link(1))));
    let mut one_left = Rehearsal::new(trace, |_| Total(0));
    one_left.inject(node(0), 5);
    one_left.inject(node(0), 6);
    one_left.run(trace.events()).expect("as it was");
    assert_eq!(one_left.messages_on(link(1)).collect::<Vec<_>>(), [&6]);
    assert_eq!([0, 2, 9].map(|no| one_left.messages_on(link(no)).len()), [0, 0, 0]);
    let mut none_injected = Rehearsal::new(trace, |_| Total(0));
    let not_there = RehearsalError::NotThere { node: node(0), link: link(1), number: 1 };
    assert_eq!(none_injected.run(trace.events()), Err(not_there));
}

/// Events in an order that the trace does not allow.
#[test]
fn a_message_is_not_received_before_its_time() {
    let mut trace = Trace::new(Arc::new(Topology::line(2).expect("two nodes are a line")));
    trace.push(node(0), Cause::Start, &[link(0)]).expect("it can happen");
    trace.push(node(1), message(0, 1), &[]).expect("it can happen");
    let whim = Arc::new(AtomicU32::new(0));
    let mut rehearsal = Rehearsal::new(&trace, |_| Fickle(Arc::clone(&whim)));
    let error = rehearsal.run(trace.events().iter().rev()).expect_err("it was not sent");
    assert_eq!(error, RehearsalError::NotThere { node: node(1), link: link(0), number: 1 });
}
