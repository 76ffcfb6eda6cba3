//! The difference between the topology of a store and the topology of a snapshot.

use super::reading::Reader;
use crate::checkpoint::store::store::View;
use crate::topology::{Difference, Renamed, Topology, counted};

/// The first difference in words.
pub(crate) fn difference(view: &dyn View, given: &Topology) -> String {
    let Some(stored) = stored(view) else {
        return "the topology in the store cannot be read".to_owned();
    };
    match stored.difference(given) {
        Some(Difference::Nodes(stored, given)) => {
            return format!("the store has {}, and the snapshot {given}", counted(stored, "node"));
        }
        Some(Difference::Link(stored, given)) => {
            return format!("the store has {stored}, and the snapshot {given}");
        }
        None => {}
    }
    match stored.renamed(given) {
        Some(Renamed { node, names: [stored, given], .. }) => {
            format!("{node} is named {stored:?} in the store and {given:?} in the snapshot")
        }
        None => "only one of the two has names".to_owned(),
    }
}

/// The topology of the newest checkpoint whose topology can be read.
fn stored(view: &dyn View) -> Option<Topology> {
    let records = view.records().ok()?;
    records.iter().rev().find_map(|record| {
        let reader = Reader::new(view, record);
        reader.topology(&reader.parts().ok()?).ok()
    })
}
