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
        let link = ctx.out_links()[0].id;
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

/// More than a system of three takes to get anywhere.
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

/// Every later snapshot shows the same links, a system restored from one too.
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
    // They only listen now.
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

/// Links are full all the time, and nobody waits for ever.
#[test]
fn a_system_that_goes_on_is_in_no_deadlock() {
    let system = system(1);
    for _ in 0..100 {
        let snapshot = system.snapshot().expect("it completes");
        assert!(find_deadlock_on_full_links(&snapshot).is_none(), "{snapshot}");
    }
}
