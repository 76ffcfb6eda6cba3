//! The stream of what nodes emit, and streams of messages from outside.

use std::collections::BTreeMap;
use std::sync::Arc;

use consistent_cut::cluster::ClusterSettings;
use consistent_cut::{
    Context, Emitted, GlobalSnapshot, Link, NodeId, OnFailure, Process, Restore, System, TimerId,
    Topology,
};
use std::time::Duration;

use crate::effort::scaled;
use crate::ids::node;
use crate::note::Note;
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;
use crate::workers::{Plan, Running};

const NODES: u32 = 5;

/// For each message emits the numbers from its last on, mixed with sends, timers and a request for
/// a snapshot.
#[derive(Default)]
struct Counter {
    emitted: u64,
}

impl Counter {
    fn emit(&mut self, ctx: &mut Context<'_, u64>) {
        self.emitted += 1;
        ctx.emit(self.emitted);
    }
}

impl Process for Counter {
    type State = u64;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        self.emit(ctx);
        ctx.set_timer(TimerId::new(0), Duration::ZERO);
    }

    fn on_message(&mut self, from: Link, hops: u64, ctx: &mut Context<'_, u64>) {
        for nth in 0..hops % 4 {
            self.emit(ctx);
            if nth == 1 && from.is_environment() {
                ctx.request_snapshot();
            }
        }
        if hops > 0 {
            ctx.send_on(ctx.out_links()[0], hops - 1);
            self.emit(ctx);
        }
    }

    fn on_timer(&mut self, _: TimerId, ctx: &mut Context<'_, u64>) {
        self.emit(ctx);
    }

    fn state(&self) -> u64 {
        self.emitted
    }
}

impl Restore for Counter {
    fn on_restore(&mut self, emitted: u64, ctx: &mut Context<'_, u64>) {
        self.emitted = emitted;
        self.emit(ctx);
    }
}

/// Checks that the messages of each node are the numbers from `after` on, in order and without a
/// gap. Returns the number of the last.
fn check(emitted: impl Iterator<Item = Emitted<u64>>, after: &[u64]) -> Vec<u64> {
    let mut last = after.to_vec();
    for Emitted { node, number, message } in emitted {
        let last = &mut last[node.index()];
        *last += 1;
        assert_eq!((number, message), (*last, *last), "of {node}");
    }
    last
}

fn states(ended: &[Counter]) -> Vec<u64> {
    ended.iter().map(|counter| counter.emitted).collect()
}

#[test]
fn each_nodes_messages_are_numbered_in_their_order() {
    finishes(|| {
        on_both_policies(|policy| {
            for workers in 1..=4 {
                let settings = ClusterSettings::new().marker_policy(policy).capacity(2);
                let topology = Topology::ring(NODES as usize).unwrap();
                let cluster = Plan::new(workers, topology).with(settings);
                let cluster = cluster.start(|_, _| Counter::default());
                for round in 0..scaled(20) {
                    cluster.inject(node(round as u32 % NODES), round % 9).unwrap();
                    if round % 5 == 0 {
                        cluster.snapshot().unwrap();
                    }
                }
                let last = cluster.snapshot_and_stop().unwrap();
                for (node, state) in last.states() {
                    let output = last.output(node).unwrap();
                    assert_eq!((output.emitted(), output.untaken().len()), (*state, 0));
                }
                let emitted = cluster.emitted.clone();
                let ended = cluster.join().all();
                assert_eq!(check(emitted.iter(), &[0; NODES as usize]), states(&ended));
            }
        });
    });
}

/// A node that is restored emits what was not taken, and then goes on.
#[test]
fn what_was_not_taken_is_emitted_again_with_its_numbers() {
    finishes(|| {
        for (workers, taken) in [(1, 0), (2, 3), (4, 1)] {
            let topology = Arc::new(Topology::ring(NODES as usize).unwrap());
            let system = System::builder(Arc::clone(&topology)).spawn(|_| Counter::default());
            let system = system.unwrap();
            let outputs = system.outputs();
            (0..NODES).for_each(|index| system.inject(node(index), 7).unwrap());
            assert_eq!(outputs.take(taken).count(), taken);
            // A node may not have handled its message yet.
            let untaken = |snapshot: &GlobalSnapshot<_, _>| {
                let output = |n| snapshot.output(n).unwrap();
                topology.nodes().any(|n| !output(n).untaken().is_empty())
            };
            while !untaken(&*system.snapshot().unwrap()) {}
            let last = system.snapshot_and_stop().unwrap();
            assert!(untaken(&last));
            let cluster = Plan::new(workers, Arc::clone(&topology));
            let cluster = cluster.restore(&last, |_, _| Counter::default()).unwrap();
            cluster.inject(node(1), 8).unwrap();
            let next = cluster.snapshot_and_stop().unwrap();
            let emitted = cluster.emitted.clone();
            let ended = cluster.join().all();
            let had: Vec<_> = topology.nodes().map(|n| last.output(n).unwrap().taken()).collect();
            assert_eq!(check(emitted.iter(), &had), states(&ended));
            // All were taken by then, so the next life goes on behind them.
            let again = Plan::new(2, topology).restore(&next, |_, _| Counter::default()).unwrap();
            let emitted = again.emitted.clone();
            let all = again.end().all();
            assert_eq!(check(emitted.iter(), &states(&ended)), states(&all));
        }
    });
}

#[test]
fn a_handler_that_panics_emits_nothing_and_those_before_it_do() {
    finishes(|| {
        let settings = ClusterSettings::new().on_failure(OnFailure::Continue);
        let stage = Stage::new(Plan::new(2, Topology::ring(3).unwrap()).with(settings));
        let emit = |number| {
            move |_: &mut _, ctx: &mut Context<'_, Note>| {
                let door = ctx.topology().environment_link(ctx.id()).unwrap();
                ctx.emit(Note::new(door.id, number));
            }
        };
        stage.tell(node(2), emit(1));
        stage.tell(node(2), move |puppet, ctx| {
            emit(2)(puppet, ctx);
            ctx.emit(Note::new(ctx.out_links()[0].id, 3));
        });
        stage.tell(node(2), move |puppet, ctx| {
            emit(4)(puppet, ctx);
            panic!("and no more");
        });
        stage.await_failure(node(2));
        stage.tell(node(0), emit(1));
        stage.settle(node(0));
        let emitted = stage.emitted.clone();
        stage.end();
        let mut of: BTreeMap<NodeId, Vec<(u64, u64)>> = BTreeMap::new();
        for Emitted { node, number, message } in &emitted {
            of.entry(node).or_default().push((number, message.number));
        }
        let expected = [(node(0), vec![(1, 1)]), (node(2), vec![(1, 1), (2, 2), (3, 3)])];
        assert_eq!(of, BTreeMap::from(expected));
    });
}

/// Keeps what comes.
#[derive(Default)]
struct Keeper(Vec<u64>);

impl Process for Keeper {
    type State = Vec<u64>;
    type Message = u64;

    fn on_message(&mut self, from: Link, value: u64, _: &mut Context<'_, u64>) {
        assert!(from.is_environment());
        self.0.push(value);
    }

    fn state(&self) -> Vec<u64> {
        self.0.clone()
    }
}

fn keepers(workers: usize) -> Running<Keeper> {
    let plan = Plan::new(workers, Topology::ring(NODES as usize).unwrap());
    plan.with_streams().start(|_, _| Keeper::default())
}

#[test]
fn a_stream_brings_each_node_its_messages_in_their_order() {
    finishes(|| {
        for workers in 1..=3 {
            let cluster = keepers(workers);
            for worker in 0..workers {
                let first = worker as u64 * 1000;
                let mail = (first..first + 500).map(|value| (node(value as u32 % NODES), value));
                cluster.streams[worker].send(mail.collect()).unwrap();
            }
            let all = |snapshot: &consistent_cut::GlobalSnapshot<Vec<u64>, u64>| {
                snapshot.states().map(|(_, values)| values.len()).sum::<usize>()
            };
            while all(&cluster.snapshot().unwrap()) < workers * 500 {}
            for (node, Keeper(values)) in cluster.end().processes {
                for worker in 0..workers as u64 {
                    let of_worker = values.iter().filter(|value| *value / 1000 == worker);
                    let expected = (worker * 1000..worker * 1000 + 500)
                        .filter(|value| value % u64::from(NODES) == node.index() as u64);
                    assert!(of_worker.copied().eq(expected), "of worker {worker} to {node}");
                }
            }
        }
    });
}

#[test]
fn a_stream_hands_back_what_no_node_takes() {
    finishes(|| {
        for workers in [1, 3] {
            let cluster = keepers(workers);
            let stream = &cluster.streams[workers - 1];
            stream.send(vec![(node(NODES), 1), (node(0), 2), (node(4_000_000), 3)]).unwrap();
            let mut refused: Vec<_> = cluster.refused.iter().take(2).collect();
            refused.sort_unstable();
            assert_eq!(refused, [(node(NODES), 1), (node(4_000_000), 3)]);
            while cluster.snapshot().unwrap().state(node(0)).is_empty() {}
            cluster.snapshot_and_stop().unwrap();
            let refused = cluster.refused.clone();
            stream.send(vec![(node(0), 4)]).unwrap();
            let ended = cluster.join().all();
            assert_eq!(ended[0].0, [2]);
            assert!(refused.iter().eq([(node(0), 4)]));
        }
    });
}
