//! What a launcher tells.

use std::fmt;
use std::time::Duration;

use super::plan::EndedProcess;

/// What happens to the processes of a launcher.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LaunchEvent {
    /// All processes of this host were started.
    Started {
        /// The attempt, from 1.
        attempt: u32,
        /// Its epoch.
        epoch: u64,
        /// The index of each process, and its number in the operating system.
        processes: Vec<(usize, u32)>,
    },
    /// A process has ended early or with an error, and the others were killed.
    Ended(EndedProcess),
    /// All will be started again after a pause.
    Restarting {
        /// The attempt, from 1.
        attempt: u32,
        /// Its epoch.
        epoch: u64,
        /// The pause.
        pause: Duration,
    },
}

impl fmt::Display for LaunchEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LaunchEvent::Started { attempt, epoch, processes } => {
                write!(f, "attempt {attempt}, epoch {epoch}: started ")?;
                for (at, (process, pid)) in processes.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}process {process} (pid {pid})")?;
                }
                Ok(())
            }
            LaunchEvent::Ended(EndedProcess { process, status }) => {
                write!(f, "process {process} has ended: {status}")
            }
            LaunchEvent::Restarting { attempt, epoch, pause } => {
                write!(f, "attempt {attempt} with epoch {epoch} after {pause:?}")
            }
        }
    }
}
