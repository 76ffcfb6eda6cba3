//! A store in one file.

mod tables;
mod view;

#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use redb::{Builder, Database, ReadableDatabase, WriteTransaction};

use super::record::Meta;
use super::store::{Change, Store, View};
use super::store_error::StoreError;
use crate::panics::catch;

/// The format that this version writes and reads.
const FORMAT: u32 = 1;

/// How many bytes of the file are kept in memory.
const CACHE: usize = 16 << 20;

/// A store in one file, by the embedded database redb. A crash of the program or the machine at any
/// moment leaves the last commit whole.
///
/// One process at a time has the file open. The file grows with what is kept, and its free room is
/// used again. On opening, the whole file is read and checked: 1 GB takes about a second.
#[derive(Debug)]
pub struct FileStore {
    path: PathBuf,
    database: Database,
}

impl FileStore {
    /// Creates a store. There must be no file at `path`. If the program dies meanwhile, there is
    /// either no file at `path` or a store without checkpoints; a file with `.new` behind the name
    /// may be left, which the next call removes.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is a file at `path`. Otherwise if the operating system
    /// refuses an operation.
    pub fn create(path: impl AsRef<Path>) -> Result<FileStore, StoreError> {
        let path = path.as_ref();
        if path.exists() {
            return Err(StoreError::Exists(path.to_owned()));
        }
        let new = with_suffix(path, ".new");
        if new.exists() {
            fs::remove_file(&new).map_err(|error| StoreError::io("remove an old file", error))?;
        }
        let store = FileStore::over(&new, |builder| builder.create(&new))?;
        store.write(|transaction| tables::create(transaction, FORMAT, &Meta::new()))?;
        drop(store);
        fs::rename(&new, path).map_err(|error| StoreError::io("rename its file", error))?;
        make_names_durable(path)
            .map_err(|error| StoreError::io("make the name of its file durable", error))?;
        FileStore::open(path)
    }

    /// Opens a store, and checks the whole file.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no file, [`StoreError::InUse`] if it is open elsewhere,
    /// [`StoreError::NoStore`] if it is not a store, and [`StoreError::Damaged`] if its contents
    /// are not what was written.
    pub fn open(path: impl AsRef<Path>) -> Result<FileStore, StoreError> {
        let path = path.as_ref();
        if !path.exists() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        FileStore::over(path, |builder| builder.open(path))?.checked()
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn over(
        path: &Path,
        open: impl FnOnce(&Builder) -> Result<Database, redb::DatabaseError>,
    ) -> Result<FileStore, StoreError> {
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
        let opened = catch(|| open(&builder)).map_err(StoreError::Damaged)?;
        let database = opened.map_err(|error| tables::of_open(path, error))?;
        Ok(FileStore { path: path.to_owned(), database })
    }

    /// Refuses a file without the data of a store, and a format that is not known.
    fn checked(self) -> Result<FileStore, StoreError> {
        let transaction = guard(|| self.database.begin_read())?;
        match guard(|| tables::format(&transaction)) {
            Ok(Some(FORMAT)) => {}
            Ok(Some(found)) => return Err(StoreError::OtherFormat { found, known: FORMAT }),
            Ok(None) | Err(StoreError::Missing(_)) => {
                let why = "it has no data of a store".to_owned();
                return Err(StoreError::NoStore { path: self.path, why });
            }
            Err(error) => return Err(error),
        }
        drop(transaction);
        Ok(self)
    }

    /// Runs a transaction. All transactions commit in two phases: a mixture with one phase is not
    /// safe.
    fn write(
        &self,
        body: impl FnOnce(&WriteTransaction) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        guard(|| -> Result<(), StoreError> {
            let mut transaction = self.database.begin_write().map_err(redb::Error::from)?;
            transaction.set_two_phase_commit(true);
            body(&transaction)?;
            Ok(transaction.commit().map_err(redb::Error::from)?)
        })
    }
}

impl Store for FileStore {
    fn view(&self) -> Result<Box<dyn View + '_>, StoreError> {
        let transaction = guard(|| self.database.begin_read())?;
        Ok(Box::new(view::FileView::new(transaction)))
    }

    fn commit(&self, change: Change) -> Result<(), StoreError> {
        self.write(|transaction| tables::apply(transaction, &change))
    }
}

/// Runs code of the database. It may panic at a damaged file.
fn guard<T, E: Into<StoreError>>(body: impl FnOnce() -> Result<T, E>) -> Result<T, StoreError> {
    match catch(body) {
        Ok(result) => result.map_err(E::into),
        Err(panic) => Err(StoreError::Damaged(panic)),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes a new name in a folder survive a crash of the machine, where the system can do so.
pub(super) fn make_names_durable(path: &Path) -> io::Result<()> {
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
