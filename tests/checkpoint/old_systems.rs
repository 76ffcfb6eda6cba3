//! After a restart the old system has ended: every call on it returns, and every wait ends.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::checkpoint::{Cause, Supervised};
use consistent_cut::{SnapshotOptions, StableProperty, System};
use crossbeam_channel::{Receiver, bounded};

use crate::doll::{Doll, FIRST, SECOND, Say, Strings, ring, sum_at, tell};
use crate::lives::{Lives, until_failed, until_saved, until_started};
use crate::support::watchdog::finishes;

const HOUR: Duration = Duration::from_secs(3_600);

/// A wait of another thread, by its name. The thread sends whether the wait ended as it must.
type Waiting = (&'static str, Receiver<bool>);

fn wait_in_thread(
    name: &'static str,
    system: &Arc<System<Doll>>,
    wait: impl FnOnce(&System<Doll>) -> bool + Send + 'static,
) -> Waiting {
    let (done, ended) = bounded(1);
    let system = Arc::clone(system);
    let thread = std::thread::Builder::new().name(name.to_owned());
    let thread = thread.spawn(move || done.send(wait(&system)).expect("the test waits"));
    thread.expect("a thread");
    (name, ended)
}

/// Every wait of a system that waits for the first node.
fn waits(system: &Arc<System<Doll>>) -> Vec<Waiting> {
    vec![
        wait_in_thread("snapshot", system, |system| {
            system.snapshot_with(SnapshotOptions::new().timeout(HOUR)).is_err()
        }),
        wait_in_thread("ask", system, |system| system.ask(FIRST, Say::Sum, HOUR).is_err()),
        wait_in_thread("ask the other node", system, |system| {
            // The node answers while the system runs.
            while system.ask(SECOND, Say::Sum, HOUR).is_ok() {}
            true
        }),
        wait_in_thread("inject", system, |system| {
            while system.inject(FIRST, Say::Add(1)).is_ok() {}
            true
        }),
        wait_in_thread("outputs", system, |system| {
            system.outputs().for_each(drop);
            true
        }),
        wait_in_thread("outputs with a timeout", system, |system| {
            while system.outputs().next_timeout(HOUR).is_some() {}
            true
        }),
        wait_in_thread("subscription", system, |system| {
            system.subscribe().for_each(drop);
            true
        }),
        wait_in_thread("every", system, |system| {
            system.every(Duration::ZERO).for_each(drop);
            true
        }),
        wait_in_thread("wait_until", system, |system| {
            let never = StableProperty::new("never", |_| false);
            system.wait_until(&never, HOUR).is_err()
        }),
        wait_in_thread("join", system, |system| system.join().is_err()),
    ]
}

fn check_over(old: &Arc<System<Doll>>, waits: Vec<Waiting>, supervised: &Supervised<Doll>) {
    for (name, ended) in waits {
        assert_eq!(ended.recv(), Ok(true), "{name}");
    }
    let system = supervised.system();
    assert!(!Arc::ptr_eq(old, &system));
    assert!(old.inject(SECOND, Say::Add(1)).is_err());
    assert!(old.try_inject(FIRST, Say::Add(1)).is_err());
    assert!(old.ask(SECOND, Say::Sum, HOUR).is_err());
    assert!(old.snapshot().is_err() && old.snapshot_and_stop().is_err());
    assert!(old.begin_snapshot().wait().is_err());
    assert!(old.stop_node(SECOND).is_err());
    assert!(old.outputs().next().is_none() && old.subscribe().next().is_none());
    assert!(old.shutdown().is_err() && old.join().is_err());
    assert_eq!((sum_at(&system, FIRST), sum_at(&system, SECOND)), (7, 0));
}

/// A supervised system with one message, which a checkpoint has.
fn start(strings: Strings) -> (Lives, Supervised<Doll>) {
    let lives = Lives::new(strings);
    let system = ring()
        .snapshot_timeout(Duration::from_millis(150))
        .environment_capacity(3)
        .inject_timeout(HOUR);
    let supervised = lives.builder(system).start().expect("it starts");
    let system = supervised.system();
    tell(&system, FIRST, Say::Add(7));
    assert_eq!(sum_at(&system, FIRST), 7);
    until_saved(&mut supervised.events());
    (lives, supervised)
}

#[test]
fn all_waits_of_a_system_whose_handler_hangs_end_when_it_is_given_up() {
    finishes(|| {
        let (lives, supervised) = start(Strings::new());
        let mut events = supervised.events();
        let old = supervised.system();
        let commit = lives.store.hold();
        commit.await_arrivals(1);
        tell(&old, FIRST, Say::Block);
        lives.strings.gate().await_arrivals(1);
        let waits = waits(&old);
        commit.open();
        let cause = until_failed(&mut events);
        assert!(matches!(cause, Cause::Stuck(_)), "{cause}");
        until_started(&mut events);
        check_over(&old, waits, &supervised);
        lives.strings.gate().open();
        supervised.stop().expect("it runs");
    });
}

#[test]
fn all_waits_of_a_system_whose_node_panics_end() {
    finishes(|| {
        let (lives, supervised) = start(Strings::new().panics(1));
        let mut events = supervised.events();
        let old = supervised.system();
        let commit = lives.store.hold();
        commit.await_arrivals(1);
        // The node is busy until all threads wait. Its next message is the panic.
        tell(&old, FIRST, Say::Block);
        lives.strings.gate().await_arrivals(1);
        tell(&old, FIRST, Say::Panic);
        let waits = waits(&old);
        lives.strings.gate().open();
        while old.failures().is_empty() {
            std::thread::yield_now();
        }
        commit.open();
        let cause = until_failed(&mut events);
        assert!(matches!(cause, Cause::NodesFailed(_)), "{cause}");
        until_started(&mut events);
        check_over(&old, waits, &supervised);
        supervised.stop().expect("it runs");
    });
}
