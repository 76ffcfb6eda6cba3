//! A new store of each kind, for the rules that hold in all of them.

use std::sync::Arc;

use consistent_cut::checkpoint::{FileStore, MemoryStore, Store};

use crate::folder::Folder;

/// Calls `body` with a new store of each kind.
pub(crate) fn each_store(body: impl Fn(Arc<dyn Store>)) {
    body(Arc::new(MemoryStore::new()));
    let folder = Folder::new();
    body(Arc::new(FileStore::create(folder.file("store")).expect("it is new")));
    #[cfg(feature = "object-store")]
    {
        use consistent_cut::checkpoint::SharedStore;
        body(Arc::new(in_bucket()));
        body(Arc::new(SharedStore::in_folder(folder.file("shared")).expect("a folder")));
    }
}

/// A new store in a bucket in memory.
#[cfg(feature = "object-store")]
pub(crate) fn in_bucket() -> consistent_cut::checkpoint::SharedStore {
    crate::support::bucket::Bucket::new().open()
}

/// A new store that is fast.
#[cfg(not(feature = "object-store"))]
pub(crate) fn in_bucket() -> MemoryStore {
    MemoryStore::new()
}
