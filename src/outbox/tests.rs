//! The order in which the output of a node comes out.

use super::{Effect, Held, KEPT, Outbox};
use crate::id::{NodeId, SnapshotId};
use crate::topology::Topology;

/// A node with two links that leave it.
fn outbox(most_in_a_batch: usize) -> Outbox<u64> {
    let topology = Topology::complete(3).unwrap();
    let mut outbox = Outbox::new(&topology, NodeId::new(0));
    outbox.links.limit_batches(most_in_a_batch);
    outbox
}

/// A context's sends on one link: it turns where the batch that it holds is not ready.
fn send(outbox: &mut Outbox<u64>, slot: usize, messages: impl IntoIterator<Item = u64>) {
    let (id, mut held) = (outbox.links.id(slot), Held::none());
    for message in messages {
        if let Err(message) = held.send(id, message) {
            outbox.turn_to(slot, &mut held);
            held.push(message);
        }
    }
    outbox.put_back(&mut held);
}

fn emit(outbox: &mut Outbox<u64>, message: u64) {
    let mut held = Held::none();
    outbox.turn_to_output(&mut held);
    assert_eq!(held.emit(message), Ok(()));
    outbox.put_back(&mut held);
}

fn marker(outbox: &Outbox<u64>, slot: usize) -> Effect<u64> {
    Effect::Marker { link: outbox.links.id(slot), snapshot: SnapshotId::new(1) }
}

/// The drained output in short form: the slot and the messages; for a marker the slot and no
/// message.
fn drained(outbox: &mut Outbox<u64>) -> Vec<(usize, Vec<u64>)> {
    let ids = [outbox.links.id(0), outbox.links.id(1)];
    let slot = |link| usize::from(link == ids[1]);
    let brief = |effect| match effect {
        Effect::Messages { link, messages } => (slot(link), messages),
        Effect::Marker { link, .. } => (slot(link), Vec::new()),
        _ => (usize::MAX, Vec::new()),
    };
    outbox.drain().map(brief).collect()
}

#[test]
fn a_marker_stands_between_what_was_sent_before_it_and_after() {
    let mut outbox = outbox(usize::MAX);
    send(&mut outbox, 1, [1]);
    send(&mut outbox, 0, [2, 3]);
    send(&mut outbox, 1, [4]);
    outbox.commit();
    assert!(!outbox.is_mixed() && !outbox.calls_driver() && !outbox.is_empty());
    for slot in [0, 1] {
        outbox.put(marker(&outbox, slot));
    }
    assert!(outbox.is_mixed() && outbox.calls_driver());
    send(&mut outbox, 0, [5]);
    outbox.commit();
    let all = [(1, vec![1, 4]), (0, vec![2, 3]), (0, vec![]), (1, vec![]), (0, vec![5])];
    assert_eq!(drained(&mut outbox), all);
    assert!(outbox.is_empty());
    assert_eq!(drained(&mut outbox), []);
    assert!(!outbox.is_mixed() && !outbox.calls_driver());
    outbox.put(marker(&outbox, 0));
    assert!(!outbox.is_empty(), "messages are left, though no batch is open");
}

#[test]
fn what_a_handler_has_sent_is_known_in_its_order() {
    let mut outbox = outbox(2);
    let sends = |outbox: &Outbox<u64>| {
        outbox.sends().map(|link| usize::from(link == outbox.links.id(1))).collect::<Vec<_>>()
    };
    send(&mut outbox, 1, [1]);
    assert_eq!(sends(&outbox), [1]);
    outbox.commit();
    assert_eq!(sends(&outbox), [0; 0]);
    send(&mut outbox, 1, [2, 3, 4]);
    send(&mut outbox, 0, [5]);
    send(&mut outbox, 1, [6]);
    assert_eq!(sends(&outbox), [1, 1, 1, 0, 1]);
    outbox.commit();
    assert_eq!(sends(&outbox), [0; 0]);
}

#[test]
fn a_node_that_no_link_leaves_sends_nothing() {
    let topology = Topology::from_links(2, [(1, 0)]).unwrap();
    let mut outbox = Outbox::<u64>::new(&topology, NodeId::new(0));
    assert_eq!(outbox.sends().count(), 0);
    assert_eq!(Held::none().send(topology.links()[0].id, 7), Err(7));
    outbox.withdraw();
    outbox.commit();
    assert_eq!(outbox.drain().count(), 0);
}

#[test]
fn batches_are_closed_when_they_are_full() {
    let mut outbox = outbox(2);
    send(&mut outbox, 0, [1]);
    send(&mut outbox, 1, [2]);
    assert!(!outbox.calls_driver());
    send(&mut outbox, 0, [3]);
    assert!(outbox.calls_driver());
    send(&mut outbox, 0, [4, 5, 6]);
    outbox.commit();
    let all = [(0, vec![1, 3]), (0, vec![4, 5]), (0, vec![6]), (1, vec![2])];
    assert_eq!(drained(&mut outbox), all);
    assert!(!outbox.calls_driver());
}

#[test]
fn what_a_handler_has_sent_is_withdrawn_and_kept_and_nothing_else_is() {
    let mut outbox = outbox(2);
    send(&mut outbox, 0, [1]);
    send(&mut outbox, 1, [2]);
    outbox.commit();
    send(&mut outbox, 0, [3, 4, 5, 6, 7]);
    outbox.push(Effect::RequestSnapshot);
    send(&mut outbox, 1, [8]);
    assert_eq!(outbox.links.sent().collect::<Vec<_>>(), [6, 2]);
    outbox.withdraw();
    assert_eq!(outbox.links.sent().collect::<Vec<_>>(), [1, 1]);
    send(&mut outbox, 0, [9]);
    outbox.commit();
    assert_eq!(drained(&mut outbox), [(0, vec![1]), (1, vec![2]), (0, vec![9])]);
    let mut left = outbox.into_messages();
    left.sort_unstable();
    assert_eq!(left, [3, 4, 5, 6, 7, 8]);
}

#[test]
fn what_is_sent_after_a_handler_has_panicked_is_handed_out() {
    let mut outbox = outbox(usize::MAX);
    send(&mut outbox, 0, [1, 2]);
    outbox.withdraw();
    assert_eq!(drained(&mut outbox), []);
    send(&mut outbox, 0, [3]);
    outbox.commit();
    assert_eq!(drained(&mut outbox), [(0, vec![3])]);
}

#[test]
fn the_memory_of_a_burst_is_given_back() {
    let mut outbox = outbox(1);
    outbox.keep_apart();
    let burst = |outbox: &mut Outbox<u64>, messages| {
        (0..messages).for_each(|message| send(outbox, message as usize % 2, [message]));
        outbox.commit();
        assert_eq!(outbox.drain().count() as u64, messages);
    };
    (0..2).for_each(|_| burst(&mut outbox, 100 * KEPT as u64));
    assert!(outbox.effects.capacity() >= 100 * KEPT, "handlers that send many messages keep it");
    assert!(outbox.rare().earlier_runs.capacity() <= KEPT);
    burst(&mut outbox, 1);
    assert_eq!(outbox.effects.capacity(), KEPT, "later handlers give it back");
    burst(&mut outbox, 100 * KEPT as u64);
    send(&mut outbox, 0, [1]);
    assert!(outbox.drain_messages(|_, _| ()));
    assert_eq!(outbox.effects.capacity(), KEPT, "also messages that stand alone");
    burst(&mut outbox, 100 * KEPT as u64);
    outbox.give_memory_back();
    assert_eq!(outbox.effects.capacity(), KEPT, "and a node that sleeps");
}

#[test]
fn the_messages_of_the_running_handler_are_found_wherever_they_are() {
    let mut outbox = outbox(3);
    send(&mut outbox, 0, [1, 2]);
    outbox.commit();
    assert_eq!(outbox.sent_messages(), [&0; 0]);
    // A full batch is closed at once, and an effect closes all batches.
    send(&mut outbox, 0, [3, 4]);
    send(&mut outbox, 1, [5]);
    send(&mut outbox, 0, [6, 7, 8, 9]);
    outbox.push(marker(&outbox, 1));
    send(&mut outbox, 1, [10, 11]);
    assert_eq!(outbox.sent_messages(), [&3, &4, &5, &6, &7, &8, &9, &10, &11]);
    let slots = [0, 0, 1, 0, 0, 0, 0, 1, 1].map(|slot| outbox.links.id(slot));
    assert!(outbox.sends().eq(slots));
}

/// Emitted messages are no sends: neither the links nor the messages have them.
#[test]
fn sent_messages_and_their_links_leave_out_what_is_emitted() {
    let mut outbox = outbox(3);
    emit(&mut outbox, 90);
    send(&mut outbox, 0, [1]);
    (91..95).for_each(|message| emit(&mut outbox, message));
    send(&mut outbox, 1, [2]);
    emit(&mut outbox, 95);
    send(&mut outbox, 0, [3]);
    assert_eq!(outbox.sent_messages(), [&1, &2, &3]);
    let slots = [0, 1, 0].map(|slot| outbox.links.id(slot));
    assert!(outbox.sends().eq(slots));
    emit(&mut outbox, 96);
    let mut held = Held::none();
    outbox.turn_to_output(&mut held);
    assert_eq!(held.send(crate::id::LinkId::OUTPUT, 7), Err(7), "the output is no link");
    outbox.put_back(&mut held);
}
