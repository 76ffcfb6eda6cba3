//! The ends of links at one node, in as little memory as they need.

use std::ops::{Deref, DerefMut};

use crate::spaced::spaced;

/// The ends of some links at one node, by slot. A single end stands in place, so a node with few
/// links is one piece of memory.
#[derive(Debug)]
pub(crate) enum Ends<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> Ends<T> {
    pub(crate) fn new(mut ends: impl ExactSizeIterator<Item = T>) -> Self {
        match (ends.len(), ends.next()) {
            (1, Some(end)) => Ends::One(end),
            (_, first) => Ends::Many(first.into_iter().chain(ends).collect()),
        }
    }

    /// Adds an end behind the others.
    pub(crate) fn push(&mut self, end: T) {
        let mut ends = std::mem::take(self).into_vec();
        ends.reserve_exact(1);
        ends.push(end);
        *self = Ends::Many(ends);
    }

    /// Moves the ends to memory that [shares no cache line](spaced) with that of others. There is
    /// room for one more end.
    pub(crate) fn keep_apart(&mut self) {
        let mut apart = spaced(self.len() + 1);
        apart.extend(std::mem::take(self).into_vec());
        *self = Ends::Many(apart);
    }

    pub(crate) fn into_vec(self) -> Vec<T> {
        match self {
            Ends::One(end) => vec![end],
            Ends::Many(ends) => ends,
        }
    }
}

impl<T> Default for Ends<T> {
    fn default() -> Self {
        Ends::Many(Vec::new())
    }
}

impl<T> Deref for Ends<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Ends::One(end) => std::slice::from_ref(end),
            Ends::Many(ends) => ends,
        }
    }
}

impl<T> DerefMut for Ends<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Ends::One(end) => std::slice::from_mut(end),
            Ends::Many(ends) => ends,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ends;

    #[test]
    fn ends_keep_their_slots_wherever_they_stand() {
        for count in [0, 1, 2, 5] {
            let mut ends = Ends::new(0..count);
            assert!(ends.iter().copied().eq(0..count));
            ends.keep_apart();
            ends.push(count);
            assert!(ends.iter().copied().eq(0..=count));
            ends[0] += 7;
            assert_eq!((ends.len(), ends.into_vec()[0]), (count + 1, 7));
        }
    }

    #[test]
    fn one_end_stands_in_place_and_more_take_no_memory_to_spare() {
        let ends = Ends::new([7_u64].into_iter());
        assert!(matches!(ends, Ends::One(7)));
        let mut ends = Ends::new([7_u64, 8].into_iter());
        ends.push(9);
        assert!(matches!(ends, Ends::Many(ends) if ends.capacity() == 3));
    }
}
