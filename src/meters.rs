//! Counts and durations for the recorder of the `metrics` crate that the program has installed.
//! Without the feature `metrics`, and without a recorder, these functions do nothing.

use std::time::Duration;

#[cfg(not(feature = "metrics"))]
use off as recorder;
#[cfg(feature = "metrics")]
use on as recorder;

/// A snapshot has ended. If it is complete, its duration and its number of messages are recorded.
pub(crate) fn snapshot_ended(outcome: &'static str, complete: Option<(Duration, usize)>) {
    recorder::count_of("consistent_cut_snapshots_total", ("outcome", outcome), 1);
    if let Some((took, messages)) = complete {
        recorder::value("consistent_cut_snapshot_seconds", took.as_secs_f64());
        recorder::value("consistent_cut_snapshot_messages", recorder::float(messages as u64));
    }
}

pub(crate) fn node_failed() {
    recorder::count("consistent_cut_node_failures_total", 1);
}

#[cfg(feature = "checkpoint")]
pub(crate) use of_checkpoints::*;

#[cfg(feature = "checkpoint")]
mod of_checkpoints {
    use std::time::Duration;

    use crate::meters::recorder::{count, count_of, float, level, value};

    const CHECKPOINTS: &str = "consistent_cut_checkpoints_total";

    /// The numbers of a checkpoint that is durable.
    pub(crate) struct Saved {
        pub(crate) bytes: u64,
        pub(crate) new_bytes: u64,
        pub(crate) took: Duration,
        /// When it was written, since the beginning of 1970.
        pub(crate) at: Duration,
    }

    pub(crate) fn checkpoint_saved(saved: &Saved) {
        let Saved { bytes, new_bytes, took, at } = *saved;
        let shared = bytes.saturating_sub(new_bytes);
        count_of(CHECKPOINTS, ("outcome", "saved"), 1);
        count("consistent_cut_checkpoint_new_bytes_total", new_bytes);
        count("consistent_cut_checkpoint_shared_bytes_total", shared);
        value("consistent_cut_checkpoint_seconds", took.as_secs_f64());
        level("consistent_cut_checkpoint_bytes", float(bytes));
        level("consistent_cut_checkpoint_last_timestamp_seconds", at.as_secs_f64());
    }

    pub(crate) fn checkpoint_not_saved(reason: &'static str) {
        count_of(CHECKPOINTS, ("outcome", reason), 1);
    }

    pub(crate) fn checkpoints_skipped(number: u64) {
        count_of(CHECKPOINTS, ("outcome", "skipped"), number);
    }

    pub(crate) fn released(number: u64) {
        count("consistent_cut_released_total", number);
    }

    pub(crate) fn damage_found() {
        count("consistent_cut_checkpoints_damaged_total", 1);
    }

    pub(crate) fn restored() {
        count("consistent_cut_restores_total", 1);
    }

    pub(crate) fn restarted(cause: &'static str) {
        count_of("consistent_cut_restarts_total", ("cause", cause), 1);
    }
}

#[cfg(feature = "metrics")]
mod on {
    pub(super) fn count(name: &'static str, more: u64) {
        metrics::counter!(name).increment(more);
    }

    pub(super) fn count_of(
        name: &'static str,
        (key, label): (&'static str, &'static str),
        more: u64,
    ) {
        metrics::counter!(name, key => label).increment(more);
    }

    pub(super) fn value(name: &'static str, value: f64) {
        metrics::histogram!(name).record(value);
    }

    #[cfg(feature = "checkpoint")]
    pub(super) fn level(name: &'static str, value: f64) {
        metrics::gauge!(name).set(value);
    }

    /// The nearest number that metrics can hold.
    pub(super) fn float(number: u64) -> f64 {
        number as f64
    }
}

#[cfg(not(feature = "metrics"))]
mod off {
    pub(super) fn count(_: &'static str, _: u64) {}

    pub(super) fn count_of(_: &'static str, _: (&'static str, &'static str), _: u64) {}

    pub(super) fn value(_: &'static str, _: f64) {}

    #[cfg(feature = "checkpoint")]
    pub(super) fn level(_: &'static str, _: f64) {}

    pub(super) fn float(_: u64) -> f64 {
        0.0
    }
}
