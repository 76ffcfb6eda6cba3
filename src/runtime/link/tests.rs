//! Both ends of links together.

use std::sync::Arc;

use super::bell::{Bell, Patience, fence_between_push_and_ring};
use super::channel::{Control, full};
use super::command::CommandPort;
use super::gauge::Gauge;
use super::receiver::{LinkReceiver, Receivers};
use super::sender::{LinkSender, Senders};
use crate::id::{LinkId, SnapshotId};
use crate::protocol::Envelope;
use crate::runtime::tuning::{CROWD, EMPTIED_BATCHES, LOOK_FOR_CROWD_EVERY, MANY_LINKS};
use crate::sync::{IS_MODEL, MODEL_MESSAGES, channel, model, spawn};

/// Both ends of `links` links between two nodes, and the receiver's bell.
fn ends(links: u32) -> (Senders<u32>, Receivers<u32>, Arc<Bell>) {
    let (mut senders, mut receivers) =
        (Senders::new(links as usize), Receivers::new(links as usize));
    let (bell, back) = (Arc::new(Bell::new()), Arc::new(Bell::new()));
    for link in 0..links {
        let (tx, rx) = channel();
        let gauge = Gauge::new(u64::MAX, 0, 0);
        let port = CommandPort::new(channel().0, Arc::clone(&back));
        let id = LinkId::new(link);
        let mark = receivers.add(LinkReceiver::new(id, rx, Arc::clone(&gauge), port));
        senders.add(LinkSender::new(tx, (Arc::clone(&bell), false), mark, gauge));
    }
    (senders, receivers, bell)
}

/// Takes everything that is there on each link, in one turn.
fn receive(receivers: &mut Receivers<u32>) -> Vec<(usize, Envelope<u32>)> {
    let (mut received, mut emptied) = (Vec::new(), Vec::new());
    receivers.begin_full_turn();
    while let Some(slot) = receivers.next_link(usize::MAX) {
        while let Some(envelope) = receivers.link(slot).next(&mut emptied) {
            received.push((slot, envelope));
        }
        receivers.leave(slot, &mut emptied);
    }
    received
}

/// A sender puts messages, and a marker in between; the receiver sleeps when it finds nothing. The
/// receiver misses nothing, and no envelope overtakes another.
#[test]
fn a_receiver_sleeps_through_no_hand_over() {
    for links in [1, 3] {
        model(move || {
            let (mut senders, mut receivers, bell) = ends(links);
            let owner = Arc::clone(&bell);
            let sleeper = spawn("sleeper".to_owned(), None, move || {
                owner.belongs_to_this_thread();
                let mut received = Vec::new();
                while received.len() <= MODEL_MESSAGES as usize {
                    if owner.is_urgent() {
                        owner.attend();
                    }
                    received.extend(receive(&mut receivers));
                    if received.len() <= MODEL_MESSAGES as usize {
                        owner.sleep(|| !receivers.is_empty(), || Patience::Endless);
                    }
                }
                received
            });
            let slot = links as usize - 1;
            for message in 0..MODEL_MESSAGES {
                if message == MODEL_MESSAGES / 2 {
                    senders.put_control(slot, Control::Marker(SnapshotId::new(1)));
                }
                senders.put(slot, vec![message]);
            }
            fence_between_push_and_ring();
            senders.ring(|_| u64::from(MODEL_MESSAGES));
            let received = sleeper.expect("a thread").join().expect("no assertion fails");
            let mut expected: Vec<_> = (0..MODEL_MESSAGES).map(Envelope::Message).collect();
            let middle = MODEL_MESSAGES as usize / 2;
            expected.insert(middle, Envelope::Marker(SnapshotId::new(1)));
            let expected: Vec<_> = expected.into_iter().map(|it| (slot, it)).collect();
            assert_eq!(received, expected, "all of it, in the order in which it was put");
        });
    }
}

#[test]
fn what_is_put_is_there_at_once_and_whoever_sleeps_hears_of_a_marker() {
    model(|| {
        let (mut senders, mut receivers, bell) = ends(3);
        assert!(!senders.is_touched() && receivers.is_empty());
        senders.put(2, (0..full::<u32>() as u32).collect());
        assert_eq!(receive(&mut receivers).len(), full::<u32>());
        senders.put(2, vec![1]);
        senders.put(0, vec![2]);
        assert!(!bell.is_urgent() && senders.must_ring() && !receivers.is_empty());
        senders.put_control(2, Control::End);
        assert!(bell.is_urgent());
        let all = [(0, Envelope::Message(2)), (2, Envelope::Message(1)), (2, Envelope::End)];
        assert_eq!(receive(&mut receivers), all);
        assert!(receivers.is_empty());
        senders.ring(|_| 1);
        assert!(!senders.is_touched());
    });
}

#[test]
fn the_memory_of_what_was_received_is_handed_out() {
    model(|| {
        let (mut senders, mut receivers, _) = ends(1);
        let mut emptied = Vec::new();
        senders.put(0, vec![1]);
        senders.put(0, vec![2, 3]);
        receivers.begin_turn();
        let slot = receivers.next_link(usize::MAX).expect("a link");
        assert_eq!(receivers.link(slot).next(&mut emptied), Some(Envelope::Message(1)));
        assert_eq!(emptied.len(), 0);
        assert_eq!(receivers.link(slot).next(&mut emptied), Some(Envelope::Message(2)));
        assert_eq!(emptied.len(), 1);
        receivers.leave(slot, &mut emptied);
        assert_eq!(emptied.len(), 1, "a message is left");
        assert_eq!(receivers.link(slot).next(&mut emptied), Some(Envelope::Message(3)));
        receivers.leave(slot, &mut emptied);
        assert!(emptied.len() == 2 && emptied.iter().all(|memory| memory.capacity() > 0));
    });
}

/// A node takes in a long backlog at once, and sends no more than before.
#[test]
fn memory_is_handed_out_for_a_few_batches() {
    model(|| {
        let (mut senders, mut receivers, _) = ends(1);
        let mut emptied = Vec::new();
        (0..3 * EMPTIED_BATCHES as u32).for_each(|message| senders.put(0, vec![message]));
        receivers.begin_turn();
        let slot = receivers.next_link(usize::MAX).expect("a link");
        while receivers.link(slot).next(&mut emptied).is_some() {}
        assert_eq!(emptied.len(), EMPTIED_BATCHES);
    });
}

/// A receiver does not keep up, whether its sender fills batches or not.
#[test]
fn a_sender_sees_when_more_lie_on_a_link_than_are_good() {
    // A model is too small for a crowd.
    if IS_MODEL {
        return;
    }
    for size in [1, full::<u32>()] {
        let (mut senders, receivers, _) = ends(1);
        let mut sent = 0;
        let crowded_at = (0..2 * CROWD).find_map(|_| {
            senders.put(0, vec![0; size]);
            sent += size as u64;
            senders.ring(|_| sent).then_some(sent)
        });
        let late = crowded_at.expect("a crowd is seen") - CROWD;
        assert!(late > 0 && late <= (LOOK_FOR_CROWD_EVERY + size) as u64, "{late} late");
        drop(receivers);
    }
}

const LINKS: u32 = 100;

/// Puts a message on each of these links, in a batch of its own.
fn put(senders: &mut Senders<u32>, slots: &[usize]) {
    for &slot in slots {
        senders.put(slot, vec![slot as u32]);
        senders.ring(|_| 1);
    }
}

/// Takes one batch of each link that the turn looks at, at most `links` links, and returns their
/// slots.
fn turn(receivers: &mut Receivers<u32>, links: usize) -> Vec<usize> {
    let (mut slots, mut emptied) = (Vec::new(), Vec::new());
    receivers.begin_turn();
    while slots.len() < links {
        let Some(slot) = receivers.next_link(1) else { break };
        while receivers.link(slot).next(&mut emptied).is_some() {}
        receivers.leave(slot, &mut emptied);
        slots.push(slot);
    }
    slots
}

#[test]
fn a_turn_of_a_node_with_many_links_looks_at_those_that_hold_something() {
    model(|| {
        let (mut senders, mut receivers, _) = ends(LINKS);
        assert_eq!(turn(&mut receivers, 9), [0; 0]);
        put(&mut senders, &[70, 3, 3]);
        assert!(!receivers.is_empty());
        assert_eq!(turn(&mut receivers, 9), [3, 70]);
        assert_eq!(turn(&mut receivers, 9), [3], "one of two batches was left");
        assert!(receivers.is_empty());
    });
}

#[test]
fn a_turn_that_is_interrupted_goes_on_in_the_next() {
    model(|| {
        for links in [3, LINKS] {
            let (mut senders, mut receivers, _) = ends(links);
            put(&mut senders, &[0, 0, 1, 2, 2]);
            assert_eq!(turn(&mut receivers, 1), [0]);
            assert_eq!(turn(&mut receivers, 1), [1], "the others have their turn first");
            assert_eq!(turn(&mut receivers, 1), [2]);
            // With few links every link is looked at. With many, links with something left are
            // looked at.
            let next = if links as usize > MANY_LINKS { [0, 2] } else { [0, 1] };
            assert_eq!(turn(&mut receivers, 2), next);
        }
    });
}

#[test]
fn messages_come_out_alone_where_only_messages_are_wanted() {
    model(|| {
        let (mut senders, mut receivers, _) = ends(1);
        let mut emptied = Vec::new();
        senders.put(0, vec![1]);
        senders.put_control(0, Control::End);
        receivers.begin_turn();
        let slot = receivers.next_link(full::<u32>()).expect("a link");
        assert_eq!(receivers.link(slot).next_message(&mut emptied), Some(1));
        assert_eq!(receivers.link(slot).next_message(&mut emptied), None);
        assert_eq!(receivers.link(slot).next(&mut emptied), Some(Envelope::End));
    });
}
