//! The node core: a process, the messages that wait for the process, and one recorder per live
//! snapshot.

mod handling;
mod log;
mod output;
mod questions;
mod recording;
mod records;
mod scribe;
mod starting;

pub use output::{DrainOutput, Leftovers};
pub use scribe::Scribe;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::inbox::Inbox;
use super::message::Envelope;
use super::policy::MarkerPolicy;
use super::recorder::Recorder;
use super::rules;
use super::seen::SeenIds;
use super::timers::Timers;
use crate::causality::{Cause, Logged};
use crate::ends::Ends;
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::out_links::BatchPool;
use crate::outbox::{Effect, Outbox};
use crate::process::Process;
use crate::topology::{Link, Topology};
use log::Log;
use records::{FEW, Records};
use scribe::Texts;

/// The named link does not end at this node.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{link} does not end at {node}: deliver an envelope to the target of its link")]
pub struct NotAnInLink {
    /// The node that was to take the envelope.
    pub node: NodeId,
    /// The link that was named.
    pub link: LinkId,
}

/// One node without a thread: the process, the envelopes that have arrived for it, and its part in
/// each live snapshot.
///
/// A driver makes these calls, in this order:
///
/// | when | calls |
/// |---|---|
/// | once, before all others | [`new`](Self::new); where wanted [`set_capacity`](Self::set_capacity), [`limit_batches`](Self::limit_batches), [`keep_apart`](Self::keep_apart), [`keep_log`](Self::keep_log); then [`start`](Self::start) or [`restore`](Self::restore) |
/// | a link delivers | [`arrive`](Self::arrive), or [`process_from`](Self::process_from) for messages that can be handled at once; [`arrive_all`](Self::arrive_all) for many messages |
/// | a sender is to learn of room | [`acknowledge`](Self::acknowledge) at the sender, behind each [`marker_returned`](Self::marker_returned) that came before |
/// | a snapshot begins at this node | [`begin_snapshot`](Self::begin_snapshot) |
/// | a snapshot has failed | [`abandon_snapshot`](Self::abandon_snapshot), [`abandon_up_to`](Self::abandon_up_to) |
/// | the node is to stop, or to go on | [`stop`](Self::stop), [`stop_and_drain`](Self::stop_and_drain), [`halt`](Self::halt), [`resume`](Self::resume) |
/// | there may be something to handle | [`process_next`](Self::process_next) or [`process_row`](Self::process_row) until it returns `None`; [`meet_markers`](Self::meet_markers) before it where markers are to leave first; [`fire_timer`](Self::fire_timer) when a timer [is due](Self::next_timer) |
/// | after the calls above, at the latest before the next handler runs | [`drain_output`](Self::drain_output), and carry out its outputs in order, or [`drain_messages`](Self::drain_messages) or [`lend_messages`](Self::lend_messages) where the output is messages alone. Messages alone [may gather](Self::is_output_mixed) until a batch [is full](Self::has_full_batch), the node [is blocked](Self::is_blocked), or the driver would wait. [`reuse_batch`](Self::reuse_batch) takes emptied batches, and [`swap_batches`](Self::swap_batches) a pool of them. Then [`tell_time`](Self::tell_time) if the node [wants the time](Self::wants_time) |
/// | at any time | the questions, such as [`may_handle`](Self::may_handle), [`full_links`](Self::full_links), [`waiting`](Self::waiting); [`warm`](Self::warm) before the calls for many nodes in a row |
/// | last | [`drain_log`](Self::drain_log), [`take_texts`](Self::take_texts), [`dismantle`](Self::dismantle) |
///
/// Every call names links by their ids. A link that has nothing to do with the node is refused or
/// ignored, as each call says.
// A driver of a million nodes finds none of them in a cache. So the fields that every message
// touches stand together, the rare ones behind them, and what few nodes need is in boxes.
#[repr(C, align(64))]
pub struct NodeCore<P: Process> {
    topology: Arc<Topology>,
    node: NodeId,
    policy: MarkerPolicy,
    stopped: bool,
    /// Whether the node has stopped and drops the messages that it receives.
    drains: bool,
    /// Whether the node was told to handle nothing more, for a last snapshot.
    halted: bool,
    out_links: OwnLinks,
    /// The receiving ends by slot. A slot comes from the topology or was checked. The environment
    /// link stands behind the others, once a message has come on it.
    in_ends: Ends<InEnd>,
    recorders: Vec<Recorder<P::Message>>,
    /// The events since the log was last drained, if a log is kept.
    log: Option<Box<Log>>,
    records: Records<P::State, P::Message>,
    inbox: Inbox<P::Message>,
    process: P,
    outbox: Outbox<P::Message>,
    timers: Timers,
    seen: SeenIds,
    injected: u64,
    /// The texts of the node's events and messages, if texts are kept. Then a log is kept too.
    texts: Option<Box<Texts<P::State, P::Message>>>,
}

/// The links that leave a node, found without a look into the topology's arrays where there is one.
enum OwnLinks {
    One(Link),
    /// The place of the first one among the topology's links by source, and the number of links.
    Many(u32, u32),
}

/// The receiving end of a link.
struct InEnd {
    link: Link,
    /// How many messages were received so far.
    received: u64,
    /// Whether markers go back on the link: it has a capacity, and another node sends on it.
    returns_markers: bool,
    /// Whether the link's sender has failed.
    has_ended: bool,
}

/// Calls from outside, in the order in which a driver uses them.
impl<P: Process> NodeCore<P> {
    /// Takes in an envelope that a link delivers. The envelopes of each link must come in the order
    /// in which they were put on it. An injected message comes on the node's environment link.
    ///
    /// # Errors
    /// If the link does not end at this node; nothing has changed then.
    pub fn arrive(
        &mut self,
        link: LinkId,
        envelope: Envelope<P::Message>,
    ) -> Result<(), NotAnInLink> {
        let slot = self.in_slot(link)?;
        if slot == self.in_ends.len() {
            self.begin_environment();
        }
        self.take_in(slot, envelope);
        Ok(())
    }

    /// As [`arrive`](Self::arrive), for messages of one link. A driver of many messages saves time
    /// by this call. Returns the number of messages.
    ///
    /// # Errors
    /// If the link does not end at this node, or is its environment link; nothing has changed then.
    #[inline]
    pub fn arrive_all(
        &mut self,
        link: LinkId,
        messages: impl IntoIterator<Item = P::Message>,
    ) -> Result<usize, NotAnInLink> {
        let slot = self.slot_of_link(link)?;
        Ok(self.take_in_all(slot, messages.into_iter()))
    }

    /// Lets the process handle messages that have just come on one of the node's in-links, in their
    /// order, and returns how many it has handled. This is the fastest call for a driver of many
    /// messages.
    ///
    /// A message is taken from `next` only to be handled. No message is taken if an envelope waits
    /// in the inbox, or if the node [may handle](Self::may_handle) nothing: then the message must
    /// [arrive](Self::arrive). The call also returns where the driver has something to do before
    /// the next message: other output than messages, a [full batch](Self::has_full_batch), a [full
    /// link](Self::full_links), or room that the process asks for.
    ///
    /// # Errors
    /// If the link does not end at this node, or is its environment link; nothing has changed then.
    #[inline]
    pub fn process_from(
        &mut self,
        link: LinkId,
        mut next: impl FnMut() -> Option<P::Message>,
    ) -> Result<usize, NotAnInLink> {
        let slot = self.slot_of_link(link)?;
        if !self.inbox.is_empty() || !self.may_handle() {
            return Ok(0);
        }
        Ok(self.handle_all(slot, |arrived| Some(arrived.show(slot, next()?))))
    }

    /// Makes this node an initiator of the snapshot. Nothing happens if the snapshot has reached
    /// the node already.
    pub fn begin_snapshot(&mut self, snapshot: SnapshotId) {
        rules::initiate(self, snapshot);
    }

    /// Forgets a snapshot that has failed or will never begin. The snapshot's records are freed,
    /// and its markers change nothing if they still come. The messages copied for the snapshot are
    /// handed out.
    pub fn abandon_snapshot(&mut self, snapshot: SnapshotId) -> Vec<P::Message> {
        self.seen.insert(snapshot);
        let at = self.recorders.iter().position(|recorder| recorder.snapshot == snapshot);
        let recorder = at.map(|at| self.end_recorder(at));
        let mut copied = recorder.map(Recorder::into_messages).unwrap_or_default();
        copied.append(&mut self.records.forget(snapshot));
        copied
    }

    /// As [`abandon_snapshot`](Self::abandon_snapshot), for every snapshot up to this one. A node
    /// remembers the ids that are over as ranges. Ids that the node has never met make gaps between
    /// the ranges, and a driver closes the gaps by this call now and then.
    pub fn abandon_up_to(&mut self, last: SnapshotId) -> Vec<P::Message> {
        self.seen.insert_up_to(last);
        let recorders = std::mem::take(&mut self.recorders).into_iter();
        let (over, live): (Vec<_>, _) = recorders.partition(|recorder| recorder.snapshot <= last);
        self.recorders = live;
        let mut copied = self.records.forget_up_to(last);
        over.into_iter().for_each(|recorder| copied.append(&mut recorder.into_messages()));
        copied
    }

    /// Lets the process handle the next message, and returns the link that the message came on.
    /// `None` if no message waits, or if this node handles nothing now
    /// ([`is_blocked`](Self::is_blocked), [`is_stopped`](Self::is_stopped)).
    pub fn process_next(&mut self) -> Option<LinkId> {
        self.process_row(|| false).map(|(link, _)| link)
    }

    /// As [`process_next`](Self::process_next), for one message and the messages behind it that
    /// came on the same link, as long as `goes_on` returns true. A driver of many messages saves
    /// time by this call. Returns how many messages were handled too. The call also returns where
    /// the driver has something to do before the next message, as
    /// [`process_from`](Self::process_from) does.
    #[inline]
    pub fn process_row(&mut self, mut goes_on: impl FnMut() -> bool) -> Option<(LinkId, usize)> {
        self.meet_markers();
        if !self.may_handle() {
            return self.drain_next().map(|link| (link, 1));
        }
        let slot = self.inbox.first_message()?;
        let mut is_first = true;
        let handled = self.handle_all(slot, |arrived| {
            let is_wanted = std::mem::take(&mut is_first) || goes_on();
            if is_wanted { arrived.next_on(slot) } else { None }
        });
        Some((self.in_ends[slot].link.id, handled))
    }

    /// Handles the markers whose turn has come, as [`process_next`](Self::process_next) does first.
    /// A driver that calls this before, and drains the output in between, lets the markers leave
    /// before the next handler runs. Returns true if there was such a marker.
    pub fn meet_markers(&mut self) -> bool {
        if !self.may_handle() {
            return self.attend();
        }
        let mut has_met = false;
        while let Some((slot, envelope)) = self.inbox.pop_control() {
            self.attend_to(slot, envelope);
            has_met = true;
        }
        has_met
    }

    /// Lets the process handle the timer that is due next, if that timer is due by `now`. False if
    /// no timer is due, or if this node handles nothing now.
    pub fn fire_timer(&mut self, now: Duration) -> bool {
        if !self.may_handle() {
            return false;
        }
        let Some(timer) = self.timers.take_due(now) else { return false };
        self.run_handler(Cause::Timer(timer), |process, ctx| process.on_timer(timer, ctx));
        true
    }

    /// Stops this node between two handlers, as [`Context::stop`](crate::Context::stop) does from
    /// within a handler.
    pub fn stop(&mut self) {
        if !self.stopped {
            self.stopped = true;
            self.outbox.put(Effect::Stop { drains: false });
        }
    }

    /// Stops this node and makes it drain its in-links, as
    /// [`Context::stop_and_drain`](crate::Context::stop_and_drain) does from within a handler. The
    /// node may have stopped before. Each message that it receives from now on by
    /// [`process_next`](Self::process_next) is handed out to be dropped
    /// ([`Output::Discarded`](super::Output::Discarded)).
    pub fn stop_and_drain(&mut self) {
        self.stop();
        self.drains = true;
    }

    /// Makes this node handle nothing more, so that a last snapshot can record its present state.
    /// Unlike [`stop`](Self::stop), a halt is not part of the node's state: a node restored from
    /// the snapshot goes on.
    pub fn halt(&mut self) {
        if !self.halted {
            self.halted = true;
            self.outbox.put(Effect::Stop { drains: false });
        }
    }

    /// Takes [`halt`](Self::halt) back: the last snapshot has failed, and the node goes on.
    /// Messages that have arrived meanwhile are handled in their order, before messages that arrive
    /// now. A node that has [stopped](Self::stop) remains stopped.
    pub fn resume(&mut self) {
        self.halted = false;
    }

    /// Takes in a marker that comes back on a link that leaves this node: the link's receiver has
    /// recorded ([`Output::Return`](super::Output::Return)). The marker must come before every
    /// [acknowledgement](Self::acknowledge) given after the recording. A link that does not leave
    /// this node is ignored.
    pub fn marker_returned(&mut self, link: LinkId, snapshot: SnapshotId) {
        if self.out_slot(link).is_none() {
            return;
        }
        match &mut self.log {
            Some(log) if !self.seen.contains(snapshot) => {
                log.push(Logged::MarkerReturned(snapshot, link));
            }
            _ => {}
        }
        rules::receive_returned_marker(self, snapshot);
    }

    /// Tells this node that the receiver of an out-link has received this many of the link's
    /// messages in all, by its [`process_next`](Self::process_next). The count is [`u64::MAX`] if
    /// the receiver has failed, so that the link drains. A link that does not leave this node is
    /// ignored.
    pub fn acknowledge(&mut self, link: LinkId, received: u64) {
        let Some(slot) = self.out_slot(link) else { return };
        let is_news = self.outbox.links.acknowledge(slot, received);
        if let (true, Some(log)) = (is_news, &mut self.log) {
            log.push(Logged::Acknowledged(link, received));
        }
    }

    /// Tells this node how many of its emitted messages were taken in all.
    pub fn outputs_taken(&mut self, taken: u64) {
        let output = self.outbox.links.output();
        self.outbox.links.acknowledge(output, taken);
    }

    /// Takes a batch that a driver has emptied, to fill it again. This saves one allocation per
    /// batch. A few small batches are kept, or as many as the node's
    /// [pool](Self::swap_batches) takes. A batch that is not empty is dropped.
    #[inline]
    pub fn reuse_batch(&mut self, emptied: Vec<P::Message>) {
        self.outbox.links.reuse(emptied);
    }

    /// Exchanges the node's emptied batches. A driver of many nodes can lend one pool to each node
    /// while that node runs: a node that waits then holds no memory for batches.
    #[inline]
    pub fn swap_batches(&mut self, pool: &mut BatchPool<P::Message>) {
        self.outbox.links.swap_spares(pool);
    }

    /// Gives back memory that a burst of messages took. Call this when the node has nothing to do.
    /// A node that goes on handling messages gives the memory back by itself. A node that is [kept
    /// apart](Self::keep_apart) keeps as much as an ordinary snapshot needs again.
    pub fn give_memory_back(&mut self) {
        self.outbox.give_memory_back();
        if self.outbox.keeps_memory {
            self.records.give_memory_back(FEW);
        } else {
            self.records.give_memory_back(0);
            self.inbox.give_memory_back();
        }
    }

    /// Keeps a log from now on. The log has each handler that returns, with its sends, and each
    /// recording and each marker, in their order. Call this before the start. The log of a restored
    /// node lacks the events before the snapshot.
    pub fn keep_log(&mut self) {
        self.log.get_or_insert_default();
    }

    /// Hands out the log entries since the last call; nothing if no log is kept.
    pub fn drain_log(&mut self) -> impl Iterator<Item = Logged> {
        self.log.iter_mut().flat_map(|log| log.drain())
    }

    /// Tells the time, on any clock that does not run backwards. Timers that were set since the
    /// last call count from this time. The call is needed where [`wants_time`](Self::wants_time) is
    /// true.
    pub fn tell_time(&mut self, now: Duration) {
        self.timers.tell_time(now);
    }
}

impl<P: Process> fmt::Debug for NodeCore<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeCore")
            .field("node", &self.node)
            .field("policy", &self.policy)
            .field("stopped", &self.stopped)
            .field("waiting", &self.inbox.len())
            .field("live_snapshots", &self.recorders.len())
            .finish_non_exhaustive()
    }
}
