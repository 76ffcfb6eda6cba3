//! Decides which errors fit the calls that were made.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::{
    FindSnapshotError, GlobalSnapshot, InjectError, NodeFailure, NodeId, OnFailure, ShutdownError,
    SnapshotError, SnapshotId, StopError,
};

use super::audit;
use super::chatterer::{Book, Chatterer, Message, ORDERED};
use super::run::{Run, Snapshot};
use super::setup::{GENEROUS, Settings};
use super::tally::Tally;

/// The request of a caller.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) initiators: Option<Vec<NodeId>>,
    pub(crate) timeout: Duration,
    /// Whether the snapshot may have to wait for its turn.
    pub(crate) may_queue: bool,
}

impl Wish {
    /// A request with the default options.
    pub(crate) fn plain(settings: &Settings) -> Self {
        Wish { initiators: None, timeout: GENEROUS, may_queue: settings.has_queue() }
    }

    /// The request that another caller may have made who got this error.
    pub(crate) fn behind(error: Option<&SnapshotError>, settings: &Settings) -> Self {
        let plain = Wish::plain(settings);
        match error {
            Some(SnapshotError::Coverage(_)) => Wish { initiators: Some(Vec::new()), ..plain },
            Some(&SnapshotError::TimedOut { timeout, .. }) => Wish { timeout, ..plain },
            _ => plain,
        }
    }
}

/// Ends the program if the snapshot is wrong, or the error does not fit the request.
pub(crate) fn judge<'a>(
    run: &Run,
    wish: &Wish,
    result: &'a Result<Arc<GlobalSnapshot<Book, Message>>, SnapshotError>,
) -> Option<&'a Arc<Snapshot>> {
    run.pulse.beat();
    match result {
        Ok(snapshot) => {
            Tally::add(&run.tally.completed, 1);
            audit::check(run, snapshot);
            Some(snapshot)
        }
        Err(error) => {
            count(run, error);
            let is_earned = is_earned(run, wish, error);
            run.ensure(is_earned, || format!("wrong error for {wish:?}: {error:?}: {error}"));
            None
        }
    }
}

fn is_earned(run: &Run, wish: &Wish, error: &SnapshotError) -> bool {
    match error {
        SnapshotError::Coverage(_) => match &wish.initiators {
            None => false,
            // A node that has failed cuts off other nodes.
            Some(nodes) => {
                run.told_to_panic() > 0 || run.setup.topology.check_coverage(nodes).is_err()
            }
        },
        SnapshotError::NodeFailed { failure, .. } => is_ordered(run, failure),
        SnapshotError::TimedOut { timeout, missing, .. } => {
            let is_begun = !missing.nodes.is_empty() || !missing.links.is_empty();
            let text = missing.to_string();
            let is_named = if is_begun { text.contains("not ") } else { text.contains("turn") };
            // A snapshot with much time has lost a message or marker, or has waited for its turn
            // until then.
            let is_short = wish.timeout < GENEROUS || wish.may_queue;
            *timeout == wish.timeout && is_named && is_short
        }
        SnapshotError::Cancelled { snapshot, .. } => run.is_cancelled(*snapshot),
        SnapshotError::ShutDown { .. } => run.is_ending(),
        // These errors belong to other calls.
        _ => false,
    }
}

fn count(run: &Run, error: &SnapshotError) {
    let tally = &run.tally;
    Tally::add(
        match error {
            SnapshotError::Coverage(_) => &tally.refused,
            SnapshotError::NodeFailed { .. } => &tally.node_failed,
            SnapshotError::TimedOut { .. } => &tally.timed_out,
            SnapshotError::Cancelled { .. } => &tally.cancelled,
            _ => &tally.shut_down,
        },
        1,
    );
}

pub(crate) fn is_ordered(run: &Run, failure: &NodeFailure) -> bool {
    run.is_told_to_panic(failure.node.id) && failure.panic.starts_with(ORDERED)
}

/// Whether some node may be out of reach.
fn may_have_ended(run: &Run, node: NodeId) -> bool {
    let all_end = run.setup.on_failure == OnFailure::Stop && run.told_to_panic() > 0;
    run.is_ending() || run.is_told_to_panic(node) || all_end
}

pub(crate) fn judge_inject<M>(run: &Run, error: &InjectError<M>) {
    let is_earned = match error {
        InjectError::Ended { node, .. } => may_have_ended(run, node.id),
        _ => false,
    };
    run.ensure(is_earned, || format!("wrong error: {error:?}"));
}

pub(crate) fn judge_stop(run: &Run, error: &StopError) {
    let is_earned = match error {
        StopError::Ended { node, .. } => may_have_ended(run, node.id),
        _ => false,
    };
    run.ensure(is_earned, || format!("wrong error: {error:?}"));
}

/// A snapshot may be unknown only if it is not among the remembered ones and has not just begun.
pub(crate) fn judge_unknown(
    run: &Run,
    settings: &Settings,
    id: SnapshotId,
    error: &FindSnapshotError,
) {
    let unknown = FindSnapshotError::Unknown { snapshot: id, remembered: settings.history };
    let without_values = FindSnapshotError::NotKept { snapshot: id, kept: settings.kept };
    let is_earned = [unknown, without_values].contains(error);
    run.ensure(is_earned, || format!("wrong error for {id}: {error:?}"));
}

/// The processes come back by node, except those of nodes that were told to panic.
pub(crate) fn judge_end(run: &Run, ended: &Result<Vec<Chatterer>, ShutdownError>) {
    run.pulse.beat();
    match ended {
        Ok(processes) => {
            let nodes = run.setup.topology.node_count();
            run.ensure(processes.len() == nodes, || format!("{} came back", processes.len()));
        }
        Err(ShutdownError::NodesFailed { failures }) => {
            let are_ordered = failures.iter().all(|failure| is_ordered(run, failure));
            run.ensure(are_ordered && !failures.is_empty(), || format!("wrong end: {failures:?}"));
        }
        Err(error) => run.fail(&format!("wrong end: {error}")),
    }
}
