//! The command line.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Parser};

/// The longest pause from one snapshot to the next, in milliseconds.
pub(crate) const LONGEST_PAUSE: u64 = 60_000;

/// Shown below the options.
pub(crate) const EXIT_CODES: &str = "Exit codes: 0 if all went well, 1 if a check failed or the \
system did, 2 for wrong options or for more than this machine has.";

/// An option that was read, and that cannot be carried out.
#[derive(Debug)]
pub(crate) struct OptionError(pub(crate) String);

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for OptionError {}

/// The options of this command line. If they are wrong, says so and ends the program with 2.
pub(crate) fn read<O: Parser>() -> O {
    read_from(std::env::args_os()).unwrap_or_else(|error| error.exit())
}

fn read_from<O: Parser>(words: impl IntoIterator<Item = OsString>) -> Result<O, clap::Error> {
    let command = O::command().after_help(EXIT_CODES).mut_args(takes_negative_numbers);
    let matches = command.clone().try_get_matches_from(words);
    let options = matches.and_then(|mut matches| O::from_arg_matches_mut(&mut matches));
    options.map_err(|error| in_our_words(error, command))
}

/// Otherwise `-1` would be taken for an option that does not exist.
fn takes_negative_numbers(arg: Arg) -> Arg {
    let takes_a_value = arg.get_action().takes_values();
    if takes_a_value { arg.allow_negative_numbers(true) } else { arg }
}

/// Gives the same error for every negative number, whatever its type.
fn in_our_words(error: clap::Error, mut command: Command) -> clap::Error {
    let (Some(ContextValue::String(value)), Some(ContextValue::String(option))) =
        (error.get(ContextKind::InvalidValue), error.get(ContextKind::InvalidArg))
    else {
        return error;
    };
    let is_negative = value.parse::<f64>().is_ok_and(|number| number < 0.0);
    if error.kind() != ErrorKind::ValueValidation || !is_negative {
        return error;
    }
    let text = format!("invalid value '{value}' for '{option}': it must not be negative");
    command.error(ErrorKind::ValueValidation, text)
}

/// A number above 0 and up to 1.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    probability(text)
        .ok()
        .filter(|share| *share > 0.0)
        .ok_or_else(|| "it must be a number above 0 and up to 1".to_owned())
}

/// A number from 0 to 1.
pub(crate) fn probability(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "it must be a number from 0 to 1".to_owned())
}
