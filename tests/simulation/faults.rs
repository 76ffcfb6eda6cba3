//! Nodes that pause, stop and fail.

use consistent_cut::simulation::{Simulation, Step, UnknownNode};
use consistent_cut::{
    Context, InjectError, Link, LinkId, NodeId, Process, SnapshotError, SnapshotOptions, Topology,
};

use crate::channel_law;
use crate::chatter::chatter;
use crate::note::Note;
use crate::puppet::Puppet;

const NODES: [NodeId; 3] = [NodeId::new(0), NodeId::new(1), NodeId::new(2)];

/// A ring of three whose nodes send one message each.
fn ring() -> Simulation<Puppet> {
    let topology = Topology::ring(3).expect("three nodes are a ring");
    let builder = Simulation::builder(topology.clone());
    builder.start(|node| chatter(&topology, node, 1)).expect("no setting is wrong")
}

/// From outside, to node 1.
fn first_note(simulation: &Simulation<Puppet>) -> Note {
    Note::from_outside(simulation.topology(), NODES[1], 1)
}

/// Whether a step is possible at the node.
fn is_able(simulation: &Simulation<Puppet>, node: NodeId) -> bool {
    let into = simulation.topology().in_links(node)[0].id;
    let out = simulation.topology().out_links(node)[0].id;
    simulation.enabled().iter().any(|step| match step {
        Step::Deliver(link) => *link == into,
        Step::Return(link) => *link == out,
        Step::Handle(at) | Step::Fire(at) | Step::Initiate(at, _) | Step::Close(at, _) => {
            *at == node
        }
    })
}

#[test]
fn nothing_happens_at_a_node_that_is_paused() {
    let mut simulation = ring();
    simulation.pause(NODES[1]).expect("it is there");
    let id =
        simulation.begin_snapshot_with(SnapshotOptions::at(&NODES[1..2])).expect("it reaches all");
    simulation.inject(NODES[1], first_note(&simulation)).expect("it has not failed");
    assert!(!is_able(&simulation, NODES[1]));
    let (taken, by_time) = (simulation.run(1000), simulation.advance());
    assert!(taken > 3 && by_time.is_none() && simulation.snapshots().is_empty());
    assert!(!is_able(&simulation, NODES[1]));
    simulation.resume(NODES[1]).expect("it is there");
    assert!(simulation.enabled().contains(&Step::Initiate(NODES[1], id)));
    simulation.run(1000);
    assert_eq!(simulation.snapshots().len(), 1);
    channel_law::check(&simulation.snapshots()[0]);
    assert!(simulation.enabled().is_empty());
}

#[test]
fn a_node_that_has_stopped_takes_part() {
    let mut simulation = ring();
    simulation.stop_node(NODES[1]).expect("it is there");
    simulation.begin_snapshot().expect("no node has failed");
    simulation.run(1000);
    let [snapshot] = simulation.snapshots() else { panic!("one is complete") };
    channel_law::check(snapshot);
    assert!(snapshot.is_stopped(NODES[1]));
    let into = simulation.topology().in_links(NODES[1])[0].id;
    assert_eq!(snapshot.channel(into).messages().len(), 1, "no node handles it");
}

#[test]
fn snapshots_that_need_a_node_fail_with_it_and_later_ones_go_without() {
    let mut simulation = ring();
    let id = simulation.begin_snapshot().expect("no node has failed");
    simulation.fail(NODES[1]).expect("it is there");
    simulation.fail(NODES[1]).expect("it has failed already");
    let [(failed, SnapshotError::NodeFailed { failure, .. })] = simulation.failed_snapshots()
    else {
        panic!("{:?}", simulation.failed_snapshots())
    };
    assert_eq!((*failed, failure.node.id), (id, NODES[1]));
    assert!(!is_able(&simulation, NODES[1]));
    let note = first_note(&simulation);
    assert!(matches!(simulation.inject(NODES[1], note), Err(InjectError::Ended { .. })));

    // Node 2 reaches node 0, and no node reaches node 2 any more.
    let without = simulation.begin_snapshot().expect("two nodes are left");
    simulation.run(1000);
    let [snapshot] = simulation.snapshots() else { panic!("one is complete") };
    assert_eq!((snapshot.id(), snapshot.initiators()), (without, &NODES[2..]));
    assert_eq!(snapshot.failures(), simulation.failures());
    channel_law::check(snapshot);
    let state = simulation.global_state().expect("two nodes are left");
    channel_law::check(&state);
    assert_eq!(state.failures().len(), 1);
}

#[test]
fn a_system_without_nodes_has_no_state() {
    let mut simulation = ring();
    NODES.iter().for_each(|&node| simulation.fail(node).expect("it is there"));
    assert!(simulation.global_state().is_none());
    assert!(simulation.begin_snapshot().is_err());
    assert!(simulation.enabled().is_empty());
}

#[test]
fn a_node_that_is_not_there_is_an_error() {
    let mut simulation = ring();
    let (node, nodes) = (NodeId::new(3), 3);
    type Call = fn(&mut Simulation<Puppet>, NodeId) -> Result<(), UnknownNode>;
    let calls: [Call; 4] = [Simulation::pause, Simulation::resume, stop, Simulation::fail];
    for call in calls {
        assert_eq!(call(&mut simulation, node), Err(UnknownNode { node, nodes }));
    }
    assert!(simulation.process(node).is_none() && simulation.schedule().actions().is_empty());
}

/// Panics at the second message.
struct Fragile(u32);

impl Process for Fragile {
    type State = u32;
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        for link in ctx.out_links() {
            (0..3).for_each(|_| ctx.send_on(link, ()));
        }
    }

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {
        self.0 += 1;
        assert!(self.0 < 2, "as the test wants it");
    }

    fn state(&self) -> u32 {
        self.0
    }
}

#[test]
fn a_panic_takes_its_node_down_and_no_other() {
    let topology = Topology::line(2).expect("two nodes are a line");
    let mut simulation = Simulation::builder(topology)
        .capacity(1)
        .start(|_| Fragile(0))
        .expect("no setting is wrong");
    simulation.run(1000);
    let [failure] = simulation.failures() else { panic!("{:?}", simulation.failures()) };
    assert_eq!((failure.node.id, failure.panic.as_str()), (NODES[1], "as the test wants it"));
    // The node's sender has all the room of the link.
    simulation.inject(NODES[0], ()).expect("it has not failed");
    assert!(simulation.enabled().contains(&Step::Handle(NODES[0])));
    assert!(!simulation.enabled().contains(&Step::Deliver(LinkId::new(0))), "what is sent is lost");
}

fn stop(simulation: &mut Simulation<Puppet>, node: NodeId) -> Result<(), UnknownNode> {
    simulation.stop_node(node).map(drop)
}
