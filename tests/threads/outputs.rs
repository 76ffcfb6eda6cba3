//! Emitted messages are recorded, taken once, and held back.
#![expect(
    clippy::disallowed_methods,
    reason = "a test joins its threads, or its watchdog gives up"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use consistent_cut::{
    Context, Emitted, GlobalSnapshot, Link, MarkerPolicy, NodeId, OnFailure, Outputs, Process,
    Restore, System, SystemBuilder, Topology,
};

use crate::policies::on_both_policies;
use crate::watchdog::finishes;

/// Emits the numbers from 1, one per message, and passes each message on while it has hops left.
struct Counter {
    emitted: u64,
}

#[derive(Debug, PartialEq)]
enum Message {
    Hop(u64),
    Number(u64),
    Burst(u64),
    /// Emits a message whose copy panics.
    Doomed,
    Stop,
    Panic,
}

impl Clone for Message {
    fn clone(&self) -> Self {
        match self {
            Message::Hop(left) => Message::Hop(*left),
            Message::Number(number) => Message::Number(*number),
            Message::Burst(numbers) => Message::Burst(*numbers),
            Message::Doomed => panic!("a copy"),
            Message::Stop => Message::Stop,
            Message::Panic => Message::Panic,
        }
    }
}

impl Process for Counter {
    type State = u64;
    type Message = Message;

    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        match message {
            Message::Hop(left) => {
                self.emit(ctx);
                if left > 0 {
                    ctx.send_on(ctx.out_links()[0], Message::Hop(left - 1));
                }
            }
            Message::Burst(numbers) => (0..numbers).for_each(|_| self.emit(ctx)),
            Message::Doomed => ctx.emit(Message::Doomed),
            Message::Stop => ctx.stop(),
            Message::Panic => {
                self.emit(ctx);
                panic!("as told");
            }
            Message::Number(_) => {}
        }
    }

    fn state(&self) -> u64 {
        self.emitted
    }
}

impl Restore for Counter {
    fn on_restore(&mut self, emitted: u64, _: &mut Context<'_, Message>) {
        self.emitted = emitted;
    }
}

impl Counter {
    fn emit(&mut self, ctx: &mut Context<'_, Message>) {
        self.emitted += 1;
        ctx.emit(Message::Number(self.emitted));
    }
}

fn n(index: u32) -> NodeId {
    NodeId::new(index)
}

fn ring(nodes: usize, policy: MarkerPolicy) -> SystemBuilder<Counter> {
    System::builder(Topology::ring(nodes).unwrap()).marker_policy(policy)
}

fn spawn(builder: SystemBuilder<Counter>) -> System<Counter> {
    builder.spawn(|_| Counter { emitted: 0 }).unwrap()
}

/// The message fits its number.
fn check_taken(taken: &Emitted<Message>) {
    assert_eq!(taken.message, Message::Number(taken.number));
}

/// The count is that of the state, and the numbers that were not taken are the last ones.
fn check(snapshot: &GlobalSnapshot<u64, Message>) {
    for (node, &emitted) in snapshot.states() {
        let output = snapshot.output(node).unwrap();
        assert_eq!(output.emitted(), emitted);
        assert_eq!(output.taken() + output.untaken().len() as u64, emitted);
        let numbers = (output.taken() + 1..=emitted).map(Message::Number);
        assert!(numbers.eq(output.untaken().iter().cloned()), "{output:?}");
    }
}

/// Takes outputs until no more come, and checks that each node's numbers are all there.
fn take_all(outputs: Outputs<Message>) -> BTreeMap<NodeId, u64> {
    let mut last = BTreeMap::new();
    for taken in outputs {
        check_taken(&taken);
        let last = last.entry(taken.node).or_insert(0);
        *last += 1;
        assert_eq!(taken.number, *last, "the messages of a node come in their order");
    }
    last
}

#[test]
fn snapshots_hold_what_was_emitted_and_not_taken() {
    on_both_policies(|policy| {
        finishes(move || {
            let system = Arc::new(spawn(ring(4, policy).output_capacity(64)));
            for node in 0..4 {
                system.inject(n(node), Message::Hop(2_000)).unwrap();
            }
            let outputs = system.outputs();
            let taker = thread::spawn(move || take_all(outputs));
            for _ in 0..50 {
                check(&system.snapshot().unwrap());
            }
            let last = system.snapshot_and_stop().unwrap();
            check(&last);
            drop(system);
            let taken = taker.join().unwrap();
            for (node, &emitted) in last.states() {
                assert_eq!(taken.get(&node).copied().unwrap_or(0), emitted, "nothing is lost");
            }
        });
    });
}

#[test]
fn a_restored_system_gives_out_what_was_not_taken_and_goes_on_with_the_numbers() {
    on_both_policies(|policy| {
        finishes(move || {
            let system = spawn(ring(2, policy));
            system.inject(n(0), Message::Burst(5)).unwrap();
            let mut outputs = system.outputs();
            let before: Vec<_> = outputs.by_ref().take(2).map(|taken| taken.number).collect();
            assert_eq!(before, [1, 2]);
            let last = system.snapshot_and_stop().unwrap();
            assert_eq!(last.output(n(0)).unwrap().taken(), 2);
            // These outputs were taken since, as the numbers show.
            assert_eq!(outputs.next().map(|taken| taken.number), Some(3));

            for (known, first) in [(0, 3), (3, 4), (9, 6)] {
                let mut editor = last.edit();
                editor.outputs_taken(n(0), known).unwrap();
                let from = editor.finish().unwrap();
                let again = ring(2, policy).restore(&from, |_| Counter { emitted: 0 }).unwrap();
                again.inject(n(0), Message::Burst(1)).unwrap();
                let mut taken = again.outputs();
                let numbers = (first..=6).map(|number| {
                    let taken = taken.next().unwrap();
                    check_taken(&taken);
                    (taken.number, number)
                });
                assert!({ numbers }.all(|(taken, number)| taken == number));
                assert_eq!(taken.ready().count(), 0);
                check(&again.snapshot().unwrap());
            }
        });
    });
}

#[test]
fn a_node_whose_output_nobody_takes_waits_and_takes_part_in_snapshots() {
    on_both_policies(|policy| {
        finishes(move || {
            let system = spawn(ring(1, policy).output_capacity(2));
            let last_wait = 5;
            (0..8).for_each(|_| system.inject(n(0), Message::Burst(1)).unwrap());
            loop {
                let snapshot = system.snapshot().unwrap();
                check(&snapshot);
                // One handler may go beyond the capacity, and then the node waits.
                assert!(*snapshot.state(n(0)) <= 3);
                if *snapshot.state(n(0)) == 3 {
                    assert_eq!(snapshot.in_flight().count(), last_wait);
                    break;
                }
            }
            assert!(system.outputs().take(8).map(|taken| taken.number).eq(1..=8));
        });
    });
}

#[test]
fn takers_share_what_there_is_and_each_message_is_taken_once() {
    finishes(|| {
        let system = spawn(ring(3, MarkerPolicy::Overtaking).output_capacity(8));
        (0..3).for_each(|node| system.inject(n(node), Message::Hop(999)).unwrap());
        let takers: Vec<_> = (0..4)
            .map(|_| {
                let outputs = system.outputs();
                thread::spawn(move || {
                    outputs.inspect(check_taken).map(|taken| (taken.node, taken.number)).collect()
                })
            })
            .collect();
        while system.snapshot().unwrap().states().map(|(_, emitted)| emitted).sum::<u64>() < 3000 {}
        system.shutdown().unwrap();
        let taken: Vec<Vec<(NodeId, u64)>> =
            takers.into_iter().map(|t| t.join().unwrap()).collect();
        let is_in_order = |of: &[(NodeId, u64)]| {
            (0..3).all(|node| of.iter().filter(|taken| taken.0 == n(node)).is_sorted())
        };
        assert!(taken.iter().all(|of| is_in_order(of)));
        let mut all: Vec<_> = taken.concat();
        all.sort();
        assert_eq!(all.len(), 3000);
        all.dedup();
        assert_eq!(all.len(), 3000, "none was taken twice");
    });
}

#[test]
fn what_earlier_handlers_of_a_node_that_fails_have_emitted_is_there_to_take() {
    finishes(|| {
        let system = spawn(ring(2, MarkerPolicy::Overtaking).on_failure(OnFailure::Continue));
        system.inject(n(0), Message::Burst(3)).unwrap();
        system.inject(n(0), Message::Panic).unwrap();
        let mut outputs = system.outputs();
        assert!(outputs.by_ref().take(3).map(|taken| taken.number).eq(1..=3));
        assert!(system.shutdown().is_err());
        assert_eq!(outputs.next(), None, "the handler that panicked has emitted nothing");
    });
}

#[test]
fn what_is_not_taken_is_there_after_the_shutdown() {
    finishes(|| {
        let system = spawn(ring(1, MarkerPolicy::Overtaking));
        assert_eq!(system.outputs().next_timeout(Duration::ZERO), None);
        system.inject(n(0), Message::Burst(2)).unwrap();
        while *system.snapshot().unwrap().state(n(0)) < 2 {}
        let mut outputs = system.outputs();
        system.shutdown().unwrap();
        drop(system);
        let long = Duration::from_secs(3600);
        assert_eq!(outputs.next_timeout(long).map(|taken| taken.number), Some(1));
        assert_eq!(outputs.next().map(|taken| taken.number), Some(2));
        assert_eq!((outputs.next(), outputs.next_timeout(long)), (None, None));
    });
}

/// A shutdown wakes a node that waits for room, and the node handles nothing more.
#[test]
fn a_full_output_holds_up_no_shutdown() {
    finishes(|| {
        let system = spawn(ring(1, MarkerPolicy::Overtaking).output_capacity(1));
        (0..4).for_each(|_| system.inject(n(0), Message::Burst(2)).unwrap());
        while *system.snapshot().unwrap().state(n(0)) < 2 {}
        let processes = system.shutdown().unwrap();
        assert_eq!(processes[0].emitted, 2);
    });
}

/// A copy that panics makes the node fail, and the messages are still there to take.
#[test]
fn a_copy_that_panics_loses_no_output() {
    finishes(|| {
        let system = spawn(ring(2, MarkerPolicy::Overtaking).on_failure(OnFailure::Continue));
        system.inject(n(0), Message::Burst(1)).unwrap();
        system.inject(n(0), Message::Doomed).unwrap();
        // An earlier snapshot would copy the orders on the environment link.
        while system.waiting_at(n(0)) != Some(0) {
            thread::yield_now();
        }
        while system.snapshot().is_ok_and(|snapshot| snapshot.failures().is_empty()) {}
        while system.failures().is_empty() {}
        assert_eq!(system.failures()[0].panic, "a copy");
        let taken: Vec<_> = system.outputs().ready().map(|taken| taken.message).collect();
        assert_eq!(taken, [Message::Number(1), Message::Doomed]);
    });
}

/// Nodes that have stopped by themselves emit no more, and no taker waits for them.
#[test]
fn outputs_end_when_every_node_has_stopped() {
    finishes(|| {
        let system = spawn(ring(2, MarkerPolicy::Overtaking));
        for node in 0..2 {
            system.inject(n(node), Message::Burst(3)).unwrap();
            system.inject(n(node), Message::Stop).unwrap();
        }
        assert_eq!(system.outputs().count(), 6);
        // A stopped node drains its links and takes part in snapshots as before.
        system.stop_node_and_drain(n(0)).unwrap();
        check(&system.snapshot().unwrap());
        system.shutdown().unwrap();
    });
}

/// A handler that never returns keeps no taker: the system has ended without its node.
#[test]
fn a_node_that_was_given_up_keeps_no_taker_waiting() {
    struct Stuck(crate::gate::Gate);

    impl Process for Stuck {
        type State = ();
        type Message = u64;
        fn on_message(&mut self, _: Link, number: u64, ctx: &mut Context<'_, u64>) {
            ctx.emit(number);
            if number == 2 {
                self.0.pass();
            }
        }
        fn state(&self) {}
    }

    finishes(|| {
        let gate = crate::gate::Gate::new();
        let topology = Topology::ring(1).unwrap();
        let system = System::builder(topology).spawn(|_| Stuck(gate.clone())).unwrap();
        (1..=2).for_each(|number| system.inject(n(0), number).unwrap());
        gate.await_arrivals(1);
        let mut outputs = system.outputs();
        assert_eq!(outputs.next().map(|taken| taken.message), Some(1));
        let taker = thread::spawn(move || outputs.next());
        assert!(system.shutdown_within(Duration::ZERO).is_err());
        assert_eq!(taker.join().unwrap(), None);
        gate.open();
    });
}

/// The numbers of a failed node go on where an editor says.
#[test]
fn a_failed_node_that_has_a_state_again_emits_under_the_next_number() {
    finishes(|| {
        let system = spawn(ring(2, MarkerPolicy::Overtaking).on_failure(OnFailure::Continue));
        system.inject(n(0), Message::Burst(5)).unwrap();
        system.inject(n(0), Message::Panic).unwrap();
        while system.failures().is_empty() {}
        let snapshot = system.snapshot().unwrap();
        assert_eq!(snapshot.output(n(0)), None);
        let mut editor = snapshot.edit();
        assert!(editor.set_emitted(n(0), 5).is_err(), "it has no state yet");
        editor.set_state(n(0), 5).unwrap();
        editor.set_emitted(n(0), 5).unwrap();
        let builder = ring(2, MarkerPolicy::Overtaking);
        let again = builder.restore(&editor.finish().unwrap(), |_| Counter { emitted: 0 }).unwrap();
        again.inject(n(0), Message::Burst(1)).unwrap();
        check_taken(&again.outputs().next().unwrap());
        assert_eq!(again.snapshot().unwrap().output(n(0)).unwrap().emitted(), 6);
    });
}
