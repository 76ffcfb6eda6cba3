//! A link with room for one message. A marker needs no room, and a message that waits at its sender
//! is in the channel state. A sender that waits goes on when there is room, and not before.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use consistent_cut::{
    Context, Link, NodeId, Process, SnapshotOptions, System, SystemBuilder, Topology, model,
};

use crate::explored::support::channel_law;
use crate::explored::{Sometimes, puppets, sends};

const SENDER: NodeId = NodeId::new(0);
const RECEIVER: NodeId = NodeId::new(1);
const CAPACITY: u64 = 1;

#[test]
fn a_full_link_holds_up_neither_marker_nor_sender() {
    static SEEN: Sometimes<3> = Sometimes::new();
    let explored = model::check(|| {
        let room = |builder: SystemBuilder<_>| builder.capacity(CAPACITY as usize);
        let system = puppets(Topology::line(2), room, |node| sends(2 * u64::from(node == SENDER)));
        let snapshot = system.snapshot().expect("no node fails");
        model::stop_exploring();
        channel_law::check(&snapshot);
        SEEN.see(snapshot.in_flight().count());
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; none, one or two messages in flight {SEEN}");
    SEEN.assert_all();
}

/// The search ends when the sender records. By then the room that the sender knows of is in the
/// snapshot.
///
/// The receiver records first, and makes room after that. The marker goes back ahead of the room,
/// so in the snapshot the sender knows of no room that was made after the cut.
#[test]
fn room_made_after_the_cut_is_used_after_it() {
    static SEEN: Sometimes<3> = Sometimes::new();
    let explored = model::check(|| {
        let room = |builder: SystemBuilder<_>| builder.capacity(CAPACITY as usize);
        let system = puppets(Topology::line(2), room, |node| match node {
            SENDER => sends(2).ends_search(),
            _ => sends(0),
        });
        let snapshot =
            system.snapshot_with(SnapshotOptions::at([RECEIVER])).expect("no node fails");
        channel_law::check(&snapshot);
        SEEN.see(snapshot.state(RECEIVER).counts.received_from_nodes() as usize);
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; none, one or two messages received {SEEN}");
    SEEN.assert_all();
}

/// Sends two messages and then one for each injected message. Stops when all are sent, or received.
struct Metered {
    to_send: u64,
    sent: u64,
    /// The count of the receiver, with which the sender compares its own.
    received: Arc<AtomicU64>,
}

const MESSAGES: u64 = 5;

impl Process for Metered {
    type State = ();
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        (0..self.to_send).for_each(|_| self.send(ctx));
    }

    fn on_message(&mut self, from: Link, (): (), ctx: &mut Context<'_, ()>) {
        if from.is_environment() {
            let received = self.received.load(Ordering::Relaxed);
            assert!(self.sent - received <= CAPACITY, "the sender handles this without room");
            self.send(ctx);
        } else if self.received.fetch_add(1, Ordering::Relaxed) + 1 == MESSAGES {
            ctx.stop();
        }
    }

    fn state(&self) {}
}

impl Metered {
    fn send(&mut self, ctx: &mut Context<'_, ()>) {
        self.sent += 1;
        ctx.send_on(ctx.out_links()[0], ());
        if self.sent == MESSAGES {
            ctx.stop();
        }
    }
}

/// The caller waits until all messages are sent and received: a lost wake-up is a deadlock.
#[test]
fn a_sender_goes_on_when_there_is_room_and_not_before() {
    let explored = model::check(|| {
        let received = Arc::new(AtomicU64::new(0));
        let topology = Topology::line(2).expect("two nodes are a line");
        let builder = System::builder(topology).capacity(CAPACITY as usize);
        let system = builder.spawn(|node| Metered {
            to_send: 2 * u64::from(node == SENDER),
            sent: 0,
            received: Arc::clone(&received),
        });
        let system = system.expect("two nodes fit");
        (2..MESSAGES).for_each(|_| system.inject(SENDER, ()).expect("the node is there"));
        system.join().expect("no node fails");
        assert_eq!(received.load(Ordering::Relaxed), MESSAGES);
    });
    println!("{explored}");
}
