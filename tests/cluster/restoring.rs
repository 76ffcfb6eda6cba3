//! A cluster goes on from a snapshot of any other driver, and other drivers from its snapshots.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::cluster::{BuildError, Cluster, ClusterSettings, Placement};
use consistent_cut::simulation::Simulation;
use consistent_cut::{
    Context, Link, LinkId, NodeId, Process, Restore, RestoreError, TimerId, Topology,
};

use crate::chance::{Chance, for_each_seed, for_seeds_until_all_is_seen};
use crate::effort::scaled;
use crate::ids::{link, node};
use crate::laws::placement;
use crate::merge::{self, Merge, MergeSnapshot, Merged};
use crate::policies::{BOTH_POLICIES, on_both_policies};
use crate::same_ends::{finish, reference};
use crate::watchdog::finishes;
use crate::workers::{Plan, Running};

fn plan(topology: &Arc<Topology>, dice: &mut Chance) -> Plan {
    let workers = 1 + dice.below(4);
    let policy = dice.pick(&BOTH_POLICIES);
    let capacity = [1, 2, 7, u64::MAX][dice.below(4)];
    let settings = ClusterSettings::new().marker_policy(policy).capacity(capacity);
    Plan::new(workers, Arc::clone(topology)).with(settings).placed(placement(dice, workers))
}

fn restored(
    topology: &Arc<Topology>,
    dice: &mut Chance,
    from: &Arc<MergeSnapshot>,
) -> Running<Merge> {
    plan(topology, dice).restore(from, Merge::new).expect("it fits")
}

/// Ends the workload on threads, or in a simulation.
fn end_elsewhere(on_threads: bool, topology: &Arc<Topology>, from: &MergeSnapshot) -> Vec<Merged> {
    if on_threads {
        let builder = merge::builder(topology, 3);
        return merge::finish(&builder.restore(from, |node| Merge::new(node, topology)).unwrap());
    }
    let simulation = Simulation::builder(Arc::clone(topology)).without_schedule();
    let mut simulation = simulation.restore(from, |node| Merge::new(node, topology)).unwrap();
    simulation.run(u64::MAX);
    merge::states(&simulation.global_state().unwrap())
}

#[test]
fn a_snapshot_goes_on_with_other_workers_on_threads_and_in_a_simulation() {
    finishes(|| {
        let topologies = merge::topologies();
        let references = topologies.each_ref().map(reference);
        let is_all = |(in_flight, timers): &(usize, usize)| *in_flight > 0 && *timers > 0;
        for_seeds_until_all_is_seen(scaled(10), (0, 0), is_all, |seed, (in_flight, timers)| {
            let mut dice = Chance::new(seed);
            for (topology, reference) in topologies.iter().zip(&references) {
                let cluster = plan(topology, &mut dice).start(Merge::new);
                let snapshots: Vec<_> = (0..3).map(|_| cluster.snapshot().unwrap()).collect();
                assert_eq!(finish(&cluster), *reference);
                for snapshot in &snapshots {
                    *in_flight += snapshot.in_flight().count();
                    *timers += topology.nodes().map(|n| snapshot.timers(n).len()).sum::<usize>();
                    assert_eq!(end_elsewhere(dice.one_in(2), topology, snapshot), *reference);
                    let again = restored(topology, &mut dice, snapshot);
                    assert_eq!(finish(&again), *reference);
                    let next = again.snapshot().unwrap();
                    assert!(next.id().number() > snapshot.id().number());
                    assert!(
                        next.states().all(|(_, state)| (state.starts, state.restores) == (1, 1))
                    );
                }
            }
        });
    });
}

#[test]
fn a_cluster_goes_on_from_threads_and_from_a_simulation() {
    finishes(|| {
        let topologies = merge::topologies();
        let references = topologies.each_ref().map(reference);
        let mut in_flight = 0;
        let all = for_each_seed(0..scaled(6), |seed| {
            let mut dice = Chance::new(seed);
            for (topology, reference) in topologies.iter().zip(&references) {
                let system = merge::start(merge::builder(topology, 1 + dice.below(3)), topology);
                let of_threads = system.snapshot_and_stop().unwrap();
                let simulation = Simulation::builder(Arc::clone(topology));
                let simulation = simulation.capacity(1 + dice.below(3));
                let mut simulation = simulation.start(|node| Merge::new(node, topology)).unwrap();
                simulation.run(dice.below(400) as u64);
                let simulated = Arc::new(simulation.global_state().unwrap());
                for snapshot in [of_threads, simulated] {
                    in_flight += snapshot.in_flight().count();
                    assert_eq!(finish(&restored(topology, &mut dice, &snapshot)), *reference);
                }
            }
        });
        assert!(!all || in_flight > 0);
    });
}

#[test]
fn a_workload_cut_into_many_lives_ends_as_if_it_had_never_stopped() {
    finishes(|| {
        for topology in merge::topologies() {
            let reference = reference(&topology);
            let is_all = |restores: &u64| *restores > 4;
            for_seeds_until_all_is_seen(scaled(4), 0, is_all, |seed, restores| {
                let mut dice = Chance::new(seed);
                let mut cluster = plan(&topology, &mut dice).start(Merge::new);
                let mut lives = 1;
                let last = loop {
                    (0..dice.below(4)).for_each(|_| drop(cluster.snapshot().unwrap()));
                    let last = cluster.snapshot_and_stop().unwrap();
                    last.verify().unwrap();
                    let ended: Vec<_> = cluster.join().all().iter().map(Process::state).collect();
                    assert!(last.states().map(|(_, state)| state).eq(&ended));
                    if merge::is_over(&last) {
                        break last;
                    }
                    cluster = restored(&topology, &mut dice, &last);
                    lives += 1;
                };
                assert_eq!(merge::states(&last), reference, "seed {seed}");
                assert!(
                    last.states()
                        .all(|(_, state)| (state.starts, state.restores + 1) == (1, lives))
                );
                *restores += lives - 1;
            });
        }
    });
}

/// Keeps what comes, and passes on what comes from outside.
#[derive(Debug, Default)]
struct Sum {
    values: Vec<u64>,
}

impl Process for Sum {
    type State = Vec<u64>;
    type Message = u64;

    fn on_message(&mut self, from: Link, value: u64, ctx: &mut Context<'_, u64>) {
        self.values.push(value);
        if let (true, [out, ..]) = (from.is_environment(), ctx.out_links()) {
            ctx.send_on(out.id, value);
        }
    }

    fn state(&self) -> Vec<u64> {
        self.values.clone()
    }
}

impl Restore for Sum {
    fn on_restore(&mut self, values: Vec<u64>, _: &mut Context<'_, u64>) {
        self.values = values;
    }
}

/// Sets a timer for a long time, and one for a moment.
struct Sleeper(Vec<u64>);

impl Process for Sleeper {
    type State = Vec<u64>;
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        ctx.set_timer(TimerId::new(1), Duration::from_secs(3600));
        ctx.set_timer(TimerId::new(2), Duration::from_secs(7200));
    }

    fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
        ctx.cancel_timer(TimerId::new(2));
        ctx.set_timer(TimerId::new(1), Duration::ZERO);
    }

    fn on_timer(&mut self, timer: TimerId, _: &mut Context<'_, ()>) {
        self.0.push(timer.get());
    }

    fn state(&self) -> Vec<u64> {
        self.0.clone()
    }
}

impl Restore for Sleeper {
    fn on_restore(&mut self, fired: Vec<u64>, _: &mut Context<'_, ()>) {
        self.0 = fired;
    }
}

#[test]
fn timers_that_were_pending_are_pending_again() {
    finishes(|| {
        let topology = Arc::new(Topology::ring(3).unwrap());
        let cluster = Plan::new(3, Arc::clone(&topology)).start(|_, _| Sleeper(Vec::new()));
        let last = cluster.snapshot_and_stop().unwrap();
        let again = Plan::new(2, topology).restore(&last, |_, _| Sleeper(Vec::new())).unwrap();
        let snapshot = again.snapshot().unwrap();
        for node in snapshot.topology().nodes() {
            let left: Vec<_> = snapshot.timers(node).iter().map(|one| one.timer.get()).collect();
            assert_eq!(left, [1, 2]);
            assert!(snapshot.timers(node)[0].remaining <= last.timers(node)[0].remaining);
        }
        again.inject(node(2), ()).unwrap();
        while again.snapshot().unwrap().state(node(2)).is_empty() {}
        let snapshot = again.snapshot().unwrap();
        assert_eq!((snapshot.state(node(2)), snapshot.timers(node(2)).len()), (&vec![1], 0));
    });
}

/// Sends three numbers to itself at the start, and adds numbers up as digits, so that their order
/// shows.
struct Digits(u64);

impl Process for Digits {
    type State = u64;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        (1..=3).for_each(|digit| ctx.send_on(LinkId::new(0), digit));
    }

    fn on_message(&mut self, _: Link, digit: u64, _: &mut Context<'_, u64>) {
        self.0 = self.0 * 10 + digit;
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

/// The link is full, and messages sent in `on_restore` wait as well.
#[test]
fn what_was_in_flight_comes_before_what_is_sent_at_the_restore() {
    finishes(|| {
        let topology = Arc::new(Topology::ring(1).unwrap());
        let with = |capacity| ClusterSettings::new().capacity(capacity);
        let plan = |capacity| Plan::new(1, Arc::clone(&topology)).with(with(capacity));
        let full = plan(2).start(|_, _| Digits(0)).snapshot_and_stop().unwrap();
        assert_eq!(full.channel(link(0)).messages(), [1, 2, 3]);
        let again = plan(4).restore(&full, |_, _| Digits(0)).unwrap();
        while *again.snapshot().unwrap().state(node(0)) != 1234 {}
        let still = plan(3).restore(&full, |_, _| Digits(0)).unwrap();
        let snapshot = still.snapshot().unwrap();
        assert_eq!(snapshot.channel(link(0)).messages(), [1, 2, 3, 4]);
        assert_eq!(*snapshot.state(node(0)), 0);
    });
}

/// A receiver with a restored link tells its sender of room, whatever was in flight.
#[test]
fn full_links_that_are_restored_get_room() {
    finishes(|| {
        on_both_policies(|policy| {
            for (capacity, workers) in [(1, 2), (2, 1), (3, 2), (8, 2)] {
                let topology = Arc::new(Topology::line(2).unwrap());
                let with =
                    |capacity| ClusterSettings::new().capacity(capacity).marker_policy(policy);
                let plan =
                    |capacity| Plan::new(workers, Arc::clone(&topology)).with(with(capacity));
                let cluster = plan(capacity).start(|_, _| Sum::default());
                (1..=40).for_each(|value| cluster.inject(node(0), value).unwrap());
                let last = cluster.snapshot_and_stop().unwrap();
                let again = plan(1 + capacity / 2).restore(&last, |_, _| Sum::default()).unwrap();
                let all: Vec<u64> = (1..=40).collect();
                while *again.snapshot().unwrap().state(node(1)) != all {}
            }
        });
    });
}

#[test]
fn a_node_that_had_stopped_is_stopped_when_it_comes_back() {
    finishes(|| {
        let topology = Arc::new(Topology::from_links(2, []).unwrap());
        let cluster = Plan::new(2, Arc::clone(&topology)).start(|_, _| Sum::default());
        cluster.stop_node(node(1)).unwrap();
        (5..8).for_each(|value| cluster.inject(node(1), value).unwrap());
        let last = cluster.snapshot_and_stop().unwrap();
        assert!(last.is_stopped(node(1)) && !last.is_stopped(node(0)));
        let again = Plan::new(1, topology).restore(&last, |_, _| Sum::default()).unwrap();
        let snapshot = again.snapshot().unwrap();
        assert!(snapshot.is_stopped(node(1)) && !snapshot.is_stopped(node(0)));
        assert_eq!(snapshot.in_flight().map(|(_, value)| *value).collect::<Vec<_>>(), [5, 6, 7]);
    });
}

#[test]
fn what_does_not_fit_is_refused_on_every_worker() {
    finishes(|| {
        let topology = Arc::new(Topology::line(3).unwrap());
        let whole =
            Plan::new(2, topology).start(|_, _| Sum::default()).snapshot_and_stop().unwrap();
        let refused = |plan: Plan| {
            let never = |_: NodeId, _: &Topology| -> Sum { unreachable!("nothing is made") };
            plan.restore(&whole, never).err().expect("it does not fit")
        };
        let error = refused(Plan::new(3, Topology::line(4).unwrap()));
        let BuildError::Restore(RestoreError::OtherNodes { recorded: 3, given: 4 }) = error else {
            panic!("{error}");
        };
        let turned = Topology::from_links(3, [(0, 1), (2, 1)]).unwrap();
        assert!(matches!(
            refused(Plan::new(2, turned)),
            BuildError::Restore(RestoreError::OtherLink { .. })
        ));
        let line = || Topology::line(3).unwrap();
        let error = refused(Plan::new(2, line()).with(ClusterSettings::new().capacity(0)));
        assert!(error.to_string().contains("link 0 from node 0 to node 1"), "{error}");
        let settings = ClusterSettings::new().link_capacity(link(2), 1);
        let error = refused(Plan::new(2, line()).with(settings));
        assert!(error.to_string().contains("link 2"), "{error}");
        let settings = ClusterSettings::new().max_concurrent_snapshots(0);
        let error = refused(Plan::new(2, line()).with(settings));
        assert!(error.to_string().contains("max_concurrent_snapshots"), "{error}");
        let by = Placement::by(NodeId::index);
        let error = refused(Plan::new(2, line()).placed(by));
        assert!(matches!(error, BuildError::NoSuchWorker { worker: 2, workers: 2, .. }), "{error}");
    });
}

/// Keeps its state.
struct Keeper(u64);

impl Process for Keeper {
    type State = u64;
    type Message = ();

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}

    fn state(&self) -> u64 {
        self.0
    }
}

impl Restore for Keeper {
    fn on_restore(&mut self, state: u64, _: &mut Context<'_, ()>) {
        assert!(state != 2, "one node cannot be restored");
        self.0 = state;
    }
}

/// The order to end comes before the first worker has started its nodes. The processes that the
/// worker hands back have their states all the same.
#[test]
fn a_cluster_that_ends_at_once_hands_back_restored_processes() {
    finishes(|| {
        let topology = Arc::new(Topology::ring(5000).unwrap());
        let simulation = Simulation::builder(Arc::clone(&topology));
        let simulation = simulation.start(|node| Keeper(node.index() as u64)).unwrap();
        let from = Arc::new(simulation.global_state().unwrap());
        timely::execute_directly(move |worker| {
            let (placement, settings) = (Placement::blocks(), ClusterSettings::new());
            let cluster = worker.dataflow::<u64, _, _>(|scope| {
                let keeper = |_| Keeper(u64::MAX);
                Cluster::restore(scope, &topology, &placement, &settings, &from, keeper).unwrap().0
            });
            cluster.handle().unwrap().shut_down();
            while !cluster.has_ended() {
                worker.step_or_park(None);
            }
            let processes = cluster.into_processes().into_iter();
            let states: Vec<u64> = processes.map(|(_, process)| process.0).collect();
            assert!(states.into_iter().eq((0..5000).filter(|state| *state != 2)));
        });
    });
}
