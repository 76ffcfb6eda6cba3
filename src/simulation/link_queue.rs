//! A link: the envelopes that are under way on it, and when they are due.

use std::collections::VecDeque;
use std::time::Duration;

use super::back_queue::BackQueue;
use super::latency::Latency;
use crate::chance::Chance;
use crate::id::SnapshotId;
use crate::protocol::Envelope;

#[derive(Debug)]
pub(super) struct LinkQueue<M> {
    latency: Latency,
    /// Each envelope, with the times at which it is due and at which it was put here.
    envelopes: VecDeque<(Duration, Duration, Envelope<M>)>,
    /// The time at which the last envelope put here is due. No later envelope is due before it.
    last_due: Duration,
    /// The queue back to the sender; `None` if the link has no limit.
    pub(super) back: Option<BackQueue>,
}

impl<M> LinkQueue<M> {
    pub(super) fn new(latency: Latency, is_limited: bool) -> Self {
        let back = is_limited.then(|| BackQueue::new(0));
        LinkQueue { latency, envelopes: VecDeque::new(), last_due: Duration::ZERO, back }
    }

    /// Puts a marker on the way back and returns the time at which it is due; `None` if the link
    /// has no way back.
    pub(super) fn put_back(
        &mut self,
        snapshot: SnapshotId,
        now: Duration,
        chance: &mut Chance,
    ) -> Option<Duration> {
        let back = self.back.as_mut()?;
        Some(back.put_marker(snapshot, now.saturating_add(self.latency.draw(chance))))
    }

    /// Puts an envelope on the link and returns the time at which it is due.
    #[inline]
    pub(super) fn put(
        &mut self,
        envelope: Envelope<M>,
        now: Duration,
        chance: &mut Chance,
    ) -> Duration {
        self.last_due = self.last_due.max(now.saturating_add(self.latency.draw(chance)));
        self.envelopes.push_back((self.last_due, now, envelope));
        self.last_due
    }

    /// Takes the first envelope, and the time at which it was put here.
    #[inline]
    pub(super) fn take(&mut self) -> Option<(Envelope<M>, Duration)> {
        self.envelopes.pop_front().map(|(_, sent, envelope)| (envelope, sent))
    }

    /// The time at which the first envelope is due.
    #[inline]
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.envelopes.front().map(|&(due, ..)| due)
    }

    pub(super) fn dues(&self) -> impl Iterator<Item = Duration> {
        self.envelopes.iter().map(|&(due, ..)| due)
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.envelopes.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.envelopes.clear();
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &M> {
        self.envelopes.iter().filter_map(|(.., envelope)| match envelope {
            Envelope::Message(message) => Some(message),
            Envelope::Marker(_) | Envelope::End => None,
        })
    }
}
