//! A supervised system for tests: its start, its reports, and the moments that tests wait for.

use std::time::Duration;

use consistent_cut::SystemBuilder;
use consistent_cut::checkpoint::{
    Cause, CheckpointEvent, CheckpointId, Record, Reports, RestartPolicy, Supervised,
    SupervisionEvent, SupervisorBuilder,
};

use crate::doll::{Doll, Strings, ring};
use crate::tricks::{Log, TrickSink, TrickStore};

/// The store, the sink and the strings of the dolls, which outlive the systems.
#[derive(Clone)]
pub(crate) struct Lives {
    pub(crate) store: TrickStore,
    pub(crate) sink: TrickSink,
    pub(crate) strings: Strings,
}

/// Checkpoints without a pause between them, and any number of restarts without a pause.
pub(crate) fn eager() -> RestartPolicy {
    RestartPolicy::default()
        .period(Duration::ZERO)
        .restarts(u32::MAX, Duration::MAX)
        .back_off(Duration::ZERO, Duration::ZERO)
        .give_up_after(Duration::from_millis(300))
}

impl Lives {
    pub(crate) fn new(strings: Strings) -> Self {
        let log = Log::default();
        Lives { store: TrickStore::new(&log), sink: TrickSink::new(&log), strings }
    }

    pub(crate) fn builder(&self, system: SystemBuilder<Doll>) -> SupervisorBuilder<Doll> {
        let strings = self.strings.clone();
        let builder = system.supervise(&self.store.checkpoints(), move |_| strings.doll());
        builder.policy(eager()).release_to(self.sink.clone())
    }

    pub(crate) fn start(&self) -> Supervised<Doll> {
        self.builder(ring()).start().expect("it starts")
    }

    pub(crate) fn start_with(&self, policy: RestartPolicy) -> Supervised<Doll> {
        self.builder(ring()).policy(policy).start().expect("it starts")
    }

    /// Makes every later commit fail. Returns the newest checkpoint, which no other follows.
    pub(crate) fn freeze(&self, events: &mut Reports<SupervisionEvent>) -> CheckpointId {
        self.store.fail_commits(u32::MAX);
        until(events, |event| match event {
            SupervisionEvent::Checkpoint(CheckpointEvent::SaveFailed { .. }) => Some(()),
            _ => None,
        });
        let checkpoints = self.store.checkpoints::<crate::doll::Sum, crate::doll::Say>();
        let records = checkpoints.catalog().list().expect("it can be read");
        records.last().expect("one was saved").id
    }
}

/// Reads reports up to the first for which `wanted` returns a value.
pub(crate) fn until<T>(
    events: &mut Reports<SupervisionEvent>,
    mut wanted: impl FnMut(SupervisionEvent) -> Option<T>,
) -> T {
    events.find_map(&mut wanted).expect("the supervision goes on")
}

/// Waits until a checkpoint is durable that began after this call.
pub(crate) fn until_saved(events: &mut Reports<SupervisionEvent>) {
    events.ready().for_each(drop);
    for _ in 0..2 {
        until(events, |event| match event {
            SupervisionEvent::Checkpoint(CheckpointEvent::Saved(_)) => Some(()),
            _ => None,
        });
    }
}

/// Waits until a system has started. Returns from where, and the ids that were found damaged.
pub(crate) fn until_started(
    events: &mut Reports<SupervisionEvent>,
) -> (Option<Record>, Vec<CheckpointId>) {
    until(events, |event| match event {
        SupervisionEvent::Started { from, damaged } => {
            Some((from, damaged.into_iter().map(|damage| damage.id).collect()))
        }
        _ => None,
    })
}

pub(crate) fn until_failed(events: &mut Reports<SupervisionEvent>) -> Cause {
    until(events, |event| match event {
        SupervisionEvent::Failed(cause) => Some(cause),
        _ => None,
    })
}

/// The pauses before restarts, as they were reported up to the end.
pub(crate) fn pauses(events: Reports<SupervisionEvent>) -> Vec<(u32, u64)> {
    let pauses = events.filter_map(|event| match event {
        SupervisionEvent::Restarting { restart, after } => {
            Some((restart, after.as_millis().try_into().expect("it is short")))
        }
        _ => None,
    });
    pauses.collect()
}
