//! The one choice that the algorithm leaves: when a marker is handled.

/// Where, on its way through a node, a message counts as received by a marker: the one choice that the
/// algorithm leaves.
///
/// What has arrived and waits for the process may be seen as part of the node or as part of the link. The cut is
/// consistent either way, and the channel law (recorded = messages m+1..n) is the same.
///
/// ```text
///   link -->[ a b | c d ]--> process        c d: arrived first; a b: behind them
///          ^             ^
///     Overtaking      InOrder               where a marker is handled
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarkerPolicy {
    /// A marker is handled as soon as it arrives, ahead of what waits; all that waits is still on its link
    /// and is recorded there. A snapshot takes one handler's time a hop, however long the backlog.
    #[default]
    Overtaking,
    /// A marker waits its turn, as the paper has it. Link states are smaller, and a snapshot takes as long
    /// as the backlog takes to process.
    InOrder,
}
