//! What both drivers of processes, [threads](crate::runtime) and [simulation](crate::simulation),
//! say of nodes that do not start, do not take a message, have failed or ended.

mod ending;
mod inject_error;
mod lost_process;
mod node_failure;
mod spawn_error;
mod stop_error;
mod timeout;

pub use ending::Ending;
pub use inject_error::InjectError;
pub use lost_process::{Loss, LostProcess};
pub use node_failure::NodeFailure;
pub use spawn_error::SpawnError;
pub use stop_error::StopError;
pub(crate) use timeout::Timeout;
