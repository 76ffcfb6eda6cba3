//! How a run ends.

use std::error::Error;
use std::process::ExitCode;

use consistent_cut::{SpawnError, TopologyError};

use super::options::OptionError;
use super::output::complain;

/// The exit code of a run. An error is printed with its causes.
pub(crate) fn finish(result: Result<(), Box<dyn Error>>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    complain(format_args!("error: {}", with_causes(&*error)));
    if is_about_options(&*error) { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// Whether other options would have helped, since nothing has run yet.
fn is_about_options(error: &(dyn Error + 'static)) -> bool {
    error.is::<OptionError>() || error.is::<TopologyError>() || error.is::<SpawnError>()
}

/// An error's text, followed by what caused it.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", with_causes(cause)),
        None => error.to_string(),
    }
}
