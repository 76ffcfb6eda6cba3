//! A node that waits at the same time for room on its output and for room on a link.

use std::sync::Arc;
use std::thread::yield_now;

use consistent_cut::{Context, Emitted, MarkerPolicy, SnapshotOptions, SystemBuilder, Topology};

use crate::channel_law::{self, Snapshot};
use crate::ids::{link, node};
use crate::note::Note;
use crate::policies::on_both_policies;
use crate::puppet::Puppet;
use crate::stage::Stage;
use crate::watchdog::finishes;

/// The capacity of the link, and of each output.
const CAPACITY: usize = 1;
/// Sent by the handler that fills the link, and emitted by the handlers that fill the outputs.
const SENT: u64 = 3;
const EMITTED: u64 = 2;
/// Handlers that wait until both have room.
const LATER: u64 = 4;

/// Only the number of an emitted note counts.
fn emit(ctx: &mut Context<'_, Note>, numbers: impl IntoIterator<Item = u64>) {
    numbers.into_iter().for_each(|number| ctx.emit(Note::new(link(0), number)));
}

/// Node 0 sends to node 1. Node 1 takes nothing from the link, since its own output is full. It
/// still takes part in snapshots.
struct Blocked {
    stage: Stage,
    /// By node: how many messages were taken.
    taken: [u64; 2],
}

impl Blocked {
    /// Takers go round the nodes, so the node that emits first gets room first.
    fn new(policy: MarkerPolicy, first: u32) -> Blocked {
        let settings = |builder: SystemBuilder<Puppet>| {
            builder.marker_policy(policy).capacity(CAPACITY).output_capacity(CAPACITY)
        };
        let stage = Stage::set(Topology::line(2).unwrap(), settings, |_| {});
        let blocked = Blocked { stage, taken: [0; 2] };
        let gate = blocked.stage.gate();
        let held = gate.clone();
        blocked.stage.tell(node(1), move |_, ctx| {
            held.pass();
            emit(ctx, 1..=EMITTED);
        });
        gate.await_arrivals(1);
        if first == 1 {
            gate.open();
            blocked.await_output(1);
        }
        blocked.stage.tell(node(0), move |puppet, ctx| {
            (0..SENT).for_each(|_| puppet.send_on(ctx, link(0)));
            emit(ctx, 1..=EMITTED);
        });
        blocked.stage.await_traffic(link(0), SENT, SENT - CAPACITY as u64);
        // What node 0 has emitted is out when it records.
        blocked.stage.recordings();
        let pending = blocked.stage.begin_snapshot_with(SnapshotOptions::at([node(0)]));
        blocked.stage.await_recording(node(0));
        gate.open();
        channel_law::check(&pending.wait().unwrap());
        blocked.await_output(1);
        for number in 1..=LATER {
            blocked.stage.tell(node(0), move |puppet, ctx| {
                puppet.send_on(ctx, link(0));
                emit(ctx, [EMITTED + number]);
            });
        }
        blocked
    }

    fn await_output(&self, at: u32) {
        while self.snapshot(1).output(node(at)).unwrap().emitted() < EMITTED {
            yield_now();
        }
    }

    /// A snapshot that begins at this node. It obeys the channel law, and its outputs are those
    /// that were not taken.
    fn snapshot(&self, initiator: u32) -> Arc<Snapshot> {
        let options = SnapshotOptions::at([node(initiator)]);
        let snapshot = self.stage.snapshot_with(options).unwrap();
        channel_law::check(&snapshot);
        for (at, taken) in [0, 1].map(node).into_iter().zip(self.taken) {
            let output = snapshot.output(at).unwrap();
            assert_eq!(output.taken(), taken);
            let numbers = taken + 1..=output.emitted();
            assert!(numbers.eq(output.untaken().iter().map(|note| note.number)), "{output:?}");
        }
        snapshot
    }

    /// Takes the next message, which is of this node.
    fn take_of(&mut self, at: u32) {
        let emitted = self.stage.outputs().next().unwrap();
        assert_eq!(emitted.node, node(at));
        self.count(&emitted);
    }

    /// The message is the next of its node.
    fn count(&mut self, emitted: &Emitted<Note>) {
        let taken = &mut self.taken[emitted.node.index()];
        *taken += 1;
        assert_eq!((emitted.number, emitted.message.number), (*taken, *taken));
    }

    /// Node 0 has handled nothing since it was blocked.
    fn assert_blocked(&self) {
        for initiator in [0, 1].repeat(5) {
            let snapshot = self.snapshot(initiator);
            assert_eq!(snapshot.state(node(0)).counts.injected(), 1);
            assert_eq!(snapshot.output(node(0)).unwrap().emitted(), EMITTED);
            let outside = self.stage.topology().environment_link(node(0)).unwrap().id;
            assert_eq!(channel_law::numbers(snapshot.channel(outside)), [2, 3, 4, 5]);
        }
    }

    /// Node 1 gets room on its output, so that it takes all from the link.
    fn make_room_on_link(&mut self) {
        self.take_of(1);
        while self.received() < SENT {
            yield_now();
        }
    }

    fn received(&self) -> u64 {
        self.snapshot(0).state(node(1)).counts.received_from_nodes()
    }

    fn acknowledged(&self) -> u64 {
        self.snapshot(0).channel(link(0)).acknowledged()
    }

    /// Everything is received and taken, in its order.
    fn finish(mut self) {
        let left = EMITTED * 2 + LATER - self.taken.iter().sum::<u64>();
        for emitted in self.stage.outputs().take(left as usize) {
            self.count(&emitted);
        }
        assert_eq!(self.taken, [EMITTED + LATER, EMITTED]);
        // Puppets check the order of what they receive.
        while self.received() < SENT + LATER {
            yield_now();
        }
        let last = self.stage.snapshot_and_stop().unwrap();
        channel_law::check(&last);
        assert_eq!(last.state(node(0)).counts.injected(), 1 + LATER);
        assert_eq!(last.in_flight().count(), 0);
        assert_eq!(self.stage.outputs().count(), 0);
        self.stage.shutdown().unwrap();
    }
}

#[test]
fn a_snapshot_of_a_node_that_is_blocked_twice_is_complete() {
    finishes(|| {
        on_both_policies(|policy| {
            let blocked = Blocked::new(policy, 0);
            blocked.assert_blocked();
            let last = blocked.stage.snapshot_and_stop().unwrap();
            channel_law::check(&last);
            assert_eq!(last.channel(link(0)).messages().len() as u64, SENT);
            assert_eq!(last.channel(link(0)).waiting(), SENT - CAPACITY as u64);
        });
    });
}

#[test]
fn room_on_the_link_first_releases_its_messages_and_not_the_node() {
    finishes(|| {
        on_both_policies(|policy| {
            let mut blocked = Blocked::new(policy, 1);
            blocked.make_room_on_link();
            // Node 0 knows of the room.
            while blocked.acknowledged() < SENT - CAPACITY as u64 {
                yield_now();
            }
            blocked.assert_blocked();
            blocked.take_of(0);
            blocked.finish();
        });
    });
}

#[test]
fn room_on_the_output_first_does_not_release_the_node() {
    finishes(|| {
        on_both_policies(|policy| {
            let mut blocked = Blocked::new(policy, 0);
            blocked.take_of(0);
            blocked.assert_blocked();
            blocked.make_room_on_link();
            blocked.finish();
        });
    });
}
