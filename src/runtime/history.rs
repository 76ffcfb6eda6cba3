//! The last snapshots, as data and as a table.

use std::fmt;
use std::ops::Deref;

use super::subscription::Outcome;
use crate::snapshot::NodeTiming;

/// The last snapshots that ended, in the order in which they did. A slice of [`Outcome`]s; `Display` prints a table.
#[derive(Debug)]
pub struct History<S, M>(Vec<Outcome<S, M>>);

impl<S, M> FromIterator<Outcome<S, M>> for History<S, M> {
    fn from_iter<I: IntoIterator<Item = Outcome<S, M>>>(outcomes: I) -> Self {
        History(outcomes.into_iter().collect())
    }
}

impl<S, M> Deref for History<S, M> {
    type Target = [Outcome<S, M>];

    fn deref(&self) -> &[Outcome<S, M>] {
        &self.0
    }
}

impl<S, M> IntoIterator for History<S, M> {
    type Item = Outcome<S, M>;
    type IntoIter = std::vec::IntoIter<Outcome<S, M>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, S, M> IntoIterator for &'a History<S, M> {
    type Item = &'a Outcome<S, M>;
    type IntoIter = std::slice::Iter<'a, Outcome<S, M>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<S, M> Clone for History<S, M> {
    fn clone(&self) -> Self {
        History(self.0.clone())
    }
}

/// One line a snapshot: how long it took, the longest start delay and the longest marker span with their nodes, and the messages
/// it recorded. Snapshots stand by their numbers: those of one system have the same life.
impl<S, M> fmt::Display for History<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>8}  {:>9}  {:>22}  {:>22}  {:>9}",
            "snapshot", "took", "slowest start", "longest span", "messages"
        )?;
        for Outcome { id, result } in self {
            write!(f, "\n{:>8}  ", id.number())?;
            match result {
                Ok(snapshot) => {
                    let (timings, topology) = (snapshot.timings(), snapshot.topology());
                    let at = |longest: Option<&NodeTiming>, of: fn(&NodeTiming) -> _| {
                        longest.map_or_else(String::new, |timing| {
                            let time = format!("{:.1?}", of(timing));
                            format!("{time} ({})", topology.label(timing.node))
                        })
                    };
                    let slowest = timings.nodes().iter().max_by_key(|node| node.start_delay);
                    let longest = timings.nodes().iter().max_by_key(|node| node.marker_span);
                    let messages: usize = timings.nodes().iter().map(|node| node.messages).sum();
                    let took = format!("{:.1?}", timings.duration());
                    let slowest = at(slowest, |node| node.start_delay);
                    let longest = at(longest, |node| node.marker_span);
                    write!(f, "{took:>9}  {slowest:>22}  {longest:>22}  {messages:>9}")?;
                }
                Err(error) => write!(f, "{error}")?,
            }
        }
        Ok(())
    }
}
