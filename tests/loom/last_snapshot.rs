//! The last snapshot loses nothing: a message that another thread injects is refused, or is in the
//! snapshot. Also a snapshot that is given up.

use std::sync::Arc;

use consistent_cut::{NodeId, SnapshotError, SnapshotId, Topology, model};

use crate::explored::support::channel_law;
use crate::explored::{Sometimes, plain_puppets, send, sends, tell};

const NODE: NodeId = NodeId::new(0);

#[test]
fn every_injection_that_is_accepted_is_in_the_last_snapshot() {
    static SEEN: Sometimes<3> = Sometimes::new();
    let explored = model::check(|| {
        let system = plain_puppets(Topology::ring(1), |_| sends(0));
        let system = Arc::new(system);
        let other = Arc::clone(&system);
        let injector = model::thread::spawn(move || tell(&other, NODE, 1, send).is_ok());
        let snapshot = system.snapshot_and_stop().expect("no node fails");
        let is_accepted = injector.join().expect("it injects and no more");
        channel_law::check(&snapshot);
        let environment = snapshot.topology().environment_link(NODE).expect("each node has one");
        let environment = snapshot.channel(environment.id);
        assert_eq!(environment.sent(), u64::from(is_accepted), "{snapshot}");
        SEEN.see(environment.sent() as usize + environment.received() as usize);
        system.join().expect("no node fails");
    });
    println!("{explored}; refused, on its link, or received, {SEEN}");
    SEEN.assert_all();
}

/// A snapshot is given up while it is taken: it is complete, or cancelled, and the next is whole.
#[test]
fn a_snapshot_that_is_given_up_leaves_nothing_behind() {
    static SEEN: Sometimes<2> = Sometimes::new();
    let explored = model::check(|| {
        let system = plain_puppets(Topology::ring(1), |_| sends(1));
        let first = system.begin_snapshot();
        first.cancel();
        match first.wait() {
            Ok(snapshot) => {
                channel_law::check(&snapshot);
                SEEN.see(0);
            }
            Err(SnapshotError::Cancelled { .. }) => SEEN.see(1),
            Err(error) => panic!("{error}"),
        }
        channel_law::check(&system.snapshot().expect("no node fails"));
        model::stop_exploring();
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; complete, or given up, {SEEN}");
    SEEN.assert_all();
}

/// The last snapshot is given up by another thread: it is complete and the system has ended, or the
/// node goes on and takes in messages again, whichever commands have reached it by then.
#[test]
fn a_last_snapshot_that_is_given_up_lets_the_system_go_on() {
    static SEEN: Sometimes<2> = Sometimes::new();
    let explored = model::check(|| {
        let system = plain_puppets(Topology::ring(1), |_| sends(1));
        let system = Arc::new(system);
        let other = Arc::clone(&system);
        let caller = model::thread::spawn(move || other.snapshot_and_stop());
        if let Ok(last) = system.find_snapshot(SnapshotId::new(1)) {
            last.cancel();
        }
        match caller.join().expect("it calls and no more") {
            Ok(snapshot) => {
                channel_law::check(&snapshot);
                SEEN.see(0);
            }
            Err(SnapshotError::Cancelled { .. }) => {
                tell(&system, NODE, 1, send).expect("the node goes on");
                let last = system.snapshot_and_stop().expect("no caller gives it up");
                channel_law::check(&last);
                let environment = last.topology().environment_link(NODE).expect("each has one");
                assert_eq!(last.channel(environment.id).sent(), 1, "{last}");
                SEEN.see(1);
            }
            Err(error) => panic!("{error}"),
        }
        model::stop_exploring();
        system.join().expect("no node fails");
    });
    println!("{explored}; complete, or given up, {SEEN}");
    SEEN.assert_all();
}
