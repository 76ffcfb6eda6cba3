//! Why the configuration of a process can never work.

use thiserror::Error;

/// The reason why the configuration of a process can never work.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// timely does not understand the arguments.
    #[error(
        "timely does not understand the arguments: {0}; its flags are -w WORKERS -n PROCESSES -p INDEX -h FILE, and all \
         other arguments follow after --"
    )]
    Arguments(String),
    /// A variable of the environment has a value that does not fit.
    #[error(
        "the environment variable {variable} is `{value}`, and should be {expected}: let the launcher set it"
    )]
    Environment {
        /// The variable.
        variable: &'static str,
        /// Its value; empty if it is not set.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// No process has a worker.
    #[error("each process needs at least one worker (-w, ProcessConfig::workers)")]
    NoWorkers,
    /// There is no process with this index.
    #[error(
        "there is no process {process}, since there are {processes} processes, counted from 0: give a smaller index (-p)"
    )]
    NoSuchProcess {
        /// The index.
        process: usize,
        /// How many processes there are.
        processes: usize,
    },
    /// Two processes have the same address.
    #[error(
        "processes {first} and {second} have the same address {address}: give each an address of its own"
    )]
    SameAddress {
        /// The one process.
        first: usize,
        /// The other process.
        second: usize,
        /// The address.
        address: String,
    },
    /// A time of zero.
    #[error(
        "a process cannot wait for no time at all: give it time (ProcessConfig::silence, ProcessConfig::connect_timeout)"
    )]
    NoTime,
}
