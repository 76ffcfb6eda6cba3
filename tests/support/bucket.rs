//! A bucket in memory with a clock and faults of its own.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use consistent_cut::checkpoint::SharedStore;
use consistent_cut::checkpoint::object_store::memory::InMemory;
use consistent_cut::checkpoint::object_store::path::Path;
use consistent_cut::checkpoint::object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use parking_lot::Mutex;

/// The grace period of the stores in a bucket, on the bucket's clock.
pub(crate) const GRACE: Duration = Duration::from_secs(100);

/// A bucket, as one of its clients sees it. Clones are clients with the same faults.
#[derive(Clone)]
pub(crate) struct Bucket {
    inner: Arc<Inner>,
    client: Arc<Client>,
}

struct Inner {
    objects: InMemory,
    /// Seconds since 1970.
    clock: AtomicU64,
    made: Mutex<BTreeMap<Path, u64>>,
}

/// Is called before each call of a client.
type Hook = Box<dyn Fn(&Call) + Send + Sync>;

/// A call of a client.
pub(crate) enum Call {
    Put(Path),
    Other,
}

#[derive(Default)]
struct Client {
    calls: AtomicU64,
    /// The number of the first call that fails, as all calls after it do.
    fails_from: Mutex<Option<(u64, Fault)>>,
    hook: Mutex<Option<Arc<Hook>>>,
    /// Every object that this client has put.
    put: Mutex<Vec<Path>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Nothing is done.
    Lost,
    /// The call is carried out, and its answer is lost.
    AnswerLost,
    /// The object is created, but the client tries again and finds it. Other calls work.
    CreatedTwice,
}

impl Bucket {
    pub(crate) fn new() -> Self {
        let inner = Inner {
            objects: InMemory::new(),
            clock: AtomicU64::new(1_000),
            made: Mutex::new(BTreeMap::new()),
        };
        Bucket { inner: Arc::new(inner), client: Arc::default() }
    }

    /// Another client of the same bucket, without faults.
    pub(crate) fn client(&self) -> Self {
        Bucket { inner: Arc::clone(&self.inner), client: Arc::default() }
    }

    pub(crate) fn open(&self) -> SharedStore {
        SharedStore::open(Arc::new(self.clone())).expect("it has no faults").grace(GRACE)
    }

    /// Lets time pass on the bucket's clock.
    pub(crate) fn pass(&self, seconds: u64) {
        self.inner.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn fail_from(&self, call: u64, fault: Fault) {
        *self.client.fails_from.lock() = Some((self.calls() + call, fault));
    }

    pub(crate) fn mend(&self) {
        *self.client.fails_from.lock() = None;
    }

    /// Calls `hook` before each call of this client.
    pub(crate) fn hook(&self, hook: impl Fn(&Call) + Send + Sync + 'static) {
        *self.client.hook.lock() = Some(Arc::new(Box::new(hook)));
    }

    pub(crate) fn calls(&self) -> u64 {
        self.client.calls.load(Ordering::SeqCst)
    }

    /// The objects that this client has put.
    pub(crate) fn put(&self) -> Vec<String> {
        self.client.put.lock().iter().map(Path::to_string).collect()
    }

    /// Removes an object, as no client does.
    pub(crate) fn lose(&self, path: &str) {
        let path = Path::from(path);
        let lost = self.inner.objects.delete(&path);
        futures_util::FutureExt::now_or_never(lost).expect("memory is fast").expect("it is there");
        self.inner.made.lock().remove(&path);
    }

    /// The paths of all objects.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.inner.made.lock().keys().map(Path::to_string).collect()
    }

    fn fault(&self, call: &Call) -> Option<Fault> {
        let hook = self.client.hook.lock().clone();
        hook.iter().for_each(|hook| hook(call));
        let number = self.client.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let fails = *self.client.fails_from.lock();
        fails.filter(|(from, _)| number >= *from).map(|(_, fault)| fault)
    }

    fn dated(&self, mut meta: ObjectMeta) -> ObjectMeta {
        let made = self.inner.made.lock().get(&meta.location).copied().unwrap_or(0);
        meta.last_modified = (SystemTime::UNIX_EPOCH + Duration::from_secs(made)).into();
        meta
    }
}

fn lost() -> Error {
    Error::Generic { store: "bucket", source: "the network is down".into() }
}

#[async_trait]
impl ObjectStore for Bucket {
    async fn put_opts(
        &self,
        path: &Path,
        bytes: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let fault = self.fault(&Call::Put(path.clone()));
        if matches!(fault, Some(Fault::Lost)) {
            return Err(lost());
        }
        let put = self.inner.objects.put_opts(path, bytes, options).await?;
        let now = self.inner.clock.load(Ordering::SeqCst);
        self.inner.made.lock().insert(path.clone(), now);
        self.client.put.lock().push(path.clone());
        match fault {
            Some(Fault::AnswerLost) => Err(lost()),
            Some(Fault::CreatedTwice) if path.as_ref().starts_with("heads") => {
                let path = path.to_string();
                Err(Error::AlreadyExists { path, source: "it is there".into() })
            }
            _ => Ok(put),
        }
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.objects.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        if matches!(self.fault(&Call::Other), Some(Fault::Lost | Fault::AnswerLost)) {
            return Err(lost());
        }
        let mut got = self.inner.objects.get_opts(path, options).await?;
        got.meta = self.dated(got.meta);
        Ok(got)
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let fault = self.fault(&Call::Other);
        if matches!(fault, Some(Fault::Lost)) {
            return futures_util::stream::iter([Err(lost())]).boxed();
        }
        let inner = Arc::clone(&self.inner);
        let removed = self.inner.objects.delete_stream(paths).map(move |removed| {
            inner.made.lock().remove(removed.as_ref().expect("memory does not fail"));
            if matches!(fault, Some(Fault::AnswerLost)) { Err(lost()) } else { removed }
        });
        removed.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        if matches!(self.fault(&Call::Other), Some(Fault::Lost | Fault::AnswerLost)) {
            return futures_util::stream::iter([Err(lost())]).boxed();
        }
        let bucket = self.clone();
        let dated = move |meta: Result<ObjectMeta>| meta.map(|meta| bucket.dated(meta));
        self.inner.objects.list(prefix).map(dated).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.objects.copy_opts(from, to, options).await
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bucket")
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bucket")
    }
}
