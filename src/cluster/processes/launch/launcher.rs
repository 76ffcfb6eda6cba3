//! The settings of a launcher.

use std::fmt;
use std::sync::Arc;

use super::event::LaunchEvent;
use super::launch_error::LaunchError;
use super::launched::Launched;
use super::plan::{Attempt, LaunchPlan};
use super::policy::LaunchPolicy;
use super::supervisor::{Company, supervise};
use crate::panics::catch;
use crate::sync::spawn;

/// The settings of a launcher. [`launch`] begins them.
#[must_use = "nothing starts before `start`"]
pub struct Launcher {
    pub(super) plan: Box<dyn FnMut(&Attempt) -> LaunchPlan + Send>,
    pub(super) policy: LaunchPolicy,
    pub(super) epoch: u64,
    pub(super) on_event: Box<dyn FnMut(&LaunchEvent) + Send>,
}

/// Begins the settings of a launcher: a small supervisor that starts the processes of this host,
/// and kills them all and starts them all again, with a higher epoch, when one ends early or with
/// an error. `plan` makes the plan of each attempt; it may change the number of processes or
/// workers.
///
/// The program of the processes finds its configuration by
/// [`ProcessConfig::from_env`](crate::cluster::ProcessConfig::from_env), goes on from its newest
/// checkpoint, and exits with an error when [`execute`](crate::cluster::execute) returns one.
///
/// On several hosts a launcher runs on each, and its plan says which processes are
/// [here](LaunchPlan::here). A launcher whose processes hear of a higher epoch adopts it.
///
/// The processes are killed when the launcher is dropped. A launcher that is killed itself leaves
/// them behind: start the next one with a higher [epoch](Launcher::epoch).
pub fn launch(plan: impl FnMut(&Attempt) -> LaunchPlan + Send + 'static) -> Launcher {
    let plan = Box::new(plan);
    Launcher { plan, policy: LaunchPolicy::default(), epoch: 1, on_event: Box::new(|_| {}) }
}

impl Launcher {
    /// Sets how often the processes are started again.
    pub fn policy(mut self, policy: LaunchPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the epoch of the first attempt; 1 by default.
    pub fn epoch(mut self, first: u64) -> Self {
        self.epoch = first;
        self
    }

    /// Sets a closure that hears of each start and end, in the launcher's thread.
    pub fn on_event(mut self, listener: impl FnMut(&LaunchEvent) + Send + 'static) -> Self {
        self.on_event = Box::new(listener);
        self
    }

    /// Starts the launcher's thread, which starts the processes.
    ///
    /// # Errors
    /// If the operating system gives no thread.
    pub fn start(self) -> Result<Launched, LaunchError> {
        let company = Company::new();
        let shared = Arc::clone(&company);
        let body = move || {
            let result = catch(|| supervise(self, &shared));
            shared.clear();
            result.unwrap_or_else(|panic| Err(LaunchError::Panicked(panic)))
        };
        let thread = spawn("consistent-cut launcher".to_owned(), None, body);
        let thread = thread.map_err(|error| LaunchError::System { what: "a thread", error })?;
        Ok(Launched::new(company, thread))
    }
}

impl fmt::Debug for Launcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Launcher { policy, epoch, .. } = self;
        f.debug_struct("Launcher")
            .field("policy", policy)
            .field("epoch", epoch)
            .finish_non_exhaustive()
    }
}
