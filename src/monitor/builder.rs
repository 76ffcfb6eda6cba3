//! Settings of a monitor, and its start.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::effort::Effort;
use super::event::{MonitorEvent, MonitorEvents};
use super::handle::Monitor;
use super::pace::Pace;
use super::thread::{Callback, MonitorThread};
use super::unread::stream;
use super::watched_property::WatchedProperty;
use crate::process::Process;
use crate::property::{Invariant, StableProperty};
use crate::runtime::{Sampler, System};
use crate::sync::{Mutex, spawn};

/// Settings of a monitor, and its start. [`System::monitor`](crate::System::monitor) makes it.
#[must_use = "a monitor begins with `start`"]
pub struct MonitorBuilder<S, M> {
    sampler: Sampler<S, M>,
    watched: Vec<WatchedProperty<S, M>>,
    cost: f64,
    period: Duration,
    on_found: OnFound,
    callback: Option<Callback<S, M>>,
}

/// What a monitor does, besides reporting, when a stable property holds or an invariant is
/// violated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnFound {
    /// The monitor goes on watching the other properties.
    #[default]
    Continue,
    /// The monitor stops the system as
    /// [`System::snapshot_and_stop`](crate::System::snapshot_and_stop) does, without losing a
    /// message, and ends. [`System::join`](crate::System::join) then returns. If the last snapshot
    /// fails, the monitor reports the failure and tries again after a pause.
    StopSystem,
}

/// Why a monitor did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MonitorError {
    /// The cost is not a share of the time.
    #[error(
        "{cost} is not a share of the time: give a number above 0 and at most 1, such as 0.05 for a \
         twentieth"
    )]
    Cost {
        /// The cost that was given.
        cost: f64,
    },
    /// No property was given.
    #[error("there is nothing to watch: add an invariant or a stable property")]
    NothingToWatch,
    /// The operating system did not start a thread.
    #[error("no thread for the monitor: allow more threads or memory")]
    Thread(#[from] io::Error),
}

/// Monitors.
impl<P: Process> System<P> {
    /// Begins the settings of a monitor, which watches properties in the background. See [the
    /// module](crate::monitor).
    pub fn monitor(&self) -> MonitorBuilder<P::State, P::Message> {
        MonitorBuilder::new(self.sampler("System::monitor"))
    }
}

impl<S, M> MonitorBuilder<S, M> {
    pub(crate) fn new(sampler: Sampler<S, M>) -> Self {
        MonitorBuilder {
            sampler,
            watched: Vec::new(),
            cost: 0.1,
            period: Duration::ZERO,
            on_found: OnFound::default(),
            callback: None,
        }
    }

    /// Watches an invariant.
    pub fn invariant(mut self, invariant: Invariant<S, M>) -> Self {
        self.watched.push(WatchedProperty::invariant(invariant));
        self
    }

    /// Watches for a stable property.
    pub fn stable(mut self, property: StableProperty<S, M>) -> Self {
        self.watched.push(WatchedProperty::stable(property));
        self
    }

    /// The share of the time in which snapshots are under way and evaluated: above 0 and at most 1,
    /// a tenth if not set. After a snapshot that took the time t, evaluation included, a monitor
    /// with the share c pauses for t(1/c - 1). Time spent on a snapshot that fails is ignored:
    /// another snapshot follows soon, see [what goes
    /// wrong](crate::monitor#what-can-go-wrong).
    pub fn cost(mut self, share: f64) -> Self {
        self.cost = share;
        self
    }

    /// The least time from the beginning of one snapshot to the beginning of the next. Zero if not
    /// set.
    pub fn period(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }

    /// What the monitor does when it finds something, besides reporting it.
    pub fn on_found(mut self, on_found: OnFound) -> Self {
        self.on_found = on_found;
        self
    }

    /// Calls `callback` with every event, in the monitor's thread. No snapshot is taken meanwhile,
    /// and the time of the callback counts as the monitor's. The callback may use the system as any
    /// thread may. It may drop the monitor, but not [join](Monitor::join) it. With a callback,
    /// events are kept for a reader only from the first call of [`Monitor::events`] on.
    pub fn on_event(mut self, callback: impl FnMut(&MonitorEvent<S, M>) + Send + 'static) -> Self {
        self.callback = Some(Box::new(callback));
        self
    }
}

impl<S: Send + Sync + 'static, M: Send + Sync + 'static> MonitorBuilder<S, M> {
    /// Starts the monitor's thread. The first snapshot is taken at once. Keep the [`Monitor`]:
    /// dropping it ends it.
    ///
    /// # Errors
    /// If no property was given, the cost is not a share, or the operating system starts no thread.
    pub fn start(self) -> Result<Monitor<S, M>, MonitorError> {
        let MonitorBuilder { sampler, watched, cost, period, on_found, callback } = self;
        let pace = Pace::new(cost, period).ok_or(MonitorError::Cost { cost })?;
        if watched.is_empty() {
            return Err(MonitorError::NothingToWatch);
        }
        let started = sampler.now();
        let (sampler, effort) = (Arc::new(sampler), Arc::new(Mutex::new(Effort::default())));
        let (events, unread) = stream();
        unread.keep(callback.is_none());
        let monitor = MonitorThread {
            sampler: Arc::clone(&sampler),
            watched,
            pace,
            on_found,
            callback,
            events,
            effort: Arc::clone(&effort),
            failures: 0,
            is_stopping: false,
            started,
        };
        let thread = spawn("monitor".to_owned(), None, move || monitor.run())?;
        let events = MonitorEvents::new(unread, sampler.own_threads());
        Ok(Monitor::new(sampler, thread, effort, events))
    }
}

impl<S, M> fmt::Debug for MonitorBuilder<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MonitorBuilder")
            .field("properties", &self.watched.len())
            .field("cost", &self.cost)
            .field("period", &self.period)
            .field("on_found", &self.on_found)
            .finish_non_exhaustive()
    }
}
