//! A restore from a snapshot: messages in flight come first, in their order, once, and all counts
//! go on.

use std::sync::Arc;

use consistent_cut::protocol::NodeCore;
use consistent_cut::{MarkerPolicy, NodeId, RestoreError, SnapshotId, Topology};

use crate::brief::{l, links, message, n, on_both_policies, outputs, pay, s};
use crate::teller::{Cause, Character, Task, Teller};
use crate::world::World;

fn second_life(
    first: &World,
    id: SnapshotId,
    policy: MarkerPolicy,
    room: &[(u32, u64)],
    character: Character,
) -> World {
    let mut world = World::cores(&first.topology, policy, character);
    room.iter().for_each(|&(link, capacity)| world.set_capacity(l(link), capacity));
    world.go_on_from(first, first.snapshot(id));
    world
}

fn received(world: &World, node: NodeId) -> Vec<Cause> {
    world.events.iter().filter(|event| event.node == node).map(|event| event.cause).collect()
}

/// Two nodes; on link 0 are messages 2 to 4, on the environment link of node 1 one message.
fn first_life(policy: MarkerPolicy) -> World {
    let mut world = World::quiet(links(2, &[(0, 1), (1, 0)]), policy);
    world.tell(n(0), &[pay(0)]);
    world.deliver(l(0));
    world.process(n(1));
    world.inject(n(1), &[]);
    world.begin(1, &[n(1)]);
    world.tell(n(0), &[pay(0), pay(0), pay(0)]);
    world.settle();
    world.assert_sound();
    assert_eq!(world.recorded(s(1), l(0)), [2, 3, 4]);
    world
}

#[test]
fn what_was_in_flight_is_processed_first_in_order_and_once() {
    on_both_policies(|policy| {
        let first = first_life(policy);
        let mut world = second_life(&first, s(1), policy, &[], Character::default());
        world.tell(n(0), &[pay(0)]);
        world.settle();
        world.assert_sound();
        let numbers = |link| {
            let causes = received(&world, n(1)).into_iter();
            let of = causes.filter_map(move |cause| match cause {
                Cause::Message(on, number) => (on == l(link)).then_some(number),
                _ => None,
            });
            of.collect::<Vec<_>>()
        };
        assert_eq!(numbers(0), [2, 3, 4, 5]);
        assert_eq!(numbers(3), [1], "what had been injected and not received");
        assert!(
            !world.events.iter().any(|event| event.cause == Cause::Start),
            "on_start is not run"
        );
    });
}

/// Messages that a process sends when it is restored stand behind those in flight.
#[test]
fn what_a_restored_process_sends_comes_behind_what_was_in_flight() {
    on_both_policies(|policy| {
        let first = first_life(policy);
        let greeting = Character { greets: true, ..Character::default() };
        let mut world = second_life(&first, s(1), policy, &[], greeting);
        world.begin(9, &[n(1)]);
        world.settle();
        world.assert_sound();
        assert_eq!(world.recorded(s(9), l(0)), [2, 3, 4, 5]);
        assert_eq!(received(&world, n(0))[0], Cause::Restore);
    });
}

/// Snapshots of the second life count the messages of both lives.
#[test]
fn the_channel_law_spans_both_lives() {
    on_both_policies(|policy| {
        let first = first_life(policy);
        let mut world = second_life(&first, s(1), policy, &[], Character::default());
        world.process(n(1));
        world.begin(2, &[n(1)]);
        world.tell(n(0), &[pay(0)]);
        world.inject(n(1), &[]);
        world.settle();
        world.begin(3, &[n(0)]);
        world.settle();
        world.assert_sound();
        let channel = world.snapshot(s(2)).channel(l(0)).clone();
        assert_eq!((channel.sent(), channel.received()), (5, 2));
        let outside = world.snapshot(s(3)).channel(l(3)).clone();
        assert_eq!((outside.sent(), outside.received()), (2, 2));
    });
}

#[test]
fn a_sender_whose_messages_waited_for_room_is_blocked_again() {
    on_both_policies(|policy| {
        let first = first_life(policy);
        for (capacity, blocked) in [(1, true), (2, true), (3, false), (4, false)] {
            let room = [(0, capacity)];
            let mut world = second_life(&first, s(1), policy, &room, Character::default());
            assert_eq!(world.may_handle(n(0)), !blocked, "{capacity}");
            world.inject(n(0), &[pay(0)]);
            assert_eq!(world.process(n(0)), !blocked);
            world.settle();
            world.begin(2, &[n(0)]);
            world.settle();
            world.assert_sound();
            assert_eq!(world.ledger(n(0)).counts.sent[0], 5);
        }
    });
}

/// A deadlock of full links is restored as a deadlock, and so is a snapshot of the restored system.
#[test]
fn a_deadlock_survives_two_restores() {
    on_both_policies(|policy| {
        let room = [(0, 1), (1, 1)];
        let mut world = World::quiet_with_room(Topology::ring(2).unwrap(), policy, &room);
        world.tell(n(0), &[pay(0), pay(0)]);
        world.tell(n(1), &[pay(1), pay(1)]);
        for id in 1..3 {
            world.settle();
            assert!(world.is_deadlocked());
            world.begin(id, &[n(0)]);
            world.settle();
            world.assert_sound();
            assert_eq!(world.recorded(s(id), l(1)), [1, 2]);
            world = second_life(&world, s(id), policy, &room, Character::default());
        }
        assert!(world.is_deadlocked());
    });
}

/// At one core, a marker comes before anything is processed. Under both policies all restored
/// messages are in flight.
#[test]
fn restored_messages_are_recorded_and_processed_once() {
    on_both_policies(|policy| {
        let first = first_life(policy);
        let topology = Arc::clone(&first.topology);
        let teller = Teller::new(n(1), &topology, Character::default());
        let mut core = NodeCore::new(n(1), topology, teller, policy);
        core.restore(first.snapshot(s(1)).image(n(1)).unwrap());
        assert_eq!(core.waiting(), 4);
        core.arrive(l(0), message(0, 5, &[])).unwrap();
        core.begin_snapshot(s(2));
        while core.process_next().is_some() {}
        core.arrive(l(0), crate::brief::marker(2)).unwrap();
        core.process_next();
        let output = outputs(&mut core);
        let expected = "snapshot 2 closes link 0 with [2, 3, 4, 5]".to_owned();
        assert!(output.contains(&expected), "{output:?}");
        assert_eq!(core.process().ledger.counts.received[..], [5, 1]);
    });
}

#[test]
fn a_snapshot_tells_the_highest_id_begun_before_it_was_complete() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::ring(2).unwrap(), policy);
        world.begin(5, &[n(0)]);
        world.begin(9, &[n(0)]);
        world.begin(7, &[n(0)]);
        world.settle();
        world.begin(6, &[n(0)]);
        world.settle();
        assert!(world.snapshots.iter().all(|snapshot| snapshot.highest_id() == s(9)));
    });
}

#[test]
fn what_does_not_fit_is_refused_by_the_name_of_node_or_link() {
    let first = first_life(MarkerPolicy::Overtaking);
    let snapshot = first.snapshot(s(1));
    assert!(snapshot.check_fits(&first.topology).is_ok());
    let named = Topology::from_named_links([("Ann", "Bob"), ("Bob", "Ann")]).unwrap();
    assert!(snapshot.check_fits(&named).is_ok(), "names may differ");

    let error = snapshot.check_fits(&Topology::ring(3).unwrap()).unwrap_err();
    assert!(matches!(error, RestoreError::OtherNodes { recorded: 2, given: 3 }), "{error}");
    for (other, word) in [
        (links(2, &[(0, 1), (0, 1)]), "link 1 from node 0 to node 1"),
        (links(2, &[(0, 1)]), "no link 1"),
        (links(2, &[(0, 1), (1, 0), (1, 1)]), "link 2 from node 1 to node 1"),
    ] {
        let error = snapshot.check_fits(&other).unwrap_err();
        assert!(matches!(error, RestoreError::OtherLink { .. }));
        assert!(error.to_string().contains(word), "{error}");
    }
    let error = snapshot.image(n(2)).unwrap_err();
    assert!(matches!(error, RestoreError::UnknownNode { nodes: 2, .. }), "{error}");
}

/// The shape is the same, but each node would get another node's state.
#[test]
fn names_that_differ_are_refused_and_named() {
    let named = |names: [&str; 3]| {
        let [one, two, three] = names;
        Topology::from_named_links([(one, two), (two, three), (three, one)]).unwrap()
    };
    let mut world = World::quiet(named(["Ann", "Bob", "Eve"]), MarkerPolicy::Overtaking);
    let id = world.begin(1, &[n(0)]);
    world.settle();
    let snapshot = world.snapshot(id);
    assert!(snapshot.check_fits(&named(["Ann", "Bob", "Eve"])).is_ok());
    assert!(snapshot.check_fits(&Topology::ring(3).unwrap()).is_ok(), "names are not needed");
    let refused = |names| snapshot.check_fits(&named(names)).unwrap_err().to_string();
    let texts = [
        (
            ["Ann", "Bob", "Joe"],
            "node 2 is named \"Eve\" in the snapshot and \"Joe\" in the topology: ",
        ),
        (
            ["Ann", "Eve", "Bob"],
            "node 1 is named \"Bob\" in the snapshot and \"Eve\" in the topology, and 1 more node has another name: ",
        ),
        (
            ["Bob", "Eve", "Ann"],
            "node 0 is named \"Ann\" in the snapshot and \"Bob\" in the topology, and 2 more nodes have other names: ",
        ),
    ];
    for (names, text) in texts {
        assert!(refused(names).starts_with(text), "{}", refused(names));
    }
}

#[test]
fn a_snapshot_without_a_node_that_was_down_restores_nothing() {
    let mut world = World::quiet(Topology::ring(2).unwrap(), MarkerPolicy::Overtaking);
    world.fail(n(0));
    world.node_failed(n(0));
    let id = world.begin(1, &[n(1)]);
    world.settle();
    let snapshot = world.snapshot(id);
    let errors =
        [snapshot.image(n(0)).unwrap_err(), snapshot.check_fits(&world.topology).unwrap_err()];
    for error in errors {
        assert!(matches!(&error, RestoreError::NodeFailed { failure } if failure.node == n(0)));
        assert!(error.to_string().contains("node 0"), "{error}");
    }
    assert!(snapshot.image(n(1)).is_ok());
}

#[test]
#[should_panic(expected = "a node is restored from its own image")]
fn the_image_of_another_node_is_refused() {
    let first = first_life(MarkerPolicy::Overtaking);
    let topology = Arc::clone(&first.topology);
    let teller = Teller::new(n(0), &topology, Character::default());
    let mut core = NodeCore::new(n(0), topology, teller, MarkerPolicy::Overtaking);
    core.restore(first.snapshot(s(1)).image(n(1)).unwrap());
}

#[test]
#[should_panic(expected = "a node is restored with its own links")]
fn an_image_with_other_links_is_refused() {
    let first = first_life(MarkerPolicy::Overtaking);
    let topology = Arc::new(Topology::from_links(2, [(0, 1), (0, 1), (1, 0)]).unwrap());
    let teller = Teller::new(n(0), &topology, Character::default());
    let mut core = NodeCore::new(n(0), topology, teller, MarkerPolicy::Overtaking);
    core.restore(first.snapshot(s(1)).image(n(0)).unwrap());
}

/// A stop is not part of the state: the processes of the second life run.
#[test]
fn a_node_that_had_stopped_stays_so() {
    on_both_policies(|policy| {
        let mut first = World::quiet(links(2, &[(0, 1), (1, 0)]), policy);
        first.tell(n(1), &[Task::Stop]);
        first.tell(n(0), &[pay(0)]);
        first.begin(1, &[n(0)]);
        first.settle();
        assert_eq!(first.recorded(s(1), l(0)), [1]);
        let mut world = second_life(&first, s(1), policy, &[], Character::default());
        world.settle();
        world.assert_sound();
        assert_eq!(world.ledger(n(1)).counts.received[0], 0, "the message stays on its link");
    });
}
