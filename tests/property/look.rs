//! One snapshot between two real states, and the errors of a detector that looked at the snapshot.

use std::collections::BTreeSet;
use std::sync::Arc;

use consistent_cut::{GlobalSnapshot, Process};

use crate::subject::{State, Subject, seen};

/// An error of a detector that looked at a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrong {
    /// The finding was not true when the snapshot ended.
    FalseAlarm,
    /// The missed finding was true when the snapshot began.
    Missed,
}

/// One snapshot, and the real states between which it was taken.
pub(crate) struct Look<P: Subject> {
    pub(crate) snapshot: Arc<GlobalSnapshot<<P as Process>::State, <P as Process>::Message>>,
    pub(crate) found: BTreeSet<P::Thing>,
    pub(crate) began: Arc<State<P>>,
    /// The state in which the snapshot ended. It is the same as `began` where nothing could happen
    /// meanwhile.
    pub(crate) ended: Arc<State<P>>,
}

/// The true findings when a snapshot began, and when it ended.
pub(crate) struct Truth<P: Subject> {
    at_first: BTreeSet<P::Thing>,
    at_last: BTreeSet<P::Thing>,
}

impl<P: Subject> Look<P> {
    /// The truth of both real states, in which the detector has to find exactly this.
    pub(crate) fn truth(&self, at_the_end: &State<P>) -> Truth<P> {
        let truth_of = |state| {
            let truth = P::truth(state, at_the_end);
            assert_eq!(P::find(state), truth, "in the real state: {truth:?}");
            truth
        };
        let at_first = truth_of(&self.began);
        let is_one = Arc::ptr_eq(&self.began, &self.ended);
        let at_last = if is_one { at_first.clone() } else { truth_of(&self.ended) };
        Truth { at_first, at_last }
    }

    pub(crate) fn wrong(&self, truth: &Truth<P>, at_the_end: &State<P>) -> BTreeSet<Wrong> {
        let mut alarms = self.found.difference(&truth.at_last);
        let mut misses = truth.at_first.difference(&self.found);
        let left = self.found.iter().copied().filter(|thing| P::is_there(at_the_end, *thing));
        let left: BTreeSet<_> = left.collect();
        let have_moved =
            !left.is_empty() && !P::are_as_they_were(&self.snapshot, at_the_end, &left);
        let is_false_alarm = have_moved || alarms.any(|thing| P::is_there(&self.ended, *thing));
        let is_missed = misses.any(|thing| P::is_there(&self.snapshot, *thing));
        wrong(is_false_alarm, is_missed)
    }

    /// The errors, if the snapshot began when no other step was left.
    pub(crate) fn wrong_at_rest(&self) -> BTreeSet<Wrong> {
        let expected = P::at_rest(&self.began);
        wrong(!self.found.is_subset(&expected), !self.found.is_superset(&expected))
    }

    pub(crate) fn sights(&self, Truth { at_first, at_last }: &Truth<P>) -> Vec<&'static str> {
        let found = &self.found;
        let mut sights = seen([
            (!found.is_empty(), "found"),
            (found.is_empty(), "nothing found"),
            (found != at_first && found != at_last, "between beginning and end"),
            (found != at_first && found == at_last, "found early"),
            (found == at_first && found != at_last, "not yet found"),
            (!self.snapshot.failures().is_empty(), "a node had failed"),
            (P::find_naively(&self.snapshot) != *found, "the naive way is wrong"),
        ]);
        sights.extend(P::sights(&self.snapshot));
        sights
    }
}

fn wrong(is_false_alarm: bool, is_missed: bool) -> BTreeSet<Wrong> {
    let cases = [(is_false_alarm, Wrong::FalseAlarm), (is_missed, Wrong::Missed)];
    cases.into_iter().filter_map(|(is_so, wrong)| is_so.then_some(wrong)).collect()
}
