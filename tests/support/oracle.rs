//! A snapshot against the trace of its run: the cut is consistent, and the channels are those of
//! the cut. Fresh processes come to the recorded state by the events before the cut, and to the end
//! of the run by the others.

use consistent_cut::NodeId;
use consistent_cut::causality::{Replay, Trace};

use super::channel_law::Snapshot;
use super::note::Note;
use super::puppet::Puppet;

/// Proves that a snapshot of chatters is that of a consistent cut of the run, in which `injected`
/// messages with six hops came to each node. Returns the number of swaps of neighbours that lead
/// from the run to the execution of the snapshot.
///
/// # Panics
/// If it is not.
pub(crate) fn prove(
    trace: &Trace,
    snapshot: &Snapshot,
    injected: &[u64],
    fresh: impl Fn(NodeId) -> Puppet,
    ended: &[Puppet],
) -> u64 {
    let cut = trace.cut_of(snapshot.id()).expect("every node has recorded");
    cut.check_snapshot(trace, snapshot).unwrap_or_else(|error| panic!("{error}: {snapshot}"));
    let witness = trace.witness(&cut).expect("the cut is consistent");
    let mut replay = Replay::new(trace, fresh);
    let nodes = || trace.topology().nodes();
    for (node, &last) in nodes().zip(injected) {
        let note = |number| Note::from_outside(trace.topology(), node, number).with_hops(6);
        (1..=last).for_each(|number| replay.inject(node, note(number)));
    }
    replay.run(witness.before()).expect("as it was");
    replay.compare(snapshot).unwrap_or_else(|error| panic!("at the cut: {error}"));
    replay.run(witness.after()).expect("as it was");
    for node in nodes() {
        let process = replay.process(node).expect("it is there");
        assert_eq!(process.record, ended[node.index()].record, "{node} at the end");
    }
    witness.swaps()
}
