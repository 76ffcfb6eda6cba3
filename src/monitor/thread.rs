//! A monitor's thread.

use std::sync::Arc;
use std::time::Duration;

use super::builder::OnFound;
use super::effort::Effort;
use super::event::MonitorEvent;
use super::pace::Pace;
use super::unread::Writer;
use super::watched_property::WatchedProperty;
use crate::panics::catch;
use crate::runtime::{Sampler, Waited, discard_result};
use crate::snapshot::{GlobalSnapshot, SnapshotError};
use crate::sync::Mutex;

pub(super) type Callback<S, M> = Box<dyn FnMut(&MonitorEvent<S, M>) + Send>;

pub(super) struct MonitorThread<S, M> {
    pub(super) sampler: Arc<Sampler<S, M>>,
    pub(super) watched: Vec<WatchedProperty<S, M>>,
    pub(super) pace: Pace,
    pub(super) on_found: OnFound,
    pub(super) callback: Option<Callback<S, M>>,
    pub(super) events: Writer<MonitorEvent<S, M>>,
    pub(super) effort: Arc<Mutex<Effort>>,
    /// How many snapshots in a row have failed.
    pub(super) failures: u32,
    /// Whether the monitor has found something for which it is to stop the system.
    pub(super) is_stopping: bool,
    /// When the monitor was started.
    pub(super) started: Duration,
}

/// Whether there is another round.
#[derive(PartialEq, Eq)]
enum Then {
    Continue,
    End,
}

impl<S, M> MonitorThread<S, M> {
    /// Takes one snapshot after another, until nothing is left to watch, no node handles messages
    /// any more, the system ends, or the monitor is dropped.
    pub(super) fn run(mut self) {
        loop {
            let was_settled = self.sampler.is_settled();
            let began = self.sampler.now();
            let then = self.round();
            let ended = self.sampler.now();
            self.account(ended.saturating_sub(began));
            // The last snapshot was complete, and was taken when no node handled messages any more.
            if then == Then::End || (was_settled && self.failures == 0) {
                return;
            }
            if was_settled {
                // The last snapshot of settled nodes failed. Take another, without keeping the
                // period.
                self.pace.forget_period();
            }
            let due = self.pace.next_due(began, ended, self.failures);
            if self.sampler.wait_until(due, was_settled) != Waited::Due {
                return;
            }
            self.account(Duration::ZERO);
        }
    }

    fn account(&self, busy: Duration) {
        let mut effort = self.effort.lock();
        effort.busy += busy;
        effort.watched = self.sampler.now().saturating_sub(self.started);
    }

    fn round(&mut self) -> Then {
        if self.is_stopping {
            return self.stop_system();
        }
        match self.sampler.snapshot(Duration::MAX) {
            None | Some(Err(SnapshotError::ShutDown { .. })) => Then::End,
            Some(Err(error)) => self.note_failure(error),
            Some(Ok(snapshot)) => {
                self.effort.lock().snapshots += 1;
                self.failures = 0;
                let then = self.look_at(&snapshot);
                discard_result(Ok(snapshot));
                then
            }
        }
    }

    fn look_at(&mut self, snapshot: &Arc<GlobalSnapshot<S, M>>) -> Then {
        let events: Vec<_> =
            self.watched.iter_mut().filter_map(|watched| watched.look(snapshot)).collect();
        let has_found = events.iter().any(is_find);
        events.into_iter().for_each(|event| self.report(event));
        self.watched.retain(|watched| !watched.is_settled());
        if has_found && self.on_found == OnFound::StopSystem {
            return self.stop_system();
        }
        if self.watched.is_empty() { Then::End } else { Then::Continue }
    }

    /// If the last snapshot fails, the system goes on, and the next round tries again.
    fn stop_system(&mut self) -> Then {
        self.is_stopping = true;
        match self.sampler.stop_system() {
            None => Then::End,
            Some(Err(error)) if !self.sampler.has_ended(&error) => self.note_failure(error),
            Some(last) => {
                self.report(MonitorEvent::SystemStopped(last));
                Then::End
            }
        }
    }

    fn note_failure(&mut self, error: SnapshotError) -> Then {
        self.effort.lock().failed += 1;
        self.failures = self.failures.saturating_add(1);
        self.report(MonitorEvent::SnapshotFailed { error, in_a_row: self.failures });
        Then::Continue
    }

    /// Hands the event to the callback, and then to the stream if events are kept.
    fn report(&mut self, event: MonitorEvent<S, M>) {
        let called = self.callback.as_mut().map(|callback| catch(|| callback(&event)));
        self.events.put(event);
        if let Some(Err(panic)) = called {
            self.events.put(MonitorEvent::CallbackPanicked(panic));
        }
    }
}

fn is_find<S, M>(event: &MonitorEvent<S, M>) -> bool {
    matches!(event, MonitorEvent::Detected(_) | MonitorEvent::Violated(_))
}
