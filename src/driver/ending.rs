//! Why a node has ended, and takes in nothing more.

use thiserror::Error;

use super::lost_process::LostProcess;
use super::node_failure::NodeFailure;

/// The reason why a node takes in no more messages.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Ending {
    /// The node has panicked.
    #[error("it has panicked (System::failures has the panic message)")]
    Panicked,
    /// Another node has panicked, and the system has stopped with it
    /// ([`OnFailure::Stop`](crate::OnFailure::Stop)).
    #[error("the system has stopped, since {0}")]
    StoppedWith(NodeFailure),
    /// A last snapshot is being taken or was taken. The system takes in no message unless that
    /// snapshot fails.
    #[error("a last snapshot was asked for (snapshot_and_stop)")]
    LastSnapshot,
    /// A process of the cluster is lost, and the others end with it.
    #[error("{0}, and all processes of the cluster end with it")]
    ProcessLost(Box<LostProcess>),
    /// The system is shut down, or will be at once.
    #[error("the system is shut down")]
    ShutDown,
}
