//! Calls on an object store that wait for their result.

use std::fmt;
use std::future::{Future, ready};
use std::io;
use std::sync::Arc;
use std::thread;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::checkpoint::store::store_error::StoreError;

/// How many objects are written at once.
const AT_ONCE: usize = 16;

pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    /// Clients of buckets need one of tokio's, with its clock and its network. `None` only while
    /// this value is dropped.
    runtime: Option<Runtime>,
}

impl Objects {
    pub(super) fn new(store: Arc<dyn ObjectStore>) -> Result<Self, StoreError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| StoreError::io("start a runtime", error))?;
        Ok(Objects { store, runtime: Some(runtime) })
    }

    /// The bytes of an object; `None` if there is none.
    pub(super) fn get(&self, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
        let get = async { self.store.get(path).await?.bytes().await };
        match self.wait(get) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed("read an object", error)),
        }
    }

    /// Creates an object. False if there is one of this path.
    pub(super) fn create(&self, path: &Path, bytes: Vec<u8>) -> Result<bool, StoreError> {
        let put = self.store.put_opts(path, bytes.into(), PutMode::Create.into());
        match self.wait(put) {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(failed("create an object", error)),
        }
    }

    /// Writes objects, several at once.
    pub(super) fn put_all(
        &self,
        objects: impl IntoIterator<Item = (Path, Vec<u8>)>,
    ) -> Result<(), StoreError> {
        let objects: Vec<_> = objects.into_iter().collect();
        let puts = stream::iter(objects).map(|(path, bytes)| {
            let store = Arc::clone(&self.store);
            async move { store.put(&path, bytes.into()).await.map(drop) }
        });
        let put_all = puts.buffer_unordered(AT_ONCE).try_collect::<()>();
        self.wait(put_all).map_err(|error| failed("write an object", error))
    }

    /// The objects in a folder.
    pub(super) fn list(&self, folder: &str) -> Result<Vec<ObjectMeta>, StoreError> {
        let folder = Path::from(folder);
        let list = self.store.list(Some(&folder)).try_collect();
        self.wait(list).map_err(|error| failed("list its objects", error))
    }

    /// Removes objects. Another process may have removed some of them.
    pub(super) fn remove_all(&self, paths: Vec<Path>) -> Result<(), StoreError> {
        let removals = self.store.delete_stream(stream::iter(paths).map(Ok).boxed());
        let is_news = |removed: &Result<_, _>| !matches!(removed, Err(Error::NotFound { .. }));
        let removals = removals.filter(|removed| ready(is_news(removed)));
        let remove_all = removals.try_for_each(|_| ready(Ok(())));
        self.wait(remove_all).map_err(|error| failed("remove an object", error))
    }

    fn wait<T: Send>(&self, future: impl Future<Output = T> + Send) -> T {
        let Some(runtime) = &self.runtime else { unreachable!("the store is not dropped yet") };
        if Handle::try_current().is_err() {
            return runtime.block_on(future);
        }
        // In a thread of another runtime tokio refuses to wait.
        thread::scope(|scope| match scope.spawn(|| runtime.block_on(future)).join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }
}

/// In a thread of another runtime tokio refuses to wait for the end of this one.
impl Drop for Objects {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub(super) fn failed(what: &'static str, error: Error) -> StoreError {
    StoreError::io(what, io::Error::other(error))
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.store)
    }
}
