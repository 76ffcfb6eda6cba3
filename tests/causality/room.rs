//! Acknowledgements in traces, cuts and replays: on a link with a capacity a receipt happens before
//! the sending for which it makes room.

use std::sync::Arc;

use consistent_cut::causality::{
    Cause, Cut, CutError, Event, Logged, Replay, ReplayError, Trace, TraceError,
};
use consistent_cut::{Context, Link, Process, TimerId, Topology};

use crate::ids::{link, node};
use crate::traces::message;

const TICK: Cause = Cause::Timer(TimerId::new(0));

/// Sends a message on its first link at the start and for each timer.
struct Ticker;

impl Process for Ticker {
    type State = ();
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        if let Some(link) = ctx.out_links().first() {
            ctx.send_on(link, ());
        }
    }

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}

    fn on_timer(&mut self, _: TimerId, ctx: &mut Context<'_, ()>) {
        self.on_start(ctx);
    }

    fn state(&self) {}
}

/// Node 0 sends message 1, fills its link of capacity 1 with message 2, learns that message 1 was
/// received, and sends message 3.
fn trace() -> Trace {
    let mut trace = Trace::new(Arc::new(Topology::line(2).expect("two nodes are a line")));
    trace.set_capacity(link(0), 1);
    trace.add(node(0), Logged::handled(Cause::Start, [link(0)])).expect("it starts");
    trace.add(node(1), Logged::handled(Cause::Start, [])).expect("it starts");
    trace.add(node(0), Logged::handled(TICK, [link(0)])).expect("there is room");
    trace.add(node(1), Logged::handled(message(0, 1), [])).expect("it was sent");
    trace.add(node(0), Logged::Acknowledged(link(0), 1)).expect("it was received");
    trace.add(node(0), Logged::handled(TICK, [link(0)])).expect("there is room again");
    trace
}

#[test]
fn a_receipt_happens_before_what_it_makes_room_for() {
    let trace = trace();
    let clocks = trace.clocks();
    assert!(clocks[3].happens_before(&clocks[4]), "{clocks:?}");
    assert!(clocks[2].is_concurrent_with(&clocks[3]) || clocks[0].happens_before(&clocks[3]));
    let receiver = trace.receiver(link(0), 1).map(|event| event.nth);
    assert_eq!((receiver, trace.receiver(link(0), 2)), (Some(1), None));
    assert_eq!((trace.capacity(link(0)), trace.capacity(link(1))), (Some(1), None));
}

#[test]
fn a_cut_with_room_from_outside_is_not_consistent() {
    let trace = trace();
    let error = Cut::new([3, 1]).check(&trace).unwrap_err();
    let expected =
        CutError::RoomFromOutside { link: link(0), number: 1, sender: node(0), receiver: node(1) };
    assert_eq!(error, expected);
    assert!(trace.witness(&Cut::new([3, 1])).is_err());
    for consistent in [[2, 1], [3, 2], [2, 2], [0, 0]] {
        assert_eq!(Cut::new(consistent).check(&trace), Ok(()), "{consistent:?}");
    }
    let witness = trace.witness(&Cut::new([3, 2])).expect("it is consistent");
    assert_eq!(witness.rearranged().clocks(), trace.clocks(), "the acknowledgement is kept");
}

#[test]
fn an_acknowledgement_of_what_was_not_received_is_refused() {
    let mut trace = trace();
    let too_soon = trace.add(node(0), Logged::Acknowledged(link(0), 2)).unwrap_err();
    let expected =
        TraceError::AcknowledgedTooSoon { node: node(0), link: link(0), number: 2, received: 1 };
    assert_eq!(too_soon, expected);
    for (at, on) in [(1, 0), (0, 1), (0, 9)] {
        let error = trace.add(node(at), Logged::Acknowledged(link(on), 1)).unwrap_err();
        assert_eq!(error, TraceError::NotItsLink { node: node(at), link: link(on) });
    }
    assert_eq!(
        trace.add(node(0), Logged::Acknowledged(link(0), u64::MAX)),
        Ok(()),
        "the receiver has failed"
    );
}

#[test]
fn a_merge_puts_a_receipt_before_its_acknowledgement() {
    let handled = |cause, sends: &[_]| Logged::handled(cause, sends.iter().copied());
    let sender = vec![
        handled(Cause::Start, &[link(0)]),
        handled(TICK, &[link(0)]),
        Logged::Acknowledged(link(0), 1),
        handled(TICK, &[link(0)]),
    ];
    let receiver = vec![handled(Cause::Start, &[]), handled(message(0, 1), &[])];
    let topology = Arc::new(Topology::line(2).expect("two nodes are a line"));
    let logs = vec![sender.clone(), receiver];
    let merged = Trace::merge(Arc::clone(&topology), logs).expect("a run");
    let order: Vec<_> = merged.events().iter().map(|event| (event.node, event.nth)).collect();
    let place = |of| order.iter().position(|&event| event == of);
    assert!(place((node(1), 1)) < place((node(0), 2)), "{order:?}");
    let alone = Trace::merge(topology, vec![sender, vec![handled(Cause::Start, &[])]]);
    assert!(matches!(alone, Err(TraceError::AcknowledgedTooSoon { number: 1, .. })), "{alone:?}");
}

#[test]
fn a_replay_keeps_to_capacities() {
    let trace = trace();
    let events: Vec<&Event> = trace.events().iter().collect();
    Replay::new(&trace, |_| Ticker).run(events.iter().copied()).expect("as it was");
    // Without the receipt there is no acknowledgement of it.
    let mut replay = Replay::new(&trace, |_| Ticker);
    let error = replay.run([events[0], events[2], events[4]]).unwrap_err();
    let expected = ReplayError::RoomNotMade { node: node(0), link: link(0), number: 1 };
    assert_eq!(error, expected);

    // A system with this capacity does not reach this state.
    let mut full = Trace::new(trace.topology().clone());
    full.set_capacity(link(0), 1);
    full.add(node(0), Logged::handled(Cause::Start, [link(0)])).expect("it starts");
    full.add(node(0), Logged::handled(TICK, [link(0)])).expect("a trace does not count");
    full.add(node(0), Logged::handled(TICK, [link(0)])).expect("a trace does not count");
    let error = Replay::new(&full, |_| Ticker).run(full.events()).unwrap_err();
    let expected = ReplayError::NoRoom {
        node: node(0),
        cause: TICK,
        link: link(0),
        under_way: 2,
        capacity: 1,
    };
    assert_eq!(error, expected);
}

/// The messages of a stopped node may wait for room for good, while the node drains its in-links.
#[test]
fn a_stopped_node_drops_messages_without_room() {
    let mut trace = Trace::new(Arc::new(Topology::from_links(1, [(0, 0)]).expect("one node")));
    trace.set_capacity(link(0), 1);
    trace.add(node(0), Logged::handled(Cause::Start, [link(0)])).expect("it starts");
    trace.add(node(0), Logged::handled(TICK, [link(0)])).expect("there is room");
    let first = Cause::Discarded { link: link(0), number: 1 };
    trace.add(node(0), Logged::handled(first, [])).expect("it was sent");
    assert_eq!(Replay::new(&trace, |_| Ticker).run(trace.events()), Ok(()));
    // A handler would have waited.
    let mut running = Trace::new(trace.topology().clone());
    running.set_capacity(link(0), 1);
    running.add(node(0), Logged::handled(Cause::Start, [link(0)])).expect("it starts");
    running.add(node(0), Logged::handled(TICK, [link(0)])).expect("there is room");
    running.add(node(0), Logged::handled(message(0, 1), [])).expect("it was sent");
    let error = Replay::new(&running, |_| Ticker).run(running.events()).unwrap_err();
    assert!(matches!(error, ReplayError::NoRoom { .. }), "{error}");
}
