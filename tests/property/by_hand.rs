//! Snapshots made by hand, of the states and messages that a case needs.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::protocol::{
    CollectorCore, EnvironmentRecord, LinkRecord, NodeRecord, OutputRecord, Report,
};
use consistent_cut::{GlobalSnapshot, LinkId, NodeFailure, NodeId, SnapshotId, Topology};

pub(crate) use crate::ids::{link as l, node as n};

/// A state to be recorded.
#[derive(Clone, Debug)]
pub(crate) struct ByHand<S, M> {
    topology: Arc<Topology>,
    states: Vec<S>,
    stopped: Vec<bool>,
    down: Vec<NodeId>,
    /// For each link, the number of messages received, and the messages in flight.
    links: Vec<(u64, Vec<M>)>,
    capacities: Vec<Option<u64>>,
    injected: Vec<Vec<M>>,
}

impl<S: Clone, M: Clone> ByHand<S, M> {
    /// Nodes in these states, and nothing in flight.
    pub(crate) fn new(topology: impl Into<Arc<Topology>>, states: impl Into<Vec<S>>) -> Self {
        let (topology, states) = (topology.into(), states.into());
        assert_eq!(topology.node_count(), states.len(), "a state for each node");
        ByHand {
            stopped: vec![false; states.len()],
            injected: vec![Vec::new(); states.len()],
            down: Vec::new(),
            links: vec![(0, Vec::new()); topology.link_count()],
            capacities: vec![None; topology.link_count()],
            topology,
            states,
        }
    }

    pub(crate) fn stopped(mut self, node: u32) -> Self {
        self.stopped[node as usize] = true;
        self
    }

    pub(crate) fn failed(mut self, node: u32) -> Self {
        self.down.push(n(node));
        self
    }

    pub(crate) fn in_flight(mut self, link: u32, messages: impl Into<Vec<M>>) -> Self {
        self.links[link as usize].1 = messages.into();
        self
    }

    pub(crate) fn injected(mut self, node: u32, messages: impl Into<Vec<M>>) -> Self {
        self.injected[node as usize] = messages.into();
        self
    }

    /// Sets the number of messages of a link that had been received before.
    pub(crate) fn received(mut self, link: u32, received: u64) -> Self {
        self.links[link as usize].0 = received;
        self
    }

    pub(crate) fn capacity(mut self, link: u32, messages: u64) -> Self {
        self.capacities[link as usize] = Some(messages);
        self
    }

    pub(crate) fn record(&self) -> GlobalSnapshot<S, M> {
        let mut collector = CollectorCore::new(Arc::clone(&self.topology));
        for (link, capacity) in self.topology.links().iter().zip(&self.capacities) {
            if let Some(messages) = capacity {
                collector.set_capacity(link.id, *messages);
            }
        }
        for &node in &self.down {
            collector.node_failed(NodeFailure { node: node.into(), panic: "by hand".to_owned() });
        }
        let initiators = collector.cover_with(&[]);
        collector.begin(SnapshotId::new(1), &initiators, Duration::ZERO).expect("they cover");
        let is_up = |node: NodeId| !self.down.contains(&node);
        let nodes = self.topology.nodes().filter(|&node| is_up(node)).map(|node| self.node(node));
        let links = self.topology.links().iter().filter(|link| is_up(link.target));
        let links = links.map(|link| {
            let messages = self.links[link.id.index()].1.clone();
            Report::Link(LinkRecord { snapshot: SnapshotId::new(1), link: link.id, messages })
        });
        let reports: Vec<_> = nodes.chain(links).collect();
        let mut complete = reports.into_iter().filter_map(|report| {
            collector.add(report, Duration::ZERO).unwrap_or_else(|_| panic!("it was handed back"))
        });
        complete.next().expect("nothing is missing")
    }

    fn node(&self, node: NodeId) -> Report<S, M> {
        let sent =
            |link: LinkId| self.links[link.index()].0 + self.links[link.index()].1.len() as u64;
        let injected = self.injected[node.index()].clone();
        Report::Node(NodeRecord {
            snapshot: SnapshotId::new(1),
            node,
            state: self.states[node.index()].clone(),
            stopped: self.stopped[node.index()],
            sent: self.topology.out_links(node).iter().map(|link| sent(link.id)).collect(),
            received: self
                .topology
                .in_links(node)
                .iter()
                .map(|link| self.links[link.id.index()].0)
                .collect(),
            drains: false,
            acknowledged: self.topology.out_links(node).iter().map(|_| 0).collect(),
            timers: Vec::new(),
            output: OutputRecord::default(),
            environment: EnvironmentRecord {
                sent: injected.len() as u64,
                received: 0,
                messages: injected,
            },
        })
    }
}
