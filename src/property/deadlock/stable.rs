//! Deadlocks as stable properties.

use super::{Request, find_deadlock, find_deadlock_on_full_links, find_deadlock_with_full_links};
use crate::id::NodeId;
use crate::property::{StableProperty, Verdict};
use crate::snapshot::GlobalSnapshot;
use crate::topology::Link;

/// *Deadlock*: some nodes wait for each other, and none of them will ever get what it waits for.
/// The reason names the nodes and their cycle.
///
/// `request` tells from a node's state what the node waits for. `grants` tells whether a message is
/// the grant that its receiver, which is in this state, has asked the sender for. The model and the
/// proof are those of [`find_deadlock`]. The property is stable as long as at least one of its
/// nodes is neither stopped from outside ([`System::stop_node`](crate::System::stop_node)) nor
/// fails: a node that has ended waits no more, and no node gets anything from it.
///
/// ```
/// use std::time::Duration;
/// use consistent_cut::property::{Request, deadlocked};
/// # use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
///
/// /// Gives nothing before it has got something itself.
/// struct Miser;
///
/// impl Process for Miser {
///     type State = Option<NodeId>; // whom it waits for
///     type Message = ();
///     # fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}
///     // ...
///     # fn state(&self) -> Option<NodeId> { Some(NodeId::new(0)) }
/// }
///
/// let system = System::builder(Topology::ring(1)?).spawn(|_| Miser)?;
/// let deadlock = deadlocked(
///     |_, waits_for: &Option<NodeId>| Request::All(waits_for.iter().copied().collect()),
///     |_, (), _| true,
/// );
/// let found = system.wait_until(&deadlock, Duration::from_secs(60))?;
/// assert_eq!(found.reason, "deadlock of 1 node: node 0 waits for node 0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn deadlocked<S, M>(
    request: impl Fn(NodeId, &S) -> Request + Send + Sync + 'static,
    grants: impl Fn(Link, &M, &S) -> bool + Send + Sync + 'static,
) -> StableProperty<S, M> {
    let find = move |snapshot: &GlobalSnapshot<S, M>| find_deadlock(snapshot, &request, &grants);
    StableProperty::with_reason("deadlock", move |snapshot| match find(snapshot) {
        Some(deadlock) => Verdict::True(deadlock.to_string()),
        None => Verdict::False("every node can get what it waits for".into()),
    })
}

/// *Communication deadlock*: some nodes wait for room on full links to nodes that wait as they do.
/// The snapshot knows which links are full. The model and the proof are those of
/// [`find_deadlock_on_full_links`]. The property is stable under three conditions: none of its
/// nodes fails, no stopped node fails that they wait for, and at least one of its nodes is not
/// stopped from outside.
#[must_use]
pub fn deadlocked_on_full_links<S, M>() -> StableProperty<S, M> {
    StableProperty::with_reason("deadlock of full links", |snapshot| {
        match find_deadlock_on_full_links(snapshot) {
            Some(deadlock) => Verdict::True(deadlock.to_string()),
            None => Verdict::False("every node that waits for room can get it".into()),
        }
    })
}

/// *Deadlock* of requests and full links together, which includes nodes that wait for grants from
/// nodes that wait for room. The model and the proof are those of
/// [`find_deadlock_with_full_links`]. `request` and `grants` are those of [`deadlocked`]. The
/// property is stable as long as [`deadlocked_on_full_links`] and [`deadlocked`] are.
#[must_use]
pub fn deadlocked_with_full_links<S, M>(
    request: impl Fn(NodeId, &S) -> Request + Send + Sync + 'static,
    grants: impl Fn(Link, &M, &S) -> bool + Send + Sync + 'static,
) -> StableProperty<S, M> {
    StableProperty::with_reason("deadlock with full links", move |snapshot| {
        match find_deadlock_with_full_links(snapshot, &request, &grants) {
            Some(deadlock) => Verdict::True(deadlock.to_string()),
            None => Verdict::False("every node can get what it waits for".into()),
        }
    })
}
