//! Contents that are damaged in the store: they are written again, and the damaged checkpoints take
//! no place of the good ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use consistent_cut::checkpoint::{Change, CheckpointId, LoadError, Store, StoreError, View, Which};

use crate::numbers::{numbers, stored};
use crate::stores::each_store;

/// A store in which the contents of the next commit are damaged if that was asked for.
#[derive(Debug)]
struct Rotten {
    store: Arc<dyn Store>,
    rots: AtomicBool,
}

impl Rotten {
    fn new(store: Arc<dyn Store>) -> Self {
        Rotten { store, rots: AtomicBool::new(false) }
    }
}

impl Store for Rotten {
    fn view(&self) -> Result<Box<dyn View + '_>, StoreError> {
        self.store.view()
    }

    fn commit(&self, mut change: Change) -> Result<(), StoreError> {
        if self.rots.swap(false, Ordering::Relaxed) {
            change.blobs.iter_mut().for_each(|(_, bytes)| bytes[0] ^= 1);
        }
        self.store.commit(change)
    }
}

fn id(number: u64) -> CheckpointId {
    CheckpointId::new(number)
}

#[test]
fn damaged_contents_are_written_again() {
    each_store(written_again);
}

fn written_again(store: Arc<dyn Store>) {
    let store = Rotten::new(store);
    store.rots.store(true, Ordering::Relaxed);
    let stored = stored(store);
    stored.save(&numbers(1)).expect("it is saved");
    assert!(matches!(stored.load(Which::Newest), Err(LoadError::NoneGood(_))));
    // The damage of one part is known by now, and there may be more.
    for number in 2..20 {
        stored.save(&numbers(1)).expect("it is saved");
        if let Ok(loaded) = stored.load(Which::Newest) {
            assert_eq!(loaded.snapshot.to_string(), numbers(1).to_string());
            assert_eq!(loaded.record.id, id(number), "the newest is good");
            return;
        }
    }
    panic!("the system saves the same state, and no checkpoint of it is good");
}

#[test]
fn a_damaged_checkpoint_takes_no_place_of_a_good_one() {
    each_store(no_place);
}

fn no_place(store: Arc<dyn Store>) {
    let store = Arc::new(Rotten::new(store));
    let stored = stored(Arc::clone(&store)).keep(2);
    stored.save(&numbers(1)).expect("it is saved");
    for number in [2, 3] {
        store.rots.store(true, Ordering::Relaxed);
        stored.save(&numbers(number)).expect("it is saved");
        assert_eq!(stored.load(Which::Newest).expect("the first is good").record.id, id(1));
        // Without the look, the third would push out the first.
    }
    stored.save(&numbers(4)).expect("it is saved");
    let ids: Vec<_> =
        stored.catalog().list().expect("it is read").into_iter().map(|r| r.id).collect();
    assert_eq!(ids, [id(1), id(4)]);
}
