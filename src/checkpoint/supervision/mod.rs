//! A system that is restarted from its last good checkpoint after a failure.

mod event;
mod policy;
mod start;
mod supervised;
mod thread;

pub use event::{Cause, SupervisionEvent};
pub use policy::RestartPolicy;
pub use start::SupervisorBuilder;
pub use supervised::{Supervised, SupervisionError};
