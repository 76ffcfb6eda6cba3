//! Calls that a handler makes to its own system. A call that would wait for the handler returns an
//! error at once.

use std::sync::{Arc, OnceLock, Weak};
use std::thread;
use std::time::Duration;

use consistent_cut::monitor::{MonitorEvent, MonitorJoinError, OnFound, WaitUntilError};
use consistent_cut::{
    Context, Invariant, Link, Process, ShutdownError, SnapshotError, SnapshotOptions,
    StableProperty, System, Topology, WaitTimeoutError,
};
use crossbeam_channel::{Sender, bounded};
use parking_lot::Mutex;

use crate::gate::Gate;
use crate::ids::node;
use crate::watchdog::finishes;

type Own = Arc<System<Caller>>;
type Slot = Arc<OnceLock<Weak<System<Caller>>>>;
type Call = Arc<dyn Fn(Own) + Send + Sync>;

/// Makes the calls of a message to its own system.
struct Caller {
    own: Slot,
    /// Sent by the drop of the process.
    dropped: Sender<()>,
}

impl Drop for Caller {
    fn drop(&mut self) {
        let _ = self.dropped.send(());
    }
}

impl Process for Caller {
    type State = ();
    type Message = Call;

    fn on_message(&mut self, _: Link, call: Call, _: &mut Context<'_, Call>) {
        call(self.own.get().and_then(Weak::upgrade).unwrap());
    }

    fn state(&self) {}
}

/// Two callers. The receiver hears of each process that is dropped.
fn callers() -> (Own, crossbeam_channel::Receiver<()>) {
    let (dropped, rx) = bounded(2);
    let own = Slot::default();
    let caller = |_| Caller { own: Arc::clone(&own), dropped: dropped.clone() };
    // A call that waited would never return.
    let builder = System::builder(Topology::from_named_links([("a", "b"), ("b", "a")]).unwrap());
    let builder = builder.snapshot_timeout(Duration::MAX).keep_snapshots(1);
    let system = Arc::new(builder.spawn(caller).unwrap());
    own.set(Arc::downgrade(&system)).unwrap();
    (system, rx)
}

/// Makes a call in a handler of node 1, and returns the result.
fn in_handler<T: Send + 'static>(
    system: &System<Caller>,
    call: impl Fn(Own) -> T + Send + Sync + 'static,
) -> T {
    let (tx, rx) = bounded(1);
    let call = move |own| tx.send(call(own)).unwrap();
    system.inject(node(1), Arc::new(call)).unwrap();
    rx.recv().unwrap()
}

fn never() -> StableProperty<(), Call> {
    StableProperty::new("never", |_| false)
}

#[test]
fn a_wait_for_a_snapshot_is_refused_before_it_begins() {
    finishes(|| {
        let (system, _) = callers();
        type Wait = fn(&System<Caller>) -> Option<SnapshotError>;
        let waits: [Wait; 8] = [
            |own| own.snapshot().err(),
            |own| own.snapshot_with(SnapshotOptions::at([node(0)])).err(),
            |own| own.snapshot_with(SnapshotOptions::new()).err(),
            |own| own.snapshot_and_stop().err(),
            |own| own.every(Duration::ZERO).next().unwrap().err(),
            |own| own.every(Duration::MAX).next().unwrap().err(),
            |own| own.detect(&never()).err(),
            |own| own.check(&Invariant::new("always", |_| true)).err(),
        ];
        for wait in waits {
            let error = in_handler(&system, move |own| wait(&own)).unwrap();
            assert_eq!(error, SnapshotError::InOwnHandler { thread: "node 1 (b)".to_owned() });
            let text = error.to_string();
            assert!(text.contains("node 1 (b)") && text.contains("request_snapshot"), "{text}");
        }
        assert_eq!(system.snapshot_counts().asked, 0);
        assert!(system.snapshot().is_ok(), "the system goes on");
    });
}

#[test]
fn a_snapshot_that_a_handler_begins_is_for_others_to_wait_for() {
    finishes(|| {
        let (system, _) = callers();
        let refused = |error| matches!(error, Some(SnapshotError::InOwnHandler { .. }));
        let (pending, first, second, third) = in_handler(&system, |own| {
            let pending = own.begin_snapshot();
            let hour = Duration::from_secs(3600);
            let polled = pending.wait_timeout(Duration::ZERO).err();
            (pending.clone(), pending.wait().err(), pending.wait_timeout(hour).err(), polled)
        });
        assert!(refused(first));
        assert!(
            matches!(second, Some(WaitTimeoutError::Failed(error)) if refused(Some(error.clone())))
        );
        assert!(matches!(third, Some(WaitTimeoutError::NotYet { .. })), "{third:?}");
        let snapshot = pending.wait().unwrap();
        // Ended snapshots are handed out in a handler too, and the history can be read.
        let (waited, found, remembered) = in_handler(&system, move |own| {
            let found = own.find_snapshot(pending.id()).unwrap();
            (pending.wait().unwrap(), found.wait().unwrap(), own.history().len())
        });
        assert!(Arc::ptr_eq(&waited, &snapshot) && Arc::ptr_eq(&found, &snapshot));
        assert_eq!(remembered, 1);
    });
}

#[test]
fn a_wait_for_the_end_is_refused_and_ends_nothing() {
    finishes(|| {
        let (system, _) = callers();
        type Wait = fn(&System<Caller>) -> Option<ShutdownError>;
        let waits: [Wait; 4] = [
            |own| own.join().err(),
            |own| own.shutdown().err(),
            |own| own.shutdown_each().err(),
            |own| own.shutdown_within(Duration::MAX).err(),
        ];
        for wait in waits {
            let error = in_handler(&system, move |own| wait(&own)).unwrap();
            assert_eq!(error, ShutdownError::InOwnHandler { thread: "node 1 (b)".to_owned() });
        }
        assert!(system.snapshot().is_ok());
        assert_eq!(system.shutdown().unwrap().len(), 2);
    });
}

#[test]
fn a_wait_for_a_property_or_a_monitor_is_refused() {
    finishes(|| {
        let (system, _) = callers();
        let error = in_handler(&system, |own| own.wait_until(&never(), Duration::MAX).err());
        let error = error.unwrap();
        assert!(
            matches!(&error, WaitUntilError::InOwnHandler { thread } if thread == "node 1 (b)")
        );
        assert!(error.to_string().contains("request_snapshot"), "{error}");
        let (joined, mut events) = in_handler(&system, |own| {
            let monitor = own.monitor().stable(never()).start().unwrap();
            let events = monitor.events();
            (monitor.join(), events)
        });
        let text = joined.as_ref().map_err(MonitorJoinError::to_string);
        assert!(text.is_err_and(|text| text.contains("request_snapshot")), "{joined:?}");
        // The monitor goes on, until the system ends.
        while system.snapshot_counts().completed == 0 {
            thread::yield_now();
        }
        system.shutdown().unwrap();
        assert!(events.next().is_none());
    });
}

#[test]
fn a_monitor_that_a_handler_drops_ends_by_itself() {
    finishes(|| {
        let (system, _) = callers();
        let mut events = in_handler(&system, |own| {
            let monitor = own.monitor().stable(never()).start().unwrap();
            let events = monitor.events();
            drop(monitor);
            events
        });
        assert!(events.next().is_none());
        assert!(system.snapshot().is_ok());
    });
}

/// The last snapshot, for which the monitor waits, waits for this handler.
#[test]
fn a_monitor_that_stops_the_system_is_not_waited_for_in_a_handler() {
    finishes(|| {
        let (system, _) = callers();
        let (found, called) = (Gate::new(), Gate::new());
        let (held, holding) = (found.clone(), called.clone());
        let watching = system
            .monitor()
            .invariant(Invariant::new("never", |_| false))
            .on_found(OnFound::StopSystem)
            .on_event(move |_| held.pass())
            .start();
        let monitor = watching.unwrap();
        let events = monitor.events();
        found.await_arrivals(1);
        let place = Mutex::new(Some(monitor));
        let call = move |_| {
            holding.pass();
            drop(place.lock().take());
        };
        system.inject(node(1), Arc::new(call)).unwrap();
        called.await_arrivals(1);
        found.open();
        // The call is refused once the monitor stops the system.
        while system.inject(node(0), Arc::new(drop)).is_ok() {
            thread::yield_now();
        }
        called.open();
        assert!(matches!(events.last(), Some(MonitorEvent::SystemStopped(Ok(_)))));
        assert_eq!(system.join().unwrap().len(), 2);
    });
}

/// Every future outcome and event waits for the handler. The streams hand out those that are there.
#[test]
fn a_stream_that_a_handler_reads_ends_where_it_would_wait() {
    finishes(|| {
        let (system, _) = callers();
        let kept = Arc::new(Mutex::new(Some(system.subscribe())));
        let id = system.snapshot().unwrap().id();
        let place = Arc::clone(&kept);
        let read = in_handler(&system, move |own| {
            let _monitor = own.monitor().stable(never()).start().unwrap();
            let mut events = _monitor.events();
            let seen: Vec<_> = place.lock().as_mut().unwrap().map(|outcome| outcome.id).collect();
            (seen, events.next().is_none())
        });
        assert_eq!(read, (vec![id], true));
        // Elsewhere the subscription goes on.
        let next = system.snapshot().unwrap().id();
        let mut outcomes = kept.lock().take().unwrap();
        assert!(outcomes.any(|outcome| outcome.id == next));
    });
}

/// Two systems are independent of each other.
#[test]
fn a_handler_may_wait_for_another_system() {
    finishes(|| {
        let (system, _) = callers();
        let (other, _) = callers();
        let snapshot = in_handler(&system, move |_| other.snapshot().map(|found| found.id()));
        assert_eq!(snapshot.unwrap().number(), 1);
    });
}

/// The handler goes on, and each thread ends by itself, with its process.
#[test]
fn the_last_handle_may_be_dropped_in_a_handler() {
    finishes(|| {
        let (system, dropped) = callers();
        let (alone, done) = (Gate::new(), bounded(1));
        let (held, tx) = (alone.clone(), done.0);
        let call = move |own| {
            held.pass();
            drop(own);
            tx.send(()).unwrap();
        };
        let pending = system.begin_snapshot();
        system.inject(node(0), Arc::new(call)).unwrap();
        alone.await_arrivals(1);
        drop(system);
        alone.open();
        done.1.recv().unwrap();
        (0..2).for_each(|_| dropped.recv().unwrap());
        // The snapshot completed before the handler began, or ended with the system.
        assert!(matches!(pending.wait(), Ok(_) | Err(SnapshotError::ShutDown { .. })));
    });
}
