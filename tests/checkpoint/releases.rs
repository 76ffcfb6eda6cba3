//! Emitted messages are released after their checkpoint is durable: all of them, in order, each
//! once.

use std::time::Duration;

use consistent_cut::checkpoint::{CheckpointEvent, Checkpointer, Reports, Which};
use consistent_cut::{NodeId, OutputState, System};

use crate::doll::{Doll, FIRST, SECOND, Say, Strings, Sum, ring, stop_both, sum_at, tell};
use crate::support::chance::{Chance, for_each_seed};
use crate::support::effort::scaled;
use crate::support::watchdog::finishes;
use crate::tricks::{Did, Fault, Log, TrickSink, TrickStore};

struct Stage {
    log: Log,
    store: TrickStore,
    sink: TrickSink,
    system: System<Doll>,
}

fn stage() -> Stage {
    let log = Log::default();
    let (store, sink) = (TrickStore::new(&log), TrickSink::new(&log));
    Stage { log, store, sink, system: Strings::new().spawn(ring()) }
}

impl Stage {
    fn checkpointer(&self, period: Duration) -> Checkpointer<Sum, Say> {
        let checkpointer = self.system.checkpointer(&self.store.checkpoints()).period(period);
        checkpointer.release_to(self.sink.clone()).start().expect("a thread")
    }

    /// Makes nodes emit numbers from 1 to `last`.
    fn emit(&self, nodes: impl IntoIterator<Item = NodeId>, last: u64) {
        for node in nodes {
            (1..=last).for_each(|number| tell(&self.system, node, Say::Emit(number)));
            sum_at(&self.system, node);
        }
    }
}

fn numbers(last: u64) -> Vec<(u64, String)> {
    (1..=last).map(|number| (number, number.to_string())).collect()
}

/// Checks that each message was taken when a checkpoint that has it was durable, and that no
/// checkpoint was saved while a message of an earlier checkpoint was not taken.
fn check_order(log: &[Did]) {
    let mut covered = std::collections::BTreeMap::new();
    let mut taken = std::collections::BTreeMap::new();
    for did in log {
        match did {
            Did::Saved(emitted) => {
                assert_eq!(taken, covered, "saved before the messages of the last were taken");
                covered = emitted.clone();
            }
            Did::Took(node, number, _) => {
                let before = taken.insert(*node, *number).unwrap_or(0);
                assert_eq!(*number, before + 1, "{node} has lost its order");
                assert!(Some(number) <= covered.get(node), "taken before it was durable");
            }
        }
    }
}

fn until_release_fails(events: &mut Reports<CheckpointEvent>) -> String {
    let failed = events.find_map(|event| match event {
        CheckpointEvent::ReleaseFailed { error } => Some(error),
        _ => None,
    });
    failed.expect("the checkpointer goes on")
}

/// The system goes on from an older checkpoint than the sink has seen. It emits other messages
/// under numbers that the sink has, so they would be lost.
#[test]
fn a_sink_that_is_ahead_of_the_system_gets_nothing() {
    finishes(|| {
        let first = stage();
        let checkpointer = first.checkpointer(Duration::ZERO);
        first.emit([FIRST], 20);
        stop_both(&first.system);
        checkpointer.join();
        assert_eq!(first.sink.of(FIRST), numbers(20));

        let again = Stage { sink: first.sink.clone(), ..stage() };
        again.emit([FIRST], 30);
        let checkpointer = again.checkpointer(Duration::ZERO);
        let error = until_release_fails(&mut checkpointer.events());
        assert_eq!(
            error,
            "the sink has more messages of node 0 than the 0 that the checkpoint has from which the \
             system goes on: use the newest checkpoint of the sink's own store, or another sink"
        );
        assert_eq!(again.store.saved(), 0, "no checkpoint is saved without its output");
        drop(checkpointer);
        assert_eq!(first.sink.of(FIRST), numbers(20));
    });
}

#[test]
fn nothing_is_released_before_its_checkpoint_is_durable() {
    finishes(|| {
        let stage = stage();
        let gate = stage.store.hold();
        stage.emit([FIRST], 20);
        let checkpointer = stage.checkpointer(Duration::ZERO);
        gate.await_arrivals(1);
        assert_eq!(stage.sink.of(FIRST), []);
        assert_eq!(checkpointer.counts().released, 0);
        gate.open();
        stop_both(&stage.system);
        checkpointer.join();
        assert_eq!(stage.sink.of(FIRST), numbers(20));
        check_order(&stage.log.lock());
    });
}

#[test]
fn every_message_is_released_once_in_the_order_of_its_node() {
    finishes(|| {
        for_each_seed(0..scaled(20), |seed| {
            let mut chance = Chance::new(seed);
            let stage = stage();
            let checkpointer = stage.checkpointer(Duration::ZERO);
            let mut emitted = [0, 0];
            for _ in 0..200 {
                let at = chance.below(2);
                emitted[at] += 1;
                tell(&stage.system, [FIRST, SECOND][at], Say::Emit(emitted[at]));
                if chance.one_in(40) {
                    stage.sink.fail(1, chance.pick(&[Fault::After(3), Fault::Panic]));
                }
            }
            stage.sink.mend();
            stop_both(&stage.system);
            checkpointer.join();
            assert_eq!(stage.sink.of(FIRST), numbers(emitted[0]));
            assert_eq!(stage.sink.of(SECOND), numbers(emitted[1]));
            check_order(&stage.log.lock());
        });
    });
}

#[test]
fn a_sink_that_fails_holds_the_next_checkpoint_back_and_gets_the_rest_later() {
    finishes(|| {
        for fault in [Fault::After(0), Fault::After(7), Fault::Panic, Fault::PanicInLast] {
            let stage = stage();
            stage.emit([FIRST, SECOND], 10);
            stage.sink.fail(1_000_000, Fault::After(0));
            stage.sink.fail(2, fault);
            let checkpointer = stage.checkpointer(Duration::ZERO);
            let mut events = checkpointer.events();
            for _ in 0..5 {
                let error = until_release_fails(&mut events);
                assert!(error.contains("the sink"), "{error}");
            }
            assert_eq!(stage.store.saved(), 1, "the next would not have the messages");
            stage.sink.mend();
            stop_both(&stage.system);
            let last = events.last();
            assert!(matches!(last, Some(CheckpointEvent::Saved(_))), "{last:?}");
            assert_eq!(checkpointer.counts().released, 20, "each message counts once");
            checkpointer.join();
            assert!(stage.store.saved() > 1);
            assert_eq!(stage.sink.of(FIRST), numbers(10));
            assert_eq!(stage.sink.of(SECOND), numbers(10));
            check_order(&stage.log.lock());
        }
    });
}

#[test]
fn what_a_sink_has_not_taken_comes_again_from_the_checkpoint() {
    finishes(|| {
        let stage = stage();
        stage.emit([FIRST, SECOND], 10);
        // The sink has all messages of the first node and some of the second. The last fault comes first.
        stage.sink.fail(1_000_000, Fault::After(0));
        stage.sink.fail(1, Fault::After(13));
        let checkpointer = stage.checkpointer(Duration::ZERO);
        let mut events = checkpointer.events();
        (0..2).for_each(|_| drop(until_release_fails(&mut events)));
        assert_eq!(stage.sink.of(SECOND).len(), 3);
        drop(checkpointer);
        let Stage { log, store, sink, system } = stage;
        drop(system);
        sink.mend();
        let again = ring()
            .restore_from(&store.checkpoints(), Which::Newest, |_| Strings::new().doll())
            .expect("it is good");
        let stage = Stage { log, store, sink, system: again.system };
        let checkpointer = stage.checkpointer(Duration::ZERO);
        stop_both(&stage.system);
        checkpointer.join();
        assert_eq!(stage.sink.of(FIRST), numbers(10));
        assert_eq!(stage.sink.of(SECOND), numbers(10));
    });
}

#[test]
fn a_node_whose_output_is_full_goes_on_after_a_release() {
    finishes(|| {
        let log = Log::default();
        let (store, sink) = (TrickStore::new(&log), TrickSink::new(&log));
        let system = Strings::new().spawn(ring().output_capacity(2));
        let stage = Stage { log, store, sink, system };
        (1..=30).for_each(|number| tell(&stage.system, FIRST, Say::Emit(number)));
        let checkpointer = stage.checkpointer(Duration::ZERO);
        stop_both(&stage.system);
        checkpointer.join();
        assert_eq!(stage.sink.of(FIRST), numbers(30));
        assert!(stage.store.saved() >= 10, "each checkpoint has room for a few messages");
        check_order(&stage.log.lock());
    });
}

#[test]
fn a_release_wakes_a_node_whose_output_is_full() {
    finishes(|| {
        let log = Log::default();
        let (store, sink) = (TrickStore::new(&log), TrickSink::new(&log));
        let system = Strings::new().spawn(ring().output_capacity(2));
        let stage = Stage { log, store, sink, system };
        (1..=30).for_each(|number| tell(&stage.system, FIRST, Say::Emit(number)));
        let emitted =
            || stage.system.snapshot().expect("it runs").output(FIRST).map(OutputState::emitted);
        while emitted() < Some(3) {}
        let waiting = stage.system.waiting_at(FIRST);
        // No second snapshot wakes the node.
        let _checkpointer = stage.checkpointer(Duration::MAX);
        while stage.system.waiting_at(FIRST) == waiting {
            std::thread::yield_now();
        }
        assert_eq!(stage.store.saved(), 1);
    });
}

#[test]
fn the_messages_of_the_final_states_are_released() {
    finishes(|| {
        let stage = stage();
        let checkpointer = stage.checkpointer(Duration::MAX);
        let first = checkpointer.events().next();
        assert!(matches!(first, Some(CheckpointEvent::Saved(_))));
        stage.emit([FIRST, SECOND], 5);
        assert_eq!(stage.sink.of(FIRST), []);
        stop_both(&stage.system);
        let counts = {
            let events = checkpointer.events();
            assert!(events.last().is_some());
            checkpointer.counts()
        };
        checkpointer.join();
        assert_eq!((stage.sink.of(FIRST), stage.sink.of(SECOND)), (numbers(5), numbers(5)));
        assert_eq!(counts.released, 10);
    });
}
