//! The text of a deadlock.

use std::fmt;

use super::{Deadlock, DeadlockCause, Gone, WaitForGraph, steps};
use crate::id::NodeId;

/// How many waits of a cycle the text names.
const NAMED: usize = 12;

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.nodes.len() == 1 { "" } else { "s" };
        write!(f, "deadlock of {} node{plural}: ", self.nodes.len())?;
        for (index, cause) in self.causes.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}", self.graph.tell(cause))?;
        }
        Ok(())
    }
}

impl WaitForGraph {
    fn tell(&self, cause: &DeadlockCause) -> String {
        match cause {
            DeadlockCause::Knot { nodes, cycle } => self.tell_cycle(nodes, cycle),
            DeadlockCause::Cycle { cycle } => self.tell_cycle(cycle, cycle),
            DeadlockCause::Gone { node, why, waiting } => {
                let first = waiting.first().map(|&first| self.tell_wait(first, *node));
                let more = match waiting.len() {
                    0 | 1 => String::new(),
                    2 => " and so does 1 more".to_owned(),
                    others => format!(" and so do {} more", others - 1),
                };
                format!("{}{more}: it {why}", first.unwrap_or_default())
            }
            DeadlockCause::TooFew { node, needed, of } => {
                format!("{} needs {needed} of {of} nodes", self.topology.describe(*node))
            }
        }
    }

    fn tell_cycle(&self, knot: &[NodeId], cycle: &[NodeId]) -> String {
        let mut waits: Vec<_> =
            steps(cycle).take(NAMED).map(|(from, to)| self.tell_wait(from, to)).collect();
        if cycle.len() > NAMED {
            waits.push(format!("and so on for {} nodes", cycle.len()));
        }
        let knot = match knot.len() > cycle.len() {
            true => format!(", in a knot of {} nodes", knot.len()),
            false => String::new(),
        };
        waits.join(", ") + &knot
    }

    fn tell_wait(&self, from: NodeId, to: NodeId) -> String {
        let link = self.waits_of(from).iter().find(|wait| wait.whom == to);
        let room = match link.and_then(|wait| wait.link) {
            Some(link) => format!("room on {link} to "),
            None => String::new(),
        };
        format!("{} waits for {room}{}", self.topology.describe(from), self.topology.describe(to))
    }
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Gone::Stopped => "has stopped",
            Gone::Failed => "has failed",
            Gone::Unknown => "is not in the topology",
        })
    }
}
