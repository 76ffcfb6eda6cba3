//! Starts the processes of this host, and starts all again when one ends early.

mod event;
mod launch_error;
mod launched;
mod launcher;
mod news;
mod plan;
mod policy;
mod supervisor;

pub use event::LaunchEvent;
pub use launch_error::LaunchError;
pub use launched::Launched;
pub use launcher::{Launcher, launch};
pub use plan::{Attempt, EndedProcess, LaunchPlan};
pub use policy::LaunchPolicy;
