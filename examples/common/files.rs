//! Files that an example writes at its end.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::options::OptionError;
use super::output::shown;

/// Makes sure, before the work begins, that a file can be written where an option says. Creates the
/// folder, and leaves no file behind.
pub(crate) fn check(option: &str, path: &Path) -> Result<(), OptionError> {
    let attempt = || {
        make_folder(path)?;
        let is_new = !path.exists();
        File::options().append(true).create(true).open(path)?;
        if is_new { fs::remove_file(path) } else { Ok(()) }
    };
    attempt().map_err(|error| refused(option, path, &error))
}

/// Writes a file, and its folder if that is not there.
pub(crate) fn write(option: &str, path: &Path, text: &str) -> Result<(), OptionError> {
    let attempt = || make_folder(path).and_then(|()| fs::write(path, text));
    attempt().map_err(|error| refused(option, path, &error))
}

fn make_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::create_dir_all(folder),
        _ => Ok(()),
    }
}

fn refused(option: &str, path: &Path, error: &io::Error) -> OptionError {
    OptionError(format!("{option}: cannot write `{}`: {error}", shown(&path.display())))
}
