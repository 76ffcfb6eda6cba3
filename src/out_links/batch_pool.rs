//! Emptied batches, to be filled again.

use std::fmt;

/// Emptied batches, for the messages that a node sends next. It is mostly empty, so it is as small
/// as can be.
pub(crate) struct BatchPool<M>(Option<Box<Places<M>>>);

struct Places<M> {
    batches: Vec<Vec<M>>,
}

impl<M> BatchPool<M> {
    /// A pool that takes no memory.
    pub(super) const fn none() -> Self {
        BatchPool(None)
    }

    #[inline]
    fn places(&mut self) -> &mut Vec<Vec<M>> {
        let new = || Box::new(Places { batches: Vec::with_capacity(PLACES) });
        &mut self.0.get_or_insert_with(new).batches
    }

    #[inline]
    pub(super) fn take(&mut self) -> Vec<M> {
        self.0.as_mut().and_then(|places| places.batches.pop()).unwrap_or_default()
    }

    /// Takes an emptied batch, unless it has memory for more messages than `most` or enough are
    /// kept.
    #[inline]
    pub(super) fn put(&mut self, emptied: Vec<M>, most: usize) {
        let has_use = emptied.is_empty() && (1..=most.min(LARGE)).contains(&emptied.capacity());
        if has_use {
            let batches = self.places();
            if batches.len() < PLACES {
                batches.push(emptied);
            }
        }
    }

    /// Takes an emptied batch without any allocation, or leaves it. A large one is dropped.
    #[inline]
    pub(super) fn put_if_there_is_a_place(&mut self, emptied: &mut Vec<M>) {
        if emptied.capacity() > LARGE {
            *emptied = Vec::new();
        } else if let Some(places) = &mut self.0
            && places.batches.len() < PLACES
            && emptied.capacity() > 0
        {
            places.batches.push(std::mem::take(emptied));
        }
    }

    #[cfg(test)]
    pub(super) fn batches(&mut self) -> &mut Vec<Vec<M>> {
        self.places()
    }
}

impl<M> fmt::Debug for BatchPool<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchPool")
            .field("batches", &self.0.as_ref().map_or(0, |places| places.batches.len()))
            .finish()
    }
}

/// The most emptied batches that are kept.
pub(super) const PLACES: usize = 4;

/// Emptied batches with memory for more messages than this are not kept. Otherwise the memory of a
/// burst would stay allocated.
pub(super) const LARGE: usize = 1024;
