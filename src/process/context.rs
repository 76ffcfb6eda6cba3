//! The view and the actions of a handler.

use std::fmt;
use std::time::Duration;

use crate::id::{LinkId, NodeId, ReplyTo, TimerId};
use crate::outbox::{Effect, Held, Outbox};
use crate::topology::{Link, Topology};

/// The view and the actions of a handler: its own place in the topology, sends, and requests.
///
/// All requests take effect when the handler returns, and none before. Messages sent on one link
/// leave in the order of sending.
pub struct Context<'a, M> {
    node: NodeId,
    topology: &'a Topology,
    out_links: &'a [Link],
    /// The open batch of the link on which the handlers of this row have sent last.
    held: Held<M>,
    /// Whether the handler may have done more than send on the link whose batch is held.
    has_turned: bool,
    outbox: &'a mut Outbox<M>,
}

impl<'a, M> Context<'a, M> {
    #[inline]
    pub(crate) fn new(
        node: NodeId,
        topology: &'a Topology,
        out_links: &'a [Link],
        outbox: &'a mut Outbox<M>,
    ) -> Self {
        Context { node, topology, out_links, held: Held::none(), has_turned: true, outbox }
    }

    /// The outbox, with every batch in its place.
    #[inline]
    pub(crate) fn outbox(&mut self) -> &mut Outbox<M> {
        self.has_turned = true;
        self.outbox.put_back(&mut self.held);
        self.outbox
    }

    /// The links on which the running handler has sent, one entry per message, in order.
    #[inline]
    pub(crate) fn sends(&self) -> impl Iterator<Item = LinkId> + Clone {
        self.outbox.sends().chain(self.held.sends())
    }

    /// As [`sends`](Self::sends), if the handler has sent at most on the link whose batch was held
    /// before it.
    #[inline]
    pub(crate) fn sends_on_one_link(&self) -> Option<impl Iterator<Item = LinkId> + Clone> {
        (!self.has_turned).then(|| self.held.sends())
    }

    /// Commits the sends of a handler that has returned, so that the next one may run. Returns
    /// false if the driver has something to do before the next one. Then the end of the row commits
    /// what is not committed here.
    #[inline]
    pub(crate) fn commit_sends(&mut self) -> bool {
        if std::mem::take(&mut self.has_turned) {
            if self.outbox.calls_driver() {
                return false;
            }
            self.outbox.commit_sends();
        }
        self.held.commit()
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

    /// The whole topology, for names and for a process that routes messages.
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

    /// The nodes that this node can send to, ascending. Each node is listed once, even if parallel
    /// links lead there.
    pub fn neighbours(&self) -> impl Iterator<Item = NodeId> + 'a {
        self.topology.neighbours(self.node)
    }

    /// The link from this node to `to`, if there is one; the lowest-numbered one if there are
    /// parallel links.
    #[must_use]
    pub fn link_to(&self, to: NodeId) -> Option<Link> {
        self.topology.link_between(self.node, to)
    }

    /// Sends `message` to the node `to`, on the lowest-numbered link that leads there.
    ///
    /// # Panics
    /// If no link leads from this node to `to`: the process and the topology do not fit. The panic
    /// names both nodes and makes this node fail. [`link_to`](Self::link_to) tells beforehand
    /// whether there is a link.
    #[track_caller]
    pub fn send(&mut self, to: NodeId, message: M) {
        let Some(link) = self.link_to(to) else {
            self.refuse_node(to);
        };
        self.send_on(link, message);
    }

    /// Sends `message` on every link that leaves this node, in the order of their ids. Two parallel
    /// links carry the message twice. Nothing is sent if no link leaves this node.
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

    /// Sends `message` on one link, a [`Link`] or its [`LinkId`]. This call can choose among
    /// parallel links, and it is short where there is only one link.
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
        if let Err(message) = self.held.send(link, message) {
            self.turn_and_send(link, message);
        }
    }

    // A function of its own, so that the common path of `send_on` is small enough to be inlined into
    // handlers.
    #[inline(never)]
    #[track_caller]
    fn turn_and_send(&mut self, link: LinkId, message: M) {
        let Some(slot) = self.outbox.links.slot_of(self.topology, link) else {
            self.refuse_link(link)
        };
        self.has_turned = true;
        self.outbox.turn_to(slot, &mut self.held);
        self.held.push(message);
    }

    /// How many more messages this handler may send on `link` before a message waits for room.
    /// While a message waits, the node handles nothing. The room is zero if the link is full, and
    /// [`u64::MAX`] if the link has no [capacity](crate::SystemBuilder::capacity). A process that
    /// asks first can drop a message, send it another way, or set a timer and try again. So one
    /// slow receiver does not hold the process up.
    ///
    /// The value is the room before this handler ran, less the messages that the handler has sent
    /// by now. There may be more room: messages that the receiver receives meanwhile count from the
    /// next handler on.
    ///
    /// # Panics
    /// If `link` does not leave this node, as [`send_on`](Self::send_on).
    #[must_use]
    #[track_caller]
    pub fn room(&mut self, link: impl Into<LinkId>) -> u64 {
        let link = link.into();
        let Some(slot) = self.outbox.links.slot_of(self.topology, link) else {
            self.refuse_link(link);
        };
        self.outbox().room(slot)
    }

    /// Sends `message` out of the system, to the taker of emitted messages
    /// ([`System::outputs`](crate::System::outputs)). The message leaves when this handler has
    /// returned, and never if the handler panics. Each node's messages leave in their order and are
    /// numbered from 1.
    ///
    /// A snapshot [holds](crate::GlobalSnapshot::output) the messages that were emitted before the
    /// cut and not yet taken, and a restored system hands them out. Messages that the node emits
    /// after the cut are not in the snapshot. The restored node does that work again, and emits
    /// again under the same numbers. A taker that must not see a message twice keeps the last
    /// number of each node. A `checkpoint::Sink` (feature `checkpoint`) takes each message once,
    /// also after a crash.
    ///
    /// If no caller takes the messages, the node stops handling messages once 65,536 are waiting
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
        if let Err(message) = self.held.emit(message) {
            self.turn_and_emit(message);
        }
    }

    #[inline(never)]
    fn turn_and_emit(&mut self, message: M) {
        self.has_turned = true;
        self.outbox.turn_to_output(&mut self.held);
        self.held.push(message);
    }

    /// Sends a reply to the caller of [`System::ask`](crate::System::ask). The reply leaves when this
    /// handler returns, and never if the handler panics. `to` came in the question. The first reply
    /// counts. A reply is dropped if no caller waits for it any more, since the time was up or the
    /// question was asked before a restore. A caller without a reply can ask again.
    ///
    /// Any node may reply, at any time: a node can pass a question on, or keep it in its state.
    pub fn reply(&mut self, to: ReplyTo, message: M) {
        self.outbox().push(Effect::Reply(Box::new((to, message))));
    }

    /// Panics about a bug in the process. As after any panic of a handler, the node fails.
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

    /// Panics about a bug in the process too.
    #[cold]
    #[track_caller]
    fn refuse_link(&self, link: LinkId) -> ! {
        panic!(
            "{} sent on {}, which does not leave it: choose a link from Context::out_links",
            self.topology.describe(self.node),
            self.topology.describe_link(link),
        );
    }

    /// Sets a timer of this node. [`Process::on_timer`](crate::Process::on_timer) is called between
    /// handlers, when the time is over and not before. A pending timer with the same id is moved.
    /// Time counts from the end of this handler. A node that handles another event, or waits for
    /// room on a link, runs the timer late.
    ///
    /// Pending timers are recorded with the node
    /// ([`GlobalSnapshot::timers`](crate::GlobalSnapshot::timers)).
    pub fn set_timer(&mut self, timer: TimerId, after: Duration) {
        self.outbox().push(Effect::SetTimer(Box::new((timer, after))));
    }

    /// Cancels a timer of this node. Nothing happens if the timer is not pending.
    pub fn cancel_timer(&mut self, timer: TimerId) {
        self.outbox().push(Effect::CancelTimer(timer));
    }

    /// Asks for a snapshot with this node among its initiators. The coordinator gives the snapshot
    /// an id, and adds initiators where this node alone does not reach all others. The result goes
    /// to the system's subscribers and its history.
    ///
    /// One snapshot can answer many requests. On threads, requests wait while the snapshot that
    /// answers earlier requests is under way, and while callers wait for snapshots of their own.
    /// All waiting requests are answered together: each asking node is an initiator, and each
    /// asking handler comes before the cut. The timeout
    /// ([`SystemBuilder::snapshot_timeout`](crate::SystemBuilder::snapshot_timeout)) counts from
    /// the snapshot's beginning.
    pub fn request_snapshot(&mut self) {
        self.outbox().push(Effect::RequestSnapshot);
    }

    /// Stops this node: it handles nothing after this handler. Later snapshots include its final
    /// state, and the messages on its in-links that it has not received. These links fill up, and
    /// the nodes that send on them then wait for room permanently.
    /// [`stop_and_drain`](Self::stop_and_drain) lets the senders go on.
    pub fn stop(&mut self) {
        self.outbox().push(Effect::Stop { drains: false });
    }

    /// Stops this node, and drains its in-links from now on: the node receives each message that
    /// comes and drops it without a handler. So no sender waits for room here. Snapshots tell that
    /// the node drains ([`GlobalSnapshot::is_draining`](crate::GlobalSnapshot::is_draining)). This
    /// suits a stage that wants its first ten messages and no more.
    pub fn stop_and_drain(&mut self) {
        self.outbox().push(Effect::Stop { drains: true });
    }
}

/// Puts the held batch back, also when a handler panics.
impl<M> Drop for Context<'_, M> {
    #[inline]
    fn drop(&mut self) {
        self.outbox.put_back(&mut self.held);
    }
}

impl<M> fmt::Debug for Context<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("node", &self.node).finish_non_exhaustive()
    }
}
