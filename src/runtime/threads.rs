//! The threads of a system: their start, their end, and the remains after a panic.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::clock::Clock;
use super::own_thread::OwnThreads;
use super::settings::NodeLog;
use crate::driver::{NodeFailure, SpawnError};
use crate::meters::node_failed;
use crate::panics::{catch, discard, text_of};
use crate::process::Process;
use crate::runtime::coordinator::nodes::NodePorts;
use crate::runtime::coordinator::request::Event;
use crate::runtime::coordinator::thread::Coordinator;
use crate::runtime::node::event::NodeEvent;
use crate::runtime::node::narrate;
use crate::runtime::node::thread::{NodeThread, Start};
use crate::sync::{JoinHandle, MOST_THREADS, Receiver, has_ended, park_for, spawn};
use crate::topology::NamedNode;

/// The threads to join. Dropping this leaves the threads alone: each drops the remains of its node
/// when it ends.
pub(super) struct Threads<P> {
    stack_size: Option<usize>,
    own: OwnThreads,
    coordinator: Option<JoinHandle<()>>,
    nodes: Vec<Running<P>>,
}

/// The remains of a node: its process or its panic, and its log.
pub(super) struct Ended<P> {
    result: Result<Left<P>, NodeFailure>,
    pub(super) log: NodeLog,
}

/// The process of a node that has ended. In a thread that was given up, no other code catches a
/// panic in the drop of the process, and the program would be aborted.
struct Left<P>(Option<P>);

/// A node's thread, which returns the node's process or its panic.
struct Running<P> {
    node: NamedNode,
    thread: JoinHandle<Ended<P>>,
}

impl<P: Process> Threads<P> {
    pub(super) fn new(stack_size: Option<usize>, own: OwnThreads) -> Self {
        Threads { stack_size, own, coordinator: None, nodes: Vec::new() }
    }

    /// Starts the coordinator and the nodes. On an error some threads are running and must be
    /// joined.
    pub(super) fn start(
        &mut self,
        coordinator: Coordinator<P::State, P::Message, NodePorts<P::Message>>,
        events: Receiver<Event<P::State, P::Message>>,
        nodes: Vec<(Box<NodeThread<P>>, Start<P>)>,
    ) -> Result<(), SpawnError> {
        let of = nodes.len() + 1;
        let refused = |thread, nth, source| SpawnError::Thread { thread, nth, of, source };
        if MOST_THREADS.is_some_and(|most| of > most) {
            let why = "a model has room for its caller, the coordinator and three nodes";
            return Err(refused("coordinator".to_owned(), 1, io::Error::other(why)));
        }

        let own = self.own;
        let name = "coordinator".to_owned();
        let started = spawn(name.clone(), None, move || {
            own.add_this("the coordinator");
            coordinator.run(&events);
        });
        self.coordinator = Some(started.map_err(|source| refused(name, 1, source))?);
        for (index, (thread, start)) in nodes.into_iter().enumerate() {
            let node = thread.topology.named(thread.node);
            let name = node.to_string();
            let started = spawn(name.clone(), self.stack_size, move || run(thread, start, own));
            let thread = started.map_err(|source| refused(name.clone(), index + 2, source))?;
            self.nodes.push(Running { node, thread });
        }
        Ok(())
    }

    pub(super) fn join_coordinator(&mut self) {
        if let Some(coordinator) = self.coordinator.take() {
            // If the coordinator panicked, its dropped promises have woken the waiting callers.
            let _ = coordinator.join();
        }
    }

    /// Waits for every node's thread, and returns the remains of each node, by node.
    pub(super) fn join_nodes(&mut self) -> Vec<Ended<P>> {
        self.nodes.drain(..).map(Running::join).collect()
    }

    /// Waits for the coordinator's thread; false if it has not ended by the deadline.
    pub(super) fn coordinator_ends_by(&self, deadline: Option<Instant>) -> bool {
        wait_until(deadline, || self.coordinator.as_ref().is_none_or(has_ended))
    }

    /// Waits for the nodes' threads, and gives up those that have not ended by the deadline.
    /// Returns the remains of each node, by node; `None` for a node that was given up.
    pub(super) fn join_nodes_by(&mut self, deadline: Option<Instant>) -> Vec<Option<Ended<P>>> {
        wait_until(deadline, || self.nodes.iter().all(|node| has_ended(&node.thread)));
        let ended = self.nodes.drain(..);
        ended.map(|node| has_ended(&node.thread).then(|| node.join())).collect()
    }
}

/// Waits until `is_so` returns true; false if the deadline passes first. Without a deadline the
/// wait has no end. The end of a thread wakes only a thread that joins it, and a join has no
/// timeout: so this looks again after short pauses.
fn wait_until(deadline: Option<Instant>, is_so: impl Fn() -> bool) -> bool {
    const LONGEST: Duration = Duration::from_millis(5);
    let mut pause = Duration::from_micros(50);
    while !is_so() {
        let left = deadline.map_or(LONGEST, Clock::left_until);
        if left.is_zero() {
            return is_so();
        }
        park_for(pause.min(left));
        pause = (2 * pause).min(LONGEST);
    }
    true
}

impl<P> Running<P> {
    fn join(self) -> Ended<P> {
        let Running { node, thread } = self;
        thread.join().unwrap_or_else(|payload| {
            let failure = NodeFailure { node, panic: text_of(payload) };
            Ended { result: Err(failure), log: NodeLog::default() }
        })
    }
}

impl<P> Ended<P> {
    fn new(result: Result<P, NodeFailure>, log: NodeLog) -> Self {
        Ended { result: result.map(|process| Left(Some(process))), log }
    }

    pub(super) fn into_parts(self) -> (Result<P, NodeFailure>, NodeLog) {
        const THERE: &str = "a process is taken once";
        (self.result.map(|mut left| left.0.take().expect(THERE)), self.log)
    }
}

impl<P> Drop for Left<P> {
    fn drop(&mut self) {
        discard(self.0.take());
    }
}

/// The body of a node's thread. After any panic in it, the node's links are ended and the
/// coordinator is told.
#[expect(
    clippy::boxed_local,
    reason = "a move of the parts would take a page of the thread's stack"
)]
fn run<P: Process>(mut thread: Box<NodeThread<P>>, start: Start<P>, own: OwnThreads) -> Ended<P> {
    let (node, tell) = (thread.topology.named(thread.node), Arc::clone(&thread.tell));
    let name = node.to_string();
    own.add_this(&name);
    let _span = narrate::node(node.id, &name);
    // After a panic the node is not looked at again, so its broken state does no harm.
    let ran = catch(|| thread.run(start));
    let entries = thread.core.drain_log().collect();
    let log = NodeLog { entries, texts: thread.core.take_texts() };
    let Err(panic) = ran else {
        return Ended::new(Ok((*thread).dismantle()), log);
    };
    let failure = NodeFailure { node, panic };
    narrate::failure(&failure);
    node_failed();
    // The node's messages are put on its links first. Otherwise a thread that learns of the failure
    // could take them for unsent.
    thread.fail();
    discard((*thread).dismantle());
    tell(NodeEvent::Failed(failure.clone()));
    Ended::new(Err(failure), log)
}
