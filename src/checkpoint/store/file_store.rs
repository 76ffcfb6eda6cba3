//! A store in one file.

mod tables;
mod view;

#[cfg(test)]
mod tests;

use std::fmt;
use std::fs;
use std::io;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use redb::backends::InMemoryBackend;
use redb::{Builder, Database, DatabaseError, ReadableDatabase, StorageBackend, WriteTransaction};

use super::record::Meta;
use super::store::{Change, Store, View};
use super::store_error::StoreError;
use crate::panics::{catch, discard};
use crate::sync::RwLock;

/// The format that this version writes and reads.
const FORMAT: u32 = 1;

/// How many bytes of the file are cached in memory.
const CACHE: usize = 16 << 20;

/// A store in one file, by the embedded database redb. The program or the machine may crash at any
/// moment: the file then has the last commit, complete.
///
/// One handle of one process has the file open at a time. The room of removed checkpoints is used
/// again. [`open`](Self::open) reads and checks the whole file. Up to 16
/// MiB of the file are cached in memory.
///
/// A fault of the disk, such as a full disk, fails the call during which it happens. The next call
/// opens and checks the file again, as after a crash. The store works again once the cause is
/// removed.
pub struct FileStore {
    path: PathBuf,
    opener: Box<Opener<'static>>,
    /// `None` after a fault, until the next call opens the file again.
    database: RwLock<Option<Database>>,
    /// Whether this is a copy of a damaged file.
    is_salvaged: bool,
}

/// Opens the database, at first and after each fault.
type Opener<'a> = dyn Fn(&Builder) -> Result<Database, DatabaseError> + Send + Sync + 'a;

impl FileStore {
    /// Creates a store. There must be no file at `path`. If the program dies during the call, there
    /// is either no file at `path`, or a store without checkpoints. A file with `.new` after the
    /// name may be left; the next call removes it.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is a file at `path`. [`StoreError::Io`] if the operating
    /// system refuses an operation.
    pub fn create(path: impl AsRef<Path>) -> Result<FileStore, StoreError> {
        let path = path.as_ref();
        if path.exists() {
            return Err(StoreError::Exists(path.to_owned()));
        }
        let new = with_suffix(path, ".new");
        if new.exists() {
            fs::remove_file(&new).map_err(|error| StoreError::io("remove an old file", error))?;
        }
        make(open_database(&new, &|builder| builder.create(&new))?)?;
        name(&new, path)?;
        make_names_durable(path)
            .map_err(|error| StoreError::io("make the name of its file durable", error))?;
        FileStore::open(path)
    }

    /// Opens a store, and checks the whole file.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no file, [`StoreError::InUse`] if it is open elsewhere,
    /// [`StoreError::NoStore`] if it is not a store, [`StoreError::OtherFormat`] if another version
    /// of this crate wrote it, [`StoreError::Damaged`] if its contents are not what was written,
    /// and [`StoreError::Io`] if it cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<FileStore, StoreError> {
        let path = path.as_ref().to_owned();
        if !path.exists() {
            return Err(StoreError::Missing(path));
        }
        let file = path.clone();
        FileStore::over(path, false, move |builder| builder.open(&file))
    }

    /// Reads the checkpoints that are left in a damaged file, which [`open`](Self::open) refuses.
    /// The store is a copy of the whole file in memory, and cannot be written. The file does not
    /// change. A checkpoint that can be [loaded](crate::checkpoint::Checkpoints::load) is good,
    /// since all its hashes are checked. Save it in a new store. The memory of the copy is not
    /// given back before the program ends.
    ///
    /// ```no_run
    /// # use consistent_cut::checkpoint::{Checkpoints, FileStore, Format, Which};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let left: Checkpoints<u64, u64> =
    ///     Checkpoints::new(FileStore::salvage("damaged")?, Format::default());
    /// let all = Checkpoints::new(FileStore::create("new")?, Format::default());
    /// all.save(&left.load(Which::Newest)?.snapshot)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the file cannot be read, or if so much of it is damaged that no checkpoint can be found.
    pub fn salvage(path: impl AsRef<Path>) -> Result<FileStore, StoreError> {
        let path = path.as_ref().to_owned();
        let bytes = fs::read(&path).map_err(|error| StoreError::io("read its file", error))?;
        FileStore::over(path, true, move |_| unchecked_copy(&bytes))
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn over(
        path: PathBuf,
        is_salvaged: bool,
        opener: impl Fn(&Builder) -> Result<Database, DatabaseError> + Send + Sync + 'static,
    ) -> Result<FileStore, StoreError> {
        let database = RwLock::new(Some(open_database(&path, &opener)?));
        let store = FileStore { path, opener: Box::new(opener), database, is_salvaged };
        // A store that is refused is dropped as every other.
        store.with(|database| check(&store.path, database))?;
        Ok(store)
    }

    /// Calls `body` with the database. After a fault the database is opened again first.
    fn with<T>(&self, body: impl Fn(&Database) -> Result<T, StoreError>) -> Result<T, StoreError> {
        loop {
            if let Some(database) = &*self.database.read() {
                return body(database);
            }
            let mut database = self.database.write();
            if database.is_none() {
                let opened = open_database(&self.path, &*self.opener)?;
                check(&self.path, &opened)?;
                *database = Some(opened);
            }
        }
    }

    /// Closes the database after a fault: redb refuses all further calls after one that failed.
    fn close(&self) {
        self.end(self.database.write().take());
    }
}

/// Closes the file.
impl FileStore {
    /// Closes a database. The copy of a damaged file is forgotten instead, and its memory is lost
    /// until the program ends: redb writes when it closes, and twice a panic over damaged pages
    /// would abort the program.
    fn end(&self, database: Option<Database>) {
        if self.is_salvaged { std::mem::forget(database) } else { discard(database) }
    }
}

impl Drop for FileStore {
    fn drop(&mut self) {
        let database = self.database.write().take();
        self.end(database);
    }
}

impl Store for FileStore {
    fn view(&self) -> Result<Box<dyn View + '_>, StoreError> {
        let transaction = self.with(|database| guard(|| database.begin_read()));
        let transaction = transaction.inspect_err(|_| self.close())?;
        Ok(Box::new(view::FileView::new(self, transaction)))
    }

    fn commit(&self, change: Change) -> Result<(), StoreError> {
        if self.is_salvaged {
            return Err(StoreError::Salvaged(self.path.clone()));
        }
        let written = self
            .with(|database| write(database, |transaction| tables::apply(transaction, &change)));
        match written {
            // Nothing of the transaction was written.
            Ok(())
            | Err(StoreError::MissingBlob(_) | StoreError::Conflict | StoreError::NotShared) => {}
            Err(_) => self.close(),
        }
        written
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore").field("path", &self.path).finish_non_exhaustive()
    }
}

fn open_database(path: &Path, opener: &Opener<'_>) -> Result<Database, StoreError> {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
    let opened = catch(|| opener(&builder)).map_err(StoreError::Damaged)?;
    opened.map_err(|error| tables::of_open(path, error))
}

/// A copy of a file in memory, whose damage is found when it is read.
fn unchecked_copy(bytes: &[u8]) -> Result<Database, DatabaseError> {
    let copy = InMemoryBackend::new();
    copy.set_len(bytes.len() as u64).and_then(|()| copy.write(0, bytes))?;
    Database::builder().set_cache_size(CACHE).create_with_backend(copy)
}

/// Makes the tables in a new database, and closes it.
fn make(database: Database) -> Result<(), StoreError> {
    write(&database, |transaction| tables::create(transaction, FORMAT, &Meta::new()))?;
    guard(|| database.close().map_err(redb::Error::from))
}

/// Refuses a file that has no data of a store, and a store of another format.
fn check(path: &Path, database: &Database) -> Result<(), StoreError> {
    let transaction = guard(|| database.begin_read())?;
    match guard(|| tables::format(&transaction))? {
        Some(FORMAT) => {}
        Some(found) => return Err(StoreError::OtherFormat { found, known: FORMAT }),
        None => {
            let why = "it has no data of a store".to_owned();
            return Err(StoreError::NoStore { path: path.to_owned(), why });
        }
    }
    Ok(())
}

/// Runs a transaction. All transactions commit in two phases: a mixture with one phase is not safe.
/// They also record which pages are in use. A damaged file can then be [salvaged] without a repair
/// by redb, which would refuse the file.
///
/// [salvaged]: FileStore::salvage
fn write(
    database: &Database,
    body: impl FnOnce(&WriteTransaction) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    guard(|| -> Result<(), StoreError> {
        let mut transaction = database.begin_write().map_err(redb::Error::from)?;
        transaction.set_two_phase_commit(true);
        transaction.set_quick_repair(true);
        body(&transaction)?;
        Ok(transaction.commit().map_err(redb::Error::from)?)
    })
}

/// Runs code of the database, which may panic when a file is damaged.
fn guard<T, E: Into<StoreError>>(body: impl FnOnce() -> Result<T, E>) -> Result<T, StoreError> {
    match catch(body) {
        Ok(result) => result.map_err(E::into),
        Err(panic) => Err(StoreError::Damaged(panic)),
    }
}

/// Gives a new file its name, which no file has. Where the file system has no hard links, another
/// program that creates the same file at this moment is not seen.
fn name(new: &Path, path: &Path) -> Result<(), StoreError> {
    match fs::hard_link(new, path) {
        Ok(()) => fs::remove_file(new).map_err(|error| StoreError::io("rename its file", error)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(StoreError::Exists(path.to_owned()))
        }
        Err(_) => fs::rename(new, path).map_err(|error| StoreError::io("rename its file", error)),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes a new name in a folder durable. On systems other than Unix this does nothing.
pub(crate) fn make_names_durable(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        fs::File::open(folder)?.sync_all()?;
    }
    let _ = path;
    Ok(())
}
