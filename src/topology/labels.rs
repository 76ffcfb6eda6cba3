//! Names made from labels. Labels may be missing, or the same for several nodes.

use std::collections::{BTreeMap, BTreeSet};

use super::words::is_hidden;

/// A name for each pair of label and id, in the order of the pairs. All names differ. The
/// [module](super#labels) says how names are made.
pub(super) fn names_of(labels: &[(String, String)]) -> Vec<String> {
    let ids = labels.iter().map(|(_, id)| visible(id)).collect::<Vec<_>>();
    let labels = labels.iter().zip(&ids).map(|((label, _), id)| {
        let label = visible(label);
        if label.is_empty() { id.clone() } else { label }
    });
    let labels: Vec<String> = labels.collect();

    let mut times = BTreeMap::<&str, usize>::new();
    for label in &labels {
        *times.entry(label).or_default() += 1;
    }
    let is_single = |label: &str| times.get(label) == Some(&1) && !label.is_empty();
    let mut taken = Taken {
        names: labels.iter().filter(|label| is_single(label)).cloned().collect(),
        tries: BTreeMap::new(),
    };
    let name = |(label, id): (&String, &String)| {
        if is_single(label) { label.clone() } else { taken.numbered(label, id) }
    };
    labels.iter().zip(&ids).map(name).collect()
}

struct Taken {
    names: BTreeSet<String>,
    /// For each name without a further number, how many numbers were tried.
    tries: BTreeMap<String, usize>,
}

impl Taken {
    /// Names a node `label (id)`. If another node has that name, the name is `label (id, 2)`, and
    /// so on.
    fn numbered(&mut self, label: &str, id: &str) -> String {
        let plain = format!("{label} ({id})").trim_start().to_owned();
        let tries = self.tries.entry(plain.clone()).or_insert(1);
        let mut name = plain;
        while self.names.contains(&name) {
            *tries += 1;
            name = format!("{label} ({id}, {tries})").trim_start().to_owned();
        }
        self.names.insert(name.clone());
        name
    }
}

/// The visible characters of a label, with one blank in place of each white space between words.
fn visible(label: &str) -> String {
    let words = label.split_whitespace().map(|word| word.replace(is_hidden, ""));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
