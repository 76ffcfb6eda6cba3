//! What a worker knows of the processes.

use std::fmt;
use std::sync::Arc;

use super::config::ProcessConfig;
use super::ends::Ends;
use super::fate::Fate;
use crate::driver::{Loss, LostProcess};

/// The processes of a cluster, as a worker sees them.
pub struct Peers {
    config: ProcessConfig,
    ends: Arc<Ends>,
}

impl Peers {
    pub(super) fn new(config: &ProcessConfig, ends: Arc<Ends>) -> Self {
        Peers { config: config.clone(), ends }
    }

    /// The configuration of this process.
    #[must_use]
    pub fn config(&self) -> &ProcessConfig {
        &self.config
    }

    /// The process that is lost, if one is: this one, if one of its workers has failed. Every
    /// worker should return then.
    #[must_use]
    pub fn lost(&self) -> Option<&LostProcess> {
        self.ends.fate.lost()
    }

    pub(super) fn ends(&self) -> &Ends {
        &self.ends
    }

    pub(super) fn fate(&self) -> &Arc<Fate> {
        &self.ends.fate
    }

    /// Says that this process fails. Returns whether nothing was lost before.
    pub(super) fn fail(&self, why: String) -> bool {
        self.ends.lose(self.config.process, Loss::Failed(why))
    }
}

impl fmt::Debug for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peers").field("config", &self.config).finish_non_exhaustive()
    }
}
