//! What a user writes: a [`Process`] (state and transitions), and the [`Context`] its handlers act
//! through.

use std::fmt;
use std::time::Duration;

use crate::id::{LinkId, NodeId, TimerId};
use crate::outbox::{Effect, Outbox};
use crate::topology::{Link, Topology};

/// The behaviour of a node: a state, and what it does when a message arrives.
///
/// A handler is one atomic step: one event in, one new state, any number of sends. What it asks of
/// the [`Context`] takes effect when it returns, so that no snapshot sees the middle of a handler,
/// and a handler that panics has sent nothing.
///
/// The trait is object safe, and `Box<dyn Process<State = S, Message = M>>` is a process itself:
/// nodes of different types can share one system.
///
/// ```
/// use consistent_cut::{Context, Link, Process};
///
/// /// Counts the pings it gets and answers each of them.
/// struct Echo {
///     pings: u64,
/// }
///
/// impl Process for Echo {
///     type State = u64;
///     type Message = &'static str;
///
///     fn on_message(&mut self, from: Link, message: &'static str, ctx: &mut Context<'_, &'static str>) {
///         if message == "ping" {
///             self.pings += 1;
///         }
///         // What came from outside has no sender to answer.
///         if message == "ping" && !from.is_environment() {
///             ctx.send(from.source, "pong");
///         }
///     }
///
///     fn state(&self) -> u64 {
///         self.pings
///     }
/// }
/// ```
pub trait Process: Send + 'static {
    /// What a snapshot records of a node. It must own its data: a state that shares memory with the
    /// live process (through an `Arc<Mutex<_>>`, say) would go on changing after it was recorded;
    /// [`SystemBuilder::detect_shared_memory`](crate::SystemBuilder::detect_shared_memory) looks
    /// for that. An `Rc` is refused by the compiler:
    ///
    /// ```compile_fail
    /// # use consistent_cut::{Context, Link, Process};
    /// # use std::rc::Rc;
    /// struct Shared(u64);
    /// impl Process for Shared {
    ///     type State = Rc<u64>;
    ///     type Message = ();
    ///     fn on_message(&mut self, _: Link, _: (), _: &mut Context<'_, ()>) {}
    ///     fn state(&self) -> Rc<u64> { Rc::new(self.0) }
    /// }
    /// ```
    type State: Send + Sync + 'static;

    /// What nodes send to each other. A recorder clones the messages that are in flight at the cut,
    /// and only those. Like a state, a message must own its data.
    ///
    /// A snapshot keeps its copies alive for as long as somebody holds it. Where a message carries
    /// the sender of a channel for its answer, the copy keeps that channel open: the caller who
    /// waits for the answer does not hear that the node has failed before the snapshot is dropped.
    /// By default the system itself keeps no snapshot that is complete
    /// ([`SystemBuilder::keep_snapshots`](crate::SystemBuilder::keep_snapshots)).
    type Message: Clone + Send + Sync + 'static;

    /// Called once, before the node takes in anything.
    fn on_start(&mut self, ctx: &mut Context<'_, Self::Message>) {
        let _ = ctx;
    }

    /// Called for each message, in the order of its link. `from` is the link it came on; input from
    /// outside comes on the node's environment link ([`Link::is_environment`]), whose source cannot
    /// be sent to.
    ///
    /// A handler must not wait for what another node does. What this handler sends leaves after it
    /// has returned, and on threads what the handlers just before it have sent may leave with it.
    fn on_message(
        &mut self,
        from: Link,
        message: Self::Message,
        ctx: &mut Context<'_, Self::Message>,
    );

    /// Called when a timer that this process has set is due, once for each time it was set. By then
    /// the timer is no longer pending.
    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Self::Message>) {
        let _ = (timer, ctx);
    }

    /// The state to record. Called between handlers, never during one.
    fn state(&self) -> Self::State;
}

/// A process that can go on from a snapshot.
///
/// The trait is object safe: `Box<dyn Restore<State = S, Message = M>>` is a process that can be
/// restored.
///
/// ```
/// use consistent_cut::{Context, Link, Process, Restore};
///
/// struct Counter(u64);
///
/// impl Process for Counter {
///     type State = u64;
///     type Message = u64;
///     fn on_message(&mut self, _: Link, more: u64, _: &mut Context<'_, u64>) { self.0 += more }
///     fn state(&self) -> u64 { self.0 }
/// }
///
/// impl Restore for Counter {
///     fn on_restore(&mut self, recorded: u64, _: &mut Context<'_, u64>) { self.0 = recorded }
/// }
/// ```
pub trait Restore: Process {
    /// Called once in place of [`on_start`](Process::on_start), before the node takes in anything:
    /// the process becomes what it was when it was recorded. Its pending timers are set again, each
    /// with the time that was left; what it sends here stands behind what was in flight.
    fn on_restore(&mut self, state: Self::State, ctx: &mut Context<'_, Self::Message>);
}

impl<P: Process + ?Sized> Process for Box<P> {
    type State = P::State;
    type Message = P::Message;

    fn on_start(&mut self, ctx: &mut Context<'_, Self::Message>) {
        (**self).on_start(ctx);
    }

    fn on_message(
        &mut self,
        from: Link,
        message: Self::Message,
        ctx: &mut Context<'_, Self::Message>,
    ) {
        (**self).on_message(from, message, ctx);
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Self::Message>) {
        (**self).on_timer(timer, ctx);
    }

    fn state(&self) -> Self::State {
        (**self).state()
    }
}

impl<P: Restore + ?Sized> Restore for Box<P> {
    fn on_restore(&mut self, state: Self::State, ctx: &mut Context<'_, Self::Message>) {
        (**self).on_restore(state, ctx);
    }
}

/// What a handler can see and do: its own place in the topology, sends, and requests.
///
/// Nothing happens before the handler returns; then everything does. What was sent on one link
/// leaves in the order of sending.
pub struct Context<'a, M> {
    node: NodeId,
    topology: &'a Topology,
    out_links: &'a [Link],
    outbox: &'a mut Outbox<M>,
}

impl<'a, M> Context<'a, M> {
    #[inline]
    pub(crate) fn new(node: NodeId, topology: &'a Topology, outbox: &'a mut Outbox<M>) -> Self {
        Context { node, topology, out_links: topology.out_links(node), outbox }
    }

    #[inline]
    pub(crate) fn outbox(&mut self) -> &mut Outbox<M> {
        self.outbox
    }

    /// The node whose handler this is.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.node
    }

    /// The whole topology, for names and for a process that routes.
    #[must_use]
    pub fn topology(&self) -> &'a Topology {
        self.topology
    }

    /// The links that leave this node, by id.
    #[inline]
    #[must_use]
    pub fn out_links(&self) -> &'a [Link] {
        self.out_links
    }

    /// The links that end at this node, by id; the environment link is not among them.
    #[must_use]
    pub fn in_links(&self) -> &'a [Link] {
        self.topology.in_links(self.node)
    }

    /// The nodes this node can send to, ascending, each once however many links lead there.
    pub fn neighbours(&self) -> impl Iterator<Item = NodeId> + 'a {
        self.topology.neighbours(self.node)
    }

    /// The link from this node to `to`, if there is one; of parallel links the lowest-numbered.
    #[must_use]
    pub fn link_to(&self, to: NodeId) -> Option<Link> {
        self.topology.link_between(self.node, to)
    }

    /// Sends `message` to the node `to`, on the lowest-numbered link that leads there.
    ///
    /// # Panics
    /// If no link leads from this node to `to`: the process and the topology do not fit. The panic
    /// names both nodes and takes this node down. [`link_to`](Self::link_to) asks first.
    pub fn send(&mut self, to: NodeId, message: M) {
        let Some(link) = self.link_to(to) else {
            self.refuse_node(to);
        };
        self.send_on(link.id, message);
    }

    /// Sends `message` on the link `link`: the way to choose among parallel links.
    ///
    /// # Panics
    /// If `link` does not leave this node. The panic names the node and the link and takes this
    /// node down.
    #[inline]
    pub fn send_on(&mut self, link: LinkId, message: M) {
        if !self.outbox.can_send_on(link) {
            self.turn_to(link);
        }
        self.outbox.send(message);
    }

    fn turn_to(&mut self, link: LinkId) {
        match self.topology.out_slot_from(self.node, link) {
            Some(slot) => self.outbox.turn_to(slot as usize),
            None => self.refuse_link(link),
        }
    }

    /// How many more messages this handler may send on `link` before one of them waits for room, so
    /// that the node handles nothing until there is some: zero if the link is full, [`u64::MAX`] if
    /// it has no [capacity](crate::SystemBuilder::capacity). A process that asks first can drop a
    /// message, send it another way, or set a timer and try again, and is not held up by one slow
    /// receiver.
    ///
    /// The room is that before this handler ran, less what the handler has sent by now. There may
    /// be more: what the receiver receives meanwhile counts from the next handler on.
    ///
    /// # Panics
    /// If `link` does not leave this node, as [`send_on`](Self::send_on).
    #[must_use]
    pub fn room(&mut self, link: LinkId) -> u64 {
        let Some(slot) = self.topology.out_slot_from(self.node, link) else {
            self.refuse_link(link);
        };
        self.outbox.room(slot as usize)
    }

    /// A bug in the process, which takes its node down as any panic of a handler does.
    #[cold]
    fn refuse_node(&self, to: NodeId) -> ! {
        let node = self.topology.describe(self.node);
        if to == NodeId::ENVIRONMENT {
            panic!(
                "{node} sent to the environment, to which no link leads: \
                 ask Link::is_environment before answering a message"
            );
        }
        panic!(
            "{node} sent to {}, but no link leads there: add the link to the topology, \
             or ask Context::link_to before sending",
            self.topology.describe(to),
        );
    }

    /// A bug in the process too.
    #[cold]
    fn refuse_link(&self, link: LinkId) -> ! {
        panic!(
            "{} sent on {}, which does not leave it: choose a link from Context::out_links",
            self.topology.describe(self.node),
            self.topology.describe_link(link),
        );
    }

    /// Sets a timer of this node: [`Process::on_timer`] is called when the time is over, between
    /// handlers, and not before. One that is pending under the same id is moved. Time counts from
    /// the end of this handler; a node that handles something else, or waits for room on a link, is
    /// late.
    ///
    /// Pending timers are recorded with the node
    /// ([`GlobalSnapshot::timers`](crate::GlobalSnapshot::timers)).
    pub fn set_timer(&mut self, timer: TimerId, after: Duration) {
        self.outbox.push(Effect::SetTimer(Box::new((timer, after))));
    }

    /// Cancels a timer of this node. One that is not pending stays so.
    pub fn cancel_timer(&mut self, timer: TimerId) {
        self.outbox.push(Effect::CancelTimer(timer));
    }

    /// Asks for a snapshot with this node among its initiators. The coordinator gives it an id and
    /// adds initiators where this node alone does not reach all others; the snapshot's result goes
    /// to the system's subscribers and its history.
    ///
    /// One snapshot can answer many requests. On threads, requests wait while the snapshot that
    /// answers earlier ones is under way and while callers wait for theirs. All that wait are
    /// answered together: each asking node is an initiator, and each asking handler comes before
    /// the cut. The deadline
    /// ([`SystemBuilder::snapshot_timeout`](crate::SystemBuilder::snapshot_timeout)) counts from
    /// the beginning.
    pub fn request_snapshot(&mut self) {
        self.outbox.push(Effect::RequestSnapshot);
    }

    /// Stops this node: it handles nothing after this handler. Its final state takes part in later
    /// snapshots, with the messages on its in-links that it has not received. These links fill, and
    /// nodes that go on sending here wait for room for good;
    /// [`stop_and_drain`](Self::stop_and_drain) lets them go on.
    pub fn stop(&mut self) {
        self.outbox.push(Effect::Stop { drains: false });
    }

    /// Stops this node, and drains its in-links from now on: the node receives each message that
    /// comes and drops it without a handler, so that no sender waits for room here. Snapshots say
    /// so ([`GlobalSnapshot::is_draining`](crate::GlobalSnapshot::is_draining)). For a stage that
    /// wants its first ten messages and no more.
    pub fn stop_and_drain(&mut self) {
        self.outbox.push(Effect::Stop { drains: true });
    }
}

impl<M> fmt::Debug for Context<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("node", &self.node).finish_non_exhaustive()
    }
}
