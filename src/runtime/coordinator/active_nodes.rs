//! The nodes that are at work.

use crate::id::NodeId;
use crate::topology::Topology;

/// The nodes that still handle messages: neither stopped, nor failed, nor halted for a last
/// snapshot.
///
/// A node may be told to halt, to resume and to halt again before it obeys the first command. It
/// answers each command to halt once. It has therefore halted for the last command when all are
/// answered.
#[derive(Debug)]
pub(crate) struct ActiveNodes {
    nodes: Vec<AtWork>,
    /// How many nodes have neither stopped nor failed.
    running: usize,
    /// How many of these nodes have answers to give.
    unanswered: usize,
    is_halting: bool,
}

#[derive(Clone, Copy, Debug)]
enum AtWork {
    /// The node will handle no more messages.
    Never,
    /// The node has not answered this many commands to halt.
    Owes(u32),
}

impl ActiveNodes {
    pub(crate) fn new(topology: &Topology) -> Self {
        let running = topology.node_count();
        ActiveNodes {
            nodes: vec![AtWork::Owes(0); running],
            running,
            unanswered: 0,
            is_halting: false,
        }
    }

    /// A node has stopped for good, or has failed.
    pub(crate) fn stopped(&mut self, node: NodeId) {
        let place = &mut self.nodes[node.index()];
        if let AtWork::Owes(halts) = std::mem::replace(place, AtWork::Never) {
            self.running -= 1;
            self.unanswered -= usize::from(halts > 0);
        }
    }

    /// Every running node is told to halt.
    pub(crate) fn halt(&mut self) {
        self.is_halting = true;
        for place in &mut self.nodes {
            if let AtWork::Owes(halts) = place {
                *halts += 1;
            }
        }
        self.unanswered = self.running;
    }

    /// A node has answered a command to halt.
    pub(crate) fn halted(&mut self, node: NodeId) {
        if let AtWork::Owes(halts @ 1..) = &mut self.nodes[node.index()] {
            *halts -= 1;
            self.unanswered -= usize::from(*halts == 0);
        }
    }

    /// Every node that was told to halt is told to resume.
    pub(crate) fn resume(&mut self) {
        self.is_halting = false;
    }

    pub(crate) fn is_settled(&self) -> bool {
        let at_work = if self.is_halting { self.unanswered } else { self.running };
        at_work == 0
    }

    /// The nodes that may still handle messages.
    pub(crate) fn at_work(&self) -> Vec<NodeId> {
        let is_at_work = |place: &AtWork| match place {
            AtWork::Never => false,
            AtWork::Owes(halts) => *halts > 0 || !self.is_halting,
        };
        let nodes = self.nodes.iter().enumerate().filter(|(_, place)| is_at_work(place));
        nodes.map(|(index, _)| NodeId::new(index as u32)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(index: u32) -> NodeId {
        NodeId::new(index)
    }

    fn active_nodes(nodes: usize) -> ActiveNodes {
        ActiveNodes::new(&Topology::ring(nodes).expect("a ring"))
    }

    #[test]
    fn nodes_that_have_stopped_or_halted_are_not_at_work() {
        let mut active = active_nodes(3);
        active.stopped(n(1));
        active.stopped(n(1));
        assert_eq!((active.at_work(), active.is_settled()), (vec![n(0), n(2)], false));
        active.halt();
        active.halted(n(0));
        assert_eq!((active.at_work(), active.is_settled()), (vec![n(2)], false));
        active.stopped(n(2));
        assert_eq!((active.at_work(), active.is_settled()), (vec![], true));
        active.resume();
        assert_eq!((active.at_work(), active.is_settled()), (vec![n(0)], false));
        active.stopped(n(0));
        assert!(active.is_settled());
    }

    #[test]
    fn an_answer_to_an_earlier_command_is_none_to_the_last() {
        let mut active = active_nodes(2);
        active.halt();
        active.halted(n(0));
        active.resume();
        active.halt();
        // Node 1 answers both commands, and node 0 only the second.
        active.halted(n(1));
        active.halted(n(0));
        assert_eq!((active.at_work(), active.is_settled()), (vec![n(1)], false));
        active.halted(n(1));
        assert!(active.is_settled());
    }

    #[test]
    fn answers_of_nodes_that_are_down_or_go_on_count_for_nothing() {
        let mut active = active_nodes(2);
        active.halt();
        active.resume();
        active.halted(n(0));
        active.halted(n(0));
        active.stopped(n(1));
        active.halted(n(1));
        assert_eq!(active.at_work(), [n(0)]);
        active.halt();
        assert!(!active.is_settled());
        active.halted(n(0));
        assert!(active.is_settled());
    }
}
