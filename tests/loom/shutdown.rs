//! A shutdown, or the drop of the system, meets a snapshot under way. Its waiters are answered, and
//! every thread ends.

use std::sync::Arc;

use consistent_cut::{SnapshotError, System, Topology, model};

use crate::explored::support::channel_law;
use crate::explored::support::puppet::Puppet;
use crate::explored::{Sometimes, plain_puppets, sends};

fn ends_with(end: impl Fn(System<Puppet>) + Send + Sync + 'static, seen: &'static Sometimes<2>) {
    let explored = model::check(move || {
        let system = plain_puppets(Topology::ring(1), |_| sends(1));
        let pending = system.begin_snapshot();
        end(system);
        match pending.wait() {
            Ok(snapshot) => {
                channel_law::check(&snapshot);
                seen.see(0);
            }
            Err(SnapshotError::ShutDown { .. }) => seen.see(1),
            Err(error) => panic!("{error}"),
        }
    });
    println!("{explored}; complete, or ended by it, {seen}");
    seen.assert_all();
}

#[test]
fn a_shutdown_answers_whoever_waits() {
    static SEEN: Sometimes<2> = Sometimes::new();
    ends_with(|system| drop(system.shutdown().expect("no node fails")), &SEEN);
}

#[test]
fn a_drop_answers_whoever_waits() {
    static SEEN: Sometimes<2> = Sometimes::new();
    ends_with(drop, &SEEN);
}

/// A waiter on another thread is answered too, while the system is shut down here.
#[test]
fn a_shutdown_answers_another_thread() {
    static SEEN: Sometimes<2> = Sometimes::new();
    let explored = model::check(|| {
        let system = plain_puppets(Topology::ring(1), |_| sends(1));
        let pending = system.begin_snapshot();
        let waiter = model::thread::spawn(move || pending.wait());
        system.shutdown().expect("no node fails");
        match waiter.join().expect("it waits and no more") {
            Ok(snapshot) => {
                channel_law::check(&snapshot);
                SEEN.see(0);
            }
            Err(SnapshotError::ShutDown { .. }) => SEEN.see(1),
            Err(error) => panic!("{error}"),
        }
    });
    println!("{explored}; complete, or ended by it, {SEEN}");
    SEEN.assert_all();
}

/// Two callers wait for one result, one of them on another thread.
#[test]
fn both_who_wait_have_the_same_result() {
    let explored = model::check(|| {
        let system = plain_puppets(Topology::ring(1), |_| sends(1));
        let pending = system.begin_snapshot();
        let other = pending.clone();
        let waiter = model::thread::spawn(move || other.wait().expect("no node fails"));
        let here = pending.wait().expect("no node fails");
        let there = waiter.join().expect("it waits and no more");
        assert!(Arc::ptr_eq(&here, &there));
        channel_law::check(&here);
        model::stop_exploring();
        system.shutdown().expect("no node fails");
    });
    println!("{explored}");
}
