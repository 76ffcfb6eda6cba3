//! The messages that a node had sent out of the system.

/// The messages that a node had emitted when it recorded ([`Context::emit`](crate::Context::emit)):
/// how many there were, and those that were not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputState<M> {
    pub(super) emitted: u64,
    pub(crate) untaken: Vec<M>,
}

impl<M> OutputState<M> {
    /// The output of a node that had emitted `emitted` messages. The last of them, `untaken`, had
    /// not been taken. [`GlobalSnapshot::from_parts`](crate::GlobalSnapshot::from_parts) checks
    /// that the numbers fit together.
    #[must_use]
    pub fn new(emitted: u64, untaken: Vec<M>) -> Self {
        OutputState { emitted, untaken }
    }

    /// How many messages had been taken, and the messages that had not.
    pub(crate) fn into_parts(self) -> (u64, Vec<M>) {
        (self.taken(), self.untaken)
    }

    /// How many messages the node had emitted before it recorded.
    #[must_use]
    pub fn emitted(&self) -> u64 {
        self.emitted
    }

    /// How many of these had been taken.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.emitted.saturating_sub(self.untaken.len() as u64)
    }

    /// The messages that had not been taken, in their order. The first of them has the number after
    /// [`taken`](Self::taken).
    #[must_use]
    pub fn untaken(&self) -> &[M] {
        &self.untaken
    }
}
