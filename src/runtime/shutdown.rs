//! The end of a system.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::clock::Clock;
use super::settings::{Logs, NodeLog};
use super::system::System;
use super::threads::{Ended, Threads};
use crate::causality::{Trace, TraceError};
use crate::driver::{NodeFailure, Timeout};
use crate::id::NodeId;
use crate::panics::discard_all;
use crate::process::Process;
use crate::runtime::coordinator::request::Request;
use crate::runtime::link::command::Command;
use crate::sync::need_time;
use crate::topology::{NamedNode, some_of};

/// The end of a system.
impl<P: Process> System<P> {
    /// Waits until no node handles messages any more: each has stopped or failed, or a failure has
    /// stopped all ([`OnFailure`](crate::OnFailure)), or
    /// [`snapshot_and_stop`](Self::snapshot_and_stop) has. Then ends the system as
    /// [`shutdown`](Self::shutdown) does.
    ///
    /// # Errors
    /// As [`shutdown`](Self::shutdown).
    pub fn join(&self) -> Result<Vec<P>, ShutdownError> {
        self.check_thread()?;
        self.client.shared.settled.wait();
        self.shutdown()
    }

    /// Ends the system: wakes the threads that wait for a snapshot, lets every running handler
    /// finish, joins all threads, and hands back the processes by node. Messages in flight are
    /// dropped. The call waits as long as a handler runs.
    /// [`shutdown_within`](Self::shutdown_within) has a timeout.
    ///
    /// # Errors
    /// If nodes have panicked, or if the system was shut down before.
    /// [`shutdown_each`](Self::shutdown_each) hands back the processes of the other nodes too. In a
    /// [handler of the same system](Self#in-a-handler) the call returns at once and does nothing.
    pub fn shutdown(&self) -> Result<Vec<P>, ShutdownError> {
        unless_failed(sort(self.shutdown_each()?))
    }

    /// Ends the system as [`shutdown`](Self::shutdown) does, and hands back, by node, the process
    /// of each node that has not failed.
    ///
    /// # Errors
    /// [`ShutdownError::AlreadyShutDown`] if the system was shut down before, and
    /// [`ShutdownError::InOwnHandler`].
    pub fn shutdown_each(&self) -> Result<Vec<Result<P, NodeFailure>>, ShutdownError> {
        self.check_thread()?;
        let mut threads = self.take_threads()?;
        // If a thread has ended by itself, the message is dropped.
        self.client.tell(Request::ShutDown);
        threads.join_coordinator();
        self.command_all(Command::ShutDown);
        let ended = threads.join_nodes().into_iter().map(Ended::into_parts);
        let (results, logs): (Vec<_>, Vec<_>) = ended.unzip();
        self.keep_logs(Ok(logs));
        Ok(results)
    }

    /// Ends the system as [`shutdown`](Self::shutdown) does, and waits at most `timeout` for
    /// handlers that are running. Threads that have not ended by then are given up. Such a thread
    /// ends by itself when its handler returns, and drops its process. It does not keep the system
    /// or the program from ending. A timeout longer than the clock can represent never ends.
    ///
    /// # Errors
    /// [`ShutdownError::NotEnded`] names the nodes that were given up; the other processes are
    /// dropped. Otherwise as [`shutdown`](Self::shutdown).
    pub fn shutdown_within(&self, timeout: Duration) -> Result<Vec<P>, ShutdownError> {
        self.check_thread()?;
        need_time("System::shutdown_within");
        let deadline = Clock::deadline(timeout);
        let mut threads = self.take_threads()?;
        // A node that is given up would otherwise still accept messages.
        self.client.refuse_messages();
        self.client.shared.questions.close();
        self.nodes.iter().for_each(|node| node.entrance.look_again());
        self.client.tell(Request::ShutDown);
        let coordinator_has_ended = threads.coordinator_ends_by(deadline);
        if coordinator_has_ended {
            threads.join_coordinator();
        }
        self.command_all(Command::ShutDown);
        let ended = threads.join_nodes_by(deadline);
        let given_up: Vec<NodeId> = self.topology.nodes().zip(&ended).filter_map(silent).collect();
        if !given_up.is_empty() {
            self.outlets.close();
        }
        let parts = ended.into_iter().flatten().map(Ended::into_parts);
        let (results, logs): (Vec<_>, Vec<_>) = parts.unzip();
        self.keep_logs(given_up.first().map_or(Ok(logs), |node| Err(TraceError::GivenUp(*node))));
        if given_up.is_empty() && coordinator_has_ended {
            return unless_failed(sort(results));
        }
        let (processes, failures) = sort(results);
        discard_all(processes);
        let nodes = given_up.into_iter().map(|node| self.topology.named(node)).collect();
        Err(ShutdownError::NotEnded { nodes, waited: timeout, failures })
    }

    /// The events of a run that has ended, put together from the logs of its nodes, for
    /// [`causality`](crate::causality). From the trace, `causality` can show that a snapshot's cut
    /// was consistent, and which execution the snapshot belongs to. A node that panicked in
    /// [`Process::on_start`] has no event.
    ///
    /// # Errors
    /// If no trace was [asked for](crate::SystemBuilder::traced), if the system was restored, if it
    /// has not ended, if [`shutdown_within`](Self::shutdown_within) gave up a node, or if no node
    /// has started. Any other error would mean that a link has not kept its order.
    pub fn trace(&self) -> Result<Trace, TraceError> {
        let logs = self.logs.lock().clone()?;
        let (entries, texts): (Vec<_>, Vec<_>) =
            logs.into_iter().map(|log| (log.entries, log.texts)).unzip();
        let mut trace = Trace::merge(Arc::clone(&self.topology), entries)?;
        self.topology.nodes().zip(texts).for_each(|(node, texts)| trace.add_texts(node, texts));
        for (link, gauge) in self.topology.links().iter().zip(&self.gauges) {
            trace.set_capacity(link.id, gauge.capacity());
        }
        Ok(trace)
    }
}

/// Steps of the end.
impl<P: Process> System<P> {
    /// Refuses to wait for the end in a thread that must end first.
    fn check_thread(&self) -> Result<(), ShutdownError> {
        let own = self.client.own_threads.name_of_this();
        own.map_or(Ok(()), |thread| Err(ShutdownError::InOwnHandler { thread }))
    }

    fn take_threads(&self) -> Result<Threads<P>, ShutdownError> {
        self.threads.lock().take().ok_or(ShutdownError::AlreadyShutDown)
    }

    fn command_all(&self, command: Command) {
        for node in &self.nodes {
            node.command(command);
        }
    }

    /// Keeps the logs, if a trace was asked for.
    fn keep_logs(&self, ended: Logs) {
        let mut logs = self.logs.lock();
        if *logs == Err(TraceError::NotEnded) {
            // A node that has run has started, and its log says so.
            let has_events = |logs: &Vec<NodeLog>| logs.iter().any(|log| !log.entries.is_empty());
            *logs = ended
                .and_then(|all| if has_events(&all) { Ok(all) } else { Err(TraceError::NoEvents) });
        }
    }

    /// Tells every thread to end, and waits for no thread.
    fn let_go(&self) {
        let Ok(threads) = self.take_threads() else { return };
        self.client.tell(Request::ShutDown);
        self.command_all(Command::ShutDown);
        drop(threads);
    }
}

/// The node, if its thread was given up.
fn silent<T>((node, ended): (NodeId, &Option<T>)) -> Option<NodeId> {
    ended.is_none().then_some(node)
}

/// The processes, if no node has failed.
fn unless_failed<P>(
    (processes, failures): (Vec<P>, Vec<NodeFailure>),
) -> Result<Vec<P>, ShutdownError> {
    if failures.is_empty() {
        return Ok(processes);
    }
    discard_all(processes);
    Err(ShutdownError::NodesFailed { failures })
}

/// Processes and failures, each by node.
fn sort<P>(ended: Vec<Result<P, NodeFailure>>) -> (Vec<P>, Vec<NodeFailure>) {
    let mut failures = Vec::new();
    let ended = ended.into_iter();
    let processes = ended.filter_map(|node| node.map_err(|failure| failures.push(failure)).ok());
    (processes.collect(), failures)
}

impl<P: Process> Drop for System<P> {
    fn drop(&mut self) {
        match self.shutdown_each() {
            Ok(ended) => discard_all(ended),
            // The last handle was dropped in one of the system's own threads, which cannot be
            // joined there.
            Err(ShutdownError::InOwnHandler { .. }) => self.let_go(),
            // The system was shut down before.
            Err(_) => {}
        }
    }
}

/// The reason why a shutdown did not hand back the processes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// The system was shut down before, or another thread is shutting it down. That thread may
    /// still wait for handlers to finish.
    #[error("the system was shut down before: only the first shutdown hands back the processes")]
    AlreadyShutDown,
    /// A handler has called for the end of its own system. The system's threads end only after the
    /// handler has returned. Nothing has happened.
    #[error(
        "{thread} cannot wait for the end of its own system, which waits for the handler to return: end the system from another thread, \
         or stop the node by Context::stop"
    )]
    InOwnHandler {
        /// The thread that made the call: the node in words, or the coordinator. It is the
        /// coordinator where a value of yours makes the call while it is dropped.
        thread: String,
    },
    /// Threads have not ended within the timeout, since handlers have not returned. The threads
    /// were given up: each thread ends by itself when its handler returns. All other threads have
    /// ended.
    #[error(
        "after {} {} had not ended: look there for a handler that does not return",
        Timeout(*.waited), given_up(nodes)
    )]
    NotEnded {
        /// The nodes, by id. Empty where a value of yours holds up the coordinator in its drop.
        nodes: Vec<NamedNode>,
        /// How long the shutdown has waited.
        waited: Duration,
        /// The nodes that have panicked, by id.
        failures: Vec<NodeFailure>,
    },
    /// Nodes have panicked. All threads have ended.
    #[error("{}", list(failures))]
    NodesFailed {
        /// The nodes, by id.
        failures: Vec<NodeFailure>,
    },
}

fn given_up(nodes: &[NamedNode]) -> String {
    if nodes.is_empty() { "the coordinator".to_owned() } else { some_of(nodes) }
}

fn list(failures: &[NodeFailure]) -> String {
    failures.iter().map(NodeFailure::to_string).collect::<Vec<_>>().join("; ")
}
