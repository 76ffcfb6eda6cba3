//! Messages, room and takers, in every order that a model can try.

use std::sync::Arc;

use super::{Outlet, Outlets};
use crate::id::NodeId;
use crate::runtime::link::bell::{Bell, Patience};
use crate::snapshot::OutputState;
use crate::sync::{MODEL_MESSAGES, model, spawn};

const CAPACITY: u64 = 1;

fn outlets(capacity: u64) -> (Arc<Outlets<u64>>, Arc<Bell>) {
    let bell = Arc::new(Bell::new());
    let nothing = |_| OutputState::new(0, Vec::new());
    (Outlets::new([Arc::clone(&bell)], capacity, nothing), bell)
}

/// Emits messages, and sleeps if there is no room.
fn emit_all(mut outlet: Outlet<u64>, bell: &Bell) {
    bell.belongs_to_this_thread();
    let mut known = 0;
    for message in 1..=u64::from(MODEL_MESSAGES) {
        outlet.put(vec![message]);
        while message - known > CAPACITY {
            known = outlet.await_room().unwrap_or(known);
            if message - known > CAPACITY {
                bell.sleep(|| outlet.has_progress(), || Patience::Endless);
            }
        }
    }
}

#[test]
fn no_message_and_no_room_is_slept_through() {
    model(|| {
        let (outlets, bell) = outlets(CAPACITY);
        let outlet = Outlet::new(NodeId::new(0), Arc::clone(&outlets));
        let node = spawn("node".to_owned(), None, move || emit_all(outlet, &bell));
        for number in 1..=u64::from(MODEL_MESSAGES) {
            let taken = outlets.take_by(None).expect("the node emits all");
            assert_eq!((taken.number, taken.message), (number, number));
        }
        assert_eq!(outlets.take_by(None), None, "the node has ended");
        node.expect("a thread").join().expect("no assertion fails");
    });
}

#[test]
fn takers_take_each_message_once() {
    model(|| {
        let (outlets, _) = outlets(u64::MAX);
        let outlet = Outlet::new(NodeId::new(0), Arc::clone(&outlets));
        let other = Arc::clone(&outlets);
        let taker = spawn("taker".to_owned(), None, move || {
            std::iter::from_fn(|| other.take_by(None)).map(|taken| taken.message).collect()
        });
        outlet.put(vec![1, 2]);
        drop(outlet);
        let mut taken: Vec<_> =
            std::iter::from_fn(|| outlets.take_by(None)).map(|taken| taken.message).collect();
        let others: Vec<_> = taker.expect("a thread").join().expect("no assertion fails");
        taken.extend(others);
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
    });
}

/// Wherever the other taker is, the messages that it leaves are found.
#[test]
fn a_taker_that_takes_one_message_hides_no_other() {
    model(|| {
        let (outlets, _) = outlets(u64::MAX);
        let outlet = Outlet::new(NodeId::new(0), Arc::clone(&outlets));
        outlet.put(vec![1, 2, 3]);
        drop(outlet);
        let other = Arc::clone(&outlets);
        let taker = spawn("taker".to_owned(), None, move || other.take_by(None).is_some());
        let taken = std::iter::from_fn(|| outlets.take_by(None)).count();
        let others = usize::from(taker.expect("a thread").join().expect("it does not panic"));
        assert!(others + taken == 3);
    });
}

/// A taker that comes while the node copies its messages waits for them.
#[test]
fn messages_that_are_lent_come_back() {
    model(|| {
        let (outlets, _) = outlets(u64::MAX);
        let outlet = Outlet::new(NodeId::new(0), Arc::clone(&outlets));
        let node = spawn("node".to_owned(), None, move || {
            outlet.put(vec![1, 2]);
            let left = outlet.untaken();
            assert!([&[][..], &[2], &[1, 2]].contains(&&left[..]));
            outlet.put(vec![3]);
        });
        let taken = std::iter::from_fn(|| outlets.take_by(None)).map(|taken| taken.message);
        assert!(taken.eq(1..=3));
        node.expect("a thread").join().expect("no assertion fails");
    });
}

#[test]
fn what_a_snapshot_has_recorded_is_there_to_take() {
    model(|| {
        let bells = [Arc::new(Bell::new()), Arc::new(Bell::new())];
        let recorded = |node: NodeId| match node.index() {
            0 => OutputState::new(4, Vec::new()),
            _ => OutputState::new(9, vec![8, 9]),
        };
        let outlets = Outlets::new(bells, 1, recorded);
        let outlet = Outlet::new(NodeId::new(0), Arc::clone(&outlets));
        outlet.put(vec![5]);
        let mut taken: Vec<_> = std::iter::from_fn(|| outlets.take())
            .map(|taken| (taken.node.index(), taken.number, taken.message))
            .collect();
        taken.sort_unstable();
        assert_eq!(taken, [(0, 5, 5), (1, 8, 8), (1, 9, 9)]);
    });
}
