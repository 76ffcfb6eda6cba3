//! Why a process has not joined its cluster.

use std::fmt;
use std::io;
use std::time::Duration;

use thiserror::Error;

/// The reason why a process has not joined the others of its cluster. The processes that waited for
/// it end with an error too, at the latest when their time is over.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// This process cannot take connections at its own address.
    #[error(
        "process {process} cannot take connections at its own address {address} ({error}): is another process there, or \
         is the address one of another machine?"
    )]
    Bind {
        /// This process.
        process: usize,
        /// Its address.
        address: String,
        /// The error of the operating system.
        #[source]
        error: io::Error,
    },
    /// An address is not one, or its name is not known.
    #[error(
        "the address {address} of process {process} cannot be resolved ({error}): give a host and a port, as in \
         10.0.0.7:2101 or node7:2101"
    )]
    Unresolvable {
        /// The process that has this address.
        process: usize,
        /// The address.
        address: String,
        /// The error of the operating system.
        #[source]
        error: io::Error,
    },
    /// The peer belongs to another epoch. A process whose own epoch is lower ends at once; one
    /// whose epoch is higher waits for a peer of its epoch until its time is over.
    #[error("process {process} ({address}) is in epoch {theirs}, and this process in epoch {ours}: {}", epochs(*ours, *theirs))]
    OtherEpoch {
        /// The peer.
        process: usize,
        /// Its address.
        address: String,
        /// The epoch of this process.
        ours: u64,
        /// The epoch of the peer.
        theirs: u64,
    },
    /// The peer runs something else.
    #[error(
        "process {process} ({address}) is not of the same plan: {difference}; start all processes of one program with the \
         same counts and addresses"
    )]
    OtherPlan {
        /// The peer.
        process: usize,
        /// Its address.
        address: String,
        /// The difference.
        difference: PlanDifference,
    },
    /// Two processes have the same index.
    #[error(
        "two processes say that they are process {process}, one at {first} and one at {second}: give each an index of its \
         own (-p), and end those that are left of an earlier start"
    )]
    SameIndex {
        /// The index.
        process: usize,
        /// The address from which the one speaks.
        first: String,
        /// The address from which the other speaks.
        second: String,
    },
    /// Something answers at the address of a peer, and it is no process of a cluster.
    #[error(
        "at {address}, where process {process} should be, there is no process of a cluster: {heard}; look at the list of addresses"
    )]
    NotACluster {
        /// The peer.
        process: usize,
        /// Its address.
        address: String,
        /// What was heard there, in words.
        heard: String,
    },
    /// Processes were not there in time.
    #[error(
        "{} not there within {waited:?}: {}; start all processes, and give them time (ProcessConfig::connect_timeout)",
        these(missing),
        list(missing)
    )]
    Missing {
        /// How long this process has waited.
        waited: Duration,
        /// The processes that are missing.
        missing: Vec<MissingProcess>,
    },
    /// A peer has ended, or has closed its connections, before all processes were connected.
    #[error(
        "process {process} ({address}) has ended before all processes were connected: its own error says why"
    )]
    Ended {
        /// The peer.
        process: usize,
        /// Its address.
        address: String,
    },
    /// The operating system refuses a socket or a thread.
    #[error("the operating system refuses {what} ({error}): free resources, or raise its limits")]
    System {
        /// What it refuses.
        what: &'static str,
        /// The error.
        #[source]
        error: io::Error,
    },
}

/// The difference between the plans of two processes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanDifference {
    /// They count another number of processes.
    Processes {
        /// The count of this process.
        ours: usize,
        /// The count of the peer.
        theirs: usize,
    },
    /// They have another number of workers in each process.
    Workers {
        /// The count of this process.
        ours: usize,
        /// The count of the peer.
        theirs: usize,
    },
    /// Their digests differ: another program, or another topology.
    Digest {
        /// The digest of this process.
        ours: u64,
        /// The digest of the peer.
        theirs: u64,
    },
    /// The lists of addresses have another order.
    Order {
        /// The index of a process by the list of this process.
        ours: usize,
        /// Its index by the list of the peer.
        theirs: usize,
    },
    /// The peer speaks another version of the greeting.
    Version {
        /// The version of the peer.
        theirs: u16,
    },
}

/// A process that was not there in time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingProcess {
    /// Its index.
    pub process: usize,
    /// Its address.
    pub address: String,
    /// What was last heard of it, in words.
    pub heard: String,
}

impl ConnectError {
    /// The higher epoch of which this process has heard, if its own is too low. A supervisor takes
    /// it for the next attempt.
    #[must_use]
    pub fn higher_epoch(&self) -> Option<u64> {
        match *self {
            ConnectError::OtherEpoch { ours, theirs, .. } if theirs > ours => Some(theirs),
            _ => None,
        }
    }
}

fn epochs(ours: u64, theirs: u64) -> String {
    if ours < theirs {
        format!("start this process again with epoch {theirs}")
    } else {
        format!("end that process, and start it again with epoch {ours}")
    }
}

fn these(missing: &[MissingProcess]) -> String {
    match missing.len() {
        1 => "a process was".to_owned(),
        many => format!("{many} processes were"),
    }
}

fn list(missing: &[MissingProcess]) -> String {
    let named = missing.iter().map(ToString::to_string);
    named.collect::<Vec<_>>().join(", ")
}

impl fmt::Display for MissingProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} at {} ({})", self.process, self.address, self.heard)
    }
}

impl fmt::Display for PlanDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanDifference::Processes { ours, theirs } => {
                write!(f, "it counts {theirs} processes, and this process {ours}")
            }
            PlanDifference::Workers { ours, theirs } => {
                write!(f, "it has {theirs} workers in each process, and this process {ours}")
            }
            PlanDifference::Digest { ours, theirs } => {
                write!(f, "its digest is {theirs:#x}, and that of this process {ours:#x}")
            }
            PlanDifference::Order { ours, theirs } => write!(
                f,
                "its list of addresses has another order: process {ours} here is process {theirs} there"
            ),
            PlanDifference::Version { theirs } => {
                write!(f, "it greets in version {theirs} of the protocol, and this process in 1")
            }
        }
    }
}
