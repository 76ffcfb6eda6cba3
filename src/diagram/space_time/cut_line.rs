//! The cuts that are drawn.

use super::builder::{SpaceTime, Wanted};
use super::error::SpaceTimeError;
use crate::causality::{Cut, CutError, Trace, Witness};
use crate::id::SnapshotId;

/// The name of a cut that belongs to no snapshot.
pub(super) const CUT: &str = "cut";

/// A cut that is drawn.
#[derive(Clone, Debug)]
pub(super) struct CutLine {
    pub(super) cut: Cut,
    pub(super) name: String,
    pub(super) snapshot: Option<SnapshotId>,
    pub(super) is_consistent: bool,
}

impl CutLine {
    fn new(trace: &Trace, cut: Cut, snapshot: Option<SnapshotId>) -> Result<Self, SpaceTimeError> {
        let is_consistent = match cut.check(trace) {
            Ok(()) => true,
            Err(CutError::Inconsistent { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        let name = snapshot.map_or_else(|| CUT.to_owned(), |snapshot| snapshot.to_string());
        Ok(CutLine { cut, name, snapshot, is_consistent })
    }

    fn is_same(&self, other: &CutLine) -> bool {
        self.snapshot == other.snapshot && self.cut == other.cut
    }
}

/// All cuts that are wanted, each once. The cut of the witness comes first. If it is the cut of a
/// snapshot that is wanted, it has the name of this snapshot.
pub(super) fn resolve(wanted: &SpaceTime<'_>) -> Result<Vec<CutLine>, SpaceTimeError> {
    let trace = wanted.trace;
    let mut lines = Vec::new();
    if let Some(witness) = wanted.witness {
        lines.push(CutLine::new(trace, cut_of(witness), None)?);
    }
    for cut in &wanted.cuts {
        let line = match cut {
            Wanted::Given(cut) => CutLine::new(trace, cut.clone(), None)?,
            Wanted::OfSnapshot(id) => {
                let cut = trace.cut_of(*id).ok_or(SpaceTimeError::UnknownSnapshot(*id))?;
                CutLine::new(trace, cut, Some(*id))?
            }
        };
        let names_the_witness = |first: &CutLine| {
            wanted.witness.is_some() && first.snapshot.is_none() && first.cut == line.cut
        };
        if lines.first().is_some_and(names_the_witness) {
            lines[0] = line;
        } else if !lines.iter().any(|known| known.is_same(&line)) {
            lines.push(line);
        }
    }
    Ok(lines)
}

/// The cut at which a witness is divided.
fn cut_of(witness: &Witness<'_>) -> Cut {
    let mut events = vec![0; witness.trace().topology().node_count()];
    witness.before().for_each(|event| events[event.node.index()] += 1);
    Cut::new(events)
}
