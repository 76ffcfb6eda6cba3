//! Why no snapshot begins any more.

#[cfg(feature = "timely")]
use crate::driver::LostProcess;
use crate::driver::NodeFailure;
use crate::id::SnapshotId;
#[cfg(feature = "timely")]
use crate::snapshot::Silent;
use crate::snapshot::SnapshotError;

/// Why no snapshot begins any more.
#[derive(Clone, Debug)]
pub(crate) enum Halt {
    /// A caller shut the system down.
    ShutDown,
    /// A node has failed, and the system stops with it; or every node has failed, and this is the
    /// first failure.
    Failed(NodeFailure),
    /// A process of the cluster is lost, and the others end with it.
    #[cfg(feature = "timely")]
    ProcessLost(LostProcess),
}

impl Halt {
    /// The error of a snapshot that does not begin, or not end, for this reason.
    pub(super) fn error(&self, snapshot: SnapshotId) -> SnapshotError {
        match self.clone() {
            Halt::ShutDown => SnapshotError::ShutDown { snapshot },
            Halt::Failed(failure) => SnapshotError::NodeFailed { snapshot, failure },
            #[cfg(feature = "timely")]
            Halt::ProcessLost(lost) => {
                let lost = Box::new(lost);
                SnapshotError::ProcessLost { snapshot, lost, missing: Silent::not_begun() }
            }
        }
    }
}
