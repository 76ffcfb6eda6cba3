//! Lines on standard output.

use std::fmt;
use std::io::{self, Write};
use std::process;

/// Prints a line, as `println!` does. Where the reader of the output has gone (`... | head`), the
/// program ends quietly.
macro_rules! say {
    () => { $crate::common::output::line(format_args!("")) };
    ($($text:tt)+) => { $crate::common::output::line(format_args!($($text)+)) };
}
pub(crate) use say;

pub(crate) fn line(text: fmt::Arguments<'_>) {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => process::exit(0),
        Err(error) => {
            complain(format_args!("error: cannot print: {error}"));
            process::exit(1);
        }
    }
}

/// Prints a line on standard error, if a reader is there.
pub(crate) fn complain(text: fmt::Arguments<'_>) {
    writeln!(io::stderr(), "{text}").ok();
}

/// A text with its control characters as escapes, so that a terminal does not obey them.
pub(crate) fn shown(text: &dyn fmt::Display) -> String {
    let escaped = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.into() };
    text.to_string().chars().map(escaped).collect()
}
