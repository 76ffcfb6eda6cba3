//! What a monitor is told before it starts.

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

/// What a monitor is told before it starts. [`System::monitor`](crate::System::monitor) begins one.
#[must_use = "a monitor begins with `start`"]
pub struct MonitorBuilder<S, M> {
    sampler: Sampler<S, M>,
    watched: Vec<WatchedProperty<S, M>>,
    cost: f64,
    period: Duration,
    on_found: OnFound,
    callback: Option<Callback<S, M>>,
}

/// What a monitor does, besides reporting it, when it has found a stable property to hold or an invariant to be violated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFound {
    /// It goes on watching the other properties.
    #[default]
    Continue,
    /// It stops the system as [`System::snapshot_and_stop`](crate::System::snapshot_and_stop) does,
    /// without losing anything, and ends. [`System::join`](crate::System::join) returns then. Where
    /// the last snapshot fails it reports that, and tries again after a pause.
    StopSystem,
}

/// Why a monitor did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MonitorError {
    /// There is no such share.
    #[error(
        "{cost} is no share of the time: give a number above 0 and up to 1, such as 0.05 for a twentieth"
    )]
    Cost {
        /// What was given.
        cost: f64,
    },
    /// No property was given.
    #[error("there is nothing to watch: add an invariant or a stable property")]
    NothingToWatch,
    /// The operating system gave no thread.
    #[error("no thread for the monitor: allow more threads or memory")]
    Thread(#[from] io::Error),
}

/// A monitor.
impl<P: Process> System<P> {
    /// Begins the description of a monitor, which watches properties in the background. See [the module](crate::monitor).
    pub fn monitor(&self) -> MonitorBuilder<P::State, P::Message> {
        MonitorBuilder {
            sampler: self.sampler("System::monitor"),
            watched: Vec::new(),
            cost: 0.1,
            period: Duration::ZERO,
            on_found: OnFound::default(),
            callback: None,
        }
    }
}

impl<S, M> MonitorBuilder<S, M> {
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

    /// The share of the time in which snapshots are under way and looked at, above 0 and up to 1; a tenth if not set. After a
    /// snapshot that took the time t, with what was looked at, a monitor with the share c waits for t(1/c - 1). The wait for a
    /// snapshot that fails is not made up for: another follows soon, see [what goes wrong](crate::monitor#what-goes-wrong-and-what-then).
    pub fn cost(mut self, share: f64) -> Self {
        self.cost = share;
        self
    }

    /// The least time from the beginning of one snapshot to that of the next. None if not set.
    pub fn period(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }

    /// What to do when something is found, besides reporting it.
    pub fn on_found(mut self, on_found: OnFound) -> Self {
        self.on_found = on_found;
        self
    }

    /// Calls this with every event, in the monitor's thread: meanwhile no snapshot is taken, and the
    /// time counts as the monitor's. It may use the system as any thread may, and drop the monitor,
    /// but not [join](Monitor::join) it. Events are then kept for a reader only from the first call
    /// of [`Monitor::events`] on.
    pub fn on_event(mut self, callback: impl FnMut(&MonitorEvent<S, M>) + Send + 'static) -> Self {
        self.callback = Some(Box::new(callback));
        self
    }
}

impl<S: Send + Sync + 'static, M: Send + Sync + 'static> MonitorBuilder<S, M> {
    /// Starts the monitor's thread. The first snapshot comes at once. Keep the [`Monitor`]: it ends
    /// when it is dropped.
    ///
    /// # Errors
    /// If there is nothing to watch, the cost is no share, or the operating system gives no thread.
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
