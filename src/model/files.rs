//! The files of a search: the checkpoint from which it continues, and the failing executions.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// loom's variable for a checkpoint.
const VARIABLE: &str = "LOOM_CHECKPOINT_FILE";

/// The checkpoint from which a search continues.
#[derive(Clone, Debug)]
pub(super) enum Checkpoint {
    None,
    /// The variable names the file, to run a failing execution again. The file must exist.
    OfVariable(PathBuf),
    /// The search keeps its progress in the file, and creates the file if it does not exist.
    OfSearch(PathBuf),
}

impl Checkpoint {
    pub(super) fn of_variable(file: Option<PathBuf>) -> Self {
        file.map_or(Checkpoint::None, Checkpoint::OfVariable)
    }

    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Checkpoint::None => None,
            Checkpoint::OfVariable(file) | Checkpoint::OfSearch(file) => Some(file),
        }
    }

    /// Why no search can continue from this checkpoint.
    pub(super) fn problem(&self) -> Option<String> {
        let file = self.path()?;
        let what = match (self, fs::read(file)) {
            (Checkpoint::OfSearch(_), Err(_)) if !file.exists() => return None,
            (_, Err(error)) => format!("cannot be read: {error}"),
            (_, Ok(bytes)) if bytes.iter().all(u8::is_ascii_whitespace) => "is empty".to_owned(),
            (_, Ok(_)) => return None,
        };
        let file = file.display();
        Some(match self {
            Checkpoint::OfSearch(_) => format!(
                "the checkpoint {file} {what}: remove the file to search from the start, or name \
                 another file"
            ),
            _ => format!(
                "the file {file}, which {VARIABLE} names, {what}: set {VARIABLE} to the file that a \
                 failed search has named, with its whole path, or unset the variable to search from \
                 the start"
            ),
        })
    }
}

/// The text of a panic if loom failed before the first execution.
pub(super) fn broken(checkpoint: &Path, panic: &str) -> String {
    let file = checkpoint.display();
    format!(
        "no search can continue from the checkpoint {file}: {panic}. The checkpoint must be a file of \
         a search of this model; without a checkpoint the search begins at the start"
    )
}

/// The default directory for failing executions: in the directory in which cargo builds, or else in
/// the system's directory for temporary files.
pub(super) fn default_failures() -> PathBuf {
    let target = target_directory(env::var_os("CARGO_TARGET_DIR").map(PathBuf::from));
    let failures = target.join("model-failures");
    match fs::create_dir_all(&failures) {
        Ok(()) => failures,
        Err(_) => env::temp_dir(),
    }
}

/// The directory in which cargo builds; cargo marks it with a file `CACHEDIR.TAG`. The test runs in
/// the directory of its package. A relative path in cargo's variable may be relative to another
/// directory.
fn target_directory(variable: Option<PathBuf>) -> PathBuf {
    let test = env::current_exe().unwrap_or_default();
    let marked = test.ancestors().find(|directory| directory.join("CACHEDIR.TAG").exists());
    match (variable, marked) {
        (Some(named), _) if named.is_absolute() => named,
        (_, Some(marked)) => marked.to_path_buf(),
        (Some(named), None) => named,
        (None, None) => PathBuf::from("target"),
    }
}
