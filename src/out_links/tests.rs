//! Tests of the messages that gather on links, of the counts, and of the messages that wait.

use super::OutLinks;
use super::batch_pool::{LARGE, PLACES};
use crate::topology::Topology;

/// Makes this many links, with batches of at most `most` messages.
fn links(links: usize, most: usize) -> OutLinks<u64> {
    let topology = Topology::star(links + 1).unwrap();
    let hub = topology.nodes().next().unwrap();
    let mut links = OutLinks::new(&topology, hub);
    links.limit_batches(most);
    links
}

/// Sends a message. Tells whether it waits, and hands out the previous batch if it was full.
fn send(links: &mut OutLinks<u64>, slot: usize, message: u64) -> (bool, Option<Vec<u64>>) {
    let mut closed = None;
    if !links.is_ready(slot) {
        closed = links.prepare(slot).map(|(_, messages)| messages);
    }
    let mut open = Vec::new();
    let terms = links.lend(slot, &mut open);
    assert!(open.len() < terms.ready_for.min(open.capacity()), "ready for a message");
    open.push(message);
    links.give_back(slot, &mut open);
    (links.full().contains(&slot), closed)
}

#[test]
fn a_link_without_a_capacity_never_fills() {
    let mut links = links(1, usize::MAX);
    assert!((0..10_000).all(|message| send(&mut links, 0, message) == (false, None)));
    assert!(!links.calls_driver());
    assert_eq!(links.sent_on(0), 10_000);
}

#[test]
fn what_is_over_the_capacity_waits_until_enough_is_received() {
    for most in [1, 2, 3, 100] {
        let mut links = links(2, most);
        links.set_capacity(0, 2);
        links.set_capacity(1, 1);
        let mut waits = |slot| send(&mut links, slot, 0).0;
        assert_eq!([waits(0), waits(0), waits(0), waits(0)], [false, false, true, true]);
        assert_eq!([waits(1), waits(1)], [false, true]);
        assert_eq!(links.full(), [0, 1]);
        assert!(links.is_blocked() && links.calls_driver());
        links.acknowledge(0, 1);
        links.acknowledge(1, 1);
        assert_eq!(links.full(), [0], "one of four is received, and two are allowed");
        assert!(!links.acknowledge(0, 0));
        assert_eq!(*links.acknowledged(), [1, 1]);
        links.acknowledge(0, 2);
        assert!(!links.is_blocked());
        assert!(send(&mut links, 0, 0).0, "full again");
        assert_eq!(links.full(), [0], "and listed once");
    }
}

#[test]
fn what_is_taken_back_waits_no_more_and_counts_no_more() {
    for most in [1, 2, 100] {
        let mut links = links(1, most);
        links.set_capacity(0, 2);
        let mut closed: Vec<_> = (1..=4).filter_map(|n| send(&mut links, 0, n).1).collect();
        for message in [4, 3, 2] {
            assert!(message > 2 || !links.is_blocked());
            let taken = links.take_back(0, |_| {
                closed.retain(|batch: &Vec<u64>| !batch.is_empty());
                closed.last_mut().and_then(Vec::pop)
            });
            assert_eq!((taken, links.sent_on(0)), (Some(message), message - 1));
        }
        assert_eq!([5, 6].map(|message| send(&mut links, 0, message).0), [false, true]);
    }
}

#[test]
fn counts_of_an_earlier_life_go_on() {
    let mut links = links(2, 2);
    (0..2).for_each(|slot| links.set_capacity(slot, 3));
    links.restore(0, 10, 7);
    links.restore(1, 10, 6);
    assert_eq!((links.full(), links.sent().collect::<Vec<_>>()), (&[1][..], vec![10, 10]));
    assert!(send(&mut links, 0, 1).0);
    assert_eq!(links.full(), [1, 0]);
}

#[test]
fn a_batch_that_the_next_message_fills_calls_the_driver() {
    for most in [1, 2, 5] {
        let mut links = links(2, most);
        for message in 1..=most as u64 {
            assert!(!links.has_full_batch());
            send(&mut links, 1, message);
        }
        assert!(links.has_full_batch() && links.calls_driver());
        assert_eq!((links.first_begun, links.last_begun), (1, 1), "listed once");
        let full: Vec<_> = (1..=most as u64).collect();
        assert_eq!(send(&mut links, 1, 9), (false, Some(full)));
        links.close_batches(|_, batch| assert_eq!(batch, [9]));
        links.close_batches(|_, batch| unreachable!("{batch:?} was closed"));
        assert!(!links.has_full_batch());
    }
}

/// Other batches get memory for few messages at first, since a thousand links may send one each.
#[test]
fn a_batch_behind_a_full_one_has_memory_for_a_full_one_at_once() {
    let mut links = links(2, 50);
    (0..50).for_each(|message| _ = send(&mut links, 0, message));
    links.close_batches(|_, batch| assert_eq!(batch.len(), 50));
    (0..2).for_each(|slot| _ = send(&mut links, slot, 50));
    let memory = [0, 1].map(|slot| links.links[slot].open.capacity() >= 50);
    assert_eq!(memory, [true, false]);
}

#[test]
fn room_is_what_the_capacity_leaves_and_is_asked_for_once() {
    let mut links = links(2, 10);
    links.set_capacity(0, 2);
    assert_eq!(links.room(1), u64::MAX);
    assert!(!links.calls_driver());
    assert_eq!(links.room(0), 2);
    assert!(links.calls_driver());
    send(&mut links, 0, 1);
    assert_eq!(links.room(0), 1);
    (0..2).for_each(|message| _ = send(&mut links, 0, message));
    assert_eq!(links.room(0), 0);
    assert_eq!(links.watched(), [0]);
    assert!(links.calls_driver());
}

/// There is a place for each batch but the last, which stays with its link.
#[test]
fn batches_that_are_emptied_go_to_a_pool_or_stay() {
    let mut links = links(PLACES + 1, usize::MAX);
    assert!(links.spares.batches().is_empty(), "from now on there are places");
    (0..=PLACES).for_each(|slot| _ = send(&mut links, slot, slot as u64));
    let mut sent = Vec::new();
    links.empty_batches(|link, batch| {
        sent.extend(batch.drain(..).map(|message| (link.id, message)));
    });
    let ids = (0..=PLACES).map(|slot| (links.id(slot), slot as u64));
    assert!(sent.iter().copied().eq(ids), "{sent:?}");
    let kept: Vec<_> = links.links.iter().map(|link| link.open.capacity() > 0).collect();
    assert!(kept[..PLACES].iter().all(|kept| !kept) && kept[PLACES], "{kept:?}");
    let memory = links.links[PLACES].open.as_ptr();
    send(&mut links, PLACES, 9);
    assert_eq!(links.links[PLACES].open.as_ptr(), memory, "it is used again");
    assert!(send(&mut links, PLACES, 10).1.is_none());
    links.empty_batches(|link, batch| {
        sent.extend(batch.drain(..).map(|message| (link.id, message)));
    });
    assert_eq!((sent.len(), links.sent_on(PLACES)), (PLACES + 3, 3));
    assert_eq!(links.spares.batches().len(), PLACES);
    links.give_memory_back();
    assert_eq!(links.links[PLACES].open.capacity(), 0);
}

#[test]
fn emptied_batches_are_used_again_and_large_ones_are_not_kept() {
    let mut unlimited = links(1, usize::MAX);
    unlimited.reuse(Vec::with_capacity(LARGE + 1));
    assert!(unlimited.spares.batches().is_empty());
    unlimited.reuse(Vec::with_capacity(LARGE));
    assert_eq!(unlimited.spares.batches().len(), 1);
    let mut links = links(1, 4);
    links.reuse(Vec::with_capacity(100));
    links.reuse(Vec::new());
    links.reuse(vec![1]);
    assert!(links.spares.batches().is_empty());
    (0..2 * PLACES).for_each(|_| links.reuse(Vec::with_capacity(4)));
    assert_eq!(links.spares.batches().len(), PLACES);
    send(&mut links, 0, 1);
    assert_eq!(links.spares.batches().len(), PLACES - 1);
    // A small batch grows only to the length of a full batch.
    (2..=4).for_each(|message| _ = send(&mut links, 0, message));
    links.close_batches(|_, batch| assert_eq!(batch.len(), 4));
    *links.spares.batches() = vec![Vec::with_capacity(1)];
    (1..=4).for_each(|message| _ = send(&mut links, 0, message));
    assert_eq!(links.links[0].open.capacity(), 4);
    links.give_memory_back();
    assert!(links.spares.batches().is_empty());
}
