//! Steps by hand, and the view of an observer of the whole system.

use consistent_cut::simulation::{NotEnabled, Simulation, Step};
use consistent_cut::{
    InjectError, LinkId, MarkerPolicy, NodeId, SnapshotId, SnapshotOptions, SpawnError, Topology,
};

use crate::channel_law;
use crate::chatter::chatter;
use crate::note::Note;
use crate::puppet::Puppet;

const NODES: [NodeId; 2] = [NodeId::new(0), NodeId::new(1)];
const LINK: LinkId = LinkId::new(0);
const BACK: LinkId = LinkId::new(1);

/// A ring of two, of which node 0 sends two messages when it starts.
fn two(policy: MarkerPolicy) -> Simulation<Puppet> {
    let topology = Topology::ring(2).expect("two nodes are a ring");
    let builder = Simulation::builder(topology.clone()).marker_policy(policy);
    let opening = |node: NodeId| 2 * u64::from(node == NODES[0]);
    builder.start(|node| chatter(&topology, node, opening(node))).expect("no setting is wrong")
}

fn take(simulation: &mut Simulation<Puppet>, steps: &[Step]) {
    for step in steps {
        simulation.step(*step).unwrap_or_else(|error| panic!("{error}"));
    }
}

fn on_link(simulation: &Simulation<Puppet>, link: LinkId) -> Vec<u64> {
    let state = simulation.global_state().expect("no node has failed");
    channel_law::check(&state);
    state.channel(link).messages().iter().map(|note| note.number).collect()
}

#[test]
fn only_what_is_possible_can_be_done() {
    let mut simulation = two(MarkerPolicy::Overtaking);
    assert_eq!(simulation.enabled(), [Step::Deliver(LINK)]);
    for step in [
        Step::Deliver(BACK),
        Step::Deliver(LinkId::new(9)),
        Step::Handle(NODES[1]),
        Step::Fire(NODES[0]),
        Step::Initiate(NODES[0], SnapshotId::new(1)),
    ] {
        let error = simulation.step(step).expect_err("nothing of this is there");
        assert_eq!(error, NotEnabled(step));
        assert!(error.to_string().contains("Simulation::enabled"), "{error}");
    }
    assert_eq!(
        (simulation.enabled(), simulation.schedule().actions()),
        (&[Step::Deliver(LINK)][..], &[][..])
    );
}

#[test]
fn a_message_is_on_its_link_until_it_is_handled() {
    let mut simulation = two(MarkerPolicy::Overtaking);
    assert_eq!(on_link(&simulation, LINK), [1, 2]);
    take(&mut simulation, &[Step::Deliver(LINK)]);
    assert_eq!(on_link(&simulation, LINK), [1, 2], "it waits at the node");
    assert_eq!(simulation.deliveries(), 1);
    take(&mut simulation, &[Step::Handle(NODES[1])]);
    assert_eq!(on_link(&simulation, LINK), [2]);
}

/// The same run under both policies: a message waits at node 1, and behind it comes the marker.
#[test]
fn a_snapshot_by_hand() {
    let record = |policy| {
        let mut simulation = two(policy);
        let id = simulation.begin_snapshot().expect("no node has failed");
        let initiate = Step::Initiate(NODES[0], id);
        assert!(simulation.enabled().contains(&initiate));
        take(&mut simulation, &[initiate, Step::Deliver(LINK), Step::Deliver(LINK)]);
        assert!(simulation.snapshots().is_empty());
        take(&mut simulation, &[Step::Deliver(LINK)]);
        if policy == MarkerPolicy::InOrder {
            assert!(!simulation.enabled().contains(&Step::Deliver(BACK)), "the marker waits");
            take(&mut simulation, &[Step::Handle(NODES[1]); 3]);
        }
        // Where the marker waits its turn at node 0 too, messages that came before it are handled
        // first.
        let state = loop {
            let back = Step::Deliver(BACK);
            let is_on_the_way = simulation.enabled().contains(&back);
            let step = if is_on_the_way { back } else { Step::Handle(NODES[0]) };
            if let [snapshot] = simulation.step(step).expect("a marker comes back") {
                break snapshot.clone();
            }
        };
        assert_eq!((state.id(), state.initiators()), (id, &NODES[..1]));
        channel_law::check(&state);
        state.channel(LINK).messages().len()
    };
    assert_eq!(record(MarkerPolicy::Overtaking), 2);
    assert_eq!(record(MarkerPolicy::InOrder), 0);
}

#[test]
fn an_initiator_that_was_reached_before_has_nothing_to_do() {
    let mut simulation = two(MarkerPolicy::Overtaking);
    let id = simulation.begin_snapshot_with(SnapshotOptions::at(NODES)).expect("they reach all");
    take(
        &mut simulation,
        &[Step::Initiate(NODES[1], id), Step::Deliver(BACK), Step::Initiate(NODES[0], id)],
    );
    take(&mut simulation, &[Step::Deliver(LINK); 3]);
    assert_eq!(simulation.snapshots().len(), 1);
    channel_law::check(&simulation.snapshots()[0]);
}

/// In order, the marker waits behind messages for its turn. A node that stops handles none of the
/// messages.
#[test]
fn a_stop_hands_out_the_snapshot_that_it_completes_as_a_step_does() {
    let mut simulation = two(MarkerPolicy::InOrder);
    let id =
        simulation.begin_snapshot_with(SnapshotOptions::at(&NODES[1..])).expect("it reaches all");
    take(&mut simulation, &[Step::Initiate(NODES[1], id), Step::Deliver(BACK)]);
    take(&mut simulation, &[Step::Handle(NODES[0]), Step::Deliver(LINK)]);
    take(&mut simulation, &[Step::Deliver(LINK); 2]);
    assert!(simulation.snapshots().is_empty(), "the marker waits behind two messages");
    let complete = simulation.stop_node(NODES[1]).expect("it is there").to_vec();
    assert_eq!(complete.iter().map(|snapshot| snapshot.id()).collect::<Vec<_>>(), [id]);
    channel_law::check(&complete[0]);
    assert_eq!(complete[0].channel(LINK).messages().len(), 2);
    assert_eq!(simulation.snapshots().len(), 1);
    assert_eq!(simulation.stop_node(NODES[1]).map(<[_]>::len), Ok(0), "it had stopped");
}

#[test]
fn what_is_injected_waits_for_its_turn() {
    let mut simulation = two(MarkerPolicy::Overtaking);
    let note = Note::from_outside(simulation.topology(), NODES[1], 1);
    simulation.inject(NODES[1], note.clone()).expect("the node is there");
    let state = simulation.global_state().expect("no node has failed");
    let environment = state.topology().environment_link(NODES[1]).expect("each node has one");
    assert_eq!(state.channel(environment.id).messages(), std::slice::from_ref(&note));
    take(&mut simulation, &[Step::Handle(NODES[1])]);
    assert_eq!(simulation.process(NODES[1]).map(|node| node.record.counts.received[1]), Some(1));
    let refused = simulation.inject(NodeId::new(2), note.clone());
    assert_eq!(
        refused,
        Err(InjectError::UnknownNode { node: NodeId::new(2), nodes: 2, message: note })
    );
}

/// With room for one message node 0 handles nothing until one of its two is handled.
#[test]
fn a_full_link_holds_up_its_sender() {
    let topology = Topology::ring(2).expect("two nodes are a ring");
    let builder = Simulation::builder(topology.clone()).capacity(1);
    let start = |node| chatter(&topology, node, 2 * u64::from(node == NODES[0]));
    let mut simulation = builder.start(start).expect("no setting is wrong");
    let note = Note::from_outside(&topology, NODES[0], 1);
    simulation.inject(NODES[0], note).expect("the node is there");
    assert!(!simulation.enabled().contains(&Step::Handle(NODES[0])));
    let id =
        simulation.begin_snapshot_with(SnapshotOptions::at(&NODES[..1])).expect("it reaches all");
    take(&mut simulation, &[Step::Initiate(NODES[0], id), Step::Deliver(LINK)]);
    assert!(!simulation.enabled().contains(&Step::Handle(NODES[0])), "delivered is not handled");
    take(&mut simulation, &[Step::Handle(NODES[1])]);
    assert!(simulation.enabled().contains(&Step::Handle(NODES[0])));
}

#[test]
fn what_could_never_work_is_refused_before_the_start() {
    let topology = || Topology::ring(2).expect("two nodes are a ring");
    let start = |node| chatter(&topology(), node, 0);
    let zero = Simulation::builder(topology()).link_capacity(BACK, 0).start(start);
    assert!(matches!(&zero, Err(SpawnError::ZeroCapacity { link }) if *link == BACK), "{zero:?}");
    let unknown = Simulation::builder(topology()).link_capacity(LinkId::new(7), 1).start(start);
    assert!(matches!(unknown, Err(SpawnError::UnknownLink { links: 2, .. })), "{unknown:?}");
}

#[test]
fn one_link_may_be_without_the_limit_of_the_others() {
    let topology = Topology::ring(2).expect("two nodes are a ring");
    let builder = Simulation::builder(topology.clone()).capacity(3).link_unbounded(BACK);
    let simulation = builder.start(|node| chatter(&topology, node, 0));
    let state =
        simulation.expect("no setting is wrong").global_state().expect("no node has failed");
    assert_eq!([LINK, BACK].map(|link| state.channel(link).capacity()), [Some(3), None]);
}
