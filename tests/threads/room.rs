//! A sender that asks for room is not held up by one slow receiver.

use std::time::Duration;

use consistent_cut::{Context, Link, LinkId, Process, System, TimerId, Topology};

use crate::gate::Gate;
use crate::ids::node;
use crate::watchdog::finishes;

const CAPACITY: u64 = 4;

/// Node 0 feeds two sinks by a timer, and drops what has no room.
enum Node {
    Source { dropped: u64 },
    Sink { received: u64, gate: Option<Gate> },
}

impl Process for Node {
    type State = u64;
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        if let Node::Source { .. } = self {
            ctx.set_timer(TimerId::new(0), Duration::ZERO);
        }
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, ()>) {
        let Node::Source { dropped } = self else { return };
        for link in ctx.out_links() {
            if ctx.room(link.id) > 0 {
                ctx.send_on(link, ());
            } else {
                *dropped += 1;
            }
        }
        ctx.set_timer(timer, Duration::ZERO);
    }

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {
        let Node::Sink { received, gate } = self else { return };
        *received += 1;
        if let Some(gate) = gate {
            gate.pass();
        }
    }

    fn state(&self) -> u64 {
        match self {
            Node::Source { dropped } => *dropped,
            Node::Sink { received, .. } => *received,
        }
    }
}

#[test]
fn what_has_no_room_is_dropped_and_others_are_served() {
    finishes(|| {
        let gate = Gate::new();
        let topology = Topology::from_links(3, [(0, 1), (0, 2)]).unwrap();
        let system =
            System::builder(topology).capacity(CAPACITY as usize).spawn(|at| match at.index() {
                0 => Node::Source { dropped: 0 },
                1 => Node::Sink { received: 0, gate: Some(gate.clone()) },
                _ => Node::Sink { received: 0, gate: None },
            });
        let system = system.unwrap();
        gate.await_arrivals(1);
        while system.link_traffic()[1].received.is_none_or(|received| received < 1000 * CAPACITY) {
            std::thread::yield_now();
        }
        let traffic = system.link_traffic()[0];
        assert_eq!((traffic.sent, traffic.waiting), (CAPACITY, 0), "the first is at the gate");
        gate.open();
        let snapshot = loop {
            let snapshot = system.snapshot().unwrap();
            if *snapshot.state(node(1)) > 2 * CAPACITY {
                break snapshot;
            }
        };
        snapshot.verify().unwrap();
        assert!(*snapshot.state(node(0)) > 0);
        for link in [0, 1].map(LinkId::new) {
            assert_eq!(snapshot.channel(link).waiting(), 0, "nothing ever waits");
        }
    });
}
