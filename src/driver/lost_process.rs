//! A process of a cluster that is lost.

use std::fmt;
use std::time::Duration;

/// An operating system's process that belongs to a cluster of several, and is lost: it was killed,
/// was stopped, has failed, or the network does not reach it any more. All other processes of the
/// cluster end with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LostProcess {
    /// Its index among the processes, from 0.
    pub process: usize,
    /// Its address, as the configuration has it.
    pub address: String,
    /// The epoch (generation) of the processes. After the loss they start again with a higher one.
    pub epoch: u64,
    /// How the loss was noticed.
    pub loss: Loss,
}

/// How the loss of a process was noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// Its connections have closed, and it had not said that its work is done: it was killed, or
    /// has ended early.
    Closed,
    /// Nothing came from it for this time: it was stopped, or the network is down.
    Silent(Duration),
    /// It said that it ends with this error.
    Failed(String),
}

impl LostProcess {
    #[cfg(feature = "timely")]
    pub(crate) fn new(process: usize, address: &str, epoch: u64, loss: Loss) -> Self {
        LostProcess { process, address: address.to_owned(), epoch, loss }
    }
}

impl fmt::Display for LostProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LostProcess { process, address, epoch, loss } = self;
        write!(f, "process {process} ({address}) of epoch {epoch} {loss}")
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::Closed => f.write_str("has closed its connections before its work was done"),
            Loss::Silent(time) => write!(f, "has been silent for {time:.1?}"),
            Loss::Failed(why) => write!(f, "has failed: {why}"),
        }
    }
}
