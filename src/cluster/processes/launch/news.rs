//! The files in which processes leave word of a higher epoch.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::sync::random_number;

/// The file of a process, empty at first. It is removed when this is dropped.
pub(super) struct News(PathBuf);

impl News {
    pub(super) fn new() -> io::Result<Self> {
        let name = format!("consistent-cut-{}-{:016x}", std::process::id(), random_number());
        let path = std::env::temp_dir().join(name);
        fs::File::create_new(&path)?;
        Ok(News(path))
    }

    pub(super) fn path(&self) -> PathBuf {
        self.0.clone()
    }

    /// The epoch of which the process has heard.
    pub(super) fn epoch(&self) -> Option<u64> {
        fs::read_to_string(&self.0).ok()?.trim().parse().ok()
    }
}

impl Drop for News {
    fn drop(&mut self) {
        // The machine clears its folder of temporary files.
        let _ = fs::remove_file(&self.0);
    }
}
