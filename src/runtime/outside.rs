//! Messages into a running system from outside, and messages out of it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::clock::Clock;
use super::outputs::Outputs;
use super::system::System;
use crate::driver::{Ending, InjectError, Timeout};
use crate::id::{NodeId, ReplyTo};
use crate::process::Process;
use crate::runtime::node::entrance::Refused;
use crate::runtime::node::port::NodePort;
use crate::runtime::node::questions::Ended;
use crate::topology::NamedNode;

/// Input and output.
///
/// # How do messages come in and go out?
///
/// | | |
/// |---|---|
/// | a message in | [`inject`](Self::inject), or [`try_inject`](Self::try_inject), which does not wait for room |
/// | a question, and its reply | [`ask`](Self::ask) here, [`Context::reply`](crate::Context::reply) in the handler |
/// | results out | [`Context::emit`](crate::Context::emit) in the handler, [`outputs`](Self::outputs) here |
///
/// ```
/// use std::collections::BTreeMap;
/// use std::time::Duration;
/// use consistent_cut::{Context, Link, NodeId, Process, ReplyTo, System, Topology};
///
/// #[derive(Clone)]
/// enum Message {
///     Set(String, u64),
///     Get(String, ReplyTo),
///     Found(Option<u64>),
/// }
///
/// struct Store(BTreeMap<String, u64>);
///
/// impl Process for Store {
///     type State = BTreeMap<String, u64>;
///     type Message = Message;
///     fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
///         match message {
///             Message::Set(key, value) => drop(self.0.insert(key, value)),
///             Message::Get(key, to) => ctx.reply(to, Message::Found(self.0.get(&key).copied())),
///             Message::Found(_) => {}
///         }
///     }
///     fn state(&self) -> BTreeMap<String, u64> { self.0.clone() }
/// }
///
/// let system = System::builder(Topology::ring(1)?).spawn(|_| Store(BTreeMap::new()))?;
/// let store = NodeId::new(0);
/// system.inject(store, Message::Set("apples".into(), 3))?;
/// let get = |to| Message::Get("apples".into(), to);
/// let found = system.ask(store, get, Duration::from_secs(10))?;
/// assert!(matches!(found, Message::Found(Some(3))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Two other ways are tempting, and both fail. A message that contains the *sender of a channel*
/// cannot be saved, and a snapshot that holds a copy of it keeps the channel open. A *channel that
/// the process holds* lets a reply out at once: the reply has left even if the handler then panics,
/// and all other sends of the handler are withdrawn.
///
/// With the feature `checkpoint`, a `checkpoint::Source` is input that can be read again after a
/// crash, and a `checkpoint::Sink` takes emitted messages once.
///
/// # What does a restore do?
///
/// | | in the snapshot | in a system restored from it |
/// |---|---|---|
/// | injected before the snapshot began | in a state, or on the environment link | is in a state, or will be received |
/// | injected later | only if it was received before the cut | must be injected again, unless it is in the snapshot |
/// | emitted before the cut, and taken by then | counted | not emitted again |
/// | emitted before the cut, and not taken by then | [`GlobalSnapshot::output`](crate::GlobalSnapshot::output) | can be taken |
/// | emitted after the cut | no | emitted again, under the same number, if the nodes take the same course again |
/// | asked, and not answered before the cut | the question is a message like any other | the reply is dropped: ask again |
///
/// # How do I write a source?
///
/// A node that makes messages without being asked must let markers and other messages come in
/// between. Let one handler send a burst, and then one message to its own node, whose handler sends
/// the next burst. A link from a node to itself is a link like any other: it has an order and a
/// capacity. Beside a burst of some hundred messages, the message to the node itself costs almost
/// nothing. Full links slow such a source down like any sender. A thread outside that injects
/// messages is slowed down in the same way, by the
/// [capacity](crate::SystemBuilder::environment_capacity) of environment links.
///
/// ```
/// # use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
/// struct Source {
///     next: u64,
/// }
///
/// impl Process for Source {
///     type State = u64;
///     type Message = u64;
///     fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
///         ctx.send(ctx.id(), 0);
///     }
///     fn on_message(&mut self, _: Link, _: u64, ctx: &mut Context<'_, u64>) {
///         for number in self.next..self.next + 256 {
///             ctx.send(NodeId::new(1), number);
///         }
///         self.next += 256;
///         ctx.send(ctx.id(), 0);
///     }
///     fn state(&self) -> u64 { self.next }
/// }
/// # struct Sink;
/// # impl Process for Sink {
/// #     type State = u64;
/// #     type Message = u64;
/// #     fn on_message(&mut self, _: Link, _: u64, _: &mut Context<'_, u64>) {}
/// #     fn state(&self) -> u64 { 0 }
/// # }
/// // Node 0 has a link to itself and a link to node 1.
/// let topology = Topology::from_links(2, [(0, 0), (0, 1)])?;
/// # let system: System<Box<dyn Process<State = u64, Message = u64>>> =
/// #     System::builder(topology).spawn(|node| match node.index() {
/// #         0 => Box::new(Source { next: 0 }) as Box<dyn Process<State = u64, Message = u64>>,
/// #         _ => Box::new(Sink),
/// #     })?;
/// # system.snapshot()?.verify()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<P: Process> System<P> {
    /// Brings a message in from outside, on the environment link of `node`. Any number of threads
    /// may inject messages while snapshots are taken. Once this call has returned, the message is
    /// part of every snapshot that begins later: in the node's state or on its environment link.
    /// Messages that one thread injects into one node keep their order. Messages to different nodes
    /// have no order, since the outside is not a node.
    ///
    /// Waits while the environment link is full
    /// ([`SystemBuilder::environment_capacity`](crate::SystemBuilder::environment_capacity)), but
    /// not in a [handler of the same system](Self#in-a-handler).
    ///
    /// # Errors
    /// If there is no such node, if it has panicked, or if the system has ended or is being stopped
    /// ([`snapshot_and_stop`](Self::snapshot_and_stop)). If there is no room for as long as
    /// [`SystemBuilder::inject_timeout`](crate::SystemBuilder::inject_timeout) says. The message is
    /// handed back.
    pub fn inject(&self, node: NodeId, message: P::Message) -> Result<(), InjectError<P::Message>> {
        let may_wait = self.client.own_threads.name_of_this().is_none();
        self.inject_within(
            node,
            message,
            if may_wait { self.inject_timeout } else { Duration::ZERO },
        )
    }

    /// Injects as [`inject`](Self::inject) does, but does not wait for room.
    ///
    /// # Errors
    /// As [`inject`](Self::inject); [`InjectError::Full`] if there is no room now.
    pub fn try_inject(
        &self,
        node: NodeId,
        message: P::Message,
    ) -> Result<(), InjectError<P::Message>> {
        self.inject_within(node, message, Duration::ZERO)
    }

    /// How many injected messages a node has not received yet; `None` if there is no such node, or
    /// if it has ended. The call costs the node nothing. Its cost for the caller does not depend on
    /// the system's size.
    #[must_use]
    pub fn waiting_at(&self, node: NodeId) -> Option<u64> {
        self.traffic_on(self.topology.environment_link(node)?.id)?.in_flight()
    }

    /// Asks a node: injects the message that `question` makes, and waits for the
    /// [reply](crate::Context::reply). The timeout covers both.
    ///
    /// # Errors
    /// [`AskError::Refused`] if the message was not accepted, [`AskError::TimedOut`] if no reply
    /// came in time, and [`AskError::Ended`] if the node fails or the system ends first. In the
    /// last two cases the node may have handled the question. In a [handler of the same
    /// system](Self#in-a-handler) no question is sent.
    pub fn ask(
        &self,
        node: NodeId,
        question: impl FnOnce(ReplyTo) -> P::Message,
        timeout: Duration,
    ) -> Result<P::Message, AskError<P::Message>> {
        if let Some(thread) = self.client.own_threads.name_of_this() {
            return Err(AskError::InOwnHandler { thread });
        }
        let deadline = Clock::deadline_of_caller(timeout);
        let asked = self.client.shared.questions.open(node);
        let left = deadline.map_or(timeout, Clock::left_until);
        self.inject_within(node, question(asked.id), left)?;
        let node = self.topology.named(node);
        match asked.wait(deadline) {
            Ended::Answered(message) => Ok(message),
            Ended::TimedOut => Err(AskError::TimedOut { node, timeout }),
            Ended::Lost => Err(AskError::Ended { why: self.why_ended(node.id), node }),
        }
    }

    /// The messages that nodes emit ([`Context::emit`](crate::Context::emit)), for this caller and
    /// others to take.
    #[must_use]
    pub fn outputs(&self) -> Outputs<P::Message> {
        Outputs::new(Arc::clone(&self.outlets), self.client.own_threads)
    }

    fn inject_within(
        &self,
        node: NodeId,
        mut message: P::Message,
        timeout: Duration,
    ) -> Result<(), InjectError<P::Message>> {
        let Some(port) = self.nodes.get(node.index()) else {
            let nodes = self.nodes.len();
            return Err(InjectError::UnknownNode { node, nodes, message });
        };
        let mut wait = Wait::new(timeout);
        loop {
            let refused = match self.let_in(port, message) {
                Ok(()) => return Ok(()),
                Err((refused, back)) => {
                    message = back;
                    refused
                }
            };
            let shared = &self.client.shared;
            let is_being_stopped = || *shared.stops.read() > 0;
            let is_over = || is_being_stopped() || shared.ended.is_open();
            if refused != Refused::Full || is_over() {
                let is_stopping = refused == Refused::Stopping || is_being_stopped();
                let why = self.why_ended_while(node, is_stopping);
                return Err(InjectError::Ended { node: self.topology.named(node), why, message });
            }
            if !wait.for_room(port, is_over) {
                let capacity = port.entrance.gauge().capacity();
                let node = self.topology.named(node);
                return Err(InjectError::Full { node, capacity, timeout, message });
            }
        }
    }

    /// Puts a message on an environment link, if the link accepts it now.
    fn let_in(
        &self,
        port: &NodePort<P::Message>,
        message: P::Message,
    ) -> Result<(), (Refused, P::Message)> {
        // Held until the message is on the link, so that a last snapshot finds every accepted
        // message.
        let stops = self.client.shared.stops.read();
        if *stops > 0 { Err((Refused::Stopping, message)) } else { port.inject(message) }
    }
}

/// A caller's wait for room.
struct Wait {
    timeout: Duration,
    /// `None` before the wait has begun.
    deadline: Option<Option<Instant>>,
}

impl Wait {
    fn new(timeout: Duration) -> Self {
        Wait { timeout, deadline: None }
    }

    /// False if the timeout is over.
    fn for_room<M>(&mut self, port: &NodePort<M>, is_over: impl Fn() -> bool) -> bool {
        if self.timeout.is_zero() {
            return false;
        }
        let deadline =
            *self.deadline.get_or_insert_with(|| Clock::deadline_of_caller(self.timeout));
        port.entrance.wait(deadline, is_over)
    }
}

/// Why [`System::ask`] has no reply.
#[derive(Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AskError<M> {
    /// The question was not accepted. It is handed back.
    #[error(transparent)]
    Refused(#[from] InjectError<M>),
    /// No reply came in time.
    #[error(
        "{node} was asked and no reply came within {}: see that a handler calls Context::reply, or \
         allow more time",
        Timeout(*timeout)
    )]
    TimedOut {
        /// The node that was asked.
        node: NamedNode,
        /// The timeout of the call.
        timeout: Duration,
    },
    /// The node that was asked has failed, or the system has ended, before a reply came.
    #[error("{node} was asked and will not reply: {why}")]
    Ended {
        /// The node that was asked.
        node: NamedNode,
        /// Why there is no reply.
        why: Ending,
    },
    /// A handler asked its own system, whose nodes may wait for the handler. No question was sent.
    #[error(
        "{thread} cannot wait for a reply of its own system: send the question and the reply as \
         messages"
    )]
    InOwnHandler {
        /// The node in words; or the coordinator, if the drop of a value of yours makes the call.
        thread: String,
    },
}

impl<M> fmt::Debug for AskError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AskError::Refused(error) => f.debug_tuple("Refused").field(error).finish(),
            AskError::TimedOut { node, timeout } => {
                let mut text = f.debug_struct("TimedOut");
                text.field("node", node).field("timeout", timeout).finish()
            }
            AskError::Ended { node, why } => {
                f.debug_struct("Ended").field("node", node).field("why", why).finish()
            }
            AskError::InOwnHandler { thread } => {
                f.debug_struct("InOwnHandler").field("thread", thread).finish()
            }
        }
    }
}
