//! The rounds of a thread that writes checkpoints. A round is a snapshot, its saving, the release
//! of output, and a pause.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use super::event::{CheckpointCounts, CheckpointEvent};
use super::release::Release;
use crate::checkpoint::checkpoints::Checkpoints;
use crate::checkpoint::contents::save_error::SaveError;
use crate::checkpoint::store::record::{Counts, Record};
use crate::meters::{self, Saved};
use crate::panics::catch;
use crate::runtime::{Sampler, Waited, discard_result};
use crate::snapshot::{GlobalSnapshot, SnapshotError};
use crate::sync::Mutex;

/// The longest pause before another try to save the final states of a system.
const AGAIN: Duration = Duration::from_millis(100);

/// A function that is called with each event.
pub(crate) type Report = Box<dyn FnMut(CheckpointEvent) + Send>;

/// Writes one checkpoint at a time: a slow disk delays the next checkpoint, and not the nodes.
pub(crate) struct Rounds<S, M> {
    pub(crate) sampler: Arc<Sampler<S, M>>,
    pub(crate) checkpoints: Checkpoints<S, M>,
    pub(crate) period: Duration,
    pub(crate) release: Option<Release<M>>,
    pub(crate) report: Report,
    pub(crate) counts: Arc<Mutex<CheckpointCounts>>,
    /// After how many failed snapshots in a row the rounds end.
    pub(crate) most_failures: u32,
    pub(crate) failures: Failures,
}

/// How many snapshots and saves in a row have failed.
#[derive(Default)]
pub(crate) struct Failures {
    snapshots: u32,
    saves: u32,
    last: Option<SnapshotError>,
}

/// Why the rounds have ended.
pub(crate) enum Over {
    /// Every node has stopped, and a checkpoint of the final states is durable.
    Settled,
    /// The system takes no more snapshots.
    Ended,
    /// The handle was dropped, or asked for the end.
    GivenUp,
    /// `most_failures` snapshots have failed in a row. This is the last error.
    Stuck(SnapshotError),
}

/// The result of a round.
enum Round {
    Done,
    Failed,
    Over(Over),
}

impl<S, M: 'static> Rounds<S, M> {
    /// Runs rounds until there is a reason to end.
    pub(crate) fn run(&mut self) -> Over {
        loop {
            let was_settled = self.sampler.is_settled();
            let began = self.sampler.now();
            match self.round() {
                Round::Over(over) => return over,
                Round::Done if was_settled => return Over::Settled,
                Round::Done | Round::Failed => {}
            }
            if self.failures.snapshots >= self.most_failures
                && let Some(error) = self.failures.last.take()
            {
                return Over::Stuck(error);
            }
            let due = if was_settled { self.soon() } else { self.next_due(began) };
            match self.sampler.wait_until(due, was_settled) {
                Waited::Due => {}
                Waited::Ended => return Over::Ended,
                Waited::GivenUp => return Over::GivenUp,
            }
        }
    }

    /// When a round is due that tries again to save the final states.
    fn soon(&self) -> Option<Duration> {
        self.sampler.now().checked_add(self.period.min(AGAIN))
    }

    /// When the next round is due, after one that began at `began`. Rounds that were due meanwhile
    /// are skipped and reported.
    fn next_due(&mut self, began: Duration) -> Option<Duration> {
        let took = self.sampler.now().saturating_sub(began);
        let whole = took.as_nanos().checked_div(self.period.as_nanos()).unwrap_or(0);
        let skipped = u64::try_from(whole).unwrap_or(u64::MAX);
        if skipped > 0 {
            self.counts.lock().skipped += skipped;
            meters::checkpoints_skipped(skipped);
            (self.report)(CheckpointEvent::Skipped(skipped));
        }
        let periods = u32::try_from(whole + 1).unwrap_or(u32::MAX);
        began.checked_add(self.period.checked_mul(periods)?)
    }

    fn round(&mut self) -> Round {
        let is_free = self.release_rest();
        let snapshot = match self.sampler.snapshot(Duration::MAX) {
            None => return Round::Over(Over::GivenUp),
            Some(Err(SnapshotError::ShutDown { .. })) => return Round::Over(Over::Ended),
            Some(Err(error)) => return self.note_snapshot(error),
            Some(Ok(snapshot)) => snapshot,
        };
        self.failures.snapshots = 0;
        // While messages wait for the sink, the snapshot only shows that the nodes answer.
        let round = if is_free { self.keep(&snapshot) } else { Round::Failed };
        discard_result(Ok(snapshot));
        round
    }

    fn keep(&mut self, snapshot: &GlobalSnapshot<S, M>) -> Round {
        let is_done = self.save(snapshot) && self.release_up_to(snapshot);
        if is_done { Round::Done } else { Round::Failed }
    }

    /// Saves a snapshot. Returns whether the checkpoint is durable.
    pub(crate) fn save(&mut self, snapshot: &GlobalSnapshot<S, M>) -> bool {
        if let Some(failure) = snapshot.failures().first() {
            meters::checkpoint_not_saved("node_failed");
            (self.report)(CheckpointEvent::NodeFailed(failure.clone()));
            return false;
        }
        let began = self.sampler.now();
        let saved = catch(|| self.checkpoints.save(snapshot));
        let saved = saved.unwrap_or_else(|panic| Err(SaveError::Panicked(panic)));
        let took = self.sampler.now().saturating_sub(began);
        self.counts.lock().saving += took;
        let is_durable = saved.is_ok();
        match saved {
            Ok(record) => self.note_save(record, took),
            Err(error) => self.note_no_save(error),
        }
        is_durable
    }

    /// Releases the messages that a durable checkpoint holds. Returns whether the sink has all of
    /// them.
    pub(crate) fn release_up_to(&mut self, durable: &GlobalSnapshot<S, M>) -> bool {
        let Some(release) = &mut self.release else { return true };
        let released = release.up_to(durable);
        let is_behind = release.is_behind();
        self.note_release(released) && !is_behind
    }

    /// Releases the messages that the sink has not taken yet: a new checkpoint would not hold them.
    /// Returns whether the sink has all of them.
    pub(crate) fn release_rest(&mut self) -> bool {
        let Some(release) = &mut self.release else { return true };
        let released = release.rest();
        self.note_release(released)
    }

    fn note_snapshot(&mut self, error: SnapshotError) -> Round {
        self.counts.lock().snapshots_failed += 1;
        meters::checkpoint_not_saved("snapshot_failed");
        self.failures.snapshots = self.failures.snapshots.saturating_add(1);
        self.failures.last = Some(error.clone());
        let in_a_row = self.failures.snapshots;
        (self.report)(CheckpointEvent::SnapshotFailed { error, in_a_row });
        Round::Failed
    }

    fn note_save(&mut self, record: Record, took: Duration) {
        self.failures.saves = 0;
        let Counts { bytes, new_bytes, .. } = record.counts;
        let at = record.written.duration_since(UNIX_EPOCH).unwrap_or_default();
        meters::checkpoint_saved(&Saved { bytes, new_bytes, took, at });
        let mut counts = self.counts.lock();
        counts.saved += 1;
        counts.new_bytes += record.counts.new_bytes;
        counts.last = Some(record.clone());
        drop(counts);
        (self.report)(CheckpointEvent::Saved(record));
    }

    fn note_no_save(&mut self, error: SaveError) {
        self.counts.lock().saves_failed += 1;
        meters::checkpoint_not_saved("save_failed");
        self.failures.saves = self.failures.saves.saturating_add(1);
        let (error, in_a_row) = (Arc::new(error), self.failures.saves);
        (self.report)(CheckpointEvent::SaveFailed { error, in_a_row });
    }

    /// Whether the sink has taken everything.
    fn note_release(&mut self, released: Result<u64, String>) -> bool {
        match released {
            Ok(released) => {
                self.counts.lock().released += released;
                meters::released(released);
                true
            }
            Err(error) => {
                meters::checkpoint_not_saved("release_failed");
                (self.report)(CheckpointEvent::ReleaseFailed { error });
                false
            }
        }
    }
}
