//! Termination of a diffusing computation.

use std::fmt;

use super::stable::StableProperty;
use super::verdict::Verdict;
use crate::id::{NodeId, TimerId};
use crate::snapshot::{ChannelState, GlobalSnapshot};
use crate::topology::Link;

/// *Termination*: every node is passive, and nothing that could wake a node is on its way.
/// `is_passive` tells from a node's state whether the node has nothing left to do.
///
/// Systems with heartbeats never come to such a rest. Use [`Termination`] for them: it ignores
/// timers and messages that are no work. The model and the proof stand there. They hold here with
/// no timer and no message ignored.
///
/// # What if a node never becomes passive?
///
/// Then the system has not terminated, even if nothing can happen any more: a node that waits for
/// an answer that never comes is active and stands still. `terminated(|_, _| true)` holds at every
/// standstill without messages in flight. Messages to a node that waits for room on a full link
/// count as in flight.
///
/// ```
/// use std::time::Duration;
/// use consistent_cut::property::terminated;
/// use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
///
/// /// Splits the work that it gets between its neighbours, until there is nothing left to split.
/// struct Splitter;
///
/// impl Process for Splitter {
///     type State = ();
///     type Message = u32;
///     fn on_message(&mut self, _: Link, work: u32, ctx: &mut Context<'_, u32>) {
///         for link in ctx.out_links().iter().filter(|_| work > 0) {
///             ctx.send_on(link, work / 2);
///         }
///     }
///     fn state(&self) {}
/// }
///
/// let system = System::builder(Topology::complete(3)?).spawn(|_| Splitter)?;
/// system.inject(NodeId::new(0), 1000)?;
/// // Between two handlers a splitter has nothing to do.
/// let found = system.wait_until(&terminated(|_, &()| true), Duration::from_secs(60))?;
/// assert_eq!(found.snapshot.in_flight().count(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn terminated<S: 'static, M: 'static>(
    is_passive: impl Fn(NodeId, &S) -> bool + Send + Sync + 'static,
) -> StableProperty<S, M> {
    Termination::new(is_passive).property()
}

type OfState<S> = Box<dyn Fn(NodeId, &S) -> bool + Send + Sync>;
type OfTimer = Box<dyn Fn(NodeId, TimerId) -> bool + Send + Sync>;
type OfMessage<M> = Box<dyn Fn(Link, &M) -> bool + Send + Sync>;

/// *Termination* of a computation in a system that also does other things, such as heartbeats,
/// reports, or retries of a cache. [`terminated`] is the short form for systems without such
/// things.
///
/// ```
/// use std::time::Duration;
/// use consistent_cut::property::Termination;
/// use consistent_cut::{Context, Link, NodeId, Process, System, TimerId, Topology};
///
/// const HEARTBEAT: TimerId = TimerId::new(0);
///
/// #[derive(Clone)]
/// enum Message { Work(u32), Beat }
///
/// /// Passes work on until none is left. Tells its neighbour every millisecond that it lives.
/// struct Relay { beats: u64 }
///
/// impl Process for Relay {
///     type State = u64;
///     type Message = Message;
///     fn on_start(&mut self, ctx: &mut Context<'_, Message>) {
///         ctx.set_timer(HEARTBEAT, Duration::from_millis(1));
///     }
///     fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Message>) {
///         ctx.send_on(ctx.out_links()[0], Message::Beat);
///         ctx.set_timer(timer, Duration::from_millis(1));
///     }
///     fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
///         match message {
///             Message::Beat => self.beats += 1,
///             Message::Work(0) => {}
///             Message::Work(left) => ctx.send_on(ctx.out_links()[0], Message::Work(left - 1)),
///         }
///     }
///     fn state(&self) -> u64 { self.beats }
/// }
///
/// let system = System::builder(Topology::ring(3)?).spawn(|_| Relay { beats: 0 })?;
/// system.inject(NodeId::new(0), Message::Work(1000))?;
/// let done = Termination::new(|_, _: &u64| true)
///     .ignoring_timers(|_, timer| timer == HEARTBEAT)
///     .ignoring_messages(|_, message| matches!(message, Message::Beat))
///     .property();
/// system.wait_until(&done, Duration::from_secs(60))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Model
///
/// The diffusing computation of Dijkstra and Scholten (1980), with timers and messages beside it
/// that are *ignored*. From the snapshot's beginning on:
///
/// 1. Only ignored messages come from outside. A message that was injected earlier and is not yet
///    received is on its environment link, and counts as in flight.
/// 2. A passive node stays passive, sends nothing and sets no timer until it receives a message or
///    one of its timers fires.
/// 3. *Ignored timers and messages make no work.* The handler of an ignored timer or message, run
///    at a passive node, leaves the node passive, sends ignored messages only, and sets ignored
///    timers only.
///
/// Rule 2 needs no promise of yours, since a process acts in its handlers only. **Rule 3 is your
/// promise.** It speaks of passive nodes only: a heartbeat may send work from an active node. The
/// three functions must answer from their arguments alone, so that an ignored message stays
/// ignored.
///
/// A pending timer that is not ignored counts as activity, and so does a message in flight that is
/// not ignored, with one exception: nodes that have stopped or failed receive nothing any more.
/// Such a node is passive whatever its state, its timers never fire, and messages on the links that
/// end there wake no node.
///
/// # Proof that it is stable
///
/// Call a node *live* if it has neither stopped nor failed. A state is terminated if each live
/// node is passive, and each of its pending timers and each message on a link to it is ignored. Let
/// a state be terminated, and consider the event that leads to the next state:
///
/// * A handler runs. It runs at a live node, which has only ignored messages and timers, so it
///   handles one of these. By rule 3 the node stays passive, and the handler sends only ignored
///   messages and sets only ignored timers.
/// * A message is injected. By rule 1 it is ignored.
/// * A node stops or fails, or a message moves along its link. No live node, no message on a link
///   and no pending timer is new.
///
/// So the next state is terminated, and by induction so are all later states. Hence a termination
/// that a snapshot shows is there at the snapshot's end, and in every later state. A termination
/// that was there when the snapshot began is shown. The check is one pass over nodes, links, and
/// the messages of links until a message is found that is not ignored.
///
/// Without rule 3 the proof fails: a heartbeat that makes work wakes a system that was called
/// terminated.
pub struct Termination<S, M> {
    is_passive: OfState<S>,
    ignored_timers: Vec<OfTimer>,
    ignored_messages: Vec<OfMessage<M>>,
}

impl<S, M> Termination<S, M> {
    /// Termination of all work: no timer and no message is ignored. `is_passive` tells from a
    /// node's state whether the node has nothing left to do.
    #[must_use]
    pub fn new(is_passive: impl Fn(NodeId, &S) -> bool + Send + Sync + 'static) -> Self {
        let is_passive = Box::new(is_passive);
        Termination { is_passive, ignored_timers: Vec::new(), ignored_messages: Vec::new() }
    }

    /// Ignores these timers, which are no work. Further calls add more.
    #[must_use]
    pub fn ignoring_timers(
        mut self,
        is_ignored: impl Fn(NodeId, TimerId) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.ignored_timers.push(Box::new(is_ignored));
        self
    }

    /// Ignores these messages, which are no work. Further calls add more.
    #[must_use]
    pub fn ignoring_messages(
        mut self,
        is_ignored: impl Fn(Link, &M) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.ignored_messages.push(Box::new(is_ignored));
        self
    }

    /// The stable property, to be detected or waited for.
    #[must_use]
    pub fn property(self) -> StableProperty<S, M>
    where
        S: 'static,
        M: 'static,
    {
        let ignores = !self.ignored_timers.is_empty() || !self.ignored_messages.is_empty();
        let others = if ignores { ", ignored timers and messages aside" } else { "" };
        let holds =
            format!("every node is passive, and nothing that could wake one is under way{others}");
        StableProperty::with_reason("terminated", move |snapshot| {
            match self.first_sign_of_life(snapshot) {
                Some(sign) => Verdict::False(sign),
                None => Verdict::True(holds.clone()),
            }
        })
    }

    fn first_sign_of_life(&self, snapshot: &GlobalSnapshot<S, M>) -> Option<String> {
        let topology = snapshot.topology();
        let at_work = || snapshot.states().filter(|&(node, _)| !snapshot.is_stopped(node));
        if let Some((node, _)) = at_work().find(|&(node, state)| !(self.is_passive)(node, state)) {
            return Some(format!("{} is active", topology.describe(node)));
        }
        let mut nodes = at_work().map(|(node, _)| node);
        if let Some((node, timer)) = nodes.find_map(|node| self.timer_at(snapshot, node)) {
            return Some(format!("{timer} is pending at {}", topology.describe(node)));
        }
        // Links are checked before their messages: a link to a stopped node may hold many messages.
        let mut in_use =
            snapshot.channels().iter().filter(|channel| ends_at_work(snapshot, channel.link()));
        let link = in_use.find(|channel| self.has_message(channel))?.link();
        Some(format!("a message is in flight on {}", topology.describe_link(link.id)))
    }

    /// The first timer of a node that is not ignored.
    fn timer_at(&self, snapshot: &GlobalSnapshot<S, M>, node: NodeId) -> Option<(NodeId, TimerId)> {
        let is_ignored = |timer| self.ignored_timers.iter().any(|ignores| ignores(node, timer));
        let mut timers = snapshot.timers(node).iter().map(|pending| pending.timer);
        timers.find(|&timer| !is_ignored(timer)).map(|timer| (node, timer))
    }

    /// Whether a message that is not ignored is in flight on a link.
    fn has_message(&self, channel: &ChannelState<M>) -> bool {
        let link = channel.link();
        let is_ignored =
            |message| self.ignored_messages.iter().any(|ignores| ignores(link, message));
        channel.messages().iter().any(|message| !is_ignored(message))
    }
}

/// Whether a link ends at a node that still handles messages.
fn ends_at_work<S, M>(snapshot: &GlobalSnapshot<S, M>, link: Link) -> bool {
    snapshot.find_state(link.target).is_some() && !snapshot.is_stopped(link.target)
}

impl<S, M> fmt::Debug for Termination<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Termination")
            .field("ignored_timers", &self.ignored_timers.len())
            .field("ignored_messages", &self.ignored_messages.len())
            .finish_non_exhaustive()
    }
}
