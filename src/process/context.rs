//! What a handler sees and does.

use std::fmt;
use std::time::Duration;

use crate::id::{LinkId, NodeId, ReplyTo, TimerId};
use crate::outbox::{Effect, Outbox};
use crate::topology::{Link, Topology};

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

    /// The name of this node, if the topology has names.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.topology.name(self.node)
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
    /// names both nodes and makes this node fail. [`link_to`](Self::link_to) asks first.
    #[track_caller]
    pub fn send(&mut self, to: NodeId, message: M) {
        let Some(link) = self.link_to(to) else {
            self.refuse_node(to);
        };
        self.send_on(link, message);
    }

    /// Sends `message` on every link that leaves this node, in the order of their ids; nowhere if
    /// there is none. Two parallel links carry it twice.
    ///
    /// ```
    /// # use consistent_cut::{Context, Link, Process};
    /// # struct Gossip(bool);
    /// # impl Process for Gossip {
    /// #     type State = bool;
    /// #     type Message = String;
    /// fn on_message(&mut self, _: Link, news: String, ctx: &mut Context<'_, String>) {
    ///     if !std::mem::replace(&mut self.0, true) {
    ///         ctx.send_all(news);
    ///     }
    /// }
    /// #     fn state(&self) -> bool { self.0 }
    /// # }
    /// ```
    pub fn send_all(&mut self, message: M)
    where
        M: Clone,
    {
        let Some((last, others)) = self.out_links.split_last() else { return };
        for link in others {
            self.send_on(link, message.clone());
        }
        self.send_on(last, message);
    }

    /// Sends `message` on one link, a [`Link`] or its [`LinkId`]: the way to choose among parallel
    /// links, or to send on where there is only one.
    ///
    /// ```
    /// # use consistent_cut::{Context, Link, Process};
    /// # struct Relay;
    /// # impl Process for Relay {
    /// #     type State = ();
    /// #     type Message = u64;
    /// fn on_message(&mut self, _: Link, number: u64, ctx: &mut Context<'_, u64>) {
    ///     ctx.send_on(ctx.out_links()[0], number + 1);
    /// }
    /// #     fn state(&self) {}
    /// # }
    /// ```
    ///
    /// # Panics
    /// If `link` does not leave this node. The panic names the node and the link and makes this
    /// node fail.
    #[inline]
    #[track_caller]
    pub fn send_on(&mut self, link: impl Into<LinkId>, message: M) {
        let link = link.into();
        if !self.outbox.can_send_on(link) {
            self.turn_to(link);
        }
        self.outbox.send(message);
    }

    #[track_caller]
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
    #[track_caller]
    pub fn room(&mut self, link: impl Into<LinkId>) -> u64 {
        let link = link.into();
        let Some(slot) = self.topology.out_slot_from(self.node, link) else {
            self.refuse_link(link);
        };
        self.outbox.room(slot as usize)
    }

    /// Sends `message` out of the system, to whoever takes what its nodes emit
    /// ([`System::outputs`](crate::System::outputs)). It leaves when this handler has returned, and
    /// not at all if the handler panics. Each node's messages leave in their order and are numbered
    /// from 1.
    ///
    /// A message that is not taken yet when the node records is
    /// [in the snapshot](crate::GlobalSnapshot::output); a system that is restored from it has it
    /// still to give. What the node emits after the cut is no part of the snapshot: the restored
    /// node does that work anew, and emits again, under the same number. A taker that must not see
    /// a message twice keeps the last number of each node.
    ///
    /// If nobody takes what the node emits, it waits for room in the end, as before a full link
    /// ([`SystemBuilder::output_capacity`](crate::SystemBuilder::output_capacity)).
    ///
    /// ```
    /// # use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
    /// struct Doubler;
    ///
    /// impl Process for Doubler {
    ///     type State = ();
    ///     type Message = u64;
    ///     fn on_message(&mut self, _: Link, number: u64, ctx: &mut Context<'_, u64>) {
    ///         ctx.emit(2 * number);
    ///     }
    ///     fn state(&self) {}
    /// }
    ///
    /// let system = System::builder(Topology::ring(1)?).spawn(|_| Doubler)?;
    /// system.inject(NodeId::new(0), 21)?;
    /// let first = system.outputs().next().expect("the system runs");
    /// assert_eq!((first.node, first.number, first.message), (NodeId::new(0), 1, 42));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn emit(&mut self, message: M) {
        self.outbox.emit(message);
    }

    /// Answers whoever [asks](crate::System::ask), when this handler has returned; not at all if
    /// the handler panics. `to` came in the question. The first answer counts. One for which nobody
    /// waits any more, since the time was up or the question was asked before a restore, is
    /// dropped: a caller that did not get its answer asks again.
    ///
    /// Any node may answer, and any time: a question can be passed on, or kept in the state.
    pub fn reply(&mut self, to: ReplyTo, message: M) {
        self.outbox.push(Effect::Reply(Box::new((to, message))));
    }

    /// A bug in the process, which makes its node fail as any panic of a handler does.
    #[cold]
    #[track_caller]
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
    #[track_caller]
    fn refuse_link(&self, link: LinkId) -> ! {
        panic!(
            "{} sent on {}, which does not leave it: choose a link from Context::out_links",
            self.topology.describe(self.node),
            self.topology.describe_link(link),
        );
    }

    /// Sets a timer of this node: [`Process::on_timer`](crate::Process::on_timer) is called when the time is over, between
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
    /// the cut. The timeout
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
