//! Environment links have a capacity, and callers wait for room.
#![expect(
    clippy::disallowed_methods,
    reason = "a test joins its threads, or its watchdog gives up"
)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use consistent_cut::{
    Context, Ending, InjectError, Link, NodeId, OnFailure, Process, Restore, SpawnError, System,
    SystemBuilder, Topology,
};
use parking_lot::Mutex;

use crate::gate::Gate;
use crate::watchdog::finishes;

#[derive(Clone, Debug)]
enum Message {
    Number(u64),
    Pass(Gate),
    Panic(Gate),
    InjectYourself,
}

/// Counts the numbers, which must come in their order.
#[derive(Default)]
struct Counter {
    last: u64,
    refused: u64,
    system: Arc<Mutex<Weak<System<Counter>>>>,
}

impl Process for Counter {
    type State = (u64, u64);
    type Message = Message;

    fn on_message(&mut self, _: Link, message: Message, _: &mut Context<'_, Message>) {
        match message {
            Message::Number(number) => {
                assert_eq!(number, self.last + 1);
                self.last = number;
            }
            Message::Pass(gate) => gate.pass(),
            Message::Panic(gate) => {
                gate.pass();
                panic!("as told");
            }
            Message::InjectYourself => {
                let system = self.system.lock().upgrade().unwrap();
                for number in 1..=5 {
                    match system.inject(n(0), Message::Number(number)) {
                        Ok(()) => {}
                        Err(InjectError::Full { timeout: Duration::ZERO, .. }) => self.refused += 1,
                        Err(other) => panic!("{other:?}"),
                    }
                }
            }
        }
    }

    fn state(&self) -> (u64, u64) {
        (self.last, self.refused)
    }
}

impl Restore for Counter {
    fn on_restore(&mut self, (last, refused): (u64, u64), _: &mut Context<'_, Message>) {
        (self.last, self.refused) = (last, refused);
    }
}

fn n(index: u32) -> NodeId {
    NodeId::new(index)
}

fn builder(capacity: usize) -> SystemBuilder<Counter> {
    let builder = System::builder(Topology::ring(2).unwrap()).environment_capacity(capacity);
    builder.inject_timeout(Duration::MAX).on_failure(OnFailure::Continue)
}

fn spawn(builder: SystemBuilder<Counter>) -> System<Counter> {
    builder.spawn(|_| Counter::default()).unwrap()
}

/// Node 0 is in a handler until the gate opens, and its environment link is empty.
fn held(system: &System<Counter>) -> Gate {
    let gate = Gate::new();
    system.inject(n(0), Message::Pass(gate.clone())).unwrap();
    gate.await_arrivals(1);
    gate
}

/// Fills the link behind the message that is being handled, and returns the refused message.
fn fill(system: &System<Counter>) -> InjectError<Message> {
    let refused = (1..).find_map(|number| system.try_inject(n(0), Message::Number(number)).err());
    refused.unwrap()
}

#[test]
fn a_full_link_refuses_what_comes_and_hands_it_back() {
    finishes(|| {
        let system = spawn(builder(3));
        let gate = held(&system);
        let refused = fill(&system);
        let text = "the environment link of node 0 holds 3 messages that the node has not received, \
                    and there was no room at once: wait longer (SystemBuilder::inject_timeout), or \
                    let it hold more (environment_capacity)";
        assert_eq!(refused.to_string(), text);
        // The message that is being handled counts as received when its handler has returned.
        assert!(matches!(refused.into_message(), Message::Number(3)));
        assert_eq!(system.waiting_at(n(0)), Some(3));
        // Other links have room.
        system.try_inject(n(1), Message::Number(1)).unwrap();
        gate.open();
        system.inject(n(0), Message::Number(3)).unwrap();
        while system.snapshot().unwrap().state(n(0)).0 < 3 {}
    });
}

/// A snapshot moves injected messages into the node's inbox, and makes no room by that.
#[test]
fn a_snapshot_makes_no_room() {
    finishes(|| {
        let system = spawn(builder(3));
        let gate = held(&system);
        fill(&system);
        let pending = system.begin_snapshot();
        assert!(system.try_inject(n(0), Message::Number(3)).is_err());
        gate.open();
        pending.wait().unwrap();
        system.shutdown().unwrap();
    });
}

#[test]
fn callers_wait_for_room_and_no_more_come_in_than_there_is() {
    finishes(|| {
        let system = Arc::new(spawn(builder(4)));
        let injected = Arc::new(AtomicU64::new(0));
        let gate = held(&system);
        let (inject, count) = (Arc::clone(&system), Arc::clone(&injected));
        let caller = thread::spawn(move || {
            for number in 1..=10_000 {
                inject.inject(n(0), Message::Number(number)).unwrap();
                count.store(number, Ordering::SeqCst);
                assert!(inject.waiting_at(n(0)) <= Some(4));
            }
        });
        while injected.load(Ordering::SeqCst) < 3 {
            thread::yield_now();
        }
        gate.open();
        caller.join().unwrap();
        while system.snapshot().unwrap().state(n(0)).0 < 10_000 {}
    });
}

#[test]
fn a_caller_waits_as_long_as_the_timeout_says() {
    finishes(|| {
        let system = spawn(builder(1).inject_timeout(Duration::from_millis(1)));
        let gate = held(&system);
        fill(&system);
        let Err(InjectError::Full { timeout, capacity: 1, .. }) =
            system.inject(n(0), Message::Number(9))
        else {
            panic!("there was no room");
        };
        assert_eq!(timeout, Duration::from_millis(1));
        gate.open();
    });
}

/// Each end of the node ends the wait, also where its handler goes on running.
#[test]
fn a_caller_waits_for_no_node_that_has_ended() {
    type End = fn(Arc<System<Counter>>, &Gate);
    let ends: [(End, Ending); 3] = [
        (|_, gate| gate.open(), Ending::Panicked),
        (|system, _| assert!(system.shutdown_within(Duration::ZERO).is_err()), Ending::ShutDown),
        (|system, _| drop(thread::spawn(move || system.snapshot_and_stop())), Ending::LastSnapshot),
    ];
    for (end, expected) in ends {
        finishes(move || {
            let system = Arc::new(spawn(builder(1)));
            let gate = Gate::new();
            system.inject(n(0), Message::Panic(gate.clone())).unwrap();
            gate.await_arrivals(1);
            fill(&system);
            let waiting = Arc::clone(&system);
            let caller = thread::spawn(move || waiting.inject(n(0), Message::Number(7)));
            end(Arc::clone(&system), &gate);
            let refused = caller.join().unwrap().unwrap_err();
            let InjectError::Ended { why, message: Message::Number(7), .. } = refused else {
                panic!("{refused:?}");
            };
            assert_eq!(why, expected);
            gate.open();
        });
    }
}

/// The failure of another node stops the system, and ends the wait while the handler still runs.
#[test]
fn a_caller_waits_for_no_system_that_another_node_has_stopped() {
    finishes(|| {
        let system = Arc::new(spawn(builder(1).on_failure(OnFailure::Stop)));
        let gate = held(&system);
        fill(&system);
        let waiting = Arc::clone(&system);
        let caller = thread::spawn(move || waiting.inject(n(0), Message::Number(7)));
        let open = Gate::new();
        open.open();
        system.inject(n(1), Message::Panic(open)).unwrap();
        let refused = caller.join().unwrap().unwrap_err();
        let InjectError::Ended { why: Ending::StoppedWith(failure), .. } = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(failure.node.id, n(1));
        gate.open();
    });
}

/// Callers come in as there is room, and each caller's messages keep their order.
#[test]
fn many_callers_share_little_room() {
    #[derive(Default)]
    struct Last([u64; 4]);

    impl Process for Last {
        type State = [u64; 4];
        type Message = (usize, u64);
        fn on_message(
            &mut self,
            _: Link,
            message: (usize, u64),
            _: &mut Context<'_, (usize, u64)>,
        ) {
            let (caller, number) = message;
            assert_eq!(number, self.0[caller] + 1);
            self.0[caller] = number;
        }
        fn state(&self) -> [u64; 4] {
            self.0
        }
    }

    finishes(|| {
        let builder = System::builder(Topology::ring(1).unwrap()).environment_capacity(1);
        let builder = builder.inject_timeout(Duration::MAX);
        let system = builder.spawn(|_| Last::default()).unwrap();
        thread::scope(|scope| {
            for caller in 0..4 {
                let system = &system;
                scope.spawn(move || {
                    (1..=500).for_each(|number| system.inject(n(0), (caller, number)).unwrap());
                });
            }
        });
        while *system.snapshot().unwrap().state(n(0)) != [500; 4] {}
    });
}

#[test]
fn a_handler_does_not_wait_for_room() {
    finishes(|| {
        let shared = Arc::new(Mutex::new(Weak::new()));
        let counter = |_| Counter { system: Arc::clone(&shared), ..Counter::default() };
        let system = Arc::new(builder(3).spawn(counter).unwrap());
        *shared.lock() = Arc::downgrade(&system);
        system.inject(n(0), Message::InjectYourself).unwrap();
        loop {
            let (last, refused) = *system.snapshot().unwrap().state(n(0));
            if refused > 0 && last + refused == 5 {
                break;
            }
        }
    });
}

#[test]
fn what_a_snapshot_brings_along_takes_room() {
    finishes(|| {
        let system = spawn(builder(4));
        let gate = held(&system);
        fill(&system);
        assert_eq!(system.waiting_at(n(0)), Some(4));
        let last = thread::scope(|scope| {
            let last = scope.spawn(|| system.snapshot_and_stop());
            gate.open();
            last.join().unwrap().unwrap()
        });
        let left = last.in_flight().count() as u64;
        let again = builder(4).restore(&last, |_| Counter::default()).unwrap();
        assert!(again.waiting_at(n(0)) <= Some(left));
        again.inject(n(0), Message::Number(4)).unwrap();
        while again.snapshot().unwrap().state(n(0)).0 < 4 {}

        let none = builder(0).spawn(|_| Counter::default());
        let Err(SpawnError::ZeroCapacity { link }) = none else { panic!("no room at all") };
        assert!(link.source.id == NodeId::ENVIRONMENT);
        let none = builder(1).output_capacity(0).spawn(|_| Counter::default());
        assert!(matches!(none, Err(SpawnError::ZeroOutputCapacity)));
    });
}

#[test]
fn a_link_without_limit_takes_all() {
    finishes(|| {
        let system = spawn(builder(usize::MAX));
        let gate = held(&system);
        (1..=100_000).for_each(|number| system.try_inject(n(0), Message::Number(number)).unwrap());
        assert_eq!(system.waiting_at(n(0)), Some(100_001));
        gate.open();
    });
}
