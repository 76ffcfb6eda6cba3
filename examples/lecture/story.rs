//! A simulation of two nodes that act on commands from outside, and the lines that it prints.

use std::error::Error;
use std::fmt::Debug;
use std::sync::Arc;

use crate::common::say;
use consistent_cut::causality::{Cut, CutError, Replay, Trace};
use consistent_cut::simulation::{Algorithm, Simulation, Step};
use consistent_cut::{GlobalSnapshot, LinkId, MarkerPolicy, NodeId, Process, SnapshotId, Topology};

pub(crate) const ONE: NodeId = NodeId::new(0);
pub(crate) const TWO: NodeId = NodeId::new(1);
pub(crate) const TO_TWO: LinkId = LinkId::new(0);
pub(crate) const TO_ONE: LinkId = LinkId::new(1);
pub(crate) const SNAPSHOT: SnapshotId = SnapshotId::new(1);

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A process whose states and messages can be printed and compared.
pub(crate) trait Told:
    Process<State: Debug + PartialEq, Message: Debug + PartialEq>
{
}

impl<P: Process<State: Debug + PartialEq, Message: Debug + PartialEq>> Told for P {}

pub(crate) struct Story<P: Told> {
    pub(crate) simulation: Simulation<P>,
    injected: Vec<(NodeId, P::Message)>,
    fresh: fn(NodeId) -> P,
}

impl<P: Told> Story<P> {
    pub(crate) fn new(algorithm: Algorithm, fresh: fn(NodeId) -> P) -> Result<Self> {
        let ring = Topology::from_named_links([("node-1", "node-2"), ("node-2", "node-1")])?;
        let builder = Simulation::builder(ring).algorithm(algorithm);
        // As in the paper, a marker has its turn behind the messages before it.
        let builder = builder.marker_policy(MarkerPolicy::InOrder).traced_with_texts();
        Ok(Story { simulation: builder.start(fresh)?, injected: Vec::new(), fresh })
    }

    /// Sends a node a command from outside. The node handles the command at once.
    pub(crate) fn tell(&mut self, node: NodeId, word: P::Message) -> Result<()> {
        self.injected.push((node, word.clone()));
        self.simulation.inject(node, word)?;
        self.take(&[Step::Handle(node)])
    }

    pub(crate) fn take(&mut self, steps: &[Step]) -> Result<()> {
        for step in steps {
            self.simulation.step(*step)?;
        }
        Ok(())
    }

    /// Delivers the next message of a link, which is handled.
    pub(crate) fn receive(&mut self, link: LinkId) -> Result<()> {
        self.take(&[Step::Deliver(link), Step::Handle(if link == TO_TWO { TWO } else { ONE })])
    }

    /// Prints a moment: the event, and the real global state after it.
    pub(crate) fn show(&self, what: &str) {
        let Some(state) = self.simulation.global_state() else { return };
        let nodes: Vec<_> = state.states().map(|(_, state)| format!("{state:?}")).collect();
        // Commands from outside are left out of the story.
        let between = state.in_flight().filter(|(link, _)| !link.is_environment());
        let links: Vec<_> = between.map(|(link, message)| arrow(link.id, message)).collect();
        print_line(what, &nodes, &links);
    }

    /// Prints the snapshot.
    pub(crate) fn show_snapshot(&self) -> Result<Arc<GlobalSnapshot<P::State, P::Message>>> {
        let snapshot = self.snapshot()?;
        let nodes: Vec<_> = snapshot.states().map(|(_, state)| format!("{state:?}")).collect();
        let links: Vec<_> =
            snapshot.in_flight().map(|(link, message)| arrow(link.id, message)).collect();
        print_line("=> the snapshot", &nodes, &links);
        Ok(snapshot)
    }

    pub(crate) fn snapshot(&self) -> Result<Arc<GlobalSnapshot<P::State, P::Message>>> {
        Ok(self.simulation.snapshots().first().ok_or("no snapshot is complete")?.clone())
    }

    pub(crate) fn trace(&self) -> Result<&Trace> {
        Ok(self.simulation.trace()?)
    }

    pub(crate) fn cut(&self) -> Result<Cut> {
        Ok(self.trace()?.cut_of(SNAPSHOT).ok_or("no node has recorded")?)
    }

    /// Prints the verdict of an observer of the whole run about the snapshot.
    pub(crate) fn judge(&self) -> Result<()> {
        match self.cut()?.check_snapshot(self.trace()?, &*self.snapshot()?) {
            Ok(()) => say!("   right: a consistent cut, and just what is in flight at it.\n"),
            Err(CutError::Inconsistent { sender, receiver, .. }) => {
                let [sender, receiver] = [sender, receiver].map(|node| node.index() + 1);
                say!(
                    "   wrong: the cut includes that node {receiver} received a message, and not that node {sender} sent it.\n"
                );
            }
            Err(CutError::WrongChannel { .. }) => {
                say!(
                    "   wrong: the cut is consistent, and a message is in flight at it that the snapshot does not have.\n"
                );
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Runs the rearranged run through fresh processes. That run passes through the recorded state
    /// and ends where the first run did. Returns the number of swaps of neighbours.
    pub(crate) fn replay(&self) -> Result<u64> {
        let trace = self.trace()?;
        let witness = trace.witness(&self.cut()?)?;
        let mut replay = Replay::new(trace, self.fresh);
        for (node, word) in &self.injected {
            replay.inject(*node, word.clone());
        }
        replay.run(witness.before())?;
        replay.compare(&*self.snapshot()?)?;
        replay.run(witness.after())?;
        replay.compare(&self.simulation.global_state().ok_or("every node has failed")?)?;
        Ok(witness.swaps())
    }
}

fn print_line(what: &str, nodes: &[String], links: &[String]) {
    let line = format!("   {what:<58} {:<16} {}", nodes.join(" | "), links.join(", "));
    say!("{}", line.trim_end());
}

fn arrow(link: LinkId, message: &impl Debug) -> String {
    if link == TO_TWO { format!("1 -{message:?}-> 2") } else { format!("1 <-{message:?}- 2") }
}
