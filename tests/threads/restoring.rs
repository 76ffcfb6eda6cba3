//! A system goes on from a snapshot as if it had never stopped.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::yield_now;

use consistent_cut::{
    Context, Link, LinkId, MarkerPolicy, NodeId, OnFailure, Process, Restore, RestoreError,
    SnapshotId, System, Topology,
};

use crate::chance::{Chance, for_seeds_until_all_is_seen};
use crate::effort::scaled;
use crate::ids::node;
use crate::merge::{self, Merge, MergeSnapshot, Merged, mix};
use crate::policies::on_both_policies;
use crate::watchdog::finishes;

/// The final states if nothing ever stops, with this many messages injected into node 2.
fn reference(topology: &Arc<Topology>, injected: u64) -> Vec<Merged> {
    let system = merge::start(merge::builder(topology, 1000), topology);
    (1..=injected).for_each(|value| system.inject(node(2), value).unwrap());
    merge::finish(&system)
}

fn restore(
    topology: &Arc<Topology>,
    capacity: usize,
    policy: MarkerPolicy,
    from: &MergeSnapshot,
) -> Result<System<Merge>, RestoreError> {
    let builder = merge::builder(topology, capacity).marker_policy(policy);
    builder.restore(from, |node| Merge::new(node, topology))
}

/// Stops and restores the workload until it is over, after a random while each time.
fn in_many_lives(
    topology: &Arc<Topology>,
    policy: MarkerPolicy,
    dice: &mut Chance,
    injected: u64,
) -> (Arc<MergeSnapshot>, u64) {
    let mut system = merge::start(merge::builder(topology, 1 + dice.below(8)), topology);
    let (mut lives, mut next) = (1, 1);
    loop {
        for _ in 0..dice.below(60) {
            if next <= injected && dice.below(2) == 0 {
                system.inject(node(2), next).unwrap();
                next += 1;
            }
            yield_now();
        }
        let last = system.snapshot_and_stop().unwrap();
        last.verify().unwrap();
        system.join().unwrap();
        if next > injected && merge::is_over(&last) {
            return (last, lives);
        }
        system = restore(topology, 1 + dice.below(8), policy, &last).unwrap();
        lives += 1;
    }
}

#[test]
fn a_workload_cut_into_many_lives_ends_as_if_it_had_never_stopped() {
    finishes(|| {
        for topology in merge::topologies() {
            let injected = 20;
            let reference = reference(&topology, injected);
            for_seeds_until_all_is_seen(
                20,
                0,
                |restores| *restores > 60,
                |seed, restores| {
                    on_both_policies(|policy| {
                        let (last, lives) =
                            in_many_lives(&topology, policy, &mut Chance::new(seed), injected);
                        assert_eq!(merge::states(&last), reference, "seed {seed}, {policy:?}");
                        let of_node = |(_, state): (_, &Merged)| (state.starts, state.restores + 1);
                        assert!(last.states().map(of_node).all(|of| of == (1, lives)));
                        *restores += lives - 1;
                    });
                },
            );
        }
    });
}

#[test]
fn every_snapshot_of_a_running_system_is_one_to_go_on_from() {
    finishes(|| {
        for topology in merge::topologies() {
            let reference = reference(&topology, 0);
            on_both_policies(|policy| {
                for_seeds_until_all_is_seen(
                    3,
                    0,
                    |count| *count > 0,
                    |seed, in_flight| {
                        let capacity = [1, 2, 7][seed as usize % 3];
                        let builder = merge::builder(&topology, capacity).marker_policy(policy);
                        let system = merge::start(builder, &topology);
                        let snapshots = 3 + scaled(1);
                        let snapshots: Vec<_> =
                            (0..snapshots).map(|_| system.snapshot().unwrap()).collect();
                        assert_eq!(merge::finish(&system), reference);
                        for snapshot in snapshots {
                            *in_flight += snapshot.in_flight().count();
                            let again =
                                restore(&topology, 8 - capacity, policy, &snapshot).unwrap();
                            assert_eq!(merge::finish(&again), reference);
                        }
                    },
                );
            });
        }
    });
}

#[test]
fn counts_of_messages_and_ids_of_snapshots_go_on() {
    finishes(|| {
        let [topology, _] = merge::topologies();
        let system = merge::start(merge::builder(&topology, 2), &topology);
        (0..4).for_each(|_| drop(system.snapshot().unwrap()));
        let last = system.snapshot_and_stop().unwrap();
        assert_eq!((last.id(), last.highest_id()), (SnapshotId::new(5), SnapshotId::new(5)));
        let again = restore(&topology, 2, MarkerPolicy::default(), &last).unwrap();
        for (link, now) in topology.all_links().zip(again.link_traffic()) {
            let then = last.channel(link.id);
            assert!(now.sent >= then.sent() && now.received.unwrap() >= then.received(), "{now}");
        }
        let next = again.snapshot().unwrap();
        assert_eq!(next.id().number(), 6);
        for link in topology.all_links() {
            assert!(next.channel(link.id).sent() >= last.channel(link.id).sent());
        }
    });
}

/// Each restored system has a life of its own, and so has a system that is restored from its
/// snapshots.
#[test]
fn an_id_is_never_given_out_again_whichever_snapshot_a_system_goes_on_from() {
    finishes(|| {
        let [topology, _] = merge::topologies();
        let system = merge::start(merge::builder(&topology, 2), &topology);
        let snapshots: Vec<_> = (0..3).map(|_| system.snapshot().unwrap()).collect();
        drop(system);
        assert!(snapshots.iter().all(|snapshot| snapshot.id().life() == 0));
        let mut all: Vec<_> = snapshots.iter().map(|snapshot| snapshot.id()).collect();
        let restored = |from: &_| restore(&topology, 2, MarkerPolicy::default(), from).unwrap();
        for from in [&snapshots[0], &snapshots[0], &snapshots[2]] {
            let child = restored(from).snapshot().unwrap();
            assert_eq!(child.id().number(), from.highest_id().number() + 1);
            let text = format!("{} of life {:x}", child.id().number(), child.id().life());
            assert_eq!(child.id().to_string(), format!("snapshot {text}"));
            let grandchild = restored(&child).snapshot().unwrap();
            assert_eq!(grandchild.id().number(), child.id().number() + 1);
            all.extend([child.id(), grandchild.id()]);
        }
        let lives: BTreeSet<_> = all.iter().map(|id| id.life()).collect();
        assert_eq!(lives.len(), 7, "life 0, and six of their own");
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    });
}

/// Sends three numbers to itself at the start, and adds numbers up as digits, so that their order
/// shows.
struct Digits(u64);

type Restorable = Box<dyn Restore<State = u64, Message = u64>>;

impl Process for Digits {
    type State = u64;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        (1..=3).for_each(|digit| ctx.send_on(LinkId::new(0), digit));
    }

    fn on_message(&mut self, _: Link, digit: u64, ctx: &mut Context<'_, u64>) {
        self.0 = self.0 * 10 + digit;
        if digit == 9 {
            ctx.stop();
        }
    }

    fn state(&self) -> u64 {
        self.0
    }
}

impl Restore for Digits {
    fn on_restore(&mut self, state: u64, ctx: &mut Context<'_, u64>) {
        self.0 = state;
        ctx.send_on(LinkId::new(0), 4);
    }
}

/// The self-link is full, and messages sent in `on_restore` wait as well.
#[test]
fn what_was_in_flight_comes_before_what_is_sent_at_the_restore() {
    finishes(|| {
        let topology = Arc::new(Topology::ring(1).unwrap());
        let make = |_: NodeId| -> Restorable { Box::new(Digits(0)) };
        let builder = || System::builder(Arc::clone(&topology));
        let full = builder().capacity(2).spawn(make).unwrap().snapshot_and_stop().unwrap();
        let numbers: Vec<u64> = full.channel(LinkId::new(0)).messages().to_vec();
        assert_eq!(numbers, [1, 2, 3]);
        // With room for all messages, the node goes on where it stood still.
        let again = builder().capacity(4).restore(&full, make).unwrap();
        while *again.snapshot().unwrap().state(node(0)) != 1234 {}
        // Without that room, the node stands still, and has handled nothing.
        let still = builder().capacity(3).restore(&full, make).unwrap();
        let snapshot = still.snapshot().unwrap();
        assert_eq!(snapshot.channel(LinkId::new(0)).messages(), [1, 2, 3, 4]);
        assert_eq!(still.link_traffic()[0].waiting, 1);
    });
}

#[test]
fn a_node_that_had_stopped_is_stopped_when_it_comes_back() {
    finishes(|| {
        let topology = Arc::new(Topology::from_links(1, []).unwrap());
        let make = |_| Mute(0);
        let system = System::builder(Arc::clone(&topology)).spawn(make).unwrap();
        system.stop_node(node(0)).unwrap();
        (5..8).for_each(|value| system.inject(node(0), value).unwrap());
        let last = system.snapshot_and_stop().unwrap();
        assert!(last.is_stopped(node(0)));
        let again = System::builder(topology).restore(&last, make).unwrap();
        let snapshot = again.snapshot().unwrap();
        assert!(snapshot.is_stopped(node(0)));
        assert_eq!(snapshot.in_flight().map(|(_, value)| *value).collect::<Vec<_>>(), [5, 6, 7]);
        assert_eq!(again.join().unwrap()[0].0, 0);
    });
}

/// Mixes the messages into a sum. Panics at a zero.
#[derive(Debug)]
struct Mute(u64);

impl Process for Mute {
    type State = u64;
    type Message = u64;

    fn on_message(&mut self, _: Link, value: u64, _: &mut Context<'_, u64>) {
        assert_ne!(value, 0, "no zeros here");
        self.0 = mix(self.0, value);
    }

    fn state(&self) -> u64 {
        self.0
    }
}

impl Restore for Mute {
    fn on_restore(&mut self, state: u64, _: &mut Context<'_, u64>) {
        self.0 = state;
    }
}

#[test]
fn a_snapshot_that_does_not_fit_is_refused_with_the_node_or_link() {
    finishes(|| {
        let named = Topology::from_named_links([("client", "server"), ("server", "store")]);
        let named = Arc::new(named.unwrap());
        let builder = System::builder(Arc::clone(&named)).on_failure(OnFailure::Continue);
        let system = builder.spawn(|_| Mute(0)).unwrap();
        let whole = system.snapshot().unwrap();
        system.inject(node(1), 0).unwrap();
        while system.failures().is_empty() {
            yield_now();
        }
        let partial = system.snapshot().unwrap();

        let refused = |snapshot, topology: &Arc<Topology>| {
            let builder = System::builder(Arc::clone(topology));
            let never = |_| -> Mute { unreachable!("nothing is made") };
            builder.restore(snapshot, never).unwrap_err()
        };
        let error = refused(&whole, &Arc::new(Topology::line(4).unwrap()));
        assert!(matches!(error, RestoreError::OtherNodes { recorded: 3, given: 4 }), "{error}");
        let turned = Topology::from_links(3, [(0, 1), (2, 1)]).unwrap();
        let text = refused(&whole, &Arc::new(turned)).to_string();
        let was = "the snapshot has link 1 from node 1 (server) to node 2 (store), and the topology \
                   link 1 from node 2 to node 1";
        assert!(text.starts_with(was), "{text}");
        let more = Topology::from_links(3, [(0, 1), (1, 2), (2, 0)]).unwrap();
        let text = refused(&whole, &Arc::new(more)).to_string();
        assert!(text.contains("has no link 2, and the topology link 2 from node 2"), "{text}");
        let fewer = Topology::from_links(3, [(0, 1)]).unwrap();
        let text = refused(&whole, &Arc::new(fewer)).to_string();
        assert!(text.contains("node 2 (store), and the topology no link 1"), "{text}");
        let text = refused(&partial, &named).to_string();
        assert!(text.contains("without node 1 (server), which panicked ("), "{text}");
        assert!(
            matches!(refused(&partial, &named), RestoreError::NodeFailed { failure } if failure.node == node(1))
        );
        // A topology without names fits by number.
        System::builder(Topology::line(3).unwrap()).restore(&whole, |_| Mute(0)).unwrap();
    });
}

#[test]
fn settings_that_could_never_work_are_refused_at_a_restore_too() {
    finishes(|| {
        let topology = Arc::new(Topology::line(2).unwrap());
        let system = System::builder(Arc::clone(&topology)).spawn(|_| Mute(0)).unwrap();
        let snapshot = system.snapshot().unwrap();
        let never = |_| -> Mute { unreachable!("nothing is made") };
        let error = System::builder(topology).capacity(0).restore(&snapshot, never).unwrap_err();
        assert!(error.to_string().contains("link 0 from node 0 to node 1 has a capacity of zero"));
    });
}
