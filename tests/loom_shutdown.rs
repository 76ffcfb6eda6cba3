//! A shutdown, or the drop of the system, meets a snapshot under way: whoever waits for it is answered, and every thread ends.
#![cfg(loom)]

mod explored;

use std::sync::Arc;

use consistent_cut::{SnapshotError, System, Topology, model};
use explored::{Numbered, Sometimes, assert_channel_law};

static SEEN: Sometimes<2> = Sometimes::new();

fn ends_with(end: impl Fn(System<Numbered>) + Send + Sync + 'static) -> model::Exploration {
    model::Explorer::new().preemptions(2).check(move || {
        let topology = Topology::ring(1).expect("one node is a ring");
        let system =
            System::builder(topology).spawn(|_| Numbered::sends(1)).expect("one node fits");
        let pending = system.begin_snapshot();
        end(system);
        match pending.wait() {
            Ok(snapshot) => {
                assert_channel_law(&snapshot);
                SEEN.see(0);
            }
            Err(SnapshotError::ShutDown { .. }) => SEEN.see(1),
            Err(error) => panic!("{error}"),
        }
    })
}

#[test]
fn whoever_waits_is_answered() {
    let by_shutdown = ends_with(|system| drop(system.shutdown().expect("no node fails")));
    let by_drop = ends_with(drop);
    println!("shutdown: {by_shutdown}\ndrop: {by_drop}\ncomplete, or ended by it, {SEEN}");
    SEEN.assert_all();
}

/// Two wait for one result, one of them on another thread.
#[test]
fn both_who_wait_have_the_same_result() {
    let explored = model::Explorer::new().preemptions(2).check(|| {
        let topology = Topology::ring(1).expect("one node is a ring");
        let system =
            System::builder(topology).spawn(|_| Numbered::sends(1)).expect("one node fits");
        let pending = system.begin_snapshot();
        let other = pending.clone();
        let waiter = model::thread::spawn(move || other.wait().expect("no node fails"));
        let here = pending.wait().expect("no node fails");
        let there = waiter.join().expect("it waits and no more");
        assert!(Arc::ptr_eq(&here, &there));
        model::stop_exploring();
        system.shutdown().expect("no node fails");
    });
    println!("{explored}");
}
