//! The threads of a system: their start, their end, and what a panic leaves behind.

use std::any::Any;
use std::io;

use super::coordinator::Coordinator;
use super::discard::discard;
use super::event::Event;
use super::node_thread::{NodeThread, Start};
use super::trace;
use crate::error::{NodeFailure, SpawnError};
use crate::id::NodeId;
use crate::process::Process;
use crate::protocol::Logged;
use crate::sync::{JoinHandle, MOST_THREADS, catch, spawn};

pub(super) struct Threads<P> {
    stack_size: Option<usize>,
    coordinator: Option<JoinHandle<()>>,
    nodes: Vec<Running<P>>,
}

/// What is left of a node: its process or what it panicked with, and its log.
pub(super) struct Ended<P> {
    pub(super) result: Result<P, NodeFailure>,
    pub(super) log: Vec<Logged>,
}

/// A node's thread, which ends with its process or with what the node panicked with.
struct Running<P> {
    node: NodeId,
    name: String,
    thread: JoinHandle<Ended<P>>,
}

impl<P: Process> Threads<P> {
    pub(super) fn new(stack_size: Option<usize>) -> Self {
        Threads { stack_size, coordinator: None, nodes: Vec::new() }
    }

    /// Starts coordinator and nodes. On an error some are running, and want to be joined.
    pub(super) fn start(
        &mut self,
        coordinator: Coordinator<P::State, P::Message>,
        nodes: Vec<(NodeThread<P>, Start<P>)>,
    ) -> Result<(), SpawnError> {
        let of = nodes.len() + 1;
        let refused = |thread, nth, source| SpawnError::Thread { thread, nth, of, source };
        if MOST_THREADS.is_some_and(|most| of > most) {
            let why = "a model has room for its caller, the coordinator and three nodes";
            return Err(refused("coordinator".to_owned(), 1, io::Error::other(why)));
        }

        let name = "coordinator".to_owned();
        let started = spawn(name.clone(), None, move || coordinator.run());
        self.coordinator = Some(started.map_err(|source| refused(name, 1, source))?);
        for (index, (thread, start)) in nodes.into_iter().enumerate() {
            let (node, name) = (thread.inner.node, thread.name());
            // A thread's name cannot hold a zero byte; a node's may.
            let started =
                spawn(name.replace('\0', "?"), self.stack_size, move || run(thread, start));
            let thread = started.map_err(|source| refused(name.clone(), index + 2, source))?;
            self.nodes.push(Running { node, name, thread });
        }
        Ok(())
    }

    pub(super) fn join_coordinator(&mut self) {
        if let Some(coordinator) = self.coordinator.take() {
            // Should it have panicked, whoever waited has been woken by the dropped promises.
            let _ = coordinator.join();
        }
    }

    /// Waits for every node's thread, and hands out by node what is left of it.
    pub(super) fn join_nodes(&mut self) -> Vec<Ended<P>> {
        let ended = self.nodes.drain(..).map(|Running { node, name, thread }| {
            let lost = |panic: Box<dyn Any + Send>| Err(NodeFailure::of_panic(node, name, &*panic));
            thread.join().unwrap_or_else(|panic| Ended { result: lost(panic), log: Vec::new() })
        });
        ended.collect()
    }
}

/// The body of a node's thread. Whatever panics in it, the node's links are ended and the coordinator hears of it.
fn run<P: Process>(mut thread: NodeThread<P>, start: Start<P>) -> Ended<P> {
    let (node, name, coordinator) =
        (thread.inner.node, thread.name(), thread.inner.coordinator.clone());
    let _span = trace::node(node, &name);
    // After a panic nothing of the node is looked at again, so a broken state harms nobody.
    let ran = catch(|| thread.run(start));
    let log = thread.inner.core.drain_log().collect();
    let Err(panic) = ran else {
        return Ended { result: Ok(thread.dismantle()), log };
    };
    let failure = NodeFailure::of_panic(node, name, &*panic);
    trace::failure(&failure);
    discard(panic);
    // What it has sent is on the links by now, so nobody takes it for unsent when they hear that the node is down.
    thread.inner.out_links.end();
    thread.let_senders_go();
    discard(thread.dismantle());
    // A coordinator that is gone needs no word: the system is being shut down.
    let _ = coordinator.send(Event::NodeDown(failure.clone()));
    Ended { result: Err(failure), log }
}
