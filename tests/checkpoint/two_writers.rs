//! Two writers of one store, each with checkpoints of its own: no save is lost, and no id is given
//! out twice.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use consistent_cut::checkpoint::{Change, CheckpointId, SaveError, Store, StoreError, View, Which};
use parking_lot::Mutex;

use crate::numbers::{numbers, stored};
use crate::stores::each_store;
use crate::support::effort::scaled;

/// The work of another writer.
type Work = Box<dyn FnOnce() + Send>;

/// A store in which another writer changes the store between a writer's view and its commit.
struct Interrupted {
    inner: Arc<dyn Store>,
    work: Mutex<Option<Work>>,
}

impl fmt::Debug for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interrupted")
    }
}

impl Store for Interrupted {
    fn view(&self) -> Result<Box<dyn View + '_>, StoreError> {
        self.inner.view()
    }

    fn commit(&self, change: Change) -> Result<(), StoreError> {
        if let Some(work) = self.work.lock().take() {
            work();
        }
        self.inner.commit(change)
    }
}

/// A store with checkpoints 1 and 2, whose next commit comes after `work`.
fn interrupted(
    inner: Arc<dyn Store>,
    work: impl FnOnce(&crate::numbers::Numbers) + Send + 'static,
) -> Interrupted {
    let other = stored(Arc::clone(&inner)).keep(2);
    [1, 2].iter().for_each(|from| drop(other.save(&numbers(*from)).expect("it is saved")));
    Interrupted { inner, work: Mutex::new(Some(Box::new(move || work(&other)))) }
}

#[test]
fn two_saves_at_once_are_two_checkpoints() {
    each_store(|store| {
        let store =
            interrupted(store, |other| drop(other.save(&numbers(10)).expect("it is saved")));
        let stored = stored(store).keep(2);
        let record = stored.save(&numbers(20)).expect("it is saved after the other");
        assert_eq!(record.id.get(), 4);
        for (id, from) in [(3, 10), (4, 20)] {
            let loaded = stored.load(Which::Id(CheckpointId::new(id))).expect("it is good");
            assert_eq!(loaded.snapshot.to_string(), numbers(from).to_string());
        }
    });
}

/// The other writer removes contents that a save was to share.
#[test]
fn contents_that_are_gone_meanwhile_are_written_again() {
    each_store(|store| {
        let store = interrupted(store, |other| {
            [10, 11]
                .iter()
                .for_each(|from| drop(other.save(&numbers(*from)).expect("it is saved")));
        });
        let stored = stored(store).keep(2);
        stored.save(&numbers(2)).expect("it is saved after the other");
        let loaded = stored.load(Which::Newest).expect("it is good");
        assert_eq!(loaded.snapshot.to_string(), numbers(2).to_string());
    });
}

#[test]
fn a_checkpoint_that_is_removed_meanwhile_cannot_be_pinned() {
    each_store(|store| {
        let store = interrupted(store, |other| {
            [10, 11]
                .iter()
                .for_each(|from| drop(other.save(&numbers(*from)).expect("it is saved")));
        });
        let stored = stored(store);
        let error = stored.catalog().pin(CheckpointId::new(1)).expect_err("it is removed");
        assert!(matches!(error, SaveError::Unknown(_)), "{error}");
        let ids = stored.catalog().list().expect("it is read");
        assert_eq!(ids.iter().map(|record| record.id.get()).collect::<Vec<_>>(), [3, 4]);
    });
}

/// A pin does not set the next id back.
#[test]
fn a_pin_beside_a_save_keeps_both() {
    each_store(|store| {
        let store =
            interrupted(store, |other| drop(other.save(&numbers(10)).expect("it is saved")));
        let stored = stored(store).keep(3);
        assert!(stored.catalog().pin(CheckpointId::new(2)).expect("it is there").is_pinned);
        assert_eq!(stored.save(&numbers(20)).expect("it is saved").id.get(), 4);
    });
}

#[test]
fn writers_on_threads_lose_no_save() {
    each_store(|store| {
        let write = |writer: u64| {
            let stored = stored(Arc::clone(&store)).keep(usize::MAX);
            move || {
                let numbered = (0..scaled(15)).map(|nth| writer * 1_000_000 + nth);
                let save = |from| (stored.save(&numbers(from)).expect("it is saved").id, from);
                numbered.map(save).collect::<Vec<_>>()
            }
        };
        let writers = [1, 2, 3].map(write);
        let threads = writers.map(|body| {
            let thread = std::thread::Builder::new().name("writer".into()).spawn(body);
            thread.expect("the machine has room for one more thread")
        });
        let saved = threads.map(|thread| thread.join().expect("it saves all"));
        let all: BTreeMap<_, _> = saved.iter().flatten().copied().collect();
        assert_eq!(all.len() as u64, 3 * scaled(15), "an id was given out twice");
        let stored = stored(Arc::clone(&store));
        for (id, from) in all {
            let loaded = stored.load(Which::Id(id)).expect("it is good");
            assert_eq!(loaded.snapshot.to_string(), numbers(from).to_string());
        }
    });
}
