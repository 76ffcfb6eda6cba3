//! Deadlocks of full links on threads.

use std::sync::Arc;

use consistent_cut::property::find_deadlock_on_full_links;
use consistent_cut::{
    ChannelState, Context, GlobalSnapshot, Link, Process, Restore, System, SystemBuilder, Topology,
};

use crate::by_hand::{l, n};

/// Answers each message with this many, on its first link.
struct Gossip(u32);

impl Gossip {
    fn send(&self, ctx: &mut Context<'_, ()>) {
        let link = ctx.out_links()[0];
        (0..self.0).for_each(|_| ctx.send_on(link, ()));
    }
}

impl Process for Gossip {
    type State = ();
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        self.send(ctx);
    }

    fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
        self.send(ctx);
    }

    fn state(&self) {}
}

impl Restore for Gossip {
    fn on_restore(&mut self, (): (), _: &mut Context<'_, ()>) {}
}

/// More snapshots than a system of three nodes needs.
const SNAPSHOTS: usize = 20_000;

fn ring() -> Topology {
    Topology::ring(3).expect("three nodes")
}

fn system(answers: u32) -> System<Gossip> {
    let builder = System::builder(ring()).capacity(4).link_capacity(l(1), 2);
    builder.spawn(|_| Gossip(answers)).expect("it starts")
}

fn until_found(system: &System<Gossip>) -> Arc<GlobalSnapshot<(), ()>> {
    let mut snapshots = (0..SNAPSHOTS).map(|_| system.snapshot().expect("it completes"));
    let found = snapshots.find(|snapshot| find_deadlock_on_full_links(snapshot).is_some());
    found.expect("soon there is a deadlock")
}

/// Every later snapshot shows the same links, and so does a system restored from one of them.
#[test]
fn a_deadlock_is_found_and_stays() {
    let system = system(2);
    let first = until_found(&system);
    assert_eq!(first.channel(l(1)).capacity(), Some(2));
    let found = find_deadlock_on_full_links(&first).expect("just found");
    assert_eq!(found.cycle(), Some(&[n(0), n(1), n(2)][..]));
    let later = system.snapshot().expect("it completes");
    assert_eq!(
        later.to_string().lines().skip(1).collect::<Vec<_>>(),
        first.to_string().lines().skip(1).collect::<Vec<_>>()
    );
    let last = system.snapshot_and_stop().expect("it completes");

    let builder = System::builder(ring()).capacity(4).link_capacity(l(1), 2);
    let again = builder.restore(&last, |_| Gossip(2)).expect("it fits");
    let found =
        find_deadlock_on_full_links(&again.snapshot().expect("it completes")).expect("as before");
    assert_eq!(found.nodes(), [n(0), n(1), n(2)]);
}

#[test]
fn more_room_frees_a_restored_system() {
    let last = {
        let system = system(2);
        until_found(&system);
        system.snapshot_and_stop().expect("it completes")
    };
    let builder = System::builder(ring()).capacity(100);
    // The restored nodes answer no messages.
    let again = builder.restore(&last, |_| Gossip(0)).expect("it fits");
    let snapshot = again.snapshot().expect("it completes");
    assert_eq!(snapshot.channel(l(1)).capacity(), Some(100));
    assert!(find_deadlock_on_full_links(&snapshot).is_none());
    let mut snapshots = (0..SNAPSHOTS).map(|_| again.snapshot().expect("it completes"));
    assert!(snapshots.any(|snapshot| snapshot.in_flight().next().is_none()), "all is received");
}

#[test]
fn snapshots_tell_a_limit_of_those_links_alone_that_have_one() {
    let limits = |builder: SystemBuilder<Gossip>| {
        let system = builder.spawn(|_| Gossip(0)).expect("it starts");
        let snapshot = system.snapshot().expect("it completes");
        let between_nodes = snapshot.channels().iter().take(3);
        let from_outside = snapshot.channels().iter().skip(3);
        assert!(from_outside.map(ChannelState::capacity).all(|limit| limit.is_none()));
        between_nodes.map(ChannelState::capacity).collect::<Vec<_>>()
    };
    let builder = || System::builder(ring());
    assert_eq!(limits(builder().unbounded().link_capacity(l(1), 2)), [None, Some(2), None]);
    assert_eq!(limits(builder().capacity(3).link_unbounded(l(1))), [Some(3), None, Some(3)]);
}

/// Sends a batch of messages at once, at first and whenever a batch has come.
struct Batches {
    unanswered: u32,
}

/// More messages than a link with a limit holds here.
const BATCH: u32 = 8;

impl Batches {
    fn send(&mut self, ctx: &mut Context<'_, ()>) {
        self.unanswered = 0;
        let link = ctx.out_links()[0];
        (0..BATCH).for_each(|_| ctx.send_on(link, ()));
    }
}

impl Process for Batches {
    type State = ();
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        self.send(ctx);
    }

    fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
        self.unanswered += 1;
        if self.unanswered == BATCH {
            self.send(ctx);
        }
    }

    fn state(&self) {}
}

/// Nodes wait for room again and again. The node whose link holds any number does not, so every
/// wait ends.
#[test]
fn a_system_that_goes_on_is_in_no_deadlock() {
    let builder = System::builder(ring()).capacity(4).link_capacity(l(1), 2).link_unbounded(l(2));
    let system = builder.spawn(|_| Batches { unanswered: 0 }).expect("it starts");
    let first = system.snapshot().expect("it completes");
    let (mut last, mut full) = (Arc::clone(&first), 0);
    for _ in 0..SNAPSHOTS {
        assert!(find_deadlock_on_full_links(&last).is_none(), "{last}");
        full += u32::from(last.channels().iter().any(|channel| channel.waiting() > 0));
        if full == 100 {
            break;
        }
        last = system.snapshot().expect("it completes");
    }
    assert_eq!(full, 100, "soon there is a link on which messages wait");
    let sent =
        |snapshot: &GlobalSnapshot<(), ()>| [0, 1, 2].map(|link| snapshot.channel(l(link)).sent());
    let (before, after) = (sent(&first), sent(&last));
    let went_on = before.iter().zip(&after).all(|(before, after)| before < after);
    assert!(went_on, "sent on each link: {before:?}, and later {after:?}");
}
