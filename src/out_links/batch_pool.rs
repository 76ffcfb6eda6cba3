//! Emptied batches, to be filled again.

use std::fmt;

/// Memory of emptied batches, for the messages that are sent next. A node's own pool is mostly
/// empty, so a pool is as small as can be.
pub struct BatchPool<M>(Option<Box<Places<M>>>);

struct Places<M> {
    /// It has memory for as many batches as there are places.
    batches: Vec<Vec<M>>,
    /// A batch with memory for more messages is not kept.
    most: usize,
}

impl<M> BatchPool<M> {
    /// A pool for this many emptied batches, each with memory for at most `most` messages.
    #[must_use]
    pub fn new(places: usize, most: usize) -> Self {
        BatchPool(Some(Box::new(Places { batches: Vec::with_capacity(places), most })))
    }

    /// A pool that takes no memory.
    pub(super) const fn none() -> Self {
        BatchPool(None)
    }

    #[inline]
    fn places(&mut self) -> &mut Vec<Vec<M>> {
        if self.0.is_none() {
            *self = BatchPool::new(PLACES, LARGE);
        }
        // It was just made where there was none.
        &mut self.0.as_mut().expect("a pool with places").batches
    }

    /// Takes the memory of an emptied batch, or none if the pool is empty.
    #[inline]
    pub fn take(&mut self) -> Vec<M> {
        self.0.as_mut().and_then(|places| places.batches.pop()).unwrap_or_default()
    }

    /// Keeps an emptied batch, unless it is too large or enough are kept.
    #[inline]
    pub fn put(&mut self, emptied: Vec<M>) {
        self.put_at_most(emptied, LARGE);
    }

    /// Keeps an emptied batch, unless it has memory for more messages than `most`, is too large for
    /// this pool, or enough are kept.
    #[inline]
    pub(super) fn put_at_most(&mut self, mut emptied: Vec<M>, most: usize) {
        if emptied.is_empty() && (1..=most.min(LARGE)).contains(&emptied.capacity()) {
            self.places();
            self.put_if_there_is_a_place(&mut emptied);
        }
    }

    /// Takes an emptied batch without any allocation, or leaves it. A large one is dropped.
    #[inline]
    pub(super) fn put_if_there_is_a_place(&mut self, emptied: &mut Vec<M>) {
        let most = self.0.as_ref().map_or(LARGE, |places| places.most);
        if emptied.capacity() > most {
            *emptied = Vec::new();
        } else if let Some(places) = &mut self.0
            && places.batches.len() < places.batches.capacity()
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

/// The most emptied batches that a node keeps.
pub(super) const PLACES: usize = 4;

/// Emptied batches with memory for more messages than this are not kept. Otherwise the memory of a
/// burst would stay allocated.
pub(super) const LARGE: usize = 1024;
