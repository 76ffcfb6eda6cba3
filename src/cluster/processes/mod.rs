//! A cluster of several processes of the operating system.

mod beat;
mod cluster_error;
mod config;
mod config_error;
mod connect_error;
mod dialer;
mod ends;
mod environment;
mod execute;
mod fate;
mod hello;
mod launch;
mod meeting;
mod partner;
mod peers;
mod pulse;
mod running;
mod visitor;
mod wire;
mod work;

pub use cluster_error::{ClusterError, WorkerError};
pub use config::ProcessConfig;
pub use config_error::ConfigError;
pub use connect_error::{ConnectError, MissingProcess, PlanDifference};
pub use execute::{execute, start};
pub(super) use fate::Fate;
pub use launch::{
    Attempt, EndedProcess, LaunchError, LaunchEvent, LaunchPlan, LaunchPolicy, Launched, Launcher,
    launch,
};
pub use peers::Peers;
pub use running::RunningProcess;
