//! The effects that leave an outbox, and the memory that they leave behind.

use std::collections::VecDeque;

use super::Effect;

/// Effects on their way to the driver.
#[derive(Debug)]
pub(crate) struct Drained<'a, M> {
    effects: VecDeque<Effect<M>>,
    /// The place for the memory of the effects, if the memory is kept.
    home: Option<&'a mut Vec<Effect<M>>>,
}

impl<'a, M> Drained<'a, M> {
    /// Takes all effects.
    #[inline]
    pub(super) fn new(effects: &'a mut Vec<Effect<M>>, keeps_memory: bool) -> Self {
        let taken = std::mem::take(effects);
        Drained { effects: taken.into(), home: keeps_memory.then_some(effects) }
    }

    /// Whether the memory of the effects is kept for the next ones.
    #[inline]
    pub(crate) fn keeps_memory(&self) -> bool {
        self.home.is_some()
    }

    /// The effects that have not left.
    #[inline]
    pub(crate) fn left(&self) -> impl ExactSizeIterator<Item = &Effect<M>> {
        self.effects.iter()
    }
}

impl<M> Iterator for Drained<'_, M> {
    type Item = Effect<M>;

    #[inline]
    fn next(&mut self) -> Option<Effect<M>> {
        self.effects.pop_front()
    }
}

impl<M> Drop for Drained<'_, M> {
    #[inline]
    fn drop(&mut self) {
        self.effects.clear();
        if let Some(home) = &mut self.home {
            **home = std::mem::take(&mut self.effects).into();
        }
    }
}
