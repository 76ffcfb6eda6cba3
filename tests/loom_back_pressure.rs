//! A link with room for one message: a marker needs no room, a message that waits at its sender is in the channel state, and a sender
//! that waits goes on when there is room, and not before.
#![cfg(loom)]

mod explored;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use consistent_cut::{Context, Link, NodeId, Process, SnapshotOptions, Topology, model};
use explored::{Counts, Numbered, Sometimes, assert_channel_law, system};

const SENDER: NodeId = NodeId::new(0);
const RECEIVER: NodeId = NodeId::new(1);
const CAPACITY: u64 = 1;

#[test]
fn a_full_link_holds_up_neither_marker_nor_sender() {
    static SEEN: Sometimes<3> = Sometimes::new();
    let explored = model::check(|| {
        let builder = system(Topology::line(2)).capacity(CAPACITY as usize);
        let system = builder.spawn(|node| Numbered::sends(2 * u64::from(node == SENDER)));
        let system = system.expect("two nodes fit");
        let snapshot = system.snapshot().expect("no node fails");
        model::stop_exploring();
        assert_channel_law(&snapshot);
        SEEN.see(snapshot.in_flight().count());
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; none, one or two messages in flight {SEEN}");
    SEEN.assert_all();
}

/// As the process that it holds. The search ends when the sender records: then the room that the sender knows of is in the snapshot.
struct Searched {
    process: Numbered,
    is_sender: bool,
}

impl Process for Searched {
    type State = Counts;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        self.process.on_start(ctx);
    }

    fn on_message(&mut self, from: Link, number: u64, ctx: &mut Context<'_, u64>) {
        self.process.on_message(from, number, ctx);
    }

    fn state(&self) -> Counts {
        if self.is_sender {
            model::stop_exploring();
        }
        self.process.state()
    }
}

/// The receiver records first, and makes room after that. The marker goes back ahead of the room, so the sender knows of none in the
/// snapshot that was made outside the cut.
#[test]
fn room_made_after_the_cut_is_used_after_it() {
    static SEEN: Sometimes<3> = Sometimes::new();
    let explored = model::check(|| {
        let builder = system(Topology::line(2)).capacity(CAPACITY as usize);
        let system = builder.spawn(|node| {
            let is_sender = node == SENDER;
            Searched { process: Numbered::sends(2 * u64::from(is_sender)), is_sender }
        });
        let system = system.expect("two nodes fit");
        let snapshot =
            system.snapshot_with(SnapshotOptions::at([RECEIVER])).expect("no node fails");
        assert_channel_law(&snapshot);
        SEEN.see(snapshot.state(RECEIVER).received() as usize);
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; none, one or two messages received {SEEN}");
    SEEN.assert_all();
}

/// Sends two messages and then one for each that is injected; stops when all are sent, or received.
struct Metered {
    to_send: u64,
    sent: u64,
    /// What the receiver has received, for the sender to compare with.
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

/// The caller waits until all is sent and received: a wake-up that is lost is a deadlock.
#[test]
fn a_sender_goes_on_when_there_is_room_and_not_before() {
    let explored = model::check(|| {
        let received = Arc::new(AtomicU64::new(0));
        let builder = system(Topology::line(2)).capacity(CAPACITY as usize);
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
