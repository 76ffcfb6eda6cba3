//! Why a launcher has given up.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use thiserror::Error;

use crate::cluster::processes::config_error::ConfigError;

/// The reason why a launcher has given up. None of its processes is left.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// The plan can never work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A process was not started.
    #[error("process {process} was not started ({error}): can the program be run?")]
    NotStarted {
        /// The process.
        process: usize,
        /// The error of the operating system.
        #[source]
        error: io::Error,
    },
    /// There were as many restarts as the policy allows.
    #[error(
        "process {process} has ended ({status}) after {restarts} restarts within {within:?}: look for the cause in its \
         output, or allow more (LaunchPolicy::restarts)"
    )]
    GaveUp {
        /// The process that ended last.
        process: usize,
        /// How it ended.
        status: ExitStatus,
        /// The budget of restarts.
        restarts: u32,
        /// The time of the budget.
        within: Duration,
    },
    /// The launcher was stopped before the processes had ended.
    #[error("the launch was stopped, and its processes were killed")]
    Stopped,
    /// The operating system refuses the launcher's thread or a file.
    #[error("the operating system refuses {what} ({error}): free resources, or raise its limits")]
    System {
        /// What it refuses.
        what: &'static str,
        /// The error.
        #[source]
        error: io::Error,
    },
    /// The caller's plan or its listener for events has panicked.
    #[error("the closure for plans or events has panicked: {0}")]
    Panicked(String),
}
