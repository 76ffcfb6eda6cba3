//! Dropping a user's values where a panic must not spread.
//!
//! A value of the user's may panic when it is dropped. In a handler that is the handler's panic. Elsewhere it would take down a
//! thread that has no part in it, and where a second value panics while the first panic unwinds, the process is aborted. So
//! values that the runtime drops on its own account are dropped here, one by one.

use std::sync::Arc;

use crate::protocol::{LinkRecord, NodeRecord, Report};
use crate::runtime::coordinator::pending::{PendingSnapshot, SnapshotResult};
use crate::sync::catch;

/// Drops a value. A panic ends here; the panic hook has reported it.
pub(crate) fn discard<T>(value: T) {
    if std::mem::needs_drop::<T>() {
        // A value whose drop has panicked is gone, and nothing else was in its hands.
        let _ = catch(|| drop(value));
    }
}

/// Drops each value by itself.
pub(super) fn discard_all<T>(values: impl IntoIterator<Item = T>) {
    values.into_iter().for_each(discard);
}

/// Drops the parts of a snapshot by themselves, if nobody else has it.
pub(super) fn discard_snapshot<S, M>(pending: PendingSnapshot<S, M>) {
    let result = pending.result();
    drop(pending);
    if let Some(result) = result {
        discard_result(result);
    }
}

/// As [`discard_snapshot`].
pub(crate) fn discard_result<S, M>(result: SnapshotResult<S, M>) {
    if let Some(snapshot) = result.ok().and_then(Arc::into_inner) {
        let (states, messages) = snapshot.into_values();
        discard_all(states);
        discard_all(messages);
    }
}

/// Drops the parts of a report by themselves.
pub(super) fn discard_report<S, M>(report: Report<S, M>) {
    match report {
        Report::Node(NodeRecord { state, environment, .. }) => {
            discard(state);
            discard_all(environment.messages);
        }
        Report::Link(LinkRecord { messages, .. }) => discard_all(messages),
    }
}
