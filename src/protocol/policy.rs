//! The one choice that the algorithm leaves: when a marker is handled.

/// Where, on its way through a node, a message counts as received by a marker: the one choice that
/// the algorithm leaves.
///
/// What has arrived and waits for the process may be seen as part of the node or as part of the
/// link. The cut is consistent either way, and the channel law (recorded = messages m+1..n) is the
/// same.
///
/// ```text
///   link -->[ d c b a ]--> process          a to d have arrived and wait
///          ^           ^
///     Overtaking    InOrder                 where a marker is handled that comes behind d
///     a b c d are   they are
///     on the link   received
/// ```
///
/// What it costs: with 10,000 messages queued at each of four nodes in a ring, whose handlers take
/// 100 microseconds, `Overtaking` takes 2 ms and records 37,700 messages, `InOrder` 1.6 s and 9,400
/// (`cargo bench --bench marker_policy`).
///
/// A node that can handle nothing, since it has stopped or a link of its own is full, has no turns
/// to wait for: there a marker is handled as it arrives, under either policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarkerPolicy {
    /// A marker is handled as soon as it arrives, ahead of what waits; all that waits is still on
    /// its link and is recorded there. A snapshot takes one handler's time a hop, however long the
    /// backlog.
    #[default]
    Overtaking,
    /// A marker waits its turn, as the paper has it. Link states are smaller, and a snapshot takes
    /// as long as the backlog takes to process.
    InOrder,
}
